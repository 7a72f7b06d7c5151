//! The desk where each station's epoch is made ready for its virtual stations, once, as it comes; and the board on which it is found.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use tianshu_gnss::event::{StationEvent, StationNews};
use tianshu_gnss::station::StationName;
use tianshu_positioning::network::preprocess::StationSetup;
use tianshu_positioning::network::topology::StationIndex;
use tianshu_positioning::vrs::epoch::MasterEpoch;
use tianshu_positioning::vrs::masters::Masters;
use tokio::sync::watch;

use crate::serve::epoch::NewestEpoch;

/// A station's newest epoch, ready for its virtual stations, and a word when there is a newer one.
pub(crate) type NewestMaster = watch::Receiver<Option<Arc<MasterEpoch>>>;

/// The newest epoch of every station of the network.
#[derive(Debug, Default)]
pub(crate) struct Board(RwLock<Senders>);

/// By station; nothing of a station that has told nothing yet.
type Senders = Arc<Vec<watch::Sender<Option<Arc<MasterEpoch>>>>>;

/// Makes the epochs ready. Belongs to the bus, so that nothing waits for a network's epoch to be complete.
pub(crate) struct Desk {
    network: NewestEpoch,
    board: Arc<Board>,
    masters: Masters,
    stations: BTreeMap<StationName, StationIndex>,
    setups: Option<Arc<Vec<StationSetup>>>,
    since_forgot: u32,
}

/// Epochs between two looks for stations that have gone silent.
const FORGET_EVERY: u32 = 10_000;

impl Board {
    /// A station's epochs from now on, the newest one first.
    pub(crate) fn follow(&self, station: StationIndex) -> Option<NewestMaster> {
        let mut newest = self.all().get(station.position())?.subscribe();
        newest.mark_changed();
        Some(newest)
    }

    /// A station's newest epoch.
    pub(crate) fn newest(&self, station: StationIndex) -> Option<Arc<MasterEpoch>> {
        self.all().get(station.position())?.borrow().clone()
    }

    fn all(&self) -> Senders {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Begins anew with so many stations; whoever follows one of the old is told that it has ended.
    fn reset(&self, stations: usize) {
        let fresh = (0..stations).map(|_| watch::Sender::new(None)).collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
    }

    fn publish(&self, epoch: Arc<MasterEpoch>) {
        if let Some(sender) = self.all().get(epoch.station.position()) {
            sender.send_replace(Some(epoch));
        }
    }
}

impl Desk {
    /// A desk that works with what the network knows last.
    pub(crate) fn new(network: NewestEpoch, board: Arc<Board>) -> Self {
        Self {
            network,
            board,
            masters: Masters::new(),
            stations: BTreeMap::new(),
            setups: None,
            since_forgot: 0,
        }
    }

    /// Makes a station's epoch ready and puts it on the board.
    pub(crate) fn take(&mut self, event: &StationEvent) {
        let StationNews::Epoch(measured) = &event.news else { return };
        let Some(network) = self.network.borrow().clone() else { return };
        let is_same = |setups: &Arc<_>| Arc::ptr_eq(setups, &network.setups);
        if !self.setups.as_ref().is_some_and(is_same) {
            let names = network.snapshot.stations.iter().map(|view| view.name.clone());
            self.stations = names.zip(StationIndex::all()).collect();
            self.setups = Some(Arc::clone(&network.setups));
            self.masters = Masters::new();
            self.board.reset(self.stations.len());
        }
        let Some(&station) = self.stations.get(&event.station) else { return };
        let Some(setup) = network.setups.get(station.position()) else { return };
        let made = self.masters.prepare(&network.snapshot, station, measured, setup);
        if let Some(made) = made {
            self.board.publish(made);
        }
        self.since_forgot += 1;
        if self.since_forgot == FORGET_EVERY {
            self.since_forgot = 0;
            self.masters.forget_before(measured.time);
        }
    }
}
