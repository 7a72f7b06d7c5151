//! One edge of the network: the whole cycles between two stations whose places are known.

mod conditioned;
mod filter;
mod fix;
mod gaussian;
mod single;

use std::collections::{BTreeMap, BTreeSet};

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;

use crate::network::edge::filter::{EdgePrior, GroupFilter, SatelliteState, ZENITH_DIFFERENCE};
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
    /// The same as foretold by other satellites, beside what the two stations tell themselves. It helps to find whole numbers as far as the
    /// edge's own measurements do not contradict it, and nothing is held because of it.
    pub foretold: BTreeMap<Satellite, (f64, f64)>,
}

impl Knowledge {
    /// Whether it has no ionosphere of a group's satellites.
    pub fn tells_nothing_of(&self, group: Group) -> bool {
        self.ionosphere.keys().all(|satellite| Group::of(*satellite) != Some(group))
    }
}

/// Which groups take an epoch in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All.
    All,
    /// Those in which something is still sought.
    Unsettled,
}

/// The filters and whole numbers of one edge, group by group.
#[derive(Clone, Debug)]
pub struct EdgeSolver {
    edge: Edge,
    prior: EdgePrior,
    groups: BTreeMap<Group, (GroupFilter, FixBook)>,
    /// As of the last change.
    counts: (usize, usize),
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
/// Standard deviation of an ambiguity that nothing is known of, cycles (shared design, network solver, section 3.1).
const AMBIGUITY_SIGMA_CYCLES: f64 = 100.0;
/// The same of GLONASS, cycles: 4.7 m. Whole cycles that all satellites share are no clock there, since every satellite has a wavelength of its
/// own: n of them leave n times 0.35 per mille of a cycle per channel. Phases begin near their codes, so that what they share is as the codes'
/// errors and the ionosphere's difference are, and it has to be told to the filter (decision 15).
const GLONASS_AMBIGUITY_SIGMA_CYCLES: f64 = 25.0;
/// Codes that must be between independent looks at a multipath of some 45 s, s: the variance of those that come more often is enlarged by as
/// much (shared design, network solver, section 1.7). Most of a code's error is multipath.
const CODE_INDEPENDENT_S: f64 = 90.0;
/// GLONASS' codes have a bias on every channel that differs between makes, one sigma of a difference, m: chosen, not measured; wide enough that codes
/// never decide whole cycles.
const GLONASS_CODE_BIAS_M: f64 = 2.0;
/// It stays as it is, so that a satellite's codes tell once per pass what they tell, s.
const GLONASS_CODE_INDEPENDENT_S: f64 = 10_800.0;

impl EdgeSolver {
    /// For an edge of that length and height difference, m.
    pub fn new(edge: Edge, length_m: f64, height_difference_m: f64) -> Self {
        let by_distance = ZENITH_SIGMA_BY_DISTANCE * length_m;
        let by_height = ZENITH_SIGMA_BY_HEIGHT * height_difference_m;
        let prior = EdgePrior {
            zenith_difference: ZENITH_SIGMA_M.hypot(by_distance).hypot(by_height),
            zenith_mean: ZENITH_MEAN_SIGMA_M,
            ambiguity_cycles: AMBIGUITY_SIGMA_CYCLES,
            code_bias_m: 0.0,
            code_independent_s: CODE_INDEPENDENT_S,
            ionosphere: (AIR_SIGMA_BY_DISTANCE * length_m).clamp(AIR_SIGMA_MIN_M, AIR_SIGMA_M),
        };
        Self { edge, prior, groups: BTreeMap::new(), counts: (0, 0) }
    }

    /// Which edge.
    pub fn edge(&self) -> Edge {
        self.edge
    }

    /// Takes in what its two stations saw at one epoch. Tells the channels whose phases broke with their ambiguity.
    pub fn step(
        &mut self,
        from: &ObservedEpoch,
        to: &ObservedEpoch,
        wanted: Wanted,
    ) -> Vec<Channel> {
        let mut broken = Vec::new();
        for group in Group::ALL {
            let is_settled = |(filter, book): &(GroupFilter, FixBook)| {
                filter.satellites.iter().all(|(s, state)| !is_unknown(*s, state, book))
            };
            if wanted == Wanted::Unsettled && self.groups.get(&group).is_some_and(is_settled) {
                continue;
            }
            let seen = singles(from, to, group, TRACKING_MASK_RAD);
            if seen.is_empty() && !self.groups.contains_key(&group) {
                continue;
            }
            let (filter, book) = self
                .groups
                .entry(group)
                .or_insert_with(|| (GroupFilter::new(self.prior.of(group)), FixBook::default()));
            for place in filter.step(from.time, &seen) {
                book.withdraw(place);
                broken.extend(channel(group, place));
            }
        }
        self.count();
        broken
    }

    /// Tries to find more whole numbers with what the rest of the network knows, in the groups that took the epoch in. Tells those that
    /// were withdrawn.
    pub fn fix(&mut self, time: GpsTime, known: &Knowledge) -> Vec<Channel> {
        let of_groups = self.zenith_by_group();
        let mut withdrawn = Vec::new();
        for (group, (filter, book)) in &mut self.groups {
            if !filter.is_at(time) {
                continue;
            }
            let mut known = known.clone();
            if known.zenith_difference.is_none() {
                known.zenith_difference = others(*group, &of_groups);
            }
            let gone = book.step(time, filter, &known);
            withdrawn.extend(gone.into_iter().filter_map(|place| channel(*group, place)));
        }
        self.count();
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
        self.count();
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
        self.counts
    }

    fn count(&mut self) {
        let mut all = 0;
        let mut fixed = 0;
        for (filter, book) in self.groups.values() {
            let high = filter.satellites.values();
            let high = high.filter(|s| s.elevation_rad >= fix::FIXING_MASK_RAD);
            all += high.map(|s| s.ambiguities.iter().flatten().count()).sum::<usize>();
            fixed += book.fixed.len();
        }
        self.counts = (all, fixed);
    }

    /// The satellites above the mask for fixing that have an ambiguity which is not whole.
    pub fn unknown(&self) -> BTreeSet<Satellite> {
        let mut unknown = BTreeSet::new();
        for (filter, book) in self.groups.values() {
            let open = filter.satellites.iter().filter(|(s, state)| is_unknown(**s, state, book));
            unknown.extend(open.map(|(satellite, _)| *satellite));
        }
        unknown
    }

    /// Whether a satellite of that group above the mask for fixing has an ambiguity which is not whole.
    pub fn seeks(&self, group: Group) -> bool {
        self.groups.get(&group).is_some_and(|(filter, book)| {
            filter.satellites.iter().any(|(s, state)| is_unknown(*s, state, book))
        })
    }

    /// What each group's measurements tell of the zenith delay's difference: information (1/m²) and information times value (1/m).
    fn zenith_by_group(&self) -> Vec<(Group, f64, f64)> {
        let told = |(group, (filter, _)): (&Group, &(GroupFilter, FixBook))| {
            let variance = filter.state.covariance(ZENITH_DIFFERENCE, ZENITH_DIFFERENCE);
            let gained = (1.0 / variance - 1.0 / filter.zenith_unmeasured_m2).max(0.0);
            (*group, gained, filter.state.mean(ZENITH_DIFFERENCE) / variance)
        };
        // What GLONASS tells of the weather is its own: its channels' rests are no weather.
        let telling = self.groups.iter().filter(|(group, _)| **group != Group::Glonass);
        telling.map(told).collect()
    }
}

impl EdgePrior {
    /// The same for one group.
    fn of(self, group: Group) -> Self {
        if group == Group::Glonass {
            Self {
                ambiguity_cycles: GLONASS_AMBIGUITY_SIGMA_CYCLES,
                code_bias_m: GLONASS_CODE_BIAS_M,
                code_independent_s: GLONASS_CODE_INDEPENDENT_S,
                ..self
            }
        } else {
            self
        }
    }
}

/// Whether a satellite is above the mask for fixing and has an ambiguity that is not whole.
fn is_unknown(satellite: Satellite, state: &SatelliteState, book: &FixBook) -> bool {
    let open = |band: usize| {
        state.ambiguities[band].is_some() && !book.fixed.contains_key(&(satellite, band))
    };
    state.elevation_rad >= fix::FIXING_MASK_RAD && (0..state.ambiguities.len()).any(open)
}

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

/// Measurements of unknowns (place, value, sigma) that have an unknown of their own in common, as rows of unit variance without it: the
/// first of the reflected rows (as in [`gaussian`]) has it alone.
fn without_common(rows: &[(usize, f64, f64)]) -> Vec<(Vec<(usize, f64)>, f64)> {
    if rows.len() < 2 {
        return Vec::new();
    }
    let weights: Vec<f64> = rows.iter().map(|(_, _, sigma)| 1.0 / sigma).collect();
    let mut mirror = weights.clone();
    mirror[0] += weights.iter().map(|w| w * w).sum::<f64>().sqrt();
    let scale = 2.0 / mirror.iter().map(|m| m * m).sum::<f64>();
    let shadow: Vec<f64> = mirror.iter().zip(&weights).map(|(m, w)| m * w).collect();
    let value = rows.iter().zip(&shadow).map(|((_, value, _), s)| value * s).sum::<f64>();
    let reflected = (1..rows.len()).map(|k| {
        let own = |l: usize| if l == k { weights[k] } else { 0.0 };
        let across = scale * mirror[k];
        let coefficient = |l: usize| (rows[l].0, own(l) - across * shadow[l]);
        ((0..rows.len()).map(coefficient).collect(), weights[k] * rows[k].1 - across * value)
    });
    reflected.collect()
}

#[cfg(test)]
mod tests;
