//! The archive in ClickHouse: a real engine behind a small HTTP server, and somebody in between who misbehaves.

#[cfg(test)]
mod engine;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod world;

use std::path::Path;
use std::time::Duration;

use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::time::gps::Interval;
use tianshu_station_monitor::archive::clickhouse::connection::ClickHouseConfig;
use tianshu_station_monitor::archive::clickhouse::deliver::Deliverer;
use tianshu_station_monitor::archive::clickhouse::read::ClickHouseStore;
use tianshu_station_monitor::archive::clickhouse::schema::{Retention, statements};
use tianshu_station_monitor::archive::figure::{QualityFilter, QualityRow, Resolution};
use tianshu_station_monitor::archive::keeper::{ArchiveConfig, Keeper, Tender, open};
use tianshu_station_monitor::archive::record::Record;
use tianshu_station_monitor::archive::scaled::ScaledEpoch;
use tianshu_station_monitor::archive::span::Span;
use tianshu_station_monitor::archive::spool::SpoolLimits;
use tianshu_station_monitor::archive::status::{ArchiveStatus, SharedStatus};
use tianshu_station_monitor::archive::store::ObservationStore;

use crate::engine::Engine;
use crate::proxy::{Mood, Proxy};
use crate::world::World;

/// Stations of these tests.
const STATIONS: u32 = 2;
/// Long enough for the engine on a busy machine, where nobody is in between.
const PATIENT: Duration = Duration::from_mins(1);
/// How long a database that hangs is waited for in these tests.
const IMPATIENT: Duration = Duration::from_millis(1_500);

fn archive(folder: &Path, database: ClickHouseConfig) -> (Keeper, Tender, SharedStatus) {
    let spool = SpoolLimits {
        bytes_max: 1 << 30,
        segment_bytes: 16 << 20,
        segment_age: Interval::from_seconds(60),
    };
    let config = ArchiveConfig {
        folder: folder.to_owned(),
        spool,
        database: Some(database),
        retention: Retention::default(),
    };
    let status = SharedStatus::default();
    let (keeper, tender) = open(&config, &status).expect("an archive");
    (keeper, tender, status)
}

/// Keeps what the stations measure in these seconds, one in `step`; gives how many rows.
fn keep(keeper: &mut Keeper, world: &mut World, seconds: std::ops::Range<u32>, step: usize) -> u64 {
    let mut rows = 0;
    for second in seconds.step_by(step) {
        for number in 0..STATIONS {
            let epoch = ScaledEpoch::from(&world.epoch(number, second));
            rows += epoch.observations.len() as u64;
            keeper.keep(&Record::Epoch(world::station(number), epoch)).expect("room");
        }
        assert!(keeper.commit(world::time(second)));
    }
    rows
}

fn migrate(config: &ClickHouseConfig) {
    let deliverer = Deliverer::new(config).expect("a client");
    for _ in 0..2 {
        deliverer.migrate(config, Retention::default()).expect("the tables are made");
    }
    assert_eq!(deliverer.layout().expect("an answer"), Some(1));
}

/// Rows in the database, and how many of them are different.
fn rows(config: &ClickHouseConfig) -> (u64, u64) {
    let store = ClickHouseStore::new(config).expect("a client");
    let holdings = store.holdings(Span::ALWAYS).expect("an answer");
    let held = holdings.iter().map(|holding| holding.rows).sum();
    let mut different = 0;
    for number in 0..STATIONS {
        let epochs = store.observations(&world::station(number), Span::ALWAYS).expect("an answer");
        different += epochs.map(|e| e.expect("an epoch").observations.len() as u64).sum::<u64>();
    }
    (held, different)
}

#[test]
fn what_is_kept_is_answered_by_a_real_engine() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = "what_is_kept_is_answered_by_a_real_engine";
    let Some(engine) = Engine::start(name, &folder.path().join("engine")) else { return };
    let config = Engine::config(engine.port, PATIENT);
    migrate(&config);
    let (mut keeper, mut tender, status) = archive(&folder.path().join("a"), config.clone());
    // Over the end of an hour and of a day.
    keep(&mut keeper, &mut World::new(1), 86_340..86_460, 1);
    let figures = figures();
    for record in Record::of_figures(figures.clone()) {
        keeper.keep(&record).expect("room");
    }
    keeper.finish(world::time(86_460));
    tender.tend(world::time(86_460));
    assert_well(&status.snapshot());
    let store = ClickHouseStore::new(&config).expect("a client");
    let mut world = World::new(1);
    let mut expected = [Vec::new(), Vec::new()];
    for second in 86_340..86_460 {
        for number in 0..STATIONS {
            let scaled = ScaledEpoch::from(&world.epoch(number, second));
            expected[number as usize].push(ObsEpoch::from(&scaled));
        }
    }
    for number in 0..STATIONS {
        let epochs = store.observations(&world::station(number), Span::ALWAYS).expect("an answer");
        let epochs: Vec<_> = epochs.map(|epoch| epoch.expect("an epoch")).collect();
        assert_eq!(epochs, expected[number as usize]);
    }
    let span = Span { from: world::time(86_390), until: world::time(86_410) };
    let first = &expected[1][0].observations[5];
    let arc = store.arc(&world::station(1), first.satellite, Some(first.signal), span);
    let arc: Vec<_> = arc.expect("an answer").map(|point| point.expect("a point")).collect();
    assert_eq!(arc.len(), 20);
    for (point, epoch) in arc.iter().zip(&expected[1][50..70]) {
        assert_eq!(Some(&point.observation), epoch.get(first.satellite, first.signal));
    }
    let filter = QualityFilter { station: Some(world::station(1)), ..QualityFilter::default() };
    let mut told: Vec<_> = store
        .quality(&filter, Span::ALWAYS)
        .expect("an answer")
        .map(|r| r.expect("a row"))
        .collect();
    told.sort_by_key(|row| row.time);
    assert_eq!(told, figures.into_iter().filter(|r| filter.wants(r)).collect::<Vec<_>>());
}

fn figures() -> Vec<QualityRow> {
    let row = |minute: u32| QualityRow {
        station: world::station(minute % 2),
        time: world::time(minute * 60),
        resolution: Resolution::Minute,
        satellite: "C05".parse().ok().filter(|_| minute.is_multiple_of(3)),
        signal: None,
        metric: "completeness_ratio".parse().expect("a name"),
        value_millionths: 999_000 + i64::from(minute),
    };
    (0..30).map(row).collect()
}

#[track_caller]
fn assert_well(status: &ArchiveStatus) {
    assert_eq!((&status.disk, &status.store), (&None, &None));
    assert_eq!((status.refused, status.damaged), (0, 0));
}

/// Six hours without a database, in every way in which one can be away: nothing is lost, and nothing is there twice.
#[test]
fn a_database_that_is_away_for_six_hours_has_every_row_once_when_it_is_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = "a_database_that_is_away_for_six_hours_has_every_row_once_when_it_is_back";
    let Some(engine) = Engine::start(name, &folder.path().join("engine")) else { return };
    let direct = Engine::config(engine.port, PATIENT);
    migrate(&direct);
    let proxy = Proxy::before(engine.port);
    let through = Engine::config(proxy.port, IMPATIENT);
    let (mut keeper, mut tender, status) = archive(&folder.path().join("a"), through);
    let mut world = World::new(2);
    let moods = [Mood::Swallow, Mood::Refuse, Mood::Hang, Mood::Fail];
    let mut kept = 0;
    let mut away = 0;
    // Six hours and a little before and after, one second in thirty.
    for (step, begin) in (0..24_000).step_by(600).enumerate() {
        let is_away = (1_200..22_800).contains(&begin);
        let mood = if is_away { moods[step % moods.len()] } else { Mood::Pass };
        proxy.turn(mood);
        kept += keep(&mut keeper, &mut world, begin..begin + 600, 30);
        tender.tend(world::time(begin + 600));
        let told = status.snapshot();
        away += u32::from(told.store.is_some());
        assert_eq!(told.refused, 0);
        assert!(told.disk.is_none(), "the way of the stations' data onto the disk is another");
    }
    assert!(away >= 30, "the database was away: {away}");
    assert!(proxy.swallowed() >= 5, "answers were swallowed: {}", proxy.swallowed());
    keeper.finish(world::time(24_000));
    tender.tend(world::time(24_100));
    assert_well(&status.snapshot());
    assert_eq!(rows(&direct), (kept, kept));
    assert!(status.snapshot().spool_segments <= 1, "{:?}", status.snapshot());
}

/// The statements for a cluster need one to run; an engine can at least tell whether they are statements.
#[test]
fn the_statements_for_a_cluster_are_read_by_a_real_engine() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = "the_statements_for_a_cluster_are_read_by_a_real_engine";
    let Some(engine) = Engine::start(name, &folder.path().join("engine")) else { return };
    let config = Engine::config(engine.port, PATIENT);
    let cluster = ClickHouseConfig { cluster: Some("main".to_owned()), ..config.clone() };
    let retention =
        Retention { observation_days: Some(400), minute_days: Some(30), hour_days: Some(800) };
    let all = statements(&cluster, retention);
    assert!(
        all.iter().any(|s| s.contains("ReplicatedMergeTree(") && s.contains("ON CLUSTER 'main'"))
    );
    assert!(all.iter().any(|s| s.contains("Distributed('main', 'tianshu', 'observations_local'")));
    for statement in all {
        let store = ClickHouseStore::new(&config).expect("a client");
        store.reads(&statement).expect("a statement");
    }
    // Alone, they can be run, with limits too.
    let deliverer = Deliverer::new(&config).expect("a client");
    deliverer.migrate(&config, retention).expect("the tables are made");
}
