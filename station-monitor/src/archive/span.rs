//! Spans of time, and the hours by which the archive is cut. All in GPS time, as RINEX files are.

use std::fmt;

use tianshu_gnss::time::gps::{GpsTime, Interval, NANOS_PER_DAY, NANOS_PER_SECOND};
use tianshu_gnss::time::leap::GPS_ORIGIN_POSIX_S;
use tianshu_gnss::time::utc::Utc;

/// Nanoseconds in an hour.
const NANOS_PER_HOUR: i64 = 3_600 * NANOS_PER_SECOND;

/// From a moment on, until before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first moment within.
    pub from: GpsTime,
    /// The first moment behind.
    pub until: GpsTime,
}

/// An hour of GPS time, counted from 1980-01-06 00:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(i64);

impl Span {
    /// All time that can be told.
    pub const ALWAYS: Self =
        Self { from: GpsTime::from_nanos(i64::MIN), until: GpsTime::from_nanos(i64::MAX) };

    /// The day of GPS time that holds a moment.
    pub fn day_of(moment: GpsTime) -> Self {
        let from = GpsTime::from_nanos(moment.nanos().div_euclid(NANOS_PER_DAY) * NANOS_PER_DAY);
        Self { from, until: from + Interval::from_nanos(NANOS_PER_DAY) }
    }

    /// Whether a moment is within.
    pub fn contains(&self, moment: GpsTime) -> bool {
        self.from <= moment && moment < self.until
    }

    /// The first and the last hour that have a part in this; none if this holds nothing.
    pub fn hours(&self) -> Option<(Hour, Hour)> {
        let last = GpsTime::from_nanos(self.until.nanos().saturating_sub(1));
        (self.from < self.until).then(|| (Hour::of(self.from), Hour::of(last)))
    }
}

impl Hour {
    /// The hour that holds a moment.
    pub const fn of(moment: GpsTime) -> Self {
        Self(moment.nanos().div_euclid(NANOS_PER_HOUR))
    }

    /// The hour of that number.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Its number, from 1980-01-06 00:00.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// Its begin.
    pub const fn start(self) -> GpsTime {
        GpsTime::from_nanos(self.0 * NANOS_PER_HOUR)
    }

    /// The begin of the next.
    pub const fn end(self) -> GpsTime {
        GpsTime::from_nanos((self.0 + 1) * NANOS_PER_HOUR)
    }

    /// Its day, counted from 1980-01-06.
    pub const fn day(self) -> i64 {
        self.0.div_euclid(24)
    }

    /// Year, day of the year and hour, as names of RINEX files tell them.
    pub fn year_day_hour(self) -> (i32, u16, u8) {
        // The calendar is that of GPS time: no leap seconds, as in RINEX.
        let civil = Utc::from_posix(self.0 * 3_600 + GPS_ORIGIN_POSIX_S, 0);
        (civil.civil().year, civil.day_of_year(), civil.civil().hour)
    }

    /// Its folder: `2026/330/07`.
    pub fn folder(self) -> String {
        let (year, day, hour) = self.year_day_hour();
        format!("{year:04}/{day:03}/{hour:02}")
    }
}

/// Year, day of the year and hour, `2026-330 07h`.
impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, day, hour) = self.year_day_hour();
        write!(f, "{year:04}-{day:03} {hour:02}h")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_named_by_the_calendar_of_gps_time() {
        // GPS week 2238 began on 2022-11-27, day 331 of that year.
        let start = GpsTime::from_week(2238, Interval::ZERO);
        assert_eq!(Hour::of(start).folder(), "2022/331/00");
        let before = Hour::of(start + Interval::from_nanos(-1));
        assert_eq!(before.to_string(), "2022-330 23h");
        assert_eq!(before.end(), start);
        assert_eq!(before.day() + 1, Hour::of(start).day());
    }

    #[test]
    fn a_span_ends_before_its_end() {
        let day = Span::day_of(GpsTime::from_week(2238, Interval::from_seconds(5)));
        assert_eq!(day.from, GpsTime::from_week(2238, Interval::ZERO));
        assert!(day.contains(day.from) && !day.contains(day.until));
        let (first, last) = day.hours().unwrap();
        assert_eq!(last.number() - first.number(), 23);
        assert_eq!(Span { from: day.from, until: day.from }.hours(), None);
    }
}
