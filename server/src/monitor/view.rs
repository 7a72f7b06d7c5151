//! What is true of all stations at one moment: immutable, made once a second, for whoever asks.

use std::time::Duration;

use tianshu_gnss::time::gps::GpsTime;
use tianshu_station_monitor::alarm::kind::Severity;
use tianshu_station_monitor::alarm::machine::Alarm;
use tianshu_station_monitor::quality::status::{Light, StationStatus};

/// All stations and alarms.
#[derive(Clone, Debug)]
pub(crate) struct MonitorView {
    /// When it was made.
    pub at: GpsTime,
    /// The stations, by name; a station with an alarm is no longer green.
    pub stations: Vec<StationStatus>,
    /// The alarms that are on.
    pub raised: Vec<Alarm>,
    /// The last alarms that are over, the newest last.
    pub over: Vec<Alarm>,
    /// Events that were lost since the start.
    pub lost: u64,
    /// Processor time that the monitor has taken in the last second.
    pub took: Duration,
    /// The channels.
    pub channels: Vec<ChannelState>,
}

/// How a channel does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChannelState {
    /// Its name.
    pub name: String,
    /// Messages that were delivered.
    pub delivered: u64,
    /// Messages that were given up.
    pub given_up: u64,
}

impl MonitorView {
    /// Tells operators how the stations do, in one line of the log.
    pub(crate) fn tell(&self) {
        let lights = |light| self.stations.iter().filter(|s| s.light == light).count();
        tracing::info!(
            green = lights(Light::Green),
            yellow = lights(Light::Yellow),
            red = lights(Light::Red),
            alarms = self.raised.len(),
            lost = self.lost,
            ms_per_s = self.took.as_millis(),
            "the stations"
        );
    }
}

/// Lets stations that have alarms show it: red by a critical one, yellow by another.
pub(super) fn show_alarms(stations: &mut [StationStatus], raised: &[Alarm]) {
    for station in stations {
        let own = raised.iter().filter(|a| a.key.station.as_ref() == Some(&station.station));
        let worst = own.map(|a| a.key.kind.severity()).max();
        let at_least = match worst {
            Some(Severity::Critical) => Light::Red,
            Some(Severity::Warning | Severity::Notice) => Light::Yellow,
            None => Light::Grey,
        };
        station.light = station.light.max(at_least);
    }
}
