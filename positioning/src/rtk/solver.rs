//! The reference rover, epoch by epoch.

use std::collections::BTreeSet;

use nalgebra::Matrix3;
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::ephemeris::store::EphemerisStore;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::rtk::arcs::Arcs;
use crate::rtk::config::{Motion, RtkConfig};
use crate::rtk::difference::{Common, common};
use crate::rtk::double::{Differenced, Excluded, Kind, differenced};
use crate::rtk::filter::{Filter, Unknown};
use crate::rtk::fix::{Attempt, Candidate, attempt, is_fixable};
use crate::rtk::solution::{Solution, Status, Unsolved};
use crate::spp::{self, SinglePoint};
use crate::track::tracked;

/// Uncertainty of the single point that a kinematic epoch begins with, m: wide enough to leave it without weight.
const POSITION_SIGMA_M: f64 = 30.0;
/// Uncertainty of a new ambiguity, cycles: some 6 m of code on the shortest carrier.
const AMBIGUITY_SIGMA_CYCLES: f64 = 30.0;
/// What an ambiguity may move, cycles² per second: nothing but what keeps the filter awake.
const AMBIGUITY_DIFFUSION: f64 = 1e-8;
/// Uncertainty of the differential zenith wet delay at the start, m per 10 km of baseline.
const TROPOSPHERE_SIGMA_M: f64 = 0.02;
/// The same at most, m: half of all the water vapour that the standard atmosphere holds.
const TROPOSPHERE_SIGMA_MAX_M: f64 = 0.1;
/// What it may move, m² per second: 1 cm in an hour and a half at 1e-4 m/√s, the customary random walk of a zenith delay.
const TROPOSPHERE_DIFFUSION: f64 = 1e-8;
/// Uncertainty of a satellite's differential ionosphere at the start, m per 10 km: a gradient of 3 mm/km at mid latitudes.
const IONOSPHERE_SIGMA_M: f64 = 0.03;
/// What it may move, m² per second and (10 km)²: 1 mm/√s.
const IONOSPHERE_DIFFUSION: f64 = 1e-6;
/// A residual after the update of more than this many sigmas contradicts the others.
const RESIDUAL_SIGMAS_MAX: f64 = 4.5;
/// How many contradicting measurements an epoch may lose.
const EXCLUDED_MAX: usize = 8;
/// Fewer satellites than this have no double-differenced place.
const SATELLITES_MIN: usize = 4;

/// The reference rover's state.
#[derive(Clone, Debug)]
pub struct Solver {
    config: RtkConfig,
    filter: Filter,
    arcs: Arcs,
    last: Option<GpsTime>,
    last_base: Option<GpsTime>,
    position: Option<Ecef>,
}

impl Solver {
    /// A rover that has seen nothing yet.
    pub fn new(config: RtkConfig) -> Self {
        let (filter, arcs) = (Filter::default(), Arcs::default());
        Self { config, filter, arcs, last: None, last_base: None, position: None }
    }

    /// One epoch of the rover with the latest epoch of the base that is known by then.
    ///
    /// Feed every epoch of the rover, in order: slips are found between them. Without a base, or with one older than the
    /// configuration allows, the solution is a single point and the filter waits.
    pub fn step(
        &mut self,
        rover: &ObsEpoch,
        base: Option<&ObsEpoch>,
        ephemerides: &EphemerisStore,
    ) -> Result<Solution, Unsolved> {
        if self.last.is_some_and(|last| rover.time <= last) {
            return Err(Unsolved::NotLater);
        }
        let single = spp::solve(&self.config.spp, rover, ephemerides, self.position);
        let begin = match (&single, self.position) {
            (Ok(point), _) => point.position,
            (Err(_), Some(last)) => last,
            (Err(reason), None) => return Err(Unsolved::NoSinglePoint(*reason)),
        };
        let solved = base
            .filter(|b| (rover.time - b.time).abs() <= self.config.base_age_max)
            .and_then(|b| self.relative(begin, rover, b, ephemerides));
        let solution = match (solved, single) {
            (Some(solution), _) => solution,
            (None, Ok(point)) => single_solution(&point),
            (None, Err(reason)) => return Err(Unsolved::NoSinglePoint(reason)),
        };
        self.last = Some(rover.time);
        self.position = Some(solution.position);
        Ok(solution)
    }

    /// The story of an epoch with a base. None if double differences determine no place.
    fn relative(
        &mut self,
        begin: Ecef,
        rover: &ObsEpoch,
        base: &ObsEpoch,
        ephemerides: &EphemerisStore,
    ) -> Option<Solution> {
        let at = self.linearisation(begin);
        let from_rover = tracked(rover, ephemerides);
        let from_base = tracked(base, ephemerides);
        let all = common(&self.config, at, (rover.time, &from_rover), (base.time, &from_base));
        if all.len() < SATELLITES_MIN {
            return None;
        }
        let is_new_base = self.last_base != Some(base.time);
        self.last_base = Some(base.time);
        let slips = self.arcs.slips(rover.time, &all, is_new_base);
        self.advance(at, rover.time, &all, &slips);
        let (double, excluded) = self.float_update(&all)?;
        for (satellite, band, kind) in &excluded {
            if *kind == Kind::Phase {
                self.arcs.end(*satellite, *band);
            }
        }
        let attempt = attempt(&self.config, &self.filter, &self.candidates(&double, &all));
        Some(self.told(rover.time, rover.time - base.time, &double, attempt))
    }

    /// Where measurements are linearised: a static rover's own estimate, a kinematic one's single point.
    fn linearisation(&self, begin: Ecef) -> Ecef {
        match (self.config.motion, self.float_position()) {
            (Motion::Static, Some(known)) => known,
            _ => begin,
        }
    }

    fn float_position(&self) -> Option<Ecef> {
        let coordinate = |axis| self.filter.value(Unknown::Position(axis));
        Some(Ecef::new(coordinate(0)?, coordinate(1)?, coordinate(2)?))
    }

    /// The time update, and beginnings of what is new.
    fn advance(&mut self, at: Ecef, now: GpsTime, all: &[Common], slips: &[(Satellite, char)]) {
        let passed_s = self.last.map_or(0.0, |last| Interval::seconds(now - last));
        let is_new = self.filter.place(Unknown::Position(0)).is_none();
        if is_new || self.config.motion == Motion::Kinematic {
            for (axis, value) in at.xyz().into_iter().enumerate() {
                self.filter.begin(Unknown::Position(axis), value, POSITION_SIGMA_M);
            }
        }
        self.forget_the_gone(slips);
        let baseline_m = (at - self.config.base).norm_m();
        if baseline_m >= self.config.atmosphere_from_m {
            self.advance_atmosphere(baseline_m / 1e4, passed_s, all);
        }
        let known: Vec<Unknown> = self.filter.unknowns().collect();
        for unknown in known {
            if matches!(unknown, Unknown::Ambiguity(..)) {
                self.filter.diffuse(unknown, AMBIGUITY_DIFFUSION * passed_s);
            }
        }
        self.begin_ambiguities(all);
    }

    fn forget_the_gone(&mut self, slips: &[(Satellite, char)]) {
        let open: BTreeSet<Satellite> = self
            .filter
            .unknowns()
            .filter_map(|u| match u {
                Unknown::Ambiguity(s, band) if self.arcs.is_open(s, band) => Some(s),
                _ => None,
            })
            .collect();
        let arcs = &self.arcs;
        self.filter.forget(|unknown| match unknown {
            Unknown::Ambiguity(satellite, band) => {
                slips.contains(&(satellite, band)) || !arcs.is_open(satellite, band)
            }
            Unknown::Ionosphere(satellite) => !open.contains(&satellite),
            Unknown::Position(_) | Unknown::Troposphere => false,
        });
    }

    /// `length`: of the baseline, in units of 10 km.
    fn advance_atmosphere(&mut self, length: f64, passed_s: f64, all: &[Common]) {
        if self.filter.place(Unknown::Troposphere).is_none() {
            let sigma = (TROPOSPHERE_SIGMA_M * length).min(TROPOSPHERE_SIGMA_MAX_M);
            self.filter.begin(Unknown::Troposphere, 0.0, sigma);
        }
        self.filter.diffuse(Unknown::Troposphere, TROPOSPHERE_DIFFUSION * passed_s);
        for one in all {
            let unknown = Unknown::Ionosphere(one.satellite);
            // The slant way through the layer is up to three times the vertical one.
            let slant = 1.0 / one.elevation_rad.sin().max(0.33);
            if self.filter.place(unknown).is_none() {
                self.filter.begin(unknown, 0.0, IONOSPHERE_SIGMA_M * length * slant);
            } else {
                let variance = IONOSPHERE_DIFFUSION * length * length * passed_s * slant * slant;
                self.filter.diffuse(unknown, variance);
            }
        }
    }

    /// New ambiguities begin at phase minus code, on the level of those that are known: the receivers' clocks and biases are
    /// in that level, and a common one cancels in every double difference.
    fn begin_ambiguities(&mut self, all: &[Common]) {
        let rough = |c: &crate::rtk::difference::Carrier| (c.phase_m - c.code_m) / c.wavelength_m;
        for one in all {
            for carrier in &one.carriers {
                let unknown = Unknown::Ambiguity(one.satellite, carrier.band);
                if self.filter.place(unknown).is_some() {
                    continue;
                }
                let system = one.satellite.constellation();
                let offsets: Vec<f64> = all
                    .iter()
                    .filter(|other| other.satellite.constellation() == system)
                    .filter_map(|other| {
                        let same = other.carriers.iter().find(|c| c.band == carrier.band)?;
                        let own = Unknown::Ambiguity(other.satellite, carrier.band);
                        let offset_m = (rough(same) - self.filter.value(own)?) * same.wavelength_m;
                        Some(offset_m)
                    })
                    .collect();
                let level_m = offsets.iter().sum::<f64>() / offsets.len().max(1) as f64;
                let value = rough(carrier) - level_m / carrier.wavelength_m;
                self.filter.begin(unknown, value, AMBIGUITY_SIGMA_CYCLES);
            }
        }
    }

    /// The float solution, without the measurements that contradict it.
    fn float_update(&mut self, all: &[Common]) -> Option<(Differenced, Excluded)> {
        let mut excluded = Excluded::new();
        loop {
            let double = differenced(all, &self.filter, &excluded);
            if double.rows.len() < SATELLITES_MIN - 1 {
                return None;
            }
            let mut updated = self.filter.clone();
            if !updated.update(&double.measurements) {
                self.filter = Filter::default();
                return None;
            }
            let worst = worst_residual(&self.filter, &updated, &double);
            match worst {
                Some((row, sigmas))
                    if sigmas > RESIDUAL_SIGMAS_MAX && excluded.len() < EXCLUDED_MAX =>
                {
                    let row = double.rows[row];
                    excluded.push((row.satellite, row.band, row.kind));
                }
                _ => {
                    self.filter = updated;
                    return Some((double, excluded));
                }
            }
        }
    }

    fn candidates(&self, double: &Differenced, all: &[Common]) -> Vec<Candidate> {
        let elevation = |satellite: Satellite| {
            all.iter().find(|one| one.satellite == satellite).map_or(0.0, |one| one.elevation_rad)
        };
        let rows = double.rows.iter().filter(|row| row.kind == Kind::Phase);
        rows.filter(|row| is_fixable(row.satellite.constellation()))
            .map(|row| Candidate {
                satellite: row.satellite,
                pivot: row.pivot,
                band: row.band,
                elevation_rad: elevation(row.satellite),
                epochs: self.arcs.epochs(row.satellite, row.band),
            })
            .collect()
    }

    fn told(
        &self,
        time: GpsTime,
        age: Interval,
        double: &Differenced,
        attempt: Attempt,
    ) -> Solution {
        let used: BTreeSet<Satellite> =
            double.rows.iter().flat_map(|row| [row.satellite, row.pivot]).collect();
        let (status, position, covariance_m2, fixed_ambiguities) =
            if let Some(fixed) = attempt.fixed {
                (Status::Fixed, fixed.position, fixed.covariance_m2, fixed.ambiguities)
            } else {
                let p = &self.filter.p;
                let place = |axis| self.filter.place(Unknown::Position(axis)).unwrap_or(axis);
                let covariance = Matrix3::from_fn(|i, j| p[(place(i), place(j))]);
                let position = self.float_position().unwrap_or(self.config.base);
                (Status::Float, position, covariance, 0)
            };
        let (satellites, ratio) = (used.len(), attempt.ratio);
        Solution {
            time,
            status,
            position,
            covariance_m2,
            satellites,
            fixed_ambiguities,
            ratio,
            age,
        }
    }
}

/// The row with the largest residual after the update, in sigmas of its measurement.
fn worst_residual(before: &Filter, after: &Filter, double: &Differenced) -> Option<(usize, f64)> {
    let m = &double.measurements;
    let residual = &m.innovation - &m.design * (&after.x - &before.x);
    let sigmas = |i: usize| residual[i].abs() / m.noise[(i, i)].sqrt();
    (0..residual.len()).map(|i| (i, sigmas(i))).max_by(|a, b| a.1.total_cmp(&b.1))
}

fn single_solution(point: &SinglePoint) -> Solution {
    Solution {
        time: point.time,
        status: Status::Single,
        position: point.position,
        covariance_m2: point.covariance_m2,
        satellites: point.satellites.len(),
        fixed_ambiguities: 0,
        ratio: None,
        age: Interval::ZERO,
    }
}
