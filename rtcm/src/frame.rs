//! Frames of RTCM 3: found in a stream of bytes cut anywhere, with whatever lies between them.
//!
//! A frame is (RTCM 10403.3, section 4): the preamble 0xD3, six reserved bits, ten bits of payload
//! length, the payload (0 to 1023 bytes) and a CRC-24Q over all of these.
//!
//! Decisions of this decoder:
//! - The six reserved bits are zero in every issue of the standard, so a 0xD3 followed by anything else
//!   is not the start of a frame. This rejects 63 of 64 false preambles without waiting for their length.
//! - After a wrong checksum the search goes on at the byte *after* the false preamble, not after the
//!   claimed length: a true frame may lie inside.
//! - A false preamble can claim up to 1029 bytes and hold back a true frame until they have come. On a
//!   slow link that may take seconds, so whoever owns a timer calls [`FrameDecoder::flush_stalled`].

use bytes::Bytes;
use crc::{CRC_24_LTE_A, Crc, Table};

/// The first byte of every frame.
pub const PREAMBLE: u8 = 0xD3;
/// The longest payload that ten bits of length can say, in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 1023;
/// The longest frame: header, longest payload, checksum, in bytes.
pub const FRAME_BYTES_MAX: usize = HEADER_BYTES + PAYLOAD_BYTES_MAX + CRC_BYTES;
/// A longer run of noise is reported in pieces of this size, so that a stream of nothing but noise is
/// noticed while it lasts. At 64 KiB even the fastest station link reports every few seconds.
pub const NOISE_RUN_BYTES_MAX: u32 = 65_536;

const HEADER_BYTES: usize = 3;
const CRC_BYTES: usize = 3;

/// CRC-24Q: polynomial 0x1864CFB, initial value 0, not reflected (RTCM 10403.3, section 4). The catalogue
/// knows the same parameters as CRC-24/LTE-A. Sixteen tables (16 KiB) let it run at memory speed.
static CRC_24Q: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_24_LTE_A);

/// One whole frame whose checksum is right. Cloning shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Frame(Bytes);

impl Frame {
    /// Wraps a payload into a frame.
    pub fn from_payload(payload: &[u8]) -> Result<Frame, PayloadTooLong> {
        let length = u16::try_from(payload.len())
            .ok()
            .filter(|&length| usize::from(length) <= PAYLOAD_BYTES_MAX)
            .ok_or(PayloadTooLong { bytes: payload.len() })?;
        let mut bytes = Vec::with_capacity(HEADER_BYTES + payload.len() + CRC_BYTES);
        bytes.push(PREAMBLE);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(payload);
        let [_, crc @ ..] = CRC_24Q.checksum(&bytes).to_be_bytes();
        bytes.extend_from_slice(&crc);
        Ok(Frame(Bytes::from(bytes)))
    }

    /// The message number (DF002); absent where the payload is shorter than the 12 bits of a number.
    pub fn message_number(&self) -> Option<u16> {
        match *self.payload() {
            [first, second, ..] => Some(u16::from_be_bytes([first, second]) >> 4),
            _ => None,
        }
    }

    /// The reference station ID (DF003), for the messages whose table has one at a known place.
    pub fn station_id(&self) -> Option<u16> {
        let offset_bits = station_id_offset_bits(self.message_number()?)?;
        let first = offset_bits / 8;
        let window = self.payload().get(first..first + 3)?;
        let [a, b, c] = *window else { return None };
        let word = u32::from_be_bytes([0, a, b, c]);
        let shift = 24 - 12 - (offset_bits % 8);
        u16::try_from((word >> shift) & 0xFFF).ok()
    }

    /// The payload: what stands between header and checksum, beginning with the message number.
    pub fn payload(&self) -> &[u8] {
        let end = self.0.len().saturating_sub(CRC_BYTES);
        self.0.get(HEADER_BYTES..end).unwrap_or_default()
    }

    /// The whole frame, preamble to checksum.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The whole frame, preamble to checksum, without a copy.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

/// A payload does not fit into one frame: split it over several messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a payload of {bytes} bytes is longer than the {PAYLOAD_BYTES_MAX} bytes of one frame")]
pub struct PayloadTooLong {
    /// How long the payload is.
    pub bytes: usize,
}

/// What was found in the stream. Noise is a finding, not a failure: the stream goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A whole frame whose checksum is right.
    Frame(Frame),
    /// The bytes between two frames (or at most [`NOISE_RUN_BYTES_MAX`] of them).
    Noise(Noise),
}

/// A run of bytes that belong to no frame, and the false starts seen in it, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Noise {
    /// Bytes outside of frames, the false starts below included.
    pub bytes: u32,
    /// Preambles with a plausible header whose checksum is wrong: damaged frames, or chance.
    pub bad_crc: u32,
    /// Preambles followed by reserved bits that are not zero: never the start of a frame.
    pub reserved_bits: u32,
    /// Preambles whose frame never came to its end: given up by [`FrameDecoder::flush_stalled`] or cut
    /// off by [`FrameDecoder::finish`].
    pub truncated: u32,
}

/// Sums over many findings, for a station's statistics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FindingCounts {
    /// Whole frames.
    pub frames: u64,
    /// Bytes in whole frames, headers and checksums included.
    pub frame_bytes: u64,
    /// Bytes outside of frames.
    pub noise_bytes: u64,
    /// Sum of [`Noise::bad_crc`].
    pub bad_crc: u64,
    /// Sum of [`Noise::reserved_bits`].
    pub reserved_bits: u64,
    /// Sum of [`Noise::truncated`].
    pub truncated: u64,
}

impl FindingCounts {
    /// Adds one finding to the sums.
    pub fn add(&mut self, found: &Found) {
        match found {
            Found::Frame(frame) => {
                self.frames += 1;
                self.frame_bytes += frame.as_bytes().len() as u64;
            }
            Found::Noise(noise) => {
                self.noise_bytes += u64::from(noise.bytes);
                self.bad_crc += u64::from(noise.bad_crc);
                self.reserved_bits += u64::from(noise.reserved_bits);
                self.truncated += u64::from(noise.truncated);
            }
        }
    }
}

/// Finds frames in a stream: push bytes in any chunking, then take findings until there are none.
///
/// The findings do not depend on where the chunks were cut. Between calls it holds less than one frame
/// (1029 bytes), provided that the caller takes all findings after each push.
#[derive(Clone, Debug, Default)]
pub struct FrameDecoder {
    pending: Vec<u8>,
    /// Where in `pending` the bytes begin that are not yet judged.
    start: usize,
    /// The noise before `start` that is not yet reported.
    noise: Noise,
    /// The stream has ended: what is incomplete now stays so.
    ended: bool,
}

/// What the bytes at the head of the stream are.
enum Head {
    /// This many bytes (at least one) in which no frame starts.
    Noise(usize),
    /// A preamble that starts no frame.
    FalseStart(FalseStart),
    /// A whole frame of this many bytes.
    Frame(usize),
    /// A frame may start here; so many more bytes are needed to know.
    Incomplete { missing: usize },
}

#[derive(Clone, Copy)]
enum FalseStart {
    BadCrc,
    ReservedBits,
    Truncated,
}

impl FrameDecoder {
    /// A decoder at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes of the stream. Follow with [`Self::next_found`] until it gives `None`.
    pub fn push(&mut self, chunk: &[u8]) {
        self.ended = false;
        self.pending.drain(..self.start);
        self.start = 0;
        self.pending.extend_from_slice(chunk);
    }

    /// The next finding; `None` when more bytes are needed.
    pub fn next_found(&mut self) -> Option<Found> {
        loop {
            match head(self.rest()) {
                None => return if self.ended { self.take_noise() } else { None },
                Some(Head::Noise(bytes)) => self.skip(bytes),
                Some(Head::FalseStart(kind)) => self.skip_preamble(kind),
                Some(Head::Incomplete { .. }) if self.ended => {
                    self.skip_preamble(FalseStart::Truncated);
                }
                Some(Head::Incomplete { .. }) => return None,
                Some(Head::Frame(bytes)) => {
                    return self.take_noise().or_else(|| self.take_frame(bytes));
                }
            }
            if self.noise.bytes >= NOISE_RUN_BYTES_MAX {
                return self.take_noise();
            }
        }
    }

    /// How many bytes are missing to the end of the frame that seems to have begun; `None` when the
    /// decoder is not inside a frame. Ask after [`Self::next_found`] has given `None`.
    pub fn missing_bytes(&self) -> Option<usize> {
        match head(self.rest()) {
            Some(Head::Incomplete { missing }) => Some(missing),
            _ => None,
        }
    }

    /// Gives up the frame that seems to have begun, and searches behind its preamble.
    ///
    /// For the caller's timer: when no byte came for longer than a frame may take on this link while
    /// [`Self::missing_bytes`] is `Some`, the preamble is taken for a false one. Then take the findings;
    /// frames held back behind it come out now. Where another start of a frame lies behind, the decoder
    /// waits for that one, and may be flushed again.
    pub fn flush_stalled(&mut self) {
        if self.missing_bytes().is_some() {
            self.skip_preamble(FalseStart::Truncated);
        }
    }

    /// Says that no more bytes will come. The remaining findings, down to the last noise, are then taken
    /// by [`Self::next_found`]. A later [`Self::push`] begins anew.
    pub fn finish(&mut self) {
        self.ended = true;
    }

    fn rest(&self) -> &[u8] {
        self.pending.get(self.start..).unwrap_or_default()
    }

    /// Counts bytes as noise, no further than to the end of a reported run.
    fn skip(&mut self, bytes: usize) {
        let room = NOISE_RUN_BYTES_MAX.saturating_sub(self.noise.bytes);
        let taken = u32::try_from(bytes).unwrap_or(u32::MAX).min(room);
        self.noise.bytes += taken;
        self.start += taken as usize;
    }

    fn skip_preamble(&mut self, kind: FalseStart) {
        match kind {
            FalseStart::BadCrc => self.noise.bad_crc += 1,
            FalseStart::ReservedBits => self.noise.reserved_bits += 1,
            FalseStart::Truncated => self.noise.truncated += 1,
        }
        self.skip(1);
    }

    fn take_noise(&mut self) -> Option<Found> {
        let noise = std::mem::take(&mut self.noise);
        (noise.bytes > 0).then_some(Found::Noise(noise))
    }

    fn take_frame(&mut self, bytes: usize) -> Option<Found> {
        let frame = Frame(Bytes::copy_from_slice(self.rest().get(..bytes)?));
        self.start += bytes;
        Some(Found::Frame(frame))
    }
}

/// Judges the first bytes of what is left; `None` when nothing is left.
fn head(rest: &[u8]) -> Option<Head> {
    let (&first, behind) = rest.split_first()?;
    if first != PREAMBLE {
        return Some(Head::Noise(memchr::memchr(PREAMBLE, rest).unwrap_or(rest.len())));
    }
    let Some(&high) = behind.first() else {
        return Some(Head::Incomplete { missing: HEADER_BYTES - 1 });
    };
    if high & 0b1111_1100 != 0 {
        return Some(Head::FalseStart(FalseStart::ReservedBits));
    }
    let Some(&low) = behind.get(1) else {
        return Some(Head::Incomplete { missing: HEADER_BYTES - 2 });
    };
    let total = HEADER_BYTES + usize::from(u16::from_be_bytes([high, low])) + CRC_BYTES;
    let Some(frame) = rest.get(..total) else {
        return Some(Head::Incomplete { missing: total - rest.len() });
    };
    // The checksum of a message followed by its own checksum is zero.
    if CRC_24Q.checksum(frame) == 0 {
        Some(Head::Frame(total))
    } else {
        Some(Head::FalseStart(FalseStart::BadCrc))
    }
}

/// Where DF003 stands in the payload, in bits, by message number (the messages' tables in RTCM 10403.3).
/// Only messages whose layout is known are listed: the same bits of another message mean something else.
fn station_id_offset_bits(message_number: u16) -> Option<usize> {
    match message_number {
        1001..=1013 | 1029 | 1032..=1035 | 1230 => Some(12),
        // The epoch time stands before: 20 bits (GPS, BeiDou, Galileo, QZSS) or 17 bits (GLONASS).
        1030 | 1303..=1305 => Some(32),
        1031 => Some(29),
        // MSM1 to MSM7 of the seven systems.
        1071..=1137 if matches!(message_number % 10, 1..=7) => Some(12),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
