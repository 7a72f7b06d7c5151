//! Messages there and back, and the frames that make other decoders stumble.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_assert_eq, prop_oneof, proptest};
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::station::{Antenna, Receiver, ReferencePoint};
use tianshu_gnss::units::Metres;

use super::glonass_bias::{CodePhaseBias, GlonassBiasMessage};
use super::station::{EquipmentMessage, ReferencePointMessage};
use super::text::{Announced, SystemParametersMessage, TextMessage};
use super::{Message, Reason, Unsendable, decode};
use crate::bits::BitWriter;
use crate::frame::{Found, Frame, FrameDecoder};

fn frame_of(hex: &str) -> Frame {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    let mut decoder = FrameDecoder::new();
    decoder.push(&bytes);
    match decoder.next_found() {
        Some(Found::Frame(frame)) => frame,
        other => panic!("{hex} is no frame: {other:?}"),
    }
}

/// The example of RTCM 10403, section 4.2: station 2003, GPS only, at (1114104.5999, -4850729.7108,
/// 3975521.4643).
const EXAMPLE_1005: &str =
    "D3 00 13 3E D7 D3 02 02 98 0E DE EF 34 B4 BD 62 AC 09 41 98 6F 33 36 0B 98";

#[test]
fn the_example_of_the_standard_is_read_and_written() {
    let frame = frame_of(EXAMPLE_1005);
    let Ok(Message::ReferencePoint(message)) = decode(&frame) else { panic!("{frame:?}") };
    let expected = ReferencePointMessage {
        station_id: 2003,
        gps: true,
        glonass: false,
        galileo: false,
        non_physical: false,
        single_oscillator: false,
        quarter_cycle: 0,
        point: ReferencePoint {
            place: Ecef::new(1_114_104.599_9, -4_850_729.710_8, 3_975_521.464_3),
            antenna_height_m: None,
            itrf_year: 0,
        },
    };
    assert_eq!(message, expected);
    assert_eq!(message.to_frame().unwrap(), frame);
}

#[test]
fn what_1230_asks_to_add_is_nothing_where_phases_are_aligned() {
    let known = CodePhaseBias::Known(Metres(-71.94));
    let biases = [known, CodePhaseBias::NotTold, CodePhaseBias::Unknown, known];
    let told = |aligned| GlonassBiasMessage { station_id: 7, aligned, biases }.to_add().all();
    assert_eq!(told(false), [Some(Metres(-71.94)), None, None, Some(Metres(-71.94))]);
    assert_eq!(told(true), [Some(Metres(0.0)); 4]);
}

/// A u-blox receiver's 1230: all four biases told, each zero. `rtcm-rs` passes over the three reserved bits
/// in front of the mask and finds one bias only.
#[test]
fn the_mask_of_1230_stands_behind_three_reserved_bits() {
    let frame = frame_of("d3000c4ce0000f000000000000000037b706");
    let biases = [CodePhaseBias::Known(Metres(0.0)); 4];
    let expected = GlonassBiasMessage { station_id: 0, aligned: false, biases };
    assert_eq!(decode(&frame), Ok(Message::GlonassBias(expected.clone())));
    assert_eq!(expected.to_frame().unwrap(), frame);
}

#[test]
fn what_a_message_cannot_say_is_refused_and_not_wrapped() {
    let mut far = ReferencePointMessage {
        station_id: 1,
        gps: true,
        glonass: true,
        galileo: true,
        non_physical: false,
        single_oscillator: true,
        quarter_cycle: 0,
        point: ReferencePoint {
            place: Ecef::new(13_743_895.347_2, 0.0, 0.0),
            antenna_height_m: Some(1.5),
            itrf_year: 0,
        },
    };
    assert!(matches!(far.to_frame(), Err(Unsendable::Field(_))));
    far.point.place = Ecef::new(-13_743_895.347_2, 0.0, 0.0);
    assert!(far.to_frame().is_ok());
    far.point.antenna_height_m = Some(6.5536);
    assert!(matches!(far.to_frame(), Err(Unsendable::Field(_))));
    let named = |descriptor: &str| EquipmentMessage {
        station_id: 1,
        antenna: Antenna { descriptor: descriptor.to_owned(), setup_id: 0, serial: None },
        receiver: None,
    };
    assert!(named("TRM59800.00     SCIS").to_frame().is_ok());
    assert!(matches!(named(&"A".repeat(32)).to_frame(), Err(Unsendable::TextTooLong { .. })));
    assert!(matches!(named("天枢").to_frame(), Err(Unsendable::NotLatin { .. })));
    let text =
        TextMessage {
            station_id: 1, day_mjd: 60_000, seconds_of_day: 0, text: "天枢".repeat(50)
        };
    assert!(matches!(text.to_frame(), Err(Unsendable::TextTooLong { df: 139, .. })));
}

fn payload_of(number: u16, write: impl FnOnce(&mut BitWriter)) -> Frame {
    let mut writer = BitWriter::new();
    writer.unsigned(number.into(), 12).unwrap();
    write(&mut writer);
    Frame::from_payload(writer.finish()).unwrap()
}

/// `rtcm-rs` panics on this frame in release builds: 33 satellites with 12 code biases each are more than
/// the 390 for which it has room.
#[test]
fn more_code_biases_than_rtcm_rs_has_room_for_pass_through() {
    let frame = payload_of(1059, |writer| {
        for (value, bits) in [(0_u64, 20), (0, 4), (0, 1), (0, 4), (0, 16), (0, 4), (33, 6)] {
            writer.unsigned(value, bits).unwrap();
        }
        for satellite in 1..=33 {
            writer.unsigned(satellite, 6).unwrap();
            writer.unsigned(12, 5).unwrap();
            for mode in 0..12 {
                writer.unsigned(mode, 5).unwrap();
                writer.unsigned(1, 14).unwrap();
            }
        }
    });
    assert_eq!(decode(&frame), Ok(Message::Other { number: 1059 }));
}

/// `rtcm-rs` shifts out of range on masks of more than 64 cells and gives up on reserved signals and on
/// messages without satellites; ours reads the latter two and calls the first what it is.
#[test]
fn masks_that_rtcm_rs_cannot_read_are_read_or_named() {
    let msm = |satellites: u64, signals: u64, cells: u32, bits_behind: u32| {
        payload_of(1074, |writer| {
            for (value, bits) in
                [(1, 12), (0, 30), (0, 1), (0, 3), (0, 7), (0, 2), (0, 2), (0, 1), (0, 3)]
            {
                writer.unsigned(value, bits).unwrap();
            }
            writer.unsigned(satellites, 64).unwrap();
            writer.unsigned(signals, 32).unwrap();
            for _ in 0..cells {
                writer.unsigned(1, 1).unwrap();
            }
            for _ in 0..bits_behind {
                writer.unsigned(0, 1).unwrap();
            }
        })
    };
    assert!(matches!(decode(&msm(0, 0, 0, 0)), Ok(Message::Msm(_))));
    // Signal ID 5 of GPS is reserved.
    let reserved = msm(1 << 63, 1 << 27, 1, 18 + 48);
    assert!(matches!(decode(&reserved), Ok(Message::Msm(_))), "{:?}", decode(&reserved));
    let crowded = decode(&msm(u64::MAX, 0b1111, 0, 800));
    assert!(matches!(crowded, Err(e) if matches!(e.reason, Reason::Msm(_))));
}

#[test]
fn short_frames_are_findings_and_long_ones_tolerated() {
    let whole = frame_of(EXAMPLE_1005);
    let short = Frame::from_payload(whole.payload().get(..18).unwrap()).unwrap();
    let finding = decode(&short).unwrap_err();
    assert_eq!((finding.number, finding.reason), (Some(1005), Reason::Malformed { bytes: 18 }));
    let mut longer = whole.payload().to_vec();
    longer.extend([0xFF; 7]);
    let longer = Frame::from_payload(&longer).unwrap();
    assert_eq!(decode(&longer), decode(&whole));
    let none = decode(&Frame::from_payload(&[0x3E]).unwrap()).unwrap_err();
    assert_eq!(
        none.to_string(),
        "message without a number: the payload is too short for a message number"
    );
    let ephemeris = decode(&payload_of(1019, |_| ())).unwrap_err();
    assert!(matches!(ephemeris.reason, Reason::Short(_)), "{ephemeris}");
}

fn latin() -> impl Strategy<Value = String> {
    "[ -~]{0,31}"
}

fn reference_points() -> impl Strategy<Value = ReferencePointMessage> {
    const STEPS: std::ops::Range<i64> = -137_438_953_472..137_438_953_472;
    let flags = any::<[bool; 5]>();
    (0..4096_u16, flags, 0..4_u8, [STEPS, STEPS, STEPS], option::of(any::<u16>()), 0..64_u8)
        .prop_map(|(station_id, flags, quarter_cycle, steps, height, itrf_year)| {
            let [gps, glonass, galileo, non_physical, single_oscillator] = flags;
            let [x, y, z] = steps.map(|steps| steps as f64 / 1e4);
            ReferencePointMessage {
                station_id,
                gps,
                glonass,
                galileo,
                non_physical,
                single_oscillator,
                quarter_cycle,
                point: ReferencePoint {
                    place: Ecef::new(x, y, z),
                    antenna_height_m: height.map(|steps| f64::from(steps) / 1e4),
                    itrf_year,
                },
            }
        })
}

fn equipment() -> impl Strategy<Value = EquipmentMessage> {
    let antenna = (latin(), any::<u8>(), option::of(latin()));
    let receiver = option::of((latin(), latin(), latin()));
    (0..4096_u16, antenna, receiver).prop_map(|(station_id, (descriptor, setup_id, serial), r)| {
        // 1033 has a place for the serial number in any case.
        let serial = serial.or_else(|| r.is_some().then(String::new));
        let antenna = Antenna { descriptor, setup_id, serial };
        let receiver =
            r.map(|(descriptor, firmware, serial)| Receiver { descriptor, firmware, serial });
        EquipmentMessage { station_id, antenna, receiver }
    })
}

fn biases() -> impl Strategy<Value = GlonassBiasMessage> {
    let bias = || {
        prop_oneof![
            Just(CodePhaseBias::NotTold),
            Just(CodePhaseBias::Unknown),
            (-32_767..=32_767_i16)
                .prop_map(|steps| CodePhaseBias::Known(Metres(f64::from(steps) / 50.0))),
        ]
    };
    (0..4096_u16, any::<bool>(), [bias(), bias(), bias(), bias()]).prop_map(
        |(station_id, aligned, biases)| GlonassBiasMessage { station_id, aligned, biases },
    )
}

proptest! {
    #[test]
    fn reference_points_come_back(message in reference_points()) {
        let frame = message.to_frame().unwrap();
        prop_assert_eq!(frame.message_number(), Some(message.number()));
        prop_assert_eq!(decode(&frame), Ok(Message::ReferencePoint(message)));
    }

    #[test]
    fn equipment_comes_back(message in equipment()) {
        let frame = message.to_frame().unwrap();
        prop_assert_eq!(frame.message_number(), Some(message.number()));
        prop_assert_eq!(decode(&frame), Ok(Message::Equipment(message)));
    }

    #[test]
    fn biases_come_back(message in biases()) {
        let frame = message.to_frame().unwrap();
        prop_assert_eq!(decode(&frame), Ok(Message::GlonassBias(message)));
    }

    #[test]
    fn texts_come_back(
        station_id in 0..4096_u16, day_mjd: u16, seconds_of_day in 0..86_401_u32, text in "\\PC{0,60}",
    ) {
        let message = TextMessage { station_id, day_mjd, seconds_of_day, text };
        if message.text.len() <= 255 {
            let frame = message.to_frame().unwrap();
            prop_assert_eq!(decode(&frame), Ok(Message::Text(message)));
        }
    }

    #[test]
    fn system_parameters_come_back(
        station_id in 0..4096_u16,
        day_mjd: u16,
        seconds_of_day in 0..86_401_u32,
        leap_seconds in option::of(0..255_u8),
        announced in vec((0..4096_u16, any::<bool>(), option::of(1..=65_535_u16)), 0..=31),
    ) {
        let announced = announced
            .into_iter()
            .map(|(number, synchronous, tenths)| Announced {
                number,
                synchronous,
                interval_s: tenths.map(|tenths| f64::from(tenths) / 10.0),
            })
            .collect();
        let message =
            SystemParametersMessage { station_id, day_mjd, seconds_of_day, leap_seconds, announced };
        let frame = message.to_frame().unwrap();
        prop_assert_eq!(decode(&frame), Ok(Message::SystemParameters(message)));
    }

    #[test]
    fn no_payload_makes_it_panic(
        number in prop_oneof![0..4096_u16, 1001..1014_u16, 1019..1047_u16, 1071..1138_u16, Just(1230), Just(63)],
        mut payload in vec(any::<u8>(), 2..1023),
    ) {
        let [first, second] = (number << 4).to_be_bytes();
        payload[0] = first;
        payload[1] = second | payload[1] & 0xF;
        let frame = Frame::from_payload(&payload).unwrap();
        if let Ok(message) = decode(&frame) {
            prop_assert_eq!(message.number(), number);
            if let Message::Ephemeris(ephemeris) = &message {
                let near = tianshu_gnss::time::gps::GpsTime::from_nanos(0);
                if let Ok(resolved) = ephemeris.resolve(near) {
                    prop_assert_eq!(super::ephemeris::EphemerisMessage::of(&resolved).is_ok(), true);
                }
            }
        }
    }
}
