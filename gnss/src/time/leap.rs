//! Leap seconds: how far UTC is behind GPS time, from the kept table of `hifitime`.

use hifitime::leap_seconds::{LatestLeapSeconds, LeapSecond};

use crate::time::gps::{GpsTime, NANOS_PER_SECOND};

/// TAI - GPS time, s: constant since 1980 (IS-GPS-200, section 3.3.4, with TAI - UTC = 19 s at the start).
const TAI_MINUS_GPS_S: i64 = 19;

/// Seconds from 1900-01-01 (the table's origin, as in IERS `leap-seconds.list`) to 1970-01-01.
const POSIX_ORIGIN_S: i64 = 2_208_988_800;

/// Seconds from 1970-01-01 to 1980-01-06, without leap seconds.
pub const GPS_ORIGIN_POSIX_S: i64 = 315_964_800;

/// A step of the table: from this POSIX second on, UTC is `behind_gps_s` behind GPS time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    posix_s: i64,
    behind_gps_s: i64,
}

/// Where GPS time stands against UTC at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UtcOffset {
    /// GPS time - UTC, s. During an inserted second it is still the value before it.
    pub gps_minus_utc_s: i64,
    /// Whether the moment lies within an inserted second, 23:59:60.
    pub in_leap_second: bool,
}

/// GPS time - UTC at a moment given in GPS time.
pub fn offset_at_gps(t: GpsTime) -> UtcOffset {
    let gps_posix_s = t.nanos().div_euclid(NANOS_PER_SECOND) + GPS_ORIGIN_POSIX_S;
    let mut before = 0;
    for step in steps() {
        if gps_posix_s < step.posix_s + before {
            break;
        }
        if gps_posix_s < step.posix_s + step.behind_gps_s {
            return UtcOffset { gps_minus_utc_s: before, in_leap_second: true };
        }
        before = step.behind_gps_s;
    }
    UtcOffset { gps_minus_utc_s: before, in_leap_second: false }
}

/// GPS time - UTC (s) at a moment given as POSIX seconds of UTC (which cannot name an inserted second).
pub fn offset_at_posix(posix_s: i64) -> i64 {
    steps().take_while(|step| step.posix_s <= posix_s).last().map_or(0, |step| step.behind_gps_s)
}

/// The steps since GPS time began, oldest first.
fn steps() -> impl Iterator<Item = Step> {
    LatestLeapSeconds::default()
        .filter(|entry| entry.announced_by_iers)
        .filter_map(after_gps_origin)
}

#[expect(clippy::cast_possible_truncation, reason = "the table holds whole seconds below 2^33")]
fn after_gps_origin(entry: LeapSecond) -> Option<Step> {
    let posix_s = entry.timestamp_tai_s as i64 - POSIX_ORIGIN_S;
    let behind_gps_s = entry.delta_at as i64 - TAI_MINUS_GPS_S;
    (posix_s > GPS_ORIGIN_POSIX_S).then_some(Step { posix_s, behind_gps_s })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::gps::Interval;

    /// IERS Bulletin C 52: a second was inserted at the end of 2016-12-31; GPS - UTC went from 17 to 18 s.
    const POSIX_2017: i64 = 1_483_228_800;

    #[test]
    fn the_second_inserted_before_2017_is_recognised() {
        let leap = GpsTime::from_nanos((POSIX_2017 - GPS_ORIGIN_POSIX_S + 17) * NANOS_PER_SECOND);
        let half = Interval::from_millis(500);
        let second = Interval::from_seconds(1);
        let told = |t| {
            let o = offset_at_gps(t);
            (o.gps_minus_utc_s, o.in_leap_second)
        };
        assert_eq!(told(leap - half), (17, false));
        assert_eq!(told(leap), (17, true));
        assert_eq!(told(leap + half), (17, true));
        assert_eq!(told(leap + second), (18, false));
    }

    #[test]
    fn gps_time_began_level_with_utc() {
        assert_eq!(offset_at_gps(GpsTime::from_nanos(0)).gps_minus_utc_s, 0);
        assert_eq!(offset_at_posix(POSIX_2017 - 1), 17);
        assert_eq!(offset_at_posix(POSIX_2017), 18);
    }
}
