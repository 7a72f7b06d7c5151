//! UTC: the civil time of logs, file names and GLONASS, with its inserted seconds.

use std::fmt;
use std::str::FromStr;

use hifitime::{Epoch, TimeScale};

use crate::time::gps::{GpsTime, NANOS_PER_SECOND};
use crate::time::leap::{GPS_ORIGIN_POSIX_S, offset_at_gps, offset_at_posix};

/// A moment of UTC. An inserted second (23:59:60) is its own moment, unlike in POSIX time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Utc {
    /// POSIX seconds; within an inserted second, those of the second before it (23:59:59).
    posix_s: i64,
    in_leap_second: bool,
    nanos: u32,
}

/// A moment of UTC as a calendar tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// Year of the Gregorian calendar.
    pub year: i32,
    /// Month, 1-12.
    pub month: u8,
    /// Day of the month, 1-31.
    pub day: u8,
    /// Hour, 0-23.
    pub hour: u8,
    /// Minute, 0-59.
    pub minute: u8,
    /// Second, 0-59, or 60 within an inserted second.
    pub second: u8,
    /// Nanoseconds of the second.
    pub nanos: u32,
}

impl Utc {
    /// The moment that many seconds and nanoseconds after 1970-01-01 in POSIX time.
    pub fn from_posix(posix_s: i64, nanos: u32) -> Self {
        Self { posix_s, in_leap_second: false, nanos: nanos.min(999_999_999) }
    }

    /// POSIX seconds; those of 23:59:59 within an inserted second.
    pub fn posix_seconds(self) -> i64 {
        self.posix_s
    }

    /// Nanoseconds of the second.
    pub fn nanos(self) -> u32 {
        self.nanos
    }

    /// Whether this is 23:59:60.
    pub fn in_leap_second(self) -> bool {
        self.in_leap_second
    }

    /// The moment that a calendar names. `None` for a date or time that does not exist.
    pub fn from_civil(c: Civil) -> Option<Self> {
        let leap = c.second == 60;
        let second = if leap { 59 } else { c.second };
        let epoch = Epoch::maybe_from_gregorian(
            c.year,
            c.month,
            c.day,
            c.hour,
            c.minute,
            second,
            0,
            TimeScale::TAI,
        )
        .ok()?;
        let posix_s = seconds_since_1970(epoch);
        let utc = Self { posix_s, in_leap_second: leap, nanos: c.nanos };
        let exists = c.nanos < 1_000_000_000 && (!leap || Self::from(GpsTime::from(utc)) == utc);
        exists.then_some(utc)
    }

    /// The calendar's name of this moment.
    pub fn civil(self) -> Civil {
        let origin = Epoch::from_gregorian_tai_at_midnight(1970, 1, 1);
        let epoch = origin
            + hifitime::Duration::from_total_nanoseconds(
                i128::from(self.posix_s) * i128::from(NANOS_PER_SECOND),
            );
        let (year, month, day, hour, minute, second, _) = epoch.to_gregorian(TimeScale::TAI);
        let second = if self.in_leap_second { 60 } else { second };
        Civil { year, month, day, hour, minute, second, nanos: self.nanos }
    }

    /// Day of the year, 1-366, as in RINEX file names.
    pub fn day_of_year(self) -> u16 {
        let civil = self.civil();
        let start = Epoch::from_gregorian_tai_at_midnight(civil.year, 1, 1);
        let days = (self.posix_s - seconds_since_1970(start)).div_euclid(86_400) + 1;
        u16::try_from(days).expect("a day of its own year is within 1..=366")
    }
}

impl From<GpsTime> for Utc {
    fn from(t: GpsTime) -> Self {
        let offset = offset_at_gps(t);
        let whole = t.nanos().div_euclid(NANOS_PER_SECOND);
        let nanos = u32::try_from(t.nanos().rem_euclid(NANOS_PER_SECOND))
            .expect("a fraction of a second is below 2^32 ns");
        let into_leap = i64::from(offset.in_leap_second);
        let posix_s = whole + GPS_ORIGIN_POSIX_S - offset.gps_minus_utc_s - into_leap;
        Self { posix_s, in_leap_second: offset.in_leap_second, nanos }
    }
}

impl From<Utc> for GpsTime {
    fn from(utc: Utc) -> Self {
        let offset = offset_at_posix(utc.posix_s) + i64::from(utc.in_leap_second);
        let whole = utc.posix_s - GPS_ORIGIN_POSIX_S + offset;
        Self::from_nanos(whole * NANOS_PER_SECOND + i64::from(utc.nanos))
    }
}

impl Civil {
    /// The date and time that clocks of GPS time show at a moment: without leap seconds, as RINEX writes epochs.
    pub fn in_gps_time(t: GpsTime) -> Self {
        let whole = t.nanos().div_euclid(NANOS_PER_SECOND);
        let nanos = u32::try_from(t.nanos().rem_euclid(NANOS_PER_SECOND))
            .expect("a fraction of a second is below 2^32 ns");
        Utc::from_posix(whole + GPS_ORIGIN_POSIX_S, nanos).civil()
    }

    /// The moment at which clocks of GPS time show this; none for what is no date and time, a 60th second, or a moment that
    /// [`GpsTime`] cannot hold.
    pub fn gps_time(self) -> Option<GpsTime> {
        let told = Utc::from_civil(self).filter(|told| !told.in_leap_second())?;
        let whole = (told.posix_s - GPS_ORIGIN_POSIX_S).checked_mul(NANOS_PER_SECOND)?;
        Some(GpsTime::from_nanos(whole.checked_add(i64::from(told.nanos))?))
    }
}

/// RFC 3339 with milliseconds: `2016-12-31T23:59:60.500Z`.
impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = self.civil();
        let millis = c.nanos / 1_000_000;
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{millis:03}Z",
            c.year, c.month, c.day, c.hour, c.minute, c.second
        )
    }
}

/// What is wrong with a written moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no moment of UTC: write it as 2026-04-20T00:00:00Z, or as 2026-04-20")]
pub struct NoSuchMoment(String);

/// Reads RFC 3339 in UTC (`2016-12-31T23:59:60.5Z`), or a date alone, which means its midnight.
impl FromStr for Utc {
    type Err = NoSuchMoment;

    fn from_str(text: &str) -> Result<Self, NoSuchMoment> {
        let (date, time) = text.split_once('T').unwrap_or((text, "00:00:00Z"));
        let parts = fields::<3>(date, '-').zip(fields::<3>(time.trim_end_matches('Z'), ':'));
        let zone_is_told = time.ends_with('Z');
        parts
            .filter(|_| zone_is_told)
            .and_then(|([year, month, day], [hour, minute, second])| {
                let (second, fraction) = second.split_once('.').unwrap_or((second, "0"));
                Self::from_civil(Civil {
                    year: year.parse().ok()?,
                    month: month.parse().ok()?,
                    day: day.parse().ok()?,
                    hour: hour.parse().ok()?,
                    minute: minute.parse().ok()?,
                    second: second.parse().ok()?,
                    nanos: nanos_of(fraction)?,
                })
            })
            .ok_or_else(|| NoSuchMoment(text.to_owned()))
    }
}

fn fields<const N: usize>(text: &str, separator: char) -> Option<[&str; N]> {
    let parts: Vec<_> = text.split(separator).collect();
    parts.try_into().ok()
}

/// Nanoseconds of the digits behind a decimal point, at most nine.
fn nanos_of(fraction: &str) -> Option<u32> {
    let digits = fraction.bytes().all(|b| b.is_ascii_digit()) && (1..=9).contains(&fraction.len());
    if digits { format!("{fraction:0<9}").parse().ok() } else { None }
}

fn seconds_since_1970(epoch: Epoch) -> i64 {
    let origin = Epoch::from_gregorian_tai_at_midnight(1970, 1, 1);
    let nanos = (epoch - origin).total_nanoseconds();
    i64::try_from(nanos / i128::from(NANOS_PER_SECOND))
        .expect("a calendar year fits 64-bit seconds")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::gps::Interval;

    #[track_caller]
    fn check(t: GpsTime, expected: &str) {
        let utc = Utc::from(t);
        assert_eq!(utc.to_string(), expected);
        assert_eq!(GpsTime::from(utc), t, "there and back");
        assert_eq!(Utc::from_civil(utc.civil()), Some(utc), "through the calendar and back");
    }

    #[test]
    fn the_calendar_of_gps_time_is_read_as_it_is_shown() {
        for nanos in [-1, 0, 1_451_606_417_250_000_000] {
            let t = GpsTime::from_nanos(nanos);
            assert_eq!(Civil::in_gps_time(t).gps_time(), Some(t));
        }
        let shown = Civil::in_gps_time(GpsTime::from_nanos(0));
        assert_eq!(Civil { month: 13, ..shown }.gps_time(), None);
        assert_eq!(Civil { year: 9_999, ..shown }.gps_time(), None);
    }

    #[test]
    fn gps_moments_have_utc_names() {
        check(GpsTime::from_nanos(0), "1980-01-06T00:00:00.000Z");
        // GPS week 1930, second 17 = 2017-01-01 00:00:17 GPS = the inserted second (IERS Bulletin C 52).
        let leap = GpsTime::from_week(1930, Interval::from_seconds(17));
        check(leap - Interval::from_millis(1), "2016-12-31T23:59:59.999Z");
        check(leap + Interval::from_millis(500), "2016-12-31T23:59:60.500Z");
        check(leap + Interval::from_seconds(1), "2017-01-01T00:00:00.000Z");
        // GPS week 2048 began 2019-04-07 00:00:00 GPS, 18 s before UTC midnight.
        check(GpsTime::from_week(2048, Interval::ZERO), "2019-04-06T23:59:42.000Z");
    }

    #[test]
    fn a_leap_second_exists_only_where_one_was_inserted() {
        let mut civil = Utc::from(GpsTime::from_week(1930, Interval::from_seconds(17))).civil();
        assert!(Utc::from_civil(civil).is_some());
        civil.year = 2017;
        assert_eq!(Utc::from_civil(civil), None);
        civil.month = 13;
        assert_eq!(Utc::from_civil(civil), None);
    }

    #[test]
    fn a_moment_is_read_as_it_is_written() {
        let read = |text: &str| text.parse::<Utc>().map(|utc| utc.to_string());
        assert_eq!(read("2026-04-20").as_deref(), Ok("2026-04-20T00:00:00.000Z"));
        let leap = "2016-12-31T23:59:60.500Z";
        assert_eq!(read(leap).as_deref(), Ok(leap));
        for wrong in
            ["", "2026", "2026-13-01", "2026-04-20T00:00:00", "2026-04-20T00:00Z", "a-b-cTd:e:fZ"]
        {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_last_day_of_a_leap_year_is_366() {
        let civil =
            Civil { year: 2024, month: 12, day: 31, hour: 23, minute: 59, second: 59, nanos: 0 };
        assert_eq!(Utc::from_civil(civil).expect("exists").day_of_year(), 366);
    }
}
