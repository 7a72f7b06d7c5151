//! What became of all rovers: the counts and durations of one run.

use std::collections::BTreeMap;
use std::time::Duration;

use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::uptime::Uptime;

use crate::load::histogram::Histogram;
use crate::load::recent_epochs::RecentEpochs;

/// A stamp older than this is no delay but another time: the data are replayed.
pub(crate) const LATENCY_MAX: Duration = Duration::from_mins(1);

/// Everything that is counted in a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    /// Connections begun, those of rovers that come again included.
    pub asked: u64,
    /// TCP connections opened.
    pub connected: u64,
    /// Streams opened.
    pub accepted: u64,
    /// Streams open now.
    pub open: u64,
    /// The caster's refusals, by answer.
    pub refused: BTreeMap<&'static str, u64>,
    /// Connections that came to no answer, by cause.
    pub failed: BTreeMap<&'static str, u64>,
    /// Accepted streams that ended, by cause.
    pub ended: BTreeMap<&'static str, u64>,
    /// The first connections of rovers: how fast a storm is taken in.
    pub storm: Storm,
    /// From the begin of a connection to its opening.
    pub connect: Histogram,
    /// From the begin of a connection to the caster's yes.
    pub accept: Histogram,
    /// From the begin of a connection to the first byte of the stream.
    pub first_byte: Histogram,
    /// What the streams brought.
    pub data: Data,
    /// From the epoch's stamp to its first frame at a rover.
    pub latency: Histogram,
    /// Epochs stamped later than they arrived, and left out of the latency.
    pub stamped_in_future: u64,
    /// Epochs older than [`LATENCY_MAX`], and left out of the latency.
    pub stamped_long_ago: u64,
    /// First epochs of a connection, left out of the latency: a caster may begin with an epoch that it kept.
    pub first_epochs: u64,
    /// From the first rover that received an epoch to the last.
    pub spread: Histogram,
    /// Positions sent.
    pub positions_sent: u64,
    /// Positions that the connection did not take, because the caster does not read.
    pub positions_unsent: u64,
    /// Silent connections that the caster ended, and after how long.
    pub silent_ended: Histogram,
    /// What was in store for the rovers that stopped reading, when they read again at the end.
    pub slow: Data,
    /// The epochs of each mountpoint.
    pub mounts: Vec<RecentEpochs>,
}

/// What a stream brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Data {
    /// Bytes behind the head, chunk framing not counted.
    pub bytes: u64,
    /// Whole frames.
    pub frames: u64,
    /// Epochs: first frames of a new moment.
    pub epochs: u64,
    /// Runs of bytes between frames: none where frames are delivered whole.
    pub torn: u64,
    /// Bytes in those runs.
    pub noise_bytes: u64,
    /// Frames cut off by the end of their connection; harmless, since their reader ends with them.
    pub cut: u64,
    /// Epochs missing by the mountpoint's rhythm.
    pub gaps: u64,
    /// Epochs missing that other rovers of the mountpoint received.
    pub missed: u64,
}

/// The first connections of all rovers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Storm {
    /// First connections that have come to an answer or an end.
    pub concluded: u64,
    /// Those of them that were accepted.
    pub accepted: u64,
    /// When the first one began.
    pub begun: Option<Uptime>,
    /// When the last one was accepted.
    pub last_accepted: Option<Uptime>,
}

/// When an epoch was received.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Now {
    /// Since the start of the run.
    pub uptime: Uptime,
    /// The machine's clock.
    pub gps: GpsTime,
}

impl Ledger {
    /// An empty ledger for so many mountpoints.
    pub(crate) fn new(mounts: usize) -> Self {
        Self { mounts: vec![RecentEpochs::default(); mounts], ..Self::default() }
    }

    /// A new epoch reached a rover that had `before` before; `sent` is when it should have left.
    pub(crate) fn epoch(
        &mut self,
        mount: usize,
        now: Now,
        time: GpsTime,
        before: Option<GpsTime>,
        sent: GpsTime,
    ) {
        self.data.epochs += 1;
        let Some(before) = before else {
            self.first_epochs += 1;
            return;
        };
        if let Some(recent) = self.mounts.get_mut(mount) {
            let let_go = recent.received(time, now.uptime);
            let skipped = recent.skipped(before, time);
            self.data.gaps += skipped.by_rhythm;
            self.data.missed += skipped.others_received;
            if let Some(spread) = let_go {
                self.spread.count(spread);
            }
        }
        match positive(now.gps - sent) {
            None => self.stamped_in_future += 1,
            Some(age) if age > LATENCY_MAX => self.stamped_long_ago += 1,
            Some(age) => self.latency.count(age),
        }
    }

    /// Counts the spreads of the epochs that were still open. Once, at the end.
    pub(crate) fn close(&mut self) {
        let Self { mounts, spread, .. } = self;
        mounts.iter().flat_map(RecentEpochs::spreads).for_each(|open| spread.count(open));
    }

    /// How many connections the caster refused.
    pub(crate) fn refusals(&self) -> u64 {
        self.refused.values().sum()
    }

    /// How many connections came to no answer.
    pub(crate) fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    /// Torn frames of all streams.
    pub(crate) fn torn(&self) -> u64 {
        self.data.torn + self.slow.torn
    }
}

impl Storm {
    /// First connections accepted per second, from the begin of the first to the yes of the last; absent for less than two.
    pub(crate) fn per_second(&self) -> Option<f64> {
        let span = self.last_accepted? - self.begun?;
        (self.accepted > 1 && span > Duration::ZERO)
            .then(|| self.accepted as f64 / span.as_secs_f64())
    }
}

/// An age as a duration; `None` where it is negative.
fn positive(age: Interval) -> Option<Duration> {
    u64::try_from(age.nanos()).ok().map(Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Receives epoch 100 s at 100 s + `age_ms`, sent when it is stamped.
    #[track_caller]
    fn check(age_ms: i64, expected: (u64, u64, u64)) {
        let mut ledger = Ledger::new(1);
        let epoch = GpsTime::from_week(2446, Interval::from_seconds(100));
        let before = epoch - Interval::from_seconds(1);
        let now = Now { uptime: Uptime::START, gps: epoch + Interval::from_millis(age_ms) };
        ledger.epoch(0, now, epoch, Some(before), epoch);
        let counted = ledger.latency.quantiles().map_or(0, |q| q.count);
        assert_eq!((counted, ledger.stamped_in_future, ledger.stamped_long_ago), expected);
    }

    #[test]
    fn only_believable_ages_count() {
        check(0, (1, 0, 0));
        check(60_000, (1, 0, 0));
        check(60_001, (0, 0, 1));
        check(-1, (0, 1, 0));
    }

    #[test]
    fn the_first_epoch_of_a_connection_is_left_out() {
        let mut ledger = Ledger::new(1);
        let epoch = GpsTime::from_week(2446, Interval::from_seconds(100));
        ledger.epoch(0, Now { uptime: Uptime::START, gps: epoch }, epoch, None, epoch);
        assert_eq!((ledger.first_epochs, ledger.data.epochs), (1, 1));
        assert_eq!(ledger.latency.quantiles(), None);
    }

    #[test]
    fn the_rate_of_a_storm_is_over_its_span() {
        let at = |millis| Some(Uptime::from_start(Duration::from_millis(millis)));
        let storm = Storm { concluded: 9, accepted: 5, begun: at(500), last_accepted: at(1000) };
        assert_eq!(storm.per_second(), Some(10.0));
        assert_eq!(Storm { accepted: 1, ..storm }.per_second(), None);
    }
}
