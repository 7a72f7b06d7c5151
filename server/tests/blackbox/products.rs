//! A small simulated network, solved live: rovers of the old school get the nearest station with MAC or FKP beside.

use std::fmt::Write;
use std::fs;

use tempfile::TempDir;
use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};
use tianshu_ntrip::nmea::gga::Gga;
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::message::network::mac::{AmbiguityStatus, Part};
use tianshu_rtcm::message::{Message, decode};

use crate::program::{Program, eventually};
use crate::rover::{Rover, sourcetable};
use crate::service::{Service, tianshu};
use crate::stream::frames_in;

/// Degrees north and east: some 25 km from one to the next, over which integers are soon found.
const STATIONS: [(&str, f64, f64); 5] = [
    ("A", 23.0, 108.0),
    ("B", 23.0, 108.25),
    ("C", 23.2, 107.9),
    ("D", 23.2, 108.15),
    ("E", 23.4, 108.1),
];
/// The station nearest to the rover, counted from 1 as in its messages.
const MASTER: u16 = 4;
/// So much faster than real time the world goes.
const SPEED: &str = "5";

/// A service with a MAC and an FKP mountpoint, and the world that it listens to.
fn start() -> (Service, Program, TempDir) {
    let folder = TempDir::new().unwrap();
    let mut network = "name = \"five\"\n".to_owned();
    for (name, north, east) in STATIONS {
        writeln!(network, "[[station]]\nname = \"{name}\"\nlatitude_deg = {north}\nlongitude_deg = {east}\nheight_m = 100").unwrap();
    }
    let file = folder.path().join("five.toml");
    fs::write(&file, network).unwrap();
    let mut command = tianshu();
    command.args(["simulate", "--scenario", "quiet", "--tcp-base", "127.0.0.1:0"]);
    command.args(["--speed", SPEED, "--network"]).arg(&file);
    let world = Program::start(&mut command);
    let ports = eventually("all stations have a port", || {
        let out = world.out();
        let ports = out.lines().filter_map(|line| line.split(" at ").nth(1));
        let ports: Vec<String> = ports.map(str::to_owned).collect();
        (ports.len() == STATIONS.len()).then_some(ports)
    });
    let mut tables = "[network]\nsolve = true\n".to_owned();
    for ((name, north, east), port) in STATIONS.iter().zip(ports) {
        writeln!(tables, "[[station]]\nname = \"{name}\"\nlink = \"tcp\"\naddress = \"{port}\"\nposition = [{north}, {east}, 100]").unwrap();
    }
    tables +=
        "[[mountpoint]]\nname = \"MAC\"\nkind = \"mac\"\nneeds_account = false\nnetwork_id = 7\n";
    tables += "messages = [\"1006\", \"1033\", \"ephemerides\"]\n";
    tables += "[[mountpoint]]\nname = \"FKP\"\nkind = \"fkp\"\nneeds_account = false\nprofile = \"msm4\"\n";
    tables += "messages = [\"1005\", \"residuals\", \"1013\"]\n";
    let service = Service::start(&tables);
    service.bring_up("MAC", || {});
    (service, world, folder)
}

fn place_of(station: u16) -> Ecef {
    let (_, north, east) = STATIONS[usize::from(station) - 1];
    Geodetic::from_degrees(north, east, 100.0).to_ecef(GRS80)
}

/// Messages of a rover's stream, once all those numbers are among them.
fn until(rover: &Rover, numbers: &[u16]) -> Vec<Message> {
    eventually(&format!("{numbers:?} have come"), || {
        let (frames, noise) = frames_in(&rover.body());
        assert_eq!(noise, 0, "whole frames only");
        let told: Vec<u16> = frames.iter().filter_map(Frame::message_number).collect();
        let all = numbers.iter().all(|number| told.contains(number));
        all.then(|| frames.iter().map(|frame| decode(frame).unwrap()).collect())
    })
}

#[test]
fn old_receivers_get_a_master_with_auxiliaries_or_gradients() {
    let (service, _world, _folder) = start();
    let table = sourcetable(service.address());
    let entry = |name: &str| {
        table.lines().find(|line| line.starts_with(&format!("STR;{name};"))).unwrap().to_owned()
    };
    let mac = entry("MAC");
    assert!(
        mac.contains(";1004(1),1006(5),1014(30),1015(5),1016(15),1019(30),1033(30);2;GPS;"),
        "{mac}"
    );
    let fkp = entry("FKP");
    assert!(fkp.contains(";1005(5),1013(60),"), "{fkp}");
    assert!(fkp.contains(",1030(10),1034(10),1074(1),1094(1),1114(1),1124(1),"), "{fkp}");

    let here = Geodetic::from_degrees(23.16, 108.13, 120.0);
    let gga = format!("{}\r\n", Gga::at(here, None)).into_bytes();
    let mut mac = Rover::v1(service.address(), "MAC", "");
    mac.say(&gga);
    let told = until(&mac, &[1004, 1006, 1014, 1015, 1016, 1019, 1033]);
    service.logged("served by D", 1);
    let point = told.iter().find_map(|m| match m {
        Message::ReferencePoint(point) => Some(point),
        _ => None,
    });
    let point = point.unwrap();
    assert_eq!((point.station_id, point.non_physical), (MASTER, false));
    assert!((point.point.place - place_of(MASTER)).norm_m() < 1e-3);
    let mut parts = Vec::new();
    for message in &told {
        match message {
            Message::AuxiliaryStation(told) => {
                assert_eq!((told.pair.network_id, told.pair.master_id), (7, MASTER));
                let (_, north, east) = STATIONS[usize::from(told.pair.auxiliary_id) - 1];
                // The field's steps are 25e-6 degrees.
                assert!((told.latitude_deg - (north - 23.2)).abs() < 2e-5, "{told:?}");
                assert!((told.longitude_deg - (east - 108.15)).abs() < 2e-5, "{told:?}");
            }
            Message::CorrectionDifferences(told) => {
                parts.push(told.kind.part);
                assert!(told.satellites.iter().all(|s| s.status == AmbiguityStatus::Right));
                // 30 km of quiet air, and heights that are all the same.
                let metres = |s: &tianshu_rtcm::message::network::mac::CorrectionDifference| {
                    s.ionospheric_m.or(s.geometric.map(|g| g.difference_m)).unwrap()
                };
                assert!(told.satellites.iter().all(|s| metres(s).abs() < 2.0), "{told:?}");
            }
            _ => {}
        }
    }
    assert!(parts.contains(&Part::Ionospheric) && parts.contains(&Part::Geometric));

    let mut fkp = Rover::v1(service.address(), "FKP", "");
    fkp.say(&gga);
    let told = until(&fkp, &[1005, 1013, 1030, 1034, 1074]);
    let gradients = told.iter().find_map(|m| match m {
        Message::Gradients(gradients) => Some(gradients),
        _ => None,
    });
    let gradients = gradients.unwrap();
    assert_eq!(gradients.station_id, MASTER);
    assert!(
        gradients.satellites.iter().any(|s| s.ionospheric_north_ppm.is_some()),
        "{gradients:?}"
    );
}
