//! Chunked transfer coding (RFC 9112, section 7.1), both ways, for bodies that never end.

use crate::findings::{Finding, Findings};

/// The longest chunk taken for one. An epoch of a whole network is below 64 kB and curl uploads in pieces
/// of 64 kB: a length above 1 MiB is lost framing, not a chunk.
pub const CHUNK_BYTES_MAX: usize = 1024 * 1024;

/// The longest length line with its extensions, and the longest trailer; both are thrown away unread.
pub const CHUNK_LINE_BYTES_MAX: usize = 1024;

/// What ends a chunked body.
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// One chunk in one piece: length with lower overhead, no extension, so that it leaves in one write.
/// pygnssutils breaks on chunks in several segments, BKG ntripclient on extensions (docs/ntrip-in-the-field.md, "Forms of yes").
///
/// Nothing gives nothing: an empty chunk would mean the end of the stream.
pub fn encode_chunk(data: &[u8]) -> Vec<u8> {
    if data.is_empty() {
        return Vec::new();
    }
    let mut chunk = format!("{:X}\r\n", data.len()).into_bytes();
    chunk.reserve_exact(data.len() + 2);
    chunk.extend_from_slice(data);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

/// Whether more of a chunked body is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkProgress {
    /// More may come.
    Going,
    /// The last chunk has come.
    Ended,
    /// The framing is lost; what follows cannot be used.
    Broken,
}

/// Takes a chunked body in any pieces and gives its data.
#[derive(Clone, Debug, Default)]
pub struct ChunkDecoder {
    state: State,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// Before the first byte of the body.
    #[default]
    Start,
    /// Before the length of a chunk that is not the first.
    SizeStart,
    /// In the length.
    Size {
        size: usize,
        line_bytes: usize,
    },
    /// Behind the length: spaces or extensions, up to the line's end.
    SizeTail {
        size: usize,
        line_bytes: usize,
    },
    /// In the data.
    Data {
        left: usize,
    },
    /// Behind the data, before its CR or LF.
    DataEnd,
    /// Behind the data's CR.
    DataCr,
    /// Behind the last chunk: trailer lines up to an empty one.
    Trailer {
        line_empty: bool,
        bytes: usize,
    },
    /// The body was never chunked.
    Raw,
    Ended,
    Broken,
}

impl ChunkDecoder {
    /// A decoder before its first byte.
    pub fn new() -> Self {
        Self::default()
    }

    /// The data in these bytes. Does not depend on how the body is cut into pieces.
    ///
    /// A body that does not begin with a hexadecimal digit was announced as chunked and is not (docs/ntrip-in-the-field.md,
    /// note 44): it is given as it is. RTCM 3 begins with 0xD3, so the two cannot be confused.
    pub fn push(&mut self, mut bytes: &[u8], findings: &mut Findings) -> Vec<u8> {
        let mut data = Vec::with_capacity(bytes.len());
        while let Some((&byte, rest)) = bytes.split_first() {
            match self.state {
                State::Data { left } => {
                    let (taken, rest) = bytes.split_at(left.min(bytes.len()));
                    data.extend_from_slice(taken);
                    bytes = rest;
                    self.state = match left - taken.len() {
                        0 => State::DataEnd,
                        left => State::Data { left },
                    };
                }
                State::Start if !byte.is_ascii_hexdigit() => {
                    findings.note(Finding::ChunkedButRaw);
                    self.state = State::Raw;
                }
                State::Raw => {
                    data.extend_from_slice(bytes);
                    break;
                }
                State::Ended | State::Broken => break,
                framing => {
                    self.state = after(framing, byte);
                    if matches!(self.state, State::Broken) {
                        findings.note(Finding::BrokenChunk);
                    }
                    bytes = rest;
                }
            }
        }
        data
    }

    /// Whether more is to come.
    pub fn progress(&self) -> ChunkProgress {
        match self.state {
            State::Ended => ChunkProgress::Ended,
            State::Broken => ChunkProgress::Broken,
            _ => ChunkProgress::Going,
        }
    }
}

/// The state after one byte of framing.
fn after(state: State, byte: u8) -> State {
    match (state, byte) {
        (State::Start | State::SizeStart, _) => match digit(byte) {
            Some(size) => State::Size { size, line_bytes: 1 },
            None => State::Broken,
        },
        (State::Size { size, .. } | State::SizeTail { size, .. }, b'\n') => match size {
            0 => State::Trailer { line_empty: true, bytes: 0 },
            left => State::Data { left },
        },
        (State::Size { size, line_bytes }, _) => match (digit(byte), byte) {
            (Some(low), _) => longer(size * 16 + low, line_bytes + 1),
            (None, b'\r' | b' ' | b'\t' | b';') => {
                State::SizeTail { size, line_bytes: line_bytes + 1 }
            }
            (None, _) => State::Broken,
        },
        (State::SizeTail { size, line_bytes }, _) if line_bytes < CHUNK_LINE_BYTES_MAX => {
            State::SizeTail { size, line_bytes: line_bytes + 1 }
        }
        (State::DataEnd, b'\r') => State::DataCr,
        (State::DataEnd | State::DataCr, b'\n') => State::SizeStart,
        (State::Trailer { line_empty: true, .. }, b'\n') => State::Ended,
        (State::Trailer { bytes, .. }, _) if bytes >= CHUNK_LINE_BYTES_MAX => State::Broken,
        (State::Trailer { line_empty, bytes }, _) => State::Trailer {
            line_empty: byte == b'\n' || (line_empty && byte == b'\r'),
            bytes: bytes + 1,
        },
        _ => State::Broken,
    }
}

fn longer(size: usize, line_bytes: usize) -> State {
    if size > CHUNK_BYTES_MAX || line_bytes > CHUNK_LINE_BYTES_MAX {
        return State::Broken;
    }
    State::Size { size, line_bytes }
}

fn digit(byte: u8) -> Option<usize> {
    char::from(byte).to_digit(16).and_then(|value| usize::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(body: &[u8], size: usize) -> (Vec<u8>, ChunkProgress, Findings) {
        let (mut decoder, mut findings) = (ChunkDecoder::new(), Findings::default());
        let data = body.chunks(size).flat_map(|piece| decoder.push(piece, &mut findings)).collect();
        (data, decoder.progress(), findings)
    }

    #[track_caller]
    fn check(body: &[u8], data: &[u8], progress: ChunkProgress) {
        for size in [1, 2, 3, 7, 64] {
            let (found, state, _) = decode(body, size);
            assert_eq!((found.as_slice(), state), (data, progress), "{}", body.escape_ascii());
        }
    }

    #[test]
    fn chunks_are_read_in_every_form_of_the_field() {
        use ChunkProgress::{Broken, Ended, Going};
        check(b"3\r\nabc\r\n", b"abc", Going);
        check(b"3\nabc\n", b"abc", Going); // bare LF
        check(b"0003\r\nabc\r\n2\r\nde\r\n", b"abcde", Going);
        check(b"a\r\n0123456789\r\n", b"0123456789", Going);
        check(b"A;x=1\r\n0123456789\r\n", b"0123456789", Going); // v2_chunk_ext of table e3
        check(b"3 \r\nabc\r\n0\r\n\r\n", b"abc", Ended);
        check(b"1\r\na\r\n0\r\nX: y\r\n\r\nmore", b"a", Ended);
        check(b"3\r\nabcd", b"abc", Broken);
        check(b"3\r\nabc\r\nxyz", b"abc", Broken);
        check(b"FFFFFFFFFFFFFFFFFFFFFFF\r\n", b"", Broken);
        check(b"3x\r\nabc", b"", Broken);
    }

    #[test]
    fn a_raw_body_that_was_announced_as_chunked_is_given_as_it_is() {
        let (data, progress, findings) = decode(b"\xD3\x00\x13rest", 2);
        assert_eq!((data.as_slice(), progress), (&b"\xD3\x00\x13rest"[..], ChunkProgress::Going));
        assert_eq!(findings.count(Finding::ChunkedButRaw), 1);
    }

    #[test]
    fn lines_without_end_are_bounded() {
        let (_, progress, _) = decode(&[b"5;".as_slice(), &[b'x'; 5000]].concat(), 64);
        assert_eq!(progress, ChunkProgress::Broken);
        let (_, progress, _) = decode(&[b"0\r\n".as_slice(), &[b'x'; 5000]].concat(), 64);
        assert_eq!(progress, ChunkProgress::Broken);
        let (_, progress, _) = decode(&[b'0'; 5000], 64);
        assert_eq!(progress, ChunkProgress::Broken);
    }

    #[test]
    fn nothing_is_never_sent_as_a_chunk() {
        assert_eq!(encode_chunk(b""), b"");
        assert_eq!(encode_chunk(&[7; 26]).get(..4), Some(&b"1A\r\n"[..]));
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(frames: Vec<Vec<u8>>, size in 1..64_usize) {
            let body: Vec<u8> = frames.iter().flat_map(|frame| encode_chunk(frame)).collect();
            let (data, progress, findings) = decode(&body, size);
            prop_assert_eq!(data, frames.concat());
            prop_assert_eq!(progress, ChunkProgress::Going);
            prop_assert!(findings.is_empty());
        }

        #[test]
        fn pieces_do_not_matter(body: Vec<u8>, size in 1..64_usize) {
            let (whole, pieces) = (decode(&body, body.len().max(1)), decode(&body, size));
            prop_assert_eq!((whole.0, whole.1, whole.2), (pieces.0, pieces.1, pieces.2));
        }
    }
}
