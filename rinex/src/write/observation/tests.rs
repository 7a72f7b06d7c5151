//! Observation files: columns as the standard draws them.

use tianshu_gnss::units::{Cycles, Hertz, Metres};

use super::*;
use tianshu_gnss::time::utc::Utc;

fn file() -> ObsFile {
    let gps = |code| Signal::from_code(Constellation::Gps, code).expect("a signal");
    let glonass = Signal::from_code(Constellation::Glonass, "1C").expect("a signal");
    ObsFile {
        version: WrittenVersion::V305,
        origin: Origin {
            program: "tianshu".to_owned(),
            run_by: "test".to_owned(),
            at: Utc::from(first()),
        },
        comments: vec!["Zählung".to_owned()],
        marker_name: "NANNING".to_owned(),
        marker_number: None,
        marker_type: "GEODETIC".to_owned(),
        observer: "nobody".to_owned(),
        agency: "nowhere".to_owned(),
        receiver: Receiver::default(),
        antenna: Antenna {
            descriptor: "ADVNULLANTENNA  NONE".to_owned(),
            setup_id: 0,
            serial: None,
        },
        position: Some(Ecef::new(-1_849_000.123_4, 5_590_000.0, 2_450_000.5)),
        antenna_delta: Enu { east_m: 0.0, north_m: 0.0, up_m: 0.1 },
        signals: BTreeMap::from([
            (Constellation::Gps, vec![gps("1C"), gps("2L"), gps("2W"), gps("5Q")]),
            (Constellation::Glonass, vec![glonass]),
        ]),
        glonass_channels: (1..=9)
            .map(|n| (Satellite::new(Constellation::Glonass, n).expect("a satellite"), -7))
            .collect(),
        interval: Interval::from_seconds(1),
        first: first(),
        last: Some(first() + Interval::from_seconds(59)),
        glonass_biases_m: vec![(glonass, -71.94)],
    }
}

fn first() -> GpsTime {
    GpsTime::from_week(2410, Interval::from_seconds(5 * 86_400 + 7_200))
}

fn observation(held_s: u64) -> Observation {
    let satellite = Satellite::new(Constellation::Gps, 7).expect("a satellite");
    Observation {
        code: Some(Metres(20_000_000.123_4)),
        phase: Some(Cycles(-105_123_456.789)),
        doppler: Some(Hertz(-1_234.567)),
        cn0: Some(DbHz(47.25)),
        lock_time: Some(Duration::from_secs(held_s)),
        ..Observation::of(satellite, Signal::from_code(Constellation::Gps, "2W").expect("a signal"))
    }
}

#[test]
fn labels_stand_in_column_61_and_no_line_is_wider_than_80() {
    let mut out = String::new();
    ObsWriter::begin(&mut out, &file());
    for text in out.lines() {
        assert!(text.is_ascii() && text.len() > 60 && text.len() <= 80, "{text:?}");
        assert!(!text[60..].starts_with(' '), "{text:?}");
    }
    assert!(out.starts_with("     3.05           OBSERVATION DATA    M: MIXED"), "{out}");
    let find = |label: &str| out.lines().filter(|l| l[60..].starts_with(label)).collect::<Vec<_>>();
    assert_eq!(
        find("SYS / # / OBS TYPES")[0][..58],
        *"G   16 C1C L1C D1C S1C C2L L2L D2L S2L C2W L2W D2W S2W C5Q"
    );
    assert_eq!(
        find("SYS / # / OBS TYPES")[1].trim_end_matches("SYS / # / OBS TYPES").trim_end(),
        "       L5Q D5Q S5Q"
    );
    assert_eq!(
        find("TIME OF FIRST OBS")[0][..51],
        *"  2026     3    20     2     0    0.0000000     GPS"
    );
    assert_eq!(
        find("TIME OF LAST OBS")[0][..51],
        *"  2026     3    20     2     0   59.0000000     GPS"
    );
    assert_eq!(find("GLONASS COD/PHS/BIS")[0].get(..15), Some(" C1C  -71.940  "));
    assert_eq!(find("GLONASS SLOT / FRQ #")[0][..18], *"  9 R01 -7 R02 -7 ");
    assert_eq!(find("GLONASS SLOT / FRQ #").len(), 2);
}

#[test]
fn values_stand_in_their_columns_and_a_slip_is_marked_once() {
    let mut out = String::new();
    let mut writer = ObsWriter::begin(&mut out, &file());
    out.clear();
    for (second, held_s) in [(0, 5), (1, 6), (2, 0)] {
        let time = first() + Interval::from_seconds(second);
        writer.epoch(&mut out, &ObsEpoch::new(time, vec![observation(held_s)]));
    }
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "> 2026 03 20 02 00  0.0000000  0  1");
    let blanks = " ".repeat(128);
    let values = |mark: char| {
        format!("G07{blanks}  20000000.123 7-105123456.789{mark}7     -1234.567          47.250")
    };
    assert_eq!(lines[1], values(' '));
    assert_eq!(lines[3], values(' '));
    assert_eq!(lines[5], values('1'));
}

#[test]
fn a_slip_between_two_written_epochs_is_told_by_the_second() {
    let mut out = String::new();
    let mut writer = ObsWriter::begin(&mut out, &file());
    out.clear();
    // Thirty seconds of locks, of which only the first and the last are written; one is lost at 10 s.
    let lock = |second: i64| u64::try_from(if second < 10 { 500 + second } else { second - 10 });
    let mut at = |second: i64, written: bool| {
        let held_s = lock(second).expect("it is not negative");
        let time = first() + Interval::from_seconds(second);
        let epoch = ObsEpoch::new(time, vec![observation(held_s)]);
        if written { writer.epoch(&mut out, &epoch) } else { writer.pass_over(&epoch) }
    };
    (0..=60).for_each(|second| at(second, second % 30 == 0));
    let marks: Vec<_> =
        out.lines().filter_map(|l| l.get(3 + 8 * 16 + 30..3 + 8 * 16 + 31)).collect();
    assert_eq!(marks, [" ", "1", " "], "{out}");
}

#[test]
fn a_lock_time_that_shrinks_is_a_slip_and_the_first_epoch_is_none() {
    let mut out = String::new();
    let mut writer = ObsWriter::begin(&mut out, &file());
    out.clear();
    for (second, held_s) in [(0, 0), (1, 900), (2, 30)] {
        let time = first() + Interval::from_seconds(second);
        writer.epoch(&mut out, &ObsEpoch::new(time, vec![observation(held_s)]));
    }
    let marks: Vec<_> =
        out.lines().filter_map(|l| l.get(3 + 8 * 16 + 30..3 + 8 * 16 + 31)).collect();
    assert_eq!(marks, [" ", " ", "1"], "{out}");
    assert_eq!(writer.slips().values().sum::<u64>(), 1);
}

#[test]
fn what_has_no_column_is_counted() {
    let mut out = String::new();
    let mut writer = ObsWriter::begin(&mut out, &file());
    let signal = Signal::from_code(Constellation::Gps, "1W").expect("a signal");
    let other = Observation { signal, ..observation(1) };
    writer.epoch(&mut out, &ObsEpoch::new(first(), vec![observation(1)]));
    assert_eq!(writer.left_out(), 0);
    writer.epoch(&mut out, &ObsEpoch::new(first(), vec![observation(1), other]));
    assert_eq!(writer.left_out(), 1);
}

#[test]
fn version_4_leaves_out_what_it_deprecates_and_tells_navic_l1() {
    let navic = Signal::from_code(Constellation::Navic, "1D").expect("a signal");
    let mut told = file();
    told.signals.insert(Constellation::Navic, vec![navic]);
    told.glonass_biases_m.clear();
    let header = |version| {
        let mut out = String::new();
        ObsWriter::begin(&mut out, &ObsFile { version, ..told.clone() });
        out
    };
    let (old, new) = (header(WrittenVersion::V305), header(WrittenVersion::V402));
    assert!(new.starts_with("     4.02           OBSERVATION DATA"), "{new}");
    for label in ["SYS / PHASE SHIFT", "GLONASS COD/PHS/BIS"] {
        assert!(old.contains(label) && !new.contains(label), "{label}");
    }
    assert!(new.contains("I    4 C1D L1D D1D S1D") && !old.contains("C1D"), "{new}");
}

#[test]
fn a_headless_file_has_the_columns_that_occurred() {
    let mut writer = ObsWriter::headless();
    let mut body = String::new();
    let bare = Observation { doppler: None, cn0: None, ..observation(9) };
    writer.epoch(&mut body, &ObsEpoch::new(first(), vec![bare]));
    let other = Signal::from_code(Constellation::Gps, "1C").expect("a signal");
    let more = vec![bare, Observation { signal: other, phase: None, ..bare }];
    writer.epoch(&mut body, &ObsEpoch::new(first() + Interval::from_seconds(1), more));
    let mut head = String::new();
    writer.header(&mut head, &file());
    assert!(head.contains("G    3 C2W L2W C1C  "), "{head}");
    assert!(head.contains("G L2W  0.00000") && !head.contains("GLONASS SLOT"), "{head}");
    assert_eq!(body.lines().nth(3).map(str::len), Some(3 + 3 * 16 - 2), "{body}");
    let text = head + &body;
    let epochs = crate::observation::reader::ObsReader::new(text.as_bytes()).expect("a file");
    assert_eq!(epochs.map(|read| read.epoch.observations.len()).collect::<Vec<_>>(), [1, 2]);
}
