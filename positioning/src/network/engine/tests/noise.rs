//! Networks with a station among trees: who is noisy is found, and nobody else is taken for it.

use super::*;
use crate::network::noise::NoiseFactors;
use crate::network::plane::PlanePoint;
use crate::vrs::choice::MasterChoice;

/// How noisy each station is found to be.
fn factors(run: &Run) -> &[NoiseFactors] {
    run.engine.noise.factors()
}

/// The largest factor of any of a station's phases and codes.
fn largest(factors: &NoiseFactors) -> f64 {
    let of_group = |group: Group| {
        let codes = group.bands().chars().map(move |band| factors.code(group, band));
        codes.fold(factors.phase(group), f64::max)
    };
    Group::ALL.into_iter().map(of_group).fold(1.0, f64::max)
}

#[test]
fn a_noisy_station_is_found_and_its_neighbours_are_not_taken_for_it() {
    let mut run = Run::new(scenario("quiet"), 9, 31, as_told);
    // The one in the middle, which everybody has for a neighbour.
    run.noisy = Some((4, 3.0));
    let mut found_s = None;
    for second in (5..=1_500).step_by(5) {
        run.step(5, |_, _| {});
        let middle = &factors(&run)[4];
        if middle.phases() > 1.5 && middle.codes() > 1.8 && found_s.is_none() {
            found_s = Some(second);
        }
    }
    for (station, of) in factors(&run).iter().enumerate() {
        let (phases, codes, largest) = (of.phases(), of.codes(), largest(of));
        println!("{station}: phases {phases:.2} codes {codes:.2} at most {largest:.2}");
    }
    println!("found after {found_s:?} s, {:?}", run.engine.integrity.doubt(StationIndex(4)));
    assert!(found_s.is_some_and(|s| s <= 600), "{found_s:?}");
    for (station, of) in factors(&run).iter().enumerate() {
        if station == 4 {
            // Phases that shake from epoch to epoch are given larger sigmas in preprocessing already.
            assert!((1.5..3.6).contains(&of.phases()) && (2.2..3.6).contains(&of.codes()));
            continue;
        }
        assert!(of.phases() < 1.05 && of.codes() < 1.05 && largest(of) < 1.3, "{station}: {of:?}");
    }
    let (snapshot, epoch, _) = run.step(5, |_, _| {});
    assert_eq!(run.wrong(&epoch).0, 0);
    // Halfway to a neighbour it is nobody's master, and beside itself it is.
    let [middle, other] = [4, 3].map(|s| snapshot.points[s]);
    let between = |share: f64| PlanePoint {
        east_m: middle.east_m + share * (other.east_m - middle.east_m),
        north_m: middle.north_m + share * (other.north_m - middle.north_m),
    };
    let master = |share| {
        let choice = &mut MasterChoice::default();
        choice.choose(&snapshot, between(share), snapshot.time, |_| true).expect("stations")
    };
    assert_eq!(master(0.4), StationIndex(3));
    assert_eq!(master(0.1), StationIndex(4));
}

#[test]
fn no_storm_and_no_travelling_wave_makes_a_station_noisy() {
    for name in ["storm", "tid", "anomaly"] {
        let mut run = Run::new(scenario(name), 9, 32, as_told);
        run.run(240, 5);
        let all: Vec<String> = factors(&run)
            .iter()
            .map(|of| format!("{:.2}/{:.2}/{:.2}", of.phases(), of.codes(), largest(of)))
            .collect();
        println!("{name}: {}", all.join(" "));
        for (station, of) in factors(&run).iter().enumerate() {
            assert!(of.phases() < 1.1 && of.codes() < 1.1, "{name}, {station}: {of:?}");
        }
    }
}

#[test]
fn what_was_learnt_outlasts_a_restart_and_an_older_checkpoint_is_read() {
    let mut run = Run::new(scenario("quiet"), 9, 33, as_told);
    run.noisy = Some((4, 3.0));
    run.run(150, 5);
    let text = run.engine.checkpoint();
    let mut again = Engine::new(run.engine.stations().to_vec()).expect("the same network");
    again.resume(&text).expect("its own checkpoint");
    assert!(factors(&run)[4].codes() > 1.8, "{:?}", factors(&run)[4]);
    assert_eq!(again.noise.factors(), factors(&run));
    let is_other = |line: &&str| !line.starts_with("noise ");
    let older: Vec<&str> = text.lines().filter(is_other).collect();
    let mut older_one = Engine::new(run.engine.stations().to_vec()).expect("the same network");
    older_one.resume(&(older.join("\n") + "\n")).expect("a checkpoint of before");
    assert_eq!(older_one.noise.factors()[4], NoiseFactors::default());
    for bad in ["noise T004 Gps", "noise T004 Gps - x 1", "noise T004 Mars - 1 1"] {
        let text = format!("tianshu-network-checkpoint 1\n{bad}\nend\n");
        let told = older_one.resume(&text).expect_err("it is broken").to_string();
        assert!(told.contains("line 2"), "{told}");
    }
}
