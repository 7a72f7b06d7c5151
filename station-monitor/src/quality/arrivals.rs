//! When epochs come: the station's interval, what was to be expected of a span, and gaps.

use std::collections::VecDeque;

use tianshu_gnss::time::gps::{GpsTime, Interval};

/// Spacings from which the interval is learnt: the least of the last few, so that gaps do not hide it.
const SPACINGS: usize = 8;
/// Spacings shorter than this are no interval of a station: receivers measure at 100 Hz at most.
const INTERVAL_MIN: Interval = Interval::from_millis(10);
/// Gaps that are remembered of a station; older ones are in the sums.
pub const GAPS_KEPT_MAX: usize = 16;

/// A time without epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The last epoch before it.
    pub after: GpsTime,
    /// The first epoch behind it.
    pub before: GpsTime,
    /// Epochs that are missing.
    pub missing: u32,
}

/// The epochs of one station in their order.
#[derive(Clone, Debug, Default)]
pub struct Arrivals {
    configured: Option<Interval>,
    spacings: VecDeque<Interval>,
    last: Option<GpsTime>,
    gaps: VecDeque<Gap>,
}

/// What an epoch was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The first, or the next one.
    Next,
    /// One behind a gap.
    Behind(Gap),
    /// Not later than the last one.
    Repeated,
}

impl Arrivals {
    /// Of a station whose interval is known; without it, it is learnt.
    pub fn new(interval: Option<Interval>) -> Self {
        Self { configured: interval, ..Self::default() }
    }

    /// The interval, if it is known by now.
    pub fn interval(&self) -> Option<Interval> {
        self.configured.or_else(|| self.spacings.iter().min().copied())
    }

    /// The last epoch.
    pub fn last(&self) -> Option<GpsTime> {
        self.last
    }

    /// The last gaps, the newest last.
    pub fn gaps(&self) -> impl DoubleEndedIterator<Item = &Gap> {
        self.gaps.iter()
    }

    /// Takes an epoch's time in.
    pub fn take(&mut self, time: GpsTime) -> Arrival {
        let Some(last) = self.last else {
            self.last = Some(time);
            return Arrival::Next;
        };
        let spacing = time - last;
        if spacing < INTERVAL_MIN {
            return Arrival::Repeated;
        }
        self.last = Some(time);
        let usual = self.interval();
        if self.spacings.len() == SPACINGS {
            self.spacings.pop_front();
        }
        self.spacings.push_back(spacing);
        let missing = usual.map_or(0, |usual| missing_in(spacing, usual));
        if missing == 0 {
            return Arrival::Next;
        }
        let gap = Gap { after: last, before: time, missing };
        if self.gaps.len() == GAPS_KEPT_MAX {
            self.gaps.pop_front();
        }
        self.gaps.push_back(gap);
        Arrival::Behind(gap)
    }

    /// Begins anew, as after a jump of time.
    pub fn restart(&mut self) {
        *self = Self::new(self.configured);
    }

    /// How many epochs a span (its end not included) should have: one at each multiple of the interval. None while the interval is not known.
    pub fn expected(&self, from: GpsTime, until: GpsTime) -> Option<u32> {
        let step = self.interval()?.nanos();
        // A receiver's tag may be off the grid by its clock; half a step is the most that can be told apart.
        let before = |t: GpsTime| (t.nanos() - 1).div_euclid(step);
        u32::try_from(before(until) - before(from)).ok()
    }
}

/// Epochs that are missing in a spacing.
fn missing_in(spacing: Interval, usual: Interval) -> u32 {
    let steps = (spacing.seconds() / usual.seconds()).round() - 1.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative; of more than four thousand millions the rest is no matter"
    )]
    let missing = steps.max(0.0) as u32;
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> GpsTime {
        GpsTime::from_week(2400, Interval::from_seconds(seconds))
    }

    #[test]
    fn a_gap_is_told_with_what_is_missing() {
        let mut arrivals = Arrivals::default();
        for second in 0..5 {
            assert_eq!(arrivals.take(at(second)), Arrival::Next);
        }
        let gap = Gap { after: at(4), before: at(9), missing: 4 };
        assert_eq!(arrivals.take(at(9)), Arrival::Behind(gap));
        assert_eq!(arrivals.take(at(9)), Arrival::Repeated);
        assert_eq!(arrivals.gaps().collect::<Vec<_>>(), [&gap]);
        assert_eq!(arrivals.interval(), Some(Interval::from_seconds(1)));
    }

    #[test]
    fn a_station_of_thirty_seconds_is_learnt_as_one() {
        let mut arrivals = Arrivals::default();
        for second in [0, 30, 60, 90] {
            assert_eq!(arrivals.take(at(second)), Arrival::Next);
        }
        assert_eq!(arrivals.expected(at(0), at(60)), Some(2));
        assert_eq!(arrivals.expected(at(0), at(61)), Some(3));
        assert_eq!(arrivals.expected(at(1), at(30)), Some(0));
    }

    #[test]
    fn gaps_that_are_remembered_are_bounded() {
        let mut arrivals = Arrivals::new(Some(Interval::from_seconds(1)));
        for i in 0..100 {
            arrivals.take(at(5 * i));
        }
        assert_eq!(arrivals.gaps().count(), GAPS_KEPT_MAX);
        assert_eq!(arrivals.gaps().next_back().unwrap().before, at(495));
    }
}
