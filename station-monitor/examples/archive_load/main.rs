//! Loads the archive with a network, and says what it costs: `cargo run --release -p tianshu-station-monitor --example archive_load`.
//!
//! Options, each with a value: `--store embedded|clickhouse`, `--stations N`, `--seconds S`, `--folder DIR`, `--day 0|1` (whether a
//! station-day is archived and asked for; it takes some minutes), `--ask N` (how often it is asked for), `--kept 1` (the folder has
//! a load of before: ask only). Processor time of a load is that of the one thread which does all the archive's work here, so it
//! does not depend on what else the machine does; the world is computed outside of it. Questions are answered by several threads
//! of this process, which does nothing else then.
//!
//! The seconds come as fast as they can be computed, and nothing goes into the store meanwhile: what is measured then is a drain
//! after an outage of so long.

#![expect(clippy::print_stdout, reason = "it is there to print what it measured")]

#[path = "../../tests/clickhouse/engine.rs"]
mod engine;
mod figures;
#[path = "../../tests/clickhouse/world.rs"]
mod world;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tianshu_gnss::time::gps::Interval;
use tianshu_station_monitor::archive::clickhouse::connection::ClickHouseConfig;
use tianshu_station_monitor::archive::clickhouse::deliver::Deliverer;
use tianshu_station_monitor::archive::clickhouse::read::ClickHouseStore;
use tianshu_station_monitor::archive::clickhouse::schema::Retention;
use tianshu_station_monitor::archive::embedded::read::EmbeddedStore;
use tianshu_station_monitor::archive::keeper::{ArchiveConfig, Keeper, Tender, open};
use tianshu_station_monitor::archive::record::Record;
use tianshu_station_monitor::archive::scaled::ScaledEpoch;
use tianshu_station_monitor::archive::span::Span;
use tianshu_station_monitor::archive::spool::SpoolLimits;
use tianshu_station_monitor::archive::status::SharedStatus;
use tianshu_station_monitor::archive::store::ObservationStore;

use crate::engine::Engine;
use crate::figures::{Spent, bytes_of, cpu_of};
use crate::world::World;

/// Bytes of a second's frames of a station: MSM7 of 45 satellites and 154 signals.
const FRAME_BYTES: usize = 2_200;
/// Seconds that are computed before they are archived.
const BLOCK_S: u32 = 5;

fn main() {
    let options: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let at = options.iter().position(|word| word == name)?;
        options.get(at + 1).cloned()
    };
    let number = |name: &str, default: u32| {
        option(name).map_or(default, |text| text.parse().expect("a number"))
    };
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = option("--folder").map_or(temporary.path().to_owned(), PathBuf::from);
    let stations = number("--stations", 150);
    let seconds = number("--seconds", 300);
    let wants_day = number("--day", 1) != 0;
    let asks = Asks { times: number("--ask", 3), only: number("--kept", 0) != 0 };
    let engine = match option("--store").as_deref() {
        Some("clickhouse") => {
            let Some(engine) = Engine::start("archive_load", &folder.join("engine")) else {
                return;
            };
            Some(engine)
        }
        _ => None,
    };
    let database = engine.as_ref().map(|e| Engine::config(e.port, Duration::from_mins(2)));
    if let Some(config) = &database {
        let deliverer = Deliverer::new(config).expect("a client");
        deliverer.migrate(config, Retention::default()).expect("the tables are made");
    }
    if !asks.only {
        network(&folder.join("network"), database.as_ref(), engine.as_ref(), (stations, seconds));
    }
    if wants_day {
        day(&folder.join("day"), database.as_ref(), engine.as_ref(), (stations, asks));
    }
}

fn cpu_of_engine(engine: &Engine) -> Duration {
    cpu_of(&engine.process())
}

/// How a station-day is asked for.
#[derive(Clone, Copy)]
struct Asks {
    times: u32,
    /// Whether it is there already.
    only: bool,
}

/// Has the engine put its parts together, as it does by itself in time, and says what a row takes.
fn merge(engine: &Engine) {
    engine.ask("OPTIMIZE TABLE tianshu.observations FINAL");
    let sums = engine.ask(
        "SELECT sum(rows), sum(data_compressed_bytes), sum(bytes_on_disk), count() FROM system.parts \
         WHERE active AND database = 'tianshu' AND table = 'observations'",
    );
    let sums: Vec<f64> = sums.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [rows, compressed, on_disk, parts] = sums[..] else { panic!("the engine knows its parts") };
    println!(
        "merged, {parts} parts, {rows} rows: {:.2} bytes a row on disk, {:.2} of them columns",
        on_disk / rows,
        compressed / rows
    );
    let columns = engine.ask(
        "SELECT name, data_compressed_bytes FROM system.columns WHERE database = 'tianshu' AND table = 'observations'",
    );
    let by_column: Vec<String> = columns
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(name, bytes)| Some((name, bytes.parse::<f64>().ok()?)))
        .map(|(name, bytes)| format!("{name} {:.2}", bytes / rows))
        .collect();
    println!("by column: {}", by_column.join(", "));
}

fn archive(folder: &Path, database: Option<&ClickHouseConfig>) -> (Keeper, Tender, SharedStatus) {
    let spool = SpoolLimits {
        bytes_max: 64 << 30,
        segment_bytes: 16 << 20,
        segment_age: Interval::from_seconds(10),
    };
    let config = ArchiveConfig {
        folder: folder.to_owned(),
        spool,
        database: database.cloned(),
        retention: Retention::default(),
    };
    let status = SharedStatus::default();
    let (keeper, tender) = open(&config, &status).expect("an archive");
    (keeper, tender, status)
}

/// A network, second by second as it would come, and then everything into the store.
fn network(
    folder: &Path,
    database: Option<&ClickHouseConfig>,
    engine: Option<&Engine>,
    (stations, seconds): (u32, u32),
) {
    let (mut keeper, mut tender, status) = archive(folder, database);
    let mut world = World::new(1);
    let mut rows = 0_u64;
    let mut spent = Spent::default();
    for begin in (0..seconds).step_by(BLOCK_S as usize) {
        let block: Vec<_> = (begin..seconds.min(begin + BLOCK_S))
            .map(|second| {
                (second, (0..stations).map(|n| world.epoch(n, second)).collect::<Vec<_>>())
            })
            .collect();
        spent.measure(|| {
            for (second, epochs) in &block {
                for (number, epoch) in (0..).zip(epochs) {
                    let epoch = ScaledEpoch::from(epoch);
                    rows += epoch.observations.len() as u64;
                    keeper.keep(&Record::Epoch(world::station(number), epoch)).expect("room");
                    let frame = vec![0xd3; FRAME_BYTES].into();
                    let (station, arrived) = (world::station(number), world::time(*second));
                    keeper.keep(&Record::Frame { station, arrived, frame }).expect("room");
                }
                assert!(keeper.commit(world::time(*second)));
            }
        });
    }
    keeper.finish(world::time(seconds));
    let spooled = bytes_of(&folder.join("spool"));
    println!(
        "{stations} stations, {seconds} s: {rows} rows, {} a second",
        rows / u64::from(seconds)
    );
    println!("spool, with raw frames: {:.1} bytes a row", spooled as f64 / rows as f64);
    spent.print("onto the disk", rows, seconds);
    let before = engine.map(cpu_of_engine);
    let mut drained = Spent::default();
    drained.measure(|| assert!(tender.close_all(world::time(seconds))));
    drained.print("into the store", rows, seconds);
    if let Some((engine, before)) = engine.zip(before) {
        let spent = cpu_of_engine(engine).saturating_sub(before).as_secs_f64();
        println!("the engine and its front: {spent:.1} s of processor meanwhile");
        merge(engine);
    }
    assert_eq!(status.snapshot().store, None);
    let observations = bytes_of(&folder.join("observations"));
    if database.is_none() {
        println!("observations on disk: {:.2} bytes a row", observations as f64 / rows as f64);
    }
    let together = (spent.cpu + drained.cpu).as_secs_f64() / f64::from(seconds);
    println!("together: {:.1} % of one core", together * 100.0);
}

/// A day of one station, and how long it takes to have it back.
fn day(
    folder: &Path,
    database: Option<&ClickHouseConfig>,
    engine: Option<&Engine>,
    (number, asks): (u32, Asks),
) {
    let station = world::station(number);
    let rows = (!asks.only).then(|| fill_day(folder, database, number));
    if let Some(rows) = rows {
        if let Some(engine) = engine {
            merge(engine);
        } else {
            let bytes = bytes_of(&folder.join("observations"));
            println!("station-day: {rows} rows, {:.2} bytes a row", bytes as f64 / rows as f64);
        }
    }
    let store: Box<dyn ObservationStore> = match database {
        Some(config) => Box::new(ClickHouseStore::new(config).expect("a client")),
        None => Box::new(EmbeddedStore::new(folder)),
    };
    for _ in 0..asks.times {
        let (wall, here, there) = (Instant::now(), cpu_of("self"), engine.map(cpu_of_engine));
        let mut counts = (0_u64, 0_u64);
        let mut first = None;
        for epoch in store.observations(&station, Span::day_of(world::START)).expect("an answer") {
            first.get_or_insert_with(|| wall.elapsed());
            counts = (counts.0 + 1, counts.1 + epoch.expect("an epoch").observations.len() as u64);
        }
        let (wall, here) = (wall.elapsed(), cpu_of("self").saturating_sub(here));
        assert_eq!(counts.0, 86_400);
        assert!(rows.is_none_or(|rows| rows == counts.1), "{} of {rows:?} rows", counts.1);
        println!(
            "station-day of {} epochs and {} rows: first epoch after {:.0} ms, all after {:.2} s, {:.2} s of processor here",
            counts.0,
            counts.1,
            first.unwrap_or_default().as_secs_f64() * 1e3,
            wall.as_secs_f64(),
            here.as_secs_f64()
        );
        if let Some((engine, there)) = engine.zip(there) {
            let spent = cpu_of_engine(engine).saturating_sub(there).as_secs_f64();
            println!("  and {spent:.2} s of the engine and its front");
        }
    }
}

/// Archives a day of a station; gives how many rows it has.
fn fill_day(folder: &Path, database: Option<&ClickHouseConfig>, number: u32) -> u64 {
    let (mut keeper, mut tender, status) = archive(folder, database);
    let mut world = World::new(2);
    let station = world::station(number);
    let mut rows = 0_u64;
    for second in 0..86_400 {
        let epoch = ScaledEpoch::from(&world.epoch(number, second));
        rows += epoch.observations.len() as u64;
        keeper.keep(&Record::Epoch(station.clone(), epoch)).expect("room");
        if second % 60 == 59 {
            assert!(keeper.commit(world::time(second)));
        }
    }
    keeper.finish(world::time(86_400));
    assert!(tender.close_all(world::time(86_400)));
    assert_eq!(status.snapshot().store, None);
    rows
}
