//! Epochs out and in again: what was composed is what a decoder finds.

use std::time::Duration;

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::units::{Cycles, DbHz, Hertz, Metres};

use super::{ComposeFindings, Composed, Composer, MsmStyle};
use crate::epoch::{Assembled, EpochAssembler};
use crate::glonass_channels::GlonassChannels;
use crate::msm::header::MsmLevel;
use crate::msm::message::Msm;
use crate::msm::observation::partial_epoch;

const TIME: GpsTime = GpsTime::from_week(2238, Interval::from_seconds(345_600));

fn style(level: MsmLevel) -> MsmStyle {
    MsmStyle { station_id: 2003, level, more_follow: false }
}

/// A plausible observation; `nth` moves all of its values a little.
fn observed(satellite: &str, code: &str, nth: u32) -> Observation {
    let satellite: Satellite = satellite.parse().unwrap();
    let signal = Signal::from_code(satellite.constellation(), code).unwrap();
    let mut o = Observation::of(satellite, signal);
    if satellite.constellation() == Constellation::Glonass {
        o.glonass_channel = Some(-4);
    }
    let carrier = o.carrier().unwrap();
    let number = f64::from(satellite.number());
    let range = Metres(21_000_000.0 + 12_345.678 * number + 0.123_4 * f64::from(nth));
    o.code = Some(Metres(range.0 + 3.21));
    o.phase = Some(range.in_cycles_of(carrier));
    // 600.000 05 m/s away from the receiver, on every carrier.
    o.doppler = Some(Hertz(-600.000_05 * carrier.0 / SPEED_OF_LIGHT));
    o.cn0 = Some(DbHz(44.25));
    o.lock_time = Some(Duration::from_millis(65_536));
    o
}

/// What a decoder makes of the frames.
fn read_back(composed: &Composed) -> Vec<Assembled> {
    let mut channels = GlonassChannels::new();
    let mut assembler = EpochAssembler::new();
    let near = TIME + Interval::from_seconds(3600);
    let mut read = Vec::new();
    for frame in &composed.frames {
        let msm = Msm::decode(frame.payload()).unwrap();
        read.extend(assembler.push(partial_epoch(near, &mut channels, &msm).unwrap()));
    }
    read
}

/// Every value agrees within half of the level's unit (RTCM 10403.3, DF400 to DF408).
#[track_caller]
fn check_close(found: &Observation, sent: &Observation, extended: bool) {
    let light_ms = 299_792.458;
    let log2 = |n: i32| light_ms * 2_f64.powi(-n - 1) + 1e-8;
    let (code, phase, cn0) =
        if extended { (log2(29), log2(31), 1.0 / 32.0) } else { (log2(24), log2(29), 0.5) };
    let carrier = sent.carrier().unwrap();
    assert_eq!((found.satellite, found.signal), (sent.satellite, sent.signal));
    assert!((found.code.unwrap().0 - sent.code.unwrap().0).abs() <= code, "{found:?} {sent:?}");
    let phases = found.phase.unwrap().on(carrier).0 - sent.phase.unwrap().on(carrier).0;
    assert!(phases.abs() <= phase, "{found:?} {sent:?}");
    assert!((found.cn0.unwrap().0 - sent.cn0.unwrap().0).abs() <= cn0, "{found:?} {sent:?}");
    assert_eq!(found.lock_time, sent.lock_time);
    assert_eq!(found.glonass_channel, sent.glonass_channel);
}

fn several_systems() -> ObsEpoch {
    let signals = ["G05 1C", "G05 2W", "R07 1C", "R07 2C", "E11 1X", "E11 7X", "S20 1C", "J02 1C"];
    let more = ["C06 2I", "C06 7I", "C06 6I", "C32 1P", "C32 7D", "I03 5A"];
    let observations = signals.iter().chain(&more).zip(0..).map(|(name, nth)| {
        let (satellite, code) = name.split_once(' ').unwrap();
        observed(satellite, code, nth)
    });
    ObsEpoch::new(TIME, observations.collect())
}

#[test]
fn an_epoch_of_all_systems_comes_back_whole() {
    for level in [MsmLevel::Msm4, MsmLevel::Msm5, MsmLevel::Msm6, MsmLevel::Msm7] {
        let mut sent = several_systems();
        if matches!(level, MsmLevel::Msm4 | MsmLevel::Msm6) {
            // Without extended information a decoder must have the channels from elsewhere.
            sent.observations.retain(|o| o.satellite.constellation() != Constellation::Glonass);
        }
        let composed = Composer::new().compose(style(level), &sent);
        assert_eq!(composed.findings, ComposeFindings::default());
        let read = read_back(&composed);
        let [Assembled { epoch, station_id: 2003, .. }] = &read[..] else {
            panic!("one epoch in one piece, not {read:?}");
        };
        assert_eq!((epoch.time, epoch.observations.len()), (sent.time, sent.observations.len()));
        for (found, sent) in epoch.observations.iter().zip(&sent.observations) {
            check_close(found, sent, level >= MsmLevel::Msm6);
            if matches!(level, MsmLevel::Msm5 | MsmLevel::Msm7) {
                // Half of 0.0001 m/s is below 0.0005 Hz on every carrier.
                let doppler = found.doppler.unwrap().0 - sent.doppler.unwrap().0;
                assert!(doppler.abs() < 5e-4, "{found:?} {sent:?}");
            }
        }
    }
}

#[test]
fn many_satellites_are_split_and_only_the_last_message_says_last() {
    let names = (1..=40).flat_map(|n| ["2I", "7I", "6I"].map(|code| (n, code)));
    let observations = names.map(|(n, code)| observed(&format!("C{n:02}"), code, n)).collect();
    let sent = ObsEpoch::new(TIME, observations);
    let composed = Composer::new().compose(style(MsmLevel::Msm7), &sent);
    let satellites = |frame: &crate::frame::Frame| {
        let msm = Msm::decode(frame.payload()).unwrap();
        (msm.satellites.len(), msm.header.more_follow)
    };
    let parts: Vec<_> = composed.frames.iter().map(satellites).collect();
    assert_eq!(parts, [(21, true), (19, false)]);
    assert_eq!(read_back(&composed)[0].epoch.observations.len(), 120);
    let more = MsmStyle { more_follow: true, ..style(MsmLevel::Msm7) };
    let composed = Composer::new().compose(more, &sent);
    assert!(composed.frames.iter().map(satellites).all(|(_, more_follow)| more_follow));
}

#[test]
fn what_cannot_be_said_is_left_out_and_counted() {
    let far = Observation { code: Some(Metres(8.0e7)), phase: None, ..observed("G01", "1C", 0) };
    let no_id = observed("G02", "2D", 0);
    let no_channel = Observation { glonass_channel: None, ..observed("R01", "1C", 0) };
    let no_satellite = observed("R30", "1C", 0);
    let first = observed("E01", "1C", 0);
    let mut apart = observed("E01", "7I", 0);
    apart.code = Some(Metres(first.code.unwrap().0 + 900.0));
    apart.doppler = Some(Hertz(5000.0));
    apart.cn0 = Some(DbHz(64.0));
    let sent = ObsEpoch::new(TIME, vec![far, no_id, no_channel, no_satellite, first, apart]);
    let composed = Composer::new().compose(style(MsmLevel::Msm7), &sent);
    let expected = ComposeFindings {
        satellites_without_id: 1,
        signals_without_id: 1,
        without_rough_range: 1,
        codes_out_of_range: 1,
        phases_without_carrier: 1,
        rates_out_of_range: 1,
        cn0_out_of_range: 1,
        ..ComposeFindings::default()
    };
    assert_eq!(composed.findings, expected);
    let read = read_back(&composed);
    let left: Vec<_> = read[0].epoch.observations.iter().map(|o| (o.code, o.cn0)).collect();
    assert_eq!(left.len(), 3, "R01 1C without phase, E01 1C whole, E01 7I with phase alone");
    assert_eq!(left[2], (None, None));
}

/// A fine pseudorange reaches 293 m from a rough range in steps of 293 m, so that codes up to 293 m apart
/// can be told together, but not from the step nearest to one of them.
#[test]
fn codes_on_both_sides_of_the_rough_range_are_kept() {
    let first = observed("R11", "1C", 0);
    let mut second = observed("R11", "2C", 0);
    second.code = Some(Metres(first.code.unwrap().0 + 290.0));
    let sent = ObsEpoch::new(TIME, vec![first, second]);
    let composed = Composer::new().compose(style(MsmLevel::Msm7), &sent);
    assert_eq!(composed.findings, ComposeFindings::default());
    let read = read_back(&composed);
    let apart: Vec<_> = read[0].epoch.observations.iter().map(|o| o.code.unwrap().0).collect();
    assert!((apart[1] - apart[0] - 290.0).abs() < 1e-3, "{apart:?}");
}

#[test]
fn a_far_phase_is_shifted_by_whole_cycles_once_per_arc() {
    let mut composer = Composer::new();
    let mut phase_of = |cycles: f64| {
        let mut sent = observed("G01", "1C", 0);
        sent.phase = Some(Cycles(cycles));
        let epoch = ObsEpoch::new(TIME, vec![sent]);
        let composed = composer.compose(style(MsmLevel::Msm7), &epoch);
        let found = read_back(&composed)[0].epoch.observations[0];
        (found.phase.unwrap().0 - cycles, found.lock_time.unwrap(), composed.findings)
    };
    let realigned = |n| ComposeFindings { phases_realigned: n, ..ComposeFindings::default() };
    let (first, lock_time, findings) = phase_of(1000.25);
    assert!((first - first.round()).abs() < 1e-3, "{first} is a whole number of cycles");
    assert_eq!((lock_time, findings), (Duration::ZERO, realigned(1)));
    let (second, lock_time, findings) = phase_of(1500.75);
    assert!((second - first).abs() < 2e-3, "the same arc keeps its shift: {first} {second}");
    assert_eq!((lock_time, findings), (Duration::from_millis(65_536), realigned(0)));
}

#[test]
fn an_epoch_without_observations_has_no_frames() {
    let epoch = ObsEpoch::new(TIME, Vec::new());
    assert_eq!(Composer::new().compose(style(MsmLevel::Msm4), &epoch), Composed::default());
}

#[test]
fn a_station_id_of_more_than_twelve_bits_is_refused() {
    let wrong = MsmStyle { station_id: 4096, ..style(MsmLevel::Msm4) };
    let composed = Composer::new().compose(wrong, &several_systems());
    assert_eq!((composed.frames.len(), composed.findings.messages_refused), (0, 7));
}
