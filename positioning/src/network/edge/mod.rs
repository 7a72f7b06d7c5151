//! One edge of the network: the whole cycles between two stations whose places are known.

mod filter;
mod fix;
mod gaussian;
mod single;

use std::collections::BTreeMap;

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;

use crate::network::edge::filter::{EdgePrior, GroupFilter, Row, ZENITH_DIFFERENCE, without_clock};
use crate::network::edge::fix::FixBook;
use crate::network::edge::single::singles;
use crate::network::observed::{Channel, Group, ObservedEpoch};
use crate::network::preprocess::TRACKING_MASK_RAD;
use crate::network::topology::Edge;

/// A whole number of cycles that an edge has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EdgeInteger {
    /// Of which satellite and carrier.
    pub channel: Channel,
    /// The level of the edge's second station ([`crate::network::topology::Edge::to`]) less that of its first. Known but for a whole number
    /// that all satellites of one group and carrier share on this edge.
    pub integer: i64,
    /// The arcs at the first and the second station for which it holds.
    pub arcs: (u32, u32),
    /// Since when it is fixed.
    pub since: GpsTime,
}

/// What the rest of the network knows about an edge: values with standard deviations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Knowledge {
    /// Zenith wet delay beyond the model's, second station less first, m.
    pub zenith_difference: Option<(f64, f64)>,
    /// The mean of both, m.
    pub zenith_mean: Option<(f64, f64)>,
    /// Slant ionosphere on L1, second station less first, m, by satellite, as interpolated between other stations where one of the two is
    /// silent; known but for what all satellites of a group share.
    pub ionosphere: BTreeMap<Satellite, (f64, f64)>,
}

/// The filters and whole numbers of one edge, group by group.
#[derive(Clone, Debug)]
pub struct EdgeSolver {
    edge: Edge,
    prior: EdgePrior,
    groups: BTreeMap<Group, (GroupFilter, FixBook)>,
}

/// Zenith delays of two stations differ by this at least, one sigma, m (shared design, network solver, section 3.1).
const ZENITH_SIGMA_M: f64 = 0.03;
/// And by this per metre between them (the same): 0.5 mm/km.
const ZENITH_SIGMA_BY_DISTANCE: f64 = 0.5e-6;
/// And by this per metre of height (the same): 5 cm/km.
const ZENITH_SIGMA_BY_HEIGHT: f64 = 5e-5;
/// The mean of two zenith delays differs from the standard atmosphere's by this, one sigma, m: the weather of a humid coast.
const ZENITH_MEAN_SIGMA_M: f64 = 0.10;
/// The ionosphere's difference between stations far apart, one sigma, zenith on L1, m: a plasma bubble's wall may stand between them, behind
/// which metres are missing (25 TECU, and the inside of a bubble twice in the difference of two satellites). Quieter air is told by the
/// codes soon enough, and none is then taken for quieter than it is.
const AIR_SIGMA_M: f64 = 4.0;
/// It grows to that from nothing by this per metre, as a bubble's wall does.
const AIR_SIGMA_BY_DISTANCE: f64 = 2e-4;
/// And this at least, m: stations on one roof.
const AIR_SIGMA_MIN_M: f64 = 0.01;

impl EdgeSolver {
    /// For an edge of that length and height difference, m.
    pub fn new(edge: Edge, length_m: f64, height_difference_m: f64) -> Self {
        let by_distance = ZENITH_SIGMA_BY_DISTANCE * length_m;
        let by_height = ZENITH_SIGMA_BY_HEIGHT * height_difference_m;
        let prior = EdgePrior {
            zenith_difference: ZENITH_SIGMA_M.hypot(by_distance).hypot(by_height),
            zenith_mean: ZENITH_MEAN_SIGMA_M,
            ionosphere: (AIR_SIGMA_BY_DISTANCE * length_m).clamp(AIR_SIGMA_MIN_M, AIR_SIGMA_M),
        };
        Self { edge, prior, groups: BTreeMap::new() }
    }

    /// Which edge.
    pub fn edge(&self) -> Edge {
        self.edge
    }

    /// Takes in what its two stations saw at one epoch. Tells the channels whose phases broke with their ambiguity.
    pub fn step(&mut self, from: &ObservedEpoch, to: &ObservedEpoch) -> Vec<Channel> {
        let mut broken = Vec::new();
        for group in SOLVED {
            let seen = singles(from, to, group, TRACKING_MASK_RAD);
            if seen.is_empty() && !self.groups.contains_key(&group) {
                continue;
            }
            let (filter, book) = self
                .groups
                .entry(group)
                .or_insert_with(|| (GroupFilter::new(self.prior), FixBook::default()));
            for place in filter.step(from.time, &seen) {
                book.withdraw(place);
                broken.extend(channel(group, place));
            }
        }
        broken
    }

    /// Tries to find more whole numbers with what the rest of the network knows. Tells those that were withdrawn.
    pub fn fix(&mut self, time: GpsTime, known: &Knowledge) -> Vec<Channel> {
        let of_groups = self.zenith_by_group();
        let mut withdrawn = Vec::new();
        for (group, (filter, book)) in &mut self.groups {
            let mut known = known.clone();
            if known.zenith_difference.is_none() {
                known.zenith_difference = others(*group, &of_groups);
            }
            let gone = book.step(time, filter, &known);
            withdrawn.extend(gone.into_iter().filter_map(|place| channel(*group, place)));
        }
        withdrawn
    }

    /// Withdraws a whole number that others have shown to be wrong, and begins its ambiguity anew.
    pub fn withdraw(&mut self, channel: Channel, time: GpsTime) {
        let Some(group) = Group::of(channel.0) else { return };
        let Some(band) = group.bands().chars().position(|b| b == channel.1) else { return };
        if let Some((filter, book)) = self.groups.get_mut(&group) {
            book.withdraw((channel.0, band));
            filter.renew(time, channel.0, band);
        }
    }

    /// The whole numbers, by channel.
    pub fn integers(&self) -> impl Iterator<Item = EdgeInteger> + '_ {
        self.groups.iter().flat_map(|(group, (_, book))| {
            book.fixed.iter().filter_map(|(place, fixed)| {
                Some(EdgeInteger {
                    channel: channel(*group, *place)?,
                    integer: fixed.integer,
                    arcs: fixed.arcs,
                    since: fixed.since,
                })
            })
        })
    }

    /// How many ambiguities there are above the mask for fixing, and how many of them are whole.
    pub fn counts(&self) -> (usize, usize) {
        let mut all = 0;
        let mut fixed = 0;
        for (filter, book) in self.groups.values() {
            let high = filter.satellites.values();
            let high = high.filter(|s| s.elevation_rad >= fix::FIXING_MASK_RAD);
            all += high.map(|s| s.ambiguities.iter().flatten().count()).sum::<usize>();
            fixed += book.fixed.len();
        }
        (all, fixed)
    }

    /// Whether there are ambiguities above the mask for fixing that are not whole.
    pub fn has_unknown(&self) -> bool {
        self.groups.values().any(|(filter, book)| {
            filter.satellites.iter().any(|(satellite, s)| {
                let open = |band: usize| {
                    s.ambiguities[band].is_some() && !book.fixed.contains_key(&(*satellite, band))
                };
                s.elevation_rad >= fix::FIXING_MASK_RAD && (0..s.ambiguities.len()).any(open)
            })
        })
    }

    /// What each group's measurements tell of the zenith delay's difference: information (1/m²) and information times value (1/m).
    fn zenith_by_group(&self) -> Vec<(Group, f64, f64)> {
        let told = |(group, (filter, _)): (&Group, &(GroupFilter, FixBook))| {
            let variance = filter.state.covariance(ZENITH_DIFFERENCE, ZENITH_DIFFERENCE);
            let gained = (1.0 / variance - 1.0 / filter.zenith_unmeasured_m2).max(0.0);
            (*group, gained, filter.state.mean(ZENITH_DIFFERENCE) / variance)
        };
        self.groups.iter().map(told).collect()
    }
}

/// The groups whose ambiguities are whole between any two stations. GLONASS' are only between receivers whose inter-frequency biases are
/// known.
pub const SOLVED: [Group; 5] =
    [Group::Gps, Group::Galileo, Group::BeiDou3, Group::BeiDou2, Group::Qzss];

/// What the other groups tell a group of the zenith delay's difference.
fn others(group: Group, all: &[(Group, f64, f64)]) -> Option<(f64, f64)> {
    let (mut information, mut weighted) = (0.0, 0.0);
    for (_, gained, by_value) in all.iter().filter(|(other, _, _)| *other != group) {
        information += gained;
        weighted += by_value;
    }
    (information > 1.0).then(|| (weighted / information, 1.0 / information.sqrt()))
}

fn channel(group: Group, (satellite, band): fix::Place) -> Option<Channel> {
    Some((satellite, group.bands().chars().nth(band)?))
}

/// Measurements of unknowns (place, value, sigma) that have an unknown of their own in common, as rows of unit variance without it.
fn without_common(rows: &[(usize, f64, f64)]) -> Vec<(Vec<(usize, f64)>, f64)> {
    if rows.len() < 2 {
        return Vec::new();
    }
    let row = |(place, value, sigma): &(usize, f64, f64)| Row {
        satellite: None,
        coefficients: vec![(*place, 1.0)],
        measured: *value,
        variance: sigma * sigma,
    };
    without_clock(&rows.iter().map(row).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests;
