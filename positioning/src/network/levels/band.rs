//! The levels of one group and carrier, extended from station to station along the edges whose whole numbers are validated.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::network::edge::EdgeInteger;
use crate::network::levels::book::Doubt;
use crate::network::levels::closure::OfEdge;
use crate::network::observed::{BANDS, Channel, band};
use crate::network::topology::{Edge, StationIndex};

/// One station's level of one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) cycles: i64,
    pub(super) arc: u32,
    /// Entries of one set are connected by whole numbers. Numbers of sets are arbitrary.
    pub(super) set: u32,
}

/// The levels of one channel, by station.
#[derive(Clone, Debug, Default)]
pub(super) struct OfChannel(Vec<Option<Entry>>);

impl OfChannel {
    pub(super) fn get(&self, station: StationIndex) -> Option<&Entry> {
        self.0.get(station.position())?.as_ref()
    }

    pub(super) fn insert(&mut self, station: StationIndex, entry: Entry) {
        let place = station.position();
        if self.0.len() <= place {
            self.0.resize(place + 1, None);
        }
        self.0[place] = Some(entry);
    }

    pub(super) fn remove(&mut self, station: StationIndex) {
        if let Some(entry) = self.0.get_mut(station.position()) {
            *entry = None;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// In order of stations.
    pub(super) fn iter(&self) -> impl Iterator<Item = (StationIndex, &Entry)> {
        StationIndex::all()
            .zip(&self.0)
            .filter_map(|(station, entry)| Some((station, entry.as_ref()?)))
    }

    #[cfg(test)]
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (StationIndex, &mut Entry)> {
        StationIndex::all()
            .zip(&mut self.0)
            .filter_map(|(station, entry)| Some((station, entry.as_mut()?)))
    }

    /// Keeps what is wanted; tells whether anything was not.
    pub(super) fn retain(&mut self, wanted: impl Fn(StationIndex, &Entry) -> bool) -> bool {
        let mut lost = false;
        for (station, place) in StationIndex::all().zip(&mut self.0) {
            if place.as_ref().is_some_and(|entry| !wanted(station, entry)) {
                *place = None;
                lost = true;
            }
        }
        lost
    }

    /// The set with the most stations; of equals the oldest.
    pub(super) fn largest(&self) -> u32 {
        let mut sets: Vec<u32> = self.0.iter().flatten().map(|entry| entry.set).collect();
        sets.sort_unstable();
        let most = sets.chunk_by(|a, b| a == b).rev().max_by_key(|set| set.len());
        most.and_then(|set| set.first()).copied().unwrap_or(0)
    }

    /// Joins the set of one entry to that of another, the smaller to the larger.
    fn merge(&mut self, a: Entry, b: Entry, step: i64) {
        let size = |set: u32| self.0.iter().flatten().filter(|e| e.set == set).count();
        // With `step` the second entry should be the first one's cycles plus it.
        let shift = a.cycles + step - b.cycles;
        let (from, to, by) =
            if size(b.set) <= size(a.set) { (b.set, a.set, shift) } else { (a.set, b.set, -shift) };
        for entry in self.0.iter_mut().flatten().filter(|e| e.set == from) {
            entry.set = to;
            entry.cycles += by;
        }
    }
}

/// The levels of one group and carrier, and what its edges know.
pub(super) struct Band {
    channels: Vec<Channel>,
    /// In the order of `channels`.
    levels: Vec<OfChannel>,
    edges: Vec<BandEdge>,
    /// The whole numbers of all edges one after the other, each with the place of its channel.
    integers: Vec<(usize, EdgeInteger)>,
}

/// One edge in one group and carrier.
struct BandEdge {
    from: StationIndex,
    to: StationIndex,
    integers: Range<usize>,
}

/// Satellites that must tell the same before an edge between two levelled stations is built upon, if it has as many.
const AGREEING_MIN: usize = 2;
/// Rounds over all edges at most; what is left after them waits for the next epoch.
const ROUNDS_MAX: usize = 64;

impl Band {
    /// All groups and carriers of which whole numbers are valid, with their levels, which are taken out of the book.
    pub(super) fn all(
        valid: &BTreeMap<Edge, OfEdge>,
        book: &mut BTreeMap<Channel, OfChannel>,
    ) -> Vec<Self> {
        let mut bands: Vec<Self> = (0..BANDS).map(|_| Self::empty()).collect();
        for (edge, of_edge) in valid {
            let (from, to) = (edge.from(), edge.to());
            for integer in of_edge {
                let Some(of) = band(integer.channel).and_then(|band| bands.get_mut(band)) else {
                    continue;
                };
                let begun = of.integers.len();
                of.integers.push((0, *integer));
                match of.edges.last_mut() {
                    Some(last) if (last.from, last.to) == (from, to) => last.integers.end += 1,
                    _ => of.edges.push(BandEdge { from, to, integers: begun..begun + 1 }),
                }
            }
        }
        for channel in book.keys() {
            if let Some(of) = band(*channel).and_then(|band| bands.get_mut(band)) {
                of.channels.push(*channel);
            }
        }
        bands.retain(|band| !band.edges.is_empty());
        for band in &mut bands {
            band.take(book);
        }
        bands
    }

    fn empty() -> Self {
        let (channels, levels) = (Vec::new(), Vec::new());
        Self { channels, levels, edges: Vec::new(), integers: Vec::new() }
    }

    /// Finds the channels' places and takes their levels.
    fn take(&mut self, book: &mut BTreeMap<Channel, OfChannel>) {
        self.channels.extend(self.integers.iter().map(|(_, integer)| integer.channel));
        self.channels.sort_unstable();
        self.channels.dedup();
        for (place, integer) in &mut self.integers {
            *place = self.channels.partition_point(|channel| *channel < integer.channel);
        }
        self.levels = self.channels.iter().map(|c| book.remove(c).unwrap_or_default()).collect();
    }

    /// Puts the levels back into the book.
    pub(super) fn give_back(self, book: &mut BTreeMap<Channel, OfChannel>) {
        let known = self.channels.into_iter().zip(self.levels);
        book.extend(known.filter(|(_, levels)| !levels.is_empty()));
    }

    /// Levels what the whole numbers reach, beginning at `root` where nothing is levelled yet. Tells in how many steps, and takes numbers
    /// for new sets.
    pub(super) fn extend(&mut self, root: StationIndex, next_set: &mut u32) -> u64 {
        let mut joined = vec![false; self.stations()];
        for station in self.levels.iter().flat_map(|levels| levels.iter().map(|(s, _)| s)) {
            joined[station.position()] = true;
        }
        if joined.iter().all(|joined| !joined) {
            joined[self.begin_at(root).position()] = true;
        }
        let mut steps = 0;
        let edges = std::mem::take(&mut self.edges);
        // Every round levels at least one station's channel, and most rounds many: a network is a few edges wide.
        for _ in 0..ROUNDS_MAX {
            let before = steps;
            for edge in &edges {
                let (from, to) = (edge.from.position(), edge.to.position());
                let (a, b) = (joined[from], joined[to]);
                if !(a || b) {
                    continue;
                }
                let offset = if a && b { self.offset(edge) } else { self.joining(edge, a) };
                let Some(offset) = offset else { continue };
                (joined[from], joined[to]) = (true, true);
                steps += u64::from(self.spread(edge, offset, next_set));
            }
            if steps == before {
                break;
            }
        }
        self.edges = edges;
        steps
    }

    /// One more than the last station's place.
    fn stations(&self) -> usize {
        let of_edges = self.edges.iter().map(|edge| edge.from.max(edge.to).position() + 1).max();
        let of_levels = self.levels.iter().map(|levels| levels.0.len()).max();
        of_edges.max(of_levels).unwrap_or(0)
    }

    /// Where levelling begins: at the root, or where most is known if the root has nothing.
    fn begin_at(&self, root: StationIndex) -> StationIndex {
        let mut known: BTreeMap<StationIndex, usize> = BTreeMap::new();
        for edge in &self.edges {
            for station in [edge.from, edge.to] {
                *known.entry(station).or_default() += edge.integers.len();
            }
        }
        let most =
            known.iter().max_by_key(|(station, count)| (**count, std::cmp::Reverse(**station)));
        if known.contains_key(&root) { root } else { most.map_or(root, |(station, _)| *station) }
    }

    /// What an edge's whole numbers and the levels of its two stations differ by, as most satellites have it.
    fn offset(&self, edge: &BandEdge) -> Option<i64> {
        let integers = &self.integers[edge.integers.clone()];
        let mut offsets: Vec<i64> =
            integers.iter().filter_map(|integer| self.offset_of(edge, integer)).collect();
        offsets.sort_unstable();
        let middle = *offsets.get(offsets.len() / 2)?;
        let agreeing = offsets.iter().filter(|o| **o == middle).count();
        (agreeing >= AGREEING_MIN.min(integers.len()) && 2 * agreeing > offsets.len())
            .then_some(middle)
    }

    fn offset_of(&self, edge: &BandEdge, (place, integer): &(usize, EdgeInteger)) -> Option<i64> {
        let levels = &self.levels[*place];
        let (a, b) = levels.get(edge.from).zip(levels.get(edge.to))?;
        (a.set == b.set && (a.arc, b.arc) == integer.arcs)
            .then(|| b.cycles - a.cycles - integer.integer)
    }

    /// The offset of an edge that joins a station: free to choose, if enough satellites come with it.
    fn joining(&self, edge: &BandEdge, from_is_joined: bool) -> Option<i64> {
        let near = if from_is_joined { edge.from } else { edge.to };
        let integers = &self.integers[edge.integers.clone()];
        let nothing_yet = || integers.iter().all(|(place, _)| self.levels[*place].is_empty());
        let levelled = integers.iter().any(|(place, _)| self.levels[*place].get(near).is_some());
        (integers.len() >= 2 && (levelled || nothing_yet())).then_some(0)
    }

    /// Carries levels over an edge whose offset is known; tells whether there was anything to carry.
    fn spread(&mut self, edge: &BandEdge, offset: i64, next_set: &mut u32) -> bool {
        let mut moved = false;
        for (place, integer) in &self.integers[edge.integers.clone()] {
            let step = integer.integer + offset;
            let (from, to) = integer.arcs;
            let levels = &mut self.levels[*place];
            let a = levels.get(edge.from).copied().filter(|a| a.arc == from);
            let b = levels.get(edge.to).copied().filter(|b| b.arc == to);
            moved |= a.is_none() || b.is_none();
            match (a, b) {
                (None, None) => {
                    *next_set += 1;
                    let set = *next_set;
                    levels.insert(edge.from, Entry { cycles: 0, arc: from, set });
                    levels.insert(edge.to, Entry { cycles: step, arc: to, set });
                }
                (Some(a), None) => {
                    let cycles = a.cycles + step;
                    levels.insert(edge.to, Entry { cycles, arc: to, set: a.set });
                }
                (None, Some(b)) => {
                    let cycles = b.cycles - step;
                    levels.insert(edge.from, Entry { cycles, arc: from, set: b.set });
                }
                (Some(a), Some(b)) if a.set != b.set => {
                    moved = true;
                    levels.merge(a, b, step);
                }
                (Some(_), Some(_)) => {}
            }
        }
        moved
    }

    /// Levels that most of their edges contradict, in order of stations and channels.
    pub(super) fn doubts(&self) -> Vec<Doubt> {
        let width = self.channels.len();
        let mut fares = vec![(0_u16, 0_u16); self.stations() * width];
        for edge in &self.edges {
            let Some(offset) = self.offset(edge) else { continue };
            for integer in &self.integers[edge.integers.clone()] {
                let Some(own) = self.offset_of(edge, integer) else { continue };
                for station in [edge.from, edge.to] {
                    let fare = &mut fares[station.position() * width + integer.0];
                    *(if own == offset { &mut fare.0 } else { &mut fare.1 }) += 1;
                }
            }
        }
        let by_station = StationIndex::all().zip(fares.chunks(width.max(1)));
        let doubts = by_station.flat_map(|(station, fares)| {
            let in_doubt = self.channels.iter().zip(fares).filter(|(_, (good, bad))| bad > good);
            in_doubt.map(move |(channel, _)| Doubt { station, channel: *channel })
        });
        doubts.collect()
    }
}
