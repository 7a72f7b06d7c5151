//! The source of all mountpoints of masters with their networks.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tianshu_caster::config::{
    CasterIdentity, MountConfig, MountKind, NetworkMount, NetworkProduct,
};
use tianshu_caster::source::{
    Availability, CorrectionSource, CorrectionStream, OpenRefusal, OpenStream, RoverFacts,
};
use tianshu_caster::table::{Described, describe_virtual};
use tianshu_gnss::time::uptime::Uptime;
use tianshu_ntrip::mountpoint::Mountpoint;
use tianshu_ntrip::sourcetable::stream::StreamEntry;

use crate::products::frames;
use crate::products::stream::NetworkStream;
use crate::vrs::profile;
use crate::vrs::source::Around;

/// The mountpoints of masters with their networks.
pub(crate) struct NetworkSource {
    around: Around,
    identity: CasterIdentity,
    offered: RwLock<Arc<Offered>>,
}

/// What is offered at this moment.
#[derive(Default)]
struct Offered {
    mounts: BTreeMap<Mountpoint, (Arc<NetworkMount>, Described)>,
    interval_s: u64,
}

impl NetworkSource {
    /// A source without mountpoints.
    pub(crate) fn new(around: Around, identity: CasterIdentity) -> Self {
        Self { around, identity, offered: RwLock::default() }
    }

    /// Replaces what is offered; streams that run keep what they began with. Epochs come every `interval_s`.
    pub(crate) fn configure(&self, mounts: &[MountConfig], interval_s: f64) {
        let mounts = mounts.iter().filter_map(|mount| {
            let MountKind::Network(settings) = &mount.kind else { return None };
            let words = match settings.product {
                _ if !mount.description.is_empty() => mount.description.clone(),
                NetworkProduct::Mac => "master and auxiliaries".to_owned(),
                NetworkProduct::Fkp => "master and gradients".to_owned(),
            };
            let described = Described {
                description: words,
                needs_account: mount.needs_account,
                network: self.identity.network.clone(),
                country: self.identity.country.clone(),
            };
            Some((mount.mountpoint.clone(), (Arc::new(settings.clone()), described)))
        });
        // The sourcetable tells whole seconds.
        let interval_s = Duration::from_secs_f64(interval_s.max(1.0)).as_secs();
        let offered = Arc::new(Offered { mounts: mounts.collect(), interval_s });
        *self.offered.write().unwrap_or_else(PoisonError::into_inner) = offered;
    }

    fn offered(&self) -> Arc<Offered> {
        Arc::clone(&self.offered.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl CorrectionSource for NetworkSource {
    /// Live once the network has told anything.
    fn availability(&self, mountpoint: &Mountpoint) -> Availability {
        if !self.offered().mounts.contains_key(mountpoint) {
            return Availability::Unknown;
        }
        let is_solved = self.around.network.borrow().is_some();
        if is_solved { Availability::Live } else { Availability::Offline }
    }

    fn records(&self, _: Uptime) -> Vec<StreamEntry> {
        let middle = self.around.network.borrow().as_ref().map(|e| e.snapshot.plane.origin());
        let Some(middle) = middle else { return Vec::new() };
        let offered = self.offered();
        let record =
            |(mountpoint, (settings, described)): (&Mountpoint, &(Arc<NetworkMount>, _))| {
                let of_master = profile::messages(&settings.profile, offered.interval_s);
                let beside = frames::messages(settings.product, offered.interval_s);
                let messages = of_master.into_iter().chain(beside).collect();
                let systems: Vec<_> = settings.profile.systems.iter().copied().collect();
                describe_virtual(mountpoint, described, &systems, messages, Some(middle))
            };
        offered.mounts.iter().map(record).collect()
    }

    fn open(&self, mountpoint: &Mountpoint, rover: &RoverFacts) -> Result<OpenStream, OpenRefusal> {
        let offered = self.offered();
        let mount = offered.mounts.get(mountpoint);
        let (settings, _) =
            mount.ok_or_else(|| OpenRefusal::Offline("it was taken away".to_owned()))?;
        let mut stream = NetworkStream::new(Arc::clone(settings), self.around.clone());
        if let Some(gga) = &rover.gga {
            stream.rover_told(gga, rover.now);
        }
        Ok(Box::new(stream))
    }
}
