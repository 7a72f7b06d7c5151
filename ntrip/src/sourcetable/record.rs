//! One line of a sourcetable, kept exactly as it was sent, and its fields.

use std::fmt;

use crate::findings::{Finding, Findings};

/// The kinds of records that NTRIP 1.0 knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// `CAS`: a caster.
    Caster,
    /// `NET`: a network of streams.
    Network,
    /// `STR`: a stream.
    Stream,
    /// Anything else; kept, never interpreted.
    Other,
}

/// One line of a sourcetable. Nothing of it is lost: unknown kinds and extra fields stay as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record(String);

impl Record {
    /// A line as it was sent, without its end. Control characters become spaces, so that one record stays one line.
    pub fn new(line: &str) -> Self {
        Self(line.chars().map(|c| if c.is_control() && c != '\t' { ' ' } else { c }).collect())
    }

    /// A record from the values of its fields. A semicolon inside a value is written as `";"` (NTRIP 1.0,
    /// section "Source-table"); a quotation mark inside a value becomes an apostrophe, since no rule can carry it.
    pub fn from_fields<T: AsRef<str>>(fields: impl IntoIterator<Item = T>) -> Self {
        let quoted = |field: T| field.as_ref().replace('"', "'").replace(';', "\";\"");
        Self::new(&fields.into_iter().map(quoted).collect::<Vec<_>>().join(";"))
    }

    /// The line.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the line is about.
    pub fn kind(&self) -> RecordKind {
        match self.0.split(';').next().unwrap_or_default().trim() {
            "CAS" => RecordKind::Caster,
            "NET" => RecordKind::Network,
            "STR" => RecordKind::Stream,
            _ => RecordKind::Other,
        }
    }

    /// The values of the fields, the record's kind first; semicolons in quotation marks belong to the value.
    ///
    /// A line with an odd number of quotation marks (`5" mast`) is not quoted at all.
    pub fn fields(&self) -> Vec<String> {
        self.raw_fields().into_iter().map(unquoted).collect()
    }

    /// The fields as they stand in the line.
    pub(crate) fn raw_fields(&self) -> Vec<&str> {
        let quotes_count = self.0.bytes().filter(|b| *b == b'"').count() % 2 == 0;
        let mut inside = false;
        let separates = |c: char| {
            inside ^= c == '"' && quotes_count;
            c == ';' && !inside
        };
        self.0.split(separates).collect()
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn unquoted(field: &str) -> String {
    let whole = field.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match whole.filter(|inner| !inner.contains('"')) {
        Some(inner) if field.trim() != "\";\"" => inner.to_owned(),
        _ => field.replace("\";\"", ";").trim().to_owned(),
    }
}

/// Reads the fields of a record in order; what is missing or unreadable is absent and counted.
pub(crate) struct FieldReader<'a> {
    fields: std::vec::IntoIter<&'a str>,
    findings: &'a mut Findings,
    missing: bool,
}

impl<'a> FieldReader<'a> {
    /// A reader behind the record's kind.
    pub(crate) fn new(record: &'a Record, findings: &'a mut Findings) -> Self {
        let mut fields = record.raw_fields().into_iter();
        fields.next();
        Self { fields, findings, missing: false }
    }

    /// The next field; a missing one is counted once for the whole record and is empty.
    pub(crate) fn text(&mut self) -> String {
        let field = self.fields.next();
        if field.is_none() && !self.missing {
            self.findings.note(Finding::TableFieldsMissing);
            self.missing = true;
        }
        field.map(unquoted).unwrap_or_default()
    }

    /// The next field as something else; an empty one is absent, an unreadable one too, but counted.
    pub(crate) fn parsed<T>(&mut self, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text();
        if text.is_empty() {
            return None;
        }
        let value = read(&text);
        if value.is_none() {
            self.findings.note(Finding::TableFieldUnreadable);
        }
        value
    }

    /// All that is left, separators included: the miscellaneous field, which swallows extra ones.
    pub(crate) fn remainder(&mut self) -> String {
        let rest: Vec<String> = self.fields.by_ref().map(unquoted).collect();
        rest.join(";")
    }
}

/// A finite decimal number.
pub(crate) fn number(text: &str) -> Option<f64> {
    let plain = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E');
    if !text.bytes().all(plain) {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// `0` or `1`.
pub(crate) fn zero_or_one(text: &str) -> Option<bool> {
    match text {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}

/// `Y` or `N`.
pub(crate) fn yes_or_no(text: &str) -> Option<bool> {
    match text {
        "N" | "n" => Some(false),
        "Y" | "y" => Some(true),
        _ => None,
    }
}

/// A degree with the two decimals of the standard, or with all it has.
pub(crate) fn degrees(value: Option<f64>) -> String {
    let Some(value) = value else { return String::new() };
    let two = format!("{value:.2}");
    if number(&two) == Some(value) { two } else { value.to_string() }
}

/// A flag in the two letters of its field.
pub(crate) fn flag(value: Option<bool>, [no, yes]: [&str; 2]) -> String {
    value.map(|value| if value { yes } else { no }.to_owned()).unwrap_or_default()
}

/// A number, or nothing.
pub(crate) fn count<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// How a stream or network is protected (field "authentication").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// `N`: open to everybody.
    None,
    /// `B`: Basic.
    Basic,
    /// `D`: Digest.
    Digest,
}

impl Authentication {
    pub(crate) fn read(text: &str) -> Option<Self> {
        match text {
            "N" | "n" => Some(Self::None),
            "B" | "b" => Some(Self::Basic),
            "D" | "d" => Some(Self::Digest),
            _ => None,
        }
    }

    pub(crate) fn letter(value: Option<Self>) -> String {
        let letter = |value| match value {
            Self::None => "N",
            Self::Basic => "B",
            Self::Digest => "D",
        };
        value.map(letter).unwrap_or_default().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, fields: &[&str]) {
        assert_eq!(Record::new(line).fields(), fields, "{line}");
    }

    #[test]
    fn semicolons_in_quotation_marks_belong_to_the_value() {
        check("STR;M;a;b", &["STR", "M", "a", "b"]);
        check("STR;M;a\";\"b;c", &["STR", "M", "a;b", "c"]); // the standard's way
        check("STR;M;\"a;b\";c", &["STR", "M", "a;b", "c"]); // the way of spreadsheets
        check("STR;M;5\" mast;c", &["STR", "M", "5\" mast", "c"]);
        check("STR;M;\";\";c", &["STR", "M", ";", "c"]);
        check("STR;M;\"\";c", &["STR", "M", "", "c"]);
        check("", &[""]);
    }

    #[test]
    fn values_are_written_so_that_they_are_read_again() {
        let record = Record::from_fields(["STR", "M", "a;b", "c\r\nSTR"]);
        assert_eq!(record.as_str(), "STR;M;a\";\"b;c  STR");
        assert_eq!(record.fields(), ["STR", "M", "a;b", "c  STR"]);
    }
}
