//! Zenith delays, clocks and what is left: the ionosphere-free phases of all stations in one least squares.
//!
//! One phase is free = clock of the station's group + satellite + wet mapping · zenith delay + rest. Clocks are white and eliminated
//! station by station; satellites (their clock and orbit errors, and the levels' free numbers) are white too; zenith delays wander and
//! are carried from epoch to epoch with their full covariance.

use std::collections::BTreeMap;

use nalgebra::{Cholesky, DMatrix, DVector};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;

use crate::network::observed::Group;
use crate::network::solution::inverse::inverse;
use crate::network::solution::links::{Levelled, link_to};

/// What all zenith delays of a network differ from the standard atmosphere's by, one sigma, m.
const COMMON_SIGMA_M: f64 = 0.10;
/// What each differs from the others, one sigma, m.
const OWN_SIGMA_M: f64 = 0.05;
/// How each wanders, m/√s: 1.5 cm in an hour.
const WALK: f64 = 0.17e-3;
/// What nothing is known of, one sigma, m: satellites' clocks and free numbers of levels.
const FREE_SIGMA_M: f64 = 1e3;
/// The variance of phases that come more often than multipath turns over, in s (as in the edges' filters).
const PHASE_INDEPENDENT_S: f64 = 25.0;
/// Zenith delays are updated after this time at the earliest, s; between, they stand.
const UPDATE_S: f64 = 4.5;
/// What orbit errors differ by over a network, one sigma, m: a metre over 20 000 km, seen 100 km apart.
const ORBIT_SIGMA_M: f64 = 0.005;
/// After a restart a zenith delay is trusted no more than this, one sigma, m.
const RESTORED_SIGMA_MIN_M: f64 = 0.01;
/// A zenith delay that changes at once by so many of its sigmas and by so much, m, is not believed.
const JUMP_SIGMAS: f64 = 3.0;
/// The least that counts as a jump.
const JUMP_MIN_M: f64 = 0.01;
/// A residual beyond so many sigmas takes no part: its level may be wrong.
const OUTLIER_SIGMAS: f64 = 5.0;
/// And beyond this, m, so that small networks do not lose what fits badly by chance.
const OUTLIER_MIN_M: f64 = 0.04;

/// Zenith delays with their covariance.
#[derive(Clone, Debug)]
pub struct ZenithFilter {
    delays_m: DVector<f64>,
    covariance_m2: DMatrix<f64>,
    last: Option<GpsTime>,
}

/// Zenith delays with their covariance, as solved for.
type Delays = (DVector<f64>, DMatrix<f64>);

/// What is left of each phase, by station and satellite.
pub type Residuals = BTreeMap<(usize, Satellite), f64>;

impl ZenithFilter {
    /// For so many stations, of which nothing is known.
    pub fn new(stations: usize) -> Self {
        let common = COMMON_SIGMA_M * COMMON_SIGMA_M;
        let own = OWN_SIGMA_M * OWN_SIGMA_M;
        let covariance_m2 =
            DMatrix::from_fn(stations, stations, |i, j| common + if i == j { own } else { 0.0 });
        Self { delays_m: DVector::zeros(stations), covariance_m2, last: None }
    }

    /// A station's zenith wet delay beyond the model's and its standard deviation, m.
    pub fn delay(&self, station: usize) -> (f64, f64) {
        (self.delays_m[station], self.covariance_m2[(station, station)].max(0.0).sqrt())
    }

    /// The difference of two stations' delays, second less first, and its standard deviation, m.
    pub fn difference(&self, first: usize, second: usize) -> (f64, f64) {
        let p = &self.covariance_m2;
        let variance = p[(first, first)] + p[(second, second)] - 2.0 * p[(first, second)];
        (self.delays_m[second] - self.delays_m[first], variance.max(0.0).sqrt())
    }

    /// The mean of two stations' delays and its standard deviation, m.
    pub fn mean(&self, first: usize, second: usize) -> (f64, f64) {
        let p = &self.covariance_m2;
        let variance = (p[(first, first)] + p[(second, second)] + 2.0 * p[(first, second)]) / 4.0;
        (f64::midpoint(self.delays_m[first], self.delays_m[second]), variance.max(0.0).sqrt())
    }

    /// The standard deviation of each of `stations`' delays against the mean of them all, m: what all share is known worse, and tells nothing
    /// of how they differ.
    pub fn sigmas_apart_m(&self, stations: &[usize]) -> Vec<f64> {
        let p = &self.covariance_m2;
        let share = 1.0 / stations.len().max(1) as f64;
        let with_mean =
            |one: &usize| stations.iter().map(|all| p[(*one, *all)]).sum::<f64>() * share;
        let with_mean: Vec<f64> = stations.iter().map(with_mean).collect();
        let of_mean = with_mean.iter().sum::<f64>() * share;
        let variance_m2 = |(one, with): (&usize, &f64)| p[(*one, *one)] - 2.0 * with + of_mean;
        stations.iter().zip(&with_mean).map(|one| variance_m2(one).max(0.0).sqrt()).collect()
    }

    /// Forgets what was known of a station: it was away, or somewhere else.
    pub fn forget(&mut self, station: usize) {
        let n = self.delays_m.len();
        for other in 0..n {
            self.covariance_m2[(station, other)] = 0.0;
            self.covariance_m2[(other, station)] = 0.0;
        }
        self.covariance_m2[(station, station)] = COMMON_SIGMA_M.powi(2) + OWN_SIGMA_M.powi(2);
        self.delays_m[station] = 0.0;
    }

    /// Takes over what was known of a station before a restart; what stations had in common is taken for their own.
    pub fn restore(&mut self, station: usize, delay_m: f64, sigma_m: f64) {
        self.forget(station);
        self.delays_m[station] = delay_m;
        self.covariance_m2[(station, station)] = sigma_m.max(RESTORED_SIGMA_MIN_M).powi(2);
    }

    /// Takes an epoch in: `links` has one list for each station. Gives what is left of each phase after clocks, satellites and zenith
    /// delays.
    pub fn step(&mut self, time: GpsTime, links: &[Vec<Levelled>]) -> Residuals {
        let span_s = self.last.map_or(f64::INFINITY, |last| (time - last).seconds());
        let updates = span_s >= UPDATE_S;
        let mut left_out = Vec::new();
        let mut residuals = self.solve(links, &left_out, None).1;
        // Once more without what contradicts, so that one wrong level does not bend its neighbours.
        for (key, residual_m) in &residuals {
            let sigma_m = link_to(links, key.0, key.1)
                .map_or(f64::INFINITY, |l| l.free_sigma_m.hypot(ORBIT_SIGMA_M));
            if residual_m.abs() > (OUTLIER_SIGMAS * sigma_m).max(OUTLIER_MIN_M) {
                left_out.push(*key);
            }
        }
        if updates {
            let span_s = span_s.min(3_600.0);
            for i in 0..self.delays_m.len() {
                self.covariance_m2[(i, i)] += WALK * WALK * span_s;
            }
            self.last = Some(time);
        }
        if updates || !left_out.is_empty() {
            let inflation = updates.then(|| (PHASE_INDEPENDENT_S / span_s).max(1.0));
            let (mut solved, mut left) = self.solve(links, &left_out, inflation);
            let jumped =
                solved.as_ref().map_or_else(Vec::new, |(delays_m, _)| self.jumps(delays_m));
            if !jumped.is_empty() {
                // No weather does that: something is wrong with these stations' levels, and their zenith delays stand meanwhile.
                for station in jumped {
                    left_out.extend(links[station].iter().map(|l| (station, l.satellite)));
                }
                (solved, left) = self.solve(links, &left_out, inflation);
            }
            if let Some((delays_m, covariance_m2)) = solved {
                self.delays_m = delays_m;
                self.covariance_m2 = covariance_m2;
            }
            residuals = left;
        }
        residuals
    }

    /// Stations whose zenith delay would jump.
    fn jumps(&self, delays_m: &DVector<f64>) -> Vec<usize> {
        let is_jump = |station: &usize| {
            let (before_m, sigma_m) = self.delay(*station);
            let change_m = (delays_m[*station] - before_m).abs();
            change_m > (JUMP_SIGMAS * sigma_m).max(JUMP_MIN_M)
        };
        (0..self.delays_m.len()).filter(is_jump).collect()
    }

    /// Solves for clocks and satellites, and for zenith delays too if their phases' variance is told.
    fn solve(
        &self,
        links: &[Vec<Levelled>],
        left_out: &[(usize, Satellite)],
        zenith_inflation: Option<f64>,
    ) -> (Option<Delays>, Residuals) {
        let mut normal = Normal::of(links, self.delays_m.len());
        for (station, of_station) in links.iter().enumerate() {
            for group in Group::ALL {
                let of_group: Vec<&Levelled> = of_station
                    .iter()
                    .filter(|l| l.group == group && !left_out.contains(&(station, l.satellite)))
                    .collect();
                normal.add(station, &of_group, (self.delays_m[station], group));
            }
        }
        let (corrected, satellites) = match zenith_inflation.map(|i| normal.with_zenith(self, i)) {
            Some(Some((delays_m, covariance_m2, satellites))) => {
                (Some((delays_m, covariance_m2)), satellites)
            }
            Some(None) | None => (None, normal.satellites_alone()),
        };
        let delays_m = corrected.as_ref().map_or(&self.delays_m, |(delays_m, _)| delays_m);
        let left = normal.left(links, left_out, delays_m, &satellites);
        (corrected, left)
    }
}

/// The equations with the stations' clocks eliminated.
struct Normal {
    satellites: BTreeMap<Satellite, usize>,
    /// Zenith delays by themselves; a diagonal, since each station has its own.
    zenith: DVector<f64>,
    /// Zenith delays (rows) and satellites (columns).
    cross: DMatrix<f64>,
    satellite: DMatrix<f64>,
    right_zenith: DVector<f64>,
    right_satellite: DVector<f64>,
}

impl Normal {
    fn of(links: &[Vec<Levelled>], stations: usize) -> Self {
        let mut satellites = BTreeMap::new();
        for link in links.iter().flatten() {
            satellites.insert(link.satellite, 0);
        }
        for (place, (_, index)) in satellites.iter_mut().enumerate() {
            *index = place;
        }
        let count = satellites.len();
        Self {
            satellites,
            zenith: DVector::zeros(stations),
            cross: DMatrix::zeros(stations, count),
            satellite: DMatrix::from_diagonal_element(count, count, FREE_SIGMA_M.powi(-2)),
            right_zenith: DVector::zeros(stations),
            right_satellite: DVector::zeros(count),
        }
    }

    /// Adds the phases of one station's group, about the zenith delay known before. GLONASS says nothing of zenith delays: what its channels
    /// have left of code biases would be taken for weather, and spoil the other systems.
    fn add(&mut self, station: usize, links: &[&Levelled], (delay_m, group): (f64, Group)) {
        if links.len() < 2 {
            return;
        }
        let weight = |l: &Levelled| 1.0 / (l.free_sigma_m.powi(2) + ORBIT_SIGMA_M.powi(2));
        let total: f64 = links.iter().map(|l| weight(l)).sum();
        let value = |l: &Levelled| l.free_m - l.wet_mapping * delay_m;
        let mean = links.iter().map(|l| weight(l) * value(l)).sum::<f64>() / total;
        let mean_mapping = links.iter().map(|l| weight(l) * l.wet_mapping).sum::<f64>() / total;
        let known: Vec<(usize, f64)> =
            links.iter().map(|l| (self.satellites[&l.satellite], weight(l))).collect();
        for (l, (i, w)) in links.iter().zip(&known) {
            let (i, w) = (*i, *w);
            let (y, m) = (value(l) - mean, l.wet_mapping - mean_mapping);
            if group != Group::Glonass {
                self.zenith[station] += w * m * m;
                self.right_zenith[station] += w * m * y;
                self.cross[(station, i)] += w * m;
            }
            self.right_satellite[i] += w * y;
            self.satellite[(i, i)] += w;
            for (j, other) in &known {
                self.satellite[(*j, i)] -= w * other / total;
            }
        }
    }

    fn satellites_alone(&self) -> DVector<f64> {
        Cholesky::new(self.satellite.clone()).map_or_else(
            || self.right_satellite.clone() * 0.0,
            |root| root.solve(&self.right_satellite),
        )
    }

    /// Zenith delays, their covariance, and satellites; none if the equations are not regular.
    fn with_zenith(
        &self,
        before: &ZenithFilter,
        inflation: f64,
    ) -> Option<(DVector<f64>, DMatrix<f64>, DVector<f64>)> {
        let root = Cholesky::new(self.satellite.clone())?;
        let reduced = root.solve(&self.cross.transpose());
        let mut information = inverse(&before.covariance_m2)?;
        information -= &self.cross * &reduced / inflation;
        for (i, own) in self.zenith.iter().enumerate() {
            information[(i, i)] += own / inflation;
        }
        let right = (&self.right_zenith - reduced.transpose() * &self.right_satellite) / inflation;
        let covariance_m2 = inverse(&information)?;
        let change = &covariance_m2 * &right;
        let satellites = root.solve(&(&self.right_satellite - self.cross.transpose() * &change));
        Some((&before.delays_m + change, covariance_m2, satellites))
    }

    /// What is left of each phase. Those that took no part are judged by the others' clock.
    fn left(
        &self,
        links: &[Vec<Levelled>],
        left_out: &[(usize, Satellite)],
        delays_m: &DVector<f64>,
        satellites: &DVector<f64>,
    ) -> Residuals {
        let mut left = Residuals::new();
        for (station, of_station) in links.iter().enumerate() {
            for group in Group::ALL {
                let rest = |l: &Levelled| {
                    l.free_m
                        - l.wet_mapping * delays_m[station]
                        - satellites[self.satellites[&l.satellite]]
                };
                let of_group = || of_station.iter().filter(|l| l.group == group);
                let (mut sum, mut total) = (0.0, 0.0);
                for l in of_group().filter(|l| !left_out.contains(&(station, l.satellite))) {
                    let weight = l.free_sigma_m.powi(-2);
                    sum += weight * rest(l);
                    total += weight;
                }
                if total > 0.0 {
                    left.extend(
                        of_group().map(|l| ((station, l.satellite), rest(l) - sum / total)),
                    );
                }
            }
        }
        left
    }
}
