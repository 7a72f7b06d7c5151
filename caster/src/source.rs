//! The one trait through which corrections come. The caster asks; who makes them is not its business.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tianshu_gnss::station::StationName;
use tianshu_gnss::time::uptime::Uptime;
use tianshu_ntrip::mountpoint::Mountpoint;
use tianshu_ntrip::nmea::gga::Gga;
use tianshu_ntrip::sourcetable::stream::StreamEntry;

use crate::delivery::Delivery;
use crate::stations::Feed;

/// Offers mountpoints and opens streams for rovers. Calls return at once; whatever takes time happens in the stream.
pub trait CorrectionSource: Send + Sync {
    /// Whether the source serves a mountpoint at this moment. Asked before anything else about a rover.
    fn availability(&self, mountpoint: &Mountpoint) -> Availability;

    /// The records of the mountpoints that are served at this moment, for the sourcetable. Asked at most once a second.
    fn records(&self, now: Uptime) -> Vec<StreamEntry>;

    /// Opens a stream for one rover, which the caster has admitted.
    fn open(&self, mountpoint: &Mountpoint, rover: &RoverFacts) -> Result<OpenStream, OpenRefusal>;
}

/// A stream as it is handed to a session.
pub type OpenStream = Box<dyn CorrectionStream>;

/// What a source says of a mountpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// Not one of this source.
    Unknown,
    /// One of this source, with nothing to send now: it stands in no sourcetable.
    Offline,
    /// Served.
    Live,
}

/// What is known of a rover when its stream is opened.
#[derive(Clone, Debug)]
pub struct RoverFacts {
    /// Whose account it uses; `None` on an open mountpoint.
    pub account: Option<Arc<str>>,
    /// Its address.
    pub peer: SocketAddr,
    /// The `User-Agent` it sent.
    pub agent: Option<String>,
    /// The position it told with its request.
    pub gga: Option<Gga>,
    /// When it came.
    pub now: Uptime,
}

/// Why a stream was not opened. The peer sees the same as for an unknown mountpoint or a full caster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenRefusal {
    /// Not there at this moment: the rover may come back.
    #[error("the mountpoint has nothing to send now: {0}")]
    Offline(String),
    /// No room for one more: the rover may come back.
    #[error("the source is full: {0}")]
    Full(String),
}

/// What a stream gives next. It can be dropped at any moment without a loss.
pub type Next<'a> = Pin<Box<dyn Future<Output = StreamItem> + Send + 'a>>;

/// One rover's stream of corrections. One session owns it.
///
/// A stream holds at most a few deliveries for its rover, drops the oldest whole ones when the rover does not keep up,
/// and tells how many in [`Delivery::dropped_before`].
pub trait CorrectionStream: Send {
    /// Waits for what comes next.
    fn next(&mut self) -> Next<'_>;

    /// The rover told its position, or that it has none.
    fn rover_told(&mut self, gga: &Gga, now: Uptime);

    /// Where its deliveries come from as they are, the same for all its rovers, and the number of the frame that is next; none where each
    /// delivery is this rover's own. Then whoever asks may deliver what comes of that feed by other means.
    fn shared_feed(&self) -> Option<(&Arc<Feed>, u64)> {
        None
    }

    /// The frames below that number were delivered by other means.
    fn delivered_below(&mut self, _next_frame: u64) {}

    /// How long a session may wait here without a delivery before the rover is let go.
    fn patience(&self) -> Duration;
}

/// What a stream gives.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamItem {
    /// Frames for the rover.
    Delivery(Delivery),
    /// Something the operator should see; nothing goes to the rover.
    Notice(Notice),
    /// There will be no more: the mountpoint was taken away.
    Ended,
}

/// What a stream decided about its rover, told once per change.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// The rover is served by this station now.
    Serving {
        /// Which station.
        station: StationName,
        /// How far it is from the rover, m.
        distance_m: f64,
        /// Why it was chosen.
        reason: &'static str,
    },
    /// The rover is served by a station made for its own place now.
    ServingVirtual {
        /// The reference station ID that its messages carry.
        station_id: u16,
        /// How far it is from where the rover last told to be, m.
        distance_m: f64,
    },
    /// No station can be made for its place now: it gets the nearest base instead.
    NoVirtual(&'static str),
    /// The rover gets nothing until this changes.
    Withheld(Withheld),
    /// A position was not believed until a second one agrees.
    PositionJump {
        /// How far it is from the one before, m.
        distance_m: f64,
    },
}

/// Notices of a stream that wait for its session. A change makes one or two.
#[derive(Clone, Debug, Default)]
pub struct Notices(VecDeque<Notice>);

/// Notices that wait at the most; more are dropped.
const NOTICES_MAX: usize = 8;

impl Notices {
    /// Adds one behind the others, if there is room.
    pub fn push(&mut self, notice: Notice) {
        if self.0.len() < NOTICES_MAX {
            self.0.push_back(notice);
        }
    }

    /// The next one.
    pub fn pop(&mut self) -> Option<Notice> {
        self.0.pop_front()
    }

    /// Takes those out that say why the rover gets nothing, since it gets something now.
    pub fn forget_withheld(&mut self) {
        self.0.retain(|notice| !matches!(notice, Notice::Withheld(_)));
    }
}

/// Why a rover gets nothing at this moment, though it is connected.
#[derive(Clone, Debug, PartialEq)]
pub enum Withheld {
    /// It has told no position yet.
    NoPosition,
    /// It says that it has no fix.
    NoFix,
    /// It is too far from every healthy station.
    OutsideService {
        /// How far the nearest one is, m.
        nearest_m: f64,
    },
    /// No station of this mountpoint is healthy.
    NoHealthyStation,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serving { station, distance_m, reason } => {
                write!(f, "served by {station}, {:.1} km away: {reason}", distance_m / 1e3)
            }
            Self::ServingVirtual { station_id, distance_m } => {
                write!(f, "served by virtual station {station_id}, {:.1} km away", distance_m / 1e3)
            }
            Self::NoVirtual(why) => write!(f, "gets the nearest base, no virtual station: {why}"),
            Self::Withheld(why) => write!(f, "gets nothing: {why}"),
            Self::PositionJump { distance_m } => {
                write!(f, "position jumped by {:.1} km: waiting for a second one", distance_m / 1e3)
            }
        }
    }
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPosition => f.write_str("no position was told yet"),
            Self::NoFix => f.write_str("its receiver has no fix yet"),
            Self::OutsideService { nearest_m } => {
                write!(f, "outside the service area, nearest station {:.0} km", nearest_m / 1e3)
            }
            Self::NoHealthyStation => f.write_str("no station of this mountpoint is healthy"),
        }
    }
}
