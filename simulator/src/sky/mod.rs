//! The sky: where every satellite truly is, what its clock truly shows, and what it broadcasts about both.

pub mod broadcast;
pub mod constellations;
pub mod delays;
pub mod glonass;
pub mod orbit;

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::random::{Key, Smooth};
use crate::sky::broadcast::half_hour_before;
use crate::sky::constellations::{Member, members};
use crate::sky::delays::SignalDelays;
use crate::sky::glonass::IntegratedOrbit;
use crate::sky::orbit::Elements;

/// What the sky of a scenario is like.
#[derive(Clone, Debug, PartialEq)]
pub struct SkySettings {
    /// The systems that fly.
    pub systems: Vec<Constellation>,
    /// Root mean square of the difference between true and broadcast orbit along the track, m;
    /// across it is 0.7 times and radially 0.3 times as large.
    pub orbit_error_m: f64,
    /// Root mean square of the difference between true and broadcast clock, m.
    pub clock_error_m: f64,
}

/// All satellites of a world.
#[derive(Clone, Debug)]
pub struct Sky {
    reference: GpsTime,
    satellites: Vec<SkySatellite>,
}

/// One satellite with all that is true of it.
#[derive(Clone, Debug)]
pub struct SkySatellite {
    /// Who.
    pub satellite: Satellite,
    /// Frequency channel of a GLONASS satellite.
    pub glonass_channel: Option<i8>,
    /// Delays of its signals against its clock.
    pub delays: SignalDelays,
    orbit: Orbit,
    clock_offset_s: f64,
    clock_drift: f64,
    clock_error_m: Smooth,
    /// Radial, along and across the track, m.
    orbit_error_m: [Smooth; 3],
}

#[derive(Clone, Debug)]
enum Orbit {
    Kepler(Elements),
    Integrated(IntegratedOrbit),
}

/// A satellite's true motion and clock near one moment, cheap to ask at nearby ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SatelliteAt {
    /// The moment about which it is told.
    pub time: GpsTime,
    /// Antenna phase centre, Earth-fixed at `time`, m.
    pub position_m: [f64; 3],
    /// Velocity in the Earth-fixed frame, m/s.
    pub velocity_m_s: [f64; 3],
    /// Acceleration in the Earth-fixed frame, m/s².
    pub acceleration_m_s2: [f64; 3],
    /// Clock minus system time, relativity included, s.
    pub clock_s: f64,
    /// Rate of the clock, s/s.
    pub clock_rate: f64,
}

/// Periods of the errors between truth and broadcast, s: slow against a baseline's minutes, faster than a day.
const ORBIT_ERROR_PERIODS_S: (f64, f64) = (5.0 * 3_600.0, 24.0 * 3_600.0);
/// Satellite clocks wander faster than orbits.
const CLOCK_ERROR_PERIODS_S: (f64, f64) = (2.0 * 3_600.0, 12.0 * 3_600.0);

/// How long before the start of a world its GLONASS orbits begin, so that earlier ephemerides are at hand.
const BEFORE_START: Interval = Interval::from_seconds(2 * 3_600);

impl Sky {
    /// The sky of a world that starts at `start`.
    pub fn new(start: GpsTime, settings: &SkySettings, key: Key) -> Self {
        let reference = GpsTime::from_week(start.week(), Interval::ZERO);
        let key = key.of("sky");
        let satellites = settings
            .systems
            .iter()
            .flat_map(|&system| members(system, key))
            .map(|member| SkySatellite::new(&member, start, settings, key))
            .collect();
        Self { reference, satellites }
    }

    /// The satellites, in an order that does not change.
    pub fn satellites(&self) -> &[SkySatellite] {
        &self.satellites
    }

    /// Makes asking about moments up to `t` cheap. Answers are the same without it.
    pub fn prepare(&mut self, t: GpsTime) {
        for satellite in &mut self.satellites {
            if let Orbit::Integrated(orbit) = &mut satellite.orbit {
                orbit.extend_to(t);
            }
        }
    }

    /// Every satellite near `t`, in the order of [`Sky::satellites`].
    pub fn around(&self, t: GpsTime) -> Vec<SatelliteAt> {
        self.satellites.iter().map(|s| s.around(t, self.reference)).collect()
    }

    /// One satellite near `t`, if it flies here.
    pub fn satellite_around(&self, who: Satellite, t: GpsTime) -> Option<SatelliteAt> {
        self.satellites.iter().find(|s| s.satellite == who).map(|s| s.around(t, self.reference))
    }

    /// The ephemerides that all satellites broadcast at `t`.
    pub fn ephemerides(&self, t: GpsTime) -> Vec<Ephemeris> {
        self.satellites.iter().flat_map(|s| s.broadcast(t, self.reference)).collect()
    }

    /// All different ephemerides broadcast from `from` to `until`, satellite by satellite, oldest first.
    pub fn ephemerides_between(&self, from: GpsTime, until: GpsTime) -> Vec<Ephemeris> {
        let mut all: Vec<Ephemeris> = Vec::new();
        for satellite in &self.satellites {
            let mut seen: Vec<Ephemeris> = Vec::new();
            let mut t = from;
            while t <= until {
                for ephemeris in satellite.broadcast(t, self.reference) {
                    if !seen.contains(&ephemeris) {
                        seen.push(ephemeris);
                    }
                }
                t += broadcast::SHORTEST_ISSUE;
            }
            all.append(&mut seen);
        }
        all
    }
}

impl SkySatellite {
    fn new(member: &Member, start: GpsTime, settings: &SkySettings, key: Key) -> Self {
        let &Member { satellite, ref elements, glonass_channel } = member;
        let system = satellite.constellation();
        let key = key.at(u64::from(system.letter())).at(u64::from(satellite.number()));
        let mut random = key.of("clock").stream();
        let orbit = if system == Constellation::Glonass {
            // One step of the message's luni-solar field (GLONASS ICD edition 5.1, table 4.5: 2^-30 km/s²).
            let acceleration = [0, 1, 2].map(|i| broadcast::acceleration_step(key.at(i)));
            let from = half_hour_before(start - BEFORE_START);
            Orbit::Integrated(IntegratedOrbit::new(from, elements, acceleration))
        } else {
            Orbit::Kepler(*elements)
        };
        let error = |name: &str, share: f64| {
            let (fastest, slowest) = ORBIT_ERROR_PERIODS_S;
            Smooth::new(key.of(name), settings.orbit_error_m * share, fastest, slowest)
        };
        let (fastest, slowest) = CLOCK_ERROR_PERIODS_S;
        Self {
            satellite,
            glonass_channel,
            delays: SignalDelays::new(satellite, key),
            orbit,
            clock_offset_s: random.between(-2e-4, 2e-4),
            clock_drift: random.between(-4e-12, 4e-12),
            clock_error_m: Smooth::new(
                key.of("clock error"),
                settings.clock_error_m,
                fastest,
                slowest,
            ),
            orbit_error_m: [error("radial", 0.3), error("along", 1.0), error("across", 0.7)],
        }
    }

    fn around(&self, t: GpsTime, reference: GpsTime) -> SatelliteAt {
        let step = Interval::from_seconds(1);
        let [before, here, after] =
            [t - step, t, t + step].map(|at| self.orbit.position(at, reference));
        let velocity: [f64; 3] = std::array::from_fn(|i| (after[i] - before[i]) / 2.0);
        let dt_s = (t - reference).seconds();
        let axes = track_axes(here, velocity);
        let error = |at_s: f64| self.orbit_error(axes, at_s);
        let (off, off_next) = (error(dt_s), error(dt_s + 1.0));
        let clock = |at_s: f64| self.clock_s(at_s);
        SatelliteAt {
            time: t,
            position_m: std::array::from_fn(|i| here[i] + off[i]),
            velocity_m_s: std::array::from_fn(|i| velocity[i] + off_next[i] - off[i]),
            acceleration_m_s2: std::array::from_fn(|i| after[i] - 2.0 * here[i] + before[i]),
            clock_s: clock(dt_s),
            clock_rate: (clock(dt_s + 1.0) - clock(dt_s - 1.0)) / 2.0,
        }
    }

    /// The polynomial part of the true clock, without error and relativity, s.
    fn steady_clock_s(&self, dt_s: f64) -> f64 {
        self.clock_offset_s + self.clock_drift * dt_s
    }

    fn clock_s(&self, dt_s: f64) -> f64 {
        let relativity = match &self.orbit {
            Orbit::Kepler(elements) => elements.relativity_s(dt_s),
            // GLONASS tells its clock with relativity included (GLONASS ICD edition 5.1, section 3.3.3).
            Orbit::Integrated(_) => 0.0,
        };
        self.steady_clock_s(dt_s) + self.clock_error_m.at(dt_s) / SPEED_OF_LIGHT + relativity
    }

    fn orbit_error(&self, axes: [[f64; 3]; 3], dt_s: f64) -> [f64; 3] {
        let along: [f64; 3] = std::array::from_fn(|k| self.orbit_error_m[k].at(dt_s));
        std::array::from_fn(|i| (0..3).map(|k| axes[k][i] * along[k]).sum())
    }
}

impl Orbit {
    fn position(&self, t: GpsTime, reference: GpsTime) -> [f64; 3] {
        match self {
            Self::Kepler(elements) => elements.position((t - reference).seconds()),
            Self::Integrated(orbit) => {
                let [x, y, z, ..] = orbit.state(t);
                [x, y, z]
            }
        }
    }
}

impl SatelliteAt {
    /// The same satellite `dt_s` later: position, m. Exact to 0.1 mm within 0.2 s.
    pub fn position_after(&self, dt_s: f64) -> [f64; 3] {
        std::array::from_fn(|i| {
            self.position_m[i]
                + dt_s * (self.velocity_m_s[i] + 0.5 * dt_s * self.acceleration_m_s2[i])
        })
    }
}

/// Unit vectors radially, along and across the track, from Earth-fixed position and velocity.
fn track_axes(position: [f64; 3], velocity: [f64; 3]) -> [[f64; 3]; 3] {
    let w = tianshu_gnss::constants::GPS_EARTH_RATE;
    let inertial = [velocity[0] - w * position[1], velocity[1] + w * position[0], velocity[2]];
    let radial = unit(position);
    let across = unit(cross(position, inertial));
    [radial, cross(across, radial), across]
}

fn cross([a, b, c]: [f64; 3], [x, y, z]: [f64; 3]) -> [f64; 3] {
    [b * z - c * y, c * x - a * z, a * y - b * x]
}

fn unit(v: [f64; 3]) -> [f64; 3] {
    let length = v.iter().map(|c| c * c).sum::<f64>().sqrt();
    v.map(|c| c / length)
}

#[cfg(test)]
mod tests;
