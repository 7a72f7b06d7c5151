//! Others' software on both sides: RTKLIB, pygnssutils and gpsd.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::program::{Program, eventually, is_installed};
use crate::relay::{Reader, play};
use crate::rover::{ANNA, Rover};
use crate::service::Service;
use crate::station::{Feed, Port, free_port};
use crate::stream::{frames_in, joined, made_stream, prologue, recording, recording_path};

/// Recordings, when they were made (which their messages do not tell), and whether RTKLIB finds positions in them.
const RECORDINGS: [(&str, &str, bool); 3] = [
    ("pygnssutils/ntrip_encode_none.bin", "2024/06/01 12:00:00", true),
    ("field-2017/base_201704241658.RTCM3", "2017/04/24 17:00:00", true),
    ("swift/mixed-msm-legacy.rtcm", "2020/06/01 12:00:00", false),
];

/// One Tianshu in front of another: it is the caster from which the first station is pulled.
fn upstream(receiver: &Port) -> Service {
    Service::start(&format!(
        "[[station]]\nname = \"S\"\nlink = \"tcp\"\naddress = \"{}\"\n\
         [[mountpoint]]\nname = \"UP\"\nkind = \"station\"\nstation = \"S\"\nneeds_account = false\n",
        receiver.address()
    ))
}

/// Three stations in three ways, and an account for their relays.
fn three_ways(upstream: &Service, receiver: &Port) -> String {
    let relay = |name| {
        format!("[[mountpoint]]\nname = \"{name}\"\nkind = \"station\"\nstation = \"{name}\"\n")
    };
    format!(
        "[[user]]\nname = \"u\"\npassword = \"p\"\n\
         [[station]]\nname = \"PULLED\"\nlink = \"ntrip\"\nurl = \"ntrip://{}/UP\"\n\
         retry_min_s = 0.1\nretry_max_s = 0.5\n{}\
         [[station]]\nname = \"RAW\"\nlink = \"tcp\"\naddress = \"{}\"\n{}\
         [[station]]\nname = \"PUSHED\"\nlink = \"upload\"\n\
         [[mountpoint]]\nname = \"PUSHED\"\nkind = \"upload\"\nstation = \"PUSHED\"\npassword = \"pw\"\n",
        upstream.address(),
        relay("PULLED"),
        receiver.address(),
        relay("RAW"),
    )
}

fn str2str(from: &str, to: &str) -> Program {
    Program::start(Command::new("str2str").args(["-in", from, "-out", to]))
}

/// Three recordings, pulled by NTRIP, uploaded by SOURCE and taken raw, are what RTKLIB writes to its files.
#[test]
fn three_recordings_reach_rtklib_byte_for_byte() {
    let test = "three_recordings_reach_rtklib_byte_for_byte";
    if !is_installed(test, "str2str") {
        return;
    }
    let recorded = RECORDINGS.map(|(name, ..)| recording(test, name));
    let streams = recorded.clone().map(|found| found.unwrap_or_else(|| made_stream(5, 60)));
    let (far_receiver, receiver) = (Port::open(), Port::open());
    let upstream = upstream(&far_receiver);
    let mut pulled = far_receiver.accept();
    upstream.bring_up("UP", || pulled.send(&prologue()));
    let service = Service::start(&three_ways(&upstream, &receiver));
    let pushed = Feed::source(service.address(), "pw", "PUSHED");
    let feeds = [("PULLED", pulled), ("PUSHED", pushed), ("RAW", receiver.accept())];
    let mut live = Vec::new();
    for (rovers, (mountpoint, mut feed)) in (1..).zip(feeds) {
        service.bring_up(mountpoint, || feed.send(&prologue()));
        let file = service.path(mountpoint);
        let from = format!("ntrip://u:p@{}/{mountpoint}", service.address());
        let rover = str2str(&from, &file.display().to_string());
        service.logged("Rover let in", rovers);
        live.push((mountpoint, feed, file, rover));
    }
    // All three at the same time.
    std::thread::scope(|scope| {
        for ((mountpoint, feed, file, _), stream) in live.iter_mut().zip(&streams) {
            scope.spawn(move || {
                let reader: Reader = &|| fs::read(&*file).unwrap_or_default();
                let frames = play(mountpoint, feed, stream, &[reader]);
                println!("{test}: {mountpoint}: {frames} frames identical");
            });
        }
    });
    for ((_, _, file, _), (name, made, positions)) in live.iter().zip(RECORDINGS) {
        // Without the recordings, made streams were compared; there is nothing to judge in them.
        if recorded.iter().all(Option::is_some)
            && let Some(original) = recording_path(test, name)
        {
            judge(test, &original, file, made, positions);
        }
    }
}

/// RTKLIB makes the same RINEX of what was read as of the recording, and positions of it where it has ephemerides.
fn judge(test: &str, recording: &Path, read: &Path, made: &str, positions: bool) {
    if !is_installed(test, "convbin") || !is_installed(test, "rnx2rtkp") {
        return;
    }
    let folder = read.parent().unwrap();
    let original = convbin(recording, folder, "original", made);
    let ours = convbin(read, folder, "read", made);
    let epochs = ours.lines().filter(|line| line.starts_with('>')).count();
    assert!(epochs > 20, "{epochs} epochs");
    assert!(ours == original, "RINEX of what was read differs from that of the recording");
    println!("{test}: convbin: {epochs} epochs, the same RINEX");
    if positions {
        let (observations, ephemerides) = (folder.join("read.obs"), folder.join("read.nav"));
        let mut command = Command::new("rnx2rtkp");
        let output = command.args(["-p", "0"]).arg(observations).arg(ephemerides).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let solved = text.lines().filter(|line| !line.starts_with('%')).count();
        assert!(solved * 10 > epochs * 9, "{solved} positions of {epochs} epochs");
        println!("{test}: rnx2rtkp: {solved} positions");
    }
}

/// The observations as RINEX, without its header (which tells when it was written).
fn convbin(stream: &Path, folder: &Path, name: &str, made: &str) -> String {
    let file = |kind: &str| folder.join(format!("{name}.{kind}"));
    let (date, time) = made.split_once(' ').unwrap();
    let mut command = Command::new("convbin");
    command.args(["-r", "rtcm3", "-v", "3.03", "-tr", date, time]);
    command.arg("-o").arg(file("obs")).arg("-n").arg(file("nav")).arg(stream);
    let output = command.output().unwrap();
    let rinex = fs::read_to_string(file("obs"))
        .unwrap_or_else(|error| panic!("convbin made nothing: {error} {output:?}"));
    rinex.split_once("END OF HEADER").expect("a RINEX header").1.to_owned()
}

/// RTKLIB reads from a receiver and uploads to the caster.
#[test]
fn rtklib_uploads() {
    let test = "rtklib_uploads";
    if !is_installed(test, "str2str") {
        return;
    }
    let service = Service::start(
        "[[station]]\nname = \"S\"\nlink = \"upload\"\n\
         [[mountpoint]]\nname = \"IN\"\nkind = \"upload\"\nstation = \"S\"\npassword = \"pw\"\n\
         needs_account = false\n",
    );
    let receiver = Port::open();
    let from = format!("tcpcli://{}", receiver.address());
    let _base = str2str(&from, &format!("ntrips://:pw@{}/IN", service.address()));
    let mut feed = receiver.accept();
    service.bring_up("IN", || feed.send(&prologue()));
    let rover = Rover::v1(service.address(), "IN", "");
    let stream = recording(test, RECORDINGS[0].0).unwrap_or_else(|| made_stream(5, 60));
    let frames = play(test, &mut feed, &stream, &[&|| rover.body()]);
    println!("{test}: {frames} frames identical");
}

/// A station whose stream goes on for as long as somebody reads it.
struct Endless {
    service: Service,
    feed: Feed,
    pieces: Vec<Vec<u8>>,
    sent: usize,
    ours: BTreeSet<Vec<u8>>,
}

impl Endless {
    fn start(test: &str) -> Self {
        let receiver = Port::open();
        let service = Service::start(&format!(
            "[[user]]\nname = \"u\"\npassword = \"p\"\n[[user]]\nname = \"anna\"\npassword = \"secret\"\n\
             [[station]]\nname = \"S\"\nlink = \"tcp\"\naddress = \"{}\"\n\
             [[mountpoint]]\nname = \"LIVE\"\nkind = \"station\"\nstation = \"S\"\n",
            receiver.address()
        ));
        let feed = receiver.accept();
        let stream = recording(test, RECORDINGS[0].0).unwrap_or_else(|| made_stream(5, 60));
        let (frames, _) = frames_in(&stream);
        let ours = frames.iter().map(|frame| frame.as_bytes().to_vec()).collect();
        let pieces = frames.chunks(5).map(joined).collect();
        let mut endless = Self { service, feed, pieces, sent: 0, ours };
        eventually("the station is listed", || {
            endless.send();
            endless.service.lists("LIVE").then_some(())
        });
        endless
    }

    fn send(&mut self) {
        self.feed.send(&self.pieces[self.sent % self.pieces.len()]);
        self.sent += 1;
    }

    /// Sends until somebody has handed out that many frames, and checks that all of them are ours.
    #[track_caller]
    fn until(&mut self, what: &str, frames: usize, read: impl Fn() -> Vec<u8>) {
        let read = eventually(&format!("{what} hands out {frames} frames"), || {
            self.send();
            std::thread::sleep(std::time::Duration::from_millis(40));
            Some(frames_in(&read()).0).filter(|read| read.len() >= frames)
        });
        let foreign = read.iter().filter(|frame| !self.ours.contains(frame.as_bytes())).count();
        assert_eq!(foreign, 0, "{what}: frames that the station never sent");
        println!("{what}: {} frames, all of them ours", read.len());
    }
}

/// The version whose command line was seen to work.
const PYGNSSUTILS: &str = "1.3.0";

/// The interpreter that has pygnssutils; says by name that a test is skipped where there is none.
fn python_with_pygnssutils(test: &str) -> Option<OsString> {
    let python = std::env::var_os("TIANSHU_PYTHON").unwrap_or_else(|| "python3".into());
    let probe = "import importlib.metadata as m; print(m.version('pygnssutils'))";
    let said = Command::new(&python).args(["-c", probe]).output().ok();
    let version = said.map(|said| String::from_utf8_lossy(&said.stdout).trim().to_owned());
    if version.as_deref() == Some(PYGNSSUTILS) {
        return Some(python);
    }
    println!(
        "SKIPPED {test}: PyPI pygnssutils {PYGNSSUTILS} not found (cargo xtask setup installs it)"
    );
    None
}

#[test]
fn pygnssutils_reads_both_versions() {
    let test = "pygnssutils_reads_both_versions";
    let Some(python) = python_with_pygnssutils(test) else { return };
    let mut station = Endless::start(test);
    let main = "import sys; sys.argv[0] = 'gnssntripclient'\n\
                from pygnssutils.gnssntripclient_cli import main; main()";
    for version in ["1.0", "2.0"] {
        let file = station.service.path(&format!("read-{version}"));
        let port = station.service.address().port().to_string();
        let mut command = Command::new(&python);
        command.args(["-c", main, "-S", "127.0.0.1", "-P", &port, "-M", "LIVE"]);
        command.args(["--ntripversion", version, "--ntripuser", "u", "--ntrippassword", "p"]);
        command.args(["--clioutput", "1", "--output"]).arg(&file);
        let _client = Program::start(&mut command);
        let what = format!("pygnssutils {version}");
        station.until(&what, 30, || fs::read(&file).unwrap_or_default());
    }
}

#[test]
fn gpsd_reads() {
    let test = "gpsd_reads";
    let daemon = ["gpsd", "/usr/sbin/gpsd"].into_iter().find(|path| {
        Command::new(path).arg("-V").output().is_ok_and(|output| output.status.success())
    });
    let (Some(daemon), true) = (daemon, is_installed(test, "gpspipe")) else {
        println!("SKIPPED {test}: gpsd not found (cargo xtask setup installs it)");
        return;
    };
    let mut station = Endless::start(test);
    let port = free_port().to_string();
    let url = format!("ntrip://u:p@{}/LIVE", station.service.address());
    let _gpsd = Program::start(Command::new(daemon).args(["-N", "-n", "-b", "-S", &port, &url]));
    eventually("gpsd is let in", || {
        station.send();
        station.service.log().contains("Rover let in").then_some(())
    });
    let pipe = Program::start(Command::new("gpspipe").args(["-R", &format!("localhost:{port}")]));
    station.until("gpsd", 30, || pipe.out_bytes());
    // While others read, whoever reads plainly gets the same.
    let rover = Rover::v2(station.service.address(), "LIVE", ANNA);
    station.until("a plain rover", 30, || rover.body());
}
