//! The fields over the network, satellite by satellite: slant ionosphere, orbit errors, and how well stations predict each other.

use std::collections::{BTreeMap, BTreeSet};

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use nalgebra::{Matrix3, Vector3};

use crate::network::engine::datum::Datum;
use crate::network::engine::steady::Steady;
use crate::network::engine::travelling::Travelling;
use crate::network::engine::trend::Trend;
use crate::network::interpolate::calibration::Calibration;
use crate::network::interpolate::covariance::{Covariance, Nuggets, RANGE_DEFAULT_M};
use crate::network::interpolate::fit::fit;
use crate::network::interpolate::kriging::Weights;
use crate::network::interpolate::leave_one_out::{LeaveOneOut, Residual};
use crate::network::interpolate::shell;
use crate::network::median::median;
use crate::network::noise::NoiseFactors;
use crate::network::observed::Group;
use crate::network::plane::PlanePoint;
use crate::network::solution::air::without_receivers;
use crate::network::solution::links::{Levelled, link_to};
use crate::network::solution::zenith::Residuals;
use crate::network::topology::StationIndex;

/// The fields, and what has been learnt about them.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    by_satellite: BTreeMap<Satellite, Field>,
    covariance: Option<Covariance>,
    /// As of the last fit.
    nuggets: Nuggets,
    /// The variance of a station's values at the zenith beyond the nugget, m².
    noise_beyond_m2: f64,
    fitted: Option<GpsTime>,
    left_out: LeaveOneOut,
    datum: Datum,
    steady: Steady,
    travelling: Travelling,
    /// What others predicted for each station and satellite less what it measured, zenith on L1, m.
    pub(super) residuals_m: BTreeMap<(usize, Satellite), f64>,
}

/// One satellite's field.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) group: Group,
    /// Slant ionosphere by station, m.
    pub(super) values_m: Vec<Option<f64>>,
    /// How its slant ionosphere changes by station, m/s.
    pub(super) trends: Vec<Trend>,
    /// Slant per zenith in the middle of the network.
    pub(super) shell_mapping: f64,
    /// Stations that the others could not predict.
    pub(super) rough: BTreeSet<StationIndex>,
    /// Orbit error: value at the origin of the plane and its slopes.
    pub(super) geometry: [f64; 3],
    /// Root mean square of the last leave-one-out residuals, zenith on L1, m.
    pub(super) residual_m: Option<f64>,
    calibration: Calibration,
    plane: GeometryPlane,
    rough_until: BTreeMap<StationIndex, GpsTime>,
    /// Until when nothing is to be interpolated for stations that are silent.
    pub(super) restless_until: Option<GpsTime>,
    seen: GpsTime,
}

/// The running equations of a satellite's orbit error as a plane.
#[derive(Clone, Copy, Debug, Default)]
struct GeometryPlane {
    normal: Matrix3<f64>,
    right: Vector3<f64>,
}

/// The field's deviation from its plane before anything was fitted, zenith on L1, one sigma, m.
const SILL_DEFAULT_M: f64 = 0.03;
/// What a station's noise is of the sigma that its phases are given: they are given a margin.
const NOISE_SHARE: f64 = 0.6;
/// The covariance is fitted anew after this time (shared design, network solver, section 5.1).
const FIT_INTERVAL: Interval = Interval::from_seconds(60);
/// Satellites that a fit looks at: two numbers need no more.
const FIT_SATELLITES: usize = 5;
/// Fewer stations cannot predict each other.
const STATIONS_MIN: usize = 4;
/// A residual beyond so many sigmas and so many metres at the zenith is no noise.
const ROUGH: (f64, f64) = (5.0, 0.06);
/// A station whose prediction is less certain by this factor than those in the middle is at the rim.
const INNER: f64 = 1.5;
/// For how long such a place is not asked.
const ROUGH_FOR: Interval = Interval::from_seconds(30);
/// For how long silent stations are told nothing of such a satellite: they may be silent because a bubble is over them.
const RESTLESS_FOR: Interval = Interval::from_seconds(600);
/// The memory of orbit errors, s: they change with the satellite's motion, over tens of minutes.
const GEOMETRY_MEMORY_S: f64 = 120.0;
/// The slope of an orbit error, one sigma: a metre at 20 000 km.
const GEOMETRY_SLOPE_SIGMA: f64 = 5e-8;
/// Sigmas are never made smaller than by this: a quiet hour promises little of the next one.
const RATIO_MIN: f64 = 0.6;
/// The unit of length in the equations, m.
const LENGTH_UNIT_M: f64 = 100e3;
/// A satellite that is levelled nowhere for so long is forgotten.
const FORGET_AFTER: Interval = Interval::from_seconds(120);

impl Field {
    /// How many stations tell of it.
    pub(super) fn telling(&self) -> usize {
        self.values_m.iter().flatten().count()
    }

    /// What the stations tell, brought to the zenith, m.
    pub(super) fn zenith_m(&self) -> Vec<Option<f64>> {
        self.values_m
            .iter()
            .map(|value| value.map(|value_m| value_m / self.shell_mapping))
            .collect()
    }

    /// Whether a station could not be predicted within the last minutes.
    pub(super) fn is_restless(&self, time: GpsTime) -> bool {
        self.restless_until.is_some_and(|until| time < until)
    }

    /// By what sigmas are to be multiplied where they must not be too small.
    pub(super) fn factor(&self) -> f64 {
        self.calibration.factor()
    }

    /// By what sigmas are to be multiplied to be those of the errors.
    pub(super) fn ratio(&self) -> f64 {
        self.calibration.ratio().max(RATIO_MIN)
    }
}

impl Fields {
    /// Of stations at those places.
    pub(super) fn new(points: &[PlanePoint]) -> Self {
        let (left_out, steady) = (LeaveOneOut::new(points), Steady::new(points));
        Self { left_out, steady, ..Self::default() }
    }

    /// The fields of the last epoch.
    pub(super) fn all(&self) -> &BTreeMap<Satellite, Field> {
        &self.by_satellite
    }

    /// The disturbance that travels through them.
    pub(super) fn travelling(&self) -> &Travelling {
        &self.travelling
    }

    /// As if one satellite's air had been rough.
    #[cfg(test)]
    pub(super) fn disturb(&mut self, satellite: Satellite, until: GpsTime) {
        if let Some(field) = self.by_satellite.get_mut(&satellite) {
            field.restless_until = Some(until);
        }
    }

    /// How alike the ionosphere is at two places, at the zenith.
    pub(super) fn covariance(&self) -> Covariance {
        self.covariance.unwrap_or_else(|| default_covariance(1e-5))
    }

    /// By how much the variance of a station's values at the zenith is more than the nugget, m²: what rovers average, and edges do not.
    pub(super) fn noise_beyond_m2(&self) -> f64 {
        self.noise_beyond_m2
    }

    /// How many times the nugget each station's noise variance is.
    pub(super) fn nuggets(&self) -> &Nuggets {
        &self.nuggets
    }

    /// Takes an epoch's levelled phases in, of stations whose noise is so many times the usual one.
    pub(super) fn step(
        &mut self,
        time: GpsTime,
        links: &[Vec<Levelled>],
        residuals: &Residuals,
        points: &[PlanePoint],
        noise: &[NoiseFactors],
    ) {
        let mut slant = without_receivers(links, points);
        self.datum.hold(time, &self.by_satellite, &mut slant);
        for field in self.by_satellite.values_mut() {
            field.values_m.clear();
            field.values_m.resize(links.len(), None);
        }
        for ((station, satellite), value_m) in &slant {
            let Some(link) = link_to(links, *station, *satellite) else { continue };
            let mapping = || shell::mapping(link.elevation_rad);
            let field = self
                .by_satellite
                .entry(*satellite)
                .or_insert_with(|| Field::new(link.group, mapping(), links.len(), time));
            field.values_m[*station] = Some(*value_m);
            field.seen = time;
        }
        for field in self.by_satellite.values_mut() {
            for (trend, value_m) in field.trends.iter_mut().zip(&field.values_m) {
                trend.follow(time, *value_m);
            }
        }
        self.by_satellite.retain(|_, field| time - field.seen <= FORGET_AFTER);
        for (satellite, field) in &mut self.by_satellite {
            let elevations = links.iter().flatten().filter(|l| l.satellite == *satellite);
            let (mut sum, mut count) = (0.0, 0.0);
            for link in elevations {
                sum += link.elevation_rad;
                count += 1.0;
            }
            if count > 0.0 {
                field.shell_mapping = shell::mapping(sum / count);
            }
        }
        let is_due = self.fitted.is_none_or(|fitted| time - fitted >= FIT_INTERVAL);
        if is_due {
            let pierced = |satellite| pierced(links, satellite);
            self.travelling.look(time, &self.by_satellite, points, pierced);
        }
        self.travelling.follow(time, &self.by_satellite, points);
        let sigma_m = |satellite, station| {
            link_to(links, station, satellite).map(|link| NOISE_SHARE * link.ionosphere_sigma_m)
        };
        self.steady.follow(time, &mut self.by_satellite, points, &self.travelling, sigma_m);
        if is_due {
            self.refit(time, links, points, noise);
        }
        self.follow_geometry(time, links, residuals, points);
        self.leave_one_out(time, points);
    }

    fn refit(
        &mut self,
        time: GpsTime,
        links: &[Vec<Levelled>],
        points: &[PlanePoint],
        noise: &[NoiseFactors],
    ) {
        let others = links.iter().flatten().filter(|l| l.group != Group::Glonass);
        let noises = others.filter_map(|l| {
            let mapping = self.by_satellite.get(&l.satellite)?.shell_mapping;
            Some((NOISE_SHARE * l.ionosphere_sigma_m / mapping).powi(2))
        });
        let Some(epoch_m2) = median(noises) else { return };
        let [here_m2, nugget_m2] = self.steady.noise_shares().map(|share| share * epoch_m2);
        self.noise_beyond_m2 = here_m2 - nugget_m2;
        let mut known: Vec<(&Satellite, &Field)> = self
            .by_satellite
            .iter()
            .filter(|(_, f)| f.group != Group::Glonass)
            .filter(|(_, f)| f.telling() >= STATIONS_MIN && f.rough.is_empty())
            .collect();
        // The lowest satellites see the roughest air: of all that many stations see, evenly from low to high.
        let most = known.iter().map(|(_, f)| f.telling()).max().unwrap_or(0);
        known.retain(|(_, f)| 2 * f.telling() > most);
        known.sort_by(|(_, a), (_, b)| a.shell_mapping.total_cmp(&b.shell_mapping));
        let stride = known.len().div_ceil(FIT_SATELLITES).max(1);
        let zenith: Vec<Vec<Option<f64>>> = known
            .iter()
            .step_by(stride)
            .map(|(satellite, f)| {
                let still_m = self.travelling.without(**satellite, f, points);
                still_m.iter().map(|v| v.map(|v| v / f.shell_mapping)).collect()
            })
            .collect();
        let fallback = default_covariance(nugget_m2);
        self.nuggets = Nuggets::of_noise(noise.iter().map(NoiseFactors::phases));
        self.covariance = Some(fit(points, &zenith, (nugget_m2, &self.nuggets), fallback));
        self.fitted = Some(time);
        self.left_out.forget();
    }

    /// Orbit errors as planes over the network.
    fn follow_geometry(
        &mut self,
        time: GpsTime,
        links: &[Vec<Levelled>],
        residuals: &Residuals,
        points: &[PlanePoint],
    ) {
        for ((station, satellite), residual_m) in residuals {
            let Some(field) = self.by_satellite.get_mut(satellite) else { continue };
            let sigma_m =
                link_to(links, *station, *satellite).map_or(f64::INFINITY, |l| l.free_sigma_m);
            if residual_m.abs() > 5.0 * sigma_m {
                continue;
            }
            let at = points[*station];
            let shape = Vector3::new(1.0, at.east_m / LENGTH_UNIT_M, at.north_m / LENGTH_UNIT_M);
            let weight = sigma_m.powi(-2);
            field.plane.normal += shape * shape.transpose() * weight;
            field.plane.right += shape * (residual_m * weight);
        }
        let kept = 1.0 - 1.0 / GEOMETRY_MEMORY_S;
        for field in self.by_satellite.values_mut() {
            if field.seen != time {
                continue;
            }
            let slope = (GEOMETRY_SLOPE_SIGMA * LENGTH_UNIT_M).powi(-2);
            // Phases of one multipath's time count once.
            let independent = 1.0 / 25.0;
            let prior = Matrix3::from_diagonal(&Vector3::new(1.0, slope, slope));
            let normal = field.plane.normal * independent + prior;
            if let Some(root) = normal.cholesky() {
                let plane = root.solve(&(field.plane.right * independent));
                field.geometry = [plane.x, plane.y / LENGTH_UNIT_M, plane.z / LENGTH_UNIT_M];
            }
            field.plane.normal *= kept;
            field.plane.right *= kept;
        }
    }

    /// What the others say about each station, against what it measured.
    fn leave_one_out(&mut self, time: GpsTime, points: &[PlanePoint]) {
        self.residuals_m.clear();
        let covariance = self.covariance();
        let mut found: BTreeMap<Satellite, Vec<Residual>> = BTreeMap::new();
        for (satellite, field) in &self.by_satellite {
            if field.telling() < STATIONS_MIN {
                continue;
            }
            let (travelling, mapping) = (&self.travelling, field.shell_mapping);
            let wave = |station: StationIndex, weights: &Weights| {
                let at = station.position();
                let (missed_m, sigma_m) = travelling.missed(*satellite, at, weights, points)?;
                Some((missed_m, sigma_m / mapping))
            };
            let model = (&covariance, &self.nuggets);
            let residuals = self.left_out.residuals_with(points, &field.values_m, model, wave);
            found.insert(*satellite, residuals);
        }
        let common = self.common(&found);
        for (satellite, residuals) in found {
            let Some(field) = self.by_satellite.get_mut(&satellite) else { continue };
            let mut own = Vec::with_capacity(residuals.len());
            for residual in residuals {
                let key = (field.group, residual.station);
                let Some((common_m, count)) = common.get(&key).filter(|(_, n)| *n > 1.0) else {
                    continue;
                };
                // What all satellites of a group share at a station is its receiver's; its estimate takes a part of each residual along.
                let spread = (count / (count - 1.0)).sqrt();
                let error_m = (residual.error_m - common_m) * spread / field.shell_mapping;
                self.residuals_m.insert((residual.station.position(), satellite), error_m);
                own.push(Residual { error_m, ..residual });
            }
            field.judge(time, &own);
        }
    }

    /// The mean residual of each station's group.
    fn common(
        &self,
        found: &BTreeMap<Satellite, Vec<Residual>>,
    ) -> BTreeMap<(Group, StationIndex), (f64, f64)> {
        let mut all: BTreeMap<(Group, StationIndex), Vec<(f64, f64)>> = BTreeMap::new();
        for (satellite, residuals) in found {
            let Some(field) = self.by_satellite.get(satellite) else { continue };
            for residual in residuals {
                let weight = field.shell_mapping.powi(-2);
                all.entry((field.group, residual.station))
                    .or_default()
                    .push((residual.error_m, weight));
            }
        }
        let mean = |values: Vec<(f64, f64)>| {
            let total: f64 = values.iter().map(|(_, w)| w).sum();
            let mean = values.iter().map(|(e, w)| e * w).sum::<f64>() / total;
            (mean, values.len() as f64)
        };
        all.into_iter().map(|(key, values)| (key, mean(values))).collect()
    }
}

impl Field {
    /// One that so many stations may tell of, and none does yet.
    pub(super) fn new(group: Group, shell_mapping: f64, stations: usize, time: GpsTime) -> Self {
        Self {
            group,
            values_m: vec![None; stations],
            trends: vec![Trend::default(); stations],
            shell_mapping,
            rough: BTreeSet::new(),
            geometry: [0.0; 3],
            residual_m: None,
            calibration: Calibration::default(),
            plane: GeometryPlane::default(),
            rough_until: BTreeMap::new(),
            restless_until: None,
            seen: time,
        }
    }

    /// Learns from an epoch's leave-one-out residuals.
    fn judge(&mut self, time: GpsTime, residuals: &[Residual]) {
        if residuals.is_empty() {
            self.residual_m = None;
            return;
        }
        let squares: f64 = residuals.iter().map(|r| r.error_m * r.error_m).sum();
        self.residual_m = Some((squares / residuals.len() as f64).sqrt());
        for residual in residuals {
            let (sigmas, metres) = ROUGH;
            if residual.error_m.abs() > (sigmas * residual.sigma_m).max(metres) {
                self.rough_until.insert(residual.station, time + ROUGH_FOR);
                self.restless_until = Some(time + RESTLESS_FOR);
            }
        }
        self.rough_until.retain(|_, until| *until > time);
        self.rough = self.rough_until.keys().copied().collect();
        // At the rim sigmas are large and errors far from them: what holds between stations is learnt between stations.
        let mut sigmas: Vec<f64> = residuals.iter().map(|r| r.sigma_m).collect();
        sigmas.sort_by(f64::total_cmp);
        let limit_m = INNER * sigmas[sigmas.len() / 4];
        let inner = residuals.iter().filter(|r| r.sigma_m <= limit_m).copied();
        self.calibration.add(time, inner);
    }
}

/// Where a satellite's lines of sight pierce the shell, in the mean of the stations and as seen from them.
fn pierced(links: &[Vec<Levelled>], satellite: Satellite) -> Option<PlanePoint> {
    let lines = links.iter().flatten().filter(|link| link.satellite == satellite);
    let (mut sum, mut count) = (PlanePoint { east_m: 0.0, north_m: 0.0 }, 0.0);
    for line in lines {
        let away = shell::pierced_from(line.elevation_rad, line.azimuth_rad);
        sum.east_m += away.east_m;
        sum.north_m += away.north_m;
        count += 1.0;
    }
    (count > 0.0).then(|| PlanePoint { east_m: sum.east_m / count, north_m: sum.north_m / count })
}

fn default_covariance(nugget_m2: f64) -> Covariance {
    Covariance::new(SILL_DEFAULT_M * SILL_DEFAULT_M, RANGE_DEFAULT_M, nugget_m2)
        .expect("the constants above are positive")
}
