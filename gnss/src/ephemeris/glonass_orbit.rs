//! GLONASS orbits: the equations of motion integrated from the reference time.

use crate::constants::{GLONASS_EARTH_RADIUS, GLONASS_EARTH_RATE, GLONASS_J2, GLONASS_MU};
use crate::coords::Ecef;
use crate::ephemeris::glonass::GlonassEphemeris;
use crate::ephemeris::state::{SatelliteState, Unusable};
use crate::time::gps::{GpsTime, Interval};

/// Step of the fourth-order Runge-Kutta integration, s.
///
/// At 60 s its truncation error is 1 mm after half an hour (see the test), a thousandth of what the simplified forces
/// of A.3.1.2 leave out.
const STEP_S: f64 = 60.0;
/// The most steps of one integration: one day. A caller's age limit beyond it says that something is wrong.
const STEPS_MAX: f64 = 86_400.0 / STEP_S;
/// Radii (m) between which a GLONASS orbit lies; its own is 25 510 km (GLONASS ICD edition 5.1, table 3.1 ff.).
const RADIUS_RANGE_M: std::ops::RangeInclusive<f64> = 2.0e7..=3.2e7;
/// Speeds (m/s, Earth-fixed) beyond which no GLONASS satellite moves; its own is 3 to 4 km/s.
const SPEED_MAX_M_S: f64 = 8_000.0;

/// Position and velocity in PZ-90.
type Motion = [f64; 6];

/// Position, velocity and clock at `at` (GLONASS ICD edition 5.1, appendix A.3.1.2; clock section 3.3.3).
///
/// `γ_n` contains the relativistic effects, so that no eccentricity term is added.
pub(super) fn state(ephemeris: &GlonassEphemeris, at: GpsTime) -> Result<SatelliteState, Unusable> {
    let age = at - ephemeris.reference_time;
    let [x, y, z] = ephemeris.position_m;
    let [vx, vy, vz] = ephemeris.velocity_m_s;
    let start: Motion = [x, y, z, vx, vy, vz];
    let plausible = RADIUS_RANGE_M.contains(&length([x, y, z]))
        && length([vx, vy, vz]) < SPEED_MAX_M_S
        && ephemeris.acceleration_m_s2.iter().all(|a| a.is_finite());
    if !plausible || age.seconds().abs() > STEPS_MAX * STEP_S {
        return Err(Unusable::NotAnOrbit);
    }
    let [x, y, z, vx, vy, vz] = integrated(start, ephemeris.acceleration_m_s2, age, STEP_S);
    Ok(SatelliteState {
        position: Ecef::new(x, y, z),
        velocity_m_s: [vx, vy, vz],
        clock_s: -ephemeris.tau_n_s + ephemeris.gamma_n * age.seconds(),
        clock_drift: ephemeris.gamma_n,
        age,
    })
}

/// Whole steps towards `span` and one shorter last step.
fn integrated(start: Motion, luni_solar: [f64; 3], span: Interval, step_s: f64) -> Motion {
    let mut motion = start;
    let mut left = span.seconds();
    while left != 0.0 {
        let step = if left.abs() > step_s { step_s.copysign(left) } else { left };
        motion = runge_kutta_step(motion, luni_solar, step);
        left -= step;
    }
    motion
}

/// The classical fourth-order step.
fn runge_kutta_step(at: Motion, luni_solar: [f64; 3], step: f64) -> Motion {
    let k1 = derivative(at, luni_solar);
    let k2 = derivative(advanced(at, k1, step / 2.0), luni_solar);
    let k3 = derivative(advanced(at, k2, step / 2.0), luni_solar);
    let k4 = derivative(advanced(at, k3, step), luni_solar);
    std::array::from_fn(|i| at[i] + step / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]))
}

fn advanced(at: Motion, rate: Motion, step: f64) -> Motion {
    std::array::from_fn(|i| at[i] + step * rate[i])
}

/// The simplified equations of motion in the rotating frame (GLONASS ICD edition 5.1, A.3.1.2): the central term, J2,
/// the Earth's rotation, and the Sun's and Moon's acceleration taken as constant.
fn derivative([x, y, z, vx, vy, vz]: Motion, [ax, ay, az]: [f64; 3]) -> Motion {
    let r2 = x * x + y * y + z * z;
    let r3 = r2 * r2.sqrt();
    let central = -GLONASS_MU / r3;
    let flattening =
        1.5 * GLONASS_J2 * GLONASS_MU * GLONASS_EARTH_RADIUS * GLONASS_EARTH_RADIUS / (r2 * r3);
    let polar = 5.0 * z * z / r2;
    let equatorial = central - flattening * (1.0 - polar);
    let rate = GLONASS_EARTH_RATE;
    [
        vx,
        vy,
        vz,
        (equatorial + rate * rate) * x + 2.0 * rate * vy + ax,
        (equatorial + rate * rate) * y - 2.0 * rate * vx + ay,
        (central - flattening * (3.0 - polar)) * z + az,
    ]
}

fn length([x, y, z]: [f64; 3]) -> f64 {
    (x * x + y * y + z * z).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_step_is_short_enough() {
        let start: Motion = [-9.0e6, 1.6e7, 1.75e7, -1500.0, 1600.0, -2250.0];
        let pull = [9.3e-7, -1.9e-6, -2.8e-6];
        for minutes in [-30, -15, 15, 30] {
            let span = Interval::from_seconds(60 * minutes);
            let coarse = integrated(start, pull, span, STEP_S);
            let fine = integrated(start, pull, span, STEP_S / 10.0);
            let error = length(std::array::from_fn(|i| coarse[i] - fine[i]));
            assert!(error < 2e-3, "{minutes} min: {error} m");
        }
    }
}
