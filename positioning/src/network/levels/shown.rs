//! Levels as they are shown: the same numbers for as long as arcs last, whatever the book's roots and sets do.
//!
//! Levels are arbitrary by one whole number for each station's group and carrier and by one for each satellite's carrier. When sets meet or
//! another station becomes the root, the book tells levels anew; here such a shift is recognised and taken off again, so that everything that
//! is computed from levels, to the last bit, and every virtual station's phase, stays what it was.

use std::collections::{BTreeMap, BTreeSet};

use crate::network::levels::Level;
use crate::network::levels::book::LevelBook;
use crate::network::observed::{BANDS, Channel, Group, band};
use crate::network::topology::StationIndex;

/// Levels of the largest sets, as everybody but the book sees them.
#[derive(Clone, Debug, Default)]
pub struct ShownLevels {
    shown: BTreeMap<Channel, OfChannel>,
    satellites: BTreeMap<Channel, Datum>,
    stations: BTreeMap<StationBand, Datum>,
}

/// A station's receiver on one carrier of one group.
pub type StationBand = (StationIndex, Group, char);

/// One channel as it is shown.
#[derive(Clone, Debug, Default)]
struct OfChannel {
    generation: u32,
    /// By station.
    entries: Vec<Option<Entry>>,
}

/// What the book tells of one channel, in order of stations.
type Told = Vec<(StationIndex, Level)>;

#[derive(Clone, Copy, Debug)]
struct Entry {
    arc: u32,
    told: i64,
    cycles: i64,
}

/// What is taken off, and how often its meaning was lost: it changes only when nothing was left to connect before and after.
#[derive(Clone, Copy, Debug, Default)]
struct Datum {
    cycles: i64,
    generation: u32,
}

/// A level as shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Whole cycles to be taken off the arc's phase.
    pub cycles: i64,
    /// The arc for which it holds.
    pub arc: u32,
    /// While this stays, phases of this satellite's carrier have one and the same whole number at all stations and times.
    pub generation: u32,
}

impl ShownLevels {
    /// The level of a station's channel, if it is in the largest set.
    pub fn get(&self, station: StationIndex, channel: Channel) -> Option<Shown> {
        let of_channel = self.shown.get(&channel)?;
        let Entry { arc, cycles, .. } = *of_channel.get(station)?;
        Some(Shown { cycles, arc, generation: of_channel.generation })
    }

    /// How often a receiver's carrier has lost all its levels.
    pub fn station_generation(&self, of: StationBand) -> u32 {
        self.stations.get(&of).map_or(0, |datum| datum.generation)
    }

    /// Takes over what the book has come to.
    pub fn follow(&mut self, book: &LevelBook) {
        let mut told: Vec<BTreeMap<Channel, Told>> = vec![BTreeMap::new(); BANDS];
        for (station, channel, level) in book.iter().filter(|(_, _, level)| level.component == 0) {
            if let Some(of_band) = band(channel).and_then(|band| told.get_mut(band)) {
                of_band.entry(channel).or_default().push((station, level));
            }
        }
        let is_told = |channel: &Channel| {
            band(*channel).and_then(|band| told.get(band)).is_some_and(|t| t.contains_key(channel))
        };
        self.shown.retain(|channel, _| is_told(channel));
        for of_band in &told {
            self.follow_band(of_band);
        }
    }

    /// Takes over what the book has come to in one carrier of one group.
    fn follow_band(&mut self, told: &BTreeMap<Channel, Told>) {
        let is_shown = |(channel, told): (&Channel, &Told)| {
            self.shown.get(channel).is_some_and(|o| o.is(told))
        };
        if told.iter().all(is_shown) {
            return;
        }
        let Some((first, _)) = told.first_key_value() else { return };
        let Some(group) = Group::of(first.0) else { return };
        self.find_shifts(group, first.1, told);
        for (channel, told) in told {
            let generation = self.satellites.get(channel).map_or(0, |datum| datum.generation);
            let stations = told.last().map_or(0, |(station, _)| station.position() + 1);
            let mut entries = vec![None; stations];
            for (station, level) in told {
                entries[station.position()] = Some(Entry {
                    arc: level.arc,
                    told: level.cycles,
                    cycles: level.cycles - self.taken_off(*station, *channel),
                });
            }
            self.shown.insert(*channel, OfChannel { generation, entries });
        }
    }

    fn taken_off(&self, station: StationIndex, channel: Channel) -> i64 {
        let of_satellite = self.satellites.get(&channel).map_or(0, |datum| datum.cycles);
        let Some(group) = Group::of(channel.0) else { return of_satellite };
        let of_station = self.stations.get(&(station, group, channel.1));
        of_satellite + of_station.map_or(0, |datum| datum.cycles)
    }

    /// Finds by what the levels of one carrier were shifted, and takes it off from now on.
    fn find_shifts(&mut self, group: Group, band: char, told: &BTreeMap<Channel, Told>) {
        let mut shifts = Shifts::default();
        for (channel, of_channel) in told {
            for (station, level) in of_channel {
                let before = self.shown.get(channel).and_then(|of| of.get(*station));
                match before.filter(|before| before.arc == level.arc) {
                    Some(before) => shifts.add(*station, *channel, level.cycles - before.told),
                    None => shifts.note(*station, *channel),
                }
            }
        }
        shifts.solve();
        for (channel, shift) in &shifts.satellites {
            let is_new = !self.satellites.contains_key(channel);
            let datum = self.satellites.entry(*channel).or_default();
            match shift {
                Some(shift) => datum.cycles += shift,
                None if is_new => {}
                None => *datum = Datum { cycles: 0, generation: datum.generation + 1 },
            }
        }
        for (station, shift) in &shifts.stations {
            let key = (*station, group, band);
            let is_new = !self.stations.contains_key(&key);
            let datum = self.stations.entry(key).or_default();
            match shift {
                Some(shift) => datum.cycles += shift,
                None if is_new => {}
                // What the book tells of it now has nothing to do with what it told before.
                None => *datum = Datum { cycles: 0, generation: datum.generation + 1 },
            }
        }
    }
}

impl OfChannel {
    fn get(&self, station: StationIndex) -> Option<&Entry> {
        self.entries.get(station.position())?.as_ref()
    }

    /// Whether the book tells what it told.
    fn is(&self, told: &Told) -> bool {
        let is_same = |(station, level): &(StationIndex, Level)| {
            let entry = self.get(*station);
            entry.is_some_and(|e| (e.arc, e.told) == (level.arc, level.cycles))
        };
        self.entries.iter().flatten().count() == told.len() && told.iter().all(is_same)
    }
}

/// By what levels were shifted: known between what goes on, none for what begins.
#[derive(Default)]
struct Shifts {
    satellites: BTreeMap<Channel, Option<i64>>,
    stations: BTreeMap<StationIndex, Option<i64>>,
    links: Vec<(StationIndex, Channel, i64)>,
}

impl Shifts {
    fn note(&mut self, station: StationIndex, channel: Channel) {
        self.satellites.entry(channel).or_default();
        self.stations.entry(station).or_default();
    }

    fn add(&mut self, station: StationIndex, channel: Channel, by: i64) {
        self.note(station, channel);
        self.links.push((station, channel, by));
    }

    /// Each link's shift is its station's and its satellite's together. The first station of each connected part is held.
    fn solve(&mut self) {
        if self.links.iter().all(|(_, _, by)| *by == 0) {
            for (station, channel, _) in &self.links {
                self.satellites.insert(*channel, Some(0));
                self.stations.insert(*station, Some(0));
            }
            return;
        }
        let mut open: BTreeSet<usize> = (0..self.links.len()).collect();
        while let Some(first) = open.first().copied() {
            self.stations.insert(self.links[first].0, Some(0));
            self.spread(&mut open);
        }
    }

    /// Carries what is known over the links until nothing more follows; what each end has from most of its links is taken.
    fn spread(&mut self, open: &mut BTreeSet<usize>) {
        loop {
            let mut found: BTreeMap<Channel, Vec<i64>> = BTreeMap::new();
            for (station, channel, by) in &self.links {
                if let (Some(Some(known)), Some(None)) =
                    (self.stations.get(station), self.satellites.get(channel))
                {
                    found.entry(*channel).or_default().push(by - known);
                }
            }
            let mut moved = !found.is_empty();
            for (channel, shifts) in found {
                self.satellites.insert(channel, Some(most_frequent(shifts)));
            }
            let mut found: BTreeMap<StationIndex, Vec<i64>> = BTreeMap::new();
            for (station, channel, by) in &self.links {
                if let (Some(None), Some(Some(known))) =
                    (self.stations.get(station), self.satellites.get(channel))
                {
                    found.entry(*station).or_default().push(by - known);
                }
            }
            moved |= !found.is_empty();
            for (station, shifts) in found {
                self.stations.insert(station, Some(most_frequent(shifts)));
            }
            if !moved {
                break;
            }
        }
        open.retain(|link| matches!(self.stations.get(&self.links[*link].0), Some(None)));
    }
}

/// The value that comes most often, of equals the least.
fn most_frequent(mut values: Vec<i64>) -> i64 {
    values.sort_unstable();
    let runs = values.chunk_by(|a, b| a == b);
    runs.rev().max_by_key(|run| run.len()).and_then(|run| run.first()).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATIONS: u16 = 5;

    fn channel(number: u8, band: char) -> Channel {
        (format!("G{number:02}").parse().unwrap(), band)
    }

    /// A book in which station `r` has satellite `s` at `100 r + s`, shifted by `by(r, s)`, in arc `s`.
    fn book(by: impl Fn(u16, u8) -> i64) -> LevelBook {
        let mut book = LevelBook::default();
        for station in 0..STATIONS {
            for number in 1..8 {
                let cycles = 100 * i64::from(station) + i64::from(number) + by(station, number);
                let arc = u32::from(number);
                book.restore(StationIndex(station), channel(number, '1'), cycles, arc);
            }
        }
        book
    }

    fn shown(levels: &ShownLevels) -> Vec<Option<Shown>> {
        let all = (0..STATIONS).flat_map(|s| (1..8).map(move |n| (s, n)));
        all.map(|(s, n)| levels.get(StationIndex(s), channel(n, '1'))).collect()
    }

    #[test]
    fn levels_that_are_told_anew_are_shown_as_before() {
        let mut levels = ShownLevels::default();
        levels.follow(&book(|_, _| 0));
        let before = shown(&levels);
        assert!(before.iter().all(Option::is_some));
        // Another root, another pivot, sets that met: any numbers by station and by satellite.
        levels.follow(&book(|r, s| 17 * i64::from(r) - 40 + 3 * i64::from(s * s)));
        assert_eq!(shown(&levels), before);
        levels.follow(&book(|r, _| -5 * i64::from(r)));
        assert_eq!(shown(&levels), before);
    }

    #[test]
    fn a_level_that_really_changed_is_shown() {
        let mut levels = ShownLevels::default();
        levels.follow(&book(|_, _| 0));
        let before = shown(&levels);
        levels.follow(&book(|r, s| 7 + i64::from(r == 2 && s == 3)));
        let changed = shown(&levels).into_iter().zip(before).filter(|(a, b)| a != b);
        assert_eq!(changed.count(), 1);
        let level = levels.get(StationIndex(2), channel(3, '1')).unwrap();
        assert_eq!(level.cycles, 204);
    }

    #[test]
    fn a_satellite_that_all_stations_lost_has_another_whole_number() {
        let mut levels = ShownLevels::default();
        levels.follow(&book(|_, _| 0));
        let mut without = book(|_, _| 0);
        without.forget(|_, channel, _| channel.0.number() != 4);
        levels.follow(&without);
        assert_eq!(levels.get(StationIndex(0), channel(4, '1')), None);
        levels.follow(&book(|_, s| if s == 4 { 1_000 } else { 0 }));
        let of = |number| levels.get(StationIndex(1), channel(number, '1')).unwrap().generation;
        assert_eq!((of(3), of(4)), (0, 1));
    }

    #[test]
    fn a_station_that_was_away_comes_back_to_the_same_whole_numbers() {
        let mut levels = ShownLevels::default();
        levels.follow(&book(|_, _| 0));
        let mut without = book(|_, _| 0);
        without.forget(|station, _, _| station != StationIndex(3));
        levels.follow(&without);
        levels.follow(&book(|r, _| if r == 3 { 55 } else { 0 }));
        let of = |s, n| levels.get(StationIndex(s), channel(n, '1')).unwrap();
        // Its own whole number is free, the satellites' are the others'.
        assert_eq!(of(3, 5).cycles - of(3, 2).cycles, 3);
        assert_eq!(of(3, 5).generation, 0);
        let generation = |s| levels.station_generation((StationIndex(s), Group::Gps, '1'));
        assert_eq!((generation(3), generation(2)), (1, 0));
    }
}
