//! Made-up networks and random fields, from a seed.

use nalgebra::{Cholesky, DMatrix, DVector};

use crate::network::interpolate::covariance::Covariance;
use crate::network::plane::PlanePoint;
use crate::network::topology::StationIndex;

/// Random numbers from a seed: splitmix64 (Steele, Lea and Flood 2014, OOPSLA, figure 17).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Evenly in `[0, 1)`.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Evenly between two bounds.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Normal with variance one (Box and Muller 1958).
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// The first indices.
pub(super) fn all(count: usize) -> Vec<StationIndex> {
    StationIndex::all().take(count).collect()
}

/// A square of stations, each moved by up to a quarter of their spacing.
pub(super) fn grid(count: u16, spacing_m: f64, seed: u64) -> Vec<PlanePoint> {
    let side = (1..100_u16).find(|side| side * side >= count).expect("small");
    let mut dice = Dice(seed);
    let mut moved = |cell: u16| (f64::from(cell) + dice.between(-0.25, 0.25)) * spacing_m;
    (0..count).map(|i| PlanePoint { east_m: moved(i % side), north_m: moved(i / side) }).collect()
}

/// One field of that covariance, without noise, over a random plane.
pub(super) fn matern_field(
    places: &[PlanePoint],
    covariance: &Covariance,
    dice: &mut Dice,
) -> Vec<f64> {
    let count = places.len();
    let matrix = DMatrix::from_fn(count, count, |i, j| {
        covariance.between_m2(places[i].distance_m(places[j])) + if i == j { 1e-12 } else { 0.0 }
    });
    let root = Cholesky::new(matrix).expect("distinct places").l();
    let rough = root * DVector::from_fn(count, |_, _| dice.normal());
    let slopes = [dice.normal() * 5e-6, dice.normal() * 5e-6];
    let drift = |p: &PlanePoint| slopes[0] * p.east_m + slopes[1] * p.north_m;
    places.iter().zip(rough.iter()).map(|(place, value)| drift(place) + value).collect()
}
