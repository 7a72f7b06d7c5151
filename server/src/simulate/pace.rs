//! The pace of a live world: which moment of this machine belongs to which moment of the world.

use std::time::Duration;

use tianshu_gnss::time::gps::GpsTime;
use tianshu_ingest::clock::Clock;
use tokio::time::Instant;

/// When the moments of a world are due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    begun: Instant,
    start: GpsTime,
    speed: f64,
}

impl Pace {
    /// The world shows `start` at `begun`, and goes `speed` (above 0) times as fast as this machine's time.
    pub(crate) fn new(begun: Instant, start: GpsTime, speed: f64) -> Self {
        Self { begun, start, speed }
    }

    /// The world shows `start` when this machine's clock does; a start that has passed is now.
    pub(crate) fn live(clock: &dyn Clock, start: GpsTime, speed: f64) -> Self {
        let ahead_s = (start - clock.gps()).seconds();
        let ahead = Duration::try_from_secs_f64(ahead_s).unwrap_or_default();
        Self::new(Instant::now() + ahead, start, speed)
    }

    /// When a moment of the world is due. What lies before its start is due at once.
    pub(crate) fn due(&self, t: GpsTime) -> Instant {
        let since_start_s = (t - self.start).seconds() / self.speed;
        self.begun + Duration::try_from_secs_f64(since_start_s).unwrap_or_default()
    }

    /// By how much a moment of the world is overdue, in this machine's time; nothing if it is still to come.
    pub(crate) fn overdue(&self, t: GpsTime) -> Duration {
        Instant::now().saturating_duration_since(self.due(t))
    }
}

#[cfg(test)]
mod tests {
    use tianshu_gnss::time::gps::Interval;

    use super::*;

    #[test]
    fn a_world_twice_as_fast_is_due_in_half_the_time() {
        let start = GpsTime::from_week(2410, Interval::ZERO);
        let begun = Instant::now();
        let pace = Pace::new(begun, start, 2.0);
        assert_eq!(pace.due(start + Interval::from_seconds(10)) - begun, Duration::from_secs(5));
        assert_eq!(pace.due(start - Interval::from_seconds(10)), begun);
    }
}
