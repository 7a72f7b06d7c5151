//! The service as a whole: started from a configuration, changed by another one, stopped in order.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tianshu_caster::accounts::follow::Accounts;
use tianshu_caster::accounts::store::StorePlace;
use tianshu_caster::caster::{Caster, Parts};
use tianshu_caster::clock::Clock;
use tianshu_caster::config::{CasterIdentity, Limits, ListenerConfig};
use tianshu_caster::stations::Stations;
use tianshu_caster::stats::CasterStats;
use tianshu_ingest::clock::{SharedClock, SystemClock};
use tianshu_ingest::session::EPOCH_WAIT_DEFAULT;
use tianshu_ingest::sink::{EVENTS_QUEUED_MAX, EventSink, event_queue};
use tianshu_ingest::upload::{Intake, UploadLimits};
use tianshu_station_monitor::archive::inlet::{ArchiveInlet, Archiving};
use tianshu_station_monitor::archive::keeper::ArchiveConfig;
use tokio::task::JoinHandle;

use crate::config::accounts::AccountsConfig;
use crate::config::read::Config;
use crate::config::web::WebConfig;
use crate::files::service::{Files, FilesConfig, FilesInlet};
use crate::monitor::service::Monitor;
use crate::products::source::NetworkSource;
use crate::rover::monitor::{MonitorRoverConfig, MonitorRovers, Surroundings, from_here};
use crate::rover::watch::RoverInlets;
use crate::serve::bus::Bus;
use crate::serve::findings::Findings;
use crate::serve::links::Links;
use crate::serve::page::{Page, Plan};
use crate::serve::recording::Recording;
use crate::serve::report;
use crate::serve::solver::Solver;
use crate::serve::uploads::Uploads;
use crate::vrs::cost::{Cost, Counted};
use crate::vrs::desk::{Board, Desk};
use crate::vrs::source::{Around, VirtualSource};
use crate::web::facts::SharedLedger;
use crate::web::service::Web;

/// How long a start waits for the store of accounts, so that those who come first find theirs.
const FIRST_READING_MAX: Duration = Duration::from_secs(5);

/// Everything that runs.
pub(crate) struct Service {
    caster: Caster,
    /// What a reload cannot change.
    lasting: Lasting,
    links: Links,
    intake: Intake,
    findings: Findings,
    bus: JoinHandle<()>,
    reports: JoinHandle<()>,
    archiving: Option<Archiving>,
    files: Option<Files>,
    solver: Solver,
    monitor: Monitor,
    virtuals: Arc<VirtualSource>,
    products: Arc<NetworkSource>,
    cost: Arc<Cost>,
    page: Page,
    judging: Option<MonitorRovers>,
}

impl Service {
    /// Starts the caster, and the links of the stations; records what they send if a folder is named.
    pub(crate) async fn start(config: Config, record: Option<&Path>) -> anyhow::Result<Self> {
        let clock: SharedClock = Arc::new(SystemClock::start());
        let caster_clock = Clock::start();
        let (sink, source) = event_queue(EVENTS_QUEUED_MAX);
        let stations = Arc::new(Stations::new());
        let recording = record.map(|folder| Recording::begin(folder, clock.gps())).transpose()?;

        let intake = intake(&config, &sink, &clock);
        let (solver, inlet) = Solver::start(config.network.clone(), clock.clone())?;
        let (archiving, archive) = archive(config.archive.clone(), &clock)?.unzip();
        let watched = config.monitor.clone();
        let (monitor, watching) =
            Monitor::start(watched, solver.epochs(), archive.clone(), clock.clone())?;
        let cost = Arc::new(Cost::default());
        let around = around(&config, &stations, &solver, caster_clock, &cost);
        let desk = Desk::new(solver.epochs(), Arc::clone(&around.board));
        let (virtuals, products) = computed(&config, around);
        let parts = Parts {
            stations: Arc::clone(&stations),
            clock: caster_clock,
            sink: Arc::new(Uploads::new(intake.clone())),
            sources: vec![virtuals.clone(), products.clone()],
            access: None,
            accounts: follow(config.accounts.place.clone()).await?,
            password_threads: config.accounts.password_threads,
        };
        let (plan, lasting) = (Plan::of(&config), Lasting::of(&config));
        let ledger = SharedLedger::default();
        let (caster, events) = Caster::start(config.caster.clone(), parts)?;
        let (files, late) = files(&config, &clock, &caster)?.unzip();
        let reports = tokio::spawn(report::run(events, Arc::clone(&ledger)));
        let (clocks, kept) = ((clock.clone(), caster_clock), (ledger, Arc::clone(&cost)));
        let page = plan.start(clocks, (&caster, &monitor, &solver, archiving.as_ref()), kept)?;
        let (rovers, judging) = judges(config.monitor_rovers, &page, &caster, &clock);
        let bus = Bus {
            stations,
            clock: caster_clock,
            recording,
            archive,
            files: late,
            solver: inlet,
            desk,
            monitor: watching,
            rovers,
        };
        let bus = tokio::spawn(bus.run(source));
        let links = Links::started(sink, clock, &config.links).await;
        Ok(Self {
            caster,
            lasting,
            links,
            intake,
            findings: Findings::default(),
            bus,
            reports,
            archiving,
            files,
            solver,
            monitor,
            virtuals,
            products,
            cost,
            page,
            judging,
        })
    }

    /// Where rovers connect, in the order of the configuration.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        self.caster.addresses()
    }

    /// The operators' page, if there is one.
    pub(crate) fn web(&self) -> Option<&Web> {
        self.page.web()
    }

    /// Renews what the page tells of the stations' links.
    pub(crate) fn tell_links(&self) {
        let mut links = self.links.snapshots();
        links.extend(self.intake.snapshots());
        self.page.tell_links(links);
    }

    /// How many station links run.
    pub(crate) fn links(&self) -> usize {
        self.links.count()
    }

    /// How many mountpoints are on the air: those whose streams come.
    pub(crate) fn on_air(&self) -> usize {
        self.caster.sourcetable().mountpoints.len()
    }

    /// What the caster counted.
    pub(crate) fn stats(&self) -> CasterStats {
        self.caster.stats()
    }

    /// Tells operators what was odd in the stations' streams since it was told last.
    pub(crate) fn tell_findings(&mut self) {
        let mut links = self.links.snapshots();
        links.extend(self.intake.snapshots());
        self.findings.tell(links);
        if let Some(view) = self.monitor.view().borrow().as_ref() {
            view.tell();
        }
        if let Some(Counted { epochs, mean, max }) = self.cost.take() {
            tracing::info!(epochs, ?mean, ?max, "virtual stations, per rover and epoch");
        }
        if let Some(status) = self.archiving.as_ref().map(|archiving| archiving.status().snapshot())
        {
            let lost = status.refused + status.missed;
            let (epochs, frames, stored) = (status.epochs, status.frames, status.stored);
            tracing::info!(
                epochs,
                frames,
                stored,
                lost,
                spool_bytes = status.spool_bytes,
                "archive"
            );
        }
    }

    /// Changes stations, mountpoints and users; rovers whose mountpoint stays are not touched.
    pub(crate) async fn change_to(&mut self, config: &Config) {
        if self.lasting != Lasting::of(config) {
            tracing::warn!(
                "changes of [service], [caster], [accounts], [archive], [files], [web] and [[monitor_rover]] are used after a restart only"
            );
        }
        self.links.change_to(&config.links).await;
        self.solver.change_to(config.network.as_ref());
        self.monitor.change_to(&config.monitor);
        self.page.change_to(config);
        if let Some(files) = &self.files {
            files.reload();
        }
        self.virtuals.configure(&config.caster.offering.mountpoints, interval_s(config));
        self.products.configure(&config.caster.offering.mountpoints, interval_s(config));
        match self.caster.reload(&config.caster.offering) {
            Ok(()) => tracing::info!(links = self.links.count(), "configuration reloaded"),
            Err(error) => tracing::error!("the configuration was not reloaded in full: {error}"),
        }
    }

    /// Stops the links first, then the caster; what was heard by then is still handed on.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        tracing::info!("stopping");
        self.tell_findings();
        let Self {
            caster,
            links,
            intake,
            bus,
            reports,
            archiving,
            files,
            solver,
            monitor,
            page,
            judging,
            ..
        } = self;
        if let Some(judging) = judging {
            judging.stop().await;
        }
        page.stop().await;
        // The bus ends when nobody can put anything on it any more.
        drop(intake);
        links.stop().await;
        caster.stop().await;
        // The queue ends with the last link and the last upload; what is in it is still handed on.
        bus.await.context("the bus ended badly")?;
        solver.join();
        monitor.join();
        if let Some(files) = files {
            files.stop().await;
        }
        // It ends when bus and monitor have.
        if let Some(archiving) = archiving {
            tokio::task::block_in_place(|| archiving.join());
        }
        reports.await.context("the session log ended badly")?;
        tracing::info!("stopped");
        Ok(())
    }
}

/// Starts the monitor rovers, which tell the page; without a page nobody would see them.
fn judges(
    rovers: Vec<MonitorRoverConfig>,
    page: &Page,
    caster: &Caster,
    clock: &SharedClock,
) -> (RoverInlets, Option<MonitorRovers>) {
    let mut inlets = RoverInlets::default();
    let (Some(web), Some(at)) = (page.web(), caster.addresses().first()) else {
        return (inlets, None);
    };
    let around = Surroundings { caster: from_here(*at), board: web.rovers(), clock: clock.clone() };
    let rovers = rovers.into_iter().map(|rover| {
        let own = inlets.follow(rover.station.clone());
        (rover, own)
    });
    let rovers = rovers.collect();
    (inlets, Some(MonitorRovers::start(rovers, &around)))
}

/// What computed streams are made of.
fn around(
    config: &Config,
    stations: &Arc<Stations>,
    solver: &Solver,
    clock: Clock,
    cost: &Arc<Cost>,
) -> Around {
    Around {
        stations: Arc::clone(stations),
        network: solver.epochs(),
        board: Arc::new(Board::default()),
        clock,
        patience: config.caster.limits.position_wait_max,
        ids: Arc::default(),
        cost: Arc::clone(cost),
    }
}

/// What takes uploads.
fn intake(config: &Config, sink: &EventSink, clock: &SharedClock) -> Intake {
    let silence = config.caster.limits.upload_silence_max;
    let limits = UploadLimits { silence, epoch_wait: EPOCH_WAIT_DEFAULT };
    Intake::new(sink.clone(), clock.clone(), limits)
}

/// The streams that are computed, as the mountpoints want them.
fn computed(config: &Config, around: Around) -> (Arc<VirtualSource>, Arc<NetworkSource>) {
    let identity = &config.caster.identity;
    let mountpoints = &config.caster.offering.mountpoints;
    let products = Arc::new(NetworkSource::new(around.clone(), identity.clone()));
    products.configure(mountpoints, interval_s(config));
    let virtuals = Arc::new(VirtualSource::new(around, identity.clone()));
    virtuals.configure(mountpoints, interval_s(config));
    (virtuals, products)
}

/// Starts the archive, if there is one.
fn archive(
    config: Option<ArchiveConfig>,
    clock: &SharedClock,
) -> anyhow::Result<Option<(Archiving, ArchiveInlet)>> {
    let Some(config) = config else { return Ok(None) };
    let clock = clock.clone();
    let now = Arc::new(move || clock.gps());
    Archiving::start(config, now).map(Some).context("cannot start the thread of the archive")
}

/// Starts making files for researchers, if any are to be made.
fn files(
    config: &Config,
    clock: &SharedClock,
    caster: &Caster,
) -> anyhow::Result<Option<(Files, FilesInlet)>> {
    let (Some(files), Some(archive)) = (&config.files, &config.archive) else { return Ok(None) };
    let lent = (clock.clone(), caster.recogniser());
    Files::start(files, config.records.clone(), archive.clone(), lent).map(Some)
}

/// Between epochs of the network, s.
fn interval_s(config: &Config) -> f64 {
    config.network.as_ref().map_or(1.0, |network| network.interval.seconds())
}

/// The part of a configuration that holds until the end: sockets are open, and sessions count on their limits.
#[derive(PartialEq)]
struct Lasting {
    listeners: Vec<ListenerConfig>,
    identity: CasterIdentity,
    limits: Limits,
    accounts: AccountsConfig,
    archive: Option<ArchiveConfig>,
    files: Option<FilesConfig>,
    web: Option<WebConfig>,
    monitor_rovers: Vec<MonitorRoverConfig>,
}

impl Lasting {
    fn of(config: &Config) -> Self {
        let caster = &config.caster;
        let (listeners, identity) = (caster.listeners.clone(), caster.identity.clone());
        let (accounts, archive) = (config.accounts.clone(), config.archive.clone());
        let (files, web) = (config.files.clone(), config.web.clone());
        let monitor_rovers = config.monitor_rovers.clone();
        Self {
            listeners,
            identity,
            limits: caster.limits,
            accounts,
            archive,
            files,
            web,
            monitor_rovers,
        }
    }
}

/// Follows the store of accounts. A store that does not answer keeps nobody from starting: stations are heard, and rovers with
/// accounts of the configuration served.
async fn follow(place: Option<StorePlace>) -> anyhow::Result<Option<Arc<Accounts>>> {
    let Some(place) = place else { return Ok(None) };
    let accounts = Accounts::follow(place).context("cannot start the thread of the accounts")?;
    let first = Arc::clone(&accounts);
    let waited = tokio::task::spawn_blocking(move || first.wait_for_first(FIRST_READING_MAX));
    waited.await.context("the accounts were not waited for")?;
    Ok(Some(accounts))
}
