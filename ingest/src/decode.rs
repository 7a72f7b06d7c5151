//! From bytes to news: the frames in a stream, and the time limits of what is incomplete.
//!
//! Nothing here reads a clock: `now` drives the time limits, `arrived` stamps the news. An epoch that is
//! closed by its time limit is stamped with the moment at which it fell due, not with the moment at which a
//! timer happened to fire, so that a recording gives the same news as the live stream did.

use std::collections::BTreeMap;
use std::time::Duration;

use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::uptime::Uptime;
use tianshu_rtcm::frame::{FindingCounts, Found, FrameDecoder};

use crate::clock::interval;
use crate::messages::{Heard, MessageDecoder, Unusable};

/// For how long a frame may stop short before its start is taken for a false one. Only a stream that has gone
/// quiet waits for it, as any further bytes settle the matter; a lost TCP segment comes again within a second
/// or two, and a frame given up too early is lost.
pub const STALL_MAX: Duration = Duration::from_secs(3);

/// Turns one station's bytes into news.
#[derive(Debug)]
pub struct StreamDecoder {
    frames: FrameDecoder,
    messages: MessageDecoder,
    counts: FindingCounts,
    /// When the last bytes came, on both time lines.
    last_bytes: Option<(Uptime, GpsTime)>,
}

impl StreamDecoder {
    /// A decoder at the start of a stream; an epoch that is not complete after `epoch_wait` is closed.
    pub fn new(epoch_wait: Duration) -> Self {
        Self {
            frames: FrameDecoder::new(),
            messages: MessageDecoder::new(epoch_wait),
            counts: FindingCounts::default(),
            last_bytes: None,
        }
    }

    /// Takes the next bytes, cut anywhere.
    pub fn push(&mut self, bytes: &[u8], now: Uptime, arrived: GpsTime) -> Vec<Heard> {
        let mut heard = self.on_timer(now);
        self.last_bytes = Some((now, arrived));
        self.frames.push(bytes);
        self.take_found(now, arrived, &mut heard);
        heard
    }

    /// When [`Self::on_timer`] has something to do, if nothing comes before.
    pub fn deadline(&self) -> Option<Uptime> {
        let stalled = self.stalls_at().map(|(at, _)| at);
        [stalled, self.messages.deadline()].into_iter().flatten().min()
    }

    /// Closes what has waited for too long.
    pub fn on_timer(&mut self, now: Uptime) -> Vec<Heard> {
        let mut heard = Vec::new();
        if let Some((due, stamp)) = self.stalls_at()
            && due <= now
        {
            heard.extend(self.messages.on_timer(due));
            // Behind a false start there may be another one; all of them are as old as the last byte.
            while self.frames.missing_bytes().is_some() {
                self.frames.flush_stalled();
                self.take_found(due, stamp, &mut heard);
            }
        }
        heard.extend(self.messages.on_timer(now));
        heard
    }

    /// Says that the stream has ended, and gives what was still held back.
    pub fn finish(&mut self, now: Uptime, arrived: GpsTime) -> Vec<Heard> {
        let mut heard = self.on_timer(now);
        self.frames.finish();
        self.take_found(now, arrived, &mut heard);
        heard.extend(self.messages.finish(arrived));
        self.last_bytes = None;
        heard
    }

    /// What was found in the stream so far.
    pub fn counts(&self) -> FindingCounts {
        self.counts
    }

    /// Whole frames that could not be used, by kind.
    pub fn unusable(&self) -> &BTreeMap<Unusable, u64> {
        self.messages.unusable()
    }

    fn take_found(&mut self, now: Uptime, arrived: GpsTime, heard: &mut Vec<Heard>) {
        while let Some(found) = self.frames.next_found() {
            self.counts.add(&found);
            if let Found::Frame(frame) = found {
                heard.extend(self.messages.take(frame, now, arrived));
            }
        }
    }

    /// When the frame that seems to have begun is given up, on both time lines.
    fn stalls_at(&self) -> Option<(Uptime, GpsTime)> {
        let (now, arrived) = self.last_bytes?;
        self.frames.missing_bytes()?;
        Some((now + STALL_MAX, arrived + interval(STALL_MAX)))
    }
}
