//! Network messages there and back, and against vectors whose bits were counted by hand.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_assert_eq, prop_oneof, proptest};
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use super::fkp::{GradientsMessage, SatelliteGradients};
use super::mac::{
    AmbiguityStatus, AuxiliaryStationMessage, CorrectionDifference, CorrectionDifferencesMessage,
    DifferenceKind, Geometric, Pair, Part,
};
use super::physical::PhysicalStationMessage;
use super::residuals::{ResidualsMessage, SatelliteResidual};
use super::{epoch_s, moment};
use crate::bits::BitWriter;
use crate::frame::Frame;
use crate::message::{Message, Unsendable, decode};

/// The frame of fields given as value and bits.
fn by_hand(fields: &[(i64, u32)]) -> Frame {
    let mut writer = BitWriter::new();
    for &(value, bits) in fields {
        if value < 0 {
            writer.signed(value, bits).unwrap();
        } else {
            writer.unsigned(value.unsigned_abs(), bits).unwrap();
        }
    }
    Frame::from_payload(writer.finish()).unwrap()
}

#[track_caller]
fn check(frame: &Frame, written: &Frame, message: Message) {
    assert_eq!(decode(frame), Ok(message));
    assert_eq!(written, frame);
}

#[test]
fn residuals_stand_where_the_table_says() {
    for (number, constellation, time_bits, id_bits) in [
        (1030, Constellation::Gps, 20, 6),
        (1031, Constellation::Glonass, 17, 6),
        (1303, Constellation::BeiDou, 20, 6),
        (1304, Constellation::Galileo, 20, 6),
        (1305, Constellation::Qzss, 20, 4),
    ] {
        let head = [(number, 12), (86_399, time_bits), (3_072, 12), (12, 7), (1, 5)];
        let one = [(7, id_bits), (11, 8), (300, 9), (25, 6), (1_000, 10), (999, 10)];
        let frame = by_hand(&[head.as_slice(), one.as_slice()].concat());
        let residual = SatelliteResidual {
            number: 7,
            s_oc_mm: 5.5,
            s_od_ppm: 3.0,
            s_oh_ppm: 2.5,
            s_ic_mm: 500.0,
            s_id_ppm: 9.99,
        };
        let message = ResidualsMessage {
            constellation,
            epoch_s: 86_399.0,
            station_id: 3_072,
            references: 12,
            satellites: vec![residual],
        };
        let written = message.to_frame().unwrap();
        check(&frame, &written, Message::Residuals(message));
    }
}

#[test]
fn differences_stand_where_the_table_says() {
    let head = |number: i64, time_bits| {
        [
            (number, 12),
            (200, 8),
            (9, 4),
            (863_999, time_bits),
            (1, 1),
            (1_001, 12),
            (1_002, 12),
            (1, 4),
        ]
    };
    let (ionospheric, geometric) = ((-65_534, 17), [(12_345, 17), (77, 8)]);
    for (number, constellation, part) in [
        (1015, Constellation::Gps, Part::Ionospheric),
        (1016, Constellation::Gps, Part::Geometric),
        (1017, Constellation::Gps, Part::Both),
        (1037, Constellation::Glonass, Part::Ionospheric),
        (1038, Constellation::Glonass, Part::Geometric),
        (1039, Constellation::Glonass, Part::Both),
    ] {
        let mut fields =
            head(number, if constellation == Constellation::Gps { 23 } else { 20 }).to_vec();
        fields.extend([(21, 6), (1, 2), (5, 3)]);
        if part != Part::Ionospheric {
            fields.extend(geometric);
        }
        if part != Part::Geometric {
            fields.push(ionospheric);
        }
        let frame = by_hand(&fields);
        let difference = CorrectionDifference {
            number: 21,
            status: AmbiguityStatus::Right,
            non_sync: 5,
            ionospheric_m: (part != Part::Geometric).then_some(-32.767),
            geometric: (part != Part::Ionospheric)
                .then_some(Geometric { difference_m: 6.1725, iode: 77 }),
        };
        let message = CorrectionDifferencesMessage {
            kind: DifferenceKind { constellation, part },
            pair: Pair { network_id: 200, subnetwork_id: 9, master_id: 1_001, auxiliary_id: 1_002 },
            epoch_s: 86_399.9,
            more_follow: true,
            satellites: vec![difference],
        };
        let written = message.to_frame().unwrap();
        check(&frame, &written, Message::CorrectionDifferences(message));
    }
}

#[test]
fn stations_and_gradients_stand_where_the_table_says() {
    let frame = by_hand(&[
        (1014, 12),
        (200, 8),
        (9, 4),
        (8, 5),
        (1_001, 12),
        (1_002, 12),
        (-20_000, 20),
        (40_000, 21),
        (-123_456, 23),
    ]);
    let pair = Pair { network_id: 200, subnetwork_id: 9, master_id: 1_001, auxiliary_id: 1_002 };
    let message = AuxiliaryStationMessage {
        pair,
        auxiliaries: 8,
        latitude_deg: -0.5,
        longitude_deg: 1.0,
        height_m: -123.456,
    };
    check(&frame, &message.to_frame().unwrap(), Message::AuxiliaryStation(message));

    let coordinates = [(-18_000_000_001, 38), (56_000_000_002, 38), (25_000_000_003, 38)];
    let head = [(1032, 12), (3_072, 12), (17, 12), (20, 6)];
    let frame = by_hand(&[head.as_slice(), coordinates.as_slice()].concat());
    let message = PhysicalStationMessage {
        station_id: 3_072,
        physical_id: 17,
        itrf_year: 20,
        place: Ecef::new(-1_800_000.000_1, 5_600_000.000_2, 2_500_000.000_3),
    };
    check(&frame, &message.to_frame().unwrap(), Message::PhysicalStation(message));

    for (number, constellation, time_bits) in
        [(1034, Constellation::Gps, 20), (1035, Constellation::Glonass, 17)]
    {
        let head = [(number, 12), (17, 12), (86_399, time_bits), (1, 5)];
        let one = [(3, 6), (77, 8), (-2_047, 12), (-2_048, 12), (8_191, 14), (-8_192, 14)];
        let frame = by_hand(&[head.as_slice(), one.as_slice()].concat());
        let gradients = SatelliteGradients {
            number: 3,
            iode: 77,
            geometric_north_ppm: Some(-20.47),
            geometric_east_ppm: None,
            ionospheric_north_ppm: Some(81.91),
            ionospheric_east_ppm: None,
        };
        let message = GradientsMessage {
            constellation,
            station_id: 17,
            epoch_s: 86_399.0,
            satellites: vec![gradients],
        };
        let written = message.to_frame().unwrap();
        check(&frame, &written, Message::Gradients(message));
    }
}

#[test]
fn what_a_network_message_cannot_say_is_refused() {
    let gradients = |north_ppm| SatelliteGradients {
        number: 3,
        iode: 0,
        geometric_north_ppm: Some(north_ppm),
        geometric_east_ppm: None,
        ionospheric_north_ppm: None,
        ionospheric_east_ppm: None,
    };
    let message = |satellites, constellation| GradientsMessage {
        constellation,
        station_id: 17,
        epoch_s: 0.0,
        satellites,
    };
    let gps = Constellation::Gps;
    assert!(message(vec![gradients(-20.47)], gps).to_frame().is_ok());
    // -20.48 is the pattern that says "none".
    assert!(matches!(message(vec![gradients(-20.48)], gps).to_frame(), Err(Unsendable::Field(_))));
    let many = message(vec![gradients(0.0); 32], gps).to_frame();
    assert!(matches!(many, Err(Unsendable::TooManyEntries { df: 6, count: 32, count_max: 31 })));
    let galileo = message(vec![], Constellation::Galileo).to_frame();
    assert!(matches!(galileo, Err(Unsendable::NoMessage { .. })));
}

#[test]
fn epochs_are_told_in_the_time_of_their_system() {
    // 2026-03-20 02:10:00 GPS time, GPS week 2410, Friday.
    let time = GpsTime::from_week(2410, Interval::from_seconds(5 * 86_400 + 7_800));
    assert!((epoch_s(Constellation::Gps, time, 1_000) - 439_800.0).abs() < 1e-9);
    assert!((epoch_s(Constellation::BeiDou, time, 1_000) - 439_786.0).abs() < 1e-9);
    // UTC is 18 s behind, and GLONASS three hours ahead of UTC.
    assert!(
        (epoch_s(Constellation::Glonass, time, 100) - (7_800.0 - 18.0 + 10_800.0)).abs() < 1e-9
    );
    for system in [Constellation::Gps, Constellation::BeiDou, Constellation::Glonass] {
        let near = time + Interval::from_seconds(20_000);
        assert_eq!(moment(system, near, epoch_s(system, time, 1_000)), Some(time), "{system}");
    }
    assert_eq!(moment(Constellation::Gps, time, 604_800.0), None);
}

fn steps(bits: u32, over: f64) -> impl Strategy<Value = f64> {
    (0..1_u32 << bits).prop_map(move |steps| f64::from(steps) / over)
}

fn signed_steps(bits: u32, over: f64) -> impl Strategy<Value = f64> {
    let half = 1_i32 << (bits - 1);
    (1 - half..half).prop_map(move |steps| f64::from(steps) / over)
}

fn residuals() -> impl Strategy<Value = ResidualsMessage> {
    let system = prop_oneof![
        Just((Constellation::Gps, 20, 6)),
        Just((Constellation::Glonass, 17, 6)),
        Just((Constellation::BeiDou, 20, 6)),
        Just((Constellation::Galileo, 20, 6)),
        Just((Constellation::Qzss, 20, 4)),
    ];
    system.prop_flat_map(|(constellation, time_bits, id_bits)| {
        let one = (
            0..1_u8 << id_bits,
            steps(8, 2.0),
            steps(9, 100.0),
            steps(6, 10.0),
            steps(10, 2.0),
            steps(10, 100.0),
        )
            .prop_map(|(number, s_oc_mm, s_od_ppm, s_oh_ppm, s_ic_mm, s_id_ppm)| {
                SatelliteResidual { number, s_oc_mm, s_od_ppm, s_oh_ppm, s_ic_mm, s_id_ppm }
            });
        (steps(time_bits, 1.0), 0..4096_u16, 0..128_u8, vec(one, 0..=31)).prop_map(
            move |(epoch_s, station_id, references, satellites)| ResidualsMessage {
                constellation,
                epoch_s,
                station_id,
                references,
                satellites,
            },
        )
    })
}

fn pairs() -> impl Strategy<Value = Pair> {
    (any::<u8>(), 0..16_u8, 0..4096_u16, 0..4096_u16).prop_map(
        |(network_id, subnetwork_id, master_id, auxiliary_id)| Pair {
            network_id,
            subnetwork_id,
            master_id,
            auxiliary_id,
        },
    )
}

fn differences() -> impl Strategy<Value = CorrectionDifferencesMessage> {
    let system = prop_oneof![Just((Constellation::Gps, 23)), Just((Constellation::Glonass, 20))];
    let part = prop_oneof![Just(Part::Ionospheric), Just(Part::Geometric), Just(Part::Both)];
    (system, part).prop_flat_map(|((constellation, time_bits), part)| {
        let status = prop_oneof![
            Just(AmbiguityStatus::Reserved),
            Just(AmbiguityStatus::Right),
            Just(AmbiguityStatus::WideLane),
            Just(AmbiguityStatus::Doubtful),
        ];
        let metres = || signed_steps(17, 2e3);
        let one = (0..64_u8, status, 0..8_u8, metres(), metres(), any::<u8>()).prop_map(
            move |(number, status, non_sync, ionospheric, difference_m, iode)| {
                let geometric = Geometric { difference_m, iode };
                CorrectionDifference {
                    number,
                    status,
                    non_sync,
                    ionospheric_m: (part != Part::Geometric).then_some(ionospheric),
                    geometric: (part != Part::Ionospheric).then_some(geometric),
                }
            },
        );
        (pairs(), steps(time_bits, 10.0), any::<bool>(), vec(one, 0..=15)).prop_map(
            move |(pair, epoch_s, more_follow, satellites)| CorrectionDifferencesMessage {
                kind: DifferenceKind { constellation, part },
                pair,
                epoch_s,
                more_follow,
                satellites,
            },
        )
    })
}

fn gradients() -> impl Strategy<Value = GradientsMessage> {
    let system = prop_oneof![Just((Constellation::Gps, 20)), Just((Constellation::Glonass, 17))];
    system.prop_flat_map(|(constellation, time_bits)| {
        let (geometric, ionospheric) =
            (|| option::of(signed_steps(12, 100.0)), || option::of(signed_steps(14, 100.0)));
        let one = (0..64_u8, any::<u8>(), geometric(), geometric(), ionospheric(), ionospheric())
            .prop_map(|(number, iode, north0, east0, north, east)| SatelliteGradients {
                number,
                iode,
                geometric_north_ppm: north0,
                geometric_east_ppm: east0,
                ionospheric_north_ppm: north,
                ionospheric_east_ppm: east,
            });
        (0..4096_u16, steps(time_bits, 1.0), vec(one, 0..=31)).prop_map(
            move |(station_id, epoch_s, satellites)| GradientsMessage {
                constellation,
                station_id,
                epoch_s,
                satellites,
            },
        )
    })
}

proptest! {
    #[test]
    fn residuals_come_back(message in residuals()) {
        let frame = message.to_frame().unwrap();
        prop_assert_eq!(frame.message_number(), Some(message.number()));
        prop_assert_eq!(decode(&frame), Ok(Message::Residuals(message)));
    }

    #[test]
    fn differences_come_back(message in differences()) {
        let frame = message.to_frame().unwrap();
        prop_assert_eq!(frame.message_number(), Some(message.number()));
        prop_assert_eq!(decode(&frame), Ok(Message::CorrectionDifferences(message)));
    }

    #[test]
    fn gradients_come_back(message in gradients()) {
        let frame = message.to_frame().unwrap();
        prop_assert_eq!(frame.message_number(), Some(message.number()));
        prop_assert_eq!(decode(&frame), Ok(Message::Gradients(message)));
    }

    #[test]
    fn auxiliary_stations_come_back(
        pair in pairs(), auxiliaries in 0..32_u8, latitude_deg in signed_steps(20, 4e4),
        longitude_deg in signed_steps(21, 4e4), height_m in signed_steps(23, 1e3),
    ) {
        let message = AuxiliaryStationMessage { pair, auxiliaries, latitude_deg, longitude_deg, height_m };
        let frame = message.to_frame().unwrap();
        prop_assert_eq!(decode(&frame), Ok(Message::AuxiliaryStation(message)));
    }

    #[test]
    fn no_network_payload_makes_it_panic(
        number in prop_oneof![1014..1018_u16, 1030..1040_u16, 1303..1306_u16],
        mut payload in vec(any::<u8>(), 2..300),
    ) {
        let [first, second] = (number << 4).to_be_bytes();
        payload[0] = first;
        payload[1] = second | payload[1] & 0xF;
        let frame = Frame::from_payload(&payload).unwrap();
        if let Ok(message) = decode(&frame) {
            prop_assert_eq!(message.number(), number);
        }
    }
}
