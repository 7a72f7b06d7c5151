//! Slant ionosphere with less of the stations' noise: each value is averaged for as long as the air allows.
//!
//! What an epoch says of a line of sight holds some five millimetres of noise and multipath, more than neighbours in quiet air differ by beyond a
//! plane. Each average is carried on by what the whole field does within the epoch, so that it is never late for what stations have in common, and
//! by a share of what is then left of its own. How small that share may be shows in what is left: noise differs from station to
//! station, and what neighbours have in common is air that the averages are late for. (docs/decisions/0020 has what it brought.)

use std::collections::BTreeMap;

use nalgebra::{Cholesky, Const, SMatrix, SVector};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;

use crate::network::engine::fields::Field;
use crate::network::engine::travelling::Travelling;
use crate::network::median::median;
use crate::network::plane::PlanePoint;

/// The averages of all lines of sight, and for how long they are taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Steady {
    /// By station: what each term of a surface is there.
    shapes: Vec<Shape>,
    /// By station: the nearest other one, and by what share of their squares a surface through noise makes the two unlike.
    neighbours: Vec<Option<(usize, f64)>>,
    lines: BTreeMap<Satellite, Vec<Option<Average>>>,
    memory: Memory,
    last: Option<GpsTime>,
}

/// One line of sight.
#[derive(Clone, Copy, Debug)]
struct Average {
    value_m: f64,
    /// For how long it has been taken, s.
    age_s: f64,
}

/// For how long averages are taken, and what that hangs on.
#[derive(Clone, Copy, Debug)]
struct Memory {
    span_s: f64,
    /// What is left of values, in units of their noise: of neighbours the sum of products, and that of the squares.
    shared: f64,
    squares: f64,
}

/// What an epoch says of one line of sight beside its average.
#[derive(Clone, Copy, Debug)]
struct Said {
    before: Average,
    /// Value less average, m.
    apart_m: f64,
}

/// The shortest and the longest average, s: longer ones were late for the crest of an anomaly (docs/decisions/0020).
const SPAN_S: [f64; 2] = [1.0, 40.0];
/// For how long a station's noise is alike, s: the multipath of a fixed antenna lasts for a minute or some.
const ALIKE_S: f64 = 50.0;
/// For how long a rover averages by itself what it is told, s. What is smoothed away between stations stays in its averages, noise does not.
const ROVER_S: f64 = 200.0;
/// A value that is off by so many sigmas of noise is not noise: another level, or another receiver.
const OTHER_SIGMAS: f64 = 10.0;
/// An average is late for its own value by so many sigmas at most.
const LATE_SIGMAS_MAX: f64 = 3.0;
/// Over a longer gap nothing is carried on, s.
const GAP_MAX_S: f64 = 30.0;
/// What neighbours may have in common, as a share of the squares, before averages are shortened.
const SHARED_MAX: f64 = 0.10;
/// The memory of what that is judged by, s.
const JUDGED_S: f64 = 60.0;
/// The time in which averages become longer or shorter by a factor of e, s.
const CHANGE_S: f64 = 60.0;
/// Terms of a surface of the third degree.
const TERMS: usize = 10;
/// From so many stations on a surface has so many terms. Three stations have nothing left beside a plane: their values stay as they are.
const TERMS_FROM: [(usize, usize); 3] = [(40, 10), (20, 6), (0, 3)];
/// A weak wish for no surface at all: it keeps the equations of few stations solvable.
const RIDGE: f64 = 1e-3;
/// What must be left of a station's noise beside a surface for it to be judged by, as a share of its square.
const LEFT_MIN: f64 = 0.3;

/// The terms of a surface at a place, or what each counts, m.
type Shape = SVector<f64, TERMS>;

impl Default for Memory {
    fn default() -> Self {
        Self { span_s: SPAN_S[1], shared: 0.0, squares: 0.0 }
    }
}

impl Steady {
    /// Of stations at those places.
    pub(super) fn new(points: &[PlanePoint]) -> Self {
        let shapes = shapes(points);
        let neighbours = neighbours(points, &shapes);
        Self { shapes, neighbours, ..Self::default() }
    }

    /// What of a station's noise variance is left in averages, and what of it when a rover has averaged them once more.
    pub(super) fn noise_shares(&self) -> [f64; 2] {
        [0.0, ROVER_S].map(|further_s| ALIKE_S / (ALIKE_S + self.memory.span_s + further_s))
    }

    /// Puts averages in place of an epoch's values; what a wave does is no noise. `sigma_m` tells what a line of sight's noise is, m.
    pub(super) fn follow(
        &mut self,
        time: GpsTime,
        fields: &mut BTreeMap<Satellite, Field>,
        points: &[PlanePoint],
        travelling: &Travelling,
        sigma_m: impl Fn(Satellite, usize) -> Option<f64>,
    ) {
        let mut span_s = self.last.map_or(f64::INFINITY, |last| (time - last).seconds());
        self.last = Some(time);
        if !(0.0..=GAP_MAX_S).contains(&span_s) {
            self.lines.clear();
            span_s = 0.0;
        }
        self.lines.retain(|satellite, _| fields.contains_key(satellite));
        self.memory.fade(span_s);
        for (satellite, field) in fields {
            let lines = self.lines.entry(*satellite).or_default();
            lines.resize(field.values_m.len(), None);
            let sigma_m =
                |station: usize| field.values_m[station].and_then(|_| sigma_m(*satellite, station));
            let sigmas_m: Vec<Option<f64>> = (0..lines.len()).map(sigma_m).collect();
            if let Some(moved) = travelling.moved(*satellite) {
                for (line, point) in lines.iter_mut().zip(points) {
                    if let Some(line) = line {
                        line.value_m += moved.at(*point);
                    }
                }
            }
            let said = said(lines, &field.values_m, &sigmas_m);
            let does = surface(&self.shapes, &said);
            let mut left = vec![None; lines.len()];
            for (station, line) in lines.iter_mut().enumerate() {
                let value_m = &mut field.values_m[station];
                let Some((measured_m, sigma_m)) = value_m.zip(sigmas_m[station]) else {
                    *line = None;
                    continue;
                };
                let Some(said) = said[station] else {
                    *line = Some(Average { value_m: measured_m, age_s: 0.0 });
                    continue;
                };
                let off_m = said.apart_m - does.dot(&self.shapes[station]);
                left[station] = Some(off_m / sigma_m);
                let average =
                    said.before.next(measured_m, off_m, (span_s, self.memory.span_s), sigma_m);
                *line = Some(average);
                *value_m = Some(average.value_m);
            }
            self.memory.judge(&self.neighbours, &left);
        }
        self.memory.change(span_s);
    }
}

impl Average {
    /// With an epoch's value, which is `off_m` from what was foretold; the epoch is so long and averages are taken for so long, s.
    fn next(
        self,
        measured_m: f64,
        off_m: f64,
        (span_s, memory_s): (f64, f64),
        sigma_m: f64,
    ) -> Self {
        let age_s = (self.age_s + span_s).min(memory_s);
        let late_m = if age_s > 0.0 { off_m * (-span_s / age_s).exp() } else { off_m };
        let late_max_m = LATE_SIGMAS_MAX * sigma_m;
        Self { value_m: measured_m - late_m.clamp(-late_max_m, late_max_m), age_s }
    }
}

impl Memory {
    fn fade(&mut self, span_s: f64) {
        let kept = (-span_s / JUDGED_S).exp();
        self.shared *= kept;
        self.squares *= kept;
    }

    /// Looks at what is left of a satellite's values: each beside its nearest neighbour's.
    fn judge(&mut self, neighbours: &[Option<(usize, f64)>], left: &[Option<f64>]) {
        for (own, neighbour) in left.iter().zip(neighbours) {
            let Some((own, (neighbour, unlike))) = own.zip(*neighbour) else { continue };
            let Some(other) = left[neighbour] else { continue };
            let squares = f64::midpoint(own * own, other * other);
            self.shared += own * other + unlike * squares;
            self.squares += squares;
        }
    }

    fn change(&mut self, span_s: f64) {
        let is_late = self.shared > SHARED_MAX * self.squares;
        let change = if is_late { -span_s } else { span_s } / CHANGE_S;
        self.span_s = (self.span_s * change.exp()).clamp(SPAN_S[0], SPAN_S[1]);
    }
}

/// What an epoch says beside the averages, of those that it does not begin anew.
fn said(
    lines: &[Option<Average>],
    values_m: &[Option<f64>],
    sigmas_m: &[Option<f64>],
) -> Vec<Option<Said>> {
    let one = |(before, value_m): (&Option<Average>, &Option<f64>)| {
        let (before, value_m) = before.zip(*value_m)?;
        Some(Said { before, apart_m: value_m - before.value_m })
    };
    let mut said: Vec<Option<Said>> = lines.iter().zip(values_m).map(one).collect();
    let usual_m = median(said.iter().flatten().map(|said| said.apart_m)).unwrap_or(0.0);
    for (said, sigma_m) in said.iter_mut().zip(sigmas_m) {
        let limit_m = OTHER_SIGMAS * sigma_m.unwrap_or(0.0);
        *said = said.filter(|said| (said.apart_m - usual_m).abs() <= limit_m);
    }
    said
}

/// What the field does: a surface through what values are apart from their averages.
fn surface(shapes: &[Shape], said: &[Option<Said>]) -> Shape {
    let both = || shapes.iter().zip(said).filter_map(|(shape, said)| Some((shape, said.as_ref()?)));
    let mut right = Shape::zeros();
    for (shape, said) in both() {
        right.axpy(said.apart_m, shape, 1.0);
    }
    normal(both().map(|(shape, _)| shape)).map_or_else(Shape::zeros, |root| root.solve(&right))
}

/// The root of the normal equations of a surface through values at places of those shapes.
fn normal<'a>(shapes: impl Iterator<Item = &'a Shape>) -> Option<Cholesky<f64, Const<TERMS>>> {
    let mut normal = SMatrix::<f64, TERMS, TERMS>::identity() * RIDGE;
    for shape in shapes {
        normal.syger(1.0, shape, shape, 1.0);
    }
    normal.cholesky()
}

/// The terms of a surface over those places, in units of their spread.
fn shapes(points: &[PlanePoint]) -> Vec<Shape> {
    let share = 1.0 / points.len().max(1) as f64;
    let mean = |of: fn(&PlanePoint) -> f64| points.iter().map(of).sum::<f64>() * share;
    let middle = PlanePoint { east_m: mean(|p| p.east_m), north_m: mean(|p| p.north_m) };
    let squares: f64 = points.iter().map(|p| p.distance_m(middle).powi(2)).sum();
    let unit_m = (squares * share).sqrt().max(1.0);
    let terms = TERMS_FROM.iter().find(|(from, _)| points.len() >= *from);
    let terms = terms.map_or(1, |(_, terms)| *terms);
    let shape = |point: &PlanePoint| {
        let x = (point.east_m - middle.east_m) / unit_m;
        let y = (point.north_m - middle.north_m) / unit_m;
        let all = [1.0, x, y, x * x, x * y, y * y, x * x * x, x * x * y, x * y * y, y * y * y];
        Shape::from_fn(|term, _| if term < terms { all[term] } else { 0.0 })
    };
    points.iter().map(shape).collect()
}

/// The nearest other of each place, and how unlike a surface through the noise of all makes the two: what it leaves over of noise has the
/// complement of its projection for a covariance.
fn neighbours(points: &[PlanePoint], shapes: &[Shape]) -> Vec<Option<(usize, f64)>> {
    let Some(root) = normal(shapes.iter()) else { return vec![None; points.len()] };
    let neighbour = |(own, at): (usize, &PlanePoint)| {
        let others = points.iter().enumerate().filter(|(other, _)| *other != own);
        let distance_m = |(other, point): (usize, &PlanePoint)| (at.distance_m(*point), other);
        let order = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        let (_, other) = others.map(distance_m).min_by(order)?;
        let [here, there] = [own, other].map(|station| root.solve(&shapes[station]));
        let left = 1.0 - f64::midpoint(here.dot(&shapes[own]), there.dot(&shapes[other]));
        (left > LEFT_MIN).then(|| (other, here.dot(&shapes[other]) / left))
    };
    points.iter().enumerate().map(neighbour).collect()
}

#[cfg(test)]
mod tests;
