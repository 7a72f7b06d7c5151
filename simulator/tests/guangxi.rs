//! The network of `config/guangxi.toml`: where its stations stand, and what a world of it costs.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

use std::collections::BTreeSet;
use std::time::Instant;

use tianshu_gnss::coords::Geodetic;
use tianshu_gnss::time::gps::Interval;
use tianshu_gnss::units::Hertz;
use tianshu_simulator::air::ionosphere::delay_m;
use tianshu_simulator::named::named;
use tianshu_simulator::network::{Network, NetworkStation};
use tianshu_simulator::product::rtcm::StationStream;
use tianshu_simulator::site::Stated;
use tianshu_simulator::world::World;

/// Reads the file's plain `key = value` lines; the server reads it as TOML.
fn guangxi() -> Network {
    let text = include_str!("../../config/guangxi.toml");
    let mut stations = Vec::new();
    for block in text.split("[[station]]").skip(1) {
        let field = |key: &str| {
            let line = block.lines().find(|line| line.starts_with(key)).unwrap();
            line.split(" = ").nth(1).unwrap().trim_matches('"').to_owned()
        };
        let number = |key: &str| field(key).parse::<f64>().unwrap();
        stations.push(NetworkStation {
            name: field("name").parse().unwrap(),
            place: Geodetic::from_degrees(
                number("latitude_deg"),
                number("longitude_deg"),
                number("height_m"),
            ),
            region: field("region"),
        });
    }
    Network { name: "guangxi".to_owned(), stations }
}

#[test]
fn the_stations_are_spread_as_the_file_says() {
    let network = guangxi();
    let names: BTreeSet<_> = network.stations.iter().map(|s| s.name.clone()).collect();
    assert_eq!(names.len(), 150, "names are unique");
    let inside: Vec<usize> =
        (0..150).filter(|i| network.stations[*i].region == "Guangxi").collect();
    assert_eq!(inside.len(), 110);
    for station in &network.stations {
        let (latitude, longitude) = (station.place.latitude_deg(), station.place.longitude_deg());
        let around = if station.region == "Guangxi" { 0.0 } else { 0.7 };
        assert!((20.9 - around..26.4 + around).contains(&latitude), "{station:?}");
        assert!((104.5 - around..112.1 + around).contains(&longitude), "{station:?}");
        assert!((5.0..1_500.0).contains(&station.place.height_m), "{station:?}");
        // South of the coast there is sea: at these longitudes land ends near 21.4°, on Leizhou lower.
        assert!(latitude > 21.3, "{station:?} stands in the sea");
    }
    let mut spacings: Vec<f64> =
        inside.iter().map(|i| network.nearest_spacing_m(*i).unwrap()).collect();
    spacings.sort_by(f64::total_cmp);
    let median_km = spacings[55] / 1e3;
    println!(
        "nearest spacing: {:.1} km at least, {median_km:.1} km in the median",
        spacings[0] / 1e3
    );
    assert!((40.0..50.0).contains(&median_km), "{median_km} km");
}

#[test]
fn a_smaller_network_is_the_middle_of_the_larger() {
    let network = guangxi();
    let few = network.central(12);
    assert_eq!(few.stations.len(), 12);
    assert!(few.stations.iter().all(|s| s.region == "Guangxi"), "{few:?}");
    assert_eq!(network.central(1_000), network);
}

/// Root mean square difference of the vertical L1 delay between nearest neighbours, mm, over an hour.
fn neighbour_difference_mm(name: &str) -> f64 {
    let network = Network { stations: guangxi().stations[..110].to_vec(), name: name.to_owned() };
    let world = World::new(named(name).unwrap(), &network, 1).unwrap();
    let ionosphere = &world.air().ionosphere;
    let (mut sum, mut count) = (0.0, 0.0);
    for minute in (0..60).step_by(5) {
        let t = world.scenario().start + Interval::from_seconds(minute * 60);
        for (i, station) in network.stations.iter().enumerate() {
            let near = network.by_distance(station.ecef())[1];
            let [here, there] = [i, near].map(|s| {
                let place = network.stations[s].place;
                let content = ionosphere.content(place.latitude_rad, place.longitude_rad, t);
                delay_m(content.vertical_tecu, Hertz(1575.42e6)) * 1e3
            });
            sum += (here - there).powi(2);
            count += 1.0;
        }
    }
    f64::sqrt(sum / count)
}

#[test]
fn scenarios_are_as_hard_as_their_names() {
    let [quiet, tid, anomaly, bubble, storm] =
        ["quiet", "tid", "anomaly", "bubble", "storm"].map(neighbour_difference_mm);
    println!(
        "quiet {quiet:.0} tid {tid:.0} anomaly {anomaly:.0} bubble {bubble:.0} storm {storm:.0} mm"
    );
    // About what covariance studies of such a network assume: 1 ppm on a quiet morning, several under the crest,
    // tens where bubbles stand.
    assert!((10.0..60.0).contains(&quiet) && quiet < tid && quiet < anomaly);
    assert!(
        (80.0..300.0).contains(&anomaly) && anomaly < bubble && bubble < 2_000.0 && anomaly < storm
    );
}

/// Half a core is half a second for every second simulated. Figures are meant for release builds.
#[test]
#[ignore = "measures time: run it alone and in release, as docs/benchmarks.md does"]
fn a_second_of_110_stations_costs_less_than_half_a_second() {
    let network =
        Network { stations: guangxi().stations[..110].to_vec(), name: "guangxi".to_owned() };
    for name in ["quiet", "storm"] {
        let mut world = World::new(named(name).unwrap(), &network, 1).unwrap();
        let mut streams: Vec<StationStream> = (1_u16..=110).map(StationStream::new).collect();
        let stated: Vec<Stated> = (0..110).map(|i| world.stated(i).unwrap()).collect();
        let start = world.scenario().start;
        let (mut observations, mut bytes) = (0, 0);
        let (mut observing_s, mut composing_s) = (0.0, 0.0);
        for second in 0..SECONDS {
            let t = start + Interval::from_seconds(i64::from(second));
            let begun = Instant::now();
            let epoch = world.epoch(t);
            observing_s += begun.elapsed().as_secs_f64();
            let begun = Instant::now();
            let ephemerides = world.ephemerides(t);
            for ((stream, stated), station) in streams.iter_mut().zip(&stated).zip(&epoch.stations)
            {
                let observed = station.observed.as_ref().unwrap();
                observations += observed.observations.len();
                let sent = stream.epoch(t, observed, stated, &ephemerides);
                bytes += sent.frames.iter().map(|frame| frame.as_bytes().len()).sum::<usize>();
            }
            composing_s += begun.elapsed().as_secs_f64();
        }
        let per_second = |total: f64| total / f64::from(SECONDS);
        println!(
            "{name}: {:.1} ms to observe and {:.1} ms to compose each second of 110 stations; {} observations, {} bytes",
            per_second(observing_s) * 1e3,
            per_second(composing_s) * 1e3,
            observations / 60,
            bytes / 60
        );
        assert!(per_second(observing_s + composing_s) < 0.5, "{name}");
    }
}

/// Seconds over which costs are averaged.
const SECONDS: u32 = 60;
