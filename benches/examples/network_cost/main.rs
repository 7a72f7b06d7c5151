//! What the network solver costs: processor time of an epoch and memory, by the number of stations, cold and with everything found.
//!
//! `cargo run --release -p tianshu-benches --example network_cost`; `--help` names the options.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what it prints is its product")]

#[path = "../network_campaign/grid.rs"]
mod grid;
mod options;
#[path = "../network_campaign/quantile.rs"]
mod quantile;
mod tally;

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;

use rustix::time::{ClockId, clock_gettime};
use tianshu_gnss::coords::GRS80;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::time::gps::Interval;
use tianshu_positioning::network::engine::{Engine, StationConfig};
use tianshu_positioning::network::topology::StationIndex;
use tianshu_simulator::named::named;
use tianshu_simulator::network::NetworkStation;
use tianshu_simulator::world::World;

use crate::options::Options;
use crate::tally::Tally;

/// Between cold and fixed epochs are so far apart, s: what edges are filtered at. Nobody waits there for what comes out.
const LEAP_S: i64 = 5;

fn main() {
    let options = options::options();
    if let [stations] = options.stations[..] {
        println!("{}", run(&options, stations).told(&options));
        return;
    }
    println!("{}", Tally::heading());
    let this = std::env::current_exe().expect("its own path");
    for stations in &options.stations {
        // Each size in a process of its own, so that the most memory is that size's.
        let mut words: Vec<String> = std::env::args().skip(1).collect();
        words.extend(["--stations".to_owned(), stations.to_string()]);
        let status = Command::new(&this).args(words).status().expect("starts itself");
        assert!(status.success(), "{stations} stations: {status}");
    }
}

/// One network from its cold start on.
fn run(o: &Options, stations: usize) -> Tally {
    let network = grid::grid(stations, o.spacing_km, o.seed);
    let mut scenario = named(&o.scenario).expect("a named scenario");
    scenario.sky.systems.retain(|s| o.systems.contains(s.letter()));
    let start = scenario.start;
    let mut world = World::new(scenario, &network, o.seed).expect("a sound scenario");
    let config = |s: &NetworkStation| StationConfig {
        name: s.name.clone(),
        place: s.place.to_ecef(GRS80),
        antenna: None,
    };
    let mut engine = Engine::new(network.stations.iter().map(config).collect()).expect("a network");
    if o.systems.contains('R') {
        grid::align_glonass(&mut engine, &world, network.stations.len());
    }
    let mut tally = Tally::new(stations);
    let mut second = 0;
    while second < o.seconds {
        let time = start + Interval::from_seconds(second);
        for ephemeris in world.ephemerides(time) {
            engine.ephemeris(Arc::new(ephemeris));
        }
        let measured: BTreeMap<StationIndex, Arc<ObsEpoch>> = (0..)
            .map(StationIndex)
            .zip(world.epoch(time).stations)
            .filter(|(_, site)| site.linked)
            .filter_map(|(i, site)| Some((i, Arc::new(site.observed?))))
            .collect();
        let begun_ms = processor_ms();
        let snapshot = engine.step(time, &measured);
        tally.take(processor_ms() - begun_ms, second, &snapshot, &measured);
        second += if (o.cold_s..o.fixed_s).contains(&second) { LEAP_S } else { 1 };
    }
    tally
}

/// What this thread has had of a processor, ms: the machine may be busy with other things.
fn processor_ms() -> f64 {
    let told = clock_gettime(ClockId::ThreadCPUTime);
    told.tv_sec as f64 * 1e3 + told.tv_nsec as f64 * 1e-6
}
