//! One rover's lane: its socket while it keeps up, and what went through it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tianshu_ntrip::chunked::encode_chunk;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::delivery::Batch;

/// A rover that is served past its session.
#[derive(Debug)]
pub(crate) struct Lane {
    is_chunked: bool,
    state: Mutex<State>,
    /// Told when the session is to go on itself.
    back: Notify,
}

#[derive(Debug)]
struct State {
    /// None when the lane is over: then it holds no socket open.
    writer: Option<Arc<OwnedWriteHalf>>,
    tally: Tally,
    rest: Option<Rest>,
}

/// What went through a lane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tally {
    /// Bytes of frames that the socket took.
    pub(crate) bytes: u64,
    /// Frames that it took.
    pub(crate) frames: u64,
    /// The number of the frame that comes next.
    pub(crate) next_frame: u64,
    /// When the last ones left; before any, when the lane began.
    pub(crate) last: Instant,
}

/// What a socket did not take of a batch, of which it took the beginning.
#[derive(Clone, Debug)]
pub(crate) struct Rest {
    /// What is still to be written, as it goes out.
    pub(crate) framed: Bytes,
    /// Bytes of the whole batch's frames.
    pub(crate) bytes: u64,
    /// How many they are.
    pub(crate) frames: u64,
}

/// What a session finds when it leaves its lane.
#[derive(Debug)]
pub(crate) struct Left {
    /// What went through it.
    pub(crate) tally: Tally,
    /// What has to be written before anything else; its frames are not in the tally, but before its next one.
    pub(crate) rest: Option<Rest>,
}

/// A batch as it goes out.
pub(crate) struct Outgoing {
    plain: Bytes,
    chunk: Bytes,
    frames: u64,
    first_frame: u64,
    next_frame: u64,
    /// Whether it has become too old for anybody.
    pub(crate) is_stale: bool,
}

/// What came of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offered {
    /// The socket took all of it.
    Sent,
    /// The rover had it already.
    Known,
    /// The lane is over: the rover was handed back, or its session has left.
    Over,
}

impl Outgoing {
    /// A batch that is fresh.
    pub(crate) fn of(batch: &Batch) -> Self {
        Self {
            plain: batch.bytes.clone(),
            chunk: Bytes::from(encode_chunk(&batch.bytes)),
            frames: u64::from(batch.frames),
            first_frame: batch.first_frame,
            next_frame: batch.next_frame(),
            is_stale: false,
        }
    }
}

impl Lane {
    /// A lane to that socket, from that frame on.
    pub(crate) fn new(
        writer: &Arc<OwnedWriteHalf>,
        is_chunked: bool,
        next_frame: u64,
    ) -> Arc<Self> {
        let tally = Tally { bytes: 0, frames: 0, next_frame, last: Instant::now() };
        let state = State { writer: Some(Arc::clone(writer)), tally, rest: None };
        Arc::new(Self { is_chunked, state: Mutex::new(state), back: Notify::new() })
    }

    /// Writes a batch, if it is the next one and the socket takes it at once. Whatever else is the case hands the rover back.
    pub(crate) fn offer(&self, batch: &Outgoing) -> Offered {
        let mut state = self.lock();
        let Some(writer) = &state.writer else { return Offered::Over };
        if batch.next_frame <= state.tally.next_frame {
            return Offered::Known;
        }
        let framed = if self.is_chunked { &batch.chunk } else { &batch.plain };
        let is_next = batch.first_frame == state.tally.next_frame && !batch.is_stale;
        // A broken socket tells its error to the session as well.
        let taken = if is_next { writer.try_write(framed).unwrap_or(0) } else { 0 };
        if taken > 0 {
            state.tally.next_frame = batch.next_frame;
        }
        let bytes = batch.plain.len() as u64;
        if taken == framed.len() {
            state.tally.bytes += bytes;
            state.tally.frames += batch.frames;
            state.tally.last = Instant::now();
            return Offered::Sent;
        }
        if taken > 0 {
            state.rest = Some(Rest { framed: framed.slice(taken..), bytes, frames: batch.frames });
        }
        state.writer = None;
        self.back.notify_one();
        Offered::Over
    }

    /// Ends the lane from the shard's side.
    pub(crate) fn hand_back(&self) {
        self.lock().writer = None;
        self.back.notify_one();
    }

    /// Waits until the rover is handed back.
    pub(crate) async fn handed_back(&self) {
        self.back.notified().await;
    }

    /// Ends the lane from the session's side: nothing is written to its socket any more.
    pub(crate) fn leave(&self) -> Left {
        let mut state = self.lock();
        state.writer = None;
        Left { tally: state.tally, rest: state.rest.take() }
    }

    /// What went through it so far.
    pub(crate) fn tally(&self) -> Tally {
        self.lock().tally
    }

    /// A lock whose holder panicked is still consistent: a batch is written or it is not.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
