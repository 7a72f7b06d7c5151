//! `tianshu simulate` and `tianshu demo`, judged from outside: same seed same bytes, refusals, first bytes in time.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// From the start of the program to the first RTCM bytes that a rover gets.
const FIRST_BYTES_MAX: Duration = Duration::from_secs(10);
/// Nothing here may hang a test run.
const WAIT_MAX: Duration = Duration::from_mins(1);

/// A folder that goes away with this.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tianshu-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays behind harms nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn tianshu(arguments: &[&str], folder: &Path) -> Output {
    let program = env!("CARGO_BIN_EXE_tianshu");
    Command::new(program).args(arguments).current_dir(folder).output().unwrap()
}

/// The files below a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            all.extend(
                files(&path).into_iter().map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)),
            );
        } else {
            all.insert(name, fs::read(&path).unwrap());
        }
    }
    all
}

fn simulated(test: &str, seed: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = Folder::new(test);
    let arguments = [
        "simulate",
        "--scenario",
        "storm",
        "--stations",
        "4",
        "--rovers",
        "2",
        "--seconds",
        "20",
        "--seed",
        seed,
        "--rinex",
        "rinex",
        "--rtcm",
        "rtcm",
        "--truth",
        "truth.json",
    ];
    let output = tianshu(&arguments, &folder.0);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    files(&folder.0)
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let first = simulated("seed-a", "5");
    let second = simulated("seed-b", "5");
    let other = simulated("seed-c", "6");
    let names: Vec<&String> = first.keys().collect();
    // Four stations twice, two rovers, the navigation file and the truth.
    assert_eq!(names.len(), 12, "{names:?}");
    assert!(first.values().all(|bytes| !bytes.is_empty()), "an empty file");
    for (name, bytes) in &first {
        assert!(second.get(name) == Some(bytes), "{name} differs");
    }
    assert!(first["truth.json"] != other["truth.json"], "the seed is not heard");
    assert!(first["rinex/ROV2.rnx"] != other["rinex/ROV2.rnx"], "the seed is not heard");
}

#[test]
fn the_truth_is_one_json_document_with_every_receiver_of_every_epoch() {
    let all = simulated("truth", "5");
    let truth: serde_json::Value = serde_json::from_slice(&all["truth.json"]).unwrap();
    let epochs = truth["epochs"].as_array().unwrap();
    assert_eq!(epochs.len(), 20);
    for epoch in epochs {
        let receivers = epoch["receivers"].as_array().unwrap();
        assert_eq!(receivers.len(), 6);
        for receiver in receivers.iter().filter(|r| r["powered"] == true) {
            let place = receiver["truth"]["ecef_m"].as_array().unwrap();
            let radius_m = place.iter().map(|c| c.as_f64().unwrap().powi(2)).sum::<f64>().sqrt();
            assert!((6_370e3..6_380e3).contains(&radius_m), "{radius_m}");
            let channel = &receiver["truth"]["channels"][0];
            assert!(channel["integer"].is_i64() && channel["slips"].is_u64(), "{channel}");
        }
    }
}

#[test]
fn testdata_is_what_the_simulator_writes() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/rinex");
    let folder = Folder::new("testdata");
    let command = "simulate --scenario quiet --stations 3 --rovers 1 --seconds 90 --interval 30 --seed 7 --rinex .";
    let readme = fs::read_to_string(kept.join("README.md")).unwrap();
    assert!(readme.contains(command), "the README names another command");
    let arguments: Vec<&str> = command.split(' ').collect();
    let output = tianshu(&arguments, &folder.0);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut kept = files(&kept);
    kept.remove("README.md");
    let made = files(&folder.0);
    let names = |all: &BTreeMap<String, Vec<u8>>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&made), names(&kept));
    for (name, bytes) in &kept {
        assert!(made.get(name) == Some(bytes), "{name} is not what the simulator writes now");
    }
}

#[test]
fn a_scenario_of_nonsense_is_refused_with_every_fault() {
    let folder = Folder::new("nonsense");
    let text = "base = \"quiet\"\n[link]\nloss = 7\n[sky]\norbit_eror_m = 1\n[[outages]]\nstation = \"X Y\"\n";
    fs::write(folder.0.join("bad.toml"), text).unwrap();
    let arguments = ["simulate", "--scenario", "bad.toml", "--stations", "3", "--truth", "t.json"];
    let output = tianshu(&arguments, &folder.0);
    assert_eq!(output.status.code(), Some(78));
    let told = String::from_utf8_lossy(&output.stderr);
    for part in [
        "bad.toml:3: link.loss",
        "bad.toml:5: ",
        "is `orbit_error_m` meant?",
        "bad.toml:7: station",
        "from_s",
    ] {
        assert!(told.contains(part), "{part:?} is not in {told}");
    }
    assert!(!folder.0.join("t.json").exists(), "nothing is written of nonsense");
    let checked = tianshu(&["check", "bad.toml"], &folder.0);
    assert_eq!(checked.status.code(), Some(78));
    let unknown = tianshu(&["simulate", "--scenario", "calm", "--truth", "t.json"], &folder.0);
    assert!(
        String::from_utf8_lossy(&unknown.stderr).contains("moved-antenna"),
        "the names are told"
    );
}

#[test]
fn files_are_written_in_either_version() {
    let folder = Folder::new("versions");
    let simulate = |version: &str| {
        let arguments = format!(
            "simulate --stations 2 --seconds 3 --rinex-version {version} --rinex {version}"
        );
        let arguments: Vec<&str> = arguments.split(' ').collect();
        tianshu(&arguments, &folder.0)
    };
    for version in ["3.04", "3.05"] {
        let output = simulate(version);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let files = files(&folder.0.join(version));
        assert_eq!(files.len(), 3);
        for (name, bytes) in &files {
            let first = String::from_utf8_lossy(bytes).lines().next().unwrap().to_owned();
            assert!(first.trim_start().starts_with(version), "{name}: {first}");
        }
        let stations: Vec<&String> = files.keys().filter(|name| *name != "nav.rnx").collect();
        let arguments =
            ["solve", "--rover", stations[0], "--base", stations[1], "--nav", "nav.rnx"];
        let solved = tianshu(&arguments, &folder.0.join(version));
        let text = String::from_utf8_lossy(&solved.stdout).into_owned();
        let solutions = text.lines().filter(|line| !line.starts_with('%')).count();
        assert_eq!(solutions, 3, "{text}{}", String::from_utf8_lossy(&solved.stderr));
    }
    assert_eq!(simulate("2.11").status.code(), Some(2));
}

/// A program that is ended with this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(arguments: &[&str]) -> (Running, impl Iterator<Item = String> + use<>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tianshu"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    (Running(child), lines)
}

/// Reads until a whole RTCM preamble with its reserved bits has come.
fn wait_for_rtcm(stream: &mut TcpStream) {
    stream.set_read_timeout(Some(WAIT_MAX)).unwrap();
    let mut heard = Vec::new();
    let mut piece = [0; 4_096];
    while !heard.windows(2).any(|pair| pair[0] == 0xD3 && pair[1] & 0xFC == 0) {
        let read = stream.read(&mut piece).unwrap();
        assert!(read > 0, "closed after {:?}", String::from_utf8_lossy(&heard));
        heard.extend_from_slice(&piece[..read]);
    }
}

#[test]
fn the_demo_serves_its_first_bytes_in_time_and_stops_by_itself() {
    let begun = Instant::now();
    let arguments = ["demo", "--port", "0", "--stations", "12", "--rovers", "1", "--seconds", "20"];
    let (mut running, mut lines) = start(&arguments);
    let address = lines.find_map(|line| line.strip_prefix("listening ").map(str::to_owned));
    let mut rover = TcpStream::connect(address.expect("it tells its address")).unwrap();
    let request = "GET /NEAREST HTTP/1.1\r\nHost: localhost\r\nNtrip-Version: Ntrip/2.0\r\n\
        User-Agent: NTRIP test\r\nConnection: close\r\n\r\n\
        $GPGGA,120000.00,2406.0000,N,10850.0000,E,1,10,1.0,100.0,M,0.0,M,,*52\r\n";
    rover.write_all(request.as_bytes()).unwrap();
    wait_for_rtcm(&mut rover);
    let took = begun.elapsed();
    assert!(took <= FIRST_BYTES_MAX, "the first bytes came after {took:?}");
    let rest: Vec<String> = lines.collect();
    assert!(rest.iter().any(|line| line.contains("str2str -in ntrip://")), "{rest:#?}");
    assert!(
        rest.iter().any(|line| line.starts_with("ROV1") && line.contains("error east")),
        "{rest:#?}"
    );
    assert!(running.0.wait().unwrap().success());
    assert!(begun.elapsed() < WAIT_MAX, "it did not stop in time");
}

#[test]
fn a_port_that_is_taken_is_told_kindly() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = tianshu(&["demo", "--stations", "3", "--port", &port], Path::new("."));
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("is taken by another program") && told.contains("--port 0"), "{told}");
}

#[test]
fn live_stations_are_heard_on_their_ports() {
    let arguments = ["simulate", "--stations", "2", "--tcp-base", "127.0.0.1:0", "--seconds", "8"];
    let (mut running, mut lines) = start(&arguments);
    for _ in 0..2 {
        let line = lines.next().expect("a line for each station");
        let address = line.split(" at ").nth(1).expect("an address");
        wait_for_rtcm(&mut TcpStream::connect(address).unwrap());
    }
    assert!(running.0.wait().unwrap().success());
}

/// How many messages of that number a stream holds, as `tianshu decode` reads it.
fn messages(stream: &[u8], number: u64) -> usize {
    let folder = Folder::new(&format!("decode-{}", stream.as_ptr() as usize));
    fs::write(folder.0.join("stream.rtcm3"), stream).unwrap();
    let output = tianshu(&["decode", "--json", "stream.rtcm3"], &folder.0);
    let lines = String::from_utf8(output.stdout).unwrap();
    let read = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    lines.lines().filter(|line| read(line)["message"] == number).count()
}

#[test]
fn a_live_world_ends_when_its_last_epoch_has_arrived() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tianshu"));
    command.args(["simulate", "--stations", "1", "--tcp-base", "127.0.0.1:0", "--seconds", "5"]);
    let mut running =
        Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
    let line = lines.next().expect("a line for the station").unwrap();
    let mut stream = TcpStream::connect(line.split(" at ").nth(1).expect("an address")).unwrap();
    stream.set_read_timeout(Some(WAIT_MAX)).unwrap();
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).unwrap();
    assert!(running.0.wait().unwrap().success());
    let mut told = String::new();
    running.0.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    // A machine that stood still for seconds leaves epochs out, and says so.
    let played = format!("played {} epochs, left out", messages(&heard, 1077));
    assert!(told.contains(&played), "{played}?\n{told}");
}

/// The demonstration's rovers know their truth by themselves; whoever judges a rover from outside hears it from its port.
#[test]
fn live_rovers_have_ports_and_tell_their_true_place_with_every_epoch() {
    let words =
        "simulate --scenario drive --stations 2 --rovers 1 --tcp-base 127.0.0.1:0 --seconds 5";
    let (mut running, mut lines) = start(&words.split(' ').collect::<Vec<_>>());
    let rover = lines.nth(2).expect("a line for each station, and the rover's");
    let address = rover.strip_prefix("rover ROV1 at ").expect("the rover's line");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(WAIT_MAX)).unwrap();
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).unwrap();
    assert!(running.0.wait().unwrap().success());
    let epochs = messages(&heard, 1077);
    assert!(epochs >= 1);
    assert_eq!(messages(&heard, 1006), epochs);
}

#[test]
fn live_stations_upload_to_a_caster() {
    let folder = Folder::new("upload");
    let made =
        tianshu(&["simulate", "--stations", "2", "--seconds", "1", "--rtcm", "."], &folder.0);
    assert!(made.status.success());
    let names: Vec<String> =
        files(&folder.0).keys().map(|name| name.trim_end_matches(".rtcm3").to_owned()).collect();
    let offered = names.iter().map(|name| {
        format!(
            "[[station]]\nname = \"{name}\"\nlink = \"upload\"\n\
             [[mountpoint]]\nname = \"{name}\"\nkind = \"upload\"\nstation = \"{name}\"\n\
             user = \"world\"\npassword = \"right\"\nneeds_account = false\n"
        )
    });
    let config = format!("[caster]\nlisten = [\"127.0.0.1:0\"]\n{}", offered.collect::<String>());
    fs::write(folder.0.join("upload.toml"), config).unwrap();
    let file = folder.0.join("upload.toml");
    let (_service, mut lines) = start(&["serve", "--config", file.to_str().unwrap()]);
    let caster = lines.find_map(|line| line.strip_prefix("listening ").map(str::to_owned)).unwrap();
    std::thread::spawn(move || lines.for_each(drop));

    let simulate =
        |url: &str| start(&["simulate", "--stations", "2", "--upload", url, "--seconds", "8"]);
    for login in ["ntrip://world:right", "ntrip1://:right"] {
        let (mut running, _) = simulate(&format!("{login}@{caster}/{{station}}"));
        let mut heard = Vec::new();
        let begun = Instant::now();
        // A mountpoint is unknown until its station is on the air.
        while messages(&heard, 1077) == 0 {
            assert!(begun.elapsed() < WAIT_MAX, "{:?}", String::from_utf8_lossy(&heard));
            let mut rover = TcpStream::connect(&caster).unwrap();
            let request = format!("GET /{} HTTP/1.0\r\nUser-Agent: NTRIP test\r\n\r\n", names[1]);
            rover.write_all(request.as_bytes()).unwrap();
            rover.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
            heard.clear();
            let mut piece = [0; 4_096];
            while let Ok(read @ 1..) = rover.read(&mut piece) {
                heard.extend_from_slice(&piece[..read]);
                if messages(&heard, 1077) > 0 {
                    break;
                }
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        assert!(running.0.wait().unwrap().success(), "{login}");
    }
    for (url, why) in [
        (format!("ntrip://world:wrong@{caster}/{{station}}"), "cannot upload"),
        (format!("ntrip://world:right@{caster}/M"), "--upload needs {station}"),
    ] {
        let output = tianshu(&["simulate", "--stations", "2", "--upload", &url], &folder.0);
        assert_eq!(output.status.code(), Some(1), "{url}");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains(why) && !told.contains("wrong@"), "{told}");
    }
}
