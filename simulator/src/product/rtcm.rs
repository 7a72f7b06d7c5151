//! The RTCM stream of a simulated station: as receivers send it, MSM7 every second and the rest now and then.

use bytes::{Bytes, BytesMut};
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, NANOS_PER_SECOND};
use tianshu_gnss::units::Metres;
use tianshu_rtcm::compose::{ComposeFindings, Composer, MsmStyle};
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::message::Unsendable;
use tianshu_rtcm::message::ephemeris::EphemerisMessage;
use tianshu_rtcm::message::glonass_bias::{CodePhaseBias, GlonassBiasMessage};
use tianshu_rtcm::message::station::{EquipmentMessage, ReferencePointMessage};
use tianshu_rtcm::msm::header::MsmLevel;

use crate::site::Stated;

/// A station's stream in progress.
#[derive(Clone, Debug)]
pub struct StationStream {
    station_id: u16,
    composer: Composer,
    begun: bool,
    reference_point_every_s: i64,
}

/// The frames of one epoch.
#[derive(Clone, Debug, Default)]
pub struct StreamEpoch {
    /// In the order of sending; the observations come last.
    pub frames: Vec<Frame>,
    /// What of the observations MSM could not say.
    pub findings: ComposeFindings,
    /// Messages that could not be said at all: a scenario's fault may make a coordinate or an orbit impossible.
    pub refused: u32,
}

/// 1006 every ten seconds.
const REFERENCE_POINT_S: i64 = 10;
/// 1033 and 1230, and each ephemeris once, every thirty seconds.
const SLOW_S: i64 = 30;

impl StationStream {
    /// A stream that begins: its first epoch carries everything.
    pub fn new(station_id: u16) -> Self {
        Self {
            station_id,
            composer: Composer::new(),
            begun: false,
            reference_point_every_s: REFERENCE_POINT_S,
        }
    }

    /// The same for a receiver that moves: 1006 every second.
    #[must_use]
    pub fn telling_its_place_at_every_epoch(self) -> Self {
        Self { reference_point_every_s: 1, ..self }
    }

    /// What is sent at the nominal time `t`: the epoch as observed, and what is due of the rest.
    ///
    /// Of `ephemerides` those of observed satellites are sent.
    pub fn epoch(
        &mut self,
        t: GpsTime,
        observed: &ObsEpoch,
        stated: &Stated,
        ephemerides: &[Ephemeris],
    ) -> StreamEpoch {
        let first = !std::mem::replace(&mut self.begun, true);
        let second = t.nanos().div_euclid(NANOS_PER_SECOND);
        let due = |every_s: i64, place: i64| first || (second - place).rem_euclid(every_s) == 0;
        let mut out = StreamEpoch::default();
        if due(self.reference_point_every_s, 0) {
            out.keep(self.reference_point(stated).to_frame());
        }
        if due(SLOW_S, 5) {
            out.keep(self.equipment(stated).to_frame());
            out.keep(self.glonass_bias(stated).to_frame());
        }
        for ephemeris in ephemerides {
            let who = ephemeris.satellite();
            // Spread over the half minute by the satellite's number, so that no second is crowded.
            if due(SLOW_S, i64::from(who.number())) && is_observed(observed, who) {
                match EphemerisMessage::of(ephemeris) {
                    Ok(message) => out.frames.push(message.to_frame()),
                    Err(_) => out.refused += 1,
                }
            }
        }
        let style =
            MsmStyle { station_id: self.station_id, level: MsmLevel::Msm7, more_follow: false };
        let composed = self.composer.compose(style, observed);
        out.frames.extend(composed.frames);
        out.findings = composed.findings;
        out
    }

    fn reference_point(&self, stated: &Stated) -> ReferencePointMessage {
        ReferencePointMessage {
            station_id: self.station_id,
            gps: true,
            glonass: true,
            galileo: true,
            // A station of the simulator is not a virtual one: it plays a real one.
            non_physical: false,
            single_oscillator: true,
            quarter_cycle: 1,
            point: stated.point,
        }
    }

    fn equipment(&self, stated: &Stated) -> EquipmentMessage {
        EquipmentMessage {
            station_id: self.station_id,
            antenna: stated.antenna.clone(),
            receiver: Some(stated.receiver.clone()),
        }
    }

    fn glonass_bias(&self, stated: &Stated) -> GlonassBiasMessage {
        let told = |bias: Option<Metres>| bias.map_or(CodePhaseBias::NotTold, CodePhaseBias::Known);
        let biases = stated.glonass_biases().all().map(told);
        GlonassBiasMessage { station_id: self.station_id, aligned: false, biases }
    }
}

impl StreamEpoch {
    /// The frames, one behind the other.
    pub fn bytes(&self) -> Bytes {
        let mut bytes = BytesMut::new();
        for frame in &self.frames {
            bytes.extend_from_slice(frame.as_bytes());
        }
        bytes.freeze()
    }

    fn keep(&mut self, frame: Result<Frame, Unsendable>) {
        match frame {
            Ok(frame) => self.frames.push(frame),
            Err(_) => self.refused += 1,
        }
    }
}

fn is_observed(epoch: &ObsEpoch, who: Satellite) -> bool {
    epoch.observations.binary_search_by_key(&who, |o| o.satellite).is_ok()
}
