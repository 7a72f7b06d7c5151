//! What the reference rover says of an epoch.

use nalgebra::Matrix3;
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::spp::NoSinglePoint;

/// How good a solution is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// By codes alone, without the base.
    Single,
    /// By double differences with real-valued ambiguities.
    Float,
    /// By double differences with integers.
    Fixed,
}

/// The rover at one epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// The rover's time tag.
    pub time: GpsTime,
    /// How good it is.
    pub status: Status,
    /// The rover's antenna, in the frame of the base's place (of the broadcast orbits, if single).
    pub position: Ecef,
    /// Covariance along the Earth-fixed axes, m².
    pub covariance_m2: Matrix3<f64>,
    /// Satellites used.
    pub satellites: usize,
    /// Ambiguities fixed to integers (double differences).
    pub fixed_ambiguities: usize,
    /// Second best over best squared norm, where integers were searched.
    pub ratio: Option<f64>,
    /// Rover's time minus base's time.
    pub age: Interval,
}

/// Why there is no solution for an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsolved {
    /// Not even a single point, and no earlier place to go by.
    #[error("no single point: {0}")]
    NoSinglePoint(#[source] NoSinglePoint),
    /// The epoch is not later than the last one.
    #[error("the epoch is not later than the last one")]
    NotLater,
}
