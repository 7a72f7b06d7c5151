//! GPS time: the one time inside, as an integer, so that an epoch compares exactly and can key a map.

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub};

/// Nanoseconds in a second.
pub const NANOS_PER_SECOND: i64 = 1_000_000_000;
/// Seconds in a week.
pub const SECONDS_PER_WEEK: i64 = 604_800;
/// Nanoseconds in a week.
pub const NANOS_PER_WEEK: i64 = SECONDS_PER_WEEK * NANOS_PER_SECOND;
/// Nanoseconds in a day.
pub const NANOS_PER_DAY: i64 = 86_400 * NANOS_PER_SECOND;

/// A moment: nanoseconds of GPS time since 1980-01-06 00:00:00 (IS-GPS-200, section 3.3.4).
///
/// GPS time has no leap seconds. The range reaches from 1687 to 2272.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GpsTime(i64);

/// A signed span of time in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval(i64);

impl GpsTime {
    /// The moment that many nanoseconds after 1980-01-06 00:00:00 GPS time.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since 1980-01-06 00:00:00 GPS time.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// The moment `tow` after the start of the full (never truncated) GPS week `week`.
    pub const fn from_week(week: i32, tow: Interval) -> Self {
        Self(week as i64 * NANOS_PER_WEEK + tow.0)
    }

    /// The full GPS week number.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "i64 nanoseconds hold fewer than 2^15 weeks"
    )]
    pub const fn week(self) -> i32 {
        self.0.div_euclid(NANOS_PER_WEEK) as i32
    }

    /// The time since the start of the GPS week, in `[0, 1 week)`.
    pub const fn time_of_week(self) -> Interval {
        Interval(self.0.rem_euclid(NANOS_PER_WEEK))
    }

    /// The nearest moment that is a multiple of `step` (counted from the start of GPS time).
    ///
    /// `step` must be positive.
    #[must_use]
    pub fn rounded_to(self, step: Interval) -> Self {
        assert!(step.0 > 0, "a rounding step is positive");
        Self((self.0 + step.0 / 2).div_euclid(step.0) * step.0)
    }
}

impl Interval {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of whole nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// A span of whole milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis * 1_000_000)
    }

    /// A span of whole seconds.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds * NANOS_PER_SECOND)
    }

    /// The span nearest to `seconds`, which must be finite and within ±292 years (else it saturates).
    #[expect(clippy::cast_possible_truncation, reason = "saturates, as the doc comment says")]
    pub fn from_seconds_f64(seconds: f64) -> Self {
        Self((seconds * 1e9).round() as i64)
    }

    /// Whole nanoseconds.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Seconds, with the fraction.
    pub fn seconds(self) -> f64 {
        self.0 as f64 * 1e-9
    }

    /// The span without its sign.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self(self.0.abs())
    }
}

impl Sub for GpsTime {
    type Output = Interval;
    fn sub(self, from: Self) -> Interval {
        Interval(self.0 - from.0)
    }
}

impl Add<Interval> for GpsTime {
    type Output = Self;
    fn add(self, span: Interval) -> Self {
        Self(self.0 + span.0)
    }
}

impl AddAssign<Interval> for GpsTime {
    fn add_assign(&mut self, span: Interval) {
        self.0 += span.0;
    }
}

impl Sub<Interval> for GpsTime {
    type Output = Self;
    fn sub(self, span: Interval) -> Self {
        Self(self.0 - span.0)
    }
}

impl Add for Interval {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Interval {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Interval {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

/// GPS week and seconds of week, as operators read it: `2238 345600.000`.
impl fmt::Display for GpsTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tow = self.time_of_week();
        write!(f, "{} {:.3}", self.week(), tow.seconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_and_its_time_name_one_moment() {
        let t = GpsTime::from_week(2238, Interval::from_millis(345_600_500));
        assert_eq!((t.week(), t.time_of_week().nanos()), (2238, 345_600_500_000_000));
        assert_eq!(t.to_string(), "2238 345600.500");
        let before = GpsTime::from_week(0, Interval::from_seconds(-1));
        assert_eq!((before.week(), before.time_of_week()), (-1, Interval::from_seconds(604_799)));
    }

    #[test]
    fn rounding_takes_the_nearest_step_on_both_sides_of_a_week() {
        let second = Interval::from_seconds(1);
        let early = GpsTime::from_week(2238, Interval::from_nanos(-3_000_000));
        assert_eq!(early.rounded_to(second), GpsTime::from_week(2238, Interval::ZERO));
        let late = GpsTime::from_week(2238, Interval::from_nanos(3_000_000));
        assert_eq!(late.rounded_to(second), GpsTime::from_week(2238, Interval::ZERO));
    }
}
