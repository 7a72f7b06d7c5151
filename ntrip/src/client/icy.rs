//! What stands between `ICY 200 OK` and the data: nothing, an empty line, or header lines that nobody asked for.

use crate::findings::{Finding, Findings};
use crate::head::HEAD_BYTES_MAX;

/// The longest name of a header; a longer run of letters is data.
const NAME_BYTES_MAX: usize = 40;

/// Cuts off what follows the first line of an ICY answer, byte by byte, without ever holding back data for good.
///
/// The four forms of the field (docs/ntrip-in-the-field.md, note 9): an empty line (BKG), nothing at all (tisyang, str2str), header
/// lines and an empty line (Millipede). A header begins with a letter and reaches a colon; data of receivers do not.
#[derive(Clone, Debug, Default)]
pub(crate) struct IcyTail {
    state: State,
    bytes: usize,
}

#[derive(Clone, Debug, Default)]
enum State {
    #[default]
    LineStart,
    /// A CR at the beginning of a line.
    Cr,
    /// In what may be the name of a header.
    Name(Vec<u8>),
    /// In a header, behind its colon.
    Value,
    Data,
}

impl IcyTail {
    /// The data in these bytes.
    pub(crate) fn push(&mut self, mut bytes: &[u8], findings: &mut Findings) -> Vec<u8> {
        let mut data = Vec::new();
        while let Some((&byte, rest)) = bytes.split_first() {
            self.bytes = self.bytes.saturating_add(1);
            match &mut self.state {
                State::Data => {
                    data.extend_from_slice(bytes);
                    break;
                }
                State::LineStart => match byte {
                    b'\r' => self.state = State::Cr,
                    b'\n' => self.state = State::Data,
                    _ if byte.is_ascii_alphabetic() && self.bytes < HEAD_BYTES_MAX => {
                        self.state = State::Name(vec![byte]);
                    }
                    _ => {
                        data.push(byte);
                        self.state = State::Data;
                    }
                },
                State::Cr => {
                    if byte != b'\n' {
                        data.extend([b'\r', byte]);
                    }
                    self.state = State::Data;
                }
                State::Name(name) => match byte {
                    b':' => {
                        findings.note(Finding::HeaderAfterIcy);
                        self.state = State::Value;
                    }
                    b'-' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z'
                        if name.len() < NAME_BYTES_MAX =>
                    {
                        name.push(byte);
                    }
                    _ => {
                        data.append(name);
                        data.push(byte);
                        self.state = State::Data;
                    }
                },
                State::Value if byte == b'\n' => self.state = State::LineStart,
                State::Value if self.bytes >= HEAD_BYTES_MAX => self.state = State::Data,
                State::Value => {}
            }
            bytes = rest;
        }
        data
    }

    /// What was held back, when the connection ends.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        match std::mem::replace(&mut self.state, State::Data) {
            State::Name(name) => name,
            State::Cr => vec![b'\r'],
            _ => Vec::new(),
        }
    }
}
