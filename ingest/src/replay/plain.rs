//! Replay of plain RTCM: its only times are those of its observations, so these set the pace and the stamps.

use std::path::Path;

use tianshu_gnss::event::{DownReason, StationNews};
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::uptime::Uptime;
use tianshu_rtcm::frame::{Found, Frame, FrameDecoder};
use tianshu_rtcm::message::decode;

use crate::clock::interval;
use crate::messages::{MessageDecoder, observation_time};
use crate::replay::{Door, END, Halt, Pieces, ReplayConfig, ReplayFault};

/// The plain files of one pass, as one stream.
pub(super) struct PlainStream {
    station: StationName,
    frames: FrameDecoder,
    messages: MessageDecoder,
    /// The time of the latest observation, which stamps what follows; first the approximate begin.
    arrived: GpsTime,
    /// The same on a time line that never goes back.
    now: Uptime,
}

impl PlainStream {
    pub(super) async fn begin(
        config: &ReplayConfig,
        path: &Path,
        door: &mut Door,
    ) -> Result<Self, Halt> {
        let not_described = || ReplayFault::NotDescribed { path: path.to_owned() };
        let station = config.station.clone().ok_or_else(not_described)?;
        let arrived = config.starts_near.ok_or_else(not_described)?;
        door.tell(&station, arrived, StationNews::Up).await?;
        let messages = MessageDecoder::new(config.epoch_wait);
        Ok(Self { station, frames: FrameDecoder::new(), messages, arrived, now: Uptime::START })
    }

    /// One more file of the stream. Its frames may have begun in the file before it.
    pub(super) async fn file(mut self, path: &Path, door: &mut Door) -> Result<Self, Halt> {
        let mut pieces = Pieces::open(path).await?;
        while let Some(piece) = pieces.next().await? {
            self.frames.push(piece);
            self.take_found(door).await?;
        }
        Ok(self)
    }

    pub(super) async fn end(mut self, door: &mut Door) -> Result<(), Halt> {
        self.frames.finish();
        self.take_found(door).await?;
        let heard = self.messages.finish(self.arrived);
        door.tell_all(&self.station, heard).await?;
        let news = StationNews::Down(DownReason::Closed(END.to_owned()));
        door.tell(&self.station, self.arrived, news).await
    }

    async fn take_found(&mut self, door: &mut Door) -> Result<(), Halt> {
        while let Some(found) = self.frames.next_found() {
            match found {
                Found::Frame(frame) => self.frame(frame, door).await?,
                Found::Noise(noise) => door.summary.noise_bytes += u64::from(noise.bytes),
            }
        }
        Ok(())
    }

    async fn frame(&mut self, frame: Frame, door: &mut Door) -> Result<(), Halt> {
        let message = decode(&frame);
        let observed = message.as_ref().ok().and_then(|m| observation_time(m, self.arrived));
        if let Some(t) = observed {
            self.advance(t, door).await?;
        }
        let heard = self.messages.take_decoded(frame, message, self.now, self.arrived);
        door.tell_all(&self.station, heard).await
    }

    /// Goes on to the moment of an observation; what falls due on the way is told at its time.
    async fn advance(&mut self, t: GpsTime, door: &mut Door) -> Result<(), Halt> {
        let ahead = (t - self.arrived).max(Interval::ZERO);
        let now = self.now + std::time::Duration::from_nanos(ahead.nanos().unsigned_abs());
        while let Some(due) = self.messages.deadline().filter(|&due| due <= now) {
            door.until(self.arrived + interval(due - self.now)).await?;
            let heard = self.messages.on_timer(due);
            door.tell_all(&self.station, heard).await?;
        }
        door.until(t).await?;
        (self.arrived, self.now) = (t, now);
        Ok(())
    }
}
