//! From the bus to a file: what a simulated station sends is archived, and an hour of the archive becomes RINEX.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use tianshu_gnss::coords::Geodetic;
use tianshu_gnss::event::{StationEvent, StationNews};
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::utc::Utc;
use tianshu_ingest::clock::SystemClock;
use tianshu_rinex::navigation::reader::NavReader;
use tianshu_rinex::observation::reader::ObsReader;
use tianshu_rinex::unpack::unpacked;
use tianshu_simulator::named::named;
use tianshu_simulator::network::{Network, NetworkStation};
use tianshu_simulator::product::rtcm::StationStream;
use tianshu_simulator::world::World;
use tianshu_station_monitor::archive::inlet::Archiving;
use tianshu_station_monitor::archive::keeper::open;
use tianshu_station_monitor::archive::status::SharedStatus;
use tianshu_station_monitor::products::kind::Kind;
use tianshu_station_monitor::products::schedule::{Outcome, SETTLE, Schedule};
use tianshu_station_monitor::products::work::{Press, PressSettings, Sources};

use crate::config::read::{Config, from_text};
use crate::files::source::ArchiveSource;
use crate::files::worker::Worker;

const CONFIG: &str = r#"
[agency]
name = "Institute"
abbreviation = "INST"
[archive]
folder = "archive"
[files]
folder = "files"
listen = "127.0.0.1:0"
readers = ["lin"]
[[user]]
name = "lin"
password = "right"
[[station]]
name = "A"
link = "tcp"
address = "10.0.0.1:1"
position = [23, 108, 80]
[station.site]
id = "AAAA00CHN"
[[station.site.receiver]]
name = "TRIMBLE ALLOY"
installed = "2019-05-01"
[[station.site.antenna]]
name = "TRM59800.00     SCIS"
installed = "2019-05-01"
"#;
const SECONDS: i64 = 40;

fn station() -> StationName {
    "A".parse().unwrap()
}

/// Archives what the station sends in the first seconds of an hour; gives the beginning of that hour.
fn archive(config: &Config) -> GpsTime {
    let place = Geodetic::from_degrees(23.0, 108.0, 80.0);
    let region = String::new();
    let stations = vec![NetworkStation { name: station(), place, region }];
    let network = Network { name: "one".to_owned(), stations };
    let scenario = named("quiet").unwrap();
    let start = Kind::HourlyObservations.span_of(scenario.start).start;
    let mut world = World::new(scenario.starting_at(start), &network, 3).unwrap();
    let mut stream = StationStream::new(1);
    let now: Arc<dyn Fn() -> GpsTime + Send + Sync> = Arc::new(move || start);
    let (archiving, inlet) = Archiving::start(config.archive.clone().unwrap(), now).unwrap();
    for second in 0..SECONDS {
        let t = start + Interval::from_seconds(second);
        let epoch = world.epoch(t);
        let observed = epoch.stations[0].observed.clone().unwrap();
        let sent = stream.epoch(t, &observed, &world.stated(0).unwrap(), &world.ephemerides(t));
        let arrived = t + Interval::from_millis(200);
        let frames = sent.frames.into_iter().map(|frame| StationNews::Frame(frame.into_bytes()));
        for news in frames.chain([StationNews::Epoch(Arc::new(observed))]) {
            inlet.offer(&StationEvent { station: station(), arrived, news });
        }
    }
    drop(inlet);
    archiving.join();
    start
}

fn read(root: &Path, kind: Kind, id: &str, start: GpsTime) -> Vec<u8> {
    let path = root.join(kind.folder(start)).join(kind.name(id.parse().unwrap(), start));
    let packed = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    unpacked(&packed).unwrap().into_owned()
}

#[test]
fn an_hour_of_the_archive_becomes_files() {
    let folder = tempfile::tempdir().unwrap();
    let config = from_text(CONFIG, folder.path()).expect("a good configuration");
    let files = config.files.clone().unwrap();
    assert_eq!((files.run_by.as_str(), files.kinds.len()), ("INST", 4));
    let readers = files.download.as_ref().and_then(|download| download.readers.as_ref());
    assert_eq!(readers.map(|readers| (readers.users.len(), readers.researchers)), Some((1, false)));

    let start = archive(&config);
    let source = ArchiveSource::new(config.archive.clone().unwrap(), vec![station()]);
    let settings = PressSettings {
        navigation_id: files.navigation_id,
        run_by: files.run_by.clone(),
        version: files.version,
        software: "Tianshu test".to_owned(),
        threads: 1,
    };
    let press = Press::new(files.folder.clone(), config.records.clone(), settings);
    let kinds = vec![Kind::HourlyObservations, Kind::HourlyNavigation];
    let mut schedule = Schedule::new(vec![station()], kinds, start);
    let now = start + Interval::from_seconds(3_600 + 60);
    let jobs = schedule.due(now);
    assert_eq!(jobs.len(), 2, "{jobs:?}");
    let sources = Sources { observations: &source, ephemerides: &source };
    for ended in press.make(&jobs, sources, Utc::from(now)) {
        assert_eq!(ended.outcome(), Outcome::Made, "{:?}", ended.result);
    }

    let text = read(&files.folder, Kind::HourlyObservations, "AAAA00CHN", start);
    let epochs = ObsReader::new(&text).unwrap();
    assert_eq!(epochs.count(), usize::try_from(SECONDS).unwrap());
    let text = read(&files.folder, Kind::HourlyNavigation, "BRDC00CHN", start);
    let orbits = NavReader::new(&text).unwrap().count();
    assert!(orbits > 20, "{orbits} ephemerides");
}

#[test]
fn an_hour_has_settled_when_the_archive_has_closed_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = from_text(CONFIG, folder.path()).expect("a good configuration");
    let files = config.files.clone().unwrap();
    let ended = archive(&config) + Interval::from_seconds(3_600);
    let settings = PressSettings {
        navigation_id: files.navigation_id,
        run_by: String::new(),
        version: files.version,
        software: "Tianshu test".to_owned(),
        threads: 1,
    };
    let kept = config.archive.clone().unwrap();
    let worker = Worker {
        clock: Arc::new(SystemClock::start()),
        press: Press::new(files.folder, config.records.clone(), settings),
        source: ArchiveSource::new(kept.clone(), vec![station()]),
        schedule: Schedule::new(vec![station()], files.kinds.clone(), ended),
        kinds: files.kinds,
        late: sync_channel(1).1,
        stop: Arc::default(),
    };
    let after = |seconds| ended + Interval::from_seconds(seconds);
    assert!(worker.as_of(after(30)) < ended + SETTLE, "it is in the spool alone");
    assert_eq!(worker.as_of(after(100)), after(100), "it is not waited for any longer");
    let (keeper, mut tender) = open(&kept, &SharedStatus::default()).unwrap();
    tender.tend(after(14));
    assert!(worker.as_of(after(30)) < ended + SETTLE, "so soon some epochs are on their way");
    tender.tend(after(15));
    assert_eq!(worker.as_of(after(30)), after(30));
    drop(keeper);
}
