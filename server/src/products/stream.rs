//! One rover's stream of a master and its network: the nearest station's observations, and what is told beside.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tianshu_caster::config::NetworkMount;
use tianshu_caster::delivery::Delivery;
use tianshu_caster::nearest::position::{RoverPosition, Told};
use tianshu_caster::source::{CorrectionStream, Next, Notice, Notices, StreamItem, Withheld};
use tianshu_gnss::coords::{Ecef, GRS80};
use tianshu_gnss::time::uptime::Uptime;
use tianshu_ntrip::nmea::gga::Gga;
use tianshu_positioning::network::products::master::master_epoch;
use tianshu_positioning::network::products::nearest_master;
use tianshu_positioning::network::topology::StationIndex;

use crate::products::frames::Beside;
use crate::serve::epoch::NetworkEpoch;
use crate::vrs::encode::{Writer, Written};
use crate::vrs::identity::Identity;
use crate::vrs::slow::{Known, notice, station_id};
use crate::vrs::source::Around;

/// What a rover's display shows when its master changes.
const CHANGED: &str = "Another reference station is nearer and serves from now on.";

/// The stream of one rover.
pub(crate) struct NetworkStream {
    settings: Arc<NetworkMount>,
    around: Around,
    position: RoverPosition,
    master: Option<Master>,
    /// Who served last.
    last_served: Option<StationIndex>,
    notices: Notices,
    withheld: Option<Withheld>,
    last_number: Option<u64>,
    last_frames: u32,
}

/// The station that serves.
struct Master {
    beside: Beside,
    writer: Writer,
}

impl NetworkStream {
    /// A stream for a rover that has told nothing yet.
    pub(crate) fn new(settings: Arc<NetworkMount>, mut around: Around) -> Self {
        // The newest epoch counts as news, so that a rover need not wait for the next.
        around.network.mark_changed();
        Self {
            settings,
            around,
            position: RoverPosition::default(),
            master: None,
            last_served: None,
            notices: Notices::default(),
            withheld: None,
            last_number: None,
            last_frames: 0,
        }
    }

    async fn next_item(&mut self) -> StreamItem {
        loop {
            if let Some(notice) = self.notices.pop() {
                return StreamItem::Notice(notice);
            }
            if self.around.network.changed().await.is_err() {
                return StreamItem::Ended;
            }
            let Some(epoch) = self.around.network.borrow_and_update().clone() else { continue };
            let begun = Instant::now();
            let delivery = tokio::task::block_in_place(|| self.compute(&epoch));
            self.around.cost.add(begun.elapsed());
            if let Some(delivery) = delivery {
                return StreamItem::Delivery(delivery);
            }
        }
    }

    /// What goes to the rover of an epoch.
    fn compute(&mut self, epoch: &NetworkEpoch) -> Option<Delivery> {
        let Some(place) = self.position.place() else {
            self.withhold(Withheld::NoPosition);
            return None;
        };
        let Some(mut master) = self.master(epoch, place) else {
            self.withhold(Withheld::NoHealthyStation);
            return None;
        };
        self.withheld = None;
        let station = master.beside.master();
        let is_new = self.last_served != Some(station);
        let written = epoch.of(station).and_then(|(measured, setup)| {
            let observed = master_epoch(&epoch.snapshot, measured, setup);
            let mut beside = master.beside.due(&epoch.snapshot);
            if is_new && self.last_served.is_some() {
                let id = master.writer.identity().station_id;
                beside.extend(notice(id, epoch.snapshot.time, CHANGED));
            }
            let known = Known { snapshot: &epoch.snapshot, master: station };
            master.writer.epoch(observed, Some(known), &beside)
        });
        if is_new {
            self.tell_serving(epoch, &master, place);
        }
        self.master = Some(master);
        let Written { bytes, frames } = written?;
        let missed = self.last_number.map_or(0, |last| epoch.number.saturating_sub(last + 1));
        let dropped_before = missed * u64::from(self.last_frames);
        (self.last_number, self.last_frames) = (Some(epoch.number), frames);
        Some(Delivery { bytes, frames, dropped_before, ready: self.around.clock.now() })
    }

    /// The master of an epoch: the one that served, or a new one that begins.
    fn master(&mut self, epoch: &NetworkEpoch, place: Ecef) -> Option<Master> {
        let before = self.master.as_ref().map(|master| master.beside.master());
        let has_epoch = |station| epoch.of(station).is_some();
        let here = place.to_geodetic(GRS80);
        let margin_m = self.settings.margin_m;
        let station = nearest_master(&epoch.snapshot, here, before, margin_m, has_epoch)?;
        if before == Some(station) {
            return self.master.take();
        }
        let (_, setup) = epoch.of(station)?;
        let identity = Identity::at(setup.place, station_id(station));
        let NetworkMount { product, network_id, profile, .. } = &*self.settings;
        let writer = Writer::of_station(identity, Arc::clone(profile));
        Some(Master { beside: Beside::new(*product, *network_id, station), writer })
    }

    fn tell_serving(&mut self, epoch: &NetworkEpoch, master: &Master, place: Ecef) {
        let station = master.beside.master();
        self.last_served = Some(station);
        let Some(view) = epoch.snapshot.stations.get(station.position()) else { return };
        let distance_m = (view.place - place).norm_m();
        let reason = "the nearest of the network";
        self.notices.push(Notice::Serving { station: view.name.clone(), distance_m, reason });
    }

    fn withhold(&mut self, why: Withheld) {
        if self.withheld.as_ref() != Some(&why) {
            self.notices.push(Notice::Withheld(why.clone()));
            self.withheld = Some(why);
        }
    }
}

impl CorrectionStream for NetworkStream {
    fn next(&mut self) -> Next<'_> {
        Box::pin(self.next_item())
    }

    fn rover_told(&mut self, gga: &Gga, now: Uptime) {
        if let Told::Jump { distance_m } = self.position.told(gga, now) {
            self.notices.push(Notice::PositionJump { distance_m });
        }
    }

    fn patience(&self) -> Duration {
        self.around.patience
    }
}
