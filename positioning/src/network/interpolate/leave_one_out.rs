//! Leave one out: what the other stations say about each, against what it says itself.

use crate::network::interpolate::covariance::Covariance;
use crate::network::interpolate::kriging::Weights;
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
        if let Some(weights) = solved {
            let sigma_m = (weights.sigma_m().powi(2) + covariance.nugget_m2()).sqrt();
            result.push(LeftOut { station, weights, sigma_m });
        }
    }
    result
}

impl LeftOut {
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
