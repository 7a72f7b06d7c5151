//! A rover's reading of streams that are whole, torn, cut and late.

use std::time::Duration;

use tianshu_ntrip::client::request::{Caster, Errand, VersionChoice};
use tianshu_ntrip::mountpoint::Mountpoint;
use tianshu_rtcm::frame::Frame;

use super::*;
use crate::load::histogram::Quantiles;

/// GPS week 2446, so many milliseconds after its begin.
fn week(millis: i64) -> GpsTime {
    GpsTime::from_week(2446, Interval::from_millis(millis))
}

/// An MSM7 of GPS without satellites.
fn frame(tow_ms: u32) -> Vec<u8> {
    let head = 1077_u64 << 52 | 7 << 40 | u64::from(tow_ms) << 10;
    let payload = [head.to_be_bytes().as_slice(), &[0; 40]].concat();
    Frame::from_payload(&payload).unwrap().as_bytes().to_vec()
}

fn reception() -> Reception {
    let version = VersionChoice::V1;
    let caster = Caster { host: "127.0.0.1".to_owned(), port: 2101, version, credentials: None };
    let errand = Errand::Pull { mountpoint: Mountpoint::new("M").unwrap(), gga: None };
    let session = ClientSession::new(caster, errand);
    Reception::new(session, 0, Interval::ZERO, Uptime::START, true)
}

/// Each piece and the millisecond of the week at which it comes; the stream begins at 0.
fn receive(pieces: &[(i64, Vec<u8>)]) -> Ledger {
    let (mut ledger, mut rover) = (Ledger::new(1), reception());
    for (millis, piece) in pieces {
        let uptime = Uptime::from_start(Duration::from_millis(u64::try_from(*millis).unwrap()));
        let now = Now { uptime, gps: week(*millis) };
        assert_eq!(rover.on_bytes(&mut ledger, now, piece), None);
    }
    assert!(rover.is_accepted());
    rover.finish(&mut ledger);
    ledger
}

fn yes() -> (i64, Vec<u8>) {
    (3, b"ICY 200 OK\r\n\r\n".to_vec())
}

#[test]
fn a_whole_stream_is_timed_from_its_second_epoch() {
    let ledger = receive(&[
        yes(),
        (1010, frame(1000)),
        (2020, [frame(2000), frame(2000)].concat()),
        (3030, frame(3000)),
    ]);
    let Data { frames, epochs, torn, gaps, cut, .. } = ledger.data;
    assert_eq!((frames, epochs, torn, gaps, cut), (4, 3, 0, 0, 0));
    let latency = ledger.latency.quantiles().unwrap();
    assert_eq!((latency.count, latency.max_ms), (2, 30.0));
    let (accept, first_byte) = (ledger.accept.quantiles(), ledger.first_byte.quantiles());
    let once = |ms| Some(Quantiles { count: 1, p50_ms: ms, p99_ms: ms, max_ms: ms });
    assert_eq!((accept, first_byte), (once(3.0), once(1010.0)));
    assert_eq!((ledger.storm.accepted, ledger.open), (1, 1));
}

#[test]
fn cuts_between_pieces_change_nothing() {
    let stream = [yes().1, frame(1000), frame(2000)].concat();
    for size in 1..stream.len() {
        let pieces: Vec<_> = stream.chunks(size).map(|piece| (2005, piece.to_vec())).collect();
        let data = receive(&pieces).data;
        assert_eq!((data.frames, data.epochs, data.torn, data.cut), (2, 2, 0, 0), "{size}");
    }
}

#[test]
fn a_byte_too_few_is_a_torn_frame() {
    let mut damaged = frame(2000);
    damaged.remove(20);
    let pieces =
        [yes(), (1000, frame(1000)), (2000, damaged), (3000, frame(3000)), (4000, frame(4000))];
    let data = receive(&pieces).data;
    assert_eq!((data.frames, data.torn), (3, 1));
    assert_eq!(data.gaps, 0, "the first step seen is the rhythm");
}

#[test]
fn a_frame_cut_by_the_end_is_no_torn_frame_but_garbage_is() {
    let cut = receive(&[yes(), (1000, frame(1000)), (2000, frame(2000)[..30].to_vec())]).data;
    assert_eq!((cut.torn, cut.cut), (0, 1));
    let garbage = receive(&[yes(), (1000, b"no frames at all".to_vec())]).data;
    assert_eq!((garbage.torn, garbage.cut, garbage.noise_bytes), (1, 0, 16));
}

#[test]
fn a_missing_epoch_is_a_gap() {
    let pieces: Vec<_> = [1, 2, 3, 5, 6].map(|s| (i64::from(s) * 1000, frame(s * 1000))).to_vec();
    let data = receive(&[vec![yes()], pieces].concat()).data;
    assert_eq!((data.epochs, data.gaps, data.missed), (5, 1, 0));
}

#[test]
fn an_idle_rover_holds_no_buffer() {
    let (mut ledger, mut rover) = (Ledger::new(1), reception());
    let now = Now { uptime: Uptime::START, gps: week(1000) };
    rover.on_bytes(&mut ledger, now, &[yes().1, frame(1000)].concat());
    assert!(rover.decoder.is_none());
}

#[track_caller]
fn check_answer(answer: &[u8], expected: Ending) {
    let (mut ledger, mut rover) = (Ledger::new(1), reception());
    let now = Now { uptime: Uptime::START, gps: week(0) };
    let told = rover.on_bytes(&mut ledger, now, answer);
    assert_eq!(told.unwrap_or_else(|| rover.on_close(&mut ledger, now)), expected);
}

#[test]
fn answers_have_names() {
    let unauthorized = b"HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\r\n";
    check_answer(unauthorized, Ending::Refused("unauthorized"));
    check_answer(b"SOURCETABLE 200 OK\r\n", Ending::Refused("no such mountpoint"));
    check_answer(b"ICY 200 OK\r\n\r\n", Ending::Ended("closed by the caster"));
    check_answer(b"", Ending::Failed("closed without an answer"));
}
