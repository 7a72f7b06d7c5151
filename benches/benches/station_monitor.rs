//! What the station monitor costs: one station's epoch taken in, and a second's look at a network.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tianshu_gnss::coords::{GRS80, Geodetic};
use tianshu_gnss::event::{StationEvent, StationNews};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::uptime::Uptime;
use tianshu_simulator::named::named;
use tianshu_simulator::network::{Network, NetworkStation};
use tianshu_simulator::world::World;
use tianshu_station_monitor::alarm::desk::Desk;
use tianshu_station_monitor::alarm::rules::Whole;
use tianshu_station_monitor::quality::monitor::QualityMonitor;
use tianshu_station_monitor::quality::site_log::SiteLog;

/// Stations of the network that the wanted figure is for.
const STATIONS: u16 = 150;
/// Seconds that are computed beforehand; each is given to the monitor once.
const SECONDS: u32 = 40;

/// A network whose satellites are known, and the events of its seconds.
struct Prepared {
    monitor: QualityMonitor,
    seconds: Vec<Vec<StationEvent>>,
}

fn station(i: u16) -> NetworkStation {
    let (row, column) = (f64::from(i / 15), f64::from(i % 15));
    NetworkStation {
        name: format!("B{i:03}").parse().expect("a name"),
        place: Geodetic::from_degrees(22.0 + 0.3 * row, 106.0 + 0.3 * column, 150.0),
        region: "bench".to_owned(),
    }
}

fn now(second: u32) -> Uptime {
    Uptime::from_start(Duration::from_secs(second.into()))
}

fn prepared(start: GpsTime) -> Prepared {
    // Neighbours see the same: five stations are simulated, and each plays thirty.
    let played: Vec<NetworkStation> = (0..5).map(|i| station(30 * i + 7)).collect();
    let network = Network { name: "bench".to_owned(), stations: played };
    let scenario = named("quiet").expect("a named scenario");
    let mut world = World::new(scenario, &network, 1).expect("a sound scenario");
    let log = |i: u16| {
        let NetworkStation { name, place, .. } = station(i);
        SiteLog { place: Some(place.to_ecef(GRS80)), ..SiteLog::of(name) }
    };
    let logs: Vec<SiteLog> = (0..STATIONS).map(log).collect();
    let mut monitor = QualityMonitor::new(logs.clone(), Uptime::START);
    let event = |i: u16, arrived, news| StationEvent {
        station: logs[usize::from(i)].station.clone(),
        arrived,
        news,
    };
    for ephemeris in world.ephemerides(start) {
        let news = StationNews::Ephemeris(Arc::new(ephemeris));
        monitor.take(Uptime::START, &event(0, start, news));
    }
    let mut seconds = Vec::new();
    for second in 1..=SECONDS {
        let time = start + Interval::from_seconds(second.into());
        let sites = world.epoch(time).stations.into_iter();
        let epochs: Vec<_> =
            sites.map(|site| Arc::new(site.observed.expect("it measures"))).collect();
        let arrived = time + Interval::from_millis(150);
        let heard = |i: u16| {
            event(i, arrived, StationNews::Epoch(Arc::clone(&epochs[usize::from(i / 30)])))
        };
        seconds.push((0..STATIONS).map(heard).collect());
    }
    Prepared { monitor, seconds }
}

fn hear(monitor: &mut QualityMonitor, seconds: &[Vec<StationEvent>]) {
    for (second, events) in (1..).zip(seconds) {
        for event in events {
            monitor.take(now(second), black_box(event));
        }
    }
}

#[expect(clippy::print_stdout, reason = "how many satellites a figure is for belongs beside it")]
fn cost(criterion: &mut Criterion) {
    let start = named("quiet").expect("a named scenario").start;
    let Prepared { mut monitor, seconds } = prepared(start);
    if let Some(StationNews::Epoch(epoch)) = seconds[0].first().map(|event| &event.news) {
        println!(
            "{} satellites with {} signals at each of {STATIONS} stations",
            epoch.by_satellite().count(),
            epoch.observations.len()
        );
    }
    let mut group = criterion.benchmark_group("station_monitor");
    group.throughput(Throughput::Elements(u64::from(STATIONS) * u64::from(SECONDS)));
    group.sample_size(10);
    group.bench_function("epochs", |bencher| {
        let heard = |mut monitor: QualityMonitor| {
            hear(&mut monitor, &seconds);
            monitor
        };
        bencher.iter_batched(|| monitor.clone(), heard, criterion::BatchSize::LargeInput);
    });
    hear(&mut monitor, &seconds);
    group.throughput(Throughput::Elements(1));
    group.bench_function("look", |bencher| {
        let mut desk = Desk::default();
        let at = now(SECONDS);
        bencher.iter(|| {
            monitor.tick(at);
            let statuses = monitor.statuses(at);
            desk.step(at, start, &statuses, Whole::default())
        });
    });
    group.finish();
}

criterion_group!(benches, cost);
criterion_main!(benches);
