//! One station as the caster sees it: whether it is alive, where it stands, and the frames not yet sent on.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::event::StationNews;
use tianshu_gnss::station::ReferencePoint;
use tianshu_gnss::time::uptime::Uptime;
use tianshu_rtcm::message::station::ReferencePointMessage;

use crate::config::StationSettings;
use crate::delivery::{Batch, Boundary};
use crate::stations::content::StreamContent;
use crate::stations::marks::{FrameMark, IdentityKind, mark, message_number, station_id};

/// A pause between two observation messages that is longer than this parts two epochs, whatever the last one said:
/// its end was lost on the way. Receivers write an epoch in one go, and epochs are 1 s apart or more.
const EPOCH_PAUSE: Duration = Duration::from_millis(400);

/// A stream without observations (ephemerides, corrections to orbits) may pause for minutes, and is still worth a line in the
/// sourcetable. Broadcast ephemerides come at least that often.
const SENDING_WITHIN: Duration = Duration::from_mins(1);

/// Whether a station can serve rovers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Its link is down, or it was never seen.
    Down,
    /// Its link is up, but no observations came for longer than [`StationSettings::dead_after`].
    Silent,
    /// Observations come.
    Healthy,
}

/// The shortest and the longest time without observations after which a station counts as dead, if none is configured.
/// The shortest lets three epochs at 1 Hz and a late one pass; the longest is two epochs of the slowest streams, 30 s.
pub const DEAD_AFTER: RangeInclusive<Duration> = Duration::from_secs(4)..=Duration::from_mins(1);

/// After how long without observations a station counts as dead: three of its intervals, within [`DEAD_AFTER`].
pub fn dead_after(interval: Option<Duration>) -> Duration {
    let three = interval.unwrap_or_default().saturating_mul(3);
    three.clamp(*DEAD_AFTER.start(), *DEAD_AFTER.end())
}

/// What a rover must get before the observations of a station are of use: the last frame of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    frames: BTreeMap<IdentityKind, Bytes>,
}

impl Identity {
    /// The frames, the reference point first.
    pub fn frames(&self) -> impl Iterator<Item = &Bytes> {
        self.frames.values()
    }

    /// The last 1005 or 1006.
    pub fn reference_point(&self) -> Option<&Bytes> {
        self.frames.get(&IdentityKind::ReferencePoint)
    }

    /// Takes a newer frame of its kind; says whether it differs from the one before.
    fn take(&mut self, kind: IdentityKind, frame: &Bytes) -> bool {
        let known = self.frames.get(&kind) == Some(frame);
        if !known {
            self.frames.insert(kind, frame.clone());
        }
        !known
    }
}

/// One station. It is told news and the time, and gives batches.
#[derive(Debug, Default)]
pub struct StationState {
    settings: Option<StationSettings>,
    up: bool,
    last_frame: Option<Uptime>,
    last_observations: Option<Uptime>,
    told_place: Option<Ecef>,
    /// The stream itself has told its reference point.
    tells_place: bool,
    station_id: Option<u16>,
    identity: Identity,
    content: StreamContent,
    /// Frames that were sent on, but not looked into yet: rovers do not wait for the sourcetable.
    unwatched: Vec<Bytes>,
    epoch_open: bool,
    /// The messages of the epoch that is open, each with its time. As many as there are numbers at the most.
    open_times: Vec<(u16, u32)>,
    frames_sent: u64,
    pending: Pending,
}

/// Frames that came since the last batch.
#[derive(Debug, Default)]
struct Pending {
    frames: Vec<Bytes>,
    bytes: usize,
    boundary: Option<Boundary>,
}

impl StationState {
    /// What is configured about it now; says whether the identity frames changed.
    pub fn set_settings(&mut self, settings: Option<StationSettings>) -> bool {
        self.settings = settings;
        self.stand_in_for_reference_point()
    }

    /// What is configured about it.
    pub fn settings(&self) -> Option<&StationSettings> {
        self.settings.as_ref()
    }

    /// Takes news; says whether the identity frames changed.
    pub fn on_news(&mut self, news: &StationNews, now: Uptime) -> bool {
        match news {
            StationNews::Up => {
                self.up = true;
                self.content.restart();
                self.epoch_open = false;
            }
            StationNews::Down(_) => {
                self.up = false;
                self.epoch_open = false;
                self.last_observations = None;
            }
            StationNews::Frame(frame) => return self.on_frame(frame, now),
            StationNews::ReferencePoint(point) => self.told_place = Some(point.place),
            StationNews::Epoch(_)
            | StationNews::Ephemeris(_)
            | StationNews::Antenna(_)
            | StationNews::Receiver(_)
            | StationNews::GlonassBiases(_) => {}
        }
        false
    }

    fn on_frame(&mut self, frame: &Bytes, now: Uptime) -> bool {
        self.up = true;
        self.last_frame = Some(now);
        let mark = mark(frame);
        let paused = self.last_observations.is_none_or(|last| now - last > EPOCH_PAUSE);
        let begins_anew = paused || self.is_of_another_time(frame, mark);
        if begins_anew {
            self.open_times.clear();
        }
        if (!self.epoch_open || begins_anew) && self.pending.boundary.is_none() {
            self.pending.boundary = Some(Boundary {
                offset: self.pending.bytes,
                frames_before: u32::try_from(self.pending.frames.len()).unwrap_or(u32::MAX),
            });
        }
        self.pending.bytes += frame.len();
        self.pending.frames.push(frame.clone());
        match mark {
            FrameMark::Observations { time, more_follow } => {
                self.epoch_open = more_follow;
                self.remember_time(frame, time);
                self.last_observations = Some(now);
                let known = std::mem::replace(&mut self.station_id, station_id(frame));
                known != self.station_id && self.stand_in_for_reference_point()
            }
            FrameMark::Identity(kind) => {
                self.tells_place |= kind == IdentityKind::ReferencePoint;
                self.identity.take(kind, frame)
            }
            FrameMark::Other => false,
        }
    }

    /// Whether an epoch that no message has ended is over all the same, since the same message tells another time. Some
    /// stations set the multiple-message bit in all their messages.
    fn is_of_another_time(&self, frame: &[u8], mark: FrameMark) -> bool {
        let FrameMark::Observations { time, .. } = mark else { return false };
        let number = message_number(frame);
        self.open_times.iter().any(|(known, told)| Some(*known) == number && *told != time)
    }

    fn remember_time(&mut self, frame: &[u8], time: u32) {
        if !self.epoch_open {
            self.open_times.clear();
        } else if let Some(number) = message_number(frame)
            && !self.open_times.contains(&(number, time))
        {
            self.open_times.push((number, time));
        }
    }

    /// Makes a 1005 of the configured reference point, for a stream that tells none. Says whether it changed.
    fn stand_in_for_reference_point(&mut self) -> bool {
        let configured = self.settings.as_ref().and_then(|settings| settings.reference_point);
        let (Some(place), Some(station_id), false) =
            (configured, self.station_id, self.tells_place)
        else {
            return false;
        };
        let message = ReferencePointMessage {
            station_id,
            gps: true,
            glonass: true,
            galileo: true,
            non_physical: false,
            single_oscillator: true,
            quarter_cycle: 0,
            point: ReferencePoint { place, antenna_height_m: None, itrf_year: 0 },
        };
        // A place that does not fit the field is no place on Earth: the station goes without.
        let Ok(frame) = message.to_frame() else { return false };
        self.identity.take(IdentityKind::ReferencePoint, &frame.into_bytes())
    }

    /// The frames that came since the last batch; `None` if there are none.
    pub fn take_batch(&mut self, now: Uptime) -> Option<Batch> {
        let pending = std::mem::take(&mut self.pending);
        let frames = u32::try_from(pending.frames.len()).unwrap_or(u32::MAX);
        let bytes = joined(&pending.frames, pending.bytes)?;
        self.unwatched.extend(pending.frames);
        let first_frame = self.frames_sent;
        self.frames_sent += u64::from(frames);
        Some(Batch {
            bytes,
            frames,
            first_frame,
            ready: now,
            boundary: pending.boundary,
            epoch_open: self.epoch_open,
        })
    }

    /// Looks into the frames of the last batch, which came then. Call it when they have left.
    pub fn watch_content(&mut self, now: Uptime) {
        for frame in std::mem::take(&mut self.unwatched) {
            self.content.take(&frame, now);
        }
    }

    /// Whether it can serve rovers at that time.
    pub fn health(&self, now: Uptime) -> Health {
        let configured = self.settings.as_ref().and_then(|settings| settings.dead_after);
        let patience =
            configured.unwrap_or_else(|| dead_after(self.content.observation_interval()));
        match (self.up, self.last_observations) {
            (true, Some(last)) if now - last <= patience => Health::Healthy,
            (true, _) => Health::Silent,
            (false, _) => Health::Down,
        }
    }

    /// Whether its link is up and frames of any kind come.
    pub fn is_sending(&self, now: Uptime) -> bool {
        self.up && self.last_frame.is_some_and(|last| now - last <= SENDING_WITHIN)
    }

    /// Its reference point: as the stream tells it, else as configured.
    pub fn place(&self) -> Option<Ecef> {
        self.told_place.or_else(|| self.settings.as_ref().and_then(|s| s.reference_point))
    }

    /// The reference station ID that its observations carry.
    pub fn station_id(&self) -> Option<u16> {
        self.station_id
    }

    /// What its stream contains.
    pub fn content(&self) -> &StreamContent {
        &self.content
    }

    /// The identity frames that its stream told, and a 1005 of the configured reference point if it told none.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }
}

/// The frames in one piece. A single one is shared, several are copied once for all rovers.
fn joined(frames: &[Bytes], total: usize) -> Option<Bytes> {
    if frames.len() <= 1 {
        return frames.first().cloned();
    }
    let mut whole = BytesMut::with_capacity(total);
    for frame in frames {
        whole.extend_from_slice(frame);
    }
    Some(whole.freeze())
}

#[cfg(test)]
mod tests {
    use tianshu_gnss::event::DownReason;

    use super::*;

    fn at(millis: u64) -> Uptime {
        Uptime::from_start(Duration::from_millis(millis))
    }

    /// A frame with this number; for observations, `more` sets the multiple-message bit.
    fn frame(number: u16, more: bool) -> StationNews {
        frame_at(number, 0, more)
    }

    /// The same, of a time that differs in its highest bits.
    fn frame_at(number: u16, time: u8, more: bool) -> StationNews {
        let mut payload = vec![0; 8];
        payload[3] = time;
        payload[..2].copy_from_slice(&(number << 4).to_be_bytes());
        payload[6] |= u8::from(more) << 1;
        let frame = tianshu_rtcm::frame::Frame::from_payload(&payload).unwrap();
        StationNews::Frame(frame.into_bytes())
    }

    #[test]
    fn an_epoch_that_is_never_ended_is_over_at_the_next_time() {
        let mut station = StationState::default();
        let boundaries: Vec<Option<usize>> = (0..3)
            .map(|epoch: u8| {
                // Two systems, every message promising another one, epochs closer than a pause.
                let millis = u64::from(epoch) * 100;
                station.on_news(&frame_at(1074, epoch, true), at(millis));
                station.on_news(&frame_at(1124, epoch, true), at(millis + 10));
                station.take_batch(at(millis + 11)).unwrap().boundary.map(|b| b.offset)
            })
            .collect();
        assert_eq!(boundaries, [Some(0); 3]);
        // Part of an epoch more, and the next one in the same batch.
        station.on_news(&frame_at(1084, 2, true), at(250));
        station.on_news(&frame_at(1074, 3, true), at(300));
        let boundary = station.take_batch(at(301)).unwrap().boundary.unwrap();
        assert_eq!((boundary.frames_before, boundary.offset), (1, 14));
    }

    #[test]
    fn a_batch_knows_where_an_epoch_begins() {
        let mut station = StationState::default();
        station.on_news(&frame(1074, true), at(0));
        let first = station.take_batch(at(1)).unwrap();
        assert_eq!(first.boundary, Some(Boundary { offset: 0, frames_before: 0 }));
        assert!(first.epoch_open);
        station.on_news(&frame(1084, true), at(10));
        station.on_news(&frame(1124, false), at(20));
        let second = station.take_batch(at(21)).unwrap();
        assert_eq!((second.boundary, second.epoch_open), (None, false));
        assert_eq!((second.first_frame, second.frames), (1, 2));
        station.on_news(&frame(1074, false), at(25));
        station.on_news(&frame(1074, false), at(26));
        assert_eq!(station.take_batch(at(27)).unwrap().boundary.unwrap().offset, 0);
        assert_eq!(station.take_batch(at(28)), None);
    }

    #[test]
    fn a_boundary_inside_a_batch_is_behind_the_end_of_the_epoch() {
        let mut station = StationState::default();
        station.on_news(&frame(1074, true), at(0));
        station.take_batch(at(0));
        station.on_news(&frame(1124, false), at(10));
        station.on_news(&frame(1005, false), at(11));
        let batch = station.take_batch(at(12)).unwrap();
        assert_eq!(batch.boundary, Some(Boundary { offset: 14, frames_before: 1 }));
    }

    #[test]
    fn a_lost_end_of_an_epoch_is_noticed_by_the_pause() {
        let mut station = StationState::default();
        station.on_news(&frame(1074, true), at(0));
        station.take_batch(at(0));
        station.on_news(&frame(1074, true), at(1000));
        assert_eq!(station.take_batch(at(1001)).unwrap().boundary.unwrap().offset, 0);
    }

    #[test]
    fn only_observations_keep_a_station_alive() {
        let mut station = StationState::default();
        assert_eq!(station.health(at(0)), Health::Down);
        station.on_news(&StationNews::Up, at(0));
        assert_eq!(station.health(at(0)), Health::Silent);
        station.on_news(&frame(1077, false), at(100));
        assert_eq!(station.health(at(4_100)), Health::Healthy);
        station.on_news(&frame(1005, false), at(4_150));
        assert_eq!(station.health(at(4_200)), Health::Silent);
        station.on_news(&frame(1077, false), at(4_300));
        assert_eq!(station.health(at(4_300)), Health::Healthy);
        station.on_news(&StationNews::Down(DownReason::Replaced), at(4_301));
        assert_eq!(station.health(at(4_301)), Health::Down);
    }

    #[test]
    fn a_slow_station_is_given_three_of_its_intervals() {
        let mut station = StationState::default();
        for epoch in 0..4 {
            station.on_news(&frame(1124, false), at(epoch * 15_000));
            station.take_batch(at(epoch * 15_000));
            station.watch_content(at(epoch * 15_000));
        }
        assert_eq!(station.health(at(45_000 + 44_900)), Health::Healthy);
        assert_eq!(station.health(at(45_000 + 45_100)), Health::Silent);
        assert_eq!(dead_after(None), Duration::from_secs(4));
        assert_eq!(dead_after(Some(Duration::from_mins(5))), Duration::from_mins(1));
    }

    #[test]
    fn identity_is_kept_reference_point_first() {
        let mut station = StationState::default();
        assert!(station.on_news(&frame(1230, false), at(0)));
        assert!(station.on_news(&frame(1006, false), at(0)));
        assert!(!station.on_news(&frame(1006, false), at(1)));
        let numbers: Vec<_> = station
            .identity()
            .frames()
            .map(|f| crate::stations::marks::message_number(f))
            .collect();
        assert_eq!(numbers, [Some(1006), Some(1230)]);
    }

    #[test]
    fn a_configured_reference_point_stands_in_until_the_stream_tells_one() {
        let mut station = StationState::default();
        let place = Ecef::new(-1_800_000.0, 5_590_000.0, 2_460_000.0);
        assert!(!station.set_settings(Some(StationSettings {
            station: "A".parse().unwrap(),
            reference_point: Some(place),
            dead_after: None,
            description: String::new(),
        })));
        assert!(station.on_news(&frame(1077, false), at(0)), "the station's ID is known now");
        let made = station.identity().reference_point().unwrap().clone();
        let mut decoder = tianshu_rtcm::frame::FrameDecoder::new();
        decoder.push(&made);
        let Some(tianshu_rtcm::frame::Found::Frame(found)) = decoder.next_found() else {
            panic!("no frame")
        };
        let message = tianshu_rtcm::message::decode(&found).unwrap();
        let tianshu_rtcm::message::Message::ReferencePoint(told) = message else {
            panic!("{message:?}")
        };
        assert!((told.point.place - place).norm_m() < 1e-3 && told.station_id == 0, "{told:?}");
        assert!(station.on_news(&frame(1006, false), at(1)));
        assert_ne!(station.identity().reference_point(), Some(&made));
    }
}
