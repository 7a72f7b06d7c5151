//! Back-off: how long a link waits before it tries again, jittered from a seed and thus repeatable.
//!
//! Casters ban clients that come back too fast (docs/ntrip-in-the-field.md, note 42), and after a restart
//! of a caster all its stations come back at once. So each wait is drawn evenly between the shortest wait
//! and a ceiling that doubles with every failure ("full jitter"), and the ceiling falls back only after
//! data have flowed for a while: a peer that accepts and closes at once is a failure too.

use std::time::Duration;

use crate::random::SplitMix64;

/// The bounds of a link's waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackoffLimits {
    /// The shortest wait, and the first ceiling's half.
    pub shortest: Duration,
    /// The longest wait; also what a refusal costs.
    pub longest: Duration,
    /// For how long frames must have flowed before a failure counts as the first one again.
    pub steady_after: Duration,
}

/// One second: below it rtk2go and others count an attack.
pub const SHORTEST_DEFAULT: Duration = Duration::from_secs(1);
/// Two minutes: an operator who has mended a caster does not want to wait longer for its stations.
pub const LONGEST_DEFAULT: Duration = Duration::from_mins(2);
/// One minute of frames: a caster that accepts, sends its backlog and closes does not live that long.
pub const STEADY_AFTER_DEFAULT: Duration = Duration::from_mins(1);

impl Default for BackoffLimits {
    fn default() -> Self {
        Self {
            shortest: SHORTEST_DEFAULT,
            longest: LONGEST_DEFAULT,
            steady_after: STEADY_AFTER_DEFAULT,
        }
    }
}

/// The waits of one link, one after the other.
#[derive(Clone, Debug)]
pub struct Backoff {
    limits: BackoffLimits,
    failures: u32,
    random: SplitMix64,
}

impl Backoff {
    /// Waits within these limits; the same seed gives the same waits.
    pub fn new(limits: BackoffLimits, seed: u64) -> Self {
        Self { limits, failures: 0, random: SplitMix64::seeded(seed) }
    }

    /// The wait after a failure.
    pub fn after_failure(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        let factor = 2_u32.checked_pow(self.failures).unwrap_or(u32::MAX);
        let ceiling = self.limits.shortest.saturating_mul(factor).min(self.limits.longest);
        self.between(self.limits.shortest, ceiling)
    }

    /// The wait after a refusal (wrong password, unknown mountpoint): only a person can change that, so it
    /// is the longest one, less up to a tenth so that refused links do not come back in step.
    pub fn after_refusal(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        self.between(self.limits.longest.mul_f64(0.9), self.limits.longest)
    }

    /// Tells how long frames flowed before the link went down; if long enough, the failures are forgotten.
    pub fn flowed_for(&mut self, span: Duration) {
        if span >= self.limits.steady_after {
            self.failures = 0;
        }
    }

    fn between(&mut self, low: Duration, high: Duration) -> Duration {
        let span = high.saturating_sub(low);
        (low + span.mul_f64(self.random.unit())).min(self.limits.longest.max(self.limits.shortest))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limits(shortest_s: u64, longest_s: u64) -> BackoffLimits {
        BackoffLimits {
            shortest: Duration::from_secs(shortest_s),
            longest: Duration::from_secs(longest_s),
            steady_after: Duration::from_mins(1),
        }
    }

    #[test]
    fn steady_flow_forgets_failures_and_short_flow_does_not() {
        let mut backoff = Backoff::new(limits(1, 1000), 7);
        for _ in 0..20 {
            backoff.after_failure();
        }
        backoff.flowed_for(Duration::from_secs(59));
        let waits = (0..20).map(|_| backoff.after_failure());
        assert!(waits.max().unwrap() > Duration::from_secs(100), "still at the high ceiling");
        backoff.flowed_for(Duration::from_mins(1));
        assert!(backoff.after_failure() <= Duration::from_secs(2), "the first ceiling again");
    }

    #[test]
    fn a_refusal_costs_the_longest_wait() {
        let wait = Backoff::new(limits(1, 100), 3).after_refusal();
        assert!((90..=100).contains(&wait.as_secs()), "{wait:?}");
    }

    proptest! {
        #[test]
        fn waits_stay_within_their_limits_and_repeat(seed: u64, short in 0..10_u64, more in 0..500_u64) {
            let bounds = limits(short, short + more);
            let mut one = Backoff::new(bounds, seed);
            let mut other = Backoff::new(bounds, seed);
            for failure in 1..80_u32 {
                let wait = one.after_failure();
                prop_assert_eq!(wait, other.after_failure());
                prop_assert!(bounds.shortest <= wait && wait <= bounds.longest, "{:?}", wait);
                let ceiling = bounds.shortest.saturating_mul(2_u32.saturating_pow(failure));
                prop_assert!(wait <= ceiling, "{:?} above {:?}", wait, ceiling);
            }
        }
    }
}
