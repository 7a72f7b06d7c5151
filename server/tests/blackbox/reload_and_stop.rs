//! SIGHUP and SIGTERM: what changes, what stays, and how it ends.

use std::time::{Duration, Instant};

use crate::program::{eventually, run};
use crate::relay::play;
use crate::rover::{ANNA, Rover};
use crate::service::{Service, tianshu};
use crate::station::{Feed, Port, free_port};
use crate::stream::{assert_same, frames_in, joined, made_stream, prologue, without_prologue};

/// An ordered stop takes a few seconds at most; the rest is for a busy machine.
const STOPPED_WITHIN: Duration = Duration::from_secs(15);

/// A second user: `bert:hidden` in base64.
const BERT: &str = "Authorization: Basic YmVydDpoaWRkZW4=\r\n";

fn station(name: &str, receiver: &Port) -> String {
    format!(
        "[[station]]\nname = \"{name}\"\nlink = \"tcp\"\naddress = \"{}\"\n\
         [[mountpoint]]\nname = \"{name}\"\nkind = \"station\"\nstation = \"{name}\"\n",
        receiver.address()
    )
}

fn user(name: &str, password: &str) -> String {
    format!("[[user]]\nname = \"{name}\"\npassword = \"{password}\"\n")
}

/// A service with station KEPT and user anna.
struct Kept {
    service: Service,
    receiver: Port,
    feed: Feed,
}

impl Kept {
    fn start() -> Self {
        let receiver = Port::open();
        let tables = user("anna", "secret") + &station("KEPT", &receiver);
        let service = Service::start(&tables);
        let mut feed = receiver.accept();
        service.bring_up("KEPT", || feed.send(&prologue()));
        Self { service, receiver, feed }
    }

    /// What stays in all configurations.
    fn tables(&self) -> String {
        user("anna", "secret") + &station("KEPT", &self.receiver)
    }
}

/// What a rover is told that asks for a mountpoint.
fn answer(service: &Service, mountpoint: &str, headers: &str) -> String {
    let request = format!(
        "GET /{mountpoint} HTTP/1.1\r\nNtrip-Version: Ntrip/2.0\r\nUser-Agent: NTRIP t\r\n{headers}\r\n"
    );
    let head = Rover::connect(service.address(), request.as_bytes()).head();
    head.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_reload_adds_and_removes_without_touching_what_stays() {
    let mut kept = Kept::start();
    let rover = Rover::v1(kept.service.address(), "KEPT", ANNA);
    let stream = made_stream(1, 60);
    let (frames, _) = frames_in(&stream);
    let thirds: Vec<Vec<u8>> = frames.chunks(frames.len().div_ceil(3)).map(joined).collect();
    play("before", &mut kept.feed, &thirds[0], &[&|| rover.body()]);

    // A station, its mountpoint and a user more.
    let receiver = Port::open();
    let more = kept.tables() + &user("bert", "hidden") + &station("NEW", &receiver);
    assert_eq!(answer(&kept.service, "KEPT", BERT), "HTTP/1.1 401 Unauthorized");
    kept.service.reconfigure(&more);
    kept.service.logged("configuration reloaded", 1);
    let mut feed = receiver.accept();
    kept.service.bring_up("NEW", || feed.send(&prologue()));
    let new_rover = Rover::v2(kept.service.address(), "NEW", BERT);
    let both = Rover::v1(kept.service.address(), "KEPT", BERT);
    kept.feed.send(&thirds[1]);
    play("of the new one", &mut feed, &stream, &[&|| new_rover.body()]);

    // And all of that away again.
    kept.service.reconfigure(&kept.tables());
    kept.service.logged("configuration reloaded", 2);
    new_rover.until_end();
    both.until_end();
    assert_eq!(answer(&kept.service, "NEW", ANNA), "HTTP/1.1 404 Not Found");
    assert_eq!(answer(&kept.service, "KEPT", BERT), "HTTP/1.1 401 Unauthorized");
    let (chunks, noise) = frames_in(&new_rover.body());
    assert_eq!((chunks.len(), noise), (frames.len(), 0), "whole frames to the end");

    // The rover of the mountpoint that stayed has noticed nothing.
    kept.feed.send(&thirds[2]);
    eventually("all frames of the kept mountpoint arrive", || {
        (without_prologue(&rover.body()).len() >= stream.len()).then_some(())
    });
    assert_same("kept", without_prologue(&rover.body()), &stream);
    assert!(!rover.has_ended());
    println!("reload: {} frames, none lost over two reloads", frames.len());
}

#[test]
fn a_faulty_file_changes_nothing() {
    let mut kept = Kept::start();
    let rover = Rover::v1(kept.service.address(), "KEPT", ANNA);
    kept.service.reconfigure("[[station]]\nname = \"A\"\nlink = \"pigeon\"\n[[user]]\n");
    kept.service.logged("the configuration is not used, everything stays as it was", 1);
    let log = kept.service.log();
    assert!(log.contains("\"pigeon\" is not known here"), "the faults are told: {log}");
    assert!(log.contains("has no `name`"), "all of them: {log}");
    play("kept", &mut kept.feed, &made_stream(1, 20), &[&|| rover.body()]);
    drop(Rover::v2(kept.service.address(), "KEPT", ANNA));
}

#[test]
fn what_a_reload_cannot_change_is_told() {
    let kept = Kept::start();
    kept.service.reconfigure(&kept.tables());
    kept.service.logged("configuration reloaded", 1);
    assert!(!kept.service.log().contains("after a restart only"));
    kept.service.reconfigure(&format!("head_timeout_s = 3.0\n{}", kept.tables()));
    kept.service.logged(
        "changes of [service], [caster], [accounts], [archive], [files], [web] and [[monitor_rover]] are used after a restart only",
        1,
    );
    kept.service.logged("configuration reloaded", 2);
}

/// A station that is configured otherwise is connected anew; the others keep their connections.
#[test]
fn a_reload_moves_a_station() {
    let kept = Kept::start();
    let elsewhere = Port::open();
    let tables = user("anna", "secret") + &station("KEPT", &elsewhere);
    kept.service.reconfigure(&tables);
    let mut feed = elsewhere.accept();
    kept.service.logged("configuration reloaded", 1);
    kept.service.bring_up("KEPT", || feed.send(&prologue()));
    let rover = Rover::v1(kept.service.address(), "KEPT", ANNA);
    play("moved", &mut feed, &made_stream(1, 20), &[&|| rover.body()]);
}

#[test]
fn a_stop_is_orderly() {
    for signal in ["TERM", "INT"] {
        let mut kept = Kept::start();
        let old = Rover::v1(kept.service.address(), "KEPT", ANNA);
        let new = Rover::v2(kept.service.address(), "KEPT", ANNA);
        let stream = made_stream(1, 40);
        play("before", &mut kept.feed, &stream, &[&|| old.body(), &|| new.body()]);
        // The last frame is cut by the stop.
        kept.feed.send(&stream[..1777]);
        let began = Instant::now();
        kept.service.program.signal(signal);
        assert_eq!(kept.service.program.exit().code(), Some(0), "{}", kept.service.log());
        let took = began.elapsed();
        assert!(took < STOPPED_WITHIN, "the stop took {took:?}");
        for rover in [&old, &new] {
            rover.until_end();
            let (_, noise) = frames_in(&rover.body());
            assert_eq!(noise, 0, "whole frames to the end");
        }
        println!("stop: SIG{signal} took {took:?}");
    }
}

#[test]
fn a_port_in_use_is_told() {
    let taken = Port::open();
    let folder = tempfile::tempdir().unwrap();
    let config = format!("[caster]\nlisten = [\"{}\"]\n", taken.address());
    std::fs::write(folder.path().join("t.toml"), config).unwrap();
    let mut command = tianshu();
    command.current_dir(folder.path()).args(["serve", "--config", "t.toml"]);
    let ran = run(&mut command, b"");
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert!(ran.err.contains(&taken.address().to_string()), "{}", ran.err);
}

/// A station's port that is in use costs that station, not the service.
#[test]
fn a_station_whose_port_is_taken_does_not_stop_the_others() {
    let (taken, receiver) = (Port::open(), Port::open());
    let listen = format!(
        "[[station]]\nname = \"TAKEN\"\nlink = \"listen\"\nlisten = \"{}\"\n\
         [[station]]\nname = \"FREE\"\nlink = \"listen\"\nlisten = \"127.0.0.1:{}\"\n",
        taken.address(),
        free_port()
    );
    let service = Service::start(&(listen + &user("anna", "secret") + &station("S", &receiver)));
    service.logged("link not started", 1);
    let mut feed = receiver.accept();
    service.bring_up("S", || feed.send(&prologue()));
}
