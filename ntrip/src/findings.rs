//! What was found in a peer's bytes that should not be there: counted by kind, never an error of ours.

use std::collections::BTreeMap;
use std::fmt;

/// A kind of oddity. The text of `Display` is what an operator reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Finding {
    /// A header line without a colon, or a continued one.
    BadHeaderLine,
    /// An `Authorization` header that is not readable as Basic.
    BadAuthorization,
    /// A `Ntrip-Version` header that names neither version.
    UnknownVersion,
    /// Header lines behind `ICY 200 OK`, as Millipede sends them.
    HeaderAfterIcy,
    /// The head announced chunks, the body has none; it is taken as it is.
    ChunkedButRaw,
    /// A chunk's length line or end is unreadable; the rest of the body cannot be framed.
    BrokenChunk,
    /// A GGA whose checksum does not match; its position is not used.
    GgaBadChecksum,
    /// A GGA that ended without a checksum; its position is not used.
    GgaWithoutChecksum,
    /// A GGA whose fields are unreadable.
    GgaUnreadable,
    /// NMEA sentences other than GGA.
    OtherNmea,
    /// An NMEA sentence that was cut off by another one or by a control byte.
    NmeaCut,
    /// A line longer than its bound.
    OverlongLine,
    /// Bytes outside any NMEA sentence.
    NoiseBytes,
    /// A sourcetable record with fewer fields than its kind has.
    TableFieldsMissing,
    /// A sourcetable field that should be a number or a letter of a known set and is not.
    TableFieldUnreadable,
    /// A sourcetable record of an unknown kind; it is kept.
    TableUnknownRecord,
    /// A sourcetable that ended without `ENDSOURCETABLE`.
    TableWithoutEnd,
    /// Sourcetable lines beyond the bound, dropped.
    TableTooManyLines,
    /// A condition of a sourcetable query that could not be read, and was left out.
    QueryConditionIgnored,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadHeaderLine => "header line without a colon",
            Self::BadAuthorization => "unreadable Authorization header",
            Self::UnknownVersion => "unknown Ntrip-Version",
            Self::HeaderAfterIcy => "header lines behind ICY 200 OK",
            Self::ChunkedButRaw => "announced as chunked, but is not",
            Self::BrokenChunk => "broken chunk framing",
            Self::GgaBadChecksum => "GGA with a wrong checksum",
            Self::GgaWithoutChecksum => "GGA without a checksum",
            Self::GgaUnreadable => "unreadable GGA",
            Self::OtherNmea => "NMEA sentence other than GGA",
            Self::NmeaCut => "NMEA sentence cut off",
            Self::OverlongLine => "over-long line",
            Self::NoiseBytes => "bytes outside any sentence",
            Self::TableFieldsMissing => "sourcetable record with missing fields",
            Self::TableFieldUnreadable => "unreadable sourcetable field",
            Self::TableUnknownRecord => "sourcetable record of unknown kind",
            Self::TableWithoutEnd => "sourcetable without its end line",
            Self::TableTooManyLines => "sourcetable lines beyond the bound",
            Self::QueryConditionIgnored => "unreadable sourcetable condition left out",
        })
    }
}

/// How often each kind was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings(BTreeMap<Finding, u64>);

impl Findings {
    /// Counts one more.
    pub fn note(&mut self, finding: Finding) {
        self.note_many(finding, 1);
    }

    /// Counts several at once, for kinds that are counted in bytes.
    pub fn note_many(&mut self, finding: Finding, times: u64) {
        let count = self.0.entry(finding).or_default();
        *count = count.saturating_add(times);
    }

    /// How often this kind was found.
    pub fn count(&self, finding: Finding) -> u64 {
        self.0.get(&finding).copied().unwrap_or(0)
    }

    /// The kinds that occurred, in their fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (Finding, u64)> + '_ {
        self.0.iter().map(|(kind, count)| (*kind, *count))
    }

    /// Whether nothing odd was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
