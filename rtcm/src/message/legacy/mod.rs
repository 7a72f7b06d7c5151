//! Legacy observations: messages 1001 to 1004 (GPS, SBAS) and 1009 to 1012 (GLONASS).
//!
//! Decisions:
//! - The signals are those that RTKLIB's `convbin` names. L1: C/A is 1C, P is 1P. GPS L2 (DF016): "C/A or
//!   L2C" is 2X, direct P(Y) is 2P, cross-correlated is 2D, correlated P/Y is 2W. GLONASS L2 (DF046): C/A is
//!   2C, P is 2P; its two reserved values are findings.
//! - 1001, 1003, 1009 and 1011 tell the pseudorange modulo a light millisecond (GLONASS: two) only. As with
//!   MSM1 to MSM3, code and phase then stay absent, and this is counted.
//! - The phase is told as a difference to the pseudorange and rolls over by 1500 cycles when it would leave
//!   the range of its field (RTCM 10403.3, DF012). Each message is read for itself, so a rollover shows as a
//!   jump of a multiple of 1500 cycles, which lock times do not announce; who follows arcs must take it back.

pub mod encode;
pub mod lock_time;
pub(crate) mod tables;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::observation::Observation;
use tianshu_gnss::satellite::{GLONASS_SLOT_MAX, Satellite};
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::units::{DbHz, Metres};

use crate::bits::{BitReader, BitWriter, PastEnd};
use crate::epoch::{ObservationFindings, PartialEpoch, Source};
use crate::frame::Frame;
use crate::glonass_channels::GlonassChannels;
use crate::message::data_field::Record;
use crate::message::legacy::lock_time::lock_time;
use crate::time::{resolve_glonass_time_of_day, resolve_tow};

/// DF009 of the first SBAS satellite, PRN 120, and of the last, PRN 138.
const SBAS_IDS: std::ops::RangeInclusive<u8> = 40..=58;
/// DF009 of an SBAS satellite minus its RINEX number (PRN - 100): 40 is PRN 120 is S20.
const SBAS_ID_OFFSET: u8 = 20;
/// DF009 of the last GPS satellite.
const GPS_ID_MAX: u8 = 32;
/// DF040 of the highest channel, +13.
const CHANNEL_CODE_MAX: u8 = 20;

/// A legacy observation message as its bits tell it.
#[derive(Clone, Debug, PartialEq)]
pub struct LegacyMessage {
    number: u16,
    header: Record,
    satellites: Vec<Record>,
}

/// The data fields of one system: where its values stand.
struct Fields {
    code_1: u16,
    range_1: u16,
    phase_1: u16,
    lock_1: u16,
    modulus: u16,
    cnr_1: u16,
    code_2: u16,
    range_2: u16,
    phase_2: u16,
    lock_2: u16,
    cnr_2: u16,
}

const GPS: Fields = Fields {
    code_1: 10,
    range_1: 11,
    phase_1: 12,
    lock_1: 13,
    modulus: 14,
    cnr_1: 15,
    code_2: 16,
    range_2: 17,
    phase_2: 18,
    lock_2: 19,
    cnr_2: 20,
};

const GLONASS: Fields = Fields {
    code_1: 39,
    range_1: 41,
    phase_1: 42,
    lock_1: 43,
    modulus: 44,
    cnr_1: 45,
    code_2: 46,
    range_2: 47,
    phase_2: 48,
    lock_2: 49,
    cnr_2: 50,
};

impl LegacyMessage {
    /// Reads a legacy observation message; `None` where the number is that of another message.
    pub(crate) fn read(number: u16, payload: &[u8]) -> Option<Result<Self, PastEnd>> {
        let (header, satellite) = tables::tables(number)?;
        let mut reader = BitReader::new(payload);
        let mut read = || {
            reader.skip(12)?;
            let header = Record::read(header, &mut reader)?;
            let count = header.raw(if number < 1009 { 6 } else { 35 });
            let satellites = (0..count).map(|_| Record::read(satellite, &mut reader));
            Ok(Self { number, satellites: satellites.collect::<Result<_, _>>()?, header })
        };
        Some(read())
    }

    /// The message number: 1001 to 1004 or 1009 to 1012.
    pub fn number(&self) -> u16 {
        self.number
    }

    /// The reference station ID (DF003).
    pub fn station_id(&self) -> u16 {
        self.header.word(3)
    }

    /// GPS or GLONASS; SBAS satellites are part of the GPS messages.
    pub fn constellation(&self) -> Constellation {
        if self.number < 1009 { Constellation::Gps } else { Constellation::Glonass }
    }

    /// How many satellites it tells of.
    pub fn satellite_count(&self) -> usize {
        self.satellites.len()
    }

    /// Whether messages of the same moment follow (DF005).
    pub fn more_follow(&self) -> bool {
        self.header.flag(5)
    }

    /// What was observed, at the moment nearest to `near` that the message can mean.
    ///
    /// `None` where the epoch field is out of range: such a message means no moment. GLONASS frequency
    /// channels are learned from it.
    pub fn partial_epoch(
        &self,
        near: GpsTime,
        channels: &mut GlonassChannels,
    ) -> Option<PartialEpoch> {
        let time = match self.constellation() {
            Constellation::Glonass => {
                resolve_glonass_time_of_day(near, u32::try_from(self.header.raw(34)).ok()?)
            }
            _ => resolve_tow(near, u32::try_from(self.header.raw(4)).ok()?),
        }?;
        let mut findings = ObservationFindings::default();
        let mut observations = Vec::with_capacity(2 * self.satellites.len());
        for record in &self.satellites {
            match self.satellite(record) {
                Some(satellite) => {
                    self.observe(satellite, record, channels, &mut findings, &mut observations);
                }
                None => findings.reserved_satellites += 1,
            }
        }
        Some(PartialEpoch {
            time,
            station_id: self.station_id(),
            more_follow: self.more_follow(),
            constellation: self.constellation(),
            source: Source::Legacy,
            observations,
            findings,
        })
    }

    /// The message as a frame.
    pub fn to_frame(&self) -> Frame {
        let mut writer = BitWriter::with_capacity(512);
        writer.unsigned(self.number.into(), 12).expect("a message number has 12 bits");
        self.header.write(&mut writer);
        for satellite in &self.satellites {
            satellite.write(&mut writer);
        }
        Frame::from_payload(writer.finish()).expect("31 satellites of 130 bits are 512 bytes")
    }

    fn satellite(&self, record: &Record) -> Option<Satellite> {
        if self.constellation() == Constellation::Glonass {
            let slot = record.byte(38);
            return Satellite::new(Constellation::Glonass, slot)
                .filter(|_| slot <= GLONASS_SLOT_MAX);
        }
        let id = record.byte(9);
        if SBAS_IDS.contains(&id) {
            return Satellite::new(Constellation::Sbas, id - SBAS_ID_OFFSET);
        }
        Satellite::new(Constellation::Gps, id).filter(|_| id <= GPS_ID_MAX)
    }

    fn observe(
        &self,
        satellite: Satellite,
        record: &Record,
        channels: &mut GlonassChannels,
        findings: &mut ObservationFindings,
        observations: &mut Vec<Observation>,
    ) {
        let (fields, channel) = match self.constellation() {
            Constellation::Glonass => {
                let channel = i8::try_from(record.byte(40))
                    .ok()
                    .filter(|_| record.byte(40) <= CHANNEL_CODE_MAX);
                let channel = channel.map(|code| code - 7);
                if let Some(channel) = channel {
                    channels.learn(satellite.number(), channel);
                }
                (&GLONASS, channel)
            }
            _ => (&GPS, None),
        };
        let Some(pseudorange) = pseudorange_m(record, fields) else {
            findings.without_rough_range += 1;
            return;
        };
        let first = Band {
            signal: l1_signal(satellite, record.raw(fields.code_1)),
            code_m: Some(pseudorange),
            phase_m: record.told(fields.phase_1).map(|difference| pseudorange + difference),
            lock: record.byte(fields.lock_1),
            cnr: record.told(fields.cnr_1),
        };
        let second = record.has(fields.code_2).then(|| Band {
            signal: l2_signal(satellite, record.raw(fields.code_2)),
            code_m: record.told(fields.range_2).map(|difference| pseudorange + difference),
            phase_m: record.told(fields.phase_2).map(|difference| pseudorange + difference),
            lock: record.byte(fields.lock_2),
            cnr: record.told(fields.cnr_2),
        });
        for band in [Some(first), second].into_iter().flatten() {
            observations.extend(band.observation(satellite, channel, findings));
        }
    }
}

/// What a message tells of one band of one satellite.
struct Band {
    signal: Option<Signal>,
    code_m: Option<f64>,
    phase_m: Option<f64>,
    lock: u8,
    cnr: Option<f64>,
}

impl Band {
    fn observation(
        self,
        satellite: Satellite,
        channel: Option<i8>,
        findings: &mut ObservationFindings,
    ) -> Option<Observation> {
        if self.code_m.is_none() && self.phase_m.is_none() {
            return None;
        }
        let Some(signal) = self.signal else {
            findings.reserved_signals += 1;
            return None;
        };
        let mut observation = Observation::of(satellite, signal);
        observation.glonass_channel = channel;
        observation.code = self.code_m.map(Metres);
        observation.cn0 = self.cnr.map(DbHz);
        observation.lock_time = Some(lock_time(self.lock));
        let carrier = observation.carrier();
        findings.without_channel += u32::from(self.phase_m.is_some() && carrier.is_none());
        observation.phase =
            self.phase_m.zip(carrier).map(|(metres, carrier)| Metres(metres).in_cycles_of(carrier));
        Some(observation)
    }
}

/// The whole pseudorange; none where it is not told, or its modulus is not.
fn pseudorange_m(record: &Record, fields: &Fields) -> Option<f64> {
    if !record.has(fields.modulus) {
        return None;
    }
    Some(record.told(fields.range_1)? + record.number(fields.modulus))
}

fn l1_signal(satellite: Satellite, indicator: u64) -> Option<Signal> {
    match (satellite.constellation(), indicator) {
        (system, 0) => Signal::new(system, '1', 'C'),
        // SBAS has no P code.
        (system, _) => Signal::new(system, '1', 'P'),
    }
}

fn l2_signal(satellite: Satellite, indicator: u64) -> Option<Signal> {
    let attribute = match (satellite.constellation(), indicator) {
        (Constellation::Gps, 0) => 'X',
        (Constellation::Gps | Constellation::Glonass, 1) => 'P',
        (Constellation::Gps, 2) => 'D',
        (Constellation::Gps, 3) => 'W',
        (Constellation::Glonass, 0) => 'C',
        _ => return None,
    };
    Signal::new(satellite.constellation(), '2', attribute)
}

#[cfg(test)]
mod tests;
