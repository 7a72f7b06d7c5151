//! The live table of stations: fed with what is heard of them, asked by the streams of rovers.
//!
//! Rovers never touch the table itself. They hold a station's [`Feed`], and learn what may change their choice (health and
//! place) from a [`StationsView`] that is published only when it changes, so that thousands of rovers sleep meanwhile.

pub mod content;
pub mod marks;
pub mod state;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tianshu_gnss::coords::Ecef;
use tianshu_gnss::event::StationEvent;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::uptime::Uptime;
use tokio::sync::{broadcast, watch};

use crate::config::StationSettings;
use crate::delivery::Batch;
use crate::locked::lock;
use state::{Health, Identity, StationState};

/// Batches that wait for the slowest rover of a station before the oldest is dropped for it. A receiver writes an epoch
/// in at most a few TCP segments, so this is more than ten epochs; their age is bounded as well
/// ([`crate::config::Limits::backlog_age_max`]). The ring is shared: a rover costs nothing here.
pub const FEED_BATCHES_MAX: usize = 64;

/// The most stations that are remembered without being configured. Names come from our own links, never from rovers.
pub const STATIONS_MAX: usize = 10_000;

/// A station's stream, as rovers hold it.
#[derive(Debug)]
pub struct Feed {
    name: StationName,
    batches: broadcast::Sender<Batch>,
    /// The same for the lanes, apart from those who read by themselves.
    for_lanes: broadcast::Sender<Batch>,
    /// The number that the frame behind the last batch will have.
    next_frame: AtomicU64,
    identity: Mutex<Identity>,
}

impl Feed {
    /// Whose stream it is.
    pub fn name(&self) -> &StationName {
        &self.name
    }

    /// All batches from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Batch> {
        self.batches.subscribe()
    }

    /// All batches from now on, for a task that serves many rovers; the first of them begins with that frame, or was before it.
    pub(crate) fn subscribe_for_lanes(&self) -> (broadcast::Receiver<Batch>, u64) {
        let batches = self.for_lanes.subscribe();
        (batches, self.next_frame.load(Ordering::Acquire))
    }

    /// Nobody listening is no failure.
    fn send(&self, batch: Batch) {
        // First the number: who subscribes meanwhile must not believe that a batch is still to come.
        self.next_frame.store(batch.next_frame(), Ordering::Release);
        let _ = self.for_lanes.send(batch.clone());
        let _ = self.batches.send(batch);
    }

    /// What a rover must know of the station before its observations.
    pub fn identity(&self) -> Identity {
        lock(&self.identity).clone()
    }

    /// How many rovers read it.
    pub fn readers(&self) -> usize {
        self.batches.receiver_count()
    }
}

/// What may change a rover's choice of its station. Immutable, shared.
#[derive(Clone, Debug, Default)]
pub struct StationsView {
    stations: BTreeMap<StationName, StationView>,
}

/// One station of a [`StationsView`].
#[derive(Clone, Debug)]
pub struct StationView {
    /// Whether it can serve.
    pub health: Health,
    /// Whether frames of any kind come.
    pub sending: bool,
    /// Its reference point, if known.
    pub place: Option<Ecef>,
    /// Its stream.
    pub feed: Arc<Feed>,
}

impl StationsView {
    /// One station.
    pub fn get(&self, name: &StationName) -> Option<&StationView> {
        self.stations.get(name)
    }

    /// All stations by name.
    pub fn iter(&self) -> impl Iterator<Item = (&StationName, &StationView)> {
        self.stations.iter()
    }
}

/// The live table. Shared between the one who feeds it and the many who ask.
#[derive(Debug)]
pub struct Stations {
    table: Mutex<Table>,
    view: watch::Sender<Arc<StationsView>>,
}

#[derive(Debug, Default)]
struct Table {
    stations: BTreeMap<StationName, Entry>,
}

#[derive(Debug)]
struct Entry {
    state: StationState,
    feed: Arc<Feed>,
}

impl Default for Stations {
    fn default() -> Self {
        Self::new()
    }
}

impl Stations {
    /// A table without stations.
    pub fn new() -> Self {
        Self { table: Mutex::default(), view: watch::Sender::new(Arc::default()) }
    }

    /// Takes what was heard of one station and sends it on.
    pub fn on_event(&self, event: &StationEvent, now: Uptime) {
        self.on_events([event], now);
    }

    /// Takes what was heard in one go. The frames of a station leave in one batch, hence in one write to each rover,
    /// so whoever drains a queue should hand over all that is in it.
    pub fn on_events<'e>(&self, events: impl IntoIterator<Item = &'e StationEvent>, now: Uptime) {
        let mut table = lock(&self.table);
        let mut touched: Vec<StationName> = Vec::new();
        for event in events {
            let Some(entry) = table.entry(&event.station) else { continue };
            if entry.state.on_news(&event.news, now) {
                *lock(&entry.feed.identity) = entry.state.identity().clone();
            }
            if touched.last() != Some(&event.station) && !touched.contains(&event.station) {
                touched.push(event.station.clone());
            }
        }
        let view_is_old = touched.iter().any(|name| table.differs(&self.view.borrow(), name, now));
        for name in touched {
            table.send_batch(&name, now);
        }
        if view_is_old {
            self.view.send_replace(Arc::new(table.view(now)));
        }
    }

    /// Notices stations that fell silent. Call it at least twice a second.
    pub fn tick(&self, now: Uptime) {
        let table = lock(&self.table);
        let old = self.view.borrow().clone();
        if table.stations.keys().any(|name| table.differs(&old, name, now)) {
            self.view.send_replace(Arc::new(table.view(now)));
        }
    }

    /// Replaces what is configured about stations.
    pub fn configure(&self, settings: &[StationSettings], now: Uptime) {
        let mut table = lock(&self.table);
        let mut settings: BTreeMap<_, _> = settings.iter().map(|s| (&s.station, s)).collect();
        for (name, entry) in &mut table.stations {
            entry.configure(settings.remove(name));
        }
        for (name, setting) in settings {
            if let Some(entry) = table.entry(name) {
                entry.configure(Some(setting));
            }
        }
        self.view.send_replace(Arc::new(table.view(now)));
    }

    /// Health and place of all stations, now and at each change.
    pub fn watch(&self) -> watch::Receiver<Arc<StationsView>> {
        self.view.subscribe()
    }

    /// Health and place of all stations.
    pub fn view(&self) -> Arc<StationsView> {
        self.view.borrow().clone()
    }

    /// Asks one station something; `None` if it is not known.
    pub fn with_state<T>(
        &self,
        name: &StationName,
        ask: impl FnOnce(&StationState) -> T,
    ) -> Option<T> {
        lock(&self.table).stations.get(name).map(|entry| ask(&entry.state))
    }
}

impl Entry {
    fn configure(&mut self, settings: Option<&StationSettings>) {
        if self.state.set_settings(settings.cloned()) {
            *lock(&self.feed.identity) = self.state.identity().clone();
        }
    }
}

impl Table {
    fn entry(&mut self, name: &StationName) -> Option<&mut Entry> {
        if !self.stations.contains_key(name) {
            if self.stations.len() >= STATIONS_MAX {
                return None;
            }
            let feed = Feed {
                name: name.clone(),
                batches: broadcast::Sender::new(FEED_BATCHES_MAX),
                for_lanes: broadcast::Sender::new(FEED_BATCHES_MAX),
                next_frame: AtomicU64::new(0),
                identity: Mutex::default(),
            };
            let entry = Entry { state: StationState::default(), feed: Arc::new(feed) };
            self.stations.insert(name.clone(), entry);
        }
        self.stations.get_mut(name)
    }

    fn send_batch(&mut self, name: &StationName, now: Uptime) {
        if let Some(entry) = self.stations.get_mut(name)
            && let Some(batch) = entry.state.take_batch(now)
        {
            entry.feed.send(batch);
            entry.state.watch_content(now);
        }
    }

    fn differs(&self, view: &StationsView, name: &StationName, now: Uptime) -> bool {
        match (self.stations.get(name), view.get(name)) {
            (Some(entry), Some(seen)) => {
                entry.state.health(now) != seen.health
                    || entry.state.is_sending(now) != seen.sending
                    || entry.state.place() != seen.place
            }
            (entry, seen) => entry.is_some() != seen.is_some(),
        }
    }

    fn view(&self, now: Uptime) -> StationsView {
        let view = |entry: &Entry| StationView {
            health: entry.state.health(now),
            sending: entry.state.is_sending(now),
            place: entry.state.place(),
            feed: Arc::clone(&entry.feed),
        };
        let stations = self.stations.iter().map(|(name, entry)| (name.clone(), view(entry)));
        StationsView { stations: stations.collect() }
    }
}
