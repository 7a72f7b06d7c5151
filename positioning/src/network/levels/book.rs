//! The book of levels: kept while arcs last, extended from station to station by validated whole numbers.

use std::collections::BTreeMap;

use tianshu_gnss::satellite::Satellite;

use crate::network::levels::Level;
use crate::network::levels::band::{Band, Entry, OfChannel};
use crate::network::levels::closure::OfEdge;
use crate::network::observed::Channel;
use crate::network::topology::{Edge, StationIndex};

/// Levels of all stations, by station and channel.
#[derive(Clone, Debug, Default)]
pub struct LevelBook {
    levels: BTreeMap<Channel, OfChannel>,
    /// The set with the most stations, by channel, as of the last change.
    main: BTreeMap<Channel, u32>,
    next_component: u32,
    version: u64,
}

/// A level that its neighbours contradict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// Whose.
    pub station: StationIndex,
    /// Of what.
    pub channel: Channel,
}

impl LevelBook {
    /// The level of a station's channel.
    pub fn level(&self, station: StationIndex, channel: Channel) -> Option<Level> {
        let entry = self.levels.get(&channel)?.get(station)?;
        let is_main = self.main.get(&channel) == Some(&entry.set);
        let component = if is_main { 0 } else { entry.set };
        Some(Level { cycles: entry.cycles, arc: entry.arc, component })
    }

    /// Counts the changes: while it stays, so does every level.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// All levels, channel by channel and station by station.
    pub fn iter(&self) -> impl Iterator<Item = (StationIndex, Channel, Level)> + '_ {
        self.levels.iter().flat_map(|(channel, of_channel)| {
            let main = self.main.get(channel).copied().unwrap_or(0);
            of_channel.iter().map(move |(station, entry)| {
                let component = if entry.set == main { 0 } else { entry.set };
                let level = Level { cycles: entry.cycles, arc: entry.arc, component };
                (station, *channel, level)
            })
        })
    }

    /// Forgets levels whose arc has ended: `is_current` is asked for each. Tells whether there were any.
    pub fn forget(&mut self, is_current: impl Fn(StationIndex, Channel, u32) -> bool) -> bool {
        let mut forgot = false;
        for (channel, of_channel) in &mut self.levels {
            forgot |= of_channel.retain(|station, entry| is_current(station, *channel, entry.arc));
        }
        self.levels.retain(|_, of_channel| !of_channel.is_empty());
        if forgot {
            self.version += 1;
            self.choose_main();
        }
        forgot
    }

    /// Finds the largest set of each channel anew.
    fn choose_main(&mut self) {
        self.main = self.levels.iter().map(|(channel, of)| (*channel, of.largest())).collect();
    }

    /// Takes a satellite's levels at a station back, of all its carriers: they were found together.
    pub fn withdraw(&mut self, station: StationIndex, satellite: Satellite) {
        for (channel, of_channel) in &mut self.levels {
            if channel.0 == satellite {
                self.version += 1;
                of_channel.remove(station);
                self.main.insert(*channel, of_channel.largest());
            }
        }
    }

    /// Puts a level that was known before a restart back in.
    pub fn restore(&mut self, station: StationIndex, channel: Channel, cycles: i64, arc: u32) {
        self.version += 1;
        self.next_component = self.next_component.max(1);
        self.levels.entry(channel).or_default().insert(station, Entry { cycles, arc, set: 1 });
        self.main.insert(channel, 1);
    }

    /// Shifts every level by what is told of it, as another root or pivot would.
    #[cfg(test)]
    pub(crate) fn shift(&mut self, by: impl Fn(StationIndex, Channel) -> i64) {
        self.version += 1;
        for (channel, of_channel) in &mut self.levels {
            for (station, entry) in of_channel.iter_mut() {
                entry.cycles += by(station, *channel);
            }
        }
    }

    /// Levels what the validated whole numbers reach, beginning at `root` where nothing is levelled yet. Tells which levels most of their
    /// edges contradict.
    pub fn extend(&mut self, root: StationIndex, valid: &BTreeMap<Edge, OfEdge>) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        for mut band in Band::all(valid, &mut self.levels) {
            self.version += band.extend(root, &mut self.next_component);
            doubts.extend(band.doubts());
            band.give_back(&mut self.levels);
        }
        self.choose_main();
        doubts
    }
}
