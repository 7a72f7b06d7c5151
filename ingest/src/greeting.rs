//! Greetings: what is said and heard on a new connection before frames flow, and how the body is unwrapped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tianshu_gnss::coords::Geodetic;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::utc::Utc;
use tianshu_ntrip::client::answer::{Reaction, RefusedBy};
use tianshu_ntrip::client::request::{Caster, Errand, VersionChoice, gga_line};
use tianshu_ntrip::client::session::{ClientEvent, ClientSession, StreamEnd};
use tianshu_ntrip::mountpoint::Mountpoint;
use tianshu_ntrip::nmea::gga::Gga;

/// How a link greets the other side, kept over its connections.
#[derive(Clone, Debug)]
pub enum Greeter {
    /// Not at all: frames flow from the first byte on.
    Raw,
    /// As a client of an NTRIP caster.
    Ntrip(Box<NtripGreeter>),
}

/// What is asked of a caster.
#[derive(Clone, Debug)]
pub struct NtripGreeter {
    caster: Caster,
    mountpoint: Mountpoint,
    position: Option<UpstreamPosition>,
    /// NTRIP 2 was not understood on the last connection.
    fallen_back: bool,
}

/// A place that the caster is told, for mountpoints that need one (nearest base, virtual station).
#[derive(Clone, Debug)]
pub struct UpstreamPosition {
    /// The place.
    pub place: Geodetic,
    /// How often it is told. SAPOS closes after 30 s without (docs/ntrip-in-the-field.md, note 29).
    pub interval: Duration,
    /// How good it is said to be.
    pub quality: SaidQuality,
}

/// The fix quality that is told with a position, as a GGA does. Whoever keeps a copy of it may change it while the link runs: a rover that has
/// fixed its integers says so.
#[derive(Clone, Debug)]
pub struct SaidQuality(Arc<AtomicU8>);

impl Default for SaidQuality {
    /// A position of its own: single.
    fn default() -> Self {
        Self(Arc::new(AtomicU8::new(SINGLE)))
    }
}

impl SaidQuality {
    /// From now on this is told.
    pub fn say(&self, quality: u8) {
        // Nothing else is ordered by it.
        self.0.store(quality, Ordering::Relaxed);
    }

    fn get(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A GGA's quality of a position without corrections (NMEA 0183, sentence GGA).
const SINGLE: u8 = 1;

/// The greeting of one connection.
#[derive(Debug)]
pub enum Greeting {
    /// Whatever comes is the stream.
    Raw,
    /// A caster's answer, then its stream.
    Ntrip {
        /// The protocol.
        client: Box<ClientSession>,
        /// What the caster is told of our place.
        position: Option<UpstreamPosition>,
    },
}

/// What the other side's bytes meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It accepted us; the body follows.
    Accepted {
        /// How it speaks, for operators.
        dialect: String,
    },
    /// Bytes of the stream.
    Body(Bytes),
    /// It refused us.
    Refused {
        /// Its reason.
        why: String,
        /// Whether it will refuse again until a person changes something.
        for_good: bool,
    },
    /// It did not understand us; another version of the protocol may do.
    NotUnderstood,
    /// It ended the stream.
    Ended(String),
}

impl NtripGreeter {
    /// Asks this caster for this mountpoint.
    pub fn new(caster: Caster, mountpoint: Mountpoint, position: Option<UpstreamPosition>) -> Self {
        Self { caster, mountpoint, position, fallen_back: false }
    }

    fn begin(&self, now: GpsTime) -> ClientSession {
        let gga = self.position.as_ref().map(|p| gga_at(p, now));
        let errand = Errand::Pull { mountpoint: self.mountpoint.clone(), gga };
        let session = ClientSession::new(self.caster.clone(), errand);
        if self.fallen_back { session.in_version1() } else { session }
    }
}

impl Greeter {
    /// Begins a connection: its greeting, and what to send first. Without anything to send, the link is up at once.
    pub fn begin(&self, now: GpsTime) -> (Greeting, Option<Bytes>) {
        match self {
            Self::Raw => (Greeting::Raw, None),
            Self::Ntrip(greeter) => {
                let client = Box::new(greeter.begin(now));
                let hello = Bytes::from(client.request());
                (Greeting::Ntrip { client, position: greeter.position.clone() }, Some(hello))
            }
        }
    }

    /// The last greeting failed. Where the version is ours to choose, the next one is of the other version:
    /// a caster that was fallen back for may have been replaced, and then knows NTRIP 2 again.
    pub fn failed(&mut self) {
        if let Self::Ntrip(greeter) = self {
            let choice = greeter.caster.version == VersionChoice::Auto;
            greeter.fallen_back = choice && !greeter.fallen_back;
        }
    }

    /// The last greeting failed for a reason that has nothing to do with the version.
    pub fn refused(&mut self) {
        if let Self::Ntrip(greeter) = self {
            greeter.fallen_back = false;
        }
    }
}

impl Greeting {
    /// What these bytes mean.
    pub fn on_bytes(&mut self, bytes: &[u8]) -> Vec<Reply> {
        match self {
            Self::Raw => vec![Reply::Body(Bytes::copy_from_slice(bytes))],
            Self::Ntrip { client, .. } => client.on_bytes(bytes).into_iter().map(reply).collect(),
        }
    }

    /// What it means that the connection was closed; nothing more than that, if nothing is said.
    pub fn on_closed(&mut self) -> Vec<Reply> {
        match self {
            Self::Raw => Vec::new(),
            Self::Ntrip { client, .. } => client.on_end().into_iter().map(reply).collect(),
        }
    }

    /// At which interval the other side wants to know a position.
    pub fn position_interval(&self) -> Option<Duration> {
        match self {
            Self::Raw => None,
            Self::Ntrip { position, .. } => position.as_ref().map(|p| p.interval),
        }
    }

    /// The line that tells the position now.
    pub fn position_line(&self, now: GpsTime) -> Option<Bytes> {
        match self {
            Self::Raw => None,
            Self::Ntrip { position, .. } => {
                position.as_ref().map(|p| gga_line(&gga_at(p, now)).into())
            }
        }
    }
}

fn reply(event: ClientEvent) -> Reply {
    match event {
        ClientEvent::Accepted(accepted) => {
            let chunked = if accepted.chunked { ", chunked" } else { "" };
            Reply::Accepted { dialect: format!("{}{chunked}", accepted.version) }
        }
        ClientEvent::Data(data) => Reply::Body(data.into()),
        // A table is what casters of NTRIP 1 answer to a mountpoint that they do not have.
        ClientEvent::Table(_) => {
            let why = "the caster sent its sourcetable instead of a stream".to_owned();
            Reply::Refused { why, for_good: false }
        }
        ClientEvent::Refused(refusal) => refused(&refusal),
        ClientEvent::Ended(end) => Reply::Ended(
            match end {
                StreamEnd::LastChunk => "the caster ended the stream",
                StreamEnd::Closed => "the caster closed the connection",
                StreamEnd::Broken => "the caster's chunks are broken",
            }
            .to_owned(),
        ),
    }
}

fn refused(refusal: &RefusedBy) -> Reply {
    let why = refusal.to_string();
    match refusal.reaction() {
        Reaction::RetryAsVersion1 => Reply::NotUnderstood,
        Reaction::TellOperator => Reply::Refused { why, for_good: true },
        Reaction::Retry if matches!(refusal, RefusedBy::ClosedWithoutAnswer) => Reply::Ended(why),
        Reaction::Retry => Reply::Refused { why, for_good: false },
    }
}

fn gga_at(position: &UpstreamPosition, now: GpsTime) -> Gga {
    let civil = Utc::from(now).civil();
    let seconds =
        u64::from(civil.hour) * 3600 + u64::from(civil.minute) * 60 + u64::from(civil.second);
    let quality = position.quality.get();
    Gga { quality, ..Gga::at(position.place, Some(Duration::new(seconds, 0))) }
}
