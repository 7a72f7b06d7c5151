//! Descriptions with known values, and bytes without end.

use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::{Description, Field, Value, describe};
use crate::frame::Frame;
use crate::message::decode;

fn payload(hex: &str) -> Frame {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    Frame::from_payload(&bytes).unwrap()
}

fn value<'a>(fields: &'a [Field], name: &str) -> &'a Value {
    &fields.iter().find(|field| field.name == name).unwrap_or_else(|| panic!("no {name}")).value
}

fn text(description: &Description) -> String {
    let fields = description.fields.iter().map(|field| {
        let df = field.data_field.map_or(String::new(), |df| format!(" (DF{df:03})"));
        format!("{}{df} = {:?}\n", field.name, field.value)
    });
    fields.collect()
}

/// The example of RTCM 10403, section 4.2.
#[test]
fn a_reference_point_is_told_by_its_data_fields() {
    let frame = payload("3E D7 D3 02 02 98 0E DE EF 34 B4 BD 62 AC 09 41 98 6F 33");
    let description = describe(&frame);
    assert_eq!(
        (description.number, description.name, description.station_id, description.bytes),
        (Some(1005), "antenna reference point", Some(2003), 25)
    );
    let expected = "\
reference_station_id (DF003) = Unsigned(2003)
itrf_realization_year (DF021) = Unsigned(0)
gps (DF022) = Flag(true)
glonass (DF023) = Flag(false)
galileo (DF024) = Flag(false)
non_physical_station (DF141) = Flag(false)
arp_ecef_x_m (DF025) = Number(1114104.5999)
single_receiver_oscillator (DF142) = Flag(false)
reserved (DF001) = Unsigned(0)
arp_ecef_y_m (DF026) = Number(-4850729.7108)
quarter_cycle_indicator (DF364) = Unsigned(0)
arp_ecef_z_m (DF027) = Number(3975521.4643)
";
    assert_eq!(text(&description), expected);
    assert_eq!(description.fault, None);
}

/// 1230 of a Septentrio receiver, as pyrtcm 1.2.1 reads it: all biases are -71.94 m.
#[test]
fn masked_fields_are_read_where_their_bit_is_set() {
    let biases = describe(&payload("4ce1930ff1f3f1f3f1f3f1f3"));
    assert_eq!(biases.station_id, Some(403));
    assert_eq!(value(&biases.fields, "signals_mask"), &Value::Unsigned(15));
    assert_eq!(value(&biases.fields, "l2_p_code_phase_bias_m"), &Value::Number(-71.94));
}

#[test]
fn a_cut_message_tells_what_it_has_and_where_it_ends() {
    let description = describe(&payload("3E D7 D3 02 02 98 0E DE EF"));
    assert_eq!(description.fields.len(), 7);
    let fault = description.fault.expect("a fault");
    assert!(fault.contains("the message ends at bit 72"), "{fault}");
}

#[test]
fn an_unknown_message_is_told_in_hexadecimal_digits() {
    let description = describe(&payload("FEC0 0102"));
    assert_eq!((description.number, description.name), (Some(4076), "IGS SSR"));
    assert_eq!(value(&description.fields, "payload_hex"), &Value::Text("fec00102".to_owned()));
    let empty = describe(&payload(""));
    assert_eq!((empty.number, empty.bytes), (None, 6));
    assert!(empty.fault.is_some());
}

/// 33 satellites of 12 code biases each, which `rtcm-rs` cannot hold.
#[test]
fn lists_in_lists_are_walked_to_their_end() {
    let mut writer = crate::bits::BitWriter::new();
    let head = [(1059_u64, 12), (7, 20), (0, 4), (0, 1), (0, 4), (0, 16), (0, 4), (33, 6)];
    for (value, bits) in head {
        writer.unsigned(value, bits).unwrap();
    }
    for satellite in 1..=33 {
        writer.unsigned(satellite, 6).unwrap();
        writer.unsigned(12, 5).unwrap();
        for mode in 0..12 {
            writer.unsigned(mode, 5).unwrap();
            writer.signed(-250, 14).unwrap();
        }
    }
    let description = describe(&Frame::from_payload(writer.finish()).unwrap());
    assert_eq!(description.fault, None);
    let Value::List(satellites) = value(&description.fields, "satellites") else { panic!() };
    let last = satellites.last().unwrap();
    assert_eq!((satellites.len(), value(last, "gps_satellite_id")), (33, &Value::Unsigned(33)));
    assert_eq!(value(last, "satellite"), &Value::Absent, "GPS has 32");
    let Value::List(biases) = value(last, "code_biases") else { panic!() };
    let bias = biases.last().map(|bias| value(bias, "code_bias_m"));
    assert_eq!((biases.len(), bias), (12, Some(&Value::Number(-2.5))));
}

proptest! {
    #[test]
    fn no_payload_makes_it_panic(
        number in prop_oneof![0..4096_u16, 1001..1047_u16, 1057..1069_u16, 1071..1138_u16, 1300..1306_u16],
        mut bytes in vec(any::<u8>(), 2..1023),
    ) {
        let [first, second] = (number << 4).to_be_bytes();
        bytes[0] = first;
        bytes[1] = second | bytes[1] & 0xF;
        let frame = Frame::from_payload(&bytes).unwrap();
        let description = describe(&frame);
        prop_assert_eq!(description.number, Some(number));
        prop_assert!(!description.fields.is_empty() || description.fault.is_some());
        // What cannot be walked to its end cannot be decoded either; texts may be refused on top.
        if description.fault.is_some() {
            prop_assert!(decode(&frame).is_err() || !understood(number), "{}", number);
        }
    }
}

/// Whether `decode` reads this message and not only lets it pass.
fn understood(number: u16) -> bool {
    matches!(number, 1001..=1013 | 1019 | 1020 | 1029 | 1033 | 1041 | 1042 | 1044..=1046 | 63 | 1230)
        || crate::msm::header::msm_kind(number).is_some()
}
