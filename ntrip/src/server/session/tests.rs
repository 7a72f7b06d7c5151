//! What real clients send, one by one, and the exact bytes they get (numbers: the notes of docs/ntrip-in-the-field.md).

use proptest::prelude::*;

use super::*;
use crate::credentials::Credentials;
use crate::server::request::{ClientKind, UploadKey};
use crate::version::NtripVersion;

const GGA: &str = "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47";
const TABLE: &str = "STR;LD000;Bremen\r\nENDSOURCETABLE\r\n";
/// `Basic` of user `u` with password `p`.
const BASIC: &str = "Authorization: Basic dTpw\r\n";

/// Feeds bytes in pieces; neighbouring pieces of an upload become one.
fn feed(bytes: &[u8], size: usize) -> (ServerSession, Vec<ServerEvent>) {
    let mut session = ServerSession::new();
    let mut events: Vec<ServerEvent> = Vec::new();
    for event in bytes.chunks(size).flat_map(|piece| session.on_bytes(piece)).collect::<Vec<_>>() {
        match (events.last_mut(), event) {
            (Some(ServerEvent::Upload(all)), ServerEvent::Upload(more)) => all.extend(more),
            (_, event) => events.push(event),
        }
    }
    (session, events)
}

#[track_caller]
fn request(text: &str) -> (ServerSession, Request) {
    let (session, mut events) = feed(text.as_bytes(), 5);
    match events.remove(0) {
        ServerEvent::Request(request) => (session, request),
        other => panic!("{text:?} gave {other:?}"),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
fn check_stream(head: &str, answer: &str) {
    let (mut session, request) = request(head);
    let Request::Stream(stream) = &request else { panic!("{head:?} gave {request:?}") };
    assert_eq!(stream.mountpoint.as_str(), "LD000");
    assert_eq!(text(&session.accept(Chunking::WhenSpoken)), answer, "{head:?}");
}

const ICY: &str = "ICY 200 OK\r\n\r\n";

fn http_ok(tail: &str) -> String {
    let server = answer::SERVER_NAME;
    format!(
        "HTTP/1.1 200 OK\r\nNtrip-Version: Ntrip/2.0\r\nServer: {server}\r\n\
         Cache-Control: no-store, no-cache, max-age=0\r\nPragma: no-cache\r\nConnection: close\r\n{tail}\r\n"
    )
}

#[test]
fn the_answer_follows_the_request() {
    let chunked = http_ok("Content-Type: gnss/data\r\nTransfer-Encoding: chunked\r\n");
    let raw = http_ok("Content-Type: gnss/data\r\n");
    // RTKLIB would write the blank line into its output ("Forms of yes").
    let rtklib = "GET /LD000 HTTP/1.0\r\nUser-Agent: NTRIP RTKLIB/2.4.3\r\n\r\n";
    check_stream(rtklib, "ICY 200 OK\r\n");
    // gpsd and BKG ntripclient v1, xsens: HTTP/1.1 alone is not NTRIP 2 (note 2).
    check_stream("GET /LD000 HTTP/1.0\r\nUser-Agent: NTRIP BKG/1.51\r\n\r\n", ICY);
    check_stream("GET /LD000 HTTP/1.1\r\nAccept: rtk/rtcm, dgps/rtcm\r\n\r\n", ICY);
    check_stream("GET /LD000 HTTP/1.1\r\nNtrip-Version: Ntrip/1.0\r\n\r\n", ICY);
    check_stream("GET /LD000 HTTP/1.0\r\n\r\n", ICY); // no agent (note 4)
    check_stream("GET /LD000 HTTP/1.1\r\nUser-Agent: NTRIP curl/8.0\r\n\r\n", ICY);
    check_stream("GET /LD000 HTTP/1.1\r\nNtrip-Version: Ntrip/2.0\r\n\r\n", &chunked);
    check_stream("GET /LD000 HTTP/1.1\r\nntrip-version: NTRIP/2.0\r\n\r\n", &chunked); // note 3
    // Crate ntrip-client: NTRIP 2 over HTTP/1.0, never chunk (note 5).
    check_stream("GET /LD000 HTTP/1.0\r\nntrip-version: NTRIP/2.0\r\n\r\n", &raw);
    check_stream("GET /LD000\r\nNtrip-Version: Ntrip/2.0\r\n\r\n", &raw);
    check_stream("GET /LD000 HTTP/1.1\r\nUser-Agent: Mozilla/5.0\r\n\r\n", &raw); // note 14
    // Since 7.66 curl refuses what has no HTTP status line ("Received HTTP/0.9 when not allowed").
    check_stream("GET /LD000 HTTP/1.1\r\nUser-Agent: curl/8.0\r\n\r\n", &raw);
}

#[test]
fn request_lines_are_read_in_every_form_of_the_field() {
    check_stream("GET LD000 HTTP/1.0\r\n\r\n", ICY); // note 6
    check_stream("GET http://h:2101/LD000 HTTP/1.0\r\n\r\n", ICY);
    check_stream("GET HTTP://h/LD000 HTTP/1.0\r\n\r\n", ICY);
    check_stream("GET /LD000\r\n\r\n", ICY);
    check_stream("GET /LD000?x=1 HTTP/1.0\r\n\r\n", ICY); // note 7
    check_stream("GET /LD000/ HTTP/1.0\r\n\r\n", ICY);
    check_stream("GET /LD000 HTTP/1.0\n\n", ICY); // note 8
    check_stream("get /LD%30%30%30 HTTP/1.0\r\n\r\n", ICY);
    check_stream("\r\nGET  /LD000  HTTP/1.0 \r\n\r\n", ICY);
}

#[track_caller]
fn check_table(head: &str, start: &str) {
    let (mut session, request) = request(head);
    assert!(matches!(request, Request::Table(_)), "{head:?} gave {request:?}");
    let answer = text(&session.send_table(TABLE));
    let (head_out, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head_out.starts_with(start), "{answer}");
    assert!(head_out.contains("\r\nConnection: close\r\n"), "{answer}");
    assert!(head_out.ends_with(&format!("\r\nContent-Length: {}", TABLE.len())), "{answer}");
    assert_eq!(body, TABLE);
}

#[test]
fn the_table_is_sent_in_three_dresses() {
    // Note 14.
    check_table("GET / HTTP/1.0\r\nUser-Agent: NTRIP x\r\n\r\n", "SOURCETABLE 200 OK\r\n");
    check_table("GET / HTTP/1.1\r\n\r\n", "SOURCETABLE 200 OK\r\n"); // gpsd asks so first
    check_table("GET  HTTP/1.0\r\n\r\n", "SOURCETABLE 200 OK\r\n");
    check_table("GET http://h:2101 HTTP/1.0\r\n\r\n", "SOURCETABLE 200 OK\r\n");
    check_table(
        "GET / HTTP/1.1\r\nNtrip-Version: Ntrip/2.0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nNtrip-Version: Ntrip/2.0\r\n",
    );
    for agent in ["Mozilla/5.0", "curl/7.88.1", "Wget/1.21.3"] {
        let head = format!("GET / HTTP/1.1\r\nUser-Agent: {agent}\r\n\r\n");
        check_table(&head, "HTTP/1.1 200 OK\r\n");
    }
    check_table("GET / HTTP/1.1\r\nUser-Agent: NTRIP curl/7\r\n\r\n", "SOURCETABLE 200 OK\r\n");
    let (mut session, _) = request("GET / HTTP/1.1\r\nNtrip-Version: Ntrip/2.0\r\n\r\n");
    let answer = text(&session.send_table(TABLE));
    assert!(answer.contains("\r\nContent-Type: gnss/sourcetable\r\n"), "{answer}");
    assert!(
        answer.contains("\r\nNtrip-Flags: st_filter,st_auth,st_match,st_strict\r\n"),
        "{answer}"
    );
    let (_, filtered) = request("GET /?STR%3BLD00* HTTP/1.1\r\n\r\n"); // note 18
    let Request::Table(filtered) = filtered else { panic!("{filtered:?}") };
    assert!(!filtered.query.is_everything());
}

#[track_caller]
fn check_refusal(head: &str, refusal: Refusal<'_>, start: &str, contains: &str) {
    let (mut session, _) = request(head);
    let answer = text(&session.refuse(&refusal));
    assert!(answer.starts_with(start) && answer.contains(contains), "{head:?} gave {answer:?}");
    assert!(session.on_bytes(b"$more").is_empty(), "nothing comes of a refused session");
}

#[test]
fn refusals_are_worded_as_clients_know_them() {
    let v1 = "GET /LD000 HTTP/1.0\r\n\r\n";
    let v2 = "GET /LD000 HTTP/1.1\r\nNtrip-Version: Ntrip/2.0\r\n\r\n";
    let browser = "GET /favicon.ico HTTP/1.1\r\nUser-Agent: Mozilla/5.0\r\n\r\n";
    let source = "SOURCE pw /LD000\r\n\r\n";
    let post = "POST /LD000 HTTP/1.1\r\nNtrip-Version: Ntrip/2.0\r\n\r\n";
    let unknown = Refusal::NoSuchMountpoint { sourcetable: TABLE };
    let challenge = "\r\nWWW-Authenticate: Basic realm=\"/LD000\"\r\n"; // note 13
    check_refusal(v1, Refusal::Unauthorized("Wrong."), "HTTP/1.0 401 Unauthorized\r\n", challenge);
    check_refusal(v2, Refusal::Unauthorized("Wrong."), "HTTP/1.1 401 Unauthorized\r\n", challenge);
    check_refusal(
        post,
        Refusal::Unauthorized("Wrong."),
        "HTTP/1.1 401 Unauthorized\r\n",
        challenge,
    );
    check_refusal(source, Refusal::Unauthorized("Wrong."), "ERROR - Bad Password\r\n", ""); // note 20
    check_refusal(v1, unknown, "SOURCETABLE 200 OK\r\n", TABLE); // note 12
    check_refusal(v2, unknown, "HTTP/1.1 404 Not Found\r\n", "\r\n\r\nThere is no such");
    check_refusal(browser, unknown, "HTTP/1.1 404 Not Found\r\n", "text/plain");
    check_refusal(source, unknown, "ERROR - Mount Point Taken or Invalid\r\n", "");
    check_refusal(source, Refusal::MountpointTaken, "ERROR - Mount Point Taken or Invalid\r\n", "");
    check_refusal(post, Refusal::MountpointTaken, "HTTP/1.1 409 Conflict\r\n", "");
    check_refusal(v2, Refusal::Forbidden("Expired."), "HTTP/1.1 403 ", "\r\n\r\nExpired.\r\n");
    check_refusal(v1, Refusal::Forbidden("Expired."), "HTTP/1.0 403 ", "\r\n\r\nExpired.\r\n");
    check_refusal(v2, Refusal::Unavailable("Full."), "HTTP/1.1 503 ", "Content-Length: 7\r\n");
    check_refusal(source, Refusal::Unavailable("Full."), "ERROR - Full.\r\n", "");
    check_refusal("GET /A;B HTTP/1.0\r\n\r\n", unknown, "SOURCETABLE", "");
}

#[track_caller]
fn check_fault(bytes: &[u8], start: &str) {
    for size in [1, 7, 100_000] {
        let (_, events) = feed(bytes, size);
        let [ServerEvent::Fault { answer, .. }] = events.as_slice() else { panic!("{events:?}") };
        let answer = text(answer);
        assert!(answer.starts_with(start) && answer.is_empty() == start.is_empty(), "{answer:?}");
    }
}

#[test]
fn what_is_no_request_is_answered_in_kind() {
    check_fault(b"\x16\x03\x01\x02\x00\x01\x00", ""); // note 36
    check_fault(b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET / HTTP/1.0\r\n\r\n", "HTTP/1.1 400 "); // 35
    check_fault(
        &[b"GET / HTTP/1.1\r\nX: ".as_slice(), &b"x".repeat(20_000)].concat(),
        "HTTP/1.1 431 ",
    ); // 37
    check_fault(b"PUT /LD000 HTTP/1.1\r\nNtrip-Version: Ntrip/2.0\r\n\r\n", "HTTP/1.1 501 "); // 20
    check_fault(b"OPTIONS / HTTP/1.0\r\n\r\n", "HTTP/1.0 501 ");
    check_fault(b"hello\r\n\r\n", "HTTP/1.0 400 ");
    check_fault(b"SOURCE \r\n\r\n", "ERROR - Bad Request\r\n");
    check_fault(
        b"GET /?strict&filter=STR;>x HTTP/1.1\r\nNtrip-Version: Ntrip/2.0\r\n\r\n",
        "HTTP/1.1 400 ",
    );
    check_fault(b"\xD3\x00\x13\x3E\xD0", "");
}

#[track_caller]
fn check_source(line: &str, password: &str) {
    let (mut session, request) =
        request(&format!("{line}\r\nSource-Agent: NTRIP x\r\nSTR: \r\n\r\n"));
    let Request::Upload(upload) = request else { panic!("{line:?} gave {request:?}") };
    let UploadKey::Password(secret) = &upload.key else { panic!("{upload:?}") };
    assert_eq!((upload.mountpoint.as_str(), secret.reveal()), ("LD090", password), "{line}");
    assert_eq!((upload.chunked, upload.str_line), (false, None));
    assert_eq!(text(&session.accept(Chunking::WhenSpoken)), ICY);
}

#[test]
fn source_lines_are_read_in_every_form_of_the_field() {
    // Note 21.
    check_source("SOURCE pw /LD090", "pw");
    check_source("SOURCE pw LD090", "pw"); // RTKLIB
    check_source("SOURCE pw /LD090 HTTP/1.1", "pw");
    check_source("SOURCE user:pw /LD090", "user:pw");
    check_source("SOURCE two words /LD090", "two words");
    check_source("SOURCE  LD090", ""); // RTKLIB without a password
}

#[test]
fn uploads_bring_their_bytes() {
    // Note 23: first data in the same segment. Note 22: no agent is no reason to refuse.
    let (_, events) = feed(b"SOURCE pw LD090\r\nSTR: STR;LD090;x\r\n\r\n\xD3\x00\x01abc", 1000);
    let [ServerEvent::Request(Request::Upload(upload)), ServerEvent::Upload(data)] =
        events.as_slice()
    else {
        panic!("{events:?}");
    };
    assert_eq!(
        (upload.str_line.as_deref(), data.as_slice()),
        (Some("STR;LD090;x"), &b"\xD3\x00\x01abc"[..])
    );

    // Note 16: chunked when the header says so, raw when not; curl asks for 100 and takes 200.
    let head = format!(
        "POST /LD090 HTTP/1.1\r\n{BASIC}Ntrip-Version: Ntrip/2.0\r\nExpect: 100-continue\r\n\
         Transfer-Encoding: chunked\r\nNtrip-STR: STR;LD090;y\r\n\r\n"
    );
    let (mut session, events) =
        feed(&[head.as_bytes(), b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"].concat(), 4);
    let [ServerEvent::Request(Request::Upload(upload)), ServerEvent::Upload(data), end] =
        events.as_slice()
    else {
        panic!("{events:?}");
    };
    assert_eq!(upload.key, UploadKey::Basic(Credentials::new("u", "p").unwrap()));
    assert_eq!(
        (data.as_slice(), end),
        (&b"abcde"[..], &ServerEvent::UploadEnd(UploadEnd::LastChunk))
    );
    assert_eq!(text(&session.accept(Chunking::WhenSpoken)), http_ok(""));

    let head = b"POST /LD090 HTTP/1.1\r\nNtrip-Version: Ntrip/2.0\r\n\r\n3\r\nabc";
    let (_, events) = feed(head, 1000);
    assert_eq!(events.get(1), Some(&ServerEvent::Upload(b"3\r\nabc".to_vec())));
    let (session, _) = request("POST /LD090 HTTP/1.1\r\n\r\n"); // note 17
    assert_eq!(session.mode().unwrap().reason, Reason::PostMethod);
}

#[test]
fn positions_come_from_all_three_places() {
    // Note 26.
    let head = format!("GET /LD000 HTTP/1.1\r\nNtrip-GGA: {GGA}\r\n\r\n{GGA}");
    let (mut session, events) = feed(head.as_bytes(), 1000);
    let [ServerEvent::Request(Request::Stream(stream)), ServerEvent::Gga(behind)] =
        events.as_slice()
    else {
        panic!("{events:?}");
    };
    assert_eq!(stream.initial_gga.as_ref(), Some(behind));
    session.accept(Chunking::WhenSpoken);
    let later = session.on_bytes(format!("$GPRMC,x*00\r\n{GGA}\n").as_bytes());
    assert_eq!(later, [ServerEvent::Gga(behind.clone())]);
}

#[test]
fn frames_go_out_in_one_chunk_or_as_they_are() {
    let v2 = "GET /LD000 HTTP/1.1\r\nNtrip-Version: Ntrip/2.0\r\n\r\n";
    let (mut session, _) = request(v2);
    session.accept(Chunking::WhenSpoken);
    assert_eq!(session.frame(b"abc"), &b"3\r\nabc\r\n"[..]);
    assert_eq!(session.frame(b""), &b""[..]);
    let (mut session, _) = request(v2);
    let answer = text(&session.accept(Chunking::Never));
    assert!(!answer.contains("chunked"), "{answer}");
    assert_eq!(session.frame(b"abc"), &b"abc"[..]);
    let (mut session, _) = request("GET /LD000 HTTP/1.0\r\n\r\n");
    session.accept(Chunking::WhenSpoken);
    assert_eq!(session.frame(b"abc"), &b"abc"[..]);
}

#[test]
fn the_operator_sees_the_mode_and_why() {
    let (mut session, first) =
        request("GET /LD000 HTTP/1.1\r\nNtrip-Version: Ntrip/2.0\r\nUser-Agent: NTRIP x\r\n\r\n");
    assert_eq!(first.peer().kind, ClientKind::Ntrip);
    let shown = session.mode().unwrap().to_string();
    assert_eq!(shown, "NTRIP 2, HTTP chunked: Ntrip-Version: Ntrip/2.0");
    session.accept(Chunking::Never);
    let shown = session.mode().unwrap().to_string();
    assert_eq!(shown, "NTRIP 2, HTTP unchunked: unchunked by the caster's choice");
    let (session, _) = request("GET /LD000 HTTP/1.1\r\n\r\n");
    assert_eq!(session.mode().unwrap().version, NtripVersion::V1);
}

#[test]
fn a_bad_authorization_is_a_finding() {
    let (session, request) = request("GET /LD000 HTTP/1.0\r\nAuthorization: Basic !!!\r\n\r\n");
    let Request::Stream(stream) = request else { panic!("{request:?}") };
    assert_eq!(stream.credentials, None);
    assert_eq!(session.findings().count(crate::findings::Finding::BadAuthorization), 1);
}

#[test]
fn no_password_shows_in_debug_output() {
    for head in [
        "SOURCE hunter2 /M\r\n\r\n",
        "GET /M HTTP/1.0\r\nAuthorization: Basic aHVudGVyMg==\r\n\r\n",
    ] {
        let mut session = ServerSession::new();
        for byte in head.bytes() {
            let events = session.on_bytes(&[byte]);
            let shown = format!("{session:?} {events:?}");
            assert!(!shown.contains("hunter2") && !shown.contains("aHVu"), "{shown}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_in_any_pieces_give_the_same_events(
        start in "(GET /LD000 HTTP/1.1\r\n|SOURCE pw LD000\n|POST /M HTTP/1.1\r\nTransfer-Encoding: chunked\r\n|)",
        middle in "([A-Za-z-]{1,9}: [ -~]{0,9}\r\n){0,3}(\r\n)?",
        rest: Vec<u8>,
        size in 1..64_usize,
    ) {
        let bytes = [start.as_bytes(), middle.as_bytes(), &rest].concat();
        let (whole, pieces) = (feed(&bytes, bytes.len().max(1)), feed(&bytes, size));
        prop_assert_eq!(whole.1, pieces.1);
        prop_assert_eq!(whole.0.findings(), pieces.0.findings());
    }
}
