//! Range and sill from the fields themselves.

use std::collections::BTreeMap;

use crate::network::interpolate::covariance::{Covariance, RANGE_MAX_M, RANGE_MIN_M};
use crate::network::interpolate::kriging::present;
use crate::network::interpolate::leave_one_out::leave_each_out;
use crate::network::plane::PlanePoint;
use crate::network::topology::StationIndex;

/// Stations that are left out in a fit, at most: two numbers need no more, and the cost is bounded.
const PROBES_MAX: usize = 60;
/// Residuals below which nothing is fitted: two numbers from fewer would be noise.
const RESIDUALS_MIN: usize = 20;
/// Ranges that are tried, from the least to the largest, evenly by ratio.
const RANGES: u8 = 7;
/// The field's standard deviations that are tried, m: from the noise of a phase to a disturbed ionosphere, a factor of two apart.
const SILL_SIGMA_MIN_M: f64 = 0.001;
/// How many of them: up to 2 m.
const SILLS: u8 = 12;

/// Candidates whose mean scores differ by less than this are as likely: the one of the shortest range is taken. Stations tell nothing of
/// what is between them, where a long range would promise too much.
const TOLERANCE: f64 = 0.03;

/// How badly a covariance predicted.
struct Score {
    sum: f64,
    count: usize,
}

impl Score {
    fn mean(&self) -> f64 {
        self.sum / self.count as f64
    }
}

/// The covariance whose leave-one-out residuals are the most likely: the predictive log score Σ ln s² + e²/s² is least (Gneiting and
/// Raftery 2007, J. Am. Stat. Assoc. 102, section 7.1). The residuals are free of drift, as the prediction is.
///
/// `fields` have one value for each station, pooled over satellites; `nugget_m2` is known from the stations' filters. With too little data
/// the result is `fallback`.
pub fn fit(
    places: &[PlanePoint],
    fields: &[Vec<Option<f64>>],
    nugget_m2: f64,
    fallback: Covariance,
) -> Covariance {
    let mut by_stations = BTreeMap::<Vec<StationIndex>, Vec<&[Option<f64>]>>::new();
    for field in fields {
        by_stations.entry(present(field)).or_default().push(field);
    }
    let score = |candidate: &Covariance| {
        let (mut sum, mut count) = (0.0, 0_usize);
        for (stations, fields) in &by_stations {
            let stride = stations.len().div_ceil(PROBES_MAX).max(1);
            let probes = stations.iter().copied().step_by(stride);
            for probe in leave_each_out(places, stations, probes, candidate) {
                for residual in fields.iter().filter_map(|field| probe.residual(field)) {
                    let variance_m2 = residual.sigma_m.powi(2);
                    sum += variance_m2.ln() + residual.error_m.powi(2) / variance_m2;
                    count += 1;
                }
            }
        }
        (count >= RESIDUALS_MIN && sum.is_finite()).then_some(Score { sum, count })
    };
    let range_step = (RANGE_MAX_M / RANGE_MIN_M).powf(1.0 / f64::from(RANGES - 1));
    let coarse = (0..RANGES).flat_map(|range| {
        (0..SILLS).map(move |sill| {
            (
                RANGE_MIN_M * range_step.powi(i32::from(range)),
                SILL_SIGMA_MIN_M * 2.0_f64.powi(i32::from(sill)),
            )
        })
    });
    let try_all = |candidates: &mut dyn Iterator<Item = (f64, f64)>| {
        let tried: Vec<(Score, Covariance)> = candidates
            .filter_map(|(range_m, sigma_m)| {
                let covariance = Covariance::new(sigma_m * sigma_m, range_m, nugget_m2)?;
                Some((score(&covariance)?, covariance))
            })
            .collect();
        let best = tried.iter().map(|(score, _)| score.mean()).min_by(f64::total_cmp)?;
        tried.into_iter().filter(|(score, _)| score.mean() <= best + TOLERANCE).min_by(|a, b| {
            let range = |c: &Covariance| c.range_m();
            range(&a.1).total_cmp(&range(&b.1)).then(a.0.mean().total_cmp(&b.0.mean()))
        })
    };
    let Some((_, best)) = try_all(&mut coarse.into_iter()) else { return fallback };
    // Once more around the best, at a third of the step.
    let steps = || (-1..=1).map(|step| f64::from(step) / 3.0);
    let mut fine = steps().flat_map(|range| {
        steps().map(move |sill| {
            let range_m = best.range_m() * range_step.powf(range);
            (range_m.clamp(RANGE_MIN_M, RANGE_MAX_M), best.sill_m2().sqrt() * 2.0_f64.powf(sill))
        })
    });
    try_all(&mut fine).map_or(best, |(_, covariance)| covariance)
}
