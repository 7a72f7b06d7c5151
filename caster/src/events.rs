//! What happens in sessions, for operators and logs.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use tianshu_gnss::time::uptime::Uptime;
use tianshu_ntrip::findings::Findings;
use tianshu_ntrip::mountpoint::Mountpoint;
use tianshu_ntrip::nmea::gga::Gga;
use tokio::sync::mpsc;

use crate::access::{Denial, Revoked, Role};
use crate::source::Notice;
use crate::stats::Counters;

/// Events that wait for the operators' side. A storm of 10,000 logins makes three each; beyond this they are
/// dropped and counted, because no session may wait for a log.
pub const EVENTS_MAX: usize = 32_768;

/// The number of a session since the caster's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// Something that happened in a session.
#[derive(Clone, Debug)]
pub struct SessionEvent {
    /// Which session.
    pub session: SessionId,
    /// When, by the caster's clock.
    pub at: Uptime,
    /// Who is at the other end.
    pub peer: SocketAddr,
    /// What happened.
    pub news: SessionNews,
}

/// What happened. Peers cannot make any of these repeat fast: positions come at most every
/// [`crate::session::watch::POSITION_EVERY`], qualities at most every [`crate::session::watch::QUALITY_EVERY`], all others once per
/// session or per change.
#[derive(Clone, Debug)]
pub enum SessionNews {
    /// A rover or a station was let in.
    Login {
        /// What it is.
        role: Role,
        /// Where.
        mountpoint: Mountpoint,
        /// Under which account.
        account: Option<Arc<str>>,
        /// Its software.
        agent: Option<String>,
        /// How it is spoken to, and why.
        mode: String,
    },
    /// A peer was sent away.
    Refused {
        /// Where it wanted to go.
        mountpoint: Option<String>,
        /// As whom, if it said so; whether there is such an account is another question.
        account: Option<String>,
        /// Why.
        reason: Refused,
    },
    /// A peer got the sourcetable.
    Table,
    /// A rover's first position.
    FirstPosition(Gga),
    /// A later position of a rover.
    Position(Gga),
    /// The first position of a rover that says fixed.
    FirstFix(Gga),
    /// A rover says another fix quality than before, each as a GGA does (0 none, 1 single, 2 differential, 4 fixed, 5 float).
    Quality {
        /// What it said before.
        from: u8,
        /// What it says now.
        now: Gga,
    },
    /// A rover told positions, and has told none for long.
    FallsSilent,
    /// A rover tells positions more often than anybody needs.
    TooManyPositions,
    /// The first bytes of corrections left.
    FirstByte,
    /// What the stream decided.
    Notice(Notice),
    /// The rover began to lose frames because it does not keep up.
    FallsBehind {
        /// How many were dropped this time.
        frames: u64,
    },
    /// The session of somebody who was let in ended.
    Ended {
        /// Bytes of corrections sent, or of observations received.
        bytes: u64,
        /// Frames sent; 0 for uploads, whose frames are counted behind.
        frames: u64,
        /// Frames dropped because the rover did not keep up.
        dropped: u64,
        /// What was odd in the peer's bytes.
        findings: Findings,
        /// Why.
        reason: EndReason,
    },
}

/// Why a peer was sent away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such mountpoint.
    UnknownMountpoint,
    /// The mountpoint has nothing to send now.
    Offline(String),
    /// The account.
    Denied(Denial),
    /// Somebody else uploads there.
    MountpointTaken,
    /// A limit was reached.
    Full(String),
    /// Its bytes were no request.
    NotARequest(String),
    /// No request came in time.
    TooSlow,
    /// The TLS handshake failed.
    Tls(String),
    /// What should have been a proxy is none, or sent no header.
    Proxy(String),
    /// The connection ended before its request.
    Gone,
}

/// Why a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The peer closed the connection.
    PeerClosed,
    /// The connection broke.
    Broken(std::io::ErrorKind),
    /// The rover took no bytes for too long.
    TooSlow,
    /// There was nothing to send for too long.
    Idle,
    /// The station sent nothing for too long.
    SilentUpload,
    /// The station said that it is done.
    UploadEnded,
    /// The chunks of the upload became unreadable.
    UploadBroken,
    /// What the upload is handed to takes no more of it.
    UploadRefused(String),
    /// A newer connection of the same station took its place.
    Replaced,
    /// The mountpoint was taken away or changed.
    MountpointRemoved,
    /// The account may not be used any more as it was.
    Revoked(Revoked),
    /// A newer session of the same account took its place.
    Displaced,
    /// The rover left the area of its account.
    OutsideArea,
    /// The account has an area, and the rover did not tell for too long that it is inside.
    NoPosition,
    /// The caster stops.
    Stopping,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownMountpoint => f.write_str("there is no such mountpoint"),
            Self::Offline(why) => write!(f, "the mountpoint is offline: {why}"),
            Self::Denied(denial) => denial.fmt(f),
            Self::MountpointTaken => f.write_str("another station uploads there"),
            Self::Full(why) => write!(f, "no room: {why}"),
            Self::NotARequest(what) => write!(f, "no request: {what}"),
            Self::TooSlow => f.write_str("no whole request came in time"),
            Self::Tls(why) => write!(f, "the TLS handshake failed: {why}"),
            Self::Proxy(why) => write!(f, "no trusted proxy: {why}"),
            Self::Gone => f.write_str("the connection ended before its request"),
        }
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PeerClosed => f.write_str("the peer closed the connection"),
            Self::Broken(kind) => write!(f, "the connection broke: {kind}"),
            Self::TooSlow => f.write_str("the rover took no bytes for too long"),
            Self::Idle => f.write_str("there was nothing to send for too long"),
            Self::SilentUpload => f.write_str("the station sent nothing for too long"),
            Self::UploadEnded => f.write_str("the station ended its upload"),
            Self::UploadBroken => f.write_str("the chunks of the upload became unreadable"),
            Self::UploadRefused(why) => write!(f, "the upload is not taken any more: {why}"),
            Self::Replaced => f.write_str("a newer connection of the same station took its place"),
            Self::MountpointRemoved => f.write_str("the mountpoint was taken away or changed"),
            Self::Revoked(why) => why.fmt(f),
            Self::Displaced => f.write_str("a newer session of the same account took its place"),
            Self::OutsideArea => f.write_str("the rover is outside of the area of its account"),
            Self::NoPosition => {
                f.write_str("the account has an area, and the rover tells no position")
            }
            Self::Stopping => f.write_str("the caster stops"),
        }
    }
}

/// Where sessions report to. Never waits.
#[derive(Clone, Debug)]
pub struct EventSender {
    channel: mpsc::Sender<SessionEvent>,
    counters: Arc<Counters>,
}

impl EventSender {
    /// A bounded channel for session events.
    pub fn channel(counters: Arc<Counters>) -> (Self, mpsc::Receiver<SessionEvent>) {
        let (channel, events) = mpsc::channel(EVENTS_MAX);
        (Self { channel, counters }, events)
    }

    /// Reports, or counts that nobody took it.
    pub fn report(&self, event: SessionEvent) {
        if self.channel.try_send(event).is_err() {
            self.counters.events_dropped.add(1);
        }
    }
}
