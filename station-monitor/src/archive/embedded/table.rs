//! Observations of one station in columns: as they are read from a file, and handed out epoch by epoch.

use std::time::Duration;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::units::{Cycles, DbHz, Hertz, Metres};

use crate::archive::scaled::{CN0_STEPS_PER_DB, ScaledEpoch, ScaledObservation, units};

/// Stands in a column for what was not measured. Never seen outside of this file.
const ABSENT: i64 = i64::MIN;
/// The same in a column of short numbers.
const ABSENT_SHORT: i32 = i32::MIN;
/// More steps of time than so many for each row: the rows are sorted by comparison instead.
const SLOTS_PER_ROW_MAX: usize = 4;

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

    fn get(&self, row: usize) -> Option<T> {
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
    pub(super) fn of(epochs: &[ScaledEpoch]) -> Self {
        let mut rows: Vec<(GpsTime, &ScaledObservation)> =
            epochs.iter().flat_map(|e| e.observations.iter().map(|o| (e.time, o))).collect();
        // Stable, so that of equal rows the one that came first stays first.
        rows.sort_by_key(|(time, o)| (o.satellite, o.signal, *time));
        rows.dedup_by_key(|(time, o)| (o.satellite, o.signal, *time));
        let mut table = Self::default();
        for (time, o) in rows {
            table.push(time, o);
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

    /// A row as it was measured; none if its satellite or signal is none that we know, as in a file of others.
    fn observation(&self, row: usize) -> Option<Observation> {
        let satellite = satellite_of(*self.satellite.get(row)?)?;
        let signal = signal_of(satellite.constellation(), *self.signal.get(row)?)?;
        let thousandths = |column: &Column<i64>| column.get(row).map(units);
        let short = |column: &Column<i32>| column.get(row);
        Some(Observation {
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
        })
    }

    /// The rows by time, and of one time in the order of the file.
    fn order(&self) -> Vec<u32> {
        self.counted_order().unwrap_or_else(|| {
            let rows = u32::try_from(self.len()).unwrap_or(u32::MAX);
            let mut order: Vec<u32> = (0..rows).collect();
            order.sort_by_key(|row| self.time_ns.get(*row as usize));
            order
        })
    }

    /// The same by counting, where all times are steps of one length, as those of a receiver are.
    fn counted_order(&self) -> Option<Vec<u32>> {
        let times = &self.time_ns;
        let (first, last) = (*times.iter().min()?, *times.iter().max()?);
        let steps = times.iter().zip(times.iter().skip(1)).map(|(a, b)| b - a);
        let step = steps.filter(|step| *step > 0).min().unwrap_or(1);
        let slots = usize::try_from((last - first) / step + 1).ok()?;
        if slots > SLOTS_PER_ROW_MAX * times.len() {
            return None;
        }
        let mut starts = vec![0_u32; slots + 1];
        for time in times {
            if (time - first) % step != 0 {
                return None;
            }
            *starts.get_mut(usize::try_from((time - first) / step).ok()? + 1)? += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut order = vec![0_u32; times.len()];
        for (row, time) in (0_u32..).zip(times) {
            let next = starts.get_mut(usize::try_from((time - first) / step).ok()?)?;
            *order.get_mut(*next as usize)? = row;
            *next += 1;
        }
        Some(order)
    }
}

/// Hands a table out, epoch by epoch, in the order of time.
pub(in crate::archive) struct TableEpochs {
    table: Table,
    order: Vec<u32>,
    next: usize,
}

impl TableEpochs {
    pub(in crate::archive) fn new(table: Table) -> Self {
        let order = table.order();
        Self { table, order, next: 0 }
    }

    fn time_of(&self, at: usize) -> Option<i64> {
        self.table.time_ns.get(*self.order.get(at)? as usize).copied()
    }
}

impl Iterator for TableEpochs {
    type Item = ObsEpoch;

    fn next(&mut self) -> Option<ObsEpoch> {
        let time = self.time_of(self.next)?;
        let mut end = self.next + 1;
        while self.time_of(end) == Some(time) {
            end += 1;
        }
        let rows = self.order.get(self.next..end).unwrap_or_default();
        let observations: Vec<Observation> =
            rows.iter().filter_map(|row| self.table.observation(*row as usize)).collect();
        self.next = end;
        let time = GpsTime::from_nanos(time);
        // Our files are sorted by satellite and signal, and the order keeps that; a database sorts by their names, and may
        // have an epoch twice that a station has sent twice.
        if observations.is_sorted_by(|a, b| (a.satellite, a.signal) < (b.satellite, b.signal)) {
            return Some(ObsEpoch { time, observations });
        }
        Some(ObsEpoch::new(time, observations))
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
