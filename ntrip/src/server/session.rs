//! One connection as the caster sees it: bytes in, requests and positions and uploads out, exact answers back.

use std::borrow::Cow;

use crate::chunked::{ChunkDecoder, ChunkProgress, encode_chunk};
use crate::credentials::{AuthorizationFault, Credentials};
use crate::findings::Findings;
use crate::head::{HeadCollector, HeadFault};
use crate::nmea::GgaScanner;
use crate::nmea::gga::Gga;
use crate::server::answer::{self, Refusal};
use crate::server::mode::{Form, Mode, Reason};
use crate::server::request::{self, Request, RequestFault, UploadKey};

/// What the bytes of a peer mean.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerEvent {
    /// A request, once per connection. Decide, and send what [`ServerSession::accept`], [`ServerSession::refuse`] or
    /// [`ServerSession::send_table`] gives. Events behind it belong to its body: drop them if it is refused.
    Request(Request),
    /// No request: send the answer, which may be empty, and close.
    Fault {
        /// What is wrong.
        fault: Fault,
        /// What to send.
        answer: Vec<u8>,
    },
    /// A rover says where it is.
    Gga(Gga),
    /// Bytes of an upload, taken out of their chunks.
    Upload(Vec<u8>),
    /// An upload has ended: close.
    UploadEnd(UploadEnd),
}

/// Why there is no request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The bytes are no head.
    #[error(transparent)]
    Head(#[from] HeadFault),
    /// The head is no request.
    #[error(transparent)]
    Request(#[from] RequestFault),
}

/// How an upload ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadEnd {
    /// The last chunk came.
    LastChunk,
    /// The chunk framing is lost.
    Broken,
}

/// The caster's end of one connection. Holds no socket and no clock; see the crate's documentation for its loop.
///
/// Limits of time (a head that does not come, a rover that sends no GGA) are the caller's.
#[derive(Debug, Default)]
pub struct ServerSession {
    state: State,
    request: Option<Request>,
    findings: Findings,
}

#[derive(Debug)]
enum State {
    Head(HeadCollector),
    Rover(GgaScanner),
    Upload(Option<ChunkDecoder>),
    Closed,
}

impl Default for State {
    fn default() -> Self {
        Self::Head(HeadCollector::new())
    }
}

impl ServerSession {
    /// A session before its first byte.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes in any pieces.
    pub fn on_bytes(&mut self, bytes: &[u8]) -> Vec<ServerEvent> {
        let State::Head(collector) = &mut self.state else { return self.on_body(bytes) };
        let (head, rest) = match collector.push(bytes, &mut self.findings) {
            Ok(None) => return Vec::new(),
            Ok(Some(complete)) => complete,
            Err(fault) => {
                self.state = State::Closed;
                let answer = answer::head_fault(fault);
                return vec![ServerEvent::Fault { fault: fault.into(), answer }];
            }
        };
        let request = match request::read(&head, &mut self.findings) {
            Ok(request) => request,
            Err((fault, peer)) => {
                self.state = State::Closed;
                let answer = answer::request_fault(&peer, &fault);
                return vec![ServerEvent::Fault { fault: fault.into(), answer }];
            }
        };
        self.state = match &request {
            Request::Stream(_) => State::Rover(GgaScanner::new()),
            Request::Upload(upload) => State::Upload(upload.chunked.then(ChunkDecoder::new)),
            Request::Table(_) | Request::NoSuchName { .. } => State::Closed,
        };
        self.request = Some(request.clone());
        let mut events = vec![ServerEvent::Request(request)];
        events.extend(self.on_body(rest));
        events
    }

    /// The answer that accepts a stream or an upload. Send it at once and in one write: clients give up on a `200` that
    /// waits for their position (docs/ntrip-in-the-field.md, note 11). A POST with `Expect: 100-continue` gets it too, which is the
    /// final status it waits for (note 16).
    pub fn accept(&mut self, chunking: Chunking) -> Vec<u8> {
        match &mut self.request {
            Some(Request::Stream(stream)) => {
                let mode = &mut stream.peer.mode;
                if chunking == Chunking::Never && mode.form == Form::HttpChunked {
                    mode.form = Form::HttpRaw;
                    mode.reason = Reason::UnchunkedByCaster;
                }
                answer::accepted_stream(*mode, stream.peer.agent.as_deref())
            }
            Some(Request::Upload(upload)) => answer::accepted_upload(upload.peer.mode),
            Some(Request::Table(_) | Request::NoSuchName { .. }) | None => Vec::new(),
        }
    }

    /// The answer that refuses the request. Close behind it.
    pub fn refuse(&mut self, refusal: &Refusal<'_>) -> Vec<u8> {
        self.state = State::Closed;
        self.request.as_ref().map(|request| answer::refused(request, refusal)).unwrap_or_default()
    }

    /// The answer to a table request: the printed [`crate::sourcetable::Sourcetable`]. Close behind it.
    pub fn send_table(&mut self, sourcetable: &str) -> Vec<u8> {
        self.state = State::Closed;
        let peer = self.request.as_ref().map(Request::peer);
        peer.map(|peer| answer::table(peer, sourcetable)).unwrap_or_default()
    }

    /// A whole frame, or an epoch of them, as it goes out to an accepted rover: in one chunk, or as it is.
    pub fn frame<'f>(&self, frame: &'f [u8]) -> Cow<'f, [u8]> {
        if self.is_chunked() { Cow::Owned(encode_chunk(frame)) } else { Cow::Borrowed(frame) }
    }

    /// Whether what [`Self::frame`] makes are chunks.
    pub fn is_chunked(&self) -> bool {
        matches!(self.mode(), Some(Mode { form: Form::HttpChunked, .. }))
    }

    /// How the peer is spoken to and why, for the operator; known with the request.
    pub fn mode(&self) -> Option<Mode> {
        self.request.as_ref().map(|request| request.peer().mode)
    }

    /// The user that the request names, known or not.
    pub fn named_user(&self) -> Option<&str> {
        match self.request.as_ref()? {
            Request::Stream(request) => request.credentials.as_ref(),
            Request::Table(request) => request.credentials.as_ref(),
            Request::Upload(request) => match &request.key {
                UploadKey::Basic(credentials) => Some(credentials),
                UploadKey::Password(_) | UploadKey::Missing => None,
            },
            Request::NoSuchName { .. } => None,
        }
        .map(Credentials::user)
    }

    /// Why the `Authorization` header of the request could not be used, if it had one and it could not.
    pub fn unusable_authorization(&self) -> Option<AuthorizationFault> {
        self.request.as_ref().and_then(|request| request.peer().unusable_authorization)
    }

    /// What was odd in the peer's bytes.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    fn on_body(&mut self, bytes: &[u8]) -> Vec<ServerEvent> {
        if bytes.is_empty() {
            return Vec::new();
        }
        let decoder = match &mut self.state {
            State::Head(_) | State::Closed => return Vec::new(),
            State::Upload(None) => return vec![ServerEvent::Upload(bytes.to_vec())],
            State::Rover(scanner) => {
                let found = scanner.push(bytes, &mut self.findings);
                return found.into_iter().map(ServerEvent::Gga).collect();
            }
            State::Upload(Some(decoder)) => decoder,
        };
        let data = decoder.push(bytes, &mut self.findings);
        let end = match decoder.progress() {
            ChunkProgress::Going => None,
            ChunkProgress::Ended => Some(UploadEnd::LastChunk),
            ChunkProgress::Broken => Some(UploadEnd::Broken),
        };
        let mut events = Vec::new();
        if !data.is_empty() {
            events.push(ServerEvent::Upload(data));
        }
        if let Some(end) = end {
            self.state = State::Closed;
            events.push(ServerEvent::UploadEnd(end));
        }
        events
    }
}

/// Whether an accepted stream may be chunked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Chunking {
    /// For those who unmistakably speak NTRIP 2: `Ntrip-Version: Ntrip/2.0` over HTTP/1.1.
    #[default]
    WhenSpoken,
    /// Never: for a user or agent known to ask for NTRIP 2 without decoding chunks. Every tested client accepts it.
    Never,
}

#[cfg(test)]
mod tests;
