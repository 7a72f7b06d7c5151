//! Range and sill from the fields themselves.

use crate::network::interpolate::covariance::{Covariance, Nuggets, RANGE_MAX_M, RANGE_MIN_M};
use crate::network::interpolate::kriging::{Neighbourhood, present};
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
#[derive(Default)]
struct Score {
    sum: f64,
    count: usize,
}

/// A station that is left out, and the fields in which it has those neighbours.
struct Probe<'a> {
    station: StationIndex,
    neighbours: Neighbourhood,
    /// How many times the nugget its own noise variance is.
    times: f64,
    fields: Vec<&'a [Option<f64>]>,
}

/// The covariance whose leave-one-out residuals are the most likely: the predictive log score Σ ln s² + e²/s² is least (Gneiting and
/// Raftery 2007, J. Am. Stat. Assoc. 102, section 7.1). The residuals are free of drift, as the prediction is.
///
/// `fields` have one value for each station, pooled over satellites; the nugget (m²) and how many times it
/// each station's noise is are known from the stations' filters. With too little data
/// the result is `fallback`.
pub fn fit(
    places: &[PlanePoint],
    fields: &[Vec<Option<f64>>],
    (nugget_m2, nuggets): (f64, &Nuggets),
    fallback: Covariance,
) -> Covariance {
    let probes = probes(places, fields, nuggets);
    let range_step = (RANGE_MAX_M / RANGE_MIN_M).powf(1.0 / f64::from(RANGES - 1));
    let range_m = |range: u8| RANGE_MIN_M * range_step.powi(i32::from(range));
    let sigma_m = |sill: u8| SILL_SIGMA_MIN_M * 2.0_f64.powi(i32::from(sill));
    let sigmas_m: Vec<f64> = (0..SILLS).map(sigma_m).collect();
    let coarse = (0..RANGES).map(|range| (range_m(range), sigmas_m.as_slice()));
    let Some(best) = best_of(&probes, nugget_m2, coarse) else { return fallback };
    // Once more around the best, at a third of the step.
    let steps = || (-1..=1).map(|step| f64::from(step) / 3.0);
    let sigmas_m: Vec<f64> =
        steps().map(|sill| best.sill_m2().sqrt() * 2.0_f64.powf(sill)).collect();
    let fine = steps().map(|range| {
        let range_m = best.range_m() * range_step.powf(range);
        (range_m.clamp(RANGE_MIN_M, RANGE_MAX_M), sigmas_m.as_slice())
    });
    best_of(&probes, nugget_m2, fine).unwrap_or(best)
}

/// The stations of each field that are left out, at most [`PROBES_MAX`]. Where fields have the same neighbours around a station, one probe
/// is for all of them.
fn probes<'a>(
    places: &[PlanePoint],
    fields: &'a [Vec<Option<f64>>],
    nuggets: &Nuggets,
) -> Vec<Probe<'a>> {
    let mut probes: Vec<Probe<'a>> = Vec::new();
    for field in fields {
        let stations = present(field);
        let stride = stations.len().div_ceil(PROBES_MAX).max(1);
        for &station in stations.iter().step_by(stride) {
            let others: Vec<_> = stations.iter().copied().filter(|s| *s != station).collect();
            let place = places.get(station.position());
            let near = place.and_then(|place| Neighbourhood::of(places, &others, *place));
            let Some(neighbours) = near.map(|near| near.with(nuggets)) else { continue };
            let same =
                |probe: &&mut Probe<'a>| probe.station == station && probe.neighbours == neighbours;
            if let Some(probe) = probes.iter_mut().find(same) {
                probe.fields.push(field);
            } else {
                let times = nuggets.of(station);
                probes.push(Probe { station, neighbours, times, fields: vec![field] });
            }
        }
    }
    probes
}

/// The best of those ranges (m) with those deviations (m): of the shortest range, if it is as likely as the most likely one.
fn best_of<'a>(
    probes: &[Probe<'_>],
    nugget_m2: f64,
    candidates: impl Iterator<Item = (f64, &'a [f64])>,
) -> Option<Covariance> {
    let mut tried: Vec<(f64, Covariance)> = Vec::new();
    for (range_m, sigmas_m) in candidates {
        let covariances: Vec<Covariance> = sigmas_m
            .iter()
            .filter_map(|sigma_m| Covariance::new(sigma_m * sigma_m, range_m, nugget_m2))
            .collect();
        for (covariance, score) in covariances.iter().zip(scores(probes, &covariances)) {
            if score.count >= RESIDUALS_MIN && score.sum.is_finite() {
                tried.push((score.sum / score.count as f64, *covariance));
            }
        }
    }
    let best = tried.iter().map(|(score, _)| *score).min_by(f64::total_cmp)?;
    let likely = tried.into_iter().filter(|(score, _)| *score <= best + TOLERANCE);
    let shortest =
        likely.min_by(|a, b| a.1.range_m().total_cmp(&b.1.range_m()).then(a.0.total_cmp(&b.0)));
    shortest.map(|(_, covariance)| covariance)
}

/// How badly covariances of one range predict.
fn scores(probes: &[Probe<'_>], covariances: &[Covariance]) -> Vec<Score> {
    let mut scores: Vec<Score> = covariances.iter().map(|_| Score::default()).collect();
    let Some(first) = covariances.first() else { return scores };
    for probe in probes {
        let likeness = probe.neighbours.likeness(first);
        for (covariance, score) in covariances.iter().zip(&mut scores) {
            let Some(weights) = probe.neighbours.weights_of(covariance, &likeness) else {
                continue;
            };
            let variance_m2 = weights.sigma_m().powi(2) + covariance.nugget_m2() * probe.times;
            for field in &probe.fields {
                let measured_m = field.get(probe.station.position()).copied().flatten();
                let Some((told_m, measured_m)) = weights.apply(field).zip(measured_m) else {
                    continue;
                };
                score.sum += variance_m2.ln() + (told_m - measured_m).powi(2) / variance_m2;
                score.count += 1;
            }
        }
    }
    scores
}
