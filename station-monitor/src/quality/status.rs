//! What is true of a station now, as plain values: what a page, a metric and an alarm ask.

use std::sync::Arc;
use std::time::Duration;

use tianshu_gnss::event::DownReason;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_positioning::network::snapshot::Displacement;

use crate::quality::arrivals::Gap;
use crate::quality::site_log::Mismatch;
use crate::quality::sky::Visible;
use crate::quality::summary::Summary;

/// A station's state in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Light {
    /// Not heard yet, and it may still come.
    Grey,
    /// All is well.
    Green,
    /// It is heard, and something is wrong.
    Yellow,
    /// It is not heard.
    Red,
}

/// A station's link.
#[derive(Clone, Debug, PartialEq)]
pub enum Link {
    /// Nothing is known of it.
    Unknown,
    /// It is up.
    Up,
    /// It is down.
    Down(DownReason),
}

/// What is true of a station.
#[derive(Clone, Debug, PartialEq)]
pub struct StationStatus {
    /// Which.
    pub station: StationName,
    /// In one word.
    pub light: Light,
    /// Its link.
    pub link: Link,
    /// Since its last usable epoch arrived; none before the first.
    pub silent_for: Option<Duration>,
    /// After this long without one it counts as dead.
    pub dead_after: Duration,
    /// The arrival of the last usable epoch, by the time of its arrivals.
    pub last_arrival: Option<GpsTime>,
    /// Between epochs.
    pub interval: Option<Interval>,
    /// The last epoch.
    pub newest: Option<Arc<ObsEpoch>>,
    /// The satellites that it should see.
    pub visible: Arc<Visible>,
    /// Since when its time tags are of another day or stand still; none while they are right.
    pub time_is_wrong: bool,
    /// The last closed minute.
    pub minute: Option<Arc<Summary>>,
    /// The last closed hour.
    pub hour: Option<Arc<Summary>>,
    /// The last closed day.
    pub day: Option<Arc<Summary>>,
    /// Multipath by signal over the last quarter to half of an hour, m.
    pub multipath_m: Vec<(Signal, f64)>,
    /// The last gaps.
    pub gaps: Vec<Gap>,
    /// Where its stream and its log differ.
    pub mismatches: Vec<Mismatch>,
    /// What the network says of it; none if no network is solved.
    pub network: Option<InNetwork>,
}

/// What the network says of a station.
#[derive(Clone, Debug, PartialEq)]
pub struct InNetwork {
    /// Why it is not believed, if it is not.
    pub doubt: Option<String>,
    /// Where its phases put it at the last epoch.
    pub displacement: Option<Displacement>,
    /// Satellites with levelled phases.
    pub levelled: usize,
}
