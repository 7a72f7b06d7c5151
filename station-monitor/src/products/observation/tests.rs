//! Which epochs a file takes, and what happens when the archive is not the same twice.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tianshu_gnss::observation::Observation;
use tianshu_gnss::station::StationName;
use tianshu_gnss::units::{Cycles, Metres};
use tianshu_rinex::observation::reader::ObsReader;
use tianshu_rinex::unpack::unpacked;

use super::*;
use crate::products::kind::Kind;
use crate::products::source::Epochs;
use crate::products::station::tests::record;

/// What the archive answers, the first time and every time after.
struct Answers {
    asked: AtomicUsize,
    answers: [Vec<Result<ObsEpoch, SourceError>>; 2],
}

impl ObservationSource for Answers {
    fn epochs(&self, _station: &StationName, _span: Span) -> Result<Epochs<'_>, SourceError> {
        let which = self.asked.fetch_add(1, Ordering::Relaxed).min(1);
        Ok(Box::new(self.answers.get(which).expect("one of two").iter().cloned()))
    }
}

fn span() -> Span {
    Kind::DailyObservations.span_of(GpsTime::from_week(2410, Interval::ZERO))
}

fn epoch(nanos: i64, lock_s: u64, code: &str) -> ObsEpoch {
    let seen = Observation {
        code: Some(Metres(2e7)),
        phase: Some(Cycles(1e8)),
        lock_time: Some(Duration::from_secs(lock_s)),
        ..Observation::of(
            Satellite::new(Constellation::Gps, 7).expect("a satellite"),
            Signal::from_code(Constellation::Gps, code).expect("a signal"),
        )
    };
    ObsEpoch::new(span().start + Interval::from_nanos(nanos), vec![seen])
}

fn second(second: i64) -> i64 {
    second * 1_000_000_000
}

type Answer = Vec<Result<ObsEpoch, SourceError>>;

fn write(first: Answer, after: Answer) -> (Result<Quality, NotMade>, Vec<u8>) {
    let record = record();
    packed(Described::Record(&record), Packing::PUBLISHED, first, after)
}

fn packed(
    described: Described<'_>,
    packing: Packing,
    first: Answer,
    after: Answer,
) -> (Result<Quality, NotMade>, Vec<u8>) {
    let record = record();
    let order = ObservationOrder {
        station: &record.station,
        described,
        span: span(),
        interval: Interval::from_seconds(30),
        version: WrittenVersion::V305,
        packing,
        software: "test",
        made: Utc::from(span().end),
        glonass_biases_m: &[],
    };
    let source = Answers { asked: AtomicUsize::new(0), answers: [first, after] };
    let mut bytes = Vec::new();
    let made = write_observations(&mut bytes, &source, &order);
    (made, bytes)
}

#[test]
fn a_file_has_the_epochs_of_its_interval_once_and_in_order() {
    let off = 900_000;
    let nanos = [
        second(-30),
        second(0),
        second(1),
        second(29) + 999_000_000,
        second(30) + off,
        second(30),
        second(60) - off,
        second(45),
        second(90),
        second(86_400),
    ];
    let epochs: Answer = nanos.iter().map(|nanos| Ok(epoch(*nanos, 500, "1C"))).collect();
    let (made, bytes) = write(epochs.clone(), epochs);
    let quality = made.expect("a file");
    let text = unpacked(&bytes).expect("gzip").into_owned();
    let told: Vec<i64> = ObsReader::new(&text)
        .expect("a file")
        .map(|read| (read.epoch.time - span().start).nanos())
        .collect();
    // Tags are told to 100 ns, and stay what they are. 29.999 s is within the tolerance, and the first of its kind.
    assert_eq!(told, [0, second(29) + 999_000_000, second(60) - off, second(90)]);
    assert_eq!((quality.epochs, quality.repeated), (4, 3));
    assert_eq!(quality.off_grid, 3);
}

#[test]
fn a_slip_between_two_epochs_of_the_file_is_told() {
    let lock = |s: i64| u64::try_from(if s < 10 { 100 + s } else { s - 10 }).expect("no sign");
    let epochs: Answer = (0..=60).map(|s| Ok(epoch(second(s), lock(s), "1C"))).collect();
    let (made, _) = write(epochs.clone(), epochs);
    let quality = made.expect("a file");
    assert_eq!(quality.slips.values().sum::<u64>(), 1);
    assert_eq!((quality.epochs, quality.off_grid), (3, 58));
}

#[test]
fn an_archive_that_changes_meanwhile_makes_no_file() {
    let one = || vec![Ok(epoch(0, 1, "1C"))];
    let more = || vec![Ok(epoch(0, 1, "1C")), Ok(epoch(second(30), 1, "1C"))];
    let other = || vec![Ok(epoch(0, 1, "5Q"))];
    for (first, after) in [(one(), more()), (more(), one()), (one(), other())] {
        assert!(matches!(write(first, after).0, Err(NotMade::Changed)));
    }
    assert!(matches!(write(vec![], vec![]).0, Err(NotMade::Empty)));
    let broken = vec![Ok(epoch(0, 1, "1C")), Err(SourceError("disk".to_owned()))];
    assert!(matches!(write(broken, one()).0, Err(NotMade::Source(_))));
}

#[test]
fn the_header_names_the_equipment_of_its_time_and_the_marker() {
    let (made, bytes) = write(vec![Ok(epoch(0, 1, "1C"))], vec![Ok(epoch(0, 1, "1C"))]);
    made.expect("a file");
    let text = unpacked(&bytes).expect("gzip").into_owned();
    let reader = ObsReader::new(&text).expect("a file");
    let header = reader.header();
    // 2026-03-15: after the new receiver came.
    assert_eq!(
        (header.marker_name.as_str(), header.receiver.serial.as_str()),
        ("NANN00CHN", "R-2")
    );
    assert_eq!(header.antenna.serial.as_deref(), Some("A-2"));
    let place = header.approx_position.expect("a place");
    assert!((place - record().marker()).norm_m() < 2e-4);
    assert_eq!(header.antenna_delta.map(|d| d.up_m), Some(0.1));
    // The same observations give the same bytes.
    assert_eq!(write(vec![Ok(epoch(0, 1, "1C"))], vec![Ok(epoch(0, 1, "1C"))]).1, bytes);
}

#[test]
fn however_a_file_is_packed_it_holds_the_same_text() {
    let record = record();
    let epochs = || vec![Ok(epoch(0, 1, "1C")), Ok(epoch(second(30), 31, "1C"))];
    let text = |compact, gzip| {
        let packing = Packing { compact, gzip };
        let (made, bytes) = packed(Described::Record(&record), packing, epochs(), epochs());
        made.expect("a file");
        assert_eq!(bytes.starts_with(&[0x1f, 0x8b]), gzip);
        let text = unpacked(&bytes).expect("whole").into_owned();
        assert_eq!(text.starts_with(b"3.0 "), compact, "CRINEX begins with its own version");
        (ObsReader::new(&text).expect("a file").map(|read| read.epoch).collect::<Vec<_>>(), text)
    };
    let (plain, plain_text) = text(false, false);
    assert_eq!(plain.len(), 2);
    assert_eq!(text(false, true), (plain.clone(), plain_text));
    assert_eq!(text(true, false).0, plain);
    assert_eq!(text(true, true).0, plain);
}

#[test]
fn a_station_without_a_record_is_called_what_is_known_of_it() {
    let marker = record().marker();
    let face = Face {
        marker_name: "NANNING".to_owned(),
        marker_number: None,
        receiver: tianshu_gnss::station::Receiver::default(),
        antenna: tianshu_gnss::station::Antenna::default(),
        marker: Some(marker),
        antenna_delta: tianshu_gnss::coords::Enu { east_m: 0.0, north_m: 0.0, up_m: 1.5 },
        observer: String::new(),
        agency: String::new(),
        run_by: String::new(),
    };
    let epochs = || vec![Ok(epoch(0, 1, "1C"))];
    let packing = Packing { compact: false, gzip: false };
    let (made, bytes) = packed(Described::Face(&face), packing, epochs(), epochs());
    made.expect("a file");
    let reader = ObsReader::new(&bytes).expect("a file");
    let header = reader.header();
    assert_eq!(header.marker_name, "NANNING");
    let place = header.approx_position.expect("a place");
    assert!((place - marker).norm_m() < 2e-4);
    assert_eq!(header.antenna_delta.map(|d| d.up_m), Some(1.5));
}
