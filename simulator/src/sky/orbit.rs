//! The true orbit of a satellite by Keplerian elements, in a form that is valid at all times.

use tianshu_gnss::constants::SEMICIRCLE;

/// Keplerian elements at the sky's reference time, with constant rates and harmonics.
///
/// The same formulae as a broadcast ephemeris (IS-GPS-200, table 20-IV), but never re-issued: an ephemeris
/// issued from these for any time of ephemeris describes the same orbit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Elements {
    /// Gravitational parameter that goes with them, m³/s².
    pub mu: f64,
    /// Rotation rate of the Earth that goes with them, rad/s.
    pub earth_rate_rad_s: f64,
    /// Semi-major axis, m.
    pub semi_major_m: f64,
    /// Eccentricity.
    pub eccentricity: f64,
    /// Inclination, rad.
    pub inclination_rad: f64,
    /// Longitude of the ascending node in the Earth-fixed frame, rad.
    pub node_rad: f64,
    /// Argument of perigee, rad.
    pub perigee_rad: f64,
    /// Mean anomaly, rad.
    pub mean_anomaly_rad: f64,
    /// Mean motion beyond Kepler's, rad/s.
    pub mean_motion_offset_rad_s: f64,
    /// Rate of the node's right ascension, rad/s.
    pub node_rate_rad_s: f64,
    /// Rate of the inclination, rad/s.
    pub inclination_rate_rad_s: f64,
    /// Harmonic corrections cuc, cus (rad), crc, crs (m), cic, cis (rad).
    pub harmonics: [f64; 6],
}

/// Elements brought to another time: what changes of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shifted {
    /// Longitude of the ascending node in the Earth-fixed frame at that time, rad.
    pub node_rad: f64,
    /// Mean anomaly at that time, rad.
    pub mean_anomaly_rad: f64,
    /// Inclination at that time, rad.
    pub inclination_rad: f64,
}

/// Newton's method on Kepler's equation gains all digits within this many steps for eccentricities below 0.1.
const KEPLER_STEPS: u32 = 6;

impl Elements {
    /// A circular equatorial orbit of no size, to be filled in.
    pub fn unperturbed(mu: f64, earth_rate_rad_s: f64) -> Self {
        Self {
            mu,
            earth_rate_rad_s,
            semi_major_m: 0.0,
            eccentricity: 0.0,
            inclination_rad: 0.0,
            node_rad: 0.0,
            perigee_rad: 0.0,
            mean_anomaly_rad: 0.0,
            mean_motion_offset_rad_s: 0.0,
            node_rate_rad_s: 0.0,
            inclination_rate_rad_s: 0.0,
            harmonics: [0.0; 6],
        }
    }

    /// Mean motion by Kepler's third law, rad/s.
    pub fn keplerian_motion_rad_s(&self) -> f64 {
        (self.mu / self.semi_major_m.powi(3)).sqrt()
    }

    /// Rounds the elements that do not change to steps that every navigation message can tell exactly.
    ///
    /// The coarsest scale factors of IS-GPS-200 table 20-III and BDS-SIS-ICD-B1I-3.0 table 5-8 are used.
    pub fn round_to_message(&mut self) {
        let root = steps(self.semi_major_m.sqrt(), 2f64.powi(-19));
        self.semi_major_m = root * root;
        self.eccentricity = steps(self.eccentricity, 2f64.powi(-33));
        self.perigee_rad = steps(self.perigee_rad, SEMICIRCLE * 2f64.powi(-31));
        for rate in [
            &mut self.mean_motion_offset_rad_s,
            &mut self.node_rate_rad_s,
            &mut self.inclination_rate_rad_s,
        ] {
            *rate = steps(*rate, SEMICIRCLE * 2f64.powi(-43));
        }
        let [cuc, cus, crc, crs, cic, cis] = &mut self.harmonics;
        for angle in [cuc, cus, cic, cis] {
            *angle = steps(*angle, 2f64.powi(-29));
        }
        for length in [crc, crs] {
            *length = steps(*length, 2f64.powi(-5));
        }
    }

    /// The elements that change, at `dt_s` after the reference time.
    pub fn shifted(&self, dt_s: f64) -> Shifted {
        let motion = self.keplerian_motion_rad_s() + self.mean_motion_offset_rad_s;
        Shifted {
            node_rad: self.node_rad + (self.node_rate_rad_s - self.earth_rate_rad_s) * dt_s,
            mean_anomaly_rad: self.mean_anomaly_rad + motion * dt_s,
            inclination_rad: self.inclination_rad + self.inclination_rate_rad_s * dt_s,
        }
    }

    /// Earth-fixed position at `dt_s` after the reference time, m (IS-GPS-200, table 20-IV).
    pub fn position(&self, dt_s: f64) -> [f64; 3] {
        let now = self.shifted(dt_s);
        let e = self.eccentricity;
        let (sin_e, cos_e) = eccentric_anomaly(now.mean_anomaly_rad, e).sin_cos();
        let true_anomaly = ((1.0 - e * e).sqrt() * sin_e).atan2(cos_e - e);
        let latitude_argument = true_anomaly + self.perigee_rad;
        let (sin_2u, cos_2u) = (2.0 * latitude_argument).sin_cos();
        let [cuc, cus, crc, crs, cic, cis] = self.harmonics;
        let u = latitude_argument + cus * sin_2u + cuc * cos_2u;
        let r = self.semi_major_m * (1.0 - e * cos_e) + crs * sin_2u + crc * cos_2u;
        let i = now.inclination_rad + cis * sin_2u + cic * cos_2u;
        let (sin_u, cos_u) = u.sin_cos();
        let (sin_i, cos_i) = i.sin_cos();
        let (sin_node, cos_node) = now.node_rad.sin_cos();
        let (x, y) = (r * cos_u, r * sin_u);
        [x * cos_node - y * cos_i * sin_node, x * sin_node + y * cos_i * cos_node, y * sin_i]
    }

    /// The relativistic part of the clock at `dt_s` after the reference time, s (IS-GPS-200, section 20.3.3.3.3.1).
    pub fn relativity_s(&self, dt_s: f64) -> f64 {
        let c = tianshu_gnss::constants::SPEED_OF_LIGHT;
        let anomaly = eccentric_anomaly(self.shifted(dt_s).mean_anomaly_rad, self.eccentricity);
        -2.0 * (self.mu * self.semi_major_m).sqrt() / (c * c) * self.eccentricity * anomaly.sin()
    }
}

/// The multiple of `step` nearest to `value`.
pub fn steps(value: f64, step: f64) -> f64 {
    (value / step).round() * step
}

fn eccentric_anomaly(mean_anomaly_rad: f64, e: f64) -> f64 {
    let m = mean_anomaly_rad.rem_euclid(std::f64::consts::TAU);
    let mut anomaly = m + e * m.sin();
    for _ in 0..KEPLER_STEPS {
        let (sin, cos) = anomaly.sin_cos();
        anomaly -= (anomaly - e * sin - m) / (1.0 - e * cos);
    }
    anomaly
}

#[cfg(test)]
mod tests {
    use super::*;
    use tianshu_gnss::constants::{GPS_EARTH_RATE, GPS_MU};

    #[test]
    fn a_synchronous_equatorial_orbit_stands_still() {
        let mut e = Elements::unperturbed(GPS_MU, GPS_EARTH_RATE);
        e.semi_major_m = (GPS_MU / GPS_EARTH_RATE.powi(2)).cbrt();
        let [start, later] = [0.0, 40_000.0].map(|dt| e.position(dt));
        let moved = (0..3).map(|i| (start[i] - later[i]).powi(2)).sum::<f64>().sqrt();
        assert!(moved < 1e-4, "{moved} m");
    }

    #[test]
    fn rounded_elements_round_to_themselves() {
        let mut e = Elements::unperturbed(GPS_MU, GPS_EARTH_RATE);
        e.semi_major_m = 26_559_710.0;
        e.eccentricity = 0.0123;
        e.perigee_rad = 1.234;
        e.harmonics = [1e-6, 2e-6, 100.3, -20.7, 1e-7, -2e-8];
        e.round_to_message();
        let once = e;
        e.round_to_message();
        assert_eq!(once, e);
    }
}
