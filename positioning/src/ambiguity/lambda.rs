//! LAMBDA: integer least squares by decorrelation and search.
//!
//! Teunissen (1995), J. Geodesy 70, 65-82, for the method; de Jonge & Tiberius (1996), LGR series 12, for the factorisation and the
//! decorrelation; Chang, Yang & Zhou (2005), J. Geodesy 79, 552-565 (MLAMBDA), for the order of permutations and the shrinking
//! search.

use nalgebra::{DMatrix, DVector};

/// How many nodes a search may visit. Well-posed epochs need tens to hundreds; one that needs more would not pass the ratio
/// test either, and must not hold up the stream.
pub const NODES_MAX: usize = 20_000;

/// A pair may be exchanged only if that gains more than rounding would, relative to its variance.
const EXCHANGE_GAIN: f64 = 1e-9;

/// The two best integer vectors and how good they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Integers {
    /// The integer least-squares solution.
    pub best: DVector<f64>,
    /// The second best vector.
    pub second: DVector<f64>,
    /// Squared distance of the best one, in the metric of the covariance.
    pub best_norm: f64,
    /// Squared distance of the second best.
    pub second_norm: f64,
    /// Probability that bootstrapping in the decorrelated space is right: a sharp lower bound of integer least squares'
    /// (Teunissen 1999, J. Geodesy 73, 587-593).
    pub success_rate: f64,
}

/// Why there are no integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoIntegers {
    /// There is nothing to fix, or sizes disagree.
    #[error("there are no ambiguities to fix")]
    Empty,
    /// The covariance is not positive definite: the filter is broken, start it anew.
    #[error("the covariance of the ambiguities is not positive definite")]
    NotPositive,
    /// The search met its bound of nodes: the float solution is too weak.
    #[error("the search visited {NODES_MAX} nodes without an end")]
    TooWide,
    /// Bootstrapping would fail too often: more epochs are needed.
    #[error("the float solution is too weak for the success rate that was asked for")]
    TooWeak,
}

impl Integers {
    /// How many times farther the second best is than the best; infinite if the best is exact.
    pub fn ratio(&self) -> f64 {
        if self.best_norm > 0.0 { self.second_norm / self.best_norm } else { f64::INFINITY }
    }
}

/// The two integer vectors nearest to `float` in the metric of its covariance.
pub fn search(float: &DVector<f64>, covariance: &DMatrix<f64>) -> Result<Integers, NoIntegers> {
    search_above(float, covariance, 0.0)
}

/// The same, if bootstrapping would succeed with at least that probability: where it would not, the search is spared, which there is the
/// longest.
pub fn search_above(
    float: &DVector<f64>,
    covariance: &DMatrix<f64>,
    success_rate_min: f64,
) -> Result<Integers, NoIntegers> {
    let mut space = Decorrelated::of(float, covariance)?;
    space.reduce();
    let success_rate = bootstrapped_success_rate(space.d.as_slice());
    if success_rate < success_rate_min {
        return Err(NoIntegers::TooWeak);
    }
    let (first, second) = space.nearest_two().ok_or(NoIntegers::TooWide)?;
    Ok(Integers {
        best: space.returned(&first.point).ok_or(NoIntegers::NotPositive)?,
        second: space.returned(&second.point).ok_or(NoIntegers::NotPositive)?,
        best_norm: first.norm,
        second_norm: second.norm,
        success_rate,
    })
}

/// With what probability bootstrapping would succeed after decorrelation; 0 for a covariance that is none.
pub fn success_rate(covariance: &DMatrix<f64>) -> f64 {
    let float = DVector::zeros(covariance.nrows());
    let Ok(mut space) = Decorrelated::of(&float, covariance) else { return 0.0 };
    space.reduce();
    bootstrapped_success_rate(space.d.as_slice())
}

/// `∏ (2 Φ(1 / 2σ) - 1)` over conditional variances (Teunissen 1998, J. Geodesy 72, 606-612).
pub fn bootstrapped_success_rate(conditional_variances: &[f64]) -> f64 {
    let within = |variance: &f64| error_function(1.0 / (2.0 * (2.0 * variance).sqrt()));
    conditional_variances.iter().map(within).product()
}

/// What a number is off the nearest whole one.
fn without_whole(value: f64) -> f64 {
    // Most are near zero, and rounding is dear where the processor has no instruction for it.
    if value.abs() < 0.5 { value } else { value - value.round() }
}

/// erf(x) for x >= 0, to 1.5e-7 (Abramowitz & Stegun, Handbook of Mathematical Functions, 7.1.26).
fn error_function(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let polynomial = [1.061_405_429, -1.453_152_027, 1.421_413_741, -0.284_496_736, 0.254_829_592];
    1.0 - polynomial.iter().fold(0.0, |sum, c| (sum + c) * t) * (-x * x).exp()
}

/// Q = Lᵀ D L with unit lower L, the float vector, and the integer transformation of both so far.
struct Decorrelated {
    /// z = Zᵀ a.
    z: DVector<f64>,
    l: DMatrix<f64>,
    d: DVector<f64>,
    transformation: DMatrix<f64>,
}

/// An integer vector in the decorrelated space.
struct Candidate {
    point: DVector<f64>,
    norm: f64,
}

impl Decorrelated {
    fn of(float: &DVector<f64>, covariance: &DMatrix<f64>) -> Result<Self, NoIntegers> {
        let n = float.len();
        if n == 0 || covariance.shape() != (n, n) {
            return Err(NoIntegers::Empty);
        }
        let mut rest = covariance.clone();
        let mut l = DMatrix::identity(n, n);
        let mut d = DVector::zeros(n);
        for i in (0..n).rev() {
            d[i] = rest[(i, i)];
            if d[i].is_nan() || d[i] <= 0.0 {
                return Err(NoIntegers::NotPositive);
            }
            for j in 0..i {
                l[(i, j)] = rest[(i, j)] / d[i];
            }
            for j in 0..i {
                for k in 0..=j {
                    rest[(j, k)] -= l[(i, j)] * d[i] * l[(i, k)];
                }
            }
        }
        Ok(Self { z: float.clone(), l, d, transformation: DMatrix::identity(n, n) })
    }

    /// Integer Gauss transformations and permutations until no exchange of neighbours sharpens the later one (MLAMBDA, alg. 3.1). Columns
    /// that stay where they are are left as they are: whole parts beside the exchanges change neither the variances nor the search (Xie,
    /// Chang & Al Borno 2011, J. Global Positioning Systems 10, 52-67).
    fn reduce(&mut self) {
        let n = self.d.len();
        let mut j = n.saturating_sub(1);
        while j > 0 {
            let column = j - 1;
            let slope = without_whole(self.l[(j, column)]);
            let exchanged = self.d[column] + slope * slope * self.d[j];
            if exchanged * (1.0 + EXCHANGE_GAIN) < self.d[j] {
                for row in j..n {
                    self.round_off(row, column);
                }
                self.exchange(column, exchanged);
                j = n - 1;
            } else {
                j -= 1;
            }
        }
    }

    /// Takes the whole part of `l[row, column]` off the column.
    fn round_off(&mut self, row: usize, column: usize) {
        let value = self.l[(row, column)];
        let whole = value - without_whole(value);
        if whole == 0.0 {
            return;
        }
        for i in row..self.d.len() {
            self.l[(i, column)] -= whole * self.l[(i, row)];
        }
        for i in 0..self.d.len() {
            self.transformation[(i, column)] -= whole * self.transformation[(i, row)];
        }
        self.z[column] -= whole * self.z[row];
    }

    /// Exchanges ambiguities k and k + 1 and mends the factors (de Jonge & Tiberius 1996, section 3.5).
    fn exchange(&mut self, k: usize, exchanged: f64) {
        let slope = self.l[(k + 1, k)];
        let eta = self.d[k] / exchanged;
        let lambda = self.d[k + 1] * slope / exchanged;
        self.d[k] = eta * self.d[k + 1];
        self.d[k + 1] = exchanged;
        for j in 0..k {
            let (above, below) = (self.l[(k, j)], self.l[(k + 1, j)]);
            self.l[(k, j)] = below - slope * above;
            self.l[(k + 1, j)] = eta * above + lambda * below;
        }
        self.l[(k + 1, k)] = lambda;
        for i in k + 2..self.d.len() {
            self.l.swap((i, k), (i, k + 1));
        }
        self.transformation.swap_columns(k, k + 1);
        self.z.swap_rows(k, k + 1);
    }

    /// Depth-first search from the last ambiguity to the first, the ellipsoid shrinking to the second best found (MLAMBDA, alg.
    /// 3.2). None if the bound of nodes is met.
    fn nearest_two(&self) -> Option<(Candidate, Candidate)> {
        let n = self.d.len();
        let mut found: Vec<Candidate> = Vec::with_capacity(2);
        let mut bound = f64::INFINITY;
        // Per level: the conditional float value, the integer tried, the step to the next one, the norm of the levels above.
        let mut centre = DVector::zeros(n);
        let mut tried: DVector<f64> = DVector::zeros(n);
        let mut step = DVector::zeros(n);
        let mut above = vec![0.0; n + 1];
        let mut level = n - 1;
        self.open(level, &mut centre, &mut tried, &mut step);
        for _ in 0..NODES_MAX {
            let off = centre[level] - tried[level];
            let norm = above[level + 1] + off * off / self.d[level];
            if norm < bound {
                above[level] = norm;
                if level > 0 {
                    level -= 1;
                    self.open(level, &mut centre, &mut tried, &mut step);
                    continue;
                }
                found.push(Candidate { point: tried.clone(), norm });
                found.sort_by(|a, b| a.norm.total_cmp(&b.norm));
                found.truncate(2);
                if let [_, second] = found.as_slice() {
                    bound = second.norm;
                }
            } else if level == n - 1 {
                let second = found.pop()?;
                return found.pop().map(|first| (first, second));
            } else {
                level += 1;
            }
            // The next integer of this level, alternating about the centre.
            tried[level] += step[level];
            step[level] = -step[level] - f64::signum(step[level]);
        }
        None
    }

    /// Begins a level at its nearest integer, given the integers of the levels above it.
    fn open(
        &self,
        level: usize,
        centre: &mut DVector<f64>,
        tried: &mut DVector<f64>,
        step: &mut DVector<f64>,
    ) {
        let mut value = self.z[level];
        for above in level + 1..self.d.len() {
            value -= self.l[(above, level)] * (centre[above] - tried[above]);
        }
        centre[level] = value;
        tried[level] = value.round();
        step[level] = if value >= tried[level] { 1.0 } else { -1.0 };
    }

    /// Back from z to the ambiguities that were asked for: a = Z⁻ᵀ z, whole because det Z = ±1.
    fn returned(&self, point: &DVector<f64>) -> Option<DVector<f64>> {
        let solved = self.transformation.transpose().lu().solve(point)?;
        Some(solved.map(f64::round))
    }
}

#[cfg(test)]
mod tests;
