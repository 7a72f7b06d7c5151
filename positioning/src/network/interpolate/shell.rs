//! The thin shell: slant delays of the ionosphere, made comparable by bringing them to the zenith.

use crate::network::plane::{EARTH_RADIUS_M, PlanePoint};

/// The height at which the whole ionosphere is thought to be, m (shared design, network solver, section 5.1; as in IONEX 1.0).
pub const SHELL_HEIGHT_M: f64 = 350e3;

/// How many times a slant delay is the zenith's: 1 / cos z', sin z' = R / (R + H) cos el (Schaer 1999, "Mapping and predicting the
/// Earth's ionosphere", eq. 2.14). One at the zenith, 3.1 at the horizon; below it, as at the horizon.
pub fn mapping(elevation_rad: f64) -> f64 {
    let sine = zenith_sine(elevation_rad.max(0.0));
    1.0 / (1.0 - sine * sine).sqrt()
}

/// How far from its station a line of sight pierces the shell, as an angle at the Earth's middle, rad. Below the horizon, as at it.
pub fn pierced_angle_rad(elevation_rad: f64) -> f64 {
    let elevation_rad = elevation_rad.max(0.0);
    std::f64::consts::FRAC_PI_2 - elevation_rad - zenith_sine(elevation_rad).asin()
}

/// The sine of the zenith angle at the shell, z'.
fn zenith_sine(elevation_rad: f64) -> f64 {
    EARTH_RADIUS_M / (EARTH_RADIUS_M + SHELL_HEIGHT_M) * elevation_rad.cos()
}

/// Where a line of sight pierces the shell, as seen on the map from its station, m (Schaer 1999, eq. 2.14 for z'). Below the horizon, as at it.
pub fn pierced_from(elevation_rad: f64, azimuth_rad: f64) -> PlanePoint {
    let away_m = EARTH_RADIUS_M * pierced_angle_rad(elevation_rad);
    let (sin, cos) = azimuth_rad.sin_cos();
    PlanePoint { east_m: away_m * sin, north_m: away_m * cos }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mapping_grows_towards_the_horizon() {
        assert!((mapping(std::f64::consts::FRAC_PI_2) - 1.0).abs() < 1e-12);
        // sin z' = 6371.009 / 6721.009 × cos 30° = 0.820927, hence 1 / 0.571027.
        assert!((mapping(30f64.to_radians()) - 1.75123).abs() < 1e-4);
        assert!((3.0..3.2).contains(&mapping(-0.1)));
    }

    #[test]
    fn a_low_line_pierces_far_away() {
        let zenith = pierced_from(std::f64::consts::FRAC_PI_2, 1.0);
        assert!(zenith.east_m.abs() < 1e-3 && zenith.north_m.abs() < 1e-3);
        // At 10°: sin z' = 6371.009 / 6721.009 × cos 10° = 0.933523, z' = 68.993°, an arc of 11.007° or 1,223.9 km; eastward.
        let low = pierced_from(10f64.to_radians(), std::f64::consts::FRAC_PI_2);
        assert!((low.east_m - 1_223.9e3).abs() < 500.0 && low.north_m.abs() < 1.0, "{low:?}");
    }
}
