//! A station's own last days, from which its thresholds follow: what is usual at one station is an alarm at another.

use std::collections::VecDeque;

/// Hours that are remembered: three days, so that a day of bad weather does not become the rule.
pub const HOURS_MAX: usize = 72;
/// Hours that are needed before a station is judged by them.
pub const HOURS_MIN: usize = 6;
/// From the median of absolute deviations to a standard deviation, for a normal distribution: 1/Φ⁻¹(3/4).
const SIGMA_PER_MAD: f64 = 1.482_6;

/// Hourly values of one quantity.
#[derive(Clone, Debug, Default)]
pub struct History(VecDeque<f32>);

/// What is usual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usual {
    /// The median.
    pub median: f64,
    /// The standard deviation that the median of absolute deviations stands for: single bad hours do not widen it.
    pub sigma: f64,
}

impl History {
    /// Remembers an hour's value.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "seven digits are enough for what is usual"
    )]
    pub fn add(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        if self.0.len() == HOURS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(value as f32);
    }

    /// What is usual; none before [`HOURS_MIN`] hours.
    pub fn usual(&self) -> Option<Usual> {
        if self.0.len() < HOURS_MIN {
            return None;
        }
        let median = middle(self.0.iter().map(|v| f64::from(*v)).collect());
        let apart = middle(self.0.iter().map(|v| (f64::from(*v) - median).abs()).collect());
        Some(Usual { median, sigma: SIGMA_PER_MAD * apart })
    }
}

impl Usual {
    /// The limit above it: so many sigmas, but at least `floor` above the median.
    pub fn above(self, sigmas: f64, floor: f64) -> f64 {
        self.median + (sigmas * self.sigma).max(floor)
    }

    /// The limit below it.
    pub fn below(self, sigmas: f64, floor: f64) -> f64 {
        self.median - (sigmas * self.sigma).max(floor)
    }
}

/// The median of a list that is not empty.
fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len().is_multiple_of(2) {
        f64::midpoint(values[half - 1], values[half])
    } else {
        values[half]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_hour_neither_moves_the_median_nor_widens_the_limit() {
        let mut history = History::default();
        for value in [1.0, 1.1, 0.9, 1.0, 1.05] {
            history.add(value);
            assert_eq!(history.usual(), None);
        }
        history.add(50.0);
        let usual = history.usual().unwrap();
        assert!((usual.median - 1.025).abs() < 1e-6 && usual.sigma < 0.2, "{usual:?}");
        assert!((usual.above(0.0, 0.5) - 1.525).abs() < 1e-6);
        assert!((usual.below(0.0, 0.5) - 0.525).abs() < 1e-6);
    }

    #[test]
    fn it_is_bounded_and_takes_numbers_only() {
        let mut history = History::default();
        for hour in 0..1_000_u16 {
            history.add(hour.into());
            history.add(f64::NAN);
        }
        assert_eq!(history.0.len(), HOURS_MAX);
        assert!(history.usual().unwrap().median > 900.0);
    }
}
