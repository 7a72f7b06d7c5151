//! Estimates with their covariance, updated by measurements that share an unknown clock.

/// A Gaussian vector: means and covariance, the covariance in full and row by row.
#[derive(Clone, Debug, Default)]
pub(super) struct Gaussian {
    x: Vec<f64>,
    p: Vec<f64>,
    /// Room for an update's tables, kept so that none allocates.
    room: Vec<f64>,
}

/// A sum of a few unknowns times their coefficients.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sum {
    terms: [(usize, f64); TERMS_MAX],
    count: usize,
}

/// Unknowns that one measurement touches at most: two of the troposphere, ionosphere and ambiguity.
const TERMS_MAX: usize = 4;

/// A measurement of a sum of unknowns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measurement {
    pub(super) of: Sum,
    pub(super) measured: f64,
    pub(super) variance: f64,
}

impl Sum {
    /// The sum of those places times those coefficients.
    pub(super) fn of<const N: usize>(terms: [(usize, f64); N]) -> Self {
        const { assert!(N <= TERMS_MAX, "a measurement touches few unknowns") };
        let mut all = [(0, 0.0); TERMS_MAX];
        all[..N].copy_from_slice(&terms);
        Self { terms: all, count: N }
    }

    pub(super) fn terms(&self) -> &[(usize, f64)] {
        &self.terms[..self.count]
    }
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

    pub(super) fn means(&self) -> &[f64] {
        &self.x
    }

    pub(super) fn covariance(&self, i: usize, j: usize) -> f64 {
        self.p[i * self.x.len() + j]
    }

    /// An unknown's covariances with all.
    pub(super) fn covariances(&self, i: usize) -> &[f64] {
        let n = self.x.len();
        &self.p[i * n..(i + 1) * n]
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

    /// Takes measurements in that have an unknown of their own in common, a clock, of which nothing is known. Numbers that are none change
    /// nothing.
    ///
    /// The measurements are weighted and reflected (Householder 1958, J. ACM 5, p. 339) so that the clock is in the first one alone, which
    /// is let go, and taken in together: all but the last step costs less than a single one would that touches the covariance.
    pub(super) fn update_sharing_clock(&mut self, all: &[Measurement]) {
        let (n, m) = (self.x.len(), all.len());
        if m < 2 {
            return;
        }
        let mut room = std::mem::take(&mut self.room);
        room.clear();
        room.resize(m * n + m * m + 2 * m + n.max(m), 0.0);
        let (products, rest) = room.split_at_mut(m * n);
        let (inner, rest) = rest.split_at_mut(m * m);
        let (values, rest) = rest.split_at_mut(m);
        let (mirror, shadow) = rest.split_at_mut(m);
        for ((one, weight), (row, value)) in all
            .iter()
            .zip(mirror.iter_mut())
            .zip(products.chunks_exact_mut(n).zip(values.iter_mut()))
        {
            *weight = 1.0 / one.variance.sqrt();
            let mut expected = 0.0;
            for (i, c) in one.of.terms() {
                expected += c * self.x[*i];
                add(row, c * *weight, &self.p[i * n..(i + 1) * n]);
            }
            *value = *weight * (one.measured - expected);
        }
        for ((one, weight), out) in all.iter().zip(mirror.iter()).zip(inner.chunks_exact_mut(m)) {
            for (out, row) in out.iter_mut().zip(products.chunks_exact(n)) {
                *out = one.of.terms().iter().map(|(i, c)| c * *weight * row[*i]).sum();
            }
        }
        mirror[0] += mirror.iter().map(|w| w * w).sum::<f64>().sqrt();
        reflect(products, n, mirror, shadow);
        reflect(inner, m, mirror, shadow);
        for row in inner.chunks_exact_mut(m) {
            reflect(row, 1, mirror, shadow);
        }
        reflect(values, 1, mirror, shadow);
        if whiten(&mut products[n..], n, inner, &mut values[1..]) {
            self.take_in(&products[n..], &values[1..]);
        }
        self.room = room;
    }

    /// Takes in what was whitened: innovations of unit variance that are independent of each other, and their covariances with the
    /// unknowns, one row for each.
    fn take_in(&mut self, rows: &[f64], values: &[f64]) {
        let n = self.x.len();
        for (row, value) in rows.chunks_exact(n).zip(values) {
            add(&mut self.x, *value, row);
        }
        for (i, own) in self.p.chunks_exact_mut(n).enumerate() {
            let own = &mut own[..=i];
            let mut fours = rows.chunks_exact(4 * n);
            for four in &mut fours {
                let (a, b) = four.split_at(2 * n);
                let ((a, b), (c, d)) = (a.split_at(n), b.split_at(n));
                let by = [a[i], b[i], c[i], d[i]];
                let columns = a.iter().zip(b).zip(c.iter().zip(d));
                for (p, ((a, b), (c, d))) in own.iter_mut().zip(columns) {
                    *p -= (by[0] * a + by[1] * b) + (by[2] * c + by[3] * d);
                }
            }
            for row in fours.remainder().chunks_exact(n) {
                add(own, -row[i], row);
            }
        }
        // What was computed below the diagonal holds above it.
        for i in 1..n {
            for j in 0..i {
                self.p[j * n + i] = self.p[i * n + j];
            }
        }
    }
}

/// Adds a multiple of one row to another.
pub(super) fn add(to: &mut [f64], times: f64, row: &[f64]) {
    for (to, value) in to.iter_mut().zip(row) {
        *to += times * value;
    }
}

/// Reflects the rows of a table, `width` wide: what is along `mirror` changes its sign. `shadow` is room for a row.
fn reflect(table: &mut [f64], width: usize, mirror: &[f64], shadow: &mut [f64]) {
    let shadow = &mut shadow[..width];
    shadow.fill(0.0);
    for (m, row) in mirror.iter().zip(table.chunks_exact(width)) {
        add(shadow, *m, row);
    }
    let scale = -2.0 / mirror.iter().map(|m| m * m).sum::<f64>();
    for (m, row) in mirror.iter().zip(table.chunks_exact_mut(width)) {
        add(row, scale * m, shadow);
    }
}

/// Makes innovations independent and of unit variance, with their covariances with the unknowns (`rows`, `width` wide). `inner` holds
/// what their own covariances have beyond the measurements' unit variances, its first row and column being let go. Tells whether all came
/// out as numbers.
fn whiten(rows: &mut [f64], width: usize, inner: &mut [f64], values: &mut [f64]) -> bool {
    let m = values.len() + 1;
    for k in 1..m {
        let (above, own) = inner.split_at_mut(k * m);
        let own = &mut own[..m];
        let (rows_above, row) = rows.split_at_mut((k - 1) * width);
        let row = &mut row[..width];
        let mut left = own[k];
        for (j, upper) in (1..k).zip(above.chunks_exact(m).skip(1)) {
            let shared: f64 = (1..j).map(|t| own[t] * upper[t]).sum();
            own[j] = (own[j] - shared) / upper[j];
            left -= own[j] * own[j];
            add(row, -own[j], &rows_above[(j - 1) * width..j * width]);
            values[k - 1] -= own[j] * values[j - 1];
        }
        // Rounding must not make the innovation more certain than the measurement.
        own[k] = (left.max(0.0) + 1.0).sqrt();
        let share = 1.0 / own[k];
        for value in row.iter_mut() {
            *value *= share;
        }
        values[k - 1] *= share;
        if !(values[k - 1].is_finite() && left.is_finite() && share > 0.0) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five unknowns that depend on each other.
    fn five() -> Gaussian {
        let mut all = Gaussian::default();
        for i in 0..5 {
            all.push(f64::from(i), 1.0 + f64::from(i));
        }
        all.update_sharing_clock(&[
            measurement(Sum::of([(0, 1.0), (1, 0.5)]), 2.0, 0.3),
            measurement(Sum::of([(2, -1.0), (3, 2.0)]), 1.0, 0.2),
            measurement(Sum::of([(4, 1.0), (1, 1.0)]), 0.0, 0.5),
        ]);
        all
    }

    fn measurement(of: Sum, measured: f64, variance: f64) -> Measurement {
        Measurement { of, measured, variance }
    }

    /// The same with the clock as an unknown of an enormous variance, one measurement after the other.
    fn one_by_one(before: &Gaussian, all: &[Measurement]) -> Gaussian {
        let mut state = before.clone();
        let clock = state.push(0.0, 1e9);
        let n = clock + 1;
        for one in all {
            let mut terms = one.of.terms().to_vec();
            terms.push((clock, 1.0));
            let found = state.innovation(&terms, one.measured, one.variance);
            let column: Vec<f64> = (0..n)
                .map(|i| terms.iter().map(|(j, c)| c * state.covariance(i, *j)).sum())
                .collect();
            for i in 0..n {
                state.x[i] += column[i] * found.value / found.variance;
                for j in 0..n {
                    state.p[i * n + j] -= column[i] * column[j] / found.variance;
                }
            }
        }
        state
    }

    #[test]
    fn measurements_taken_in_together_tell_what_they_tell_one_by_one() {
        let before = five();
        for count in 2..=9 {
            let all: Vec<Measurement> = (0..count)
                .map(|k| {
                    let at = f64::from(k);
                    let place = usize::try_from(k).expect("small") % 4;
                    let of = Sum::of([(place, 1.0 + 0.1 * at), (4, 0.3 - 0.2 * at), (0, 0.1)]);
                    measurement(of, 3.0 - at, 0.1 + 0.05 * at)
                })
                .collect();
            let expected = one_by_one(&before, &all);
            let mut state = before.clone();
            state.update_sharing_clock(&all);
            for i in 0..5 {
                let off = state.mean(i) - expected.mean(i);
                assert!(off.abs() < 1e-6, "{count}: {i} is off by {off}");
                for j in 0..5 {
                    let off = state.covariance(i, j) - expected.covariance(i, j);
                    assert!(off.abs() < 1e-6, "{count}: {i}, {j} are off by {off}");
                    assert_eq!(state.covariance(i, j).to_bits(), state.covariance(j, i).to_bits());
                }
            }
        }
    }

    #[test]
    fn a_single_measurement_tells_its_clock_alone() {
        let before = five();
        let mut state = before.clone();
        state.update_sharing_clock(&[measurement(Sum::of([(0, 1.0)]), 100.0, 0.1)]);
        assert_eq!((&state.x, &state.p), (&before.x, &before.p));
    }

    #[test]
    fn unknowns_come_and_go_and_keep_their_covariances() {
        let mut all = five();
        let (mean, with) = (all.mean(3), all.covariance(1, 3));
        assert!(with.abs() > 1e-3, "{with}");
        all.keep(&[1, 3]);
        assert_eq!((all.x.len(), all.mean(1), all.covariance(0, 1)), (2, mean, with));
        all.reset(0, 7.0, 9.0);
        assert_eq!((all.mean(0), all.covariance(0, 1), all.covariance(0, 0)), (7.0, 0.0, 9.0));
        all.diffuse(0, 1.0);
        assert!((all.covariance(0, 0) - 10.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_number_changes_nothing() {
        let before = five();
        for (measured, variance) in [(f64::NAN, 1.0), (1.0, f64::NAN), (1.0, 0.0), (1.0, -1.0)] {
            let mut state = before.clone();
            let good = measurement(Sum::of([(0, 1.0)]), 1.0, 1.0);
            let bad = measurement(Sum::of([(1, 1.0)]), measured, variance);
            state.update_sharing_clock(&[good, bad]);
            state.update_sharing_clock(&[bad, good]);
            assert_eq!((&state.x, &state.p), (&before.x, &before.p), "{measured} {variance}");
        }
    }
}
