//! Accuracies, which RINEX tells in metres and satellites by an index.

use crate::line::byte;

/// The upper index of GPS' and BeiDou's tables: no prediction, use at own risk.
const URA_NONE: u8 = 15;

/// The URA index of a nominal accuracy (IS-GPS-200, section 20.3.3.3.1.3, which RINEX 3.05, table A6 prescribes; BeiDou alike).
pub(super) fn ura_index(metres: f64) -> u8 {
    let nominal = |n: u8| match n {
        0..=6 => 2f64.powf(1.0 + f64::from(n) / 2.0),
        _ => 2f64.powi(i32::from(n) - 2),
    };
    // Writers round to one decimal, and some write the upper limit (2.4 m) or 0; the nearest step is meant.
    if metres.is_nan() || metres < 0.0 {
        return URA_NONE;
    }
    let distance = |n: &u8| (nominal(*n) - metres).abs();
    (0..=URA_NONE).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(URA_NONE)
}

/// "No accuracy prediction available" (Galileo OS SIS ICD, table 89).
const SISA_NONE: u8 = 255;

/// The SISA index of an accuracy (Galileo OS SIS ICD, table 89): steps of 1, 2, 4 and 16 cm.
pub(super) fn sisa_index(metres: f64) -> u8 {
    let steps = |from_m: f64, step_m: f64, first: f64| first + ((metres - from_m) / step_m).round();
    let index = match metres {
        m if m.is_nan() || m < 0.0 => return SISA_NONE,
        m if m < 0.495 => steps(0.0, 0.01, 0.0),
        m if m < 0.99 => steps(0.5, 0.02, 50.0),
        m if m < 1.98 => steps(1.0, 0.04, 75.0),
        m if m <= 6.0 => steps(2.0, 0.16, 100.0),
        _ => return SISA_NONE,
    };
    byte(index).unwrap_or(SISA_NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_those_of_the_tables() {
        assert_eq!(
            [2.0, 2.8, 4.0, 2.4, 0.0, 64.0, 8192.0, -1.0].map(ura_index),
            [0, 1, 2, 0, 0, 8, 15, 15]
        );
        assert_eq!(
            [0.0, 0.49, 0.5, 3.12, 6.0, -1.0, 7.0].map(sisa_index),
            [0, 49, 50, 107, 125, 255, 255]
        );
    }
}
