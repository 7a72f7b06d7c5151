//! Broadcast ephemerides: what satellites say of their own orbit and clock.
//!
//! Angles are in radians, lengths in metres, times in GPS time: scale factors and week ambiguities belong to
//! the message formats. Each type keeps what its message carries, so that it can be sent again unchanged.

pub mod delay;
mod evaluation;
pub mod glonass;
mod glonass_orbit;
pub mod ionosphere;
pub mod kepler;
mod kepler_orbit;
pub mod state;
pub mod store;
pub mod validity;

use crate::ephemeris::glonass::GlonassEphemeris;
use crate::ephemeris::kepler::{BeiDouEphemeris, GalileoEphemeris, LnavEphemeris, NavicEphemeris};
use crate::satellite::Satellite;
use crate::time::gps::GpsTime;

/// The broadcast ephemeris of one satellite.
#[derive(Clone, Debug, PartialEq)]
pub enum Ephemeris {
    /// GPS LNAV (message 1019).
    Gps(LnavEphemeris),
    /// QZSS LNAV (message 1044).
    Qzss(LnavEphemeris),
    /// Galileo F/NAV (message 1045) or I/NAV (message 1046).
    Galileo(GalileoEphemeris),
    /// BeiDou D1 or D2 (message 1042).
    BeiDou(BeiDouEphemeris),
    /// GLONASS (message 1020).
    Glonass(GlonassEphemeris),
    /// NavIC (message 1041).
    Navic(NavicEphemeris),
}

impl Ephemeris {
    /// The satellite that this is the ephemeris of.
    pub fn satellite(&self) -> Satellite {
        match self {
            Self::Gps(e) | Self::Qzss(e) => e.satellite,
            Self::Galileo(e) => e.satellite,
            Self::BeiDou(e) => e.satellite,
            Self::Glonass(e) => e.satellite,
            Self::Navic(e) => e.satellite,
        }
    }

    /// The moment around which it holds: the time of ephemeris.
    pub fn reference_time(&self) -> GpsTime {
        match self {
            Self::Gps(e) | Self::Qzss(e) => e.orbit.toe,
            Self::Galileo(e) => e.orbit.toe,
            Self::BeiDou(e) => e.orbit.toe,
            Self::Glonass(e) => e.reference_time,
            Self::Navic(e) => e.orbit.toe,
        }
    }
}
