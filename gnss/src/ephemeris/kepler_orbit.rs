//! From Keplerian elements to a place: the user algorithm of GPS, Galileo, BeiDou, QZSS and NavIC.

use crate::constants::SPEED_OF_LIGHT;
use crate::coords::Ecef;
use crate::ephemeris::kepler::{ClockPolynomial, KeplerOrbit};
use crate::ephemeris::state::{SatelliteState, Unusable, Week};
use crate::time::gps::{GpsTime, Interval};
use crate::time::scales::to_bdt;

/// What a system's algorithm takes for granted about the Earth.
pub(super) struct Gravity {
    /// Gravitational parameter, m³/s².
    pub(super) mu: f64,
    /// Rotation rate of the Earth, rad/s.
    pub(super) earth_rate: f64,
    /// The week that the node's longitude refers to.
    pub(super) week: Week,
}

/// The frame in which the elements are told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeFrame {
    /// The node turns with the Earth: every satellite but the following.
    EarthFixed,
    /// BeiDou's geostationary satellites: inertial during the fit, tilted so that the inclination is not near zero.
    TiltedInertial,
}

/// Newton's method gains two digits and more per round at the eccentricities of navigation satellites (below 0.1);
/// from the mean anomaly it is exact after six. Elements that have not settled after this many are not an orbit.
const KEPLER_ROUNDS_MAX: usize = 30;
/// Where Kepler's equation counts as solved, rad: 3e-14 of 42 000 km is 1 µm.
const KEPLER_TOLERANCE_RAD: f64 = 3e-14;
/// The tilt of the frame of BeiDou's geostationary satellites, rad: -5° (BDS-SIS-ICD-B1I-3.0, table 5-12).
const GEO_TILT_RAD: f64 = -5.0 * std::f64::consts::PI / 180.0;
/// Below this square root of the semi-major axis (m^½) an orbit would lie within the Earth.
const SQRT_A_MIN: f64 = 2_530.0;
/// The largest square root of the semi-major axis (m^½) that the messages can carry (IS-GPS-200, table 20-III: 32 bits of 2^-19).
const SQRT_A_MAX: f64 = 8_192.0;
/// The largest eccentricity that the messages can carry (IS-GPS-200, table 20-III: 0.5 in 32 bits of 2^-33).
const ECCENTRICITY_MAX: f64 = 0.5;

/// Position, velocity and clock at `at` (IS-GPS-200, tables 20-IV and 20-V; section 20.3.3.3.3.1).
pub(super) fn state(
    orbit: &KeplerOrbit,
    clock: &ClockPolynomial,
    gravity: &Gravity,
    frame: NodeFrame,
    at: GpsTime,
) -> Result<SatelliteState, Unusable> {
    let plausible = (SQRT_A_MIN..=SQRT_A_MAX).contains(&orbit.sqrt_a)
        && (0.0..=ECCENTRICITY_MAX).contains(&orbit.eccentricity);
    if !plausible {
        return Err(Unusable::NotAnOrbit);
    }
    let age = at - orbit.toe;
    let tk = age.seconds();
    let anomaly = anomaly_at(orbit, gravity.mu, tk).ok_or(Unusable::NotAnOrbit)?;
    let plane = in_plane(orbit, &anomaly, tk);
    let (position_m, velocity_m_s) = turned_to_earth(orbit, gravity, frame, &plane, tk);
    let (clock_s, clock_drift) = clock_at(orbit, clock, gravity.mu, &anomaly, at);
    let finite = position_m.iter().chain(&velocity_m_s).chain([&clock_s]).all(|v| v.is_finite());
    if !finite {
        return Err(Unusable::NotAnOrbit);
    }
    let [x, y, z] = position_m;
    Ok(SatelliteState { position: Ecef::new(x, y, z), velocity_m_s, clock_s, clock_drift, age })
}

/// The eccentric anomaly and its rate.
struct Anomaly {
    sin: f64,
    cos: f64,
    rate: f64,
}

fn anomaly_at(orbit: &KeplerOrbit, mu: f64, tk: f64) -> Option<Anomaly> {
    let e = orbit.eccentricity;
    let a = orbit.sqrt_a * orbit.sqrt_a;
    let n = (mu / (a * a * a)).sqrt() + orbit.delta_n;
    let mean = orbit.m0 + n * tk;
    let mut eccentric = mean;
    for _ in 0..KEPLER_ROUNDS_MAX {
        let (sin, cos) = eccentric.sin_cos();
        let step = (mean - eccentric + e * sin) / (1.0 - e * cos);
        eccentric += step;
        // Near the tolerance the last round has already doubled the digits.
        if step.abs() < KEPLER_TOLERANCE_RAD.max(eccentric.abs() * f64::EPSILON * 4.0) {
            let (sin, cos) = eccentric.sin_cos();
            return Some(Anomaly { sin, cos, rate: n / (1.0 - e * cos) });
        }
    }
    None
}

/// The satellite within its plane: argument of latitude, radius and inclination with their rates.
struct InPlane {
    latitude: f64,
    latitude_rate: f64,
    radius: f64,
    radius_rate: f64,
    inclination: f64,
    inclination_rate: f64,
}

/// The lines from true anomaly to corrected inclination of table 20-IV, and their time derivatives.
fn in_plane(orbit: &KeplerOrbit, anomaly: &Anomaly, tk: f64) -> InPlane {
    let e = orbit.eccentricity;
    let a = orbit.sqrt_a * orbit.sqrt_a;
    let root = (1.0 - e * e).sqrt();
    let near = 1.0 - e * anomaly.cos;
    let true_anomaly = (root * anomaly.sin).atan2(anomaly.cos - e);
    let phi = true_anomaly + orbit.omega;
    let phi_rate = root * anomaly.rate / near;
    let (sin2, cos2) = (2.0 * phi).sin_cos();
    let wave = |s: f64, c: f64| s * sin2 + c * cos2;
    let wave_rate = |s: f64, c: f64| 2.0 * phi_rate * (s * cos2 - c * sin2);
    InPlane {
        latitude: phi + wave(orbit.cus, orbit.cuc),
        latitude_rate: phi_rate + wave_rate(orbit.cus, orbit.cuc),
        radius: a * near + wave(orbit.crs, orbit.crc),
        radius_rate: a * e * anomaly.sin * anomaly.rate + wave_rate(orbit.crs, orbit.crc),
        inclination: orbit.i0 + orbit.i_dot * tk + wave(orbit.cis, orbit.cic),
        inclination_rate: orbit.i_dot + wave_rate(orbit.cis, orbit.cic),
    }
}

/// From the orbital plane to the Earth-fixed axes: position (m) and velocity (m/s).
fn turned_to_earth(
    orbit: &KeplerOrbit,
    gravity: &Gravity,
    frame: NodeFrame,
    plane: &InPlane,
    tk: f64,
) -> ([f64; 3], [f64; 3]) {
    let toe_of_week = match gravity.week {
        Week::Gps => orbit.toe.time_of_week(),
        Week::BeiDou => to_bdt(orbit.toe).time_of_week,
    };
    let earth_rate = gravity.earth_rate;
    let node_rate = match frame {
        NodeFrame::EarthFixed => orbit.omega_dot - earth_rate,
        NodeFrame::TiltedInertial => orbit.omega_dot,
    };
    let node = orbit.omega0 + node_rate * tk - earth_rate * Interval::seconds(toe_of_week);

    let (sin_u, cos_u) = plane.latitude.sin_cos();
    let (x, y) = (plane.radius * cos_u, plane.radius * sin_u);
    let x_rate = plane.radius_rate * cos_u - y * plane.latitude_rate;
    let y_rate = plane.radius_rate * sin_u + x * plane.latitude_rate;
    let (sin_i, cos_i) = plane.inclination.sin_cos();
    let (sin_node, cos_node) = node.sin_cos();

    // In the frame of the node: along the node, across it in the equator, along the pole.
    let across = y * cos_i;
    let across_rate = y_rate * cos_i - y * sin_i * plane.inclination_rate;
    let pole = y * sin_i;
    let pole_rate = y_rate * sin_i + y * cos_i * plane.inclination_rate;
    let position = [x * cos_node - across * sin_node, x * sin_node + across * cos_node, pole];
    let velocity = [
        x_rate * cos_node - across_rate * sin_node - position[1] * node_rate,
        x_rate * sin_node + across_rate * cos_node + position[0] * node_rate,
        pole_rate,
    ];
    match frame {
        NodeFrame::EarthFixed => (position, velocity),
        NodeFrame::TiltedInertial => untilted(position, velocity, earth_rate, tk),
    }
}

/// R_z(ω tk) R_x(-5°): the last line of BDS-SIS-ICD-B1I-3.0, table 5-12, and its derivative.
fn untilted(
    position: [f64; 3],
    velocity: [f64; 3],
    earth_rate: f64,
    tk: f64,
) -> ([f64; 3], [f64; 3]) {
    let (sin_tilt, cos_tilt) = GEO_TILT_RAD.sin_cos();
    let (sin_z, cos_z) = (earth_rate * tk).sin_cos();
    let tilt = |[x, y, z]: [f64; 3]| [x, y * cos_tilt + z * sin_tilt, z * cos_tilt - y * sin_tilt];
    let turn = |[x, y, z]: [f64; 3]| [x * cos_z + y * sin_z, y * cos_z - x * sin_z, z];
    let place = turn(tilt(position));
    let [vx, vy, vz] = turn(tilt(velocity));
    (place, [vx + earth_rate * place[1], vy - earth_rate * place[0], vz])
}

/// The clock and its rate. The eccentric orbit's relativistic term is `-2 √μ √A e sin E / c²` (IS-GPS-200, section
/// 20.3.3.3.3.1; with the system's own μ it is F of that section, and of Galileo OS SIS ICD 5.1.4 and BDS 5.2.4.10).
fn clock_at(
    orbit: &KeplerOrbit,
    clock: &ClockPolynomial,
    mu: f64,
    anomaly: &Anomaly,
    at: GpsTime,
) -> (f64, f64) {
    let t = (at - clock.toc).seconds();
    let relativity =
        -2.0 * mu.sqrt() * orbit.sqrt_a * orbit.eccentricity / (SPEED_OF_LIGHT * SPEED_OF_LIGHT);
    let offset = clock.af0 + t * (clock.af1 + t * clock.af2) + relativity * anomaly.sin;
    let drift = clock.af1 + 2.0 * clock.af2 * t + relativity * anomaly.cos * anomaly.rate;
    (offset, drift)
}
