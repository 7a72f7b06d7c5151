//! The true orbit of a GLONASS satellite: integrated with the Earth's oblateness, as its users do.

use tianshu_gnss::constants::{GLONASS_EARTH_RADIUS, GLONASS_EARTH_RATE, GLONASS_J2, GLONASS_MU};
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::sky::orbit::Elements;

/// Position (m) and velocity (m/s) in the Earth-fixed frame.
pub type State = [f64; 6];

/// Spacing of the states that are kept. Times of ephemeris fall on them, so that an issue costs nothing.
const NODE_SPACING: Interval = Interval::from_seconds(300);

/// Longest step of the integration, s: Runge-Kutta of fourth order stays within 1 mm over half a day with it.
const STEP_S: f64 = 30.0;

/// An orbit as a chain of states, each integrated from the one before.
///
/// The chain depends only on where it starts, not on which moments were asked for.
#[derive(Clone, Debug)]
pub struct IntegratedOrbit {
    start: GpsTime,
    nodes: Vec<State>,
    /// Luni-solar acceleration in the Earth-fixed frame, m/s², held constant as a broadcast one is.
    acceleration: [f64; 3],
}

impl IntegratedOrbit {
    /// The orbit that osculates the elements at `start`.
    pub fn new(start: GpsTime, elements: &Elements, acceleration: [f64; 3]) -> Self {
        let [before, here, after] = [-0.5, 0.0, 0.5].map(|dt| elements.position(dt));
        let state =
            std::array::from_fn(|i| if i < 3 { here[i] } else { after[i - 3] - before[i - 3] });
        Self { start, nodes: vec![state], acceleration }
    }

    /// The constant acceleration beyond the Earth's gravity, m/s².
    pub fn acceleration(&self) -> [f64; 3] {
        self.acceleration
    }

    /// Lengthens the chain so that [`IntegratedOrbit::state`] is cheap up to `t`.
    pub fn extend_to(&mut self, t: GpsTime) {
        while let Some(last) = self.nodes.last()
            && self.node_time(self.nodes.len() - 1) + NODE_SPACING <= t
        {
            let next = integrate(*last, NODE_SPACING.seconds(), self.acceleration);
            self.nodes.push(next);
        }
    }

    /// The state at `t`: integrated from the node before, or from the chain's nearer end.
    pub fn state(&self, t: GpsTime) -> State {
        let past = (t - self.start).nanos().div_euclid(NODE_SPACING.nanos());
        let last = self.nodes.len() - 1;
        let mut node = usize::try_from(past).unwrap_or(0).min(last);
        let mut state = self.nodes[node];
        // Beyond the end the same chain is walked without keeping it, so the answer is the same.
        while self.node_time(node) + NODE_SPACING <= t {
            state = integrate(state, NODE_SPACING.seconds(), self.acceleration);
            node += 1;
        }
        integrate(state, (t - self.node_time(node)).seconds(), self.acceleration)
    }

    fn node_time(&self, node: usize) -> GpsTime {
        let count = i64::try_from(node).expect("a chain shorter than 2^63");
        self.start + Interval::from_nanos(NODE_SPACING.nanos() * count)
    }
}

fn integrate(mut state: State, span_s: f64, acceleration: [f64; 3]) -> State {
    let mut left = span_s;
    while left.abs() > 1e-10 {
        let step = left.clamp(-STEP_S, STEP_S);
        state = runge_kutta(state, step, acceleration);
        left -= step;
    }
    state
}

fn runge_kutta(y: State, h: f64, acceleration: [f64; 3]) -> State {
    let along = |k: State, by: f64| -> State { std::array::from_fn(|i| y[i] + k[i] * by) };
    let k1 = derivative(y, acceleration);
    let k2 = derivative(along(k1, h / 2.0), acceleration);
    let k3 = derivative(along(k2, h / 2.0), acceleration);
    let k4 = derivative(along(k3, h), acceleration);
    std::array::from_fn(|i| y[i] + h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]))
}

/// Equations of motion in the rotating frame (GLONASS ICD edition 5.1, appendix 3, section A.3.1.2).
fn derivative([x, y, z, vx, vy, vz]: State, [ax, ay, az]: [f64; 3]) -> State {
    let r2 = x * x + y * y + z * z;
    let r3 = r2 * r2.sqrt();
    let oblate = 1.5 * GLONASS_J2 * GLONASS_MU * GLONASS_EARTH_RADIUS.powi(2) / (r2 * r3);
    let polar = 5.0 * z * z / r2;
    let w = GLONASS_EARTH_RATE;
    let equatorial = -GLONASS_MU / r3 - oblate * (1.0 - polar) + w * w;
    [
        vx,
        vy,
        vz,
        equatorial * x + 2.0 * w * vy + ax,
        equatorial * y - 2.0 * w * vx + ay,
        (-GLONASS_MU / r3 - oblate * (3.0 - polar)) * z + az,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orbit() -> IntegratedOrbit {
        let mut e = Elements::unperturbed(GLONASS_MU, GLONASS_EARTH_RATE);
        e.semi_major_m = 25_508_000.0;
        e.inclination_rad = 64.8_f64.to_radians();
        IntegratedOrbit::new(GpsTime::from_week(2410, Interval::ZERO), &e, [0.0; 3])
    }

    #[test]
    fn keeping_the_chain_does_not_change_the_answer() {
        let mut kept = orbit();
        let t = kept.start + Interval::from_millis(3_456_789);
        let walked = kept.state(t);
        kept.extend_to(t);
        assert_eq!(kept.state(t).map(f64::to_bits), walked.map(f64::to_bits));
    }

    #[test]
    fn the_orbit_keeps_its_size() {
        let o = orbit();
        let s = o.state(o.start + Interval::from_seconds(11 * 3_600));
        let r = (s[0] * s[0] + s[1] * s[1] + s[2] * s[2]).sqrt();
        // Oblateness moves the radius by a few kilometres within a revolution.
        assert!((r - 25_508_000.0).abs() < 10_000.0, "{r} m");
    }
}
