//! What the network's solver tells at each epoch: what the network knows, and where its stations stand.

use std::sync::Arc;

use tianshu_positioning::network::preprocess::StationSetup;
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tokio::sync::watch;

/// One epoch of the network. Immutable, shared by all who make virtual stations.
#[derive(Clone, Debug)]
pub(crate) struct NetworkEpoch {
    /// What the network knows.
    pub snapshot: Arc<NetworkSnapshot>,
    /// Where the stations stand; the same for as long as the network is.
    pub setups: Arc<Vec<StationSetup>>,
}

/// The newest epoch, and a word when there is a newer one; nothing before the first, and after the network was taken away.
pub(crate) type NewestEpoch = watch::Receiver<Option<Arc<NetworkEpoch>>>;
