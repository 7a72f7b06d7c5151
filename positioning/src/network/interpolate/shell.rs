//! The thin shell: slant delays of the ionosphere, made comparable by bringing them to the zenith.

use crate::network::plane::EARTH_RADIUS_M;

/// The height at which the whole ionosphere is thought to be, m (shared design, network solver, section 5.1; as in IONEX 1.0).
pub const SHELL_HEIGHT_M: f64 = 350e3;

/// How many times a slant delay is the zenith's: 1 / cos z', sin z' = R / (R + H) cos el (Schaer 1999, "Mapping and predicting the
/// Earth's ionosphere", eq. 2.14). One at the zenith, 3.1 at the horizon; below it, as at the horizon.
pub fn mapping(elevation_rad: f64) -> f64 {
    let sine = EARTH_RADIUS_M / (EARTH_RADIUS_M + SHELL_HEIGHT_M) * elevation_rad.max(0.0).cos();
    1.0 / (1.0 - sine * sine).sqrt()
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
}
