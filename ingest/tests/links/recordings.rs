//! Replay of real recordings: each frame comes out once, in order, the same each time.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tianshu_gnss::event::StationNews;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::utc::{Civil, Utc};
use tianshu_ingest::replay::pace::Speed;
use tianshu_ingest::replay::{ReplayConfig, ReplaySummary, replay};
use tianshu_ingest::sink::event_queue;
use tianshu_rtcm::frame::{Found, FrameDecoder};
use tokio_util::sync::CancellationToken;

fn day(year: i32, month: u8, day: u8) -> GpsTime {
    let civil = Civil { year, month, day, hour: 12, minute: 0, second: 0, nanos: 0 };
    Utc::from_civil(civil).unwrap().into()
}

/// The recording, unless the folder of real data is missing, which is said by name.
fn recording(test: &str, name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    println!("SKIPPED {test}: ../shared/data/{name} not found");
    None
}

/// A fingerprint of each event, the frames' bytes one after the other, and the times of the epochs.
async fn run(
    path: &Path,
    starts_near: GpsTime,
) -> (Vec<String>, Vec<u8>, Vec<GpsTime>, ReplaySummary) {
    let config = ReplayConfig {
        path: path.to_owned(),
        station: Some("REAL".parse().unwrap()),
        starts_near: Some(starts_near),
        speed: Speed::FULL,
        repeat: false,
        epoch_wait: Duration::from_millis(500),
    };
    let (sink, mut source) = event_queue(64);
    let task =
        tokio::spawn(
            async move { replay(&config, &sink, &CancellationToken::new()).await.unwrap() },
        );
    let (mut all, mut bytes, mut times) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(event) = source.next().await {
        all.push(format!("{event:?}"));
        match event.news {
            StationNews::Frame(frame) => bytes.extend(frame),
            StationNews::Epoch(epoch) => times.push(epoch.time),
            _ => {}
        }
    }
    (all, bytes, times, task.await.unwrap())
}

/// The frames of a file, found without the replay.
fn frames_of(path: &Path) -> Vec<u8> {
    let mut decoder = FrameDecoder::new();
    decoder.push(&std::fs::read(path).unwrap());
    decoder.finish();
    let mut all = Vec::new();
    while let Some(found) = decoder.next_found() {
        if let Found::Frame(frame) = found {
            all.extend_from_slice(frame.as_bytes());
        }
    }
    all
}

async fn check(name: &str, starts_near: GpsTime) {
    let Some(path) = recording("replay_of_real_recordings", name) else { return };
    let (once, bytes, times, summary) = run(&path, starts_near).await;
    assert!(bytes == frames_of(&path), "{name}: the frames are not those of the file");
    assert!(times.is_sorted(), "{name}: epochs go back");
    assert!(!times.is_empty(), "{name}: no epoch");
    let (again, ..) = run(&path, starts_near).await;
    assert!(once == again, "{name}: the second replay differs");
    println!("{name}: {} frames, {} epochs, twice the same", summary.frames, summary.epochs);
}

#[tokio::test]
async fn replay_of_real_recordings() {
    check("rtcm/field-2017/base_201704201701.RTCM3", day(2017, 4, 20)).await;
    check("rtcm/openntrip-sample/testRtcm.rtcm3", day(2020, 1, 1)).await;
    check("rtcm/pygnssutils/pygpsdata-rtcm3.log", day(2022, 1, 1)).await;
    check("rtcm/gpsd/ublox-zed-f9t-rtcm3.log", day(2019, 1, 1)).await;
}
