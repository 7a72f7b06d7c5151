//! What a rover lives through, on a real baseline: a base that falls silent, a slow base, standing still, the same file twice.

#![expect(clippy::print_stdout, reason = "figures and skipped tests are told by name")]

/// As in `baseline/mod.rs`, without the judge.
mod baseline {
    #[path = "../baseline/data.rs"]
    pub(crate) mod data;
    #[path = "../baseline/receiver.rs"]
    pub(crate) mod receiver;
}

use baseline::data::{folder, store};
use baseline::receiver::{observations, reference_point};
use tianshu_gnss::ephemeris::store::EphemerisStore;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::time::gps::Interval;
use tianshu_positioning::rtk::config::{Motion, RtkConfig};
use tianshu_positioning::rtk::solution::{Solution, Status, Unsolved};
use tianshu_positioning::rtk::solver::Solver;

struct World {
    rover: Vec<ObsEpoch>,
    base: Vec<ObsEpoch>,
    ephemerides: EphemerisStore,
    config: RtkConfig,
}

/// 60 s at 1 Hz over 5.3 km.
fn fujisawa(test: &str) -> Option<World> {
    let dir = folder(test, "baseline-fujisawa")?;
    let (_, rover) = observations(&dir.join("SEPT078M1.21O"));
    let (header, base) = observations(&dir.join("3034078M1.21O"));
    let ephemerides = store(&[dir.join("SEPT078M.21P"), dir.join("30340780.21q")]);
    let config = RtkConfig::with_base(reference_point(&header));
    Some(World { rover, base, ephemerides, config })
}

impl World {
    /// Every epoch, with the base's epoch that `heard` lets through.
    fn run(&self, heard: impl Fn(usize) -> Option<usize>) -> Vec<Solution> {
        let mut solver = Solver::new(self.config.clone());
        let step = |(i, epoch)| {
            let base = heard(i).and_then(|i| self.base.get(i));
            solver.step(epoch, base, &self.ephemerides).expect("there is at least a single point")
        };
        self.rover.iter().enumerate().map(step).collect()
    }
}

#[test]
fn a_silent_base_costs_the_fix_until_it_is_back() {
    let Some(world) = fujisawa("a_silent_base_costs_the_fix_until_it_is_back") else { return };
    let told = world.run(|i| (!(20..30).contains(&i)).then_some(i));
    for (i, solution) in told.iter().enumerate() {
        let expected = if (20..30).contains(&i) { Status::Single } else { Status::Fixed };
        assert_eq!(solution.status, expected, "epoch {i}");
    }
}

#[test]
fn an_old_base_is_not_used() {
    let Some(world) = fujisawa("an_old_base_is_not_used") else { return };
    let told = world.run(|_| Some(0));
    let last = told.iter().rposition(|s| s.status != Status::Single);
    // 30 s is the configured age, and the first epoch has age zero.
    assert_eq!(last, Some(30));
}

#[test]
fn a_slow_base_serves_a_fast_rover() {
    let Some(world) = fujisawa("a_slow_base_serves_a_fast_rover") else { return };
    let reference = world.run(Some);
    let told = world.run(|i| Some(i / 10 * 10));
    let fixed = told.iter().filter(|s| s.status == Status::Fixed).count();
    let apart = told.iter().zip(&reference).map(|(a, b)| (a.position - b.position).norm_m());
    let worst = apart.fold(0.0, f64::max);
    println!("base every 10 s: {fixed} of {} fixed, at most {worst:.3} m from 1 s", told.len());
    assert!(fixed * 10 >= told.len() * 9, "{fixed} fixed");
    // Satellite clocks wander by some millimetres in ten seconds, ranges are computed for both moments.
    assert!(worst < 0.05, "{worst} m");
}

#[test]
fn standing_still_ends_where_moving_does_on_average() {
    let Some(mut world) = fujisawa("standing_still_ends_where_moving_does_on_average") else {
        return;
    };
    let moving = world.run(Some);
    world.config.motion = Motion::Static;
    let still = world.run(Some);
    let last = still.last().expect("a minute of epochs");
    let mean = moving.iter().map(|s| {
        (s.position - last.position).to_enu(last.position.to_geodetic(tianshu_gnss::coords::GRS80))
    });
    let n = moving.len() as f64;
    let sum = mean.fold([0.0; 3], |s, d| [s[0] + d.east_m, s[1] + d.north_m, s[2] + d.up_m]);
    let away = sum.map(|component| component / n);
    println!("static against the kinematic mean: {away:?} m");
    // Both are fixed; RTKLIB's static height of this minute is 8 mm above its kinematic mean likewise.
    assert!(away.iter().all(|component| component.abs() < 0.015), "{away:?}");
    assert_eq!(last.status, Status::Fixed);
    assert!(last.covariance_m2.trace() < moving.last().expect("as many").covariance_m2.trace());
}

#[test]
fn the_same_file_twice_gives_the_same_solutions() {
    let Some(world) = fujisawa("the_same_file_twice_gives_the_same_solutions") else { return };
    assert!(world.run(Some) == world.run(Some));
}

#[test]
fn an_epoch_of_the_past_is_refused() {
    let Some(world) = fujisawa("an_epoch_of_the_past_is_refused") else { return };
    let mut solver = Solver::new(world.config.clone());
    let mut step = |i: usize| solver.step(&world.rover[i], world.base.get(i), &world.ephemerides);
    assert!(step(5).is_ok());
    assert_eq!(step(5).err(), Some(Unsolved::NotLater));
    assert_eq!(step(4).err(), Some(Unsolved::NotLater));
    assert!(step(6).is_ok());
    let gap = world.rover[6].time - world.rover[5].time;
    assert_eq!(gap, Interval::from_seconds(1));
}
