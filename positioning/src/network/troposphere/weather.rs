//! How restless the weather is: the covariance of reduced zenith delays, from the last hour of them.

use std::collections::VecDeque;

use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::network::interpolate::covariance::{Covariance, Nuggets};
use crate::network::interpolate::fit::fit;
use crate::network::median::median;
use crate::network::plane::PlanePoint;
use crate::network::troposphere::{NUGGET_M, ZenithField, covariance};

/// Delays are looked at this often: vapour that blows at 10 m/s is other vapour over a station 3 km on.
const LOOK_INTERVAL: Interval = Interval::from_seconds(300);
/// Looks that are remembered: an hour, in which weather stays of one kind.
const LOOKS_MAX: usize = 12;
/// A zenith delay less certain than this is one that the filter is still finding, and tells of the filter, m.
const SIGMA_MAX_M: f64 = 0.006;

/// What the last hour's zenith delays tell of the weather.
#[derive(Clone, Debug, Default)]
pub struct Weather {
    looks: VecDeque<Vec<Option<f64>>>,
    looked: Option<GpsTime>,
    covariance: Option<Covariance>,
}

impl Weather {
    /// How alike the air is over two places; none until enough was seen.
    pub fn covariance(&self) -> Option<Covariance> {
        self.covariance
    }

    /// Whether it is time for another look.
    pub fn is_due(&self, time: GpsTime) -> bool {
        self.looked.is_none_or(|looked| (time - looked).abs() >= LOOK_INTERVAL)
    }

    /// Takes the network's zenith delays of an epoch in. `stations` have one, with these standard deviations against the mean of all, m.
    pub fn follow(
        &mut self,
        time: GpsTime,
        field: &ZenithField,
        stations: &[usize],
        sigmas_m: &[f64],
    ) {
        let mut known = vec![None; field.reduced_m.len()];
        let mut noises_m = Vec::with_capacity(stations.len());
        for (&station, &sigma_m) in stations.iter().zip(sigmas_m) {
            let Some(delay_m) = field.reduced_m.get(station).copied().flatten() else { continue };
            if sigma_m <= SIGMA_MAX_M {
                known[station] = Some(delay_m);
                noises_m.push(sigma_m);
            }
        }
        let Some(noise_m) = median(noises_m) else { return };
        self.looked = Some(time);
        self.looks.push_back(known);
        while self.looks.len() > LOOKS_MAX {
            self.looks.pop_front();
        }
        self.fit(&field.points, noise_m.max(NUGGET_M));
    }

    fn fit(&mut self, points: &[PlanePoint], noise_m: f64) {
        let nobody = covariance();
        let alike = Nuggets::default();
        let fitted = fit(points, self.looks.make_contiguous(), (noise_m * noise_m, &alike), nobody);
        self.covariance = (fitted != nobody).then_some(fitted).or(self.covariance);
    }
}
