//! The bus's end of the monitor rovers: what a station sends is what its rover measures.

use std::collections::BTreeMap;

use tianshu_gnss::event::StationEvent;
use tianshu_gnss::station::StationName;
use tianshu_ingest::sink::{EventSink, EventSource, event_queue};

/// Events that wait for a monitor rover: ten seconds of one station. Of more the oldest epochs are given up.
const EVENTS_WAITING_MAX: usize = 512;

/// The queues, by station.
#[derive(Default)]
pub(crate) struct RoverInlets(BTreeMap<StationName, EventSink>);

impl RoverInlets {
    /// A queue of what a station sends from now on.
    pub(crate) fn follow(&mut self, station: StationName) -> EventSource {
        let (sink, source) = event_queue(EVENTS_WAITING_MAX);
        self.0.insert(station, sink);
        source
    }

    /// Hands an event on, if a rover measures what that station sends. Never waits.
    pub(crate) fn offer(&self, event: &StationEvent) {
        if let Some(sink) = self.0.get(&event.station) {
            sink.offer(event.clone());
        }
    }
}
