//! Every recording of `../shared/data`: each message that is no MSM, read, understood and written again.
#![expect(clippy::print_stdout, reason = "a test says what it skipped and how much it compared")]

mod captures;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_rtcm::describe::describe;
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::message::ephemeris::EphemerisMessage;
use tianshu_rtcm::message::{Message, decode};

use captures::frames;

/// Relative to the crate: the data stand beside the project, never in it.
const DATA: &str = "../../shared/data";

/// About the middle of the recordings' years, 2020: near enough for every week count.
fn near() -> GpsTime {
    GpsTime::from_week(2086, Interval::ZERO)
}

/// What became of the frames of one message number.
#[derive(Default)]
struct Tally {
    frames: u32,
    identical: u32,
    filling: u32,
    corrupt: u32,
    unresolved: u32,
    different: u32,
}

#[test]
fn every_message_of_the_recordings_is_written_back() {
    let test = "every_message_of_the_recordings_is_written_back";
    let Some(files) = recordings(test, "rtcm") else { return };
    let mut tallies: BTreeMap<u16, Tally> = BTreeMap::new();
    let (mut captured_ephemerides, mut described, mut faults, mut short) = (0, 0, 0, 0);
    for path in &files {
        // Made by a generator from random bits, not by a receiver.
        let synthetic = path.components().any(|part| part.as_os_str() == "synthetic-vectors");
        for (place, frame) in frames(path).iter().enumerate() {
            let at = format!("{} frame {place}", path.display());
            let description = describe(frame);
            described += 1;
            let Some(number) = frame.message_number() else { continue };
            let tally = tallies.entry(number).or_default();
            tally.frames += 1;
            let message = match decode(frame) {
                Ok(message) => message,
                Err(fault) => {
                    tally.corrupt += 1;
                    println!("{at}: {fault}");
                    continue;
                }
            };
            // One sender of 1025 leaves out its last byte.
            let other = matches!(message, Message::Other { .. });
            assert!(other || description.fault.is_none(), "{at}: read, but not described");
            short += u32::from(description.fault.is_some());
            let Some(written) = write(&message, tally) else { continue };
            let ephemeris = matches!(message, Message::Ephemeris(_));
            captured_ephemerides += u32::from(ephemeris && !synthetic);
            // 63 is sent again under the number that the standard gave it later.
            let written = if number == 63 { renumbered(&written, number) } else { written };
            if written == *frame {
                tally.identical += 1;
            } else if same_but_for_filling(frame, &written)
                || (number == 1029 && same_text(frame, &written))
            {
                tally.filling += 1;
            } else {
                tally.different += 1;
                if !synthetic {
                    println!("{at} ({number}): {} became {}", hex(frame), hex(&written));
                    faults += 1;
                }
            }
        }
    }
    report(&tallies);
    println!(
        "{captured_ephemerides} captured ephemerides, {described} frames described, {short} of them cut short"
    );
    assert_eq!(faults, 0, "messages that came back different, see above");
    assert!(captured_ephemerides >= 18_000, "{captured_ephemerides}");
}

/// The message as we would send it; for ephemerides by way of what the rest of the house understands.
fn write(message: &Message, tally: &mut Tally) -> Option<Frame> {
    Some(match message {
        Message::Legacy(m) => m.to_frame(),
        Message::ReferencePoint(m) => m.to_frame().expect("what was read can be written"),
        Message::Equipment(m) => m.to_frame().ok()?,
        Message::SystemParameters(m) => m.to_frame().expect("what was read can be written"),
        Message::Text(m) => m.to_frame().expect("what was read can be written"),
        Message::GlonassBias(m) => m.to_frame().expect("what was read can be written"),
        Message::Residuals(m) => m.to_frame().expect("what was read can be written"),
        Message::PhysicalStation(m) => m.to_frame().expect("what was read can be written"),
        Message::AuxiliaryStation(m) => m.to_frame().expect("what was read can be written"),
        Message::CorrectionDifferences(m) => m.to_frame().expect("what was read can be written"),
        Message::Gradients(m) => m.to_frame().expect("what was read can be written"),
        Message::Ephemeris(m) => {
            let Ok(ephemeris) = m.resolve(near()) else {
                tally.unresolved += 1;
                return None;
            };
            EphemerisMessage::of(&ephemeris).expect("what was read can be written").to_frame()
        }
        Message::Msm(_) | Message::Other { .. } => return None,
    })
}

/// Some senders of 1029 miscount its characters (DF138, the low seven bits of byte 7); the bytes count.
fn same_text(received: &Frame, written: &Frame) -> bool {
    let (received, written) = (received.payload(), written.payload());
    received.get(..7) == written.get(..7) && received.get(8..) == written.get(8..)
}

/// Senders leave what they like in the unused bits of the last byte, in reserved bits and behind the end.
fn same_but_for_filling(received: &Frame, written: &Frame) -> bool {
    let (received, written) = (received.payload(), written.payload());
    let whole = written.len().saturating_sub(1);
    received.len() >= written.len() && received.get(..whole) == written.get(..whole)
}

fn renumbered(frame: &Frame, number: u16) -> Frame {
    let mut payload = frame.payload().to_vec();
    let [first, second] = (number << 4).to_be_bytes();
    payload[0] = first;
    payload[1] = second | payload[1] & 0xF;
    Frame::from_payload(&payload).expect("as long as it was")
}

fn hex(frame: &Frame) -> String {
    frame.payload().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn report(tallies: &BTreeMap<u16, Tally>) {
    let ours = |t: &&Tally| t.identical + t.filling + t.corrupt + t.different + t.unresolved > 0;
    for (number, t) in tallies.iter().filter(|(_, t)| ours(t)) {
        println!(
            "{number}: {} frames, {} identical, {} but for filling, {} different, {} unresolved, {} corrupt",
            t.frames, t.identical, t.filling, t.different, t.unresolved, t.corrupt
        );
    }
}

/// All files below a folder of the data; none, said by name, where it is missing.
fn recordings(test: &str, folder: &str) -> Option<Vec<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(DATA).join(folder);
    if !root.exists() {
        println!("SKIPPED {test}: ../shared/data/{folder} not found");
        return None;
    }
    let mut files = Vec::new();
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of the data can be read") {
            let path = entry.expect("an entry can be read").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Some(files)
}
