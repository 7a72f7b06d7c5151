//! Real ephemerides with their values from another decoder, and all payloads there and back.

use proptest::collection::vec;
use proptest::prelude::{Just, any, prop_assert_eq, prop_oneof, proptest};
use tianshu_gnss::constants::SEMICIRCLE;

use super::*;
use tianshu_gnss::time::gps::{Interval, SECONDS_PER_WEEK};
use tianshu_gnss::time::scales::GlonassTime;

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn at(week: i32, seconds: i64) -> GpsTime {
    GpsTime::from_week(week, Interval::from_seconds(seconds))
}

fn read(number: u16, payload: &[u8]) -> EphemerisMessage {
    EphemerisMessage::read(number, payload).expect("an ephemeris").expect("long enough")
}

/// One part in 10^15: the factor from semicircles is rounded once.
#[track_caller]
fn check(ours: f64, theirs: f64) {
    assert!((ours - theirs).abs() <= theirs.abs() * 1e-15, "{ours} {theirs}");
}

/// G29 of 2019-01-25, a frame of go-gnss/rtcm; values as pyrtcm 1.2.1 reads them, in semicircles.
#[test]
fn a_gps_ephemeris_means_what_another_decoder_reads() {
    let payload = bytes(
        "3fb77f504329296cfc00ffb52574402909b52c5ca096b672088b00539c8712c0a10c98526cfcfffcba19c21400092821f3db1be23c9d907bffa9d1ea00",
    );
    let message = read(1019, &payload);
    // The message tells week 1013; 2037 is the nearest to the caller's 2038 with that remainder of 1024.
    let Ok(Ephemeris::Gps(e)) = message.resolve(at(2038, 10)) else { panic!("{message:?}") };
    assert_eq!((e.satellite.to_string(), e.week), ("G29".to_owned(), 2037));
    assert_eq!((e.orbit.toe, e.clock.toc), (at(2037, 446_400), at(2037, 446_400)));
    assert_eq!((e.iode, e.iodc, e.health, e.codes_on_l2), (41, 41, 0, 1));
    check(e.orbit.m0, -0.745400614105165 * SEMICIRCLE);
    check(e.orbit.eccentricity, 0.0006379046244546771);
    check(e.orbit.sqrt_a, 5153.574375152588);
    check(e.orbit.i_dot, 9.197265171678737e-11 * SEMICIRCLE);
    check(e.orbit.crc, 223.0625);
    check(e.clock.af0, 0.0002857521176338196);
    check(e.tgd_s, -1.0244548320770264e-08);
    let written = EphemerisMessage::of(&Ephemeris::Gps(e)).unwrap().to_frame();
    assert_eq!(written.payload(), payload);
}

/// C01 of the same source; its week and times are those of BDT.
#[test]
fn a_beidou_ephemeris_is_told_in_its_own_weeks() {
    let payload = bytes(
        "4120459a1fc2a16da00000d05ffb916d40129796049cfa231c05a3801bc8c6ea75195d84526b6d00002f7fcf4d7c010c04319c0327d163623b0a400fc548ee60",
    );
    let message = read(1042, &payload);
    let Ok(Ephemeris::BeiDou(e)) = message.resolve(at(2073, 374_400)) else {
        panic!("{message:?}")
    };
    assert_eq!((e.satellite.to_string(), e.week), ("C01".to_owned(), 717));
    // GPS week 1356 is BDT week 0, and BDT is 14 s behind.
    assert_eq!(e.orbit.toe, at(1356 + 717, 374_400 + 14));
    check(e.clock.af0, -3.3812946639955044e-05);
    check(e.orbit.m0, 0.6131917899474502 * SEMICIRCLE);
    check(e.tgd1_s, 1.42e-8);
    check(e.tgd2_s, -1.04e-8);
    assert_eq!((e.aode, e.aodc, e.unhealthy), (8, 8, false));
}

/// R18 of the same source: `t_b` is 05:45 in Moscow, and `t_k` 05:30.
#[test]
fn a_glonass_ephemeris_is_told_in_moscow_time() {
    let payload = bytes(
        "3fc489a5789799fcf2adbb4634aa6be601a393000cbb33d8656582800d040a398048c2e3000000003180000e00",
    );
    let message = read(1020, &payload);
    // N_4 = 6 and N_T = 1121: the 1121st day from 2016-01-01 on is 2019-01-25, 17921 days after 1970-01-01.
    let moscow = |seconds| {
        let time_of_day = Interval::from_seconds(seconds);
        GpsTime::from(GlonassTime { day: 17_921, time_of_day, in_leap_second: false })
    };
    let near = moscow(20_000);
    let Ok(Ephemeris::Glonass(e)) = message.resolve(near) else { panic!("{message:?}") };
    assert_eq!((e.satellite.to_string(), e.channel), ("R18".to_owned(), -3));
    assert_eq!(e.reference_time, moscow(345 * 60));
    assert_eq!(e.frame_time, Some(moscow(330 * 60)));
    let position_m = [-11707273.92578125, 419574.21875, -22629396.484375];
    e.position_m.into_iter().zip(position_m).for_each(|(ours, theirs)| check(ours, theirs));
    check(e.velocity_m_s[0], -1624.2542266845703);
    let frame = e.frame.as_ref().expect("1020 tells the whole frame");
    assert_eq!((frame.day_nt, frame.n4, e.ft, frame.generation), (1121, 6, Some(4), 1));
}

proptest! {
    /// Whatever bits come: what they mean is written and means the same again. GPS, QZSS, BeiDou and GLONASS
    /// have no reserved bits that are not kept, so there the bits are the same too.
    #[test]
    fn every_ephemeris_comes_back(
        number in prop_oneof![
            Just(1019_u16), Just(1020), Just(1041), Just(1042), Just(1044), Just(1045), Just(1046),
        ],
        mut payload in vec(any::<u8>(), 64),
        week in 1500..2600_i32,
        second in 0..SECONDS_PER_WEEK,
    ) {
        let [first, second_byte] = (number << 4).to_be_bytes();
        payload[0] = first;
        payload[1] = second_byte | payload[1] & 0xF;
        let message = read(number, &payload);
        let near = at(week, second);
        if let Ok(ephemeris) = message.resolve(near) {
            let again = EphemerisMessage::of(&ephemeris).unwrap();
            prop_assert_eq!(again.resolve(near), Ok(ephemeris));
            if matches!(number, 1019 | 1020 | 1042 | 1044) {
                prop_assert_eq!(again, message);
            }
        }
    }

    /// A caller's clock that is off by a day changes no week.
    #[test]
    fn the_week_does_not_hang_on_the_callers_seconds(week in 1500..2600_i32, second in 0..SECONDS_PER_WEEK) {
        let payload = bytes(
            "3fb77f504329296cfc00ffb52574402909b52c5ca096b672088b00539c8712c0a10c98526cfcfffcba19c21400092821f3db1be23c9d907bffa9d1ea00",
        );
        let near = at(week, second);
        let Ok(Ephemeris::Gps(e)) = read(1019, &payload).resolve(near) else { panic!() };
        prop_assert_eq!(e.week.rem_euclid(1024), 1013);
        prop_assert_eq!((e.week - week).abs() <= 513, true);
    }
}
