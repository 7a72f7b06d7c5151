//! Snapshots of a link, for operators: what it is doing and what came of it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use tianshu_gnss::event::DownReason;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_rtcm::frame::FindingCounts;

use crate::messages::Unusable;

/// What a link is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// It waits that long before it tries again.
    Waiting {
        /// The whole wait, as it was decided.
        after: Duration,
    },
    /// It opens a connection, or waits for a station to open one.
    Connecting,
    /// It is connected and waits for the other side's answer.
    Greeting,
    /// Bytes may flow.
    Up,
    /// It has ended and will not try again.
    Ended,
}

/// A link at one moment. The counts run since the link was made, over all its connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkSnapshot {
    /// The station.
    pub station: StationName,
    /// What the link is doing.
    pub state: LinkState,
    /// Bytes received, heads and noise included.
    pub bytes: u64,
    /// Frames, and what was found between them.
    pub found: FindingCounts,
    /// Whole frames that could not be used beyond being passed on, by kind.
    pub unusable: BTreeMap<Unusable, u64>,
    /// Epochs of observations that were completed.
    pub epochs: u64,
    /// When the last whole frame arrived.
    pub last_frame: Option<GpsTime>,
    /// How often the link came up.
    pub times_up: u64,
    /// How often it went down or could not be opened.
    pub failures: u64,
    /// Why it last went down or could not be opened.
    pub last_failure: Option<DownReason>,
    /// How the peer speaks, as far as it is known: `NTRIP 2, chunked`.
    pub dialect: Option<String>,
}

impl LinkSnapshot {
    /// A link that has not done anything yet.
    pub fn new(station: StationName) -> Self {
        Self {
            station,
            state: LinkState::Connecting,
            bytes: 0,
            found: FindingCounts::default(),
            unusable: BTreeMap::new(),
            epochs: 0,
            last_frame: None,
            times_up: 0,
            failures: 0,
            last_failure: None,
            dialect: None,
        }
    }
}

impl fmt::Display for LinkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting { after } => write!(f, "waiting {:.1} s", after.as_secs_f64()),
            Self::Connecting => f.write_str("connecting"),
            Self::Greeting => f.write_str("greeting"),
            Self::Up => f.write_str("up"),
            Self::Ended => f.write_str("ended"),
        }
    }
}
