//! What the network as a whole can tell one of its edges.

use std::collections::{BTreeMap, BTreeSet};

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;

use crate::network::edge::{EdgeSolver, Knowledge};
use crate::network::engine::fields::{Field, Fields};
use crate::network::engine::smooth::SmoothAir;
use crate::network::interpolate::covariance::Covariance;
use crate::network::interpolate::kriging::WeightCache;
use crate::network::observed::ObservedEpoch;
use crate::network::plane::PlanePoint;
use crate::network::solution::zenith::ZenithFilter;
use crate::network::topology::StationIndex;

/// The least a zenith delay's difference is trusted to, one sigma, m: what the solution does not know of its own weather.
const ZENITH_SIGMA_MIN_M: f64 = 0.005;
/// A solution's zenith delay that is less certain than this tells an edge nothing new, m.
const ZENITH_SIGMA_MAX_M: f64 = 0.03;
/// The least an interpolated ionosphere is trusted to at the zenith, one sigma, m.
const AIR_SIGMA_MIN_M: f64 = 0.008;
/// The most at which it still helps, m.
const AIR_SIGMA_MAX_M: f64 = 0.15;
/// A satellite whose stations predict each other worse than this in the mean tells no station that is silent, m at the zenith.
const RESIDUAL_MAX_M: f64 = 0.03;
/// Stations that have to tell of a satellite before others are told.
const TELLING_MIN: usize = 3;

/// Interpolations of one epoch, kept while edges ask.
pub(super) struct Insight<'a> {
    time: GpsTime,
    fields: &'a Fields,
    air: &'a SmoothAir,
    points: &'a [PlanePoint],
    covariance: Covariance,
    caches: BTreeMap<StationIndex, WeightCache>,
}

impl<'a> Insight<'a> {
    pub(super) fn new(
        time: GpsTime,
        fields: &'a Fields,
        air: &'a SmoothAir,
        points: &'a [PlanePoint],
    ) -> Self {
        let covariance = fields.covariance();
        Self { time, fields, air, points, covariance, caches: BTreeMap::new() }
    }

    /// What an edge between two stations that saw this may be told.
    pub(super) fn about(
        &mut self,
        ends: [&ObservedEpoch; 2],
        solver: &EdgeSolver,
        zenith: &ZenithFilter,
    ) -> Knowledge {
        let [from, to] = ends.map(|end| end.station.position());
        let trusted = |(value_m, sigma_m): (f64, f64)| {
            let sigma_m = sigma_m.max(ZENITH_SIGMA_MIN_M);
            (sigma_m <= ZENITH_SIGMA_MAX_M).then_some((value_m, sigma_m))
        };
        let mut known = Knowledge {
            zenith_difference: trusted(zenith.difference(from, to)),
            zenith_mean: trusted(zenith.mean(from, to)),
            ..Knowledge::default()
        };
        let unknown = solver.unknown();
        if !unknown.is_empty() {
            self.tell_air(ends, &unknown, &mut known);
        }
        known
    }

    fn tell_air(
        &mut self,
        ends: [&ObservedEpoch; 2],
        unknown: &BTreeSet<Satellite>,
        known: &mut Knowledge,
    ) {
        // What both tell themselves is of use only beside what others tell for one of them.
        let mut by_others = false;
        let fields = self.fields;
        for (satellite, field) in fields.all().iter().filter(|(_, f)| f.telling() >= TELLING_MIN) {
            let stations = ends.map(|end| end.station);
            let is_silent =
                |s: StationIndex| field.values_m.get(s.position()).copied().flatten().is_none();
            let is_silent = stations.into_iter().any(is_silent);
            // Nobody asks for the others.
            if is_silent && !unknown.contains(satellite) {
                continue;
            }
            let between = stations.map(|station| self.at(station, *satellite, field));
            let [Some(from), Some(to)] = between else { continue };
            let sigma_m = from.1.hypot(to.1);
            if sigma_m <= AIR_SIGMA_MAX_M {
                by_others |= is_silent;
                let told = (to.0 - from.0, sigma_m * field.shell_mapping);
                known.ionosphere.insert(*satellite, told);
                if !is_silent {
                    known.foretold.insert(*satellite, told);
                }
            }
        }
        let mut by_surface = false;
        for satellite in unknown.iter().filter(|s| !known.ionosphere.contains_key(s)) {
            if let Some(told) = self.air.foretell(*satellite, ends, self.points) {
                by_surface = true;
                known.foretold.insert(*satellite, told);
            }
        }
        if !by_others {
            known.ionosphere.clear();
        }
        if !by_surface {
            known.foretold.clear();
        }
    }

    /// The ionosphere at a station, and its sigma at the zenith: its own, or its neighbours'.
    fn at(
        &mut self,
        station: StationIndex,
        satellite: Satellite,
        field: &Field,
    ) -> Option<(f64, f64)> {
        if let Some(own_m) = field.values_m.get(station.position()).copied().flatten() {
            return Some((own_m, AIR_SIGMA_MIN_M));
        }
        if field.is_restless(self.time) || field.residual_m.is_none_or(|r| r > RESIDUAL_MAX_M) {
            return None;
        }
        let point = *self.points.get(station.position())?;
        let (covariance, nuggets) = (self.covariance, self.fields.nuggets());
        let fresh = || WeightCache::new(point, covariance, nuggets.clone());
        let cache = self.caches.entry(station).or_insert_with(fresh);
        let weights = cache.weights(self.points, &field.values_m)?;
        let value_m = weights.apply(&field.values_m)?;
        let wave =
            self.fields.travelling().missed(satellite, station.position(), weights, self.points);
        let (wave_m, wave_sigma_m) = wave.unwrap_or_default();
        let noise_m = (self.fields.noise_beyond_m2() * weights.noise_gain()).sqrt();
        let sigma_m = weights.sigma_m().hypot(wave_sigma_m / field.shell_mapping).hypot(noise_m);
        Some((value_m + wave_m, sigma_m * field.factor()))
    }
}
