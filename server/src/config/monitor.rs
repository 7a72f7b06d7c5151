//! `[monitor]`: whether stations are watched, and what is told of it beside the alarms.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tianshu_station_monitor::quality::site_log::{PLACE_APART_MAX_M, SiteLog};

use crate::config::alarm_channel::{ChannelConfig, web_address};
use crate::config::section::{Found, Section};
use crate::config::station::Station;

/// Between two heartbeats where nothing else is said: a dead-man's switch of five minutes then misses no fewer than four.
const HEARTBEAT_DEFAULT: Duration = Duration::from_mins(1);

/// What the monitor watches, and whom it tells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MonitorConfig {
    /// Whether it watches at all.
    pub watch: bool,
    /// What is known of the stations.
    pub logs: Vec<SiteLog>,
    /// Where alarms go.
    pub channels: Vec<ChannelConfig>,
    /// The dead-man's switch: where, and how often.
    pub heartbeat: Option<(String, Duration)>,
    /// Where the state of all stations is written.
    pub status_file: Option<PathBuf>,
    /// Where operators write the numbers of alarms that they take on.
    pub acknowledged_file: Option<PathBuf>,
    /// Whether the stations are solved as a network.
    pub solves: bool,
}

/// The table as understood.
pub(crate) struct MonitorTable {
    watch: bool,
    heartbeat: Option<(String, Duration)>,
    status_file: Option<PathBuf>,
    acknowledged_file: Option<PathBuf>,
    place_apart_max_m: f64,
}

/// Reads the table.
pub(crate) fn read(mut section: Section<'_>, folder: &Path) -> MonitorTable {
    let watch = section.flag_or("watch", true);
    let url = web_address(&mut section, "heartbeat_url");
    let every = section.seconds_or("heartbeat_every_s", 1.0..=86_400.0, HEARTBEAT_DEFAULT);
    let mut path = |key| section.text(key).map(|found| folder.join(found.value));
    let (status_file, acknowledged_file) = (path("status_file"), path("acknowledged_file"));
    let apart_m = section.number_or("place_apart_max_m", 0.001..=1_000.0, PLACE_APART_MAX_M);
    section.close();
    MonitorTable {
        watch,
        heartbeat: url.map(|url| (url, every)),
        status_file,
        acknowledged_file,
        place_apart_max_m: apart_m,
    }
}

impl MonitorTable {
    /// The monitor of those stations, which are solved as a network or not.
    pub(crate) fn of(
        self,
        stations: &[Found<Station>],
        channels: Vec<ChannelConfig>,
        solves: bool,
    ) -> MonitorConfig {
        let log = |station: &Found<Station>| {
            let Station { settings, antenna, receiver, antenna_height_m, .. } = &station.value;
            let antenna = antenna.as_ref().map(|found| &found.value);
            SiteLog {
                place: settings.reference_point,
                place_apart_max_m: self.place_apart_max_m,
                antenna_height_m: *antenna_height_m,
                antenna: antenna.map(|a| a.name.clone()),
                antenna_serial: antenna.and_then(|a| a.serial.clone()),
                receiver: receiver.clone(),
                dead_after: settings.dead_after,
                ..SiteLog::of(settings.station.clone())
            }
        };
        MonitorConfig {
            watch: self.watch,
            logs: stations.iter().map(log).collect(),
            channels,
            heartbeat: self.heartbeat,
            status_file: self.status_file,
            acknowledged_file: self.acknowledged_file,
            solves,
        }
    }
}

impl MonitorConfig {
    /// One that watches nothing.
    pub(crate) fn none() -> Self {
        Self {
            watch: false,
            logs: Vec::new(),
            channels: Vec::new(),
            heartbeat: None,
            status_file: None,
            acknowledged_file: None,
            solves: false,
        }
    }
}
