//! The sourcetable: what a caster offers. Read in any pieces, kept without loss, looked up, filtered, printed.

pub mod caster;
pub mod query;
pub mod record;
pub mod stream;

use std::fmt;

use crate::findings::{Finding, Findings};
use crate::head::text_of;
use crate::mountpoint::Mountpoint;
use query::TableQuery;
use record::{Record, RecordKind};

/// The most records kept. The largest public casters list some thousand streams.
pub const TABLE_LINES_MAX: usize = 20_000;

/// The longest line. Real ones stay below 500 bytes.
pub const LINE_BYTES_MAX: usize = 4096;

/// The line that ends a table.
const END: &str = "ENDSOURCETABLE";

/// A sourcetable: its records in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sourcetable {
    records: Vec<Record>,
}

impl Sourcetable {
    /// A table of these records.
    pub fn new(records: Vec<Record>) -> Self {
        Self { records }
    }

    /// Reads a whole table from its text, the part behind the head.
    pub fn parse(text: &[u8], findings: &mut Findings) -> Self {
        let mut reader = TableReader::new();
        reader.push(text, findings);
        reader.finish(findings)
    }

    /// The records, in their order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The STR record of a mountpoint.
    pub fn lookup(&self, mountpoint: &Mountpoint) -> Option<&Record> {
        let names_it = |record: &&Record| {
            record.kind() == RecordKind::Stream
                && record.raw_fields().get(1).is_some_and(|name| name.trim() == mountpoint.as_str())
        };
        self.records.iter().find(names_it)
    }

    /// The records that a query asks for. `may_read` says whether the asker may read a stream; it is asked only
    /// for `?auth`. CAS and NET records are everybody's.
    #[must_use]
    pub fn select(&self, query: &TableQuery, may_read: impl Fn(&Mountpoint) -> bool) -> Self {
        let readable = |record: &Record| {
            !query.authorized_only()
                || record.kind() != RecordKind::Stream
                || record
                    .raw_fields()
                    .get(1)
                    .and_then(|n| Mountpoint::new(n))
                    .is_some_and(|m| may_read(&m))
        };
        let chosen = |record: &&Record| query.matches(record) && readable(record);
        Self { records: self.records.iter().filter(chosen).cloned().collect() }
    }
}

/// The table as it is sent: CRLF behind each line, `ENDSOURCETABLE` at the end.
impl fmt::Display for Sourcetable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for record in &self.records {
            write!(f, "{record}\r\n")?;
        }
        write!(f, "{END}\r\n")
    }
}

/// Reads a table that arrives in any pieces.
#[derive(Clone, Debug, Default)]
pub struct TableReader {
    records: Vec<Record>,
    line: Vec<u8>,
    /// Whether the line in hand is beyond its bound and only its end is awaited.
    overlong: bool,
    ended: bool,
}

impl TableReader {
    /// A reader before its first byte.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes; says whether the table has ended. It ends at `ENDSOURCETABLE`, without waiting for a line end,
    /// because some casters send none and leave the connection open.
    pub fn push(&mut self, bytes: &[u8], findings: &mut Findings) -> bool {
        for &byte in bytes {
            if self.ended {
                break;
            }
            match byte {
                b'\n' => self.end_line(findings),
                _ if self.overlong => {}
                _ if self.line.len() >= LINE_BYTES_MAX => {
                    findings.note(Finding::OverlongLine);
                    self.line.clear();
                    self.overlong = true;
                }
                _ => {
                    self.line.push(byte);
                    self.ended = self.line == END.as_bytes();
                }
            }
        }
        self.ended
    }

    /// The table, when its end or the connection's has come.
    pub fn finish(mut self, findings: &mut Findings) -> Sourcetable {
        if !self.ended {
            self.end_line(findings);
            findings.note(Finding::TableWithoutEnd);
        }
        Sourcetable { records: self.records }
    }

    fn end_line(&mut self, findings: &mut Findings) {
        let line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.overlong) {
            return;
        }
        let text = text_of(&line);
        let record = Record::new(text.trim_end_matches('\r'));
        if record.as_str().trim().is_empty() {
            return;
        }
        if self.records.len() >= TABLE_LINES_MAX {
            findings.note(Finding::TableTooManyLines);
            return;
        }
        if record.kind() == RecordKind::Other {
            findings.note(Finding::TableUnknownRecord);
        }
        self.records.push(record);
    }
}

#[cfg(test)]
mod tests;
