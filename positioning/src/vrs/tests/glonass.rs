//! GLONASS of virtual stations: aligned phases, whole cycles, and nothing seen of a change of master.

use tianshu_gnss::constellation::Constellation;
use tianshu_simulator::air::ionosphere::delay_m;

use super::*;

/// A network whose stations tell their biases, those of `but` aside, settled for 16 minutes.
fn settled(seed: u64, but: &[u16]) -> (World, Service) {
    let (mut world, mut service) = World::new("quiet", seed);
    for station in StationIndex::all().take(9).filter(|station| !but.contains(&station.0)) {
        let stated = world.network.world.stated(station.position()).expect("a station");
        service.engine.set_glonass_biases(station, Some(stated.glonass_biases()));
    }
    service.settle(&mut world, 200);
    (world, service)
}

fn is_glonass(seen: &tianshu_gnss::observation::Observation) -> bool {
    seen.satellite.constellation() == Constellation::Glonass
}

/// What GLONASS phases of one band have beyond the truth when the clock is what the codes say, as a rover would have it without knowing of any
/// bias: cycles.
fn beyond_cycles(
    world: &World,
    epoch: &WorldEpoch,
    made: &VirtualEpoch,
    band: char,
) -> BTreeMap<Satellite, f64> {
    let master = made.master.position();
    let truth = epoch.stations[master].truth.as_ref().expect("powered");
    let stated = world.network.world.stated(master).expect("a station");
    // The simulator's own receivers: metres per channel (Sleewaegen et al. 2012).
    let slope_m = -stated.glonass_code_phase_bias_m * 0.5625 / 1602.0;
    let mut lines = Vec::new();
    for link in world.network.world.links_at(world.place, ELEVATION_MIN_RAD, made.epoch.time) {
        let own = |o: &&tianshu_gnss::observation::Observation| {
            o.satellite == link.satellite && o.signal.band() == band && is_glonass(o)
        };
        let Some(seen) = made.epoch.observations.iter().find(own) else { continue };
        let carrier = seen.carrier().expect("a channel");
        let of = |c: &&tianshu_simulator::truth::ChannelTruth| {
            c.satellite == link.satellite && c.signal == seen.signal
        };
        let channel = truth.channels.iter().find(of).expect("what was displaced was measured");
        let neutral_m = link.range_m + link.troposphere_m - SPEED_OF_LIGHT * link.satellite_clock_s;
        let air_m = delay_m(link.slant_tecu, carrier);
        let code_m = seen.code.expect("a code").0 - neutral_m - air_m;
        let by_make = slope_m * f64::from(seen.glonass_channel.expect("a channel"));
        let by_make = Metres(by_make).in_cycles_of(carrier).0;
        let clean = Metres(neutral_m - air_m).in_cycles_of(carrier).0;
        let own = seen.phase.expect("a phase").0 - clean - (channel.phase_bias_cycles - by_make);
        lines.push((link.satellite, carrier, code_m, own));
    }
    let clock_m = lines.iter().map(|line| line.2).sum::<f64>() / lines.len() as f64;
    let beyond = |(satellite, carrier, _, own)| {
        let cycles: f64 = own - Metres(clock_m).in_cycles_of(carrier).0;
        (satellite, cycles)
    };
    lines.into_iter().map(beyond).collect()
}

#[test]
fn phases_are_whole_for_a_rover_that_knows_of_no_bias() {
    // The station in the middle, which is the nearest, is to have a bias of its own.
    let bias_m = |world: &World, station: usize| {
        world.network.world.stated(station).expect("a station").glonass_code_phase_bias_m
    };
    let biased = |seed: &u64| bias_m(&World::new("quiet", *seed).0, 4).abs() > 50.0;
    let seed = (3..30).find(biased).expect("makes are unlike");
    let (mut world, mut service) = settled(seed, &[]);
    let (epoch, measured) = world.next(1);
    service.hear(&world);
    let made = service.step(world.time, &measured).1.expect("told");
    let own_m = bias_m(&world, made.master.position());
    println!("the master's own bias: {own_m} m");
    assert!(own_m.abs() > 50.0);
    for band in ['1', '2'] {
        let beyond = beyond_cycles(&world, &epoch, &made, band);
        assert!(beyond.len() >= 4, "{beyond:?}");
        let first = *beyond.values().next().expect("a phase");
        let mut apart: Vec<f64> =
            beyond.values().map(|cycles| (cycles - first) - (cycles - first).round()).collect();
        apart.sort_by(f64::total_cmp);
        let spread = apart[apart.len() - 1] - apart[0];
        println!("band {band}: {} phases within {spread:.3} cycles", apart.len());
        assert!(spread < 0.2, "{apart:?}");
    }
    let channels = made.epoch.observations.iter().filter(|o| is_glonass(o));
    assert!(channels.map(|o| o.glonass_channel).all(|channel| channel.is_some()));
}

#[test]
fn a_master_without_a_bias_tells_the_other_systems_alone() {
    let (mut world, mut service) = settled(3, &[4, 5, 7]);
    let (_, measured) = world.next(1);
    service.hear(&world);
    let made = service.step(world.time, &measured).1.expect("told");
    assert!([4, 5, 7].contains(&made.master.0), "the nearest is the master all the same");
    assert!(!made.epoch.observations.iter().any(is_glonass));
    assert!(made.epoch.observations.len() > 40);
}

#[test]
fn a_masters_end_is_not_seen_in_glonass() {
    let (mut world, mut service) = settled(3, &[]);
    let master = service.virtual_station.master().expect("a master");
    let mut watched = watch(&mut world, &mut service, |_, measured| {
        measured.remove(&master);
    });
    let of_glonass = |(satellite, _): &Key| satellite.constellation() == Constellation::Glonass;
    watched.before.retain(|key, _| of_glonass(key));
    watched.after.retain(|key, _| of_glonass(key));
    let moves = watched.moves_m();
    println!("{} phases move by at most {:?} m", moves.len(), moves.last());
    assert!(moves.len() >= 6, "{}", moves.len());
    assert!(moves[moves.len() * 9 / 10] < 2.0 * MASTERS_MOVE_MAX_M, "{moves:?}");
    assert!(watched.shrunk.is_empty(), "{:?}", watched.shrunk);
}
