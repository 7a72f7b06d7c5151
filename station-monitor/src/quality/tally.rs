//! What a minute, an hour or a day of one station adds up to. Tallies of following spans add up to that of the longer one.

use std::collections::BTreeMap;

use tianshu_gnss::signal::Signal;

use crate::quality::latency::LatencyHistogram;
use crate::quality::scatter::{Mean, Scatter};

/// Steps of elevation in which C/N0 is told, each 10° wide.
pub const ELEVATION_STEPS: usize = 9;
/// The width of one, rad.
const STEP_RAD: f64 = std::f64::consts::FRAC_PI_2 / 9.0;

/// The sums of a span.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Epochs that came in time and belong to it.
    pub epochs: u32,
    /// Epochs that it should have had.
    pub epochs_expected: u32,
    /// Epochs that came when the span was closed, came twice, or bear a time that is not of this day.
    pub unusable: u32,
    /// Gaps that ended in it.
    pub gaps: u32,
    /// Epochs that were missing in the longest of them.
    pub longest_gap: u32,
    /// From the epoch to its arrival.
    pub latency: LatencyHistogram,
    /// Satellites above the mask that were observed, and that should have been.
    pub satellites: Share,
    /// Satellite epochs at which phases slipped, and at which they could have, above the mask.
    pub slips: Share,
    /// Rates of the slant ionosphere about their means, TECU per minute.
    pub air: Scatter,
    /// Where the network's phases put the station, east, north, up of its coordinates, m.
    pub offset_m: [Mean; 3],
    /// By signal.
    pub signals: BTreeMap<Signal, SignalTally>,
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Those that were.
    pub had: u64,
    /// All of them.
    pub of: u64,
}

/// The sums of one signal, all above the mask.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SignalTally {
    /// Observations that were there, and that should have been.
    pub observed: Share,
    /// Interruptions of its phase.
    pub interruptions: u32,
    /// C/N0 by steps of elevation, dBHz.
    pub cn0_dbhz: [Mean; ELEVATION_STEPS],
    /// Multipath of its code about the means of its windows, m.
    pub multipath_m: Scatter,
}

impl Share {
    /// Counts one.
    pub fn count(&mut self, had: bool) {
        self.had += u64::from(had);
        self.of += 1;
    }

    /// The share itself; none of nothing.
    pub fn value(self) -> Option<f64> {
        (self.of > 0).then(|| self.had as f64 / self.of as f64)
    }

    fn join(&mut self, other: Self) {
        self.had += other.had;
        self.of += other.of;
    }
}

impl SignalTally {
    /// Takes a C/N0 in.
    pub fn cn0(&mut self, elevation_rad: f64, dbhz: f64) {
        self.cn0_dbhz[step_of(elevation_rad)].add(dbhz);
    }

    fn join(&mut self, other: &Self) {
        self.observed.join(other.observed);
        self.interruptions += other.interruptions;
        for (mean, more) in self.cn0_dbhz.iter_mut().zip(&other.cn0_dbhz) {
            mean.join(more);
        }
        self.multipath_m.join(&other.multipath_m);
    }
}

impl Tally {
    /// Adds a span that lies within this one.
    pub fn join(&mut self, other: &Self) {
        self.epochs += other.epochs;
        self.epochs_expected += other.epochs_expected;
        self.unusable += other.unusable;
        self.gaps += other.gaps;
        self.longest_gap = self.longest_gap.max(other.longest_gap);
        self.latency.join(&other.latency);
        self.satellites.join(other.satellites);
        self.slips.join(other.slips);
        self.air.join(&other.air);
        for (mean, more) in self.offset_m.iter_mut().zip(&other.offset_m) {
            mean.join(more);
        }
        for (signal, more) in &other.signals {
            self.signals.entry(*signal).or_default().join(more);
        }
    }

    /// Begins anew, and keeps its memory.
    pub fn clear(&mut self) {
        let mut latency = std::mem::take(&mut self.latency);
        latency.clear();
        *self = Self { latency, ..Self::default() };
    }
}

/// The step of an elevation.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 9 after the clamp"
)]
fn step_of(elevation_rad: f64) -> usize {
    (elevation_rad / STEP_RAD).clamp(0.0, 8.9) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_minutes_make_the_same_as_their_sum() {
        let signal =
            Signal::from_code(tianshu_gnss::constellation::Constellation::Gps, "1C").unwrap();
        let minute = |epochs: u32, dbhz: f64| {
            let mut tally = Tally { epochs, longest_gap: epochs, ..Tally::default() };
            tally.signals.entry(signal).or_default().cn0(1.0, dbhz);
            tally.slips.count(epochs > 10);
            tally
        };
        let mut hour = Tally::default();
        hour.join(&minute(60, 40.0));
        hour.join(&minute(5, 50.0));
        assert_eq!((hour.epochs, hour.longest_gap), (65, 60));
        assert_eq!(hour.slips.value(), Some(0.5));
        assert_eq!(hour.signals[&signal].cn0_dbhz[5].value(), Some(45.0));
        hour.clear();
        assert_eq!(hour, Tally::default());
    }

    #[test]
    fn every_elevation_has_its_step() {
        for (deg, step) in [(-1.0_f64, 0), (0.0, 0), (9.9, 0), (10.1, 1), (89.9, 8), (90.0, 8)] {
            assert_eq!(step_of(deg.to_radians()), step, "{deg}");
        }
    }
}
