//! Single point positioning: one receiver, code measurements, broadcast ephemerides.

use std::collections::BTreeMap;

use nalgebra::{DMatrix, DVector, Matrix3};
use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::{Ecef, EcefDelta, Geodetic, WGS84};
use tianshu_gnss::ephemeris::ionosphere::Klobuchar;
use tianshu_gnss::ephemeris::store::EphemerisStore;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::GpsTime;

use crate::model::ionosphere::{KLOBUCHAR_HZ, MEAN_KLOBUCHAR, klobuchar_delay_m};
use crate::model::noise::{CODE_SIGMA_M, variance_factor};
use crate::model::range::{Sight, sight};
use crate::model::troposphere::{RELATIVE_HUMIDITY, mapping, zenith_delay};
use crate::signals::{Measured, measured};
use crate::track::{Tracked, tracked};

/// How the ionosphere is treated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ionosphere {
    /// By Klobuchar's model with these coefficients.
    Klobuchar(Klobuchar),
    /// By the ionosphere-free combination. Satellites without both carriers are left out: the receiver's own delay between the
    /// carriers is in the clock of the others.
    Free,
}

/// How a single point is computed.
#[derive(Clone, Debug, PartialEq)]
pub struct SppConfig {
    /// Elevation below which a satellite is not used, rad.
    pub elevation_mask_rad: f64,
    /// The ionosphere.
    pub ionosphere: Ionosphere,
}

/// 10°: below it troposphere and multipath grow fast.
pub const DEFAULT_ELEVATION_MASK_RAD: f64 = 0.174_533;

impl Default for SppConfig {
    fn default() -> Self {
        Self {
            elevation_mask_rad: DEFAULT_ELEVATION_MASK_RAD,
            ionosphere: Ionosphere::Klobuchar(MEAN_KLOBUCHAR),
        }
    }
}

/// A single point.
#[derive(Clone, Debug, PartialEq)]
pub struct SinglePoint {
    /// The receiver's time tag.
    pub time: GpsTime,
    /// The antenna's place, in the frame of the broadcast orbits.
    pub position: Ecef,
    /// Covariance along the Earth-fixed axes, m².
    pub covariance_m2: Matrix3<f64>,
    /// Receiver clock minus each system's time, s. QZSS counts with GPS.
    pub clock_s: BTreeMap<Constellation, f64>,
    /// The satellites used.
    pub satellites: Vec<Satellite>,
    /// Those that contradicted the others and were left out.
    pub excluded: Vec<Satellite>,
    /// Root mean square of the residuals, m.
    pub residual_rms_m: f64,
}

/// Why there is no single point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSinglePoint {
    /// Too few usable satellites for the unknowns.
    #[error("{have} satellites are usable, {need} are needed")]
    TooFewSatellites {
        /// Usable ones.
        have: usize,
        /// Needed ones.
        need: usize,
    },
    /// The satellites stand so that they determine no place.
    #[error("the satellites determine no place")]
    BadGeometry,
    /// The iteration did not settle, or the measurements contradict each other beyond what leaving satellites out can mend.
    #[error("the measurements contradict each other")]
    Contradiction,
}

/// Rounds from the Earth's centre to the place; each gains some five digits.
const ROUNDS_MAX: usize = 12;
/// A correction (m) after which the place counts as settled.
const SETTLED_M: f64 = 1e-3;
/// A fifth of the satellites, and at most this many, may be left out as contradicting.
const EXCLUDED_MAX: usize = 5;
/// A residual of more than this many sigmas contradicts the others.
const RESIDUAL_SIGMAS_MAX: f64 = 6.0;
/// What broadcast orbits and clocks add to each range, m, one sigma (GPS SPS Performance Standard 2020, table 3.4-1: 95 % below 7.8
/// m at the worst age, 1 m typical).
const BROADCAST_SIGMA_M: f64 = 1.5;
/// What the broadcast ionosphere leaves, as a part of its delay (IS-GPS-200, section 20.3.3.5.2.5: half removed at least).
const IONOSPHERE_LEFT: f64 = 0.5;
/// Noise of the ionosphere-free code relative to a single one: √(2.55² + 1.55²).
const FREE_NOISE: f64 = 3.0;
/// Height (m) beyond which no rover is believed, and below.
const HEIGHT_RANGE_M: std::ops::RangeInclusive<f64> = -1_000.0..=50_000.0;

/// A single point from one epoch, beginning at `near` if a place is known roughly.
pub fn solve(
    config: &SppConfig,
    epoch: &ObsEpoch,
    ephemerides: &EphemerisStore,
    near: Option<Ecef>,
) -> Result<SinglePoint, NoSinglePoint> {
    let mut satellites = tracked(epoch, ephemerides);
    let mut excluded = Vec::new();
    let excluded_max = EXCLUDED_MAX.min(satellites.len() / 5);
    loop {
        let attempt = adjusted(config, epoch.time, &satellites, near)?;
        let worst = attempt.rows.iter().max_by(|a, b| a.sigmas().total_cmp(&b.sigmas()));
        let Some(worst) = worst.filter(|row| row.sigmas() > RESIDUAL_SIGMAS_MAX) else {
            return Ok(attempt.told(epoch.time, excluded));
        };
        if excluded.len() >= excluded_max {
            return Err(NoSinglePoint::Contradiction);
        }
        excluded.push(worst.satellite);
        satellites.retain(|s| s.satellite != worst.satellite);
    }
}

/// One linearised measurement.
struct Row {
    satellite: Satellite,
    system: Constellation,
    direction: [f64; 3],
    residual_m: f64,
    sigma_m: f64,
}

impl Row {
    fn sigmas(&self) -> f64 {
        self.residual_m.abs() / self.sigma_m
    }
}

/// An adjustment that settled.
struct Adjusted {
    position: Ecef,
    clocks_m: BTreeMap<Constellation, f64>,
    covariance_m2: Matrix3<f64>,
    rows: Vec<Row>,
}

impl Adjusted {
    fn told(self, time: GpsTime, excluded: Vec<Satellite>) -> SinglePoint {
        let squares: f64 = self.rows.iter().map(|row| row.residual_m * row.residual_m).sum();
        SinglePoint {
            time,
            position: self.position,
            covariance_m2: self.covariance_m2,
            clock_s: self.clocks_m.into_iter().map(|(s, m)| (s, m / SPEED_OF_LIGHT)).collect(),
            residual_rms_m: (squares / self.rows.len().max(1) as f64).sqrt(),
            satellites: self.rows.iter().map(|row| row.satellite).collect(),
            excluded,
        }
    }
}

/// Weighted least squares, iterated from `near` or the Earth's centre.
fn adjusted(
    config: &SppConfig,
    time: GpsTime,
    satellites: &[Tracked<'_>],
    near: Option<Ecef>,
) -> Result<Adjusted, NoSinglePoint> {
    let mut position = near.unwrap_or(Ecef::new(0.0, 0.0, 0.0));
    let mut clocks: BTreeMap<Constellation, f64> = BTreeMap::new();
    for _ in 0..ROUNDS_MAX {
        let rows = rows(config, time, satellites, position, &clocks);
        let systems: Vec<Constellation> = {
            let all: std::collections::BTreeSet<_> = rows.iter().map(|row| row.system).collect();
            all.into_iter().collect()
        };
        let (have, need) = (rows.len(), 3 + systems.len());
        if have < need || systems.is_empty() {
            return Err(NoSinglePoint::TooFewSatellites { have, need });
        }
        let design = DMatrix::from_fn(have, need, |i, j| match j {
            0..3 => -rows[i].direction[j] / rows[i].sigma_m,
            _ => f64::from(u8::from(systems[j - 3] == rows[i].system)) / rows[i].sigma_m,
        });
        let observed = DVector::from_fn(have, |i, _| rows[i].residual_m / rows[i].sigma_m);
        let normal = design.transpose() * &design;
        let inverse = normal.try_inverse().ok_or(NoSinglePoint::BadGeometry)?;
        let step = &inverse * design.transpose() * observed;
        let moved = EcefDelta::new(step[0], step[1], step[2]);
        position = position + moved;
        for (system, step) in systems.iter().zip(step.iter().skip(3)) {
            *clocks.entry(*system).or_insert(0.0) += step;
        }
        if !moved.norm_m().is_finite() {
            return Err(NoSinglePoint::BadGeometry);
        }
        if moved.norm_m() < SETTLED_M {
            if !HEIGHT_RANGE_M.contains(&position.to_geodetic(WGS84).height_m) {
                return Err(NoSinglePoint::Contradiction);
            }
            clocks.retain(|system, _| systems.contains(system));
            let covariance_m2 = inverse.fixed_view::<3, 3>(0, 0).into_owned();
            return Ok(Adjusted { position, clocks_m: clocks, covariance_m2, rows });
        }
    }
    Err(NoSinglePoint::Contradiction)
}

/// The measurements against the model at a place.
fn rows(
    config: &SppConfig,
    time: GpsTime,
    satellites: &[Tracked<'_>],
    position: Ecef,
    clocks: &BTreeMap<Constellation, f64>,
) -> Vec<Row> {
    // Far from the surface nothing is known of elevations, the first rounds go without models.
    let place = position.to_geodetic(WGS84);
    let is_on_earth = HEIGHT_RANGE_M.contains(&place.height_m);
    let mut rows = Vec::with_capacity(satellites.len());
    for satellite in satellites {
        let seen = sight(position, satellite.state.position);
        if is_on_earth && seen.elevation_rad < config.elevation_mask_rad {
            continue;
        }
        let Some(code) = code(config, satellite) else { continue };
        let system = clock_system(satellite.satellite.constellation());
        let (delay_m, delay_sigma_m) =
            if is_on_earth { delays(config, &code, place, &seen, time) } else { (0.0, 0.0) };
        let modelled = seen.range_m - SPEED_OF_LIGHT * satellite.state.clock_s
            + delay_m
            + clocks.get(&system).copied().unwrap_or(0.0);
        let noise = variance_factor(system, seen.elevation_rad).sqrt() * CODE_SIGMA_M * code.noise;
        let sigma_m = noise.hypot(delay_sigma_m).hypot(BROADCAST_SIGMA_M);
        rows.push(Row {
            satellite: satellite.satellite,
            system,
            direction: seen.direction,
            residual_m: code.metres - modelled,
            sigma_m,
        });
    }
    rows
}

/// A code ready for use: free of group delays, and perhaps of the ionosphere.
struct Code {
    metres: f64,
    /// Relative to a single code.
    noise: f64,
    /// (f_L1 / f)², none where the ionosphere is eliminated.
    ionosphere: Option<f64>,
}

fn code(config: &SppConfig, satellite: &Tracked<'_>) -> Option<Code> {
    let (first, second) = clock_bands(satellite.satellite.constellation());
    let one = corrected(satellite, first);
    let two = corrected(satellite, second);
    let mu = |m: &Measured| {
        let frequency = SPEED_OF_LIGHT / m.wavelength_m;
        (KLOBUCHAR_HZ / frequency).powi(2)
    };
    match (config.ionosphere, one, two) {
        (Ionosphere::Free, Some((one, p1)), Some((two, p2))) => {
            let (mu1, mu2) = (mu(&one), mu(&two));
            let metres = (mu2 * p1 - mu1 * p2) / (mu2 - mu1);
            Some(Code { metres, noise: FREE_NOISE, ionosphere: None })
        }
        (Ionosphere::Klobuchar(_), Some((m, metres)), _)
        | (Ionosphere::Klobuchar(_), None, Some((m, metres))) => {
            Some(Code { metres, noise: 1.0, ionosphere: Some(mu(&m)) })
        }
        _ => None,
    }
}

/// A band's code with the satellite's group delay taken off, which is zero where the message tells none.
fn corrected(satellite: &Tracked<'_>, band: char) -> Option<(Measured, f64)> {
    let m = measured(satellite.observations, band, satellite.channel)?;
    let signal = Signal::new(satellite.satellite.constellation(), band, m.attribute)?;
    let delay_s = satellite.ephemeris.group_delay_s(signal).unwrap_or(0.0);
    m.code_m.map(|code| (m, code - SPEED_OF_LIGHT * delay_s))
}

/// The two carriers of each system that are used, the first for one carrier alone.
fn clock_bands(system: Constellation) -> (char, char) {
    match system {
        Constellation::Galileo | Constellation::Sbas => ('1', '5'),
        Constellation::BeiDou => ('2', '6'),
        Constellation::Navic => ('5', '9'),
        _ => ('1', '2'),
    }
}

/// QZSS time is GPS time to nanoseconds (IS-QZSS-PNT, section 3.2.3).
fn clock_system(system: Constellation) -> Constellation {
    if system == Constellation::Qzss { Constellation::Gps } else { system }
}

/// Troposphere and ionosphere, and how uncertain they are, m.
fn delays(
    config: &SppConfig,
    code: &Code,
    place: Geodetic,
    seen: &Sight,
    time: GpsTime,
) -> (f64, f64) {
    let zenith = zenith_delay(place, RELATIVE_HUMIDITY);
    let mapped = mapping(place, seen.elevation_rad, time);
    let troposphere = zenith.slant_m(mapped);
    let model = match config.ionosphere {
        Ionosphere::Klobuchar(model) => model,
        Ionosphere::Free => MEAN_KLOBUCHAR,
    };
    let ionosphere =
        code.ionosphere.map_or(0.0, |mu| mu * klobuchar_delay_m(&model, place, seen, time));
    let sigma = (IONOSPHERE_LEFT * ionosphere).hypot(0.1 * mapped.wet);
    (troposphere + ionosphere, sigma)
}
