//! The caster as the server holds it: started, fed, reloaded, asked, stopped.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::access::gate::{Gate, Guard, Recogniser};
use crate::access::table::TableAccess;
use crate::access::{Access, NoRandomness};
use crate::accounts::follow::Accounts;
use crate::admission::Admission;
use crate::clock::Clock;
use crate::config::{CasterConfig, Offering};
use crate::events::{EventSender, SessionEvent};
use crate::lanes::Lanes;
use crate::listener::{Port, accept_all, bind};
use crate::members::Members;
use crate::registry::{Offered, Shared};
use crate::source::CorrectionSource;
use crate::stations::Stations;
use crate::stats::{CasterStats, Counters};
use crate::table::TableSnapshot;
use crate::throttle::Throttle;
use crate::tls::{TlsFault, TlsPort};
use crate::upload::{UploadSink, UploadSlots};

/// How often silent stations are looked for: what a dead one costs a rover beside its time-out.
pub const TICK_EVERY: Duration = Duration::from_millis(250);

/// How often sessions are held against their accounts, which change and expire. Ten thousand cost a few milliseconds.
pub const ACCESS_EVERY: Duration = Duration::from_secs(1);

/// What the caster needs of others.
pub struct Parts {
    /// The live table of stations. Whoever has the bus feeds it with [`Stations::on_events`].
    pub stations: Arc<Stations>,
    /// The clock by which the stations are fed.
    pub clock: Clock,
    /// Takes uploads.
    pub sink: Arc<dyn UploadSink>,
    /// Further sources of corrections, such as virtual stations. The caster's own mountpoints come first.
    pub sources: Vec<Arc<dyn CorrectionSource>>,
    /// Decides in place of the accounts; `None` takes those of the offering and of [`Self::accounts`].
    pub access: Option<Arc<dyn Access>>,
    /// Accounts of a store, beside those of the offering.
    pub accounts: Option<Arc<Accounts>>,
    /// How many threads verify passwords of stored accounts; each needs [`crate::accounts::password::MEMORY_KIB`] meanwhile.
    pub password_threads: usize,
}

/// Why the caster could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address could not be listened at.
    #[error("cannot listen at {address}: {source}")]
    Bind {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsFault),
    /// There is no key for the passwords.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// Tells what the caster counted, for as long as somebody asks.
#[derive(Clone)]
pub struct StatsTeller(Arc<Shared>);

impl StatsTeller {
    /// What was counted, and who is in.
    pub fn stats(&self) -> CasterStats {
        self.0.stats()
    }
}

/// Why a reload changed nothing, or not everything. What could not be replaced stays as it was.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// Certificates could not be read again; stations, mountpoints and users are the new ones.
    #[error("the certificate was not replaced: {0}")]
    Tls(#[from] TlsFault),
    /// There is no key for the passwords; everything is as before.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// A running caster. Dropping it does not end the sessions; [`Caster::stop`] does.
pub struct Caster {
    shared: Arc<Shared>,
    doorkeeper: Doorkeeper,
    addresses: Vec<SocketAddr>,
    tls_ports: Vec<Arc<TlsPort>>,
}

impl Caster {
    /// Listens, and serves whoever comes. Everything that happens in sessions arrives at the receiver; it is
    /// bounded, and what nobody takes is dropped and counted.
    pub fn start(
        config: CasterConfig,
        parts: Parts,
    ) -> Result<(Self, mpsc::Receiver<SessionEvent>), StartError> {
        let mut listeners = Vec::new();
        for listener in &config.listeners {
            let address = listener.address;
            let failed = |source| StartError::Bind { address, source };
            let socket = bind(address).map_err(failed)?;
            let tls = listener.tls.clone().map(TlsPort::load).transpose()?.map(Arc::new);
            let address = socket.local_addr().map_err(failed)?;
            let proxies = listener.proxies.clone().map(Arc::new);
            listeners.push((socket, address, Port { tls, proxies }));
        }
        let doorkeeper = Doorkeeper {
            access: parts.access.clone(),
            accounts: parts.accounts.clone(),
            guard: Guard::new(parts.clock, parts.password_threads)?,
        };
        let over_tls = listeners.iter().find(|(_, _, port)| port.tls.is_some());
        let tls_port = over_tls.map(|(_, address, _)| address.port());
        let (shared, events) = share(config, parts, &doorkeeper, tls_port)?;
        let mut caster = Self { shared, doorkeeper, addresses: Vec::new(), tls_ports: Vec::new() };
        for (socket, address, port) in listeners {
            caster.addresses.push(address);
            caster.tls_ports.extend(port.tls.clone());
            tokio::spawn(accept_all(socket, port, Arc::clone(&caster.shared)));
        }
        tokio::spawn(watch_silence(Arc::clone(&caster.shared)));
        tokio::spawn(watch_accounts(Arc::clone(&caster.shared)));
        Ok((caster, events))
    }

    /// Where it listens, in the order of the configuration.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Replaces stations, mountpoints and users, and reads certificates again. Sessions whose mountpoint and right stay
    /// are not touched; the others are ended with their reason.
    pub fn reload(&self, offering: &Offering) -> Result<(), ReloadError> {
        let shared = &self.shared;
        let access = self.doorkeeper.access_to(offering)?;
        shared.stations.configure(&offering.stations, shared.clock.now());
        shared.replace(Offered::new(
            offering,
            access,
            &shared.identity,
            &shared.limits,
            &shared.stations,
            shared.clock,
        ));
        for port in &self.tls_ports {
            port.reload()?;
        }
        Ok(())
    }

    /// Recognises the people of the store's accounts at another door; who guesses there is not heard here either.
    pub fn recogniser(&self) -> Recogniser {
        let Doorkeeper { accounts, guard, .. } = &self.doorkeeper;
        Recogniser::new(accounts.clone(), Arc::clone(guard))
    }

    /// Tells the counters to whoever asks later.
    pub fn teller(&self) -> StatsTeller {
        StatsTeller(Arc::clone(&self.shared))
    }

    /// The sourcetable as rovers get it.
    pub fn sourcetable(&self) -> Arc<TableSnapshot> {
        self.shared.sourcetable()
    }

    /// What was counted, and who is in.
    pub fn stats(&self) -> CasterStats {
        self.shared.stats()
    }

    /// Stops listening, lets every session finish its frame, closes. Returns when all have ended, or when their time is over.
    pub async fn stop(self) {
        self.shared.stopping.cancel();
        self.shared.sessions.close();
        // Each session has its grace for its frame, and again for its farewell.
        let _ = timeout(self.shared.limits.stop_grace * 2, self.shared.sessions.wait()).await;
    }
}

fn share(
    config: CasterConfig,
    parts: Parts,
    doorkeeper: &Doorkeeper,
    tls_port: Option<u16>,
) -> Result<(Arc<Shared>, mpsc::Receiver<SessionEvent>), StartError> {
    let counters = Arc::new(Counters::default());
    let (events, receiver) = EventSender::channel(Arc::clone(&counters));
    let CasterConfig { identity, limits, offering, .. } = config;
    parts.stations.configure(&offering.stations, parts.clock.now());
    let access = doorkeeper.access_to(&offering)?;
    let offered = Offered::new(&offering, access, &identity, &limits, &parts.stations, parts.clock);
    let shared = Shared {
        clock: parts.clock,
        limits,
        identity,
        tls_port,
        stations: parts.stations,
        sink: parts.sink,
        admission: Admission::new(limits.connections_max, limits.connections_per_address_max),
        uploads: Arc::new(UploadSlots::default()),
        counters,
        events,
        stopping: CancellationToken::new(),
        sessions: TaskTracker::new(),
        lanes: Lanes::default(),
        foreign: parts.sources,
        offered: RwLock::new(Arc::new(offered)),
        members: Arc::new(Members::default()),
        throttle: Mutex::new(Throttle::default()),
        table: Mutex::new(None),
        next_session: AtomicU64::new(1),
    };
    Ok((Arc::new(shared), receiver))
}

/// By what access is decided, over all reloads.
struct Doorkeeper {
    access: Option<Arc<dyn Access>>,
    accounts: Option<Arc<Accounts>>,
    guard: Arc<Guard>,
}

impl Doorkeeper {
    fn access_to(&self, offering: &Offering) -> Result<Arc<dyn Access>, NoRandomness> {
        if let Some(access) = &self.access {
            return Ok(Arc::clone(access));
        }
        let table = TableAccess::new(offering)?;
        Ok(Arc::new(Gate::new(table, self.accounts.clone(), Arc::clone(&self.guard))))
    }
}

async fn watch_silence(shared: Arc<Shared>) {
    let mut ticks = interval(TICK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shared.stopping.cancelled() => return,
            _ = ticks.tick() => shared.stations.tick(shared.clock.now()),
        }
    }
}

async fn watch_accounts(shared: Arc<Shared>) {
    let mut ticks = interval(ACCESS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shared.stopping.cancelled() => return,
            _ = ticks.tick() => shared.hold_against_accounts(),
        }
    }
}
