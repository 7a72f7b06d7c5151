//! The operators' page as the service starts it: what it is lent of the other parts, and what a reload changes of it.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use tianshu_caster::accounts::store::StorePlace;
use tianshu_caster::caster::Caster;
use tianshu_caster::clock::Clock;
use tianshu_ingest::clock::SharedClock;
use tianshu_ingest::snapshot::LinkSnapshot;
use tianshu_station_monitor::archive::inlet::Archiving;
use tianshu_station_monitor::archive::keeper::ArchiveConfig;

use crate::config::read::Config;
use crate::config::web::WebConfig;
use crate::monitor::service::Monitor;
use crate::serve::solver::Solver;
use crate::vrs::cost::Cost;
use crate::web::facts::{Offered, SharedLedger, Sources};
use crate::web::service::Web;

/// What the page is told of the configuration, kept from before the other parts take theirs.
pub(crate) struct Plan {
    web: Option<WebConfig>,
    names: (String, String),
    accounts: Option<StorePlace>,
    archive: Option<ArchiveConfig>,
    files: Option<PathBuf>,
    offered: Offered,
}

/// The other parts, running: the caster, the monitor, the solver, and the archive if there is one.
type Others<'a> = (&'a Caster, &'a Monitor, &'a Solver, Option<&'a Archiving>);

/// The page, and what changes of what it tells; without a page nobody reads it.
pub(crate) struct Page {
    web: Option<Web>,
    offered: Arc<RwLock<Arc<Offered>>>,
    linked: Arc<RwLock<Arc<Vec<LinkSnapshot>>>>,
}

impl Plan {
    /// Of a configuration.
    pub(crate) fn of(config: &Config) -> Self {
        let identity = &config.caster.identity;
        Self {
            web: config.web.clone(),
            names: (identity.operator.clone(), identity.network.clone()),
            accounts: config.accounts.place.clone(),
            archive: config.archive.clone(),
            files: config.files.as_ref().map(|files| files.folder.clone()),
            offered: Offered::of(config),
        }
    }

    /// Starts the page, if there is one. Must be called within a runtime.
    pub(crate) fn start(
        self,
        (clock, caster_clock): (SharedClock, Clock),
        (caster, monitor, solver, archiving): Others<'_>,
        (ledger, cost): (SharedLedger, Arc<Cost>),
    ) -> anyhow::Result<Page> {
        let offered = Arc::new(RwLock::new(Arc::new(self.offered)));
        let linked: Arc<RwLock<Arc<Vec<LinkSnapshot>>>> = Arc::default();
        let archive = archiving.map(Archiving::status).zip(self.archive);
        let sources = Sources {
            clock,
            caster_clock,
            names: self.names,
            monitor: monitor.view(),
            acknowledging: monitor.acknowledging(),
            network: solver.epochs(),
            ledger,
            stats: caster.teller(),
            recogniser: caster.recogniser(),
            accounts: self.accounts,
            archive,
            links: Arc::clone(&linked),
            cost,
            files: self.files,
            offered: Arc::clone(&offered),
        };
        let web = self.web.map(|web| Web::start(web, sources)).transpose()?;
        Ok(Page { web, offered, linked })
    }
}

impl Page {
    /// The ports and what is behind them.
    pub(crate) fn web(&self) -> Option<&Web> {
        self.web.as_ref()
    }

    /// Renews what is told of the stations' links.
    pub(crate) fn tell_links(&self, links: Vec<LinkSnapshot>) {
        *self.linked.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(links);
    }

    /// Other stations, and the certificate read again.
    pub(crate) fn change_to(&self, config: &Config) {
        let offered = Arc::new(Offered::of(config));
        *self.offered.write().unwrap_or_else(PoisonError::into_inner) = offered;
        if let Some(web) = &self.web {
            web.reload();
        }
    }

    /// Closes the ports.
    pub(crate) async fn stop(self) {
        if let Some(web) = self.web {
            web.stop().await;
        }
    }
}
