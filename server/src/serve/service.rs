//! The service as a whole: started from a configuration, changed by another one, stopped in order.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tianshu_caster::caster::{Caster, Parts};
use tianshu_caster::clock::Clock;
use tianshu_caster::config::{CasterConfig, CasterIdentity, Limits, ListenerConfig};
use tianshu_caster::stations::Stations;
use tianshu_caster::stats::CasterStats;
use tianshu_ingest::clock::{SharedClock, SystemClock};
use tianshu_ingest::session::EPOCH_WAIT_DEFAULT;
use tianshu_ingest::sink::{EVENTS_QUEUED_MAX, event_queue};
use tianshu_ingest::upload::{Intake, UploadLimits};
use tokio::task::JoinHandle;

use crate::config::read::Config;
use crate::serve::bus::Bus;
use crate::serve::findings::Findings;
use crate::serve::links::Links;
use crate::serve::recording::Recording;
use crate::serve::report;
use crate::serve::uploads::Uploads;

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
}

impl Service {
    /// Starts the caster, and the links of the stations; records what they send if a folder is named.
    pub(crate) async fn start(config: Config, record: Option<&Path>) -> anyhow::Result<Self> {
        let clock: SharedClock = Arc::new(SystemClock::start());
        let caster_clock = Clock::start();
        let (sink, source) = event_queue(EVENTS_QUEUED_MAX);
        let stations = Arc::new(Stations::new());
        let recording = record.map(|folder| Recording::begin(folder, clock.gps())).transpose()?;

        let silence = config.caster.limits.upload_silence_max;
        let limits = UploadLimits { silence, epoch_wait: EPOCH_WAIT_DEFAULT };
        let intake = Intake::new(sink.clone(), clock.clone(), limits);
        let parts = Parts {
            stations: Arc::clone(&stations),
            clock: caster_clock,
            sink: Arc::new(Uploads::new(intake.clone())),
            sources: Vec::new(),
            access: None,
        };
        let lasting = Lasting::of(&config.caster);
        let (caster, events) = Caster::start(config.caster, parts)?;
        let reports = tokio::spawn(report::run(events));
        let bus = tokio::spawn(Bus { stations, clock: caster_clock, recording }.run(source));
        let mut links = Links::new(sink, clock);
        links.change_to(&config.links).await;
        Ok(Self { caster, lasting, links, intake, findings: Findings::default(), bus, reports })
    }

    /// Where rovers connect, in the order of the configuration.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        self.caster.addresses()
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
    }

    /// Changes stations, mountpoints and users; rovers whose mountpoint stays are not touched.
    pub(crate) async fn change_to(&mut self, config: &Config) {
        if self.lasting != Lasting::of(&config.caster) {
            tracing::warn!("changes of [service] and [caster] are used after a restart only");
        }
        self.links.change_to(&config.links).await;
        match self.caster.reload(&config.caster.offering) {
            Ok(()) => tracing::info!(links = self.links.count(), "configuration reloaded"),
            Err(error) => tracing::error!("the configuration was not reloaded in full: {error}"),
        }
    }

    /// Stops the links first, then the caster; what was heard by then is still handed on.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        tracing::info!("stopping");
        self.tell_findings();
        let Self { caster, links, intake, bus, reports, .. } = self;
        // The bus ends when nobody can put anything on it any more.
        drop(intake);
        links.stop().await;
        caster.stop().await;
        // The queue ends with the last link and the last upload; what is in it is still handed on.
        bus.await.context("the bus ended badly")?;
        reports.await.context("the session log ended badly")?;
        tracing::info!("stopped");
        Ok(())
    }
}

/// The part of a configuration that holds until the end: sockets are open, and sessions count on their limits.
#[derive(PartialEq)]
struct Lasting {
    listeners: Vec<ListenerConfig>,
    identity: CasterIdentity,
    limits: Limits,
}

impl Lasting {
    fn of(config: &CasterConfig) -> Self {
        let (listeners, identity) = (config.listeners.clone(), config.identity.clone());
        Self { listeners, identity, limits: config.limits }
    }
}
