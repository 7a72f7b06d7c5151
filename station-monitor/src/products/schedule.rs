//! Which files are due, which are late, and which late data ask to be made anew. It reads no clock and does nothing itself.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::products::kind::{Kind, Span};

/// The last epochs of a span are given so long to arrive and to be archived.
pub const SETTLE: Interval = Interval::from_seconds(20);
/// Hourly files are wanted within two minutes; then one that is not there is told to be late.
const HOURLY_WANTED: Interval = Interval::from_seconds(120);
/// Daily files are of full use to rapid orbits for two hours (IGS guidelines: at most that late).
const DAILY_WANTED: Interval = Interval::from_seconds(2 * 3_600);
/// So far back hourly files are made up for after a standstill.
const HOURLY_REACH: Interval = Interval::from_seconds(3 * 86_400);
/// The same of daily files.
const DAILY_REACH: Interval = Interval::from_seconds(14 * 86_400);
/// Late data are waited for until none came for so long, so that a link that catches up costs one revision.
const LATE_QUIET: Interval = Interval::from_seconds(600);
/// But not for longer than this after the first.
const LATE_WAIT_MAX: Interval = Interval::from_seconds(3_600);
/// The first wait after a failure; each further one doubles it.
const RETRY_FIRST: Interval = Interval::from_seconds(60);
/// The longest wait after a failure.
const RETRY_MAX: Interval = Interval::from_seconds(1_800);

/// A file: its kind, the beginning of its span, and its station unless it is of all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileKey {
    /// Its kind.
    pub kind: Kind,
    /// Where its span begins.
    pub start: GpsTime,
    /// Its station.
    pub station: Option<StationName>,
}

/// Why a file is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its span has ended.
    Due,
    /// Its span ended long ago and it is not there: after a standstill, or failures.
    Overdue,
    /// Data came after it was made.
    LateData,
}

/// A file to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Which.
    pub file: FileKey,
    /// Why.
    pub why: Why,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The file is there.
    Made,
    /// There was nothing to make it of.
    Empty,
    /// It failed, and is to be tried again.
    Failed,
}

/// What became of data that came late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Late {
    /// They are older than anything that is made up for.
    TooOld,
    /// No file of theirs is made yet: they are not late at all.
    InTime,
    /// Files were made without them, and will be made anew.
    Noted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    InWork { late: bool, waited: Interval },
    Settled,
    Stale { first: GpsTime, last: GpsTime },
    Failed { at: GpsTime, wait: Interval },
}

/// The files of a network, and how far each is.
#[derive(Clone, Debug)]
pub struct Schedule {
    stations: Vec<StationName>,
    kinds: Vec<Kind>,
    files: BTreeMap<FileKey, State>,
    /// Files of spans that ended before are not made: the service did not exist.
    begun: GpsTime,
}

impl Schedule {
    /// A schedule that begins; spans that ended before `begun` are of no concern.
    pub fn new(stations: Vec<StationName>, kinds: Vec<Kind>, begun: GpsTime) -> Self {
        Self { stations, kinds, files: BTreeMap::new(), begun }
    }

    /// Notes a file that is there already, as found in a manifest after a restart.
    pub fn known(&mut self, file: FileKey) {
        self.files.entry(file).or_insert(State::Settled);
    }

    /// The files to make now, the oldest spans first. They are in work until [`Schedule::ended`] is told.
    pub fn due(&mut self, now: GpsTime) -> Vec<Job> {
        self.forget(now);
        let mut jobs = Vec::new();
        for kind in self.kinds.clone() {
            let mut span = kind.span_of(now - SETTLE - kind.period());
            while self.is_of_concern(kind, span, now) {
                for station in self.owners(kind) {
                    let file = FileKey { kind, start: span.start, station };
                    jobs.extend(self.judge(file, span, now));
                }
                span = kind.span_of(span.start - Interval::from_nanos(1));
            }
        }
        jobs.sort_by(|a, b| (a.file.start, &a.file).cmp(&(b.file.start, &b.file)));
        jobs
    }

    /// Notes how a job ended.
    pub fn ended(&mut self, file: &FileKey, outcome: Outcome, now: GpsTime) {
        let Some(state) = self.files.get_mut(file) else { return };
        let State::InWork { late, waited } = *state else { return };
        *state = match outcome {
            // Data that came while it was made may be in it or not.
            Outcome::Made | Outcome::Empty if late => State::Stale { first: now, last: now },
            Outcome::Made | Outcome::Empty => State::Settled,
            Outcome::Failed => State::Failed { at: now, wait: longer(waited) },
        };
    }

    /// Notes data of a station that came after their span's file was due.
    pub fn heard_late(&mut self, station: &StationName, epoch: GpsTime, now: GpsTime) -> Late {
        let mut became = Late::TooOld;
        for kind in self.kinds.clone() {
            let span = kind.span_of(epoch);
            if span.end + SETTLE > now {
                became = became.max(Late::InTime);
                continue;
            }
            if !self.is_of_concern(kind, span, now) {
                continue;
            }
            let station = kind.is_per_station().then(|| station.clone());
            match self.files.entry(FileKey { kind, start: span.start, station }) {
                Entry::Vacant(_) => became = became.max(Late::InTime),
                Entry::Occupied(mut file) => {
                    let state = file.get_mut();
                    *state = stale(*state, now);
                    became = Late::Noted;
                }
            }
        }
        became
    }

    /// How many files are remembered.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    fn owners(&self, kind: Kind) -> Vec<Option<StationName>> {
        if kind.is_per_station() {
            self.stations.iter().cloned().map(Some).collect()
        } else {
            vec![None]
        }
    }

    fn is_of_concern(&self, kind: Kind, span: Span, now: GpsTime) -> bool {
        span.end > self.begun && span.end > now - reach(kind)
    }

    fn judge(&mut self, file: FileKey, span: Span, now: GpsTime) -> Option<Job> {
        let overdue = now > span.end + wanted(file.kind);
        let first = if overdue { Why::Overdue } else { Why::Due };
        let (why, waited) = match self.files.get(&file) {
            None => (first, Interval::ZERO),
            Some(State::Failed { at, wait }) if now >= *at + *wait => (first, *wait),
            Some(State::Stale { first, last })
                if now >= *last + LATE_QUIET || now >= *first + LATE_WAIT_MAX =>
            {
                (Why::LateData, Interval::ZERO)
            }
            Some(_) => return None,
        };
        self.files.insert(file.clone(), State::InWork { late: false, waited });
        Some(Job { file, why })
    }

    /// Forgets files beyond reach, so that memory is bounded by the reaches above.
    fn forget(&mut self, now: GpsTime) {
        self.files.retain(|file, _| file.start + file.kind.period() > now - reach(file.kind));
    }
}

fn stale(state: State, now: GpsTime) -> State {
    match state {
        State::InWork { waited, .. } => State::InWork { late: true, waited },
        State::Settled => State::Stale { first: now, last: now },
        State::Stale { first, .. } => State::Stale { first, last: now },
        // It will be made of everything that is there by then.
        State::Failed { .. } => state,
    }
}

/// The wait after a failure that followed such a wait.
fn longer(waited: Interval) -> Interval {
    if waited == Interval::ZERO {
        return RETRY_FIRST;
    }
    (Interval::from_nanos(waited.nanos().saturating_mul(2))).min(RETRY_MAX)
}

fn reach(kind: Kind) -> Interval {
    match kind {
        Kind::HourlyObservations | Kind::HourlyNavigation => HOURLY_REACH,
        Kind::DailyObservations | Kind::DailyNavigation => DAILY_REACH,
    }
}

fn wanted(kind: Kind) -> Interval {
    match kind {
        Kind::HourlyObservations | Kind::HourlyNavigation => HOURLY_WANTED,
        Kind::DailyObservations | Kind::DailyNavigation => DAILY_WANTED,
    }
}

#[cfg(test)]
mod tests;
