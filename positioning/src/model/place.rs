//! A place on the ground as the tide moves it, with what is computed once for it and used for every satellite.

use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::model::range::rotation_m;
use crate::model::tide::solid_earth_tide;
use crate::model::troposphere::{
    Mapping, MappingFunction, RELATIVE_HUMIDITY, ZenithDelay, zenith_delay,
};

/// The tide is computed anew after this time: it moves a place by at most 0.1 mm meanwhile.
const TIDE_STEP: Interval = Interval::from_seconds(60);

/// A place with its tide, its horizon and its standard atmosphere.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    still: Ecef,
    geodetic: Geodetic,
    up: [f64; 3],
    zenith: ZenithDelay,
    moved: Ecef,
    mapping: MappingFunction,
    moved_for: Option<GpsTime>,
}

/// The way from a satellite to a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Way {
    /// Geometric range with the Earth's rotation, m.
    pub range_m: f64,
    /// Unit vector from the place to the satellite, Earth-fixed axes of the time of transmission.
    pub direction: [f64; 3],
    /// Sine of the elevation.
    pub sin_elevation: f64,
    /// The troposphere per zenith delay.
    pub mapping: Mapping,
}

impl Place {
    /// That place; its tide is unknown until it is asked for.
    pub fn new(still: Ecef) -> Self {
        let geodetic = still.to_geodetic(GRS80);
        let (sin_latitude, cos_latitude) = geodetic.latitude_rad.sin_cos();
        let (sin_longitude, cos_longitude) = geodetic.longitude_rad.sin_cos();
        Self {
            still,
            geodetic,
            up: [cos_latitude * cos_longitude, cos_latitude * sin_longitude, sin_latitude],
            zenith: zenith_delay(geodetic, RELATIVE_HUMIDITY),
            moved: still,
            mapping: MappingFunction::of(geodetic, GpsTime::from_nanos(0)),
            moved_for: None,
        }
    }

    /// Moves it to where the tide has it at that time.
    pub fn move_by_tide(&mut self, time: GpsTime) {
        let step = time.rounded_to(TIDE_STEP);
        if self.moved_for != Some(step) {
            self.moved = self.still + solid_earth_tide(self.still, step);
            self.mapping = MappingFunction::of(self.geodetic, step);
            self.moved_for = Some(step);
        }
    }

    /// Where it is without the tide.
    pub fn still(&self) -> Ecef {
        self.still
    }

    /// Where the tide has it.
    pub fn moved(&self) -> Ecef {
        self.moved
    }

    /// Its latitude, longitude and height, on GRS80.
    pub fn geodetic(&self) -> Geodetic {
        self.geodetic
    }

    /// How slant delays grow from the zenith's.
    pub fn mapping(&self) -> &MappingFunction {
        &self.mapping
    }

    /// The standard atmosphere's zenith delay.
    pub fn zenith(&self) -> ZenithDelay {
        self.zenith
    }

    /// The way from a satellite that is at `satellite` at transmission.
    pub fn way(&self, satellite: Ecef) -> Way {
        let away = satellite - self.moved;
        let length_m = away.norm_m();
        let direction = away.xyz().map(|component| component / length_m);
        let sin_elevation = direction.iter().zip(self.up).map(|(e, up)| e * up).sum();
        Way {
            range_m: length_m + rotation_m(self.moved, satellite),
            direction,
            sin_elevation,
            mapping: self.mapping.at_sine(sin_elevation),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::range::sight;

    #[test]
    fn a_way_is_what_a_sight_tells() {
        let mut place = Place::new(Geodetic::from_degrees(23.5, 108.0, 200.0).to_ecef(GRS80));
        let time = GpsTime::from_week(2400, Interval::from_seconds(7_200));
        place.move_by_tide(time);
        assert!((place.moved() - place.still()).norm_m() < 0.5);
        let satellite = Ecef::new(-15_000_000.0, 18_000_000.0, 12_000_000.0);
        let (way, seen) = (place.way(satellite), sight(place.moved(), satellite));
        assert!((way.range_m - seen.range_m).abs() < 1e-6);
        assert!((way.sin_elevation.asin() - seen.elevation_rad).abs() < 1e-7);
        assert!(
            way.direction.iter().zip(seen.direction).all(|(way, seen)| (way - seen).abs() < 1e-12)
        );
        let mapping = place.mapping().at(seen.elevation_rad);
        assert!((way.mapping.wet - mapping.wet).abs() < 1e-5, "{way:?} {mapping:?}");
    }
}
