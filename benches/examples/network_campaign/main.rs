//! Runs the network solver in simulated worlds and judges it by their truth.
//!
//! `cargo run --release -p tianshu-benches --example network_campaign -- --scenario quiet --seeds 10`; `--help` names the options.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what it prints is its product")]

mod grid;
mod levels;
mod middles;
mod neighbours;
mod noisy;
mod options;
mod quantile;
mod tally;
mod weather;

use std::sync::Arc;

use tianshu_gnss::coords::GRS80;
use tianshu_gnss::time::gps::Interval;
use tianshu_positioning::network::engine::{Engine, StationConfig};
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_positioning::network::topology::StationIndex;
use tianshu_positioning::vrs::masters::Masters;
use tianshu_positioning::vrs::station::VirtualStation;
use tianshu_simulator::named::named;
use tianshu_simulator::network::NetworkStation;
use tianshu_simulator::world::World;

use crate::grid::{align_glonass, grid};
use crate::middles::Measured;
use crate::options::Options;
use crate::tally::Tally;

/// Corrections are judged from then on, s.
const SETTLED_S: i64 = 600;

fn main() {
    let options = options::options();
    for seed in options.seed..options.seed + options.seeds {
        run(&options, seed);
    }
}

/// One world from its beginning to its end.
fn run(o: &Options, seed: u64) {
    let network = grid(o.stations, o.spacing_km, seed);
    let mut scenario = named(&o.scenario).expect("a named scenario");
    scenario.sky.systems.retain(|s| o.systems.contains(s.letter()));
    let start = scenario.start;
    let mut world = World::new(scenario, &network, seed).expect("a sound scenario");
    let config = |s: &NetworkStation| StationConfig {
        name: s.name.clone(),
        place: s.place.to_ecef(GRS80),
        antenna: None,
    };
    let mut engine = Engine::new(network.stations.iter().map(config).collect()).expect("a network");
    if o.systems.contains('R') {
        align_glonass(&mut engine, &world, network.stations.len());
    }
    let mut tally = Tally::default();
    let mut places: Vec<VirtualStation> = Vec::new();
    let mut masters = Masters::new();
    for second in (0..=o.seconds).step_by(usize::try_from(o.every_s).expect("positive")) {
        let time = start + Interval::from_seconds(second);
        for ephemeris in world.ephemerides(time) {
            engine.ephemeris(Arc::new(ephemeris));
        }
        let mut epoch = world.epoch(time);
        if let Some(site) = o.noisy.and_then(|station| epoch.stations.get_mut(station)) {
            site.make_noisy(o.noise);
        }
        let measured: Measured = (0..)
            .map(StationIndex)
            .zip(&epoch.stations)
            .filter(|(_, site)| site.linked)
            .filter_map(|(i, site)| Some((i, Arc::new(site.observed.clone()?))))
            .collect();
        let begun = cpu_ms();
        let snapshot = Arc::new(engine.step(time, &measured));
        tally.cpu_ms.push(cpu_ms() - begun);
        if second % levels::LOOK_S == 0 {
            levels::judge(&engine, &snapshot.shape, &epoch, &mut tally, o.verbose);
            tally.progress(&snapshot, second);
            if let Some(station) = o.noisy {
                noisy::judge(&snapshot, (station, second), &mut tally);
            }
        }
        if second >= SETTLED_S && second % levels::LOOK_S == 0 {
            if places.is_empty() {
                places = middles::in_triangles(&snapshot);
            }
            middles::judge(
                &engine,
                (&world, &epoch),
                &snapshot,
                &measured,
                (&mut places, &mut masters),
                o.noisy,
                &mut tally,
            );
        }
        if second >= SETTLED_S && second % 60 == 0 {
            neighbours::judge(&snapshot, &mut tally);
            weather::judge(&world, &snapshot, &places, &mut tally);
        }
        if second + o.every_s > o.seconds {
            tally.noise = noisy::known(&snapshot);
        }
        if o.verbose && second % 60 == 0 {
            tell(&snapshot, second);
        }
    }
    tally.report(o, seed);
}

/// What this thread has had of a processor, ms: the machine may be busy with other things.
fn cpu_ms() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    told.split_whitespace().next().and_then(|w| w.parse::<f64>().ok()).unwrap_or(0.0) * 1e-6
}

/// A line about the network.
fn tell(s: &NetworkSnapshot, second: i64) {
    let of_group =
        |(group, (all, levelled)): (&_, &(usize, usize))| format!("{group:?} {levelled}/{all}");
    let groups: Vec<String> = s.resolved.by_group.iter().map(of_group).collect();
    let doubts: Vec<String> = s
        .stations
        .iter()
        .filter_map(|v| Some(format!("{}: {}", v.name, v.doubt.as_ref()?)))
        .collect();
    let disturbance = s.disturbance.map_or_else(String::new, |d| {
        let [east_m_s, north_m_s] = d.velocity_m_s.unwrap_or([f64::NAN; 2]);
        let towards_deg = east_m_s.atan2(north_m_s).to_degrees().rem_euclid(360.0);
        format!(
            "; wave of {:.0} km, coherence {:.2}, {:.0} m/s towards {towards_deg:.0}°{}",
            d.wave.length_m() / 1e3,
            d.coherence,
            east_m_s.hypot(north_m_s),
            if d.is_fading { ", fading" } else { "" }
        )
    });
    println!(
        "{second:5} s: levelled {}; edges {}/{}; closed {}, open {}; range {:.0} km sill {:.1} mm{disturbance} {}",
        groups.join(" "),
        s.resolved.edges.1,
        s.resolved.edges.0,
        s.resolved.closures.0,
        s.resolved.closures.1,
        s.covariance.range_m() / 1e3,
        s.covariance.sill_m2().sqrt() * 1e3,
        doubts.join("; "),
    );
}
