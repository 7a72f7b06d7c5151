//! What the network knew at one epoch: immutable, and asked by virtual stations, pages and tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tianshu_gnss::coords::{Ecef, Geodetic};
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::glonass_bias::GlonassBiases;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;

use crate::network::interpolate::covariance::{Covariance, Nuggets};
use crate::network::interpolate::extent::Coverage;
use crate::network::interpolate::kriging::Weights;
use crate::network::interpolate::wave::WaveVector;
use crate::network::local::LocalAir;
use crate::network::noise::NoiseFactors;
use crate::network::observed::Group;
use crate::network::plane::{LocalPlane, PlanePoint};
use crate::network::solution::frame::PhaseFrame;
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
    /// Satellites with levelled phases, GLONASS not counted.
    pub levelled: usize,
    /// The satellites it saw at this epoch above 10°.
    pub visible: usize,
    /// Root mean square of what others predicted for it less what it measured, zenith on L1, m; none if there was nothing to compare.
    pub ionosphere_residual_m: Option<f64>,
    /// Root mean square of its ionosphere-free residuals, m.
    pub geometry_residual_m: Option<f64>,
    /// How noisy it is beside the others: by what the sigmas of its codes and phases are multiplied.
    pub noise: NoiseFactors,
    /// Whether its antenna has a calibration.
    pub is_calibrated: bool,
    /// What aligns its GLONASS phases; none where that is not known, and then it takes no part with them.
    pub glonass_biases: Option<GlonassBiases>,
    /// Groups whose phases break at most epochs although the receiver tracks them: its signals may be mixed up.
    pub breaking: Vec<Group>,
    /// Where its levelled phases put it at this epoch against the rest of the network; none with too few of them, and of a station that is
    /// not believed.
    pub displacement: Option<Displacement>,
}

/// Where phases put a station, less where its coordinates do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Displacement {
    /// East, north, up, m.
    pub offset_m: [f64; 3],
    /// Their standard deviations at one epoch, m.
    pub sigma_m: [f64; 3],
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
    /// It belongs to BDS-2, and BDS-3 is told: the two have levels of their own, and rovers difference them as one system.
    #[error("BDS-2 is not told beside BDS-3")]
    BesideBeiDou3,
    /// What the network knows of it is too old.
    #[error("what the network knows of it is too old")]
    Stale,
}

/// What the network knows of one satellite.
#[derive(Clone, Debug, PartialEq)]
pub struct SatelliteField {
    /// With whom it may be differenced.
    pub group: Group,
    /// Slant ionosphere on L1 over each station, m, but for a constant of the satellite and what its group shares at each station.
    pub ionosphere_m: Vec<Option<f64>>,
    /// How it changes, m/s; zero where that is not known.
    pub ionosphere_rate_m_s: Vec<f64>,
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
    /// The network's travelling disturbance in it, if it is told.
    pub wave: Option<SatelliteWave>,
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
    /// Names the stations and weights that it comes from: while it stays, nothing but the air itself changes it.
    pub from: u64,
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
    /// Whole cycles of the stations' phases, and what satellites' carriers read without them.
    pub frame: Arc<PhaseFrame>,
    /// How alike the ionosphere is at two places, at the zenith.
    pub covariance: Covariance,
    /// How many times its nugget each station's noise variance is.
    pub nuggets: Nuggets,
    /// A travelling disturbance of the ionosphere that interpolation is told of, if there is one.
    pub disturbance: Option<Disturbance>,
    /// How much is resolved.
    pub resolved: Resolved,
}

/// A wave that travels through the ionosphere of all satellites.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Disturbance {
    /// Its vector on the map.
    pub wave: WaveVector,
    /// The share that it has of what the stations measure above smooth surfaces, as squares: 0 to 1.
    pub coherence: f64,
    /// How its crests travel over the shell, eastward and northward, m/s; none until it was seen for a while.
    pub velocity_m_s: Option<[f64; 2]>,
    /// Whether it is no longer believed, and on its way out.
    pub is_fading: bool,
}

/// A travelling disturbance in one satellite's slant ionosphere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SatelliteWave {
    /// What cosine and sine of [`Disturbance::wave`] count, m on L1.
    pub amplitudes_m: [f64; 2],
    /// Their standard deviation each, m.
    pub sigma_m: f64,
    /// How much of it is told, 0 to 1: it comes and goes slowly.
    pub share: f64,
}

impl SatelliteWave {
    /// What is told of it where cosine and sine are these, m.
    pub fn of(&self, [cos, sin]: [f64; 2]) -> f64 {
        self.share * (self.amplitudes_m[0] * cos + self.amplitudes_m[1] * sin)
    }

    /// The standard deviation of that, m.
    pub fn sigma_of(&self, [cos, sin]: [f64; 2]) -> f64 {
        self.share * self.sigma_m * (cos * cos + sin * sin).sqrt()
    }
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

impl Resolved {
    /// Ambiguities of all groups above the mask, and how many of them are levelled.
    pub fn total(&self) -> (usize, usize) {
        self.by_group.values().fold((0, 0), |(all, levelled), (a, l)| (all + a, levelled + l))
    }
}

impl NetworkSnapshot {
    /// Where on the map a place is.
    pub fn point(&self, place: Geodetic) -> PlanePoint {
        self.plane.point(place)
    }

    /// What a travelling disturbance adds at `point` to what some weights make of a field, m; zero where none is told.
    pub fn wave_beyond_m(
        &self,
        field: &SatelliteField,
        weights: &Weights,
        point: PlanePoint,
    ) -> f64 {
        self.disturbance.zip(field.wave).map_or(0.0, |(disturbance, told)| {
            told.of(disturbance.wave.missed(&self.points, weights, point))
        })
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
        let mut here = LocalAir::new(own, self);
        let mut there = LocalAir::new(self.point(place), self);
        let one = |(satellite, field): (&Satellite, &SatelliteField)| {
            // Only with the station itself among the values is what it measures known.
            field.ionosphere_m.get(from.position()).copied().flatten()?;
            let at_own = here.at(field, 0.0)?;
            Some((*satellite, there.correction(field, (from, own), &at_own, 0.0)?))
        };
        self.satellites.iter().filter_map(one).collect()
    }
}
