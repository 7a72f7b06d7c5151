//! Independent monitor rovers: a station at a known place that the network does not use, solved against a mountpoint as any rover would be.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tianshu_gnss::coords::{Ecef, EcefDelta, GRS80};
use tianshu_gnss::event::{StationEvent, StationNews};
use tianshu_gnss::station::StationName;
use tianshu_ingest::clock::SharedClock;
use tianshu_ingest::greeting::SaidQuality;
use tianshu_ingest::sink::EventSource;
use tianshu_ntrip::credentials::Credentials;
use tianshu_ntrip::mountpoint::Mountpoint;
use tianshu_positioning::rtk::solution::Status;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::rover::mind::{Measured, Mind, Outcome};
use crate::rover::rtklib::Rtklib;
use crate::rover::stream::Stream;
use crate::web::rover_board::{Engine, RoverBoard, RoverResult};

/// A monitor rover as configured.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MonitorRoverConfig {
    /// The station whose receiver it is.
    pub station: StationName,
    /// Its antenna reference point, by which its results are judged.
    pub place: Ecef,
    /// What it asks for.
    pub mountpoint: Mountpoint,
    /// As whom.
    pub credentials: Option<Credentials>,
    /// Whether RTKLIB's `rtkrcv` solves it too.
    pub rtklib: bool,
}

/// The monitor rovers, running.
pub(crate) struct MonitorRovers {
    tasks: Vec<JoinHandle<()>>,
    stop: CancellationToken,
}

/// Where the rovers connect, and whom they tell.
#[derive(Clone)]
pub(crate) struct Surroundings {
    /// The caster.
    pub caster: SocketAddr,
    /// The page.
    pub board: RoverBoard,
    /// This machine's clock.
    pub clock: SharedClock,
}

impl MonitorRovers {
    /// Starts them; each reads what its station sends. Must be called within a runtime.
    pub(crate) fn start(
        rovers: Vec<(MonitorRoverConfig, EventSource)>,
        around: &Surroundings,
    ) -> Self {
        let stop = CancellationToken::new();
        let tasks = rovers
            .into_iter()
            .map(|(config, own)| {
                let (around, mind, quality) =
                    (around.clone(), Mind::default(), SaidQuality::default());
                let rover = Rover { config, around, mind, quality };
                tokio::spawn(rover.run(own, stop.clone()))
            })
            .collect();
        Self { tasks, stop }
    }

    /// Hangs up, and waits for all.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            if task.await.is_err() {
                tracing::error!("a monitor rover ended badly");
            }
        }
    }
}

struct Rover {
    config: MonitorRoverConfig,
    around: Surroundings,
    mind: Mind,
    /// What it tells the caster of its fix.
    quality: SaidQuality,
}

impl Rover {
    async fn run(mut self, mut own: EventSource, stop: CancellationToken) {
        let MonitorRoverConfig { station, place, mountpoint, credentials, .. } = &self.config;
        let stream =
            Stream { caster: self.around.caster, mountpoint, credentials: credentials.clone() };
        let (quality, clock) = (self.quality.clone(), self.around.clock.clone());
        let (link, mut heard) = stream.connect(station, *place, quality, clock);
        let rtklib = self.rtklib(&stop);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                event = own.next() => match event {
                    Some(event) => self.measure(event, rtklib.as_ref()),
                    None => break,
                },
                event = heard.next() => match event {
                    Some(event) => self.hear(event, rtklib.as_ref()),
                    None => break,
                },
            }
        }
        link.stopped().await;
        if let Some(rtklib) = rtklib {
            rtklib.stopped().await;
        }
    }

    /// What the rover's own receiver sends.
    fn measure(&mut self, event: StationEvent, rtklib: Option<&Rtklib>) {
        match event.news {
            StationNews::Frame(frame) => {
                if let Some(rtklib) = rtklib {
                    rtklib.rover(frame);
                }
            }
            StationNews::Ephemeris(ephemeris) => self.mind.on_ephemerides(&[ephemeris]),
            StationNews::Epoch(epoch) => {
                let observed = Arc::unwrap_or_clone(epoch);
                let measured = Measured { observed, truth: self.config.place };
                let outcome = tokio::task::block_in_place(|| self.mind.on_measured(measured));
                self.report(outcome);
            }
            _ => {}
        }
    }

    /// What the caster sends.
    fn hear(&mut self, event: StationEvent, rtklib: Option<&Rtklib>) {
        if let (StationNews::Frame(frame), Some(rtklib)) = (&event.news, rtklib) {
            rtklib.base(frame.clone());
        }
        let outcome = tokio::task::block_in_place(|| self.mind.on_news(event.news));
        self.report(outcome);
    }

    fn report(&self, outcome: Option<Outcome>) {
        if let Some(outcome) = outcome {
            let (name, at) = (self.config.station.as_str(), self.config.mountpoint.as_str());
            let result = result(&outcome);
            self.quality.say(result.quality);
            self.around.board.report(name, at, Engine::Tianshu, result);
        }
    }

    fn rtklib(&self, stop: &CancellationToken) -> Option<Rtklib> {
        if !self.config.rtklib {
            return None;
        }
        let (place, board) = (self.config.place, self.around.board.clone());
        let (name, at) = (self.config.station.to_string(), self.config.mountpoint.to_string());
        let told = move |solved: crate::rover::rtklib::Solved| {
            let off = solved.place - place;
            let error = EcefDelta::to_enu(off, place.to_geodetic(GRS80));
            let result =
                RoverResult { at: solved.at, quality: solved.quality, error, baseline_m: None };
            board.report(&name, &at, Engine::Rtklib, result);
        };
        match Rtklib::start(stop.clone(), told) {
            Ok(rtklib) => Some(rtklib),
            Err(error) => {
                let rover = &self.config.station;
                tracing::error!(%rover, "RTKLIB does not solve this monitor rover: {error:#}");
                None
            }
        }
    }
}

/// What a board is told of an outcome.
pub(crate) fn result(outcome: &Outcome) -> RoverResult {
    let quality = match outcome.status {
        Status::Single => 1,
        Status::Float => 5,
        Status::Fixed => 4,
    };
    let Outcome { at, error, baseline_m, .. } = *outcome;
    RoverResult { at, quality, error, baseline_m: Some(baseline_m) }
}

/// Where a rover on this machine connects to a listener.
pub(crate) fn from_here(listening: SocketAddr) -> SocketAddr {
    match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => (Ipv4Addr::LOCALHOST, listening.port()).into(),
        IpAddr::V6(ip) if ip.is_unspecified() => {
            (std::net::Ipv6Addr::LOCALHOST, listening.port()).into()
        }
        _ => listening,
    }
}
