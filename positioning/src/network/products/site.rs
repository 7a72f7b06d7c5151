//! A place with the air above it, and what lies between it and a satellite.

use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::time::gps::GpsTime;

use crate::model::range::{sight, transmitted_by_light_time};
use crate::model::tide::solid_earth_tide;
use crate::model::troposphere::{RELATIVE_HUMIDITY, ZenithDelay, mapping, zenith_delay};
use crate::network::snapshot::NetworkSnapshot;
use crate::network::troposphere::Interpolated;

/// A place with the tide and the air of the network.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site {
    place: Ecef,
    with_tide: Ecef,
    pub(super) geodetic: Geodetic,
    pub(super) air: Interpolated,
}

/// What lies between a place and a satellite, without clocks and ionosphere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// What a phase range is longer by than the range to the place itself: tide and troposphere of the network, m.
    pub(super) delay_m: f64,
    /// Slant delay per zenith wet delay.
    pub(super) wet_mapping: f64,
    /// Elevation, rad.
    pub(super) elevation_rad: f64,
}

impl Site {
    /// A place; none while the network knows no zenith delay.
    pub(super) fn of(snapshot: &NetworkSnapshot, place: Ecef) -> Option<Self> {
        let geodetic = place.to_geodetic(GRS80);
        let with_tide = place + solid_earth_tide(place, snapshot.time);
        Some(Self { place, with_tide, geodetic, air: snapshot.zenith_at(geodetic)? })
    }

    /// What lies towards a satellite at `received`, good for any clock below a millisecond.
    pub(super) fn towards(&self, ephemeris: &Ephemeris, received: GpsTime) -> Option<Line> {
        let state = transmitted_by_light_time(ephemeris, received, self.place).ok()?;
        let at = sight(self.place, state.position);
        let tide_m = sight(self.with_tide, state.position).range_m - at.range_m;
        let factors = mapping(self.geodetic, at.elevation_rad, received);
        Some(Line {
            delay_m: tide_m + self.air.zenith.slant_m(factors),
            wet_mapping: factors.wet,
            elevation_rad: at.elevation_rad,
        })
    }
}

/// What the standard atmosphere delays at a place, slant, m: what every rover takes off by itself.
pub(super) fn standard_m(place: Geodetic, elevation_rad: f64, at: GpsTime) -> f64 {
    standard(place).slant_m(mapping(place, elevation_rad, at))
}

/// The standard atmosphere's zenith delay.
pub(super) fn standard(place: Geodetic) -> ZenithDelay {
    zenith_delay(place, RELATIVE_HUMIDITY)
}
