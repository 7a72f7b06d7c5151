//! What all sessions share: sources, accounts, the sourcetable, and who is in.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tianshu_gnss::station::StationName;
use tianshu_ntrip::mountpoint::Mountpoint;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::access::{Access, Denial, Role};
use crate::admission::Admission;
use crate::clock::Clock;
use crate::config::{CasterIdentity, Limits, MountConfig, MountKind, Offering};
use crate::events::{EndReason, EventSender, SessionId};
use crate::lanes::Lanes;
use crate::locked::lock;
use crate::members::{Member, Members, SessionPlace};
use crate::nearest::source::{NearestMount, NearestSource};
use crate::relay::{RelayMount, RelaySource};
use crate::source::{Availability, CorrectionSource, OpenRefusal, OpenStream, RoverFacts};
use crate::stations::Stations;
use crate::stats::{CasterStats, Counters};
use crate::table::{Described, TableSnapshot};
use crate::throttle::Throttle;
use crate::upload::{UploadSink, UploadSlots};

/// The sourcetable is written at most so often, however often it is asked for.
pub const TABLE_EVERY: Duration = Duration::from_secs(1);

/// What all sessions share.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
    pub(crate) identity: CasterIdentity,
    /// Where TLS is spoken, for those who ask for more than Basic authentication.
    pub(crate) tls_port: Option<u16>,
    pub(crate) stations: Arc<Stations>,
    pub(crate) sink: Arc<dyn UploadSink>,
    pub(crate) admission: Arc<Admission>,
    pub(crate) uploads: Arc<UploadSlots>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) events: EventSender,
    /// Cancelled when the caster stops.
    pub(crate) stopping: CancellationToken,
    pub(crate) sessions: TaskTracker,
    /// Rovers that are served past their sessions.
    pub(crate) lanes: Lanes,
    /// Sources of others, which a reload does not touch.
    pub(crate) foreign: Vec<Arc<dyn CorrectionSource>>,
    pub(crate) offered: RwLock<Arc<Offered>>,
    pub(crate) members: Arc<Members>,
    pub(crate) throttle: Mutex<Throttle>,
    pub(crate) table: Mutex<Option<Arc<TableSnapshot>>>,
    pub(crate) next_session: AtomicU64,
}

/// What is offered at this moment: built at each load, replaced as a whole.
pub(crate) struct Offered {
    mounts: BTreeMap<Mountpoint, MountConfig>,
    sources: Vec<Arc<dyn CorrectionSource>>,
    access: Arc<dyn Access>,
}

impl Offered {
    pub(crate) fn new(
        offering: &Offering,
        access: Arc<dyn Access>,
        identity: &CasterIdentity,
        limits: &Limits,
        stations: &Arc<Stations>,
        clock: Clock,
    ) -> Self {
        let mut relays = BTreeMap::new();
        let mut nearest = BTreeMap::new();
        for mount in &offering.mountpoints {
            let described = Described {
                description: mount.description.clone(),
                needs_account: mount.needs_account,
                network: identity.network.clone(),
                country: identity.country.clone(),
            };
            let name = mount.mountpoint.clone();
            match &mount.kind {
                MountKind::Station { station } | MountKind::Upload { station, .. } => {
                    relays.insert(name, RelayMount { station: station.clone(), described });
                }
                // Served by one of the foreign sources.
                MountKind::Virtual(_) | MountKind::Network(_) => {}
                MountKind::Nearest { among, policy } => {
                    let among = Arc::new(among.clone());
                    nearest.insert(name, NearestMount { among, policy: *policy, described });
                }
            }
        }
        let relays = RelaySource::new(Arc::clone(stations), relays, limits.relay_idle_max);
        let nearest =
            NearestSource::new(Arc::clone(stations), nearest, limits.position_wait_max, clock);
        let mounts = offering.mountpoints.iter().map(|m| (m.mountpoint.clone(), m.clone()));
        Self {
            mounts: mounts.collect(),
            sources: vec![Arc::new(relays), Arc::new(nearest)],
            access,
        }
    }

    /// Whether a session at this mountpoint, begun under `before`, gets the same under `self`.
    fn continues(&self, before: &Offered, mountpoint: &Mountpoint) -> bool {
        let kind = |offered: &Offered| offered.mounts.get(mountpoint).map(|m| m.kind.clone());
        kind(self) == kind(before)
    }

    /// Ends a session if its mountpoint or its right is not what it was when it was let in.
    fn hold(&self, member: &Member, before: &Offered) {
        if self.continues(before, &member.mountpoint) {
            self.hold_against_account(member);
        } else {
            member.control.end(EndReason::MountpointRemoved);
        }
    }

    /// Ends a session if its account may not be used any more as it was.
    fn hold_against_account(&self, member: &Member) {
        if let Err(why) = self.access.may_stay(&member.grant, member.role, &member.mountpoint) {
            member.control.end(EndReason::Revoked(why));
        }
    }
}

impl Shared {
    pub(crate) fn next_session(&self) -> SessionId {
        SessionId(self.next_session.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn offered(&self) -> Arc<Offered> {
        Arc::clone(&self.offered.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn access(&self) -> Arc<dyn Access> {
        Arc::clone(&self.offered().access)
    }

    /// The station that may upload to a mountpoint.
    pub(crate) fn upload_station(&self, mountpoint: &Mountpoint) -> Option<StationName> {
        match &self.offered().mounts.get(mountpoint)?.kind {
            MountKind::Upload { station, .. } => Some(station.clone()),
            MountKind::Station { .. }
            | MountKind::Nearest { .. }
            | MountKind::Virtual(_)
            | MountKind::Network(_) => None,
        }
    }

    pub(crate) fn availability(&self, mountpoint: &Mountpoint) -> Availability {
        let offered = self.offered();
        let mut answers = self.all_sources(&offered).map(|source| source.availability(mountpoint));
        answers.find(|answer| *answer != Availability::Unknown).unwrap_or(Availability::Unknown)
    }

    pub(crate) fn open(
        &self,
        mountpoint: &Mountpoint,
        rover: &RoverFacts,
    ) -> Result<OpenStream, OpenRefusal> {
        let offered = self.offered();
        let mut sources = self.all_sources(&offered);
        let source =
            sources.find(|source| source.availability(mountpoint) != Availability::Unknown);
        let source = source.ok_or_else(|| OpenRefusal::Offline("it was taken away".to_owned()))?;
        source.open(mountpoint, rover)
    }

    fn all_sources<'o>(
        &'o self,
        offered: &'o Offered,
    ) -> impl Iterator<Item = &'o Arc<dyn CorrectionSource>> {
        offered.sources.iter().chain(&self.foreign)
    }

    /// The sourcetable, at most [`TABLE_EVERY`] old.
    pub(crate) fn sourcetable(&self) -> Arc<TableSnapshot> {
        let now = self.clock.now();
        let mut cached = lock(&self.table);
        if let Some(table) = cached.as_ref().filter(|table| now - table.written < TABLE_EVERY) {
            return Arc::clone(table);
        }
        let offered = self.offered();
        let mut streams: Vec<_> =
            self.all_sources(&offered).flat_map(|source| source.records(now)).collect();
        streams.sort_by(|a, b| a.mountpoint.cmp(&b.mountpoint));
        let table = Arc::new(TableSnapshot::write(&self.identity, &streams, now));
        *cached = Some(Arc::clone(&table));
        table
    }

    /// Replaces what is offered. Sessions whose mountpoint and right stay are not touched.
    pub(crate) fn replace(&self, fresh: Offered) {
        let fresh = Arc::new(fresh);
        let before = {
            let mut offered = self.offered.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *offered, Arc::clone(&fresh))
        };
        *lock(&self.table) = None;
        self.members.for_each(|member| fresh.hold(member, &before));
    }

    /// Ends the sessions whose accounts may not be used any more as they were.
    pub(crate) fn hold_against_accounts(&self) {
        let offered = self.offered();
        self.members.for_each(|member| offered.hold_against_account(member));
    }

    pub(crate) fn login_failed(&self, address: IpAddr) -> Duration {
        lock(&self.throttle).on_failure(address, self.clock.now())
    }

    /// Enters a session that was let in under what was offered `before`.
    pub(crate) fn enter(
        &self,
        id: SessionId,
        member: Member,
        before: &Arc<Offered>,
    ) -> Result<SessionPlace, Denial> {
        let entered = self.members.enter(id, member, |member| {
            // A reload between the question and the entry did not see this session. One that comes now will.
            let now = self.offered();
            if !Arc::ptr_eq(before, &now) {
                now.hold(member, before);
            }
        });
        let (place, displaced) = entered?;
        self.counters.sessions_displaced.add(displaced as u64);
        Ok(place)
    }

    pub(crate) fn stats(&self) -> CasterStats {
        let (mut rovers, mut uploads) = (0, 0);
        self.members.for_each(|member| match member.role {
            Role::Rover => rovers += 1,
            Role::Station => uploads += 1,
        });
        let connections = self.admission.connections() as u64;
        CasterStats { connections, rovers, uploads, ..self.counters.snapshot() }
    }
}
