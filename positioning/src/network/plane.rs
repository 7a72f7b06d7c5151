//! The local plane: where stations and rovers lie on a map of the network.

use tianshu_gnss::coords::{Ecef, EcefDelta, GRS80, Geodetic};

/// Mean radius of the Earth, m (Moritz 2000, "Geodetic Reference System 1980", R1, rounded).
pub const EARTH_RADIUS_M: f64 = 6_371_009.0;

/// A point of the plane, m.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlanePoint {
    /// Eastward of the origin, m.
    pub east_m: f64,
    /// Northward of the origin, m.
    pub north_m: f64,
}

/// A map on which distances from the origin are true, and others nearly: at 500 km from it they are too long by 0.1 %.
///
/// The azimuthal equidistant projection of the sphere, taken on the tangent plane of the ellipsoid (Snyder 1987, USGS Professional
/// Paper 1395, section 25). Heights are left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocalPlane {
    origin: Geodetic,
}

impl PlanePoint {
    /// The distance to another point, m.
    pub fn distance_m(self, other: Self) -> f64 {
        // Neither is near the ends of an f64, which `hypot` would guard at ten times the cost.
        let (east_m, north_m) = (self.east_m - other.east_m, self.north_m - other.north_m);
        (east_m * east_m + north_m * north_m).sqrt()
    }

    /// Whether both coordinates are numbers.
    pub fn is_finite(self) -> bool {
        self.east_m.is_finite() && self.north_m.is_finite()
    }
}

impl LocalPlane {
    /// The plane that touches the ellipsoid at `origin`.
    pub fn at(origin: Geodetic) -> Self {
        Self { origin: Geodetic { height_m: 0.0, ..origin } }
    }

    /// The plane in the middle of some places; none without places.
    pub fn around(places: &[Ecef]) -> Option<Self> {
        let first = *places.first()?;
        let share = 1.0 / places.len() as f64;
        // The chord's middle lies below the ground, which a map does not mind.
        let middle = places.iter().fold(first, |sum, place| {
            let [x, y, z] = (*place - first).xyz();
            sum + EcefDelta::new(x * share, y * share, z * share)
        });
        Some(Self::at(middle.to_geodetic(GRS80)))
    }

    /// Where the plane touches the Earth.
    pub fn origin(&self) -> Geodetic {
        self.origin
    }

    /// The place's point on the map.
    pub fn point(&self, place: Geodetic) -> PlanePoint {
        let ground = Geodetic { height_m: 0.0, ..place }.to_ecef(GRS80);
        let away = (ground - self.origin.to_ecef(GRS80)).to_enu(self.origin);
        let tangent_m = away.horizontal_m();
        let angle = tangent_m.atan2(EARTH_RADIUS_M + away.up_m);
        // At the origin itself both lengths vanish.
        let stretch = if tangent_m > 0.0 { angle * EARTH_RADIUS_M / tangent_m } else { 1.0 };
        PlanePoint { east_m: away.east_m * stretch, north_m: away.north_m * stretch }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_degree_is_as_long_as_on_the_ellipsoid() {
        let plane = LocalPlane::at(Geodetic::from_degrees(23.0, 108.0, 50.0));
        // Length of the meridian from 23° to 24° on GRS80: M(23.5°) = 6 345 568 m, hence 110 751 m (Snyder 1987, eq. 4-18).
        let north = plane.point(Geodetic::from_degrees(24.0, 108.0, 2_000.0));
        assert!((north.north_m - 110_751.0).abs() < 20.0 && north.east_m.abs() < 1e-6, "{north:?}");
        // Three degrees of longitude at 23°: 3 × 102 522.5 m of the parallel (Snyder 1987, eq. 4-21); the shortest way is 5 m shorter.
        let east = plane.point(Geodetic::from_degrees(23.0, 111.0, 0.0));
        let length = PlanePoint { east_m: 0.0, north_m: 0.0 }.distance_m(east);
        assert!((length - 307_562.0).abs() < 20.0, "{length}");
    }

    #[test]
    fn the_middle_of_places_is_the_origin() {
        let place = |lat, lon| Geodetic::from_degrees(lat, lon, 0.0).to_ecef(GRS80);
        let plane =
            LocalPlane::around(&[place(-1.0, 179.0), place(1.0, -179.0)]).expect("two places");
        assert!(plane.origin().latitude_deg().abs() < 1e-9, "{plane:?}");
        assert!((plane.origin().longitude_deg().abs() - 180.0).abs() < 1e-9, "{plane:?}");
        assert_eq!(LocalPlane::around(&[]), None);
        assert_eq!(plane.point(plane.origin()), PlanePoint { east_m: 0.0, north_m: 0.0 });
    }
}
