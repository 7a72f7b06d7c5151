//! Nearest stations, uploads, reload and TLS on the loopback.

use std::time::{Duration, Instant};

use crate::support::{
    ANNA, Bench, Peer, anna, frame, frames_in, mount, observations, settings, station_mount, told,
    two_relays, upload_mount,
};
use tianshu_caster::access::Revoked;
use tianshu_caster::config::{Limits, MountConfig, MountKind, NearestPolicy, Offering, TlsFiles};
use tianshu_caster::events::{EndReason, Refused, SessionNews};
use tianshu_caster::source::{Notice, Withheld};
use tianshu_gnss::coords::Geodetic;
use tianshu_ntrip::nmea::gga::Gga;
use tokio::net::TcpStream;

/// Stations A and B, 22 km apart, and a nearest mountpoint of both.
fn near() -> Offering {
    Offering {
        stations: vec![settings("A", 22.0), settings("B", 22.2)],
        mountpoints: vec![MountConfig {
            kind: MountKind::Nearest { among: [].into(), policy: NearestPolicy::default() },
            ..station_mount("NEAR", "A", false)
        }],
        users: Vec::new(),
    }
}

fn gga(latitude_deg: f64) -> String {
    Gga::at(Geodetic::from_degrees(latitude_deg, 108.0, 80.0), None).to_string()
}

fn notice(news: &SessionNews) -> Option<Notice> {
    match news {
        SessionNews::Notice(notice) => Some(notice.clone()),
        _ => None,
    }
}

/// Both stations send an epoch, and say before it who they are.
fn epoch(bench: &Bench, serial: u32) {
    bench.send("A", &[frame(1006), observations(1, serial)]);
    bench.send("B", &[frame(1005), observations(2, serial)]);
}

#[tokio::test]
async fn the_nearest_station_serves_until_it_dies() {
    let mut bench = Bench::start(near());
    epoch(&bench, 0);
    let request = "GET /NEAR HTTP/1.0\r\nUser-Agent: NTRIP x\r\n\r\n";
    let mut rover = bench.rover(request).await;
    assert_eq!(bench.event(notice).await, Notice::Withheld(Withheld::NoPosition));
    // A bare sentence, without its line end (docs/ntrip-in-the-field.md, note 27).
    rover.say(gga(22.01).as_bytes()).await;
    let Notice::Serving { station, distance_m, .. } = bench.event(notice).await else {
        panic!("not served")
    };
    assert_eq!(station.as_str(), "A");
    assert!((1_000.0..1_300.0).contains(&distance_m), "{distance_m}");
    // Who the station is comes at once, before its next epoch.
    assert_eq!(rover.take(frame(1006).len()).await, frame(1006));
    for serial in 1..4 {
        epoch(&bench, serial);
    }
    let epoch_bytes = frame(1006).len() + observations(1, 0).len();
    let mut stream = rover.take(3 * epoch_bytes).await;
    let died = Instant::now();
    // A falls silent; B goes on. Its time-out is 2 s here.
    let mut serial = 10;
    let served_by_b = loop {
        bench.send("B", &[frame(1005), observations(2, serial)]);
        serial += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
        if bench.caster.stats().frames_sent > 1 + 3 * 2 + 3 {
            break died.elapsed();
        }
        assert!(died.elapsed() < Duration::from_secs(10), "no switch within 10 s");
    };
    assert!(served_by_b < Duration::from_secs(5), "{served_by_b:?}");
    let new_bytes = frame(1005).len() + epoch_bytes;
    stream.extend(rover.take(new_bytes).await);
    let (frames, noise) = frames_in(&stream);
    assert_eq!(noise, 0, "a switch tears no frame");
    let numbers: Vec<_> =
        frames.iter().filter_map(tianshu_rtcm::frame::Frame::message_number).collect();
    assert_eq!(numbers, [1006, 1074, 1006, 1074, 1006, 1074, 1005, 1005, 1074]);
    assert_eq!(frames.last().and_then(told).map(|(station, _)| station), Some(2));
}

#[tokio::test]
async fn a_lost_link_moves_the_rover_at_once() {
    let mut bench = Bench::start(near());
    epoch(&bench, 0);
    let header = format!("Ntrip-GGA: {}\r\n", gga(22.0));
    let request = format!("GET /NEAR HTTP/1.1\r\nNtrip-Version: Ntrip/2.0\r\n{header}\r\n");
    let _rover = bench.rover(&request).await;
    let serving = |news: &SessionNews| match notice(news) {
        Some(Notice::Serving { station, .. }) => Some(station.to_string()),
        _ => None,
    };
    assert_eq!(bench.event(serving).await, "A");
    let died = Instant::now();
    bench.down("A");
    assert_eq!(bench.event(serving).await, "B");
    assert!(died.elapsed() < Duration::from_secs(1), "{:?}", died.elapsed());
}

#[tokio::test]
async fn rovers_without_a_usable_place_are_told_to_the_operator() {
    let mut bench = Bench::start(near());
    epoch(&bench, 0);
    let mut rover = bench.rover("GET /NEAR HTTP/1.0\r\n\r\n").await;
    assert_eq!(bench.event(notice).await, Notice::Withheld(Withheld::NoPosition));
    let here = Geodetic::from_degrees(22.0, 108.0, 80.0);
    let no_fix = Gga { place: None, quality: 0, ..Gga::at(here, None) };
    rover.say(format!("{no_fix}\r\n").as_bytes()).await;
    assert_eq!(bench.event(notice).await, Notice::Withheld(Withheld::NoFix));
    rover.say(gga(40.0).as_bytes()).await;
    let outside = bench.event(notice).await;
    assert!(matches!(outside, Notice::Withheld(Withheld::OutsideService { .. })), "{outside:?}");
    rover.say(gga(22.0).as_bytes()).await;
    assert!(matches!(bench.event(notice).await, Notice::PositionJump { .. }));
    rover.say(gga(22.0).as_bytes()).await;
    assert!(matches!(bench.event(notice).await, Notice::Serving { .. }));
    bench.down("A");
    bench.down("B");
    let mut last = bench.event(notice).await;
    while matches!(last, Notice::Serving { .. }) {
        last = bench.event(notice).await;
    }
    assert_eq!(last, Notice::Withheld(Withheld::NoHealthyStation));
}

fn uploads() -> Offering {
    Offering { mountpoints: vec![upload_mount("UP", "U")], ..Offering::default() }
}

#[tokio::test]
async fn what_a_source_pushes_is_relayed_byte_for_byte() {
    let mut bench = Bench::start(uploads());
    // The first bytes come with the request, cut in a frame (docs/ntrip-in-the-field.md, note 23); noise lies between frames.
    let request = b"SOURCE push /UP\r\nSource-Agent: NTRIP s\r\n\r\n";
    let first = observations(9, 0);
    let mut source = bench.connect("").await;
    source.say(&[&request[..], &first[..500]].concat()).await;
    assert_eq!(source.head().await, "ICY 200 OK\r\n\r\n");
    source.say(&first[500..]).await;
    while bench.caster.sourcetable().mountpoints.is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut rover = bench.rover("GET /UP HTTP/1.0\r\n\r\n").await;
    let frames: Vec<_> = (1..20).map(|serial| observations(9, serial)).collect();
    let stream = frames.join(&b"noise"[..]);
    for piece in stream.chunks(333) {
        source.say(piece).await;
    }
    let expected = frames.concat();
    assert_eq!(rover.take(expected.len()).await, expected);
}

#[tokio::test]
async fn what_a_post_pushes_in_chunks_is_relayed_too() {
    let mut bench = Bench::start(uploads());
    let request = "POST /UP HTTP/1.1\r\nHost: h\r\nNtrip-Version: Ntrip/2.0\r\n\
                   Authorization: Basic YmFzZTpwdXNo\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut source = bench.rover(request).await;
    let chunk = |bytes: &[u8]| tianshu_ntrip::chunked::encode_chunk(bytes);
    source.say(&chunk(&observations(9, 0))).await;
    while bench.caster.sourcetable().mountpoints.is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut rover = bench.rover("GET /UP HTTP/1.0\r\n\r\n").await;
    source.say(&chunk(&observations(9, 1))).await;
    assert_eq!(rover.take(observations(9, 1).len()).await, observations(9, 1));
    source.say(b"0\r\n\r\n").await;
    assert_eq!(bench.end_reason().await, EndReason::UploadEnded);
}

#[tokio::test]
async fn uploads_are_let_in_replaced_and_dropped_when_silent() {
    let limits = Limits { upload_silence_max: Duration::from_millis(2_500), ..Limits::default() };
    let mut bench = Bench::start_with(uploads(), limits, None);
    let wrong = bench.connect("SOURCE wrong UP\r\n\r\n").await.text_until_end().await;
    assert_eq!(wrong, "ERROR - Bad Password\r\n");
    let nowhere = bench.connect("SOURCE push /NOWHERE\r\n\r\n").await.text_until_end().await;
    assert_eq!(nowhere, "ERROR - Mount Point Taken or Invalid\r\n");
    let mut first = bench.rover("SOURCE push UP\r\n\r\n").await;
    let second = bench.rover("SOURCE push UP\r\n\r\n").await;
    assert_eq!(bench.end_reason().await, EndReason::Replaced);
    assert_eq!(first.until_end().await, b"");
    assert_eq!(bench.caster.stats().uploads, 1);
    assert_eq!(bench.end_reason().await, EndReason::SilentUpload);
    drop(second);
}

#[tokio::test]
async fn a_reload_keeps_the_rovers_whose_mountpoint_and_right_stay() {
    let mut bench = Bench::start(two_relays());
    bench.send("A", &[observations(1, 0)]);
    let mut open = bench.rover("GET /OPEN HTTP/1.0\r\n\r\n").await;
    let mut closed = bench.rover(&format!("GET /CLOSED HTTP/1.0\r\n{ANNA}\r\n")).await;
    let mut fresh = two_relays();
    fresh.mountpoints.push(station_mount("NEW", "A", false));
    bench.caster.reload(&fresh).unwrap();
    bench.send("A", &[observations(1, 1)]);
    let expected = observations(1, 1);
    assert_eq!(open.take(expected.len()).await, expected);
    assert_eq!(closed.take(expected.len()).await, expected);
    assert!(bench.caster.sourcetable().mountpoints.contains(&mount("NEW")));
    fresh.users.clear();
    bench.caster.reload(&fresh).unwrap();
    assert_eq!(bench.end_reason().await, EndReason::Revoked(Revoked::Removed));
    // The rover is told why, as a text in its stream, and nothing else.
    let farewell = closed.until_end().await;
    assert_eq!(u16::from_be_bytes([farewell[3], farewell[4]]) >> 4, 1029);
    assert!(farewell.windows(24).any(|w| w == b"the account was taken aw"));
    fresh.users.push(anna());
    fresh.mountpoints.retain(|m| m.mountpoint != mount("OPEN"));
    bench.caster.reload(&fresh).unwrap();
    assert_eq!(bench.end_reason().await, EndReason::MountpointRemoved);
    assert_eq!(open.until_end().await, b"");
}

#[tokio::test]
async fn a_tls_rover_is_served_and_a_new_certificate_taken() {
    let folder = std::env::temp_dir().join(format!("tianshu-caster-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let files = TlsFiles { certificates: folder.join("cert.pem"), key: folder.join("key.pem") };
    let write_new = || {
        let made = rcgen::generate_simple_self_signed(vec!["caster.example".to_owned()]).unwrap();
        std::fs::write(&files.certificates, made.cert.pem()).unwrap();
        std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
        made.cert.der().clone()
    };
    let first = write_new();
    let mut bench = Bench::start_with(two_relays(), Limits::default(), Some(files.clone()));
    bench.send("A", &[observations(1, 0)]);
    let mut rover = tls_rover(&bench, first.clone()).await.unwrap();
    rover.say(format!("GET /CLOSED HTTP/1.0\r\n{ANNA}\r\n").as_bytes()).await;
    assert_eq!(rover.head().await, "ICY 200 OK\r\n\r\n");
    let second = write_new();
    bench.caster.reload(&two_relays()).unwrap();
    assert!(tls_rover(&bench, second).await.is_ok());
    assert!(tls_rover(&bench, first).await.is_err());
    bench.send("A", &[observations(1, 1)]);
    let expected = observations(1, 1);
    assert_eq!(rover.take(expected.len()).await, expected, "the old connection stays");
    let plain = bench.connect("GET / HTTP/1.0\r\n\r\n").await.until_end().await;
    assert!(!plain.starts_with(b"SOURCETABLE"), "a TLS port answers no plain request");
    let failed = |news: &SessionNews| match news {
        SessionNews::Refused { reason: Refused::Tls(why), .. } => Some(why.clone()),
        _ => None,
    };
    assert!(!bench.event(failed).await.is_empty());
    std::fs::remove_dir_all(&folder).unwrap();
}

type TlsPeer = Peer<tokio_rustls::client::TlsStream<TcpStream>>;

async fn tls_rover(
    bench: &Bench,
    trusted: rustls_pki_types::CertificateDer<'static>,
) -> std::io::Result<TlsPeer> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(trusted).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let host = rustls_pki_types::ServerName::try_from("caster.example").unwrap();
    let socket = TcpStream::connect(bench.address).await?;
    Ok(Peer::new(connector.connect(host, socket).await?))
}
