//! Uptime: the monotonic `now` that state machines are given.

use std::ops::{Add, Sub};
use std::time::Duration;

/// Time since an arbitrary start that never goes back: the `now` of sessions and timers.
///
/// It is a number, not a clock: shells derive it from one `Instant` taken at their start, tests make it up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uptime(Duration);

impl Uptime {
    /// The start.
    pub const START: Self = Self(Duration::ZERO);

    /// That long after the start.
    pub const fn from_start(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// How long after the start.
    pub const fn since_start(self) -> Duration {
        self.0
    }
}

impl Add<Duration> for Uptime {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }
}

/// The span from the earlier to this moment; zero if it is the later one.
impl Sub for Uptime {
    type Output = Duration;
    fn sub(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}
