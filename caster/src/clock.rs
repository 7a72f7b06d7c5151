//! The shell's clock: one start, from which every `now` is told.

use tianshu_gnss::time::uptime::Uptime;
use tokio::time::Instant;

/// Tells [`Uptime`] from one start. Copies tell the same time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that starts now.
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// How long it runs.
    pub fn now(self) -> Uptime {
        Uptime::from_start(self.start.elapsed())
    }

    /// When a moment of this clock is, for the runtime's timers.
    pub fn instant(self, at: Uptime) -> Instant {
        self.start + at.since_start()
    }
}
