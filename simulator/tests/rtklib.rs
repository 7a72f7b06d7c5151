//! Judged by others: RTKLIB solves positions from the simulator's files and reads its streams.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]
#![expect(clippy::print_stdout, reason = "the figures are what a reader of the log wants")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use tianshu_gnss::coords::{Ecef, Enu, GRS80, Geodetic};
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::time::gps::Interval;
use tianshu_gnss::time::utc::Utc;
use tianshu_rinex::navigation::reader::NavReader;
use tianshu_rinex::observation::reader::ObsReader;
use tianshu_rinex::write::WrittenVersion;
use tianshu_simulator::named::named;
use tianshu_simulator::network::{Network, NetworkStation};
use tianshu_simulator::product::rinex::{FileStyle, ObservationFile, navigation};
use tianshu_simulator::product::rtcm::StationStream;
use tianshu_simulator::receiver::clock::ClockKind;
use tianshu_simulator::scenario::Scenario;
use tianshu_simulator::world::World;

/// Seconds simulated: enough for thousands of double differences, few enough for every test run.
const SECONDS: i64 = 600;
/// The same as a count of epochs.
const EPOCHS: usize = 600;

/// A base, a receiver on the same antenna, and one five kilometres away.
fn network() -> Network {
    let base = Geodetic::from_degrees(22.8, 108.3, 90.0);
    let away = Enu { east_m: 4_000.0, north_m: 3_000.0, up_m: 25.0 };
    let far = (base.to_ecef(GRS80) + away.to_ecef(base)).to_geodetic(GRS80);
    let station = |name: &str, place| NetworkStation {
        name: name.parse().expect("a name"),
        place,
        region: "test".to_owned(),
    };
    Network {
        name: "baseline".to_owned(),
        stations: vec![station("BASE", base), station("SAME", base), station("FAR5", far)],
    }
}

/// A world's files in a folder of their own, which goes away with this.
struct Files {
    folder: PathBuf,
    network: Network,
}

impl Drop for Files {
    fn drop(&mut self) {
        // A folder that stays behind harms nobody.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Files {
    fn write(test: &str, scenario: Scenario) -> Self {
        let folder = folder(test);
        let network = network();
        let start = scenario.start;
        let mut world = World::new(scenario, &network, 1).unwrap();
        let style = FileStyle {
            version: WrittenVersion::V304,
            interval: Interval::from_seconds(1),
            first: start,
            moving: false,
        };
        let mut files: Vec<ObservationFile> = (0..3)
            .map(|i| {
                let name = network.stations[i].name.as_str();
                ObservationFile::begin(name, &world.stated(i).unwrap(), world.sky(), &style)
            })
            .collect();
        let mut stream = StationStream::new(17);
        let mut sent: Vec<u8> = Vec::new();
        let stated = world.stated(0).unwrap();
        for second in 0..SECONDS {
            let t = start + Interval::from_seconds(second);
            let epoch = world.epoch(t);
            let observed = epoch.stations[0].observed.as_ref().unwrap();
            let frames = stream.epoch(t, observed, &stated, &world.ephemerides_of(0, t)).frames;
            sent.extend(frames.iter().flat_map(|frame| frame.as_bytes().to_vec()));
            for (file, station) in files.iter_mut().zip(&epoch.stations) {
                file.epoch(station.observed.as_ref().unwrap());
            }
        }
        for (file, station) in files.iter_mut().zip(&network.stations) {
            std::fs::write(folder.join(format!("{}.rnx", station.name)), file.take()).unwrap();
        }
        std::fs::write(folder.join("BASE.rtcm3"), sent).unwrap();
        let until = start + Interval::from_seconds(SECONDS);
        std::fs::write(
            folder.join("nav.rnx"),
            navigation(&world, WrittenVersion::V304, start, until),
        )
        .unwrap();
        Self { folder, network }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// A folder that this test has to itself.
fn folder(test: &str) -> PathBuf {
    let folder =
        std::env::temp_dir().join(format!("tianshu-simulator-{test}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// One line of a solution: quality (1 fixed, 2 float, 5 single) and place.
struct Solution {
    quality: u32,
    satellites: usize,
    place: Ecef,
}

/// Solves with the options of a configuration file of RTKLIB's.
fn rnx2rtkp(files: &Files, options: &[(&str, &str)], inputs: &[&str]) -> Vec<Solution> {
    let configuration = files.path("rtklib.conf");
    let text =
        options.iter().fold(String::new(), |text, (key, value)| text + key + "=" + value + "\n");
    std::fs::write(&configuration, text + "out-solformat=xyz\n").unwrap();
    let output = Command::new("rnx2rtkp")
        .arg("-k")
        .arg(&configuration)
        .args(inputs.iter().map(|name| files.path(name)))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .filter(|line| !line.starts_with('%'))
        .map(|line| {
            let columns: Vec<&str> = line.split_whitespace().collect();
            let number = |i: usize| columns[i].parse::<f64>().unwrap();
            Solution {
                quality: columns[5].parse().unwrap(),
                satellites: columns[6].parse().unwrap(),
                place: Ecef::new(number(2), number(3), number(4)),
            }
        })
        .collect()
}

/// Root mean squares east, north and up of solutions against the truth, m.
fn rms(solutions: &[&Solution], truth: Geodetic) -> [f64; 3] {
    let origin = truth.to_ecef(GRS80);
    let mut sum = [0.0; 3];
    for solution in solutions {
        let off = (solution.place - origin).to_enu(truth);
        for (sum, value) in sum.iter_mut().zip([off.east_m, off.north_m, off.up_m]) {
            *sum += value * value;
        }
    }
    sum.map(|s| (s / solutions.len() as f64).sqrt())
}

fn is_missing(program: &str, test: &str) -> bool {
    let missing = Command::new(program).arg("-?").output().is_err();
    if missing {
        println!("SKIPPED {test}: the program {program} was not found (Debian package rtklib)");
    }
    missing
}

/// Kinematic, forward only. New satellites wait 30 s and 15° before they may be fixed, as rovers do it.
fn kinematic(files: &Files, rover_file: &str) -> Vec<Solution> {
    let [x, y, z] = files.network.stations[0].ecef().xyz().map(|c| format!("{c:.4}"));
    rnx2rtkp(
        files,
        &[
            ("pos1-posmode", "kinematic"),
            ("pos1-frequency", "l1+2"),
            // GPS, Galileo, QZSS and BeiDou (of BDS-3 this RTKLIB knows B1I alone).
            ("pos1-navsys", "57"),
            ("pos1-elmask", "10"),
            ("pos1-tropopt", "saas"),
            ("pos2-arlockcnt", "30"),
            ("pos2-arelmask", "15"),
            ("ant2-postype", "xyz"),
            ("ant2-pos1", &x),
            ("ant2-pos2", &y),
            ("ant2-pos3", &z),
        ],
        &[rover_file, "BASE.rnx", "nav.rnx"],
    )
}

#[track_caller]
fn check_baseline(files: &Files, rover: usize) {
    let name = files.network.stations[rover].name.as_str();
    let solutions = kinematic(files, &format!("{name}.rnx"));
    let fixed: Vec<&Solution> = solutions.iter().filter(|s| s.quality == 1).collect();
    let [east, north, up] = rms(&fixed, files.network.stations[rover].place);
    let horizontal = east.hypot(north);
    println!(
        "{name}: {} epochs, {:.1} satellites, {} fixed, rms east {east:.4} north {north:.4} up {up:.4} m",
        solutions.len(),
        mean_satellites(&solutions),
        fixed.len()
    );
    assert!(solutions.len() >= EPOCHS - 5, "{} solutions", solutions.len());
    assert!(
        fixed.len() * 100 >= solutions.len() * 99,
        "{} of {} fixed",
        fixed.len(),
        solutions.len()
    );
    assert!(horizontal <= 0.008, "horizontal {horizontal} m");
}

fn mean_satellites(solutions: &[Solution]) -> f64 {
    solutions.iter().map(|s| s.satellites).sum::<usize>() as f64 / solutions.len() as f64
}

#[test]
fn rtklib_fixes_short_baselines() {
    if is_missing("rnx2rtkp", "rtklib_fixes_short_baselines") {
        return;
    }
    let files = Files::write("baselines", named("quiet").unwrap());
    check_baseline(&files, 1);
    check_baseline(&files, 2);
}

/// Clocks up to half a millisecond off: the satellites move metres in that time, so their true time has to be right.
#[test]
fn rtklib_fixes_baselines_of_drifting_clocks() {
    if is_missing("rnx2rtkp", "rtklib_fixes_baselines_of_drifting_clocks") {
        return;
    }
    let mut scenario = named("quiet").unwrap();
    scenario.station_receiver.clock = Some(ClockKind::JumpsTogether);
    let mut world = World::new(scenario.clone(), &network(), 1).unwrap();
    let first = world.epoch(scenario.start);
    let clocks: Vec<f64> =
        first.stations.iter().map(|s| s.truth.as_ref().unwrap().clock_s).collect();
    println!("clocks at the start: {clocks:?} s");
    assert!(clocks.iter().all(|clock_s| clock_s.abs() > 1e-5), "{clocks:?}");
    let files = Files::write("clocks", scenario);
    check_baseline(&files, 1);
    check_baseline(&files, 2);
}

#[test]
fn rtklib_finds_single_points() {
    if is_missing("rnx2rtkp", "rtklib_finds_single_points") {
        return;
    }
    let files = Files::write("single", named("quiet").unwrap());
    // GPS, GLONASS, Galileo and BeiDou alone (biased by what no message tells), and all of them.
    for (systems, limit_m) in [("1", 3.0), ("4", 5.0), ("8", 3.0), ("32", 5.0), ("61", 3.0)] {
        let solutions = rnx2rtkp(
            &files,
            &[
                ("pos1-posmode", "single"),
                ("pos1-navsys", systems),
                ("pos1-elmask", "10"),
                ("pos1-ionoopt", "dual-freq"),
                ("pos1-tropopt", "saas"),
            ],
            &["BASE.rnx", "nav.rnx"],
        );
        let all: Vec<&Solution> = solutions.iter().collect();
        let [east, north, up] = rms(&all, files.network.stations[0].place);
        let whole = east.hypot(north).hypot(up);
        println!(
            "single {systems}: {} epochs, {:.1} satellites, rms east {east:.2} north {north:.2} up {up:.2} m",
            all.len(),
            mean_satellites(&solutions)
        );
        assert!(
            all.len() >= EPOCHS - 5 && whole <= limit_m,
            "systems {systems}: {} epochs, {whole} m",
            all.len()
        );
    }
}

/// A rover on the move is found where it truly was when its clock showed the epoch.
#[test]
fn rtklib_follows_a_moving_rover() {
    if is_missing("rnx2rtkp", "rtklib_follows_a_moving_rover") {
        return;
    }
    let files = Files { folder: folder("drive"), network: network() };
    let mut world = World::new(named("drive").unwrap(), &files.network, 4).unwrap();
    let start = world.scenario().start;
    let style = |moving| FileStyle {
        version: WrittenVersion::V304,
        interval: Interval::from_seconds(1),
        first: start,
        moving,
    };
    let mut base =
        ObservationFile::begin("BASE", &world.stated(0).unwrap(), world.sky(), &style(false));
    let stated = world.stated_by_rover(0).unwrap();
    let mut rover = ObservationFile::begin("ROV1", &stated, world.sky(), &style(true));
    let mut truths = Vec::new();
    for second in 0..SECONDS {
        let epoch = world.epoch(start + Interval::from_seconds(second));
        base.epoch(epoch.stations[0].observed.as_ref().unwrap());
        rover.epoch(epoch.rovers[0].observed.as_ref().unwrap());
        truths.push(epoch.rovers[0].truth.as_ref().unwrap().place);
    }
    std::fs::write(files.path("BASE.rnx"), base.take()).unwrap();
    std::fs::write(files.path("ROV1.rnx"), rover.take()).unwrap();
    let until = start + Interval::from_seconds(SECONDS);
    std::fs::write(files.path("nav.rnx"), navigation(&world, WrittenVersion::V304, start, until))
        .unwrap();
    let solutions = kinematic(&files, "ROV1.rnx");
    assert_eq!(solutions.len(), truths.len());
    let fixed: Vec<f64> = solutions
        .iter()
        .zip(&truths)
        .filter(|(solution, _)| solution.quality == 1)
        .map(|(solution, truth)| {
            (solution.place - *truth).to_enu(truth.to_geodetic(GRS80)).horizontal_m()
        })
        .collect();
    let rms = (fixed.iter().map(|d| d * d).sum::<f64>() / fixed.len() as f64).sqrt();
    println!("drive: {} of {} fixed, horizontal rms {rms:.4} m", fixed.len(), solutions.len());
    assert!(
        fixed.len() * 100 >= solutions.len() * 95 && rms <= 0.02,
        "{} fixed, {rms} m",
        fixed.len()
    );
}

/// What `convbin` makes of a stream has to be what the RINEX file says, to the resolution of MSM7.
#[test]
fn convbin_reads_the_stream_as_the_file() {
    if is_missing("convbin", "convbin_reads_the_stream_as_the_file") {
        return;
    }
    let files = Files::write("convbin", named("quiet").unwrap());
    let c = Utc::from(named("quiet").unwrap().start).civil();
    let output = Command::new("convbin")
        .args(["-r", "rtcm3", "-v", "3.04", "-od", "-os", "-f", "5", "-tr"])
        .arg(format!("{}/{}/{}", c.year, c.month, c.day))
        .arg(format!("{}:{}:{}", c.hour, c.minute, c.second))
        .arg("-o")
        .arg(files.path("read.obs"))
        .arg("-n")
        .arg(files.path("read.nav"))
        .arg(files.path("BASE.rtcm3"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let [ours, theirs] = ["BASE.rnx", "read.obs"].map(|name| epochs(&files, name));
    assert!(theirs.len() + 1 >= EPOCHS, "{} epochs", theirs.len());
    let mut compared: BTreeMap<String, usize> = BTreeMap::new();
    for read in &theirs {
        let written = ours.iter().find(|e| e.time == read.time).unwrap();
        for seen in &read.observations {
            compare(seen, written);
            let system = seen.satellite.constellation().letter();
            *compared.entry(format!("{system}{}", seen.signal)).or_default() += 1;
        }
    }
    println!("convbin: {} epochs, observations compared by signal: {compared:?}", theirs.len());
    let all: usize = compared.values().sum();
    assert!(all > 100 * EPOCHS, "only {all} observations were compared");
    let ephemerides = |name: &str| {
        let text = std::fs::read(files.path(name)).unwrap();
        NavReader::new(&text).unwrap().map(|e| e.satellite().to_string()).collect::<BTreeSet<_>>()
    };
    let read = ephemerides("read.nav");
    println!("convbin: ephemerides of {} satellites", read.len());
    assert!(read.len() >= 50 && read.is_subset(&ephemerides("nav.rnx")), "{read:?}");
}

/// MSM7 (RTCM 10403.3, DF405, DF406, DF404, DF408): 2^-29 ms of code, 2^-31 ms of phase, 0.1 mm/s, 2^-4 dB-Hz;
/// and RINEX rounds to 0.001, `convbin` C/N0 to a quarter.
#[track_caller]
fn compare(read: &Observation, written: &ObsEpoch) {
    let own = written.get(read.satellite, read.signal).unwrap();
    let near = |a: Option<f64>, b: Option<f64>, tolerance: f64| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= tolerance,
        (None, _) => true,
        (Some(_), None) => false,
    };
    let right = near(read.code.map(|v| v.0), own.code.map(|v| v.0), 0.0015)
        && near(read.phase.map(|v| v.0), own.phase.map(|v| v.0), 0.0025)
        && near(read.doppler.map(|v| v.0), own.doppler.map(|v| v.0), 0.003)
        && near(read.cn0.map(|v| v.0), own.cn0.map(|v| v.0), 0.3);
    assert!(right, "{read:?} is not {own:?}");
}

fn epochs(files: &Files, name: &str) -> Vec<ObsEpoch> {
    let text = std::fs::read(files.path(name)).unwrap();
    let mut reader = ObsReader::new(&text).unwrap();
    let epochs = reader.by_ref().map(|read| read.epoch).collect();
    assert_eq!(reader.finding_count(), 0, "{name}: {:?}", reader.findings());
    epochs
}
