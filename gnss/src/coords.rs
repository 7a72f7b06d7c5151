//! Places and displacements: Earth-centred, geodetic, and local east-north-up.

use std::ops::{Add, Neg, Sub};

/// A place in metres, Earth-centred and Earth-fixed. Two places cannot be added; their difference is a displacement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ecef([f64; 3]);

/// A displacement in metres along the Earth-fixed axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EcefDelta([f64; 3]);

/// A place by latitude, longitude and height above an ellipsoid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geodetic {
    /// Geodetic latitude, rad, north positive.
    pub latitude_rad: f64,
    /// Longitude, rad, east positive.
    pub longitude_rad: f64,
    /// Height above the ellipsoid, m.
    pub height_m: f64,
}

/// A displacement along the local axes of a place, m.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Enu {
    /// Eastward, m.
    pub east_m: f64,
    /// Northward, m.
    pub north_m: f64,
    /// Upward along the ellipsoid's normal, m.
    pub up_m: f64,
}

/// An ellipsoid of revolution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ellipsoid {
    /// Equatorial radius, m.
    pub semi_major_m: f64,
    /// Flattening.
    pub flattening: f64,
}

/// GRS80, the ellipsoid of the ITRF (Moritz 2000, "Geodetic Reference System 1980").
pub const GRS80: Ellipsoid =
    Ellipsoid { semi_major_m: 6_378_137.0, flattening: 1.0 / 298.257_222_101 };

/// The ellipsoid of CGCS2000 (GB 22021-2008): the same radius and flattening as GRS80.
pub const CGCS2000: Ellipsoid = GRS80;

/// The ellipsoid of WGS 84 (NGA.STND.0036, table 3.1). It differs from GRS80 by 0.1 mm at the pole.
pub const WGS84: Ellipsoid =
    Ellipsoid { semi_major_m: 6_378_137.0, flattening: 1.0 / 298.257_223_563 };

impl Ellipsoid {
    /// First eccentricity squared.
    pub const fn eccentricity_squared(self) -> f64 {
        self.flattening * (2.0 - self.flattening)
    }
}

impl Ecef {
    /// The place with those coordinates in metres.
    pub const fn new(x_m: f64, y_m: f64, z_m: f64) -> Self {
        Self([x_m, y_m, z_m])
    }

    /// The coordinates in metres.
    pub const fn xyz(self) -> [f64; 3] {
        self.0
    }

    /// Distance from the Earth's centre, m.
    pub fn radius_m(self) -> f64 {
        EcefDelta(self.0).norm_m()
    }

    /// The same place on an ellipsoid.
    ///
    /// Bowring's iteration on the reduced latitude (Bowring 1976, Survey Review 23, eq. 8): four rounds
    /// are exact to 1e-9 m from the Earth's surface to satellite height. The Earth's centre has latitude 90°.
    pub fn to_geodetic(self, ellipsoid: Ellipsoid) -> Geodetic {
        let [x, y, z] = self.0;
        let a = ellipsoid.semi_major_m;
        let b = a * (1.0 - ellipsoid.flattening);
        let e2 = ellipsoid.eccentricity_squared();
        let second_e2 = e2 / (1.0 - e2);
        let p = x.hypot(y);
        let mut reduced = (z * a).atan2(p * b);
        let mut latitude = reduced;
        for _ in 0..4 {
            let (sin, cos) = reduced.sin_cos();
            latitude = (z + second_e2 * b * sin.powi(3)).atan2(p - e2 * a * cos.powi(3));
            reduced = ((1.0 - ellipsoid.flattening) * latitude.sin()).atan2(latitude.cos());
        }
        let (sin, cos) = latitude.sin_cos();
        let height_m = p * cos + z * sin - a * (1.0 - e2 * sin * sin).sqrt();
        Geodetic { latitude_rad: latitude, longitude_rad: y.atan2(x), height_m }
    }
}

impl EcefDelta {
    /// The displacement with those components in metres.
    pub const fn new(dx_m: f64, dy_m: f64, dz_m: f64) -> Self {
        Self([dx_m, dy_m, dz_m])
    }

    /// The components in metres.
    pub const fn xyz(self) -> [f64; 3] {
        self.0
    }

    /// Its length, m.
    pub fn norm_m(self) -> f64 {
        self.dot(self).sqrt()
    }

    /// The scalar product.
    pub fn dot(self, other: Self) -> f64 {
        let [a, b, c] = self.0;
        let [x, y, z] = other.0;
        a * x + b * y + c * z
    }

    /// The displacement as seen along the local axes of `origin`.
    pub fn to_enu(self, origin: Geodetic) -> Enu {
        let [dx, dy, dz] = self.0;
        let (sin_lat, cos_lat) = origin.latitude_rad.sin_cos();
        let (sin_lon, cos_lon) = origin.longitude_rad.sin_cos();
        let outward = cos_lon * dx + sin_lon * dy;
        Enu {
            east_m: -sin_lon * dx + cos_lon * dy,
            north_m: -sin_lat * outward + cos_lat * dz,
            up_m: cos_lat * outward + sin_lat * dz,
        }
    }
}

impl Enu {
    /// The displacement along the Earth-fixed axes, seen from `origin`.
    pub fn to_ecef(self, origin: Geodetic) -> EcefDelta {
        let (sin_lat, cos_lat) = origin.latitude_rad.sin_cos();
        let (sin_lon, cos_lon) = origin.longitude_rad.sin_cos();
        let outward = cos_lat * self.up_m - sin_lat * self.north_m;
        EcefDelta([
            cos_lon * outward - sin_lon * self.east_m,
            sin_lon * outward + cos_lon * self.east_m,
            sin_lat * self.up_m + cos_lat * self.north_m,
        ])
    }

    /// Elevation above the horizon, rad.
    pub fn elevation_rad(self) -> f64 {
        self.up_m.atan2(self.east_m.hypot(self.north_m))
    }

    /// Azimuth from north over east, rad, in `[0, 2π)`.
    pub fn azimuth_rad(self) -> f64 {
        self.east_m.atan2(self.north_m).rem_euclid(std::f64::consts::TAU)
    }

    /// Length of the horizontal part, m.
    pub fn horizontal_m(self) -> f64 {
        self.east_m.hypot(self.north_m)
    }
}

impl Geodetic {
    /// The place with latitude and longitude in degrees and height in metres.
    pub fn from_degrees(latitude_deg: f64, longitude_deg: f64, height_m: f64) -> Self {
        Self {
            latitude_rad: latitude_deg.to_radians(),
            longitude_rad: longitude_deg.to_radians(),
            height_m,
        }
    }

    /// Latitude in degrees.
    pub fn latitude_deg(self) -> f64 {
        self.latitude_rad.to_degrees()
    }

    /// Longitude in degrees.
    pub fn longitude_deg(self) -> f64 {
        self.longitude_rad.to_degrees()
    }

    /// The same place, Earth-centred.
    pub fn to_ecef(self, ellipsoid: Ellipsoid) -> Ecef {
        let (sin_lat, cos_lat) = self.latitude_rad.sin_cos();
        let (sin_lon, cos_lon) = self.longitude_rad.sin_cos();
        let e2 = ellipsoid.eccentricity_squared();
        let normal = ellipsoid.semi_major_m / (1.0 - e2 * sin_lat * sin_lat).sqrt();
        let horizontal = (normal + self.height_m) * cos_lat;
        Ecef([
            horizontal * cos_lon,
            horizontal * sin_lon,
            (normal * (1.0 - e2) + self.height_m) * sin_lat,
        ])
    }
}

impl Sub for Ecef {
    type Output = EcefDelta;
    fn sub(self, from: Self) -> EcefDelta {
        EcefDelta(std::array::from_fn(|i| self.0[i] - from.0[i]))
    }
}

impl Add<EcefDelta> for Ecef {
    type Output = Self;
    fn add(self, by: EcefDelta) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + by.0[i]))
    }
}

impl Sub<EcefDelta> for Ecef {
    type Output = Self;
    fn sub(self, by: EcefDelta) -> Self {
        self + -by
    }
}

impl Add for EcefDelta {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }
}

impl Neg for EcefDelta {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.map(|c| -c))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many decimals as the published polar axis has (GRS80: b = 6 356 752.3141 m, Moritz 2000).
    const TOLERANCE_M: f64 = 1e-4;

    #[track_caller]
    fn check(place: Geodetic, expected: [f64; 3]) {
        let away = place.to_ecef(GRS80) - Ecef(expected);
        assert!(
            away.norm_m() < TOLERANCE_M,
            "{place:?} is {:?}, not {expected:?}",
            place.to_ecef(GRS80)
        );
    }

    #[test]
    fn equator_and_pole_lie_on_the_axes() {
        check(Geodetic::from_degrees(0.0, 0.0, 0.0), [6_378_137.0, 0.0, 0.0]);
        check(Geodetic::from_degrees(0.0, 90.0, 10.0), [0.0, 6_378_147.0, 0.0]);
        check(Geodetic::from_degrees(90.0, 0.0, 0.0), [0.0, 0.0, 6_356_752.314_1]);
        check(Geodetic::from_degrees(-90.0, 0.0, 1.0), [0.0, 0.0, -6_356_753.314_1]);
    }

    #[test]
    fn there_and_back_is_the_same_place_from_the_sea_to_the_satellites() {
        for latitude in -18..=18 {
            for height in [-100.0, 0.0, 8_848.0, 2.0e7, 3.6e7] {
                let place = Geodetic::from_degrees(f64::from(latitude) * 5.0, 108.3, height);
                let there = place.to_ecef(WGS84);
                let away = there.to_geodetic(WGS84).to_ecef(WGS84) - there;
                // 1e-7 m is a few units in the last place of a coordinate at satellite height.
                assert!(away.norm_m() < 1e-7, "{place:?}: {} m", away.norm_m());
            }
        }
    }

    #[test]
    fn local_axes_are_right_handed_and_return() {
        let origin = Geodetic::from_degrees(22.8, 108.3, 80.0);
        let step = Enu { east_m: 3.0, north_m: 4.0, up_m: 12.0 };
        let back = step.to_ecef(origin).to_enu(origin);
        assert!((back.east_m - 3.0).abs() < 1e-9 && (back.up_m - 12.0).abs() < 1e-9, "{back:?}");
        let north_pole_of_sky = Enu { east_m: 0.0, north_m: 0.0, up_m: 1.0 };
        assert!((north_pole_of_sky.elevation_rad().to_degrees() - 90.0).abs() < 1e-9);
        let east = Enu { east_m: 1.0, north_m: 0.0, up_m: 0.0 };
        assert!((east.azimuth_rad().to_degrees() - 90.0).abs() < 1e-9);
    }
}
