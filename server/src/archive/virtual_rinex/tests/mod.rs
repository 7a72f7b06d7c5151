//! A virtual station where a real one was left out, made of a simulated archive, and held against that one by RTKLIB.

mod archived;
mod database;
mod rtklib;

use std::fs;
use std::path::PathBuf;

use tianshu_gnss::coords::Geodetic;
use tianshu_gnss::station::StationName;
use tianshu_rinex::navigation::reader::NavReader;
use tianshu_rinex::observation::reader::ObsReader;
use tianshu_simulator::network::Network;
use tianshu_station_monitor::products::packing::{Packing, publish};

use super::*;
use crate::archive::rinex;
use crate::config::network::built_in;
use crate::config::read::from_text;
use crate::network::systems::of_letters;
use crate::virtual_jobs::{RunningJobs, State};
use archived::Archived;

/// The archive begins so long before the span.
const BEFORE_S: i64 = 900;
const SPAN_S: i64 = 600;
const STEP_S: i64 = 5;
/// Epochs of the span.
const EPOCHS: u64 = 120;

/// A folder with an archive of nine stations, one of which is none of the network's.
struct Setting {
    folder: tempfile::TempDir,
    network: Network,
    left_out: StationName,
    start: GpsTime,
}

impl Setting {
    fn archived(&self) -> Archived<'_> {
        let network = &self.network;
        let seconds = BEFORE_S + SPAN_S;
        Archived { scenario: "quiet", seed: 1, network, seconds, step_s: STEP_S }
    }

    fn new() -> Self {
        let network = built_in().central(9);
        let left_out = "HESHAN".parse().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let start = GpsTime::from_nanos(0);
        let setting = Self { folder, network, left_out, start };
        setting.archived().keep(&setting.folder.path().join("kept"), None, |_| ()).unwrap();
        let start = setting.archived().start().unwrap();
        Self { start, ..setting }
    }

    fn config(&self) -> Config {
        let text = self.archived().config("kept", std::slice::from_ref(&self.left_out));
        from_text(&text, self.folder.path()).expect("a good configuration")
    }

    fn ground(&self) -> Ground {
        Ground::of(&self.config()).unwrap()
    }

    fn place(&self) -> Geodetic {
        let mut stations = self.network.stations.iter();
        stations.find(|s| s.name == self.left_out).unwrap().place
    }

    fn request(&self) -> Request {
        let from = self.start + Interval::from_seconds(BEFORE_S);
        Request {
            place: self.place().to_ecef(GRS80),
            from,
            until: from + Interval::from_seconds(SPAN_S),
            interval: None,
            systems: of_letters("GREC").unwrap(),
            name: "HESV".to_owned(),
            warm_up: Interval::from_seconds(1_200),
            stations: STATIONS_DEFAULT,
        }
    }

    fn make(&self, request: &Request) -> Result<Outcome, NotMade> {
        let out = self.folder.path().join("out");
        make(&self.ground(), request, &out, &mut |_| ControlFlow::Continue(()))
    }

    fn left_behind(&self) -> Vec<PathBuf> {
        let all = fs::read_dir(self.folder.path().join("out")).into_iter().flatten();
        all.map(|entry| entry.unwrap().path()).collect()
    }
}

#[test]
fn a_virtual_station_measures_what_a_real_one_there_does() {
    let setting = Setting::new();
    for (request, error) in refused(&setting) {
        let told = setting.make(&request).expect_err("no such file").to_string();
        assert!(told.contains(error), "{told}");
    }
    called_off(&setting);
    assert!(setting.left_behind().is_empty(), "{:?}", setting.left_behind());

    let made = setting.make(&setting.request()).unwrap();
    let text = fs::read(&made.rinex).unwrap();
    check_file(&setting, &made, &text);
    check_report(&made);
    rarer(&setting, &made, &text);
    rtklib::agrees(setting.folder.path(), &setting, &made);
}

/// What cannot be made, and what is said then.
fn refused(setting: &Setting) -> Vec<(Request, &'static str)> {
    let good = setting.request();
    let far = Geodetic::from_degrees(30.0, 108.0, 100.0).to_ecef(GRS80);
    let day = Interval::from_seconds(86_400);
    let seconds = |s| Some(Interval::from_seconds(s));
    vec![
        (Request { place: far, ..good.clone() }, "outside of the network: the nearest station"),
        (Request { place: Ecef::new(0.0, 0.0, 0.0), ..good.clone() }, "not on the Earth"),
        (
            Request { from: good.from + day, until: good.until + day, ..good.clone() },
            "nothing of the network's stations is archived",
        ),
        (Request { until: good.from, ..good.clone() }, "ends before it begins"),
        (Request { until: good.until + day, ..good.clone() }, "a day at most"),
        (Request { interval: seconds(7), ..good.clone() }, "a multiple of the network's 5 s"),
        (Request { name: "L-".to_owned(), ..good.clone() }, "four letters or digits"),
        (Request { stations: 2, ..good.clone() }, "3 to 60 stations"),
        // Without a warm-up the network knows nothing in its first half minute.
        (
            Request {
                warm_up: Interval::ZERO,
                until: good.from + Interval::from_seconds(20),
                ..good
            },
            "could not tell what would be measured there",
        ),
    ]
}

fn called_off(setting: &Setting) {
    let out = setting.folder.path().join("out");
    let mut epochs = 0;
    let made = make(&setting.ground(), &setting.request(), &out, &mut |progress| {
        epochs += 1;
        assert!(progress.runs_in && progress.done < progress.all);
        if epochs == 10 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(made, Err(NotMade::CalledOff)) && epochs == 10);
}

fn check_file(setting: &Setting, made: &Outcome, text: &[u8]) {
    let name = made.rinex.file_name().unwrap().to_string_lossy().into_owned();
    assert!(name.starts_with("HESV00CHN_S_") && name.ends_with("_10M_05S_MO.rnx"), "{name}");
    let reader = ObsReader::new(text).unwrap();
    let header = reader.header().clone();
    let place = header.approx_position.unwrap();
    assert!((place - setting.place().to_ecef(GRS80)).norm_m() < 1e-4);
    let shown = String::from_utf8_lossy(text);
    for words in [
        "     3.05           OBSERVATION DATA",
        "VIRTUAL REFERENCE STATION: NO RECEIVER MEASURED THIS",
        "NETWORK: Simulated",
        "FRAME: the simulator's",
        "POSITION: ",
        "NON_PHYSICAL",
    ] {
        assert!(shown.contains(words), "{words:?}");
    }
    assert!(!shown.contains("HESHAN"), "the station that is there is none of the network's");
    let request = setting.request();
    let times: Vec<GpsTime> =
        reader.map(|read| read.epoch.time.rounded_to(made.report.asked.step)).collect();
    assert_eq!(times.first(), Some(&request.from));
    assert!(times.iter().all(|t| (request.from..request.until).contains(t)));
    assert_eq!(times.len() as u64, EPOCHS, "every epoch of the span");
}

fn check_report(made: &Outcome) {
    let text = fs::read_to_string(&made.report_file).unwrap();
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(told["schema"], "tianshu-virtual-1");
    assert_eq!(
        (told["epochs"].as_u64(), told["epochs_expected"].as_u64()),
        (Some(EPOCHS), Some(EPOCHS))
    );
    // The archive reaches back less than was asked for.
    assert_eq!(
        (told["asked"]["warm_up_s"].as_f64(), told["warm_up_s"].as_f64()),
        (Some(1_200.0), Some(900.0))
    );
    assert_eq!(told["stations"].as_array().map(Vec::len), Some(8));
    assert_eq!(told["stations"][0]["epochs"], (BEFORE_S + SPAN_S) / STEP_S);
    assert!(told["satellite_epochs"]["told"].as_u64().unwrap() > EPOCHS * 8);
    assert!(told["levelled"]["last"].as_f64().unwrap() > 0.5, "{}", told["levelled"]);
    let sigma_m = told["sigma"]["ionosphere_slant_m"]["rms"].as_f64().unwrap();
    assert!((0.0005..0.05).contains(&sigma_m), "{sigma_m}");
    let masters: u64 =
        told["masters"].as_object().unwrap().values().filter_map(serde_json::Value::as_u64).sum();
    assert_eq!(masters, EPOCHS);
}

/// A file with fewer epochs is solved as often, and has the same values at those that it has.
fn rarer(setting: &Setting, made: &Outcome, text: &[u8]) {
    let interval = Some(Interval::from_seconds(30));
    let request = setting.request();
    let until = request.from + Interval::from_seconds(120);
    let request = Request { until, interval, ..request };
    let rare = setting.make(&request).unwrap();
    by_the_service(setting, request, &rare.rinex);
    assert_eq!((rare.report.epochs, rare.report.asked.step), (4, made.report.asked.step));
    let rare_text = fs::read(&rare.rinex).unwrap();
    let all: Vec<_> = ObsReader::new(text).unwrap().map(|read| read.epoch).collect();
    for read in ObsReader::new(&rare_text).unwrap() {
        let same = all.iter().find(|epoch| epoch.time == read.epoch.time).unwrap();
        let phases = |epoch: &tianshu_gnss::observation::ObsEpoch| -> Vec<_> {
            epoch.observations.iter().map(|o| (o.satellite, o.signal, o.code, o.phase)).collect()
        };
        assert_eq!(phases(&read.epoch), phases(same));
    }
}

/// A job of the service gives the same file, packed.
fn by_the_service(setting: &Setting, request: Request, plain: &Path) {
    let clock: tianshu_ingest::clock::SharedClock =
        std::sync::Arc::new(tianshu_ingest::clock::SystemClock::start());
    let running = RunningJobs::start(Some(setting.folder.path()), clock).unwrap();
    let desk = running.desk();
    let number = desk.ask(&"lin".into(), request, setting.ground()).unwrap().0.number;
    let begun = std::time::Instant::now();
    let done = loop {
        match desk.find("lin", number).unwrap().0.state {
            State::Done(done) => break done,
            State::Failed(why) => panic!("{why}"),
            State::Waiting | State::Running(_) => {
                assert!(begun.elapsed().as_secs() < 300, "a job of two minutes does not end");
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
        }
    };
    let folder = desk.folder().join(number.to_string());
    let packed = fs::read(folder.join(&done.rinex.name)).unwrap();
    assert_eq!((packed.len() as u64, done.epochs), (done.rinex.bytes, (4, 4)));
    assert!(folder.join(&done.report.name).exists() && fs::read_dir(&folder).unwrap().count() == 2);
    let again = folder.join("again.crx.gz");
    publish(plain, again.clone(), "tianshu", setting.request().until.into()).unwrap();
    let lines = |packed: &[u8]| -> Vec<String> {
        let text = tianshu_rinex::unpack::unpacked(packed).unwrap();
        let text = String::from_utf8(text.into_owned()).unwrap();
        // When it was made is another moment.
        text.lines().filter(|line| !line.contains(" / DATE")).map(str::to_owned).collect()
    };
    let told = lines(&packed);
    assert!(told.len() > 30 && told == lines(&fs::read(again).unwrap()));
    assert!(desk.remove("lin", number) && !folder.exists());
    running.stop();
}

/// What the station that was left out measured in the span, and all ephemerides, out of the archive; the files' names.
fn exported(setting: &Setting) -> (PathBuf, PathBuf) {
    let config = setting.config();
    let archive = config.archive.clone().unwrap();
    let request = setting.request();
    let order = rinex::Order {
        span: tianshu_station_monitor::archive::span::Span {
            from: request.from,
            until: request.until,
        },
        interval: None,
        version: tianshu_rinex::write::WrittenVersion::V305,
        packing: Packing { compact: false, gzip: false },
        made: request.until.into(),
    };
    let [rover, nav] = ["rover.rnx", "nav.rnx"].map(|name| setting.folder.path().join(name));
    let mut file = fs::File::create(&rover).unwrap();
    let mut read = 0;
    let mut tell = |done, all| {
        read += 1;
        assert!(done == read && done <= all, "{done} of {all}");
    };
    let left_out = &setting.left_out;
    let epochs =
        rinex::observations(&config, &archive, left_out, &order, &mut file, &mut tell).unwrap();
    assert_eq!((epochs, read), (EPOCHS, 2 * EPOCHS));
    let everything =
        rinex::Order { span: tianshu_station_monitor::archive::span::Span::ALWAYS, ..order };
    let mut file = fs::File::create(&nav).unwrap();
    let stations: Vec<StationName> =
        setting.network.stations.iter().map(|s| s.name.clone()).collect();
    let told = rinex::navigation(&archive, &stations, &everything, &mut file, &mut |_, _| ());
    let ephemerides = NavReader::new(&fs::read(&nav).unwrap()).unwrap().count();
    assert!(ephemerides > 40 && told.unwrap() == ephemerides as u64, "{ephemerides}");
    let text = fs::read(&rover).unwrap();
    let header = ObsReader::new(&text).unwrap().header().clone();
    assert_eq!(
        (header.marker_name.as_str(), header.interval),
        ("HESHAN", Some(Interval::from_seconds(STEP_S)))
    );
    assert!((header.approx_position.unwrap() - request.place).norm_m() < 2e-4);
    (rover, nav)
}

#[test]
fn what_the_configuration_lacks_is_named() {
    let folder = std::path::Path::new("");
    let config = |text: &str| from_text(text, folder).expect("a good configuration");
    let lacks = |text: &str| Ground::of(&config(text)).expect_err("it lacks").to_string();
    assert!(lacks("").contains("names no archive"));
    assert!(lacks("[archive]\nfolder = \"kept\"\n").contains("solves no network"));
}

#[test]
fn the_solver_steps_as_rarely_as_slips_allow_and_meets_every_epoch_of_the_file() {
    let ms = Interval::from_millis;
    let steps = [
        (1_000, 1_000, Some(1_000)),
        (1_000, 30_000, Some(5_000)),
        (1_000, 7_000, Some(1_000)),
        (200, 1_000, Some(1_000)),
        (1_000, 300_000, Some(5_000)),
        (30_000, 30_000, Some(30_000)),
        (1_000, 500, None),
        (1_000, 1_500, None),
        (1_000, 301_000, None),
    ];
    for (own, interval, expected) in steps {
        assert_eq!(step(ms(own), ms(interval)), expected.map(ms), "{own} {interval}");
    }
}
