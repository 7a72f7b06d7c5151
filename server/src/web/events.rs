//! What happens, as it happens: server-sent events, made once a second for everybody who listens, with a memory for those who come back.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use serde::Serialize;
use tianshu_caster::ledger::SessionRecord;
use tianshu_station_monitor::alarm::machine::Alarm;
use tianshu_station_monitor::alarm::text::Language;
use tokio::sync::broadcast;
use tokio::time::{sleep, timeout};
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;
use tokio_stream::{Stream, StreamExt};
use tokio_util::sync::CancellationToken;

use crate::web::answers::alarms::{AlarmView, told};
use crate::web::answers::list::Usual;
use crate::web::answers::overview::overview;
use crate::web::answers::rovers::{RoverRow, row};
use crate::web::answers::stations::{LiveRow, live};
use crate::web::error::ApiError;
use crate::web::facts::{Facts, read};
use crate::web::moment::Epoch;
use crate::web::rights::Right;
use crate::web::who::{Visitor, account_of};

/// Between two looks where the monitor tells nothing.
const EVERY: Duration = Duration::from_secs(1);
/// Events that are remembered for who comes back: two minutes of all kinds.
const REMEMBERED_MAX: usize = 480;
/// Events that wait for a listener who does not keep up: ten seconds. Beyond, it is told to read everything again.
const WAITING_MAX: usize = 40;
/// A comment keeps proxies from closing what they take for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Nobody listens and nobody may come back: nothing is made.
const IDLE_AFTER: u64 = 120;
/// Alarms that are over and told with those that are on.
const OVER_TOLD: usize = 20;
/// Rows of rovers that one event tells; of more the listener reads the list.
const ROWS_MAX: usize = 2_000;

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Overview,
    Stations,
    Rovers,
    Alarms,
}

/// An event as it is sent.
#[derive(Clone, Debug)]
struct Happened {
    number: u64,
    about: About,
    data: Arc<str>,
}

/// The events.
#[derive(Debug)]
pub(crate) struct Events {
    memory: Mutex<VecDeque<Happened>>,
    listeners: broadcast::Sender<Happened>,
    number: AtomicU64,
}

#[derive(Serialize)]
struct StationsNow {
    at: Epoch,
    items: Vec<LiveRow>,
}

#[derive(Serialize)]
struct RoversNow {
    at: Epoch,
    changed: Vec<RoverRow>,
    gone: Vec<u64>,
}

#[derive(Serialize)]
struct AlarmsNow {
    at: Epoch,
    raised: Vec<AlarmView>,
    over: Vec<AlarmView>,
}

impl About {
    fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Stations => "stations",
            Self::Rovers => "rovers",
            Self::Alarms => "alarms",
        }
    }

    /// What one has to have a right to.
    fn right(self) -> Option<Right> {
        match self {
            Self::Overview => None,
            Self::Stations => Some(Right::Stations),
            Self::Rovers => Some(Right::Rovers),
            Self::Alarms => Some(Right::Alarms),
        }
    }
}

impl Events {
    /// Numbers go on over a restart: they begin with the second of the start, so that who comes back is not taken for up to date.
    pub(crate) fn new(started_unix_s: u64) -> Self {
        let (listeners, _) = broadcast::channel(WAITING_MAX);
        let number = AtomicU64::new(started_unix_s << 16);
        Self { memory: Mutex::default(), listeners, number }
    }

    fn tell(&self, about: About, data: &impl Serialize) {
        let Ok(data) = serde_json::to_string(data) else { return };
        let number = self.number.fetch_add(1, Ordering::Relaxed) + 1;
        let happened = Happened { number, about, data: data.into() };
        let mut memory = self.memory();
        memory.push_back(happened.clone());
        while memory.len() > REMEMBERED_MAX {
            memory.pop_front();
        }
        // Under the lock, so that who subscribes gets each event once.
        let _ = self.listeners.send(happened);
    }

    /// What came after an event, and what comes; none of the past if that is not known any more.
    fn since(&self, last: Option<u64>) -> (Option<Vec<Happened>>, broadcast::Receiver<Happened>) {
        let memory = self.memory();
        let receiver = self.listeners.subscribe();
        let missed = match last {
            None => Some(Vec::new()),
            Some(last) => {
                let is_known = memory.iter().any(|event| event.number == last)
                    || last == self.number.load(Ordering::Relaxed);
                let after = memory.iter().filter(|event| event.number > last).cloned();
                is_known.then(|| after.collect())
            }
        };
        (missed, receiver)
    }

    fn forget(&self) {
        self.memory().clear();
    }

    fn memory(&self) -> MutexGuard<'_, VecDeque<Happened>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes events each second, for as long as anybody listens or may come back.
pub(crate) async fn run(facts: Arc<Facts>, stop: CancellationToken) {
    let mut views = facts.of.monitor.clone();
    let mut told = Told::default();
    loop {
        // With the monitor's own seconds: what it has just found is not kept for another one.
        let patience = if facts.view().is_some() { 2 * EVERY } else { EVERY };
        let next = async {
            if let Ok(Err(_)) = timeout(patience, views.changed()).await {
                sleep(EVERY).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = next => {}
        }
        told.idle = if facts.events.listeners.receiver_count() > 0 { 0 } else { told.idle + 1 };
        if told.idle == IDLE_AFTER {
            facts.events.forget();
        }
        if told.idle >= IDLE_AFTER {
            told.skip(&facts);
        } else {
            told.tick(&facts);
        }
    }
}

/// What a listener is told next.
enum Next {
    /// It has to read everything again.
    Reset,
    /// This.
    Happened(Happened),
}

/// What was told last.
#[derive(Default)]
struct Told {
    idle: u64,
    revision: u64,
    alarms: Vec<(u64, bool, bool)>,
}

impl Told {
    fn skip(&mut self, facts: &Facts) {
        self.revision = read(&facts.of.ledger).revision();
    }

    fn tick(&mut self, facts: &Facts) {
        let at = Epoch::from(facts.now());
        facts.events.tell(About::Overview, &overview(facts));
        self.rovers(facts, at);
        let Some(view) = facts.view() else { return };
        let items = view.stations.iter().map(live).collect();
        facts.events.tell(About::Stations, &StationsNow { at: view.at.into(), items });
        let state = |alarm: &Alarm| (alarm.id, alarm.acknowledged.is_some(), alarm.until.is_some());
        let over = view.over.iter().rev().take(OVER_TOLD);
        let now: Vec<_> = view.raised.iter().chain(over.clone()).map(state).collect();
        if now != self.alarms {
            self.alarms = now;
            let one = |alarm: &Alarm| told(alarm, Language::English);
            let raised = view.raised.iter().map(one).collect();
            let over = over.map(one).collect();
            facts.events.tell(About::Alarms, &AlarmsNow { at, raised, over });
        }
    }

    fn rovers(&mut self, facts: &Facts, at: Epoch) {
        let anchor = facts.anchor();
        let (changed, gone) = {
            let ledger = read(&facts.of.ledger);
            let since = self.revision;
            self.revision = ledger.revision();
            let is_new = |record: &&SessionRecord| record.revision > since;
            let changed: Vec<RoverRow> = ledger
                .open()
                .filter(is_new)
                .take(ROWS_MAX)
                .map(|record| row(record, anchor))
                .collect();
            // Ended sessions change no more: the newest stand first.
            let gone = ledger.ended().take_while(is_new).map(|record| record.session.0);
            (changed, gone.collect::<Vec<_>>())
        };
        if !changed.is_empty() || !gone.is_empty() {
            facts.events.tell(About::Rovers, &RoversNow { at, changed, gone });
        }
    }
}

/// What happens, as it happens: `overview`, `stations`, `rovers` and `alarms`, as far as the account's role may read them, and `reset` where
/// everything has to be read again. A client that names `Last-Event-ID` gets what it missed within two minutes.
#[utoipa::path(get, path = "/api/v1/events", tag = "overview",
    params(("Last-Event-ID" = Option<String>, Header, description = "The last event that was seen")),
    responses((status = 200, description = "Server-sent events", body = String, content_type = "text/event-stream"), Usual))]
pub(crate) async fn listen(
    State(facts): State<Arc<Facts>>,
    headers: HeaderMap,
    visitor: Visitor,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    let (missed, receiver) = facts.events.since(last);
    let reset = || Event::default().event("reset").data("{}");
    let first = match missed {
        None => vec![Next::Reset],
        Some(missed) => missed.into_iter().map(Next::Happened).collect(),
    };
    let rest = BroadcastStream::new(receiver).map(|next| match next {
        Ok(happened) => Next::Happened(happened),
        Err(BroadcastStreamRecvError::Lagged(_)) => Next::Reset,
    });
    let token = visitor.token.clone();
    let may = move |about: About| about.right().is_none_or(|right| visitor.has(right));
    let lasts = move |facts: &Facts| {
        let now = facts.of.caster_clock.now();
        let session = facts.sessions.get(&token, now, false);
        session.is_some_and(|session| account_of(facts, &session).is_some())
    };
    let events = tokio_stream::iter(first)
        .chain(rest)
        // A session that is over hears nothing more.
        .take_while(move |_| lasts(&facts))
        .filter_map(move |next| match next {
            Next::Reset => Some(Ok(reset())),
            Next::Happened(happened) if may(happened.about) => {
                let event = Event::default().id(happened.number.to_string());
                Some(Ok(event.event(happened.about.name()).data(&*happened.data)))
            }
            Next::Happened(_) => None,
        });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(events: &[Happened]) -> Vec<u64> {
        events.iter().map(|event| event.number).collect()
    }

    #[tokio::test]
    async fn who_comes_back_gets_what_was_missed_and_nothing_twice() {
        let events = Events::new(1);
        (0..3).for_each(|n| events.tell(About::Overview, &n));
        let (all, mut listener) = events.since(Some((1 << 16) + 1));
        assert_eq!(numbers(&all.expect("it is remembered")), [(1 << 16) + 2, (1 << 16) + 3]);
        events.tell(About::Alarms, &"next");
        assert_eq!(listener.recv().await.expect("it is told").number, (1 << 16) + 4);
    }

    #[test]
    fn who_was_away_for_too_long_has_to_read_everything_again() {
        let events = Events::new(1);
        for n in 0..=REMEMBERED_MAX {
            events.tell(About::Overview, &n);
        }
        assert!(events.since(Some((1 << 16) + 1)).0.is_none());
        assert!(events.since(Some(7)).0.is_none(), "of another run");
        assert!(events.since(None).0.is_some_and(|missed| missed.is_empty()));
    }
}
