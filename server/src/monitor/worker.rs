//! What the monitor's thread does: events in, once a second a look at everything, messages out.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use tianshu_gnss::event::StationEvent;
use tianshu_gnss::time::uptime::Uptime;
use tianshu_ingest::clock::SharedClock;
use tianshu_ingest::sink::EventSource;
use tianshu_station_monitor::alarm::desk::Desk;
use tianshu_station_monitor::alarm::rules::Whole;
use tianshu_station_monitor::archive::inlet::ArchiveInlet;
use tianshu_station_monitor::quality::monitor::QualityMonitor;
use tianshu_station_monitor::quality::summary::Span;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::config::monitor::MonitorConfig;
use crate::monitor::acknowledged::Acknowledgements;
use crate::monitor::channel::Channels;
use crate::monitor::figures::figures;
use crate::monitor::heartbeat::Heartbeat;
use crate::monitor::status_file::StatusFile;
use crate::monitor::view::{MonitorView, show_alarms};
use crate::serve::epoch::NewestEpoch;

/// Between two looks at everything: a station is red within a second of being dead.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The longest sleep: epochs of the network are not waited for, they are looked for so often.
const NAP: Duration = Duration::from_millis(250);
/// Lost events are an alarm for so long.
const LOST_FOR: Duration = Duration::from_mins(1);

/// Alarms that people take on, with who they are.
pub(super) type Taken = Receiver<(u64, String)>;

/// What the thread owns.
pub(super) struct Worker {
    clock: SharedClock,
    wanted: watch::Receiver<Arc<MonitorConfig>>,
    network: NewestEpoch,
    archive: Option<ArchiveInlet>,
    newest: watch::Sender<Option<Arc<MonitorView>>>,
    /// Who takes which alarm on.
    acknowledged_there: Taken,
    quality: QualityMonitor,
    desk: Desk,
    channels: Channels,
    heartbeat: Option<Heartbeat>,
    status_file: Option<StatusFile>,
    acknowledged: Option<Acknowledgements>,
    heard: Uptime,
    network_heard: Uptime,
    looked: Uptime,
    took: Duration,
    /// Events lost so far, and when the last ones were.
    lost: (u64, Option<Uptime>),
}

impl Worker {
    /// Starts the channels.
    pub(super) fn new(
        clock: SharedClock,
        mut wanted: watch::Receiver<Arc<MonitorConfig>>,
        network: NewestEpoch,
        archive: Option<ArchiveInlet>,
        (newest, acknowledged_there): (watch::Sender<Option<Arc<MonitorView>>>, Taken),
    ) -> anyhow::Result<Self> {
        let now = clock.uptime();
        let config = wanted.borrow_and_update().clone();
        Ok(Self {
            quality: QualityMonitor::new(config.logs.clone(), now),
            desk: Desk::default(),
            channels: Channels::start(&config.channels)?,
            heartbeat: heartbeat(&config)?,
            status_file: config.status_file.clone().map(StatusFile::new),
            acknowledged: config.acknowledged_file.clone().map(Acknowledgements::new),
            heard: now,
            network_heard: now,
            looked: now,
            took: Duration::ZERO,
            lost: (0, None),
            clock,
            wanted,
            network,
            archive,
            newest,
            acknowledged_there,
        })
    }

    /// Runs until the bus ends.
    pub(super) fn run(mut self, mut waiting: EventSource, runtime: &Handle) {
        loop {
            let next = async { timeout(NAP, waiting.next()).await };
            let first = match runtime.block_on(next) {
                Ok(Some(event)) => Some(event),
                Ok(None) => break,
                Err(_) => None,
            };
            let begun = Instant::now();
            for event in first.into_iter().chain(std::iter::from_fn(|| waiting.try_next())) {
                self.take(&event);
            }
            if self.wanted.has_changed().unwrap_or(false) {
                self.reconfigure();
            }
            self.hear_network();
            let now = self.clock.uptime();
            if now - self.looked >= LOOK_EVERY {
                self.looked = now;
                self.look(now, waiting.dropped());
                self.took = Duration::ZERO;
            }
            self.took += begun.elapsed();
        }
        self.channels.stop();
    }

    fn take(&mut self, event: &StationEvent) {
        let now = self.clock.uptime();
        self.heard = now;
        self.quality.take(now, event);
    }

    fn hear_network(&mut self) {
        if !self.network.has_changed().unwrap_or(false) {
            return;
        }
        let newest = self.network.borrow_and_update().clone();
        if let Some(epoch) = newest {
            self.network_heard = self.clock.uptime();
            self.quality.network(&epoch.snapshot);
        }
    }

    /// Looks at everything: closes spans, judges, tells, publishes.
    fn look(&mut self, now: Uptime, dropped: u64) {
        let (watch, solves) = {
            let config = self.wanted.borrow();
            (config.watch, config.solves)
        };
        if !watch {
            return;
        }
        let at = self.clock.gps();
        if dropped > self.lost.0 {
            self.lost = (dropped, Some(now));
        }
        let lost_lately = self.lost.1.is_some_and(|last| now - last <= LOST_FOR);
        self.quality.tick(now);
        let closed = self.quality.take_closed();
        for closed in closed.iter().filter(|s| s.span != Span::Minute) {
            tracing::debug!(station = %closed.station, span = closed.span.name(), "closed");
        }
        if let Some(archive) = self.archive.as_ref().filter(|_| !closed.is_empty()) {
            archive.figures(closed.iter().flat_map(|one| figures(one)).collect());
        }
        let mut stations = self.quality.statuses(now);
        let whole = Whole {
            nothing_for: now - self.heard,
            network_silent_for: solves.then(|| now - self.network_heard),
            lost: if lost_lately { self.lost.0 } else { 0 },
        };
        let in_file = self.acknowledged.as_mut().map(Acknowledgements::read).unwrap_or_default();
        for (id, by) in in_file.into_iter().chain(self.acknowledged_there.try_iter()) {
            if self.desk.acknowledge(id, &by, at) {
                tracing::info!(id, by, "alarm acknowledged");
            }
        }
        for message in self.desk.step(now, at, &stations, whole) {
            self.channels.tell(&Arc::new(message), at);
        }
        let raised: Vec<_> = self.desk.raised().cloned().collect();
        show_alarms(&mut stations, &raised);
        // Whoever hears nothing does not say that all is well.
        if let Some(heartbeat) = &mut self.heartbeat
            && whole.nothing_for <= LOST_FOR
        {
            heartbeat.beat(now);
        }
        let view = MonitorView {
            at,
            stations,
            raised,
            over: self.desk.over().cloned().collect(),
            lost: self.lost.0,
            took: self.took,
            channels: self.channels.states(),
        };
        if let Some(file) = &mut self.status_file {
            file.write(&view);
        }
        self.newest.send_replace(Some(Arc::new(view)));
    }

    fn reconfigure(&mut self) {
        let config = self.wanted.borrow_and_update().clone();
        let now = self.clock.uptime();
        self.network_heard = now;
        self.quality.change_to(config.logs.clone(), now);
        self.status_file = config.status_file.clone().map(StatusFile::new);
        self.acknowledged = config.acknowledged_file.clone().map(Acknowledgements::new);
        let renewed = Channels::start(&config.channels)
            .and_then(|channels| Ok((channels, heartbeat(&config)?)));
        match renewed {
            Ok((channels, heartbeat)) => {
                std::mem::replace(&mut self.channels, channels).stop();
                self.heartbeat = heartbeat;
            }
            Err(error) => tracing::error!("the channels of alarms stay as they were: {error}"),
        }
    }
}

fn heartbeat(config: &MonitorConfig) -> anyhow::Result<Option<Heartbeat>> {
    let heartbeat = config.heartbeat.clone();
    heartbeat.map(|(url, every)| Heartbeat::start(url, every)).transpose()
}
