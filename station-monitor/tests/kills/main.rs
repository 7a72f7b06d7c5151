//! The archive killed at any instant: what was told to be on disk is there once, and no file is ever seen half.
//!
//! The test starts itself again as a child that archives as fast as it can and says what is on disk; kills it; and looks. Rounds:
//! `TIANSHU_KILLS`, 10 without it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::units::Metres;
use tianshu_station_monitor::archive::clickhouse::schema::Retention;
use tianshu_station_monitor::archive::embedded::read::EmbeddedStore;
use tianshu_station_monitor::archive::inspection::inspect;
use tianshu_station_monitor::archive::keeper::{ArchiveConfig, open};
use tianshu_station_monitor::archive::record::{Kind, Record};
use tianshu_station_monitor::archive::scaled::ScaledEpoch;
use tianshu_station_monitor::archive::span::Span;
use tianshu_station_monitor::archive::spool::SpoolLimits;
use tianshu_station_monitor::archive::status::SharedStatus;
use tianshu_station_monitor::archive::store::ObservationStore;

/// By which the child knows that it is one, and where it archives.
const CHILD: &str = "TIANSHU_KILLS_FOLDER";
/// From which number on the child archives.
const FROM: &str = "TIANSHU_KILLS_FROM";
/// Epochs between two commits: the group of a group commit.
const PER_COMMIT: i64 = 10;
/// Between two epochs, s: an hour is over, and closed, after every sixth commit or so.
const STEP_S: i64 = 60;
/// Rounds where nothing else is asked for.
const ROUNDS: u32 = 10;
/// The latest kill after a start, ms.
const LATEST_MS: u64 = 300;
const START: GpsTime = GpsTime::from_week(2_400, Interval::ZERO);

fn station() -> StationName {
    "KILL".parse().expect("a name")
}

fn time(number: i64) -> GpsTime {
    START + Interval::from_seconds(number * STEP_S)
}

/// One observation that tells its number.
fn epoch(number: i64) -> ObsEpoch {
    let satellite = Satellite::new(Constellation::Gps, 7).expect("G07");
    let signal = Signal::from_code(Constellation::Gps, "1C").expect("1C");
    let mut o = Observation::of(satellite, signal);
    o.code = Some(Metres(20_000_000.0 + f64::from(i32::try_from(number).expect("small"))));
    ObsEpoch { time: time(number), observations: vec![o] }
}

fn config(folder: &Path) -> ArchiveConfig {
    let spool = SpoolLimits {
        bytes_max: 1 << 30,
        segment_bytes: 100_000,
        segment_age: Interval::from_seconds(1_800),
    };
    let folder = folder.to_owned();
    ArchiveConfig { folder, spool, database: None, retention: Retention::default() }
}

/// The child: an hour of a station in a moment, closed while the next one is archived.
#[test]
fn a_child_that_archives() {
    let Some(folder) = std::env::var_os(CHILD) else { return };
    let from = std::env::var(FROM).ok().and_then(|text| text.parse().ok()).expect("a number");
    let (mut keeper, mut tender) =
        open(&config(Path::new(&folder)), &SharedStatus::default()).expect("an archive");
    let mut out = std::io::stdout().lock();
    for number in from.. {
        let now = time(number);
        let record = Record::Epoch(station(), ScaledEpoch::from(&epoch(number)));
        keeper.keep(&record).expect("room");
        let frame = number.to_le_bytes().to_vec().into();
        keeper.keep(&Record::Frame { station: station(), arrived: now, frame }).expect("room");
        if number % PER_COMMIT == 0 {
            assert!(keeper.commit(now));
            writeln!(out, "on disk {number}").expect("somebody reads");
            out.flush().expect("somebody reads");
            tender.tend(now);
        }
    }
}

/// Runs a child from a number on, kills it some time after it is at work, and gives the last number that it said to be on disk.
fn run_and_kill(folder: &Path, from: i64, after: Duration) -> i64 {
    let mut child = Command::new(std::env::current_exe().expect("a test has a file"))
        .args(["a_child_that_archives", "--exact", "--nocapture"])
        .env(CHILD, folder)
        .env(FROM, from.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let started = Instant::now();
    let killer = std::thread::spawn(move || {
        // From its very start on: opening after a kill can be killed too.
        std::thread::sleep(after.saturating_sub(started.elapsed()));
        child.kill().expect("a child to kill");
        child.wait().expect("it ended");
    });
    let mut last = from - 1;
    for line in lines.map_while(Result::ok) {
        let told = line.rsplit_once("on disk ").and_then(|(_, number)| number.parse().ok());
        last = told.unwrap_or(last);
    }
    killer.join().expect("it was killed");
    last
}

#[test]
fn what_was_on_disk_before_a_kill_is_there_once() {
    if std::env::var_os(CHILD).is_some() {
        return;
    }
    let rounds = std::env::var("TIANSHU_KILLS").ok().and_then(|text| text.parse().ok());
    let rounds: u32 = rounds.unwrap_or(ROUNDS);
    let folder = tempfile::tempdir().expect("a folder");
    let mut next = 0;
    let mut worst = 0;
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..rounds {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let after = Duration::from_micros(random % (LATEST_MS * 1000));
        let told = run_and_kill(folder.path(), next, after);
        let kept = look(folder.path(), round + 1);
        let last = kept.last().copied().unwrap_or(-1);
        assert!(last >= told, "round {round}: {told} was on disk, {last} is there");
        let expected: Vec<i64> = (0..=last).collect();
        assert_eq!(kept, expected, "round {round}: each is there once");
        worst = worst.max(last - told);
        next = last + 1;
    }
    let archived = look(folder.path(), rounds).len();
    let files =
        EmbeddedStore::new(folder.path()).files(Kind::Epoch, Span::ALWAYS).expect("an index");
    println!("{rounds} kills: {archived} epochs, each once, {} files whole", files.len());
    assert!(
        archived > 0 && worst <= PER_COMMIT,
        "the last group at most was there untold: {worst}"
    );
}

/// What there is: every number of the observations. Each has its frame, but for the one at which a kill may have cut.
fn look(folder: &Path, kills: u32) -> Vec<i64> {
    let faults = inspect(folder, Span::ALWAYS, |_| {}).expect("an archive");
    assert_eq!(faults, [], "no file is torn");
    let store = EmbeddedStore::new(folder);
    let mut frames: BTreeMap<i64, u32> = BTreeMap::new();
    for frame in store.frames(&station(), Span::ALWAYS).expect("an archive") {
        let frame = frame.expect("a frame").frame;
        let number = i64::from_le_bytes(frame[..].try_into().expect("eight bytes"));
        *frames.entry(number).or_default() += 1;
    }
    let mut numbers = Vec::new();
    for told in store.observations(&station(), Span::ALWAYS).expect("an archive") {
        let told = told.expect("an epoch");
        let number = (told.time - START).nanos() / (STEP_S * 1_000_000_000);
        assert_eq!(told, epoch(number), "an epoch is what was kept");
        numbers.push(number);
    }
    assert!(frames.values().all(|times| *times == 1), "each frame is there once");
    let alone = numbers.iter().filter(|number| !frames.contains_key(number)).count();
    assert!(alone <= kills as usize, "{alone} epochs without their frame after {kills} kills");
    // Rows in files, not only what answers make of them: a second row of the same time would be hidden by an answer.
    let files = store.files(Kind::Epoch, Span::ALWAYS).expect("an index");
    let in_files: u64 = files.iter().map(|file| file.entries).sum();
    assert!(in_files <= numbers.len() as u64, "{in_files} rows in files of {}", numbers.len());
    numbers
}
