//! The inverse of a covariance of hundreds of unknowns, by products of its quarters.

use nalgebra::{Cholesky, DMatrix};

/// Up to this size a matrix is inverted as a whole: its triangles stay in the processor's nearest store.
const WHOLE_MAX: usize = 32;

/// The inverse of a symmetric positive definite matrix; none of another one.
///
/// With the quarters A, B and C below, A⁻¹ and T = B A⁻¹, the inverse of S = C - T Bᵀ (which is symmetric and positive definite again) gives
/// all of it (Boltz 1923; Horn and Johnson, "Matrix Analysis", section 0.7.3). Nearly all work is products of matrices, of which a
/// processor does several times as many as of the steps of a triangular factorisation.
pub(super) fn inverse(matrix: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let n = matrix.nrows();
    if n <= WHOLE_MAX {
        return Cholesky::new(matrix.clone()).map(|root| root.inverse());
    }
    let (half, rest) = (n / 2, n - n / 2);
    let below = matrix.view((half, 0), (rest, half)).into_owned();
    let first = inverse(&matrix.view((0, 0), (half, half)).into_owned())?;
    let through = &below * &first;
    let mut left = matrix.view((half, half), (rest, rest)).into_owned();
    left.gemm(-1.0, &through, &below.transpose(), 1.0);
    let second = inverse(&left)?;
    let across = &second * &through;
    let mut result = DMatrix::zeros(n, n);
    let mut corner = first;
    corner.gemm(1.0, &through.transpose(), &across, 1.0);
    result.view_mut((0, 0), (half, half)).copy_from(&corner);
    result.view_mut((half, half), (rest, rest)).copy_from(&second);
    for (j, column) in across.column_iter().enumerate() {
        for (i, value) in column.iter().enumerate() {
            result[(half + i, j)] = -value;
            result[(j, half + i)] = -value;
        }
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The covariance of stations in a row, neighbours much alike.
    fn covariance(n: usize) -> DMatrix<f64> {
        DMatrix::from_fn(n, n, |i, j| {
            let apart = i.abs_diff(j) as f64;
            0.01 + 0.0025 * (-apart / 20.0).exp() + if i == j { 1e-5 } else { 0.0 }
        })
    }

    #[test]
    fn a_matrix_times_its_inverse_is_one() {
        for n in [1, 5, WHOLE_MAX, WHOLE_MAX + 1, 2 * WHOLE_MAX + 3, 150] {
            let matrix = covariance(n);
            let off = &matrix * inverse(&matrix).expect("positive") - DMatrix::identity(n, n);
            assert!(off.amax() < 1e-9, "{n}: {:e}", off.amax());
        }
    }

    #[test]
    fn what_is_not_positive_has_none() {
        for place in [0, 40, 69] {
            let mut matrix = covariance(70);
            matrix[(place, place)] = -1.0;
            assert_eq!(inverse(&matrix), None, "{place}");
        }
    }
}
