//! The network's solver: a thread of its own, fed from the bus, that tells what the network knows at each epoch.
//!
//! It stands beside the path from stations to rovers: whatever it does, relayed streams do not wait for it.

mod checkpoint;
mod network;
mod report;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tianshu_gnss::event::{StationEvent, StationNews};
use tianshu_ingest::clock::SharedClock;
use tianshu_ingest::sink::{EventSink, EventSource, event_queue};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::config::solver::NetworkConfig;
use crate::serve::epoch::{NetworkEpoch, NewestEpoch};
use crate::serve::solver::network::Network;

/// Events that wait for the solver. A network of 150 stations makes some 750 a second (epochs, and each station's 100 ephemerides every
/// half minute), so this is about three seconds: a solver that is farther behind gives up the oldest epochs, which are counted.
const SOLVER_EVENTS_MAX: usize = 2_048;
/// The longest sleep: what is told by the clock (ephemerides that have waited, the minute's report) may be so late.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The solver as the service holds it.
pub(crate) struct Solver {
    config: watch::Sender<Option<Arc<NetworkConfig>>>,
    epochs: NewestEpoch,
    thread: JoinHandle<()>,
}

/// The bus's end of it.
pub(crate) struct Inlet {
    events: EventSink,
    config: watch::Receiver<Option<Arc<NetworkConfig>>>,
}

impl Solver {
    /// Starts the thread. Without a configuration it sleeps. Must be called within a runtime.
    pub(crate) fn start(
        config: Option<Arc<NetworkConfig>>,
        clock: SharedClock,
    ) -> anyhow::Result<(Self, Inlet)> {
        let (events, waiting) = event_queue(SOLVER_EVENTS_MAX);
        let (config, wanted) = watch::channel(config);
        let (newest, epochs) = watch::channel(None);
        let inlet = Inlet { events, config: wanted.clone() };
        let runtime = Handle::current();
        let worker = Worker { clock, wanted, newest, network: None, number: 0 };
        let thread = std::thread::Builder::new()
            .name("solver".to_owned())
            .spawn(move || worker.run(waiting, &runtime))?;
        Ok((Self { config, epochs, thread }, inlet))
    }

    /// What it tells.
    pub(crate) fn epochs(&self) -> NewestEpoch {
        self.epochs.clone()
    }

    /// Another network; the same one runs on and forgets nothing.
    pub(crate) fn change_to(&self, config: Option<&Arc<NetworkConfig>>) {
        self.config.send_if_modified(|now| {
            let differs = now.as_ref() != config;
            if differs {
                *now = config.cloned();
            }
            differs
        });
    }

    /// Waits for its end, which comes when the bus has let go of its inlet.
    pub(crate) fn join(self) {
        let Self { config, epochs, thread } = self;
        drop((config, epochs));
        if tokio::task::block_in_place(|| thread.join()).is_err() {
            tracing::error!("the network's solver ended badly");
        }
    }
}

impl Inlet {
    /// Hands an event on, if a network is solved and it is of use for that. Never waits.
    pub(crate) fn offer(&self, event: &StationEvent) {
        let is_of_use = matches!(
            event.news,
            StationNews::Epoch(_)
                | StationNews::Ephemeris(_)
                | StationNews::ReferencePoint(_)
                | StationNews::GlonassBiases(_)
        );
        if is_of_use && self.config.borrow().is_some() {
            self.events.offer(event.clone());
        }
    }
}

/// What the thread owns.
struct Worker {
    clock: SharedClock,
    wanted: watch::Receiver<Option<Arc<NetworkConfig>>>,
    newest: watch::Sender<Option<Arc<NetworkEpoch>>>,
    network: Option<Network>,
    number: u64,
}

impl Worker {
    fn run(mut self, mut waiting: EventSource, runtime: &Handle) {
        self.reconfigure();
        loop {
            let now = self.clock.uptime();
            let deadline = self.network.as_ref().and_then(|network| network.deadline(now));
            let nap = deadline.map_or(LOOK_EVERY, |deadline| (deadline - now).min(LOOK_EVERY));
            let next = async { timeout(nap, waiting.next()).await };
            match runtime.block_on(next) {
                Ok(Some(event)) => self.take(event),
                Ok(None) => break,
                Err(_) => {}
            }
            while let Some(event) = waiting.try_next() {
                self.take(event);
            }
            if self.wanted.has_changed().unwrap_or(false) {
                self.reconfigure();
            }
            self.solve(waiting.dropped());
        }
        self.end_network();
    }

    /// Lets go of the network; what it knows is kept, if it is to be.
    fn end_network(&mut self) {
        if let Some(mut network) = self.network.take() {
            network.write_checkpoint();
        }
    }

    fn reconfigure(&mut self) {
        let wanted = self.wanted.borrow_and_update().clone();
        self.newest.send_replace(None);
        self.end_network();
        self.network = wanted.and_then(|config| match Network::new(&config, &self.clock) {
            Ok(network) => Some(network),
            Err(error) => {
                tracing::error!("the network is not solved: {error}");
                None
            }
        });
    }

    fn take(&mut self, event: StationEvent) {
        if let Some(network) = &mut self.network {
            network.take(self.clock.uptime(), event);
        }
    }

    fn solve(&mut self, dropped: u64) {
        let Some(network) = &mut self.network else { return };
        while let Some(solved) = network.solve(&self.clock) {
            self.number += 1;
            let number = self.number;
            self.newest.send_replace(Some(Arc::new(NetworkEpoch { number, ..solved })));
        }
        network.tell(self.clock.uptime(), dropped);
    }
}
