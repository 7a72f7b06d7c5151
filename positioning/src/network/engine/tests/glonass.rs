//! GLONASS in whole networks of receivers of unlike makes, judged by the truth.

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::glonass_bias::GlonassBiases;

use super::*;

/// What a simulated station tells in its 1230.
fn told(run: &Run, station: StationIndex) -> GlonassBiases {
    run.network.world.stated(station.position()).expect("a station").glonass_biases()
}

/// A network whose stations tell their biases, those of `but` aside.
fn telling(name: &str, stations: usize, seed: u64, but: &[u16]) -> Run {
    let mut run = Run::new(scenario(name), stations, seed, as_told);
    for station in StationIndex::all().take(stations).filter(|s| !but.contains(&s.0)) {
        let biases = told(&run, station);
        run.engine.set_glonass_biases(station, Some(biases));
    }
    run
}

/// Levels of GLONASS at a station.
fn levels_of(run: &Run, station: StationIndex) -> usize {
    let is_glonass = |s: Satellite| s.constellation() == Constellation::Glonass;
    run.engine.levels().iter().filter(|(of, (s, _), _)| *of == station && is_glonass(*s)).count()
}

fn glonass_share(snapshot: &NetworkSnapshot) -> (usize, f64) {
    let (all, levelled) =
        snapshot.resolved.by_group.get(&Group::Glonass).copied().unwrap_or((0, 0));
    (all, levelled as f64 / all.max(1) as f64)
}

#[test]
fn whole_cycles_are_right_between_receivers_of_unlike_makes() {
    for (name, seed) in [("quiet", 21), ("anomaly", 22)] {
        let mut run = telling(name, 4, seed, &[]);
        let biases: Vec<_> = StationIndex::all().take(4).map(|s| told(&run, s)).collect();
        assert!(biases.iter().any(|b| *b != biases[0]), "makes are unlike");
        let (snapshot, epoch, _) = run.run(180, 5);
        let (wrong, levels) = run.wrong(&epoch);
        let (all, share) = glonass_share(&snapshot);
        println!("{name}: {share:.2} of {all} levelled, {wrong} wrong of {levels}");
        assert_eq!(wrong, 0, "{name}");
        // Where the ionosphere is steep its codes do not tell enough of it: nothing is better than something wrong.
        if name == "quiet" {
            assert!(all >= 40 && share > 0.7, "{name}: {share:.2} of {all}");
            let mut told = snapshot.satellites.keys();
            assert!(told.any(|s| s.constellation() == Constellation::Glonass));
        }
        let mut again = telling(name, 4, seed, &[]);
        let (same, _, _) = again.run(180, 5);
        assert_eq!(format!("{snapshot:?}"), format!("{same:?}"), "{name}");
    }
}

#[test]
fn a_station_that_tells_no_bias_takes_no_part() {
    let mut run = telling("quiet", 5, 23, &[2]);
    let (snapshot, epoch, _) = run.run(180, 5);
    assert_eq!(levels_of(&run, StationIndex(2)), 0);
    assert_eq!(snapshot.stations[2].glonass_biases, None);
    let others: Vec<_> = [0, 1, 3, 4].map(|s| levels_of(&run, StationIndex(s))).into();
    assert!(others.iter().all(|count| *count > 6), "{others:?}");
    assert_eq!(run.wrong(&epoch).0, 0);
    // It is no worse a station for that: the others' satellites are all levelled there.
    assert!(snapshot.stations[2].levelled + 3 >= snapshot.stations[1].levelled);
}

#[test]
fn without_biases_glonass_is_not_solved_at_all() {
    let mut run = Run::new(scenario("quiet"), 4, 24, as_told);
    let (snapshot, _, _) = run.run(60, 5);
    assert_eq!(glonass_share(&snapshot).0, 0);
    assert!(StationIndex::all().take(4).all(|s| levels_of(&run, s) == 0));
}

#[test]
fn another_bias_begins_glonass_anew_and_nothing_else() {
    let mut run = telling("quiet", 4, 21, &[]);
    let (before, _, _) = run.run(180, 5);
    let of_others = |run: &Run| {
        let all = run.engine.levels().iter();
        all.filter(|(_, (s, _), _)| s.constellation() != Constellation::Glonass).count()
    };
    let others = of_others(&run);
    let by_levels = StationIndex::all().take(4).max_by_key(|station| levels_of(&run, *station));
    let station = by_levels.expect("four stations");
    let had = levels_of(&run, station);
    run.engine.set_glonass_biases(station, Some(GlonassBiases::aligned()));
    run.step(5, |_, _| {});
    assert!(had > 6 && levels_of(&run, station) == 0, "{had}");
    assert!(of_others(&run) + 8 >= others, "{others}");
    assert!(glonass_share(&before).1 > 0.7);
}

#[test]
fn a_restart_goes_on_with_glonass_too() {
    let mut run = telling("quiet", 4, 21, &[]);
    let (before, _, _) = run.run(180, 5);
    let text = run.engine.checkpoint();
    assert!(text.lines().any(|line| line.starts_with("glonass T001 ")));
    let stations = run.engine.stations().to_vec();
    for _ in 0..3 {
        run.time += Interval::from_seconds(5);
        run.network.world.epoch(run.time);
    }
    run.engine = Engine::new(stations).expect("the same network");
    run.engine.resume(&text).expect("its own checkpoint");
    for station in StationIndex::all().take(4) {
        let biases = told(&run, station);
        run.engine.set_glonass_biases(station, Some(biases));
    }
    let (after, epoch, _) = run.run(3, 5);
    let ((_, share_before), (_, share_after)) = (glonass_share(&before), glonass_share(&after));
    assert!(share_after > 0.9 * share_before, "{share_before:.2} {share_after:.2}");
    assert_eq!(run.wrong(&epoch).0, 0);
    let cut = text.replace("glonass T001 ", "glonass T001 - ");
    assert!(Engine::new(run.engine.stations().to_vec()).expect("a network").resume(&cut).is_err());
}
