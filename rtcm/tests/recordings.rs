//! Every recording of `../shared/data`: frames found, and each MSM read and written again, bit for bit.
#![expect(clippy::print_stdout, reason = "a test says what it skipped and how much it compared")]

use std::fs;
use std::path::{Path, PathBuf};

use tianshu_rtcm::frame::{FindingCounts, Found, Frame, FrameDecoder};
use tianshu_rtcm::msm::header::msm_kind;
use tianshu_rtcm::msm::message::Msm;

/// Relative to the crate: the data stand beside the project, never in it.
const DATA: &str = "../../shared/data";

#[test]
fn every_msm_of_the_recordings_is_written_back_bit_for_bit() {
    let Some(files) = recordings("every_msm_of_the_recordings_is_written_back_bit_for_bit") else {
        return;
    };
    let mut total = FindingCounts::default();
    let (mut identical, mut filled) = (0, 0);
    for path in &files {
        for (place, frame) in frames(path, &mut total).iter().enumerate() {
            let number = frame.message_number().filter(|&number| msm_kind(number).is_some());
            let Some(number) = number else { continue };
            let at = format!("{} frame {place} ({number})", path.display());
            let msm = Msm::decode(frame.payload()).expect(&at);
            let written = msm.encode().expect(&at);
            if written == *frame {
                identical += 1;
            } else {
                assert!(differs_in_filling_only(frame, &written, msm.payload_bits()), "{at}");
                filled += 1;
            }
        }
    }
    println!("{} files: {total:?}", files.len());
    println!("{identical} MSM frames identical, {filled} more but for the sender's filling bits");
    // What the folder is known to hold: fewer would mean frames lost in the search.
    assert!(total.frames >= 190_000, "{total:?}");
    assert!(identical >= 60_000, "{identical}");
}

/// u-blox appends zero bytes, and a Piksi leaves what it had in the unused bits of the last byte.
fn differs_in_filling_only(received: &Frame, written: &Frame, used_bits: usize) -> bool {
    let (received, written) = (received.payload(), written.payload());
    let whole = used_bits / 8;
    let last = |payload: &[u8]| payload.get(whole).map(|byte| byte >> (8 - used_bits % 8));
    received.get(..whole) == written.get(..whole)
        && (used_bits.is_multiple_of(8) || last(received) == last(written))
}

/// The frames of one file.
fn frames(path: &Path, total: &mut FindingCounts) -> Vec<Frame> {
    let mut decoder = FrameDecoder::new();
    decoder.push(&fs::read(path).expect("a file of the folder can be read"));
    decoder.finish();
    let mut frames = Vec::new();
    for found in std::iter::from_fn(|| decoder.next_found()) {
        total.add(&found);
        if let Found::Frame(frame) = found {
            frames.push(frame);
        }
    }
    frames
}

/// All files of the RTCM folders that are streams, not descriptions of them.
fn recordings(test: &str) -> Option<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in ["rtcm", "bds-tibet"] {
        collect(&Path::new(DATA).join(folder), &mut files);
    }
    if files.is_empty() {
        println!("SKIPPED {test}: ../shared/data/rtcm not found");
        return None;
    }
    files.sort();
    Some(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let text = ["md", "txt", "chk", "dcd", "json", "LICENSE"];
        if path.is_dir() {
            collect(&path, files);
        } else if !path.extension().is_some_and(|ext| text.iter().any(|text| ext == *text)) {
            files.push(path);
        }
    }
}
