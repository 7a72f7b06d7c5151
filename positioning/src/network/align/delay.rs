//! How late a station usually is.

use std::collections::VecDeque;
use std::time::Duration;

/// Delays remembered: a minute at 1 Hz, in which a link shows how it is now.
const REMEMBERED_MAX: usize = 60;
/// Fewer than this tell nothing of what is usual.
const REMEMBERED_MIN: usize = 5;

/// The delays of one station's last epochs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DelayTracker {
    last: VecDeque<Duration>,
}

impl DelayTracker {
    /// Notes how late an epoch was.
    pub fn note(&mut self, delay: Duration) {
        if self.last.len() == REMEMBERED_MAX {
            self.last.pop_front();
        }
        self.last.push_back(delay);
    }

    /// The delay that 95 of 100 epochs keep; `None` while too few are known.
    pub fn usual(&self) -> Option<Duration> {
        if self.last.len() < REMEMBERED_MIN {
            return None;
        }
        let mut sorted: Vec<Duration> = self.last.iter().copied().collect();
        sorted.sort_unstable();
        // The smallest of which at least 95 % are not larger.
        sorted.get((sorted.len() * 95).div_ceil(100) - 1).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(delays_ms: impl IntoIterator<Item = u64>, expected_ms: Option<u64>) {
        let mut tracker = DelayTracker::default();
        delays_ms.into_iter().for_each(|ms| tracker.note(Duration::from_millis(ms)));
        assert_eq!(tracker.usual(), expected_ms.map(Duration::from_millis));
    }

    #[test]
    fn the_usual_delay_is_kept_by_95_of_100() {
        check([1, 2, 3, 4], None);
        check([5, 4, 3, 2, 1], Some(5));
        check(1..=60, Some(57));
        check((1..=60).rev(), Some(57));
        // What was long ago is forgotten.
        check((0..1_000).chain([7; 60]), Some(7));
    }
}
