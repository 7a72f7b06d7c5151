//! What averages make of noise, of air that moves, and of what is neither.

use tianshu_gnss::time::gps::Interval;

use super::*;
use crate::network::engine::travelling::Travelling;
use crate::network::observed::Group;

/// One satellite over 5 by 5 stations, 50 km apart.
struct World {
    points: Vec<PlanePoint>,
    steady: Steady,
    fields: BTreeMap<Satellite, Field>,
    second: i64,
}

/// What a line of sight's noise is, one sigma, m.
const SIGMA_M: f64 = 0.004;

impl World {
    fn new() -> Self {
        let place = |i: i32| PlanePoint {
            east_m: 50e3 * f64::from(i % 5) + 3e3 * f64::from(i * 7 % 5),
            north_m: 50e3 * f64::from(i / 5) + 3e3 * f64::from(i * 3 % 4),
        };
        let points: Vec<PlanePoint> = (0..25).map(place).collect();
        Self { steady: Steady::new(&points), points, fields: BTreeMap::new(), second: 0 }
    }

    /// Takes an epoch in, a second after the last one, and gives what is made of it; `value_m` tells what a station measures at a second.
    fn step(&mut self, value_m: impl Fn(i64, usize, PlanePoint) -> Option<f64>) -> Vec<f64> {
        self.second += 1;
        let time = GpsTime::from_nanos(0) + Interval::from_seconds(self.second);
        let satellite = "G01".parse().unwrap();
        let fresh = || Field::new(Group::Gps, 1.0, self.points.len(), time);
        let field = self.fields.entry(satellite).or_insert_with(fresh);
        let points = self.points.iter().enumerate();
        field.values_m = points.map(|(i, point)| value_m(self.second, i, *point)).collect();
        let sigma_m = |_, _| Some(SIGMA_M);
        let still = Travelling::default();
        self.steady.follow(time, &mut self.fields, &self.points, &still, sigma_m);
        let all = &self.fields[&satellite].values_m;
        all.iter().map(|value_m| value_m.unwrap_or(f64::NAN)).collect()
    }
}

/// Evenly spread noise of that deviation, anew each second.
fn noise_m(second: i64, station: usize) -> f64 {
    let mut state = second.cast_unsigned() * 1_000 + station as u64 + 1;
    for _ in 0..3 {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state ^= state >> 29;
    }
    let even = (state >> 11) as f64 / (1_u64 << 53) as f64;
    SIGMA_M * 12.0_f64.sqrt() * (even - 0.5)
}

/// Air that changes as fast as it does over a crest, and bends: a surface of the second degree that moves.
fn fast_m(second: i64, point: PlanePoint) -> f64 {
    let (x, y, t) = (point.east_m / 100e3, point.north_m / 100e3, second as f64);
    0.004 * t + 0.001 * t * x - 0.0005 * t * x * y + 0.1 * x * x - 0.05 * y
}

fn rms(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, n), v| (sum + v * v, n + 1.0));
    (sum / count).sqrt()
}

#[test]
fn noise_is_averaged_and_air_that_moves_is_not_late() {
    let mut world = World::new();
    let mut apart_m = Vec::new();
    for _ in 0..300 {
        let told = world.step(|second, i, point| Some(fast_m(second, point) + noise_m(second, i)));
        if world.second > 100 {
            let second = world.second;
            // What all stations share is no error of an interpolation; a surface holds some of each station's noise.
            apart_m.extend(told.iter().zip(&world.points).map(|(m, p)| m - fast_m(second, *p)));
        }
    }
    let (all, air) = (rms(apart_m.into_iter()), world.steady.memory.span_s);
    assert!(all < 0.55 * SIGMA_M, "{all} m of {SIGMA_M} m are left");
    assert!((air - SPAN_S[1]).abs() < 1e-9, "averages of {air} s");
}

#[test]
fn another_level_is_taken_at_once_and_moves_nobody_else() {
    let mut world = World::new();
    for _ in 0..100 {
        world.step(|second, _, point| Some(fast_m(second, point)));
    }
    let jump_m = |i: usize| if i == 7 { 0.083 } else { 0.0 };
    for _ in 0..20 {
        let told = world.step(|second, i, point| Some(fast_m(second, point) + jump_m(i)));
        for (i, (told_m, point)) in told.iter().zip(&world.points).enumerate() {
            let apart_m = told_m - fast_m(world.second, *point) - jump_m(i);
            assert!(apart_m.abs() < 1e-3, "station {i} {apart_m} m after the jump");
        }
    }
}

#[test]
fn what_neighbours_share_shortens_the_averages() {
    let mut world = World::new();
    // A bubble's wall: half a metre deep, and no surface of the second degree.
    let bubble_m = |second: i64, point: PlanePoint| {
        let from = PlanePoint { east_m: 100.0 * second as f64 - 60e3, north_m: 100e3 };
        0.5 * (-(point.distance_m(from) / 70e3).powi(2)).exp()
    };
    let mut late_m: f64 = 0.0;
    for _ in 0..1_500 {
        let told = world.step(|second, i, point| {
            Some(fast_m(second, point) + bubble_m(second, point) + noise_m(second, i))
        });
        for (i, (told_m, point)) in told.iter().zip(&world.points).enumerate() {
            let second = world.second;
            let measured_m = fast_m(second, *point) + bubble_m(second, *point) + noise_m(second, i);
            late_m = late_m.max((told_m - measured_m).abs());
        }
    }
    assert!(world.steady.memory.span_s < 15.0, "{:?}", world.steady.memory);
    assert!(late_m <= LATE_SIGMAS_MAX * SIGMA_M + 1e-12, "{late_m}");
}

#[test]
fn a_gap_begins_anew() {
    let mut world = World::new();
    for _ in 0..50 {
        world.step(|second, i, point| Some(fast_m(second, point) + noise_m(second, i)));
    }
    world.second += 60;
    let told = world.step(|second, i, point| Some(fast_m(second, point) + noise_m(second, i)));
    for (i, (told_m, point)) in told.iter().zip(&world.points).enumerate() {
        let measured_m = fast_m(world.second, *point) + noise_m(world.second, i);
        assert!((told_m - measured_m).abs() < 1e-12, "station {i}");
    }
}

#[test]
fn a_station_that_is_away_begins_anew_and_three_are_left_as_they_are() {
    let mut world = World::new();
    for _ in 0..50 {
        world.step(|second, i, _| Some(noise_m(second, i)));
    }
    let told = world.step(|second, i, _| (i != 3).then(|| noise_m(second, i)));
    assert!(told[3].is_nan() && told[2].is_finite());
    let told = world.step(|second, i, _| Some(noise_m(second, i)));
    assert!((told[3] - noise_m(world.second, 3)).abs() < 1e-12);
    let told =
        (0..50).map(|_| world.step(|second, i, _| (i < 3).then(|| noise_m(second, i)))).last();
    for (i, told_m) in told.unwrap().iter().enumerate().take(3) {
        assert!((told_m - noise_m(world.second, i)).abs() < 0.5 * SIGMA_M, "station {i}");
    }
}
