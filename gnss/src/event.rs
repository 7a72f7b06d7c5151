//! Station events: what the bus carries from the station links to everybody else.

use std::sync::Arc;

use bytes::Bytes;

use crate::ephemeris::Ephemeris;
use crate::glonass_bias::GlonassBiases;
use crate::observation::ObsEpoch;
use crate::station::{Antenna, Receiver, ReferencePoint, StationName};
use crate::time::gps::GpsTime;

/// Something heard of one station.
#[derive(Clone, Debug)]
pub struct StationEvent {
    /// Which station.
    pub station: StationName,
    /// When it arrived here, by this machine's clock.
    pub arrived: GpsTime,
    /// What was heard.
    pub news: StationNews,
}

/// What was heard of a station. Cheap to clone, so that each listener has its own.
#[derive(Clone, Debug)]
pub enum StationNews {
    /// The link came up: from now on bytes may follow.
    Up,
    /// The link went down.
    Down(DownReason),
    /// One whole RTCM frame as it was received, from the preamble to the CRC.
    Frame(Bytes),
    /// A complete epoch of observations.
    Epoch(Arc<ObsEpoch>),
    /// A broadcast ephemeris, as the station heard it.
    Ephemeris(Arc<Ephemeris>),
    /// The antenna reference point that the stream states.
    ReferencePoint(ReferencePoint),
    /// The antenna that the stream names.
    Antenna(Arc<Antenna>),
    /// The receiver that the stream names.
    Receiver(Arc<Receiver>),
    /// What the stream tells to align its GLONASS phases by.
    GlonassBiases(GlonassBiases),
}

/// Why a station's link went down.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DownReason {
    /// Nothing came for the configured time.
    #[error("silent for {silent_s} s")]
    Silent {
        /// How long it was silent, s.
        silent_s: u64,
    },
    /// The other side closed the link, or the network did.
    #[error("closed: {0}")]
    Closed(String),
    /// The other side refused the link.
    #[error("refused: {0}")]
    Refused(String),
    /// Another link of the same station took its place.
    #[error("replaced by a newer link")]
    Replaced,
    /// The station was taken out of the configuration, or the service stops.
    #[error("stopped")]
    Stopped,
}
