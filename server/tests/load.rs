//! `tianshu load` from outside: fifty rovers at a caster of our own, the odd ones among them, and wrong passwords.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// A running `tianshu serve` that relays one station.
struct Service {
    child: Child,
    caster: String,
    station: String,
    config: PathBuf,
}

impl Service {
    fn start(name: &str) -> Self {
        let station = free_address();
        let config = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("load-{name}.toml"));
        fs::write(&config, configuration(&station)).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_tianshu"))
            .args(["serve", "--config"])
            .arg(&config)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let caster = first.strip_prefix("listening ").unwrap().to_owned();
        // What is announced later is read away, so that the service never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, caster, station, config }
    }

    /// Runs `tianshu load --json` as the station's feed and its rovers.
    fn load(&self, more: &str) -> Output {
        self.load_any(&format!("--mount M {more}"))
    }

    /// The same without a mountpoint.
    fn load_any(&self, more: &str) -> Output {
        let pid = self.child.id().to_string();
        Command::new(env!("CARGO_BIN_EXE_tianshu"))
            .args(["load", "--json", "--caster", &self.caster, "--pid", &pid])
            .args(["--feed", &self.station, "--feed-interval", "0.1"])
            .args(more.split_whitespace())
            .output()
            .unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Whatever the test found, nothing keeps running.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.config);
    }
}

/// An address that was free a moment ago.
fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn configuration(station: &str) -> String {
    format!(
        "[caster]\nlisten = [\"127.0.0.1:0\"]\n\
         [[station]]\nname = \"M\"\nlink = \"tcp\"\naddress = \"{station}\"\nretry_min_s = 0.1\nretry_max_s = 0.5\n\
         [[mountpoint]]\nname = \"M\"\nkind = \"station\"\nstation = \"M\"\n\
         [[user]]\nname = \"rover\"\npassword = \"right\"\n"
    )
}

#[track_caller]
fn report(output: &Output) -> Value {
    let told = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
}

#[test]
fn fifty_rovers_are_served_whole_frames() {
    let service = Service::start("fifty");
    let output = service
        .load("--rovers 50 --rate 500 --seconds 4 --user rover --password right --gga-interval 1");
    let told = report(&output);
    assert!(output.status.success(), "{told}");
    assert_eq!(told["schema"], "tianshu-load-1");
    assert_eq!(told["connections"]["accepted"], 50, "{told}");
    assert_eq!(told["connections"]["ended_by_cause"]["end of run"], 50, "{told}");
    assert_eq!(told["torn_frames"], 0, "{told}");
    assert_eq!(told["data"]["missed"], 0, "{told}");
    assert!(told["data"]["epochs"].as_u64() > Some(50), "{told}");
    assert!(told["positions"]["sent"].as_u64() >= Some(50), "{told}");
    for timing in ["connect", "accept", "first_byte", "latency", "spread"] {
        assert!(told[timing]["p99_ms"].is_number(), "{timing} in {told}");
    }
    assert_eq!(told["latency_left_out"]["stamped_in_future"], 0, "{told}");
    if cfg!(target_os = "linux") {
        assert!(told["cost"]["resident_end_kb"].as_u64() > Some(0), "{told}");
        assert!(told["cost"]["whole"]["cpu_s"].is_number(), "{told}");
    }
}

#[test]
fn without_a_mountpoint_the_sourcetable_is_asked() {
    let service = Service::start("table");
    let output =
        service.load_any("--rovers 10 --rate 100 --seconds 3 --user rover --password right");
    let told = report(&output);
    assert!(output.status.success(), "{told}");
    assert_eq!(told["connections"]["accepted"], 10, "{told}");
    assert!(told["data"]["epochs"].as_u64() > Some(10), "{told}");
    let nobody = service.load_any("--rovers 10 --rate 100 --seconds 3");
    assert_eq!(nobody.status.code(), Some(1));
    let said = String::from_utf8_lossy(&nobody.stderr);
    assert!(said.contains("need an account"), "{said}");
}

#[test]
fn odd_rovers_do_not_disturb_the_others() {
    let service = Service::start("odd");
    let output = service.load(
        "--rovers 40 --slow 10 --silent 10 --reconnect 20 --ntrip 2 --sources 3 --rate 500 --seconds 4 \
         --user rover --password right",
    );
    let told = report(&output);
    assert!(output.status.success(), "{told}");
    assert_eq!(told["rovers"]["slow"], 10);
    assert_eq!(told["torn_frames"], 0, "{told}");
    assert_eq!(told["connections"]["refused"], 0, "{told}");
    assert!(told["connections"]["ended_by_cause"]["came again"].as_u64() > Some(0), "{told}");
    assert!(told["slow_data"]["frames"].as_u64() > Some(0), "{told}");
    assert!(told["data"]["epochs"].as_u64() > Some(20), "{told}");
}

#[test]
fn a_wrong_password_is_a_refusal_and_nobody_gets_data() {
    let service = Service::start("wrong");
    let output = service.load("--rovers 20 --rate 500 --seconds 10 --user rover --password wrong");
    let told = report(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert_eq!(told["connections"]["accepted"], 0, "{told}");
    assert_eq!(told["connections"]["refused_by_answer"]["unauthorized"], 20, "{told}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("no rover received a whole frame"), "{said}");
}

#[test]
fn another_machine_is_not_loaded() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tianshu"))
        .args(["load", "--caster", "192.0.2.1:2101", "--mount", "M"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(said.contains("192.0.2.1, which is not this machine"), "{said}");
}
