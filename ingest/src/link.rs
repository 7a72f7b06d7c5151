//! Links: started for a configured station, watched by operators, stopped on demand.

use std::time::Duration;

use tianshu_gnss::station::StationName;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::backoff::BackoffLimits;
use crate::clock::SharedClock;
use crate::greeting::Greeter;
use crate::listener::{self, ListenerConfig};
use crate::ntrip_link::{self, NtripConfig};
use crate::replay::{self, ReplayConfig};
use crate::session::{Session, SessionConfig};
use crate::shell::{Board, Shell};
use crate::sink::EventSink;
use crate::snapshot::LinkSnapshot;
use crate::tcp_link::{self, TcpConfig};

/// A station's link, as it is configured.
#[derive(Debug)]
pub struct LinkConfig {
    /// The station.
    pub station: StationName,
    /// Where its stream comes from.
    pub origin: Origin,
    /// A link without a whole frame for so long is closed.
    pub silence: Duration,
    /// An epoch that is not complete after this is closed.
    pub epoch_wait: Duration,
    /// How to come back after a failure.
    pub backoff: BackoffLimits,
    /// What makes this link's waits its own: any number that differs between links.
    pub seed: u64,
}

/// Where a stream comes from.
#[derive(Debug)]
pub enum Origin {
    /// A caster from which it is pulled.
    Ntrip(NtripConfig),
    /// A port that we open.
    Tcp(TcpConfig),
    /// A port of ours that the station opens.
    Listener(ListenerConfig),
    /// A file or folder. Its own time limits and name count.
    Replay(ReplayConfig),
}

/// A running link. Dropping it stops the link.
#[derive(Debug)]
pub struct LinkHandle {
    board: Board,
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
}

/// Starts a link. Must be called within a runtime.
pub fn spawn(config: LinkConfig, sink: EventSink, clock: SharedClock) -> LinkHandle {
    let (greeter, reconnect) = match &config.origin {
        Origin::Ntrip(ntrip) => (ntrip.greeter(), Some(config.backoff)),
        Origin::Tcp(_) => (Greeter::Raw, Some(config.backoff)),
        Origin::Listener(_) | Origin::Replay(_) => (Greeter::Raw, None),
    };
    let LinkConfig { station, silence, epoch_wait, .. } = config;
    let session = SessionConfig { station, greeter, silence, epoch_wait, reconnect };
    let session = Session::new(session, config.seed);
    let board = Board::new(session.snapshot());
    let stop = CancellationToken::new();
    let mut shell = Shell { session, sink, clock, board: board.clone(), stop: stop.clone() };
    let task = tokio::spawn(async move {
        match config.origin {
            Origin::Ntrip(ntrip) => ntrip_link::run(&mut shell, ntrip).await,
            Origin::Tcp(tcp) => tcp_link::run(&mut shell, tcp).await,
            Origin::Listener(listener) => listener::run(&mut shell, listener).await,
            Origin::Replay(files) => {
                replay::run_link(files, shell.sink, shell.stop, shell.board).await;
            }
        }
    });
    LinkHandle { board, stop, task: Some(task) }
}

impl LinkHandle {
    /// What the link is doing.
    pub fn snapshot(&self) -> LinkSnapshot {
        self.board.read()
    }

    /// Asks the link to end; it says goodbye on the bus with `Stopped`.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Asks the link to end and waits until it has.
    pub async fn stopped(mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            // A link that panicked has ended too; the panic has been reported by the runtime.
            let _ = task.await;
        }
    }
}

impl Drop for LinkHandle {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
