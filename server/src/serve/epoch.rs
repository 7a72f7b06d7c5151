//! What the network's solver tells at each epoch: what the network knows, and what its stations measured.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tianshu_gnss::observation::ObsEpoch;
use tianshu_positioning::network::preprocess::StationSetup;
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_positioning::network::topology::StationIndex;
use tokio::sync::watch;

/// One epoch of the network. Immutable, shared by all who compute streams.
#[derive(Clone, Debug)]
pub(crate) struct NetworkEpoch {
    /// Counts the epochs, so that whoever comes late knows how many it has missed.
    pub number: u64,
    /// What the network knows.
    pub snapshot: Arc<NetworkSnapshot>,
    /// What the stations measured, as it came.
    pub measured: BTreeMap<StationIndex, Arc<ObsEpoch>>,
    /// Where the stations stand; the same for as long as the network is.
    pub setups: Arc<Vec<StationSetup>>,
    /// What solving it took.
    pub took: Duration,
}

/// The newest epoch, and a word when there is a newer one; nothing before the first, and after the network was taken away.
pub(crate) type NewestEpoch = watch::Receiver<Option<Arc<NetworkEpoch>>>;

impl NetworkEpoch {
    /// What a station measured, and where it stands.
    pub(crate) fn of(&self, station: StationIndex) -> Option<(&ObsEpoch, &StationSetup)> {
        Some((self.measured.get(&station)?.as_ref(), self.setups.get(station.position())?))
    }
}
