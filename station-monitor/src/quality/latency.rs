//! Latencies in bounded memory: a histogram of geometric steps, whose quantiles are right to two percent at any length.

use tianshu_gnss::time::gps::Interval;

/// The lower end, s: what is below is as good as at once.
const LEAST_S: f64 = 1e-3;
/// Ratio of one step's end to its beginning: the geometric middle is then at most 2 % off.
const RATIO: f64 = 1.04;
/// Steps, so that they reach beyond 1000 s: ln(10⁶) / ln(1.04) = 352.3.
const STEPS: usize = 354;

/// A histogram of latencies. Two add up to that of all their values.
#[derive(Clone, Debug, PartialEq)]
pub struct LatencyHistogram {
    steps: Box<[u32]>,
    count: u64,
    max_s: f64,
}

impl Default for LatencyHistogram {
    fn default() -> Self {
        Self { steps: vec![0; STEPS].into_boxed_slice(), count: 0, max_s: 0.0 }
    }
}

impl LatencyHistogram {
    /// Takes one in. A negative one, of a clock that is ahead, counts as the least.
    pub fn add(&mut self, latency: Interval) {
        let seconds = latency.seconds();
        let step = &mut self.steps[step_of(seconds)];
        *step = step.saturating_add(1);
        self.count += 1;
        self.max_s = self.max_s.max(seconds);
    }

    /// Takes another one's values in.
    pub fn join(&mut self, other: &Self) {
        for (step, more) in self.steps.iter_mut().zip(&other.steps) {
            *step = step.saturating_add(*more);
        }
        self.count += other.count;
        self.max_s = self.max_s.max(other.max_s);
    }

    /// Forgets everything, and keeps its memory.
    pub fn clear(&mut self) {
        self.steps.fill(0);
        (self.count, self.max_s) = (0, 0.0);
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The longest, s; none of nothing.
    pub fn max_s(&self) -> Option<f64> {
        (self.count > 0).then_some(self.max_s)
    }

    /// The latency, s, that a share (0 to 1) of them do not exceed; none of nothing.
    pub fn quantile_s(&self, share: f64) -> Option<f64> {
        let rank = (share.clamp(0.0, 1.0) * self.count as f64).ceil().max(1.0);
        let mut seen = 0.0;
        for (step, count) in (0_i32..).zip(&self.steps) {
            seen += f64::from(*count);
            if *count > 0 && seen >= rank {
                return Some(
                    (LEAST_S * RATIO.powf(f64::from(step) - 0.5)).min(self.max_s.max(LEAST_S)),
                );
            }
        }
        None
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive number that is bounded right after"
)]
fn step_of(seconds: f64) -> usize {
    if seconds <= LEAST_S {
        return 0;
    }
    let step = ((seconds / LEAST_S).ln() / RATIO.ln()).ceil();
    (step as usize).min(STEPS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_right_to_two_percent() {
        let mut histogram = LatencyHistogram::default();
        for i in 1..=10_000 {
            histogram.add(Interval::from_millis(i));
        }
        for (share, expected_s) in [(0.5, 5.0), (0.95, 9.5), (0.99, 9.9), (0.001, 0.010)] {
            let told_s = histogram.quantile_s(share).unwrap();
            assert!((told_s / expected_s - 1.0).abs() < 0.021, "{share}: {told_s} s");
        }
        assert_eq!(histogram.max_s(), Some(10.0));
    }

    #[test]
    fn what_is_beyond_its_ends_is_counted_at_them() {
        let mut histogram = LatencyHistogram::default();
        assert_eq!(histogram.quantile_s(0.5), None);
        histogram.add(Interval::from_seconds(-5));
        assert!(histogram.quantile_s(1.0).unwrap() <= LEAST_S);
        histogram.add(Interval::from_seconds(1_000_000));
        assert!(histogram.quantile_s(1.0).unwrap() > 1_000.0);
    }

    #[test]
    fn two_halves_make_the_whole() {
        let (mut whole, mut halves) =
            (LatencyHistogram::default(), [(); 2].map(|()| LatencyHistogram::default()));
        for i in 0..100 {
            let latency = Interval::from_millis(37 * i % 900);
            whole.add(latency);
            halves[usize::try_from(i % 2).unwrap()].add(latency);
        }
        let [mut first, second] = halves;
        first.join(&second);
        assert_eq!(first, whole);
    }
}
