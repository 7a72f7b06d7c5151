//! Tests of the recording format: round trip, damage, torn tails.

use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use tianshu_gnss::event::{DownReason, StationEvent, StationNews};
use tianshu_gnss::time::gps::GpsTime;

use super::*;
use crate::recording::format::{Content, STAMP_NANOS_MAX, VERSION};
use crate::recording::writer::{RecordAs, Recorder};

const WAIT: Duration = Duration::from_millis(500);

fn record(nanos: i64, content: Content) -> Record {
    Record { station: "REC-1".parse().unwrap(), arrived: GpsTime::from_nanos(nanos), content }
}

fn frame(nanos: i64, bytes: &[u8]) -> Record {
    record(nanos, Content::Frame(Bytes::copy_from_slice(bytes)))
}

fn file(records: &[Record]) -> Vec<u8> {
    let head = Head { epoch_wait: WAIT }.encode().to_vec();
    records.iter().fold(head, |file, record| [file, record.encode()].concat())
}

fn read<'c>(chunks: impl IntoIterator<Item = &'c [u8]>) -> Result<Vec<Found>, HeadFault> {
    let mut reader = RecordReader::new();
    let mut all = Vec::new();
    for chunk in chunks {
        reader.push(chunk);
        while let Some(found) = reader.next_found()? {
            all.push(found);
        }
    }
    reader.finish();
    while let Some(found) = reader.next_found()? {
        all.push(found);
    }
    Ok(all)
}

fn contents() -> impl Strategy<Value = Content> {
    let text = || ".{0,40}".prop_map(String::from);
    prop_oneof![
        Just(Content::Up),
        any::<u64>().prop_map(|silent_s| Content::Down(DownReason::Silent { silent_s })),
        text().prop_map(|why| Content::Down(DownReason::Closed(why))),
        text().prop_map(|why| Content::Down(DownReason::Refused(why))),
        Just(Content::Down(DownReason::Replaced)),
        Just(Content::Down(DownReason::Stopped)),
        prop::collection::vec(any::<u8>(), 0..100).prop_map(|b| Content::Frame(b.into())),
    ]
}

#[test]
fn events_come_back_as_they_were_written() {
    let mut recorder =
        Recorder::begin(Vec::new(), RecordAs::Recording { epoch_wait: WAIT }).unwrap();
    let event = |nanos, news| StationEvent {
        station: "REC-1".parse().unwrap(),
        arrived: GpsTime::from_nanos(nanos),
        news,
    };
    recorder.write(&event(1, StationNews::Up)).unwrap();
    recorder.write(&event(2, StationNews::Frame(Bytes::from_static(b"abc")))).unwrap();
    recorder.write(&event(-3, StationNews::Down(DownReason::Stopped))).unwrap();
    assert_eq!(recorder.records(), 3);
    let written = recorder.finish().unwrap();
    let expected =
        [record(1, Content::Up), frame(2, b"abc"), record(-3, Content::Down(DownReason::Stopped))];
    assert_eq!(read([written.as_slice()]), Ok(expected.map(Found::Record).to_vec()));
}

#[test]
fn plain_frames_stand_one_after_the_other() {
    let mut recorder = Recorder::begin(Vec::new(), RecordAs::PlainRtcm).unwrap();
    for news in [StationNews::Up, StationNews::Frame(Bytes::from_static(b"abc"))] {
        let station = "REC-1".parse().unwrap();
        recorder.write(&StationEvent { station, arrived: GpsTime::from_nanos(0), news }).unwrap();
    }
    assert_eq!(recorder.finish().unwrap(), b"abc");
}

#[test]
fn a_torn_tail_is_a_finding() {
    let (first, second) = (frame(1, b"first"), frame(2, b"second"));
    let whole = file(&[first.clone(), second.clone()]);
    let first_ends = file(std::slice::from_ref(&first)).len();
    for end in first_ends..whole.len() {
        let mut expected = vec![Found::Record(first.clone())];
        if end > first_ends {
            expected.push(Found::TornTail { bytes: end - first_ends });
        }
        assert_eq!(read([&whole[..end]]), Ok(expected), "cut at {end}");
    }
}

#[test]
fn damage_costs_the_record_that_it_touches() {
    let records = [frame(1, b"first"), frame(2, b"second"), frame(3, b"third")];
    let whole = file(&records);
    let second = file(&records[..1]).len()..file(&records[..2]).len();
    for at in second.clone() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        let found = read([damaged.as_slice()]).unwrap();
        assert_eq!(found.first(), Some(&Found::Record(records[0].clone())), "damage at {at}");
        assert_eq!(found.last(), Some(&Found::Record(records[2].clone())), "damage at {at}");
        let lost: usize =
            found.iter().map(|f| if let Found::Damage { bytes } = f { *bytes } else { 0 }).sum();
        assert_eq!(lost, second.len(), "damage at {at}");
    }
}

#[test]
fn what_is_no_recording_is_refused() {
    let mut later = file(&[]);
    later[9] = 2;
    assert_eq!(read([later.as_slice()]), Err(HeadFault::Version(VERSION + 1)));
    assert_eq!(read([b"an RTCM file or something else".as_slice()]), Err(HeadFault::NotARecording));
    let mut damaged = file(&[]);
    damaged[14] ^= 1;
    assert_eq!(read([damaged.as_slice()]), Err(HeadFault::Damaged));
    assert_eq!(read([b"TIAN".as_slice()]), Err(HeadFault::NotARecording));
    assert_eq!(read([b"".as_slice()]), Ok(Vec::new()));
}

proptest! {
    #[test]
    fn what_is_written_is_read_in_any_chunking(
        contents in prop::collection::vec((-STAMP_NANOS_MAX..=STAMP_NANOS_MAX, contents()), 0..20),
        size in 1..200_usize,
    ) {
        let records: Vec<_> = contents.into_iter().map(|(t, c)| record(t, c)).collect();
        let expected: Vec<_> = records.iter().cloned().map(Found::Record).collect();
        prop_assert_eq!(read(file(&records).chunks(size)), Ok(expected));
    }

    #[test]
    fn any_bytes_behind_a_head_are_survived(noise: Vec<u8>, size in 1..64_usize) {
        let bytes = [file(&[]), noise].concat();
        let once = read([bytes.as_slice()]).unwrap();
        let lost: usize = once.iter().map(|found| match found {
            Found::Damage { bytes } | Found::TornTail { bytes } => *bytes,
            Found::Record(_) => 0,
        }).sum();
        prop_assert_eq!(lost, bytes.len() - HEAD_BYTES);
        prop_assert_eq!(read(bytes.chunks(size)).unwrap(), once);
    }
}
