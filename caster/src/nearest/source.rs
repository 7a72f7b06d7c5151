//! The source of all nearest mountpoints.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tianshu_gnss::station::StationName;
use tianshu_gnss::time::uptime::Uptime;
use tianshu_ntrip::mountpoint::Mountpoint;
use tianshu_ntrip::sourcetable::stream::StreamEntry;

use crate::clock::Clock;
use crate::config::NearestPolicy;
use crate::nearest::stream::NearestStream;
use crate::source::{
    Availability, CorrectionSource, CorrectionStream, OpenRefusal, OpenStream, RoverFacts,
};
use crate::stations::Stations;
use crate::stations::state::Health;
use crate::table::{Described, describe_nearest};

/// The nearest mountpoints.
pub struct NearestSource {
    stations: Arc<Stations>,
    mounts: BTreeMap<Mountpoint, NearestMount>,
    position_wait_max: Duration,
    clock: Clock,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct NearestMount {
    /// Among which stations; empty means all.
    pub among: Arc<BTreeSet<StationName>>,
    /// When to switch.
    pub policy: NearestPolicy,
    /// What the sourcetable says of it beside its content.
    pub described: Described,
}

impl NearestSource {
    /// The source of these mountpoints. A rover that gets nothing for `position_wait_max` is let go.
    pub fn new(
        stations: Arc<Stations>,
        mounts: BTreeMap<Mountpoint, NearestMount>,
        position_wait_max: Duration,
        clock: Clock,
    ) -> Self {
        Self { stations, mounts, position_wait_max, clock }
    }

    fn healthy(&self, mount: &NearestMount) -> Vec<StationName> {
        let view = self.stations.view();
        let healthy = view.iter().filter(|(name, station)| {
            station.health == Health::Healthy
                && station.place.is_some()
                && (mount.among.is_empty() || mount.among.contains(*name))
        });
        healthy.map(|(name, _)| name.clone()).collect()
    }
}

impl CorrectionSource for NearestSource {
    fn availability(&self, mountpoint: &Mountpoint) -> Availability {
        match self.mounts.get(mountpoint) {
            None => Availability::Unknown,
            Some(mount) if self.healthy(mount).is_empty() => Availability::Offline,
            Some(_) => Availability::Live,
        }
    }

    fn records(&self, now: Uptime) -> Vec<StreamEntry> {
        let records = self.mounts.iter().filter_map(|(mountpoint, mount)| {
            let healthy = self.healthy(mount);
            (!healthy.is_empty()).then(|| {
                describe_nearest(mountpoint, &mount.described, &self.stations, &healthy, now)
            })
        });
        records.collect()
    }

    fn open(&self, mountpoint: &Mountpoint, rover: &RoverFacts) -> Result<OpenStream, OpenRefusal> {
        let mount = self.mounts.get(mountpoint);
        let mount = mount.ok_or_else(|| OpenRefusal::Offline("it was taken away".to_owned()))?;
        let mut stream = NearestStream::new(
            mount.policy,
            Arc::clone(&mount.among),
            self.position_wait_max,
            self.clock,
            self.stations.watch(),
        );
        if let Some(gga) = &rover.gga {
            stream.rover_told(gga, rover.now);
        }
        Ok(Box::new(stream))
    }
}
