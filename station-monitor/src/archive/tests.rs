//! Tests of the embedded archive as a whole: what is kept is answered, once and in order, whatever happens in between.

use std::collections::BTreeMap;
use std::path::Path;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::Interval;

use crate::archive::clickhouse::schema::Retention;
use crate::archive::copy::{CopyError, backup, restore};
use crate::archive::embedded::read::EmbeddedStore;
use crate::archive::figure::{QualityFilter, Resolution};
use crate::archive::inspection::{Fault, Progress, inspect};
use crate::archive::keeper::{ArchiveConfig, Keeper, OpenError, Tender, open};
use crate::archive::record::{Kind, Record};
use crate::archive::sample;
use crate::archive::scaled::ScaledEpoch;
use crate::archive::span::Span;
use crate::archive::spool::SpoolLimits;
use crate::archive::status::SharedStatus;
use crate::archive::store::ObservationStore;

fn config(folder: &Path) -> ArchiveConfig {
    let spool = SpoolLimits {
        bytes_max: 1 << 30,
        segment_bytes: 20_000,
        segment_age: Interval::from_seconds(10),
    };
    let folder = folder.to_owned();
    ArchiveConfig { folder, spool, database: None, retention: Retention::default() }
}

fn opened(folder: &Path) -> (Keeper, Tender, SharedStatus) {
    let status = SharedStatus::default();
    let (keeper, tender) = open(&config(folder), &status).unwrap();
    (keeper, tender, status)
}

/// Keeps what two stations measure, and a frame of each, in these seconds.
fn keep(keeper: &mut Keeper, seconds: std::ops::Range<i64>) {
    for second in seconds {
        for number in 1..=2 {
            let station = sample::station(number);
            keeper.keep(&Record::Epoch(station.clone(), sample::epoch(number, second))).unwrap();
            let frame = second.to_le_bytes().to_vec().into();
            keeper.keep(&Record::Frame { station, arrived: sample::time(second), frame }).unwrap();
        }
        assert!(keeper.commit(sample::time(second)));
    }
}

fn answered(folder: &Path, number: i64, span: Span) -> Vec<ScaledEpoch> {
    let store = EmbeddedStore::new(folder);
    let epochs = store.observations(&sample::station(number), span).unwrap();
    epochs.map(|epoch| ScaledEpoch::from(&epoch.unwrap())).collect()
}

fn expected(number: i64, seconds: std::ops::Range<i64>) -> Vec<ScaledEpoch> {
    seconds.map(|second| sample::epoch(number, second)).collect()
}

#[test]
fn an_answer_is_the_same_before_and_after_its_hour_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut keeper, mut tender, status) = opened(folder.path());
    keep(&mut keeper, 3_000..4_200);
    let day = Span::day_of(sample::START);
    for number in 1..=2 {
        assert_eq!(answered(folder.path(), number, day), expected(number, 3_000..4_200), "spooled");
    }
    keeper.finish(sample::time(4_200));
    tender.tend(sample::time(4_200));
    let files = |kind| EmbeddedStore::new(folder.path()).files(kind, day).unwrap();
    assert_eq!(files(Kind::Epoch).len(), 2, "the first hour of two stations");
    assert_eq!(files(Kind::Frame).len(), 2);
    for number in 1..=2 {
        assert_eq!(
            answered(folder.path(), number, day),
            expected(number, 3_000..4_200),
            "half closed"
        );
    }
    assert!(tender.close_all(sample::time(4_200)));
    assert_eq!(files(Kind::Epoch).len(), 4);
    let part = Span { from: sample::time(3_590), until: sample::time(3_610) };
    for number in 1..=2 {
        assert_eq!(answered(folder.path(), number, day), expected(number, 3_000..4_200), "closed");
        assert_eq!(answered(folder.path(), number, part), expected(number, 3_590..3_610));
    }
    let status = status.snapshot();
    assert_eq!((status.epochs, status.frames, status.refused), (2_400, 2_400, 0));
    assert_eq!(status.stored, 2_400 * 3 + 2_400, "three rows an epoch, and the frames");
    assert!(status.spool_segments <= 1, "the newest segment stays: {status:?}");
}

#[test]
fn frames_come_back_in_the_order_of_arrival() {
    let folder = tempfile::tempdir().unwrap();
    let (mut keeper, mut tender, _) = opened(folder.path());
    keep(&mut keeper, 3_500..3_700);
    keeper.finish(sample::time(3_700));
    tender.tend(sample::time(3_800));
    let store = EmbeddedStore::new(folder.path());
    let span = Span { from: sample::time(3_550), until: sample::time(3_650) };
    let frames = store.frames(&sample::station(2), span).unwrap();
    let frames: Vec<_> = frames.map(|frame| frame.unwrap()).collect();
    assert_eq!(frames.len(), 100);
    for (second, frame) in (3_550_i64..).zip(frames) {
        assert_eq!(
            (frame.arrived, &frame.frame[..]),
            (sample::time(second), &second.to_le_bytes()[..])
        );
    }
}

#[test]
fn what_comes_after_its_hour_was_closed_is_answered_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let (mut keeper, mut tender, _) = opened(folder.path());
    keep(&mut keeper, 0..50);
    keeper.finish(sample::time(50));
    tender.tend(sample::time(4_000));
    keep(&mut keeper, 40..60);
    keep(&mut keeper, 100..110);
    keeper.finish(sample::time(4_001));
    let all: Vec<_> = expected(1, 0..60).into_iter().chain(expected(1, 100..110)).collect();
    assert_eq!(answered(folder.path(), 1, Span::ALWAYS), all, "late ones are spooled");
    assert!(tender.close_all(sample::time(4_001)));
    assert_eq!(answered(folder.path(), 1, Span::ALWAYS), all, "late ones have a file of their own");
    let files = EmbeddedStore::new(folder.path()).files(Kind::Epoch, Span::ALWAYS).unwrap();
    assert_eq!(files.len(), 4);
}

#[test]
fn an_arc_is_one_satellites_part_of_the_epochs() {
    let folder = tempfile::tempdir().unwrap();
    let (mut keeper, mut tender, _) = opened(folder.path());
    keep(&mut keeper, 0..30);
    keeper.finish(sample::time(30));
    assert!(tender.close_all(sample::time(30)));
    let store = EmbeddedStore::new(folder.path());
    let satellite = Satellite::new(Constellation::Glonass, 6).unwrap();
    let arc = store.arc(&sample::station(1), satellite, None, Span::ALWAYS).unwrap();
    let arc: Vec<_> = arc.map(|point| point.unwrap()).collect();
    assert_eq!(arc.len(), 30);
    for (second, point) in (0..).zip(arc) {
        let epoch = ObsEpoch::from(&sample::epoch(1, second));
        assert_eq!(point.time, epoch.time);
        assert_eq!(epoch.get(satellite, point.observation.signal), Some(&point.observation));
    }
}

#[test]
fn figures_are_answered_by_what_is_asked_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let (mut keeper, mut tender, _) = opened(folder.path());
    for record in Record::of_figures(sample::figures()) {
        keeper.keep(&record).unwrap();
    }
    keeper.finish(sample::time(7_200));
    let count = |filter: QualityFilter, span| {
        EmbeddedStore::new(folder.path()).quality(&filter, span).unwrap().count()
    };
    let one = QualityFilter { station: Some(sample::station(1)), ..QualityFilter::default() };
    let hour = Span { from: sample::time(3_600), until: sample::time(7_200) };
    for _ in ["spooled", "closed"] {
        assert_eq!(count(QualityFilter::default(), Span::ALWAYS), 240);
        assert_eq!(count(one.clone(), Span::ALWAYS), 120);
        assert_eq!(count(one.clone(), hour), 60);
        let days = QualityFilter { resolution: Some(Resolution::Day), ..one.clone() };
        assert_eq!(count(days, Span::ALWAYS), 0);
        assert!(tender.close_all(sample::time(7_200)));
    }
}

#[test]
fn what_an_archive_holds_is_told_by_station_and_hour() {
    let folder = tempfile::tempdir().unwrap();
    let (mut keeper, mut tender, _) = opened(folder.path());
    keep(&mut keeper, 3_590..3_610);
    let told = || {
        let holdings = EmbeddedStore::new(folder.path()).holdings(Span::ALWAYS).unwrap();
        holdings
            .into_iter()
            .map(|h| ((h.hour, h.station), (h.rows, h.epochs)))
            .collect::<BTreeMap<_, _>>()
    };
    let spooled = told();
    assert_eq!(spooled.len(), 4);
    assert!(spooled.values().all(|counts| *counts == (30, 10)), "{spooled:?}");
    keeper.finish(sample::time(3_610));
    tender.tend(sample::time(3_610));
    assert!(tender.close_all(sample::time(3_610)));
    assert_eq!(told(), spooled);
}

#[test]
fn an_archive_has_one_writer() {
    let folder = tempfile::tempdir().unwrap();
    let writer = opened(folder.path());
    let second = open(&config(folder.path()), &SharedStatus::default());
    assert!(matches!(second, Err(OpenError::InUse(_))));
    drop(writer);
    assert!(open(&config(folder.path()), &SharedStatus::default()).is_ok());
}

#[test]
fn files_that_were_kept_for_long_enough_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let retention = Retention { observation_days: Some(2), ..Retention::default() };
    let config = ArchiveConfig { retention, ..config(folder.path()) };
    let status = SharedStatus::default();
    let (mut keeper, mut tender) = open(&config, &status).unwrap();
    keep(&mut keeper, 3_590..3_610);
    keeper.finish(sample::time(3_610));
    assert!(tender.close_all(sample::time(3_610)));
    tender.tend(sample::time(2 * 86_400 + 3_600));
    assert_eq!(answered(folder.path(), 1, Span::ALWAYS), expected(1, 3_600..3_610));
    assert_eq!(
        status.snapshot().expired,
        4,
        "two stations' observations and frames of the first hour"
    );
}

#[test]
fn a_file_that_was_not_finished_is_swept_and_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let (mut keeper, tender, _) = opened(folder.path());
    keep(&mut keeper, 0..10);
    drop((keeper, tender));
    let torn = folder.path().join("observations/2026/001/00/ST01.parquet.unfinished");
    std::fs::create_dir_all(torn.parent().unwrap()).unwrap();
    std::fs::write(&torn, b"PAR1").unwrap();
    let (_keeper, mut tender, _) = opened(folder.path());
    assert!(!torn.exists());
    assert!(tender.close_all(sample::time(10)));
    assert_eq!(answered(folder.path(), 1, Span::ALWAYS), expected(1, 0..10));
}

fn faults(folder: &Path) -> Vec<Fault> {
    inspect(folder, Span::ALWAYS, |_| {}).unwrap()
}

#[test]
fn an_inspection_finds_every_file_that_was_changed_or_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (mut keeper, mut tender, _) = opened(folder.path());
    keep(&mut keeper, 0..100);
    keeper.finish(sample::time(100));
    assert!(tender.close_all(sample::time(100)));
    keep(&mut keeper, 100..200);
    keeper.finish(sample::time(200));
    assert_eq!(faults(folder.path()), []);
    let files = EmbeddedStore::new(folder.path()).files(Kind::Epoch, Span::ALWAYS).unwrap();
    let [changed, lost] = [0, 1].map(|n: usize| folder.path().join(&files[n].path));
    let mut bytes = std::fs::read(&changed).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&changed, bytes).unwrap();
    std::fs::remove_file(&lost).unwrap();
    let found = faults(folder.path());
    assert_eq!(found[0], Fault::Changed(changed));
    assert!(matches!(&found[1], Fault::Unreadable { path, .. } if *path == lost), "{found:?}");
    assert_eq!(found.len(), 2);
}

#[test]
fn a_backup_is_an_archive_and_the_next_one_copies_what_is_new() {
    let folders = tempfile::tempdir().unwrap();
    let [archive, copy, restored] = ["a", "b", "c"].map(|name| folders.path().join(name));
    let (mut keeper, mut tender, _) = opened(&archive);
    keep(&mut keeper, 0..100);
    keeper.finish(sample::time(100));
    assert!(tender.close_all(sample::time(100)));
    keep(&mut keeper, 100..150);
    keeper.finish(sample::time(150));
    assert!(backup(&archive, &copy, |_| {}).unwrap() > 4);
    let mut last = Progress::default();
    assert_eq!(backup(&archive, &copy, |progress| last = progress).unwrap(), 0, "nothing is new");
    assert_eq!((last.files, last.files_of), (4, 4));
    assert!(tender.close_all(sample::time(150)));
    keep(&mut keeper, 150..160);
    keeper.finish(sample::time(160));
    assert!(backup(&archive, &copy, |_| {}).unwrap() > 0);
    drop((keeper, tender));
    restore(&copy, &restored, |_| {}).unwrap();
    assert_eq!(faults(&restored), []);
    assert_eq!(answered(&restored, 2, Span::ALWAYS), expected(2, 0..160));
    // It goes on where the first one was.
    let (mut keeper, mut tender, _) = opened(&restored);
    keep(&mut keeper, 160..170);
    keeper.finish(sample::time(170));
    assert!(tender.close_all(sample::time(170)));
    assert_eq!(answered(&restored, 1, Span::ALWAYS), expected(1, 0..170));
    assert!(matches!(restore(&copy, &restored, |_| {}), Err(CopyError::NotEmpty(_))));
    assert!(matches!(
        backup(&folders.path().join("d"), &copy, |_| {}),
        Err(CopyError::NoArchive(_))
    ));
}
