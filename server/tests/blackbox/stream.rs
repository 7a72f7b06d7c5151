//! Streams to send: recordings of real receivers, and frames made here.

use std::path::{Path, PathBuf};

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::{Geodetic, WGS84};
use tianshu_gnss::station::ReferencePoint;
use tianshu_rtcm::frame::{FindingCounts, Found, Frame, FrameDecoder};
use tianshu_rtcm::message::station::ReferencePointMessage;
use tianshu_rtcm::msm::header::{MsmHeader, MsmLevel};
use tianshu_rtcm::msm::message::{Msm, MsmCell, MsmSatellite};

/// The recordings, as seen from this crate: they stand beside the project, never in it.
const RECORDINGS: &str = "../../shared/data/rtcm";

/// A file or folder of the recordings; says by name that a test is skipped where it is missing.
pub(crate) fn recording_path(test: &str, name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(RECORDINGS).join(name);
    if !path.exists() {
        println!("SKIPPED {test}: ../shared/data/rtcm/{name} not found");
        return None;
    }
    Some(path)
}

/// The bytes of a recording.
pub(crate) fn recording(test: &str, name: &str) -> Option<Vec<u8>> {
    recording_path(test, name).map(|path| std::fs::read(path).unwrap())
}

/// The frames in these bytes, and how many bytes are in none.
pub(crate) fn frames_in(bytes: &[u8]) -> (Vec<Frame>, u64) {
    let mut decoder = FrameDecoder::new();
    decoder.push(bytes);
    decoder.finish();
    let (mut frames, mut counts) = (Vec::new(), FindingCounts::default());
    while let Some(found) = decoder.next_found() {
        counts.add(&found);
        if let Found::Frame(frame) = found {
            frames.push(frame);
        }
    }
    (frames, counts.noise_bytes)
}

/// The bytes of frames, one after the other.
pub(crate) fn joined(frames: &[Frame]) -> Vec<u8> {
    frames.iter().flat_map(|frame| frame.as_bytes().iter().copied()).collect()
}

/// A frame that no recording has. A station repeats it until everybody listens; then its stream begins.
pub(crate) fn prologue() -> Vec<u8> {
    let mut payload = (4094_u16 << 4).to_be_bytes().to_vec();
    payload.extend_from_slice(b"the stream begins soon");
    Frame::from_payload(&payload).unwrap().as_bytes().to_vec()
}

/// What came behind the prologue.
pub(crate) fn without_prologue(mut bytes: &[u8]) -> &[u8] {
    let prologue = prologue();
    while let Some(rest) = bytes.strip_prefix(prologue.as_slice()) {
        bytes = rest;
    }
    bytes
}

/// Fails with the first difference rather than with pages of bytes.
#[track_caller]
pub(crate) fn assert_same(what: &str, read: &[u8], sent: &[u8]) {
    let differs = read.iter().zip(sent).position(|(a, b)| a != b);
    assert_eq!(differs, None, "{what}: the first byte that differs");
    assert_eq!(read.len(), sent.len(), "{what}: the number of bytes");
}

/// Where a made station stands.
pub(crate) fn place(latitude_deg: f64) -> Geodetic {
    Geodetic::from_degrees(latitude_deg, 108.0, 80.0)
}

/// The 1006 of a made station.
pub(crate) fn reference_point(station_id: u16, latitude_deg: f64) -> Frame {
    let message = ReferencePointMessage {
        station_id,
        gps: true,
        glonass: false,
        galileo: false,
        non_physical: false,
        single_oscillator: true,
        quarter_cycle: 0,
        point: ReferencePoint {
            place: place(latitude_deg).to_ecef(WGS84),
            antenna_height_m: Some(0.1),
            itrf_year: 0,
        },
    };
    message.to_frame().unwrap()
}

/// One epoch of a made station: GPS, and BeiDou as its last message, MSM4. The serial number is its second of
/// the week.
pub(crate) fn epoch(station_id: u16, serial: u32) -> [Frame; 2] {
    let gps = observations(Constellation::Gps, station_id, serial * 1000, true);
    // BDT is 14 s behind GPS time; all serial numbers here are larger.
    let beidou = observations(Constellation::BeiDou, station_id, (serial - 14) * 1000, false);
    [gps, beidou]
}

/// A made station's stream: its reference point, then epochs, the point again before each tenth.
pub(crate) fn made_stream(station_id: u16, epochs: u32) -> Vec<u8> {
    let mut frames = Vec::new();
    for serial in 0..epochs {
        if serial % 10 == 0 {
            frames.push(reference_point(station_id, 22.0));
        }
        frames.extend(epoch(station_id, 100 + serial));
    }
    joined(&frames)
}

/// Five satellites, 72 ms away, with one signal of ID 2 (GPS L1C, BeiDou B1I).
fn observations(
    constellation: Constellation,
    station_id: u16,
    epoch_time: u32,
    more_follow: bool,
) -> Frame {
    let mut header = MsmHeader::new(constellation, MsmLevel::Msm4, station_id, epoch_time);
    header.more_follow = more_follow;
    let satellite = |id| MsmSatellite { id, range_ms: Some(72), ..MsmSatellite::default() };
    let cell = |satellite| MsmCell {
        satellite,
        signal_id: 2,
        fine_range: Some(17 + i32::from(satellite)),
        fine_phase: Some(-4),
        lock_time: Some(5),
        cn0: Some(45),
        ..MsmCell::default()
    };
    let msm = Msm {
        header,
        satellites: (11..16).map(satellite).collect(),
        signal_mask: 1 << 30,
        cells: (0..5).map(cell).collect(),
    };
    msm.encode().unwrap()
}
