//! From the engine's state to what others may see of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::uptime::Uptime;

use crate::model::troposphere::{RELATIVE_HUMIDITY, zenith_delay};
use crate::network::edge::EdgeSolver;
use crate::network::engine::Engine;
use crate::network::engine::fields::Field;
use crate::network::engine::trend::Trend;
use crate::network::observed::{Group, ObservedCarrier, ObservedEpoch};
use crate::network::snapshot::{NetworkSnapshot, Resolved, SatelliteField, StationView, Withheld};
use crate::network::topology::StationIndex;
use crate::network::topology::keeper::StationHealth;
use crate::network::troposphere::{WET_SCALE_DEFAULT_M, ZenithField};

/// Stations that have to have a satellite levelled before rovers are told of it.
const TELLING_MIN: usize = 3;
/// With so many satellites of BDS-3 BDS-2 is not told beside it: levels of the two differ by whole cycles that nobody has found, and
/// receivers that difference one against the other lose their fix.
const BEIDOU3_ALONE_MIN: usize = 4;
/// Ambiguities above this elevation are counted as resolved or not, rad: 10°.
const COUNTED_RAD: f64 = 0.174_533;

impl Engine {
    /// What is known at that epoch.
    pub(super) fn snapshot(&mut self, time: GpsTime) -> NetworkSnapshot {
        let now = self.uptime(time);
        let squares = |residuals| Squares::of(residuals, self.stations.len());
        let (air, rest) = (squares(&self.fields.residuals_m), squares(&self.residuals));
        let stations: Vec<StationView> = StationIndex::all()
            .zip(&self.stations)
            .map(|(i, _)| self.view(i, (time, now), &air, &rest))
            .collect();
        let zenith_m: Vec<Option<f64>> = stations
            .iter()
            .zip(&self.geodetic)
            .map(|(view, place)| {
                let model = zenith_delay(*place, RELATIVE_HUMIDITY);
                view.zenith_m.map(|(beyond_m, _)| model.hydrostatic_m + model.wet_m + beyond_m)
            })
            .collect();
        let zenith = ZenithField::new(self.plane, &self.geodetic, &zenith_m, WET_SCALE_DEFAULT_M);
        if self.weather.is_due(time) {
            let known = (0..stations.len()).filter(|at| stations[*at].zenith_m.is_some());
            let known: Vec<usize> = known.collect();
            let sigmas_m = self.zenith.sigmas_apart_m(&known);
            self.weather.follow(time, &zenith, &known, &sigmas_m);
        }
        let zenith = zenith.in_weather(self.weather.covariance());
        let satellites = self
            .fields
            .all()
            .iter()
            .filter_map(|(satellite, field)| {
                Some((*satellite, self.told(*satellite, field, time)?))
            })
            .collect();
        NetworkSnapshot {
            time,
            stations,
            satellites,
            drifting: self.watch.drifting(time).collect(),
            shape: Arc::clone(&self.shape),
            plane: self.plane,
            points: Arc::clone(&self.points),
            zenith,
            frame: Arc::clone(&self.frame),
            covariance: self.fields.covariance(),
            nuggets: self.fields.nuggets().clone(),
            disturbance: self.fields.travelling().disturbance(),
            resolved: self.resolved(),
        }
    }

    fn view(
        &self,
        station: StationIndex,
        (time, now): (GpsTime, Uptime),
        air: &Squares,
        rest: &Squares,
    ) -> StationView {
        let at = station.position();
        let config = &self.stations[at];
        // A station is no better than another for knowing its GLONASS bias.
        let others = self.fields.all().values().filter(|f| f.group != Group::Glonass);
        let levelled = others.filter(|f| f.values_m[at].is_some()).count();
        let visible = self.observed[at].as_ref().map_or(0, |epoch| {
            epoch.satellites.iter().filter(|s| s.elevation_rad >= COUNTED_RAD).count()
        });
        StationView {
            name: config.name.clone(),
            place: config.place,
            health: self.keeper.health(station, now).unwrap_or(StationHealth::Down),
            doubt: self.integrity.doubt(station).map(str::to_owned),
            zenith_m: (levelled >= 4).then(|| self.zenith.delay(at)),
            levelled,
            visible,
            ionosphere_residual_m: air.rms(at),
            geometry_residual_m: rest.rms(at),
            noise: self.noise.factors()[at].clone(),
            is_calibrated: config.antenna.is_some(),
            glonass_biases: self.preprocessors[at].glonass_biases(),
            breaking: self.preprocessors[at].breaking(),
            displacement: self.integrity.displacement(station, time),
        }
    }

    fn told(&self, satellite: Satellite, field: &Field, time: GpsTime) -> Option<SatelliteField> {
        let ephemeris = Arc::clone(self.ephemerides.at(satellite, time)?);
        let few = (field.telling() < TELLING_MIN).then_some(Withheld::TooFewStations);
        let drifting = self.watch.is_drifting(satellite, time).then_some(Withheld::Drifting);
        let beside = (field.group == Group::BeiDou2 && self.tells_beidou3())
            .then_some(Withheld::BesideBeiDou3);
        Some(SatelliteField {
            group: field.group,
            ionosphere_m: field.values_m.clone(),
            ionosphere_rate_m_s: field.trends.iter().map(Trend::rate_m_s).collect(),
            shell_mapping: field.shell_mapping,
            sigma_factor: field.ratio(),
            geometry: field.geometry,
            ephemeris,
            withheld: drifting.or(few).or(beside),
            rough: field.rough.clone(),
            restless: field.is_restless(time),
            wave: self.fields.travelling().of(satellite),
            residual_m: field.residual_m,
        })
    }

    /// Whether BDS-3 alone is enough for rovers.
    fn tells_beidou3(&self) -> bool {
        let told = self
            .fields
            .all()
            .values()
            .filter(|field| field.group == Group::BeiDou3 && field.telling() >= TELLING_MIN);
        told.count() >= BEIDOU3_ALONE_MIN
    }

    /// How many ambiguities above the mask there are, and how many are levelled.
    fn resolved(&self) -> Resolved {
        let mut by_group: BTreeMap<Group, (usize, usize)> = BTreeMap::new();
        let mut by_carriers: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        for (station, observed) in StationIndex::all().zip(&self.observed) {
            let Some(observed) = observed else { continue };
            for satellite in high(observed) {
                let tracked = || satellite.carriers.iter().filter(|c| is_sought(c));
                let is_levelled = |carrier: &&ObservedCarrier| {
                    let channel = (satellite.satellite, carrier.signal.band());
                    self.book.level(station, channel).is_some_and(|l| l.arc == carrier.arc)
                };
                let (all, levelled) = (tracked().count(), tracked().filter(is_levelled).count());
                let add = |(a, l): &mut (usize, usize)| (*a, *l) = (*a + all, *l + levelled);
                add(by_group.entry(satellite.group).or_default());
                add(by_carriers.entry(all).or_default());
            }
        }
        let edges = self.edges.values().map(EdgeSolver::counts);
        Resolved {
            by_group,
            by_carriers,
            edges: edges.fold((0, 0), |(a, f), (all, fixed)| (a + all, f + fixed)),
            closures: (self.closure.closed, self.closure.open),
        }
    }
}

/// Sums of squares by station.
struct Squares(Vec<(f64, f64)>);

impl Squares {
    fn of(residuals_m: &BTreeMap<(usize, Satellite), f64>, stations: usize) -> Self {
        let mut sums = vec![(0.0, 0.0); stations];
        for ((station, _), residual_m) in residuals_m {
            let (sum, count) = &mut sums[*station];
            *sum += residual_m * residual_m;
            *count += 1.0;
        }
        Self(sums)
    }

    /// The root mean square of a station's, m; none without any.
    fn rms(&self, station: usize) -> Option<f64> {
        let (sum, count) = self.0[station];
        (count > 0.0).then(|| (sum / count).sqrt())
    }
}

fn high(
    observed: &ObservedEpoch,
) -> impl Iterator<Item = &crate::network::observed::ObservedSatellite> {
    let solved = |s: &&crate::network::observed::ObservedSatellite| {
        // A receiver whose GLONASS biases are not known takes no part with it.
        let is_left_out = s.group == Group::Glonass && !s.carriers.iter().any(is_sought);
        s.elevation_rad >= COUNTED_RAD && !is_left_out
    };
    observed.satellites.iter().filter(solved)
}

/// Whether whole cycles of a carrier are sought.
fn is_sought(carrier: &ObservedCarrier) -> bool {
    carrier.phase_m.is_some() && carrier.is_whole
}
