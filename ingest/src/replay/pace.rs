//! The pace of a replay: when it is time for what was recorded at a moment.

use std::time::Duration;

use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::uptime::Uptime;

/// A longer gap in a recording is not waited for: nobody learns anything from a minute of nothing.
pub const GAP_MAX: Interval = Interval::from_seconds(60);

/// How fast a recording is replayed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed(Option<f64>);

impl Speed {
    /// As fast as the listeners take it.
    pub const FULL: Self = Self(None);
    /// As fast as it was recorded.
    pub const REAL_TIME: Self = Self(Some(1.0));

    /// So many times as fast as it was recorded; 0 is as fast as possible. `None` if it is negative or no number.
    pub fn times(factor: f64) -> Option<Self> {
        match factor {
            0.0 => Some(Self::FULL),
            _ if factor.is_finite() && factor > 0.0 => Some(Self(Some(factor))),
            _ => None,
        }
    }
}

/// Joins the time of a recording to the time of the replay.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    speed: Speed,
    anchor: Option<Anchor>,
}

/// A moment of the recording and when it was replayed.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    recorded: GpsTime,
    replayed: Uptime,
    latest: GpsTime,
}

impl Pace {
    /// The pace at the start of a replay.
    pub fn new(speed: Speed) -> Self {
        Self { speed, anchor: None }
    }

    /// When it is time for what was recorded at `t`, if it is `now`. After a gap, or a step back by as much, the pace
    /// begins anew; what lies a little back is due at once.
    pub fn due(&mut self, t: GpsTime, now: Uptime) -> Uptime {
        let Some(factor) = self.speed.0 else { return now };
        match &mut self.anchor {
            Some(anchor) if (t - anchor.latest).abs() <= GAP_MAX => {
                anchor.latest = anchor.latest.max(t);
                let since = (t - anchor.recorded).seconds().max(0.0) / factor;
                let since = Duration::try_from_secs_f64(since).unwrap_or(Duration::MAX);
                (anchor.replayed + since).max(now)
            }
            _ => {
                self.anchor = Some(Anchor { recorded: t, replayed: now, latest: t });
                now
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Uptime {
        Uptime::from_start(Duration::from_secs(seconds))
    }

    fn t(seconds: i64) -> GpsTime {
        GpsTime::from_week(2400, Interval::from_seconds(seconds))
    }

    #[test]
    fn the_distance_of_moments_is_scaled() {
        let mut pace = Pace::new(Speed::times(10.0).unwrap());
        assert_eq!(pace.due(t(100), at(5)), at(5), "the first is due at once");
        assert_eq!(pace.due(t(110), at(5)), at(6));
        assert_eq!(pace.due(t(130), at(5)), at(8));
        assert_eq!(pace.due(t(120), at(20)), at(20), "what is late is due at once");
    }

    #[test]
    fn a_gap_and_a_step_back_begin_anew() {
        let mut pace = Pace::new(Speed::REAL_TIME);
        pace.due(t(0), at(0));
        assert_eq!(pace.due(t(60), at(0)), at(60));
        assert_eq!(pace.due(t(5_000), at(60)), at(60), "the gap is left out");
        assert_eq!(pace.due(t(5_001), at(60)), at(61));
        assert_eq!(pace.due(t(10), at(61)), at(61), "a recording that begins again");
        assert_eq!(pace.due(t(11), at(61)), at(62));
    }

    #[test]
    fn full_speed_never_waits() {
        let mut pace = Pace::new(Speed::times(0.0).unwrap());
        assert_eq!(pace.due(t(0), at(1)), at(1));
        assert_eq!(pace.due(t(50), at(1)), at(1));
        assert_eq!(Speed::times(-1.0), None);
        assert_eq!(Speed::times(f64::NAN), None);
    }
}
