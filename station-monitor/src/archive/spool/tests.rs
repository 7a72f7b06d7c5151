//! Tests of the spool: what is committed is there after any stop, and a disk that is full costs nothing that was committed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::archive::sample;

const LIMITS: SpoolLimits = SpoolLimits {
    bytes_max: 1 << 20,
    segment_bytes: 4_000,
    segment_age: Interval::from_seconds(10),
};

fn record(second: i64) -> Record {
    Record::Epoch(sample::station(1), sample::epoch(1, second))
}

/// All records of a folder, in the order of segments.
fn all(folder: &Path) -> Vec<Record> {
    let mut records = Vec::new();
    for (_, path) in segments_in(folder).unwrap() {
        let mut reader = SegmentReader::open(&path).unwrap();
        while let Next::Record(_, body) = reader.next().unwrap() {
            records.push(Record::read(body).unwrap());
        }
    }
    records
}

#[test]
fn what_was_committed_is_there_after_a_stop_and_the_rest_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(folder.path(), LIMITS).unwrap();
    let identity = spool.identity();
    for second in 0..100 {
        spool.append(&record(second)).unwrap();
        spool.commit(sample::time(second)).unwrap();
    }
    spool.append(&record(100)).unwrap();
    drop(spool);
    let spool = Spool::open(folder.path(), LIMITS).unwrap();
    assert_eq!(spool.identity(), identity);
    assert_eq!(all(folder.path()), (0..100).map(record).collect::<Vec<_>>());
    let segments = spool.segments();
    assert!(segments.lock().len() > 2, "several segments");
    assert_eq!(segments.lock().keys().next_back(), Some(&(spool.next_number - 1)));
}

#[test]
fn a_segment_is_cut_behind_its_last_whole_record_wherever_it_was_torn() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(folder.path(), LIMITS).unwrap();
    for second in 0..3 {
        spool.append(&record(second)).unwrap();
        spool.commit(sample::time(0)).unwrap();
    }
    drop(spool);
    let path = open_path(folder.path(), 1);
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(open_path(folder.path(), 1), &whole[..length]).unwrap();
        Spool::open(folder.path(), LIMITS).unwrap();
        let kept = all(folder.path());
        let expected: Vec<_> = (0..3).map(record).collect();
        assert!(kept.len() < 3 && expected.starts_with(&kept), "{length}: {}", kept.len());
        assert!(segments_in(folder.path()).unwrap().iter().all(|(_, p)| parse_name(p).unwrap().1));
    }
}

#[test]
fn a_byte_that_changed_costs_its_own_record_only() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(folder.path(), LIMITS).unwrap();
    for second in 0..3 {
        spool.append(&record(second)).unwrap();
    }
    spool.commit(sample::time(0)).unwrap();
    spool.seal().unwrap();
    let path = sealed_path(folder.path(), 1);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let mut reader = SegmentReader::open(&path).unwrap();
    assert!(matches!(reader.next().unwrap(), Next::Record(..)));
    assert_eq!(reader.next().unwrap(), Next::Damaged);
    assert!(matches!(reader.next().unwrap(), Next::Record(..)));
    assert_eq!(reader.next().unwrap(), Next::End { torn: false });
}

#[test]
fn a_segment_of_age_is_sealed_though_it_is_small() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(folder.path(), LIMITS).unwrap();
    spool.append(&record(0)).unwrap();
    spool.commit(sample::time(0)).unwrap();
    spool.commit(sample::time(9)).unwrap();
    assert!(spool.segments().lock().is_empty());
    spool.commit(sample::time(10)).unwrap();
    assert_eq!(spool.segments().lock().len(), 1);
}

#[test]
fn a_spool_takes_no_more_than_it_may_and_takes_again_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let limits = SpoolLimits { bytes_max: 10_000, ..LIMITS };
    let mut spool = Spool::open(folder.path(), limits).unwrap();
    let mut second = 0;
    while spool.append(&record(second)).is_ok() {
        spool.commit(sample::time(0)).unwrap();
        second += 1;
    }
    assert_eq!(spool.append(&record(second)), Err(Refused::Full));
    spool.seal().unwrap();
    let on_disk: u64 = segments_in(folder.path())
        .unwrap()
        .iter()
        .map(|(_, p)| fs::metadata(p).unwrap().len())
        .sum();
    assert!(on_disk < 10_000 + 400, "{on_disk}");
    let segments = spool.segments();
    segments.remove(folder.path(), 1).unwrap();
    assert_eq!(spool.append(&record(second)), Ok(()));
}

#[test]
fn the_newest_segment_stays_so_that_no_number_comes_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(folder.path(), LIMITS).unwrap();
    for second in 0..2 {
        spool.append(&record(second)).unwrap();
        spool.commit(sample::time(0)).unwrap();
        spool.seal().unwrap();
    }
    let segments = spool.segments();
    for number in [1, 2] {
        segments.remove(folder.path(), number).unwrap();
    }
    assert_eq!(segments.lock().keys().copied().collect::<Vec<_>>(), [2]);
    drop(spool);
    assert_eq!(Spool::open(folder.path(), LIMITS).unwrap().next_number, 3);
}

/// A disk with so many bytes of room, which writes what fits before it says that it is full.
struct Small(Arc<AtomicU64>);

impl Medium for Small {
    fn write(&mut self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        let room = usize::try_from(self.0.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        let fits = room.min(bytes.len());
        io::Write::write_all(file, &bytes[..fits])?;
        self.0.fetch_sub(fits as u64, Ordering::Relaxed);
        if fits < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

#[test]
fn a_full_disk_loses_nothing_that_waits_and_recovers_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let room = Arc::new(AtomicU64::new(10_000));
    let medium = Box::new(Small(Arc::clone(&room)));
    let mut spool = Spool::open_on(folder.path(), LIMITS, medium).unwrap();
    let mut failures = 0;
    for second in 0..150 {
        spool.append(&record(second)).unwrap();
        failures += u32::from(spool.commit(sample::time(second)).is_err());
        if second == 120 {
            room.store(1 << 20, Ordering::Relaxed);
        }
    }
    assert!(failures > 10, "the disk was full for a while: {failures}");
    spool.commit(sample::time(150)).unwrap();
    drop(spool);
    Spool::open(folder.path(), LIMITS).unwrap();
    assert_eq!(all(folder.path()), (0..150).map(record).collect::<Vec<_>>());
}

#[test]
fn a_disk_that_stays_full_costs_what_does_not_fit_into_the_memory_meant_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let medium = Box::new(Small(Arc::new(AtomicU64::new(0))));
    let limits = SpoolLimits { bytes_max: u64::MAX, ..LIMITS };
    let mut spool = Spool::open_on(folder.path(), limits, medium).unwrap();
    let frame = vec![0xd3; 1 << 16].into();
    let record = Record::Frame { station: sample::station(1), arrived: sample::time(0), frame };
    let mut taken = 0;
    while spool.append(&record).is_ok() {
        assert!(spool.commit(sample::time(0)).is_err());
        taken += 1;
    }
    assert!(taken <= PENDING_BYTES_MAX / (1 << 16) + 1, "{taken}");
    assert!(segments_in(folder.path()).unwrap().is_empty(), "no file of length zero stays");
}
