//! Cells, and what a rover that comes later is told first.

use bytes::Bytes;
use tianshu_caster::delivery::Delivery;
use tianshu_caster::source::{Notice, StreamItem};
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::time::uptime::Uptime;
use tianshu_rtcm::frame::Frame;

use super::*;

fn place(latitude_deg: f64, longitude_deg: f64, height_m: f64) -> Geodetic {
    Geodetic::from_degrees(latitude_deg, longitude_deg, height_m)
}

#[test]
fn a_cell_is_three_minutes_wide_and_a_rover_keeps_it_a_little_beyond() {
    let key = Key::of(place(22.81, 108.33, 120.0));
    assert_eq!(key, Key::of(place(22.849, 108.301, 199.0)));
    assert_ne!(key, Key::of(place(22.851, 108.33, 120.0)));
    assert_ne!(key, Key::of(place(22.81, 108.33, 201.0)));
    let middle = key.middle();
    assert!(
        (middle.latitude_deg() - 22.825).abs() < 1e-9 && (middle.height_m - 100.0).abs() < 1e-6
    );
    assert_eq!(Key::of(middle), key);
    assert!(key.keeps(place(22.859, 108.33, 249.0)) && !key.keeps(place(22.861, 108.33, 120.0)));
    assert!(!key.keeps(place(22.81, 108.361, 120.0)) && !key.keeps(place(22.81, 108.33, -51.0)));
    // South of the equator and west of Greenwich too.
    assert!(Key::of(place(-0.01, -0.01, -1.0)).keeps(place(-0.001, -0.049, -150.0)));
}

/// A frame of that message and station, of no further content.
fn frame(number: u16, station_id: u16) -> Frame {
    let head = u32::from(number) << 12 | u32::from(station_id);
    Frame::from_payload(&[&(head << 8).to_be_bytes()[..3], &[7; 8][..]].concat()).unwrap()
}

fn delivery(frames: &[Frame]) -> Delivery {
    let bytes: Vec<u8> = frames.iter().flat_map(|frame| frame.as_bytes().to_vec()).collect();
    Delivery {
        bytes: Bytes::from(bytes),
        frames: u32::try_from(frames.len()).unwrap(),
        dropped_before: 0,
        ready: Uptime::from_start(std::time::Duration::ZERO),
    }
}

#[test]
fn who_comes_later_is_told_first_who_serves() {
    let cell = Cell::new();
    let serving = Notice::ServingVirtual { station_id: 3_100, distance_m: 0.0 };
    cell.tell(StreamItem::Notice(serving.clone()));
    let first = delivery(&[frame(1006, 3_100), frame(1033, 3_100), frame(1074, 3_100)]);
    cell.tell(StreamItem::Delivery(first.clone()));
    let (beginning, mut items) = cell.join();
    assert_eq!(beginning.serving, Some(serving));
    let next = delivery(&[frame(1074, 3_100)]);
    cell.tell(StreamItem::Delivery(next.clone()));
    assert_eq!(items.try_recv().ok(), Some(StreamItem::Delivery(next.clone())), "once, no gap");
    let told = beginning.clone().before(&next);
    assert_eq!((&told.bytes, told.frames), (&first.bytes, 3), "the same as who came first");
    let whole = beginning.clone().before(&first);
    assert_eq!(whole.bytes, first.bytes, "nothing is told twice");
    // The place comes more often than the receiver: it goes first still.
    let place_again = delivery(&[frame(1006, 3_100), frame(1074, 3_100)]);
    let told = beginning.before(&place_again);
    assert_eq!((&told.bytes, told.frames), (&first.bytes, 3), "in the same order");
    assert!(!cell.is_left());
    drop(items);
    assert!(cell.is_left());
}

#[test]
fn what_another_station_told_of_itself_is_forgotten() {
    let mut beginning = Beginning::default();
    beginning.note(&delivery(&[frame(1005, 12), frame(1230, 12), frame(1074, 12)]).bytes);
    beginning.note(&delivery(&[frame(1006, 3_100), frame(1008, 3_100)]).bytes);
    let next = delivery(&[frame(1074, 3_100)]);
    let told = beginning.before(&next);
    let wanted = delivery(&[frame(1006, 3_100), frame(1008, 3_100), frame(1074, 3_100)]);
    assert_eq!((told.bytes, told.frames), (wanted.bytes, 3));
}

#[test]
fn the_middle_of_a_cell_is_within_four_kilometres() {
    let corner = place(22.8, 108.3, 0.0);
    let apart: Ecef = Key::of(corner).middle().to_ecef(tianshu_gnss::coords::GRS80);
    let apart_m = (apart - corner.to_ecef(tianshu_gnss::coords::GRS80)).norm_m();
    assert!(apart_m < 4_000.0, "{apart_m}");
}
