//! Files of a simulated day, judged by others: simulated, sent as RTCM 3, decoded, made into files, and read by RNXCMP,
//! georinex and RTKLIB. `TIANSHU_PRODUCTS_DAY=1` takes a whole day at 1 Hz in place of an hour.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]
#![expect(clippy::print_stdout, reason = "figures and skipped tests are told by name")]

mod heard;
mod others;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

use flate2::read::GzDecoder;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::utc::Utc;
use tianshu_rinex::navigation::reader::NavReader;
use tianshu_rinex::observation::reader::ObsReader;
use tianshu_rinex::write::WrittenVersion;
use tianshu_station_monitor::file::digest;
use tianshu_station_monitor::products::identity::NineId;
use tianshu_station_monitor::products::kind::Kind;
use tianshu_station_monitor::products::manifest::Manifest;
use tianshu_station_monitor::products::schedule::{FileKey, Job, Outcome, Schedule, Why};
use tianshu_station_monitor::products::sitelog::site_log;
use tianshu_station_monitor::products::source::ObservationSource;
use tianshu_station_monitor::products::work::{Press, PressSettings, Sources};

use crate::heard::{Memory, heard};

const SOFTWARE: &str = "tianshu test";

fn navigation_id() -> NineId {
    "BRDC00CHN".parse().unwrap()
}

fn press(root: &Path, memory: &Memory, version: WrittenVersion) -> Press {
    let settings = PressSettings {
        navigation_id: navigation_id(),
        run_by: "TEST".to_owned(),
        version,
        software: SOFTWARE.to_owned(),
        threads: 2,
    };
    Press::new(root.to_owned(), memory.records.clone(), settings)
}

fn sources(memory: &Memory) -> Sources<'_> {
    Sources { observations: memory, ephemerides: memory }
}

/// Makes every file of those kinds that is due half a minute after `end`.
fn make(root: &Path, memory: &Memory, kinds: &[Kind], begun: GpsTime, end: GpsTime) -> Vec<Job> {
    let stations = memory.records.iter().map(|record| record.station.clone()).collect();
    let mut schedule = Schedule::new(stations, kinds.to_vec(), begun);
    let now = end + Interval::from_seconds(30);
    let jobs = schedule.due(now);
    let begun = Instant::now();
    let press = press(root, memory, WrittenVersion::V305);
    for ended in press.make(&jobs, sources(memory), Utc::from(now)) {
        assert_eq!(ended.outcome(), Outcome::Made, "{:?}", ended.result);
        schedule.ended(&ended.job.file, ended.outcome(), now);
    }
    println!("{} files in {:?}", jobs.len(), begun.elapsed());
    assert_eq!(schedule.due(now), [], "all are made");
    jobs
}

fn place(root: &Path, memory: &Memory, file: &FileKey) -> PathBuf {
    let id = file.station.as_ref().map_or(navigation_id(), |name| memory.record(name).id);
    root.join(file.kind.folder(file.start)).join(file.kind.name(id, file.start))
}

fn unpacked(path: &Path) -> Vec<u8> {
    let mut text = Vec::new();
    GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut text).unwrap();
    text
}

/// Whether two values are equal to the digits of `F14.3`.
fn same(told: Option<f64>, measured: Option<f64>) -> bool {
    match (told, measured) {
        (Some(told), Some(measured)) => (told - measured).abs() <= 0.000_501,
        // Zero cannot be told: RINEX calls it a missing value.
        (None, Some(measured)) => measured.abs() < 0.000_5,
        (told, measured) => told.is_none() && measured.is_none(),
    }
}

#[track_caller]
fn compare(told: &ObsEpoch, measured: &ObsEpoch) -> usize {
    assert_eq!(told.time, measured.time);
    for own in &measured.observations {
        let values = |o: &Observation| {
            [o.code.map(|v| v.0), o.phase.map(|v| v.0), o.doppler.map(|v| v.0), o.cn0.map(|v| v.0)]
        };
        let back = told.get(own.satellite, own.signal).map_or([None; 4], values);
        let all_same = back.iter().zip(values(own)).all(|(told, own)| same(*told, own));
        assert!(all_same, "{} {}: {back:?} of {own:?}", own.satellite, own.signal);
    }
    measured.observations.len()
}

/// Compares a file with what was decoded, value by value; gives what was compared.
fn compare_all(text: &[u8], memory: &Memory, file: &FileKey) -> usize {
    let (kind, station) = (file.kind, file.station.as_ref().unwrap());
    let interval = kind.interval().unwrap();
    let measured = memory.epochs(station, kind.span_of(file.start)).unwrap().map(Result::unwrap);
    let mut measured = measured.filter(|e| e.time.rounded_to(interval) == e.time);
    let mut reader = ObsReader::new(text).unwrap();
    let mut compared = 0;
    for told in reader.by_ref() {
        compared += compare(&told.epoch, &measured.next().unwrap());
    }
    assert!(measured.next().is_none(), "the file ends too early");
    assert_eq!(reader.findings(), []);
    compared
}

/// What the header of a file says of the station is what the site log says of it.
fn compare_with_log(text: &[u8], memory: &Memory, file: &FileKey) {
    let record = memory.record(file.station.as_ref().unwrap());
    let reader = ObsReader::new(text).unwrap();
    let header = reader.header();
    let log = site_log(record, Utc::from(file.start), None);
    let has = |label: &str, value: &str| {
        let line = format!("{label:<30}: {value}");
        assert!(log.lines().any(|own| own.trim_end() == line.trim_end()), "{line} not in\n{log}");
    };
    has("     Nine Character ID", &header.marker_name);
    has("     IERS DOMES Number", &header.marker_number);
    has("3.1  Receiver Type", &header.receiver.descriptor);
    has("     Serial Number", &header.receiver.serial);
    has("     Firmware Version", &header.receiver.firmware);
    has("4.1  Antenna Type", &header.antenna.descriptor);
    has("     Serial Number", header.antenna.serial.as_deref().unwrap_or(""));
    let [x, y, z] = header.approx_position.unwrap().xyz();
    has("       X coordinate (m)", &format!("{x:.4}"));
    has("       Y coordinate (m)", &format!("{y:.4}"));
    has("       Z coordinate (m)", &format!("{z:.4}"));
    let delta = header.antenna_delta.unwrap();
    has("     Marker->ARP Up Ecc. (m)", &format!("{:8.4}", delta.up_m));
    has("     Marker->ARP North Ecc(m)", &format!("{:8.4}", delta.north_m));
    has("     Marker->ARP East Ecc(m)", &format!("{:8.4}", delta.east_m));
}

/// Every file of a run by our own readers, by its digest, by its manifest, and against its station's log.
fn check_all(root: &Path, memory: &Memory, jobs: &[Job]) {
    let mut compared = 0;
    for job in jobs {
        let path = place(root, memory, &job.file);
        let manifest = Manifest::read(path.parent().unwrap()).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let entry = manifest.files.get(&name).unwrap();
        assert_eq!(entry.revision.written, digest(&path).unwrap());
        assert!(path.with_file_name(&entry.summary).exists());
        let text = unpacked(&path);
        if job.file.station.is_some() {
            assert_eq!(Some(entry.have), entry.expected, "{name}");
            compared += compare_all(&text, memory, &job.file);
            compare_with_log(&text, memory, &job.file);
        } else {
            let mut reader = NavReader::new(&text).unwrap();
            let read = reader.by_ref().count();
            assert_eq!((read as u64, reader.finding_count()), (entry.have, 0), "{name}");
        }
    }
    println!("{compared} observations equal what was decoded");
    assert!(compared > 0);
}

fn is_whole_day() -> bool {
    std::env::var_os("TIANSHU_PRODUCTS_DAY").is_some()
}

#[test]
fn hourly_files_equal_what_the_stream_told_and_others_read_them() {
    const NAME: &str = "hourly_files_equal_what_the_stream_told_and_others_read_them";
    let folder = tempfile::tempdir().unwrap();
    let hours = if is_whole_day() { 24 } else { 1 };
    let step = Interval::from_seconds(1);
    // A day of one station takes 2 GB of memory here, as nothing is kept on a disk.
    let stations = if is_whole_day() { 1 } else { 2 };
    let memory = heard(stations, step, Interval::from_seconds(hours * 3_600));
    let kinds: &[Kind] = if is_whole_day() {
        &Kind::ALL
    } else {
        &[Kind::HourlyObservations, Kind::HourlyNavigation]
    };
    let jobs = make(folder.path(), &memory, kinds, memory.start, memory.end);
    check_all(folder.path(), &memory, &jobs);
    let rounds: Vec<_> = jobs.iter().map(|job| place(folder.path(), &memory, &job.file)).collect();
    let observations = rounds.iter().filter(|path| path.to_string_lossy().contains("_MO."));
    for path in observations {
        others::round_trip(NAME, path);
    }
    others::read_by_georinex(NAME, &rounds[0], 20);
    others::solved_by_rtklib(NAME, &memory, &jobs, |file| place(folder.path(), &memory, file));
}

#[test]
fn daily_files_equal_what_the_stream_told_and_others_read_them() {
    const NAME: &str = "daily_files_equal_what_the_stream_told_and_others_read_them";
    let folder = tempfile::tempdir().unwrap();
    let memory = heard(2, Interval::from_seconds(30), Interval::from_seconds(86_400));
    let kinds = [Kind::DailyObservations, Kind::DailyNavigation];
    let jobs = make(folder.path(), &memory, &kinds, memory.start, memory.end);
    assert_eq!(jobs.len(), 3);
    check_all(folder.path(), &memory, &jobs);
    let paths: Vec<_> = jobs.iter().map(|job| place(folder.path(), &memory, &job.file)).collect();
    let observations = paths.iter().filter(|path| path.to_string_lossy().contains("_MO."));
    for path in observations {
        others::round_trip(NAME, path);
    }
    others::read_by_georinex(NAME, &paths[1], 600);
    others::solved_by_rtklib(NAME, &memory, &jobs, |file| place(folder.path(), &memory, file));
}

#[test]
fn late_data_make_a_revision_that_the_manifest_tells() {
    let folder = tempfile::tempdir().unwrap();
    let step = Interval::from_seconds(30);
    let whole = heard(1, step, Interval::from_seconds(3_600));
    let kind = Kind::HourlyObservations;
    let station = whole.records[0].station.clone();
    let file = FileKey { kind, start: whole.start, station: Some(station.clone()) };
    let job = |why| Job { file: file.clone(), why };
    let mut partly = whole.clone();
    let epochs = partly.observed.get_mut(&station).unwrap();
    let cut = epochs.split_off(epochs.len() / 2);
    let made = Utc::from(whole.end);
    let write = |memory: &Memory, why| {
        let press = press(folder.path(), memory, WrittenVersion::V402);
        press.make(&[job(why)], sources(memory), made).remove(0)
    };
    let first = write(&partly, Why::Due).result.unwrap();
    let path = place(folder.path(), &whole, &file);
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let second = write(&whole, Why::LateData).result.unwrap();
    assert!(second.size > first.size && !cut.is_empty());
    let manifest = Manifest::read(path.parent().unwrap()).unwrap();
    let entry = manifest.files.get(&name).unwrap();
    assert_eq!((entry.revision.number, entry.have, entry.rinex.as_str()), (2, 120, "4.02"));
    assert_eq!(entry.revision.reason, "late data");
    assert_eq!(entry.superseded.iter().map(|r| &r.written).collect::<Vec<_>>(), [&first]);
    assert_eq!(digest(&path).unwrap(), second);
    assert_eq!(ObsReader::new(&unpacked(&path)).unwrap().count(), 120);
    let again = write(&Memory { observed: BTreeMap::new(), ..whole.clone() }, Why::LateData);
    assert_eq!(again.outcome(), Outcome::Empty);
    assert_eq!(digest(&path).unwrap(), second, "nothing takes no place");
}

#[test]
fn what_a_crash_leaves_behind_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let memory = heard(2, Interval::from_seconds(30), Interval::from_seconds(3_600));
    let kinds = [Kind::HourlyObservations, Kind::HourlyNavigation];
    let jobs = make(folder.path(), &memory, &kinds, memory.start, memory.end);
    let hour = Kind::HourlyObservations.folder(memory.start);
    let press = press(folder.path(), &memory, WrittenVersion::V305);
    let sound = press.look_through(&hour).unwrap();
    assert_eq!((sound.sound.len(), sound.damaged.len(), sound.removed), (2, 0, 0));
    let of_hour = jobs.iter().filter(|job| job.file.kind == Kind::HourlyObservations);
    assert!(of_hour.map(|job| &job.file).eq(&sound.sound));
    // A file that was replaced, and one that was not finished, when the power went.
    let path = place(folder.path(), &memory, &sound.sound[0]);
    std::fs::write(&path, "other").unwrap();
    std::fs::write(path.with_file_name(".part-x"), "half").unwrap();
    let found = press.look_through(&hour).unwrap();
    assert_eq!((found.sound.len(), found.damaged.len(), found.removed), (1, 1, 1));
    assert!(!path.with_file_name(".part-x").exists());
}
