//! Observations of one station in columns: as they are read from a file, and handed out epoch by epoch.

use std::collections::BTreeMap;
use std::time::Duration;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::units::{Cycles, DbHz, Hertz, Metres};

use crate::archive::ahead::Ahead;
use crate::archive::scaled::{CN0_STEPS_PER_DB, ScaledEpoch, ScaledObservation, units};
use crate::archive::span::Span;
use crate::archive::store::ReadError;

/// Stands in a column for what was not measured. Never seen outside of this file.
const ABSENT: i64 = i64::MIN;
/// The same in a column of short numbers.
const ABSENT_SHORT: i32 = i32::MIN;
/// More pieces of rows than so many are sorted into fewer first, as each piece is looked at for every epoch. Files of ours have one
/// for each signal of a satellite and arc, some hundreds; files of others may be sorted by time and have as many as rows.
const RUNS_MAX: usize = 4_096;
/// Rows of a run that are read in one go: two cache lines of the widest columns, and epochs that stay in the second cache meanwhile.
/// Row by row, an hour's thousand columns of runs are too many for the first one.
const ROWS_AT_ONCE: usize = 16;

/// Columns of as many rows each, sorted by satellite, signal and time. Satellites and signals in numbers:
/// `letter * 100 + number` (G07 is 7107), and `band * 256 + attribute`, each in ASCII (1C is 12611).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::archive) struct Table {
    pub time_ns: Vec<i64>,
    pub satellite: Vec<i32>,
    pub signal: Vec<i32>,
    pub glonass_channel: Column<i32>,
    pub code_mm: Column<i64>,
    pub phase_millicycles: Column<i64>,
    pub doppler_millihertz: Column<i32>,
    pub cn0_sixteenths: Column<i32>,
    pub lock_ms: Column<i32>,
    pub half_cycle: Vec<i32>,
}

/// A column in which numbers may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::archive) struct Column<T>(Vec<T>);

/// A number that a column can hold, and the one that stands for none.
pub(in crate::archive) trait Cell: Copy + PartialEq {
    const NONE: Self;
}

impl Cell for i64 {
    const NONE: Self = ABSENT;
}

impl Cell for i32 {
    const NONE: Self = ABSENT_SHORT;
}

impl<T: Cell> Column<T> {
    fn push(&mut self, value: Option<T>) {
        self.0.push(value.unwrap_or(T::NONE));
    }

    pub(in crate::archive) fn extend(&mut self, values: impl Iterator<Item = Option<T>>) {
        self.0.extend(values.map(|value| value.unwrap_or(T::NONE)));
    }

    pub(in crate::archive) fn get(&self, row: usize) -> Option<T> {
        self.0.get(row).copied().filter(|value| *value != T::NONE)
    }

    /// A column of numbers, those present one behind the other, and for each row whether it has one.
    pub(super) fn from_levels(values: Vec<T>, levels: &[i16]) -> Self {
        if values.len() == levels.len() {
            return Self(values);
        }
        let mut present = values.into_iter();
        let cell = |level: &i16| if *level > 0 { present.next() } else { None };
        Self(levels.iter().map(cell).map(|value| value.unwrap_or(T::NONE)).collect())
    }

    /// The numbers that are present, and for each row whether it has one.
    pub(super) fn levels(&self) -> (Vec<T>, Vec<i16>) {
        let values = self.0.iter().copied().filter(|value| *value != T::NONE).collect();
        let levels = self.0.iter().map(|value| i16::from(*value != T::NONE)).collect();
        (values, levels)
    }
}

impl Table {
    /// The rows of epochs, sorted; of a repeated satellite, signal and time the first is kept.
    pub(super) fn of<'a>(epochs: impl IntoIterator<Item = &'a ScaledEpoch>) -> Self {
        // Epochs come in the order of time or nearly so: rows of one signal then need no sorting.
        let mut arcs: BTreeMap<(Satellite, Signal), Vec<(GpsTime, &ScaledObservation)>> =
            BTreeMap::new();
        for epoch in epochs {
            for o in &epoch.observations {
                arcs.entry((o.satellite, o.signal)).or_default().push((epoch.time, o));
            }
        }
        let mut table = Self::default();
        for mut rows in arcs.into_values() {
            // Stable, so that of equal rows the one that came first stays first.
            rows.sort_by_key(|(time, _)| *time);
            rows.dedup_by_key(|(time, _)| *time);
            for (time, o) in rows {
                table.push(time, o);
            }
        }
        table
    }

    /// How many rows.
    pub(super) fn len(&self) -> usize {
        self.time_ns.len()
    }

    /// The first and the last time; none without rows.
    pub(super) fn bounds(&self) -> Option<(GpsTime, GpsTime)> {
        let (first, last) = (self.time_ns.iter().min()?, self.time_ns.iter().max()?);
        Some((GpsTime::from_nanos(*first), GpsTime::from_nanos(*last)))
    }

    pub(in crate::archive) fn push(&mut self, time: GpsTime, o: &ScaledObservation) {
        self.time_ns.push(time.nanos());
        self.satellite.push(satellite_number(o.satellite));
        self.signal.push(signal_number(o.signal));
        self.glonass_channel.push(o.glonass_channel.map(i32::from));
        self.code_mm.push(o.code_mm);
        self.phase_millicycles.push(o.phase_millicycles);
        self.doppler_millihertz.push(o.doppler_millihertz);
        self.cn0_sixteenths.push(o.cn0_sixteenths.map(i32::from));
        self.lock_ms.push(o.lock_ms.and_then(|ms| i32::try_from(ms).ok()));
        self.half_cycle.push(i32::from(o.half_cycle_ambiguous));
    }

    /// The rows in pieces, sorted by satellite and signal, of which each is in the order of time.
    fn runs(&self) -> Vec<Run> {
        let mut runs = Vec::new();
        let mut start = 0;
        for end in 1..=self.len() {
            if self.goes_on(end) {
                continue;
            }
            runs.extend(self.run(start, end));
            start = end;
        }
        // Stable, so that of equal rows the one that came first stays first.
        runs.sort_by_key(|run| (run.satellite, run.signal));
        runs
    }

    /// Whether a row is of the same satellite and signal as the one before, and later.
    fn goes_on(&self, row: usize) -> bool {
        let later = |column: &[i64]| column.get(row).is_some_and(|time| *time > column[row - 1]);
        let same = |column: &[i32]| column.get(row) == column.get(row - 1);
        later(&self.time_ns) && same(&self.satellite) && same(&self.signal)
    }

    /// The rows of one satellite and signal; none if it is none that we know, as in a file of others.
    fn run(&self, start: usize, end: usize) -> Option<Run> {
        let satellite = satellite_of(*self.satellite.get(start)?)?;
        let signal = signal_of(satellite.constellation(), *self.signal.get(start)?)?;
        Some(Run { satellite, signal, next: start, end })
    }

    /// The same rows sorted by satellite, signal and time, of a repeated one the first.
    fn sorted(&self) -> Self {
        let key = |row: &usize| (self.satellite[*row], self.signal[*row], self.time_ns[*row]);
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by_key(key);
        order.dedup_by_key(|row| key(row));
        Self {
            time_ns: picked(&self.time_ns, &order),
            satellite: picked(&self.satellite, &order),
            signal: picked(&self.signal, &order),
            glonass_channel: Column(picked(&self.glonass_channel.0, &order)),
            code_mm: Column(picked(&self.code_mm.0, &order)),
            phase_millicycles: Column(picked(&self.phase_millicycles.0, &order)),
            doppler_millihertz: Column(picked(&self.doppler_millihertz.0, &order)),
            cn0_sixteenths: Column(picked(&self.cn0_sixteenths.0, &order)),
            lock_ms: Column(picked(&self.lock_ms.0, &order)),
            half_cycle: picked(&self.half_cycle, &order),
        }
    }

    /// A row as it was measured.
    fn observation(&self, satellite: Satellite, signal: Signal, row: usize) -> Observation {
        let thousandths = |column: &Column<i64>| column.get(row).map(units);
        let short = |column: &Column<i32>| column.get(row);
        Observation {
            satellite,
            signal,
            glonass_channel: short(&self.glonass_channel).and_then(|n| i8::try_from(n).ok()),
            code: thousandths(&self.code_mm).map(Metres),
            phase: thousandths(&self.phase_millicycles).map(Cycles),
            doppler: short(&self.doppler_millihertz).map(|n| Hertz(units(i64::from(n)))),
            cn0: short(&self.cn0_sixteenths).map(|n| DbHz(f64::from(n) / CN0_STEPS_PER_DB)),
            lock_time: short(&self.lock_ms)
                .and_then(|ms| u64::try_from(ms).ok())
                .map(Duration::from_millis),
            half_cycle_ambiguous: self.half_cycle.get(row).is_some_and(|n| *n != 0),
        }
    }
}

fn picked<T: Copy>(column: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|row| column[*row]).collect()
}

/// Rows that follow each other, of one satellite and signal, each later than the one before.
struct Run {
    satellite: Satellite,
    signal: Signal,
    next: usize,
    end: usize,
}

/// Hands a table out, epoch by epoch, in the order of time.
pub(in crate::archive) struct TableEpochs {
    table: Table,
    /// What is not handed out yet, sorted by satellite and signal.
    runs: Vec<Run>,
    /// The next epochs.
    ready: std::vec::IntoIter<ObsEpoch>,
    /// How many observations the last epoch had.
    width: usize,
}

impl TableEpochs {
    pub(in crate::archive) fn new(mut table: Table) -> Self {
        let mut runs = table.runs();
        if runs.len() > RUNS_MAX {
            table = table.sorted();
            runs = table.runs();
        }
        Self { table, runs, ready: Vec::new().into_iter(), width: 0 }
    }

    /// Puts the next epochs together, of each run at most [`ROWS_AT_ONCE`] rows.
    fn refill(&mut self) -> Option<()> {
        let times = &self.table.time_ns;
        let last = |run: &Run| times.get(run.end.min(run.next + ROWS_AT_ONCE) - 1);
        let until = *self.runs.iter().filter_map(last).min()?;
        let mut epochs: Vec<ObsEpoch> = Vec::with_capacity(ROWS_AT_ONCE);
        for run in &mut self.runs {
            let mut at = 0;
            let rows = times.get(run.next..run.end).unwrap_or_default();
            for time in rows.iter().take_while(|time| **time <= until) {
                let time = GpsTime::from_nanos(*time);
                while epochs.get(at).is_some_and(|epoch| epoch.time < time) {
                    at += 1;
                }
                if epochs.get(at).is_none_or(|epoch| epoch.time > time) {
                    let observations = Vec::with_capacity(self.width);
                    epochs.insert(at, ObsEpoch { time, observations });
                }
                let row = self.table.observation(run.satellite, run.signal, run.next);
                epochs[at].observations.push(row);
                run.next += 1;
            }
        }
        self.runs.retain(|run| run.next < run.end);
        self.width = epochs.last().map_or(0, |epoch| epoch.observations.len());
        self.ready = epochs.into_iter();
        Some(())
    }
}

impl Iterator for TableEpochs {
    type Item = ObsEpoch;

    fn next(&mut self) -> Option<ObsEpoch> {
        if self.ready.len() == 0 {
            self.refill()?;
        }
        let ObsEpoch { time, observations } = self.ready.next()?;
        // A database may have an epoch twice that a station has sent twice.
        if observations.is_sorted_by(|a, b| (a.satellite, a.signal) < (b.satellite, b.signal)) {
            return Some(ObsEpoch { time, observations });
        }
        Some(ObsEpoch::new(time, observations))
    }
}

/// The epochs of a span, of tables that come one behind the other: an hour is handed out while the next ones are read.
pub(in crate::archive) struct HourlyEpochs<J> {
    hours: Ahead<J, Result<TableEpochs, ReadError>>,
    current: Option<TableEpochs>,
    span: Span,
}

impl<J: Send + Sync + 'static> HourlyEpochs<J> {
    /// Of those hours, in order, each read by `read`.
    pub(in crate::archive) fn new(
        hours: impl IntoIterator<Item = J>,
        span: Span,
        read: impl Fn(&J) -> Result<Table, ReadError> + Send + Sync + 'static,
    ) -> Self {
        let hours = Ahead::new(hours, move |hour| read(hour).map(TableEpochs::new));
        Self { hours, current: None, span }
    }
}

impl<J: Send + Sync + 'static> Iterator for HourlyEpochs<J> {
    type Item = Result<ObsEpoch, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let span = self.span;
            let mut left = self.current.iter_mut().flatten();
            if let Some(epoch) = left.find(|epoch| span.contains(epoch.time)) {
                return Some(Ok(epoch));
            }
            self.current = None;
            match self.hours.next()? {
                Ok(epochs) => self.current = Some(epochs),
                Err(error) => {
                    // What is behind a hole would look like all there is.
                    self.hours.stop();
                    return Some(Err(error));
                }
            }
        }
    }
}

/// `letter * 100 + number`.
pub(super) fn satellite_number(satellite: Satellite) -> i32 {
    i32::from(satellite.constellation().letter() as u8) * 100 + i32::from(satellite.number())
}

/// The satellite of a number.
pub(super) fn satellite_of(number: i32) -> Option<Satellite> {
    let letter = u8::try_from(number / 100).ok()?;
    let system = Constellation::from_letter(char::from(letter))?;
    Satellite::new(system, u8::try_from(number % 100).ok()?)
}

/// `band * 256 + attribute`, each in ASCII.
pub(super) fn signal_number(signal: Signal) -> i32 {
    i32::from(signal.band() as u8) * 256 + i32::from(signal.attribute() as u8)
}

/// The signal of a number.
pub(super) fn signal_of(system: Constellation, number: i32) -> Option<Signal> {
    let band = char::from(u8::try_from(number / 256).ok()?);
    let attribute = char::from(u8::try_from(number % 256).ok()?);
    Signal::new(system, band, attribute)
}

#[cfg(test)]
mod tests {
    use tianshu_gnss::time::gps::Interval;

    use super::*;
    use crate::archive::sample;

    fn scaled(epochs: impl Iterator<Item = ObsEpoch>) -> Vec<ScaledEpoch> {
        epochs.map(|epoch| ScaledEpoch::from(&epoch)).collect()
    }

    #[test]
    fn epochs_come_back_in_the_order_of_time() {
        let epochs: Vec<_> = (0..50).map(|s| sample::epoch(1, s)).collect();
        let mut shuffled = epochs.clone();
        shuffled.reverse();
        assert_eq!(scaled(TableEpochs::new(Table::of(&shuffled))), epochs);
    }

    #[test]
    fn times_that_are_no_steps_of_one_length_are_in_order_too() {
        let mut epochs: Vec<_> = (0..20).map(|s| sample::epoch(1, s)).collect();
        for (n, epoch) in (0..).zip(&mut epochs) {
            epoch.time += Interval::from_nanos(n * n * 1_237);
        }
        epochs[19].time += Interval::from_seconds(40_000);
        assert_eq!(scaled(TableEpochs::new(Table::of(&epochs))), epochs);
    }

    #[test]
    fn satellites_that_come_and_go_are_in_their_epochs() {
        let mut epochs: Vec<_> = (0..100).map(|s| sample::epoch(1, s)).collect();
        for (n, epoch) in epochs.iter_mut().enumerate() {
            let mut at = 0;
            epoch.observations.retain(|_| {
                at += 1;
                (n / 7 + at) % 3 != 0 || n % 11 == at
            });
        }
        epochs.retain(|epoch| !epoch.observations.is_empty());
        assert!(epochs.len() > 50, "the sample has something to come and go");
        assert_eq!(scaled(TableEpochs::new(Table::of(&epochs))), epochs);
    }

    /// As files of others may be, and a database that has not put its parts together.
    #[test]
    fn rows_in_the_order_of_time_come_back_too() {
        let epochs: Vec<_> = (0..2_000).map(|s| sample::epoch(1, s)).collect();
        let mut table = Table::default();
        for epoch in &epochs {
            epoch.observations.iter().for_each(|o| table.push(epoch.time, o));
        }
        assert!(table.runs().len() > RUNS_MAX);
        assert_eq!(scaled(TableEpochs::new(table)), epochs);
    }

    #[test]
    fn of_an_epoch_that_comes_twice_the_first_is_kept() {
        let first = sample::epoch(1, 5);
        let mut second = sample::epoch(2, 5);
        second.observations.remove(0);
        let told = scaled(TableEpochs::new(Table::of(&[first.clone(), second])));
        assert_eq!(told, [first]);
    }

    #[test]
    fn numbers_name_satellites_and_signals() {
        let satellite: Satellite = "G07".parse().unwrap();
        assert_eq!(satellite_number(satellite), 7107);
        assert_eq!(satellite_of(7107), Some(satellite));
        let signal = Signal::from_code(Constellation::Gps, "1C").unwrap();
        assert_eq!(signal_number(signal), 12_611);
        assert_eq!(signal_of(Constellation::Gps, 12_611), Some(signal));
        for wrong in [0, -1, 7100, 99_999_999] {
            assert_eq!(satellite_of(wrong), None);
        }
    }
}
