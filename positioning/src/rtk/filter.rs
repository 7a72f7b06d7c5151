//! A Kalman filter whose unknowns come and go by name.

use std::collections::BTreeMap;

use nalgebra::{Cholesky, DMatrix, DVector};
use tianshu_gnss::satellite::Satellite;

/// An unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unknown {
    /// Coordinate of the rover, 0 to 2, m.
    Position(usize),
    /// Zenith wet delay of the rover beyond the model's, against the base, m.
    Troposphere,
    /// Slant ionosphere on the reference carrier, rover minus base, m.
    Ionosphere(Satellite),
    /// Single-difference ambiguity of a carrier, cycles.
    Ambiguity(Satellite, char),
}

/// Estimates and their covariance.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    places: BTreeMap<Unknown, usize>,
    pub(super) x: DVector<f64>,
    pub(super) p: DMatrix<f64>,
}

/// Linearised measurements: `innovation = design · correction + noise`.
pub(super) struct Measurements {
    pub(super) innovation: DVector<f64>,
    pub(super) design: DMatrix<f64>,
    pub(super) noise: DMatrix<f64>,
}

impl Filter {
    pub(super) fn place(&self, unknown: Unknown) -> Option<usize> {
        self.places.get(&unknown).copied()
    }

    pub(super) fn value(&self, unknown: Unknown) -> Option<f64> {
        self.place(unknown).map(|i| self.x[i])
    }

    pub(super) fn len(&self) -> usize {
        self.x.len()
    }

    pub(super) fn unknowns(&self) -> impl Iterator<Item = Unknown> {
        self.places.keys().copied()
    }

    /// Begins an unknown, known or not before, independent of all others.
    pub(super) fn begin(&mut self, unknown: Unknown, value: f64, sigma: f64) {
        let i = self.place(unknown).unwrap_or_else(|| {
            let n = self.len();
            self.x = std::mem::take(&mut self.x).push(0.0);
            self.p = std::mem::take(&mut self.p).resize(n + 1, n + 1, 0.0);
            self.places.insert(unknown, n);
            n
        });
        self.x[i] = value;
        self.p.row_mut(i).fill(0.0);
        self.p.column_mut(i).fill(0.0);
        self.p[(i, i)] = sigma * sigma;
    }

    /// Adds to an unknown's variance what it may have moved by.
    pub(super) fn diffuse(&mut self, unknown: Unknown, variance: f64) {
        if let Some(i) = self.place(unknown) {
            self.p[(i, i)] += variance;
        }
    }

    /// Forgets unknowns.
    pub(super) fn forget(&mut self, is_forgotten: impl Fn(Unknown) -> bool) {
        let gone: Vec<(Unknown, usize)> =
            self.places.iter().map(|(u, i)| (*u, *i)).filter(|(u, _)| is_forgotten(*u)).collect();
        let mut places: Vec<usize> = gone.iter().map(|(_, i)| *i).collect();
        places.sort_unstable();
        for (unknown, _) in &gone {
            self.places.remove(unknown);
        }
        for place in self.places.values_mut() {
            *place -= places.partition_point(|gone| gone < place);
        }
        self.x = std::mem::take(&mut self.x).remove_rows_at(&places);
        self.p = std::mem::take(&mut self.p).remove_rows_at(&places).remove_columns_at(&places);
    }

    /// The measurement update (Teunissen & Montenbruck 2017, eq. 22.95 ff.). False, with nothing changed, if the innovation's
    /// covariance is not positive definite.
    pub(super) fn update(&mut self, m: &Measurements) -> bool {
        let cross = &self.p * m.design.transpose();
        let innovation_covariance = &m.design * &cross + &m.noise;
        let Some(factor) = Cholesky::new(innovation_covariance) else { return false };
        let gain_transposed = factor.solve(&cross.transpose());
        self.x += gain_transposed.transpose() * &m.innovation;
        self.p -= &cross * gain_transposed;
        // Rounding must not tear the halves apart over thousands of epochs.
        self.p = (&self.p + self.p.transpose()) * 0.5;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknowns_come_and_go_and_keep_their_values() {
        let mut filter = Filter::default();
        for i in 0..3 {
            filter.begin(Unknown::Position(i), 10.0 + i as f64, 2.0);
        }
        filter.begin(Unknown::Troposphere, 0.5, 0.1);
        filter.p[(0, 3)] = 0.01;
        filter.p[(3, 0)] = 0.01;
        filter.forget(|u| u == Unknown::Position(1));
        assert_eq!(filter.value(Unknown::Position(2)), Some(12.0));
        assert_eq!(filter.value(Unknown::Position(1)), None);
        let (a, b) = (filter.place(Unknown::Position(0)), filter.place(Unknown::Troposphere));
        let (a, b) = (a.expect("kept"), b.expect("kept"));
        assert!((filter.p[(a, b)] - 0.01).abs() < 1e-15, "covariances move along");
        filter.begin(Unknown::Troposphere, 0.0, 1.0);
        assert!(filter.p[(a, b)].abs() < 1e-15, "a beginning forgets them");
    }

    #[test]
    fn an_update_is_the_weighted_mean() {
        let mut filter = Filter::default();
        filter.begin(Unknown::Troposphere, 1.0, 2.0);
        let m = Measurements {
            innovation: DVector::from_element(1, 3.0),
            design: DMatrix::from_element(1, 1, 1.0),
            noise: DMatrix::from_element(1, 1, 12.0),
        };
        assert!(filter.update(&m));
        // Weights 1/4 and 1/12: 1 + 3 · 4 / 16, variance 3.
        assert!((filter.x[0] - 1.75).abs() < 1e-12 && (filter.p[(0, 0)] - 3.0).abs() < 1e-12);
    }
}
