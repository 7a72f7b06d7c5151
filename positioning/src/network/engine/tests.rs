//! Whole networks in simulated worlds, judged by the truth: integers, restarts, faults.

mod glonass;
mod noise;
mod travelling;

use std::collections::BTreeMap;
use std::sync::Arc;

use tianshu_gnss::coords::{Ecef, Enu, GRS80};
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_simulator::scenario::Scenario;
use tianshu_simulator::world::{SiteEpoch, WorldEpoch};

use crate::network::engine::{BadNetwork, Engine, StationConfig};
use crate::network::observed::{Group, ObservedSatellite};
use crate::network::snapshot::NetworkSnapshot;
use crate::network::testing::{TestNetwork, scenario, true_levels};
use crate::network::topology::StationIndex;
use crate::network::topology::keeper::StationHealth;
use crate::vrs::masters::Masters;
use crate::vrs::station::VirtualStation;

/// A world and the engine that listens to it.
struct Run {
    network: TestNetwork,
    engine: Engine,
    time: GpsTime,
    /// A station whose errors are so many times as large as the world makes them.
    noisy: Option<(usize, f64)>,
}

/// Nine of ten satellites of a station that was away are to be levelled again after this, s.
const AGAIN_MAX_S: i64 = 30;

type Measured = BTreeMap<StationIndex, Arc<ObsEpoch>>;

impl Run {
    /// So many stations 50 km apart; `place` says where the engine believes each to be.
    fn new(
        scenario: Scenario,
        stations: usize,
        seed: u64,
        place: impl Fn(usize, Ecef) -> Ecef,
    ) -> Self {
        let time = scenario.start;
        let network = TestNetwork::new(scenario, stations, 50.0, seed);
        let config = |(i, at): (usize, &Ecef)| StationConfig {
            name: format!("T{i:03}").parse().expect("a name"),
            place: place(i, *at),
            antenna: None,
        };
        let engine = Engine::new(network.places.iter().enumerate().map(config).collect());
        Self { network, engine: engine.expect("a network"), time, noisy: None }
    }

    /// One epoch later, with what `change` makes of what was measured.
    fn step(
        &mut self,
        every_s: i64,
        change: impl FnOnce(GpsTime, &mut Measured),
    ) -> (NetworkSnapshot, WorldEpoch, Measured) {
        self.time += Interval::from_seconds(every_s);
        for ephemeris in self.network.world.ephemerides(self.time) {
            self.engine.ephemeris(Arc::new(ephemeris));
        }
        let mut epoch = self.network.world.epoch(self.time);
        if let Some((station, by)) = self.noisy {
            epoch.stations[station].make_noisy(by);
        }
        let heard = |site: &SiteEpoch| site.observed.clone().filter(|_| site.linked);
        let mut measured: Measured = StationIndex::all()
            .zip(&epoch.stations)
            .filter_map(|(i, site)| Some((i, Arc::new(heard(site)?))))
            .collect();
        change(self.time, &mut measured);
        (self.engine.step(self.time, &measured), epoch, measured)
    }

    fn run(&mut self, epochs: usize, every_s: i64) -> (NetworkSnapshot, WorldEpoch, Measured) {
        let mut last = self.step(every_s, |_, _| {});
        for _ in 1..epochs {
            last = self.step(every_s, |_, _| {});
        }
        last
    }

    /// Levels that contradict the truth between neighbours, and how many levels there are.
    fn wrong(&self, epoch: &WorldEpoch) -> (usize, usize) {
        let mut off: BTreeMap<(StationIndex, Satellite, char), i64> = BTreeMap::new();
        for (station, site) in StationIndex::all().zip(&epoch.stations) {
            let Some((observed, truth)) = self.engine.observed(station).zip(site.truth.as_ref())
            else {
                continue;
            };
            for ((satellite, band), truth) in true_levels(observed, truth) {
                let level = self.engine.levels().level(station, (satellite, band));
                if let Some(level) = level.filter(|l| l.component == 0) {
                    off.insert((station, satellite, band), level.cycles - truth);
                }
            }
        }
        let mut wrong = 0;
        for edge in self.engine.shape.edges() {
            let mut steps: BTreeMap<(Group, char), Vec<i64>> = BTreeMap::new();
            for ((station, satellite, band), a) in &off {
                let other =
                    off.get(&(edge.to(), *satellite, *band)).filter(|_| *station == edge.from());
                let group = Group::of(*satellite).expect("a solved system");
                steps.entry((group, *band)).or_default().extend(other.map(|b| b - a));
            }
            for mut all in steps.into_values().filter(|all| !all.is_empty()) {
                all.sort_unstable();
                let middle = all[all.len() / 2];
                wrong += all.iter().filter(|s| **s != middle).count();
            }
        }
        (wrong, off.len())
    }
}

fn as_told(_: usize, place: Ecef) -> Ecef {
    place
}

fn share(snapshot: &NetworkSnapshot) -> f64 {
    let (all, levelled) = snapshot.resolved.total();
    levelled as f64 / all.max(1) as f64
}

#[test]
fn integers_are_right_and_the_same_in_every_run() {
    for (name, seed) in [("quiet", 11), ("anomaly", 12), ("storm", 13)] {
        let mut run = Run::new(scenario(name), 9, seed, as_told);
        let (snapshot, epoch, _) = run.run(150, 5);
        let (wrong, levels) = run.wrong(&epoch);
        println!(
            "{name}: {:.2} levelled, {wrong} edges wrong of {levels} levels",
            share(&snapshot)
        );
        // In a storm a wrong one may stand for a few seconds before it is withdrawn.
        let allowed = if name == "storm" { levels / 100 } else { 0 };
        assert!(wrong <= allowed, "{name}: {wrong} of {levels}");
        assert!(levels > 300 && (name == "storm" || share(&snapshot) > 0.7), "{name}: {levels}");
        let mut again = Run::new(scenario(name), 9, seed, as_told);
        let (same, _, _) = again.run(150, 5);
        assert_eq!(format!("{snapshot:?}"), format!("{same:?}"), "{name}");
    }
}

/// How many satellites the smooth ionosphere is told of between the first two stations.
fn foretold(run: &Run) -> usize {
    let seen = [0, 1].map(|i| run.engine.observed(StationIndex(i)).expect("a station"));
    let told = |s: &&ObservedSatellite| {
        run.engine.air.foretell(s.satellite, seen, &run.engine.points).is_some()
    };
    seen[0].satellites.iter().filter(told).count()
}

#[test]
fn a_cold_network_in_quiet_air_is_levelled_within_four_minutes() {
    let mut run = Run::new(scenario("quiet"), 9, 21, as_told);
    let (snapshot, epoch, _) = run.run(48, 5);
    let (wrong, levels) = run.wrong(&epoch);
    println!("{:.2} levelled, {wrong} edges wrong of {levels} levels", share(&snapshot));
    assert!(share(&snapshot) > 0.9, "{}", share(&snapshot));
    assert_eq!(wrong, 0);
    // What one satellite has met, others may meet: nothing is foretold for a while.
    assert!(foretold(&run) > 20, "{}", foretold(&run));
    let (satellite, _) = run.engine.fields.all().first_key_value().expect("a field");
    let (satellite, until) = (*satellite, run.time + Interval::from_seconds(12));
    run.engine.fields.disturb(satellite, until);
    run.step(5, |_, _| {});
    assert_eq!(foretold(&run), 0);
    run.run(3, 5);
    assert!(foretold(&run) > 20, "{}", foretold(&run));
}

#[test]
fn nothing_is_foretold_where_the_air_is_not_smooth() {
    for name in ["bubble", "storm"] {
        let mut run = Run::new(scenario(name), 9, 22, as_told);
        for _ in 0..60 {
            run.step(5, |_, _| {});
            assert_eq!(foretold(&run), 0, "{name} {:?}", run.time);
        }
        assert!(run.engine.fields.all().len() > 10, "{name}: something is levelled");
    }
}

#[test]
fn a_restart_goes_on_where_it_was() {
    let mut run = Run::new(scenario("quiet"), 9, 5, as_told);
    let (before, _, _) = run.run(150, 5);
    let text = run.engine.checkpoint();
    let stations = run.engine.stations().to_vec();
    // The world goes on for half a minute while nobody listens.
    for _ in 0..6 {
        run.time += Interval::from_seconds(5);
        run.network.world.epoch(run.time);
    }
    run.engine = Engine::new(stations.clone()).expect("the same network");
    run.engine.resume(&text).expect("its own checkpoint");
    let (after, epoch, _) = run.run(5, 1);
    let (wrong, _) = run.wrong(&epoch);
    println!("levelled before {:.3}, five seconds after {:.3}", share(&before), share(&after));
    assert!(share(&after) > 0.9 * share(&before));
    assert_eq!(wrong, 0);

    let mut fresh = Engine::new(stations).expect("the same network");
    for (bad, why) in [
        ("", "no network checkpoint"),
        ("tianshu-network-checkpoint 1\n", "ends"),
        ("tianshu-network-checkpoint 1\narc T000 G01\nend\n", "line 2"),
    ] {
        let told = fresh.resume(bad).expect_err("it is broken").to_string();
        assert!(told.contains(why), "{told}");
    }
}

/// The satellites above 15° that are levelled at a station: below it multipath takes its time.
fn levelled_high(run: &Run, snapshot: &NetworkSnapshot, station: StationIndex) -> Vec<Satellite> {
    let Some(observed) = run.engine.observed(station) else { return Vec::new() };
    let is_levelled = |s: &&ObservedSatellite| {
        let field = snapshot.satellites.get(&s.satellite);
        s.elevation_rad >= 15f64.to_radians()
            && field.is_some_and(|f| f.ionosphere_m[station.position()].is_some())
    };
    observed.satellites.iter().filter(is_levelled).map(|s| s.satellite).collect()
}

#[test]
fn a_station_that_was_away_is_levelled_again_by_its_neighbours() {
    let mut run = Run::new(scenario("quiet"), 9, 6, as_told);
    let (before, _, _) = run.run(150, 5);
    let all_before = before.stations[4].levelled;
    let before: Vec<Satellite> = levelled_high(&run, &before, StationIndex(4));
    // Twenty seconds without it: its arcs end, the network's shape stays.
    for _ in 0..20 {
        run.step(1, |_, measured| drop(measured.remove(&StationIndex(4))));
    }
    let mut again_after_s = None;
    for second in 1..=60 {
        let interrupted = |_: GpsTime, measured: &mut Measured| {
            let Some(epoch) = measured.get_mut(&StationIndex(4)).filter(|_| second == 1) else {
                return;
            };
            let mut seen = (**epoch).clone();
            for observation in &mut seen.observations {
                observation.lock_time = Some(std::time::Duration::ZERO);
            }
            *epoch = Arc::new(seen);
        };
        let (snapshot, epoch, _) = run.step(1, interrupted);
        let now = levelled_high(&run, &snapshot, StationIndex(4));
        let levelled = before.iter().filter(|s| now.contains(s)).count();
        if 10 * levelled >= 9 * before.len() && again_after_s.is_none() {
            again_after_s = Some(second);
            assert_eq!(run.wrong(&epoch).0, 0);
        }
        if second % 10 == 0 {
            let all = snapshot.stations[4].levelled;
            println!(
                "{second} s after its return {levelled} of {} satellites are levelled, with low ones {all} of {all_before}",
                before.len()
            );
        }
    }
    println!("levelled again after {again_after_s:?} s");
    assert!(again_after_s.is_some_and(|s| s <= AGAIN_MAX_S), "{again_after_s:?}");
}

/// Whether anything goes out that is wrong: virtual stations in the middle of triangles against what would be true there, L1 phase, m.
fn worst_m(run: &Run, snapshot: &NetworkSnapshot, epoch: &WorldEpoch, measured: &Measured) -> f64 {
    let setups: Vec<_> = run.engine.stations().iter().map(StationConfig::setup).collect();
    let snapshot = Arc::new(snapshot.clone());
    let mut worst = 0.0_f64;
    for triangle in snapshot.shape.triangles() {
        let corners = triangle.map(|s| run.network.places[s.position()].xyz());
        let middle = |axis: usize| corners.iter().map(|c| c[axis]).sum::<f64>() / 3.0;
        let place = Ecef::new(middle(0), middle(1), middle(2));
        let made = VirtualStation::new(place).step(&mut Masters::new(), &snapshot, |s| {
            Some((measured.get(&s)?.as_ref(), &setups[s.position()]))
        });
        let Some(made) = made else { continue };
        let Some(truth) = &epoch.stations[made.master.position()].truth else { continue };
        let mut errors: BTreeMap<Group, Vec<f64>> = BTreeMap::new();
        let mut zeros: BTreeMap<Group, f64> = BTreeMap::new();
        for link in run.network.world.links_at(place, 0.17, made.epoch.time) {
            let Some(group) = Group::of(link.satellite) else { continue };
            let band = group.bands().chars().next();
            let seen = made.epoch.observations.iter().find(|o| {
                o.satellite == link.satellite && Some(o.signal.band()) == band && o.phase.is_some()
            });
            let Some((seen, phase)) = seen.and_then(|o| Some((o, o.phase?))) else { continue };
            let Some(carrier) = seen.carrier() else { continue };
            let of = truth
                .channels
                .iter()
                .find(|c| c.satellite == link.satellite && c.signal == seen.signal);
            let Some(of) = of else { continue };
            let clean_m = link.range_m + link.troposphere_m
                - tianshu_gnss::constants::SPEED_OF_LIGHT * link.satellite_clock_s
                - tianshu_simulator::air::ionosphere::delay_m(link.slant_tecu, carrier);
            let noisy = tianshu_gnss::units::Metres(clean_m + of.phase_error_m);
            let cycles = phase.0 - of.phase_bias_cycles - noisy.in_cycles_of(carrier).0;
            let all = errors.entry(group).or_default();
            // A virtual phase has whole cycles of its own.
            let zero = *zeros.entry(group).or_insert(cycles);
            let apart = cycles - zero;
            all.push(tianshu_gnss::units::Cycles(apart - apart.round()).on(carrier).0);
        }
        for mut all in errors.into_values().filter(|all| all.len() > 2) {
            all.sort_by(f64::total_cmp);
            let median = all[all.len() / 2];
            worst = all.iter().fold(worst, |worst, e| worst.max((e - median).abs()));
        }
    }
    worst
}

/// The station that is wrong must be named by then, and nothing wrong go out at any time.
#[track_caller]
fn check_fault(
    what: &str,
    by: Enu,
    epochs: usize,
    change: impl Fn(GpsTime, &mut Measured),
    is_named: impl Fn(&NetworkSnapshot) -> bool,
) {
    let moved = |i: usize, place: Ecef| {
        if i != 4 {
            return place;
        }
        place + by.to_ecef(place.to_geodetic(GRS80))
    };
    let mut run = Run::new(scenario("quiet"), 9, 21, moved);
    let (mut worst, mut named_at) = (0.0_f64, None);
    for n in 0..epochs {
        let (snapshot, epoch, measured) = run.step(5, &change);
        if n % 6 == 5 {
            worst = worst.max(worst_m(&run, &snapshot, &epoch, &measured));
        }
        if named_at.is_none() && is_named(&snapshot) {
            named_at = Some(5 * (n + 1));
            println!("{what}: named after {} s: {:?}", 5 * (n + 1), snapshot.stations[4].doubt);
        }
    }
    println!("{what}: worst phase error sent {:.0} mm", 1e3 * worst);
    assert!(named_at.is_some(), "{what}: never named");
    assert!(worst < 0.12, "{what}: {worst} m");
}

#[test]
fn a_wrong_coordinate_is_named_and_nothing_wrong_goes_out() {
    let doubted = |s: &NetworkSnapshot| s.stations[4].doubt.is_some();
    for (east_m, epochs) in [(100.0, 60), (1.0, 140), (0.1, 240)] {
        let by = Enu { east_m, north_m: 0.0, up_m: 0.0 };
        check_fault(&format!("{east_m} m east"), by, epochs, |_, _| {}, doubted);
    }
}

#[test]
fn a_station_that_falls_silent_or_repeats_itself_is_down() {
    let none = Enu { east_m: 0.0, north_m: 0.0, up_m: 0.0 };
    let down = |s: &NetworkSnapshot| s.stations[4].health == StationHealth::Down;
    let gone = |time: GpsTime, measured: &mut Measured| {
        if time > scenario("quiet").start + Interval::from_seconds(300) {
            measured.retain(|station, _| station.0 % 2 == 1);
        }
    };
    check_fault("half the stations gone", none, 90, gone, down);
}

#[test]
fn signals_that_are_mixed_up_are_named() {
    let none = Enu { east_m: 0.0, north_m: 0.0, up_m: 0.0 };
    // Station 4 calls BDS-2's B2I B3I and the other way round.
    let swap = |_: GpsTime, measured: &mut Measured| {
        let Some(epoch) = measured.get_mut(&StationIndex(4)) else { return };
        let seen = epoch.observations.iter().map(|o| {
            let mut o = *o;
            let other = match o.signal.band() {
                '6' => '7',
                '7' => '6',
                _ => return o,
            };
            if o.satellite.is_beidou2() {
                o.signal =
                    tianshu_gnss::signal::Signal::new(o.satellite.constellation(), other, 'I')
                        .expect("B2I or B3I");
            }
            o
        });
        *epoch = Arc::new(ObsEpoch::new(epoch.time, seen.collect()));
    };
    let named = |s: &NetworkSnapshot| s.stations[4].breaking == [Group::BeiDou2];
    check_fault("B2I and B3I swapped", none, 120, swap, named);
}

#[test]
fn a_satellite_whose_clock_runs_away_is_withheld() {
    let none = Enu { east_m: 0.0, north_m: 0.0, up_m: 0.0 };
    let start = scenario("quiet").start;
    let runaway: Satellite = "E23".parse().expect("a satellite");
    // From the fifth minute on its clock gains 3 cm per second, which no ephemeris tells.
    let drift = move |time: GpsTime, measured: &mut Measured| {
        let late_m = 0.03 * ((time - start).seconds() - 300.0).max(0.0);
        for epoch in measured.values_mut() {
            let seen = epoch.observations.iter().map(|o| {
                let mut o = *o;
                if let Some(carrier) = o.carrier().filter(|_| o.satellite == runaway) {
                    o.code = o.code.map(|c| tianshu_gnss::units::Metres(c.0 + late_m));
                    if let Some(phase) = &mut o.phase {
                        phase.0 += tianshu_gnss::units::Metres(late_m).in_cycles_of(carrier).0;
                    }
                }
                o
            });
            *epoch = Arc::new(ObsEpoch::new(epoch.time, seen.collect()));
        }
    };
    let withheld = |s: &NetworkSnapshot| s.drifting.contains(&runaway);
    check_fault("a clock that runs away", none, 150, drift, withheld);
}

#[test]
fn a_network_must_make_sense() {
    let station = |name: &str| StationConfig {
        name: name.parse().expect("a name"),
        place: Ecef::new(-2e6, 5.5e6, 2.5e6),
        antenna: None,
    };
    assert_eq!(Engine::new(vec![]).err(), Some(BadNetwork::Empty));
    let twice = Engine::new(vec![station("A"), station("A")]).err();
    assert!(matches!(twice, Some(BadNetwork::Twice(_))), "{twice:?}");
}
