//! The book of levels: kept while arcs last, extended from station to station by validated whole numbers.

use std::collections::{BTreeMap, BTreeSet};

use crate::network::edge::EdgeInteger;
use crate::network::levels::Level;
use crate::network::levels::closure::OfEdge;
use crate::network::observed::{Channel, Group};
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

/// The levels of one channel, by station.
type OfChannel = BTreeMap<StationIndex, Entry>;

/// One station's level of one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    cycles: i64,
    arc: u32,
    /// Entries of one set are connected by whole numbers. Numbers of sets are arbitrary.
    set: u32,
}

/// A level that its neighbours contradict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// Whose.
    pub station: StationIndex,
    /// Of what.
    pub channel: Channel,
}

/// Satellites that must tell the same before an edge between two levelled stations is built upon, if it has as many.
const AGREEING_MIN: usize = 2;
/// Rounds over all edges at most; what is left after them waits for the next epoch.
const ROUNDS_MAX: usize = 64;

impl LevelBook {
    /// The level of a station's channel.
    pub fn level(&self, station: StationIndex, channel: Channel) -> Option<Level> {
        let entry = self.levels.get(&channel)?.get(&station)?;
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
                (*station, *channel, level)
            })
        })
    }

    /// Forgets levels whose arc has ended: `is_current` is asked for each. Tells whether there were any.
    pub fn forget(&mut self, is_current: impl Fn(StationIndex, Channel, u32) -> bool) -> bool {
        let mut forgot = false;
        for (channel, of_channel) in &mut self.levels {
            let before = of_channel.len();
            of_channel.retain(|station, entry| is_current(*station, *channel, entry.arc));
            forgot |= of_channel.len() < before;
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
        self.main = self.levels.iter().map(|(channel, of)| (*channel, largest(of))).collect();
    }

    /// Takes one level back.
    pub fn withdraw(&mut self, station: StationIndex, channel: Channel) {
        if let Some(of_channel) = self.levels.get_mut(&channel) {
            self.version += 1;
            of_channel.remove(&station);
            self.main.insert(channel, largest(of_channel));
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
            for (station, entry) in of_channel {
                entry.cycles += by(*station, *channel);
            }
        }
    }

    /// Levels what the validated whole numbers reach, beginning at `root` where nothing is levelled yet. Tells which levels most of their
    /// edges contradict.
    pub fn extend(&mut self, root: StationIndex, valid: &BTreeMap<Edge, OfEdge>) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        for group in Group::ALL {
            for band in group.bands().chars() {
                let edges = of_band(valid, group, band);
                if !edges.is_empty() {
                    self.extend_band(root, group, band, &edges);
                    doubts.extend(self.doubts(&edges));
                }
            }
        }
        self.choose_main();
        doubts
    }

    fn extend_band(&mut self, root: StationIndex, group: Group, band: char, edges: &[BandEdge]) {
        let mut joined: BTreeSet<StationIndex> = self
            .levels
            .iter()
            .filter(|(channel, _)| channel.1 == band && Group::of(channel.0) == Some(group))
            .flat_map(|(_, of_channel)| of_channel.keys().copied())
            .collect();
        if joined.is_empty() {
            joined.insert(begin_at(root, edges));
        }
        // Every round levels at least one station's channel, and most rounds many: a network is a few edges wide.
        for _ in 0..ROUNDS_MAX {
            let mut moved = false;
            for edge in edges {
                let (a, b) = (joined.contains(&edge.from), joined.contains(&edge.to));
                if !(a || b) {
                    continue;
                }
                let offset = if a && b { self.offset(edge) } else { self.joining(edge, a) };
                let Some(offset) = offset else { continue };
                joined.extend([edge.from, edge.to]);
                moved |= self.spread(edge, offset);
            }
            if !moved {
                return;
            }
        }
    }

    /// What an edge's whole numbers and the levels of its two stations differ by, as most satellites have it.
    fn offset(&self, edge: &BandEdge) -> Option<i64> {
        let mut offsets: Vec<i64> =
            edge.integers.iter().filter_map(|integer| self.offset_of(edge, integer)).collect();
        offsets.sort_unstable();
        let middle = *offsets.get(offsets.len() / 2)?;
        let agreeing = offsets.iter().filter(|o| **o == middle).count();
        (agreeing >= AGREEING_MIN.min(edge.integers.len()) && 2 * agreeing > offsets.len())
            .then_some(middle)
    }

    fn offset_of(&self, edge: &BandEdge, integer: &EdgeInteger) -> Option<i64> {
        let of_channel = self.levels.get(&integer.channel)?;
        let (a, b) = of_channel.get(&edge.from).zip(of_channel.get(&edge.to))?;
        (a.set == b.set && (a.arc, b.arc) == integer.arcs)
            .then(|| b.cycles - a.cycles - integer.integer)
    }

    /// The offset of an edge that joins a station: free to choose, if enough satellites come with it.
    fn joining(&self, edge: &BandEdge, from_is_joined: bool) -> Option<i64> {
        let near = if from_is_joined { edge.from } else { edge.to };
        let levelled = |integer: &&EdgeInteger| {
            self.levels.get(&integer.channel).is_some_and(|l| l.contains_key(&near))
        };
        let nothing_yet = edge
            .integers
            .iter()
            .all(|integer| self.levels.get(&integer.channel).is_none_or(BTreeMap::is_empty));
        let count = edge.integers.iter().filter(levelled).count();
        (edge.integers.len() >= 2 && (count >= 1 || nothing_yet)).then_some(0)
    }

    /// Carries levels over an edge whose offset is known; tells whether there was anything to carry.
    fn spread(&mut self, edge: &BandEdge, offset: i64) -> bool {
        let mut moved = false;
        for integer in &edge.integers {
            let step = integer.integer + offset;
            let (from, to) = integer.arcs;
            let of_channel = self.levels.entry(integer.channel).or_default();
            let a = of_channel.get(&edge.from).copied().filter(|a| a.arc == from);
            let b = of_channel.get(&edge.to).copied().filter(|b| b.arc == to);
            moved |= a.is_none() || b.is_none();
            match (a, b) {
                (None, None) => {
                    self.next_component += 1;
                    let set = self.next_component;
                    of_channel.insert(edge.from, Entry { cycles: 0, arc: from, set });
                    of_channel.insert(edge.to, Entry { cycles: step, arc: to, set });
                }
                (Some(a), None) => {
                    let cycles = a.cycles + step;
                    of_channel.insert(edge.to, Entry { cycles, arc: to, set: a.set });
                }
                (None, Some(b)) => {
                    let cycles = b.cycles - step;
                    of_channel.insert(edge.from, Entry { cycles, arc: from, set: b.set });
                }
                (Some(a), Some(b)) if a.set != b.set => {
                    moved = true;
                    merge(of_channel, a, b, step);
                }
                (Some(_), Some(_)) => {}
            }
        }
        self.version += u64::from(moved);
        moved
    }

    /// Levels that most of their edges contradict.
    fn doubts(&self, edges: &[BandEdge]) -> Vec<Doubt> {
        let mut fares: BTreeMap<(StationIndex, Channel), (u16, u16)> = BTreeMap::new();
        for edge in edges {
            let Some(offset) = self.offset(edge) else { continue };
            for integer in &edge.integers {
                let Some(own) = self.offset_of(edge, integer) else { continue };
                for station in [edge.from, edge.to] {
                    let fare = fares.entry((station, integer.channel)).or_default();
                    *(if own == offset { &mut fare.0 } else { &mut fare.1 }) += 1;
                }
            }
        }
        let in_doubt = fares.into_iter().filter(|(_, (good, bad))| bad > good);
        in_doubt.map(|((station, channel), _)| Doubt { station, channel }).collect()
    }
}

/// The whole numbers of one edge in one group and carrier.
struct BandEdge {
    from: StationIndex,
    to: StationIndex,
    integers: Vec<EdgeInteger>,
}

fn of_band(valid: &BTreeMap<Edge, OfEdge>, group: Group, band: char) -> Vec<BandEdge> {
    let mut edges = Vec::new();
    for (edge, of_edge) in valid {
        let wanted =
            |i: &&EdgeInteger| i.channel.1 == band && Group::of(i.channel.0) == Some(group);
        let integers: Vec<EdgeInteger> = of_edge.values().filter(wanted).copied().collect();
        if !integers.is_empty() {
            edges.push(BandEdge { from: edge.from(), to: edge.to(), integers });
        }
    }
    edges
}

/// Where levelling begins: at the root, or where most is known if the root has nothing.
fn begin_at(root: StationIndex, edges: &[BandEdge]) -> StationIndex {
    let mut known: BTreeMap<StationIndex, usize> = BTreeMap::new();
    for edge in edges {
        for station in [edge.from, edge.to] {
            *known.entry(station).or_default() += edge.integers.len();
        }
    }
    let most = known.iter().max_by_key(|(station, count)| (**count, std::cmp::Reverse(**station)));
    if known.contains_key(&root) { root } else { most.map_or(root, |(station, _)| *station) }
}

/// Joins the set of one entry to that of another, the smaller to the larger.
fn merge(of_channel: &mut OfChannel, a: Entry, b: Entry, step: i64) {
    let size = |set: u32| of_channel.values().filter(|e| e.set == set).count();
    // With `step` the second entry should be the first one's cycles plus it.
    let shift = a.cycles + step - b.cycles;
    let (from, to, by) =
        if size(b.set) <= size(a.set) { (b.set, a.set, shift) } else { (a.set, b.set, -shift) };
    for entry in of_channel.values_mut().filter(|e| e.set == from) {
        entry.set = to;
        entry.cycles += by;
    }
}

/// The set with the most stations; of equals the oldest.
fn largest(of_channel: &OfChannel) -> u32 {
    let mut sizes: BTreeMap<u32, usize> = BTreeMap::new();
    for entry in of_channel.values() {
        *sizes.entry(entry.set).or_default() += 1;
    }
    let most = sizes.iter().max_by_key(|(set, size)| (**size, std::cmp::Reverse(**set)));
    most.map_or(0, |(set, _)| *set)
}
