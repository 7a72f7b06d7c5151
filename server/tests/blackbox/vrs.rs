//! A small simulated network, solved live: a rover gets the nearest base first, then its own virtual station.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};
use tianshu_ntrip::nmea::gga::Gga;
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::message::{Message, decode};

use crate::program::{Program, eventually};
use crate::rover::{Rover, sourcetable};
use crate::service::Service;
use crate::station::simulated;
use crate::stream::frames_in;

/// Degrees north and east: some 25 km from one to the next, over which integers are soon found.
const STATIONS: [(&str, f64, f64); 6] = [
    ("A", 23.0, 108.0),
    ("B", 23.0, 108.25),
    ("C", 23.2, 107.9),
    ("D", 23.2, 108.15),
    ("E", 23.2, 108.4),
    ("F", 23.4, 108.1),
];
/// So much faster than real time the world goes: what takes the network two minutes takes the test half of one.
const SPEED: &str = "5";
/// A cold start takes some twenty seconds here.
const WARM_MAX: Duration = Duration::from_secs(15);
/// Virtual stations have IDs from here on; the simulated ones count from 1.
const VIRTUAL_ID_MIN: u16 = 3_072;

/// A simulated network on TCP ports, and the service that solves it.
struct Network {
    service: Service,
    tables: String,
    _world: Program,
    _folder: TempDir,
}

impl Network {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let (world, ports) = simulated(folder.path(), &STATIONS, &["--speed", SPEED]);
        let kept = folder.path().join("network.checkpoint");
        let mut tables = format!("[network]\nsolve = true\ncheckpoint = \"{}\"\n", kept.display());
        for ((name, north, east), port) in STATIONS.iter().zip(ports) {
            writeln!(tables, "[[station]]\nname = \"{name}\"\nlink = \"tcp\"\naddress = \"{port}\"\nposition = [{north}, {east}, 100]").unwrap();
        }
        tables += "[[mountpoint]]\nname = \"VRS\"\nkind = \"vrs\"\nneeds_account = false\n";
        tables += "[[mountpoint]]\nname = \"TEXTS\"\nkind = \"vrs\"\nneeds_account = false\nprofile = \"msm7\"\n";
        tables += "messages = [\"1005\", \"1029\", \"ephemerides\"]\n";
        tables +=
            "[[mountpoint]]\nname = \"GRID\"\nkind = \"vrs\"\nneeds_account = false\ngrid = true\n";
        let service = Service::start(&tables);
        service.bring_up("VRS", || {});
        Self { service, tables, _world: world, _folder: folder }
    }
}

fn place(north: f64, east: f64) -> Geodetic {
    Geodetic::from_degrees(north, east, 123.0)
}

fn gga(place: Geodetic) -> Vec<u8> {
    format!("{}\r\n", Gga::at(place, None)).into_bytes()
}

/// Where a caster reads from that sentence that the rover is.
fn as_told(place: Geodetic) -> Ecef {
    let sentence = String::from_utf8(gga(place)).unwrap();
    Gga::parse(&sentence).unwrap().position().unwrap().to_ecef(GRS80)
}

/// The IDs of a stream's stations, each once per visit.
fn visits(frames: &[Frame]) -> Vec<u16> {
    let mut ids: Vec<u16> = frames.iter().filter_map(Frame::station_id).collect();
    ids.dedup();
    ids
}

/// The frames of the last station, once there are so many visits.
fn until_visits(rover: &Rover, count: usize) -> Vec<Frame> {
    eventually(&format!("{count} stations have served"), || {
        let (frames, _) = frames_in(&rover.body());
        let visits = visits(&frames);
        let last = *visits.last()?;
        let of_last: Vec<_> = frames.into_iter().filter(|f| f.station_id() == Some(last)).collect();
        // Its first epoch, and some more.
        (visits.len() >= count && of_last.len() > 20).then_some(of_last)
    })
}

/// A virtual station begins with who and where it is, and sends MSM4 of four systems.
#[track_caller]
fn assert_virtual(frames: &[Frame], told: Ecef) {
    assert!(frames[0].station_id() >= Some(VIRTUAL_ID_MIN), "{:?}", frames[0].station_id());
    let numbers: Vec<u16> = frames.iter().filter_map(Frame::message_number).collect();
    assert_eq!(numbers[..3], [1006, 1008, 1033]);
    for number in &numbers[3..] {
        assert!([1006, 1008, 1033, 1074, 1094, 1114, 1124].contains(number), "{number}");
    }
    // Galileo and QZSS may join a little later.
    for number in [1074, 1124] {
        assert!(numbers.contains(&number), "{number} is missing: {numbers:?}");
    }
    let Ok(Message::ReferencePoint(point)) = decode(&frames[0]) else { panic!("no 1006") };
    assert!(point.non_physical);
    let apart_m = (point.point.place - told).norm_m();
    assert!(apart_m < 1e-3, "{apart_m} m from where the rover said it is");
    println!("vrs: 1006 is {:.2} mm from the rover's own place", apart_m * 1e3);
}

/// The person at a rover of a mountpoint with texts reads what serves; the virtual station sends what that mountpoint's profile says.
#[track_caller]
fn assert_profile_with_texts(rover: &Rover) {
    let messages =
        eventually("the virtual station has taken over, and has told its orbits", || {
            let (frames, _) = frames_in(&rover.body());
            let messages: Vec<_> = frames.iter().filter_map(|frame| decode(frame).ok()).collect();
            let orbits = messages.iter().filter(|m| matches!(m, Message::Ephemeris(_))).count();
            let texts = messages.iter().filter(|m| matches!(m, Message::Text(_))).count();
            (orbits > 10 && texts > 1).then_some(messages)
        });
    let texts = messages.iter().filter_map(|message| match message {
        Message::Text(text) => Some(text.text.as_str()),
        _ => None,
    });
    let texts: Vec<&str> = texts.collect();
    assert!(texts[0].starts_with("Nearest base, no virtual station: "), "{texts:?}");
    assert_eq!(texts[1], "Virtual station");
    // It goes ahead of the text, and no base of this network sends one.
    assert!(messages.iter().any(|message| message.number() == 1005));
    let after =
        messages.iter().skip_while(|m| !matches!(m, Message::Text(t) if t.text == texts[1]));
    let numbers: Vec<u16> = after.map(Message::number).collect();
    for number in [1019, 1042, 1077, 1127] {
        assert!(numbers.contains(&number), "{number} is missing: {numbers:?}");
    }
    for number in [1006, 1008, 1033, 1074] {
        assert!(!numbers.contains(&number), "{number} was not asked for");
    }
}

/// Rovers in one cell get the same bytes, of one station at the cell's middle; one that comes later is told first who that is. A rover in
/// another cell has another station.
#[track_caller]
fn assert_shared(network: &Network) {
    let rover = |north, east| {
        let mut rover = Rover::v1(network.service.address(), "GRID", "");
        rover.say(&gga(place(north, east)));
        rover
    };
    let first = until_virtual(&rover(23.111, 108.111));
    let later = until_virtual(&rover(23.139, 108.139));
    let other = until_virtual(&rover(23.16, 108.11));
    // 3' by 3' and 200 m: the middle is what the first 1006 tells.
    let middle = Geodetic::from_degrees(23.125, 108.125, 100.0).to_ecef(GRS80);
    for frames in [&first, &later] {
        let numbers: Vec<u16> = frames.iter().filter_map(Frame::message_number).collect();
        assert_eq!(numbers[..3], [1006, 1008, 1033]);
        let Ok(Message::ReferencePoint(point)) = decode(&frames[0]) else { panic!("no 1006") };
        assert!((point.point.place - middle).norm_m() < 1e-3, "{point:?}");
    }
    assert_eq!(first[0], later[0]);
    assert_ne!(first[0].station_id(), other[0].station_id());
    network.service.logged("served by virtual station", 4);
}

/// A rover that drives away from its station keeps what that measures: the next one has another place and ID, and the lock times go on.
#[track_caller]
fn assert_taken_along(rover: &mut Rover, from: Geodetic) {
    let mut here = from;
    for _ in 0..5 {
        here = Geodetic::from_degrees(here.latitude_deg() - 0.022, 108.2, 123.0);
        rover.say(&gga(here));
        let heard = rover.body().len();
        eventually("an epoch comes", || (rover.body().len() > heard + 500).then_some(()));
    }
    assert_virtual(&until_visits(rover, 4), as_told(here));
    let (frames, _) = frames_in(&rover.body());
    let visits = visits(&frames);
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    for frame in &frames {
        for (signal, lock_time) in lock_times(frame) {
            // The last of the third visit, the first of the fourth.
            if frame.station_id() == Some(visits[2]) {
                before.insert(signal, lock_time);
            } else if frame.station_id() == Some(visits[3]) {
                after.entry(signal).or_insert(lock_time);
            }
        }
    }
    let both: Vec<_> = before.iter().filter_map(|(of, b)| Some((of, b, after.get(of)?))).collect();
    assert!(both.len() > 30, "{} signals go on", both.len());
    for (signal, before, after) in &both {
        assert!(after >= before, "{signal:?}: {before} and then {after}");
    }
    println!("vrs: {} signals went along to another place", both.len());
}

/// The lock time indicators of an MSM, by message, satellite and signal.
fn lock_times(frame: &Frame) -> Vec<((u16, u8, u8), u16)> {
    let Ok(Message::Msm(msm)) = decode(frame) else { return Vec::new() };
    let number = frame.message_number().unwrap();
    let cells = msm.cells.iter().map(|cell| {
        let satellite = msm.satellites[usize::from(cell.satellite)].id;
        ((number, satellite, cell.signal_id), cell.lock_time.unwrap())
    });
    cells.collect()
}

/// The frames from the first of a virtual station on, once there are some.
fn until_virtual(rover: &Rover) -> Vec<Frame> {
    eventually("a virtual station serves", || {
        let (frames, noise) = frames_in(&rover.body());
        assert_eq!(noise, 0, "whole frames only");
        let is_virtual = |frame: &Frame| frame.station_id() >= Some(VIRTUAL_ID_MIN);
        let frames: Vec<_> = frames.into_iter().skip_while(|frame| !is_virtual(frame)).collect();
        (frames.len() > 20).then_some(frames)
    })
}

#[test]
fn a_rover_gets_the_nearest_base_and_then_its_own_station() {
    let mut network = Network::start();
    let table = sourcetable(network.service.address());
    let entry = table.lines().find(|line| line.starts_with("STR;VRS;")).unwrap();
    assert!(
        entry.contains(
            ";1006(5),1008(30),1033(30),1074(1),1094(1),1114(1),1124(1);2;GPS+GAL+QZS+BDS;"
        )
    );
    let fields: Vec<&str> = entry.split(';').collect();
    assert_eq!(fields[11..13], ["1", "1"], "it needs GGA and is a network: {entry}");

    let mut rover = Rover::v1(network.service.address(), "VRS", "");
    let here = place(23.116_667, 108.1);
    rover.say(&gga(here));
    let mut reader = Rover::v1(network.service.address(), "TEXTS", "");
    reader.say(&gga(here));
    let base = until_visits(&rover, 1);
    assert_eq!(base[0].station_id(), Some(4), "D is the nearest");
    network.service.logged("gets the nearest base, no virtual station: ", 1);
    network.service.logged("served by D", 1);
    assert_virtual(&until_visits(&rover, 2), as_told(here));
    network.service.logged("served by virtual station", 1);
    assert_profile_with_texts(&reader);
    assert_shared(&network);

    // A reload that changes nothing about the network changes nothing for its rovers.
    let more = "[[mountpoint]]\nname = \"NEAR\"\nkind = \"nearest\"\n";
    network.service.reconfigure(&format!("{}{more}", network.tables));
    network.service.logged("configuration reloaded", 1);
    let before = frames_in(&rover.body()).0.len();
    eventually("the stream goes on", || {
        (frames_in(&rover.body()).0.len() > before + 50).then_some(())
    });
    assert_eq!(network.service.log().matches("the network is being solved").count(), 1);

    // 3 km away the station stays where it is, 12 km away there is another one; so far a position is believed when it is told twice.
    rover.say(&gga(place(23.14, 108.11)));
    let there = place(23.18, 108.2);
    for _ in 0..2 {
        rover.say(&gga(there));
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_virtual(&until_visits(&rover, 3), as_told(there));
    let (frames, noise) = frames_in(&rover.body());
    assert_eq!(noise, 0, "whole frames only");
    let visits = visits(&frames);
    assert_eq!(visits.len(), 3, "no way back: {visits:?}");
    assert!(visits[2] > visits[1], "{visits:?}");
    assert!(!rover.has_ended());
    assert_taken_along(&mut rover, there);

    // A restart goes on where it was: what took half a minute takes seconds.
    network.service.program.signal("TERM");
    assert_eq!(network.service.program.exit().code(), Some(0), "{}", network.service.log());
    let begun = Instant::now();
    network.service = Service::start(&network.tables);
    network.service.logged("the network goes on from its checkpoint", 1);
    network.service.bring_up("VRS", || {});
    let mut rover = Rover::v1(network.service.address(), "VRS", "");
    rover.say(&gga(here));
    network.service.logged("served by virtual station", 1);
    let took = begun.elapsed();
    assert!(took < WARM_MAX, "a virtual station took {took:?} after a restart");
    println!("vrs: a virtual station {took:?} after a restart");
}
