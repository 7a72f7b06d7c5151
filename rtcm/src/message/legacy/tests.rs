//! Legacy observations there and back, and a real message against `convbin`.

use std::time::Duration;

use proptest::collection::btree_map;
use proptest::option;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::units::{Cycles, DbHz, Metres};

use super::encode::{encode_1004, encode_1012};
use crate::epoch::PartialEpoch;
use crate::frame::Frame;
use crate::glonass_channels::GlonassChannels;
use crate::message::{Message, decode};

const NOON: GpsTime = GpsTime::from_week(2238, Interval::from_seconds(3 * 86_400 + 43_200));

fn read(frame: &Frame) -> PartialEpoch {
    let Ok(Message::Legacy(message)) = decode(frame) else { panic!("{frame:?}") };
    assert_eq!(&message.to_frame(), frame);
    message.partial_epoch(NOON, &mut GlonassChannels::new()).expect("a moment")
}

fn satellite(name: &str) -> Satellite {
    name.parse().unwrap()
}

fn observation(name: &str, code: &str, code_m: f64, phase: f64) -> Observation {
    let satellite = satellite(name);
    let signal = Signal::from_code(satellite.constellation(), code).unwrap();
    let glonass = satellite.constellation() == Constellation::Glonass;
    Observation {
        glonass_channel: glonass.then_some(-3),
        code: Some(Metres(code_m)),
        phase: Some(Cycles(phase)),
        cn0: Some(DbHz(45.25)),
        lock_time: Some(Duration::from_secs(168)),
        ..Observation::of(satellite, signal)
    }
}

/// DF011 resolves 0.02 m and DF012 0.0005 m.
#[track_caller]
fn check(sent: &Observation, got: &Observation) {
    let apart = |a: Option<f64>, b: Option<f64>| (a.unwrap() - b.unwrap()).abs();
    let code = apart(sent.code.map(|c| c.0), got.code.map(|c| c.0));
    assert!(code <= 0.010_001, "{sent:?} {got:?}");
    let carrier = sent.carrier().unwrap();
    let cycles = got.phase.unwrap().0 - sent.phase.unwrap().0;
    let rest = cycles - (cycles / 1500.0).round() * 1500.0;
    assert!(Cycles(rest).on(carrier).0.abs() <= 0.000_251, "{sent:?} {got:?}: {cycles} cycles");
    assert_eq!((sent.cn0, sent.lock_time), (got.cn0, got.lock_time));
}

#[test]
fn an_epoch_goes_there_and_back_but_for_whole_rollovers() {
    let sent = ObsEpoch::new(
        NOON,
        vec![
            observation("G05", "1C", 20_123_456.78, 105_750_000.25),
            observation("G05", "2W", 20_123_460.12, -12.5),
            observation("G31", "1C", 25_999_999.99, 1.0e6),
            observation("G31", "2X", 25_999_990.01, 2.0e6),
            observation("R07", "1C", 19_999_999.99, 5.0),
            observation("R07", "2P", 20_000_003.99, 7.0),
        ],
    );
    let gps = encode_1004(&sent, 17, true).unwrap();
    let glonass = encode_1012(&sent, 17, false).unwrap();
    let (gps, glonass) = (read(&gps[0]), read(&glonass[0]));
    assert_eq!((gps.time, gps.station_id, gps.more_follow), (NOON, 17, true));
    assert_eq!((glonass.time, glonass.station_id, glonass.more_follow), (NOON, 17, false));
    let got: Vec<_> = gps.observations.iter().chain(&glonass.observations).collect();
    assert_eq!(got.len(), sent.observations.len());
    for (sent, got) in sent.observations.iter().zip(got) {
        assert_eq!((sent.satellite, sent.signal), (got.satellite, got.signal));
        check(sent, got);
    }
}

#[test]
fn more_than_31_satellites_are_split_and_only_the_last_message_says_last() {
    let satellites = (1..=32).map(|n| observation(&format!("G{n:02}"), "1C", 2.2e7, 0.0));
    let frames = encode_1004(&ObsEpoch::new(NOON, satellites.collect()), 1, false).unwrap();
    let parts: Vec<_> = frames.iter().map(read).collect();
    let told: Vec<_> = parts.iter().map(|p| (p.more_follow, p.observations.len())).collect();
    assert_eq!(told, [(true, 31), (false, 1)]);
}

#[test]
fn a_signal_far_from_the_first_is_absent_and_not_wrapped() {
    let far = ObsEpoch::new(
        NOON,
        vec![observation("G05", "1C", 2.0e7, 0.0), observation("G05", "2W", 2.000_02e7, 0.0)],
    );
    let got = read(&encode_1004(&far, 1, false).unwrap()[0]);
    assert_eq!(got.observations[1].code, None);
    assert!(got.observations[1].phase.is_some());
}

/// The first satellite of 1004 with DF009 = 40: the message's way to tell of SBAS PRN 120.
#[test]
fn gps_messages_tell_of_sbas_too() {
    let mut writer = crate::bits::BitWriter::new();
    let head = [(1002_u64, 12), (1, 12), (0, 30), (0, 1), (1, 5), (0, 1), (0, 3)];
    let one = [(40_u64, 6), (0, 1), (100, 24), (0, 20), (127, 7), (130, 8), (160, 8)];
    for (value, bits) in head.into_iter().chain(one) {
        writer.unsigned(value, bits).unwrap();
    }
    let got = read(&Frame::from_payload(writer.finish()).unwrap());
    let [only] = &got.observations[..] else { panic!("{got:?}") };
    assert_eq!((only.satellite, only.signal.to_string()), (satellite("S20"), "1C".to_owned()));
    assert_eq!(only.code, Some(Metres(2.0 + 130.0 * 299_792.458)));
    assert_eq!(only.cn0, Some(DbHz(40.0)));
    assert_eq!(only.lock_time, Some(Duration::from_secs(937)));
}

#[test]
fn a_range_without_its_modulus_is_no_pseudorange() {
    let mut writer = crate::bits::BitWriter::new();
    let head = [(1001_u64, 12), (1, 12), (0, 30), (0, 1), (1, 5), (0, 1), (0, 3)];
    for (value, bits) in head.into_iter().chain([(5, 6), (0, 1), (100, 24), (0, 20), (127, 7)]) {
        writer.unsigned(value, bits).unwrap();
    }
    let got = read(&Frame::from_payload(writer.finish()).unwrap());
    assert_eq!((got.observations.len(), got.findings.without_rough_range), (0, 1));
}

fn epochs() -> impl Strategy<Value = ObsEpoch> {
    let band = || (1.9e7..7.0e7_f64, -2.0e8..2.0e8_f64, 1..255_u8, 0..2000_u64);
    let satellites = btree_map(1..=32_u8, (band(), option::of((band(), -160.0..160.0_f64))), 0..40);
    (satellites, any::<bool>()).prop_map(|(satellites, glonass)| {
        let system = if glonass { Constellation::Glonass } else { Constellation::Gps };
        let mut observations = Vec::new();
        for (number, (first, second)) in satellites {
            if glonass && number > 27 {
                continue;
            }
            let name = format!("{}{number:02}", system.letter());
            let one = |code: &str, code_m, (_, phase, quarters, locked): (f64, f64, u8, u64)| {
                Observation {
                    cn0: Some(DbHz(f64::from(quarters) / 4.0)),
                    lock_time: Some(Duration::from_secs(locked)),
                    ..observation(&name, code, code_m, phase)
                }
            };
            observations.push(one("1C", first.0, first));
            if let Some((second, apart)) = second {
                let code = if glonass { "2C" } else { "2W" };
                observations.push(one(code, first.0 + apart, second));
            }
        }
        ObsEpoch::new(NOON, observations)
    })
}

proptest! {
    #[test]
    fn every_epoch_comes_back(sent in epochs()) {
        let mut frames = encode_1004(&sent, 3, false).unwrap();
        frames.extend(encode_1012(&sent, 3, false).unwrap());
        let got: Vec<_> = frames.iter().flat_map(|frame| read(frame).observations).collect();
        prop_assert_eq!(got.len(), sent.observations.len());
        for (sent, got) in sent.observations.iter().zip(&got) {
            prop_assert!(got.lock_time <= sent.lock_time);
            check(&Observation { lock_time: got.lock_time, ..*sent }, got);
        }
    }
}
