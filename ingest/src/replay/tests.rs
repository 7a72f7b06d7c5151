//! Tests of replay: made-up recordings, twice the same, at their pace on paused time.

use std::io::Write;
use std::sync::Arc;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::time::gps::Interval;
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::msm::header::{MsmHeader, MsmLevel};
use tianshu_rtcm::msm::message::Msm;

use super::*;
use crate::clock::SteadyClock;
use crate::recording::format::{Content, Head, Record, STAMP_NANOS_MAX};
use crate::recording::writer::{RecordAs, Recorder};
use crate::sink::event_queue;
use crate::upload::{Intake, UploadLimits};

const WAIT: Duration = Duration::from_millis(500);
/// 60 s before the end of a GPS week.
const START: GpsTime = GpsTime::from_week(2399, Interval::from_seconds(604_740));

/// An MSM4 of GPS without satellites.
fn msm(t: GpsTime, last: bool) -> Vec<u8> {
    let tow_ms = u32::try_from(t.time_of_week().nanos() / 1_000_000).unwrap();
    let mut header = MsmHeader::new(Constellation::Gps, MsmLevel::Msm4, 7, tow_ms);
    header.more_follow = !last;
    Msm::empty(header).encode().unwrap().as_bytes().to_vec()
}

/// Two minutes at 1 Hz over the end of a week; every third epoch never says that it is complete.
fn stream() -> Vec<u8> {
    let second = |n: i64| msm(START + Interval::from_seconds(n), n % 3 != 0);
    (0..120).flat_map(|n| [second(n), b"noise".to_vec()].concat()).collect()
}

fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn config(path: &Path, speed: Speed) -> ReplayConfig {
    ReplayConfig {
        path: path.to_owned(),
        station: Some("PLAY".parse().unwrap()),
        starts_near: Some(START - Interval::from_seconds(100_000)),
        speed,
        repeat: false,
        epoch_wait: WAIT,
    }
}

/// All events in words, and how long the replay took.
async fn run_through(
    config: &ReplayConfig,
    bound: usize,
) -> (Vec<String>, Duration, ReplaySummary) {
    let (sink, mut source) = event_queue(bound);
    let config = config.clone();
    let started = Instant::now();
    let task =
        tokio::spawn(
            async move { replay(&config, &sink, &CancellationToken::new()).await.unwrap() },
        );
    let mut all = Vec::new();
    while let Some(event) = source.next().await {
        all.push(format!("{event:?}"));
    }
    let took = started.elapsed();
    (all, took, task.await.unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_plain_file_gives_the_same_events_at_every_speed() {
    let file = file(&stream());
    let (fast, _, summary) = run_through(&config(file.path(), Speed::FULL), 2).await;
    assert_eq!((summary.frames, summary.epochs, summary.noise_bytes), (120, 120, 600));
    assert_eq!(fast.len(), 1 + 240 + 1, "up, frames and epochs, down");
    for (factor, expected_s) in [(1.0, 119.0), (10.0, 11.9)] {
        let speed = Speed::times(factor).unwrap();
        let (slow, took, _) = run_through(&config(file.path(), speed), 10_000).await;
        assert_eq!(slow, fast);
        let off = took.as_secs_f64() - expected_s;
        assert!(off.abs() < 0.1, "{took:?} at {factor} times, {expected_s} s expected");
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_week_is_passed() {
    let file = file(&stream());
    let (sink, mut source) = event_queue(1000);
    replay(&config(file.path(), Speed::FULL), &sink, &CancellationToken::new()).await.unwrap();
    drop(sink);
    let mut times = Vec::new();
    while let Some(event) = source.next().await {
        if let StationNews::Epoch(epoch) = event.news {
            times.push(epoch.time);
        }
    }
    let expected: Vec<_> = (0..120).map(|n| START + Interval::from_seconds(n)).collect();
    assert_eq!(times, expected);
}

#[tokio::test(start_paused = true)]
async fn a_folder_is_one_stream_in_the_order_of_names() {
    let whole = file(&stream());
    let folder = tempfile::tempdir().unwrap();
    let bytes = stream();
    let (first, second) = bytes.split_at(1001); // within a frame
    std::fs::write(folder.path().join("b01.rtcm3"), second).unwrap();
    std::fs::write(folder.path().join("b00.rtcm3"), first).unwrap();
    let (once, ..) = run_through(&config(whole.path(), Speed::FULL), 1000).await;
    let (parts, ..) = run_through(&config(folder.path(), Speed::FULL), 1000).await;
    assert_eq!(parts, once);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_replay_begins_anew_until_it_is_stopped() {
    let file = file(&stream());
    let config = ReplayConfig { repeat: true, ..config(file.path(), Speed::FULL) };
    let (sink, mut source) = event_queue(10);
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let task = tokio::spawn(async move { replay(&config, &sink, &stopped).await.unwrap() });
    let mut ups = 0;
    while let Some(event) = source.next().await {
        ups += u32::from(matches!(event.news, StationNews::Up));
        if ups == 3 {
            stop.cancel();
        }
    }
    assert!(task.await.unwrap().files >= 3);
}

/// A live stream through the intake, and what was recorded of it.
async fn record_live() -> (Vec<String>, Vec<u8>) {
    let (sink, mut source) = event_queue(10_000);
    let clock = Arc::new(SteadyClock::start(START));
    let limits = UploadLimits { silence: Duration::from_secs(20), epoch_wait: WAIT };
    let intake = Intake::new(sink, clock, limits);
    let mut link = intake.open(&"LIVE".parse().unwrap());
    for n in 0..30 {
        link.push(&msm(START + Interval::from_seconds(n), n % 3 != 0)).unwrap();
        tokio::time::sleep(Duration::from_millis(997)).await;
    }
    link.close(DownReason::Closed("end".to_owned()));
    drop(intake);
    let mut recorder =
        Recorder::begin(Vec::new(), RecordAs::Recording { epoch_wait: WAIT }).unwrap();
    let mut live = Vec::new();
    while let Some(event) = source.next().await {
        recorder.write(&event).unwrap();
        live.push(format!("{event:?}"));
    }
    (live, recorder.finish().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_recording_gives_what_was_live_at_the_same_pace() {
    let (live, bytes) = record_live().await;
    assert_eq!(live.len(), 1 + 60 + 1, "up, frames and epochs, down");
    let file = file(&bytes);
    let all =
        ReplayConfig { station: None, starts_near: None, ..config(file.path(), Speed::REAL_TIME) };
    let (replayed, took, _) = run_through(&all, 10_000).await;
    assert_eq!(replayed, live);
    // 30 pieces 997 ms apart; the timer of tokio counts in milliseconds.
    let off = took.as_secs_f64() - 29.910;
    assert!(off.abs() < 0.05, "{took:?}");
    let other = ReplayConfig { station: Some("OTHER".parse().unwrap()), ..all };
    assert!(run_through(&other, 10).await.0.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_torn_recording_is_replayed_up_to_the_tear() {
    let (live, bytes) = record_live().await;
    let file = file(&bytes[..bytes.len() - 5]);
    let all = ReplayConfig { station: None, starts_near: None, ..config(file.path(), Speed::FULL) };
    let (replayed, _, summary) = run_through(&all, 10_000).await;
    assert!(summary.torn_bytes > 0);
    assert_eq!(replayed[..61], live[..61]);
    assert!(replayed[61].contains(END), "{}", replayed[61]);
}

#[tokio::test]
async fn faults_say_what_is_missing() {
    let (sink, _source) = event_queue(10);
    let stop = CancellationToken::new();
    let missing = config(Path::new("/nonexistent/file.rtcm3"), Speed::FULL);
    let fault = replay(&missing, &sink, &stop).await.unwrap_err();
    assert!(fault.to_string().contains("/nonexistent/file.rtcm3"), "{fault}");
    let plain = file(b"not described");
    let nameless = ReplayConfig { station: None, ..config(plain.path(), Speed::FULL) };
    let fault = replay(&nameless, &sink, &stop).await.unwrap_err();
    assert!(fault.to_string().contains("the station's name"), "{fault}");
    let folder = tempfile::tempdir().unwrap();
    let fault = replay(&config(folder.path(), Speed::FULL), &sink, &stop).await.unwrap_err();
    assert!(fault.to_string().contains("holds no files"), "{fault}");
}

/// A recording may come from anybody, and a stamp is any number.
#[tokio::test]
async fn stamps_of_no_believable_moment_are_damage() {
    let station: StationName = "A".parse().unwrap();
    // What is made whole by the stamp: times of a week and of a day, and BeiDou's weeks, the longest of all.
    let glonass = MsmHeader::new(Constellation::Glonass, MsmLevel::Msm4, 7, 3 << 27);
    let beidou = MsmHeader::new(Constellation::BeiDou, MsmLevel::Msm4, 7, 0);
    let mut ephemeris = [0; 64];
    ephemeris[..3].copy_from_slice(&[0x41, 0x20, 0x40]); // 1042 of C01 in week 0
    let frames = [
        Msm::empty(glonass).encode().unwrap(),
        Msm::empty(beidou).encode().unwrap(),
        Frame::from_payload(&ephemeris).unwrap(),
    ];
    let mut bytes = Head { epoch_wait: WAIT }.encode().to_vec();
    let mut damaged = 0;
    for nanos in [0, i64::MIN, i64::MAX, STAMP_NANOS_MAX, -STAMP_NANOS_MAX, 0] {
        for frame in &frames {
            let content = Content::Frame(frame.clone().into_bytes());
            let arrived = GpsTime::from_nanos(nanos);
            let record = Record { station: station.clone(), arrived, content }.encode();
            let believable = (-STAMP_NANOS_MAX..=STAMP_NANOS_MAX).contains(&nanos);
            damaged += if believable { 0 } else { record.len() };
            bytes.extend(record);
        }
    }
    let file = file(&bytes);
    let config = ReplayConfig {
        path: file.path().to_owned(),
        station: None,
        starts_near: None,
        speed: Speed::FULL,
        repeat: false,
        epoch_wait: WAIT,
    };
    let (sink, _source) = event_queue(1000);
    let summary = replay(&config, &sink, &CancellationToken::new()).await.unwrap();
    assert_eq!((summary.frames, summary.noise_bytes), (12, damaged as u64));
}
