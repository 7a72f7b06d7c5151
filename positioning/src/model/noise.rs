//! How far measurements are trusted.

use tianshu_gnss::constellation::Constellation;

/// Standard deviation of an undifferenced phase at the zenith, m (shared design, network solver, section 1.7).
pub const PHASE_SIGMA_M: f64 = 0.003;
/// Standard deviation of an undifferenced code at the zenith, m (the same).
pub const CODE_SIGMA_M: f64 = 0.3;
/// GLONASS' codes and phases carry inter-frequency biases, and count less (the factor of RTKLIB's manual, appendix E.6).
const GLONASS_FACTOR: f64 = 1.5;
/// Elevation (rad) below which noise is taken as at 5°.
const ELEVATION_MIN_RAD: f64 = 0.087;

/// Variance relative to the zenith's: 0.4 + 0.6 / sin² el, by system.
pub fn variance_factor(system: Constellation, elevation_rad: f64) -> f64 {
    let sin = elevation_rad.max(ELEVATION_MIN_RAD).sin();
    let system = if system == Constellation::Glonass { GLONASS_FACTOR } else { 1.0 };
    system * system * (0.4 + 0.6 / (sin * sin))
}
