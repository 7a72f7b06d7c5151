//! How good solutions are, in figures.

use std::collections::BTreeSet;

use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::solutions::Solved;

/// What a rover needs for its first fix is not held against it: shares and errors count from then on, s.
pub(crate) const FIRST_S: i64 = 60;
/// A fix that is farther off is wrong, horizontally, m: a wrong cycle on L1 is 19 cm, on most lines of sight several.
const WRONG_HORIZONTAL_M: f64 = 0.05;
/// The same vertically.
const WRONG_UP_M: f64 = 0.10;
/// Receivers stamp epochs of one moment by their own clocks.
const STEP: Interval = Interval::from_millis(100);

/// One rover on one base, or several of them together.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Figures {
    /// Epochs of the rover.
    pub(crate) epochs: usize,
    /// Those of them at which the base has one, too.
    pub(crate) told: usize,
    /// The same after the first minute.
    pub(crate) counted: usize,
    /// Fixes among them.
    pub(crate) fixed: usize,
    /// Fixes from the first epoch on.
    pub(crate) fixes: usize,
    /// Those that are wrong.
    pub(crate) wrong: usize,
    /// Errors of fixes after the first minute, mm.
    pub(crate) horizontal_mm: Vec<f64>,
    /// The same upwards, with their signs.
    pub(crate) up_mm: Vec<f64>,
    /// Seconds to each rover's first fix; none for one without a fix.
    pub(crate) first_fix_s: Vec<Option<f64>>,
}

impl Figures {
    /// Judges solutions at epochs of the rover, where the base has those.
    pub(crate) fn of(solved: &[Solved], rover: &[GpsTime], base: &[GpsTime]) -> Self {
        let step = |time: &GpsTime| time.rounded_to(STEP);
        let base: BTreeSet<GpsTime> = base.iter().map(step).collect();
        let told: BTreeSet<GpsTime> = rover.iter().map(step).filter(|t| base.contains(t)).collect();
        let mut figures = Self { epochs: rover.len(), told: told.len(), ..Self::default() };
        let Some(begun) = rover.first().map(step) else { return figures };
        let settled = begun + Interval::from_seconds(FIRST_S);
        figures.counted = told.range(settled..).count();
        let mut first_fix = None;
        for solution in solved.iter().filter(|s| s.is_fixed && told.contains(&step(&s.time))) {
            let time = step(&solution.time);
            first_fix.get_or_insert((time - begun).seconds());
            figures.fixes += 1;
            figures.wrong += usize::from(is_wrong(solution));
            if time >= settled {
                figures.fixed += 1;
                figures.horizontal_mm.push(1e3 * solution.horizontal_m);
                figures.up_mm.push(1e3 * solution.up_m);
            }
        }
        figures.first_fix_s.push(first_fix);
        figures
    }

    /// Takes another rover's in.
    pub(crate) fn add(&mut self, other: &Self) {
        self.epochs += other.epochs;
        self.told += other.told;
        self.counted += other.counted;
        self.fixed += other.fixed;
        self.fixes += other.fixes;
        self.wrong += other.wrong;
        self.horizontal_mm.extend(&other.horizontal_mm);
        self.up_mm.extend(&other.up_mm);
        self.first_fix_s.extend(&other.first_fix_s);
    }

    /// Fixes among the epochs after the first minute that the base tells, %.
    pub(crate) fn fixed_percent(&self) -> f64 {
        percent(self.fixed, self.counted)
    }

    /// Wrong fixes among all, %.
    pub(crate) fn wrong_percent(&self) -> f64 {
        percent(self.wrong, self.fixes)
    }
}

pub(crate) fn is_wrong(solution: &Solved) -> bool {
    solution.horizontal_m > WRONG_HORIZONTAL_M || solution.up_m.abs() > WRONG_UP_M
}

/// Of none, nothing is a share: that is zero here.
pub(crate) fn percent(part: usize, of: usize) -> f64 {
    100.0 * part as f64 / of.max(1) as f64
}

/// Root mean square; none of nothing.
pub(crate) fn rms(values: &[f64]) -> Option<f64> {
    let sum: f64 = values.iter().map(|v| v * v).sum();
    (!values.is_empty()).then(|| (sum / values.len() as f64).sqrt())
}

/// What that share of the magnitudes does not exceed; none of nothing.
pub(crate) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = values.iter().map(|v| v.abs()).collect();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let at = (share * sorted.len().saturating_sub(1) as f64).round() as usize;
    sorted.get(at).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> GpsTime {
        GpsTime::from_nanos(0) + Interval::from_seconds(second)
    }

    fn fix(second: i64, horizontal_m: f64) -> Solved {
        Solved { time: at(second), is_fixed: true, horizontal_m, up_m: -0.02 }
    }

    #[test]
    fn the_first_minute_counts_for_wrong_fixes_only_and_silence_of_the_base_not_at_all() {
        let rover: Vec<GpsTime> = (0..100).map(at).collect();
        let base: Vec<GpsTime> = (0..90).map(at).collect();
        let float = Solved { is_fixed: false, ..fix(70, 3.0) };
        let solved = [fix(7, 0.06), fix(60, 0.01), fix(61, 0.03), float, fix(95, 9.0)];
        let figures = Figures::of(&solved, &rover, &base);
        assert_eq!((figures.epochs, figures.told, figures.counted), (100, 90, 30));
        assert_eq!((figures.fixes, figures.wrong, figures.fixed), (3, 1, 2));
        assert_eq!(figures.first_fix_s, [Some(7.0)]);
        let rms = rms(&figures.horizontal_mm).expect("two fixes");
        assert!((rms - 500.0_f64.sqrt()).abs() < 1e-9, "{rms}");
        assert!((figures.fixed_percent() - 100.0 * 2.0 / 30.0).abs() < 1e-9);
    }

    #[test]
    fn quantiles_are_of_magnitudes() {
        let values: Vec<f64> = (0..=100).map(|v| -f64::from(v)).collect();
        assert_eq!(quantile(&values, 0.95), Some(95.0));
        assert_eq!(quantile(&[], 0.95), None);
    }
}
