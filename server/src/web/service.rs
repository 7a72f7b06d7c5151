//! The page as the service holds it: its ports and its tasks.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyhow::Context;
use axum::Router;
use tianshu_caster::tls::TlsPort;
use tianshu_gnss::time::utc::Utc;
use tianshu_ingest::sockets::listen;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::web::WebConfig;
use crate::handshake::{self, spawn_serving};
use crate::virtual_jobs::RunningJobs;
use crate::web::answers::predicted::Layer;
use crate::web::book::Book;
use crate::web::events::{self, Events};
use crate::web::facts::{Facts, Sources};
use crate::web::history::{self, History};
use crate::web::metrics::{self, Meters, Requests};
use crate::web::rover_board::RoverBoard;
use crate::web::sessions::Sessions;
use crate::web::{page, router};

/// Second-by-second history of an hour.
const SECONDS_PER_HOUR: usize = 3_600;

/// The page.
pub(crate) struct Web {
    facts: Arc<Facts>,
    address: SocketAddr,
    management: Option<SocketAddr>,
    tls: Option<Arc<TlsPort>>,
    tasks: Vec<JoinHandle<()>>,
    jobs: RunningJobs,
    stop: CancellationToken,
}

impl Web {
    /// Opens the ports. Must be called within a runtime.
    pub(crate) fn start(config: WebConfig, of: Sources) -> anyhow::Result<Self> {
        let seconds = SECONDS_PER_HOUR * usize::try_from(config.history_h).unwrap_or(24);
        let book = Book::open(config.folder.as_deref())?;
        let jobs = RunningJobs::start(config.folder.as_deref(), of.clock.clone())?;
        let started = of.clock.gps();
        let posix_s = u64::try_from(Utc::from(started).posix_seconds()).unwrap_or(0);
        let facts = Arc::new(Facts {
            sessions: Sessions::new(config.idle, config.session),
            config,
            of,
            started,
            book: Arc::new(book),
            history: Arc::new(History::new(seconds)),
            rovers: RoverBoard::new(seconds),
            layer: Layer::default(),
            events: Events::new(posix_s),
            requests: Requests::default(),
            failures: AtomicU64::new(0),
            meters: Meters::new()?,
            jobs: jobs.desk(),
        });
        if let Some((_, archive)) = facts.of.archive.clone() {
            let (history, now) = (Arc::clone(&facts.history), started);
            // Years of figures take their time, and nobody waits for them.
            std::thread::Builder::new()
                .name("history".to_owned())
                .spawn(move || history::fill(&history, &archive, now))
                .context("cannot start the thread of the page's history")?;
        }
        let stop = CancellationToken::new();
        let views = facts.of.monitor.clone();
        let mut tasks = vec![
            tokio::spawn(history::keep(Arc::clone(&facts.history), views, stop.clone())),
            tokio::spawn(events::run(Arc::clone(&facts), stop.clone())),
            tokio::spawn(metrics::observe(Arc::clone(&facts), stop.clone())),
        ];
        let tls = facts.config.tls.clone().map(TlsPort::load).transpose()?.map(Arc::new);
        let public = router::public(Arc::clone(&facts));
        let (address, task) = open(facts.config.listen, public, tls.as_ref(), &stop)?;
        tasks.push(task);
        let mut management = None;
        if let Some(at) = facts.config.management {
            let (address, task) = open(at, router::management(Arc::clone(&facts)), None, &stop)?;
            management = Some(address);
            tasks.push(task);
        }
        let scheme = if tls.is_some() { "https" } else { "http" };
        tracing::info!(%address, scheme, built = page::is_built(), "the operators' page");
        Ok(Self { facts, address, management, tls, tasks, jobs, stop })
    }

    /// Where browsers connect.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where Prometheus connects.
    pub(crate) fn management(&self) -> Option<SocketAddr> {
        self.management
    }

    /// Where independent rovers tell how far off they are.
    pub(crate) fn rovers(&self) -> RoverBoard {
        self.facts.rovers.clone()
    }

    /// Reads the certificate again.
    pub(crate) fn reload(&self) {
        handshake::reload(self.tls.as_ref(), "the page's");
    }

    /// Closes the ports; answers in progress end.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            if task.await.is_err() {
                tracing::error!("a task of the operators' page ended badly");
            }
        }
        let jobs = self.jobs;
        tokio::task::block_in_place(|| jobs.stop());
    }
}

fn open(
    at: SocketAddr,
    router: Router,
    tls: Option<&Arc<TlsPort>>,
    stop: &CancellationToken,
) -> anyhow::Result<(SocketAddr, JoinHandle<()>)> {
    let listener =
        listen(at).with_context(|| format!("cannot listen at {at} for the operators' page"))?;
    let address = listener.local_addr().unwrap_or(at);
    Ok((address, spawn_serving(listener, router, tls, stop)))
}
