//! What a computed station sends of an epoch: who it is, what is due beside, and its observations, as whole frames.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tianshu_caster::profile::{Extra, Observations, Profile};
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_rtcm::compose::{Composer, MsmStyle};
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::message::legacy::encode::{encode_1004, encode_1012};

use crate::vrs::ephemerides::Round;
use crate::vrs::identity::Identity;
use crate::vrs::profile::{
    EQUIPMENT_S, PARAMETERS_S, PHYSICAL_S, REFERENCE_POINT_S, RESIDUALS_S, messages as messages_of,
};
use crate::vrs::slow::{self, Known};

/// Time tags follow receivers' clocks: one that is so little early is in time.
const EARLY_MAX: Interval = Interval::from_millis(100);

/// Writes one computed station's stream.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    identity: Identity,
    is_physical: bool,
    profile: Arc<Profile>,
    composer: Composer,
    told: BTreeMap<Slow, GpsTime>,
    ephemerides: Round,
    /// The time of the epoch before.
    last: Option<GpsTime>,
}

/// What comes at intervals of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Slow {
    ReferencePoint,
    Of(Extra),
}

/// The frames of an epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// One behind the other.
    pub bytes: Bytes,
    /// How many.
    pub frames: u32,
}

impl Writer {
    /// A virtual station's stream that begins: its first epoch carries everything but ephemerides.
    pub(crate) fn new(identity: Identity, profile: Arc<Profile>) -> Self {
        Self {
            identity,
            is_physical: false,
            profile,
            composer: Composer::new(),
            told: BTreeMap::new(),
            ephemerides: Round::default(),
            last: None,
        }
    }

    /// The same of a station that stands there.
    pub(crate) fn of_station(identity: Identity, profile: Arc<Profile>) -> Self {
        Self { is_physical: true, ..Self::new(identity, profile) }
    }

    /// Whose stream it is.
    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The frames of an epoch: what is due first, then what is `beside` it, the observations last. None where there are no observations.
    /// What stands on the network comes only where it is `known`.
    pub(crate) fn epoch(
        &mut self,
        mut epoch: ObsEpoch,
        known: Option<Known<'_>>,
        beside: &[Frame],
    ) -> Option<Written> {
        let profile = Arc::clone(&self.profile);
        epoch.observations.retain(|o| profile.tells(o.signal));
        let epoch = &epoch;
        let observations = self.observations(epoch);
        if observations.is_empty() {
            return None;
        }
        let mut frames = Vec::new();
        if self.is_due(Slow::ReferencePoint, epoch.time, REFERENCE_POINT_S) {
            frames.extend(slow::reference_point(&self.identity, self.is_physical, &profile));
        }
        for &extra in &profile.extras {
            self.extra(extra, epoch, known.as_ref(), &mut frames);
        }
        self.last = Some(epoch.time);
        frames.extend_from_slice(beside);
        frames.extend(observations);
        let length = frames.iter().map(|frame| frame.as_bytes().len()).sum();
        let mut bytes = BytesMut::with_capacity(length);
        for frame in &frames {
            bytes.extend_from_slice(frame.as_bytes());
        }
        let count = u32::try_from(frames.len()).unwrap_or(u32::MAX);
        Some(Written { bytes: bytes.freeze(), frames: count })
    }

    /// What of a message beside the observations is due.
    fn extra(
        &mut self,
        extra: Extra,
        epoch: &ObsEpoch,
        known: Option<&Known<'_>>,
        frames: &mut Vec<Frame>,
    ) {
        let (time, station_id) = (epoch.time, self.identity.station_id);
        let mut is_due = |every_s| self.is_due(Slow::Of(extra), time, every_s);
        match (extra, known) {
            (Extra::Antenna | Extra::AntennaSerial | Extra::Receiver, _) => {
                if is_due(EQUIPMENT_S) {
                    frames.extend(slow::equipment(station_id, extra));
                }
            }
            (Extra::GlonassBias, _) => {
                let has = self.profile.systems.contains(&Constellation::Glonass);
                if has && self.is_due(Slow::Of(extra), time, EQUIPMENT_S) {
                    frames.extend(slow::glonass_bias(station_id, self.is_physical));
                }
            }
            (Extra::SystemParameters, _) => {
                if is_due(PARAMETERS_S) {
                    let every_s = self.last.map_or(1.0, |last| (time - last).seconds().max(1.0));
                    let every_s = Duration::from_secs_f64(every_s).as_secs();
                    let all = messages_of(&self.profile, every_s);
                    frames.extend(slow::system_parameters(station_id, time, &all));
                }
            }
            (Extra::PhysicalStation, Some(known)) => {
                if is_due(PHYSICAL_S) {
                    let rounding_m = self.profile.physical_rounding_m;
                    frames.extend(slow::physical_station(station_id, known, rounding_m));
                }
            }
            (Extra::Residuals, Some(known)) => {
                if is_due(RESIDUALS_S) {
                    frames.extend(slow::network_residuals(&self.identity, known, epoch));
                }
            }
            (Extra::Ephemerides, Some(known)) => {
                frames.extend(self.ephemerides.due(time, &used(epoch, known)));
            }
            // Whoever has something to say says it beside the epoch.
            (Extra::Texts, _)
            | (Extra::PhysicalStation | Extra::Residuals | Extra::Ephemerides, None) => {}
        }
    }

    /// The observations, as the profile tells them.
    fn observations(&mut self, epoch: &ObsEpoch) -> Vec<Frame> {
        let station_id = self.identity.station_id;
        match self.profile.observations {
            Observations::Msm(level) => {
                let style = MsmStyle { station_id, level, more_follow: false };
                self.composer.compose(style, epoch).frames
            }
            Observations::Legacy => {
                let glonass = encode_1012(epoch, station_id, false).unwrap_or_default();
                let gps = encode_1004(epoch, station_id, !glonass.is_empty()).unwrap_or_default();
                gps.into_iter().chain(glonass).collect()
            }
        }
    }

    /// Whether something is due that is told every so many seconds; then it is noted as told.
    fn is_due(&mut self, what: Slow, time: GpsTime, every_s: u16) -> bool {
        let every = Interval::from_seconds(every_s.into());
        let told = self.told.get(&what);
        let is_due = told.is_none_or(|last| (time - *last).abs() + EARLY_MAX >= every);
        if is_due {
            self.told.insert(what, time);
        }
        is_due
    }
}

/// The ephemerides that an epoch was computed with.
fn used(epoch: &ObsEpoch, known: &Known<'_>) -> BTreeMap<Satellite, Arc<Ephemeris>> {
    let satellites = epoch.by_satellite().filter_map(|(satellite, _)| {
        Some((satellite, Arc::clone(&known.snapshot.satellites.get(&satellite)?.ephemeris)))
    });
    satellites.collect()
}

#[cfg(test)]
mod tests {
    use tianshu_gnss::coords::{GRS80, Geodetic};
    use tianshu_gnss::observation::Observation;
    use tianshu_gnss::signal::Signal;
    use tianshu_gnss::units::{Cycles, DbHz, Metres};
    use tianshu_rtcm::frame::{Found, FrameDecoder};
    use tianshu_rtcm::message::{Message, decode};
    use tianshu_rtcm::msm::header::MsmLevel;

    use crate::vrs::slow::NULL_ANTENNA;

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
        Writer::new(Identity::at(place, 3_072), Arc::new(MsmLevel::Msm4.into()))
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
            .map(|second| writer.epoch(epoch(second), None, &[]).unwrap())
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
    fn it_tells_its_own_place_its_systems_and_that_it_is_none_of_matter() {
        let place = Geodetic::from_degrees(23.0, 108.0, 100.0).to_ecef(GRS80);
        // No satellite of Galileo is up yet.
        let systems = [Constellation::Gps, Constellation::Galileo].into();
        let profile = Arc::new(Profile::msm(MsmLevel::Msm4, systems));
        let mut writer = Writer::new(Identity::at(place, 3_072), profile);
        let all = frames(&writer.epoch(epoch(0), None, &[]).unwrap());
        let Ok(Message::ReferencePoint(told)) = decode(&all[0]) else { panic!("1006 comes first") };
        assert!(told.non_physical && told.gps && told.galileo && !told.glonass);
        assert!((told.point.place - writer.identity.place).norm_m() < 1e-4);
        let Ok(Message::Equipment(told)) = decode(&all[2]) else { panic!("1033 is third") };
        assert_eq!(told.antenna.descriptor, NULL_ANTENNA);
    }

    #[test]
    fn an_epoch_without_observations_is_none() {
        assert_eq!(writer().epoch(ObsEpoch::new(epoch(0).time, vec![]), None, &[]), None);
    }

    #[test]
    fn a_legacy_stream_has_1004_and_no_height_where_none_is_asked_for() {
        let mut profile = Profile::from(MsmLevel::Msm4);
        profile.observations = Observations::Legacy;
        profile.has_height = false;
        profile.extras = [Extra::Antenna, Extra::SystemParameters].into();
        let place = Geodetic::from_degrees(23.0, 108.0, 100.0).to_ecef(GRS80);
        let mut writer = Writer::of_station(Identity::at(place, 7), Arc::new(profile));
        let all = frames(&writer.epoch(epoch(0), None, &[]).unwrap());
        let numbers: Vec<_> = all.iter().filter_map(Frame::message_number).collect();
        assert_eq!(numbers, [1005, 1007, 1013, 1004]);
        let Ok(Message::ReferencePoint(point)) = decode(&all[0]) else { panic!("1005 is first") };
        assert!(!point.non_physical);
        let Ok(Message::SystemParameters(told)) = decode(&all[2]) else { panic!("1013 is third") };
        // GPS week 2400 begins on 2026-01-04, day 61044, and GPS time is 18 s ahead of UTC.
        assert_eq!((told.day_mjd, told.seconds_of_day), (61_043, 86_382));
        assert_eq!(told.leap_seconds, Some(18));
        let numbers: Vec<_> = told.announced.iter().map(|a| a.number).collect();
        assert!(numbers.starts_with(&[1005, 1007, 1013]) && numbers.contains(&1004), "{numbers:?}");
    }

    #[test]
    fn a_rate_that_is_known_is_told_by_msm5_and_msm7() {
        use tianshu_gnss::units::Hertz;
        use tianshu_rtcm::glonass_channels::GlonassChannels;
        use tianshu_rtcm::msm::observation::partial_epoch;

        for level in [MsmLevel::Msm5, MsmLevel::Msm7] {
            let place = Geodetic::from_degrees(23.0, 108.0, 100.0).to_ecef(GRS80);
            let mut writer = Writer::new(Identity::at(place, 3_072), Arc::new(level.into()));
            let mut epoch = epoch(0);
            for (seen, step) in epoch.observations.iter_mut().zip(0_u8..) {
                seen.doppler = Some(Hertz(-1_234.5 + f64::from(step)));
            }
            let all = frames(&writer.epoch(epoch.clone(), None, &[]).unwrap());
            let Ok(Message::Msm(msm)) = decode(all.last().unwrap()) else { panic!("no MSM") };
            let mut channels = GlonassChannels::default();
            let read = partial_epoch(epoch.time, &mut channels, &msm).unwrap();
            for (sent, read) in epoch.observations.iter().zip(&read.observations) {
                let apart = sent.doppler.unwrap().0 - read.doppler.unwrap().0;
                assert!(apart.abs() < 1e-3, "{level:?}: {apart} Hz");
            }
        }
    }

    #[test]
    fn glonass_goes_with_its_channels_and_with_biases_of_nothing() {
        use tianshu_gnss::glonass_bias::GlonassBiases;
        use tianshu_rtcm::glonass_channels::GlonassChannels;
        use tianshu_rtcm::msm::observation::partial_epoch;

        let mut profile = Profile::from(MsmLevel::Msm7);
        profile.systems = [Constellation::Gps, Constellation::Glonass].into();
        profile.extras = [Extra::GlonassBias].into();
        let place = Geodetic::from_degrees(23.0, 108.0, 100.0).to_ecef(GRS80);
        let mut writer = Writer::new(Identity::at(place, 3_072), Arc::new(profile.clone()));
        let seen = |number: u8| {
            let signal = Signal::new(Constellation::Glonass, '1', 'C').unwrap();
            let mut seen = Observation::of(format!("R{number:02}").parse().unwrap(), signal);
            seen.glonass_channel = Some(i8::try_from(number).unwrap() - 8);
            let phase = Metres(2.1e7).in_cycles_of(seen.carrier().unwrap());
            (seen.code, seen.phase, seen.cn0) =
                (Some(Metres(2.1e7)), Some(phase), Some(DbHz(45.0)));
            seen
        };
        let mut both = epoch(0);
        both.observations.extend((1..15).map(seen));
        let both = ObsEpoch::new(both.time, both.observations);
        let all = frames(&writer.epoch(both.clone(), None, &[]).unwrap());
        let numbers: Vec<_> = all.iter().filter_map(Frame::message_number).collect();
        assert_eq!(numbers, [1006, 1230, 1077, 1087]);
        let Ok(Message::GlonassBias(told)) = decode(&all[1]) else { panic!("1230 is second") };
        assert!(told.aligned);
        assert_eq!(told.to_add(), GlonassBiases::aligned());
        let Ok(Message::Msm(msm)) = decode(&all[3]) else { panic!("1087 is last") };
        let read = partial_epoch(both.time, &mut GlonassChannels::default(), &msm).unwrap();
        let sent = both.observations.iter().filter(|o| o.glonass_channel.is_some());
        for (sent, read) in sent.zip(&read.observations) {
            assert_eq!(
                (sent.satellite, sent.glonass_channel),
                (read.satellite, read.glonass_channel)
            );
            // Whole cycles are the writer's to choose; a fine phase has steps of a tenth of a millimetre.
            let apart = sent.phase.unwrap().0 - read.phase.unwrap().0;
            assert!((apart - apart.round()).abs() < 2e-3, "{} {apart}", sent.satellite);
        }
        assert_eq!(read.observations.len(), 14);
        // In the messages of old receivers too.
        profile.observations = Observations::Legacy;
        let mut writer = Writer::new(Identity::at(place, 3_072), Arc::new(profile));
        let all = frames(&writer.epoch(both, None, &[]).unwrap());
        let numbers: Vec<_> = all.iter().filter_map(Frame::message_number).collect();
        assert_eq!(numbers, [1006, 1230, 1004, 1012]);
    }

    #[test]
    fn signals_that_are_not_chosen_are_not_sent() {
        let mut profile = Profile::from(MsmLevel::Msm4);
        profile.systems = [Constellation::Galileo].into();
        let place = Geodetic::from_degrees(23.0, 108.0, 100.0).to_ecef(GRS80);
        let mut writer = Writer::new(Identity::at(place, 3_072), Arc::new(profile));
        assert_eq!(writer.epoch(epoch(0), None, &[]), None);
    }
}
