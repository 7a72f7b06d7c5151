//! What a stream contains, learned by watching it: what a generated sourcetable says of a mountpoint.
//!
//! Intervals are told in whole seconds, as `format-details` wants them. They are the lower quartile of the
//! last spans between two messages of a number, so that neither jitter of the network nor gaps change them
//! (a gap makes one span longer, never the others shorter).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::station::{Antenna, Receiver, ReferencePoint};
use tianshu_gnss::time::uptime::Uptime;

use crate::frame::Frame;
use crate::message::{Message, decode};
use crate::msm::message::Msm;
use crate::msm::signal_ids::signal_of_id;

/// The most message numbers kept apart. The standard has about 150 and a stream sends 30; what comes above
/// is not listed.
pub const NUMBERS_MAX: usize = 64;
/// How many spans between messages are kept per number: enough for a quartile to outvote three gaps.
const SPANS_KEPT: usize = 16;
/// Messages closer than this belong to one epoch or one burst (MSM split over frames, ephemerides of many
/// satellites), and are one occurrence. 50 Hz is the fastest that receivers send.
const BURST: Duration = Duration::from_millis(15);

/// The carriers that a stream's observations cover, as the sourcetable's `carrier` field counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum CarrierLevel {
    /// 0: no carrier phase.
    #[default]
    None,
    /// 1: one band, L1.
    Single,
    /// 2: two bands or more.
    Multi,
}

impl CarrierLevel {
    /// The digit of the sourcetable.
    pub fn digit(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Single => 1,
            Self::Multi => 2,
        }
    }
}

/// Watches one stream.
#[derive(Clone, Debug, Default)]
pub struct ContentWatch {
    numbers: BTreeMap<u16, Rhythm>,
    /// Which systems were observed, in the order of [`Constellation::ALL`], and how well.
    systems: BTreeMap<Constellation, CarrierLevel>,
    station_id: Option<u16>,
    reference_point: Option<ReferencePoint>,
    antenna: Option<Antenna>,
    receiver: Option<Receiver>,
}

/// When messages of one number came.
#[derive(Clone, Debug)]
struct Rhythm {
    last: Uptime,
    /// The last spans between two occurrences, oldest first.
    spans: Vec<Duration>,
}

/// Message numbers and their intervals in seconds, as the sourcetable's `format-details` states them.
pub fn format_details(messages: impl IntoIterator<Item = (u16, Option<u64>)>) -> String {
    let mut details = String::new();
    for (number, interval_s) in messages {
        if !details.is_empty() {
            details.push(',');
        }
        let written = match interval_s {
            Some(interval_s) => write!(details, "{number}({interval_s})"),
            None => write!(details, "{number}"),
        };
        written.expect("writing to a string cannot fail");
    }
    details
}

impl ContentWatch {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes note of a frame that came now.
    pub fn see(&mut self, frame: &Frame, now: Uptime) {
        let Some(number) = frame.message_number() else { return };
        self.beat(number, now);
        if let Some(station_id) = frame.station_id() {
            self.station_id = Some(station_id);
        }
        match decode(frame) {
            Ok(Message::Msm(msm)) => self.see_msm(&msm),
            Ok(Message::Legacy(message)) => {
                let dual = matches!(message.number(), 1003 | 1004 | 1011 | 1012);
                let level = if dual { CarrierLevel::Multi } else { CarrierLevel::Single };
                if message.satellite_count() > 0 {
                    self.raise(message.constellation(), level);
                }
            }
            Ok(Message::ReferencePoint(message)) => self.reference_point = Some(message.point),
            Ok(Message::Equipment(message)) => {
                self.antenna = Some(message.antenna);
                self.receiver = message.receiver.or_else(|| self.receiver.take());
            }
            Ok(_) | Err(_) => {}
        }
    }

    /// The message numbers seen, with their intervals in whole seconds; none while one came only once.
    pub fn messages(&self) -> impl Iterator<Item = (u16, Option<u64>)> {
        self.numbers.iter().map(|(&number, rhythm)| (number, rhythm.interval_s()))
    }

    /// The sourcetable's `format-details`: `1006(10),1077(1)`; a number without an interval stands alone.
    pub fn format_details(&self) -> String {
        format_details(self.messages())
    }

    /// The systems of which observations were seen, in order.
    pub fn systems(&self) -> impl Iterator<Item = Constellation> {
        self.systems.keys().copied()
    }

    /// The carriers that the best-observed system is told on.
    pub fn carrier(&self) -> CarrierLevel {
        self.systems.values().copied().max().unwrap_or_default()
    }

    /// The station ID that the stream told last.
    pub fn station_id(&self) -> Option<u16> {
        self.station_id
    }

    /// The antenna reference point that the stream told last.
    pub fn reference_point(&self) -> Option<&ReferencePoint> {
        self.reference_point.as_ref()
    }

    /// The antenna that the stream named last.
    pub fn antenna(&self) -> Option<&Antenna> {
        self.antenna.as_ref()
    }

    /// The receiver that the stream named last.
    pub fn receiver(&self) -> Option<&Receiver> {
        self.receiver.as_ref()
    }

    fn beat(&mut self, number: u16, now: Uptime) {
        if let Some(rhythm) = self.numbers.get_mut(&number) {
            rhythm.beat(now);
        } else if self.numbers.len() < NUMBERS_MAX {
            self.numbers.insert(number, Rhythm { last: now, spans: Vec::new() });
        }
    }

    fn see_msm(&mut self, msm: &Msm) {
        let constellation = msm.header.constellation;
        let mut bands: Vec<char> = msm
            .cells
            .iter()
            .filter(|cell| cell.fine_phase.is_some())
            .filter_map(|cell| signal_of_id(constellation, cell.signal_id))
            .map(tianshu_gnss::signal::Signal::band)
            .collect();
        bands.sort_unstable();
        bands.dedup();
        let level = match bands.len() {
            0 => CarrierLevel::None,
            1 => CarrierLevel::Single,
            _ => CarrierLevel::Multi,
        };
        if !msm.cells.is_empty() {
            self.raise(constellation, level);
        }
    }

    fn raise(&mut self, constellation: Constellation, level: CarrierLevel) {
        let known = self.systems.entry(constellation).or_default();
        *known = level.max(*known);
    }
}

impl Rhythm {
    fn beat(&mut self, now: Uptime) {
        let span = now - self.last;
        if span < BURST {
            return;
        }
        self.last = now;
        if self.spans.len() == SPANS_KEPT {
            self.spans.remove(0);
        }
        self.spans.push(span);
    }

    /// Whole seconds, at least one: the sourcetable has no fractions, and 0 would read as "never".
    fn interval_s(&self) -> Option<u64> {
        let mut sorted = self.spans.clone();
        sorted.sort_unstable();
        let quartile = sorted.get(sorted.len() / 4)?;
        Some(((quartile.as_millis() + 500) / 1000).max(1)).and_then(|s| u64::try_from(s).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frame;

    fn at(millis: u64) -> Uptime {
        Uptime::from_start(Duration::from_millis(millis))
    }

    fn frame(number: u16) -> Frame {
        Frame::from_payload(&(number << 4).to_be_bytes()).unwrap()
    }

    #[test]
    fn intervals_survive_jitter_and_gaps() {
        let mut watch = ContentWatch::new();
        let jitter = [0, 180, 40, 310, 90, 260, 10];
        for (second, late) in (0..40_u64).zip(jitter.into_iter().cycle()) {
            // Two outages, of ten and of five seconds.
            if (12..22).contains(&second) || (30..35).contains(&second) {
                continue;
            }
            watch.see(&frame(1077), at(second * 1000 + late));
            // The second half of a split epoch.
            watch.see(&frame(1077), at(second * 1000 + late + 2));
            if second % 10 == 0 {
                watch.see(&frame(1006), at(second * 1000 + late));
            }
        }
        watch.see(&frame(1033), at(500));
        assert_eq!(watch.format_details(), "1006(10),1033,1077(1)");
    }

    #[test]
    fn a_fast_stream_is_told_as_one_second() {
        let mut watch = ContentWatch::new();
        (0..50).for_each(|i| watch.see(&frame(1074), at(i * 100)));
        assert_eq!(watch.format_details(), "1074(1)");
    }

    #[test]
    fn numbers_are_bounded() {
        let mut watch = ContentWatch::new();
        (0..4096).for_each(|number| watch.see(&frame(number), at(u64::from(number))));
        assert_eq!(watch.messages().count(), NUMBERS_MAX);
    }

    #[test]
    fn what_the_station_says_of_itself_is_kept() {
        let mut watch = ContentWatch::new();
        // The example of RTCM 10403, section 4.2.
        let payload = [
            0x3E, 0xD7, 0xD3, 0x02, 0x02, 0x98, 0x0E, 0xDE, 0xEF, 0x34, 0xB4, 0xBD, 0x62, 0xAC,
            0x09, 0x41, 0x98, 0x6F, 0x33,
        ];
        watch.see(&Frame::from_payload(&payload).unwrap(), at(0));
        assert_eq!(watch.station_id(), Some(2003));
        assert!(watch.reference_point().is_some_and(|p| p.place.radius_m() > 6.3e6));
        assert_eq!((watch.carrier(), watch.systems().count()), (CarrierLevel::None, 0));
    }
}
