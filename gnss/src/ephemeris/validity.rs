//! How long an ephemeris holds, and whether its satellite calls itself healthy.

use crate::ephemeris::Ephemeris;
use crate::time::gps::{GpsTime, Interval};

/// How far from its reference time an ephemeris is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgeLimits {
    /// The longest time before the reference time.
    pub before: Interval,
    /// The longest time after it.
    pub after: Interval,
}

const fn limits(before_s: i64, after_s: i64) -> AgeLimits {
    AgeLimits { before: Interval::from_seconds(before_s), after: Interval::from_seconds(after_s) }
}

/// GPS and QZSS: half of the curve-fit interval of 4 h, which is centred on `toe` (IS-GPS-200, section 20.3.4.4).
const LNAV_LIMITS: AgeLimits = limits(2 * 3600, 2 * 3600);
/// The same with the fit-interval flag set: 6 h and more (IS-GPS-200, table 20-XI).
const LNAV_EXTENDED_LIMITS: AgeLimits = limits(3 * 3600, 3 * 3600);
/// Galileo: a set is broadcast from its `toe` on, for at most 4 h (Galileo OS SDD 1.3, section 3.3). Measured on 2020-06-25
/// (`positioning/tests/broadcast_orbits.rs`): range error 0.1 m up to 2 h, 0.5 m at 3 h, 4 m at 4 h; ahead of `toe`, where it was not
/// fitted, 1 m at 1 h and 6 m at 2 h.
const GALILEO_LIMITS: AgeLimits = limits(1800, 3 * 3600);
/// BeiDou: a set is broadcast from its `toe` on, and a new one follows every hour (BDS-SIS-ICD-B1I-3.0, section 5.2.4.9); the ICD states no
/// end. Two missed renewals are bridged. Measured as above: range error 1.3 m up to 1 h, 1.5 m at 2 h, 2.8 m at 3 h, 9 m at 4 h.
const BEIDOU_LIMITS: AgeLimits = limits(3600, 3 * 3600);
/// GLONASS: the ICD's error bounds hold for 15 min on either side (GLONASS ICD edition 5.1, A.3.1.2); `t_b` moves every 30
/// min, 60 at the longest (table 4.6), and half an hour bridges the change.
const GLONASS_LIMITS: AgeLimits = limits(1800, 1800);
/// NavIC: sets are renewed every two hours (IRNSS SIS ICD 1.1, section 6.1.2).
const NAVIC_LIMITS: AgeLimits = limits(2 * 3600, 2 * 3600);

impl AgeLimits {
    /// Whether a moment that far after the reference time (negative: before) lies within.
    pub fn hold(self, age: Interval) -> bool {
        -self.before <= age && age <= self.after
    }
}

/// The first of the three bits of `B_n`: a malfunction; the other two are not for users (GLONASS ICD edition 5.1, section 4.4).
const GLONASS_MALFUNCTION: u8 = 0b100;

impl Ephemeris {
    /// How far from its reference time this ephemeris is used.
    pub fn age_limits(&self) -> AgeLimits {
        match self {
            Self::Gps(e) | Self::Qzss(e) if e.extended_fit => LNAV_EXTENDED_LIMITS,
            Self::Gps(_) | Self::Qzss(_) => LNAV_LIMITS,
            Self::Galileo(_) => GALILEO_LIMITS,
            Self::BeiDou(_) => BEIDOU_LIMITS,
            Self::Glonass(_) => GLONASS_LIMITS,
            Self::Navic(_) => NAVIC_LIMITS,
        }
    }

    /// Whether this ephemeris may be used at `at`.
    pub fn holds_at(&self, at: GpsTime) -> bool {
        self.age_limits().hold(at - self.reference_time())
    }

    /// Whether the satellite calls itself healthy on every signal that this message speaks of.
    ///
    /// A Galileo message without guarantee (data validity status) counts as unhealthy, and so does one that tells no health.
    pub fn is_healthy(&self) -> bool {
        match self {
            Self::Gps(e) | Self::Qzss(e) => e.health == 0,
            Self::Galileo(e) => {
                let mut told = [e.e1b, e.e5a, e.e5b].into_iter().flatten().peekable();
                told.peek().is_some() && told.all(|h| h.status == 0 && !h.data_invalid)
            }
            Self::BeiDou(e) => !e.unhealthy,
            Self::Glonass(e) => e.health_bn & GLONASS_MALFUNCTION == 0,
            Self::Navic(e) => !e.l5_unhealthy && !e.s_unhealthy,
        }
    }

    /// The issue of data by which corrections name an ephemeris: IODE, IODnav, AODE, or GLONASS' `t_b` in quarter hours of
    /// its day (RTCM 10403.3, DF071, DF290, DF471, DF488, DF110).
    pub fn issue(&self) -> u16 {
        match self {
            Self::Gps(e) | Self::Qzss(e) => e.iode.into(),
            Self::Galileo(e) => e.iod_nav,
            Self::BeiDou(e) => e.aode.into(),
            Self::Glonass(e) => e.quarter_hour_of_day(),
            Self::Navic(e) => e.iodec.into(),
        }
    }
}
