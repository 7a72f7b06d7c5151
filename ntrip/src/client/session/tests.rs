//! What real casters answer, one by one, and what a client makes of it (numbers: the notes of docs/ntrip-in-the-field.md).

use proptest::prelude::*;

use super::*;
use crate::client::answer::Reaction;
use crate::credentials::Credentials;
use crate::findings::Finding;
use crate::mountpoint::Mountpoint;
use crate::nmea::gga::Gga;

fn mountpoint() -> Mountpoint {
    Mountpoint::new("LD000").unwrap()
}

fn caster(version: VersionChoice) -> Caster {
    let credentials = Credentials::new("u", "p");
    Caster { host: "caster.example".to_owned(), port: 2101, version, credentials }
}

fn pull() -> Errand {
    Errand::Pull { mountpoint: mountpoint(), gga: None }
}

fn push() -> Errand {
    Errand::Push { mountpoint: mountpoint(), str_line: Some("STR;LD000;x".to_owned()) }
}

fn table() -> Errand {
    Errand::Table { query: None }
}

/// Feeds an answer in pieces and ends it; neighbouring data become one.
fn feed(
    version: VersionChoice,
    errand: Errand,
    bytes: &[u8],
    size: usize,
) -> (Vec<ClientEvent>, Findings) {
    let mut session = ClientSession::new(caster(version), errand);
    let mut found: Vec<ClientEvent> = Vec::new();
    let mut events: Vec<_> = bytes.chunks(size).flat_map(|piece| session.on_bytes(piece)).collect();
    events.extend(session.on_end());
    for event in events {
        match (found.last_mut(), event) {
            (Some(ClientEvent::Data(all)), ClientEvent::Data(more)) => all.extend(more),
            (_, event) => found.push(event),
        }
    }
    (found, session.findings().clone())
}

#[track_caller]
fn check_request(version: VersionChoice, errand: Errand, expected: &str) {
    let session = ClientSession::new(caster(version), errand);
    let agent = crate::client::request::USER_AGENT;
    let request = String::from_utf8(session.request()).unwrap().replace(agent, "NTRIP us");
    assert_eq!(request, expected.replace('\n', "\r\n"));
}

#[test]
fn requests_have_what_every_caster_wants() {
    use VersionChoice::{Auto, V1, V2};
    let v1 = "GET /LD000 HTTP/1.0\nHost: caster.example:2101\nUser-Agent: NTRIP us\n\
              Authorization: Basic dTpw\nAccept: */*\nConnection: close\n\n";
    let v2 = "GET /LD000 HTTP/1.1\nHost: caster.example:2101\nNtrip-Version: Ntrip/2.0\n\
              User-Agent: NTRIP us\nAuthorization: Basic dTpw\nAccept: */*\nConnection: close\n\n";
    check_request(V1, pull(), v1);
    check_request(V2, pull(), v2);
    check_request(Auto, pull(), v2);
    check_request(V1, push(), "SOURCE p /LD000\nSource-Agent: NTRIP us\nSTR: STR;LD000;x\n\n");
    check_request(
        V2,
        push(),
        "POST /LD000 HTTP/1.1\nHost: caster.example:2101\nNtrip-Version: Ntrip/2.0\n\
         User-Agent: NTRIP us\nAuthorization: Basic dTpw\nNtrip-STR: STR;LD000;x\n\
         Content-Type: gnss/data\nTransfer-Encoding: chunked\nAccept: */*\nConnection: close\n\n",
    );
    check_request(V1, table(), &v1.replace("LD000", ""));
    let gga = "$GPGGA,123519.00,4807.03800,N,01131.00000,E,1,08,0.9,545.400,M,46.900,M,,";
    let gga = format!("{gga}*{:02X}", crate::nmea::checksum(gga.trim_start_matches('$')));
    let with_gga = Errand::Pull { mountpoint: mountpoint(), gga: Gga::parse(&gga).ok() };
    let line = format!("Ntrip-GGA: {gga}\nAccept");
    check_request(V2, with_gga.clone(), &v2.replace("Accept", &line));
    check_request(V1, with_gga, v1); // in NTRIP 1 it follows as a line
}

#[test]
fn a_configuration_cannot_add_headers() {
    let errand = Errand::Push { mountpoint: mountpoint(), str_line: Some("a\r\nX: y".to_owned()) };
    let request = ClientSession::new(caster(VersionChoice::V1), errand).request();
    assert!(String::from_utf8(request).unwrap().contains("STR: a  X: y\r\n"));
}

#[track_caller]
fn check_data(answer: &[u8], version: NtripVersion, data: &[u8], findings: &[(Finding, u64)]) {
    for size in [1, 2, 3, 10, 11, 12, 13, 1000] {
        let (events, found) = feed(VersionChoice::V2, pull(), answer, size);
        let shown = answer.escape_ascii();
        let [ClientEvent::Accepted(accepted), ClientEvent::Data(read), ClientEvent::Ended(_)] =
            events.as_slice()
        else {
            panic!("{shown} gave {events:?}");
        };
        assert_eq!((accepted.version, read.as_slice()), (version, data), "{shown}");
        assert_eq!(found.iter().collect::<Vec<_>>(), findings, "{shown}");
    }
}

#[test]
fn every_form_of_yes_is_taken() {
    use NtripVersion::{V1, V2};
    let data = b"\xD3\x00\x13\r\n:HTTP\n\xFF".as_slice();
    let with = |head: &str| [head.as_bytes(), data].concat();
    // Note 9: the four forms.
    check_data(&with("ICY 200 OK\r\n\r\n"), V1, data, &[]);
    check_data(&with("ICY 200 OK\r\n"), V1, data, &[]);
    check_data(
        &with("ICY 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        V1,
        data,
        &[(Finding::HeaderAfterIcy, 2)],
    );
    check_data(&with("icy 200 ok\n\n"), V1, data, &[]);
    check_data(b"ICY 200 OK\r\nABC", V1, b"ABC", &[]); // letters that are no header
    check_data(b"ICY 200 OK\r\n$GPGGA", V1, b"$GPGGA", &[]);
    // Table e3: HTTP/1.0, unchunked and chunked 2.0, extensions, lower case.
    check_data(&with("HTTP/1.0 200 OK\r\n\r\n"), V2, data, &[]);
    check_data(
        &with("HTTP/1.1 200 OK\r\nNtrip-Version: Ntrip/2.0\r\nContent-Type: gnss/data\r\n\r\n"),
        V2,
        data,
        &[],
    );
    let chunked = b"HTTP/1.1 200 OK\r\nntrip-version: Ntrip/2.0\r\ntransfer-encoding: Chunked\r\n\r\n3;x=1\r\nabc\r\n02\r\nde\r\n";
    check_data(chunked, V2, b"abcde", &[]);
    // Announced as chunked and is not (open_mower_ros 322).
    check_data(
        &with("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        V2,
        data,
        &[(Finding::ChunkedButRaw, 1)],
    );
    check_data(&with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), V2, data, &[]);
}

#[track_caller]
fn check_refused(
    version: VersionChoice,
    errand: &Errand,
    answer: &str,
    reaction: Reaction,
    shown: &str,
) {
    for size in [1, 5, 1000] {
        let (events, _) = feed(version, errand.clone(), answer.as_bytes(), size);
        let [ClientEvent::Refused(refusal)] = events.as_slice() else {
            panic!("{answer:?} gave {events:?}");
        };
        assert_eq!(refusal.reaction(), reaction, "{answer:?}");
        assert!(refusal.to_string().contains(shown), "{refusal}");
    }
}

#[test]
fn refusals_name_their_reaction() {
    use Reaction::{Retry, RetryAsVersion1, TellOperator};
    use VersionChoice::{Auto, V1, V2};
    let unauthorized = "HTTP/1.0 401 Unauthorized\r\n\r\n";
    check_refused(Auto, &pull(), unauthorized, TellOperator, "user name or password");
    check_refused(V1, &push(), "ERROR - Bad Password\r\n", TellOperator, "Bad Password");
    check_refused(V1, &push(), "ERROR - Bad Password", TellOperator, "Bad Password"); // no line end
    check_refused(V1, &push(), "ERROR - Mount Point Taken or Invalid\r\n", Retry, "taken");
    check_refused(V1, &push(), "ERROR - Bad Mountpoint\r\n", Retry, "taken"); // tisyang
    check_refused(V1, &push(), "ERROR - Full\r\n", Retry, "busy");
    check_refused(V1, &pull(), "SOURCETABLE 200 OK\r\n\r\n", Retry, "no mountpoint LD000"); // note 12
    check_refused(V2, &pull(), "HTTP/1.1 404 Not Found\r\n\r\n", Retry, "no mountpoint LD000");
    let table = "HTTP/1.1 200 OK\r\nContent-Type: gnss/sourcetable\r\n\r\nSTR;";
    check_refused(V2, &pull(), table, Retry, "no mountpoint LD000");
    check_refused(V2, &pull(), "HTTP/1.1 403 Forbidden\r\n\r\n", TellOperator, "403 Forbidden");
    check_refused(V2, &push(), "HTTP/1.1 409 Conflict\r\n\r\n", Retry, "taken");
    check_refused(V2, &pull(), "HTTP/1.1 503 Busy\r\n\r\n", Retry, "503 Busy");
    check_refused(
        V2,
        &pull(),
        "HTTP/1.1 302 Found\r\nLocation: http://x/\r\n\r\n",
        TellOperator,
        "http://x/",
    );
    check_refused(
        V2,
        &pull(),
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<",
        TellOperator,
        "no NTRIP",
    );
    check_refused(V2, &pull(), "SSH-2.0-OpenSSH_9.2\r\n", TellOperator, "SSH-2.0");
    check_refused(V2, &pull(), "\u{13}", TellOperator, "data without an answer");
    check_refused(V2, &pull(), &"x".repeat(20_000), TellOperator, "no NTRIP");
    check_refused(V2, &pull(), "HTTP/1.1 400 Bad\r\n\r\n", TellOperator, "not understand");
    check_refused(V2, &push(), "ICY 200 OK\r\n\r\n", TellOperator, "not understand");
    let portal = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<";
    check_refused(V2, &push(), portal, TellOperator, "no NTRIP");
    check_refused(V2, &pull(), "", Retry, "without an answer");
    check_refused(V2, &pull(), &"HTTP/1.1 100 C\r\n\r\n".repeat(9), TellOperator, "100 C");
    // Only NTRIP 1 is known there.
    check_refused(Auto, &pull(), "", RetryAsVersion1, "no answer");
    check_refused(Auto, &pull(), "SOURCETABLE 200 OK\r\n\r\n", RetryAsVersion1, "SOURCETABLE"); // xsens 17
    check_refused(Auto, &push(), "ICY 200 OK\r\n\r\n", RetryAsVersion1, "ICY"); // note 15
    check_refused(Auto, &push(), "ERROR - Bad Request\r\n", RetryAsVersion1, "Bad Request");
    check_refused(Auto, &pull(), "HTTP/1.1 400 Bad Request\r\n\r\n", RetryAsVersion1, "400");
    check_refused(Auto, &push(), "HTTP/1.0 501 No\r\n\r\n", RetryAsVersion1, "501");
}

#[test]
fn version_1_is_tried_on_a_new_connection() {
    let session = ClientSession::new(caster(VersionChoice::Auto), push()).in_version1();
    assert_eq!(session.version(), NtripVersion::V1);
    assert!(session.request().starts_with(b"SOURCE p /LD000\r\n"));
}

#[track_caller]
fn check_push(version: VersionChoice, answer: &str, frame: &[u8], farewell: &[u8]) {
    let mut session = ClientSession::new(caster(version), push());
    let events = session.on_bytes(answer.as_bytes());
    assert!(matches!(events.as_slice(), [ClientEvent::Accepted(_)]), "{events:?}");
    assert_eq!((session.frame(b"abc").as_ref(), session.farewell()), (frame, farewell));
    assert!(session.on_bytes(b"anything").is_empty());
    assert_eq!(session.on_end(), [ClientEvent::Ended(StreamEnd::Closed)]);
}

#[test]
fn uploads_are_sent_as_they_were_announced() {
    check_push(VersionChoice::V1, "ICY 200 OK\r\n\r\n", b"abc", b"");
    check_push(VersionChoice::V1, "OK\r\n", b"abc", b""); // BKG Std, rs
    check_push(VersionChoice::V2, "HTTP/1.1 200 OK\r\n\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n");
}

#[track_caller]
fn check_table(version: VersionChoice, answer: &str) {
    for size in [1, 7, 1000] {
        let (events, _) = feed(version, table(), answer.as_bytes(), size);
        let [ClientEvent::Table(table)] = events.as_slice() else { panic!("{events:?}") };
        assert!(table.lookup(&mountpoint()).is_some(), "{table}");
    }
}

#[test]
fn tables_are_taken_in_every_dress() {
    let body = "STR;LD000;x\r\nENDSOURCETABLE\r\n";
    check_table(
        VersionChoice::V1,
        &format!("SOURCETABLE 200 OK\r\nContent-Length: 9\r\n\r\n{body}"),
    );
    check_table(VersionChoice::V2, &format!("SOURCETABLE 200 OK\nServer: x\n\n{body}")); // SAPOS, 2017
    check_table(
        VersionChoice::V2,
        &format!("HTTP/1.1 200 OK\r\nContent-Type: gnss/sourcetable\r\n\r\n{body}"),
    );
    check_table(VersionChoice::V2, "HTTP/1.1 200 OK\r\n\r\nSTR;LD000;x\r\nENDSOURCETABLE");
    check_table(VersionChoice::V2, "HTTP/1.1 200 OK\r\n\r\nSTR;LD000;x"); // closed without its end
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nSTR;\r\n9\r\nLD000;x\r\n\r\n0\r\n\r\n";
    check_table(VersionChoice::Auto, chunked);
}

proptest! {
    #[test]
    fn any_bytes_in_any_pieces_give_the_same_events(
        start in "(ICY 200 OK\r\n|HTTP/1.1 200 OK\r\n|HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n|SOURCETABLE 200 OK\r\n|OK\n|)",
        middle in "([A-Za-z-]{1,9}:[ -~]{0,9}\r\n){0,3}(\r\n)?([1-4]\r\n)?",
        rest: Vec<u8>,
        size in 1..64_usize,
        which in 0..3_usize,
    ) {
        let bytes = [start.as_bytes(), middle.as_bytes(), &rest].concat();
        let errand = [pull(), push(), table()].into_iter().nth(which).unwrap();
        for version in [VersionChoice::V1, VersionChoice::V2, VersionChoice::Auto] {
            let whole = feed(version, errand.clone(), &bytes, bytes.len().max(1));
            prop_assert_eq!(whole, feed(version, errand.clone(), &bytes, size));
        }
    }
}
