//! Reference stations: their names, identities and equipment.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::coords::Ecef;

/// The longest name of a station, in bytes: room for the nine characters of RINEX and for words.
pub const STATION_NAME_BYTES_MAX: usize = 32;

/// The name by which the network knows a station: 1 to 32 letters, digits, `_` or `-`. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StationName(Arc<str>);

/// What is wrong with a station's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} cannot name a station: 1 to 32 letters, digits, '_' or '-' were expected")]
pub struct BadStationName(String);

impl StationName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for StationName {
    type Err = BadStationName;

    fn from_str(text: &str) -> Result<Self, BadStationName> {
        let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        let fits = (1..=STATION_NAME_BYTES_MAX).contains(&text.len());
        if fits && text.bytes().all(legal) {
            Ok(Self(text.into()))
        } else {
            Err(BadStationName(text.to_owned()))
        }
    }
}

impl fmt::Display for StationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An antenna as messages 1007, 1008 and 1033 name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Antenna {
    /// IGS antenna and radome name, such as `TRM59800.00     SCIS` (rcvr_ant.tab); empty if not told.
    pub descriptor: String,
    /// Setup number of the operator, 0 for the standard one.
    pub setup_id: u8,
    /// Serial number, where told.
    pub serial: Option<String>,
}

/// A receiver as message 1033 names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receiver {
    /// IGS receiver name; empty if not told.
    pub descriptor: String,
    /// Firmware version; empty if not told.
    pub firmware: String,
    /// Serial number; empty if not told.
    pub serial: String,
}

/// Where a station's antenna reference point is, as messages 1005 and 1006 tell it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReferencePoint {
    /// The antenna reference point.
    pub place: Ecef,
    /// Height of the reference point above the marker, m; only 1006 tells it.
    pub antenna_height_m: Option<f64>,
    /// Year of the ITRF realisation (DF021), 0 if the operator does not say.
    pub itrf_year: u8,
}
