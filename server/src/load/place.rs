//! Where simulated rovers stand: spread by a seed, the same for the same seed however many there are.

use std::f64::consts::TAU;

use tianshu_gnss::coords::{Enu, GRS80, Geodetic};
use tianshu_ingest::random::SplitMix64;

/// Heights of rovers in a box, metres: from the coast to the hills where people work.
const HEIGHTS_M: (f64, f64) = (5.0, 500.0);

/// Where rovers stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Area {
    /// Between two parallels and two meridians, degrees.
    Box {
        /// Southern edge.
        south_deg: f64,
        /// Western edge.
        west_deg: f64,
        /// Northern edge.
        north_deg: f64,
        /// Eastern edge.
        east_deg: f64,
    },
    /// Around a place, at its height.
    Around {
        /// The middle.
        centre: Geodetic,
        /// No rover is farther away, metres.
        radius_m: f64,
    },
}

/// Guangxi, roughly: where the network of the example configuration stands.
pub(crate) const AREA_DEFAULT: Area =
    Area::Box { south_deg: 20.9, west_deg: 104.5, north_deg: 26.4, east_deg: 112.1 };

impl Area {
    /// The place of one rover.
    pub(crate) fn place(&self, seed: u64, rover: u32) -> Geodetic {
        let mut draw = Draw::of(seed, rover);
        match *self {
            Self::Box { south_deg, west_deg, north_deg, east_deg } => {
                let (low, high) = HEIGHTS_M;
                let latitude = draw.between(south_deg, north_deg);
                let longitude = draw.between(west_deg, east_deg);
                Geodetic::from_degrees(latitude, longitude, draw.between(low, high))
            }
            Self::Around { centre, radius_m } => {
                // The root makes the density even over the disc.
                let away_m = radius_m * draw.unit().sqrt();
                let (east, north) = (draw.unit() * TAU).sin_cos();
                let step = Enu { east_m: away_m * east, north_m: away_m * north, up_m: 0.0 };
                let moved = (centre.to_ecef(GRS80) + step.to_ecef(centre)).to_geodetic(GRS80);
                Geodetic { height_m: centre.height_m, ..moved }
            }
        }
    }
}

/// Seeded numbers of one rover.
#[derive(Clone, Debug)]
pub(crate) struct Draw(SplitMix64);

impl Draw {
    /// The numbers of that rover under that seed.
    pub(crate) fn of(seed: u64, rover: u32) -> Self {
        let of_seed = SplitMix64::seeded(seed).draw();
        Self(SplitMix64::seeded(of_seed ^ u64::from(rover).wrapping_mul(0xD1B5_4A32_D192_ED03)))
    }

    /// Evenly in `[0, 1)`.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0.unit()
    }

    /// Evenly in `[low, high)`.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_places() {
        let places = |seed| (0..100).map(move |rover| AREA_DEFAULT.place(seed, rover));
        assert!(places(7).eq(places(7)));
        assert!(places(7).zip(places(8)).all(|(a, b)| a != b));
    }

    #[test]
    fn rovers_of_a_box_stay_in_it_and_fill_it() {
        let places: Vec<_> = (0..1000).map(|rover| AREA_DEFAULT.place(1, rover)).collect();
        let inside = |place: &Geodetic| {
            (20.9..26.4).contains(&place.latitude_deg())
                && (104.5..112.1).contains(&place.longitude_deg())
        };
        assert!(places.iter().all(inside));
        let southern = places.iter().filter(|place| place.latitude_deg() < 23.65).count();
        // Half of 1000, give or take six standard deviations of a fair coin.
        assert!((405..=595).contains(&southern), "{southern}");
    }

    #[test]
    fn rovers_around_a_place_stay_near() {
        let centre = Geodetic::from_degrees(22.8, 108.3, 80.0);
        let area = Area::Around { centre, radius_m: 5000.0 };
        let distance_m = |rover| {
            let place: Geodetic = area.place(3, rover);
            (place.to_ecef(GRS80) - centre.to_ecef(GRS80)).norm_m()
        };
        // A chord over 5 km is longer than the tangent by micrometres.
        assert!((0..1000).all(|rover| distance_m(rover) < 5000.01));
        let near = (0..1000).filter(|rover| distance_m(*rover) < 2500.0).count();
        // A quarter of the disc lies within half the radius; six standard deviations are 82.
        assert!((168..=332).contains(&near), "{near}");
    }
}
