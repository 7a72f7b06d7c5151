//! All stations together: events in, closed spans and statuses out. A function of what it was given and of `now`.

use std::collections::BTreeMap;
use std::sync::Arc;

use tianshu_gnss::ephemeris::store::EphemerisStore;
use tianshu_gnss::event::{StationEvent, StationNews};
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::uptime::Uptime;
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_positioning::network::topology::StationIndex;

use crate::quality::site_log::SiteLog;
use crate::quality::sky::Sky;
use crate::quality::station::Station;
use crate::quality::status::{InNetwork, StationStatus};
use crate::quality::summary::Summary;

/// Stations that are watched at most: as many as a network may have.
pub const STATIONS_MAX: usize = tianshu_positioning::network::align::STATIONS_MAX;

/// The monitor of all stations.
#[derive(Clone, Debug)]
pub struct QualityMonitor {
    stations: BTreeMap<StationName, Station>,
    sky: Sky,
    /// The newest time of arrival.
    time: Option<GpsTime>,
    closed: Vec<Arc<Summary>>,
}

impl QualityMonitor {
    /// Watches those stations; of more than [`STATIONS_MAX`] the first.
    pub fn new(logs: Vec<SiteLog>, now: Uptime) -> Self {
        Self::with_ephemerides(logs, now, EphemerisStore::default())
    }

    /// The same with ephemerides that are known beforehand.
    pub fn with_ephemerides(logs: Vec<SiteLog>, now: Uptime, ephemerides: EphemerisStore) -> Self {
        let mut monitor = Self {
            stations: BTreeMap::new(),
            sky: Sky::of(ephemerides),
            time: None,
            closed: Vec::new(),
        };
        monitor.change_to(logs, now);
        monitor
    }

    /// Watches other stations; of those that stay nothing is forgotten.
    pub fn change_to(&mut self, logs: Vec<SiteLog>, now: Uptime) {
        let mut before = std::mem::take(&mut self.stations);
        for (index, log) in (0..=u16::MAX).zip(logs).take(STATIONS_MAX) {
            let name = log.station.clone();
            let station = match before.remove(&name) {
                Some(mut station) => {
                    station.change_to(log);
                    station
                }
                None => Station::new(StationIndex(index), log, now),
            };
            self.stations.insert(name, station);
        }
    }

    /// Takes an event. Those of stations that nobody told of are passed over.
    pub fn take(&mut self, now: Uptime, event: &StationEvent) {
        let Some(station) = self.stations.get_mut(&event.station) else { return };
        self.time = Some(event.arrived);
        if let StationNews::Ephemeris(ephemeris) = &event.news {
            self.sky.hear(now, event.arrived, station.index(), ephemeris);
        }
        station.take(now, event.arrived, &event.news, &mut self.sky, &mut self.closed);
    }

    /// Takes what the network knows at one of its epochs.
    pub fn network(&mut self, snapshot: &NetworkSnapshot) {
        for view in &snapshot.stations {
            if let Some(station) = self.stations.get_mut(&view.name) {
                station.in_network(InNetwork {
                    doubt: view.doubt.clone(),
                    displacement: view.displacement,
                    levelled: view.levelled,
                });
            }
        }
    }

    /// Closes what ends by the clock alone. To be called once a second or so.
    pub fn tick(&mut self, now: Uptime) {
        if let Some(time) = self.time {
            self.sky.settle(now, time);
        }
        for station in self.stations.values_mut() {
            station.tick(now, &mut self.closed);
        }
    }

    /// Closes everything, as at the end of a file.
    pub fn finish(&mut self) {
        for station in self.stations.values_mut() {
            station.finish(&mut self.closed);
        }
    }

    /// The spans that were closed since this was asked last, in the order of their ends at each station.
    pub fn take_closed(&mut self) -> Vec<Arc<Summary>> {
        std::mem::take(&mut self.closed)
    }

    /// What is true of each station now, in the order of their names.
    pub fn statuses(&self, now: Uptime) -> Vec<StationStatus> {
        self.stations.values().map(|station| station.status(now)).collect()
    }
}
