//! Leave one out: what the other stations say about each, against what it says itself.

use crate::network::interpolate::covariance::{Covariance, Nuggets};
use crate::network::interpolate::kriging::{NEIGHBOURS_MAX, Neighbourhood, Weights};
use crate::network::plane::PlanePoint;
use crate::network::topology::StationIndex;

/// A station, and the weights of the others at its place.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    station: StationIndex,
    weights: Weights,
    sigma_m: f64,
}

/// What the others predict for a station, less what it measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Residual {
    /// The station.
    pub station: StationIndex,
    /// Predicted less measured, m.
    pub error_m: f64,
    /// What was to be expected of it, m: the prediction's own sigma and the station's noise.
    pub sigma_m: f64,
}

/// The weights for each of `wanted` from all other `stations`. They serve every satellite that the same stations see.
///
/// A station without others is not in the result.
pub fn leave_each_out(
    places: &[PlanePoint],
    stations: &[StationIndex],
    wanted: impl IntoIterator<Item = StationIndex>,
    covariance: &Covariance,
) -> Vec<LeftOut> {
    let mut result = Vec::new();
    for station in wanted {
        let others: Vec<_> = stations.iter().copied().filter(|other| *other != station).collect();
        let place = places.get(station.position());
        let solved = place.and_then(|place| Weights::solve(places, &others, *place, covariance));
        result.extend(solved.map(|weights| LeftOut::new(station, weights, covariance, 1.0)));
    }
    result
}

/// Every station left out of any field, with the weights of those neighbours that have a value there.
///
/// Fields miss a station here and there; around most stations they have the same neighbours, whose weights are solved for once.
#[derive(Clone, Debug, Default)]
pub struct LeaveOneOut {
    /// By station, the others, the nearest first.
    others: Vec<Vec<StationIndex>>,
    /// By station, for each set of neighbours that was met.
    known: Vec<Vec<Known>>,
}

/// A set of neighbours, the nearest first, and what they tell; none if their equations have no solution.
type Known = (Vec<StationIndex>, Option<LeftOut>);

/// Sets of neighbours whose weights are kept at one station. Beyond, all are solved for anew.
const SETS_MAX: usize = 64;

impl LeaveOneOut {
    /// Of stations at these places. Those whose place is no number take no part.
    pub fn new(places: &[PlanePoint]) -> Self {
        let stations = || StationIndex::all().zip(places);
        let others = stations().map(|(station, place)| {
            let mut others: Vec<(f64, StationIndex)> = stations()
                .filter(|(other, there)| *other != station && there.is_finite())
                .map(|(other, there)| (there.distance_m(*place), other))
                .collect();
            others.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            others.into_iter().map(|(_, other)| other).collect()
        });
        Self { others: others.collect(), known: vec![Vec::new(); places.len()] }
    }

    /// Forgets all weights: the covariance is another one.
    pub fn forget(&mut self) {
        self.known.iter_mut().for_each(Vec::clear);
    }

    /// The residuals of all stations in one field, whose covariance and nuggets must be the same until [`LeaveOneOut::forget`].
    pub fn residuals(
        &mut self,
        places: &[PlanePoint],
        values_m: &[Option<f64>],
        model: (&Covariance, &Nuggets),
    ) -> Vec<Residual> {
        self.residuals_with(places, values_m, model, |_, _| None)
    }

    /// The same where more than weights is known of the field: `beyond` tells what is to be added to a prediction by those weights, and its
    /// own sigma, m.
    pub fn residuals_with(
        &mut self,
        places: &[PlanePoint],
        values_m: &[Option<f64>],
        (covariance, nuggets): (&Covariance, &Nuggets),
        beyond: impl Fn(StationIndex, &Weights) -> Option<(f64, f64)>,
    ) -> Vec<Residual> {
        let mut residuals = Vec::with_capacity(values_m.len());
        let has_value = |s: &&StationIndex| values_m.get(s.position()).is_some_and(Option::is_some);
        for (station, place) in StationIndex::all().zip(places) {
            let at = station.position();
            if !has_value(&&station) {
                continue;
            }
            let near = || self.others[at].iter().filter(has_value).take(NEIGHBOURS_MAX);
            let of_station = &self.known[at];
            let met = of_station.iter().position(|(set, _)| set.iter().eq(near()));
            let met = met.unwrap_or_else(|| {
                let set: Vec<StationIndex> = near().copied().collect();
                let near = set.iter().map(|s| (*s, places[s.position()])).collect();
                let weights = Neighbourhood::new(near, *place)
                    .and_then(|near| near.with(nuggets).weights(covariance));
                let times = nuggets.of(station);
                let left_out =
                    weights.map(|weights| LeftOut::new(station, weights, covariance, times));
                let known = &mut self.known[at];
                if known.len() == SETS_MAX {
                    known.clear();
                }
                known.push((set, left_out));
                known.len() - 1
            });
            let Some(left_out) = self.known[at][met].1.as_ref() else { continue };
            let Some(residual) = left_out.residual(values_m) else { continue };
            residuals.push(match beyond(station, &left_out.weights) {
                Some((beyond_m, sigma_m)) => Residual {
                    error_m: residual.error_m + beyond_m,
                    sigma_m: residual.sigma_m.hypot(sigma_m),
                    ..residual
                },
                None => residual,
            });
        }
        residuals
    }
}

impl LeftOut {
    /// Of a station whose noise variance is so many `times` the nugget.
    fn new(station: StationIndex, weights: Weights, covariance: &Covariance, times: f64) -> Self {
        let sigma_m = (weights.sigma_m().powi(2) + covariance.nugget_m2() * times).sqrt();
        Self { station, weights, sigma_m }
    }

    /// The station that is left out.
    pub fn station(&self) -> StationIndex {
        self.station
    }

    /// What the others count at its place.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// The residual in one field; none if the station or one that counts has no value.
    pub fn residual(&self, values_m: &[Option<f64>]) -> Option<Residual> {
        let measured_m = values_m.get(self.station.position()).copied().flatten()?;
        let error_m = self.weights.apply(values_m)? - measured_m;
        Some(Residual { station: self.station, error_m, sigma_m: self.sigma_m })
    }
}
