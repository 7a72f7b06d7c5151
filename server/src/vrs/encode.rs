//! What a virtual station sends of an epoch: who it is, where it is due, and its observations, as whole frames.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::{Antenna, Receiver, ReferencePoint};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_rtcm::compose::{Composer, MsmStyle};
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::message::station::{EquipmentMessage, ReferencePointMessage};
use tianshu_rtcm::msm::header::{MsmLevel, msm_number};

use crate::vrs::identity::Identity;

/// Between two 1006, s.
pub(crate) const REFERENCE_POINT_S: u16 = 5;
/// Between two 1008 and 1033, s.
pub(crate) const EQUIPMENT_S: u16 = 30;
/// The antenna whose phase centre is its reference point in all directions (rcvr_ant.tab).
const NULL_ANTENNA: &str = "ADVNULLANTENNA  NONE";
/// Time tags follow receivers' clocks: one that is so little early is in time.
const EARLY_MAX: Interval = Interval::from_millis(100);

/// Writes one virtual station's stream.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    identity: Identity,
    level: MsmLevel,
    composer: Composer,
    place_told: Option<GpsTime>,
    equipment_told: Option<GpsTime>,
    arcs: BTreeMap<(Satellite, Signal), Arc>,
}

/// A phase of this stream.
#[derive(Clone, Copy, Debug)]
struct Arc {
    begun: GpsTime,
    /// The lock time that came with it last.
    lock: Duration,
}

/// The frames of an epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// One behind the other.
    pub bytes: Bytes,
    /// How many.
    pub frames: u32,
}

/// The messages that such a stream has, with their intervals in seconds.
pub(crate) fn messages(
    level: MsmLevel,
    systems: &BTreeSet<Constellation>,
    interval_s: u64,
) -> impl Iterator<Item = (u16, Option<u64>)> {
    let slow = [(1006, REFERENCE_POINT_S), (1008, EQUIPMENT_S), (1033, EQUIPMENT_S)];
    let slow = slow.map(|(number, every_s)| (number, Some(u64::from(every_s).max(interval_s))));
    let observations = systems.iter().map(move |s| (msm_number(*s, level), Some(interval_s)));
    slow.into_iter().chain(observations.collect::<Vec<_>>())
}

impl Writer {
    /// A stream that begins: its first epoch carries everything.
    pub(crate) fn new(identity: Identity, level: MsmLevel) -> Self {
        let composer = Composer::new();
        let arcs = BTreeMap::new();
        Self { identity, level, composer, place_told: None, equipment_told: None, arcs }
    }

    /// The frames of an epoch: what is due first, the observations last. None where there are no observations. Every phase begins anew
    /// where another receiver's measurements were displaced than before.
    pub(crate) fn epoch(
        &mut self,
        mut epoch: ObsEpoch,
        is_other_receiver: bool,
    ) -> Option<Written> {
        self.note_arcs(&mut epoch, is_other_receiver);
        let epoch = &epoch;
        let station_id = self.identity.station_id;
        let style = MsmStyle { station_id, level: self.level, more_follow: false };
        let observations = self.composer.compose(style, epoch).frames;
        if observations.is_empty() {
            return None;
        }
        let mut frames = Vec::new();
        if due(&mut self.place_told, epoch.time, REFERENCE_POINT_S) {
            frames.extend(self.reference_point(epoch));
        }
        if due(&mut self.equipment_told, epoch.time, EQUIPMENT_S) {
            frames.extend(self.equipment());
        }
        frames.extend(observations);
        let mut bytes = BytesMut::new();
        for frame in &frames {
            bytes.extend_from_slice(frame.as_bytes());
        }
        let count = u32::try_from(frames.len()).unwrap_or(u32::MAX);
        Some(Written { bytes: bytes.freeze(), frames: count })
    }

    /// Lock times of this stream: they grow from where a phase began in it, so that a rover that misses the very epoch of a change
    /// is told by the next one.
    fn note_arcs(&mut self, epoch: &mut ObsEpoch, is_other_receiver: bool) {
        if is_other_receiver {
            self.arcs.values_mut().for_each(|arc| arc.begun = epoch.time);
        }
        for seen in &mut epoch.observations {
            let Some(lock) = seen.lock_time else { continue };
            let told = i64::try_from(lock.as_nanos()).map_or(Interval::ZERO, Interval::from_nanos);
            let begins = if is_other_receiver { epoch.time } else { epoch.time - told };
            let fresh = Arc { begun: begins, lock };
            let arc = self.arcs.entry((seen.satellite, seen.signal)).or_insert(fresh);
            if lock.is_zero() || lock < arc.lock {
                arc.begun = arc.begun.max(begins);
            }
            arc.lock = lock;
            let lasted = u64::try_from((epoch.time - arc.begun).nanos()).unwrap_or(0);
            seen.lock_time = Some(lock.min(Duration::from_nanos(lasted)));
        }
    }

    /// 1006. A place on Earth fits its fields.
    fn reference_point(&self, epoch: &ObsEpoch) -> Option<Frame> {
        let has = |s| epoch.observations.iter().any(|o| o.satellite.constellation() == s);
        let message = ReferencePointMessage {
            station_id: self.identity.station_id,
            gps: has(Constellation::Gps),
            glonass: has(Constellation::Glonass),
            galileo: has(Constellation::Galileo),
            non_physical: true,
            single_oscillator: true,
            quarter_cycle: 1,
            point: ReferencePoint {
                place: self.identity.place,
                antenna_height_m: Some(0.0),
                itrf_year: 0,
            },
        };
        message.to_frame().ok()
    }

    /// 1008 and 1033.
    fn equipment(&self) -> impl Iterator<Item = Frame> {
        let antenna = Antenna {
            descriptor: NULL_ANTENNA.to_owned(),
            setup_id: 0,
            serial: Some(String::new()),
        };
        let receiver = Receiver {
            descriptor: "TIANSHU VIRTUAL".to_owned(),
            firmware: env!("CARGO_PKG_VERSION").to_owned(),
            serial: String::new(),
        };
        let station_id = self.identity.station_id;
        let of =
            move |receiver| EquipmentMessage { station_id, antenna: antenna.clone(), receiver };
        [None, Some(receiver)].into_iter().filter_map(move |r| of(r).to_frame().ok())
    }
}

/// Whether something is due that is told every so many seconds; then it is noted as told.
fn due(told: &mut Option<GpsTime>, time: GpsTime, every_s: u16) -> bool {
    let every = Interval::from_seconds(every_s.into());
    let is_due = told.is_none_or(|last| (time - last).abs() + EARLY_MAX >= every);
    if is_due {
        *told = Some(time);
    }
    is_due
}

#[cfg(test)]
mod tests {
    use tianshu_gnss::coords::{GRS80, Geodetic};
    use tianshu_gnss::observation::Observation;
    use tianshu_gnss::units::{Cycles, DbHz, Metres};
    use tianshu_rtcm::frame::{Found, FrameDecoder};
    use tianshu_rtcm::message::{Message, decode};

    use super::*;

    fn epoch(second: i64) -> ObsEpoch {
        let signal = Signal::new(Constellation::Gps, '1', 'C').unwrap();
        let seen = |number: u8| {
            let satellite = format!("G{number:02}").parse().unwrap();
            let mut seen = Observation::of(satellite, signal);
            (seen.code, seen.cn0) = (Some(Metres(2.2e7)), Some(DbHz(45.0)));
            seen.phase = Some(Cycles(2.2e7 * 1_575.42e6 / 299_792_458.0));
            seen
        };
        let time = GpsTime::from_week(2400, Interval::from_seconds(second));
        ObsEpoch::new(time, (1..6).map(seen).collect())
    }

    fn writer() -> Writer {
        let place = Geodetic::from_degrees(23.0, 108.0, 100.0).to_ecef(GRS80);
        Writer::new(Identity::at(place, 3_072), MsmLevel::Msm4)
    }

    fn frames(written: &Written) -> Vec<Frame> {
        let mut decoder = FrameDecoder::new();
        decoder.push(&written.bytes);
        decoder.finish();
        let found = std::iter::from_fn(|| decoder.next_found());
        found.map(|f| if let Found::Frame(f) = f { f } else { panic!("{f:?}") }).collect()
    }

    #[test]
    fn the_first_epoch_carries_everything_and_the_others_what_is_due() {
        let mut writer = writer();
        let numbers: Vec<Vec<u16>> = (0..31)
            .map(|second| writer.epoch(epoch(second), false).unwrap())
            .map(|written| {
                let frames = frames(&written);
                assert_eq!(frames.len(), written.frames as usize);
                assert!(frames.iter().all(|f| f.station_id() == Some(3_072)));
                frames.iter().filter_map(Frame::message_number).collect()
            })
            .collect();
        assert_eq!(numbers[0], [1006, 1008, 1033, 1074]);
        assert_eq!(numbers[1], [1074]);
        assert_eq!(numbers[5], [1006, 1074]);
        assert_eq!(numbers[30], [1006, 1008, 1033, 1074]);
        let with = |number| numbers.iter().filter(|all| all.contains(&number)).count();
        assert_eq!((with(1006), with(1008), with(1033), with(1074)), (7, 2, 2, 31));
    }

    #[test]
    fn it_tells_its_own_place_and_that_it_is_none_of_matter() {
        let mut writer = writer();
        let all = frames(&writer.epoch(epoch(0), false).unwrap());
        let Ok(Message::ReferencePoint(told)) = decode(&all[0]) else { panic!("1006 comes first") };
        assert!(told.non_physical && told.gps && !told.galileo && !told.glonass);
        assert!((told.point.place - writer.identity.place).norm_m() < 1e-4);
        let Ok(Message::Equipment(told)) = decode(&all[2]) else { panic!("1033 is third") };
        assert_eq!(told.antenna.descriptor, NULL_ANTENNA);
    }

    #[test]
    fn lock_times_grow_from_a_change_of_the_receiver() {
        let mut writer = writer();
        let mut told = |second, lock_s, is_other| {
            let mut epoch = epoch(second);
            for seen in &mut epoch.observations {
                seen.lock_time = Some(Duration::from_secs(lock_s));
            }
            writer.note_arcs(&mut epoch, is_other);
            epoch.observations[0].lock_time.map(|lock| lock.as_secs())
        };
        assert_eq!((told(0, 64, false), told(1, 64, false)), (Some(64), Some(64)));
        // Another receiver; the epoch after it is told of it too.
        assert_eq!(
            (told(2, 262, true), told(3, 262, false), told(9, 262, false)),
            (Some(0), Some(1), Some(7))
        );
        // A slip.
        assert_eq!((told(10, 0, false), told(12, 2, false)), (Some(0), Some(2)));
        assert_eq!(told(500, 262, false), Some(262));
    }

    #[test]
    fn an_epoch_without_observations_is_none() {
        assert_eq!(writer().epoch(ObsEpoch::new(epoch(0).time, vec![]), false), None);
    }

    #[test]
    fn what_it_will_send_is_listed() {
        let systems = [Constellation::Gps, Constellation::BeiDou].into();
        let listed: Vec<_> = messages(MsmLevel::Msm7, &systems, 1).map(|(n, _)| n).collect();
        assert_eq!(listed, [1006, 1008, 1033, 1077, 1127]);
    }
}
