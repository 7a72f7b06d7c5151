//! From float to whole cycles on one edge: which ambiguities of a group are known for sure, and which of them have come in doubt.

use std::collections::BTreeMap;

use nalgebra::{DMatrix, DVector};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::ambiguity::lambda::{search_above, success_rate};
use crate::network::edge::conditioned::Conditioned;
use crate::network::edge::filter::{AmbiguityState, GroupFilter, ZENITH_DIFFERENCE, ZENITH_MEAN};
use crate::network::edge::gaussian::Innovation;
use crate::network::edge::single::BANDS_MAX;
use crate::network::edge::{Knowledge, without_common};

/// An ambiguity within a group: its satellite, and the place of its carrier in [`crate::network::observed::Group::bands`].
pub(super) type Place = (Satellite, usize);

/// A whole number that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fixed {
    /// Known but for one whole number that all satellites share on this carrier.
    pub(super) integer: i64,
    pub(super) arcs: (u32, u32),
    pub(super) since: GpsTime,
    contradictions: u8,
}

/// A whole number that was seen once, relative to another ambiguity's.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Proposal {
    relative_to: Satellite,
    difference: i64,
    arcs: (u32, u32),
    first: GpsTime,
    times: u8,
}

/// The whole numbers of one group on one edge.
#[derive(Clone, Debug, Default)]
pub(super) struct FixBook {
    pub(super) fixed: BTreeMap<Place, Fixed>,
    /// The satellite that was looked at again last.
    verified: Option<Satellite>,
    proposals: BTreeMap<Place, Proposal>,
}

/// Ambiguities below this elevation wait, rad: 10° (shared design, network solver, section 1.7).
pub(super) const FIXING_MASK_RAD: f64 = 0.174_533;
/// An arc is looked at after so many epochs.
const EPOCHS_MIN: u32 = 2;
/// The least probability with which bootstrapping has to succeed.
const SUCCESS_MIN: f64 = 0.999;
/// By how much the second best integers must be worse, as a squared distance: odds of e⁹ in a Gaussian world.
const GAIN_MIN: f64 = 20.0;
/// The squared distance per ambiguity beyond which even the best integers do not fit.
const MISFIT_MAX: f64 = 3.0;
/// What is added to it, so that few ambiguities may be a little unlucky.
const MISFIT_ALLOWANCE: f64 = 9.0;
/// The same integers must come out so often in a row.
const TIMES_MIN: u8 = 3;
/// And over so long a time, in which multipath is not the same.
const TIME_MIN: Interval = Interval::from_seconds(10);
/// Satellites of a carrier that must be known before others are taken one by one.
const KNOWN_MIN: usize = 3;
/// Satellites that are begun with, at least.
const FIRST_MIN: usize = 3;
/// Held integers are in doubt if others could be told with this probability,
const DOUBT_SUCCESS_MIN: f64 = 0.99;
/// and are nearer by this, as a squared distance.
const DOUBT_GAIN: f64 = 8.0;
/// What others tell of a zenith delay is believed within three sigmas.
const BELIEVED_SQUARED: f64 = 9.0;
/// A whole number is exact; this keeps the equations regular, cycles.
const INTEGER_SIGMA: f64 = 0.01;
/// A float ambiguity this far from its whole number, in sigmas and in cycles, contradicts it.
const CONTRADICTION: (f64, f64) = (5.0, 0.35);
/// So many contradictions in a row, and the whole number is withdrawn.
const CONTRADICTIONS_MAX: u8 = 3;

impl FixBook {
    /// Forgets whole numbers whose arcs have ended, tries to find more, and withdraws what the float contradicts. Tells what was withdrawn.
    pub(super) fn step(
        &mut self,
        time: GpsTime,
        filter: &GroupFilter,
        known: &Knowledge,
    ) -> Vec<Place> {
        self.forget(filter);
        let mut state = Conditioned::new(&filter.state);
        known.apply_zenith(&mut state);
        apply_air(&known.ionosphere, filter, &mut state, |_| true);
        let again = self.next_to_verify();
        let mut withdrawn = self.condition(filter, &mut state, again, false);
        if let Some(satellite) = again {
            withdrawn.extend(self.verify(satellite, filter, &state));
            withdrawn.extend(self.condition(filter, &mut state, again, true));
        }
        // Only now: what is held has to stand against the edge's own measurements.
        apply_air(&known.foretold, filter, &mut state, is_believed);
        self.seek(time, filter, &state);
        withdrawn
    }

    /// The satellite whose whole numbers are to be looked at again: each in turn, once enough are known.
    fn next_to_verify(&mut self) -> Option<Satellite> {
        let mut satellites: Vec<Satellite> = self.fixed.keys().map(|(s, _)| *s).collect();
        satellites.dedup();
        if satellites.len() <= KNOWN_MIN {
            return None;
        }
        let next = satellites.iter().find(|s| self.verified.is_none_or(|last| **s > last));
        self.verified = next.or(satellites.first()).copied();
        self.verified
    }

    /// Looks at one satellite's whole numbers again, as if they were not known (`state` is told the others): what has been measured since
    /// may prefer others. Withdraws and tells them if so.
    fn verify(
        &mut self,
        satellite: Satellite,
        filter: &GroupFilter,
        state: &Conditioned<'_>,
    ) -> Vec<Place> {
        let references = self.references(filter, Some(satellite));
        let bands: Vec<usize> =
            self.fixed.keys().filter(|(s, _)| *s == satellite).map(|(_, b)| *b).collect();
        let one = Unknown { satellite, elevation_rad: 0.0, bands };
        let differences = differences(filter, &one, references);
        let held = DVector::from_iterator(
            differences.len(),
            differences.iter().map(|d| {
                let integer =
                    |s: Satellite| self.fixed.get(&(s, d.place.1)).map_or(0, |f| f.integer);
                (integer(satellite) - integer(d.relative_to)) as f64
            }),
        );
        if !is_contradicted(state, &differences, &held) {
            return Vec::new();
        }
        self.withdraw_all(&[satellite])
    }

    /// Withdraws and tells all whole numbers of those satellites, also on carriers that nothing could be told against: what misled one carrier,
    /// its air mostly, misled the others that were found with it.
    fn withdraw_all(&mut self, doubtful: &[Satellite]) -> Vec<Place> {
        let together = self.fixed.keys().filter(|(satellite, _)| doubtful.contains(satellite));
        let places: Vec<Place> = together.copied().collect();
        for place in &places {
            self.withdraw(*place);
        }
        places
    }

    /// Withdraws one whole number.
    pub(super) fn withdraw(&mut self, place: Place) {
        self.fixed.remove(&place);
        self.proposals.remove(&place);
    }

    fn forget(&mut self, filter: &GroupFilter) {
        let current = |(satellite, band): &Place, arcs: (u32, u32)| {
            ambiguity(filter, *satellite, *band).is_some_and(|a| a.arcs == arcs && a.epochs > 0)
        };
        self.fixed.retain(|place, fixed| current(place, fixed.arcs));
        self.proposals.retain(|place, proposal| current(place, proposal.arcs));
    }

    /// Tells the state what is known already, against the others than `again`: of them, or of `again` if it is its turn. What contradicts
    /// is counted, and withdrawn after a while.
    fn condition(
        &mut self,
        filter: &GroupFilter,
        state: &mut Conditioned<'_>,
        again: Option<Satellite>,
        is_its_turn: bool,
    ) -> Vec<Place> {
        let mut doubtful = Vec::new();
        for band in 0..BANDS_MAX {
            let (mut others, mut own) = (Vec::new(), Vec::new());
            for ((satellite, _), fixed) in self.fixed.iter().filter(|((_, b), _)| *b == band) {
                let place = ambiguity(filter, *satellite, band).map(|a| a.place);
                let to = if Some(*satellite) == again { &mut own } else { &mut others };
                to.extend(place.map(|place| (*satellite, place, fixed.integer)));
            }
            let Some(reference) = best_known(state, &others) else { continue };
            for &(satellite, place, integer) in if is_its_turn { &own } else { &others } {
                if place == reference.0 {
                    continue;
                }
                let Some(fixed) = self.fixed.get_mut(&(satellite, band)) else { continue };
                let whole = (integer - reference.1) as f64;
                let difference = [(place, 1.0), (reference.0, -1.0)];
                let fits = state.take(&difference, (whole, INTEGER_SIGMA.powi(2)), |found| {
                    let (sigmas, cycles) = CONTRADICTION;
                    found.squared_sigmas() <= sigmas * sigmas || found.value.abs() <= cycles
                });
                fixed.contradictions = if fits { 0 } else { fixed.contradictions + 1 };
                if fixed.contradictions >= CONTRADICTIONS_MAX {
                    doubtful.push(satellite);
                }
            }
        }
        self.withdraw_all(&doubtful)
    }

    fn seek(&mut self, time: GpsTime, filter: &GroupFilter, state: &Conditioned<'_>) {
        let mut unknown: Vec<Unknown> = Vec::new();
        for (satellite, s) in &filter.satellites {
            if s.seen != time || s.elevation_rad < FIXING_MASK_RAD {
                continue;
            }
            let open = |band: &usize| {
                s.ambiguities[*band].is_some_and(|a| a.epochs >= EPOCHS_MIN)
                    && !self.fixed.contains_key(&(*satellite, *band))
            };
            let bands: Vec<usize> = (0..BANDS_MAX).filter(open).collect();
            if !bands.is_empty() {
                let elevation_rad = s.elevation_rad;
                unknown.push(Unknown { satellite: *satellite, elevation_rad, bands });
            }
        }
        if unknown.is_empty() {
            return;
        }
        unknown.sort_by(|a, b| b.elevation_rad.total_cmp(&a.elevation_rad));
        let known = self.references(filter, None);
        let mut found = first(filter, state, &unknown, known);
        for one in &unknown {
            found.extend(whole(state, &differences(filter, one, known)));
        }
        self.propose(time, filter, &unknown, found);
    }

    /// For each carrier an ambiguity that others may be told against, if enough of them are known; `but` is left aside.
    fn references(
        &self,
        filter: &GroupFilter,
        but: Option<Satellite>,
    ) -> [Option<Satellite>; BANDS_MAX] {
        std::array::from_fn(|band| {
            let of_band = || {
                let all = self.fixed.keys().filter(|(_, b)| *b == band).map(|(s, _)| *s);
                all.filter(|s| Some(*s) != but)
            };
            let highest = |s: &Satellite| filter.satellites.get(s).map_or(0.0, |s| s.elevation_rad);
            let best = of_band().max_by(|a, b| highest(a).total_cmp(&highest(b)));
            best.filter(|_| of_band().count() >= KNOWN_MIN)
        })
    }

    /// Takes note of what was found; what has come out alike often enough is fixed.
    fn propose(
        &mut self,
        time: GpsTime,
        filter: &GroupFilter,
        sought: &[Unknown],
        found: Vec<Found>,
    ) {
        let mut again = BTreeMap::new();
        for Found { place, relative_to, difference } in found {
            let Some(a) = ambiguity(filter, place.0, place.1) else { continue };
            let before = self.proposals.get(&place).filter(|before| {
                (before.relative_to, before.difference, before.arcs)
                    == (relative_to, difference, a.arcs)
            });
            let (first, times) =
                before.map_or((time, 1), |before| (before.first, before.times.saturating_add(1)));
            again.insert(place, Proposal { relative_to, difference, arcs: a.arcs, first, times });
        }
        for one in sought {
            for band in &one.bands {
                self.proposals.remove(&(one.satellite, *band));
            }
        }
        self.proposals.extend(again);
        let ripe: Vec<(Place, Proposal)> = self
            .proposals
            .iter()
            .filter(|(_, p)| p.times >= TIMES_MIN && time - p.first >= TIME_MIN)
            .map(|(place, p)| (*place, *p))
            .collect();
        for (place, proposal) in ripe {
            self.accept(time, filter, place, proposal);
        }
    }

    fn accept(&mut self, time: GpsTime, filter: &GroupFilter, place: Place, proposal: Proposal) {
        let band = place.1;
        let reference = (proposal.relative_to, band);
        let base = match self.fixed.get(&reference) {
            Some(fixed) => fixed.integer,
            // The first of its carrier: its own number is anybody's choice.
            None if self.fixed.keys().all(|(_, b)| *b != band) => {
                let Some(a) = ambiguity(filter, reference.0, band) else { return };
                let integer = nearest(filter.state.mean(a.place));
                let fixed = Fixed { integer, arcs: a.arcs, since: time, contradictions: 0 };
                self.fixed.insert(reference, fixed);
                integer
            }
            None => return,
        };
        let integer = base + proposal.difference;
        let fixed = Fixed { integer, arcs: proposal.arcs, since: time, contradictions: 0 };
        self.fixed.insert(place, fixed);
        self.proposals.remove(&place);
    }
}

/// A satellite with ambiguities that are not known.
#[derive(Clone)]
struct Unknown {
    satellite: Satellite,
    elevation_rad: f64,
    bands: Vec<usize>,
}

/// A difference of two ambiguities of one carrier, as a whole number.
struct Found {
    place: Place,
    relative_to: Satellite,
    difference: i64,
}

/// One ambiguity less another, by their places in the state.
struct Difference {
    place: Place,
    relative_to: Satellite,
    at: (usize, usize),
}

/// On carriers of which nothing is known: all satellites together, then without the weakest, until the rest can be told.
fn first(
    filter: &GroupFilter,
    state: &Conditioned<'_>,
    unknown: &[Unknown],
    known: [Option<Satellite>; BANDS_MAX],
) -> Vec<Found> {
    let open = |one: &Unknown| {
        let bands: Vec<usize> =
            one.bands.iter().copied().filter(|band| known[*band].is_none()).collect();
        (!bands.is_empty()).then_some(Unknown { bands, ..*one })
    };
    let mut some: Vec<Unknown> = unknown.iter().filter_map(open).collect();
    let Some(highest) = some.first().map(|one| one.satellite) else { return Vec::new() };
    // The one against which the others are told stays, the others in the order of their own strength.
    let mut strength: Vec<(f64, Unknown)> = some
        .drain(..)
        .map(|one| {
            let own = differences(filter, &one, [Some(highest); BANDS_MAX]);
            let strength = if one.satellite == highest { 2.0 } else { success(state, &own) };
            (strength, one)
        })
        .collect();
    strength.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut count = strength.len();
    while count >= FIRST_MIN {
        let some = &strength[..count];
        let pivots: [Option<Satellite>; BANDS_MAX] = std::array::from_fn(|band| {
            some.iter().find(|(_, one)| one.bands.contains(&band)).map(|(_, one)| one.satellite)
        });
        let differences: Vec<_> =
            some.iter().flat_map(|(_, one)| differences(filter, one, pivots)).collect();
        let found = whole(state, &differences);
        if !found.is_empty() {
            return found;
        }
        count -= (count / 5).max(1);
    }
    Vec::new()
}

fn differences(
    filter: &GroupFilter,
    one: &Unknown,
    references: [Option<Satellite>; BANDS_MAX],
) -> Vec<Difference> {
    let of = |band: &usize| {
        let relative_to = references[*band].filter(|r| *r != one.satellite)?;
        let own = ambiguity(filter, one.satellite, *band)?.place;
        let reference = ambiguity(filter, relative_to, *band)?.place;
        Some(Difference { place: (one.satellite, *band), relative_to, at: (own, reference) })
    };
    one.bands.iter().filter_map(of).collect()
}

/// The differences' values and covariance, cycles.
fn linear(state: &Conditioned<'_>, differences: &[Difference]) -> (DVector<f64>, DMatrix<f64>) {
    let n = differences.len();
    let places: Vec<(usize, usize)> = differences.iter().map(|d| d.at).collect();
    let float = DVector::from_fn(n, |i, _| state.mean(places[i].0) - state.mean(places[i].1));
    (float, DMatrix::from_row_slice(n, n, &state.covariances(&places)))
}

/// With what probability one satellite alone could be told.
fn success(state: &Conditioned<'_>, differences: &[Difference]) -> f64 {
    success_rate(&linear(state, differences).1)
}

/// Whether other whole numbers than those held are now much more likely.
fn is_contradicted(
    state: &Conditioned<'_>,
    differences: &[Difference],
    held: &DVector<f64>,
) -> bool {
    let (float, covariance) = linear(state, differences);
    let Ok(integers) = search_above(&float, &covariance, DOUBT_SUCCESS_MIN) else { return false };
    if integers.best == *held {
        return false;
    }
    let off = &float - held;
    let norm = nalgebra::Cholesky::new(covariance).map_or(0.0, |root| off.dot(&root.solve(&off)));
    norm - integers.best_norm > DOUBT_GAIN
}

/// The whole numbers of those differences, if they can be told.
fn whole(state: &Conditioned<'_>, differences: &[Difference]) -> Vec<Found> {
    let n = differences.len();
    let (float, covariance) = linear(state, differences);
    let Ok(integers) = search_above(&float, &covariance, SUCCESS_MIN) else { return Vec::new() };
    let fits = integers.best_norm <= MISFIT_MAX * n as f64 + MISFIT_ALLOWANCE;
    if !fits || integers.second_norm - integers.best_norm < GAIN_MIN {
        return Vec::new();
    }
    let found = |(difference, integer): (&Difference, &f64)| Found {
        place: difference.place,
        relative_to: difference.relative_to,
        difference: nearest(*integer),
    };
    differences.iter().zip(integers.best.iter()).map(found).collect()
}

fn ambiguity(filter: &GroupFilter, satellite: Satellite, band: usize) -> Option<AmbiguityState> {
    filter.satellites.get(&satellite)?.ambiguities[band]
}

/// The known ambiguity (place and integer) with which most others agree.
fn best_known(
    state: &Conditioned<'_>,
    of_band: &[(Satellite, usize, i64)],
) -> Option<(usize, i64)> {
    let offset =
        |(_, place, integer): &(Satellite, usize, i64)| state.mean(*place) - *integer as f64;
    let mut offsets: Vec<(f64, usize, i64)> =
        of_band.iter().map(|one| (offset(one), one.1, one.2)).collect();
    offsets.sort_by(|a, b| a.0.total_cmp(&b.0));
    offsets.get(offsets.len() / 2).map(|(_, place, integer)| (*place, *integer))
}

#[expect(clippy::cast_possible_truncation, reason = "ambiguities are thousands of cycles at most")]
fn nearest(cycles: f64) -> i64 {
    cycles.round() as i64
}

impl Knowledge {
    /// Tells a filter's state what others know of the troposphere.
    fn apply_zenith(&self, state: &mut Conditioned<'_>) {
        for (place, told) in
            [(ZENITH_DIFFERENCE, self.zenith_difference), (ZENITH_MEAN, self.zenith_mean)]
        {
            let Some((value_m, sigma_m)) = told else { continue };
            state.take(&[(place, 1.0)], (value_m, sigma_m * sigma_m), is_believed);
        }
    }
}

/// Tells a filter's state an ionosphere, as far as what it finds is admitted.
fn apply_air(
    told: &BTreeMap<Satellite, (f64, f64)>,
    filter: &GroupFilter,
    state: &mut Conditioned<'_>,
    admit: fn(Innovation) -> bool,
) {
    let known = told.iter().filter_map(|(satellite, (value_m, sigma_m))| {
        let place = filter.satellites.get(satellite)?.ionosphere;
        Some((place, *value_m, *sigma_m))
    });
    for (coefficients, measured) in without_common(&known.collect::<Vec<_>>()) {
        state.take(&coefficients, (measured, 1.0), admit);
    }
}

/// What contradicts the edge's own measurements may come from a wrong level elsewhere, or from air that is not as it is elsewhere.
fn is_believed(found: Innovation) -> bool {
    found.squared_sigmas() <= BELIEVED_SQUARED
}
