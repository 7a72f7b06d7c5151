//! The recording format, version 1: a file head, then records that each stand for themselves.
//!
//! Every record begins with a mark and ends with a checksum, so a reader may begin anywhere in the file, and
//! damage costs the records that it touches and no others. All integers are big-endian.

use std::time::Duration;

use bytes::Bytes;
use crc::{CRC_32_ISO_HDLC, Crc, Table};
use tianshu_gnss::event::DownReason;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;

/// The first bytes of a recording.
pub const MAGIC: [u8; 8] = *b"TIANSHUR";
/// The version that is written, and the only one that is read.
pub const VERSION: u16 = 1;
/// The head: magic, version, two reserved bytes, epoch wait in milliseconds, checksum.
pub const HEAD_BYTES: usize = 20;
/// What every record begins with. An RTCM frame begins with 0xD3, so that the two are not confused.
pub const MARK: [u8; 2] = [0xA5, 0x1C];
/// A record's bytes before the station's name: mark, kind, length of the name, length of the body, arrival.
pub const RECORD_HEAD_BYTES: usize = 16;
/// A record's bytes behind the body: the checksum.
pub const CHECKSUM_BYTES: usize = 4;
/// The longest body. A frame has at most 1029 bytes, and a reason is cut to less than that.
pub const BODY_BYTES_MAX: usize = 1029;
/// Stamps further from 1980 than this are damage, ns: about 126 years. Spans between such stamps, and the weeks that
/// ephemerides leave open around them, still fit into 64 bits.
pub const STAMP_NANOS_MAX: i64 = 4_000_000_000_000_000_000;

const KIND_UP: u8 = 1;
const KIND_DOWN: u8 = 2;
const KIND_FRAME: u8 = 3;

const DOWN_SILENT: u8 = 1;
const DOWN_CLOSED: u8 = 2;
const DOWN_REFUSED: u8 = 3;
const DOWN_REPLACED: u8 = 4;
const DOWN_STOPPED: u8 = 5;

/// CRC-32 as of Ethernet and zip.
static CRC_32: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISO_HDLC);

/// The head of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The time limit of incomplete epochs when this was recorded; the same limit gives the same epochs again.
    pub epoch_wait: Duration,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The station.
    pub station: StationName,
    /// The arrival stamp.
    pub arrived: GpsTime,
    /// What was recorded.
    pub content: Content,
}

/// What is recorded. All else that passes the door follows from the frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The link came up.
    Up,
    /// The link went down.
    Down(DownReason),
    /// A whole frame.
    Frame(Bytes),
}

/// Why this is no recording that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadFault {
    /// It does not begin as a recording does.
    #[error("this is no Tianshu recording")]
    NotARecording,
    /// It is of another version.
    #[error("this recording is of version {0}, and only version {VERSION} can be read")]
    Version(u16),
    /// Its head is damaged.
    #[error("the head of this recording is damaged")]
    Damaged,
}

impl Head {
    /// The head as bytes.
    pub fn encode(self) -> [u8; HEAD_BYTES] {
        let millis = u32::try_from(self.epoch_wait.as_millis()).unwrap_or(u32::MAX);
        let mut bytes = Vec::with_capacity(HEAD_BYTES);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(millis.to_be_bytes());
        bytes.extend(CRC_32.checksum(&bytes).to_be_bytes());
        bytes.try_into().expect("8 + 2 + 2 + 4 + 4 bytes are HEAD_BYTES")
    }

    /// Reads a head.
    pub fn decode(bytes: &[u8; HEAD_BYTES]) -> Result<Self, HeadFault> {
        let [a, b, c, d, e, f, g, h, v0, v1, _, _, m0, m1, m2, m3, checksum @ ..] = *bytes;
        if [a, b, c, d, e, f, g, h] != MAGIC {
            return Err(HeadFault::NotARecording);
        }
        let version = u16::from_be_bytes([v0, v1]);
        if version != VERSION {
            return Err(HeadFault::Version(version));
        }
        let (told, _) = bytes.split_at(HEAD_BYTES - CHECKSUM_BYTES);
        if CRC_32.checksum(told) != u32::from_be_bytes(checksum) {
            return Err(HeadFault::Damaged);
        }
        let millis = u32::from_be_bytes([m0, m1, m2, m3]);
        Ok(Self { epoch_wait: Duration::from_millis(millis.into()) })
    }
}

impl Record {
    /// The record as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let (kind, body) = self.content.encode();
        let name = self.station.as_str().as_bytes();
        let mut bytes =
            Vec::with_capacity(RECORD_HEAD_BYTES + name.len() + body.len() + CHECKSUM_BYTES);
        bytes.extend(MARK);
        bytes.push(kind);
        bytes.push(u8::try_from(name.len()).expect("a station's name has at most 32 bytes"));
        bytes.extend(u32::try_from(body.len()).expect("a body is bounded").to_be_bytes());
        bytes.extend(self.arrived.nanos().to_be_bytes());
        bytes.extend(name);
        bytes.extend(body);
        bytes.extend(CRC_32.checksum(&bytes).to_be_bytes());
        bytes
    }
}

/// What the bytes at the head of the rest are.
pub(crate) enum Next {
    /// A record, and how many bytes it takes.
    Record(Record, usize),
    /// So many bytes that are no record.
    Damage(usize),
    /// A record may begin here, but it is not all there yet.
    Incomplete,
}

/// Judges the first bytes of what is left, which are not none.
pub(crate) fn next(rest: &[u8]) -> Next {
    let [mark, behind @ ..] = MARK;
    match rest {
        [first, ..] if *first != mark => {
            let start = rest.iter().position(|byte| *byte == mark);
            return Next::Damage(start.unwrap_or(rest.len()));
        }
        [_, second, ..] if [*second] != behind => return Next::Damage(1),
        _ => {}
    }
    let Some(head) = rest.first_chunk::<RECORD_HEAD_BYTES>() else { return Next::Incomplete };
    let [_, _, kind, name_bytes, b0, b1, b2, b3, arrived @ ..] = *head;
    let name_bytes = usize::from(name_bytes);
    let body_bytes = u32::from_be_bytes([b0, b1, b2, b3]) as usize;
    if body_bytes > BODY_BYTES_MAX {
        return Next::Damage(1);
    }
    let told = RECORD_HEAD_BYTES + name_bytes + body_bytes;
    let Some(whole) = rest.get(..told + CHECKSUM_BYTES) else { return Next::Incomplete };
    let (covered, checksum) = whole.split_at(told);
    if CRC_32.checksum(covered).to_be_bytes() != checksum {
        return Next::Damage(1);
    }
    let (name, body) = covered.split_at(RECORD_HEAD_BYTES).1.split_at(name_bytes);
    let station = std::str::from_utf8(name).ok().and_then(|name| name.parse().ok());
    let stamp = Some(i64::from_be_bytes(arrived))
        .filter(|nanos| nanos.unsigned_abs() <= STAMP_NANOS_MAX.unsigned_abs());
    match (station, stamp, Content::decode(kind, body)) {
        (Some(station), Some(nanos), Some(content)) => {
            let arrived = GpsTime::from_nanos(nanos);
            Next::Record(Record { station, arrived, content }, whole.len())
        }
        // A whole record of a kind that is not known here, or of no believable moment.
        _ => Next::Damage(whole.len()),
    }
}

impl Content {
    fn encode(&self) -> (u8, Vec<u8>) {
        match self {
            Self::Up => (KIND_UP, Vec::new()),
            Self::Frame(frame) => (KIND_FRAME, frame.to_vec()),
            Self::Down(reason) => (KIND_DOWN, encode_reason(reason)),
        }
    }

    fn decode(kind: u8, body: &[u8]) -> Option<Self> {
        match kind {
            KIND_UP => Some(Self::Up),
            KIND_DOWN => decode_reason(body).map(Self::Down),
            KIND_FRAME => Some(Self::Frame(Bytes::copy_from_slice(body))),
            _ => None,
        }
    }
}

fn encode_reason(reason: &DownReason) -> Vec<u8> {
    let with = |code: u8, told: &[u8]| {
        let told = told.iter().take(BODY_BYTES_MAX - 1);
        std::iter::once(code).chain(told.copied()).collect()
    };
    match reason {
        DownReason::Silent { silent_s } => with(DOWN_SILENT, &silent_s.to_be_bytes()),
        DownReason::Closed(why) => with(DOWN_CLOSED, why.as_bytes()),
        DownReason::Refused(why) => with(DOWN_REFUSED, why.as_bytes()),
        DownReason::Replaced => with(DOWN_REPLACED, &[]),
        DownReason::Stopped => with(DOWN_STOPPED, &[]),
    }
}

fn decode_reason(body: &[u8]) -> Option<DownReason> {
    let (code, told) = body.split_first()?;
    // A text that was cut may end within a character.
    let text = || String::from_utf8_lossy(told).into_owned();
    match *code {
        DOWN_SILENT => {
            let silent_s = u64::from_be_bytes(told.try_into().ok()?);
            Some(DownReason::Silent { silent_s })
        }
        DOWN_CLOSED => Some(DownReason::Closed(text())),
        DOWN_REFUSED => Some(DownReason::Refused(text())),
        DOWN_REPLACED => Some(DownReason::Replaced),
        DOWN_STOPPED => Some(DownReason::Stopped),
        _ => None,
    }
}
