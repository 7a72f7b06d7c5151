//! What the page's answers are made of: what the other parts of the service publish, and the page's own memory.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use tianshu_caster::access::gate::Recogniser;
use tianshu_caster::accounts::store::StorePlace;
use tianshu_caster::caster::StatsTeller;
use tianshu_caster::clock::Clock as CasterClock;
use tianshu_caster::config::{MountConfig, MountKind};
use tianshu_caster::ledger::Ledger;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_ingest::clock::SharedClock;
use tianshu_ingest::snapshot::LinkSnapshot;
use tianshu_station_monitor::archive::keeper::ArchiveConfig;
use tianshu_station_monitor::archive::status::SharedStatus;
use tianshu_station_monitor::products::station::StationRecord;
use tianshu_station_monitor::quality::site_log::SiteLog;

use crate::archive::virtual_rinex::Ground;
use crate::config::read::Config;
use crate::config::web::WebConfig;
use crate::monitor::service::{Acknowledging, NewestView};
use crate::monitor::view::MonitorView;
use crate::serve::epoch::{NetworkEpoch, NewestEpoch};
use crate::virtual_jobs::VirtualJobs;
use crate::vrs::cost::Cost;
use crate::web::answers::predicted::Layer;
use crate::web::book::Book;
use crate::web::events::Events;
use crate::web::history::History;
use crate::web::metrics::{Meters, Requests};
use crate::web::moment::Anchor;
use crate::web::rover_board::RoverBoard;
use crate::web::sessions::Sessions;

/// The ledger of sessions, shared by who writes it and who reads it.
pub(crate) type SharedLedger = Arc<RwLock<Ledger>>;

/// Reads the ledger. Held only for as long as a page of it is copied.
pub(crate) fn read(ledger: &RwLock<Ledger>) -> RwLockReadGuard<'_, Ledger> {
    ledger.read().unwrap_or_else(PoisonError::into_inner)
}

/// What the rest of the service lends to the page.
pub(crate) struct Sources {
    /// The time of day.
    pub clock: SharedClock,
    /// The clock of the caster's sessions.
    pub caster_clock: CasterClock,
    /// Who runs the service, and the network's name.
    pub names: (String, String),
    /// The stations' monitor.
    pub monitor: NewestView,
    /// Takes alarms on.
    pub acknowledging: Acknowledging,
    /// The network's solver, if a network is solved.
    pub network: NewestEpoch,
    /// Sessions.
    pub ledger: SharedLedger,
    /// The caster's counters.
    pub stats: StatsTeller,
    /// Who people are.
    pub recogniser: Recogniser,
    /// Where accounts are kept.
    pub accounts: Option<StorePlace>,
    /// How the archive does, and where it is.
    pub archive: Option<(SharedStatus, ArchiveConfig)>,
    /// The stations' links, renewed every few seconds.
    pub links: Arc<RwLock<Arc<Vec<LinkSnapshot>>>>,
    /// What virtual stations cost.
    pub cost: Arc<Cost>,
    /// Files for researchers.
    pub files: Option<std::path::PathBuf>,
    /// What a reload changes.
    pub offered: Arc<RwLock<Arc<Offered>>>,
}

/// What a reload changes of what the page tells.
#[derive(Debug, Default)]
pub(crate) struct Offered {
    /// What is known of the stations beforehand.
    pub logs: Vec<SiteLog>,
    /// Stations with a site.
    pub records: Vec<StationRecord>,
    /// Whether a network is to be solved.
    pub solves: bool,
    /// Mountpoints of one station each.
    pub relays: BTreeMap<String, StationName>,
    /// What virtual RINEX is made with, where there are an archive and a network.
    pub ground: Option<Ground>,
}

/// Everything an answer may need.
pub(crate) struct Facts {
    /// How the page is configured.
    pub config: WebConfig,
    /// What the others lend.
    pub of: Sources,
    /// When the service began.
    pub started: GpsTime,
    /// People's sessions.
    pub sessions: Sessions,
    /// Second factors and the audit log.
    pub book: Arc<Book>,
    /// What was, second by second and minute by minute.
    pub history: Arc<History>,
    /// Independent monitor rovers.
    pub rovers: RoverBoard,
    /// The last layer of predicted errors.
    pub layer: Layer,
    /// What happens, as it happens.
    pub events: Events,
    /// How requests were answered.
    pub requests: Requests,
    /// Logins that failed.
    pub failures: AtomicU64,
    /// How long epochs take.
    pub meters: Meters,
    /// Jobs of virtual RINEX.
    pub jobs: VirtualJobs,
}

impl Facts {
    /// Now.
    pub(crate) fn now(&self) -> GpsTime {
        self.of.clock.gps()
    }

    /// Now, by the clock of sessions and by the time of day.
    pub(crate) fn anchor(&self) -> Anchor {
        Anchor::now(self.of.caster_clock.now(), &self.of.clock)
    }

    /// The newest view of the monitor.
    pub(crate) fn view(&self) -> Option<Arc<MonitorView>> {
        self.of.monitor.borrow().clone()
    }

    /// The newest epoch of the network.
    pub(crate) fn network(&self) -> Option<Arc<NetworkEpoch>> {
        self.of.network.borrow().clone()
    }

    /// The stations' links, as they were some seconds ago.
    pub(crate) fn links(&self) -> Arc<Vec<LinkSnapshot>> {
        Arc::clone(&self.of.links.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Logins that failed since the start.
    pub(crate) fn login_failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// What a reload changes, as it is now.
    pub(crate) fn offered(&self) -> Arc<Offered> {
        Arc::clone(&self.of.offered.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A mountpoint of one station, with its station.
fn relay(mount: &MountConfig) -> Option<(String, StationName)> {
    let (MountKind::Station { station } | MountKind::Upload { station, .. }) = &mount.kind else {
        return None;
    };
    Some((mount.mountpoint.to_string(), station.clone()))
}

impl Offered {
    /// Of a configuration.
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            logs: config.monitor.logs.clone(),
            records: config.records.clone(),
            solves: config.network.is_some(),
            relays: config.caster.offering.mountpoints.iter().filter_map(relay).collect(),
            ground: Ground::of(config).ok(),
        }
    }

    /// What is known of a station.
    pub(crate) fn log(&self, station: &StationName) -> Option<&SiteLog> {
        self.logs.iter().find(|log| log.station == *station)
    }

    /// What files say of a station.
    pub(crate) fn record(&self, station: &StationName) -> Option<&StationRecord> {
        self.records.iter().find(|record| record.station == *station)
    }
}
