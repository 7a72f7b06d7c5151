//! What the reference rover is told beforehand.

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::time::gps::Interval;

use crate::spp::SppConfig;

/// How the rover moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// Anyhow: every epoch's place is new.
    Kinematic,
    /// Not at all: all epochs determine one place.
    Static,
}

/// How the reference rover computes.
#[derive(Clone, Debug, PartialEq)]
pub struct RtkConfig {
    /// The base's antenna reference point.
    pub base: Ecef,
    /// How the rover moves.
    pub motion: Motion,
    /// The systems used, each with the carriers (RINEX band digits) used of it, the first the most important.
    pub carriers: Vec<(Constellation, &'static str)>,
    /// Elevation below which a satellite is not used, rad.
    pub elevation_mask_rad: f64,
    /// Elevation below which an ambiguity stays real, rad.
    pub fixing_mask_rad: f64,
    /// How many times farther the second best integers must be than the best.
    pub ratio_min: f64,
    /// The least bootstrapped probability that the integers are right.
    pub success_rate_min: f64,
    /// Baseline length (m) from which ionosphere and troposphere are estimated.
    pub atmosphere_from_m: f64,
    /// The oldest base epoch that is used.
    pub base_age_max: Interval,
    /// The single point that every epoch begins with.
    pub spp: SppConfig,
}

/// Two carriers each: what nearly every receiver has.
pub const DEFAULT_CARRIERS: [(Constellation, &str); 5] = [
    (Constellation::Gps, "12"),
    (Constellation::Galileo, "15"),
    (Constellation::BeiDou, "26"),
    (Constellation::Qzss, "12"),
    (Constellation::Glonass, "12"),
];
/// 10°: tracked and used, as in the network solver.
pub const DEFAULT_ELEVATION_MASK_RAD: f64 = 0.174_533;
/// 15°: lower ambiguities settle late and are the first to be wrong.
pub const DEFAULT_FIXING_MASK_RAD: f64 = 0.261_799;
/// The customary ratio (Euler & Schaffrin 1991; RTKLIB's default).
pub const DEFAULT_RATIO_MIN: f64 = 3.0;
/// One wrong fix in a hundred by the model's own reckoning; the ratio test stands before it.
pub const DEFAULT_SUCCESS_RATE_MIN: f64 = 0.99;
/// Ten kilometres: below, what is left of the atmosphere is within the phases' noise; beyond, it is not.
pub const DEFAULT_ATMOSPHERE_FROM_M: f64 = 10_000.0;
/// 30 s: a base at the customary archive rate can serve a faster rover.
pub const DEFAULT_BASE_AGE_MAX: Interval = Interval::from_seconds(30);

impl RtkConfig {
    /// The defaults for a base at that place.
    pub fn with_base(base: Ecef) -> Self {
        Self {
            base,
            motion: Motion::Kinematic,
            carriers: DEFAULT_CARRIERS.to_vec(),
            elevation_mask_rad: DEFAULT_ELEVATION_MASK_RAD,
            fixing_mask_rad: DEFAULT_FIXING_MASK_RAD,
            ratio_min: DEFAULT_RATIO_MIN,
            success_rate_min: DEFAULT_SUCCESS_RATE_MIN,
            atmosphere_from_m: DEFAULT_ATMOSPHERE_FROM_M,
            base_age_max: DEFAULT_BASE_AGE_MAX,
            spp: SppConfig::default(),
        }
    }
}
