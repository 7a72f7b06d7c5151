//! NTRIP links against a caster that plays its part line by line.

use std::time::Duration;

use tianshu_gnss::coords::Geodetic;
use tianshu_ingest::greeting::{SaidQuality, UpstreamPosition};
use tianshu_ingest::link::Origin;
use tianshu_ingest::ntrip_link::NtripConfig;
use tianshu_ntrip::chunked::encode_chunk;
use tianshu_ntrip::client::request::{Caster, VersionChoice};
use tianshu_ntrip::credentials::Credentials;
use tianshu_ntrip::mountpoint::Mountpoint;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::peers::{Rig, frame, port, request, rig};

const LONG: Duration = Duration::from_mins(1);

pub(crate) fn config(host: &str, port: u16, version: VersionChoice) -> NtripConfig {
    let credentials = Credentials::new("u", "p");
    NtripConfig {
        caster: Caster { host: host.to_owned(), port, version, credentials },
        mountpoint: Mountpoint::new("LD000").unwrap(),
        position: None,
        tls: None,
    }
}

async fn start(version: VersionChoice) -> (TcpListener, Rig) {
    let (listener, address) = port().await;
    let origin = Origin::Ntrip(config("127.0.0.1", address.port(), version));
    (listener, rig(origin, LONG))
}

/// Takes one connection, reads its request and gives this answer.
async fn answer(listener: &TcpListener, answer: &[u8]) -> (String, TcpStream) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let request = request(&mut stream).await;
    stream.write_all(answer).await.unwrap();
    (request, stream)
}

#[tokio::test]
async fn a_caster_of_version_1_is_read() {
    let (listener, mut rig) = start(VersionChoice::V1).await;
    let (asked, mut stream) = answer(&listener, b"ICY 200 OK\r\n\r\n").await;
    assert!(asked.starts_with("GET /LD000 HTTP/1.0\r\n"), "{asked}");
    assert!(asked.contains("Authorization: Basic dTpw\r\n"), "{asked}");
    stream.write_all(&frame()).await.unwrap();
    assert_eq!(rig.told().await, "up");
    assert_eq!(rig.told().await, "frame of 18");
    assert_eq!(rig.link.snapshot().dialect.as_deref(), Some("NTRIP 1"));
}

#[tokio::test]
async fn a_caster_of_version_2_is_read_out_of_its_chunks() {
    let (listener, mut rig) = start(VersionChoice::Auto).await;
    let head = b"HTTP/1.1 200 OK\r\nNtrip-Version: Ntrip/2.0\r\nContent-Type: gnss/data\r\n\
        Transfer-Encoding: chunked\r\n\r\n";
    let (asked, mut stream) = answer(&listener, head).await;
    assert!(asked.contains("Ntrip-Version: Ntrip/2.0\r\n"), "{asked}");
    let bytes = frame();
    stream.write_all(&encode_chunk(&bytes[..5])).await.unwrap();
    stream.write_all(&encode_chunk(&bytes[5..])).await.unwrap();
    assert_eq!(rig.told().await, "up");
    assert_eq!(rig.told().await, "frame of 18");
    assert_eq!(rig.link.snapshot().dialect.as_deref(), Some("NTRIP 2, chunked"));
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    assert_eq!(rig.told().await, "down: closed: the caster ended the stream");
}

#[tokio::test]
async fn a_caster_that_does_not_know_version_2_is_asked_again_at_once() {
    let (listener, mut rig) = start(VersionChoice::Auto).await;
    let (asked, stream) = answer(&listener, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    assert!(asked.contains("Ntrip/2.0"), "{asked}");
    drop(stream);
    let (asked, stream) = answer(&listener, b"ICY 200 OK\r\n\r\n").await;
    assert!(!asked.contains("Ntrip/2.0"), "{asked}");
    assert_eq!(rig.told().await, "up", "the first try is no news");
    drop(stream);
    assert_eq!(rig.told().await, "down: closed: the caster closed the connection");
    let (asked, _stream) = answer(&listener, b"ICY 200 OK\r\n\r\n").await;
    assert!(!asked.contains("Ntrip/2.0"), "what was learned is kept: {asked}");
}

/// What the operator is told when the caster answers so.
async fn check(version: VersionChoice, said: &[u8], expected: &str) {
    let (listener, mut rig) = start(version).await;
    let (_, stream) = answer(&listener, said).await;
    drop(stream);
    let told = rig.told().await;
    assert!(told.starts_with("down: ") && told.contains(expected), "{told:?} has no {expected:?}");
}

#[tokio::test]
async fn refusals_say_why() {
    let v2 = VersionChoice::V2;
    let unauthorized = b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\r\n";
    check(v2, unauthorized, "user name or password").await;
    check(VersionChoice::V1, b"ERROR - Bad Password\r\n", "user name or password").await;
    check(v2, b"HTTP/1.1 404 Not Found\r\n\r\n", "no mountpoint LD000").await;
    let table = b"SOURCETABLE 200 OK\r\nContent-Length: 16\r\n\r\nENDSOURCETABLE\r\n";
    check(VersionChoice::V1, table, "no mountpoint LD000").await;
    let elsewhere = b"HTTP/1.1 301 Moved\r\nLocation: https://portal.example/login\r\n\r\n";
    check(v2, elsewhere, "redirects to https://portal.example/login").await;
    check(v2, b"HTTP/1.1 503 Busy\r\n\r\n", "busy or unavailable").await;
    check(VersionChoice::V1, b"", "without an answer").await;
    check(v2, b"\x15\x03\x01 no caster at all", "refused").await;
}

#[tokio::test]
async fn a_caster_that_wants_a_position_is_told_it() {
    let (listener, address) = port().await;
    let mut config = config("127.0.0.1", address.port(), VersionChoice::V1);
    let place = Geodetic::from_degrees(45.5, 9.25, 100.0);
    let quality = SaidQuality::default();
    config.position =
        Some(UpstreamPosition { place, interval: Duration::from_millis(50), quality });
    let mut rig = rig(Origin::Ntrip(config), LONG);
    let (_, stream) = answer(&listener, b"ICY 200 OK\r\n\r\n").await;
    assert_eq!(rig.told().await, "up");
    let mut lines = BufReader::new(stream).lines();
    for _ in 0..3 {
        let line = lines.next_line().await.unwrap().unwrap();
        assert!(line.starts_with("$GPGGA,") && line.contains(",4530.00000,N,"), "{line}");
    }
}
