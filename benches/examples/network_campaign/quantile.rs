//! Quantiles of what a campaign measured.

/// What that share of the values does not exceed; not a number of none.
pub(crate) fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (q * sorted.len().saturating_sub(1) as f64).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    sorted.get(at as usize).copied().unwrap_or(f64::NAN)
}
