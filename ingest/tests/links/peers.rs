//! What the tests of links share: a link on loopback, a caster that plays a part, events in words.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tianshu_gnss::event::StationNews;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_ingest::backoff::BackoffLimits;
use tianshu_ingest::clock::SteadyClock;
use tianshu_ingest::link::{LinkConfig, LinkHandle, Origin, spawn};
use tianshu_ingest::sink::{EventSource, event_queue};
use tianshu_rtcm::frame::Frame;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpListener;

/// No step of these tests takes as long on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A link and what it says.
pub(crate) struct Rig {
    pub(crate) link: LinkHandle,
    source: EventSource,
}

/// Starts a link that is silent after `silence`, and comes back after 10 to 50 ms.
pub(crate) fn rig(origin: Origin, silence: Duration) -> Rig {
    let (sink, source) = event_queue(1000);
    let clock = Arc::new(SteadyClock::start(GpsTime::from_week(2400, Interval::ZERO)));
    let config = LinkConfig {
        station: "LOOP".parse().unwrap(),
        origin,
        silence,
        epoch_wait: Duration::from_millis(500),
        backoff: BackoffLimits {
            shortest: Duration::from_millis(10),
            longest: Duration::from_millis(50),
            steady_after: Duration::from_mins(1),
        },
        seed: 9,
    };
    Rig { link: spawn(config, sink, clock), source }
}

impl Rig {
    /// The next event in words.
    pub(crate) async fn told(&mut self) -> String {
        let next = tokio::time::timeout(PATIENCE, self.source.next()).await;
        match next.expect("an event in time").expect("a link that lives").news {
            StationNews::Up => "up".to_owned(),
            StationNews::Down(reason) => format!("down: {reason}"),
            StationNews::Frame(frame) => format!("frame of {}", frame.len()),
            other => format!("{other:?}"),
        }
    }
}

/// A frame of a message that nobody knows (4094), 18 bytes long.
pub(crate) fn frame() -> Vec<u8> {
    let mut payload = vec![0xFF, 0xE0];
    payload.resize(12, 7);
    Frame::from_payload(&payload).unwrap().as_bytes().to_vec()
}

/// A port on loopback.
pub(crate) async fn port() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// A request up to its empty line.
pub(crate) async fn request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(bytes).unwrap()
}
