//! Slips that nobody told: whether whole cycles explain what a satellite's phases did since the last epoch better than the air does.

use nalgebra::{DMatrix, DVector};

use crate::ambiguity::lambda::search;

/// What one carrier did from the last epoch to this one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PhaseStep {
    /// Change of observed minus computed, less the receiver clock's, m.
    pub(super) change_m: f64,
    /// Wavelength, m.
    pub(super) wavelength_m: f64,
    /// How much of the ionosphere on L1 the carrier sees.
    pub(super) ionosphere: f64,
    /// Standard deviation of the change's noise, m.
    pub(super) sigma_m: f64,
}

/// What is expected of a satellite's phases, as standard deviations over the span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Expected {
    /// Of what all carriers share: orbit, clocks, troposphere, m.
    pub(super) common_m: f64,
    /// Of the ionosphere on L1, m.
    pub(super) ionosphere_m: f64,
}

/// What the phases say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verdict {
    /// No whole cycle is needed to explain them. How far they were from what was expected: χ² per carrier.
    Continuous(f64),
    /// They slipped, or jumped by what is neither cycles nor air.
    Broken,
}

/// χ² beyond which whole cycles are looked for: 1 % for one, two and three carriers (shared design, network solver, section 1.6).
const CHI_SQUARE_MAX: [f64; 3] = [6.63, 9.21, 11.34];
/// By how much whole cycles must explain better: odds of e⁷ against them in a Gaussian world, once more than slips are rare.
const GAIN_MIN: f64 = 14.0;
/// Beyond this, what happened is no noise, whatever it was.
const CHI_SQUARE_BROKEN: f64 = 60.0;

/// Judges the steps of all carriers of one satellite together.
pub(super) fn judge(steps: &[PhaseStep], expected: Expected) -> Verdict {
    let count = steps.len();
    if count == 0 {
        return Verdict::Continuous(0.0);
    }
    let common = expected.common_m * expected.common_m;
    let air = expected.ionosphere_m * expected.ionosphere_m;
    let covariance = |i: usize, j: usize| {
        let noise = if i == j { steps[i].sigma_m * steps[i].sigma_m } else { 0.0 };
        common + air * steps[i].ionosphere * steps[j].ionosphere + noise
    };
    let Some(without) = squared_distance(steps, covariance) else { return Verdict::Broken };
    let continuous = Verdict::Continuous(without / count as f64);
    let limit = CHI_SQUARE_MAX[count.min(CHI_SQUARE_MAX.len()) - 1];
    if without <= limit {
        return continuous;
    }
    if without > CHI_SQUARE_BROKEN || !without.is_finite() {
        return Verdict::Broken;
    }
    let cycles = DVector::from_fn(count, |i, _| steps[i].change_m / steps[i].wavelength_m);
    let scaled = DMatrix::from_fn(count, count, |i, j| {
        covariance(i, j) / (steps[i].wavelength_m * steps[j].wavelength_m)
    });
    match search(&cycles, &scaled) {
        Ok(found) if found.best.iter().all(|n| *n == 0.0) => continuous,
        Ok(found) if without - found.best_norm < GAIN_MIN => continuous,
        Ok(_) | Err(_) => Verdict::Broken,
    }
}

/// Carriers that are judged together without room of their own from the heap.
const USUAL_MAX: usize = 4;

/// How far the changes are from none in the metric of their covariance, squared: by the steps of a Cholesky factorisation. None if the
/// covariance is not positive.
fn squared_distance(steps: &[PhaseStep], covariance: impl Fn(usize, usize) -> f64) -> Option<f64> {
    let count = steps.len();
    let (mut usual, mut many) = ([0.0; USUAL_MAX * (USUAL_MAX + 1)], Vec::new());
    let table = if count <= USUAL_MAX {
        usual.as_mut_slice()
    } else {
        many.resize(count * (count + 1), 0.0);
        many.as_mut_slice()
    };
    let (root, white) = table.split_at_mut(count * count);
    let mut sum = 0.0;
    for i in 0..count {
        let mut left_m = steps[i].change_m;
        for j in 0..=i {
            let shared: f64 = (0..j).map(|k| root[i * count + k] * root[j * count + k]).sum();
            let left = covariance(i, j) - shared;
            if i == j {
                root[i * count + i] = Some(left).filter(|left| *left > 0.0)?.sqrt();
            } else {
                root[i * count + j] = left / root[j * count + j];
                left_m -= root[i * count + j] * white[j];
            }
        }
        white[i] = left_m / root[i * count + i];
        sum += white[i] * white[i];
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// L1, L2 and L5 of GPS.
    const CARRIERS: [(f64, f64); 3] = [(0.190_29, 1.0), (0.244_21, 1.646_9), (0.254_83, 1.793_3)];

    #[track_caller]
    fn check(cycles: [i32; 3], air_m: f64, common_m: f64, carriers: usize, is_broken: bool) {
        let step = |i: usize| PhaseStep {
            change_m: common_m - CARRIERS[i].1 * air_m + f64::from(cycles[i]) * CARRIERS[i].0,
            wavelength_m: CARRIERS[i].0,
            ionosphere: CARRIERS[i].1,
            sigma_m: 0.005,
        };
        let steps: Vec<_> = (0..carriers).map(step).collect();
        let quiet = Expected { common_m: 0.005, ionosphere_m: 0.004 };
        assert_eq!(
            judge(&steps, quiet) == Verdict::Broken,
            is_broken,
            "{cycles:?} {air_m} {common_m}"
        );
    }

    #[test]
    fn whole_cycles_are_told_from_a_moving_ionosphere() {
        check([0, 0, 0], 0.0, 0.0, 3, false);
        // Three times what was expected of the air is still air.
        check([0, 0, 0], 0.012, 0.003, 3, false);
        check([1, 0, 0], 0.0, 0.0, 3, true);
        check([0, 1, 0], 0.004, 0.0, 2, true);
        // The pair that geometry-free tests hardly see: 5.4 cm on L1 - L2.
        check([1, 1, 0], 0.0, 0.0, 2, true);
        check([1, 1, 1], 0.004, -0.003, 3, true);
        check([9, 7, 0], 0.0, 0.0, 2, true);
        check([1, 0, 0], 0.0, 0.0, 1, true);
    }

    #[test]
    fn nothing_to_judge_is_continuous() {
        let none = Expected { common_m: 0.005, ionosphere_m: 0.004 };
        assert_eq!(judge(&[], none), Verdict::Continuous(0.0));
    }
}
