//! What virtual stations cost: counted by the streams, told by the service.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counts for all virtual stations together.
#[derive(Debug, Default)]
pub(crate) struct Cost {
    epochs: AtomicU64,
    nanos: AtomicU64,
    nanos_max: AtomicU64,
    /// All epochs and their time since the start.
    total: (AtomicU64, AtomicU64),
}

/// What was counted since the last look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Epochs of rovers that were computed.
    pub epochs: u64,
    /// What one took in the mean.
    pub mean: Duration,
    /// What the longest took.
    pub max: Duration,
}

impl Cost {
    /// One rover's epoch took so long.
    pub(crate) fn add(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.epochs.fetch_add(1, Ordering::Relaxed);
        self.nanos.fetch_add(nanos, Ordering::Relaxed);
        self.nanos_max.fetch_max(nanos, Ordering::Relaxed);
        self.total.0.fetch_add(1, Ordering::Relaxed);
        self.total.1.fetch_add(nanos, Ordering::Relaxed);
    }

    /// Epochs of rovers since the start, and what all of them took.
    pub(crate) fn total(&self) -> (u64, Duration) {
        let nanos = self.total.1.load(Ordering::Relaxed);
        (self.total.0.load(Ordering::Relaxed), Duration::from_nanos(nanos))
    }

    /// What was counted since the last look; none if nothing was.
    pub(crate) fn take(&self) -> Option<Counted> {
        let epochs = self.epochs.swap(0, Ordering::Relaxed);
        let nanos = self.nanos.swap(0, Ordering::Relaxed);
        let max = Duration::from_nanos(self.nanos_max.swap(0, Ordering::Relaxed));
        let mean = Duration::from_nanos(nanos.checked_div(epochs)?);
        Some(Counted { epochs, mean, max })
    }
}
