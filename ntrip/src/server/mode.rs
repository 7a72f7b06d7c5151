//! In which way a peer is spoken to, and why: the choice that decides most support cases, so it is shown.

use std::fmt;

use crate::version::NtripVersion;

/// How the body of an accepted stream or upload is framed, and which words come before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The words of NTRIP 1 (`ICY 200 OK`, `SOURCETABLE 200 OK`, `ERROR - …`) and the bytes as they are.
    Icy,
    /// An HTTP status line and headers, the bytes as they are until the connection closes.
    HttpRaw,
    /// An HTTP status line and headers, the bytes in chunks.
    HttpChunked,
}

/// Why a form was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is no `Ntrip-Version: Ntrip/2.0`; HTTP/1.1 alone says nothing (docs/ntrip-in-the-field.md, note 2).
    NoVersion2Header,
    /// `Ntrip-Version: Ntrip/2.0`, and nothing that forbids it.
    Version2Header,
    /// `Ntrip-Version: Ntrip/2.0` over HTTP/1.0 or less, which knows no chunks (docs/ntrip-in-the-field.md, note 5).
    Version2OverHttp10,
    /// A browser, or `curl` under its own name, would not understand ICY.
    Browser,
    /// `SOURCE` exists in NTRIP 1 only.
    SourceMethod,
    /// `POST` is HTTP with or without the version header (docs/ntrip-in-the-field.md, note 17).
    PostMethod,
    /// The caster wished not to chunk, for this user or agent.
    UnchunkedByCaster,
}

/// The mode of a session. `Display` is what an operator reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// The version spoken.
    pub version: NtripVersion,
    /// The form of answers and of an accepted stream.
    pub form: Form,
    /// Why.
    pub reason: Reason,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = match self.form {
            Form::Icy => "ICY",
            Form::HttpRaw => "HTTP unchunked",
            Form::HttpChunked => "HTTP chunked",
        };
        let reason = match self.reason {
            Reason::NoVersion2Header => "no Ntrip-Version: Ntrip/2.0 header",
            Reason::Version2Header => "Ntrip-Version: Ntrip/2.0",
            Reason::Version2OverHttp10 => "Ntrip-Version: Ntrip/2.0, but HTTP/1.0 knows no chunks",
            Reason::Browser => "a browser asks",
            Reason::SourceMethod => "SOURCE exists in NTRIP 1 only",
            Reason::PostMethod => "POST is answered in HTTP",
            Reason::UnchunkedByCaster => "unchunked by the caster's choice",
        };
        write!(f, "{}, {form}: {reason}", self.version)
    }
}
