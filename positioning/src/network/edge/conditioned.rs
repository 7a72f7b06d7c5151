//! A Gaussian with further measurements, of which only what is asked for is computed.

use crate::network::edge::gaussian::{Gaussian, Innovation, add};

/// What a Gaussian comes to with measurements that it is not to keep.
///
/// Its covariance is never formed. Each measurement leaves one row, the unknowns' covariances with its innovation in units of that
/// innovation's sigma; the covariance is that of before less the rows' products.
#[derive(Clone, Debug)]
pub(super) struct Conditioned<'a> {
    before: &'a Gaussian,
    means: Vec<f64>,
    rows: Vec<f64>,
}

impl<'a> Conditioned<'a> {
    /// Of which nothing more was measured yet.
    pub(super) fn new(before: &'a Gaussian) -> Self {
        Self { before, means: before.means().to_vec(), rows: Vec::new() }
    }

    pub(super) fn mean(&self, i: usize) -> f64 {
        self.means[i]
    }

    /// Takes in a measurement of the sum of `terms`, if what it finds is admitted. Tells whether it was.
    pub(super) fn take(
        &mut self,
        terms: &[(usize, f64)],
        (measured, variance): (f64, f64),
        admit: impl FnOnce(Innovation) -> bool,
    ) -> bool {
        let n = self.means.len();
        let begun = self.rows.len();
        self.rows.resize(begun + n, 0.0);
        let (taken, row) = self.rows.split_at_mut(begun);
        let mut expected = 0.0;
        for (i, c) in terms {
            expected += c * self.means[*i];
            add(row, *c, self.before.covariances(*i));
        }
        for one in taken.chunks_exact(n) {
            let shared: f64 = terms.iter().map(|(i, c)| c * one[*i]).sum();
            add(row, -shared, one);
        }
        let own: f64 = terms.iter().map(|(i, c)| c * row[*i]).sum();
        let found = Innovation { value: measured - expected, variance: own.max(0.0) + variance };
        let is_sound =
            found.variance > 0.0 && found.variance.is_finite() && found.value.is_finite();
        let admitted = admit(found);
        if !(admitted && is_sound) {
            self.rows.truncate(begun);
            return admitted;
        }
        let share = 1.0 / found.variance.sqrt();
        for value in row.iter_mut() {
            *value *= share;
        }
        add(&mut self.means, found.value * share, row);
        true
    }

    /// What the difference of two unknowns, the first less the second, has in common with each measurement.
    fn shared(&self, (first, second): (usize, usize)) -> impl Iterator<Item = f64> + '_ {
        self.rows.chunks_exact(self.means.len()).map(move |row| row[first] - row[second])
    }

    /// The covariances of differences of two unknowns each, the first less the second: row by row.
    pub(super) fn covariances(&self, differences: &[(usize, usize)]) -> Vec<f64> {
        let shared: Vec<Vec<f64>> = differences.iter().map(|d| self.shared(*d).collect()).collect();
        let mut covariances = Vec::with_capacity(differences.len() * differences.len());
        for ((a, b), one) in differences.iter().zip(&shared) {
            for ((c, d), other) in differences.iter().zip(&shared) {
                let p = |i: usize, j: usize| self.before.covariance(i, j);
                let before = (p(*a, *c) - p(*b, *c)) - (p(*a, *d) - p(*b, *d));
                covariances.push(before - one.iter().zip(other).map(|(x, y)| x * y).sum::<f64>());
            }
        }
        covariances
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Gaussian {
        let mut two = Gaussian::default();
        two.push(1.0, 4.0);
        two.push(0.0, 1.0);
        two
    }

    #[test]
    fn a_measurement_is_the_weighted_mean() {
        let before = two();
        let mut state = Conditioned::new(&before);
        assert!(
            state.take(&[(0, 1.0)], (3.0, 12.0), |found| (found.variance - 16.0).abs() < 1e-12)
        );
        // Weights 1/4 and 1/12: 1 + 2 · 4 / 16, variance 3; the other unknown has 1 and is independent.
        assert!((state.mean(0) - 1.5).abs() < 1e-12);
        assert!((state.covariances(&[(0, 1)])[0] - 4.0).abs() < 1e-12);
    }

    #[test]
    fn a_later_measurement_sees_the_earlier_ones() {
        let before = two();
        let mut state = Conditioned::new(&before);
        state.take(&[(0, 1.0), (1, -1.0)], (2.0, 1e-6), |_| true);
        // Both now follow each other: 1 + 4/5, 0 - 1/5, variances 4/5.
        assert!((state.mean(0) - 1.8).abs() < 1e-5 && (state.mean(1) + 0.2).abs() < 1e-5);
        state.take(&[(1, 1.0)], (0.0, 0.2), |found| {
            (found.variance - 1.0).abs() < 1e-5 && (found.value - 0.2).abs() < 1e-5
        });
        assert!((state.mean(0) - 1.96).abs() < 1e-5, "{}", state.mean(0));
        assert!(state.covariances(&[(0, 1)])[0].abs() < 1e-5);
    }

    #[test]
    fn what_is_not_admitted_or_no_number_changes_nothing() {
        let before = two();
        let mut state = Conditioned::new(&before);
        assert!(!state.take(&[(0, 1.0)], (3.0, 1.0), |_| false));
        assert!(state.take(&[(0, 1.0)], (f64::NAN, 1.0), |_| true));
        assert_eq!((state.mean(0), state.rows.len()), (1.0, 0));
    }
}
