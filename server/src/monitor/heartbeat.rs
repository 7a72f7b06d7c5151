//! The dead-man's switch: an address that is called for as long as the monitor lives and hears. Who does not hear of it raises the alarm.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use tianshu_gnss::time::uptime::Uptime;

use crate::monitor::channel::http::Http;

/// Calls an address now and then.
pub(super) struct Heartbeat {
    every: Duration,
    last: Option<Uptime>,
    calls: SyncSender<()>,
}

impl Heartbeat {
    /// Starts the thread that calls.
    pub(super) fn start(url: String, every: Duration) -> anyhow::Result<Self> {
        // One call that waits is enough: a second one would say the same.
        let (calls, waiting) = sync_channel(1);
        std::thread::Builder::new()
            .name("heartbeat".to_owned())
            .spawn(move || call_all(&url, &waiting))?;
        Ok(Self { every, last: None, calls })
    }

    /// Says that the monitor lives.
    pub(super) fn beat(&mut self, now: Uptime) {
        if self.last.is_none_or(|last| now - last >= self.every) {
            self.last = Some(now);
            // A call that still waits says it too; a thread that is gone cannot be helped.
            let _ = self.calls.try_send(());
        }
    }
}

/// Calls until nobody asks any more. A failure is told once, until it is over.
fn call_all(url: &str, waiting: &Receiver<()>) {
    let http = Http::new();
    let mut fails = false;
    while waiting.recv().is_ok() {
        let called = http.get(url);
        if let Err(why) = &called
            && !fails
        {
            tracing::error!("the heartbeat's address cannot be called: {why}");
        }
        fails = called.is_err();
    }
}
