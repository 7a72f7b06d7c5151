//! The ionosphere between two stations as a smooth surface over the pierce points of the satellites that are levelled, for those of a group that are not.
//!
//! Two stations some tens of kilometres apart look through the ionosphere a little apart, too: how their slant delays differ changes smoothly
//! over the sky. GLONASS' codes have a bias on every channel and tell next to nothing of it, but the other systems' levelled phases do.

use std::collections::BTreeMap;

use nalgebra::{DMatrix, DVector};
use tianshu_gnss::satellite::Satellite;

use crate::network::engine::fields::Fields;
use crate::network::interpolate::shell::{self, SHELL_HEIGHT_M};
use crate::network::observed::{Group, ObservedEpoch, ObservedSatellite};
use crate::network::plane::EARTH_RADIUS_M;
use crate::network::topology::Edge;

/// Satellites of other groups that have to tell, as many again as numbers are solved for.
const TELLING_MIN: usize = 16;
/// The surface's numbers: its height, two slopes and three bends.
const SURFACE: usize = 6;
/// The unit of length over the shell, m.
const LENGTH_UNIT_M: f64 = 1e6;
/// What is not known of a group's constant, one sigma, m.
const FREE_SIGMA_M: f64 = 10.0;
/// What is not known of the surface at the zenith, one sigma, m, and m per unit of length: a steep evening at the equator.
const SURFACE_SIGMA_M: f64 = 4.0;
/// How much rougher the air may be where nobody looks than where the surface was laid.
const ROUGHER: f64 = 2.0;
/// The least that such an ionosphere is trusted to at the zenith, one sigma, m: millimetres of multipath, and air that is not as smooth.
const SIGMA_MIN_M: f64 = 0.015;
/// The most at which it still helps, m.
const SIGMA_MAX_M: f64 = 0.3;

/// A satellite's difference between the two ends, seen from the first.
struct Line {
    group: Group,
    shape: [f64; SURFACE],
    mapping: f64,
    /// Slant on L1, m.
    value_m: f64,
}

/// What is told of the satellites of `wanted` that `from` sees: slant ionosphere on L1, second station less first, with its sigma, m; known but
/// for what they share. Nothing where too few others tell, or where their air is not smooth.
pub(super) fn told(
    edge: Edge,
    from: &ObservedEpoch,
    fields: &Fields,
    wanted: Group,
) -> BTreeMap<Satellite, (f64, f64)> {
    let ends = [edge.from(), edge.to()];
    let line = |seen: &ObservedSatellite| {
        let field = fields.all().get(&seen.satellite).filter(|_| seen.group != wanted)?;
        let value = |s: crate::network::topology::StationIndex| {
            field.values_m.get(s.position()).copied().flatten()
        };
        let [Some(first_m), Some(second_m)] = ends.map(value) else { return None };
        let (shape, mapping) = shape(seen);
        Some(Line { group: seen.group, shape, mapping, value_m: second_m - first_m })
    };
    let lines: Vec<Line> = from.satellites.iter().filter_map(line).collect();
    let Some(surface) = Surface::through(&lines) else { return BTreeMap::new() };
    let of_wanted = from.satellites.iter().filter(|seen| seen.group == wanted);
    let all = of_wanted.map(|seen| {
        let (shape, mapping) = shape(seen);
        (seen.satellite, surface.at(shape, mapping))
    });
    all.collect()
}

/// Where a line of sight pierces the shell, as the factors of a surface, and how slant delays grow from the zenith's.
fn shape(seen: &ObservedSatellite) -> ([f64; SURFACE], f64) {
    let angle_rad = shell::pierced_angle_rad(seen.elevation_rad);
    let away = (EARTH_RADIUS_M + SHELL_HEIGHT_M) * angle_rad / LENGTH_UNIT_M;
    let (sin, cos) = seen.azimuth_rad.sin_cos();
    let (east, north) = (away * sin, away * cos);
    (surface(east, north), shell::mapping(seen.elevation_rad))
}

/// The factors of a surface at a place, in units of length.
fn surface(east: f64, north: f64) -> [f64; SURFACE] {
    [1.0, east, north, east * east, east * north, north * north]
}

/// The surface at the zenith.
struct Surface {
    solved: DVector<f64>,
    covariance: DMatrix<f64>,
    /// How far lines are from it at the zenith, one sigma, m.
    rough_m: f64,
}

impl Surface {
    /// The surface, with a constant of each group's receivers, that fits best.
    fn through(lines: &[Line]) -> Option<Self> {
        if lines.len() < TELLING_MIN {
            return None;
        }
        let mut groups: Vec<Group> = lines.iter().map(|line| line.group).collect();
        groups.sort_unstable();
        groups.dedup();
        let n = SURFACE + groups.len();
        let row = |line: &Line| {
            let mut row = DVector::zeros(n);
            for (at, factor) in line.shape.iter().enumerate() {
                row[at] = *factor;
            }
            row[SURFACE + groups.partition_point(|g| *g < line.group)] = 1.0 / line.mapping;
            row
        };
        // In units of the least sigma, at the zenith.
        let mut normal = DMatrix::zeros(n, n);
        let mut right = DVector::zeros(n);
        for at in 0..n {
            let free_m = if at < SURFACE { SURFACE_SIGMA_M } else { FREE_SIGMA_M };
            normal[(at, at)] = (SIGMA_MIN_M / free_m).powi(2);
        }
        for line in lines {
            let row = row(line);
            right += &row * (line.value_m / line.mapping);
            normal += &row * row.transpose();
        }
        let root = normal.cholesky()?;
        let solved = root.solve(&right);
        let left = |line: &Line| line.value_m / line.mapping - row(line).dot(&solved);
        let squares: f64 = lines.iter().map(|line| left(line).powi(2)).sum();
        let degrees = lines.len().saturating_sub(n).max(1) as f64;
        let rough_m = ROUGHER * (squares / degrees).sqrt().max(SIGMA_MIN_M / ROUGHER);
        (rough_m <= SIGMA_MAX_M).then(|| Self { solved, covariance: root.inverse(), rough_m })
    }

    /// The slant delay there and its sigma, m.
    fn at(&self, shape: [f64; SURFACE], mapping: f64) -> (f64, f64) {
        let row =
            DVector::from_fn(self.solved.len(), |at, _| shape.get(at).copied().unwrap_or(0.0));
        let spread = (&self.covariance * &row).dot(&row).max(0.0);
        // The height of the surface is shared by all, and nothing is lost by what is not known of it.
        (mapping * row.dot(&self.solved), mapping * self.rough_m * (1.0 + spread).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(count: usize, rough_m: f64) -> Vec<Line> {
        let one = |i: usize| {
            let turn = i as f64;
            let mapping = 1.0 + 0.1 * (turn % 7.0);
            let shape = surface((2.4 * turn).sin() * 0.5, (1.7 * turn).cos() * 0.4);
            let group = if i.is_multiple_of(2) { Group::Gps } else { Group::Galileo };
            let constant_m = if i.is_multiple_of(2) { 0.7 } else { -1.9 };
            let zenith_m = 0.1 + 0.2 * shape[1] - 0.3 * shape[2] + 0.1 * shape[3];
            let rough_m = if i.is_multiple_of(3) { rough_m } else { -rough_m / 2.0 };
            let value_m = mapping * (zenith_m + rough_m) + constant_m;
            Line { group, shape, mapping, value_m }
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn a_surface_is_found_beneath_the_constants_of_groups() {
        let smooth = Surface::through(&lines(20, 0.0)).expect("enough lines");
        let at = |east, north| smooth.at(surface(east, north), 1.5);
        let (here_m, sigma_m) = at(0.3, 0.1);
        let apart_m = here_m - at(-0.2, 0.4).0;
        assert!((apart_m - 1.5 * (0.2 * 0.5 + 0.3 * 0.3 + 0.1 * 0.05)).abs() < 0.005, "{apart_m}");
        assert!(sigma_m < 0.06, "{sigma_m}");
    }

    #[test]
    fn rough_air_is_trusted_less_or_not_at_all() {
        let of =
            |rough_m| Surface::through(&lines(20, rough_m)).map(|p| p.at(surface(0.0, 0.0), 1.0).1);
        assert!(of(0.05).expect("still smooth") > 2.0 * of(0.0).expect("smooth"));
        assert!(of(0.3).is_none());
        assert!(Surface::through(&lines(15, 0.0)).is_none(), "too few");
    }
}
