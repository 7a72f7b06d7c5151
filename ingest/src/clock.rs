//! Clocks: where `now` comes from. Injected, so that tests and replays run on made-up time.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::uptime::Uptime;
use tianshu_gnss::time::utc::Utc;
use tokio::time::Instant;

/// What a shell asks for the time.
pub trait Clock: Send + Sync {
    /// Time since the clock's start; never goes back.
    fn uptime(&self) -> Uptime;
    /// The time of day as GPS time, for arrival stamps.
    fn gps(&self) -> GpsTime;
}

/// A clock that several shells share.
pub type SharedClock = Arc<dyn Clock>;

/// The clock of this machine. Its UTC becomes GPS time here, by the kept table of leap seconds.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock that starts now.
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn uptime(&self) -> Uptime {
        Uptime::from_start(self.start.elapsed())
    }

    fn gps(&self) -> GpsTime {
        // A machine that believes to live before 1970 has no clock at all; its stamps are then useless but harmless.
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let seconds = i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX / 2_000_000_000);
        GpsTime::from(Utc::from_posix(seconds, since_1970.subsec_nanos()))
    }
}

/// A clock that was told the time at its start and goes on evenly with the runtime's timer: under tokio's
/// paused time it stands still until somebody waits.
#[derive(Clone, Copy, Debug)]
pub struct SteadyClock {
    start: Instant,
    at_start: GpsTime,
}

impl SteadyClock {
    /// A clock that starts now and shows `at_start`.
    pub fn start(at_start: GpsTime) -> Self {
        Self { start: Instant::now(), at_start }
    }
}

impl Clock for SteadyClock {
    fn uptime(&self) -> Uptime {
        Uptime::from_start(self.start.elapsed())
    }

    fn gps(&self) -> GpsTime {
        self.at_start + interval(self.start.elapsed())
    }
}

/// A span of the runtime's timer as a span of GPS time; saturates after 292 years.
pub fn interval(span: Duration) -> Interval {
    Interval::from_nanos(i64::try_from(span.as_nanos()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_is_ahead_of_2026_and_goes_on() {
        // GPS week 2400 began in January 2026; a machine that builds this is later than that.
        let clock = SystemClock::start();
        assert!(clock.gps().week() >= 2400, "{}", clock.gps());
        let before = clock.uptime();
        assert!(clock.uptime() >= before);
    }

    #[tokio::test(start_paused = true)]
    async fn a_steady_clock_follows_the_runtime() {
        let start = GpsTime::from_week(2400, Interval::ZERO);
        let clock = SteadyClock::start(start);
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        assert_eq!(clock.gps() - start, Interval::from_millis(2_500));
    }
}
