//! Where the network may be asked: inside its triangles, a little way outside, and no farther.

use crate::network::plane::PlanePoint;
use crate::network::topology::{Edge, Topology, Triangle};

/// How far outside the triangles corrections are still told, in median edges (shared design, network solver, section 5.4).
pub const OUTSIDE_EDGES_MAX: f64 = 0.5;
/// The largest sum of the weights' magnitudes at which corrections are told (the same).
pub const AMPLIFICATION_MAX: f64 = 2.5;

/// Where a place lies with respect to the network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Coverage {
    /// In a triangle; its stations' values, times these shares, are the plane through them (linear interpolation, LIM).
    Inside {
        /// The triangle.
        triangle: Triangle,
        /// The shares of its stations, in their order; they add up to one.
        shares: [f64; 3],
    },
    /// Outside, within [`OUTSIDE_EDGES_MAX`] of an edge.
    Near {
        /// The distance to the nearest edge, m.
        distance_m: f64,
    },
    /// Farther away, or there is no edge at all.
    Beyond,
}

impl Coverage {
    /// Where `target` lies.
    pub fn of(shape: &Topology, target: PlanePoint) -> Self {
        for &triangle in shape.triangles() {
            if let Some(shares) = shares_in(shape, triangle, target) {
                return Self::Inside { triangle, shares };
            }
        }
        let distances = shape.edges().iter().filter_map(|edge| distance_m(shape, *edge, target));
        let nearest_m = distances.min_by(f64::total_cmp);
        let limit_m = shape.median_length_m().map(|median_m| median_m * OUTSIDE_EDGES_MAX);
        match nearest_m.zip(limit_m) {
            Some((distance_m, limit_m)) if distance_m <= limit_m => Self::Near { distance_m },
            Some(_) | None => Self::Beyond,
        }
    }

    /// Whether corrections with weights of that [`amplification`](crate::network::interpolate::kriging::Weights::amplification) may be told
    /// there.
    pub fn admits(&self, amplification: f64) -> bool {
        *self != Self::Beyond && amplification <= AMPLIFICATION_MAX
    }

    /// Linear interpolation in the triangle; none outside, or where a station of the triangle has no value.
    pub fn linear(&self, values_m: &[Option<f64>]) -> Option<f64> {
        let Self::Inside { triangle, shares } = self else { return None };
        triangle.iter().zip(shares).try_fold(0.0, |sum, (station, share)| {
            Some(sum + share * values_m.get(station.position()).copied().flatten()?)
        })
    }
}

/// The place's barycentric coordinates, if it is in the triangle or on its rim.
fn shares_in(shape: &Topology, [a, b, c]: Triangle, target: PlanePoint) -> Option<[f64; 3]> {
    let (a, b, c) = (shape.place(a)?, shape.place(b)?, shape.place(c)?);
    let area = |p: PlanePoint, q: PlanePoint, r: PlanePoint| {
        (q.east_m - p.east_m) * (r.north_m - p.north_m)
            - (r.east_m - p.east_m) * (q.north_m - p.north_m)
    };
    let whole = area(a, b, c);
    let shares = [area(target, b, c), area(a, target, c), area(a, b, target)].map(|s| s / whole);
    // A triangle without an area has no numbers here, and contains nothing.
    shares.iter().all(|share| *share >= 0.0).then_some(shares)
}

/// The distance from the edge's nearest point, m.
fn distance_m(shape: &Topology, edge: Edge, target: PlanePoint) -> Option<f64> {
    let (from, to) = (shape.place(edge.from())?, shape.place(edge.to())?);
    let (east, north) = (to.east_m - from.east_m, to.north_m - from.north_m);
    let (de, dn) = (target.east_m - from.east_m, target.north_m - from.north_m);
    let length_m2 = east * east + north * north;
    // Twins on one point have an edge without a direction.
    let along = if length_m2 > 0.0 { (de * east + dn * north) / length_m2 } else { 0.0 };
    let along = along.clamp(0.0, 1.0);
    let distance_m = (de - along * east).hypot(dn - along * north);
    distance_m.is_finite().then_some(distance_m)
}
