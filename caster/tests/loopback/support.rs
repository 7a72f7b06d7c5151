//! A caster on the loopback for tests: fed with made-up stations, read by plain sockets.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tianshu_caster::access::Access;
use tianshu_caster::caster::{Caster, Parts};
use tianshu_caster::clock::Clock;
use tianshu_caster::config::{
    CasterConfig, CasterIdentity, Limits, ListenerConfig, MountConfig, MountKind, Offering,
    StationSettings, TlsFiles, UploadCredentials, UserConfig,
};
use tianshu_caster::events::{EndReason, SessionEvent, SessionNews};
use tianshu_caster::stations::Stations;
use tianshu_caster::upload::{UploadLink, UploadRefusal, UploadSink};
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::{Geodetic, WGS84};
use tianshu_gnss::event::{DownReason, StationEvent, StationNews};
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_ntrip::credentials::Secret;
use tianshu_ntrip::mountpoint::Mountpoint;
use tianshu_rtcm::frame::{Found, Frame, FrameDecoder};
use tianshu_rtcm::msm::header::{MsmHeader, MsmLevel};
use tianshu_rtcm::msm::message::{Msm, MsmCell, MsmSatellite};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// No step of a test takes longer, on however loaded a machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// `anna:secret` in base64.
pub(crate) const ANNA: &str = "Authorization: Basic YW5uYTpzZWNyZXQ=\r\n";

/// A running caster and what it reported.
pub(crate) struct Bench {
    pub(crate) caster: Caster,
    pub(crate) stations: Arc<Stations>,
    pub(crate) clock: Clock,
    pub(crate) address: SocketAddr,
    events: mpsc::Receiver<SessionEvent>,
}

impl Bench {
    pub(crate) fn start(offering: Offering) -> Self {
        Self::start_with(offering, Limits::default(), None)
    }

    pub(crate) fn start_with(offering: Offering, limits: Limits, tls: Option<TlsFiles>) -> Self {
        Self::start_asking(offering, limits, tls, None)
    }

    /// As [`Self::start_with`], with accounts that are kept elsewhere.
    pub(crate) fn start_asking(
        offering: Offering,
        limits: Limits,
        tls: Option<TlsFiles>,
        access: Option<Arc<dyn Access>>,
    ) -> Self {
        let (clock, stations) = (Clock::start(), Arc::new(Stations::new()));
        let sink = Arc::new(Sink { stations: Arc::clone(&stations), clock });
        let parts = Parts {
            stations: Arc::clone(&stations),
            clock,
            sink,
            sources: Vec::new(),
            access,
            accounts: None,
            password_threads: 1,
        };
        let address = "127.0.0.1:0".parse().unwrap();
        let identity = CasterIdentity {
            host: "caster.example".to_owned(),
            port: 2101,
            operator: "Operator".to_owned(),
            network: "NET".to_owned(),
            country: "CHN".to_owned(),
            place_deg: (22.8, 108.3),
            web: None,
        };
        let config = CasterConfig {
            listeners: vec![ListenerConfig { address, tls, proxies: None }],
            identity,
            limits,
            offering,
        };
        let (caster, events) = Caster::start(config, parts).unwrap();
        let address = caster.addresses()[0];
        Self { caster, stations, clock, address, events }
    }

    /// The station sends these frames in one go.
    pub(crate) fn send(&self, station: &str, frames: &[Bytes]) {
        let events: Vec<_> =
            frames.iter().map(|frame| event(station, StationNews::Frame(frame.clone()))).collect();
        self.stations.on_events(&events, self.clock.now());
    }

    pub(crate) fn down(&self, station: &str) {
        let event = event(station, StationNews::Down(DownReason::Stopped));
        self.stations.on_event(&event, self.clock.now());
    }

    /// Connects and says this.
    pub(crate) async fn connect(&self, request: &str) -> Peer {
        let mut peer = Peer::new(TcpStream::connect(self.address).await.unwrap());
        peer.say(request.as_bytes()).await;
        peer
    }

    /// A rover that is let in; its answer's head has been read.
    pub(crate) async fn rover(&mut self, request: &str) -> Peer {
        let mut peer = self.connect(request).await;
        peer.head().await;
        peer
    }

    /// Waits for an event that `pick` takes.
    pub(crate) async fn event<T>(&mut self, mut pick: impl FnMut(&SessionNews) -> Option<T>) -> T {
        let waiting = async {
            loop {
                let event = self.events.recv().await.unwrap();
                if let Some(picked) = pick(&event.news) {
                    return picked;
                }
            }
        };
        timeout(PATIENCE, waiting).await.expect("the event did not come")
    }

    pub(crate) async fn end_reason(&mut self) -> EndReason {
        self.event(|news| match news {
            SessionNews::Ended { reason, .. } => Some(reason.clone()),
            _ => None,
        })
        .await
    }
}

/// The other end of a connection.
pub(crate) struct Peer<S = TcpStream> {
    pub(crate) socket: S,
    /// Read, but not yet taken.
    rest: Vec<u8>,
}

impl<S: AsyncReadExt + AsyncWriteExt + Unpin> Peer<S> {
    pub(crate) fn new(socket: S) -> Self {
        Self { socket, rest: Vec::new() }
    }

    pub(crate) async fn say(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).await.unwrap();
        self.socket.flush().await.unwrap();
    }

    /// What comes until the connection ends.
    pub(crate) async fn until_end(&mut self) -> Vec<u8> {
        let mut all = std::mem::take(&mut self.rest);
        // A reset is an end as well.
        let _ = timeout(PATIENCE, self.socket.read_to_end(&mut all)).await.expect("no end came");
        all
    }

    pub(crate) async fn text_until_end(&mut self) -> String {
        String::from_utf8_lossy(&self.until_end().await).into_owned()
    }

    /// The head of the answer, with its empty line.
    pub(crate) async fn head(&mut self) -> String {
        loop {
            if let Some(end) = self.rest.windows(4).position(|w| w == b"\r\n\r\n") {
                let head: Vec<u8> = self.rest.drain(..end + 4).collect();
                return String::from_utf8(head).unwrap();
            }
            assert!(self.read_more().await, "ended in the head: {}", self.rest.escape_ascii());
        }
    }

    /// Exactly so many bytes of the body.
    pub(crate) async fn take(&mut self, count: usize) -> Vec<u8> {
        while self.rest.len() < count {
            assert!(self.read_more().await, "ended after {} of {count} bytes", self.rest.len());
        }
        self.rest.drain(..count).collect()
    }

    async fn read_more(&mut self) -> bool {
        let read = self.socket.read_buf(&mut self.rest);
        timeout(PATIENCE, read).await.expect("nothing came").unwrap() > 0
    }
}

/// Joins uploads with the live table, as the server does it through the station links.
struct Sink {
    stations: Arc<Stations>,
    clock: Clock,
}

struct Link {
    station: String,
    stations: Arc<Stations>,
    clock: Clock,
    decoder: Mutex<FrameDecoder>,
}

impl UploadSink for Sink {
    fn open(&self, station: &StationName) -> Result<Box<dyn UploadLink>, UploadRefusal> {
        let stations = Arc::clone(&self.stations);
        stations.on_event(&event(station.as_str(), StationNews::Up), self.clock.now());
        let decoder = Mutex::new(FrameDecoder::new());
        Ok(Box::new(Link { station: station.to_string(), stations, clock: self.clock, decoder }))
    }
}

impl UploadLink for Link {
    fn bytes(&mut self, bytes: &[u8]) -> Result<(), UploadRefusal> {
        let decoder = self.decoder.get_mut().unwrap();
        decoder.push(bytes);
        let mut events = Vec::new();
        while let Some(found) = decoder.next_found() {
            if let Found::Frame(frame) = found {
                events.push(event(&self.station, StationNews::Frame(frame.into_bytes())));
            }
        }
        self.stations.on_events(&events, self.clock.now());
        Ok(())
    }

    fn close(&mut self, reason: DownReason) {
        self.stations.on_event(&event(&self.station, StationNews::Down(reason)), self.clock.now());
    }
}

pub(crate) fn event(station: &str, news: StationNews) -> StationEvent {
    // When a frame arrived does not matter to the caster.
    StationEvent { station: name(station), arrived: GpsTime::from_nanos(0), news }
}

pub(crate) fn name(text: &str) -> StationName {
    text.parse().unwrap()
}

pub(crate) fn mount(text: &str) -> Mountpoint {
    Mountpoint::new(text).unwrap()
}

/// An observation frame of about 1 kB whose last payload bytes say who sent it as which.
pub(crate) fn observations(station: u8, serial: u32) -> Bytes {
    let mut payload = vec![0_u8; 1000];
    payload[..2].copy_from_slice(&(1074_u16 << 4).to_be_bytes());
    payload[995] = station;
    payload[996..].copy_from_slice(&serial.to_be_bytes());
    Frame::from_payload(&payload).unwrap().into_bytes()
}

/// A true MSM4 of GPS: one satellite on L1C and L2W (RTCM 10403.3, table 3.5-91: signals 2 and 10).
pub(crate) fn gps_epoch() -> Bytes {
    let cell = |signal_id| MsmCell {
        signal_id,
        fine_range: Some(0),
        fine_phase: Some(0),
        ..MsmCell::default()
    };
    let msm = Msm {
        header: MsmHeader::new(Constellation::Gps, MsmLevel::Msm4, 1, 0),
        satellites: vec![MsmSatellite { id: 5, range_ms: Some(70), ..MsmSatellite::default() }],
        signal_mask: (1 << 30) | (1 << 22),
        cells: vec![cell(2), cell(10)],
    };
    msm.encode().unwrap().into_bytes()
}

/// A frame of that number.
pub(crate) fn frame(number: u16) -> Bytes {
    let mut payload = vec![0_u8; 19];
    payload[..2].copy_from_slice(&(number << 4).to_be_bytes());
    Frame::from_payload(&payload).unwrap().into_bytes()
}

/// What frames are in these bytes, and how many bytes are in none.
pub(crate) fn frames_in(bytes: &[u8]) -> (Vec<Frame>, u32) {
    let mut decoder = FrameDecoder::new();
    decoder.push(bytes);
    decoder.finish();
    let (mut frames, mut noise) = (Vec::new(), 0);
    while let Some(found) = decoder.next_found() {
        match found {
            Found::Frame(frame) => frames.push(frame),
            Found::Noise(run) => noise += run.bytes,
        }
    }
    (frames, noise)
}

/// Who sent an observation frame, and as which.
pub(crate) fn told(frame: &Frame) -> Option<(u8, u32)> {
    let payload = frame.payload();
    let serial = payload.get(996..1000)?.try_into().ok()?;
    Some((payload[995], u32::from_be_bytes(serial)))
}

pub(crate) fn station_mount(mountpoint: &str, station: &str, needs_account: bool) -> MountConfig {
    MountConfig {
        mountpoint: mount(mountpoint),
        kind: MountKind::Station { station: name(station) },
        needs_account,
        description: String::new(),
    }
}

pub(crate) fn upload_mount(mountpoint: &str, station: &str) -> MountConfig {
    let credentials = UploadCredentials { user: "base".to_owned(), password: Secret::new("push") };
    MountConfig {
        kind: MountKind::Upload { station: name(station), credentials },
        ..station_mount(mountpoint, station, false)
    }
}

pub(crate) fn settings(station: &str, latitude_deg: f64) -> StationSettings {
    StationSettings {
        station: name(station),
        reference_point: Some(Geodetic::from_degrees(latitude_deg, 108.0, 80.0).to_ecef(WGS84)),
        dead_after: Some(Duration::from_secs(2)),
        description: String::new(),
    }
}

pub(crate) fn anna() -> UserConfig {
    UserConfig { name: "anna".to_owned(), password: Secret::new("secret"), mountpoints: None }
}

/// A closed and an open relay of station A.
pub(crate) fn two_relays() -> Offering {
    Offering {
        stations: vec![settings("A", 22.84)],
        mountpoints: vec![station_mount("CLOSED", "A", true), station_mount("OPEN", "A", false)],
        users: vec![anna()],
    }
}
