//! What the network knew at one epoch: immutable, and asked by virtual stations, pages and tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tianshu_gnss::coords::{Ecef, Geodetic};
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;

use crate::network::interpolate::covariance::Covariance;
use crate::network::interpolate::extent::Coverage;
use crate::network::interpolate::kriging::WeightCache;
use crate::network::observed::Group;
use crate::network::plane::{LocalPlane, PlanePoint};
use crate::network::topology::keeper::StationHealth;
use crate::network::topology::{StationIndex, Topology};
use crate::network::troposphere::{Interpolated, ZenithField};

/// A station as it was known at the epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct StationView {
    /// Its name.
    pub name: StationName,
    /// Its antenna reference point.
    pub place: Ecef,
    /// Whether it is heard and believed.
    pub health: StationHealth,
    /// Why it is not believed, if it is not.
    pub doubt: Option<String>,
    /// Zenith wet delay beyond the standard atmosphere's and its standard deviation, m; none without levelled phases.
    pub zenith_m: Option<(f64, f64)>,
    /// Satellites with levelled phases.
    pub levelled: usize,
    /// The satellites it saw at this epoch above 10°.
    pub visible: usize,
    /// Root mean square of what others predicted for it less what it measured, zenith on L1, m; none if there was nothing to compare.
    pub ionosphere_residual_m: Option<f64>,
    /// Root mean square of its ionosphere-free residuals, m.
    pub geometry_residual_m: Option<f64>,
    /// Whether its antenna has a calibration.
    pub is_calibrated: bool,
    /// Groups whose phases break at most epochs although the receiver tracks them: its signals may be mixed up.
    pub breaking: Vec<Group>,
}

/// Why a satellite is not told to rovers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Withheld {
    /// Too few stations have it levelled.
    #[error("levelled at too few stations")]
    TooFewStations,
    /// The ionosphere cannot be interpolated well enough there.
    #[error("the ionosphere is too rough")]
    Rough,
    /// A plasma bubble's wall is among the stations.
    #[error("a plasma bubble")]
    Bubble,
    /// Its orbit or clock is not what it broadcasts.
    #[error("its orbit or clock drifts from what it broadcasts")]
    Drifting,
}

/// What the network knows of one satellite.
#[derive(Clone, Debug, PartialEq)]
pub struct SatelliteField {
    /// With whom it may be differenced.
    pub group: Group,
    /// Slant ionosphere on L1 over each station, m, but for a constant of the satellite and what its group shares at each station.
    pub ionosphere_m: Vec<Option<f64>>,
    /// Slant ionosphere per zenith's, in the middle of the network.
    pub shell_mapping: f64,
    /// By what the sigma of an interpolation is to be multiplied.
    pub sigma_factor: f64,
    /// Orbit error over the network: value at the plane's origin, and slopes eastward and northward, m and m per m.
    pub geometry: [f64; 3],
    /// Its ephemeris, the same for the whole network.
    pub ephemeris: Arc<Ephemeris>,
    /// Why it is withheld everywhere, if it is.
    pub withheld: Option<Withheld>,
    /// Stations that the others could not predict lately: a wall of a bubble is there, or their level is wrong.
    pub rough: BTreeSet<StationIndex>,
    /// Whether a station could not be predicted within the last minutes: what is not measured cannot be told then.
    pub restless: bool,
    /// Root mean square of the leave-one-out residuals, zenith on L1, m.
    pub residual_m: Option<f64>,
}

/// What has to be added at one place to what a station measures, satellite by satellite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SatelliteCorrection {
    /// Ionosphere there less ionosphere at the station, slant on L1, m.
    pub ionosphere_m: f64,
    /// Its standard deviation, m, slant.
    pub ionosphere_sigma_m: f64,
    /// The same for a plane through the corners of the triangle (LIM), m; none outside of all triangles.
    pub linear_m: Option<f64>,
    /// Orbit error there less orbit error at the station, m.
    pub geometry_m: f64,
    /// Why it must not be used there, if so.
    pub withheld: Option<Withheld>,
}

/// The network at one epoch.
#[derive(Clone, Debug)]
pub struct NetworkSnapshot {
    /// The epoch.
    pub time: GpsTime,
    /// The stations, by index.
    pub stations: Vec<StationView>,
    /// The satellites that are levelled anywhere.
    pub satellites: BTreeMap<Satellite, SatelliteField>,
    /// Satellites whose orbit or clock is not what they broadcast; they are told to nobody.
    pub drifting: BTreeSet<Satellite>,
    /// The shape of the network.
    pub shape: Arc<Topology>,
    /// The map.
    pub plane: LocalPlane,
    /// The stations on it.
    pub points: Arc<Vec<PlanePoint>>,
    /// Zenith delays, ready to be asked anywhere.
    pub zenith: ZenithField,
    /// How alike the ionosphere is at two places, at the zenith.
    pub covariance: Covariance,
    /// How much is resolved.
    pub resolved: Resolved,
}

/// How many of the ambiguities are resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// By group: ambiguities of stations above the mask, and how many of them are levelled.
    pub by_group: BTreeMap<Group, (usize, usize)>,
    /// By the number of carriers that a satellite is tracked on: the same counts.
    pub by_carriers: BTreeMap<usize, (usize, usize)>,
    /// Ambiguities of edges, and how many of them are whole.
    pub edges: (usize, usize),
    /// Triangles and channels that closed, and that did not.
    pub closures: (usize, usize),
}

/// A satellite whose ionosphere cannot be told better than this at the zenith is withheld, m (shared design, network solver, section 5.3).
pub const SIGMA_MAX_M: f64 = 0.040;

/// Kriging and the plane through the triangle's corners may differ by so many sigmas,
const CROSS_SIGMAS: f64 = 4.0;
/// and by this at the zenith, m: the noise of four stations.
const CROSS_MIN_M: f64 = 0.04;
/// The nearest stations, of which none may be rough.
const NEAR: usize = 4;

impl NetworkSnapshot {
    /// Where on the map a place is.
    pub fn point(&self, place: Geodetic) -> PlanePoint {
        self.plane.point(place)
    }

    /// Where a place lies with respect to the network's triangles.
    pub fn coverage(&self, place: Geodetic) -> Coverage {
        Coverage::of(&self.shape, self.point(place))
    }

    /// The zenith delay at a place; none without a station.
    pub fn zenith_at(&self, place: Geodetic) -> Option<Interpolated> {
        self.zenith.at(place)
    }

    /// What has to be added at `place` to what `from` measures, for each satellite that the network knows there.
    pub fn corrections(
        &self,
        from: StationIndex,
        place: Geodetic,
    ) -> BTreeMap<Satellite, SatelliteCorrection> {
        let Some(own) = self.points.get(from.position()).copied() else { return BTreeMap::new() };
        let there = self.point(place);
        let coverage = Coverage::of(&self.shape, there);
        let mut here = WeightCache::new(own, self.covariance);
        let mut target = WeightCache::new(there, self.covariance);
        let mut result = BTreeMap::new();
        for (satellite, field) in &self.satellites {
            // Only with the station itself among the values is what it measures known.
            let Some(own_m) = field.ionosphere_m.get(from.position()).copied().flatten() else {
                continue;
            };
            let values = &field.ionosphere_m;
            let Some(own_weights) = here.weights(&self.points, values) else { continue };
            let Some(at_own) = own_weights.apply(values) else { continue };
            let Some(weights) = target.weights(&self.points, values) else { continue };
            let Some(at_target) = weights.apply(values) else { continue };
            let sigma_m = weights.sigma_m().hypot(own_weights.sigma_m()) * field.sigma_factor;
            let [_, east, north] = field.geometry;
            let geometry_m =
                east * (there.east_m - own.east_m) + north * (there.north_m - own.north_m);
            let near = |w: &crate::network::interpolate::kriging::Weights| {
                w.shares().iter().take(NEAR).any(|(station, _)| field.rough.contains(station))
            };
            let ionosphere_m = at_target - at_own;
            let linear_m = coverage.linear(values).map(|there_m| there_m - own_m);
            // Two ways of interpolation that differ are both wrong; where one is missing, only quiet air may be told.
            let limit_m = field.shell_mapping * (CROSS_SIGMAS * sigma_m).max(CROSS_MIN_M);
            let crossed = linear_m.map(|linear_m| (linear_m - ionosphere_m).abs() > limit_m);
            let bubble = near(weights) || crossed.unwrap_or(field.restless);
            let bubble = bubble.then_some(Withheld::Bubble);
            let rough =
                (!coverage.admits(weights) || sigma_m > SIGMA_MAX_M).then_some(Withheld::Rough);
            result.insert(
                *satellite,
                SatelliteCorrection {
                    ionosphere_m,
                    ionosphere_sigma_m: sigma_m * field.shell_mapping,
                    linear_m,
                    geometry_m,
                    withheld: field.withheld.or(bubble).or(rough),
                },
            );
        }
        result
    }
}
