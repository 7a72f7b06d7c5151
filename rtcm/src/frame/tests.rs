//! Frames found in clean, dirty, cut and hostile streams.

use proptest::prelude::{any, prop_assert_eq, proptest};

use super::{FRAME_BYTES_MAX, FindingCounts, Found, Frame, FrameDecoder, Noise, PAYLOAD_BYTES_MAX};

/// The 1005 example of RTCM 10403.1 section 4.2, as printed in the standard (station 2003).
const EXAMPLE_1005: [u8; 25] = [
    0xD3, 0x00, 0x13, 0x3E, 0xD7, 0xD3, 0x02, 0x02, 0x98, 0x0E, 0xDE, 0xEF, 0x34, 0xB4, 0xBD, 0x62,
    0xAC, 0x09, 0x41, 0x98, 0x6F, 0x33, 0x36, 0x0B, 0x98,
];

fn findings<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Found> {
    let mut decoder = FrameDecoder::new();
    let mut found = Vec::new();
    for chunk in chunks {
        decoder.push(chunk);
        found.extend(std::iter::from_fn(|| decoder.next_found()));
    }
    decoder.finish();
    found.extend(std::iter::from_fn(|| decoder.next_found()));
    found
}

fn frame(payload: &[u8]) -> Frame {
    Frame::from_payload(payload).unwrap()
}

fn noise(bytes: u32) -> Noise {
    Noise { bytes, ..Noise::default() }
}

#[track_caller]
fn check(stream: &[u8], expected: &[Found]) {
    assert_eq!(findings([stream]), expected);
}

#[test]
fn the_example_of_the_standard_is_one_frame() {
    let [Found::Frame(frame)] = &findings([&EXAMPLE_1005[..]])[..] else {
        panic!("the example is exactly one frame");
    };
    assert_eq!(frame.message_number(), Some(1005));
    assert_eq!(frame.station_id(), Some(2003));
    assert_eq!(frame.as_bytes(), EXAMPLE_1005);
    assert_eq!(Frame::from_payload(frame.payload()).unwrap(), *frame);
}

#[test]
fn noise_is_counted_by_kind() {
    let whole = frame(b"\x3E\xD0");
    let found = Found::Frame(whole.clone());
    let bytes = whole.as_bytes();
    check(b"", &[]);
    check(b"abc", &[Found::Noise(noise(3))]);
    check(&[b"abc", bytes].concat(), &[Found::Noise(noise(3)), found.clone()]);
    let reserved = Noise { reserved_bits: 1, ..noise(2) };
    check(&[b"\xD3\x04", bytes].concat(), &[Found::Noise(reserved), found.clone()]);
    let truncated = Noise { truncated: 1, ..noise(2) };
    check(&[bytes, b"\xD3\x00"].concat(), &[found.clone(), Found::Noise(truncated)]);
    let mut damaged = bytes.to_vec();
    damaged[4] ^= 1;
    let bad = Noise { bad_crc: 1, ..noise(8) };
    check(&[&damaged, bytes].concat(), &[Found::Noise(bad), found]);
}

#[test]
fn a_frame_behind_a_false_preamble_is_kept() {
    let whole = frame(b"\x3E\xD0");
    let hidden = [b"\xD3\x00\x05", whole.as_bytes(), &[0; 20]].concat();
    let before = Noise { bad_crc: 1, ..noise(3) };
    check(&hidden, &[Found::Noise(before), Found::Frame(whole.clone()), Found::Noise(noise(20))]);
    // Also where the stream ends before the false length is reached.
    let cut_off = [b"\xD3\x03\xFF", whole.as_bytes()].concat();
    let before = Noise { truncated: 1, ..noise(3) };
    check(&cut_off, &[Found::Noise(before), Found::Frame(whole)]);
}

#[test]
fn a_stalled_false_preamble_is_released_by_the_timer() {
    let whole = frame(b"\x3E\xD0");
    let mut decoder = FrameDecoder::new();
    decoder.push(&[b"\xD3\x03\xFF", whole.as_bytes()].concat());
    assert_eq!(decoder.next_found(), None);
    assert_eq!(decoder.missing_bytes(), Some(FRAME_BYTES_MAX - 3 - whole.as_bytes().len()));
    decoder.flush_stalled();
    let released = Noise { truncated: 1, ..noise(3) };
    assert_eq!(decoder.next_found(), Some(Found::Noise(released)));
    assert_eq!(decoder.next_found(), Some(Found::Frame(whole)));
    assert_eq!(decoder.next_found(), None);
    assert_eq!(decoder.missing_bytes(), None);
}

#[test]
fn lengths_at_their_limits() {
    let empty = frame(b"");
    assert_eq!((empty.message_number(), empty.station_id()), (None, None));
    check(empty.as_bytes(), &[Found::Frame(empty.clone())]);
    assert_eq!(frame(b"\x3E").message_number(), None);
    let longest = frame(&[0x3E; PAYLOAD_BYTES_MAX]);
    assert_eq!(longest.as_bytes().len(), FRAME_BYTES_MAX);
    check(longest.as_bytes(), &[Found::Frame(longest.clone())]);
    let error = Frame::from_payload(&[0; PAYLOAD_BYTES_MAX + 1]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a payload of 1024 bytes is longer than the 1023 bytes of one frame"
    );
}

#[test]
fn station_ids_stand_where_the_tables_say() {
    // 1030: number (12 bits), epoch (20 bits), then the station ID 0xABC.
    assert_eq!(frame(b"\x40\x60\x00\x00\xAB\xC0\x00").station_id(), Some(0xABC));
    // 1031: number (12 bits), epoch (17 bits), then the station ID 0xABC.
    assert_eq!(frame(b"\x40\x70\x00\x05\x5E\x00").station_id(), Some(0xABC));
    // 1019 begins with a satellite, and 1070 is no MSM.
    assert_eq!(frame(b"\x3F\xBF\xFF\xFF").station_id(), None);
    assert_eq!(frame(b"\x42\xEF\xFF\xFF").station_id(), None);
}

#[test]
fn long_noise_is_reported_while_it_lasts() {
    let found = findings([&vec![0_u8; 150_000][..]]);
    let bytes: Vec<u32> = found
        .iter()
        .map(|found| match found {
            Found::Noise(noise) => noise.bytes,
            Found::Frame(_) => panic!("no frame in zeros"),
        })
        .collect();
    assert_eq!(bytes, [65_536, 65_536, 18_928]);
}

/// Streams rich in preambles, frames and near-frames, so that the rare paths are common here.
fn stream() -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
    use proptest::strategy::Strategy;
    let payload = proptest::collection::vec(any::<u8>(), 0..40);
    let piece = proptest::prop_oneof![
        payload.clone().prop_map(|payload| frame(&payload).as_bytes().to_vec()),
        payload.clone(),
        payload.prop_map(|mut bytes| {
            bytes.splice(..0, [0xD3, 0x00]);
            bytes
        }),
        proptest::strategy::Just(vec![0xD3; 5]),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn findings_do_not_depend_on_chunking(stream in stream(), size in 1..64_usize) {
        prop_assert_eq!(findings([&stream[..]]), findings(stream.chunks(size)));
    }

    #[test]
    fn every_byte_is_accounted_for(stream in stream()) {
        let mut counts = FindingCounts::default();
        for found in &findings([&stream[..]]) {
            counts.add(found);
        }
        prop_assert_eq!(counts.frame_bytes + counts.noise_bytes, stream.len() as u64);
    }

    #[test]
    fn a_payload_comes_back(payload in proptest::collection::vec(any::<u8>(), 0..=1023)) {
        let frame = frame(&payload);
        prop_assert_eq!(frame.payload(), &payload[..]);
        prop_assert_eq!(findings([frame.as_bytes()]), vec![Found::Frame(frame.clone())]);
    }
}
