//! A station's stream of any bytes, cut anywhere: frames, messages, epochs.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::uptime::Uptime;
use tianshu_ingest::decode::StreamDecoder;

fuzz_target!(|pieces: Vec<Vec<u8>>| {
    let mut decoder = StreamDecoder::new(Duration::from_millis(500));
    let mut now = Uptime::START;
    let mut arrived = GpsTime::from_week(2400, Interval::from_seconds(604_799));
    for piece in &pieces {
        decoder.push(piece, now, arrived);
        now = now + Duration::from_millis(300);
        arrived += Interval::from_millis(300);
    }
    decoder.finish(now, arrived);
});
