//! Observations into messages 1004 and 1012, as old rovers want them.
//!
//! The phase is told as its difference to the pseudorange, brought into the range of its field by multiples
//! of 1500 cycles (RTCM 10403.3, DF012), so that no state is needed from epoch to epoch.

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::units::Cycles;

use crate::frame::Frame;
use crate::message::data_field::{DoesNotFit, Record};
use crate::message::legacy::lock_time::indicator;
use crate::message::legacy::tables::{
    GLONASS_HEADER, GLONASS_MODULUS_M, GPS_HEADER, GPS_MODULUS_M, L1_L2_GLONASS_EXTENDED,
    L1_L2_GPS_EXTENDED,
};
use crate::message::legacy::{Fields, GLONASS, GPS, LegacyMessage};
use crate::time::{glonass_day_and_ms, tow_ms};

/// What five bits of satellite count can say (DF006, DF035).
pub const SATELLITES_PER_MESSAGE_MAX: usize = 31;

/// The phase rolls over by so many cycles (RTCM 10403.3, DF012).
const ROLLOVER_CYCLES: f64 = 1500.0;
/// DF017 and DF047 hold differences up to 163.82 m.
const L2_CODE_DIFFERENCE_MAX_M: f64 = 163.82;

/// The GPS signals of 1004 in the order in which they are taken, with their indicator (DF010).
const GPS_L1: &[(char, u8)] = &[('C', 0), ('W', 1), ('P', 1), ('X', 0), ('L', 0), ('S', 0)];
/// The same of L2 (DF016).
const GPS_L2: &[(char, u8)] =
    &[('W', 3), ('P', 1), ('D', 2), ('X', 0), ('L', 0), ('S', 0), ('C', 0)];
/// The GLONASS signals of 1012 with their indicator (DF039, DF046).
const GLONASS_BAND: &[(char, u8)] = &[('C', 0), ('P', 1)];

/// Which messages one epoch becomes.
struct System {
    number: u16,
    constellation: Constellation,
    fields: &'static Fields,
    modulus_m: f64,
    first: &'static [(char, u8)],
    second: &'static [(char, u8)],
}

/// The GPS observations of an epoch as 1004, 31 satellites to a message.
///
/// Satellites without a code on L1 have no place in the message. `more_follow` says whether other messages
/// of this epoch come behind (DF005). An epoch without GPS gives no message.
pub fn encode_1004(
    epoch: &ObsEpoch,
    station_id: u16,
    more_follow: bool,
) -> Result<Vec<Frame>, DoesNotFit> {
    let system = System {
        number: 1004,
        constellation: Constellation::Gps,
        fields: &GPS,
        modulus_m: GPS_MODULUS_M,
        first: GPS_L1,
        second: GPS_L2,
    };
    system.encode(epoch, station_id, more_follow)
}

/// The GLONASS observations of an epoch as 1012, 31 satellites to a message.
///
/// Satellites without a code on G1 or without a known frequency channel have no place in the message.
pub fn encode_1012(
    epoch: &ObsEpoch,
    station_id: u16,
    more_follow: bool,
) -> Result<Vec<Frame>, DoesNotFit> {
    let system = System {
        number: 1012,
        constellation: Constellation::Glonass,
        fields: &GLONASS,
        modulus_m: GLONASS_MODULUS_M,
        first: GLONASS_BAND,
        second: GLONASS_BAND,
    };
    system.encode(epoch, station_id, more_follow)
}

impl System {
    fn encode(
        &self,
        epoch: &ObsEpoch,
        station_id: u16,
        more_follow: bool,
    ) -> Result<Vec<Frame>, DoesNotFit> {
        let mut satellites = Vec::new();
        for (satellite, observations) in epoch.by_satellite() {
            if satellite.constellation() == self.constellation {
                satellites.extend(self.satellite(satellite, observations)?);
            }
        }
        let chunks: Vec<&[Record]> = satellites.chunks(SATELLITES_PER_MESSAGE_MAX).collect();
        let mut frames = Vec::with_capacity(chunks.len());
        for (i, chunk) in chunks.iter().enumerate() {
            let header =
                self.header(epoch.time, station_id, more_follow || i + 1 < chunks.len(), chunk)?;
            let message = LegacyMessage { number: self.number, header, satellites: chunk.to_vec() };
            frames.push(message.to_frame());
        }
        Ok(frames)
    }

    fn header(
        &self,
        time: GpsTime,
        station_id: u16,
        more_follow: bool,
        satellites: &[Record],
    ) -> Result<Record, DoesNotFit> {
        let count = satellites.len() as f64;
        let glonass = self.constellation == Constellation::Glonass;
        let mut header = Record::zeroed(if glonass { GLONASS_HEADER } else { GPS_HEADER });
        header.set(3, station_id.into())?;
        header.set_flag(5, more_follow)?;
        if glonass {
            header.set(34, glonass_day_and_ms(time).1.into())?;
            header.set(35, count)?;
        } else {
            header.set(4, tow_ms(time).into())?;
            header.set(6, count)?;
        }
        Ok(header)
    }

    /// One satellite; none where it has no place in the message.
    fn satellite(
        &self,
        satellite: Satellite,
        observations: &[Observation],
    ) -> Result<Option<Record>, DoesNotFit> {
        let with_code =
            |band, preferred| pick(observations, band, preferred).filter(|(o, _)| o.code.is_some());
        let Some((first, code_1)) = with_code('1', self.first) else { return Ok(None) };
        let Some(code) = first.code else { return Ok(None) };
        let fields = self.fields;
        let glonass = self.constellation == Constellation::Glonass;
        let mut record =
            Record::zeroed(if glonass { L1_L2_GLONASS_EXTENDED } else { L1_L2_GPS_EXTENDED });
        if glonass {
            let Some(channel) = first.glonass_channel else { return Ok(None) };
            record.set(38, satellite.number().into())?;
            record.set(40, f64::from(channel) + 7.0)?;
        } else {
            record.set(9, satellite.number().into())?;
        }
        record.set(fields.code_1, code_1.into())?;
        let whole = (code.0 / self.modulus_m).floor();
        record.set(fields.modulus, whole * self.modulus_m)?;
        record.set(fields.range_1, code.0 - whole * self.modulus_m)?;
        // The differences are taken to the pseudorange as it was rounded into the message.
        let told = record.number(fields.range_1) + record.number(fields.modulus);
        set_phase(&mut record, fields.phase_1, first, told)?;
        record.set(fields.lock_1, lock(first))?;
        set_cnr(&mut record, fields.cnr_1, first)?;
        self.set_second(&mut record, observations, told)?;
        Ok(Some(record))
    }

    fn set_second(
        &self,
        record: &mut Record,
        observations: &[Observation],
        told_m: f64,
    ) -> Result<(), DoesNotFit> {
        let fields = self.fields;
        let Some((second, indicator)) = pick(observations, '2', self.second) else {
            record.set_absent(fields.range_2);
            record.set_absent(fields.phase_2);
            return Ok(());
        };
        record.set(fields.code_2, indicator.into())?;
        let difference = second.code.map(|code| code.0 - told_m);
        match difference.filter(|difference| difference.abs() <= L2_CODE_DIFFERENCE_MAX_M) {
            Some(difference) => record.set(fields.range_2, difference)?,
            None => record.set_absent(fields.range_2),
        }
        set_phase(record, fields.phase_2, second, told_m)?;
        record.set(fields.lock_2, lock(second))?;
        set_cnr(record, fields.cnr_2, second)
    }
}

/// The phase as its difference to the pseudorange, within half a rollover of it.
fn set_phase(
    record: &mut Record,
    df: u16,
    observation: &Observation,
    told_m: f64,
) -> Result<(), DoesNotFit> {
    let Some((phase, carrier)) = observation.phase.zip(observation.carrier()) else {
        record.set_absent(df);
        return Ok(());
    };
    let rollover_m = Cycles(ROLLOVER_CYCLES).on(carrier).0;
    let difference = phase.on(carrier).0 - told_m;
    record.set(df, difference - rollover_m * (difference / rollover_m).round())
}

/// The first of the preferred signals of a band that was observed, with its indicator.
fn pick<'a>(
    observations: &'a [Observation],
    band: char,
    preferred: &[(char, u8)],
) -> Option<(&'a Observation, u8)> {
    preferred.iter().find_map(|&(attribute, indicator)| {
        observations
            .iter()
            .find(|o| o.signal.band() == band && o.signal.attribute() == attribute)
            .filter(|o| o.code.is_some() || o.phase.is_some())
            .map(|o| (o, indicator))
    })
}

fn lock(observation: &Observation) -> f64 {
    observation.lock_time.map_or(0, indicator).into()
}

/// DF015 and its like: a quarter of a dB-Hz a step; what was not measured, or is out of range, is 0.
fn set_cnr(record: &mut Record, df: u16, observation: &Observation) -> Result<(), DoesNotFit> {
    let told = observation.cn0.map_or(0.0, |cn0| cn0.0.clamp(0.0, 63.75));
    record.set(df, told)
}
