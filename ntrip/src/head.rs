//! Heads of requests and answers: collected in any pieces, bounded, read in every form the field writes.
//!
//! One reader of our own instead of `httparse`: the start lines of NTRIP 1 (`SOURCE pw /M`, `GET /M` without a
//! version, `ICY 200 OK`, `ERROR - …`) are errors there, and one header with a space in its name would refuse
//! the whole request.

use std::fmt;

use crate::findings::{Finding, Findings};

/// The longest head. Real ones stay below 1 kB; Millipede refuses at the same 8 kB (docs/ntrip-in-the-field.md, note 20).
pub const HEAD_BYTES_MAX: usize = 8 * 1024;

/// The most header lines. Browsers send about 20.
pub const HEADER_LINES_MAX: usize = 64;

/// What a TLS client sends first: the record type "handshake" (RFC 8446, section 5.1).
const TLS_HANDSHAKE: u8 = 0x16;

/// Why the bytes of a peer are no head. Each asks for a different answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadFault {
    /// Beyond [`HEAD_BYTES_MAX`] or [`HEADER_LINES_MAX`].
    #[error("the head is longer than {HEAD_BYTES_MAX} bytes or {HEADER_LINES_MAX} lines")]
    TooLong,
    /// A TLS hello on a port without TLS.
    #[error("the peer speaks TLS, this port does not")]
    Tls,
    /// A PROXY-protocol preamble, version 1 or 2.
    #[error("the peer sends a PROXY-protocol line, which is not expected here")]
    ProxyProtocol,
    /// Control bytes, or raw data without any request.
    #[error("the peer sends data that is not a request")]
    NotText,
}

/// A head: its first line and its headers. Either may hold a password, so `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Head {
    start: String,
    headers: Vec<(String, String)>,
}

impl Head {
    /// The first line, without its end.
    pub fn start_line(&self) -> &str {
        &self.start
    }

    /// The value of the first header of this name. Names are equal in any case (docs/ntrip-in-the-field.md, note 3).
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the body comes in chunks.
    pub fn is_chunked(&self) -> bool {
        self.header("Transfer-Encoding")
            .is_some_and(|value| value.to_ascii_lowercase().contains("chunked"))
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Head").field("header_names", &names).finish_non_exhaustive()
    }
}

/// Collects a head that arrives in any pieces.
#[derive(Clone, Default)]
pub struct HeadCollector {
    /// The finished lines; the first is the start line.
    lines: Vec<Vec<u8>>,
    /// The line that has not ended yet.
    line: Vec<u8>,
    /// All bytes taken so far, leading empty lines included.
    bytes: usize,
}

impl HeadCollector {
    /// A collector before its first byte.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes. When the head is complete it is returned with the bytes behind it, which are its body's first.
    ///
    /// Lines end with CRLF or a bare LF (docs/ntrip-in-the-field.md, note 8); empty lines before the first are skipped.
    pub fn push<'b>(
        &mut self,
        bytes: &'b [u8],
        findings: &mut Findings,
    ) -> Result<Option<(Head, &'b [u8])>, HeadFault> {
        let mut rest = bytes;
        while let Some((&byte, behind)) = rest.split_first() {
            rest = behind;
            self.bytes += 1;
            if byte != b'\n' {
                self.check_byte(byte)?;
                self.line.push(byte);
                continue;
            }
            let mut line = std::mem::take(&mut self.line);
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            match (line.is_empty(), self.lines.is_empty()) {
                (true, true) => {}
                (true, false) => {
                    return Ok(Some((read(&std::mem::take(&mut self.lines), findings), rest)));
                }
                (false, first) => {
                    if first && line.starts_with(b"PROXY ") {
                        return Err(HeadFault::ProxyProtocol);
                    }
                    self.lines.push(line);
                }
            }
        }
        Ok(None)
    }

    fn check_byte(&self, byte: u8) -> Result<(), HeadFault> {
        let first = self.lines.is_empty() && self.line.is_empty();
        match byte {
            TLS_HANDSHAKE if first => Err(HeadFault::Tls),
            // The signature of PROXY version 2 is two empty lines, a zero and `\r\nQUIT\n`.
            0 if first && self.bytes > 1 => Err(HeadFault::ProxyProtocol),
            0x80.. if first => Err(HeadFault::NotText),
            0..0x20 if byte != b'\r' && byte != b'\t' => Err(HeadFault::NotText),
            _ if self.bytes > HEAD_BYTES_MAX => Err(HeadFault::TooLong),
            _ if self.lines.len() > HEADER_LINES_MAX => Err(HeadFault::TooLong),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for HeadCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeadCollector").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

/// Bytes of a peer as text: UTF-8, or else Latin-1, in which old devices write passwords and names.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

/// A text of our own as the value of a header: in one line, so that it cannot add headers.
pub(crate) fn header_value(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn read(lines: &[Vec<u8>], findings: &mut Findings) -> Head {
    let mut texts = lines.iter().map(|line| text_of(line));
    let start = texts.next().unwrap_or_default().trim().to_owned();
    let mut headers = Vec::with_capacity(lines.len());
    for line in texts {
        match line.split_once(':') {
            Some((name, value)) if !line.starts_with([' ', '\t']) => {
                headers.push((name.trim().to_owned(), value.trim().to_owned()));
            }
            _ => findings.note(Finding::BadHeaderLine),
        }
    }
    Head { start, headers }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Collected = Result<Option<(Head, Vec<u8>)>, HeadFault>;

    fn collect(bytes: &[u8], size: usize) -> (Collected, Findings) {
        let (mut collector, mut findings) = (HeadCollector::new(), Findings::default());
        let mut taken = 0;
        for piece in bytes.chunks(size) {
            taken += piece.len();
            match collector.push(piece, &mut findings) {
                Ok(None) => {}
                Ok(Some((head, rest))) => {
                    let behind = bytes.get(taken - rest.len()..).unwrap().to_vec();
                    return (Ok(Some((head, behind))), findings);
                }
                Err(fault) => return (Err(fault), findings),
            }
        }
        (Ok(None), findings)
    }

    #[track_caller]
    fn check_head(bytes: &[u8], start: &str, headers: &[(&str, &str)], rest: &[u8]) {
        for size in [1, 2, 5, 1000] {
            let (head, behind) = collect(bytes, size).0.unwrap().unwrap();
            assert_eq!((head.start_line(), behind.as_slice()), (start, rest));
            for (name, value) in headers {
                assert_eq!(head.header(name), Some(*value), "{name}");
            }
        }
    }

    #[track_caller]
    fn check_fault(bytes: &[u8], fault: HeadFault) {
        for size in [1, 2, 5, 100_000] {
            assert_eq!(collect(bytes, size).0, Err(fault));
        }
    }

    #[test]
    fn heads_are_read_in_every_form_of_the_field() {
        // Notes 3, 8 and 23: names in any case, bare LF, first data in the same segment.
        check_head(
            b"GET /M HTTP/1.1\r\nhost: h\r\nAUTHORIZATION:Basic x\r\n\r\n$GP",
            "GET /M HTTP/1.1",
            &[("Host", "h"), ("Authorization", "Basic x")],
            b"$GP",
        );
        check_head(b"SOURCE pw M\nSTR: \n\n\xD3\x00", "SOURCE pw M", &[("str", "")], b"\xD3\x00");
        check_head(b"\r\n\r\nGET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.0", &[], b"");
    }

    #[test]
    fn what_is_no_head_is_named() {
        check_fault(b"\x16\x03\x01\x02\x00\x01", HeadFault::Tls); // note 36
        check_fault(
            b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET / HTTP/1.0\r\n",
            HeadFault::ProxyProtocol,
        ); // 35
        check_fault(b"\r\n\r\n\x00\r\nQUIT\n", HeadFault::ProxyProtocol);
        check_fault(b"\xD3\x00\x13\x3E", HeadFault::NotText);
        check_fault(b"GET /\x01 HTTP/1.0\r\n", HeadFault::NotText);
        check_fault(&b"x".repeat(20_000), HeadFault::TooLong); // note 37
        check_fault(&b"a:b\r\n".repeat(70), HeadFault::TooLong);
    }

    #[test]
    fn empty_lines_alone_are_bounded() {
        // They are skipped, but not for ever: the next visible byte meets the bound.
        check_fault(&[vec![b'\n'; 9000], vec![b'G']].concat(), HeadFault::TooLong);
    }

    #[test]
    fn lines_without_colon_are_counted_and_left_out() {
        let (head, findings) =
            collect(b"GET / HTTP/1.0\r\nnonsense\r\n folded: x\r\nA: b\r\n\r\n", 9);
        assert_eq!(head.unwrap().unwrap().0.header("a"), Some("b"));
        assert_eq!(findings.count(Finding::BadHeaderLine), 2);
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(bytes in "(GET|a:|[ -~]|\r?\n|\\PC){0,80}", size in 1..64_usize) {
            prop_assert_eq!(collect(bytes.as_bytes(), 100_000), collect(bytes.as_bytes(), size));
        }
    }
}
