//! The network's solution of one epoch with all integers known: clocks, zenith delays, slant ionosphere.

pub mod air;
pub mod links;
pub mod zenith;

use std::collections::BTreeMap;

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;

use crate::network::observed::Group;

/// What the network knows of the atmosphere above its stations at one epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// The epoch.
    pub time: GpsTime,
    /// By station: what its levelled phases tell; none for stations without.
    pub stations: Vec<Option<StationSolution>>,
}

/// What one station's levelled phases tell.
#[derive(Clone, Debug, PartialEq)]
pub struct StationSolution {
    /// Zenith wet delay beyond the modelled one, m.
    pub zenith_m: f64,
    /// Its standard deviation, m, relative to the network's mean.
    pub zenith_sigma_m: f64,
    /// The satellites with levels on two carriers, in order.
    pub links: BTreeMap<Satellite, Link>,
}

/// A levelled line of sight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// With whom the satellite may be differenced.
    pub group: Group,
    /// Slant ionosphere on L1, m, plus one constant of the satellite. What the station's receiver adds to all satellites of a group is
    /// taken off, but for what all of them share.
    pub ionosphere_m: f64,
    /// Its standard deviation, m.
    pub ionosphere_sigma_m: f64,
    /// What is left of the ionosphere-free phase after clocks and troposphere: the satellite's orbit error and noise, m.
    pub geometry_residual_m: f64,
    /// Its standard deviation, m.
    pub geometry_sigma_m: f64,
    /// Elevation, rad.
    pub elevation_rad: f64,
    /// Azimuth, rad.
    pub azimuth_rad: f64,
    /// How often the levels of its carriers were told anew.
    pub datum: u32,
}
