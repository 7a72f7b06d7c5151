//! Worlds as a whole: same seed same bytes, faults where they were put, nonsense refused, observations true.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::coords::{Enu, GRS80, Geodetic};
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::Interval;
use tianshu_rinex::write::WrittenVersion;
use tianshu_rtcm::message::ephemeris::EphemerisMessage;
use tianshu_simulator::air::ionosphere::delay_m;
use tianshu_simulator::fault::{Fault, Outage, StationFault, Which};
use tianshu_simulator::named::{NAMES, named};
use tianshu_simulator::network::{Network, NetworkStation};
use tianshu_simulator::product::rinex::{FileStyle, ObservationFile, navigation};
use tianshu_simulator::product::rtcm::StationStream;
use tianshu_simulator::rovers::RoverPlaces;
use tianshu_simulator::scenario::Scenario;
use tianshu_simulator::world::World;

fn network(names: &[&str]) -> Network {
    let stations = names
        .iter()
        .zip(0_u8..)
        .map(|(name, i)| NetworkStation {
            name: name.parse().unwrap(),
            place: Geodetic::from_degrees(
                22.5 + 0.3 * f64::from(i),
                108.0 + 0.2 * f64::from(i),
                100.0,
            ),
            region: "test".to_owned(),
        })
        .collect();
    Network { name: "test".to_owned(), stations }
}

/// Everything that a world writes in half a minute, as bytes.
fn products(scenario: Scenario, network: &Network, seed: u64) -> Vec<Vec<u8>> {
    let start = scenario.start;
    let mut world = World::new(scenario, network, seed).unwrap();
    let style = FileStyle {
        version: WrittenVersion::V305,
        interval: Interval::from_seconds(1),
        first: start,
        moving: false,
    };
    let count = network.stations.len();
    let mut files: Vec<ObservationFile> = (0..count)
        .map(|i| ObservationFile::begin("X", &world.stated(i).unwrap(), world.sky(), &style))
        .collect();
    let mut streams: Vec<StationStream> = (1_u16..).take(count).map(StationStream::new).collect();
    let mut bytes: Vec<Vec<u8>> = vec![Vec::new(); count];
    for second in 0..30 {
        let t = start + Interval::from_seconds(second);
        let epoch = world.epoch(t);
        for (i, station) in epoch.stations.iter().enumerate() {
            let Some(observed) = &station.observed else { continue };
            files[i].epoch(observed);
            let sent = streams[i].epoch(
                t,
                observed,
                &world.stated(i).unwrap(),
                &world.ephemerides_of(i, t),
            );
            assert_eq!(sent.refused, 0, "every message can be said");
            assert_eq!(sent.findings.signals_without_id, 0, "every signal has an ID");
            bytes[i].extend(sent.frames.iter().flat_map(|f| f.as_bytes().to_vec()));
        }
    }
    bytes.extend(files.iter_mut().map(|file| file.take().into_bytes()));
    let until = start + Interval::from_seconds(30);
    bytes.push(navigation(&world, WrittenVersion::V305, start, until).into_bytes());
    bytes
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let stations = network(&["AAA", "BBB", "CCC"]);
    for (name, _) in NAMES {
        let scenario = || named(name).unwrap();
        let first = products(scenario(), &stations, 7);
        assert!(first == products(scenario(), &stations, 7), "{name}: the same seed");
        assert!(first != products(scenario(), &stations, 8), "{name}: another seed");
    }
}

#[test]
fn a_station_more_does_not_change_the_others() {
    let few = products(named("storm").unwrap(), &network(&["AAA", "BBB"]), 7);
    let more = products(named("storm").unwrap(), &network(&["AAA", "BBB", "CCC"]), 7);
    assert!(few[..2] == more[..2], "streams of the same stations");
}

#[test]
fn observations_are_the_truth_and_its_known_errors() {
    let mut world = World::new(named("storm").unwrap(), &network(&["AAA"]), 3).unwrap();
    let start = world.scenario().start;
    for second in 0..20 {
        let epoch = world.epoch(start + Interval::from_seconds(second));
        let observed = epoch.stations[0].observed.as_ref().unwrap();
        let truth = epoch.stations[0].truth.as_ref().unwrap();
        assert_eq!(truth.channels.len(), observed.observations.len());
        assert!(observed.observations.len() > 80, "{} observations", observed.observations.len());
        for channel in &truth.channels {
            let seen = observed.get(channel.satellite, channel.signal).unwrap();
            let link = truth.links.iter().find(|l| l.satellite == channel.satellite).unwrap();
            let carrier = seen.carrier().unwrap();
            let half = if channel.half_missing { 0.5 } else { 0.0 };
            let phase_m =
                (seen.phase.unwrap().0 - channel.integer as f64 - half - channel.phase_bias_cycles)
                    * SPEED_OF_LIGHT
                    / carrier.0;
            let iono = delay_m(link.slant_tecu, carrier);
            let true_m = link.range_m
                + link.troposphere_m
                + SPEED_OF_LIGHT * (truth.clock_s - link.satellite_clock_s);
            // Rounding of phases of 2e8 cycles.
            assert!((phase_m - (true_m - iono + channel.phase_error_m)).abs() < 1e-6);
            let code_m = true_m + iono + channel.code_bias_m + channel.code_error_m;
            assert!((seen.code.unwrap().0 - code_m).abs() < 1e-6);
        }
    }
}

#[test]
fn the_doppler_is_the_rate_of_the_phase() {
    let mut scenario = named("quiet").unwrap();
    scenario.station_receiver.slips_per_hour = 0.0;
    scenario.station_receiver.half_cycle_share = 0.0;
    let mut world = World::new(scenario, &network(&["AAA"]), 3).unwrap();
    let start = world.scenario().start;
    let epochs: Vec<_> = (0..2)
        .map(|s| {
            world.epoch(start + Interval::from_seconds(s)).stations.remove(0).observed.unwrap()
        })
        .collect();
    let mut compared = 0;
    for before in &epochs[0].observations {
        let Some(after) = epochs[1].get(before.satellite, before.signal) else { continue };
        let (from, to) = (before.phase.unwrap().0, after.phase.unwrap().0);
        let mean = -(before.doppler.unwrap().0 + after.doppler.unwrap().0) / 2.0;
        // Doppler noise is 0.8 cm/s overhead, seven times as much at the horizon, in cycles of 19 to 26 cm.
        assert!((to - from - mean).abs() < 1.0, "{before:?}: {} against {mean}", to - from);
        compared += 1;
    }
    assert!(compared > 80, "{compared}");
}

#[test]
fn faults_happen_where_and_when_they_were_put() {
    let moved =
        Fault::AntennaMoved { at_s: 4.5, by: Enu { east_m: 0.03, north_m: 0.0, up_m: 0.0 } };
    let told = Fault::WrongCoordinate { by: Enu { east_m: 0.0, north_m: 0.0, up_m: 1.0 } };
    let name = Fault::WrongAntennaName { descriptor: "WRONG".to_owned() };
    let frozen = Fault::FrozenClock { from_s: 3.0, until_s: 6.0 };
    let stale = Fault::StaleEphemeris { from_s: 0.0 };
    let at = |number, fault| StationFault { station: Which::Number(number), fault };
    let faults = vec![at(0, moved), at(0, told), at(0, name), at(1, frozen), at(1, stale)];
    let outages = vec![
        Outage { station: Which::Number(2), from_s: 2.0, until_s: 4.0, power: true },
        Outage {
            station: Which::Named("CCC".parse().unwrap()),
            from_s: 6.0,
            until_s: 8.0,
            power: false,
        },
    ];
    let scenario = Scenario { faults, outages, ..named("quiet").unwrap() };
    let start = scenario.start;
    let stations = network(&["AAA", "BBB", "CCC"]);
    let truly = stations.stations[0].ecef();
    let mut world = World::new(scenario, &stations, 1).unwrap();
    assert!(((world.stated(0).unwrap().point.place - truly).norm_m() - 1.0).abs() < 1e-6);
    assert_eq!(world.stated(0).unwrap().antenna.descriptor, "WRONG");
    let later = start + Interval::from_seconds(7_200);
    assert_eq!(world.ephemerides_of(1, later), world.ephemerides(start));
    assert_ne!(world.ephemerides_of(0, later), world.ephemerides(start));
    for second in 0..10 {
        let t = start + Interval::from_seconds(second);
        let epoch = world.epoch(t);
        let place = epoch.stations[0].truth.as_ref().unwrap().place;
        let moved_m = (place - truly).norm_m();
        assert!(
            (moved_m - if second >= 5 { 0.03 } else { 0.0 }).abs() < 1e-9,
            "{second}: {moved_m}"
        );
        let tag = epoch.stations[1].observed.as_ref().unwrap().time;
        let shown = if (3..6).contains(&second) { 3 } else { second };
        assert_eq!(tag, start + Interval::from_seconds(shown));
        assert_eq!(epoch.stations[2].observed.is_none(), (2..4).contains(&second));
        assert_eq!(
            epoch.stations[2].linked,
            !(2..4).contains(&second) && !(6..8).contains(&second)
        );
    }
}

#[test]
fn truth_can_be_asked_anywhere() {
    let mut world = World::new(named("anomaly").unwrap(), &network(&["AAA"]), 9).unwrap();
    let t = world.scenario().start + Interval::from_seconds(1);
    let truth = world.epoch(t).stations.remove(0).truth.unwrap();
    let asked = world.links_at(truth.place, 5_f64.to_radians(), truth.received);
    for link in &truth.links {
        let same = asked.iter().find(|l| l.satellite == link.satellite).unwrap();
        // The receiver was asked about satellites around its time tag, this question around the true time.
        assert!((same.range_m - link.range_m).abs() < 1e-4, "{link:?} {same:?}");
        assert!((same.slant_tecu - link.slant_tecu).abs() < 1e-6);
        assert!((same.troposphere_m - link.troposphere_m).abs() < 1e-6);
    }
}

#[test]
fn rovers_stand_or_drive_among_the_stations() {
    let mut scenario = named("drive").unwrap();
    scenario.rovers = 3;
    let start = scenario.start;
    let mut world = World::new(scenario, &network(&["AAA", "BBB", "CCC"]), 9).unwrap();
    let first = world.epoch(start);
    let later = world.epoch(start + Interval::from_seconds(10));
    assert_eq!(first.rovers.len(), 3);
    for (a, b) in first.rovers.iter().zip(&later.rovers) {
        let (from, to) = (a.truth.as_ref().unwrap().place, b.truth.as_ref().unwrap().place);
        // Ten seconds at 15 m/s on a gentle bend, and up and down.
        assert!((140.0..160.0).contains(&(to - from).norm_m()), "{}", (to - from).norm_m());
        let place = from.to_geodetic(GRS80);
        assert!((22.4..23.3).contains(&place.latitude_deg()), "{place:?}");
    }
}

#[test]
fn companions_stand_beside_their_rovers_and_change_nothing_else() {
    let network = network(&["AAA", "BBB", "CCC"]);
    let mut scenario = named("quiet").unwrap();
    scenario.rovers = 2;
    let mut alone = World::new(scenario.clone(), &network, 9).unwrap();
    scenario.rover_companions = true;
    let start = scenario.start;
    let mut paired = World::new(scenario, &network, 9).unwrap();
    let names: Vec<&str> = paired.rovers().map(StationName::as_str).collect();
    assert_eq!(names, ["ROV1", "ROV2", "ROV3", "ROV4"]);
    let (alone, paired) = (alone.epoch(start), paired.epoch(start));
    assert_eq!(alone.stations, paired.stations);
    assert_eq!(alone.rovers, paired.rovers[..2]);
    let place = |n: usize| paired.rovers[n].truth.as_ref().unwrap().place;
    for (rover, companion) in [(0, 2), (1, 3)] {
        assert!(((place(companion) - place(rover)).norm_m() - 10.0).abs() < 1e-6);
    }
    assert_ne!(paired.rovers[0].observed, paired.rovers[2].observed, "two receivers");
}

#[test]
fn rovers_stand_in_the_middles_of_triangles_if_there_are_any() {
    let mut scenario = named("quiet").unwrap();
    scenario.rovers = 2;
    scenario.rover_places = RoverPlaces::Middles;
    let in_a_line = network(&["AAA", "BBB", "CCC"]);
    let refused = World::new(scenario.clone(), &in_a_line, 9).unwrap_err();
    assert_eq!(refused.0[0].field, "rover_places");
    let mut triangle = in_a_line;
    triangle.stations[1].place = Geodetic::from_degrees(22.6, 108.7, 100.0);
    let start = scenario.start;
    let epoch = World::new(scenario, &triangle, 9).unwrap().epoch(start);
    for rover in &epoch.rovers {
        let place = rover.truth.as_ref().unwrap().place;
        let far = triangle.stations.iter().map(|s| (s.ecef() - place).norm_m());
        let far: Vec<f64> = far.collect();
        assert!(far.iter().all(|m| (m / far[0] - 1.0).abs() < 1e-3), "{far:?}");
    }
}

#[test]
fn a_scenario_at_another_time_keeps_its_hour_of_the_sun() {
    let afternoon = named("anomaly").unwrap();
    let elsewhen = afternoon.start + Interval::from_seconds(200 * 86_400 + 40_000);
    let moved = afternoon.clone().starting_at(elsewhen);
    let here = network(&["AAA"]);
    let content = |scenario: Scenario| {
        let start = scenario.start;
        let world = World::new(scenario, &here, 1).unwrap();
        world.air().ionosphere.content(0.4, 1.88, start).vertical_tecu
    };
    let (then, now) = (content(afternoon), content(moved));
    assert!((then - now).abs() < 0.01 && then > 40.0, "{then} {now}");
}

#[test]
fn ephemerides_pass_through_their_messages_unchanged() {
    let world = World::new(named("quiet").unwrap(), &network(&["AAA"]), 5).unwrap();
    for hours in [0, 21, 70] {
        let t = world.scenario().start + Interval::from_seconds(hours * 3_600);
        for ephemeris in world.ephemerides(t) {
            let message = EphemerisMessage::of(&ephemeris).unwrap();
            assert_eq!(message.resolve(t).unwrap(), ephemeris);
        }
    }
}

#[test]
fn nonsense_is_refused_with_every_fault_named() {
    let mut scenario = named("tid").unwrap();
    scenario.ionosphere.waves[1].wavelength_km = 0.0;
    scenario.troposphere.zenith_wet_m = f64::NAN;
    scenario.rover_receiver.half_cycle_share = 2.0;
    scenario.sky.systems.clear();
    scenario.outages.push(Outage {
        station: Which::Number(9),
        from_s: 5.0,
        until_s: 1.0,
        power: true,
    });
    let refused = World::new(scenario, &network(&["AAA", "AAA"]), 1).unwrap_err();
    let fields: Vec<&str> = refused.0.iter().map(|c| c.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "sky.systems",
            "ionosphere.waves[1].wavelength_km",
            "troposphere.zenith_wet_m",
            "rover_receiver.half_cycle_share",
            "network.stations[1]",
            "outages[0].station",
            "outages[0]",
        ]
    );
    assert!(refused.to_string().contains("0 is not between 10 and 10000"), "{refused}");
}
