//! Signals of the operating system, as what they ask for.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What an operator asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Read the configuration again (SIGHUP).
    Reload,
    /// Stop in order (SIGTERM, or Ctrl-C).
    Stop,
}

/// Listens for signals.
pub(crate) struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on signals are ours. Must be called within a runtime.
    pub(crate) fn take() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) -> Asked {
        tokio::select! {
            Some(()) = self.hangup.recv() => Asked::Reload,
            Some(()) = self.terminate.recv() => Asked::Stop,
            Some(()) = self.interrupt.recv() => Asked::Stop,
            else => std::future::pending().await,
        }
    }
}
