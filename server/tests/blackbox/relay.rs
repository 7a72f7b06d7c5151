//! Relay: whatever the way in and the way out, a rover gets the station's frames, byte for byte.

use tianshu_rtcm::frame::{FindingCounts, FrameDecoder};

use crate::program::eventually;
use crate::rover::{ANNA, Rover};
use crate::service::Service;
use crate::station::{Feed, Port, free_port};
use crate::stream::{
    assert_same, frames_in, joined, made_stream, prologue, recording, without_prologue,
};

/// How much a station sends at once. It is no multiple of anything, so that frames are cut everywhere.
const PIECE_BYTES: usize = 1777;

/// Epochs of a made stream: more than a minute at 1 Hz.
const EPOCHS: u32 = 80;

/// `base:push` in base64.
const BASE: &str = "YmFzZTpwdXNo";

/// What a rover has got so far.
pub(crate) type Reader<'r> = &'r dyn Fn() -> Vec<u8>;

/// Sends a stream, never faster than its readers follow, and checks that each has got its frames and nothing else.
/// Gives the number of frames.
#[track_caller]
pub(crate) fn play(what: &str, feed: &mut Feed, stream: &[u8], readers: &[Reader<'_>]) -> usize {
    let (frames, _) = frames_in(stream);
    let expected = joined(&frames);
    let mut decoder = FrameDecoder::new();
    let mut counts = FindingCounts::default();
    for piece in stream.chunks(PIECE_BYTES) {
        feed.send(piece);
        decoder.push(piece);
        while let Some(found) = decoder.next_found() {
            counts.add(&found);
        }
        let whole = usize::try_from(counts.frame_bytes).unwrap();
        wait_for(what, whole, readers);
    }
    wait_for(what, expected.len(), readers);
    for reader in readers {
        assert_same(what, without_prologue(&reader()), &expected);
    }
    frames.len()
}

#[track_caller]
fn wait_for(what: &str, bytes: usize, readers: &[Reader<'_>]) {
    for reader in readers {
        let enough = || (without_prologue(&reader()).len() >= bytes).then_some(());
        eventually(&format!("{what}: {bytes} bytes of frames arrive"), enough);
    }
}

/// An account, a relay mountpoint of station S, and what else is needed.
fn relay_of_s(station: &str) -> String {
    format!(
        "[[user]]\nname = \"anna\"\npassword = \"secret\"\n\
         [[mountpoint]]\nname = \"OUT\"\nkind = \"station\"\nstation = \"S\"\n\
         [[station]]\nname = \"S\"\nretry_min_s = 0.1\nretry_max_s = 0.5\n{station}\n"
    )
}

/// Brings the stream up, lets a rover of each version in, and plays a stream to both.
#[track_caller]
fn check(what: &str, service: &Service, mountpoint: &str, feed: &mut Feed, stream: &[u8]) {
    service.bring_up(mountpoint, || feed.send(&prologue()));
    let old = Rover::v1(service.address(), mountpoint, ANNA);
    let new = Rover::v2(service.address(), mountpoint, ANNA);
    let frames = play(what, feed, stream, &[&|| old.body(), &|| new.body()]);
    println!("{what}: {frames} frames identical over NTRIP 1 and 2");
}

/// A made stream, and where the recordings are there a real one.
fn streams(test: &str) -> Vec<Vec<u8>> {
    let real = recording(test, "swift/missing-gps.rtcm");
    real.into_iter().chain([made_stream(7, EPOCHS)]).collect()
}

#[test]
fn a_receiver_that_listens_is_relayed() {
    for stream in streams("a_receiver_that_listens_is_relayed") {
        let port = Port::open();
        let link = format!("link = \"tcp\"\naddress = \"{}\"", port.address());
        let service = Service::start(&relay_of_s(&link));
        check("tcp", &service, "OUT", &mut port.accept(), &stream);
    }
}

#[test]
fn a_receiver_that_connects_is_relayed() {
    for stream in streams("a_receiver_that_connects_is_relayed") {
        let address = format!("127.0.0.1:{}", free_port());
        let link = format!("link = \"listen\"\nlisten = \"{address}\"\nallow = [\"127.0.0.0/8\"]");
        let service = Service::start(&relay_of_s(&link));
        let mut feed = Feed::connect(address.parse().unwrap());
        check("listen", &service, "OUT", &mut feed, &stream);
    }
}

#[test]
fn a_caster_of_version_1_is_pulled_and_relayed() {
    for stream in streams("a_caster_of_version_1_is_pulled_and_relayed") {
        let caster = Port::open();
        let url = format!("ntrip://u:p@{}/IN", caster.address());
        let link = format!("link = \"ntrip\"\nurl = \"{url}\"\nversion = \"1\"");
        let service = Service::start(&relay_of_s(&link));
        let (request, mut feed) = caster.accept_request("ICY 200 OK\r\n\r\n");
        assert!(request.starts_with("GET /IN HTTP/1.0\r\n"), "{request}");
        assert!(request.contains("\r\nAuthorization: Basic dTpw\r\n"), "{request}");
        check("ntrip 1", &service, "OUT", &mut feed, &stream);
    }
}

#[test]
fn a_caster_of_version_2_is_pulled_and_relayed() {
    for stream in streams("a_caster_of_version_2_is_pulled_and_relayed") {
        let caster = Port::open();
        let url = format!("ntrip://u:p@{}/IN", caster.address());
        let service = Service::start(&relay_of_s(&format!("link = \"ntrip\"\nurl = \"{url}\"")));
        let answer = "HTTP/1.1 200 OK\r\nNtrip-Version: Ntrip/2.0\r\nServer: test\r\n\
                      Content-Type: gnss/data\r\nTransfer-Encoding: chunked\r\n\r\n";
        let (request, mut feed) = caster.accept_request(answer);
        assert!(request.contains("\r\nNtrip-Version: Ntrip/2.0\r\n"), "{request}");
        check("ntrip 2", &service, "OUT", &mut feed, &stream);
    }
}

/// One Tianshu pulls from another one.
#[test]
fn a_chain_of_two_services_loses_nothing() {
    for version in ["1", "2"] {
        let port = Port::open();
        let link = format!("link = \"tcp\"\naddress = \"{}\"", port.address());
        let near = Service::start(&relay_of_s(&link));
        let mut feed = port.accept();
        near.bring_up("OUT", || feed.send(&prologue()));
        let url = format!("ntrip://anna:secret@{}/OUT", near.address());
        let link = format!("link = \"ntrip\"\nurl = \"{url}\"\nversion = \"{version}\"");
        let far = Service::start(&relay_of_s(&link));
        check("chain", &far, "OUT", &mut feed, &made_stream(7, EPOCHS));
    }
}

const UPLOADS: &str = r#"
[[user]]
name = "anna"
password = "secret"
[[station]]
name = "S"
link = "upload"
[[mountpoint]]
name = "IN"
kind = "upload"
station = "S"
user = "base"
password = "push"
"#;

#[test]
fn an_upload_by_source_is_relayed() {
    for stream in streams("an_upload_by_source_is_relayed") {
        let service = Service::start(UPLOADS);
        let mut feed = Feed::source(service.address(), "push", "IN");
        check("SOURCE", &service, "IN", &mut feed, &stream);
    }
}

#[test]
fn an_upload_by_post_is_relayed() {
    for stream in streams("an_upload_by_post_is_relayed") {
        let service = Service::start(UPLOADS);
        let mut feed = Feed::post(service.address(), BASE, "IN");
        check("POST", &service, "IN", &mut feed, &stream);
    }
}

/// The sourcetable tells what the stream contains, not what somebody wrote about it.
#[test]
fn the_sourcetable_describes_the_stream() {
    let port = Port::open();
    let link = format!("link = \"tcp\"\naddress = \"{}\"", port.address());
    let service = Service::start(&relay_of_s(&link));
    let mut feed = port.accept();
    let mut serial = 0;
    eventually("the table tells messages, systems and place", || {
        serial += 1;
        feed.send(&made_stream(7, serial));
        let table = crate::rover::sourcetable(service.address());
        let line = table.lines().find(|line| line.starts_with("STR;OUT;"))?.to_owned();
        let told = ["RTCM 3", "1006(", "1074(", "1124(", "GPS+BDS", ";22.00;108.00;"];
        let all = told.iter().all(|part| line.contains(part));
        (all || serial > 200).then(|| assert!(all, "{line}"))
    });
}
