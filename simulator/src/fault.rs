//! What goes wrong at a station: what it says of itself is false, or what it does is.

use tianshu_gnss::coords::Enu;
use tianshu_gnss::station::StationName;

/// Which station is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one of that name.
    Named(StationName),
    /// The one at that place of the network's order, counted from 0.
    Number(usize),
}

/// A fault of one station. Times are seconds since the start of the scenario.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The station tells a coordinate that is off by so much.
    WrongCoordinate {
        /// Told minus true.
        by: Enu,
    },
    /// Somebody moves the antenna; the told coordinate stays.
    AntennaMoved {
        /// When.
        at_s: f64,
        /// By how much.
        by: Enu,
    },
    /// The station names an antenna that it does not have.
    WrongAntennaName {
        /// The name it tells.
        descriptor: String,
    },
    /// The time tags stand still while measurements go on.
    FrozenClock {
        /// From when.
        from_s: f64,
        /// Until when.
        until_s: f64,
    },
    /// The ephemerides it sends are no longer renewed.
    StaleEphemeris {
        /// From when.
        from_s: f64,
    },
}

/// A fault and where it happens.
#[derive(Clone, Debug, PartialEq)]
pub struct StationFault {
    /// Which station.
    pub station: Which,
    /// What.
    pub fault: Fault,
}

/// A time in which nothing is heard of a station.
#[derive(Clone, Debug, PartialEq)]
pub struct Outage {
    /// Which station.
    pub station: Which,
    /// From when, s since the start.
    pub from_s: f64,
    /// Until when, s since the start.
    pub until_s: f64,
    /// Whether power fails, so that every arc ends; otherwise only the link is down and tracking goes on.
    pub power: bool,
}
