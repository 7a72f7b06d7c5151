//! Virtual stations in simulated networks: no change behind them is seen in their phases.

mod glonass;
mod moving;

use std::collections::BTreeMap;
use std::sync::Arc;

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::units::{Cycles, Metres};
use tianshu_simulator::world::WorldEpoch;

use crate::network::engine::{Engine, StationConfig};
use crate::network::observed::Group;
use crate::network::preprocess::StationSetup;
use crate::network::snapshot::NetworkSnapshot;
use crate::network::testing::{TestNetwork, scenario};
use crate::network::topology::StationIndex;
use crate::vrs::masters::Masters;
use crate::vrs::station::{VirtualEpoch, VirtualStation};

type Measured = BTreeMap<StationIndex, Arc<ObsEpoch>>;
type Key = (Satellite, Signal);

/// A simulated network, its engine, and a virtual station in the middle of it.
#[derive(Clone)]
struct Service {
    engine: Engine,
    masters: Masters,
    virtual_station: VirtualStation,
    setups: Vec<StationSetup>,
}

struct World {
    network: TestNetwork,
    time: GpsTime,
    place: Ecef,
    /// A station that is not heard.
    away: Option<StationIndex>,
}

/// How far nine of ten phases may move against the truth when something changes behind them, m.
const MOVE_MAX_M: f64 = 0.005;
/// The same where the ionosphere is steep and a station less tells less of it, m.
const STEEP_MOVE_MAX_M: f64 = 0.008;
/// The same where the receiver itself is another one, m: its multipath and noise are let in.
const MASTERS_MOVE_MAX_M: f64 = 0.009;
/// Satellites above this elevation are looked at, rad: 25°. Lower ones have centimetres of noise of their own.
const ELEVATION_MIN_RAD: f64 = 0.436;
/// For so long a station that is added is watched while it joins, s: until its phases are levelled.
const JOINING_S: usize = 300;
/// Epochs that are looked at on either side of a change.
const AROUND: usize = 20;
/// Epochs of which the mean is taken there.
const MEAN: usize = 10;

impl World {
    fn new(name: &str, seed: u64) -> (Self, Service) {
        let scenario = scenario(name);
        let time = scenario.start;
        let network = TestNetwork::new(scenario, 9, 50.0, seed);
        let config = |(i, at): (usize, &Ecef)| StationConfig {
            name: format!("T{i:03}").parse().expect("a name"),
            place: *at,
            antenna: None,
        };
        let engine = Engine::new(network.places.iter().enumerate().map(config).collect());
        let engine = engine.expect("a network");
        let setups = engine.stations().iter().map(StationConfig::setup).collect();
        // Between the station in the middle and its neighbours.
        let [a, b, c] = [4, 5, 7].map(|i: usize| network.places[i].xyz());
        let middle = |axis: usize| 0.45 * a[axis] + 0.30 * b[axis] + 0.25 * c[axis];
        let place = Ecef::new(middle(0), middle(1), middle(2));
        let virtual_station = VirtualStation::new(place);
        let masters = Masters::new();
        (
            Self { network, time, place, away: None },
            Service { engine, masters, virtual_station, setups },
        )
    }

    fn next(&mut self, every_s: i64) -> (WorldEpoch, Measured) {
        self.time += Interval::from_seconds(every_s);
        let epoch = self.network.world.epoch(self.time);
        let heard = StationIndex::all().zip(&epoch.stations).filter(|(_, site)| site.linked);
        let heard = heard.filter(|(i, _)| Some(*i) != self.away);
        let measured =
            heard.filter_map(|(i, site)| Some((i, Arc::new(site.observed.clone()?)))).collect();
        (epoch, measured)
    }
}

impl Service {
    fn hear(&mut self, world: &World) {
        for ephemeris in world.network.world.ephemerides(world.time) {
            self.engine.ephemeris(Arc::new(ephemeris));
        }
    }

    fn step(
        &mut self,
        time: GpsTime,
        measured: &Measured,
    ) -> (Arc<NetworkSnapshot>, Option<VirtualEpoch>) {
        let snapshot = Arc::new(self.engine.step(time, measured));
        let setups = &self.setups;
        // As in the service, where every station's epoch is made ready.
        for (station, epoch) in measured {
            self.masters.prepare(&snapshot, *station, epoch, &setups[station.position()]);
        }
        let made = self.virtual_station.step(&mut self.masters, &snapshot, |s| {
            Some((measured.get(&s)?.as_ref(), &setups[s.position()]))
        });
        (snapshot, made)
    }

    /// Runs until the network has settled, every 5 s.
    fn settle(&mut self, world: &mut World, epochs: usize) {
        for _ in 0..epochs {
            let (_, measured) = world.next(5);
            self.hear(world);
            self.step(world.time, &measured);
        }
    }
}

/// Virtual phases less the truth, m, against the median of their group and carrier.
fn errors_m(world: &World, epoch: &WorldEpoch, made: &VirtualEpoch) -> BTreeMap<Key, f64> {
    let truth = epoch.stations[made.master.position()].truth.as_ref().expect("powered");
    let mut errors = BTreeMap::new();
    for link in world.network.world.links_at(world.place, ELEVATION_MIN_RAD, made.epoch.time) {
        let of = made.epoch.observations.iter().filter(|o| o.satellite == link.satellite);
        for seen in of {
            let Some((phase, carrier)) = seen.phase.zip(seen.carrier()) else { continue };
            let channel = truth
                .channels
                .iter()
                .find(|c| c.satellite == link.satellite && c.signal == seen.signal)
                .expect("what was displaced was measured");
            let clean_m = link.range_m + link.troposphere_m
                - SPEED_OF_LIGHT * link.satellite_clock_s
                - tianshu_simulator::air::ionosphere::delay_m(link.slant_tecu, carrier);
            let clean = Metres(clean_m).in_cycles_of(carrier).0;
            let cycles = Cycles(phase.0 - channel.phase_bias_cycles - clean);
            errors.insert((link.satellite, seen.signal), cycles.on(carrier).0);
        }
    }
    against_medians(errors)
}

fn against_medians(errors: BTreeMap<Key, f64>) -> BTreeMap<Key, f64> {
    let mut all: BTreeMap<(Group, Signal), Vec<f64>> = BTreeMap::new();
    let key = |(satellite, signal): &Key| (Group::of(*satellite).expect("solved"), *signal);
    for (of, error) in &errors {
        all.entry(key(of)).or_default().push(*error);
    }
    let middle = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let medians: BTreeMap<_, f64> = all.into_iter().map(|(of, v)| (of, middle(v))).collect();
    errors.into_iter().map(|(of, error)| (of, error - medians[&key(&of)])).collect()
}

/// What a virtual station tells over a change: nothing of it may be seen.
struct Watched {
    before: BTreeMap<Key, Vec<f64>>,
    after: BTreeMap<Key, Vec<f64>>,
    lock: BTreeMap<Key, std::time::Duration>,
    shrunk: Vec<Key>,
    silent: usize,
    masters: Vec<StationIndex>,
}

impl Watched {
    fn new() -> Self {
        Self {
            before: BTreeMap::new(),
            after: BTreeMap::new(),
            lock: BTreeMap::new(),
            shrunk: Vec::new(),
            silent: 0,
            masters: Vec::new(),
        }
    }

    fn look(
        &mut self,
        world: &World,
        epoch: &WorldEpoch,
        made: Option<&VirtualEpoch>,
        is_after: bool,
    ) {
        let Some(made) = made else {
            self.silent += 1;
            return;
        };
        self.masters.push(made.master);
        for (key, error) in errors_m(world, epoch, made) {
            let side = if is_after { &mut self.after } else { &mut self.before };
            side.entry(key).or_default().push(error);
        }
        for seen in made.epoch.observations.iter().filter(|o| o.phase.is_some()) {
            let key = (seen.satellite, seen.signal);
            let lock = seen.lock_time.expect("a virtual station knows its lock times");
            if self.lock.insert(key, lock).is_some_and(|before| lock <= before) {
                self.shrunk.push(key);
            }
        }
    }

    /// Moves of the mean error over the change, m, from small to large.
    fn moves_m(&self) -> Vec<f64> {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let both = self.before.iter().filter_map(|(key, before)| {
            let after = self.after.get(key)?;
            let (before, after) = (before.last_chunk::<MEAN>()?, after.first_chunk::<MEAN>()?);
            Some((mean(after) - mean(before)).abs())
        });
        let mut moves: Vec<f64> = both.collect();
        moves.sort_by(f64::total_cmp);
        moves
    }

    /// Nothing may be seen of the change: nine of ten phases move by less than that, which their own noise does too.
    #[track_caller]
    fn check(&self, what: &str, most_m: f64) {
        let moves = self.moves_m();
        let (half, most) = (moves[moves.len() / 2], moves[moves.len() * 9 / 10]);
        println!(
            "{what}: of {} phases half move by less than {:.1} mm, nine of ten by {:.1}, all by {:.1}",
            moves.len(),
            1e3 * half,
            1e3 * most,
            1e3 * moves.last().expect("phases"),
        );
        assert!(moves.len() > 40, "{}", moves.len());
        assert!(most < most_m, "{most}");
        assert!(self.shrunk.is_empty(), "{:?}", self.shrunk);
        assert_eq!(self.silent, 0);
    }
}

/// Watches over a change at the middle of the time; `change` is given what the stations measured from then on.
fn watch(
    world: &mut World,
    service: &mut Service,
    mut change: impl FnMut(&mut Service, &mut Measured),
) -> Watched {
    let mut watched = Watched::new();
    for second in 0..2 * AROUND {
        let (epoch, mut measured) = world.next(1);
        service.hear(world);
        let is_after = second >= AROUND;
        if is_after {
            change(service, &mut measured);
        }
        let (_, made) = service.step(world.time, &measured);
        watched.look(world, &epoch, made.as_ref(), is_after);
    }
    watched
}

#[test]
fn a_masters_end_is_not_seen() {
    let (mut world, mut service) = World::new("quiet", 3);
    service.settle(&mut world, 200);
    let master = service.virtual_station.master().expect("a master");
    let watched = watch(&mut world, &mut service, |_, measured| {
        measured.remove(&master);
    });
    watched.check("the master's end", MASTERS_MOVE_MAX_M);
    assert!(watched.masters.iter().any(|m| *m != master) && watched.masters[0] == master);
}

#[test]
fn the_end_of_any_station_is_not_seen() {
    let (mut world, mut service) = World::new("anomaly", 4);
    service.settle(&mut world, 200);
    let master = service.virtual_station.master().expect("a master");
    // The root is the first station of the network's tree, whichever that is; all but the master go one after the other.
    for station in (0..9).map(StationIndex).filter(|s| *s != master).step_by(3) {
        let watched = watch(&mut world, &mut service, |_, measured| {
            measured.remove(&station);
        });
        watched.check(&format!("the end of station {}", station.0), STEEP_MOVE_MAX_M);
        service.settle(&mut world, 30);
    }
}

#[test]
fn a_station_that_is_added_is_not_seen() {
    let (mut world, mut service) = World::new("quiet", 8);
    let added = StationIndex(5);
    world.away = Some(added);
    // 16 minutes without it.
    service.settle(&mut world, 200);
    world.away = None;
    let mut watched = Watched::new();
    let mut joined: BTreeMap<Satellite, usize> = BTreeMap::new();
    let mut told: BTreeMap<Key, BTreeMap<usize, f64>> = BTreeMap::new();
    for second in 0..JOINING_S {
        let (epoch, measured) = world.next(1);
        service.hear(&world);
        let (snapshot, made) = service.step(world.time, &measured);
        for (satellite, field) in &snapshot.satellites {
            if field.ionosphere_m[added.position()].is_some() {
                joined.entry(*satellite).or_insert(second);
            }
        }
        watched.look(&world, &epoch, made.as_ref(), false);
        for (key, error) in made.iter().flat_map(|made| errors_m(&world, &epoch, made)) {
            told.entry(key).or_default().insert(second, error);
        }
    }
    // It joins satellite by satellite, as its phases are levelled.
    (watched.before, watched.after) = (BTreeMap::new(), BTreeMap::new());
    for (key, told) in told {
        let Some(&at) = joined.get(&key.0).filter(|at| **at >= MEAN) else { continue };
        let of = |seconds| told.range(seconds).map(|(_, error): (&usize, &f64)| *error).collect();
        watched.before.insert(key, of(at - MEAN..at));
        watched.after.insert(key, of(at..at + MEAN));
    }
    let (first, last) = (joined.values().min(), joined.values().max());
    println!("{} satellites joined, {first:?} to {last:?} s after the station came", joined.len());
    watched.check("a station that is added", MOVE_MAX_M);
}

#[test]
fn levels_that_are_told_anew_change_no_bit() {
    let (mut world, mut service) = World::new("quiet", 5);
    // From now on no satellite is levelled for the first time, whose whole number is anybody's choice.
    service.settle(&mut world, 150);
    let mut other = service.clone();
    // Other roots, other pivots, other sets: levels may be shifted by any number of each station's carrier and each satellite's.
    other.engine.shift_levels(
        |station, band| 1_000 * i64::from(station.0) - 7 * i64::from(band as u32),
        |satellite, band| 31 * i64::from(satellite.number()) + i64::from(band as u32),
    );
    let mut told = 0;
    for _ in 0..30 {
        let (_, measured) = world.next(1);
        for service in [&mut service, &mut other] {
            service.hear(&world);
        }
        let (_, made) = service.step(world.time, &measured);
        let (_, same) = other.step(world.time, &measured);
        assert_eq!(made, same);
        told += made.map_or(0, |made| made.epoch.observations.len());
    }
    assert!(told > 1_000, "{told}");
}

#[test]
fn another_ephemeris_is_not_seen() {
    let (mut world, mut service) = World::new("quiet", 6);
    service.settle(&mut world, 200);
    // Until a satellite's next ephemeris is used.
    let issues = |snapshot: &NetworkSnapshot| -> BTreeMap<Satellite, u16> {
        snapshot.satellites.iter().map(|(s, field)| (*s, field.ephemeris.issue())).collect()
    };
    let mut watched = Watched::new();
    let mut recent: Vec<(WorldEpoch, Option<VirtualEpoch>)> = Vec::new();
    let mut before: Option<BTreeMap<Satellite, u16>> = None;
    let mut changed_at = None;
    for second in 0..7_200 {
        let (epoch, measured) = world.next(1);
        service.hear(&world);
        let (snapshot, made) = service.step(world.time, &measured);
        let now = issues(&snapshot);
        let is_changed = before.as_ref().is_some_and(|before| {
            now.iter().filter(|(s, issue)| before.get(s).is_some_and(|b| b != *issue)).count() > 0
        });
        before = Some(now);
        if is_changed && second > 30 && changed_at.is_none() {
            changed_at = Some(second);
            for (epoch, made) in recent.iter().rev().take(AROUND).rev() {
                watched.look(&world, epoch, made.as_ref(), false);
            }
        }
        match changed_at {
            Some(at) if second < at + i32::try_from(AROUND).expect("small") => {
                watched.look(&world, &epoch, made.as_ref(), true);
            }
            Some(_) => break,
            None => {
                recent.push((epoch, made));
                if recent.len() > AROUND {
                    recent.remove(0);
                }
            }
        }
    }
    assert!(changed_at.is_some(), "no satellite got another ephemeris");
    watched.check("another ephemeris", MOVE_MAX_M);
}

#[test]
fn what_the_network_knew_a_second_ago_tells_nearly_the_same() {
    let (mut world, mut service) = World::new("anomaly", 7);
    service.settle(&mut world, 200);
    let (_, measured) = world.next(1);
    service.hear(&world);
    let (mut snapshot, _) = service.step(world.time, &measured);
    let mut late = service.virtual_station.clone();
    let mut late_masters = service.masters.clone();
    let mut worst = 0.0_f64;
    for _ in 0..30 {
        let (epoch, measured) = world.next(1);
        service.hear(&world);
        let master = service.virtual_station.master().expect("a master");
        let setup = &service.setups[master.position()];
        let ready = late_masters.prepare(&snapshot, master, &measured[&master], setup);
        let early = late.observe(&ready.expect("ready")).expect("told");
        let (now, made) = service.step(world.time, &measured);
        let made = made.expect("told");
        let (a, b) = (errors_m(&world, &epoch, &early), errors_m(&world, &epoch, &made));
        let apart = a.iter().filter_map(|(key, a)| Some((a - b.get(key)?).abs()));
        worst = apart.fold(worst, f64::max);
        snapshot = now;
    }
    println!("a second ago: at most {:.1} mm apart", 1e3 * worst);
    assert!(worst < 0.02, "{worst}");
}

/// RTKLIB takes a step between two carriers of one satellite for a slip from this on, m (`pos2-slipthres`).
const SLIP_M: f64 = 0.05;

#[test]
fn no_carrier_steps_against_another_while_satellites_come_and_get_other_ephemerides() {
    let (mut world, mut service) = World::new("quiet", 2);
    let mut last: BTreeMap<Key, f64> = BTreeMap::new();
    let (mut worst, mut compared, mut issues) = (0.0_f64, 0, BTreeMap::new());
    let mut renewed = 0;
    // Cold, while satellite after satellite is levelled, and beyond the first quarter of an hour, in which Galileo's are renewed once.
    for _ in 0..200 {
        let (_, measured) = world.next(5);
        service.hear(&world);
        let (snapshot, made) = service.step(world.time, &measured);
        for (satellite, field) in &snapshot.satellites {
            let issue = field.ephemeris.issue();
            renewed += usize::from(issues.insert(*satellite, issue).is_some_and(|of| of != issue));
        }
        let mut now: BTreeMap<Key, f64> = BTreeMap::new();
        for seen in made.iter().flat_map(|made| &made.epoch.observations) {
            let Some((phase, carrier)) = seen.phase.zip(seen.carrier()) else { continue };
            now.insert((seen.satellite, seen.signal), phase.on(carrier).0);
        }
        let mut steps: BTreeMap<(Group, Signal, Signal), Vec<f64>> = BTreeMap::new();
        for ((satellite, a), of_a) in &now {
            for ((_, b), of_b) in
                now.range((*satellite, *a)..).take_while(|((s, _), _)| s == satellite)
            {
                let before = last.get(&(*satellite, *a)).zip(last.get(&(*satellite, *b)));
                let Some((before_a, before_b)) = before.filter(|_| a != b) else { continue };
                let group = Group::of(*satellite).expect("solved");
                let step_m = (of_a - of_b) - (before_a - before_b);
                steps.entry((group, *a, *b)).or_default().push(step_m);
            }
        }
        for ((group, a, b), mut steps) in steps {
            if steps.len() < 3 {
                continue;
            }
            steps.sort_by(f64::total_cmp);
            let step_m = steps[steps.len() / 2];
            assert!(step_m.abs() < SLIP_M, "{group:?} {a} {b}: {step_m} m at {}", world.time);
            worst = worst.max(step_m.abs());
            compared += 1;
        }
        last = now;
    }
    println!("carriers against each other: {:.1} mm at most, {renewed} renewed", 1e3 * worst);
    assert!(compared > 1_000 && renewed > 5, "{compared} {renewed}");
}
