//! The station links that run: started from the configuration, changed by a reload, stopped in order.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::Context;
use tianshu_gnss::station::StationName;
use tianshu_ingest::backoff::BackoffLimits;
use tianshu_ingest::clock::{Clock, SharedClock, SystemClock};
use tianshu_ingest::greeting::{SaidQuality, UpstreamPosition};
use tianshu_ingest::link::{self, LinkHandle, Origin};
use tianshu_ingest::listener::ListenerConfig;
use tianshu_ingest::ntrip_link::NtripConfig;
use tianshu_ingest::replay::ReplayConfig;
use tianshu_ingest::replay::pace::Speed;
use tianshu_ingest::session::EPOCH_WAIT_DEFAULT;
use tianshu_ingest::sink::EventSink;
use tianshu_ingest::snapshot::LinkSnapshot;
use tianshu_ingest::tcp_link::TcpConfig;
use tianshu_ingest::tls::{Roots, TlsDialer};
use tianshu_ntrip::client::request::{Caster, VersionChoice};

use crate::address::StreamUrl;
use crate::config::station::{LinkConfig, LinkKind, NtripPull, Playback};

/// The links, each with the configuration it was started from.
pub(crate) struct Links {
    sink: EventSink,
    clock: SharedClock,
    running: BTreeMap<StationName, (LinkConfig, LinkHandle)>,
}

impl Links {
    /// Starts the wanted links; what they hear goes into the sink.
    pub(crate) async fn started(
        sink: EventSink,
        clock: SharedClock,
        wanted: &[LinkConfig],
    ) -> Self {
        let mut links = Self { sink, clock, running: BTreeMap::new() };
        links.change_to(wanted).await;
        links
    }

    /// Starts what is new, stops what is gone, and restarts what is configured otherwise; the rest runs on.
    /// A link that cannot be started is told and left out, so that one station's fault is not all stations'.
    pub(crate) async fn change_to(&mut self, wanted: &[LinkConfig]) {
        let same = |station: &StationName, config: &LinkConfig| {
            wanted.iter().any(|w| w.station == *station && w == config)
        };
        let gone: Vec<_> = self
            .running
            .iter()
            .filter(|(station, (config, _))| !same(station, config))
            .map(|(station, _)| station.clone())
            .collect();
        for station in gone {
            if let Some((_, handle)) = self.running.remove(&station) {
                handle.stopped().await;
                tracing::info!(%station, "link stopped");
            }
        }
        for config in wanted {
            if self.running.contains_key(&config.station) {
                continue;
            }
            match self.start(config) {
                Ok(handle) => {
                    self.running.insert(config.station.clone(), (config.clone(), handle));
                }
                Err(error) => {
                    tracing::error!(station = %config.station, "link not started: {error:#}");
                }
            }
        }
    }

    /// Stops all.
    pub(crate) async fn stop(mut self) {
        self.change_to(&[]).await;
    }

    /// What they are doing.
    pub(crate) fn snapshots(&self) -> Vec<LinkSnapshot> {
        self.running.values().map(|(_, handle)| handle.snapshot()).collect()
    }

    /// How many run.
    pub(crate) fn count(&self) -> usize {
        self.running.len()
    }

    fn start(&self, config: &LinkConfig) -> anyhow::Result<LinkHandle> {
        let link = link_config(config)?;
        Ok(link::spawn(link, self.sink.clone(), self.clock.clone()))
    }
}

/// A link as ingest takes it. Opens listening ports and reads certificates.
pub(crate) fn link_config(config: &LinkConfig) -> anyhow::Result<link::LinkConfig> {
    let (shortest, longest) = config.retry;
    let mut hasher = DefaultHasher::new();
    config.station.as_str().hash(&mut hasher);
    Ok(link::LinkConfig {
        station: config.station.clone(),
        origin: origin(&config.station, &config.kind)?,
        silence: config.silence_max,
        epoch_wait: config.epoch_wait,
        backoff: BackoffLimits { shortest, longest, ..BackoffLimits::default() },
        seed: hasher.finish(),
    })
}

fn origin(station: &StationName, kind: &LinkKind) -> anyhow::Result<Origin> {
    match kind {
        LinkKind::Ntrip(pull) => ntrip(pull).map(Origin::Ntrip),
        LinkKind::Tcp(host) => {
            Ok(Origin::Tcp(TcpConfig { host: host.name.clone(), port: host.port }))
        }
        LinkKind::Listen { address, allow } => {
            let listener = ListenerConfig::bind(*address, allow.clone())
                .with_context(|| format!("cannot listen at {address}"))?;
            Ok(Origin::Listener(listener))
        }
        LinkKind::Replay(playback) => replay(station, playback).map(Origin::Replay),
    }
}

fn ntrip(pull: &NtripPull) -> anyhow::Result<NtripConfig> {
    let StreamUrl::Ntrip { host, tls, mountpoint, .. } = &pull.url else {
        anyhow::bail!("the address names no mountpoint of a caster");
    };
    let roots = pull.ca_file.clone().map_or(Roots::System, Roots::File);
    let tls = tls.then(|| TlsDialer::new(&roots, &host.name)).transpose()?;
    let version = match pull.version {
        Some(1) => VersionChoice::V1,
        Some(_) => VersionChoice::V2,
        None => VersionChoice::Auto,
    };
    let position = pull.position.map(|(place, interval)| {
        let quality = SaidQuality::default();
        UpstreamPosition { place, interval, quality }
    });
    let caster = Caster {
        host: host.name.clone(),
        port: host.port,
        credentials: pull.credentials.clone(),
        version,
    };
    Ok(NtripConfig { caster, mountpoint: mountpoint.clone(), position, tls })
}

fn replay(station: &StationName, playback: &Playback) -> anyhow::Result<ReplayConfig> {
    // Without a date the recording is played as if it were made now.
    let starts_near = playback.start.unwrap_or_else(|| SystemClock::start().gps());
    let speed = Speed::times(playback.speed).context("a speed is 0 or a positive number")?;
    Ok(ReplayConfig {
        path: playback.path.clone(),
        station: Some(station.clone()),
        starts_near: Some(starts_near),
        speed,
        repeat: playback.repeat,
        epoch_wait: EPOCH_WAIT_DEFAULT,
    })
}
