//! Captured streams as the tests over `../shared/data` read them.

use std::fs;
use std::path::Path;

use tianshu_rtcm::frame::{Found, Frame, FrameDecoder};

/// The frames of one file.
pub(crate) fn frames(path: &Path) -> Vec<Frame> {
    let mut decoder = FrameDecoder::new();
    decoder.push(&fs::read(path).expect("a file of the folder can be read"));
    decoder.finish();
    let found = std::iter::from_fn(|| decoder.next_found());
    found
        .filter_map(|found| match found {
            Found::Frame(frame) => Some(frame),
            Found::Noise(_) => None,
        })
        .collect()
}
