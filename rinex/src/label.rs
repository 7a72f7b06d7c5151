//! What RINEX says in words: versions and systems of time.

use tianshu_gnss::time::gps::{GpsTime, Interval, NANOS_PER_SECOND};
use tianshu_gnss::time::leap::GPS_ORIGIN_POSIX_S;
use tianshu_gnss::time::scales::BDT_ORIGIN;
use tianshu_gnss::time::utc::Utc;

/// A RINEX version in hundredths: 2.11 is 211.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u16);

/// The time system of a file (RINEX 3.05, section 5.2 and table A2, TIME OF FIRST OBS).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeSystem {
    /// GPS time; QZSS and NavIC files, and Galileo's GST, count alike.
    Gps,
    /// UTC, which GLONASS files mean by `GLO`.
    Utc,
    /// BeiDou time, 14 s behind GPS time.
    BeiDou,
}

impl TimeSystem {
    /// The system of a label such as `GPS`, `GAL`, `GLO`, `BDT`.
    pub fn from_label(label: &str) -> Option<Self> {
        match label {
            "GPS" | "GAL" | "QZS" | "IRN" => Some(Self::Gps),
            "GLO" | "UTC" => Some(Self::Utc),
            "BDT" | "BDS" => Some(Self::BeiDou),
            _ => None,
        }
    }

    /// The moment that this system's calendar names as `told` if that calendar were GPS time's.
    #[must_use]
    pub fn to_gps(self, told: GpsTime) -> GpsTime {
        match self {
            Self::Gps => told,
            Self::BeiDou => {
                let first = GpsTime::from_week(BDT_ORIGIN.week(), Interval::ZERO);
                told + (BDT_ORIGIN - first)
            }
            Self::Utc => {
                let posix = told.nanos().div_euclid(NANOS_PER_SECOND) + GPS_ORIGIN_POSIX_S;
                let nanos = told.nanos().rem_euclid(NANOS_PER_SECOND);
                Utc::from_posix(posix, u32::try_from(nanos).unwrap_or(0)).into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_has_its_own_distance_from_gps_time() {
        let told = GpsTime::from_week(2111, Interval::from_seconds(100));
        let ahead = |label: &str| {
            TimeSystem::from_label(label).map(|system| (system.to_gps(told) - told).seconds())
        };
        // 2020: GPS - UTC = 18 s (IERS Bulletin C 52).
        let expected = [Some(0.0), Some(0.0), Some(18.0), Some(14.0), None];
        assert_eq!(["GPS", "GAL", "GLO", "BDT", "XXX"].map(ahead), expected);
    }
}
