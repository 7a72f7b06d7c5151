//! One connection to a caster: the request to send, and what the answer's bytes mean.

use std::borrow::Cow;

use crate::chunked::{ChunkDecoder, ChunkProgress, LAST_CHUNK, encode_chunk};
use crate::client::answer::{BodyKind, FirstLine, RefusedBy, status_of, words};
use crate::client::icy::IcyTail;
use crate::client::refusal::{by_error, by_status, by_table, not_understood, unanswered};
use crate::client::request::{Caster, Errand, VersionChoice, write};
use crate::findings::Findings;
use crate::head::{HEAD_BYTES_MAX, Head, HeadCollector, text_of};
use crate::sourcetable::{Sourcetable, TableReader};
use crate::version::NtripVersion;

/// How many answers like `100 Continue` may come before the real one; a server sends one at most.
const INTERIM_ANSWERS_MAX: u8 = 4;

/// What a caster's bytes mean.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientEvent {
    /// The stream is open: data will come, or may be sent.
    Accepted(Accepted),
    /// Data of a pulled stream, taken out of its chunks.
    Data(Vec<u8>),
    /// The sourcetable. Close.
    Table(Sourcetable),
    /// It did not work. Close, and do what its reaction says.
    Refused(RefusedBy),
    /// The stream has ended. Close, and connect again.
    Ended(StreamEnd),
}

/// How the caster accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The version of its answer, which may be older than the request's.
    pub version: NtripVersion,
    /// Whether the data come in chunks.
    pub chunked: bool,
    /// Its first line.
    pub said: String,
}

/// Why a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// The caster sent its last chunk.
    LastChunk,
    /// The connection closed.
    Closed,
    /// The chunk framing is lost.
    Broken,
}

/// The client's end of one connection. Holds no socket and no clock; see the crate's documentation for its loop.
///
/// Limits of time (no answer, no data, no end of a table) are the caller's.
#[derive(Debug)]
pub struct ClientSession {
    caster: Caster,
    errand: Errand,
    version: NtripVersion,
    /// Whether the upload accepted is sent in chunks.
    chunks_out: bool,
    interim_answers: u8,
    state: State,
    findings: Findings,
}

#[derive(Debug)]
enum State {
    /// In the first line, which says what kind of answer it is.
    FirstLine(Vec<u8>),
    /// In the head of an answer that has one.
    Head(HeadCollector),
    /// In a stream's data.
    Data(Framing),
    /// In a sourcetable, in chunks or not.
    Table(Option<ChunkDecoder>, TableReader),
    /// An upload is accepted; whatever the caster says from now on is nothing to us.
    Pushing,
    Closed,
}

#[derive(Debug)]
enum Framing {
    Icy(IcyTail),
    Raw,
    Chunked(ChunkDecoder),
}

impl ClientSession {
    /// A session before its request is sent.
    pub fn new(caster: Caster, errand: Errand) -> Self {
        let version = caster.version.first();
        let state = State::FirstLine(Vec::new());
        let findings = Findings::default();
        Self { caster, errand, version, chunks_out: false, interim_answers: 0, state, findings }
    }

    /// The same errand in NTRIP 1, for a new connection after [`RefusedBy::TryVersion1`].
    #[must_use]
    pub fn in_version1(&self) -> Self {
        let caster = Caster { version: VersionChoice::V1, ..self.caster.clone() };
        Self::new(caster, self.errand.clone())
    }

    /// The request, to be sent first and in one write.
    pub fn request(&self) -> Vec<u8> {
        write(&self.caster, &self.errand, self.version)
    }

    /// Takes bytes of the caster in any pieces.
    pub fn on_bytes(&mut self, bytes: &[u8]) -> Vec<ClientEvent> {
        let mut events = Vec::new();
        let mut rest = bytes;
        if let State::FirstLine(line) = &mut self.state {
            match take_line(line, rest) {
                Taken::More => return events,
                Taken::Foreign => {
                    let said = words(&text_of(line));
                    let said = if said.is_empty() { "data without an answer".into() } else { said };
                    return vec![self.refused(RefusedBy::NotNtrip { said })];
                }
                Taken::Line(behind) => rest = behind,
            }
            let line = std::mem::take(line);
            events.extend(self.on_first_line(&line));
        }
        if let State::Head(collector) = &mut self.state {
            match collector.push(rest, &mut self.findings) {
                Ok(None) => return events,
                Ok(Some((head, behind))) => {
                    rest = behind;
                    events.extend(self.on_head(&head));
                }
                Err(fault) => {
                    events.push(self.refused(RefusedBy::NotNtrip { said: fault.to_string() }));
                }
            }
        }
        events.extend(self.on_body(rest));
        events
    }

    /// The caster has closed the connection.
    pub fn on_end(&mut self) -> Vec<ClientEvent> {
        let mut events = Vec::new();
        if let State::FirstLine(line) = &mut self.state {
            let line = std::mem::take(line);
            if line.is_empty() {
                return vec![self.refused(unanswered(self.caster.version))];
            }
            // Some casters send `ERROR - …` without a line end.
            events.extend(self.on_first_line(&line));
        }
        match std::mem::replace(&mut self.state, State::Closed) {
            State::FirstLine(_) | State::Closed => {}
            State::Head(_) => events.push(ClientEvent::Refused(RefusedBy::ClosedWithoutAnswer)),
            State::Table(_, reader) => {
                events.push(ClientEvent::Table(reader.finish(&mut self.findings)));
            }
            State::Data(framing) => {
                if let Framing::Icy(mut tail) = framing {
                    events.extend(data_event(tail.finish()));
                }
                events.push(ClientEvent::Ended(StreamEnd::Closed));
            }
            State::Pushing => events.push(ClientEvent::Ended(StreamEnd::Closed)),
        }
        events
    }

    /// A frame, or an epoch of them, as it goes out on an accepted upload: in one chunk, or as it is.
    pub fn frame<'f>(&self, frame: &'f [u8]) -> Cow<'f, [u8]> {
        if self.chunks_out { Cow::Owned(encode_chunk(frame)) } else { Cow::Borrowed(frame) }
    }

    /// What ends an upload politely, before closing.
    pub fn farewell(&self) -> &'static [u8] {
        if self.chunks_out { LAST_CHUNK } else { b"" }
    }

    /// The version of the request.
    pub fn version(&self) -> NtripVersion {
        self.version
    }

    /// What was odd in the caster's bytes.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    fn on_first_line(&mut self, line: &[u8]) -> Option<ClientEvent> {
        let text = text_of(line);
        let said = words(&text);
        let version = self.caster.version;
        match (FirstLine::read(&text), &self.errand) {
            // BKG's uploader too takes ICY in answer to POST for "NTRIP 2 is not known here" (docs/ntrip-in-the-field.md, note 15).
            (FirstLine::Icy, Errand::Push { .. }) if self.version == NtripVersion::V2 => {
                Some(self.refused(not_understood(version, said)))
            }
            (FirstLine::Icy, Errand::Push { .. }) => {
                self.state = State::Pushing;
                Some(accepted(NtripVersion::V1, false, said))
            }
            (FirstLine::Icy, Errand::Pull { .. }) => {
                self.state = State::Data(Framing::Icy(IcyTail::default()));
                Some(accepted(NtripVersion::V1, false, said))
            }
            (FirstLine::Table, Errand::Table { .. }) | (FirstLine::Http, _) => {
                let mut collector = HeadCollector::new();
                // The line is within the head's own bound and is text, see `take_line`.
                let seeded = collector.push(&[line, b"\n"].concat(), &mut self.findings).is_ok();
                self.state = State::Head(collector);
                (!seeded).then(|| self.refused(RefusedBy::NotNtrip { said }))
            }
            (FirstLine::Table, errand) => {
                let refusal = by_table(errand, version, said);
                Some(self.refused(refusal))
            }
            (FirstLine::Error(text), _) => Some(self.refused(by_error(&text, version))),
            (FirstLine::IcyStatus(status), errand) => {
                let refusal = by_status(errand, version, status, said, None);
                Some(self.refused(refusal))
            }
            (FirstLine::Foreign | FirstLine::Icy, _) => {
                Some(self.refused(RefusedBy::NotNtrip { said }))
            }
        }
    }

    fn on_head(&mut self, head: &Head) -> Option<ClientEvent> {
        let said = words(head.start_line());
        let asked = self.caster.version;
        let chunked = head.is_chunked();
        let is_table = FirstLine::read(head.start_line()) == FirstLine::Table;
        let status = if is_table { 200 } else { status_of(head) };
        if !(200..300).contains(&status) {
            return match status {
                // An interim answer; the real one follows.
                100..200 if self.interim_answers < INTERIM_ANSWERS_MAX => {
                    self.interim_answers += 1;
                    self.state = State::FirstLine(Vec::new());
                    None
                }
                _ => {
                    let refusal =
                        by_status(&self.errand, asked, status, said, head.header("Location"));
                    Some(self.refused(refusal))
                }
            };
        }
        let said_version = head.header("Ntrip-Version").and_then(NtripVersion::from_header);
        let (version, is_ntrip) = (said_version.unwrap_or(self.version), said_version.is_some());
        match (&self.errand, BodyKind::of(head)) {
            (Errand::Table { .. }, BodyKind::Table | BodyKind::Data) => {
                self.state = State::Table(chunked.then(ChunkDecoder::new), TableReader::new());
                None
            }
            (Errand::Push { .. }, kind) if kind != BodyKind::Page || is_ntrip => {
                self.state = State::Pushing;
                self.chunks_out = self.version == NtripVersion::V2;
                Some(accepted(version, false, said))
            }
            (Errand::Pull { .. }, BodyKind::Data) => {
                self.state = State::Data(if chunked {
                    Framing::Chunked(ChunkDecoder::new())
                } else {
                    Framing::Raw
                });
                Some(accepted(version, chunked, said))
            }
            (Errand::Pull { .. }, BodyKind::Table) => {
                let refusal = by_table(&self.errand, asked, said);
                Some(self.refused(refusal))
            }
            (_, _) => Some(self.refused(RefusedBy::NotNtrip { said })),
        }
    }

    fn on_body(&mut self, bytes: &[u8]) -> Vec<ClientEvent> {
        if bytes.is_empty() {
            return Vec::new();
        }
        let findings = &mut self.findings;
        let mut events = Vec::new();
        match &mut self.state {
            // Behind an interim answer the next one begins.
            State::FirstLine(_) => return self.on_bytes(bytes),
            State::Head(_) | State::Pushing | State::Closed => {}
            State::Data(Framing::Raw) => events.push(ClientEvent::Data(bytes.to_vec())),
            State::Data(Framing::Icy(tail)) => {
                events.extend(data_event(tail.push(bytes, findings)));
            }
            State::Data(Framing::Chunked(decoder)) => {
                events.extend(data_event(decoder.push(bytes, findings)));
                let end = match decoder.progress() {
                    ChunkProgress::Going => return events,
                    ChunkProgress::Ended => StreamEnd::LastChunk,
                    ChunkProgress::Broken => StreamEnd::Broken,
                };
                self.state = State::Closed;
                events.push(ClientEvent::Ended(end));
            }
            State::Table(decoder, reader) => {
                let text = match decoder {
                    Some(decoder) => Cow::Owned(decoder.push(bytes, findings)),
                    None => Cow::Borrowed(bytes),
                };
                let going = decoder.as_ref().is_none_or(|d| d.progress() == ChunkProgress::Going);
                if reader.push(&text, findings) || !going {
                    let table = std::mem::take(reader).finish(findings);
                    self.state = State::Closed;
                    events.push(ClientEvent::Table(table));
                }
            }
        }
        events
    }

    fn refused(&mut self, refusal: RefusedBy) -> ClientEvent {
        self.state = State::Closed;
        ClientEvent::Refused(refusal)
    }
}

enum Taken<'b> {
    More,
    /// The line is complete; what is behind it.
    Line(&'b [u8]),
    /// This will never be a first line.
    Foreign,
}

/// Adds bytes to the first line, up to its end. Empty lines before it are skipped.
fn take_line<'b>(line: &mut Vec<u8>, bytes: &'b [u8]) -> Taken<'b> {
    let mut rest = bytes;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match byte {
            b'\n' if line.iter().all(|b| *b == b'\r') => line.clear(),
            b'\n' => return Taken::Line(rest),
            b'\r' | b'\t' | b' '..=b'~' if line.len() < HEAD_BYTES_MAX / 2 => line.push(byte),
            0x80.. if !line.is_empty() && line.len() < HEAD_BYTES_MAX / 2 => line.push(byte),
            _ => return Taken::Foreign,
        }
    }
    Taken::More
}

fn accepted(version: NtripVersion, chunked: bool, said: String) -> ClientEvent {
    ClientEvent::Accepted(Accepted { version, chunked, said })
}

fn data_event(data: Vec<u8>) -> Option<ClientEvent> {
    (!data.is_empty()).then_some(ClientEvent::Data(data))
}

#[cfg(test)]
mod tests;
