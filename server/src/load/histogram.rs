//! Quantiles of many durations in little, bounded memory.

use std::time::Duration;

/// Buckets per doubling, as a power of two: 64, so that a quantile is at most 1/64 (1.6 %) too high.
const SUB_BITS: u32 = 6;
/// Durations are counted up to 2^40 µs (13 days); what is longer counts as that.
const MICROS_MAX: u64 = (1 << 40) - 1;
/// One linear run of 128 buckets for the smallest values, then 64 for each doubling up to 2^40.
const BUCKETS: usize = ((40 - SUB_BITS as usize) << SUB_BITS) + (1 << SUB_BITS);

/// Counts durations in buckets of microseconds whose width grows with the value (18 kB, however many are counted).
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    buckets: Vec<u64>,
    count: u64,
    max: u64,
}

/// The figures of a histogram that a report tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quantiles {
    /// How many durations were counted.
    pub count: u64,
    /// Median, ms.
    pub p50_ms: f64,
    /// 99 of 100 are not longer, ms.
    pub p99_ms: f64,
    /// The longest, ms, exactly to the microsecond.
    pub max_ms: f64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS], count: 0, max: 0 }
    }
}

impl Histogram {
    /// Counts one duration.
    pub(crate) fn count(&mut self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(MICROS_MAX).min(MICROS_MAX);
        if let Some(bucket) = self.buckets.get_mut(bucket_of(micros)) {
            *bucket += 1;
        }
        self.count += 1;
        self.max = self.max.max(micros);
    }

    /// The figures; absent while nothing is counted.
    pub(crate) fn quantiles(&self) -> Option<Quantiles> {
        let millis = |micros: u64| micros as f64 / 1e3;
        (self.count > 0).then(|| Quantiles {
            count: self.count,
            p50_ms: millis(self.quantile(50)),
            p99_ms: millis(self.quantile(99)),
            max_ms: millis(self.max),
        })
    }

    /// The upper edge of the bucket in which the quantile lies, µs, never above the longest.
    fn quantile(&self, percent: u64) -> u64 {
        let rank = (self.count * percent).div_ceil(100).max(1);
        let mut below = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            below += count;
            if below >= rank {
                return upper_edge(bucket).min(self.max);
            }
        }
        self.max
    }
}

/// Values below 128 have a bucket each; above, the top seven bits and the length of the rest name it.
fn bucket_of(micros: u64) -> usize {
    let shift = micros.max(1).ilog2().saturating_sub(SUB_BITS);
    let top = usize::try_from(micros >> shift).expect("seven bits are left");
    ((shift as usize) << SUB_BITS) + top
}

/// The highest value of a bucket, µs.
fn upper_edge(bucket: usize) -> u64 {
    let sub = 1 << SUB_BITS;
    let shift = (bucket / sub).saturating_sub(1);
    let top = (bucket - shift * sub) as u64;
    ((top + 1) << shift) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_counted_tells_nothing() {
        assert_eq!(Histogram::default().quantiles(), None);
    }

    #[test]
    fn small_values_are_exact() {
        let mut histogram = Histogram::default();
        (1..=100).for_each(|micros| histogram.count(Duration::from_micros(micros)));
        let expected = Quantiles { count: 100, p50_ms: 0.050, p99_ms: 0.099, max_ms: 0.100 };
        assert_eq!(histogram.quantiles(), Some(expected));
    }

    #[test]
    fn what_is_too_long_counts_as_the_longest() {
        let mut histogram = Histogram::default();
        histogram.count(Duration::MAX);
        assert_eq!(histogram.quantiles().map(|q| q.max_ms), Some(MICROS_MAX as f64 / 1e3));
    }

    #[test]
    fn a_bucket_is_no_wider_than_a_sixty_fourth() {
        let around = |power: u32| [(1_u64 << power) - 1, 1 << power, (1 << power) + 1, 3 << power];
        for micros in (0..39).flat_map(around).filter(|micros| *micros <= MICROS_MAX) {
            let bucket = bucket_of(micros);
            assert!(bucket < BUCKETS, "{micros} in {bucket}");
            let edge = upper_edge(bucket);
            assert!(micros <= edge && edge - micros <= micros / 64, "{micros} below {edge}");
        }
        assert_eq!(bucket_of(MICROS_MAX), BUCKETS - 1);
    }
}
