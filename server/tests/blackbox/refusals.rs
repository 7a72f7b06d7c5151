//! Peers that are refused, each in the words of the version that it speaks.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::rover::{ANNA, Rover};
use crate::service::Service;
use crate::station::{Feed, Port};
use crate::stream::made_stream;

/// Half-open connections are closed within 5 s; one more for a machine that is busy with other tests.
const CLOSED_WITHIN: Duration = Duration::from_secs(6);

/// `anna:wrong` in base64.
const WRONG: &str = "Authorization: Basic YW5uYTp3cm9uZw==\r\n";

struct Door {
    service: Service,
    _feed: Feed,
}

/// A relay that needs an account, an upload, and a station that has sent something.
fn door() -> Door {
    let receiver = Port::open();
    let service = Service::start(&format!(
        "[[user]]\nname = \"anna\"\npassword = \"secret\"\nmountpoints = [\"OUT\"]\n\
         [[station]]\nname = \"S\"\nlink = \"tcp\"\naddress = \"{}\"\n\
         [[station]]\nname = \"U\"\nlink = \"upload\"\n\
         [[mountpoint]]\nname = \"OUT\"\nkind = \"station\"\nstation = \"S\"\n\
         [[mountpoint]]\nname = \"OTHER\"\nkind = \"station\"\nstation = \"S\"\n\
         [[mountpoint]]\nname = \"IN\"\nkind = \"upload\"\nstation = \"U\"\nuser = \"base\"\npassword = \"push\"\n",
        receiver.address()
    ));
    let mut feed = receiver.accept();
    service.bring_up("OUT", || feed.send(&made_stream(1, 1)));
    Door { service, _feed: feed }
}

fn old(mountpoint: &str, headers: &str) -> String {
    format!("GET /{mountpoint} HTTP/1.0\r\nUser-Agent: NTRIP test/1\r\n{headers}\r\n")
}

fn new(mountpoint: &str, headers: &str) -> String {
    format!(
        "GET /{mountpoint} HTTP/1.1\r\nUser-Agent: NTRIP test/2\r\nNtrip-Version: Ntrip/2.0\r\n{headers}\r\n"
    )
}

/// The answer begins with this, and the connection ends.
#[track_caller]
fn check(door: &Door, request: &[u8], begins: &str) -> String {
    let answer = Rover::connect(door.service.address(), request).until_end();
    assert!(answer.starts_with(begins), "{begins:?} was expected:\n{answer}");
    answer
}

#[test]
fn a_wrong_password_is_a_401() {
    let door = door();
    for headers in ["", WRONG] {
        for (request, begins) in [
            (old("OUT", headers), "HTTP/1.0 401 Unauthorized\r\n"),
            (new("OUT", headers), "HTTP/1.1 401 Unauthorized\r\n"),
        ] {
            let answer = check(&door, request.as_bytes(), begins);
            assert!(answer.contains("\r\nWWW-Authenticate: Basic realm=\"/OUT\"\r\n"), "{answer}");
        }
    }
    // The password is right, but the mountpoint is not his: that is no 401, at which clients ask for a new password.
    check(&door, new("OTHER", ANNA).as_bytes(), "HTTP/1.1 403 ");
    let guessed = b"SOURCE hushhush /IN\r\nSource-Agent: NTRIP t\r\n\r\n";
    check(&door, guessed, "ERROR - Bad Password\r\n");
    let post = "POST /IN HTTP/1.1\r\nNtrip-Version: Ntrip/2.0\r\nUser-Agent: NTRIP t\r\n";
    check(&door, format!("{post}{WRONG}\r\n").as_bytes(), "HTTP/1.1 401 ");
    // He who knows it is let in all the same.
    drop(Rover::v1(door.service.address(), "OUT", ANNA));
    drop(Rover::v2(door.service.address(), "OUT", ANNA));
    door.service.logged("Rover let in", 2);
    let log = door.service.log();
    assert!(!log.contains("hushhush") && !log.contains("secret"), "no password in the log: {log}");
}

#[test]
fn an_unknown_mountpoint_is_answered_with_what_there_is() {
    let door = door();
    for mountpoint in ["NOWHERE", "out", "IN"] {
        let answer = check(&door, old(mountpoint, ANNA).as_bytes(), "SOURCETABLE 200 OK\r\n");
        assert!(answer.contains("\r\nSTR;OUT;"), "{answer}");
        assert!(answer.ends_with("ENDSOURCETABLE\r\n"), "{answer}");
        check(&door, new(mountpoint, ANNA).as_bytes(), "HTTP/1.1 404 Not Found\r\n");
    }
    let unknown = b"SOURCE push /NOWHERE\r\nSource-Agent: NTRIP t\r\n\r\n";
    check(&door, unknown, "ERROR - Mount Point Taken or Invalid\r\n");
    check(&door, old("", "").as_bytes(), "SOURCETABLE 200 OK\r\n");
    check(&door, new("", "").as_bytes(), "HTTP/1.1 200 OK\r\n");
    check(&door, b"BREW /pot HTTP/1.1\r\nNtrip-Version: Ntrip/2.0\r\n\r\n", "HTTP/1.1 501 ");
}

#[test]
fn half_open_connections_are_closed() {
    let door = door();
    let began = Instant::now();
    let silent = Rover::connect(door.service.address(), b"");
    let unfinished = Rover::connect(door.service.address(), b"GET /OUT HTTP/1.0\r\nUser-Age");
    for rover in [silent, unfinished] {
        rover.until_end();
        assert!(began.elapsed() < CLOSED_WITHIN, "closed after {:?}", began.elapsed());
    }
}

/// A peer that says one byte a second is as half-open as a silent one.
#[test]
fn a_dripping_head_is_closed() {
    let door = door();
    let began = Instant::now();
    let mut socket = TcpStream::connect(door.service.address()).unwrap();
    let request = new("OUT", ANNA);
    let mut bytes = request.bytes();
    // Writing into a closed connection fails at the second try.
    while bytes.next().is_some_and(|byte| socket.write_all(&[byte]).is_ok()) {
        assert!(began.elapsed() < 2 * CLOSED_WITHIN, "still open after {:?}", began.elapsed());
        std::thread::sleep(Duration::from_millis(300));
    }
    assert!(began.elapsed() > Duration::from_secs(1), "there was time for a slow line");
}

#[test]
fn what_is_no_request_is_sent_away() {
    let door = door();
    let long = format!("GET /OUT HTTP/1.1\r\nX: {}", "a".repeat(20_000));
    check(&door, long.as_bytes(), "HTTP/1.1 431 ");
    // The first bytes of a TLS handshake (RFC 8446, section 5.1): nobody there would read an answer.
    let hello = [&[0x16, 0x03, 0x01, 0x00, 0xC8, 0x01][..], &[0x55; 199]].concat();
    assert_eq!(check(&door, &hello, ""), "");
    assert_eq!(check(&door, &[0xD3, 0x00, 0x13, 0x3E, 0xD0, 0x00], ""), "");
    check(&door, b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "HTTP/1.1 400 ");
    drop(Rover::v1(door.service.address(), "OUT", ANNA));
}
