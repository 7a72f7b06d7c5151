//! Runs the network solver in simulated worlds and judges it by their truth: `cargo run --release -p tianshu-benches --example network_campaign -- --help`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what it prints is its product")]

use std::collections::BTreeMap;
use std::sync::Arc;

use tianshu_gnss::coords::{GRS80, Geodetic};
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::Interval;
use tianshu_positioning::network::engine::{Engine, StationConfig};
use tianshu_positioning::network::observed::{Channel, Group, IONOSPHERE_REFERENCE_HZ};
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_positioning::network::topology::StationIndex;
use tianshu_positioning::network::virtual_station::VirtualStation;
use tianshu_simulator::air::ionosphere::delay_m;
use tianshu_simulator::named::named;
use tianshu_simulator::network::{Network, NetworkStation};
use tianshu_simulator::world::{World, WorldEpoch};

const HELP: &str = "\
usage: network_campaign [--scenario NAME] [--stations N] [--spacing KM] [--seconds T] [--seed K] [--seeds COUNT] [--systems GEC] [--every S] [--verbose]";

/// What is asked for.
struct Options {
    scenario: String,
    stations: usize,
    spacing_km: f64,
    seconds: i64,
    seed: u64,
    seeds: u64,
    every_s: i64,
    systems: String,
    verbose: bool,
}

fn options() -> Options {
    let mut o = Options {
        scenario: "quiet".to_owned(),
        stations: 24,
        spacing_km: 50.0,
        seconds: 1_800,
        seed: 1,
        seeds: 1,
        every_s: 1,
        systems: "GEC".to_owned(),
        verbose: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut next = || words.next().unwrap_or_default();
        match word.as_str() {
            "--scenario" => o.scenario = next(),
            "--stations" => o.stations = next().parse().expect("a number"),
            "--spacing" => o.spacing_km = next().parse().expect("kilometres"),
            "--seconds" => o.seconds = next().parse().expect("seconds"),
            "--seed" => o.seed = next().parse().expect("a number"),
            "--seeds" => o.seeds = next().parse().expect("a number"),
            "--every" => o.every_s = next().parse().expect("seconds"),
            "--systems" => o.systems = next(),
            "--verbose" => o.verbose = true,
            _ => {
                eprintln!("{HELP}");
                std::process::exit(2);
            }
        }
    }
    o
}

/// Stations on a shaken grid about 23.5° N 108° E.
fn grid(stations: usize, spacing_km: f64, seed: u64) -> Network {
    let columns = (stations as f64).sqrt().ceil().max(1.0);
    let mut lot = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut shake = || {
        lot = lot.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (lot >> 40) as f64 / f64::from(1 << 24) - 0.5
    };
    let mut place = |i: usize| {
        let (row, column) = (i as f64 / columns, i as f64 % columns);
        let north_km = (row.floor() - columns / 2.0 + 0.3 * shake()) * spacing_km;
        let east_km = (column - columns / 2.0 + 0.3 * shake()) * spacing_km;
        Geodetic::from_degrees(23.5 + north_km / 110.8, 108.0 + east_km / 102.0, 300.0 + 500.0 * shake())
    };
    let station = |i: usize| NetworkStation {
        name: format!("T{i:03}").parse().expect("a name"),
        place: place(i),
        region: "test".to_owned(),
    };
    Network { name: "campaign".to_owned(), stations: (0..stations).map(station).collect() }
}

#[derive(Default)]
struct Tally {
    wrong_max: usize,
    wrong_epochs: usize,
    levelled_hours: f64,
    wrong_hours: f64,
    reached: BTreeMap<String, i64>,
    iono: Vec<f64>,
    iono_normalised: Vec<f64>,
    linear: Vec<f64>,
    free: Vec<f64>,
    l1: Vec<f64>,
    told: Vec<f64>,
    cpu_ms: Vec<f64>,
}

fn main() {
    let options = options();
    for seed in options.seed..options.seed + options.seeds {
        run(&options, seed);
    }
}

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
    let mut tally = Tally::default();
    let mut rovers: Vec<VirtualStation> = Vec::new();
    for second in (0..=o.seconds).step_by(usize::try_from(o.every_s).expect("positive")) {
        let time = start + Interval::from_seconds(second);
        for ephemeris in world.ephemerides(time) {
            engine.ephemeris(Arc::new(ephemeris));
        }
        let epoch = world.epoch(time);
        let measured: BTreeMap<StationIndex, Arc<ObsEpoch>> = (0..)
            .map(StationIndex)
            .zip(&epoch.stations)
            .filter(|(_, site)| site.linked)
            .filter_map(|(i, site)| Some((i, Arc::new(site.observed.clone()?))))
            .collect();
        let begun = cpu_ms();
        let snapshot = engine.step(time, &measured);
        tally.cpu_ms.push(cpu_ms() - begun);
        if second % 10 == 0 {
            judge_levels(&engine, &snapshot.shape, &epoch, &mut tally, second, o.verbose);
            progress(&snapshot, &mut tally, second);
        }
        if second == 300 || (second > 300 && rovers.is_empty()) {
            rovers = middles(&snapshot);
        }
        if second % 10 == 0 && second >= 600 {
            judge_rovers(&engine, &world, &epoch, &snapshot, &measured, &mut rovers, &mut tally);
        }
        if o.verbose && second % 60 == 0 {
            tell(&snapshot, second);
        }
    }
    report(o, seed, &mut tally);
}

/// What this thread has had of a processor, ms: the machine may be busy with other things.
fn cpu_ms() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    told.split_whitespace().next().and_then(|w| w.parse::<f64>().ok()).unwrap_or(0.0) * 1e-6
}

/// Virtual stations in the middles of the triangles.
fn middles(snapshot: &NetworkSnapshot) -> Vec<VirtualStation> {
    let middle = |t: &[StationIndex; 3]| {
        let corners = t.map(|s| snapshot.stations[s.position()].place.to_geodetic(GRS80));
        let mean = |of: fn(&Geodetic) -> f64| corners.iter().map(of).sum::<f64>() / 3.0;
        let place = Geodetic {
            latitude_rad: mean(|g| g.latitude_rad),
            longitude_rad: mean(|g| g.longitude_rad),
            height_m: mean(|g| g.height_m),
        };
        VirtualStation::new(place.to_ecef(GRS80))
    };
    snapshot.shape.triangles().iter().step_by(3).map(middle).collect()
}

fn judge_levels(engine: &Engine, shape: &tianshu_positioning::network::topology::Topology, epoch: &WorldEpoch, tally: &mut Tally, second: i64, verbose: bool) {
    // Level less truth must be a sum of one number per station and one per satellite.
    let mut rest: BTreeMap<(Group, char), BTreeMap<(StationIndex, Satellite), i64>> = BTreeMap::new();
    for (station, channel, level) in engine.levels().iter() {
        if level.component != 0 {
            continue;
        }
        let Some(observed) = engine.observed(station) else { continue };
        let Some(seen) = observed.get(channel.0) else { continue };
        let Some(carrier) = seen.carrier(channel.1).filter(|c| c.arc == level.arc && c.phase_m.is_some()) else { continue };
        let Some(truth) = &epoch.stations[station.position()].truth else { continue };
        let of = truth.channels.iter().find(|c| c.satellite == channel.0 && c.signal == carrier.signal);
        let Some(of) = of else { continue };
        let off = level.cycles - (of.integer - carrier.aligned_cycles);
        rest.entry((seen.group, channel.1)).or_default().insert((station, channel.0), off);
    }
    let (mut wrong, mut all) = (0, 0);
    let mut names: Vec<(StationIndex, Channel)> = Vec::new();
    for ((_, band), cells) in rest {
        all += cells.len();
        let mut fares: BTreeMap<(StationIndex, Satellite), (usize, usize)> = BTreeMap::new();
        for edge in shape.edges() {
            let (from, to) = (edge.from(), edge.to());
            let differences: Vec<(Satellite, i64)> = cells
                .iter()
                .filter(|((station, _), _)| *station == from)
                .filter_map(|((_, satellite), a)| Some((*satellite, cells.get(&(to, *satellite))? - a)))
                .collect();
            let usual = mode(&differences.iter().map(|(_, d)| *d).collect::<Vec<_>>());
            for (satellite, d) in differences {
                for station in [from, to] {
                    let fare = fares.entry((station, satellite)).or_default();
                    if d == usual { fare.0 += 1 } else { fare.1 += 1 }
                }
            }
        }
        for ((station, satellite), (good, bad)) in fares {
            if bad > good {
                wrong += 1;
                names.push((station, (satellite, band)));
            }
        }
    }
    if wrong > 0 && verbose {
        if std::env::var("WHY").is_ok() {
            why(engine, epoch, &names);
        }
        let names: Vec<String> = names.iter().map(|(i, (s, b))| format!("{}:{s}/{b}", i.0)).collect();
        println!("{second:5} s: {wrong} wrong of {all}: {}", names.join(" "));
    }
    tally.levelled_hours += all as f64 * 10.0 / 3_600.0;
    tally.wrong_hours += wrong as f64 * 10.0 / 3_600.0;
    tally.wrong_max = tally.wrong_max.max(wrong);
    tally.wrong_epochs += usize::from(wrong > 0);
}

/// What the edges of wrong levels say, against the truth.
fn why(engine: &Engine, epoch: &WorldEpoch, names: &[(StationIndex, Channel)]) {
    let truth = |station: StationIndex, channel: Channel| -> Option<i64> {
        let seen = engine.observed(station)?.get(channel.0)?.carrier(channel.1)?;
        let truth = epoch.stations[station.position()].truth.as_ref()?;
        let of = truth.channels.iter().find(|c| c.satellite == channel.0 && c.signal == seen.signal)?;
        Some(of.integer - seen.aligned_cycles)
    };
    for (station, channel) in names {
        let mut line = String::new();
        for (edge, of_edge) in engine.integers().iter().filter(|(e, _)| e.other_end(*station).is_some()) {
            let Some(i) = of_edge.get(channel) else { continue };
            let off = |i: &tianshu_positioning::network::edge::EdgeInteger| Some(i.integer - (truth(edge.to(), i.channel)? - truth(edge.from(), i.channel)?));
            let group = Group::of(channel.0);
            let usual = mode(&of_edge.values().filter(|o| o.channel.1 == channel.1 && Group::of(o.channel.0) == group).filter_map(off).collect::<Vec<_>>());
            line += &format!(" {}-{}:{:?} since {:?}", edge.from().0, edge.to().0, off(i).map(|o| o - usual), (epoch.time - i.since).seconds());
        }
        let elevation = engine.observed(*station).and_then(|o| Some(o.get(channel.0)?.elevation_rad.to_degrees()));
        let link = epoch.stations[station.position()].truth.as_ref().and_then(|t| t.links.iter().find(|l| l.satellite == channel.0).map(|l| (l.slant_tecu, l.disturbance)));
        println!("   {} {}/{} el {:?} {:?} level {:?}: {line}", station.0, channel.0, channel.1, elevation, link, engine.levels().level(*station, *channel));
    }
}

fn mode(values: &[i64]) -> i64 {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for v in values {
        *counts.entry(*v).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(v, n)| (*n, -v.abs())).map_or(0, |(v, _)| v)
}

fn progress(snapshot: &NetworkSnapshot, tally: &mut Tally, second: i64) {
    let (mut all, mut levelled) = (0, 0);
    for (group, (a, l)) in &snapshot.resolved.by_group {
        if 10 * l >= 9 * a {
            tally.reached.entry(format!("{group:?}")).or_insert(second);
        }
        all += a;
        levelled += l;
    }
    for share in [50, 80, 90, 95, 99] {
        if all > 0 && 100 * levelled >= share * all {
            tally.reached.entry(format!("{share:02} %")).or_insert(second);
        }
    }
}

/// What is wrong with the corrections, by the truth: the virtual station's phases less those that the master would have measured there.
fn judge_rovers(
    engine: &Engine,
    world: &World,
    epoch: &WorldEpoch,
    snapshot: &NetworkSnapshot,
    measured: &BTreeMap<StationIndex, Arc<ObsEpoch>>,
    rovers: &mut [VirtualStation],
    tally: &mut Tally,
) {
    let setups: Vec<_> = engine.stations().iter().map(StationConfig::setup).collect();
    for rover in rovers {
        let made = rover.step(snapshot, |s| Some((measured.get(&s)?.as_ref(), &setups[s.position()])));
        let Some(made) = made else { tally.told.push(0.0); continue };
        let Some(truth) = &epoch.stations[made.master.position()].truth else { continue };
        let links = world.links_at(rover.place(), 0.17, truth.received);
        let place = rover.place().to_geodetic(GRS80);
        let corrections = snapshot.corrections(made.master, place);
        let mut errors: BTreeMap<(Group, usize), Vec<(f64, f64, f64)>> = BTreeMap::new();
        let mut iono: BTreeMap<Group, Vec<(f64, f64, f64)>> = BTreeMap::new();
        let mut visible = 0;
        for link in &links {
            let Some(group) = Group::of(link.satellite) else { continue };
            visible += 1;
            let Some(master) = truth.links.iter().find(|l| l.satellite == link.satellite) else { continue };
            let Some(c) = corrections.get(&link.satellite) else { continue };
            let l1 = tianshu_gnss::units::Hertz(IONOSPHERE_REFERENCE_HZ);
            let true_m = delay_m(link.slant_tecu, l1) - delay_m(master.slant_tecu, l1);
            let mapping = tianshu_positioning::network::interpolate::shell::mapping(link.elevation_rad);
            if c.withheld.is_none() {
                iono.entry(group).or_default().push(((c.ionosphere_m - true_m) / mapping, c.ionosphere_sigma_m / mapping, c.linear_m.map_or(f64::NAN, |l| (l - true_m) / mapping)));
            }
            let mut frees = Vec::new();
            for (i, band) in group.bands().chars().take(2).enumerate() {
                let seen = made.epoch.observations.iter().find(|o| o.satellite == link.satellite && o.signal.band() == band && o.phase.is_some());
                let Some(seen) = seen else { continue };
                let (Some(carrier), Some(phase)) = (seen.carrier(), seen.phase) else { continue };
                let of = truth.channels.iter().find(|c| c.satellite == link.satellite && c.signal == seen.signal);
                let Some(of) = of else { continue };
                let half = if of.half_missing { 0.5 } else { 0.0 };
                let clean_m = link.range_m + link.troposphere_m - 299_792_458.0 * link.satellite_clock_s - delay_m(link.slant_tecu, carrier);
                let cycles = phase.0 - of.integer as f64 - half - of.phase_bias_cycles;
                let error_m = cycles * 299_792_458.0 / carrier.0 - clean_m - of.phase_error_m;
                errors.entry((group, i)).or_default().push((error_m, link.elevation_rad, 0.0));
                frees.push((error_m, (IONOSPHERE_REFERENCE_HZ / carrier.0).powi(2)));
            }
            if let [(a, mu_a), (b, mu_b)] = frees[..] {
                errors.entry((group, 9)).or_default().push(((a * mu_b - b * mu_a) / (mu_b - mu_a), 0.0, 0.0));
            }
        }
        tally.told.push(errors.iter().filter(|((_, i), _)| *i == 0).map(|(_, v)| v.len()).sum::<usize>() as f64 / f64::from(visible));
        for ((_, kind), values) in &errors {
            if values.len() < 3 { continue; }
            let mean = values.iter().map(|v| v.0).sum::<f64>() / values.len() as f64;
            let into = if *kind == 9 { &mut tally.free } else if *kind == 0 { &mut tally.l1 } else { continue };
            into.extend(values.iter().map(|v| 1e3 * (v.0 - mean)));
        }
        for values in iono.values() {
            if values.len() < 3 { continue; }
            let mean = values.iter().map(|v| v.0).sum::<f64>() / values.len() as f64;
            let linear: Vec<f64> = values.iter().map(|v| v.2).filter(|l| l.is_finite()).collect();
            let linear_mean = linear.iter().sum::<f64>() / linear.len() as f64;
            for v in values {
                tally.iono.push(1e3 * (v.0 - mean));
                tally.iono_normalised.push((v.0 - mean) / v.1);
            }
            tally.linear.extend(linear.iter().map(|l| 1e3 * (l - linear_mean)));
        }
    }
}

fn tell(s: &NetworkSnapshot, second: i64) {
    let groups: Vec<String> = s.resolved.by_group.iter().map(|(g, (a, l))| format!("{g:?} {l}/{a}")).collect();
    let up = s.stations.iter().filter(|v| v.doubt.is_none()).count();
    let doubts: Vec<String> = s.stations.iter().filter_map(|v| Some(format!("{}: {}", v.name, v.doubt.as_ref()?))).collect();
    let rms = |v: Vec<f64>| (v.iter().map(|x| x * x).sum::<f64>() / v.len().max(1) as f64).sqrt() * 1e3;
    println!(
        "{second:5} s: {} edges {}/{} closures {}/{} up {up} loo {:.1} mm geometry {:.1} mm range {:.0} km sill {:.1} mm {}",
        groups.join(" "), s.resolved.edges.1, s.resolved.edges.0, s.resolved.closures.0, s.resolved.closures.1,
        rms(s.stations.iter().filter_map(|v| v.ionosphere_residual_m).collect()),
        rms(s.stations.iter().filter_map(|v| v.geometry_residual_m).collect()),
        s.covariance.range_m() / 1e3, s.covariance.sill_m2().sqrt() * 1e3, doubts.join("; "),
    );
}

fn rms(values: &[f64]) -> f64 {
    (values.iter().map(|v| v * v).sum::<f64>() / values.len().max(1) as f64).sqrt()
}

fn quantile(values: &mut [f64], q: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let at = (q * values.len().saturating_sub(1) as f64).round() as usize;
    values.get(at).copied().unwrap_or(f64::NAN)
}

fn report(o: &Options, seed: u64, t: &mut Tally) {
    let within = t.iono_normalised.iter().filter(|v| v.abs() <= 2.0).count() as f64 / t.iono_normalised.len().max(1) as f64;
    let told = t.told.iter().sum::<f64>() / t.told.len().max(1) as f64;
    println!(
        "{} seed {seed} {} stations: wrong max {} in {} looks, {:.2e} of {:.0} ambiguity-hours; reached {:?}",
        o.scenario, o.stations, t.wrong_max, t.wrong_epochs, t.wrong_hours / t.levelled_hours.max(1e-9), t.levelled_hours, t.reached
    );
    println!(
        "   corrections at triangle middles: told {:.1} % ionosphere zenith rms {:.1} mm (LIM {:.1}) within 2 sigma {:.1} %; L1 rms {:.1} mm, free of ionosphere {:.1} mm; epoch p50 {:.1} ms p99 {:.1} ms max {:.1} ms",
        100.0 * told, rms(&t.iono), rms(&t.linear), 100.0 * within, rms(&t.l1), rms(&t.free),
        quantile(&mut t.cpu_ms, 0.5), quantile(&mut t.cpu_ms, 0.99), quantile(&mut t.cpu_ms, 1.0),
    );
}
