//! The ionosphere over the whole network as one smooth surface, seen by all satellites: what it says of a satellite of which nothing is
//! levelled yet.
//!
//! Kriging goes from station to station for one satellite and tells nothing before some of that satellite's levels are known. The surface
//! goes from satellite to satellite: where lines of sight pierce the shell, the zenith's delay is taken for a polynomial of the second
//! degree, whose slopes between neighbours are known as soon as a few satellites are levelled. How well it foretells a satellite is
//! measured, not assumed: each levelled one is foretold by the others, and the next one is taken for as bad as the worst of them.

use std::collections::BTreeMap;

use nalgebra::{Cholesky, Const, SMatrix, SVector};
use tianshu_gnss::satellite::Satellite;

use crate::network::interpolate::shell::{SHELL_HEIGHT_M, mapping, pierced_angle_rad};
use crate::network::observed::Group;
use crate::network::plane::{EARTH_RADIUS_M, PlanePoint};

/// Numbers of the polynomial: a height, two slopes and three curvatures.
const TERMS: usize = 6;

type Vector = SVector<f64, TERMS>;
type Matrix = SMatrix<f64, TERMS, TERMS>;

/// The unit of length in the equations, m.
const LENGTH_UNIT_M: f64 = 1e6;
/// What is not known of height (m), slopes (m per unit: 20 mm/km) and curvatures (m per unit squared), one sigma.
const TERM_SIGMAS_M: [f64; TERMS] = [10.0, 20.0, 20.0, 50.0, 50.0, 50.0];
/// What the surface leaves over between stations, one sigma, m per unit: 1 cm in 50 km. It only weighs what is not known of the terms.
const REST_SIGMA: f64 = 0.2;
/// Satellites that must be levelled before others are foretold: twice the numbers that they are to tell.
pub const SATELLITES_MIN: usize = 12;
/// Differences between stations that a satellite needs in order to count as one of them: more than a single triangle has, around which
/// nobody would notice that the air is rough.
const DIFFERENCES_MIN: usize = 4;
/// The least that a foretold difference is off by at the zenith, one sigma, m.
const SIGMA_MIN_M: f64 = 0.008;

/// One line of sight.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// With whom its values may be compared.
    pub group: Group,
    /// Slant per zenith.
    mapping: f64,
    /// What the terms of the polynomial are multiplied by in it, slant.
    shape: Vector,
}

/// What two stations see of a satellite that is levelled at both.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// Whose.
    pub satellite: Satellite,
    /// The line of sight at the first station.
    pub from: Line,
    /// And at the second one.
    pub to: Line,
    /// Slant ionosphere, second station less first, m; known but for what all satellites of a group share.
    pub value_m: f64,
}

/// The surface.
#[derive(Clone, Copy, Debug)]
pub struct Surface {
    terms: Vector,
    /// The inverse of the equations, in which each satellite counts as one measurement.
    inverse: Matrix,
    /// What it leaves over of the worst of the satellites that it was not told of, rms over the edges, m at the zenith per unit of length.
    rest: f64,
}

impl Line {
    /// From a station at that place, rad.
    pub fn new(group: Group, at: PlanePoint, elevation_rad: f64, azimuth_rad: f64) -> Self {
        let (sin, cos) = azimuth_rad.sin_cos();
        let away_m = (EARTH_RADIUS_M + SHELL_HEIGHT_M) * pierced_angle_rad(elevation_rad);
        let away = away_m / LENGTH_UNIT_M;
        let (x, y) =
            (at.east_m / LENGTH_UNIT_M + away * sin, at.north_m / LENGTH_UNIT_M + away * cos);
        let mapping = mapping(elevation_rad);
        let shape = Vector::from([1.0, x, y, 0.5 * x * x, x * y, 0.5 * y * y]) * mapping;
        Self { group, mapping, shape }
    }
}

/// A difference as a row: at the zenith, per unit of the edge's length, free of what its group shares.
struct Row {
    shape: Vector,
    value: f64,
    /// Its share of what was taken off for the group: it took as much of itself along.
    own: f64,
}

impl Surface {
    /// Of all edges, each with its length (m) and what its two stations have in common. None while too little is levelled.
    pub fn fit<'a>(edges: impl Iterator<Item = (f64, &'a [Difference])>) -> Option<Self> {
        let mut rows: BTreeMap<Satellite, Vec<Row>> = BTreeMap::new();
        for (length_m, differences) in edges {
            for group in Group::ALL {
                let of_group: Vec<&Difference> =
                    differences.iter().filter(|d| d.from.group == group).collect();
                if of_group.len() >= 2 {
                    add(length_m / LENGTH_UNIT_M, &of_group, &mut rows);
                }
            }
        }
        rows.retain(|_, of| of.len() >= DIFFERENCES_MIN);
        if rows.len() < SATELLITES_MIN {
            return None;
        }
        let blocks: Vec<(Matrix, Vector)> = rows.values().map(|of| equations(of)).collect();
        let mut normal =
            Matrix::from_diagonal(&Vector::from(TERM_SIGMAS_M.map(|s| (REST_SIGMA / s).powi(2))));
        let mut right = Vector::zeros();
        for (own, own_right) in &blocks {
            normal += own;
            right += own_right;
        }
        let mut worst = 0.0_f64;
        for ((own, own_right), of) in blocks.iter().zip(rows.values()) {
            let without =
                Cholesky::<f64, Const<TERMS>>::new(normal - own)?.solve(&(right - own_right));
            let off = |row: &Row| ((row.value - row.shape.dot(&without)) / (1.0 - row.own)).powi(2);
            let mean = of.iter().map(off).sum::<f64>() / of.len() as f64;
            worst = worst.max(mean);
        }
        let root = Cholesky::<f64, Const<TERMS>>::new(normal)?;
        let terms = root.solve(&right);
        let is_sound = terms.iter().all(|term| term.is_finite());
        is_sound.then(|| Self { terms, inverse: root.inverse(), rest: worst.sqrt() })
    }

    /// What a satellite's slant ionosphere differs by between two stations so far apart (m), second less first, and its sigma, m; known but
    /// for what all satellites of a group share.
    pub fn foretell(&self, length_m: f64, from: &Line, to: &Line) -> (f64, f64) {
        let length = length_m / LENGTH_UNIT_M;
        let mapping = f64::midpoint(from.mapping, to.mapping);
        let shape = to.shape - from.shape;
        let row = shape / (mapping * length);
        let spread = 1.0 + row.dot(&(self.inverse * row));
        let sigma_m = (self.rest * length * spread.sqrt()).max(SIGMA_MIN_M);
        (shape.dot(&self.terms), sigma_m * mapping)
    }

    /// What it leaves over between stations so far apart (m) of the worst of the satellites, had it not been told of it, m at the zenith.
    pub fn rest_m(&self, length_m: f64) -> f64 {
        self.rest * length_m / LENGTH_UNIT_M
    }
}

/// The rows of one edge and group.
fn add(length: f64, of_group: &[&Difference], rows: &mut BTreeMap<Satellite, Vec<Row>>) {
    let mapping = |d: &Difference| f64::midpoint(d.from.mapping, d.to.mapping);
    let weight = |d: &Difference| mapping(d).powi(-2);
    let total: f64 = of_group.iter().map(|d| weight(d)).sum();
    let mut shape = Vector::zeros();
    let mut value_m = 0.0;
    for d in of_group {
        shape += (d.to.shape - d.from.shape) * (weight(d) / total);
        value_m += d.value_m * weight(d) / total;
    }
    for d in of_group {
        let scale = 1.0 / (mapping(d) * length);
        rows.entry(d.satellite).or_default().push(Row {
            shape: (d.to.shape - d.from.shape - shape) * scale,
            value: (d.value_m - value_m) * scale,
            own: weight(d) / total,
        });
    }
}

/// The equations of one satellite's rows, which together count as one measurement: what the surface leaves over of it, it leaves over
/// everywhere.
fn equations(rows: &[Row]) -> (Matrix, Vector) {
    let share = 1.0 / rows.len() as f64;
    let mut normal = Matrix::zeros();
    let mut right = Vector::zeros();
    for row in rows {
        normal += row.shape * row.shape.transpose() * share;
        right += row.shape * (row.value * share);
    }
    (normal, right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tianshu_gnss::constellation::Constellation;

    /// A difference of two stations: where the first one is and where the second.
    type Ends = (PlanePoint, PlanePoint);

    /// The distance of two stations, as in the simulated networks.
    const LENGTH_M: f64 = 50e3;

    fn satellite(number: u8) -> Satellite {
        let system = if number > 20 { Constellation::Galileo } else { Constellation::Gps };
        Satellite::new(system, number).expect("a satellite")
    }

    fn group(number: u8) -> Group {
        Group::of(satellite(number)).expect("a group")
    }

    /// Eight edges of 50 km, every other one to the north.
    fn ends() -> Vec<Ends> {
        let end = |i: u8| {
            let from = PlanePoint { east_m: 40e3 * f64::from(i % 3), north_m: 30e3 * f64::from(i) };
            let (east, north) = if i.is_multiple_of(2) { (0.0, LENGTH_M) } else { (LENGTH_M, 0.0) };
            (from, PlanePoint { east_m: from.east_m + east, north_m: from.north_m + north })
        };
        (0..8).map(end).collect()
    }

    /// Where a satellite is: all around the sky, from low to high.
    fn line(number: u8, at: PlanePoint) -> Line {
        let number_f = f64::from(number);
        // What 20 000 km away is seen in another direction from elsewhere.
        let turned = (at.east_m - at.north_m) / 2e7;
        Line::new(group(number), at, 0.25 + 0.045 * number_f + turned, 2.4 * number_f + turned)
    }

    /// A ten metres high zenith delay with slopes of some mm/km and a curvature.
    fn air() -> Vector {
        Vector::from([10.0, -3.0, 5.0, 2.0, -4.0, 6.0])
    }

    /// What those satellites' differences are in that air, where each group and edge has a number of its own, and `beyond` is added to a
    /// satellite's zenith difference.
    fn seen(numbers: &[u8], beyond: impl Fn(u8, usize) -> f64) -> Vec<Vec<Difference>> {
        let of_edge = |(edge, (a, b)): (usize, &Ends)| {
            let difference = |number: &u8| {
                let (from, to) = (line(*number, *a), line(*number, *b));
                let of_group = if *number > 20 { -17.0 } else { 3.0 } * edge as f64;
                let mapping = f64::midpoint(from.mapping, to.mapping);
                let beyond_m = mapping * beyond(*number, edge);
                let value_m = (to.shape - from.shape).dot(&air()) + of_group + beyond_m;
                Difference { satellite: satellite(*number), from, to, value_m }
            };
            numbers.iter().map(difference).collect()
        };
        ends().iter().enumerate().map(of_edge).collect()
    }

    fn surface(seen: &[Vec<Difference>]) -> Option<Surface> {
        Surface::fit(seen.iter().map(|of_edge| (LENGTH_M, of_edge.as_slice())))
    }

    const NUMBERS: [u8; 14] = [1, 3, 5, 7, 9, 11, 13, 15, 17, 21, 23, 25, 27, 29];

    #[test]
    fn smooth_air_is_foretold_for_a_satellite_that_nobody_has_levelled() {
        let surface = surface(&seen(&NUMBERS, |_, _| 0.0)).expect("enough satellites");
        let mut largest_m = 0.0_f64;
        for (a, b) in ends() {
            for number in [2, 10, 19] {
                let (from, to) = (line(number, a), line(number, b));
                let (told_m, sigma_m) = surface.foretell(LENGTH_M, &from, &to);
                let off_m = told_m - (to.shape - from.shape).dot(&air());
                // Against another one of its group: what is the same for all is nobody's to know.
                let pivot = (line(12, a), line(12, b));
                let pivot_m = surface.foretell(LENGTH_M, &pivot.0, &pivot.1).0
                    - (pivot.1.shape - pivot.0.shape).dot(&air());
                let true_m = (to.shape - from.shape - pivot.1.shape + pivot.0.shape).dot(&air());
                assert!((off_m - pivot_m).abs() < 0.01, "{number}: {off_m} {pivot_m}");
                assert!((0.008..0.05).contains(&sigma_m), "{sigma_m}");
                largest_m = largest_m.max(true_m.abs());
            }
        }
        assert!(largest_m > 0.15, "there was something to foretell: {largest_m}");
    }

    #[test]
    fn one_satellite_that_is_not_foretold_spoils_what_is_promised() {
        let other_air = |number, _| if number == 7 { 0.10 } else { 0.0 };
        let in_turn = |number, edge| match edge % 2 {
            0 => other_air(number, edge),
            _ => -other_air(number, edge),
        };
        let rough = surface(&seen(&NUMBERS, in_turn)).expect("enough satellites");
        // The satellite itself was not asked for what it tells: all of it is left over.
        let rest_m = rough.rest_m(LENGTH_M);
        assert!((0.095..0.15).contains(&rest_m), "{rest_m}");
        let (from, to) = ends()[0];
        let (_, sigma_m) = rough.foretell(LENGTH_M, &line(2, from), &line(2, to));
        assert!(sigma_m > 0.095, "{sigma_m}");
        assert!((rough.rest_m(2.0 * LENGTH_M) - 2.0 * rest_m).abs() < 1e-9);
    }

    #[test]
    fn what_is_far_from_all_satellites_is_known_worse() {
        let noise = |number: u8, edge: usize| 0.01 * f64::from(number).sin() * (edge as f64).cos();
        let surface = surface(&seen(&NUMBERS, noise)).expect("enough satellites");
        let zenith_sigma_m = |from: PlanePoint| {
            let to = PlanePoint { north_m: from.north_m + LENGTH_M, ..from };
            let lines = [from, to].map(|at| Line::new(Group::Gps, at, 1.5, 0.0));
            surface.foretell(LENGTH_M, &lines[0], &lines[1]).1
        };
        let near_m = zenith_sigma_m(PlanePoint { east_m: 0.0, north_m: 0.0 });
        let far_m = zenith_sigma_m(PlanePoint { east_m: 1e7, north_m: 1e7 });
        assert!(far_m > 2.0 * near_m, "{near_m} {far_m}");
    }

    #[test]
    fn few_satellites_or_a_single_triangle_foretell_nothing() {
        let few = seen(&NUMBERS[..SATELLITES_MIN - 1], |_, _| 0.0);
        assert!(surface(&few).is_none());
        let all = seen(&NUMBERS, |_, _| 0.0);
        assert!(surface(&all[..DIFFERENCES_MIN - 1]).is_none());
        assert!(surface(&all[..DIFFERENCES_MIN]).is_some());
    }
}
