//! A delivery: whole frames that leave together, shared by all rovers that get them.

use bytes::Bytes;
use tianshu_gnss::time::uptime::Uptime;

/// Whole frames that go to a rover in one write. Cloning shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The frames, one behind the other, never a part of one.
    pub bytes: Bytes,
    /// How many they are.
    pub frames: u32,
    /// How many frames of this stream were dropped since the delivery before, because this rover was too slow.
    pub dropped_before: u64,
    /// When the first of them was ready to leave.
    pub ready: Uptime,
}

/// What one station sent since its last batch, with the marks that a change of station needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The frames, one behind the other.
    pub bytes: Bytes,
    /// How many they are.
    pub frames: u32,
    /// The number of the first of them, counted from the station's first frame here.
    pub first_frame: u64,
    /// When the batch was ready to leave.
    pub ready: Uptime,
    /// Where the first frame begins before which no epoch is open, in bytes from the start of the batch.
    pub boundary: Option<Boundary>,
    /// Whether an epoch is unfinished behind the last frame.
    pub epoch_open: bool,
}

/// A place between two frames at which no epoch is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Boundary {
    /// Bytes of the batch before it.
    pub offset: usize,
    /// Frames of the batch before it.
    pub frames_before: u32,
}

impl Batch {
    /// The whole batch for a rover that has got all frames below `next_frame`.
    pub fn deliver(&self, next_frame: u64) -> Delivery {
        Delivery {
            bytes: self.bytes.clone(),
            frames: self.frames,
            dropped_before: self.first_frame.saturating_sub(next_frame),
            ready: self.ready,
        }
    }

    /// The part that ends an open epoch, where a new one begins in the same batch; else the whole batch.
    #[must_use]
    pub fn up_to_boundary(self) -> Self {
        match self.boundary {
            Some(at) if at.offset > 0 && self.epoch_open => Self {
                bytes: self.bytes.slice(..at.offset),
                frames: at.frames_before,
                epoch_open: false,
                ..self
            },
            _ => self,
        }
    }

    /// The number that the frame behind this batch will have.
    pub fn next_frame(&self) -> u64 {
        self.first_frame + u64::from(self.frames)
    }
}
