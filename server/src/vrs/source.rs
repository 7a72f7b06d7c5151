//! The source of all mountpoints of virtual stations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tianshu_caster::clock::Clock;
use tianshu_caster::config::{CasterIdentity, MountConfig, MountKind, VirtualMount};
use tianshu_caster::source::{Availability, CorrectionSource, OpenRefusal, OpenStream, RoverFacts};
use tianshu_caster::stations::Stations;
use tianshu_caster::stations::state::Health;
use tianshu_caster::table::{Described, describe_virtual};
use tianshu_gnss::coords::{Ecef, Geodetic, WGS84};
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::uptime::Uptime;
use tianshu_ntrip::mountpoint::Mountpoint;
use tianshu_ntrip::sourcetable::stream::StreamEntry;

use crate::serve::epoch::NewestEpoch;
use crate::vrs::cost::Cost;
use crate::vrs::desk::Board;
use crate::vrs::grid::Cells;
use crate::vrs::grid::stream::GridStream;
use crate::vrs::identity::StationIds;
use crate::vrs::profile::messages;
use crate::vrs::stream::VirtualStream;

/// The mountpoints of virtual stations.
pub(crate) struct VirtualSource {
    around: Around,
    identity: CasterIdentity,
    offered: RwLock<Arc<Offered>>,
}

/// What all streams share.
#[derive(Clone)]
pub(crate) struct Around {
    /// The bases, of which the nearest serves while there is no virtual station.
    pub stations: Arc<Stations>,
    /// The network.
    pub network: NewestEpoch,
    /// Its stations' newest epochs.
    pub board: Arc<Board>,
    /// The clock of the caster.
    pub clock: Clock,
    /// A rover that gets nothing for so long is let go.
    pub patience: Duration,
    /// Where IDs come from.
    pub ids: Arc<StationIds>,
    /// What it costs.
    pub cost: Arc<Cost>,
}

/// What is offered at this moment.
#[derive(Default)]
struct Offered {
    mounts: BTreeMap<Mountpoint, Mounted>,
    interval_s: u64,
}

struct Mounted {
    settings: Arc<VirtualMount>,
    described: Described,
    /// In grid mode. Rovers from before a reload keep the cells that they have.
    cells: Option<Arc<Cells>>,
}

impl VirtualSource {
    /// A source without mountpoints.
    pub(crate) fn new(around: Around, identity: CasterIdentity) -> Self {
        Self { around, identity, offered: RwLock::default() }
    }

    /// Replaces what is offered; streams that run keep what they began with. Epochs come every `interval_s`.
    pub(crate) fn configure(&self, mounts: &[MountConfig], interval_s: f64) {
        let mounts = mounts.iter().filter_map(|mount| {
            let MountKind::Virtual(settings) = &mount.kind else { return None };
            let described = Described {
                description: mount.description.clone(),
                needs_account: mount.needs_account,
                network: self.identity.network.clone(),
                country: self.identity.country.clone(),
            };
            let settings = Arc::new(settings.clone());
            let cells =
                settings.grid.then(|| Cells::new(Arc::clone(&settings), self.around.clone()));
            Some((mount.mountpoint.clone(), Mounted { settings, described, cells }))
        });
        // The sourcetable tells whole seconds.
        let interval_s = Duration::from_secs_f64(interval_s.max(1.0)).as_secs();
        let offered = Arc::new(Offered { mounts: mounts.collect(), interval_s });
        *self.offered.write().unwrap_or_else(PoisonError::into_inner) = offered;
    }

    fn offered(&self) -> Arc<Offered> {
        Arc::clone(&self.offered.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where the healthy bases of a mountpoint are.
    fn bases(&self, among: &BTreeSet<StationName>) -> Vec<Ecef> {
        let view = self.around.stations.view();
        let serves = view.iter().filter(|(name, station)| {
            station.health == Health::Healthy && (among.is_empty() || among.contains(*name))
        });
        serves.filter_map(|(_, station)| station.place).collect()
    }
}

impl CorrectionSource for VirtualSource {
    /// Live while there is a base: a rover gets that one until the network can tell.
    fn availability(&self, mountpoint: &Mountpoint) -> Availability {
        match self.offered().mounts.get(mountpoint) {
            None => Availability::Unknown,
            Some(mount) if self.bases(&mount.settings.among).is_empty() => Availability::Offline,
            Some(_) => Availability::Live,
        }
    }

    fn records(&self, _: Uptime) -> Vec<StreamEntry> {
        let offered = self.offered();
        let records = offered.mounts.iter().filter_map(|(mountpoint, mount)| {
            let middle = middle(&self.bases(&mount.settings.among))?;
            let profile = &mount.settings.profile;
            let messages = messages(profile, offered.interval_s).into_iter().collect();
            let systems: Vec<_> = profile.systems.iter().copied().collect();
            Some(describe_virtual(mountpoint, &mount.described, &systems, messages, Some(middle)))
        });
        records.collect()
    }

    fn open(&self, mountpoint: &Mountpoint, rover: &RoverFacts) -> Result<OpenStream, OpenRefusal> {
        let offered = self.offered();
        let mount = offered.mounts.get(mountpoint);
        let mount = mount.ok_or_else(|| OpenRefusal::Offline("it was taken away".to_owned()))?;
        let mut stream: OpenStream = match &mount.cells {
            Some(cells) => Box::new(GridStream::new(Arc::clone(cells))),
            None => Box::new(VirtualStream::new(Arc::clone(&mount.settings), self.around.clone())),
        };
        if let Some(gga) = &rover.gga {
            stream.rover_told(gga, rover.now);
        }
        Ok(stream)
    }
}

/// The middle of some places; none of none.
fn middle(places: &[Ecef]) -> Option<Geodetic> {
    let count = places.len() as f64;
    let sum = places.iter().fold([0.0; 3], |sum, place| {
        let at = place.xyz();
        std::array::from_fn(|axis| sum[axis] + at[axis] / count)
    });
    let [x, y, z] = sum;
    (!places.is_empty()).then(|| Ecef::new(x, y, z).to_geodetic(WGS84))
}
