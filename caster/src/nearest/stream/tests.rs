//! A rover's stream in memory: what it gets around a change of station.

use tianshu_gnss::coords::{Geodetic, WGS84};
use tianshu_gnss::event::{DownReason, StationEvent, StationNews};
use tianshu_gnss::time::gps::GpsTime;
use tianshu_rtcm::frame::{Found, Frame, FrameDecoder};
use tokio::time::timeout;

use super::*;
use crate::config::StationSettings;
use crate::stations::Stations;

/// Stations A and B, 22 km apart, and a rover's stream that switches without waiting.
struct Bench {
    stations: Stations,
    clock: Clock,
    stream: NearestStream,
}

impl Bench {
    fn new() -> Self {
        let (stations, clock) = (Stations::new(), Clock::start());
        let settings = [("A", 22.0), ("B", 22.2)].map(|(name, latitude_deg)| StationSettings {
            station: name.parse().unwrap(),
            reference_point: Some(at(latitude_deg).to_ecef(WGS84)),
            dead_after: None,
            description: String::new(),
        });
        stations.configure(&settings, clock.now());
        let policy = NearestPolicy { dwell_min: Duration::ZERO, ..NearestPolicy::default() };
        let views = stations.watch();
        let stream = NearestStream::new(policy, Arc::default(), Duration::ZERO, clock, views);
        let bench = Self { stations, clock, stream };
        bench.send("A", &[(1006, false), (1077, false)]);
        bench.send("B", &[(1077, false)]);
        bench
    }

    /// The station sends messages of these numbers; the flag says that the epoch goes on.
    fn send(&self, station: &str, messages: &[(u16, bool)]) {
        let events = messages.iter().map(|(number, more)| {
            let mut payload = vec![0; 19];
            payload[..2].copy_from_slice(&(number << 4).to_be_bytes());
            payload[2] = station.as_bytes()[0]; // the low bits of the station ID
            payload[6] |= u8::from(*more) << 1;
            StationNews::Frame(Frame::from_payload(&payload).unwrap().into_bytes())
        });
        self.hear(station, events.collect());
    }

    fn hear(&self, station: &str, news: Vec<StationNews>) {
        let event = |news| StationEvent {
            station: station.parse().unwrap(),
            arrived: GpsTime::from_nanos(0),
            news,
        };
        let events: Vec<_> = news.into_iter().map(event).collect();
        self.stations.on_events(&events, self.clock.now());
    }

    fn tell(&mut self, latitude_deg: f64) {
        self.stream.rover_told(&Gga::at(at(latitude_deg), None), self.clock.now());
    }

    /// What the rover gets until nothing more is due: `A1077` is a message 1077 of station A; notices without their figures.
    async fn got(&mut self) -> Vec<String> {
        let mut all = Vec::new();
        // Everything due is there at once: the wait only ends the list.
        while let Ok(item) = timeout(Duration::from_millis(20), self.stream.next()).await {
            match item {
                StreamItem::Delivery(delivery) => all.extend(frames(&delivery)),
                StreamItem::Notice(Notice::Serving { station, .. }) => {
                    all.push(format!("now {station}"));
                }
                StreamItem::Notice(Notice::Withheld(_)) => all.push("withheld".to_owned()),
                StreamItem::Notice(Notice::PositionJump { .. }) => all.push("jump".to_owned()),
                StreamItem::Notice(Notice::ServingVirtual { .. } | Notice::NoVirtual(_)) => {
                    unreachable!("a base serves")
                }
                StreamItem::Ended => all.push("ended".to_owned()),
            }
        }
        all
    }
}

fn frames(delivery: &Delivery) -> Vec<String> {
    let mut decoder = FrameDecoder::new();
    decoder.push(&delivery.bytes);
    decoder.finish();
    let mut names = Vec::new();
    while let Some(found) = decoder.next_found() {
        let Found::Frame(frame) = found else { panic!("torn: {found:?}") };
        let station = char::from(frame.payload()[2]);
        names.push(format!("{station}{}", frame.message_number().unwrap()));
    }
    assert_eq!(names.len(), usize::try_from(delivery.frames).unwrap());
    names
}

fn at(latitude_deg: f64) -> Geodetic {
    Geodetic::from_degrees(latitude_deg, 108.0, 80.0)
}

#[tokio::test]
async fn a_station_is_introduced_and_begins_with_a_whole_epoch() {
    let mut bench = Bench::new();
    assert_eq!(bench.got().await, ["withheld"]);
    bench.send("A", &[(1077, true)]);
    bench.tell(22.0);
    assert_eq!(bench.got().await, ["now A", "A1006"]);
    bench.send("A", &[(1127, false)]);
    assert_eq!(bench.got().await, [""; 0], "the end of an epoch whose beginning was missed");
    bench.send("A", &[(1077, true)]);
    bench.send("A", &[(1127, false), (1033, false)]);
    assert_eq!(bench.got().await, ["A1077", "A1127", "A1033"]);
}

#[tokio::test]
async fn a_nearer_station_waits_for_the_end_of_the_epoch() {
    let mut bench = Bench::new();
    bench.tell(22.05);
    bench.got().await;
    bench.send("A", &[(1077, true)]);
    assert_eq!(bench.got().await, ["A1077"]);
    bench.tell(22.09); // 4.95 km to go is no jump
    bench.tell(22.13);
    bench.tell(22.17);
    assert_eq!(bench.got().await, [""; 0]);
    // The end of A's epoch and the beginning of the next come together.
    bench.send("A", &[(1127, false), (1077, true)]);
    let got = bench.got().await;
    // B's stream tells no reference point: the configured one stands in.
    assert_eq!(got.first().map(String::as_str), Some("A1127"));
    assert_eq!(got.get(1).map(String::as_str), Some("now B"));
    assert!(got.get(2).is_some_and(|name| name.ends_with("1005")) && got.len() == 3, "{got:?}");
    bench.send("B", &[(1077, false)]);
    bench.send("A", &[(1127, false)]);
    assert_eq!(bench.got().await, ["B1077"]);
}

#[tokio::test]
async fn a_dead_station_is_left_inside_its_epoch() {
    let mut bench = Bench::new();
    bench.tell(22.0);
    bench.got().await;
    bench.send("A", &[(1077, true)]);
    bench.got().await;
    bench.hear("A", vec![StationNews::Down(DownReason::Replaced)]);
    assert_eq!(bench.got().await.first().map(String::as_str), Some("now B"));
    bench.hear("B", vec![StationNews::Down(DownReason::Replaced)]);
    assert_eq!(bench.got().await, ["withheld"]);
    bench.send("A", &[(1077, false)]);
    assert_eq!(bench.got().await, ["now A", "A1006"]);
}

/// Some receivers set the multiple message bit on every message: then only the pause tells where an epoch ends.
#[tokio::test]
async fn a_nearer_station_is_taken_though_no_message_says_that_it_is_the_last() {
    let mut bench = Bench::new();
    bench.tell(22.09);
    bench.got().await;
    bench.send("A", &[(1077, true), (1127, true)]);
    assert_eq!(bench.got().await, ["A1077", "A1127"]);
    bench.tell(22.13);
    bench.tell(22.17);
    assert_eq!(bench.got().await, [""; 0], "the epoch may go on");
    tokio::time::sleep(Duration::from_millis(500)).await;
    bench.send("A", &[(1077, true), (1127, true)]);
    assert_eq!(bench.got().await.first().map(String::as_str), Some("now B"));
}

/// The news that ends the wait and the batch that would have ended it come at the same moment.
#[tokio::test]
async fn nothing_is_lost_when_the_nearer_station_goes_while_it_is_waited_for() {
    for _ in 0..16 {
        let mut bench = Bench::new();
        bench.tell(22.09);
        bench.got().await;
        bench.send("A", &[(1077, true)]);
        assert_eq!(bench.got().await, ["A1077"]);
        bench.tell(22.13);
        bench.tell(22.17);
        bench.hear("B", vec![StationNews::Down(DownReason::Replaced)]);
        bench.send("A", &[(1127, false), (1077, true)]);
        bench.send("A", &[(1127, false)]);
        assert_eq!(bench.got().await, ["A1127", "A1077", "A1127"]);
    }
}

/// Some clients tell the receiver's position and a stored one in turn, and nothing bounds how often.
#[tokio::test]
async fn a_position_that_jumps_all_the_time_is_told_once_in_a_while() {
    let mut bench = Bench::new();
    bench.tell(22.0);
    bench.got().await;
    let mut told = Vec::new();
    for _ in 0..20 {
        bench.tell(23.0);
        bench.tell(22.0);
        told.extend(bench.got().await);
    }
    assert_eq!(told, ["jump"]);
}
