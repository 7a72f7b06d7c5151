//! RTCM's truncated times: a time of week or of day, made whole near a moment that the caller knows.
//!
//! Every message time is resolved to the nearest moment that has it, so the caller's time may be wrong by
//! just under half a week (or half a day where only the time of day is told). Encoding rounds to the
//! millisecond that the fields can say.

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::time::gps::{GpsTime, Interval, NANOS_PER_DAY, NANOS_PER_WEEK};
use tianshu_gnss::time::scales::GlonassTime;

use crate::msm::header::MsmHeader;

/// BDT is behind GPS time by this, always (BDS-SIS-ICD-B1I-3.0, section 3.3).
const BDT_BEHIND_GPS: Interval = Interval::from_seconds(14);
const MILLIS_PER_WEEK: u32 = 604_800_000;
const MILLIS_PER_DAY: u32 = 86_400_000;
/// One millisecond, the resolution of all epoch fields.
const MILLISECOND: Interval = Interval::from_millis(1);
/// DF416: the day of week is not known.
const GLONASS_DAY_UNKNOWN: u32 = 7;
/// DF416: Sunday; and what receivers send that do not fill the field (Piksi firmware, on every day).
const GLONASS_SUNDAY: u32 = 0;
/// A `near` that agrees with the time of day so well is taken to be right also about the day. A live stream and
/// a recording that goes on agree within seconds; one that is off by days agrees by chance once in 700 times.
const NEAR_IS_RIGHT_WITHIN: Interval = Interval::from_seconds(60);
/// The start of the leap second in GLONASS time of day: 23:59:60 UTC is 02:59:60 in UTC(SU) + 3 h.
const LEAP_SECOND_STARTS_AFTER: Interval = Interval::from_seconds(3 * 3600 - 1);

/// The moment nearest to `near` with that GPS time of week (DF004; also of Galileo, DF248, QZSS, DF428,
/// SBAS and NavIC, whose weeks start with those of GPS). `None` where the field is beyond a week.
pub fn resolve_tow(near: GpsTime, tow_ms: u32) -> Option<GpsTime> {
    let phase = Interval::from_millis(i64::from(tow_ms));
    (tow_ms < MILLIS_PER_WEEK).then(|| nearest(near, phase, NANOS_PER_WEEK))
}

/// The moment nearest to `near` with that BDT time of week (DF427).
pub fn resolve_bdt_tow(near: GpsTime, tow_ms: u32) -> Option<GpsTime> {
    resolve_tow(near - BDT_BEHIND_GPS, tow_ms).map(|bdt| bdt + BDT_BEHIND_GPS)
}

/// The moment nearest to `near` with that GLONASS day of week (DF416; 7 is "not known") and time of day
/// (DF034), both in UTC(SU) + 3 h.
///
/// A time of day from 86 400 000 to 86 400 999 ms is taken for the leap second of that day, 02:59:60.
///
/// Some receivers send Sunday (0) on every day. Where `near` agrees with the time of day within a minute, the
/// time of day alone counts then, as if the day were not known.
pub fn resolve_glonass(near: GpsTime, day_of_week: u32, time_of_day_ms: u32) -> Option<GpsTime> {
    if day_of_week >= GLONASS_DAY_UNKNOWN {
        let unknown = day_of_week == GLONASS_DAY_UNKNOWN;
        return if unknown { resolve_glonass_time_of_day(near, time_of_day_ms) } else { None };
    }
    let today = GlonassTime::from(near);
    let ahead = (i64::from(day_of_week) - i64::from(today.day_of_week())).rem_euclid(7);
    let told =
        closest(near, [ahead - 7, ahead, ahead + 7].map(|days| (today.day + days, time_of_day_ms)));
    let by_time_of_day = resolve_glonass_time_of_day(near, time_of_day_ms)
        .filter(|moment| (*moment - near).abs() <= NEAR_IS_RIGHT_WITHIN);
    if day_of_week == GLONASS_SUNDAY { by_time_of_day.or(told) } else { told }
}

/// The moment nearest to `near` with that GLONASS time of day (DF034), as of legacy messages.
pub fn resolve_glonass_time_of_day(near: GpsTime, time_of_day_ms: u32) -> Option<GpsTime> {
    let today = GlonassTime::from(near).day;
    closest(near, [today - 1, today, today + 1].map(|day| (day, time_of_day_ms)))
}

/// The moment nearest to `near` that the header of an MSM means; `None` where its field is out of range.
pub fn resolve_msm(near: GpsTime, header: &MsmHeader) -> Option<GpsTime> {
    match header.constellation {
        Constellation::Glonass => {
            resolve_glonass(near, header.glonass_day(), header.glonass_time_of_day_ms())
        }
        Constellation::BeiDou => resolve_bdt_tow(near, header.epoch_time),
        _ => resolve_tow(near, header.epoch_time),
    }
}

/// GPS time of week in milliseconds (DF004 and its like), rounded.
pub fn tow_ms(t: GpsTime) -> u32 {
    whole_millis(t.rounded_to(MILLISECOND).time_of_week())
}

/// BDT time of week in milliseconds (DF427), rounded.
pub fn bdt_tow_ms(t: GpsTime) -> u32 {
    tow_ms(t - BDT_BEHIND_GPS)
}

/// GLONASS day of week (DF416) and time of day in milliseconds (DF034), rounded; the leap second is told
/// as 86 400 000 ms and more.
pub fn glonass_day_and_ms(t: GpsTime) -> (u32, u32) {
    let glonass = GlonassTime::from(t.rounded_to(MILLISECOND));
    let ms = if glonass.in_leap_second {
        let into_leap = glonass.time_of_day - LEAP_SECOND_STARTS_AFTER;
        MILLIS_PER_DAY + whole_millis(into_leap)
    } else {
        whole_millis(glonass.time_of_day)
    };
    (u32::from(glonass.day_of_week()), ms)
}

/// The 30 bits of epoch time in the MSM of a system.
pub fn msm_epoch_time(constellation: Constellation, t: GpsTime) -> u32 {
    match constellation {
        Constellation::Glonass => {
            let (day, ms) = glonass_day_and_ms(t);
            day << 27 | ms
        }
        Constellation::BeiDou => bdt_tow_ms(t),
        _ => tow_ms(t),
    }
}

/// The moment nearest to `near` that is `phase` after the start of a period.
fn nearest(near: GpsTime, phase: Interval, period_ns: i64) -> GpsTime {
    let ahead = (phase.nanos() - near.nanos()).rem_euclid(period_ns);
    let shift = if ahead > period_ns / 2 { ahead - period_ns } else { ahead };
    near + Interval::from_nanos(shift)
}

/// The nearest of several GLONASS days' moments of one time of day.
fn closest(near: GpsTime, days: [(i64, u32); 3]) -> Option<GpsTime> {
    let moments = days.map(|(day, time_of_day_ms)| glonass_moment(day, time_of_day_ms));
    moments.into_iter().flatten().min_by_key(|&moment| (moment - near).abs())
}

fn glonass_moment(day: i64, time_of_day_ms: u32) -> Option<GpsTime> {
    let in_leap_second = time_of_day_ms >= MILLIS_PER_DAY;
    let time_of_day = if in_leap_second {
        let into_leap = time_of_day_ms - MILLIS_PER_DAY;
        if into_leap >= 1000 {
            return None;
        }
        LEAP_SECOND_STARTS_AFTER + Interval::from_millis(i64::from(into_leap))
    } else {
        Interval::from_millis(i64::from(time_of_day_ms))
    };
    Some(GpsTime::from(GlonassTime { day, time_of_day, in_leap_second }))
}

/// Milliseconds of a span that is whole, not negative, and at most a week.
fn whole_millis(span: Interval) -> u32 {
    const _: () = assert!(NANOS_PER_DAY == MILLIS_PER_DAY as i64 * 1_000_000);
    u32::try_from(span.nanos() / 1_000_000).expect("a time of week or day fits 32 bits of ms")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::*;

    const HALF_WEEK_MS: i64 = 302_400_000;
    const HALF_DAY_MS: i64 = 43_200_000;

    fn at(week: i32, seconds: i64) -> GpsTime {
        GpsTime::from_week(week, Interval::from_seconds(seconds))
    }

    #[test]
    fn the_week_changes_between_the_times() {
        assert_eq!(resolve_tow(at(2238, -1), 0), Some(at(2238, 0)));
        assert_eq!(resolve_tow(at(2238, 1), 604_799_000), Some(at(2238, -1)));
        assert_eq!(resolve_tow(at(2238, 0), MILLIS_PER_WEEK), None);
    }

    #[test]
    fn beidou_changes_its_week_fourteen_seconds_later() {
        assert_eq!(bdt_tow_ms(at(2238, 13)), 604_799_000);
        assert_eq!(bdt_tow_ms(at(2238, 14)), 0);
        assert_eq!(resolve_bdt_tow(at(2238, 0), 604_799_000), Some(at(2238, 13)));
        assert_eq!(resolve_bdt_tow(at(2238, 20), 604_786_000), Some(at(2238, 0)));
    }

    /// In 2022 GPS was 18 s ahead of UTC, so 00:00 in Moscow was 21:00:18 GPS time of the day before.
    #[test]
    fn glonass_changes_its_day_at_moscow_midnight() {
        let midnight = at(2238, 21 * 3600 + 18);
        assert_eq!(glonass_day_and_ms(midnight), (1, 0), "Monday");
        let before = midnight - MILLISECOND;
        assert_eq!(glonass_day_and_ms(before), (0, 86_399_999), "Sunday");
        assert_eq!(resolve_glonass(before, 1, 0), Some(midnight));
        assert_eq!(resolve_glonass(midnight, 0, 86_399_999), Some(before));
        assert_eq!(resolve_glonass(midnight, 7, 86_399_999), Some(before));
        assert_eq!(resolve_glonass(midnight, 8, 0), None);
        assert_eq!(resolve_glonass(midnight, 1, 86_401_000), None);
        let utc_midnight = midnight + Interval::from_seconds(3 * 3600);
        assert_eq!(glonass_day_and_ms(utc_midnight), (1, 10_800_000));
        assert_eq!(resolve_glonass(before, 1, 10_800_000), Some(utc_midnight));
    }

    /// 2016-12-31 23:59:60 UTC was the last leap second (IERS Bulletin C 52): GPS week 1930, second 17.
    #[test]
    fn the_leap_second_has_a_name_of_its_own() {
        let leap = at(1930, 17);
        assert_eq!(glonass_day_and_ms(leap - MILLISECOND), (0, 10_799_999));
        assert_eq!(glonass_day_and_ms(leap + Interval::from_millis(250)), (0, 86_400_250));
        assert_eq!(glonass_day_and_ms(leap + Interval::from_seconds(1)), (0, 10_800_000));
        let inside = leap + Interval::from_millis(250);
        assert_eq!(resolve_glonass(at(1930, 3), 0, 86_400_250), Some(inside));
        assert_eq!(resolve_glonass_time_of_day(at(1930, 3), 86_400_250), Some(inside));
    }

    #[test]
    fn encoding_rounds_to_the_millisecond_across_the_week() {
        let just_before = at(2238, 0) - Interval::from_nanos(400_000);
        assert_eq!(tow_ms(just_before), 0);
    }

    #[test]
    fn a_receiver_that_sends_sunday_every_day_is_believed_its_time_of_day() {
        // Monday 12:33:26 UTC of GPS week 2060, as a Piksi tells it.
        let monday = at(2060, 131_624);
        let (day, time_of_day) = glonass_day_and_ms(monday);
        assert_eq!((day, time_of_day), (1, 56_006_000));
        let near = monday - Interval::from_seconds(1);
        assert_eq!(resolve_glonass(near, 0, time_of_day), Some(monday));
        // A true Sunday is found from a day in the middle of the week.
        let sunday = at(2086, 55_355);
        let (day, time_of_day) = glonass_day_and_ms(sunday);
        assert_eq!(resolve_glonass(at(2086, 302_418), day, time_of_day), Some(sunday));
    }

    proptest! {
        #[test]
        fn times_come_back_from_within_half_a_period(
            // From 1990, in the middle of years with leap seconds, to 2060.
            ms in 315_360_000_000_i64..2_524_608_000_000,
            off_ms in -HALF_WEEK_MS + 2000..HALF_WEEK_MS - 2000,
            day_off_ms in -HALF_DAY_MS + 2000..HALF_DAY_MS - 2000,
        ) {
            let t = GpsTime::from_nanos(0) + Interval::from_millis(ms);
            let near = t + Interval::from_millis(off_ms);
            prop_assert_eq!(resolve_tow(near, tow_ms(t)), Some(t));
            prop_assert_eq!(resolve_bdt_tow(near, bdt_tow_ms(t)), Some(t));
            let (day, time_of_day) = glonass_day_and_ms(t);
            if day != GLONASS_SUNDAY {
                prop_assert_eq!(resolve_glonass(near, day, time_of_day), Some(t));
            }
            let near = t + Interval::from_millis(day_off_ms);
            prop_assert_eq!(resolve_glonass(near, day, time_of_day), Some(t));
            prop_assert_eq!(resolve_glonass_time_of_day(near, time_of_day), Some(t));
        }

        #[test]
        fn times_come_back_around_the_leap_second(ms in -90_000_i64..90_000, off_ms in -9_999_999_i64..9_999_999) {
            let t = at(1930, 17) + Interval::from_millis(ms);
            let near = t + Interval::from_millis(off_ms);
            let (day, time_of_day) = glonass_day_and_ms(t);
            prop_assert_eq!(resolve_glonass(near, day, time_of_day), Some(t));
        }
    }
}
