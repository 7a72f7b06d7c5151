//! BeiDou, Galileo and GLONASS time: where the systems' own counts turn into GPS time.

use crate::time::gps::{GpsTime, Interval, NANOS_PER_DAY, NANOS_PER_SECOND};
use crate::time::utc::Utc;

/// BDT began at 2006-01-01 00:00:00 UTC: GPS week 1356, second 14 (BDS-SIS-ICD-B1I-3.0, section 3.3).
pub const BDT_ORIGIN: GpsTime = GpsTime::from_week(1356, Interval::from_seconds(14));

/// GST began 13 s before 1999-08-22 00:00:00 UTC: the start of GPS week 1024 (Galileo OS SIS ICD, section 5.1.2).
pub const GST_ORIGIN: GpsTime = GpsTime::from_week(1024, Interval::ZERO);

/// UTC(SU) + 3 h is GLONASS time (GLONASS ICD edition 5.1, section 3.3.3).
pub const GLONASS_AHEAD_OF_UTC: Interval = Interval::from_seconds(3 * 3600);

/// A moment in a system's own weeks: the full week number and the time since its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeekTime {
    /// Full week number of the system.
    pub week: i32,
    /// Time of week, in `[0, 1 week)`.
    pub time_of_week: Interval,
}

/// The moment that BeiDou names by its own week and time of week.
pub fn from_bdt(t: WeekTime) -> GpsTime {
    from_origin(BDT_ORIGIN, t)
}

/// BeiDou's name of a moment.
pub fn to_bdt(t: GpsTime) -> WeekTime {
    since_origin(BDT_ORIGIN, t)
}

/// The moment that Galileo names by its own week and time of week.
pub fn from_gst(t: WeekTime) -> GpsTime {
    from_origin(GST_ORIGIN, t)
}

/// Galileo's name of a moment.
pub fn to_gst(t: GpsTime) -> WeekTime {
    since_origin(GST_ORIGIN, t)
}

/// A moment in GLONASS time: the day, counted from 1970-01-01 in Moscow, and the time since its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlonassTime {
    /// Days since 1970-01-01 in UTC(SU) + 3 h.
    pub day: i64,
    /// Time of day of the clock on the wall, in `[0, 24 h)`.
    pub time_of_day: Interval,
    /// Whether the moment lies within an inserted second (02:59:60 in Moscow).
    pub in_leap_second: bool,
}

impl GlonassTime {
    /// Day of the week as RTCM's DF416 counts it: Sunday is 0.
    pub fn day_of_week(self) -> u8 {
        // 1970-01-01 was a Thursday.
        u8::try_from((self.day + 4).rem_euclid(7)).expect("a remainder of 7 fits a byte")
    }
}

impl From<GpsTime> for GlonassTime {
    fn from(t: GpsTime) -> Self {
        let utc = Utc::from(t);
        let wall = utc.posix_seconds() * NANOS_PER_SECOND
            + i64::from(utc.nanos())
            + GLONASS_AHEAD_OF_UTC.nanos();
        Self {
            day: wall.div_euclid(NANOS_PER_DAY),
            time_of_day: Interval::from_nanos(wall.rem_euclid(NANOS_PER_DAY)),
            in_leap_second: utc.in_leap_second(),
        }
    }
}

impl From<GlonassTime> for GpsTime {
    fn from(t: GlonassTime) -> Self {
        let wall = t.day * NANOS_PER_DAY + t.time_of_day.nanos() - GLONASS_AHEAD_OF_UTC.nanos();
        let nanos = u32::try_from(wall.rem_euclid(NANOS_PER_SECOND))
            .expect("a fraction of a second is below 2^32 ns");
        let utc = Utc::from_posix(wall.div_euclid(NANOS_PER_SECOND), nanos);
        let in_leap = Interval::from_seconds(i64::from(t.in_leap_second));
        GpsTime::from(utc) + in_leap
    }
}

fn from_origin(origin: GpsTime, t: WeekTime) -> GpsTime {
    origin + (GpsTime::from_week(t.week, t.time_of_week) - GpsTime::from_nanos(0))
}

fn since_origin(origin: GpsTime, t: GpsTime) -> WeekTime {
    let own = GpsTime::from_nanos((t - origin).nanos());
    WeekTime { week: own.week(), time_of_week: own.time_of_week() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beidou_is_fourteen_seconds_behind() {
        let t = GpsTime::from_week(2238, Interval::from_seconds(13));
        let bdt = to_bdt(t);
        assert_eq!((bdt.week, bdt.time_of_week), (881, Interval::from_seconds(604_799)));
        assert_eq!(from_bdt(bdt), t);
    }

    #[test]
    fn galileo_differs_by_its_week_number_alone() {
        let t = GpsTime::from_week(2238, Interval::from_seconds(13));
        assert_eq!(to_gst(t), WeekTime { week: 1214, time_of_week: Interval::from_seconds(13) });
        assert_eq!(from_gst(to_gst(t)), t);
    }

    #[test]
    fn glonass_midnight_is_twenty_one_hours_utc() {
        // 2020-06-25 21:00:00 UTC = 2020-06-26 00:00:00 in Moscow, a Friday; GPS - UTC = 18 s.
        let t = GpsTime::from_week(2111, Interval::from_seconds(4 * 86_400 + 21 * 3600 + 18));
        let glonass = GlonassTime::from(t);
        assert_eq!((glonass.time_of_day, glonass.day_of_week()), (Interval::ZERO, 5));
        assert_eq!(GpsTime::from(glonass), t);
    }

    #[test]
    fn an_inserted_second_survives_there_and_back() {
        let leap = GpsTime::from_week(1930, Interval::from_millis(17_250));
        let glonass = GlonassTime::from(leap);
        assert!(glonass.in_leap_second);
        assert_eq!(GpsTime::from(glonass), leap);
    }
}
