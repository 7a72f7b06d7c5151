//! Moments as the API tells them: each in UTC, in GPS week and seconds, and in POSIX seconds for plots.

use serde::Serialize;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::uptime::Uptime;
use tianshu_gnss::time::utc::Utc;
use tianshu_ingest::clock::SharedClock;
use utoipa::ToSchema;

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, ToSchema)]
#[schema(as = Epoch, value_type = EpochFields)]
pub(crate) struct Epoch(GpsTime);

/// A moment, said three ways.
#[derive(Serialize, ToSchema)]
pub(crate) struct EpochFields {
    /// UTC, RFC 3339 with milliseconds.
    #[schema(example = "2026-11-27T03:12:46.000Z")]
    utc: String,
    /// GPS week, never rolled over.
    gps_week: i32,
    /// Seconds of that week, GPS time.
    gps_seconds: f64,
    /// POSIX seconds, as clocks of computers count: a leap second has the number of the one after it.
    unix_s: f64,
}

impl Serialize for Epoch {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = EpochFields {
            utc: Utc::from(self.0).to_string(),
            gps_week: self.0.week(),
            gps_seconds: millis(self.0.time_of_week().seconds()),
            unix_s: unix_s(self.0),
        };
        fields.serialize(serializer)
    }
}

impl From<GpsTime> for Epoch {
    fn from(at: GpsTime) -> Self {
        Self(at)
    }
}

impl Epoch {
    /// When it is.
    pub(crate) fn time(self) -> GpsTime {
        self.0
    }
}

/// POSIX seconds of a moment, to the millisecond.
pub(crate) fn unix_s(at: GpsTime) -> f64 {
    let utc = Utc::from(at);
    millis(utc.posix_seconds() as f64 + f64::from(utc.nanos()) / 1e9)
}

/// The moment of POSIX seconds; none beyond the years 1980 to 2200, which nobody asks for but by mistake.
pub(crate) fn of_unix_s(unix_s: f64) -> Option<GpsTime> {
    /// 6 January 1980, and 1 January 2200.
    const KNOWN_S: std::ops::Range<f64> = 315_964_800.0..7_258_118_400.0;
    if !KNOWN_S.contains(&unix_s) {
        return None;
    }
    let whole = unix_s.floor();
    #[expect(clippy::cast_possible_truncation, reason = "within the range that was checked")]
    let utc = Utc::from_posix(whole as i64, 0);
    Some(GpsTime::from(utc) + Interval::from_seconds_f64(unix_s - whole))
}

fn millis(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

/// Tells when moments of the caster's clock were.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anchor {
    uptime: Uptime,
    time: GpsTime,
}

impl Anchor {
    /// Now is now by both.
    pub(crate) fn now(uptime: Uptime, clock: &SharedClock) -> Self {
        Self { uptime, time: clock.gps() }
    }

    /// When a moment was, or will be.
    pub(crate) fn epoch(self, at: Uptime) -> Epoch {
        let nanos = |span: std::time::Duration| {
            Interval::from_nanos(i64::try_from(span.as_nanos()).unwrap_or(i64::MAX))
        };
        let (now, at) = (self.uptime.since_start(), at.since_start());
        let time = if at > now {
            self.time + nanos(at.abs_diff(now))
        } else {
            self.time - nanos(at.abs_diff(now))
        };
        Epoch(time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_in_utc_and_in_gps_weeks() {
        let at = of_unix_s(1_795_749_166.25).expect("a moment of our time");
        let told = serde_json::to_value(Epoch(at)).expect("it can be written");
        let wanted = serde_json::json!({
            "utc": "2026-11-27T03:12:46.250Z",
            // 18 leap seconds since 1980.
            "gps_week": 2446, "gps_seconds": 443_584.25, "unix_s": 1_795_749_166.25,
        });
        assert_eq!(told, wanted);
    }

    #[test]
    fn what_nobody_means_is_no_moment() {
        for odd in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300] {
            assert_eq!(of_unix_s(odd), None);
        }
    }

    #[test]
    fn moments_of_the_caster_s_clock_are_told_by_the_time_of_day() {
        use std::time::Duration;
        let time = of_unix_s(1_795_749_166.0).expect("a moment of our time");
        let seconds = |s| Uptime::from_start(Duration::from_secs(s));
        let anchor = Anchor { uptime: seconds(100), time };
        assert_eq!(anchor.epoch(seconds(90)).time(), time - Interval::from_seconds(10));
        assert_eq!(anchor.epoch(seconds(105)).time(), time + Interval::from_seconds(5));
    }
}
