//! What a station's stream really contains, for the sourcetable: `rtcm`'s watch of messages, and the rate beside it.

use std::collections::BTreeMap;
use std::time::Duration;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::time::uptime::Uptime;
use tianshu_rtcm::content::ContentWatch;
use tianshu_rtcm::frame::Frame;

use crate::stations::marks::{FrameMark, mark};

/// The rate is told over the last so many seconds: two of the slowest intervals in use, 30 s.
pub const RATE_WINDOW: Duration = Duration::from_mins(1);

/// Bytes of a frame around its payload (RTCM 10403.3, section 4).
const HEADER_BYTES: usize = 3;
const CRC_BYTES: usize = 3;

/// Watches one stream. Told each frame and the time.
#[derive(Debug, Default)]
pub struct StreamContent {
    watch: ContentWatch,
    /// The numbers of observation messages that came; at most those that [`FrameMark`] knows.
    observed: Vec<u16>,
    /// The interval of epochs before the link came up again, until the new one is known.
    interval_before: Option<Duration>,
    rate: Rate,
}

#[derive(Debug, Default)]
struct Rate {
    since: Uptime,
    bytes: u64,
    last_bps: Option<u64>,
}

impl StreamContent {
    /// Takes a whole frame that came then.
    pub fn take(&mut self, frame: &[u8], now: Uptime) {
        self.rate.take(frame.len(), now);
        let payload = frame.get(HEADER_BYTES..frame.len().saturating_sub(CRC_BYTES));
        let Some(Ok(whole)) = payload.map(Frame::from_payload) else { return };
        if let (FrameMark::Observations { .. }, Some(number)) =
            (mark(frame), whole.message_number())
            && !self.observed.contains(&number)
        {
            self.observed.push(number);
        }
        self.watch.see(&whole, now);
    }

    /// The link came up anew: what comes may be something else. The interval is believed until the new one is known.
    pub fn restart(&mut self) {
        *self = Self { interval_before: self.observation_interval(), ..Self::default() };
    }

    /// `1005(10),1077(1)`: the messages with their intervals in seconds.
    pub fn format_details(&self) -> String {
        self.watch.format_details()
    }

    /// The same as numbers, each with its interval in seconds where that is known.
    pub fn messages(&self) -> BTreeMap<u16, Option<u64>> {
        self.watch.messages().collect()
    }

    /// The systems whose observations come.
    pub fn systems(&self) -> Vec<Constellation> {
        self.watch.systems().collect()
    }

    /// Carriers with phase, as the sourcetable counts them: 0 none, 1 one, 2 more.
    pub fn carriers(&self) -> u8 {
        self.watch.carrier().digit()
    }

    /// The shortest interval between epochs of observations of any system.
    pub fn observation_interval(&self) -> Option<Duration> {
        let observed = self.watch.messages().filter(|(number, _)| self.observed.contains(number));
        let shortest = observed.filter_map(|(_, seconds)| seconds).min();
        shortest.map(Duration::from_secs).or(self.interval_before)
    }

    /// Bits per second over the last whole window, or since the start.
    pub fn bits_per_second(&self, now: Uptime) -> Option<u32> {
        self.rate.bps(now).and_then(|bps| u32::try_from(bps).ok())
    }
}

impl Rate {
    fn take(&mut self, bytes: usize, now: Uptime) {
        if self.bytes == 0 && self.last_bps.is_none() {
            self.since = now;
        }
        if now - self.since >= RATE_WINDOW {
            self.last_bps = self.bps_since(now);
            (self.since, self.bytes) = (now, 0);
        }
        self.bytes += bytes as u64;
    }

    fn bps(&self, now: Uptime) -> Option<u64> {
        self.last_bps.or_else(|| self.bps_since(now))
    }

    /// Below a second there is no rate yet.
    fn bps_since(&self, now: Uptime) -> Option<u64> {
        let millis = u64::try_from((now - self.since).as_millis()).ok()?;
        (millis >= 1000).then(|| self.bytes * 8 * 1000 / millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Uptime {
        Uptime::from_start(Duration::from_millis(millis))
    }

    /// A frame of 94 bytes.
    fn frame(number: u16) -> Vec<u8> {
        let mut payload = vec![0_u8; 88];
        payload[..2].copy_from_slice(&(number << 4).to_be_bytes());
        Frame::from_payload(&payload).unwrap().as_bytes().to_vec()
    }

    #[test]
    fn intervals_and_rate_are_what_came() {
        let mut content = StreamContent::default();
        for second in 0..100_u64 {
            content.take(&frame(1074), at(second * 1000));
            if second % 10 == 0 {
                content.take(&frame(1005), at(second * 1000 + 4));
            }
        }
        assert_eq!(content.format_details(), "1005(10),1074(1)");
        assert_eq!(content.observation_interval(), Some(Duration::from_secs(1)));
        let bps = content.bits_per_second(at(99_100)).unwrap();
        assert!((800..=850).contains(&bps), "{bps}"); // 94 * 8 * 1.1
    }

    #[test]
    fn a_new_link_begins_anew_but_for_the_interval() {
        let mut content = StreamContent::default();
        content.take(&frame(1124), at(0));
        content.take(&frame(1124), at(15_000));
        content.restart();
        assert_eq!(content.format_details(), "");
        assert_eq!(content.observation_interval(), Some(Duration::from_secs(15)));
    }
}
