//! Lanes: rovers of a station's own stream that keep up are served past their sessions, many in one pass.
//!
//! A session's task that wakes for each delivery costs as much as the delivery itself: ten thousand tasks are more memory than a cache holds.
//! What a station's rovers get is the same bytes, so a few tasks per station (*shards*) write them to one socket after the other. A session
//! enters a lane when it has delivered everything there is, and sleeps meanwhile: it hears its peer, keeps the time and decides when the
//! session ends. A lane hands its rover back as soon as anything is not as usual: the socket took only a part, a frame is missing, the
//! batch is old. Then the session goes on where the lane stopped, with all the patience and the accounts that it has.
//!
//! Nothing is kept for a rover here: what its socket does not take at once is its session's business.

pub(crate) mod lane;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tianshu_gnss::station::StationName;
use tokio::runtime::Handle;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::yield_now;

use crate::delivery::Batch;
use crate::lanes::lane::{Lane, Offered, Outgoing};
use crate::locked::lock;
use crate::registry::Shared;
use crate::stations::Feed;

/// Sockets that are written to before other tasks have their turn: at some 5 µs for a write they wait a third of a millisecond.
const BETWEEN_TURNS: usize = 64;

/// The shards of all stations that have had a rover in a lane. There are no more of them than stations.
#[derive(Debug, Default)]
pub(crate) struct Lanes(Mutex<BTreeMap<StationName, Arc<Shards>>>);

/// One station's.
#[derive(Debug)]
struct Shards {
    all: Vec<Arc<Shard>>,
    next: AtomicUsize,
}

/// The rovers that one task writes to.
#[derive(Debug)]
struct Shard(Mutex<Door>);

/// Where rovers come in.
#[derive(Debug)]
struct Door {
    /// The number of the frame behind the last batch that the shard has taken.
    reached: u64,
    /// They take part from the next batch on. No more than there are sessions.
    entering: Vec<Arc<Lane>>,
}

/// Lets a rover into a lane of a station; not if the shard is ahead of it, since that would leave a gap.
pub(crate) fn enter(shared: &Arc<Shared>, feed: &Feed, lane: &Arc<Lane>) -> bool {
    let shards = {
        let mut all = lock(&shared.lanes.0);
        let known = all.get(feed.name()).cloned();
        known.unwrap_or_else(|| {
            let begun = Arc::new(Shards::begin(shared, feed));
            all.insert(feed.name().clone(), Arc::clone(&begun));
            begun
        })
    };
    let turn = shards.next.fetch_add(1, Ordering::Relaxed);
    let shard = turn.checked_rem(shards.all.len()).and_then(|place| shards.all.get(place));
    shard.is_some_and(|shard| shard.enter(lane))
}

impl Shards {
    /// As many as threads that could work on them.
    fn begin(shared: &Arc<Shared>, feed: &Feed) -> Self {
        let threads = NonZeroUsize::new(Handle::current().metrics().num_workers());
        let all = (0..threads.map_or(1, NonZeroUsize::get)).map(|_| {
            let (batches, reached) = feed.subscribe_for_lanes();
            let shard = Arc::new(Shard(Mutex::new(Door { reached, entering: Vec::new() })));
            tokio::spawn(serve(Arc::clone(&shard), batches, Arc::clone(shared)));
            shard
        });
        Self { all: all.collect(), next: AtomicUsize::new(0) }
    }
}

impl Shard {
    fn enter(&self, lane: &Arc<Lane>) -> bool {
        let mut door = lock(&self.0);
        let is_in_time = door.reached <= lane.tally().next_frame;
        if is_in_time {
            door.entering.push(Arc::clone(lane));
        }
        is_in_time
    }

    /// Takes in who waits at the door, up to that frame.
    fn take_in(&self, lanes: &mut Vec<Arc<Lane>>, reached: u64) {
        let mut door = lock(&self.0);
        door.reached = reached;
        lanes.append(&mut door.entering);
    }
}

/// A shard's task, until the caster stops.
async fn serve(shard: Arc<Shard>, mut batches: Receiver<Batch>, shared: Arc<Shared>) {
    let mut lanes = Vec::new();
    loop {
        let received = tokio::select! {
            () = shared.stopping.cancelled() => return,
            received = batches.recv() => received,
        };
        match received {
            Ok(batch) => {
                shard.take_in(&mut lanes, batch.next_frame());
                pass(&mut lanes, &batch, &shared).await;
            }
            // The next batch tells by its number that frames are missing.
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => {
                shard.take_in(&mut lanes, u64::MAX);
                for lane in &lanes {
                    lane.hand_back();
                }
                return;
            }
        }
    }
}

/// Writes a batch to all lanes; those that are over are left.
async fn pass(lanes: &mut Vec<Arc<Lane>>, batch: &Batch, shared: &Shared) {
    let mut outgoing = Outgoing::of(batch);
    let mut place = 0;
    while place < lanes.len() {
        let mut sent = 0;
        outgoing.is_stale = shared.clock.now() - batch.ready > shared.limits.backlog_age_max;
        for _ in 0..BETWEEN_TURNS {
            let Some(lane) = lanes.get(place) else { break };
            match lane.offer(&outgoing) {
                Offered::Sent => (sent, place) = (sent + 1, place + 1),
                Offered::Known => place += 1,
                Offered::Over => {
                    lanes.swap_remove(place);
                }
            }
        }
        shared.counters.bytes_sent.add(sent * batch.bytes.len() as u64);
        shared.counters.frames_sent.add(sent * u64::from(batch.frames));
        yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use tianshu_gnss::time::uptime::Uptime;
    use tokio::io::AsyncReadExt;
    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::{Duration, timeout};

    use super::*;

    /// No step of a test takes longer, on however loaded a machine.
    const PATIENCE: Duration = Duration::from_secs(20);

    fn batch(first_frame: u64, bytes: &'static [u8]) -> Batch {
        Batch {
            bytes: Bytes::from_static(bytes),
            frames: 1,
            first_frame,
            ready: Uptime::from_start(Duration::ZERO),
            boundary: None,
            epoch_open: false,
        }
    }

    /// A lane whose next frame is number 7, and the rover at its other end.
    async fn lane(is_chunked: bool) -> (Arc<Lane>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let rover = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (_, writer) = listener.accept().await.unwrap().0.into_split();
        (Lane::new(&Arc::new(writer), is_chunked, 7), rover)
    }

    async fn take(rover: &mut TcpStream, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        timeout(PATIENCE, rover.read_exact(&mut bytes)).await.unwrap().unwrap();
        bytes
    }

    #[tokio::test]
    async fn a_rover_gets_each_frame_once_and_in_its_own_form() {
        for (is_chunked, expected) in [(false, &b"abcdef"[..]), (true, b"3\r\nabc\r\n3\r\ndef\r\n")]
        {
            let (lane, mut rover) = lane(is_chunked).await;
            assert_eq!(lane.offer(&Outgoing::of(&batch(6, b"old"))), Offered::Known);
            assert_eq!(lane.offer(&Outgoing::of(&batch(7, b"abc"))), Offered::Sent);
            assert_eq!(lane.offer(&Outgoing::of(&batch(7, b"abc"))), Offered::Known);
            assert_eq!(lane.offer(&Outgoing::of(&batch(8, b"def"))), Offered::Sent);
            assert_eq!(take(&mut rover, expected.len()).await, expected);
            let left = lane.leave();
            assert_eq!((left.tally.bytes, left.tally.frames, left.tally.next_frame), (6, 2, 9));
            assert!(left.rest.is_none());
            assert_eq!(lane.offer(&Outgoing::of(&batch(9, b"ghi"))), Offered::Over);
        }
    }

    #[tokio::test]
    async fn a_gap_and_an_old_batch_are_the_sessions_business() {
        let (lane_with_gap, _rover) = lane(false).await;
        assert_eq!(lane_with_gap.offer(&Outgoing::of(&batch(8, b"abc"))), Offered::Over);
        timeout(PATIENCE, lane_with_gap.handed_back()).await.unwrap();
        assert_eq!(lane_with_gap.leave().tally.next_frame, 7);
        let (late, _rover) = lane(false).await;
        let mut outgoing = Outgoing::of(&batch(7, b"abc"));
        outgoing.is_stale = true;
        assert_eq!(late.offer(&outgoing), Offered::Over);
        timeout(PATIENCE, late.handed_back()).await.unwrap();
        assert_eq!(late.leave().tally.next_frame, 7);
    }

    #[tokio::test]
    async fn a_rover_that_does_not_keep_up_is_handed_back_with_the_rest_of_its_frame() {
        let (lane, mut rover) = lane(false).await;
        let large: &'static [u8] = vec![7; 1 << 20].leak();
        let mut whole = 0;
        while lane.offer(&Outgoing::of(&batch(7 + whole, large))) == Offered::Sent {
            whole += 1;
        }
        timeout(PATIENCE, lane.handed_back()).await.unwrap();
        let left = lane.leave();
        let rest = left.rest.as_ref().map_or(0, |rest| rest.framed.len());
        assert!(rest < large.len());
        let begun = u64::from(left.rest.is_some());
        assert_eq!((left.tally.frames, left.tally.next_frame), (whole, 7 + whole + begun));
        // What is not in the rest is on its way.
        let whole = usize::try_from(whole + begun).unwrap();
        assert!(take(&mut rover, whole * large.len() - rest).await.iter().all(|byte| *byte == 7));
    }

    #[test]
    fn nobody_comes_in_behind_a_batch_that_it_does_not_have() {
        let shard = Shard(Mutex::new(Door { reached: 8, entering: Vec::new() }));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (lane, _rover) = runtime.block_on(lane(false));
        assert!(!shard.enter(&lane), "frame 7 has been written already");
        let shard = Shard(Mutex::new(Door { reached: 7, entering: Vec::new() }));
        assert!(shard.enter(&lane));
        let mut lanes = Vec::new();
        shard.take_in(&mut lanes, 8);
        assert_eq!((lanes.len(), lock(&shard.0).entering.len()), (1, 0));
    }
}
