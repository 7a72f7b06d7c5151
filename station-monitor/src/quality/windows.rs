//! The minute, the hour and the day of a station that are in progress.

use std::sync::Arc;

use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::quality::arrivals::Arrivals;
use crate::quality::summary::{Span, Summary};
use crate::quality::tally::Tally;

/// A span stays open so long after its end: epochs that are later than this are late for everybody.
pub const GRACE: Interval = Interval::from_seconds(5);
/// A jump of more than this is no silence but another time: nothing is counted across it.
pub const JUMP_MAX: Interval = Interval::from_seconds(86_400);

/// The open spans.
#[derive(Clone, Debug)]
pub struct Windows {
    station: StationName,
    /// Minute, hour and day, each from when it counts.
    open: [(GpsTime, Tally); 3],
    begun: bool,
    closed: [Option<Arc<Summary>>; 3],
}

impl Windows {
    /// None open yet.
    pub fn new(station: StationName) -> Self {
        let none = || (GpsTime::from_nanos(0), Tally::default());
        Self { station, open: [none(), none(), none()], begun: false, closed: [None, None, None] }
    }

    /// Opens all of them at a station's first epoch.
    pub fn begin(&mut self, time: GpsTime) {
        if !self.begun {
            self.begun = true;
            for (from, tally) in &mut self.open {
                *from = time;
                tally.clear();
            }
        }
    }

    /// Closes nothing and forgets what is open: time has jumped.
    pub fn abandon(&mut self) {
        self.begun = false;
    }

    /// Whether they are open.
    pub fn are_open(&self) -> bool {
        self.begun
    }

    /// The minute in progress.
    pub fn minute(&mut self) -> &mut Tally {
        &mut self.open[0].1
    }

    /// The beginning of what the minute in progress counts.
    pub fn minute_from(&self) -> GpsTime {
        self.open[0].0
    }

    /// The end of the minute in progress.
    pub fn minute_until(&self) -> GpsTime {
        Span::Minute.begin(self.open[0].0) + Span::Minute.length()
    }

    /// The last closed span of each length.
    pub fn closed(&self, span: Span) -> Option<&Arc<Summary>> {
        self.closed[span as usize].as_ref()
    }

    /// Closes the minute in progress at its end, and what else ends there.
    pub fn close_minute(&mut self, arrivals: &Arrivals, out: &mut Vec<Arc<Summary>>) {
        let until = self.minute_until();
        self.close_until(until, arrivals, out, |span| span.begin(until) == until);
    }

    /// Closes everything at that time, as at the end of a file.
    pub fn close_all(&mut self, until: GpsTime, arrivals: &Arrivals, out: &mut Vec<Arc<Summary>>) {
        if self.begun {
            self.close_until(until, arrivals, out, |_| true);
            self.begun = false;
        }
    }

    fn close_until(
        &mut self,
        until: GpsTime,
        arrivals: &Arrivals,
        out: &mut Vec<Arc<Summary>>,
        ends: impl Fn(Span) -> bool,
    ) {
        let (from, minute) = &mut self.open[0];
        minute.epochs_expected = arrivals.expected(*from, until).unwrap_or(minute.epochs);
        for (place, span) in Span::ALL.into_iter().enumerate() {
            if !ends(span) {
                break;
            }
            let (from, mut tally) =
                std::mem::replace(&mut self.open[place], (until, Tally::default()));
            if let Some((_, longer)) = self.open.get_mut(place + 1) {
                longer.join(&tally);
            }
            let station = self.station.clone();
            let summary = Summary::of(station, span, (from, until), arrivals.interval(), &tally);
            let summary = Arc::new(summary);
            self.closed[place] = Some(Arc::clone(&summary));
            out.push(summary);
            tally.clear();
            self.open[place].1 = tally;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> GpsTime {
        GpsTime::from_week(2400, Interval::from_seconds(seconds))
    }

    #[test]
    fn an_hour_is_the_sum_of_its_minutes_and_counts_from_the_first_epoch() {
        let mut windows = Windows::new("A".parse().unwrap());
        let mut arrivals = Arrivals::new(Some(Interval::from_seconds(1)));
        let mut out = Vec::new();
        for second in 90..=3_600 {
            arrivals.take(at(second));
            windows.begin(at(second));
            while windows.minute_until() <= at(second) {
                windows.close_minute(&arrivals, &mut out);
            }
            if !(600..660).contains(&second) {
                windows.minute().epochs += 1;
            }
        }
        let hour = out.last().unwrap();
        assert_eq!((hour.span, hour.from, hour.until), (Span::Hour, at(90), at(3_600)));
        assert_eq!((hour.epochs, hour.epochs_expected), (3_510 - 60, 3_510));
        let minutes: Vec<_> = out.iter().filter(|s| s.span == Span::Minute).collect();
        assert_eq!((minutes.len(), minutes[0].epochs_expected), (59, 30));
        let silent = minutes.iter().find(|m| m.from == at(600)).unwrap();
        assert_eq!(silent.completeness(), Some(0.0));
    }
}
