//! The recordings, and our frames in them.

use std::path::{Path, PathBuf};

use tianshu_rtcm::frame::{Found, Frame, FrameDecoder};

/// The recordings, as seen from this crate: they stand beside the project, never in it.
const RECORDINGS: &str = "../../shared/data/rtcm";

/// How the files are called that hold no stream but text about one.
const TEXTS: [&str; 3] = ["chk", "dcd", "txt"];

/// A folder or file of the recordings; says by name that a test is skipped where it is missing.
pub(crate) fn recording(test: &str, path: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join(RECORDINGS).join(path);
    if !found.exists() {
        println!("SKIPPED {test}: ../shared/data/rtcm/{path} not found");
        return None;
    }
    Some(found)
}

/// Every stream of all recordings, sorted.
pub(crate) fn streams(test: &str) -> Option<Vec<PathBuf>> {
    let mut streams = Vec::new();
    for folder in sorted(&recording(test, "")?).iter().filter(|folder| folder.is_dir()) {
        streams.extend(sorted(folder).into_iter().filter(|file| is_stream(file)));
    }
    Some(streams)
}

/// The hourly files of two BeiDou stations, sorted.
pub(crate) fn beidou_streams(test: &str) -> Vec<PathBuf> {
    let mut streams = recording(test, "../bds-tibet").into_iter().collect::<Vec<_>>();
    // Two folders deep: the station, the day.
    for _ in 0..3 {
        streams = streams.iter().flat_map(|folder| sorted(folder)).collect();
    }
    streams
}

/// What is in a folder, sorted by name.
pub(crate) fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of the recordings can be read");
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("an entry can be read").path()).collect();
    paths.sort();
    paths
}

/// Our frames in a stream, each with its offset in bytes.
pub(crate) fn frames(stream: &[u8]) -> Vec<(usize, Frame)> {
    let mut decoder = FrameDecoder::new();
    decoder.push(stream);
    decoder.finish();
    let mut at = 0;
    let mut frames = Vec::new();
    while let Some(found) = decoder.next_found() {
        match found {
            Found::Noise(noise) => at += noise.bytes as usize,
            Found::Frame(frame) => {
                let bytes = frame.as_bytes().len();
                frames.push((at, frame));
                at += bytes;
            }
        }
    }
    assert_eq!(at, stream.len(), "the findings make up the whole stream");
    frames
}

/// The last two parts of a path, to name a file in a message.
pub(crate) fn name(path: &Path) -> String {
    let part =
        |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    format!("{}/{}", part(path.parent().and_then(Path::file_name)), part(path.file_name()))
}

fn is_stream(path: &Path) -> bool {
    let text =
        path.extension().is_some_and(|extension| TEXTS.iter().any(|text| extension == *text));
    let licence = path.file_name().is_some_and(|name| name == "LICENSE" || name == "COPYING");
    path.is_file() && !text && !licence
}
