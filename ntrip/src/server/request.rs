//! What a peer asks of a caster, read from its head in every form the field writes.

use crate::credentials::{AuthorizationFault, Credentials, Secret};
use crate::findings::{Finding, Findings};
use crate::head::Head;
use crate::mountpoint::Mountpoint;
use crate::nmea::gga::Gga;
use crate::server::mode::{Form, Mode, Reason};
use crate::sourcetable::query::{QueryFault, TableQuery};
use crate::version::NtripVersion;

/// What a peer asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// A stream.
    Stream(StreamRequest),
    /// The sourcetable, or a part of it.
    Table(TableRequest),
    /// To upload a stream.
    Upload(UploadRequest),
    /// A stream or upload under a name that no mountpoint can have. Refuse it as an unknown mountpoint.
    NoSuchName {
        /// What was asked for.
        name: String,
        /// Who asks.
        peer: Peer,
    },
}

impl Request {
    /// Who asks.
    pub fn peer(&self) -> &Peer {
        match self {
            Self::Stream(request) => &request.peer,
            Self::Table(request) => &request.peer,
            Self::Upload(request) => &request.peer,
            Self::NoSuchName { peer, .. } => peer,
        }
    }
}

/// A rover asks for a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamRequest {
    /// Which.
    pub mountpoint: Mountpoint,
    /// Who says so.
    pub credentials: Option<Credentials>,
    /// The position of the `Ntrip-GGA` header; others come as events later.
    pub initial_gga: Option<Gga>,
    /// The software and the mode.
    pub peer: Peer,
}

/// Somebody asks for the sourcetable.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRequest {
    /// Which records.
    pub query: TableQuery,
    /// Who asks, for `?auth`.
    pub credentials: Option<Credentials>,
    /// The software and the mode.
    pub peer: Peer,
}

/// A station wants to upload.
#[derive(Clone, Debug, PartialEq)]
pub struct UploadRequest {
    /// Under which name.
    pub mountpoint: Mountpoint,
    /// How it says who it is.
    pub key: UploadKey,
    /// Whether its bytes come in chunks; the session takes them apart.
    pub chunked: bool,
    /// The sourcetable line it proposes (`STR:`, `Ntrip-STR:`).
    pub str_line: Option<String>,
    /// The software and the mode.
    pub peer: Peer,
}

/// How a station proves itself.
#[derive(Clone, Debug, PartialEq)]
pub enum UploadKey {
    /// The password of a SOURCE line. Some devices write `user:password` there:
    /// [`Credentials::from_pair`] takes it apart.
    Password(Secret),
    /// Basic authentication of a POST.
    Basic(Credentials),
    /// Nothing readable.
    Missing,
}

/// The software at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// `User-Agent` or `Source-Agent`.
    pub agent: Option<String>,
    /// What kind of software that is. Never a reason to refuse (docs/ntrip-in-the-field.md, note 4).
    pub kind: ClientKind,
    /// How it is spoken to.
    pub mode: Mode,
    /// Why its `Authorization` header, if it has one, could not be used.
    pub unusable_authorization: Option<AuthorizationFault>,
}

/// What kind of software a peer says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientKind {
    /// Its agent contains `NTRIP`.
    Ntrip,
    /// A browser, or what fetches web pages without one: `Mozilla`, `curl/`, `Wget/`, without `NTRIP`.
    Browser,
    /// Something else.
    Other,
    /// It does not say.
    Unnamed,
}

/// How the agents of web software begin, in small letters; all of them refuse an answer without an HTTP status line.
const WEB_AGENTS: [&str; 3] = ["mozilla", "curl/", "wget/"];

/// Why a head is no request. Each has its own answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestFault {
    /// Neither GET nor POST nor SOURCE.
    #[error("the method {0:?} is not known here; use GET, POST or SOURCE")]
    UnknownMethod(String),
    /// A request line without what it needs.
    #[error("the request line cannot be read")]
    Unreadable,
    /// A strict sourcetable query that cannot be read.
    #[error(transparent)]
    Query(#[from] QueryFault),
}

/// Reads a head as a request.
pub(crate) fn read(head: &Head, findings: &mut Findings) -> Result<Request, (RequestFault, Peer)> {
    let line = head.start_line();
    let (method, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    let (target, http) = split_protocol(rest);
    let peer = read_peer(head, method, http, findings);
    match method.to_ascii_uppercase().as_str() {
        "GET" => read_get(head, target, peer.clone(), findings).map_err(|fault| (fault, peer)),
        "POST" => Ok(read_post(head, target, peer, findings)),
        "SOURCE" => read_source(head, target, peer.clone()).ok_or((RequestFault::Unreadable, peer)),
        _ if rest.is_empty() => Err((RequestFault::Unreadable, peer)),
        _ => Err((RequestFault::UnknownMethod(method.chars().take(20).collect()), peer)),
    }
}

fn read_get(
    head: &Head,
    target: &str,
    peer: Peer,
    findings: &mut Findings,
) -> Result<Request, RequestFault> {
    let (path, query) = split_target(target);
    let credentials = read_credentials(head, findings);
    if path.is_empty() {
        let query = TableQuery::parse(&query, findings)?;
        return Ok(Request::Table(TableRequest { query, credentials, peer }));
    }
    let Some(mountpoint) = Mountpoint::new(&path) else {
        return Ok(Request::NoSuchName { name: path, peer });
    };
    let initial_gga = head.header("Ntrip-GGA").and_then(|sentence| {
        Gga::parse(sentence).map_err(|fault| findings.note(fault.finding())).ok()
    });
    Ok(Request::Stream(StreamRequest { mountpoint, credentials, initial_gga, peer }))
}

fn read_post(head: &Head, target: &str, peer: Peer, findings: &mut Findings) -> Request {
    let (path, _) = split_target(target);
    let Some(mountpoint) = Mountpoint::new(&path) else {
        return Request::NoSuchName { name: path, peer };
    };
    let key = read_credentials(head, findings).map_or(UploadKey::Missing, UploadKey::Basic);
    Request::Upload(UploadRequest {
        mountpoint,
        key,
        chunked: head.is_chunked(),
        str_line: str_line(head),
        peer,
    })
}

/// `SOURCE pw /mnt`, `SOURCE pw mnt`, either with a protocol behind it (docs/ntrip-in-the-field.md, note 21). The mountpoint is the
/// last word and the password everything before it: it may hold spaces, and may be empty.
fn read_source(head: &Head, rest: &str, peer: Peer) -> Option<Request> {
    let rest = rest.trim_end();
    let (password, name) = rest.rsplit_once([' ', '\t']).unwrap_or(("", rest));
    let name = name.trim_matches('/');
    if name.is_empty() {
        return None;
    }
    let Some(mountpoint) = Mountpoint::new(name) else {
        return Some(Request::NoSuchName { name: name.to_owned(), peer });
    };
    let key = UploadKey::Password(Secret::new(password.trim()));
    let str_line = str_line(head);
    Some(Request::Upload(UploadRequest { mountpoint, key, chunked: false, str_line, peer }))
}

/// The protocol behind a target: `None` when the line ends without one (docs/ntrip-in-the-field.md, note 6), else its version.
fn split_protocol(rest: &str) -> (&str, Option<HttpLevel>) {
    let rest = rest.trim_end();
    let (target, last) = rest.rsplit_once([' ', '\t']).unwrap_or(("", rest));
    let is_protocol = last.get(..5).is_some_and(|name| name.eq_ignore_ascii_case("HTTP/"));
    match is_protocol {
        true if last.ends_with("/1.0") || last.ends_with("/0.9") => {
            (target, Some(HttpLevel::Http10))
        }
        true => (target, Some(HttpLevel::Http11)),
        false => (rest, None),
    }
}

/// What the request line says about chunks: only HTTP/1.1 and later know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HttpLevel {
    Http10,
    Http11,
}

fn read_peer(head: &Head, method: &str, http: Option<HttpLevel>, findings: &mut Findings) -> Peer {
    let agent = head.header("User-Agent").or_else(|| head.header("Source-Agent"));
    let agent = agent.filter(|text| !text.is_empty()).map(str::to_owned);
    let kind = match agent.as_deref().map(str::to_ascii_lowercase) {
        None => ClientKind::Unnamed,
        Some(text) if text.contains("ntrip") => ClientKind::Ntrip,
        Some(text) if WEB_AGENTS.iter().any(|web| text.contains(web)) => ClientKind::Browser,
        Some(_) => ClientKind::Other,
    };
    let header = head.header("Ntrip-Version");
    let said = header.and_then(NtripVersion::from_header);
    if header.is_some() && said.is_none() {
        findings.note(Finding::UnknownVersion);
    }
    let says_v2 = said == Some(NtripVersion::V2);
    let mode = if method.eq_ignore_ascii_case("POST") {
        post_mode(says_v2, head.is_chunked())
    } else {
        choose_mode(method, says_v2, http, kind)
    };
    let said = head.header("Authorization").map(Credentials::from_header);
    let unusable_authorization = said.and_then(Result::err);
    Peer { agent, kind, mode, unusable_authorization }
}

/// ICY unless `Ntrip-Version: Ntrip/2.0`; chunks only over HTTP/1.1 (docs/ntrip-in-the-field.md, "Rules that every tested client accepts").
fn choose_mode(method: &str, says_v2: bool, http: Option<HttpLevel>, kind: ClientKind) -> Mode {
    use NtripVersion::{V1, V2};
    let (version, form, reason) = match (says_v2, http) {
        _ if method.eq_ignore_ascii_case("SOURCE") => (V1, Form::Icy, Reason::SourceMethod),
        (true, Some(HttpLevel::Http11)) => (V2, Form::HttpChunked, Reason::Version2Header),
        (true, _) => (V2, Form::HttpRaw, Reason::Version2OverHttp10),
        (false, _) if kind == ClientKind::Browser => (V2, Form::HttpRaw, Reason::Browser),
        (false, _) => (V1, Form::Icy, Reason::NoVersion2Header),
    };
    Mode { version, form, reason }
}

/// An upload by POST is HTTP whether it says so or not, and comes in chunks when its head says so (docs/ntrip-in-the-field.md, notes 16 and 17).
fn post_mode(says_v2: bool, chunked: bool) -> Mode {
    let form = if chunked { Form::HttpChunked } else { Form::HttpRaw };
    let reason = if says_v2 { Reason::Version2Header } else { Reason::PostMethod };
    Mode { version: NtripVersion::V2, form, reason }
}

fn read_credentials(head: &Head, findings: &mut Findings) -> Option<Credentials> {
    let read = Credentials::from_header(head.header("Authorization")?);
    if read.is_err() {
        findings.note(Finding::BadAuthorization);
    }
    read.ok()
}

fn str_line(head: &Head) -> Option<String> {
    let line = head.header("Ntrip-STR").or_else(|| head.header("STR"))?;
    (!line.is_empty()).then(|| line.to_owned())
}

/// Path and query of a target: with or without the leading slash, with a trailing one, or absolute
/// (`http://host:port/path`, docs/ntrip-in-the-field.md, notes 6 and 7). The query behind a mountpoint means nothing.
fn split_target(target: &str) -> (String, String) {
    let target = target.trim();
    let absolute = ["http://", "https://", "ntrip://"].iter().find_map(|scheme| {
        let begins = target.get(..scheme.len())?.eq_ignore_ascii_case(scheme);
        begins.then(|| target.get(scheme.len()..)).flatten()
    });
    let local = match absolute {
        Some(rest) => rest.find(['/', '?']).and_then(|at| rest.get(at..)).unwrap_or_default(),
        None => target,
    };
    let (path, query) = local.split_once('?').unwrap_or((local, ""));
    (percent_decoded(path.trim_matches('/')), percent_decoded(query))
}

/// Resolves `%hh`; HTTP libraries write `;`, `>` and `|` of a query so. What is no code stays as it is.
fn percent_decoded(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        let code = behind.first_chunk::<2>().filter(|_| byte == b'%');
        let value = code
            .filter(|code| code.iter().all(u8::is_ascii_hexdigit))
            .and_then(|code| std::str::from_utf8(code).ok())
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        decoded.push(value.unwrap_or(byte));
        rest = match value {
            Some(_) => behind.get(2..).unwrap_or_default(),
            None => behind,
        };
    }
    crate::head::text_of(&decoded)
}
