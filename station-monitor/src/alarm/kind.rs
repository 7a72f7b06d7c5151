//! What can be wrong, how bad it is, and how long it has to last before somebody is told.

use std::time::Duration;

use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;

use crate::quality::site_log::Mismatch;

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Nothing comes from any station: the monitor itself is cut off.
    Blind,
    /// The network's solver tells nothing although stations are heard.
    NetworkStopped,
    /// The monitor does not keep up, and has lost events.
    EventsLost,
    /// A station sends no usable epoch.
    Silent,
    /// A station is not where its coordinates are.
    Moved,
    /// Its time tags are of another day, or stand still.
    TimeWrong,
    /// Its hourly position is off its coordinates.
    Drifted,
    /// Its epochs come late.
    Late,
    /// Epochs are missing.
    Incomplete,
    /// It sees fewer satellites than it used to.
    FewSatellites,
    /// Its phases slip more than they used to.
    Slips,
    /// A code has more multipath than it used to.
    Multipath,
    /// Its signals are weaker than they used to be: jamming, a cable, ice.
    Weak,
    /// Its stream tells another place than the configuration.
    PlaceDiffers,
    /// Its stream names other equipment than the configuration.
    EquipmentDiffers,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// To be known.
    Notice,
    /// To be seen to today.
    Warning,
    /// To be seen to now: rovers are or may be served wrongly, or not at all.
    Critical,
}

/// What an alarm is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// What.
    pub kind: Kind,
    /// Of which station; none of the whole network.
    pub station: Option<StationName>,
}

/// Something that is wrong at this moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// What, and of whom.
    pub key: Key,
    /// The particulars.
    pub detail: Detail,
    /// Since when, if it is known better than by when it was noticed.
    pub since: Option<GpsTime>,
}

/// The particulars of a condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Detail {
    /// None.
    Plain,
    /// Silent for so long, with what the link says.
    Silence {
        /// How long, s; none if it was never heard.
        for_s: Option<u64>,
        /// Why its link is down, if it is.
        link: Option<String>,
    },
    /// A value beyond its limit.
    Beyond {
        /// The value.
        value: f64,
        /// The limit.
        limit: f64,
        /// The unit of both.
        unit: &'static str,
        /// The signal, where it is one's.
        signal: Option<Signal>,
    },
    /// What the network's solver says.
    Words(String),
    /// East, north, up of the coordinates, m.
    Offset([f64; 3]),
    /// Where stream and configuration differ.
    Differs(Mismatch),
    /// So many of so many.
    Count(u64),
}

impl Kind {
    /// All of them, the worst first.
    pub const ALL: [Self; 15] = [
        Self::Blind,
        Self::NetworkStopped,
        Self::EventsLost,
        Self::Silent,
        Self::Moved,
        Self::TimeWrong,
        Self::Drifted,
        Self::Late,
        Self::Incomplete,
        Self::FewSatellites,
        Self::Slips,
        Self::Multipath,
        Self::Weak,
        Self::PlaceDiffers,
        Self::EquipmentDiffers,
    ];

    /// The name by which machines know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blind => "MonitorBlind",
            Self::NetworkStopped => "NetworkStopped",
            Self::EventsLost => "MonitorEventsLost",
            Self::Silent => "StationSilent",
            Self::Moved => "StationMoved",
            Self::TimeWrong => "StationTimeWrong",
            Self::Drifted => "StationDrifted",
            Self::Late => "StationLate",
            Self::Incomplete => "StationIncomplete",
            Self::FewSatellites => "StationFewSatellites",
            Self::Slips => "StationSlips",
            Self::Multipath => "StationMultipath",
            Self::Weak => "StationWeak",
            Self::PlaceDiffers => "StationPlaceDiffers",
            Self::EquipmentDiffers => "StationEquipmentDiffers",
        }
    }

    /// How bad it is.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Blind | Self::NetworkStopped | Self::Silent | Self::Moved => Severity::Critical,
            Self::EventsLost | Self::TimeWrong | Self::Drifted | Self::PlaceDiffers => {
                Severity::Warning
            }
            Self::Late | Self::Incomplete | Self::FewSatellites | Self::Weak => Severity::Warning,
            Self::Slips | Self::Multipath | Self::EquipmentDiffers => Severity::Notice,
        }
    }

    /// How long it has to last before it is an alarm.
    ///
    /// A silent station is dead after 3.5 s already; ten seconds more let a line come back that everybody has now and then, and with the
    /// wait of the group keep the whole within half a minute. What the engine says has been held down by the engine. What is told by
    /// minutes has to be so for several of them.
    pub const fn hold(self) -> Duration {
        Duration::from_secs(match self {
            Self::Moved | Self::PlaceDiffers | Self::EquipmentDiffers | Self::Drifted => 0,
            Self::Blind | Self::EventsLost => 5,
            Self::Silent | Self::TimeWrong => 10,
            Self::NetworkStopped => 30,
            Self::Late | Self::Weak => 180,
            Self::Incomplete | Self::FewSatellites | Self::Slips => 300,
            Self::Multipath => 900,
        })
    }

    /// How long it has to be over before the alarm is.
    pub const fn clear(self) -> Duration {
        Duration::from_secs(match self {
            Self::Blind | Self::Silent | Self::TimeWrong | Self::NetworkStopped => 30,
            Self::EventsLost | Self::Moved => 60,
            Self::PlaceDiffers | Self::EquipmentDiffers | Self::Drifted => 0,
            Self::Late | Self::Weak | Self::Incomplete | Self::FewSatellites => 300,
            Self::Slips | Self::Multipath => 900,
        })
    }
}

impl Severity {
    /// The name by which machines know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}
