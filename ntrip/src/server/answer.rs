//! The exact bytes of every answer, by version and form. The wording is the specification of docs/ntrip-in-the-field.md:
//! header names in their usual capitals, one space, one write.

use crate::head::{HeadFault, header_value};
use crate::mountpoint::Mountpoint;
use crate::server::mode::{Form, Mode, Reason};
use crate::server::request::{ClientKind, Peer, Request, RequestFault};
use crate::version::NtripVersion;

/// What we call ourselves. NTRIP 1 wants a caster's name to begin with `NTRIP`.
pub const SERVER_NAME: &str = concat!("NTRIP Tianshu/", env!("CARGO_PKG_VERSION"));

/// The abilities announced in `Ntrip-Flags`: those that work, no others (docs/ntrip-in-the-field.md, note 18). `st_auth` holds because
/// [`crate::sourcetable::Sourcetable::select`] is handed the asker's rights.
pub const NTRIP_FLAGS: &str = "st_filter,st_auth,st_match,st_strict";

/// The one form of yes that every client of NTRIP 1 takes: header lines behind it would be data to RTKLIB (docs/ntrip-in-the-field.md, note 10).
const ICY_OK: &[u8] = b"ICY 200 OK\r\n\r\n";

/// RTKLIB ends the answer at the first line and hands the blank line on as data, two bytes of junk at the head of every
/// recording. With the one line alone its output is exactly the station's bytes (docs/ntrip-in-the-field.md, "Forms of yes").
const ICY_OK_FOR_RTKLIB: &[u8] = b"ICY 200 OK\r\n";

/// How RTKLIB's programs and their descendants begin their `User-Agent`.
const RTKLIB_AGENT: &str = "NTRIP RTKLIB/";

/// Why the caster refuses a readable request. The reason, where there is one, is a sentence for the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal<'t> {
    /// The credentials are wrong or missing; nothing else is a 401, because clients give up at it (docs/ntrip-in-the-field.md, note 1).
    /// The words say what is wrong, and what would be taken.
    Unauthorized(&'t str),
    /// Known, but not allowed: no right, an expired account.
    Forbidden(&'t str),
    /// No such mountpoint, or it is offline. NTRIP 1 is shown what there is instead.
    NoSuchMountpoint {
        /// The table's text, for NTRIP 1.
        sourcetable: &'t str,
    },
    /// Somebody else uploads there.
    MountpointTaken,
    /// Try again later: a limit is reached, or the caster is going down.
    Unavailable(&'t str),
}

/// Accepts a rover.
pub(crate) fn accepted_stream(mode: Mode, agent: Option<&str>) -> Vec<u8> {
    let is_rtklib = agent.is_some_and(|agent| agent.starts_with(RTKLIB_AGENT));
    let headers: &[(&'static str, &str)] = match mode.form {
        Form::Icy if is_rtklib => return ICY_OK_FOR_RTKLIB.to_vec(),
        Form::Icy => return ICY_OK.to_vec(),
        Form::HttpRaw => &[("Content-Type", "gnss/data")],
        Form::HttpChunked => &[("Content-Type", "gnss/data"), ("Transfer-Encoding", "chunked")],
    };
    http("HTTP/1.1", "200 OK", &standing(headers), None)
}

/// Accepts a station's upload.
pub(crate) fn accepted_upload(mode: Mode) -> Vec<u8> {
    match mode.form {
        Form::Icy => ICY_OK.to_vec(),
        Form::HttpRaw | Form::HttpChunked => http("HTTP/1.1", "200 OK", &standing(&[]), None),
    }
}

/// The sourcetable.
pub(crate) fn table(peer: &Peer, table: &str) -> Vec<u8> {
    if peer.mode.version == NtripVersion::V1 {
        return http("SOURCETABLE", "200 OK", &plain(), Some(("text/plain", table)));
    }
    if peer.kind == ClientKind::Browser {
        return http("HTTP/1.1", "200 OK", &standing(&[]), Some(("text/plain", table)));
    }
    let headers = standing(&[("Ntrip-Flags", NTRIP_FLAGS)]);
    http("HTTP/1.1", "200 OK", &headers, Some(("gnss/sourcetable", table)))
}

/// The caster's refusal.
pub(crate) fn refused(request: &Request, refusal: &Refusal<'_>) -> Vec<u8> {
    let peer = request.peer();
    let v1 = peer.mode.version == NtripVersion::V1;
    if v1 && is_source(peer) {
        return match refusal {
            Refusal::Unauthorized(_) => error_line("Bad Password"),
            Refusal::NoSuchMountpoint { .. } | Refusal::MountpointTaken => {
                error_line("Mount Point Taken or Invalid")
            }
            Refusal::Forbidden(reason) | Refusal::Unavailable(reason) => error_line(reason),
        };
    }
    match refusal {
        Refusal::NoSuchMountpoint { sourcetable } if v1 => table(peer, sourcetable),
        Refusal::NoSuchMountpoint { .. } => {
            let hint =
                "There is no such mountpoint here, or it is offline. GET / lists what there is.";
            status(peer, "404 Not Found", hint, &[])
        }
        Refusal::Unauthorized(reason) => {
            let realm = ("WWW-Authenticate", realm(request));
            status(peer, "401 Unauthorized", reason, &[realm])
        }
        Refusal::Forbidden(reason) => status(peer, "403 Forbidden", reason, &[]),
        Refusal::MountpointTaken => {
            let hint = "Another station is uploading to this mountpoint.";
            status(peer, "409 Conflict", hint, &[])
        }
        Refusal::Unavailable(reason) => status(peer, "503 Service Unavailable", reason, &[]),
    }
}

/// The answer to bytes that are no head. A TLS client or raw data would not understand any.
pub(crate) fn head_fault(fault: HeadFault) -> Vec<u8> {
    let code = match fault {
        HeadFault::Tls | HeadFault::NotText => return Vec::new(),
        HeadFault::TooLong => "431 Request Header Fields Too Large",
        HeadFault::ProxyProtocol => "400 Bad Request",
    };
    http("HTTP/1.1", code, &plain(), Some(("text/plain", &sentence(&fault.to_string()))))
}

/// The answer to a head that is no request of ours.
pub(crate) fn request_fault(peer: &Peer, fault: &RequestFault) -> Vec<u8> {
    let code = match fault {
        RequestFault::UnknownMethod(_) => "501 Not Implemented",
        RequestFault::Unreadable | RequestFault::Query(_) => "400 Bad Request",
    };
    if is_source(peer) {
        return error_line("Bad Request");
    }
    status(peer, code, &fault.to_string(), &[])
}

fn is_source(peer: &Peer) -> bool {
    peer.mode.reason == Reason::SourceMethod
}

fn error_line(reason: &str) -> Vec<u8> {
    format!("ERROR - {}\r\n", header_value(reason)).into_bytes()
}

/// An HTTP status with one line of reason. NTRIP 1 gets HTTP/1.0, in which its casters have always refused.
fn status(peer: &Peer, code: &str, reason: &str, extra: &[(&'static str, String)]) -> Vec<u8> {
    let (protocol, mut headers) = match peer.mode.version {
        NtripVersion::V1 => ("HTTP/1.0", plain()),
        NtripVersion::V2 => ("HTTP/1.1", standing(&[])),
    };
    headers.extend_from_slice(extra);
    http(protocol, code, &headers, Some(("text/plain", &sentence(reason))))
}

/// The headers of an answer of NTRIP 1.
fn plain() -> Vec<(&'static str, String)> {
    vec![("Server", SERVER_NAME.to_owned()), ("Connection", "close".to_owned())]
}

/// The headers of every answer of NTRIP 2, and those of this one.
fn standing(own: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let common = [
        ("Ntrip-Version", "Ntrip/2.0"),
        ("Server", SERVER_NAME),
        ("Cache-Control", "no-store, no-cache, max-age=0"),
        ("Pragma", "no-cache"),
        ("Connection", "close"),
    ];
    common.iter().chain(own).map(|(name, value)| (*name, (*value).to_owned())).collect()
}

/// Status line and headers, and a body with its kind; without one, what follows is the stream.
fn http(
    protocol: &str,
    code: &str,
    headers: &[(&'static str, String)],
    body: Option<(&str, &str)>,
) -> Vec<u8> {
    let mut lines = vec![format!("{protocol} {code}")];
    lines.extend(headers.iter().map(|(name, value)| format!("{name}: {}", header_value(value))));
    if let Some((kind, body)) = body {
        lines.push(format!("Content-Type: {kind}"));
        lines.push(format!("Content-Length: {}", body.len()));
    }
    let body = body.map(|(_, body)| body).unwrap_or_default();
    (lines.join("\r\n") + "\r\n\r\n" + body).into_bytes()
}

/// A challenge that names what is protected.
fn realm(request: &Request) -> String {
    let mountpoint: Option<&Mountpoint> = match request {
        Request::Stream(request) => Some(&request.mountpoint),
        Request::Upload(request) => Some(&request.mountpoint),
        Request::Table(_) | Request::NoSuchName { .. } => None,
    };
    let name: String =
        mountpoint.map(Mountpoint::as_str).unwrap_or_default().replace(['"', '\\'], "");
    format!("Basic realm=\"/{name}\"")
}

fn sentence(reason: &str) -> String {
    format!("{}\r\n", header_value(reason))
}
