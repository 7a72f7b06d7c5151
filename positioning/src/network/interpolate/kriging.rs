//! Universal kriging: the best linear guess of a field above a sloping plane, and how good it is.

use std::collections::BTreeMap;

use nalgebra::{Cholesky, DMatrix, DVector, Matrix3, Vector3};

use crate::network::interpolate::covariance::{Covariance, Nuggets};
use crate::network::plane::PlanePoint;
use crate::network::topology::StationIndex;

/// How many of the nearest stations take part (shared design, network solver, section 0). Farther ones are screened by nearer ones.
pub const NEIGHBOURS_MAX: usize = 12;
/// Stations spread less than this (rms, m) across their line tell no slope across it.
const SPREAD_MIN_M: f64 = 5e3;
/// A slope that no station can tell is zero with this standard deviation, m per m: 20 mm/km at the zenith, above what the crest of a
/// strong equatorial anomaly has.
const SLOPE_SIGMA: f64 = 20e-6;
/// The unit of length in the equations, m. It keeps their numbers near one.
const LENGTH_UNIT_M: f64 = 100e3;

/// Where the plane under the field comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drift {
    /// From the stations alone: planes are reproduced exactly.
    Estimated,
    /// The stations are too few or stand in a line: slopes are held near zero, and the sigma says what that may cost.
    Assumed,
}

/// What each station's value counts at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    shares: Vec<(StationIndex, f64)>,
    variance_m2: f64,
    drift: Drift,
}

/// A place and the stations whose values count there, with the distances between them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Neighbourhood {
    target: PlanePoint,
    near: Vec<(StationIndex, PlanePoint)>,
    drift: Drift,
    /// Between stations, the lower triangle row by row, and from each to the target at the end of its row, m.
    distances_m: Vec<f64>,
    /// How many times the nugget each station's noise variance is; empty where all are alike.
    nuggets: Vec<f64>,
}

/// Weights for one place, computed once for all satellites that the same stations see.
#[derive(Clone, Debug)]
pub struct WeightCache {
    target: PlanePoint,
    covariance: Covariance,
    nuggets: Nuggets,
    by_stations: BTreeMap<Vec<StationIndex>, Option<Weights>>,
}

impl Weights {
    /// The weights for `target` from the nearest of `stations`; none without a station.
    ///
    /// `places` lists all stations of the network. Stations beyond it and places that are no numbers do not take part.
    pub fn solve(
        places: &[PlanePoint],
        stations: &[StationIndex],
        target: PlanePoint,
        covariance: &Covariance,
    ) -> Option<Self> {
        Self::solve_noisy(places, stations, target, covariance, &Nuggets::default())
    }

    /// The same where some stations are noisier than others.
    pub fn solve_noisy(
        places: &[PlanePoint],
        stations: &[StationIndex],
        target: PlanePoint,
        covariance: &Covariance,
        nuggets: &Nuggets,
    ) -> Option<Self> {
        Neighbourhood::of(places, stations, target)?.with(nuggets).weights(covariance)
    }

    /// The field's value at the place, m, from one value for each station of the network; none if one that counts is absent.
    pub fn apply(&self, values_m: &[Option<f64>]) -> Option<f64> {
        self.shares.iter().try_fold(0.0, |sum, (station, share)| {
            let value_m = values_m.get(station.position()).copied().flatten()?;
            Some(sum + share * value_m)
        })
    }

    /// The standard deviation of the field's value at the place, without a station's noise, m.
    pub fn sigma_m(&self) -> f64 {
        self.variance_m2.sqrt()
    }

    /// The standard deviation at `target`, without a station's noise, m, if the field above its plane is like `covariance` and not like what
    /// the weights were made for; none if a station has no place.
    ///
    /// The error of any weights that reproduce the plane: C(0) - 2 Σ wᵢ cᵢ + Σ wᵢ wⱼ Cᵢⱼ, with the noise on the diagonal (Cressie 1993,
    /// section 3.4.5).
    pub fn sigma_under_m(
        &self,
        places: &[PlanePoint],
        target: PlanePoint,
        covariance: &Covariance,
    ) -> Option<f64> {
        let mut variance_m2 = covariance.sill_m2();
        for (row, (station, share)) in self.shares.iter().enumerate() {
            let place = places.get(station.position())?;
            variance_m2 -= 2.0 * share * covariance.between_m2(place.distance_m(target));
            variance_m2 += share * share * (covariance.sill_m2() + covariance.nugget_m2());
            for (other, other_share) in &self.shares[..row] {
                let distance_m = place.distance_m(*places.get(other.position())?);
                variance_m2 += 2.0 * share * other_share * covariance.between_m2(distance_m);
            }
        }
        Some(variance_m2.max(0.0).sqrt())
    }

    /// The sum of the weights' magnitudes: by how much the worst case of the stations' errors is enlarged.
    pub fn amplification(&self) -> f64 {
        self.shares.iter().map(|(_, share)| share.abs()).sum()
    }

    /// The sum of the weights' squares: what of the variance of noise that is one at every station is left in the field's value.
    pub fn noise_gain(&self) -> f64 {
        self.shares.iter().map(|(_, share)| share * share).sum()
    }

    /// The stations that take part, the nearest first, and what they count.
    pub fn shares(&self) -> &[(StationIndex, f64)] {
        &self.shares
    }

    /// Where the plane comes from.
    pub fn drift(&self) -> Drift {
        self.drift
    }
}

impl Neighbourhood {
    /// The nearest of `stations` to `target`; none without a station, or without a place.
    pub(super) fn of(
        places: &[PlanePoint],
        stations: &[StationIndex],
        target: PlanePoint,
    ) -> Option<Self> {
        Self::new(nearest(places, stations, target), target)
    }

    pub(super) fn new(near: Vec<(StationIndex, PlanePoint)>, target: PlanePoint) -> Option<Self> {
        if near.is_empty() || !target.is_finite() {
            return None;
        }
        let drift = if tell_slopes(&near) { Drift::Estimated } else { Drift::Assumed };
        let mut distances_m = Vec::with_capacity(near.len() * (near.len() + 3) / 2);
        for (row, (_, place)) in near.iter().enumerate() {
            distances_m.extend(near[..=row].iter().map(|(_, other)| place.distance_m(*other)));
            distances_m.push(place.distance_m(target));
        }
        Some(Self { target, near, drift, distances_m, nuggets: Vec::new() })
    }

    /// The same with those stations' noise.
    pub(super) fn with(mut self, nuggets: &Nuggets) -> Self {
        if !nuggets.are_alike() {
            self.nuggets = self.stations().map(|station| nuggets.of(station)).collect();
        }
        self
    }

    /// The stations, the nearest first.
    pub(super) fn stations(&self) -> impl Iterator<Item = StationIndex> + '_ {
        self.near.iter().map(|(station, _)| *station)
    }

    /// How alike the field is over those distances if that is its covariance: as a share of its sill, in the order of the distances.
    pub(super) fn likeness(&self, covariance: &Covariance) -> Vec<f64> {
        self.distances_m.iter().map(|distance_m| covariance.likeness(*distance_m)).collect()
    }

    pub(super) fn weights(&self, covariance: &Covariance) -> Option<Weights> {
        self.weights_of(covariance, &self.likeness(covariance))
    }

    /// The weights for a covariance whose range gives that likeness.
    pub(super) fn weights_of(&self, covariance: &Covariance, likeness: &[f64]) -> Option<Weights> {
        let (near, target, count) = (&self.near, self.target, self.near.len());
        let (sill_m2, nugget_m2) = (covariance.sill_m2(), covariance.nugget_m2());
        let begin = |row: usize| row * (row + 3) / 2;
        let times = |row: usize| self.nuggets.get(row).copied().unwrap_or(1.0);
        // The factorisation reads what is on and below the diagonal.
        let noisy = DMatrix::from_fn(count, count, |row, column| {
            let noise = if row == column { nugget_m2 * times(row) } else { 0.0 };
            if row < column { 0.0 } else { sill_m2 * likeness[begin(row) + column] + noise }
        });
        let root = Cholesky::new(noisy)?;
        // Seen from the target, so that the drift there is its constant.
        let mut drift = DMatrix::from_fn(count, 3, |row, column| match column {
            0 => 1.0,
            1 => (near[row].1.east_m - target.east_m) / LENGTH_UNIT_M,
            _ => (near[row].1.north_m - target.north_m) / LENGTH_UNIT_M,
        });
        let mut to_target =
            DVector::from_fn(count, |row, _| sill_m2 * likeness[begin(row) + row + 1]);
        let lower = root.l_dirty();
        // Whitened: the stations' noise and likeness become the identity.
        lower.solve_lower_triangular_unchecked_mut(&mut drift);
        lower.solve_lower_triangular_unchecked_mut(&mut to_target);
        let mut normal = Matrix3::from_fn(|i, j| drift.column(i).dot(&drift.column(j)));
        if self.drift == Drift::Assumed {
            let information = (SLOPE_SIGMA * LENGTH_UNIT_M).powi(-2);
            normal[(1, 1)] += information;
            normal[(2, 2)] += information;
        }
        let explained = Vector3::from_fn(|i, _| drift.column(i).dot(&to_target));
        let left = Vector3::new(1.0, 0.0, 0.0) - explained;
        let multipliers = normal.cholesky()?.solve(&left);
        // Cressie 1993, "Statistics for Spatial Data", eqs. 3.4.63 and 3.4.65, with the noise filtered out.
        let variance_m2 = covariance.sill_m2() - to_target.norm_squared() + left.dot(&multipliers);
        let mut shares = to_target;
        for (column, multiplier) in multipliers.iter().enumerate() {
            shares.axpy(*multiplier, &drift.column(column), 1.0);
        }
        lower.tr_solve_lower_triangular_unchecked_mut(&mut shares);
        let shares = self.stations().zip(shares.iter().copied()).collect();
        Some(Weights { shares, variance_m2: variance_m2.max(0.0), drift: self.drift })
    }
}

impl WeightCache {
    /// An empty store of weights for one place.
    pub fn new(target: PlanePoint, covariance: Covariance, nuggets: Nuggets) -> Self {
        Self { target, covariance, nuggets, by_stations: BTreeMap::new() }
    }

    /// The weights from the stations that have a value. `places` must be the same in every call.
    pub fn weights(&mut self, places: &[PlanePoint], values_m: &[Option<f64>]) -> Option<&Weights> {
        let (target, covariance, nuggets) = (self.target, &self.covariance, &self.nuggets);
        self.by_stations
            .entry(present(values_m))
            .or_insert_with_key(|stations| {
                Weights::solve_noisy(places, stations, target, covariance, nuggets)
            })
            .as_ref()
    }
}

/// The stations that have a value, by index.
pub fn present(values_m: &[Option<f64>]) -> Vec<StationIndex> {
    let indexed = StationIndex::all().zip(values_m);
    indexed.filter(|(_, value)| value.is_some()).map(|(station, _)| station).collect()
}

/// The nearest stations with their places, the nearest first.
fn nearest(
    places: &[PlanePoint],
    stations: &[StationIndex],
    target: PlanePoint,
) -> Vec<(StationIndex, PlanePoint)> {
    let known = |station: &StationIndex| {
        let place = *places.get(station.position())?;
        place.is_finite().then_some((place.distance_m(target), *station, place))
    };
    let mut near: Vec<_> = stations.iter().filter_map(known).collect();
    let order = |a: &(f64, StationIndex, PlanePoint), b: &(f64, StationIndex, PlanePoint)| {
        a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
    };
    if near.len() > NEIGHBOURS_MAX {
        near.select_nth_unstable_by(NEIGHBOURS_MAX, order);
        near.truncate(NEIGHBOURS_MAX);
    }
    near.sort_unstable_by(order);
    near.into_iter().map(|(_, station, place)| (station, place)).collect()
}

/// Whether the stations spread in two directions.
fn tell_slopes(near: &[(StationIndex, PlanePoint)]) -> bool {
    let share = 1.0 / near.len() as f64;
    let mean = |of: fn(PlanePoint) -> f64| near.iter().map(|(_, p)| of(*p)).sum::<f64>() * share;
    let (east, north) = (mean(|p| p.east_m), mean(|p| p.north_m));
    let [mut ee, mut en, mut nn] = [0.0; 3];
    for (_, place) in near {
        let (e, n) = (place.east_m - east, place.north_m - north);
        ee += e * e * share;
        en += e * n * share;
        nn += n * n * share;
    }
    // The smaller eigenvalue of the spread.
    let across_m2 = f64::midpoint(ee, nn) - ((ee - nn) / 2.0).hypot(en);
    across_m2 > SPREAD_MIN_M * SPREAD_MIN_M
}
