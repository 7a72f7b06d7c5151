//! Estimates with their covariance, updated by one scalar measurement after the other.

/// A Gaussian vector: means and covariance, the covariance in full and row by row.
///
/// A scalar update touches every element once; for the sizes here, 20 to 60 unknowns, that is faster than any blocked form.
#[derive(Clone, Debug, Default)]
pub(super) struct Gaussian {
    x: Vec<f64>,
    p: Vec<f64>,
    /// Room for one column of products, kept so that no update allocates.
    column: Vec<f64>,
}

/// What a scalar measurement found, before the update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Innovation {
    /// Measured less expected.
    pub(super) value: f64,
    /// Its variance, the measurement's own included.
    pub(super) variance: f64,
}

impl Innovation {
    /// Its square in units of its variance.
    pub(super) fn squared_sigmas(self) -> f64 {
        self.value * self.value / self.variance
    }
}

impl Gaussian {
    pub(super) fn mean(&self, i: usize) -> f64 {
        self.x[i]
    }

    pub(super) fn covariance(&self, i: usize, j: usize) -> f64 {
        self.p[i * self.x.len() + j]
    }

    /// Appends an unknown that is independent of all others; tells its place.
    pub(super) fn push(&mut self, mean: f64, variance: f64) -> usize {
        let n = self.x.len();
        let mut grown = vec![0.0; (n + 1) * (n + 1)];
        for i in 0..n {
            grown[i * (n + 1)..i * (n + 1) + n].copy_from_slice(&self.p[i * n..(i + 1) * n]);
        }
        grown[n * (n + 1) + n] = variance;
        self.p = grown;
        self.x.push(mean);
        n
    }

    /// Keeps only the unknowns at those places, in that order.
    pub(super) fn keep(&mut self, places: &[usize]) {
        let n = self.x.len();
        let mut p = Vec::with_capacity(places.len() * places.len());
        for &i in places {
            p.extend(places.iter().map(|&j| self.p[i * n + j]));
        }
        self.x = places.iter().map(|&i| self.x[i]).collect();
        self.p = p;
    }

    /// Begins an unknown anew, independent of all others.
    pub(super) fn reset(&mut self, i: usize, mean: f64, variance: f64) {
        let n = self.x.len();
        for j in 0..n {
            self.p[i * n + j] = 0.0;
            self.p[j * n + i] = 0.0;
        }
        self.p[i * n + i] = variance;
        self.x[i] = mean;
    }

    /// Adds to an unknown's variance what it may have moved by.
    pub(super) fn diffuse(&mut self, i: usize, variance: f64) {
        let n = self.x.len();
        self.p[i * n + i] += variance;
    }

    /// What a measurement of the sum of `coefficients` times the unknowns would find.
    pub(super) fn innovation(
        &self,
        coefficients: &[(usize, f64)],
        measured: f64,
        variance: f64,
    ) -> Innovation {
        let n = self.x.len();
        let expected: f64 = coefficients.iter().map(|(i, c)| c * self.x[*i]).sum();
        let mut own = 0.0;
        for (i, a) in coefficients {
            let row = &self.p[i * n..(i + 1) * n];
            own += a * coefficients.iter().map(|(j, b)| b * row[*j]).sum::<f64>();
        }
        Innovation { value: measured - expected, variance: own.max(0.0) + variance }
    }

    /// Takes a measurement of the sum of `coefficients` times the unknowns in.
    pub(super) fn update(
        &mut self,
        coefficients: &[(usize, f64)],
        measured: f64,
        variance: f64,
    ) -> Innovation {
        let n = self.x.len();
        let mut column = std::mem::take(&mut self.column);
        column.clear();
        column.resize(n, 0.0);
        let mut expected = 0.0;
        for (i, c) in coefficients {
            expected += c * self.x[*i];
            for (sum, p) in column.iter_mut().zip(&self.p[i * n..(i + 1) * n]) {
                *sum += c * p;
            }
        }
        let own: f64 = coefficients.iter().map(|(i, c)| c * column[*i]).sum();
        let found = Innovation { value: measured - expected, variance: own.max(0.0) + variance };
        if found.variance > 0.0 && found.variance.is_finite() && found.value.is_finite() {
            let gain = found.value / found.variance;
            let share = 1.0 / found.variance;
            for (i, row) in self.p.chunks_exact_mut(n).enumerate() {
                self.x[i] += column[i] * gain;
                let scaled = column[i] * share;
                for (p, c) in row.iter_mut().zip(&column) {
                    *p -= scaled * c;
                }
            }
        }
        self.column = column;
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_the_weighted_mean() {
        let mut one = Gaussian::default();
        one.push(1.0, 4.0);
        let before = one.innovation(&[(0, 1.0)], 3.0, 12.0);
        assert_eq!(one.update(&[(0, 1.0)], 3.0, 12.0), before);
        // Weights 1/4 and 1/12: 1 + 2 · 4 / 16, variance 3.
        assert!((one.mean(0) - 1.5).abs() < 1e-12 && (one.covariance(0, 0) - 3.0).abs() < 1e-12);
    }

    #[test]
    fn unknowns_come_and_go_and_keep_their_covariances() {
        let mut all = Gaussian::default();
        for i in 0..4 {
            all.push(f64::from(i), 1.0);
        }
        all.update(&[(1, 1.0), (3, -1.0)], 0.0, 0.5);
        let (mean, with) = (all.mean(3), all.covariance(1, 3));
        assert!((with - 0.4).abs() < 1e-12, "{with}");
        all.keep(&[1, 3]);
        assert_eq!((all.x.len(), all.mean(1), all.covariance(0, 1)), (2, mean, with));
        all.reset(0, 7.0, 9.0);
        assert_eq!((all.mean(0), all.covariance(0, 1), all.covariance(0, 0)), (7.0, 0.0, 9.0));
        all.diffuse(0, 1.0);
        assert!((all.covariance(0, 0) - 10.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_number_changes_nothing() {
        let mut one = Gaussian::default();
        one.push(1.0, 4.0);
        one.update(&[(0, 1.0)], f64::NAN, 1.0);
        assert_eq!((one.mean(0), one.covariance(0, 0)), (1.0, 4.0));
    }
}
