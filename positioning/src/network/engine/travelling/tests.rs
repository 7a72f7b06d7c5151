//! A disturbance is found, followed, and let go.

use super::*;
use crate::network::interpolate::covariance::Covariance;
use crate::network::topology::StationIndex;
use tianshu_gnss::time::gps::Interval;

const SATELLITES: u32 = 14;

fn noise(seed: u32) -> f64 {
    let mut x = seed.wrapping_mul(0x9E37_79B9) ^ 0x85EB_CA6B;
    for _ in 0..3 {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        x = x.wrapping_mul(0x2C1B_3C6D);
    }
    f64::from(x) / f64::from(u32::MAX) * 2.0 - 1.0
}

fn stations() -> Vec<PlanePoint> {
    let at = |place: u32, seed: u32| 50e3 * (f64::from(place) + 0.25 * noise(seed));
    (0..24)
        .map(|i| PlanePoint {
            east_m: at(i % 6, 2 * i) - 125e3,
            north_m: at(i / 6, 2 * i + 1) - 75e3,
        })
        .collect()
}

fn satellite(number: u32) -> Satellite {
    format!("G{:02}", number + 1).parse().unwrap()
}

/// Where a satellite pierces the shell: each moves its own way.
fn pierced(number: u32, second: i64) -> PlanePoint {
    let direction = 1.3 * f64::from(number);
    let moved_m = 60.0 * second as f64;
    PlanePoint {
        east_m: 400e3 * (2.1 * f64::from(number)).cos() + moved_m * direction.cos(),
        north_m: 400e3 * (2.1 * f64::from(number)).sin() + moved_m * direction.sin(),
    }
}

/// An engine's room, and a world with one wave.
struct World {
    points: Vec<PlanePoint>,
    travelling: Travelling,
    fields: BTreeMap<Satellite, Field>,
    amplitude_m: f64,
    noise_m: f64,
    azimuth_deg: f64,
    speed_m_s: f64,
}

impl World {
    fn new(amplitude_m: f64, noise_m: f64) -> Self {
        Self {
            points: stations(),
            travelling: Travelling::default(),
            fields: BTreeMap::new(),
            amplitude_m,
            noise_m,
            azimuth_deg: 140.0,
            speed_m_s: 150.0,
        }
    }

    fn number(&self) -> WaveVector {
        let (sin, cos) = self.azimuth_deg.to_radians().sin_cos();
        let number = std::f64::consts::TAU / 200e3;
        WaveVector { east_rad_m: number * sin, north_rad_m: number * cos }
    }

    fn second(&mut self, second: i64) {
        let time = GpsTime::from_nanos(0) + Interval::from_seconds(second);
        let (wave, number) = (self.number(), std::f64::consts::TAU / 200e3);
        for satellite_number in 0..SATELLITES {
            let from = pierced(satellite_number, second);
            let value = |(i, point): (u32, &PlanePoint)| {
                let place = PlanePoint {
                    east_m: point.east_m + from.east_m,
                    north_m: point.north_m + from.north_m,
                };
                let phase = wave.east_rad_m * place.east_m + wave.north_rad_m * place.north_m
                    - number * self.speed_m_s * second as f64;
                let seed = u32::try_from(second).unwrap() * 7_919 + 1_000 * satellite_number + i;
                Some(self.amplitude_m * phase.cos() + self.noise_m * 3f64.sqrt() * noise(seed))
            };
            let values_m = (0..).zip(&self.points).map(value).collect();
            let field = self
                .fields
                .entry(satellite(satellite_number))
                .or_insert_with(|| Field::new(Group::Gps, 1.0, 24, time));
            field.values_m = values_m;
        }
        if second % 60 == 0 {
            let at = |s: Satellite| Some(pierced(u32::from(s.number()) - 1, second));
            self.travelling.look(time, &self.fields, &self.points, at);
        }
        self.travelling.follow(time, &self.fields, &self.points);
    }

    fn run(&mut self, seconds: std::ops::Range<i64>) {
        for second in seconds {
            self.second(second);
        }
    }

    #[track_caller]
    fn check_velocity(&self) {
        let disturbance = self.travelling.disturbance().unwrap();
        let [east_m_s, north_m_s] = disturbance.velocity_m_s.unwrap();
        let (sin, cos) = self.azimuth_deg.to_radians().sin_cos();
        let apart = (east_m_s - self.speed_m_s * sin).hypot(north_m_s - self.speed_m_s * cos);
        assert!(apart < 0.1 * self.speed_m_s, "{disturbance:?}");
    }
}

#[test]
fn the_velocity_is_found_and_followed_as_it_turns() {
    let mut world = World::new(0.03, 0.004);
    world.run(0..600);
    world.check_velocity();
    for turn in 0..10 {
        world.azimuth_deg += 2.0;
        world.run(600 + 60 * turn..660 + 60 * turn);
    }
    let coherence = world.travelling.disturbance().unwrap().coherence;
    assert!(coherence > 0.9, "{coherence}");
    world.run(1_200..1_800);
    world.check_velocity();
}

#[test]
fn noise_quiet_air_and_storms_have_none() {
    for (amplitude_m, noise_m) in [(0.0, 0.02), (0.005, 0.004)] {
        let mut world = World::new(amplitude_m, noise_m);
        world.run(0..600);
        assert_eq!(world.travelling.disturbance(), None, "{amplitude_m} {noise_m}");
    }
    let mut storm = World::new(0.03, 0.004);
    storm.run(0..1);
    let until = GpsTime::from_nanos(0) + Interval::from_seconds(10_000);
    for field in storm.fields.values_mut().take(5) {
        field.restless_until = Some(until);
    }
    storm.run(1..600);
    assert_eq!(storm.travelling.disturbance(), None);
}

#[test]
fn a_wave_comes_and_goes_without_a_jump() {
    let mut world = World::new(0.03, 0.001);
    let covariance = Covariance::new(1e-3, 150e3, 1e-5).unwrap();
    let others: Vec<StationIndex> = (0..24).filter(|i| *i != 8).map(StationIndex).collect();
    let weights = Weights::solve(&world.points, &others, world.points[8], &covariance).unwrap();
    let mut told: Vec<f64> = Vec::new();
    let mut shares: Vec<f64> = Vec::new();
    for second in 0..900 {
        // Once it is gone, 5 mm are left.
        if second == 450 {
            world.amplitude_m = 0.005;
        }
        world.second(second);
        let (missed_m, _) =
            world.travelling.missed(satellite(3), 8, &weights, &world.points).unwrap_or_default();
        told.push(missed_m);
        shares.push(world.travelling.of(satellite(3)).map_or(0.0, |wave| wave.share));
    }
    // Two looks, then two minutes.
    assert!(shares[59] <= 0.0 && (shares[181] - 1.0).abs() < 1e-9, "{:?}", &shares[55..190]);
    assert!(told.iter().any(|missed_m| missed_m.abs() > 0.003));
    for (second, pair) in shares.windows(2).enumerate() {
        assert!((pair[1] - pair[0]).abs() <= 1.0 / FADE_S + 1e-9, "{second}: {pair:?}");
    }
    for (second, pair) in told.windows(2).enumerate().filter(|(second, _)| *second != 449) {
        // Weights miss a fifth of the wave: noise of 1 mm, and a look's refinement.
        assert!((pair[1] - pair[0]).abs() < 0.001, "{second}: {pair:?}");
    }
    assert!(shares[899] <= 0.0 && world.travelling.disturbance().is_none());
    assert!(world.travelling.waves.is_empty(), "nothing is kept of it");
}

#[test]
fn a_satellite_that_few_stations_tell_fades_and_is_forgotten() {
    let mut world = World::new(0.03, 0.004);
    world.run(0..240);
    assert!(world.travelling.of(satellite(0)).is_some_and(|wave| wave.share > 0.99));
    let points = world.points.clone();
    for second in 240..420 {
        world.fields.remove(&satellite(1));
        let time = GpsTime::from_nanos(0) + Interval::from_seconds(second);
        let field = world.fields.get_mut(&satellite(0)).unwrap();
        field.values_m[8..].fill(None);
        world.travelling.follow(time, &world.fields, &points);
        let share = world.travelling.of(satellite(0)).map_or(0.0, |wave| wave.share);
        let wanted = (1.0 - (second - 239) as f64 / FADE_S).max(0.0);
        assert!((share - wanted).abs() < 1e-6, "{second}: {share}");
    }
    assert_eq!(world.travelling.of(satellite(0)), None);
    assert_eq!(world.travelling.of(satellite(1)), None);
    assert_eq!(world.travelling.waves.len(), 12);
}

#[test]
fn after_a_long_gap_it_comes_in_anew() {
    let mut world = World::new(0.03, 0.004);
    world.run(0..240);
    assert!(world.travelling.of(satellite(0)).is_some_and(|wave| wave.share > 0.99));
    world.second(600);
    let share = |world: &World| world.travelling.of(satellite(0)).map_or(0.0, |wave| wave.share);
    assert!(share(&world) < 1e-9);
    world.run(601..661);
    assert!((share(&world) - 60.0 / FADE_S).abs() < 1e-6, "{}", share(&world));
}
