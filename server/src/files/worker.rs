//! The thread that makes files for researchers: what is due, one round after the other, and what became of it in the log.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::utc::Utc;
use tianshu_ingest::clock::SharedClock;
use tianshu_station_monitor::archive::span::Hour;
use tianshu_station_monitor::priority::{GivesWay, give_way};
use tianshu_station_monitor::products::kind::Kind;
use tianshu_station_monitor::products::schedule::{Late, Outcome, SETTLE, Schedule};
use tianshu_station_monitor::products::work::{Ended, Press, Sources};

use crate::files::source::ArchiveSource;

/// Between two looks for what is due.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The archive is given so long to close an hour, which it does within a minute; of an hour without any data there is nothing to close.
const CLOSING_MAX: Interval = Interval::from_seconds(100);
/// The naps between, so that a stop is soon.
const NAP: Duration = Duration::from_millis(100);
/// Files are looked for so far back after a start: as far as the schedule makes up for.
const REACH: [(Interval, [Kind; 2]); 2] = [
    (Interval::from_seconds(3 * 86_400), [Kind::HourlyObservations, Kind::HourlyNavigation]),
    (Interval::from_seconds(14 * 86_400), [Kind::DailyObservations, Kind::DailyNavigation]),
];

/// What the thread owns.
pub(super) struct Worker {
    pub(super) clock: SharedClock,
    pub(super) press: Press,
    pub(super) source: ArchiveSource,
    pub(super) schedule: Schedule,
    pub(super) kinds: Vec<Kind>,
    /// Epochs that came long after they were made.
    pub(super) late: Receiver<(StationName, GpsTime)>,
    pub(super) stop: Arc<AtomicBool>,
}

impl Worker {
    /// Works until it is stopped.
    pub(super) fn run(mut self) {
        give_way(GivesWay::ToTheNetwork);
        self.look_through();
        while !self.stop.load(Ordering::Relaxed) {
            let now = self.clock.gps();
            if !self.hear_late(now) {
                return;
            }
            let jobs = self.schedule.due(self.as_of(now));
            if !jobs.is_empty() {
                // One after the other, so that a stop waits for one round at most.
                let sources = Sources { observations: &self.source, ephemerides: &self.source };
                for ended in self.press.make(&jobs, sources, Utc::from(now)) {
                    self.note(&ended);
                }
            }
            let mut slept = Duration::ZERO;
            while slept < LOOK_EVERY && !self.stop.load(Ordering::Relaxed) {
                std::thread::sleep(NAP);
                slept += NAP;
            }
        }
    }

    /// The time as the schedule is told it: an hour has not settled before the archive has closed it.
    pub(super) fn as_of(&self, now: GpsTime) -> GpsTime {
        let ended = Hour::of(now).start();
        let hour = Hour::of(ended - Interval::from_nanos(1));
        if now - ended >= CLOSING_MAX || self.source.is_closed(hour) {
            return now;
        }
        now.min(ended + SETTLE - Interval::from_nanos(1))
    }

    fn note(&mut self, ended: &Ended) {
        let file = &ended.job.file;
        self.schedule.ended(file, ended.outcome(), self.clock.gps());
        let station = file.station.as_ref().map_or("all", StationName::as_str);
        let (kind, start) = (file.kind.word(), file.start);
        match &ended.result {
            Ok(written) => {
                tracing::debug!(station, kind, %start, bytes = written.size, "file made");
            }
            Err(error) if ended.outcome() == Outcome::Empty => {
                tracing::debug!(station, kind, %start, "no file: {error}");
            }
            Err(error) => tracing::warn!(station, kind, %start, "no file: {error}"),
        }
    }

    /// Takes late epochs in; `false` when the service has ended.
    fn hear_late(&mut self, now: GpsTime) -> bool {
        let mut noted = BTreeSet::new();
        loop {
            match self.late.try_recv() {
                Ok((station, epoch)) => {
                    if self.schedule.heard_late(&station, epoch, now) == Late::Noted {
                        noted.insert(station);
                    }
                }
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
        for station in noted {
            tracing::info!(%station, "late data: its files will have a new revision");
        }
        true
    }

    /// Finds what is there from before, so that it is not made again, and what is damaged, so that it is.
    fn look_through(&mut self) {
        let now = self.clock.gps();
        let mut folders = BTreeSet::new();
        for (reach, kinds) in REACH {
            for kind in kinds.into_iter().filter(|kind| self.kinds.contains(kind)) {
                let mut at = now - reach;
                while at <= now {
                    folders.insert(kind.folder(kind.span_of(at).start));
                    at += kind.period();
                }
            }
        }
        let (mut sound, mut damaged) = (0, 0);
        for folder in folders {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            match self.press.look_through(&folder) {
                Ok(found) => {
                    sound += found.sound.len();
                    damaged += found.damaged.len();
                    for name in &found.damaged {
                        tracing::warn!(folder, name, "damaged: it will be made anew");
                    }
                    found.sound.into_iter().for_each(|file| self.schedule.known(file));
                }
                Err(error) => tracing::error!(folder, "{error}"),
            }
        }
        tracing::info!(sound, damaged, "files for researchers");
    }
}
