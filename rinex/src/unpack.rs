//! The text behind a file: gzip is taken off, plain text passes.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader};

use flate2::bufread::MultiGzDecoder;
use flate2::{Crc, Decompress, FlushDecompress, Status};

/// The first bytes of a gzip member: its magic number and the only method there is (RFC 1952, section 2.3.1).
const GZIP_MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
/// The first bytes of a file by Unix `compress`, as archives kept RINEX 2 files until 2020.
const COMPRESS_MAGIC: [u8; 2] = [0x1f, 0x9d];
/// A day at 1 Hz of 60 satellites on five signals is 1.2 GB of text; what unpacks to more is no RINEX file.
pub const UNPACKED_BYTES_MAX: usize = 2 << 30;
/// By how much the text grows at a time: RINEX packs to a quarter, so that this is a step of some 64 kB of the file.
const STEP_BYTES: usize = 256 << 10;

/// Why a file could not be unpacked. Each asks for another reaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnpackError {
    /// The gzip data are damaged or cut short: fetch the file again.
    #[error("the gzip data are damaged or cut short")]
    Damaged,
    /// It grows beyond every bound: not a RINEX file.
    #[error("it unpacks to more than {UNPACKED_BYTES_MAX} bytes")]
    TooLarge,
    /// Packed by Unix `compress`: unpack it by `gunzip` or `uncompress` first.
    #[error("it is packed by `compress` (.Z): unpack it with `gunzip` first")]
    UnixCompress,
}

/// The text of a file that may be gzipped.
pub fn unpacked(bytes: &[u8]) -> Result<Cow<'_, [u8]>, UnpackError> {
    if bytes.starts_with(&COMPRESS_MAGIC) {
        return Err(UnpackError::UnixCompress);
    }
    let mut rest = bytes;
    let mut text = Vec::new();
    // Members follow each other where files were put together with `cat`.
    while rest.starts_with(&GZIP_MAGIC) {
        rest = member(rest, &mut text)?;
    }
    if rest.len() == bytes.len() { Ok(Cow::Borrowed(bytes)) } else { Ok(Cow::Owned(text)) }
}

/// The text of a file that may be gzipped, unpacked as it is read. Damage ends it with an error of kind `InvalidInput`,
/// `InvalidData` or `UnexpectedEof`.
pub fn unpacked_stream<'a>(mut from: impl BufRead + 'a) -> io::Result<Box<dyn BufRead + 'a>> {
    let first = from.fill_buf()?;
    if first.starts_with(&COMPRESS_MAGIC) {
        return Err(io::Error::new(io::ErrorKind::Unsupported, UnpackError::UnixCompress));
    }
    if first.starts_with(&GZIP_MAGIC) {
        Ok(Box::new(BufReader::with_capacity(STEP_BYTES, MultiGzDecoder::new(from))))
    } else {
        Ok(Box::new(from))
    }
}

/// Unpacks one member to the end of `text` and returns what follows it.
fn member<'a>(bytes: &'a [u8], text: &mut Vec<u8>) -> Result<&'a [u8], UnpackError> {
    let mut rest = after_head(bytes).ok_or(UnpackError::Damaged)?;
    let start = text.len();
    let mut inflate = Decompress::new(false);
    loop {
        text.reserve(STEP_BYTES);
        let (read, written) = (inflate.total_in(), text.len());
        let status = inflate.decompress_vec(rest, text, FlushDecompress::None);
        let read = usize::try_from(inflate.total_in() - read).unwrap_or(0);
        rest = rest.get(read..).ok_or(UnpackError::Damaged)?;
        if text.len() > UNPACKED_BYTES_MAX {
            return Err(UnpackError::TooLarge);
        }
        match status {
            Ok(Status::StreamEnd) => break,
            Ok(Status::Ok | Status::BufError) if read > 0 || text.len() > written => {}
            _ => return Err(UnpackError::Damaged),
        }
    }
    let mut check = Crc::new();
    check.update(text.get(start..).unwrap_or(&[]));
    // The tail: check sum and length (RFC 1952, section 2.3.1).
    let (tail, after) = rest.split_first_chunk::<8>().ok_or(UnpackError::Damaged)?;
    let [a, b, c, d, ..] = *tail;
    if u32::from_le_bytes([a, b, c, d]) == check.sum() {
        Ok(after)
    } else {
        Err(UnpackError::Damaged)
    }
}

/// Past a member's head: ten bytes, and the fields that its flags announce (RFC 1952, section 2.3).
fn after_head(bytes: &[u8]) -> Option<&[u8]> {
    const CHECKED: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    let (head, mut rest) = bytes.split_first_chunk::<10>()?;
    let [_, _, _, flags, ..] = *head;
    if flags & EXTRA != 0 {
        let (length, after) = rest.split_first_chunk::<2>()?;
        rest = after.get(usize::from(u16::from_le_bytes(*length))..)?;
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            let end = rest.iter().position(|&b| b == 0)?;
            rest = rest.get(end + 1..)?;
        }
    }
    if flags & CHECKED != 0 { rest.get(2..) } else { Some(rest) }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// `RINEX` by gzip 1.12 (`printf RINEX | gzip -n`).
    const PACKED: [u8; 25] = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x0b, 0xf2, 0xf4, 0x73, 0x8d,
        0x00, 0x00, 0x4d, 0xbe, 0x57, 0xf0, 0x05, 0x00, 0x00, 0x00,
    ];

    #[test]
    fn gzip_is_taken_off_and_text_passes() {
        assert_eq!(unpacked(&PACKED).expect("it is whole").as_ref(), b"RINEX");
        assert_eq!(unpacked(&[PACKED, PACKED].concat()).expect("both").as_ref(), b"RINEXRINEX");
        assert_eq!(unpacked(b"RINEX").expect("it is plain").as_ref(), b"RINEX");
        for length in 3..PACKED.len() {
            let cut = PACKED.get(..length).expect("shorter");
            assert_eq!(unpacked(cut), Err(UnpackError::Damaged), "{length} bytes");
        }
        let mut text = String::new();
        let twice = [PACKED, PACKED].concat();
        unpacked_stream(&twice[..]).and_then(|mut s| s.read_to_string(&mut text)).expect("both");
        assert_eq!(text, "RINEXRINEX");
        let cut = unpacked_stream(&PACKED[..20]).and_then(|mut s| s.read_to_string(&mut text));
        assert!(cut.is_err(), "a cut stream is told");
        let mut damaged = PACKED;
        damaged[18] ^= 1;
        assert_eq!(unpacked(&damaged), Err(UnpackError::Damaged));
        assert_eq!(unpacked(&[0x1f, 0x9d, 0x90]), Err(UnpackError::UnixCompress));
    }
}
