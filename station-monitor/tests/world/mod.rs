//! A simulated network whose stations are heard by a monitor, epoch by epoch.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tianshu_gnss::coords::{GRS80, Geodetic};
use tianshu_gnss::event::{StationEvent, StationNews};
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::uptime::Uptime;
use tianshu_positioning::network::engine::{Engine, StationConfig};
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_positioning::network::topology::StationIndex;
use tianshu_simulator::network::{Network, NetworkStation};
use tianshu_simulator::scenario::Scenario;
use tianshu_simulator::world::{World, WorldEpoch};
use tianshu_station_monitor::alarm::desk::Desk;
use tianshu_station_monitor::alarm::group::Message;
use tianshu_station_monitor::alarm::rules::Whole;
use tianshu_station_monitor::quality::monitor::QualityMonitor;
use tianshu_station_monitor::quality::site_log::SiteLog;

/// How long an epoch is under way.
const LATENCY: Interval = Interval::from_millis(150);

/// So many stations, some 45 km apart.
pub(crate) fn network(count: u16) -> Network {
    let place = |i: u16| {
        let (row, column) = (f64::from(i / 3), f64::from(i % 3));
        let shaken = 0.07 * f64::from(i * 7 % 5);
        Geodetic::from_degrees(22.8 + 0.42 * row + shaken, 108.0 + 0.45 * column - shaken, 120.0)
    };
    let station = |i: u16| NetworkStation {
        name: format!("S{i:02}").parse().expect("it is sound"),
        place: place(i),
        region: "test".to_owned(),
    };
    Network { name: "test".to_owned(), stations: (0..count).map(station).collect() }
}

/// A world, its monitor, its alarms, and, if asked for, its network's solver.
pub(crate) struct Watched {
    pub(crate) world: World,
    pub(crate) network: Network,
    pub(crate) monitor: QualityMonitor,
    pub(crate) desk: Desk,
    pub(crate) engine: Option<Engine>,
    pub(crate) start: GpsTime,
    /// Seconds since the start.
    pub(crate) second: i64,
    last: Uptime,
}

impl Watched {
    pub(crate) fn new(scenario: Scenario, count: u16, solved: bool) -> Self {
        let network = network(count);
        let start = scenario.start;
        let log = |s: &NetworkStation| SiteLog {
            place: Some(s.place.to_ecef(GRS80)),
            antenna: Some("ADVNULLANTENNA NONE".to_owned()),
            ..SiteLog::of(s.name.clone())
        };
        let config = |s: &NetworkStation| StationConfig {
            name: s.name.clone(),
            place: s.place.to_ecef(GRS80),
            antenna: None,
        };
        let logs = network.stations.iter().map(log).collect();
        let engine =
            Engine::new(network.stations.iter().map(config).collect()).expect("it is sound");
        Self {
            world: World::new(scenario, &network, 11).expect("it is sound"),
            monitor: QualityMonitor::new(logs, Uptime::START),
            desk: Desk::default(),
            engine: solved.then_some(engine),
            start,
            network,
            second: 0,
            last: Uptime::START,
        }
    }

    pub(crate) fn now(&self) -> Uptime {
        Uptime::from_start(Duration::from_secs(self.second.unsigned_abs()))
    }

    fn time(&self) -> GpsTime {
        self.start + Interval::from_seconds(self.second)
    }

    /// One second with an epoch of every station that `speaks`; gives what is true and what is told.
    pub(crate) fn step(&mut self, speaks: impl Fn(usize) -> bool) -> (WorldEpoch, Vec<Message>) {
        self.second += 1;
        let (time, now) = (self.time(), self.now());
        let epoch = self.world.epoch(time);
        if self.second % 30 == 1 {
            for i in 0..self.network.stations.len() {
                self.describe(i, time);
            }
        }
        let mut measured: BTreeMap<StationIndex, Arc<ObsEpoch>> = BTreeMap::new();
        for (i, site) in epoch.stations.iter().enumerate() {
            let Some(observed) = site.observed.clone().filter(|_| speaks(i)) else { continue };
            let observed = Arc::new(observed);
            measured.insert(
                StationIndex(u16::try_from(i).expect("it is sound")),
                Arc::clone(&observed),
            );
            self.hear(i, time + LATENCY, now, StationNews::Epoch(observed));
        }
        let solved = self.solve(time, &measured);
        if let Some(snapshot) = solved {
            self.monitor.network(&snapshot);
        }
        let messages = self.look(if measured.is_empty() { None } else { Some(now) });
        (epoch, messages)
    }

    /// The look at everything at the end of a second.
    fn look(&mut self, heard: Option<Uptime>) -> Vec<Message> {
        let (now, time) = (self.now(), self.time());
        if let Some(heard) = heard {
            self.last = heard;
        }
        self.monitor.tick(now);
        let statuses = self.monitor.statuses(now);
        let whole = Whole { nothing_for: now - self.last, network_silent_for: None, lost: 0 };
        self.desk.step(now, time, &statuses, whole)
    }

    fn solve(
        &mut self,
        time: GpsTime,
        measured: &BTreeMap<StationIndex, Arc<ObsEpoch>>,
    ) -> Option<NetworkSnapshot> {
        let told = self.world.ephemerides(time);
        let engine = self.engine.as_mut()?;
        if self.second % 30 == 1 {
            for ephemeris in told {
                engine.ephemeris(Arc::new(ephemeris));
            }
        }
        Some(engine.step(time, measured))
    }

    /// What a station says of itself and of the satellites.
    fn describe(&mut self, i: usize, time: GpsTime) {
        let now = self.now();
        let stated = self.world.stated(i).expect("it is sound");
        self.hear(i, time, now, StationNews::ReferencePoint(stated.point));
        self.hear(i, time, now, StationNews::Antenna(Arc::new(stated.antenna)));
        self.hear(i, time, now, StationNews::Receiver(Arc::new(stated.receiver)));
        for ephemeris in self.world.ephemerides_of(i, time) {
            self.hear(i, time, now, StationNews::Ephemeris(Arc::new(ephemeris)));
        }
    }

    fn hear(&mut self, i: usize, arrived: GpsTime, now: Uptime, news: StationNews) {
        let station = self.network.stations[i].name.clone();
        self.monitor.take(now, &StationEvent { station, arrived, news });
    }
}
