//! The archive: what stations send is kept, and commands take it out again while the service runs and after.

use std::fs;

use crate::program::{Ran, eventually};
use crate::relay::play;
use crate::rover::Rover;
use crate::service::{Service, command};
use crate::station::Port;
use crate::stream::{assert_same, frames_in, made_stream, prologue, without_prologue};

const EPOCHS: u32 = 40;

/// A relay of a receiver, archived.
fn archived(receiver: &Port) -> String {
    format!(
        "[archive]\nfolder = \"kept\"\n[[station]]\nname = \"S\"\nlink = \"tcp\"\naddress = \"{}\"\n\
         [[mountpoint]]\nname = \"OUT\"\nkind = \"station\"\nstation = \"S\"\nneeds_account = false\n",
        receiver.address()
    )
}

fn archive(service: &Service, arguments: &[&str]) -> Ran {
    let all: Vec<&str> = ["archive"].iter().chain(arguments).copied().collect();
    command(service.path("").as_path(), &all, b"")
}

#[track_caller]
fn good(ran: &Ran) -> &str {
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    &ran.out
}

/// Plays a stream through the service, and waits until the archive has told that it is on disk.
fn played(service: &Service, port: &Port, stream: &[u8]) {
    let mut feed = port.accept();
    service.bring_up("OUT", || feed.send(&prologue()));
    let rover = Rover::v2(service.address(), "OUT", "");
    play("OUT", &mut feed, stream, &[&|| rover.body()]);
}

#[test]
fn what_a_station_sent_is_taken_out_as_it_was() {
    let port = Port::open();
    let mut service = Service::start(&archived(&port));
    let stream = made_stream(1, EPOCHS);
    played(&service, &port, &stream);
    let frames = frames_in(&stream).0.len();
    // A reader beside the writer sees what is on disk, as soon as it is.
    eventually("the frames are on disk", || {
        let out = service.path("early.rtcm3");
        fs::remove_file(&out).ok();
        archive(&service, &["export", "--station", "S", "--out", "early.rtcm3"]);
        let early = fs::read(&out).unwrap_or_default();
        (without_prologue(&early) == stream).then_some(())
    });
    service.program.signal("TERM");
    assert_eq!(service.program.exit().code(), Some(0), "{}", service.log());

    good(&archive(&service, &["export", "--station", "S", "--out", "s.rtcm3"]));
    let kept = fs::read(service.path("s.rtcm3")).unwrap();
    assert_same("s.rtcm3", without_prologue(&kept), &stream);
    assert_eq!(frames_in(without_prologue(&kept)).0.len(), frames);

    good(&archive(&service, &["export", "--station", "S", "--out", "s.csv"]));
    let lines = fs::read_to_string(service.path("s.csv")).unwrap();
    assert_eq!(lines.lines().count(), 1 + EPOCHS as usize * 10, "ten observations an epoch");
    let satellites = lines.lines().skip(1).filter_map(|line| line.split(',').nth(1));
    assert_eq!(satellites.filter(|name| name.starts_with('C')).count(), EPOCHS as usize * 5);
    good(&archive(&service, &["export", "--station", "S", "--out", "s.parquet"]));
    assert!(fs::read(service.path("s.parquet")).unwrap().ends_with(b"PAR1"));

    good(&archive(&service, &["export", "--station", "S", "--out", "s.rnx"]));
    let text = fs::read_to_string(service.path("s.rnx")).unwrap();
    assert!(text.starts_with("     3.05           OBSERVATION DATA"), "{text}");
    assert_eq!(text.matches("\n> ").count(), EPOCHS as usize);
    let thin = ["--rinex-version", "4.02", "--interval", "10", "--out", "s.crx.gz"];
    let ran = archive(&service, &[&["export", "--station", "S"], &thin[..]].concat());
    good(&ran);
    assert!(ran.err.contains(&format!("{} epochs of S", EPOCHS / 10)), "{}", ran.err);
    assert!(fs::read(service.path("s.crx.gz")).unwrap().starts_with(&[0x1f, 0x8b]));

    assert!(good(&archive(&service, &["verify"])).contains("are what was archived"));
    let told = good(&archive(&service, &["status"])).to_owned();
    assert!(told.contains("disk: well"), "{told}");
    assert!(told.contains(&format!("epochs on disk: {EPOCHS}")), "{told}");
}

#[test]
fn a_copy_is_restored_elsewhere_and_damage_is_found() {
    let port = Port::open();
    let mut service = Service::start(&archived(&port));
    let stream = made_stream(1, EPOCHS);
    played(&service, &port, &stream);
    service.program.signal("TERM");
    assert_eq!(service.program.exit().code(), Some(0));
    good(&archive(&service, &["backup", "copy"]));
    let elsewhere = "[archive]\nfolder = \"restored\"\n";
    fs::write(service.path("other.toml"), elsewhere).unwrap();
    good(&archive(&service, &["restore", "copy", "--config", "other.toml"]));
    let again = archive(&service, &["restore", "copy", "--config", "other.toml"]);
    assert_eq!(again.code, Some(1));
    assert!(again.err.contains("is not empty"), "{}", again.err);
    let out = ["export", "--station", "S", "--out", "r.rtcm3", "--config", "other.toml"];
    good(&archive(&service, &out));
    let kept = fs::read(service.path("r.rtcm3")).unwrap();
    assert_same("r.rtcm3", without_prologue(&kept), &stream);

    let segments = fs::read_dir(service.path("restored/spool")).unwrap();
    let largest = segments
        .map(|entry| entry.unwrap().path())
        .max_by_key(|path| fs::metadata(path).unwrap().len())
        .unwrap();
    let mut bytes = fs::read(&largest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&largest, bytes).unwrap();
    let ran = archive(&service, &["verify", "--config", "other.toml"]);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.out.contains("damaged"), "{}", ran.out);
}

#[test]
fn a_folder_that_cannot_be_made_stops_the_archive_and_not_the_service() {
    let port = Port::open();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("kept"), b"a file where the folder should be").unwrap();
    let config = format!("[caster]\nlisten = [\"127.0.0.1:0\"]\n{}", archived(&port));
    let service = Service::start_with(folder, &config, &[]);
    service.logged("nothing is archived", 1);
    played(&service, &port, &made_stream(1, 5));
}

#[test]
fn the_command_says_what_it_cannot_do() {
    let folder = tempfile::tempdir().unwrap();
    let says = |config: &str, arguments: &[&str], code: i32, words: &str| {
        fs::write(folder.path().join("tianshu.toml"), config).unwrap();
        let ran = command(folder.path(), arguments, b"");
        assert_eq!(ran.code, Some(code), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(words), "{arguments:?}: {}", ran.err);
    };
    let files = "[archive]\nfolder = \"kept\"\n";
    says("", &["archive", "status"], 1, "names no archive");
    says("[archive]\nfoldr = \"x\"\n", &["archive", "status"], 78, "is `folder` meant?");
    says(files, &["archive", "migrate"], 1, "names no clickhouse");
    says(files, &["archive", "backup", "copy"], 1, "is no archive");
    says(files, &["archive", "export", "--station", "S", "--out", "a.txt"], 1, "--format");
    says(files, &["archive", "export", "--station", "S", "--out", "a.csv"], 1, "has nothing of S");
    assert!(!folder.path().join("a.csv").exists(), "no empty file is left");
    says(files, &["archive", "export", "--out", "a.rnx"], 1, "--station NAME is missing");
    says(files, &["archive", "export", "--out", "a_MN.rnx"], 1, "has nothing of any station");
    let there = ["archive", "virtual", "--at", "23,108,80", "--from", "2026-03-20", "--out", "v"];
    let until = |until: &'static str| [&there[..], &["--until", until]].concat();
    says(files, &until("2026-03-21"), 1, "solves no network");
    let network = format!(
        "{files}[network]\nsolve = true\n[[station]]\nname = \"S\"\nlink = \"tcp\"\naddress = \"127.0.0.1:1\"\n\
         position = [23, 108, 80]\n"
    );
    says(&network, &until("2026-03-19"), 1, "ends before it begins");
    says(&network, &until("2026-03-21"), 1, "outside of the network: the nearest station, S,");
    assert!(!folder.path().join("v").exists(), "no folder is left");
    says(files, &["archive", "verify", "--day", "tomorrow"], 2, "no moment of GPS time");
    let cluster =
        "[archive]\nfolder = \"kept\"\nclickhouse = \"http://localhost:1\"\ncluster = \"main\"\n";
    fs::write(folder.path().join("tianshu.toml"), cluster).unwrap();
    let ran = command(folder.path(), &["archive", "migrate", "--print"], b"");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.out.contains("ReplicatedMergeTree('/clickhouse/tables/{shard}/tianshu/observations'")
    );
    says(cluster, &["archive", "migrate"], 1, "ClickHouse");
}
