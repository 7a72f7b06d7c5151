//! Closure: around a triangle the edges' whole numbers add up to nothing. What does is validated, what does not is wrong somewhere.

use std::collections::BTreeMap;

use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::network::edge::EdgeInteger;
use crate::network::observed::{Channel, band};
use crate::network::topology::{Edge, Topology, Triangle, edges_of};

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
    pub valid: BTreeMap<Edge, OfEdge>,
    /// Those that fail where others close, or fail more often than any of the others in a triangle.
    pub wrong: Vec<(Edge, Channel)>,
    /// Triangles and channels that closed.
    pub closed: usize,
    /// Triangles and channels that did not.
    pub open: usize,
}

/// Whole numbers of an edge, in order of channels.
pub type OfEdge = Vec<EdgeInteger>;

/// One edge while it is checked.
struct Checked<'a> {
    integers: &'a [EdgeInteger],
    fares: Vec<Fare>,
    in_triangle: bool,
}

/// What three edges know of one channel.
struct Around {
    /// Group and carrier, as a number.
    band: usize,
    sum: i64,
    /// Where the edges have it.
    at: [usize; 3],
}

/// Checks all edges' whole numbers around the network's triangles.
pub fn check(time: GpsTime, shape: &Topology, integers: &BTreeMap<Edge, OfEdge>) -> Closure {
    let names: Vec<&Edge> = integers.keys().collect();
    let mut checked: Vec<Checked<'_>> = integers.values().map(Checked::new).collect();
    let mut result = Closure::default();
    for triangle in shape.triangles() {
        result.add(*triangle, &names, &mut checked);
    }
    for (edge, one) in integers.keys().zip(&checked) {
        let mut valid = OfEdge::new();
        for (integer, fare) in one.integers.iter().zip(&one.fares) {
            let stood = time - integer.since >= ALONE_FOR;
            if fare.bad == 0 && (fare.good > 0 || (!one.in_triangle && stood)) {
                valid.push(*integer);
            } else if fare.bad > fare.good {
                result.wrong.push((*edge, integer.channel));
            } else if fare.bad > 0 && fare.good > fare.bad {
                // Another edge of the open triangle is to blame.
                valid.push(*integer);
            }
        }
        if !valid.is_empty() {
            result.valid.insert(*edge, valid);
        }
    }
    result
}

impl<'a> Checked<'a> {
    fn new(integers: &'a OfEdge) -> Self {
        Self { integers, fares: vec![Fare::default(); integers.len()], in_triangle: false }
    }
}

impl Closure {
    /// Goes around one triangle.
    fn add(&mut self, triangle: Triangle, names: &[&Edge], checked: &mut [Checked<'_>]) {
        let places = edges_of(triangle).map(|edge| names.binary_search(&&edge).ok());
        for place in places.into_iter().flatten() {
            checked[place].in_triangle = true;
        }
        let [Some(ab), Some(ac), Some(bc)] = places else { return };
        let of = [ab, ac, bc].map(|place| checked[place].integers);
        for of_band in around(of).chunk_by(|x, y| x.band == y.band) {
            let Some(middle) = closing_sum(of_band) else { continue };
            for one in of_band {
                let closes = one.sum == middle;
                *(if closes { &mut self.closed } else { &mut self.open }) += 1;
                for (place, at) in [ab, ac, bc].into_iter().zip(one.at) {
                    let fare = &mut checked[place].fares[at];
                    *(if closes { &mut fare.good } else { &mut fare.bad }) += 1;
                }
            }
        }
    }
}

/// What the channels that all three edges know sum up to, by group and carrier.
fn around([ab, ac, bc]: [&[EdgeInteger]; 3]) -> Vec<Around> {
    let (mut j, mut k) = (0, 0);
    let mut found = Vec::with_capacity(ab.len().min(ac.len()).min(bc.len()));
    for (i, x) in ab.iter().enumerate() {
        let (Some(y), Some(z)) = (next(bc, &mut j, x.channel), next(ac, &mut k, x.channel)) else {
            continue;
        };
        let same = x.arcs.0 == z.arcs.0 && x.arcs.1 == y.arcs.0 && z.arcs.1 == y.arcs.1;
        let Some(band) = band(x.channel).filter(|_| same) else { continue };
        found.push(Around { band, sum: x.integer + y.integer - z.integer, at: [i, k, j] });
    }
    found.sort_by_key(|one| one.band);
    found
}

/// The one of that channel in an ordered list, from `place` on, which is moved to it.
fn next<'a>(
    list: &'a [EdgeInteger],
    place: &mut usize,
    channel: Channel,
) -> Option<&'a EdgeInteger> {
    while list.get(*place).is_some_and(|one| one.channel < channel) {
        *place += 1;
    }
    list.get(*place).filter(|one| one.channel == channel)
}

/// What the whole numbers of one group and carrier sum up to around a triangle that closes: what most of them do.
fn closing_sum(of_band: &[Around]) -> Option<i64> {
    let mut sorted: Vec<i64> = of_band.iter().map(|one| one.sum).collect();
    sorted.sort_unstable();
    let middle = *sorted.get(sorted.len() / 2)?;
    let agreeing = sorted.iter().filter(|sum| **sum == middle).count();
    // Two of a kind are needed to tell what closing means, and most of them.
    (agreeing >= 2 && 2 * agreeing > sorted.len()).then_some(middle)
}
