//! Which stations are up, and when the network's shape is drawn anew.

use std::time::Duration;

use tianshu_gnss::time::uptime::Uptime;

use crate::network::plane::PlanePoint;
use crate::network::topology::tree::SpanningTree;
use crate::network::topology::{Edge, StationIndex, Topology};

/// A station unheard for longer is late (shared design, network solver, section 2).
pub const LATE_AFTER: Duration = Duration::from_secs(5);
/// A station unheard for longer is down, and leaves the shape (the same).
pub const DOWN_AFTER: Duration = Duration::from_secs(30);
/// A station that left returns once it has not been late for so long (the same): one that flaps stays out.
pub const RETURN_AFTER: Duration = Duration::from_mins(1);

/// How a station does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StationHealth {
    /// Heard within [`LATE_AFTER`].
    Up,
    /// Unheard for longer, but still counted on.
    Late,
    /// Unheard for longer than [`DOWN_AFTER`], or never heard.
    Down,
    /// Heard, but not believed: integrity has put it aside.
    Suspect,
}

/// Keeps the shape and the tree of a network whose stations come and go.
#[derive(Clone, Debug)]
pub struct TopologyKeeper {
    stations: Vec<Presence>,
    shape: Topology,
    tree: SpanningTree,
}

/// What is known of one station.
#[derive(Clone, Copy, Debug)]
struct Presence {
    place: PlanePoint,
    heard: Option<Heard>,
    suspect: bool,
    membership: Membership,
}

/// When a station was heard.
#[derive(Clone, Copy, Debug)]
struct Heard {
    last: Uptime,
    /// Since when it was never late.
    steady_since: Uptime,
}

/// Whether a station is in the shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Membership {
    /// Never was: it joins with its first epoch.
    Expected,
    Member,
    /// Was, and has to show itself steady. If it left for being suspect, it was acquitted at the given moment at the earliest.
    Left {
        at: Uptime,
    },
}

impl TopologyKeeper {
    /// A network of stations at these places, none of them heard yet.
    ///
    /// Stations beyond the 65 536th have no index and are not kept.
    pub fn new(places: &[PlanePoint]) -> Self {
        let unheard = |place: &PlanePoint| Presence {
            place: *place,
            heard: None,
            suspect: false,
            membership: Membership::Expected,
        };
        Self {
            stations: places.iter().map(unheard).collect(),
            shape: Topology::build(places, &[]),
            tree: SpanningTree::default(),
        }
    }

    /// An epoch of that station arrived. Indices beyond the list are ignored.
    pub fn heard(&mut self, station: StationIndex, now: Uptime) {
        let Some(presence) = self.stations.get_mut(station.position()) else { return };
        let steady_since = match presence.heard {
            Some(before) if now - before.last <= LATE_AFTER => before.steady_since,
            Some(_) | None => now,
        };
        presence.heard = Some(Heard { last: now, steady_since });
    }

    /// Integrity puts a station aside, or acquits it. Indices beyond the list are ignored.
    pub fn set_suspect(&mut self, station: StationIndex, suspect: bool) {
        if let Some(presence) = self.stations.get_mut(station.position()) {
            presence.suspect = suspect;
        }
    }

    /// How a station does; none for an index beyond the list.
    pub fn health(&self, station: StationIndex, now: Uptime) -> Option<StationHealth> {
        self.stations.get(station.position()).map(|presence| presence.health(now))
    }

    /// Draws the shape and the tree anew if stations left or joined since the last time; tells whether it did.
    ///
    /// `cost` is what [`SpanningTree::grow`] takes.
    pub fn update(&mut self, now: Uptime, cost: impl Fn(&Topology, Edge) -> f64) -> bool {
        let mut changed = false;
        for presence in &mut self.stations {
            changed |= presence.decide(now);
        }
        if changed {
            let places: Vec<PlanePoint> = self.stations.iter().map(|p| p.place).collect();
            let members: Vec<StationIndex> = StationIndex::all()
                .zip(&self.stations)
                .filter(|(_, presence)| presence.membership == Membership::Member)
                .map(|(station, _)| station)
                .collect();
            self.shape = Topology::build(&places, &members);
            self.weigh(cost);
        }
        changed
    }

    /// Grows the tree anew over the same shape, when costs have changed; tells whether the tree did.
    pub fn weigh(&mut self, cost: impl Fn(&Topology, Edge) -> f64) -> bool {
        let shape = &self.shape;
        let tree = SpanningTree::grow(shape, |edge| cost(shape, edge), Some(&self.tree));
        let changed = tree != self.tree;
        self.tree = tree;
        changed
    }

    /// The shape of the last update.
    pub fn shape(&self) -> &Topology {
        &self.shape
    }

    /// The tree of the last update.
    pub fn tree(&self) -> &SpanningTree {
        &self.tree
    }
}

impl Presence {
    fn health(&self, now: Uptime) -> StationHealth {
        match self.heard {
            Some(heard) if now - heard.last <= DOWN_AFTER => {
                if self.suspect {
                    StationHealth::Suspect
                } else if now - heard.last > LATE_AFTER {
                    StationHealth::Late
                } else {
                    StationHealth::Up
                }
            }
            Some(_) | None => StationHealth::Down,
        }
    }

    /// Lets the station join or leave; tells whether it did.
    fn decide(&mut self, now: Uptime) -> bool {
        let health = self.health(now);
        let next = match (self.membership, health) {
            (Membership::Member, StationHealth::Down | StationHealth::Suspect) => {
                Membership::Left { at: now }
            }
            (Membership::Expected, StationHealth::Up) => Membership::Member,
            // While it is suspect, the wait does not begin.
            (Membership::Left { .. }, StationHealth::Suspect) => Membership::Left { at: now },
            (Membership::Left { at }, StationHealth::Up) => {
                let steady = self.heard.map_or(Duration::ZERO, |h| now - h.steady_since.max(at));
                if steady >= RETURN_AFTER { Membership::Member } else { self.membership }
            }
            (unchanged, _) => unchanged,
        };
        let changed = (next == Membership::Member) != (self.membership == Membership::Member);
        self.membership = next;
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATIONS: u16 = 4;

    fn at(seconds: u64) -> Uptime {
        Uptime::from_start(Duration::from_secs(seconds))
    }

    fn keeper() -> TopologyKeeper {
        let place = |east_m, north_m| PlanePoint { east_m, north_m };
        TopologyKeeper::new(&[place(0., 0.), place(5e4, 0.), place(0., 5e4), place(6e4, 6e4)])
    }

    /// Runs second by second; `silent` tells when station 3 says nothing. Gives the seconds at which the shape changed.
    fn changes(keeper: &mut TopologyKeeper, until: u64, silent: impl Fn(u64) -> bool) -> Vec<u64> {
        let mut seen = Vec::new();
        for second in 0..until {
            for station in (0..STATIONS).filter(|s| *s != 3 || !silent(second)) {
                keeper.heard(StationIndex(station), at(second));
            }
            if keeper.update(at(second), Topology::length_m) {
                seen.push(second);
            }
        }
        seen
    }

    #[test]
    fn a_pause_below_half_a_minute_changes_nothing() {
        let mut keeper = keeper();
        assert_eq!(changes(&mut keeper, 200, |t| (50..80).contains(&t)), [0]);
        assert_eq!(keeper.shape().stations().len(), 4);
        assert_eq!(keeper.tree().steps().len(), 3);
    }

    #[test]
    fn an_outage_takes_a_station_out_until_a_minute_after_its_end() {
        let mut keeper = keeper();
        // Last heard at 49, so down at 80; back from 100 on.
        assert_eq!(changes(&mut keeper, 300, |t| (50..100).contains(&t)), [0, 80, 160]);
    }

    #[test]
    fn a_flapping_station_stays_out() {
        let mut keeper = keeper();
        // After an outage, ten seconds of silence in every fifty.
        let silent = |t: u64| (50..100).contains(&t) || (t > 100 && t % 50 < 10);
        assert_eq!(changes(&mut keeper, 1_000, silent), [0, 80]);
        assert_eq!(keeper.shape().stations().len(), 3);
    }

    #[test]
    fn a_suspect_leaves_at_once_and_waits_after_its_acquittal() {
        let mut keeper = keeper();
        let station = StationIndex(3);
        changes(&mut keeper, 10, |_| false);
        keeper.set_suspect(station, true);
        assert!(keeper.update(at(10), Topology::length_m));
        assert_eq!(keeper.health(station, at(10)), Some(StationHealth::Suspect));
        keeper.set_suspect(station, false);
        assert_eq!(changes(&mut keeper, 100, |_| false), [70]);
        assert_eq!(keeper.health(StationIndex(9), at(0)), None);
    }
}
