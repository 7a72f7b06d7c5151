//! A station played by the load generator: one frame at a time, stamped with the moment at which it is sent.
//!
//! With it the delivery latency is exactly the server's, from the station's write to the rover's receipt, and a bench
//! needs no recording.

use std::time::Duration;

use anyhow::Context;
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_ingest::clock::{Clock, SystemClock};
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::msm::header::{MsmLevel, msm_number};
use tianshu_rtcm::time::tow_ms;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::load::plan::FeedPlan;

/// How long the caster's station link may take to come. A link that was refused while nobody listened tries again
/// within two minutes.
const LINK_MAX: Duration = Duration::from_secs(150);
/// How long the caster is fed before the first rover asks: until it has heard the station, it has no such mountpoint.
pub(crate) const FED_BEFORE: Duration = Duration::from_secs(1);
/// A link that takes nothing for so long is let go.
const SLOW_LINK_MAX: Duration = Duration::from_secs(5);
/// DF003 of the frames.
const STATION_ID: u64 = 2121;
/// What makes rounding to milliseconds rounding down: an epoch in the future could not be timed.
const HALF_MILLISECOND: Interval = Interval::from_nanos(500_000);
/// Bytes of a frame beside its payload: three of head, three of checksum.
const FRAMING_BYTES: usize = 6;

/// A station with at least one link.
#[derive(Debug)]
pub(crate) struct Feed {
    plan: FeedPlan,
    listener: TcpListener,
    links: Vec<TcpStream>,
}

impl Feed {
    /// Opens the port and waits for the first link.
    pub(crate) async fn open(plan: FeedPlan) -> anyhow::Result<Self> {
        let address = plan.address;
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen at {address}"))?;
        let (first, _) = timeout(LINK_MAX, listener.accept()).await.with_context(|| {
            format!(
                "no station link came to {address} within {} s: configure one with link = \"tcp\"",
                LINK_MAX.as_secs()
            )
        })??;
        Ok(Self { plan, listener, links: vec![first] })
    }

    /// Sends until it is dropped.
    pub(crate) async fn run(mut self) {
        let clock = SystemClock::start();
        let mut ticks = interval(self.plan.interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                _ = ticks.tick() => self.send(&frame(clock.gps(), self.plan.frame_bytes)).await,
                Ok((link, _)) = self.listener.accept() => self.links.push(link),
            }
        }
    }

    async fn send(&mut self, frame: &[u8]) {
        let mut kept = Vec::with_capacity(self.links.len());
        for mut link in self.links.drain(..) {
            if let Ok(Ok(())) = timeout(SLOW_LINK_MAX, link.write_all(frame)).await {
                kept.push(link);
            }
        }
        self.links = kept;
    }
}

/// An MSM7 of GPS without satellites, filled up to that many bytes on the wire.
fn frame(now: GpsTime, bytes: usize) -> Vec<u8> {
    let number = u64::from(msm_number(Constellation::Gps, MsmLevel::Msm7));
    let head = number << 52 | STATION_ID << 40 | u64::from(tow_ms(now - HALF_MILLISECOND)) << 10;
    let mut payload = vec![0; bytes.saturating_sub(FRAMING_BYTES)];
    for (place, byte) in payload.iter_mut().zip(head.to_be_bytes()) {
        *place = byte;
    }
    Frame::from_payload(&payload).expect("the plan bounds the frame").as_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use tianshu_rtcm::frame::{Found, FrameDecoder};

    use super::*;
    use crate::load::epoch_stamp::epoch_of;

    #[test]
    fn a_frame_has_its_length_and_tells_its_moment() {
        let now = GpsTime::from_week(2446, Interval::from_millis(86_400_125));
        let bytes = frame(now, 1000);
        assert_eq!(bytes.len(), 1000);
        let mut decoder = FrameDecoder::new();
        decoder.push(&bytes);
        let Some(Found::Frame(frame)) = decoder.next_found() else { panic!("no frame") };
        assert_eq!((epoch_of(&frame, now), frame.station_id()), (Some(now), Some(2121)));
    }
}
