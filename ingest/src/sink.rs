//! The door to the bus: one bounded queue that every link feeds and one reader empties.
//!
//! What happens when the queue is full is decided by who feeds it:
//! - A *live* link never waits, because the socket behind it would stall and an RTK user with it. The oldest
//!   frame or epoch in the queue is given up and counted: for corrections, new beats old.
//! - A *replay* waits ([`EventSink::send`]), so that a recording read at full speed loses nothing.
//!
//! Links going up and down, ephemerides and station descriptions are given up only when nothing else is
//! left: they are rare, and a reader that missed one would be wrong for long.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tianshu_gnss::event::{StationEvent, StationNews};
use tokio::sync::Notify;

/// The usual length of the queue: 110 stations at 1 Hz with a dozen messages each make some 1400 events a
/// second, so this is about six seconds. A reader further behind has lost its real time anyway.
pub const EVENTS_QUEUED_MAX: usize = 8192;

/// The links' end of the queue. Cheap to clone.
#[derive(Debug)]
pub struct EventSink(Arc<Queue>);

/// The reader's end of the queue.
#[derive(Debug)]
pub struct EventSource(Arc<Queue>);

/// Whether an offered event was taken without loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offered {
    /// The queue had room.
    Kept,
    /// An older event was given up for it.
    DroppedOldest,
    /// There is no reader any more.
    NoReader,
}

#[derive(Debug)]
struct Queue {
    events: Mutex<Events>,
    bound: usize,
    arrived: Notify,
    room: Notify,
    dropped: AtomicU64,
    sinks: AtomicU64,
}

#[derive(Debug, Default)]
struct Events {
    waiting: VecDeque<StationEvent>,
    no_reader: bool,
}

/// A queue of at most `bound` events (at least one).
pub fn event_queue(bound: usize) -> (EventSink, EventSource) {
    let queue = Arc::new(Queue {
        events: Mutex::default(),
        bound: bound.max(1),
        arrived: Notify::new(),
        room: Notify::new(),
        dropped: AtomicU64::new(0),
        sinks: AtomicU64::new(0),
    });
    (EventSink::of(Arc::clone(&queue)), EventSource(queue))
}

impl EventSink {
    /// Puts an event in without waiting; if the queue is full, an older one is given up and counted.
    pub fn offer(&self, event: StationEvent) -> Offered {
        let mut events = self.0.lock();
        if events.no_reader {
            return Offered::NoReader;
        }
        let full = events.waiting.len() >= self.0.bound;
        if full {
            give_up_oldest(&mut events.waiting);
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
        }
        events.waiting.push_back(event);
        drop(events);
        self.0.arrived.notify_one();
        if full { Offered::DroppedOldest } else { Offered::Kept }
    }

    /// Puts an event in when there is room. Nothing is given up.
    pub async fn send(&self, event: StationEvent) -> Offered {
        loop {
            let room = self.0.room.notified();
            {
                let mut events = self.0.lock();
                if events.no_reader {
                    return Offered::NoReader;
                }
                if events.waiting.len() < self.0.bound {
                    events.waiting.push_back(event);
                    let more_room = events.waiting.len() < self.0.bound;
                    drop(events);
                    self.0.arrived.notify_one();
                    // Several senders may wait for room that was made at once.
                    if more_room {
                        self.0.room.notify_one();
                    }
                    return Offered::Kept;
                }
            }
            room.await;
        }
    }

    /// How many events were given up because the reader was too slow.
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }
}

impl Clone for EventSink {
    fn clone(&self) -> Self {
        Self::of(Arc::clone(&self.0))
    }
}

impl Drop for EventSink {
    fn drop(&mut self) {
        if self.0.sinks.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.arrived.notify_one();
        }
    }
}

impl EventSink {
    fn of(queue: Arc<Queue>) -> Self {
        queue.sinks.fetch_add(1, Ordering::AcqRel);
        Self(queue)
    }
}

impl EventSource {
    /// The next event; `None` when the queue is empty and all sinks are gone.
    pub async fn next(&mut self) -> Option<StationEvent> {
        loop {
            let arrived = self.0.arrived.notified();
            if let Some(event) = self.0.take() {
                return Some(event);
            }
            if self.0.sinks.load(Ordering::Acquire) == 0 {
                // A sink may have put its last event in between the two looks.
                return self.0.take();
            }
            arrived.await;
        }
    }

    /// The next event if there is one now.
    pub fn try_next(&mut self) -> Option<StationEvent> {
        self.0.take()
    }

    /// How many events were given up because this reader was too slow.
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }
}

impl Drop for EventSource {
    fn drop(&mut self) {
        let mut events = self.0.lock();
        events.no_reader = true;
        events.waiting.clear();
        drop(events);
        self.0.room.notify_waiters();
        self.0.room.notify_one();
    }
}

impl Queue {
    fn take(&self) -> Option<StationEvent> {
        let event = self.lock().waiting.pop_front();
        if event.is_some() {
            self.room.notify_one();
        }
        event
    }

    /// A panic while the lock was held cannot leave the queue half-changed: each holder makes one change.
    fn lock(&self) -> MutexGuard<'_, Events> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn give_up_oldest(waiting: &mut VecDeque<StationEvent>) {
    let passing =
        |e: &StationEvent| matches!(e.news, StationNews::Frame(_) | StationNews::Epoch(_));
    let oldest = waiting.iter().position(passing).unwrap_or(0);
    waiting.remove(oldest);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use tianshu_gnss::time::gps::GpsTime;

    use super::*;

    fn event(news: StationNews) -> StationEvent {
        let station = "TEST".parse().unwrap();
        StationEvent { station, arrived: GpsTime::from_nanos(0), news }
    }

    fn frame(number: u8) -> StationEvent {
        event(StationNews::Frame(Bytes::copy_from_slice(&[number])))
    }

    fn told(event: Option<StationEvent>) -> String {
        match event.map(|e| e.news) {
            Some(StationNews::Frame(bytes)) => format!("frame {}", bytes[0]),
            Some(StationNews::Up) => "up".to_owned(),
            other => format!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_full_queue_gives_up_its_oldest_frame_and_keeps_the_news_of_the_link() {
        let (sink, mut source) = event_queue(3);
        sink.offer(event(StationNews::Up));
        sink.offer(frame(1));
        sink.offer(frame(2));
        assert_eq!(sink.offer(frame(3)), Offered::DroppedOldest);
        assert_eq!(source.dropped(), 1);
        drop(sink);
        assert_eq!(told(source.next().await), "up");
        assert_eq!(told(source.next().await), "frame 2");
        assert_eq!(told(source.next().await), "frame 3");
        assert!(source.next().await.is_none(), "no sink is left");
    }

    #[tokio::test]
    async fn a_sender_waits_for_room_and_loses_nothing() {
        let (sink, mut source) = event_queue(2);
        let senders: Vec<_> = (0..4)
            .map(|_| {
                let sink = sink.clone();
                tokio::spawn(async move {
                    for n in 0..50 {
                        assert_eq!(sink.send(frame(n)).await, Offered::Kept);
                    }
                })
            })
            .collect();
        drop(sink);
        let mut count = 0;
        while source.next().await.is_some() {
            count += 1;
            tokio::task::yield_now().await;
        }
        assert_eq!((count, source.dropped()), (200, 0));
        for sender in senders {
            sender.await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_sender_is_told_when_the_reader_has_gone() {
        let (sink, source) = event_queue(1);
        sink.offer(frame(1));
        let waiting = [sink.clone(), sink.clone()]
            .map(|s| tokio::spawn(async move { s.send(frame(2)).await }));
        tokio::task::yield_now().await;
        drop(source);
        for sender in waiting {
            let answer = tokio::time::timeout(Duration::from_secs(5), sender).await;
            assert_eq!(answer.unwrap().unwrap(), Offered::NoReader);
        }
        assert_eq!(sink.offer(frame(3)), Offered::NoReader);
    }
}
