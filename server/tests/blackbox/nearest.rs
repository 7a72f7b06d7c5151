//! Nearest: the right station for a position, another one when it dies, and never a torn frame.

use std::thread;
use std::time::{Duration, Instant};

use tianshu_ntrip::nmea::gga::Gga;
use tianshu_rtcm::frame::Frame;

use crate::program::eventually;
use crate::rover::{QUIET, Rover};
use crate::service::Service;
use crate::station::{Feed, Port};
use crate::stream::{epoch, frames_in, joined, place, reference_point};

/// The made stations: their names, IDs and latitudes; 22 km from one to the next.
const STATIONS: [(&str, u16, f64); 3] = [("A", 1, 22.0), ("B", 2, 22.2), ("C", 3, 22.4)];

/// The time between two epochs.
const INTERVAL: Duration = Duration::from_millis(100);

/// Within so long a rover must be served by another station when its own dies.
const MOVED_WITHIN: Duration = Duration::from_secs(10);

/// The stations, a nearest mountpoint of all of them, and who of them sends.
struct Network {
    service: Service,
    feeds: Vec<Feed>,
    silent: Vec<u16>,
    serial: u32,
}

impl Network {
    fn start() -> Self {
        let ports: Vec<Port> = STATIONS.iter().map(|_| Port::open()).collect();
        let nearest = "[[mountpoint]]\nname = \"NEAR\"\nkind = \"nearest\"\nneeds_account = false\n\
                       dwell_min_s = 1.0\n";
        let station = |((name, ..), port): (&(&str, u16, f64), &Port)| {
            format!(
                "[[station]]\nname = \"{name}\"\nlink = \"tcp\"\naddress = \"{}\"\n\
                 [[mountpoint]]\nname = \"{name}\"\nkind = \"station\"\nstation = \"{name}\"\n",
                port.address()
            )
        };
        let tables: String = STATIONS.iter().zip(&ports).map(station).collect();
        let service = Service::start(&(tables + nearest));
        let feeds = ports.iter().map(Port::accept).collect();
        let mut network = Self { service, feeds, silent: Vec::new(), serial: 100 };
        eventually("all stations are listed", || {
            network.epoch();
            STATIONS.iter().all(|(name, ..)| network.service.lists(name)).then_some(())
        });
        network
    }

    /// One epoch of all stations that are alive, in one piece each; who it is, every tenth time.
    fn epoch(&mut self) {
        self.serial += 1;
        for ((_, id, latitude_deg), feed) in STATIONS.iter().zip(&mut self.feeds) {
            if self.silent.contains(id) {
                continue;
            }
            let who = (self.serial % 10 == 1).then(|| reference_point(*id, *latitude_deg));
            let frames: Vec<Frame> = who.into_iter().chain(epoch(*id, self.serial)).collect();
            feed.send(&joined(&frames));
        }
        thread::sleep(INTERVAL);
    }

    /// Epochs go on for so long.
    fn go_on_for(&mut self, time: Duration) {
        let began = Instant::now();
        while began.elapsed() < time {
            self.epoch();
        }
    }

    /// Epochs go on until the rover is served by that station; tells how long it took.
    #[track_caller]
    fn until_served_by(&mut self, id: u16, rover: &Rover) -> Duration {
        let began = Instant::now();
        eventually(&format!("the rover is served by {id}"), || {
            self.epoch();
            let (frames, _) = frames_in(&rover.body());
            (frames.last()?.station_id() == Some(id)).then_some(())
        });
        began.elapsed()
    }
}

fn gga(latitude_deg: f64) -> Vec<u8> {
    format!("{}\r\n", Gga::at(place(latitude_deg), None)).into_bytes()
}

/// Whole frames only; each change of station begins with that station's own 1006, and its observations with the
/// first message of an epoch.
#[track_caller]
fn assert_orderly(rover: &Rover) -> Vec<u16> {
    let (frames, noise) = frames_in(&rover.body());
    assert_eq!(noise, 0, "bytes of no frame");
    let mut served = Vec::new();
    let mut expected_next = None;
    for frame in &frames {
        let (id, number) = (frame.station_id().unwrap(), frame.message_number().unwrap());
        if served.last() != Some(&id) {
            assert_eq!(number, 1006, "station {id} is introduced by its 1006");
            let (_, _, latitude_deg) = STATIONS[usize::from(id) - 1];
            assert_eq!(frame, &reference_point(id, latitude_deg));
            served.push(id);
            expected_next = Some(1074);
        } else if number != 1006 {
            assert_eq!(Some(number), expected_next, "epochs of station {id} are whole");
            expected_next = Some(if number == 1074 { 1124 } else { 1074 });
        }
    }
    println!("nearest: {} frames, no byte torn, served by {served:?}", frames.len());
    served
}

#[test]
fn a_rover_follows_the_nearest_station_that_lives() {
    let mut network = Network::start();
    let mut rover = Rover::v1(network.service.address(), "NEAR", "");
    network.go_on_for(QUIET);
    assert!(rover.body().is_empty(), "nothing is right for a rover that is nowhere");
    assert!(!rover.has_ended(), "it may tell its position later");
    rover.say(&gga(22.01));
    network.until_served_by(1, &rover);
    network.go_on_for(Duration::from_secs(1));

    // The line stays open, but nothing comes any more.
    network.silent = vec![1];
    let moved = network.until_served_by(2, &rover);
    assert!(moved < MOVED_WITHIN, "the rover was moved after {moved:?}");
    println!("nearest: moved {moved:?} after the last epoch of a station that fell silent");
    network.silent.clear();
    network.until_served_by(1, &rover);

    // Its line breaks.
    network.silent = vec![1];
    network.feeds[0] = Feed::connect(Port::open().address());
    let moved = network.until_served_by(2, &rover);
    assert!(moved < MOVED_WITHIN, "the rover was moved after {moved:?}");
    println!("nearest: moved {moved:?} after a station's line broke");
    assert_eq!(assert_orderly(&rover), [1, 2, 1, 2]);
}

#[test]
fn a_rover_between_two_stations_does_not_swing() {
    let mut network = Network::start();
    let mut rover = Rover::v1(network.service.address(), "NEAR", "");
    rover.say(&gga(22.08));
    network.until_served_by(1, &rover);
    // 550 m nearer to B than to A: less than the margin of 2 km.
    rover.say(&gga(22.1025));
    network.go_on_for(QUIET * 2);
    let (frames, _) = frames_in(&rover.body());
    assert!(frames.iter().all(|frame| frame.station_id() == Some(1)), "the rover swings");
    // 6 km nearer.
    rover.say(&gga(22.127));
    network.until_served_by(2, &rover);
    assert_eq!(assert_orderly(&rover), [1, 2]);
}

#[test]
fn a_position_in_the_request_is_enough() {
    let mut network = Network::start();
    let position = String::from_utf8(gga(22.41)).unwrap();
    let rover = Rover::v2(network.service.address(), "NEAR", &format!("Ntrip-GGA: {position}"));
    network.until_served_by(3, &rover);
    network.go_on_for(Duration::from_secs(1));
    assert_eq!(assert_orderly(&rover), [3]);
}
