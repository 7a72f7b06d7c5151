//! From frames to news: the frame itself, then what its message says, then the epoch that it completes.
//!
//! A stream belongs to one station. Where several reference station IDs come in one stream, the observations of
//! the ID heard first are followed and those of the others are counted: mixed together they would be an epoch
//! that no receiver measured.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use tianshu_gnss::event::StationNews;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::uptime::Uptime;
use tianshu_rtcm::epoch::{Assembled, EpochAssembler, PartialEpoch};
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::glonass_channels::GlonassChannels;
use tianshu_rtcm::message::station::EquipmentMessage;
use tianshu_rtcm::message::{Corrupt, Message, decode};
use tianshu_rtcm::msm::observation::partial_epoch;
use tianshu_rtcm::time::resolve_msm;

use crate::clock::interval;

/// A reference station ID without observations for three of its intervals, within these bounds, is no longer followed if another one
/// goes on: the operator has changed it, or a caster serves from another station. The longest is three of the slowest usual interval.
pub const FOLLOWED_SILENCE_MAX: RangeInclusive<Duration> =
    Duration::from_secs(3)..=Duration::from_secs(90);

/// The other ID has to tell so many epochs meanwhile: where a stream of two stations stops and comes again, both come again.
const OTHER_EPOCHS_MIN: u32 = 3;

/// Messages of one epoch come within this time of each other.
const EPOCH_PAUSE: Duration = Duration::from_millis(100);

/// News with the stamp that it shall bear.
#[derive(Clone, Debug)]
pub struct Heard {
    /// When it arrived.
    pub arrived: GpsTime,
    /// What it is.
    pub news: StationNews,
}

/// Why a whole frame could not be used beyond being passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unusable {
    /// The message does not say what its number promises.
    Corrupt,
    /// The time of the observations is out of its field's range.
    EpochTime,
    /// An ephemeris of a satellite or week that does not exist.
    Ephemeris,
    /// Observations of another reference station ID than the one that is followed.
    OtherStation,
}

/// Turns whole frames into news.
#[derive(Debug)]
pub struct MessageDecoder {
    epoch_wait: Duration,
    assembler: EpochAssembler,
    channels: GlonassChannels,
    open: Option<Open>,
    followed: Option<Followed>,
    unusable: BTreeMap<Unusable, u64>,
}

/// The station ID whose observations are used.
#[derive(Clone, Copy, Debug)]
struct Followed {
    id: u16,
    last: Uptime,
    interval: Option<Duration>,
    /// Epochs that another ID has told since, and the moment of the last.
    others: u32,
    other_time: Option<GpsTime>,
}

/// The epoch that is being put together.
#[derive(Clone, Copy, Debug)]
struct Open {
    time: GpsTime,
    /// When it is closed although it is not complete, on both time lines.
    due: Uptime,
    stamp: GpsTime,
}

impl MessageDecoder {
    /// A decoder at the start of a stream; an epoch that is not complete after `epoch_wait` is closed.
    pub fn new(epoch_wait: Duration) -> Self {
        Self {
            epoch_wait,
            assembler: EpochAssembler::new(),
            channels: GlonassChannels::new(),
            open: None,
            followed: None,
            unusable: BTreeMap::new(),
        }
    }

    /// What one frame says. Epochs that fell due before it must have been closed by [`Self::on_timer`].
    pub fn take(&mut self, frame: Frame, now: Uptime, arrived: GpsTime) -> Vec<Heard> {
        let message = decode(&frame);
        self.take_decoded(frame, message, now, arrived)
    }

    /// As [`Self::take`], for a caller that has looked at the message already.
    pub fn take_decoded(
        &mut self,
        frame: Frame,
        message: Result<Message, Corrupt>,
        now: Uptime,
        arrived: GpsTime,
    ) -> Vec<Heard> {
        let mut news = vec![StationNews::Frame(frame.into_bytes())];
        match message {
            Err(_) => self.note(Unusable::Corrupt),
            Ok(Message::Msm(msm)) => {
                let partial = partial_epoch(arrived, &mut self.channels, &msm);
                news.extend(self.observed(partial, now, arrived));
            }
            Ok(Message::Legacy(legacy)) => {
                let partial = legacy.partial_epoch(arrived, &mut self.channels);
                news.extend(self.observed(partial, now, arrived));
            }
            Ok(Message::ReferencePoint(told)) => news.push(StationNews::ReferencePoint(told.point)),
            Ok(Message::Equipment(told)) => news.extend(equipment(told)),
            Ok(Message::GlonassBias(told)) => news.push(StationNews::GlonassBiases(told.to_add())),
            Ok(Message::Ephemeris(told)) => match told.resolve(arrived) {
                Ok(ephemeris) => news.push(StationNews::Ephemeris(Arc::new(ephemeris))),
                Err(_) => self.note(Unusable::Ephemeris),
            },
            Ok(
                Message::SystemParameters(_)
                | Message::Text(_)
                | Message::Residuals(_)
                | Message::PhysicalStation(_)
                | Message::AuxiliaryStation(_)
                | Message::CorrectionDifferences(_)
                | Message::Gradients(_)
                | Message::Other { .. },
            ) => {}
        }
        news.into_iter().map(|news| Heard { arrived, news }).collect()
    }

    /// When an epoch is closed although it is not complete.
    pub fn deadline(&self) -> Option<Uptime> {
        self.open.map(|open| open.due)
    }

    /// Closes an epoch that has waited for too long.
    pub fn on_timer(&mut self, now: Uptime) -> Vec<Heard> {
        match self.open {
            Some(open) if open.due <= now => self.close_all(open.stamp),
            _ => Vec::new(),
        }
    }

    /// Closes the epoch that is still open, as the stream has ended. What follows is a new stream.
    pub fn finish(&mut self, arrived: GpsTime) -> Vec<Heard> {
        let heard = self.close_all(arrived);
        self.assembler = EpochAssembler::new();
        self.followed = None;
        heard
    }

    /// Whole frames that could not be used, by kind.
    pub fn unusable(&self) -> &BTreeMap<Unusable, u64> {
        &self.unusable
    }

    fn observed(
        &mut self,
        partial: Option<PartialEpoch>,
        now: Uptime,
        arrived: GpsTime,
    ) -> Vec<StationNews> {
        let Some(partial) = partial else {
            self.note(Unusable::EpochTime);
            return Vec::new();
        };
        if !self.follows(partial.station_id, partial.time, now) {
            self.note(Unusable::OtherStation);
            return Vec::new();
        }
        let closed = self.assembler.push(partial);
        let open = self.assembler.oldest_open();
        if open != self.open.map(|open| open.time) {
            let (due, stamp) = (now + self.epoch_wait, arrived + interval(self.epoch_wait));
            self.open = open.map(|time| Open { time, due, stamp });
        }
        closed.into_iter().map(epoch).collect()
    }

    fn follows(&mut self, id: u16, time: GpsTime, now: Uptime) -> bool {
        let fresh = Followed { id, last: now, interval: None, others: 0, other_time: None };
        let followed = self.followed.get_or_insert(fresh);
        if followed.id == id {
            let pause = now - followed.last;
            let interval = Some(pause).filter(|p| *p > EPOCH_PAUSE).or(followed.interval);
            *followed = Followed { interval, ..fresh };
            return true;
        }
        if followed.other_time != Some(time) {
            followed.other_time = Some(time);
            followed.others += 1;
        }
        let (shortest, longest) = (*FOLLOWED_SILENCE_MAX.start(), *FOLLOWED_SILENCE_MAX.end());
        let silence = followed.interval.map_or(longest, |i| (3 * i).clamp(shortest, longest));
        let is_left = now - followed.last > silence && followed.others >= OTHER_EPOCHS_MIN;
        if is_left {
            *followed = fresh;
        }
        is_left
    }

    fn close_all(&mut self, arrived: GpsTime) -> Vec<Heard> {
        let Some(open) = self.open.take() else { return Vec::new() };
        let closed = self.assembler.expire(open.time);
        closed.into_iter().map(|a| Heard { arrived, news: epoch(a) }).collect()
    }

    fn note(&mut self, kind: Unusable) {
        *self.unusable.entry(kind).or_default() += 1;
    }
}

/// The moment of the observations that a message tells, made whole near an approximate time; absent for
/// messages without observations.
pub fn observation_time(message: &Message, near: GpsTime) -> Option<GpsTime> {
    match message {
        Message::Msm(msm) => resolve_msm(near, &msm.header),
        Message::Legacy(legacy) => {
            legacy.partial_epoch(near, &mut GlonassChannels::new()).map(|partial| partial.time)
        }
        _ => None,
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Corrupt => "corrupt message in a whole frame",
            Self::EpochTime => "observation time out of range",
            Self::Ephemeris => "ephemeris of no known satellite or week",
            Self::OtherStation => "observations of another station ID",
        })
    }
}

fn epoch(assembled: Assembled) -> StationNews {
    StationNews::Epoch(Arc::new(assembled.epoch))
}

fn equipment(told: EquipmentMessage) -> impl Iterator<Item = StationNews> {
    let receiver = told.receiver.map(|receiver| StationNews::Receiver(Arc::new(receiver)));
    std::iter::once(StationNews::Antenna(Arc::new(told.antenna))).chain(receiver)
}

#[cfg(test)]
mod tests {
    use tianshu_gnss::constellation::Constellation;
    use tianshu_gnss::time::gps::Interval;
    use tianshu_rtcm::msm::header::{MsmHeader, MsmLevel};
    use tianshu_rtcm::msm::message::Msm;

    use super::*;

    const START: GpsTime = GpsTime::from_week(2400, Interval::ZERO);
    const WAIT: Duration = Duration::from_millis(500);

    fn msm(station_id: u16, second: u32, last: bool) -> Frame {
        let mut header =
            MsmHeader::new(Constellation::Gps, MsmLevel::Msm4, station_id, second * 1000);
        header.more_follow = !last;
        Msm::empty(header).encode().unwrap()
    }

    fn at(seconds: f64) -> (Uptime, GpsTime) {
        let arrived = START + Interval::from_seconds_f64(seconds);
        (Uptime::from_start(Duration::from_secs_f64(seconds)), arrived)
    }

    /// Time and stamp of the epochs among the news, in seconds.
    fn epochs(heard: &[Heard]) -> Vec<(f64, f64)> {
        let told = heard.iter().filter_map(|heard| match &heard.news {
            StationNews::Epoch(epoch) => Some((epoch.time, heard.arrived)),
            _ => None,
        });
        told.map(|(time, stamp)| ((time - START).seconds(), (stamp - START).seconds())).collect()
    }

    #[test]
    fn an_epoch_closes_with_its_last_message_or_when_it_falls_due() {
        let mut decoder = MessageDecoder::new(WAIT);
        let (now, arrived) = at(1.1);
        assert_eq!(epochs(&decoder.take(msm(7, 1, true), now, arrived)), [(1.0, 1.1)]);
        assert_eq!(decoder.deadline(), None);
        let (now, arrived) = at(2.25);
        assert!(epochs(&decoder.take(msm(7, 2, false), now, arrived)).is_empty());
        assert_eq!(decoder.deadline(), Some(at(2.75).0));
        assert!(decoder.on_timer(at(2.7).0).is_empty());
        assert_eq!(
            epochs(&decoder.on_timer(at(2.9).0)),
            [(2.0, 2.75)],
            "the stamp is the due time"
        );
    }

    #[test]
    fn a_stream_of_two_stations_gives_the_epochs_of_the_first() {
        let mut decoder = MessageDecoder::new(WAIT);
        let mut take = |id, second: u32| {
            let (now, arrived) = at(f64::from(second));
            epochs(&decoder.take(msm(id, second, true), now, arrived)).len()
        };
        assert_eq!((take(7, 1), take(8, 1), take(7, 2), take(8, 2)), (1, 0, 1, 0));
        // The line was away: one that comes again first is not followed for that.
        assert_eq!((take(8, 80), take(7, 80), take(8, 81), take(7, 81)), (0, 1, 0, 1));
        assert_eq!((take(8, 82), take(8, 83), take(8, 84), take(8, 85)), (0, 0, 0, 1));
        assert_eq!(take(8, 86), 1, "the ID was changed");
        assert_eq!(decoder.unusable().get(&Unusable::OtherStation), Some(&7));
    }

    #[test]
    fn a_corrupt_message_is_counted_and_its_frame_passed_on() {
        let mut decoder = MessageDecoder::new(WAIT);
        let (now, arrived) = at(0.0);
        let short_1005 = Frame::from_payload(&[0x3E, 0xD0, 0x00]).unwrap();
        let heard = decoder.take(short_1005, now, arrived);
        assert!(matches!(heard[..], [Heard { news: StationNews::Frame(_), .. }]), "{heard:?}");
        assert_eq!(decoder.unusable().get(&Unusable::Corrupt), Some(&1));
    }
}
