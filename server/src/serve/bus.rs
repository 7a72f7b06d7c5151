//! The bus: takes every station event off the queue and hands it to whoever listens.

use std::sync::Arc;

use tianshu_caster::clock::Clock;
use tianshu_caster::stations::Stations;
use tianshu_gnss::event::{DownReason, StationEvent, StationNews};
use tianshu_ingest::sink::EventSource;
use tianshu_station_monitor::archive::inlet::ArchiveInlet;

use crate::files::service::FilesInlet;
use crate::monitor::service::MonitorInlet;
use crate::rover::watch::RoverInlets;
use crate::serve::recording::Recording;
use crate::serve::solver::Inlet;
use crate::vrs::desk::Desk;

/// Events handed over at once. The caster makes one delivery of the frames of a batch, so a batch is what is
/// waiting, up to about the events of one epoch of a network of 150 stations.
const EVENTS_PER_BATCH_MAX: usize = 2048;

/// The listeners.
pub(crate) struct Bus {
    /// The caster's live table.
    pub stations: Arc<Stations>,
    /// The clock of that table.
    pub clock: Clock,
    /// The recording, if asked for.
    pub recording: Option<Recording>,
    /// The archive, if there is one.
    pub archive: Option<ArchiveInlet>,
    /// Files for researchers, if any are made.
    pub files: Option<FilesInlet>,
    /// The network's solver.
    pub solver: Inlet,
    /// Makes stations' epochs ready for virtual ones.
    pub desk: Desk,
    /// The station monitor.
    pub monitor: MonitorInlet,
    /// Monitor rovers.
    pub rovers: RoverInlets,
}

impl Bus {
    /// Hands events on until all links have gone.
    pub(crate) async fn run(mut self, mut source: EventSource) {
        let mut batch = Vec::new();
        while let Some(first) = source.next().await {
            batch.push(first);
            while batch.len() < EVENTS_PER_BATCH_MAX
                && let Some(next) = source.try_next()
            {
                batch.push(next);
            }
            self.stations.on_events(&batch, self.clock.now());
            for event in batch.drain(..) {
                tell(&event);
                self.solver.offer(&event);
                self.desk.take(&event);
                self.monitor.offer(&event);
                self.rovers.offer(&event);
                self.record(&event);
                if let Some(archive) = &self.archive {
                    archive.offer(&event);
                }
                if let Some(files) = &self.files {
                    files.offer(&event);
                }
            }
        }
        if let Some(recording) = self.recording.take() {
            recording.finish();
        }
    }

    /// A recording that cannot be written must not stop the service: it is given up, and that is told.
    fn record(&mut self, event: &StationEvent) {
        let goes_on = self.recording.as_mut().is_none_or(|recording| recording.keep(event));
        if !goes_on && let Some(recording) = self.recording.take() {
            recording.finish();
        }
    }
}

/// Tells operators of links that come and go; frames and epochs are numbers, not news.
fn tell(event: &StationEvent) {
    let station = &event.station;
    match &event.news {
        StationNews::Up => tracing::info!(%station, "up"),
        StationNews::Down(DownReason::Stopped) => tracing::info!(%station, "down: stopped"),
        StationNews::Down(reason) => tracing::warn!(%station, "down: {reason}"),
        _ => {}
    }
}
