//! What was: each station's last hours second by second, and its closed minutes, hours and days.
//!
//! Kept in memory, in columns of small integers: 9 bytes for a second of a station, so 0.8 MB for a day of it.

mod columns;
mod fill;
mod keep;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_station_monitor::quality::status::StationStatus;
use tianshu_station_monitor::quality::summary::{Span, Summary};

pub(crate) use crate::web::history::columns::{Second, Seconds, moment};
pub(crate) use crate::web::history::fill::fill;
pub(crate) use crate::web::history::keep::keep;

/// Closed minutes that are kept: a day.
pub(crate) const MINUTES_MAX: usize = 1_440;
/// Closed hours that are kept: thirty days.
pub(crate) const HOURS_MAX: usize = 720;
/// Closed days that are kept: a year.
pub(crate) const DAYS_MAX: usize = 366;
/// Stations of which a history is kept; more than any network has, and reloads may bring others.
const STATIONS_MAX: usize = 1_000;

/// What was, of all stations.
#[derive(Debug)]
pub(crate) struct History {
    stations: Mutex<BTreeMap<StationName, StationHistory>>,
    seconds_max: usize,
}

/// What was, of one station.
#[derive(Clone, Debug)]
pub(crate) struct StationHistory {
    /// Second by second.
    pub seconds: Seconds,
    /// Closed spans, oldest first, by length.
    closed: [VecDeque<Arc<Summary>>; 3],
    /// Slips since the start, as far as minutes are closed.
    pub slips: u64,
    /// Epochs that came, that should have come, and that were of no use, as far as minutes are closed.
    pub epochs: (u64, u64, u64),
}

impl History {
    /// Nothing yet; `seconds_max` seconds are kept of each station.
    pub(crate) fn new(seconds_max: usize) -> Self {
        Self { stations: Mutex::default(), seconds_max }
    }

    /// Takes up what is true of the stations now.
    pub(crate) fn take(&self, stations: &[StationStatus]) {
        let mut all = self.lock();
        for status in stations {
            if !all.contains_key(&status.station) && all.len() >= STATIONS_MAX {
                continue;
            }
            let history = all
                .entry(status.station.clone())
                .or_insert_with(|| StationHistory::new(self.seconds_max));
            history.take(status);
        }
    }

    /// Takes up a closed span that was kept elsewhere, if it is older than what is known.
    pub(crate) fn fill(&self, closed: Arc<Summary>) {
        let mut all = self.lock();
        let full = all.len() >= STATIONS_MAX;
        let name = closed.station.clone();
        if full && !all.contains_key(&name) {
            return;
        }
        let history = all.entry(name).or_insert_with(|| StationHistory::new(self.seconds_max));
        history.fill(closed);
    }

    /// Asks the history of a station; none if nothing was heard of it.
    pub(crate) fn of<T>(
        &self,
        station: &StationName,
        ask: impl FnOnce(&StationHistory) -> T,
    ) -> Option<T> {
        self.lock().get(station).map(ask)
    }

    /// Asks the history of every station, by name.
    pub(crate) fn each<T>(
        &self,
        mut ask: impl FnMut(&StationName, &StationHistory) -> T,
    ) -> Vec<T> {
        self.lock().iter().map(|(name, history)| ask(name, history)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<StationName, StationHistory>> {
        self.stations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StationHistory {
    fn new(seconds_max: usize) -> Self {
        Self {
            seconds: Seconds::new(seconds_max),
            closed: <[VecDeque<_>; 3]>::default(),
            slips: 0,
            epochs: (0, 0, 0),
        }
    }

    fn take(&mut self, status: &StationStatus) {
        if let Some(second) = Second::of(status) {
            self.seconds.push(second);
        }
        for closed in [&status.minute, &status.hour, &status.day].into_iter().flatten() {
            let known =
                self.closed(closed.span).back().is_some_and(|last| last.from >= closed.from);
            if known {
                continue;
            }
            if closed.span == Span::Minute {
                self.slips += closed.slips;
                self.epochs.0 += u64::from(closed.epochs);
                self.epochs.1 += u64::from(closed.epochs_expected);
                self.epochs.2 += u64::from(closed.unusable);
            }
            let (queue, most) = self.queue(closed.span);
            queue.push_back(Arc::clone(closed));
            while queue.len() > most {
                queue.pop_front();
            }
        }
    }

    fn fill(&mut self, closed: Arc<Summary>) {
        let (queue, most) = self.queue(closed.span);
        let at = queue.partition_point(|known| known.from < closed.from);
        let is_known = queue.get(at).is_some_and(|known| known.from < closed.until);
        let is_covered = at > 0 && queue.get(at - 1).is_some_and(|known| known.until > closed.from);
        if !is_known && !is_covered && queue.len() < most {
            queue.insert(at, closed);
        }
    }

    /// Closed spans of a length, oldest first.
    pub(crate) fn closed(&self, span: Span) -> &VecDeque<Arc<Summary>> {
        &self.closed[place(span)]
    }

    /// Closed spans of a length that begin in `[from, until)`, oldest first.
    pub(crate) fn between(
        &self,
        span: Span,
        from: GpsTime,
        until: GpsTime,
    ) -> impl Iterator<Item = &Arc<Summary>> {
        let all = self.closed(span);
        let first = all.partition_point(|closed| span.begin(closed.from) < from);
        all.range(first..).take_while(move |closed| span.begin(closed.from) < until)
    }

    fn queue(&mut self, span: Span) -> (&mut VecDeque<Arc<Summary>>, usize) {
        let most = match span {
            Span::Minute => MINUTES_MAX,
            Span::Hour => HOURS_MAX,
            Span::Day => DAYS_MAX,
        };
        (&mut self.closed[place(span)], most)
    }
}

fn place(span: Span) -> usize {
    match span {
        Span::Minute => 0,
        Span::Hour => 1,
        Span::Day => 2,
    }
}

#[cfg(test)]
mod tests;
