//! What is told beside a file: what was asked, what it was made of, and how well that went.

use std::collections::BTreeMap;

use tianshu_gnss::coords::Ecef;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::archive::virtual_rinex::Asked;
use crate::network::reasons::Reasons;
use crate::network::virtual_file::Spread;

/// What is told of a file.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// What was asked.
    pub asked: Asked,
    /// What the network is called.
    pub network: String,
    /// The frame of its coordinates, if that is told.
    pub frame: Option<String>,
    /// The file's name.
    pub file: String,
    /// Where the virtual antenna is.
    pub place: Ecef,
    /// The first epoch that was solved, before the span if there was a warm-up.
    pub begun: GpsTime,
    /// First and last epoch of the file.
    pub bounds: Option<(GpsTime, GpsTime)>,
    /// Its epochs.
    pub epochs: u64,
    /// Epochs for which it has room.
    pub epochs_expected: u64,
    /// The stations that were solved, the nearest first.
    pub stations: Vec<StationReport>,
    /// Epochs by master.
    pub masters: BTreeMap<String, u64>,
    /// Satellites told and withheld, of those that the master saw.
    pub reasons: Reasons,
    /// Predicted sigma of the ionosphere against the master, slant on L1, m.
    pub ionosphere_sigma: Spread,
    /// Predicted sigma of the zenith delay, m.
    pub zenith_sigma: Spread,
    /// How much was levelled over the span.
    pub levelled: Levelled,
    /// Ephemerides that were believed.
    pub ephemerides: u64,
}

/// What is told of a station.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StationReport {
    /// Its name.
    pub name: String,
    /// How far it is from the place, km.
    pub km: f64,
    /// Its epochs, warm-up included.
    pub epochs: u64,
    /// Its epochs that had no place on the grid, or one that was taken.
    pub passed_over: u64,
    /// Epochs of the span at which it was not believed.
    pub doubted: u64,
    /// Why it was not, the first time.
    pub doubt: Option<String>,
}

/// Shares of the ambiguities that were levelled.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Levelled {
    /// When the span began.
    pub first: Option<f64>,
    /// At its last epoch.
    pub last: Option<f64>,
    /// The least within it.
    pub least: Option<f64>,
    sum: f64,
    count: u64,
}

impl Levelled {
    /// Takes an epoch of the span in.
    pub(super) fn add(&mut self, (all, levelled): (usize, usize)) {
        if all == 0 {
            return;
        }
        let share = levelled as f64 / all as f64;
        self.first.get_or_insert(share);
        self.last = Some(share);
        self.least = Some(self.least.map_or(share, |least| least.min(share)));
        self.sum += share;
        self.count += 1;
    }

    /// Their mean; none without epochs.
    pub(crate) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

/// Epochs of an interval that lie within a span: those of GPS time's own count.
pub(super) fn epochs_within(from: GpsTime, until: GpsTime, interval: Interval) -> u64 {
    let before = |t: GpsTime| (t.nanos() - 1).div_euclid(interval.nanos());
    u64::try_from(before(until) - before(from)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_counted_by_the_grid_and_not_by_the_span() {
        let at = |s: i64| GpsTime::from_week(2_400, Interval::from_seconds(s));
        let count =
            |from, until, every| epochs_within(at(from), at(until), Interval::from_seconds(every));
        assert_eq!(count(0, 3_600, 1), 3_600);
        assert_eq!(count(0, 3_600, 30), 120);
        assert_eq!(count(1, 60, 30), 1);
        assert_eq!(count(1, 61, 30), 2);
        assert_eq!(count(1, 30, 30), 0);
    }

    #[test]
    fn the_least_share_is_kept_beside_the_last() {
        let mut levelled = Levelled::default();
        assert_eq!(levelled.mean(), None);
        for epoch in [(0, 0), (10, 9), (10, 6), (10, 9)] {
            levelled.add(epoch);
        }
        assert_eq!((levelled.first, levelled.last), (Some(0.9), Some(0.9)));
        assert_eq!(levelled.least, Some(0.6));
        assert!(levelled.mean().is_some_and(|mean| (mean - 0.8).abs() < 1e-12));
    }
}
