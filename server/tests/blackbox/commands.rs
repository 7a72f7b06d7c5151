//! The other commands: `decode`, `record` and `replay`, and what the program says to a wrong command line.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::program::{PATIENCE, Program, eventually};
use crate::relay::play;
use crate::rover::Rover;
use crate::service::{Service, command, listening, tianshu};
use crate::station::Port;
use crate::stream::{assert_same, frames_in, made_stream, prologue, recording, without_prologue};

/// A relay of a receiver, which needs no account.
fn relay(receiver: &Port) -> String {
    format!(
        "[[station]]\nname = \"S\"\nlink = \"tcp\"\naddress = \"{}\"\n\
         [[mountpoint]]\nname = \"OUT\"\nkind = \"station\"\nstation = \"S\"\nneeds_account = false\n",
        receiver.address()
    )
}

/// A made stream in a file of a folder of its own.
fn file_of(stream: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("made.rtcm3"), stream).unwrap();
    folder
}

#[test]
fn decode_tells_messages_in_lines() {
    let stream = made_stream(9, 3);
    let folder = file_of(&stream);
    let of_file = command(folder.path(), &["decode", "made.rtcm3"], b"");
    let of_input = command(folder.path(), &["decode", "-"], &stream);
    assert_eq!((of_file.code, of_input.code), (Some(0), Some(0)));
    assert_eq!(of_file.out, of_input.out);
    let messages = of_file.out.lines().filter(|line| !line.starts_with(' '));
    let numbers: Vec<&str> = messages.map(|line| &line[..4]).collect();
    assert_eq!(numbers, ["1006", "1074", "1124", "1074", "1124", "1074", "1124"]);
    let first = of_file.out.lines().next().unwrap();
    assert!(first.contains("station 9") && first.contains("antenna_height_m=0.1"), "{first}");
    let summary = format!("7 messages in {} bytes; 0 bytes of no message", stream.len());
    assert!(of_file.err.contains(&summary), "{}", of_file.err);
}

#[test]
fn decode_tells_messages_as_json() {
    let mut stream = b"dirt before the first frame".to_vec();
    stream.extend(made_stream(9, 2));
    let folder = file_of(&stream);
    let ran = command(folder.path(), &["decode", "--json", "made.rtcm3"], b"");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let (frames, _) = frames_in(&stream);
    let objects: Vec<Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), frames.len());
    for (object, frame) in objects.iter().zip(&frames) {
        assert_eq!(object["message"].as_u64(), frame.message_number().map(u64::from));
        assert_eq!(object["station_id"].as_u64(), Some(9));
        assert_eq!(object["bytes"].as_u64(), u64::try_from(frame.as_bytes().len()).ok());
    }
    assert_eq!(objects[0]["antenna_height_m"].as_f64(), Some(0.1));
    assert!(ran.err.contains("27 bytes of no message"), "{}", ran.err);
}

/// As `decode FILE | head -1` does it.
#[test]
fn decode_ends_when_its_reader_has_seen_enough() {
    let folder = file_of(&made_stream(9, 3000));
    let mut command = tianshu();
    command.current_dir(folder.path()).args(["decode", "--json", "made.rtcm3"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("1006"), "{line}");
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert!(ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
}

/// As `solve ... | head -1` does it.
#[test]
fn solve_ends_when_its_reader_has_gone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/rinex");
    let mut command = tianshu();
    command.current_dir(folder).args(["solve", "--rover", "ROV1.rnx", "--nav", "nav.rnx"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn failures_have_their_exit_codes() {
    let folder = file_of(b"");
    for (arguments, code, told) in [
        (&["decode", "none.rtcm3"][..], 1, "cannot open none.rtcm3"),
        (&["decode", "."], 1, "cannot read ."),
        (&["replay", "none.rtcm3"], 1, "none.rtcm3"),
        (&["record", "http://h/M", "--out", "x"], 1, "does not begin with ntrip://"),
        (&["record", "tcp://127.0.0.1:1", "--out", "made.rtcm3"], 1, "it must be new"),
        (&["serve", "--config", "none.toml"], 1, "none.toml"),
        (&["decode"], 2, "FILE"),
        (&["brew"], 2, "brew"),
        (&["serve"], 2, "--config"),
        (&[], 2, "Usage"),
        (&["replay", "made.rtcm3", "--speed", "fast"], 2, "fast"),
    ] {
        let ran = command(folder.path(), arguments, b"");
        assert_eq!(ran.code, Some(code), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(told), "{arguments:?}: {told:?}?\n{}", ran.err);
    }
    let ran = command(folder.path(), &["--version"], b"");
    assert_eq!((ran.code, ran.out.starts_with("tianshu ")), (Some(0), true));
    let ran = command(folder.path(), &["decode", "made.rtcm3"], b"");
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "an empty stream is no failure");
}

/// A recording that was refused before anything came can be asked for again under the same name.
#[test]
fn a_refused_recording_leaves_no_file() {
    let receiver = Port::open();
    let service = Service::start(&relay(&receiver));
    let url = format!("ntrip://{}/NONE", service.address());
    for file in ["none.rtcm3", "none.tsr"] {
        let ran = command(&service.path(""), &["record", &url, "--out", file], b"");
        assert_eq!(ran.code, Some(1), "{}", ran.err);
        assert!(ran.err.contains("no mountpoint NONE"), "{}", ran.err);
        assert!(!service.path(file).exists(), "{file} is left behind");
    }
}

/// What `replay` gives of a file as fast as it can.
fn replayed(file: &Path, options: &[&str]) -> Vec<u8> {
    let mut command = tianshu();
    command.args(["replay", "--speed", "0"]).arg(file).args(options);
    command.stdin(Stdio::null()).output().unwrap().stdout
}

/// The same stream, whichever way it was kept: bytes as they came, or a recording with times.
#[test]
fn a_recorded_stream_is_replayed_as_it_was() {
    let test = "a_recorded_stream_is_replayed_as_it_was";
    let receiver = Port::open();
    let service = Service::start(&relay(&receiver));
    let mut feed = receiver.accept();
    service.bring_up("OUT", || feed.send(&prologue()));
    let mut recorders = Vec::new();
    for (version, file) in [("1", "kept.rtcm3"), ("2", "kept.tianshu")] {
        let url = format!("ntrip://{}/OUT", service.address());
        let file = service.path(file);
        let mut command = tianshu();
        command.args(["record", &url, "--ntrip", version, "--out"]).arg(&file);
        recorders.push((Program::start(&mut command), file));
    }
    service.logged("Rover let in", 2);
    let rover = Rover::v1(service.address(), "OUT", "");
    let stream =
        recording(test, "swift/mixed-msm-legacy.rtcm").unwrap_or_else(|| made_stream(3, 60));
    let frames = play(test, &mut feed, &stream, &[&|| rover.body()]);
    let (sent, _) = frames_in(&stream);
    let sent = crate::stream::joined(&sent);
    for (recorder, file) in &mut recorders {
        // A file that still grows can be replayed too.
        eventually(&format!("{} holds everything", file.display()), || {
            let kept = replayed(file, &[]);
            (without_prologue(&kept).len() >= sent.len()).then_some(())
        });
        recorder.signal("INT");
        assert_eq!(recorder.exit().code(), Some(0), "{}", recorder.err());
        assert_same(test, without_prologue(&replayed(file, &[])), &sent);
    }
    assert_same(test, without_prologue(&fs::read(&recorders[0].1).unwrap()), &sent);
    let ran = command(service.path("").as_path(), &["decode", "--json", "kept.rtcm3"], b"");
    assert!(ran.out.lines().count() >= frames, "{}", ran.err);
    println!("{test}: {frames} frames identical");
}

#[test]
fn what_serve_records_is_replayed_as_it_was() {
    let ports = [Port::open(), Port::open()];
    let tables = relay(&ports[0])
        + &relay(&ports[1]).replace("\"S\"", "\"T\"").replace("\"OUT\"", "\"OUT2\"");
    let config = format!("[caster]\nlisten = [\"127.0.0.1:0\"]\n{tables}");
    let folder = tempfile::tempdir().unwrap();
    let mut service = Service::start_with(folder, &config, &["--record", "kept"]);
    let streams = [made_stream(1, 40), made_stream(2, 55)];
    for ((port, mountpoint), stream) in ports.iter().zip(["OUT", "OUT2"]).zip(&streams) {
        let mut feed = port.accept();
        service.bring_up(mountpoint, || feed.send(&prologue()));
        let rover = Rover::v2(service.address(), mountpoint, "");
        play(mountpoint, &mut feed, stream, &[&|| rover.body()]);
    }
    service.program.signal("TERM");
    assert_eq!(service.program.exit().code(), Some(0));
    let kept: Vec<_> = fs::read_dir(service.path("kept")).unwrap().collect();
    assert_eq!(kept.len(), 1, "one file per run");
    let kept = kept[0].as_ref().unwrap().path();
    for (station, stream) in ["S", "T"].into_iter().zip(&streams) {
        let played = replayed(&kept, &["--station", station]);
        assert_same(station, without_prologue(&played), stream);
    }
}

#[test]
fn replay_is_a_receiver_that_listens() {
    let stream = made_stream(3, 60);
    let folder = file_of(&stream);
    let mut command = tianshu();
    command.current_dir(folder.path());
    command.args(["replay", "made.rtcm3", "--speed", "0", "--listen", "127.0.0.1:0"]);
    let mut replay = Program::start(&mut command);
    let address = eventually("the replay listens", || listening(&replay.out()).first().copied());
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut read = Vec::new();
    socket.read_to_end(&mut read).unwrap();
    assert_same("replay", &read, &stream);
    assert_eq!(replay.exit().code(), Some(0), "{}", replay.err());
}

/// Both protocols of an upload, ten times as fast as it was recorded.
#[test]
fn replay_is_a_station_that_uploads() {
    let stream = made_stream(3, 60);
    let folder = file_of(&stream);
    let service = Service::start(
        "[[station]]\nname = \"S\"\nlink = \"upload\"\n\
         [[mountpoint]]\nname = \"IN\"\nkind = \"upload\"\nstation = \"S\"\nuser = \"base\"\n\
         password = \"push\"\nneeds_account = false\n",
    );
    for login in ["ntrip1://:push", "ntrip://base:push"] {
        let url = format!("{login}@{}/IN", service.address());
        let mut command = tianshu();
        command.current_dir(folder.path());
        command.args(["replay", "made.rtcm3", "--speed", "10", "--upload", &url]);
        let mut replay = Program::start(&mut command);
        service.bring_up("IN", || ());
        let rover = Rover::v1(service.address(), "IN", "");
        assert_eq!(replay.exit().code(), Some(0), "{}", replay.err());
        eventually("the last frame arrives", || {
            let body = rover.body();
            (!body.is_empty() && stream.ends_with(&body)).then_some(())
        });
        // The station has gone, and with it the mountpoint; the next one brings it back.
        eventually("the mountpoint goes", || (!service.lists("IN")).then_some(()));
    }
}

/// A station that is played by the service itself, again and again.
#[test]
fn a_recording_is_a_station() {
    let stream = made_stream(3, 30);
    let folder = file_of(&stream);
    let config = "[caster]\nlisten = [\"127.0.0.1:0\"]\n\
         [[station]]\nname = \"S\"\nlink = \"replay\"\nfile = \"made.rtcm3\"\nspeed = 20\nloop = true\n\
         start = \"2026-04-19T00:01:00Z\"\n\
         [[mountpoint]]\nname = \"OUT\"\nkind = \"station\"\nstation = \"S\"\nneeds_account = false\n";
    let service = Service::start_with(folder, config, &[]);
    service.bring_up("OUT", || ());
    let rover = Rover::v2(service.address(), "OUT", "");
    eventually("two passes are played", || (rover.body().len() >= 2 * stream.len()).then_some(()));
    let again = [&stream[..], &stream, &stream, &stream].concat();
    let body = rover.body();
    let whole = &body[..2 * stream.len()];
    assert!(again.windows(whole.len()).any(|part| part == whole), "not the recording's frames");
}
