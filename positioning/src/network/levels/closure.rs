//! Closure: around a triangle the edges' whole numbers add up to nothing. What does is validated, what does not is wrong somewhere.

use std::collections::{BTreeMap, BTreeSet};

use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::network::edge::EdgeInteger;
use crate::network::observed::{Channel, Group};
use crate::network::topology::{Edge, Topology, edges_of};

/// An edge without a triangle is believed after its whole number has stood for so long against its own float: five minutes, in which
/// multipath turns over several times.
pub const ALONE_FOR: Interval = Interval::from_seconds(300);

/// How an edge's whole number fares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Fare {
    good: u16,
    bad: u16,
}

/// What closure says about all whole numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Closure {
    /// Those that may be built upon.
    pub valid: BTreeMap<Edge, BTreeMap<Channel, EdgeInteger>>,
    /// Those that fail where others close, or fail more often than any of the others in a triangle.
    pub wrong: Vec<(Edge, Channel)>,
    /// Triangles and channels that closed.
    pub closed: usize,
    /// Triangles and channels that did not.
    pub open: usize,
}

/// Whole numbers of an edge by channel.
pub type OfEdge = BTreeMap<Channel, EdgeInteger>;

/// Checks all edges' whole numbers around the network's triangles.
pub fn check(time: GpsTime, shape: &Topology, integers: &BTreeMap<Edge, OfEdge>) -> Closure {
    let mut fares: BTreeMap<(Edge, Channel), Fare> = BTreeMap::new();
    let mut in_triangle: BTreeSet<Edge> = BTreeSet::new();
    let mut result = Closure::default();
    for triangle in shape.triangles() {
        let edges = edges_of(*triangle);
        for edge in edges {
            in_triangle.insert(edge);
        }
        for (channel, closes) in around(edges, integers) {
            if closes {
                result.closed += 1;
            } else {
                result.open += 1;
            }
            for edge in edges {
                let fare = fares.entry((edge, channel)).or_default();
                *(if closes { &mut fare.good } else { &mut fare.bad }) += 1;
            }
        }
    }
    for (edge, of_edge) in integers {
        let alone = !in_triangle.contains(edge);
        let mut valid = OfEdge::new();
        for (channel, integer) in of_edge {
            let fare = fares.get(&(*edge, *channel)).copied().unwrap_or_default();
            let stood = time - integer.since >= ALONE_FOR;
            if fare.bad == 0 && (fare.good > 0 || (alone && stood)) {
                valid.insert(*channel, *integer);
            } else if fare.bad > fare.good {
                result.wrong.push((*edge, *channel));
            } else if fare.bad > 0 && fare.good > fare.bad {
                // Another edge of the open triangle is to blame.
                valid.insert(*channel, *integer);
            }
        }
        if !valid.is_empty() {
            result.valid.insert(*edge, valid);
        }
    }
    result
}

/// Whether each channel that all three edges know closes, judged against what most of its group and carrier sum up to.
fn around([ab, ac, bc]: [Edge; 3], integers: &BTreeMap<Edge, OfEdge>) -> Vec<(Channel, bool)> {
    let Some(((x, y), z)) = integers.get(&ab).zip(integers.get(&bc)).zip(integers.get(&ac)) else {
        return Vec::new();
    };
    let mut sums: BTreeMap<(Group, char), Vec<(Channel, i64)>> = BTreeMap::new();
    for (channel, ab) in x {
        let Some((bc, ac)) = y.get(channel).zip(z.get(channel)) else { continue };
        let same = ab.arcs.0 == ac.arcs.0 && ab.arcs.1 == bc.arcs.0 && ac.arcs.1 == bc.arcs.1;
        let Some(group) = Group::of(channel.0).filter(|_| same) else { continue };
        let sum = ab.integer + bc.integer - ac.integer;
        sums.entry((group, channel.1)).or_default().push((*channel, sum));
    }
    let mut result = Vec::new();
    for of_band in sums.into_values() {
        let mut sorted: Vec<i64> = of_band.iter().map(|(_, sum)| *sum).collect();
        sorted.sort_unstable();
        let middle = sorted[sorted.len() / 2];
        let agreeing = sorted.iter().filter(|sum| **sum == middle).count();
        // Two of a kind are needed to tell what closing means, and most of them.
        if agreeing >= 2 && 2 * agreeing > sorted.len() {
            result.extend(of_band.into_iter().map(|(channel, sum)| (channel, sum == middle)));
        }
    }
    result
}
