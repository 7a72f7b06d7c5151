//! Segments: the files of a spool. A head, then records one behind the other.
//!
//! ```text
//! 8 bytes  "TSSPOOL1"
//! u64      the spool's identity     little-endian
//! u64      the segment's number
//! records  see record.rs
//! ```

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::archive::record::{RECORD_BYTES_MAX, RECORD_HEAD_BYTES, checksum};

/// What a segment begins with.
const MAGIC: &[u8; 8] = b"TSSPOOL1";
/// Bytes before the first record.
pub(in crate::archive) const SEGMENT_HEAD_BYTES: u64 = 24;
/// Read at once: some hundred records.
const READ_BYTES: usize = 1 << 20;

/// The name of a segment that is still written.
pub(super) fn open_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:016}.open"))
}

/// The name of a segment that will not change any more.
pub(in crate::archive) fn sealed_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:016}.segment"))
}

/// The number and whether it is sealed, by a segment's name; none for another file.
pub(super) fn parse_name(path: &Path) -> Option<(u64, bool)> {
    let number = path.file_stem()?.to_str()?.parse().ok()?;
    match path.extension()?.to_str()? {
        "open" => Some((number, false)),
        "segment" => Some((number, true)),
        _ => None,
    }
}

/// The head of a segment.
pub(super) fn head(identity: u64, number: u64) -> Vec<u8> {
    let mut head = MAGIC.to_vec();
    head.extend(identity.to_le_bytes());
    head.extend(number.to_le_bytes());
    head
}

/// What comes next in a segment.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::archive) enum Next<'a> {
    /// A record whose checksum holds: where its body begins, and the body.
    Record(u64, &'a [u8]),
    /// A record whose checksum does not hold. The next one may.
    Damaged,
    /// The end. `torn` if there is something behind it that is no whole record.
    End {
        /// Whether bytes are left.
        torn: bool,
    },
}

/// Reads the records of a segment, in order.
pub(in crate::archive) struct SegmentReader {
    file: BufReader<File>,
    body: Vec<u8>,
    at: u64,
    end: u64,
}

impl SegmentReader {
    /// Opens a segment. One without a whole head has no records.
    pub(in crate::archive) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let end = file.metadata()?.len();
        let mut file = BufReader::with_capacity(READ_BYTES, file);
        let mut head = [0; 24];
        let is_whole = end >= SEGMENT_HEAD_BYTES && {
            file.read_exact(&mut head)?;
            head.starts_with(MAGIC)
        };
        let end = if is_whole { end } else { 0 };
        Ok(Self { file, body: Vec::new(), at: SEGMENT_HEAD_BYTES, end })
    }

    /// Where the next record begins.
    pub(super) fn position(&self) -> u64 {
        self.at
    }

    /// The next record.
    pub(in crate::archive) fn next(&mut self) -> io::Result<Next<'_>> {
        let left = self.end.saturating_sub(self.at);
        let head_bytes = RECORD_HEAD_BYTES as u64;
        if left < head_bytes {
            return Ok(Next::End { torn: left > 0 });
        }
        let mut head = [0; RECORD_HEAD_BYTES];
        self.file.read_exact(&mut head)?;
        let [a, b, c, d, e, f, g, h] = head;
        let length = u32::from_le_bytes([a, b, c, d]);
        let sum = u32::from_le_bytes([e, f, g, h]);
        let bytes = usize::try_from(length).unwrap_or(usize::MAX);
        if bytes == 0 || bytes > RECORD_BYTES_MAX || left - head_bytes < u64::from(length) {
            self.end = self.at;
            return Ok(Next::End { torn: true });
        }
        self.body.resize(bytes, 0);
        self.file.read_exact(&mut self.body)?;
        let start = self.at + head_bytes;
        self.at = start + u64::from(length);
        if checksum(&self.body) != sum {
            return Ok(Next::Damaged);
        }
        Ok(Next::Record(start, &self.body))
    }
}
