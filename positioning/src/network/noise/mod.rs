//! How noisy each station is beside the others: factors on the sigmas of its codes and phases, learnt while it runs (decision 17).
//!
//! A station among trees, beside a reflecting roof or with an old receiver is not to count as much as a good one. Codes tell their noise station
//! by station, from phases of the same arcs; phases tell theirs once they are levelled, from what clocks, satellites and zenith delays leave
//! over of them. Both are free of the ionosphere. What all stations have is no station's noise: a factor is a station's root mean square
//! by that of the station in the middle.

mod learn;
mod rest;
pub mod scale;

use std::collections::BTreeMap;

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::network::median::median;
use crate::network::noise::rest::Rest;
use crate::network::noise::scale::Scale;
use crate::network::observed::{BANDS, Channel, Group, band_of};

/// Groups.
const GROUPS: usize = Group::ALL.len();

/// By what a station's sigmas are multiplied: one, where it is as good as the others or nothing is known yet.
#[derive(Clone, Debug, PartialEq)]
pub struct NoiseFactors {
    phases: [f64; GROUPS],
    codes: [f64; BANDS],
    /// Of its phases and of its codes as a whole.
    station: [f64; 2],
}

/// What stations' codes and phases have shown so far.
#[derive(Clone, Debug, Default)]
pub struct NoiseBook {
    stations: Vec<StationNoise>,
    factors: Vec<NoiseFactors>,
    looked: Option<GpsTime>,
}

/// One station's.
#[derive(Clone, Debug)]
struct StationNoise {
    /// Free of the ionosphere, by group, in units of the nominal sigma.
    phases: [Scale; GROUPS],
    /// By group and carrier, in units of the nominal sigma.
    codes: [Scale; BANDS],
    phase_rests: BTreeMap<Satellite, Rest>,
    code_rests: BTreeMap<Channel, Rest>,
}

/// Which of a station's scales.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The phases of a group.
    Phases(Group),
    /// The codes of a group's carrier.
    Codes(Group, char),
}

/// Residuals are looked at this often: multipath is the same for about as long.
const LOOK_INTERVAL: Interval = Interval::from_seconds(30);
/// What a station was like is remembered for so long, s: two hours. Multipath comes back with a satellite's track; trees do not walk.
const MEMORY_S: f64 = 7_200.0;
/// Deviations that a station has to have shown to tell what is usual: one look at eight satellites, since the one in the middle of many is taken.
const COUNT_MIN: f64 = 8.0;
/// So many deviations count as if they had been usual, so that few do not make a factor.
const PRIOR_COUNT: f64 = 40.0;
/// Stations that are needed to tell what is usual.
const STATIONS_MIN: usize = 3;
/// What is usual is never taken for less than this share of the nominal sigma, whose margin is larger: among excellent stations a
/// good one is not noisy.
const USUAL_MIN: f64 = 0.3;
/// Less than this above what is usual is chance, and makes no factor.
const CHANCE: f64 = 1.25;
/// No factor is larger. A station that is worse is of no use, and what it contradicts has to be found out.
const FACTOR_MAX: f64 = 4.0;

impl Default for NoiseFactors {
    fn default() -> Self {
        Self { phases: [1.0; GROUPS], codes: [1.0; BANDS], station: [1.0; 2] }
    }
}

impl NoiseFactors {
    /// That of a group's phases: of all its carriers, since what is left of them is free of the ionosphere only together.
    pub fn phase(&self, group: Group) -> f64 {
        self.phases[group as usize]
    }

    /// That of the codes of a group's carrier; one of carriers that the network does not fix.
    pub fn code(&self, group: Group, band: char) -> f64 {
        band_of(group, band).map_or(1.0, |cell| self.codes[cell])
    }

    /// That of the station's phases as a whole.
    pub fn phases(&self) -> f64 {
        self.station[0]
    }

    /// That of its codes as a whole.
    pub fn codes(&self) -> f64 {
        self.station[1]
    }
}

impl NoiseBook {
    /// For so many stations, of which nothing is known.
    pub fn new(stations: usize) -> Self {
        Self {
            stations: (0..stations).map(|_| StationNoise::default()).collect(),
            factors: vec![NoiseFactors::default(); stations],
            looked: None,
        }
    }

    /// The factors, by station.
    pub fn factors(&self) -> &[NoiseFactors] {
        &self.factors
    }

    /// What a station has shown, cell by cell; only what it has.
    pub fn kept(&self, station: usize) -> impl Iterator<Item = (Cell, Scale)> + '_ {
        let of = self.stations.get(station);
        Cell::all()
            .filter_map(move |cell| Some((cell, of?.scale(cell)?)))
            .filter(|(_, scale)| scale.count() > 0.0)
    }

    /// Takes over what a station had shown before a restart.
    pub fn restore(&mut self, station: usize, cell: Cell, scale: Scale) {
        if let Some(kept) = self.stations.get_mut(station).and_then(|of| of.scale_mut(cell)) {
            *kept = scale;
        }
    }

    /// Whether residuals are to be looked at again.
    fn is_due(&self, time: GpsTime) -> bool {
        self.looked.is_none_or(|looked| time - looked >= LOOK_INTERVAL)
    }

    /// Computes all factors anew.
    pub fn compare(&mut self) {
        let usual = self.usual();
        for (station, factors) in self.stations.iter().zip(&mut self.factors) {
            *factors = station.factors(&usual);
        }
    }

    /// The mean squares that are usual.
    fn usual(&self) -> Usual {
        let of = |scale: &dyn Fn(&StationNoise) -> Scale| {
            let known: Vec<f64> = self
                .stations
                .iter()
                .filter_map(|station| scale(station).mean_square(COUNT_MIN))
                .collect();
            (known.len() >= STATIONS_MIN)
                .then(|| median(known).unwrap_or(0.0).max(USUAL_MIN * USUAL_MIN))
        };
        Usual {
            phases: std::array::from_fn(|cell| of(&|station| station.phases[cell])),
            codes: std::array::from_fn(|cell| of(&|station| station.codes[cell])),
        }
    }
}

/// The mean squares of the station in the middle; none where too few are known.
struct Usual {
    phases: [Option<f64>; GROUPS],
    codes: [Option<f64>; BANDS],
}

impl Default for StationNoise {
    fn default() -> Self {
        Self {
            phases: [Scale::default(); GROUPS],
            codes: [Scale::default(); BANDS],
            phase_rests: BTreeMap::new(),
            code_rests: BTreeMap::new(),
        }
    }
}

impl StationNoise {
    fn scale(&self, cell: Cell) -> Option<Scale> {
        match cell {
            Cell::Phases(group) => Some(self.phases[group as usize]),
            Cell::Codes(group, band) => Some(self.codes[band_of(group, band)?]),
        }
    }

    fn scale_mut(&mut self, cell: Cell) -> Option<&mut Scale> {
        match cell {
            Cell::Phases(group) => Some(&mut self.phases[group as usize]),
            Cell::Codes(group, band) => Some(&mut self.codes[band_of(group, band)?]),
        }
    }

    fn factors(&self, usual: &Usual) -> NoiseFactors {
        // Before phases are levelled they show nothing; what disturbs codes disturbs phases, too.
        let (codes, all_codes) = times(&self.codes, &usual.codes, 1.0);
        let (phases, all_phases) = times(&self.phases, &usual.phases, all_codes);
        NoiseFactors {
            phases: phases.map(factor),
            codes: codes.map(factor),
            station: [all_phases, all_codes].map(factor),
        }
    }
}

/// How many times what is usual the mean squares of one station's cells are, and that of all of them; `expected` is that of a station that has
/// shown nothing yet. What all cells show is what is expected of one that has shown little.
fn times<const N: usize>(
    own: &[Scale; N],
    usual: &[Option<f64>; N],
    expected: f64,
) -> ([f64; N], f64) {
    let known = || own.iter().zip(usual).filter_map(|(own, usual)| Some((own, (*usual)?)));
    let sum: f64 = known().map(|(own, usual)| own.sum() / usual).sum();
    let count: f64 = known().map(|(own, _)| own.count()).sum();
    let expected = expected.min(FACTOR_MAX * FACTOR_MAX);
    let all = (PRIOR_COUNT * expected + sum) / (PRIOR_COUNT + count);
    let of_cell = |cell: usize| {
        let shown = usual[cell].map_or((0.0, 0.0), |u| (own[cell].sum() / u, own[cell].count()));
        (PRIOR_COUNT * all + shown.0) / (PRIOR_COUNT + shown.1)
    };
    (std::array::from_fn(of_cell), all)
}

/// The factor of a variance that is so many times the usual one: what chance may do is taken off.
fn factor(times: f64) -> f64 {
    (times + 1.0 - CHANCE * CHANCE).clamp(1.0, FACTOR_MAX * FACTOR_MAX).sqrt()
}

impl Cell {
    /// All of them, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        let codes = |group: Group| group.bands().chars().map(move |band| Self::Codes(group, band));
        let phases = Group::ALL.into_iter().map(Self::Phases);
        phases.chain(Group::ALL.into_iter().flat_map(codes))
    }
}

#[cfg(test)]
mod tests;
