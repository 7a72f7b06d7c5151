//! Epochs of tidy, untidy and crowded streams.

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::observation::Observation;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::units::Metres;

use super::{
    Assembled, ClosedBy, EpochAssembler, ObservationFindings, PartialEpoch,
    STATIONS_PER_STREAM_MAX, Source,
};

fn at(seconds: i64) -> GpsTime {
    GpsTime::from_week(2238, Interval::from_seconds(seconds))
}

fn observed(name: &str, metres: f64) -> Observation {
    let satellite: Satellite = name.parse().unwrap();
    let code = if satellite.constellation() == Constellation::BeiDou { "2I" } else { "1C" };
    let signal = Signal::from_code(satellite.constellation(), code).unwrap();
    Observation { code: Some(Metres(metres)), ..Observation::of(satellite, signal) }
}

/// A message of station 1 with one observation.
fn message(seconds: i64, name: &str, more_follow: bool) -> PartialEpoch {
    let observation = observed(name, 2.0e7);
    PartialEpoch {
        time: at(seconds),
        station_id: 1,
        more_follow,
        constellation: observation.satellite.constellation(),
        source: Source::Msm,
        observations: vec![observation],
        findings: ObservationFindings::default(),
    }
}

/// `[station] seconds satellites…: why`, one epoch a line.
fn told(assembled: &[Assembled]) -> Vec<String> {
    let line = |a: &Assembled| {
        let satellites = a.epoch.observations.iter().map(|o| o.satellite.to_string());
        let seconds = (a.epoch.time - at(0)).nanos() / 1_000_000_000;
        let satellites: Vec<_> = satellites.collect();
        format!("[{}] {seconds} {}: {:?}", a.station_id, satellites.join(" "), a.closed_by)
    };
    assembled.iter().map(line).collect()
}

#[track_caller]
fn check(messages: Vec<PartialEpoch>, expected: &[&str]) -> EpochAssembler {
    let mut assembler = EpochAssembler::new();
    let closed: Vec<_> = messages.into_iter().flat_map(|m| assembler.push(m)).collect();
    assert_eq!(told(&closed), expected);
    assembler
}

#[test]
fn the_last_message_closes() {
    check(
        vec![message(0, "G01", true), message(0, "C06", false), message(1, "G01", false)],
        &["[1] 0 G01 C06: LastMessage", "[1] 1 G01: LastMessage"],
    );
}

#[test]
fn a_new_time_closes_and_the_time_limit_closes() {
    let messages = vec![message(0, "G01", true), message(1, "G02", true)];
    let mut assembler = check(messages, &["[1] 0 G01: NewTime"]);
    assert_eq!(assembler.oldest_open(), Some(at(1)));
    assert_eq!(assembler.expire(at(0)), []);
    assert_eq!(told(&assembler.expire(at(1))), ["[1] 1 G02: Expired"]);
    assert_eq!(assembler.oldest_open(), None);
}

#[test]
fn a_sender_that_always_says_last_is_understood_from_its_second_epoch_on() {
    let epoch = |t| [message(t, "G01", false), message(t, "R01", false), message(t, "C06", false)];
    let assembler = check(
        (0..3).flat_map(epoch).collect(),
        &["[1] 0 G01: LastMessage", "[1] 1 G01 R01 C06: NewTime"],
    );
    assert_eq!(assembler.counts().late_messages, 2);
}

#[test]
fn late_messages_are_counted_and_a_clock_set_back_begins_anew() {
    let messages =
        vec![message(60, "G01", false), message(59, "G01", false), message(0, "G01", false)];
    let assembler = check(messages, &["[1] 60 G01: LastMessage", "[1] 0 G01: LastMessage"]);
    assert_eq!(assembler.counts().late_messages, 1);
    let assembler = check(vec![message(5, "G01", true), message(4, "G01", true)], &[]);
    assert_eq!(assembler.counts().late_messages, 1);
}

#[test]
fn a_system_told_by_both_kinds_is_taken_from_msm() {
    let mut legacy = message(0, "G01", true);
    legacy.source = Source::Legacy;
    legacy.observations = vec![observed("G01", 1.0), observed("G02", 1.0)];
    let mut glonass = message(0, "R01", true);
    glonass.source = Source::Legacy;
    let messages = vec![legacy, glonass, message(0, "G01", false)];
    let mut assembler = EpochAssembler::new();
    let closed: Vec<_> = messages.into_iter().flat_map(|m| assembler.push(m)).collect();
    assert_eq!(told(&closed), ["[1] 0 G01 R01: LastMessage"]);
    assert_eq!(closed[0].epoch.observations[0].code, Some(Metres(2.0e7)));
    assert_eq!(assembler.counts().superseded_legacy, 2);
}

#[test]
fn repetitions_are_counted_and_the_first_counts() {
    let mut again = message(0, "G01", false);
    again.observations = vec![observed("G01", 1.0)];
    let mut assembler = EpochAssembler::new();
    assembler.push(message(0, "G01", true));
    let closed = assembler.push(again);
    assert_eq!(closed[0].epoch.observations, [observed("G01", 2.0e7)]);
    assert_eq!(assembler.counts().repeated_observations, 1);
}

#[test]
fn stations_are_kept_apart_and_bounded() {
    let of =
        |station_id, seconds, more| PartialEpoch { station_id, ..message(seconds, "G01", more) };
    check(
        vec![of(1, 0, true), of(2, 0, true), of(1, 0, false), of(2, 1, false)],
        &["[1] 0 G01: LastMessage", "[2] 0 G01: NewTime", "[2] 1 G01: LastMessage"],
    );
    let crowd = (0..=STATIONS_PER_STREAM_MAX).map(|id| of(id.try_into().unwrap(), 0, true));
    let assembler = check(crowd.collect(), &["[0] 0 G01: StationLetGo"]);
    assert_eq!(assembler.counts().stations_let_go, 1);
}

#[test]
fn findings_of_all_messages_are_summed() {
    let mut first = message(0, "R01", true);
    first.findings.without_channel = 2;
    let mut last = message(0, "C06", false);
    last.findings.without_channel = 1;
    last.findings.reserved_signals = 4;
    let mut assembler = EpochAssembler::new();
    assembler.push(first);
    let closed = assembler.push(last);
    let expected = ObservationFindings {
        without_channel: 3,
        reserved_signals: 4,
        ..ObservationFindings::default()
    };
    assert_eq!((closed[0].findings, closed[0].closed_by), (expected, ClosedBy::LastMessage));
}
