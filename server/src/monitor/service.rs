//! The monitor as the service holds it, and the bus's end of it.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use tianshu_gnss::event::{StationEvent, StationNews};
use tianshu_ingest::clock::SharedClock;
use tianshu_ingest::sink::{EventSink, event_queue};
use tianshu_station_monitor::archive::inlet::ArchiveInlet;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::config::monitor::MonitorConfig;
use crate::monitor::view::MonitorView;
use crate::monitor::worker::Worker;
use crate::serve::epoch::NewestEpoch;

/// Events that wait for the monitor: some five seconds of a network of 150 stations, as for the solver. Of more the oldest epochs are given
/// up, which is an alarm.
const MONITOR_EVENTS_MAX: usize = 4_096;

/// Acknowledgements that wait for the next second; of more, people are asked to try again.
const ACKNOWLEDGEMENTS_MAX: usize = 64;

/// Takes alarms on, for people at the page.
#[derive(Clone, Debug)]
pub(crate) struct Acknowledging(SyncSender<(u64, String)>);

impl Acknowledging {
    /// Somebody takes an alarm on; whether that was heard. Never waits.
    pub(crate) fn acknowledge(&self, id: u64, by: String) -> bool {
        self.0.try_send((id, by)).is_ok()
    }
}

/// What is true now, and a word when it was renewed; nothing before the first second.
pub(crate) type NewestView = watch::Receiver<Option<Arc<MonitorView>>>;

/// The monitor as the service holds it.
pub(crate) struct Monitor {
    config: watch::Sender<Arc<MonitorConfig>>,
    view: NewestView,
    acknowledging: Acknowledging,
    thread: JoinHandle<()>,
}

/// The bus's end of it.
pub(crate) struct MonitorInlet {
    events: EventSink,
    config: watch::Receiver<Arc<MonitorConfig>>,
}

impl Monitor {
    /// Starts the thread. Must be called within a runtime. `network` tells what the network knows; `archive` keeps what is closed.
    pub(crate) fn start(
        config: Arc<MonitorConfig>,
        network: NewestEpoch,
        archive: Option<ArchiveInlet>,
        clock: SharedClock,
    ) -> anyhow::Result<(Self, MonitorInlet)> {
        let (events, waiting) = event_queue(MONITOR_EVENTS_MAX);
        let (config, wanted) = watch::channel(config);
        let (newest, view) = watch::channel(None);
        let inlet = MonitorInlet { events, config: wanted.clone() };
        let runtime = Handle::current();
        let (acknowledging, acknowledged) = sync_channel(ACKNOWLEDGEMENTS_MAX);
        let acknowledging = Acknowledging(acknowledging);
        let worker = Worker::new(clock, wanted, network, archive, (newest, acknowledged))?;
        let thread = std::thread::Builder::new()
            .name("monitor".to_owned())
            .spawn(move || worker.run(waiting, &runtime))?;
        Ok((Self { config, view, acknowledging, thread }, inlet))
    }

    /// What it publishes.
    pub(crate) fn view(&self) -> NewestView {
        self.view.clone()
    }

    /// Takes alarms on.
    pub(crate) fn acknowledging(&self) -> Acknowledging {
        self.acknowledging.clone()
    }

    /// Other stations and channels; of those that stay nothing is forgotten.
    pub(crate) fn change_to(&self, config: &Arc<MonitorConfig>) {
        self.config.send_if_modified(|now| {
            let is_other = **now != **config;
            if is_other {
                *now = Arc::clone(config);
            }
            is_other
        });
    }

    /// Waits for its end, which comes with that of its events.
    pub(crate) fn join(self) {
        if self.thread.join().is_err() {
            tracing::error!("the monitor ended badly");
        }
    }
}

impl MonitorInlet {
    /// Hands an event on, if stations are watched. Frames are bytes of what comes decoded beside them. Never waits.
    pub(crate) fn offer(&self, event: &StationEvent) {
        if !matches!(event.news, StationNews::Frame(_)) && self.config.borrow().watch {
            self.events.offer(event.clone());
        }
    }
}
