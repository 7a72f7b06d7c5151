//! The last epochs of one mountpoint: when they reached the first rover and the last one.

use std::collections::VecDeque;
use std::time::Duration;

use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::uptime::Uptime;

/// How many epochs are kept: at 1 Hz four minutes, longer than any caster should hold bytes back.
const EPOCHS_KEPT: usize = 256;
/// A step longer than this many of the shortest one skips epochs.
const GAP_RATIO: f64 = 1.5;

/// The epochs that rovers of a mountpoint have received lately, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecentEpochs {
    epochs: VecDeque<Epoch>,
    /// The shortest step that any rover saw: the mountpoint's rhythm.
    shortest_step: Option<Interval>,
}

#[derive(Clone, Debug)]
struct Epoch {
    time: GpsTime,
    first: Uptime,
    last: Uptime,
    rovers: u32,
}

/// What a rover's step from one epoch to the next left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Skipped {
    /// Epochs missing by the mountpoint's rhythm; they may be missing in the source too.
    pub by_rhythm: u64,
    /// Epochs that other rovers received.
    pub others_received: u64,
}

impl RecentEpochs {
    /// Takes note that an epoch reached a rover; gives the spread of the epoch that is let go for it.
    pub(crate) fn received(&mut self, time: GpsTime, now: Uptime) -> Option<Duration> {
        // Nearly always the last or the one before.
        let behind = self.epochs.iter().rev().take_while(|epoch| epoch.time > time).count();
        let at = self.epochs.len() - behind;
        let known = at.checked_sub(1).and_then(|i| self.epochs.get_mut(i));
        if let Some(epoch) = known.filter(|epoch| epoch.time == time) {
            epoch.last = epoch.last.max(now);
            epoch.rovers += 1;
            return None;
        }
        self.epochs.insert(at, Epoch { time, first: now, last: now, rovers: 1 });
        let let_go = (self.epochs.len() > EPOCHS_KEPT).then(|| self.epochs.pop_front()).flatten();
        let_go.and_then(|epoch| epoch.spread())
    }

    /// What lies between two epochs that one rover received one after the other.
    pub(crate) fn skipped(&mut self, from: GpsTime, to: GpsTime) -> Skipped {
        let step = to - from;
        if step <= Interval::ZERO {
            return Skipped::default();
        }
        let shortest = self.shortest_step.map_or(step, |known| known.min(step));
        self.shortest_step = Some(shortest);
        let ratio = step.seconds() / shortest.seconds();
        let before = self.epochs.iter().rev().skip_while(|epoch| epoch.time >= to);
        Skipped {
            by_rhythm: if ratio > GAP_RATIO { rounded(ratio) - 1 } else { 0 },
            others_received: before.take_while(|epoch| epoch.time > from).count() as u64,
        }
    }

    /// The spreads of the epochs that are still here, at the end of the run.
    pub(crate) fn spreads(&self) -> impl Iterator<Item = Duration> {
        self.epochs.iter().filter_map(Epoch::spread)
    }
}

impl Epoch {
    /// From the first rover to the last; a single rover has no spread.
    fn spread(&self) -> Option<Duration> {
        (self.rovers > 1).then(|| self.last - self.first)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a ratio of two positive steps; a step is at most a week and at least a millisecond"
)]
fn rounded(ratio: f64) -> u64 {
    ratio.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(second: i64) -> GpsTime {
        GpsTime::from_week(2446, Interval::from_seconds(second))
    }

    fn at(millis: u64) -> Uptime {
        Uptime::from_start(Duration::from_millis(millis))
    }

    #[test]
    fn the_spread_reaches_from_the_first_rover_to_the_last() {
        let mut recent = RecentEpochs::default();
        for (second, millis) in [(1, 1000), (1, 1040), (2, 2000), (1, 1090), (2, 2010), (3, 3000)] {
            assert_eq!(recent.received(epoch(second), at(millis)), None);
        }
        let spreads: Vec<_> = recent.spreads().collect();
        assert_eq!(spreads, [Duration::from_millis(90), Duration::from_millis(10)]);
    }

    #[test]
    fn old_epochs_are_let_go() {
        let mut recent = RecentEpochs::default();
        for second in 0..i64::try_from(EPOCHS_KEPT).unwrap() {
            assert_eq!(recent.received(epoch(second), at(0)), None, "{second}");
            assert_eq!(recent.received(epoch(second), at(5)), None, "{second}");
        }
        assert_eq!(recent.received(epoch(1000), at(9)), Some(Duration::from_millis(5)));
        assert_eq!(recent.epochs.len(), EPOCHS_KEPT);
    }

    #[test]
    fn steps_tell_what_was_skipped() {
        let mut recent = RecentEpochs::default();
        for second in [1, 2, 4] {
            recent.received(epoch(second), at(0));
        }
        assert_eq!(recent.skipped(epoch(1), epoch(2)), Skipped::default());
        let two = Skipped { by_rhythm: 2, others_received: 1 };
        assert_eq!(recent.skipped(epoch(1), epoch(4)), two, "2 and 3, of which others have 2");
        assert_eq!(recent.skipped(epoch(4), epoch(1)), Skipped::default(), "a replay began again");
    }
}
