//! Master and auxiliaries: how the corrections of neighbouring stations differ from the master's.
//!
//! A correction is what has to be added to a phase range to make it the computed range. Of levelled phases L = ρ + T + o - μ I the
//! difference on a carrier is d = -(ΔT + Δo) + μ ΔI, auxiliary less master. Its parts are what the two carriers tell of it (shared design,
//! network solver, section 7): ionospheric f2²/(f2² - f1²) (d1 - d2) = ΔI on L1, geometric
//! f1²/(f1² - f2²) d1 - f2²/(f1² - f2²) d2 = -(ΔT + Δo). The tide is part of T. All of the troposphere is in it, so that the rover may
//! use whatever model it likes for the heights.

use std::collections::BTreeMap;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::satellite::Satellite;

use crate::network::products::site::{Line, Site};
use crate::network::snapshot::NetworkSnapshot;
use crate::network::topology::StationIndex;
use crate::network::topology::keeper::StationHealth;

/// Auxiliaries of a master: the ring of its neighbours, which an old rover's memory can hold.
pub const AUXILIARIES_MAX: usize = 8;
/// A ring of fewer is filled up with the nearest stations: a plane needs three corners.
const AUXILIARIES_MIN: usize = 3;
/// No auxiliary is farther, m: the network keeps no edge beyond it (shared design, network solver, section 2).
const FAR_M: f64 = 150e3;
/// A difference that jumps against those of other satellites by more between two messages stands on another level, m: half a cycle of L1.
const JUMP_M: f64 = 0.095;
/// What the messages can say of a difference, m.
pub const DIFFERENCE_MAX_M: f64 = 32.767;

/// What an auxiliary's corrections differ by.
#[derive(Clone, Debug, PartialEq)]
pub struct Differences {
    /// The auxiliary.
    pub auxiliary: StationIndex,
    /// By satellite. What the messages cannot say is left out.
    pub satellites: BTreeMap<Satellite, Difference>,
}

/// The difference of one satellite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Ionospheric part on L1, m.
    pub ionospheric_m: f64,
    /// Geometric part, m.
    pub geometric_m: f64,
    /// The issue of the ephemeris that the ranges are computed with.
    pub issue: u16,
    /// How often the level has changed, modulo 8.
    pub non_sync: u8,
}

/// Makes one master's differences, epoch by epoch; it remembers them to count changes of their level.
#[derive(Clone, Debug)]
pub struct MacSource {
    master: StationIndex,
    told: BTreeMap<(StationIndex, Satellite), Difference>,
}

impl MacSource {
    /// Of a master.
    pub fn new(master: StationIndex) -> Self {
        Self { master, told: BTreeMap::new() }
    }

    /// The master.
    pub fn master(&self) -> StationIndex {
        self.master
    }

    /// The differences of all auxiliaries of that system, the nearest station first. Only satellites that may be told are in them.
    pub fn differences(
        &mut self,
        snapshot: &NetworkSnapshot,
        system: Constellation,
    ) -> Vec<Differences> {
        let Some(master) = Ends::of(snapshot, self.master, system) else { return Vec::new() };
        let mut all = Vec::new();
        for auxiliary in auxiliaries(snapshot, self.master) {
            let Some(other) = Ends::of(snapshot, auxiliary, system) else { continue };
            let mut satellites = other.less(&master, snapshot);
            self.count_jumps(auxiliary, &mut satellites);
            all.push(Differences { auxiliary, satellites });
        }
        all
    }

    /// Counts on where a difference has jumped against the median of all.
    fn count_jumps(&mut self, auxiliary: StationIndex, now: &mut BTreeMap<Satellite, Difference>) {
        let step = |d: &Difference, before: &Difference| d.ionospheric_m - before.ionospheric_m;
        let before = |told: &BTreeMap<_, Difference>, s| told.get(&(auxiliary, s)).copied();
        let steps = now.iter().filter_map(|(s, d)| Some(step(d, &before(&self.told, *s)?)));
        let common_m = crate::network::median::median(steps).unwrap_or(0.0);
        for (satellite, difference) in now {
            if let Some(before) = before(&self.told, *satellite) {
                let jumped = (step(difference, &before) - common_m).abs() > JUMP_M;
                difference.non_sync = (before.non_sync + u8::from(jumped)) % 8;
            }
            self.told.insert((auxiliary, *satellite), *difference);
        }
    }
}

/// The auxiliaries of a master: its neighbours, at most [`AUXILIARIES_MAX`], the nearest first.
pub fn auxiliaries(snapshot: &NetworkSnapshot, master: StationIndex) -> Vec<StationIndex> {
    let Some(own) = snapshot.points.get(master.position()) else { return Vec::new() };
    let ring: Vec<StationIndex> = snapshot.shape.neighbours(master).collect();
    let all = StationIndex::all().zip(&snapshot.stations);
    let usable = all.filter(|(station, view)| {
        *station != master && view.health == StationHealth::Up && view.levelled > 0
    });
    let mut ranked: Vec<(bool, f64, StationIndex)> = usable
        .filter_map(|(station, _)| {
            let away_m = snapshot.points.get(station.position())?.distance_m(*own);
            (away_m <= FAR_M).then(|| (!ring.contains(&station), away_m, station))
        })
        .collect();
    ranked.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
    let in_ring = ranked.iter().filter(|(is_outside, _, _)| !is_outside).count();
    ranked.truncate(in_ring.clamp(AUXILIARIES_MIN, AUXILIARIES_MAX));
    ranked.into_iter().map(|(_, _, station)| station).collect()
}

/// One station's lines to the satellites that it has levelled.
struct Ends {
    east_m: f64,
    north_m: f64,
    satellites: BTreeMap<Satellite, (f64, Line)>,
}

impl Ends {
    fn of(
        snapshot: &NetworkSnapshot,
        station: StationIndex,
        system: Constellation,
    ) -> Option<Self> {
        let at = station.position();
        let point = snapshot.points.get(at)?;
        let site = Site::of(snapshot, snapshot.stations.get(at)?.place)?;
        let told = snapshot.satellites.iter().filter(|(satellite, field)| {
            satellite.constellation() == system
                && field.withheld.is_none()
                && !field.rough.contains(&station)
        });
        let satellites = told.filter_map(|(satellite, field)| {
            let ionosphere_m = field.ionosphere_m.get(at).copied().flatten()?;
            let line = site.towards(&field.ephemeris, snapshot.time)?;
            Some((*satellite, (ionosphere_m, line)))
        });
        Some(Self {
            east_m: point.east_m,
            north_m: point.north_m,
            satellites: satellites.collect(),
        })
    }

    /// The differences to the master's.
    fn less(&self, master: &Self, snapshot: &NetworkSnapshot) -> BTreeMap<Satellite, Difference> {
        let mut result = BTreeMap::new();
        for (satellite, (ionosphere_m, line)) in &self.satellites {
            let Some((master_m, master_line)) = master.satellites.get(satellite) else { continue };
            let Some(field) = snapshot.satellites.get(satellite) else { continue };
            let [_, east, north] = field.geometry;
            let orbit_m =
                east * (self.east_m - master.east_m) + north * (self.north_m - master.north_m);
            let difference = Difference {
                ionospheric_m: ionosphere_m - master_m,
                geometric_m: -(line.delay_m - master_line.delay_m + orbit_m),
                issue: field.ephemeris.issue(),
                non_sync: 0,
            };
            let largest_m = difference.ionospheric_m.abs().max(difference.geometric_m.abs());
            if largest_m <= DIFFERENCE_MAX_M {
                result.insert(*satellite, difference);
            }
        }
        result
    }
}
