//! Rovers on the loopback: both versions, both forms of every refusal, the table, slow and silent peers.

use std::time::{Duration, Instant};

use crate::support::{
    ANNA, Bench, Peer, frame, frames_in, gps_epoch, observations, told, two_relays,
};
use tianshu_caster::config::Limits;
use tianshu_caster::events::{EndReason, Refused, SessionNews};
use tianshu_ntrip::chunked::ChunkDecoder;
use tianshu_ntrip::findings::Findings;
use tokio::net::TcpSocket;

const V2: &str = "Ntrip-Version: Ntrip/2.0\r\nUser-Agent: NTRIP test\r\n";

fn v1(mountpoint: &str, headers: &str) -> String {
    format!("GET /{mountpoint} HTTP/1.0\r\nUser-Agent: NTRIP test\r\n{headers}\r\n")
}

fn v2(mountpoint: &str, headers: &str) -> String {
    format!("GET /{mountpoint} HTTP/1.1\r\nHost: h\r\n{V2}{headers}\r\n")
}

/// A caster whose station A has been heard.
fn bench() -> Bench {
    let bench = Bench::start(two_relays());
    bench.send("A", &[observations(1, 0), frame(1005)]);
    bench
}

#[tokio::test]
async fn a_version_1_rover_gets_icy_and_the_stations_own_bytes() {
    let mut bench = bench();
    let mut rover = bench.connect(&v1("CLOSED", ANNA)).await;
    assert_eq!(rover.head().await, "ICY 200 OK\r\n\r\n");
    let sent = [observations(1, 1), frame(1033), observations(1, 2)];
    bench.send("A", &sent[..2]);
    bench.send("A", &sent[2..]);
    let expected = sent.concat();
    assert_eq!(rover.take(expected.len()).await, expected);
    drop(rover);
    assert_eq!(bench.end_reason().await, EndReason::PeerClosed);
}

#[tokio::test]
async fn a_version_2_rover_gets_one_chunk_per_delivery() {
    let bench = bench();
    let mut rover = bench.connect(&v2("CLOSED", ANNA)).await;
    let head = rover.head().await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("\r\nContent-Type: gnss/data\r\n"), "{head}");
    assert!(head.contains("\r\nTransfer-Encoding: chunked\r\n"), "{head}");
    let epoch = [observations(1, 1), frame(1033)];
    bench.send("A", &epoch);
    let expected = epoch.concat();
    let chunk = format!("{:X}\r\n{}\r\n", expected.len(), "");
    let body = rover.take(expected.len() + chunk.len()).await;
    let mut decoder = ChunkDecoder::new();
    assert_eq!(decoder.push(&body, &mut Findings::default()), expected);
}

#[tokio::test]
async fn wrong_passwords_are_told_in_both_versions() {
    let mut bench = bench();
    let wrong = "Authorization: Basic YW5uYTp3cm9uZw==\r\n";
    let first = bench.connect(&v1("CLOSED", wrong)).await.text_until_end().await;
    assert!(first.starts_with("HTTP/1.0 401 Unauthorized\r\n"), "{first}");
    assert!(first.contains("WWW-Authenticate: Basic realm="), "{first}");
    let second = bench.connect(&v2("CLOSED", wrong)).await.text_until_end().await;
    assert!(second.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{second}");
    let third = bench.connect(&v2("CLOSED", "")).await.text_until_end().await;
    assert!(third.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{third}");
    let reason = bench
        .event(|news| match news {
            SessionNews::Refused { reason, .. } => Some(reason.to_string()),
            _ => None,
        })
        .await;
    assert_eq!(reason, "the password is wrong");
    assert_eq!(bench.caster.stats().logins_failed, 3);
}

#[tokio::test]
async fn guessing_is_answered_late() {
    let bench = bench();
    let begun = Instant::now();
    for _ in 0..3 {
        let wrong = "Authorization: Basic YW5uYTp3cm9uZw==\r\n";
        bench.connect(&v1("CLOSED", wrong)).await.until_end().await;
    }
    // 250 + 500 + 1000 ms.
    assert!(begun.elapsed() >= Duration::from_millis(1_700), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_unknown_mountpoint_gets_the_table_or_404() {
    let bench = bench();
    let first = bench.connect(&v1("NOWHERE", ANNA)).await.text_until_end().await;
    assert!(first.starts_with("SOURCETABLE 200 OK\r\n"), "{first}");
    assert!(first.ends_with("ENDSOURCETABLE\r\n"), "{first}");
    let second = bench.connect(&v2("NOWHERE", ANNA)).await.text_until_end().await;
    assert!(second.starts_with("HTTP/1.1 404 Not Found\r\n"), "{second}");
}

#[tokio::test]
async fn an_offline_mountpoint_is_as_unknown_but_the_operator_knows_better() {
    let mut bench = Bench::start(two_relays());
    let answer = bench.connect(&v2("OPEN", "")).await.text_until_end().await;
    assert!(answer.starts_with("HTTP/1.1 404 Not Found\r\n"), "{answer}");
    let offline = |news: &SessionNews| match news {
        SessionNews::Refused { reason: Refused::Offline(_), mountpoint, .. } => mountpoint.clone(),
        _ => None,
    };
    assert_eq!(bench.event(offline).await, "OPEN");
}

#[tokio::test]
async fn the_table_says_what_the_streams_contain() {
    let bench = bench();
    for serial in 1..4 {
        bench.send("A", &[gps_epoch(), observations(1, serial)]);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let table = bench.connect("GET / HTTP/1.0\r\nUser-Agent: NTRIP x\r\n\r\n").await;
    let table = { table }.text_until_end().await;
    assert!(table.contains("CAS;caster.example;2101;NET;Operator;1;CHN;22.8"), "{table}");
    assert!(table.contains("NET;NET;Operator;N;N;"), "{table}");
    let line = table.lines().find(|line| line.starts_with("STR;CLOSED;A;RTCM 3.3;")).unwrap();
    assert!(line.contains("1005,1074("), "{line}");
    assert!(line.contains(";GPS;NET;CHN;22.8"), "{line}");
    assert!(line.contains(";B;N;"), "{line}");
    let open = table.lines().find(|line| line.starts_with("STR;OPEN;")).unwrap();
    assert!(open.contains(";N;N;"), "{open}");
    let filtered = bench.connect(&v2("?match=STR;OPEN", "")).await.text_until_end().await;
    assert!(filtered.contains("STR;OPEN;") && !filtered.contains("STR;CLOSED;"), "{filtered}");
    let mine = bench.connect(&v2("?auth", "")).await.text_until_end().await;
    assert!(mine.contains("STR;OPEN;") && !mine.contains("STR;CLOSED;"), "{mine}");
}

#[tokio::test]
async fn a_browser_gets_the_table_in_http() {
    let bench = bench();
    let request =
        "GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: Mozilla/5.0\r\nAccept: text/html\r\n\r\n";
    let answer = bench.connect(request).await.text_until_end().await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("Content-Type: text/plain\r\n"), "{answer}");
}

#[tokio::test]
async fn a_slow_rover_loses_whole_frames_and_is_let_go() {
    let limits = Limits { slow_rover_timeout: Duration::from_secs(4), ..Limits::default() };
    let mut bench = Bench::start_with(two_relays(), limits, None);
    bench.send("A", &[observations(1, 0)]);
    // A small window, so that the loopback does not take it all.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut slow = Peer::new(socket.connect(bench.address).await.unwrap());
    slow.say(v1("OPEN", "").as_bytes()).await;
    slow.head().await;
    let mut good = bench.rover(&v1("OPEN", "")).await;
    let mut sent = 0;
    let mut received = Vec::new();
    for round in 0..120_u32 {
        for _ in 0..4 {
            sent += 1;
            bench.send("A", &[observations(1, sent)]);
        }
        received.extend(good.take(4 * observations(1, 0).len()).await);
        // It wakes up once for a moment, and then never again.
        if (40..44).contains(&round) {
            let part = slow.take(8 * observations(1, 0).len()).await;
            assert_eq!(frames_in(&part).1, 0, "what it got is whole frames");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (frames, noise) = frames_in(&received);
    let serials: Vec<u32> = frames.iter().filter_map(told).map(|(_, serial)| serial).collect();
    assert_eq!((serials.len(), noise), (480, 0), "the good rover lost nothing");
    let fell_behind = |news: &SessionNews| matches!(news, SessionNews::FallsBehind { .. });
    bench.event(|news| fell_behind(news).then_some(())).await;
    assert_eq!(bench.end_reason().await, EndReason::TooSlow);
    let (mut frames, mut noise) = (0, 0);
    let rest = slow.until_end().await;
    // Only the frame that was being sent when it was let go may be cut.
    let whole = rest.len() - rest.len() % observations(1, 0).len();
    let (found, junk) = frames_in(&rest[..whole]);
    frames += found.len();
    noise += junk;
    assert!(frames > 0 && noise == 0, "{frames} frames, {noise} bytes of noise");
    assert!(bench.caster.stats().frames_dropped > 0);
}

#[tokio::test]
async fn half_open_connections_are_closed() {
    let limits = Limits { head_timeout: Duration::from_millis(300), ..Limits::default() };
    let bench = Bench::start_with(two_relays(), limits, None);
    let begun = Instant::now();
    let mut silent = bench.connect("").await;
    let mut dripping = bench.connect("GET /OPEN HTTP/1.0\r\nX: ").await;
    assert_eq!(silent.until_end().await, b"");
    assert_eq!(dripping.until_end().await, b"");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(bench.caster.stats().handshakes_too_slow, 2);
    let default = Limits::default();
    assert!(default.head_timeout <= Duration::from_secs(5));
}

#[tokio::test]
async fn a_tls_hello_on_the_plain_port_is_closed_with_a_reason() {
    let mut bench = bench();
    let mut peer = bench.connect("").await;
    peer.say(&[0x16, 0x03, 0x01, 0x00, 0xC8, 0x01]).await;
    assert_eq!(peer.until_end().await, b"");
    let reason = bench
        .event(|news| match news {
            SessionNews::Refused { reason: Refused::NotARequest(why), .. } => Some(why.clone()),
            _ => None,
        })
        .await;
    assert!(reason.contains("TLS"), "{reason}");
    assert_eq!(bench.caster.stats().tls_on_plain_port, 1);
}

#[tokio::test]
async fn a_silent_station_lets_its_rovers_go() {
    let limits = Limits { relay_idle_max: Duration::from_millis(200), ..Limits::default() };
    let mut bench = Bench::start_with(two_relays(), limits, None);
    bench.send("A", &[observations(1, 0)]);
    let _rover = bench.rover(&v1("OPEN", "")).await;
    assert_eq!(bench.end_reason().await, EndReason::Idle);
}

#[tokio::test]
async fn one_address_has_its_share() {
    let limits = Limits { connections_per_address_max: 3, ..Limits::default() };
    let mut bench = Bench::start_with(two_relays(), limits, None);
    bench.send("A", &[observations(1, 0)]);
    let mut rovers = Vec::new();
    for _ in 0..3 {
        rovers.push(bench.rover(&v1("OPEN", "")).await);
    }
    assert_eq!(bench.connect("").await.until_end().await, b"");
    assert_eq!(bench.caster.stats().connections_over_limit, 1);
    drop(rovers.pop());
    bench.end_reason().await;
    while bench.caster.stats().connections > 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bench.rover(&v1("OPEN", "")).await;
}

#[tokio::test]
async fn a_storm_of_connects_is_served() {
    let bench = bench();
    let mut storm = Vec::new();
    for _ in 0..300 {
        let address = bench.address;
        storm.push(tokio::spawn(async move {
            let socket = tokio::net::TcpStream::connect(address).await.unwrap();
            let mut rover = Peer::new(socket);
            rover.say(v1("CLOSED", ANNA).as_bytes()).await;
            assert_eq!(rover.head().await, "ICY 200 OK\r\n\r\n");
            rover
        }));
    }
    let mut rovers = Vec::new();
    for joining in storm {
        rovers.push(joining.await.unwrap());
    }
    let epoch = [observations(1, 7), frame(1005)];
    bench.send("A", &epoch);
    let expected = epoch.concat();
    for rover in &mut rovers {
        assert_eq!(rover.take(expected.len()).await, expected);
    }
    assert_eq!(bench.caster.stats().rovers, 300);
}

#[tokio::test]
async fn a_stop_finishes_frames_and_ends_everybody() {
    let mut bench = bench();
    let mut rover = bench.rover(&v1("OPEN", "")).await;
    bench.send("A", &[observations(1, 5)]);
    let expected = observations(1, 5);
    assert_eq!(rover.take(expected.len()).await, expected);
    let address = bench.address;
    bench.caster.stop().await;
    assert_eq!(rover.until_end().await, b"");
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
