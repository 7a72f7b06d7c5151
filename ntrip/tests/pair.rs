//! Both ends joined in memory: every version, errand, verdict and cut of the bytes between them.

use std::collections::VecDeque;

use proptest::prelude::*;
use tianshu_ntrip::client::answer::{Reaction, RefusedBy};
use tianshu_ntrip::client::request::{Caster, Errand, VersionChoice, gga_line};
use tianshu_ntrip::client::session::{ClientEvent, ClientSession};
use tianshu_ntrip::credentials::{Credentials, Secret};
use tianshu_ntrip::findings::Findings;
use tianshu_ntrip::mountpoint::Mountpoint;
use tianshu_ntrip::nmea::gga::Gga;
use tianshu_ntrip::server::answer::Refusal;
use tianshu_ntrip::server::request::{Request, UploadKey};
use tianshu_ntrip::server::session::{Chunking, ServerEvent, ServerSession, UploadEnd};
use tianshu_ntrip::sourcetable::Sourcetable;
use tianshu_ntrip::version::NtripVersion;

const GGA: &str = "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47";
const TABLE: &str = "CAS;h;2101;n\r\nSTR;LD000;a\r\nSTR;LD001;b\r\nENDSOURCETABLE\r\n";
/// The frames that flow on an accepted stream; any bytes will do here.
const FRAMES: [&[u8]; 3] = [b"\xD3\x00\x02ab+++", b"0\r\n\r\n", b"\xD3\x00\x00xyz"];

/// A caster with one station and one user, without a socket.
#[derive(Default)]
struct TestCaster {
    session: ServerSession,
    out: VecDeque<u8>,
    closed: bool,
    positions: Vec<Gga>,
    uploaded: Vec<u8>,
    upload_end: Option<UploadEnd>,
}

impl TestCaster {
    fn take(&mut self, bytes: &[u8]) {
        for event in self.session.on_bytes(bytes) {
            match event {
                ServerEvent::Request(request) => self.decide(&request),
                ServerEvent::Fault { answer, .. } => self.send(&answer, true),
                ServerEvent::Gga(gga) => self.positions.push(gga),
                ServerEvent::Upload(bytes) => self.uploaded.extend(bytes),
                ServerEvent::UploadEnd(end) => self.upload_end = Some(end),
            }
        }
    }

    fn decide(&mut self, request: &Request) {
        let (known, trusted) = match request {
            Request::Stream(rover) => {
                self.positions.extend(rover.initial_gga.clone());
                (is_known(&rover.mountpoint), rover.credentials == Credentials::new("u", "p"))
            }
            Request::Upload(upload) => {
                let trusted = match &upload.key {
                    UploadKey::Password(secret) => *secret == Secret::new("p"),
                    UploadKey::Basic(credentials) => {
                        Some(credentials) == Credentials::new("u", "p").as_ref()
                    }
                    UploadKey::Missing => false,
                };
                (is_known(&upload.mountpoint), trusted)
            }
            Request::Table(table) => {
                let all = Sourcetable::parse(TABLE.as_bytes(), &mut Findings::default());
                let answer =
                    self.session.send_table(&all.select(&table.query, |_| true).to_string());
                return self.send(&answer, true);
            }
            Request::NoSuchName { .. } => (false, false),
        };
        match (known, trusted) {
            (false, _) => {
                let answer = self.session.refuse(&Refusal::NoSuchMountpoint { sourcetable: TABLE });
                self.send(&answer, true);
            }
            (true, false) => {
                let answer = self.session.refuse(&Refusal::Unauthorized("Wrong password."));
                self.send(&answer, true);
            }
            (true, true) => {
                let answer = self.session.accept(Chunking::WhenSpoken);
                self.send(&answer, false);
                if matches!(request, Request::Stream(_)) {
                    for frame in FRAMES {
                        self.out.extend(self.session.frame(frame).iter());
                    }
                }
            }
        }
    }

    fn send(&mut self, bytes: &[u8], close: bool) {
        self.out.extend(bytes);
        self.closed |= close;
    }
}

fn is_known(mountpoint: &Mountpoint) -> bool {
    mountpoint.as_str() == "LD000"
}

/// Joins both ends with pieces of `size` bytes until neither says anything more.
fn join(mut client: ClientSession, size: usize) -> (Vec<ClientEvent>, TestCaster) {
    let mut caster = TestCaster::default();
    let mut events = Vec::new();
    let mut upstream: VecDeque<u8> = client.request().into();
    loop {
        let up: Vec<u8> = upstream.drain(..size.min(upstream.len())).collect();
        caster.take(&up);
        let down: Vec<u8> = caster.out.drain(..size.min(caster.out.len())).collect();
        for event in client.on_bytes(&down) {
            if matches!(event, ClientEvent::Accepted(_)) {
                for frame in FRAMES {
                    upstream.extend(client.frame(frame).iter());
                }
                upstream.extend(client.farewell());
                upstream.extend(gga_line(&gga()));
            }
            events.push(event);
        }
        if upstream.is_empty() && caster.out.is_empty() {
            break;
        }
    }
    if caster.closed {
        events.extend(client.on_end());
    }
    (events, caster)
}

fn client(version: VersionChoice, errand: Errand, password: &str) -> ClientSession {
    let credentials = Credentials::new("u", password);
    ClientSession::new(Caster { host: "h".to_owned(), port: 2101, version, credentials }, errand)
}

fn gga() -> Gga {
    Gga::parse(GGA).expect("the sentence is the textbook's")
}

fn mountpoint(name: &str) -> Mountpoint {
    Mountpoint::new(name).expect("the names here are legal")
}

fn pull(name: &str) -> Errand {
    Errand::Pull { mountpoint: mountpoint(name), gga: Some(gga()) }
}

fn push(name: &str) -> Errand {
    Errand::Push { mountpoint: mountpoint(name), str_line: None }
}

/// Runs a check for both versions (2 stands for Auto as well) and all cuts.
fn everywhere(check: impl Fn(VersionChoice, usize)) {
    for version in [VersionChoice::V1, VersionChoice::V2, VersionChoice::Auto] {
        (1..=64).for_each(|size| check(version, size));
    }
}

#[test]
fn a_rover_gets_every_byte_and_its_position_arrives() {
    everywhere(|version, size| {
        let (events, caster) = join(client(version, pull("LD000"), "p"), size);
        let Some((ClientEvent::Accepted(accepted), data)) = events.split_first() else {
            panic!("{events:?}");
        };
        let data: Vec<u8> = data
            .iter()
            .flat_map(|event| match event {
                ClientEvent::Data(bytes) => bytes.clone(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!((data, accepted.version), (FRAMES.concat(), version.first()));
        assert_eq!(accepted.chunked, accepted.version == NtripVersion::V2);
        // One in the header of NTRIP 2, one in the stream of both.
        let expected = if version == VersionChoice::V1 { 1 } else { 2 };
        assert_eq!(caster.positions.len(), expected, "{version:?} {size}");
    });
}

#[test]
fn an_upload_arrives_byte_for_byte() {
    everywhere(|version, size| {
        let (events, caster) = join(client(version, push("LD000"), "p"), size);
        assert!(matches!(events.as_slice(), [ClientEvent::Accepted(_)]), "{events:?}");
        assert!(caster.uploaded.starts_with(&FRAMES.concat()), "{version:?} {size}");
        let expected = (version != VersionChoice::V1).then_some(UploadEnd::LastChunk);
        assert_eq!(caster.upload_end, expected);
        assert!(caster.session.findings().is_empty());
    });
}

#[track_caller]
fn refusal(events: &[ClientEvent]) -> &RefusedBy {
    match events {
        [ClientEvent::Refused(refusal)] => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn wrong_passwords_are_told_apart_from_everything_else() {
    for errand in [pull("LD000"), push("LD000")] {
        everywhere(|version, size| {
            let (events, caster) = join(client(version, errand.clone(), "wrong"), size);
            assert!(matches!(refusal(&events), RefusedBy::Unauthorized { .. }), "{events:?}");
            assert!(caster.closed);
        });
    }
}

#[test]
fn unknown_mountpoints_are_named() {
    everywhere(|version, size| {
        let (events, _) = join(client(version, pull("LD999"), "p"), size);
        assert!(matches!(refusal(&events), RefusedBy::NoSuchMountpoint { .. }), "{events:?}");
        assert_eq!(refusal(&events).reaction(), Reaction::Retry);
        let (events, _) = join(client(version, push("LD999"), "p"), size);
        match version {
            // NTRIP 1 has one line for both.
            VersionChoice::V1 => {
                assert!(matches!(refusal(&events), RefusedBy::TakenByOther { .. }));
            }
            _ => assert!(matches!(refusal(&events), RefusedBy::NoSuchMountpoint { .. })),
        }
    });
}

#[test]
fn the_table_arrives_whole_or_filtered() {
    for (query, expected) in [
        (None, TABLE),
        (Some("STR;LD00*;b"), "STR;LD001;b\r\nENDSOURCETABLE\r\n"),
        (Some("match=STR;LD000"), "STR;LD000;a\r\nENDSOURCETABLE\r\n"),
    ] {
        everywhere(|version, size| {
            let errand = Errand::Table { query: query.map(str::to_owned) };
            let (events, _) = join(client(version, errand, "p"), size);
            let [ClientEvent::Table(table)] = events.as_slice() else { panic!("{events:?}") };
            assert_eq!(table.to_string(), expected, "{version:?} {size}");
        });
    }
}

/// How many cases the search for panics tries. `TIANSHU_NTRIP_CASES=1000000` makes it a night's work.
fn cases() -> ProptestConfig {
    let cases = std::env::var("TIANSHU_NTRIP_CASES").ok().and_then(|count| count.parse().ok());
    ProptestConfig { cases: cases.unwrap_or(512), ..ProptestConfig::default() }
}

/// Bytes that get further than noise would: words of the protocol, mixed with anything.
fn protocol_bytes() -> impl Strategy<Value = Vec<u8>> {
    const WORDS: [&str; 24] = [
        "GET / HTTP/1.1\r\n",
        "GET /?filter=STR;",
        "GET /LD000 HTTP/1.1\r\n",
        "SOURCE pw /LD000\r\n",
        "\r\n",
        "POST /LD000 HTTP/1.1\r\n",
        "Ntrip-Version: Ntrip/2.0\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Ntrip-GGA: ",
        "Authorization: Basic dTpw\r\n",
        GGA,
        "ICY 200 OK\r\n",
        "HTTP/1.1 200 OK\r\n",
        "SOURCETABLE 200 OK\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "ERROR - ",
        "STR;LD000;",
        "ENDSOURCETABLE\r\n",
        "5\r\nabcde\r\n",
        "0\r\n\r\n",
        "Content-Length: 0\r\n",
        "OK\r\n",
        "$GPGGA,,,,,,0*",
        "FFFFFFFFFFFFFFFF",
    ];
    let word = prop_oneof![
        4 => (0..WORDS.len()).prop_map(|at| WORDS[at].as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
        1 => "\\PC{0,9}".prop_map(String::into_bytes),
    ];
    prop::collection::vec(word, 0..12).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn no_bytes_make_either_end_panic(bytes in protocol_bytes(), size in 1..200_usize, which in 0..3_usize) {
        let mut caster = TestCaster::default();
        let errand = [pull("LD000"), push("LD000"), Errand::Table { query: None }][which].clone();
        let mut client = client(VersionChoice::Auto, errand, "p");
        for piece in bytes.chunks(size) {
            caster.take(piece);
            client.on_bytes(piece);
        }
        client.on_end();
        prop_assert!(client.on_end().is_empty(), "an end comes once");
    }
}
