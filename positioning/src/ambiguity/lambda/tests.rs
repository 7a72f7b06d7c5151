//! LAMBDA against published numbers and against trying everything.

use proptest::prelude::*;

use super::*;

fn vector(values: &[f64]) -> DVector<f64> {
    DVector::from_row_slice(values)
}

#[test]
fn the_published_example_is_solved() {
    // De Jonge & Tiberius (1996), LGR series 12, section 3.7: float vector, covariance, and the two best with their norms.
    let float = vector(&[5.450, 3.100, 2.970]);
    let covariance = DMatrix::from_row_slice(
        3,
        3,
        &[6.290, 5.978, 0.544, 5.978, 6.292, 2.340, 0.544, 2.340, 6.288],
    );
    let got = search(&float, &covariance).expect("it is well posed");
    assert_eq!(got.best, vector(&[5.0, 3.0, 4.0]));
    assert_eq!(got.second, vector(&[6.0, 4.0, 4.0]));
    // The report prints 0.2183 and 0.3073.
    assert!((got.best_norm - 0.2183).abs() < 5e-5, "{got:?}");
    assert!((got.second_norm - 0.3073).abs() < 5e-5, "{got:?}");
}

#[test]
fn success_is_certain_for_sharp_ambiguities_and_not_for_wide_ones() {
    // One ambiguity of σ = 0.5 cycles: 2 Φ(1) - 1 = 0.682 689 (any normal table).
    assert!((bootstrapped_success_rate(&[0.25]) - 0.682_689).abs() < 1e-5);
    assert!(bootstrapped_success_rate(&[1e-4; 20]) > 0.999_999);
}

#[test]
fn what_cannot_be_solved_is_told() {
    let one = vector(&[0.3]);
    assert_eq!(search(&vector(&[]), &DMatrix::zeros(0, 0)), Err(NoIntegers::Empty));
    assert_eq!(search(&one, &DMatrix::zeros(1, 1)), Err(NoIntegers::NotPositive));
    let nan = DMatrix::from_element(1, 1, f64::NAN);
    assert_eq!(search(&one, &nan), Err(NoIntegers::NotPositive));
}

/// The two best of all integer vectors within ±4 of the rounded float one.
fn exhaustive(float: &DVector<f64>, covariance: &DMatrix<f64>) -> [f64; 2] {
    let inverse = covariance.clone().try_inverse().expect("positive definite");
    let n = float.len();
    let mut norms = Vec::new();
    for code in 0..9_usize.pow(u32::try_from(n).expect("small")) {
        let mut rest = code;
        let point = DVector::from_fn(n, |i, _| {
            let digit = rest % 9;
            rest /= 9;
            float[i].round() + digit as f64 - 4.0
        });
        let off = float - &point;
        norms.push((off.transpose() * &inverse * &off)[(0, 0)]);
    }
    norms.sort_by(f64::total_cmp);
    [norms[0], norms[1]]
}

proptest! {
    /// A covariance whose correlations are mild enough that the two best lie within ±4 of the rounded values.
    #[test]
    fn the_search_finds_what_trying_everything_finds(
        n in 1..=4_usize,
        float in prop::collection::vec(-20.0..20.0_f64, 4),
        factor in prop::collection::vec(-0.5..0.5_f64, 16),
    ) {
        let float = DVector::from_fn(n, |i, _| float[i]);
        let a = DMatrix::from_fn(n, n, |i, j| factor[4 * i + j]);
        let covariance = &a * a.transpose() + DMatrix::identity(n, n) * 0.15;
        let got = search(&float, &covariance).expect("it is well posed");
        let truth = exhaustive(&float, &covariance);
        prop_assert!((got.best_norm - truth[0]).abs() < 1e-9, "{got:?} {truth:?}");
        prop_assert!((got.second_norm - truth[1]).abs() < 1e-9, "{got:?} {truth:?}");
        // The vectors are the norms' own.
        let inverse = covariance.try_inverse().expect("positive definite");
        let off = &float - &got.second;
        let norm = (off.transpose() * inverse * off)[(0, 0)];
        prop_assert!((norm - got.second_norm).abs() < 1e-6, "{norm} {got:?}");
    }

    #[test]
    fn strong_correlation_is_undone(shift in -1e6..1e6_f64, n in 5..20_usize) {
        // A geometry-like covariance: one common error of 10 cycles, own errors of 0.02: rounding would fail, LAMBDA must not.
        let truth = DVector::from_fn(n, |i, _| (shift + 37.0 * i as f64).round());
        let common = DVector::from_fn(n, |i, _| 10.0 + i as f64 * 0.13);
        let covariance = &common * common.transpose() + DMatrix::identity(n, n) * 4e-4;
        let float = &truth + common * 0.137 + DVector::from_fn(n, |i, _| 0.01 * ((i % 3) as f64 - 1.0));
        let got = search(&float, &covariance).expect("it is well posed");
        let inverse = covariance.try_inverse().expect("positive definite");
        let off = &float - &truth;
        let norm = (off.transpose() * inverse * off)[(0, 0)];
        prop_assert!(got.best_norm <= norm + 1e-6, "{got:?} against {norm}");
    }
}
