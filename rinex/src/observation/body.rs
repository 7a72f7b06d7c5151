//! Epochs as files tell them, and how they become epochs of ours.

use std::time::Duration;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::units::{Cycles, DbHz, Hertz, Metres};

use crate::label::Version;
use crate::line::{Calendar, Number, columns, field, full_year, integer, nanoseconds, number};
use crate::observation::code::{Column, Quantity};
use crate::observation::header::ObsHeader;

/// The most satellites of one epoch that are believed: RINEX has three columns for them, the sky about 150.
pub(super) const SATELLITES_MAX: usize = 999;

/// Bit 0 of the loss-of-lock indicator: lock was lost since the previous epoch (RINEX 3.05, table 2).
const LLI_LOST: u8 = 1;
/// Bit 1: half a cycle may be missing.
const LLI_HALF_CYCLE: u8 = 2;

/// An epoch line. Columns from 0: version 2 by RINEX 2.11, table A2; version 3 by RINEX 3.05, table A3.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct EpochHead {
    /// As if the file's calendar were that of GPS time; none in an event without a time.
    pub(super) told: Option<GpsTime>,
    /// 0 normal, 1 after a power failure, above 1 an event.
    pub(super) flag: u8,
    /// Satellites, or the lines of an event.
    pub(super) count: usize,
    /// Receiver clock offset, s.
    pub(super) clock_s: Option<f64>,
}

/// One value with its two indicators.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RawValue {
    pub(super) value: f64,
    pub(super) lli: u8,
}

/// A satellite's values, in the order of the columns.
pub(super) type RawSatellite = (Satellite, Vec<Option<RawValue>>);

/// One epoch of the file.
pub(super) struct RawEpoch {
    pub(super) head: EpochHead,
    pub(super) satellites: Vec<RawSatellite>,
}

impl EpochHead {
    pub(super) fn read(line: &str, version: Version) -> Option<Self> {
        if version < Version(300) { Self::read2(line) } else { Self::read3(line) }
    }

    fn read2(line: &str) -> Option<Self> {
        let flag = integer(line, 28..29).or_else(|| blank_zero(line, 28..29))?;
        let count = integer(line, 29..32).filter(|n| *n <= SATELLITES_MAX)?;
        let told = || {
            let calendar = Calendar {
                year: full_year(integer(line, 1..3)?),
                month: integer(line, 4..6)?,
                day: integer(line, 7..9)?,
                hour: integer(line, 10..12)?,
                minute: integer(line, 13..15)?,
                nanos: nanoseconds(columns(line, 15..26))?,
            };
            calendar.moment()
        };
        Self::checked(Self { told: told(), flag, count, clock_s: number(line, 68..80).value() })
    }

    fn read3(line: &str) -> Option<Self> {
        if !line.starts_with('>') {
            return None;
        }
        let flag = integer(line, 31..32)?;
        let count = integer(line, 32..35).filter(|n| *n <= SATELLITES_MAX)?;
        let told = || {
            let calendar = Calendar {
                year: integer(line, 2..6)?,
                month: integer(line, 7..9)?,
                day: integer(line, 10..12)?,
                hour: integer(line, 13..15)?,
                minute: integer(line, 16..18)?,
                nanos: nanoseconds(columns(line, 18..29))?,
            };
            calendar.moment()
        };
        Self::checked(Self { told: told(), flag, count, clock_s: number(line, 41..56).value() })
    }

    /// Only an event may be without a time, and the flags end at 6.
    fn checked(self) -> Option<Self> {
        let legal = self.flag <= 6 && (self.told.is_some() || self.flag > 1);
        legal.then_some(self)
    }
}

/// Satellite names in a row, three columns each. `None` stands for a name that cannot be.
pub(super) fn satellites(
    list: &str,
    count: usize,
    default_system: Constellation,
) -> Vec<Option<Satellite>> {
    (0..count).map(|i| satellite(columns(list, 3 * i..3 * i + 3), default_system)).collect()
}

/// A satellite's name in three columns; without a letter it is of the file's own system (RINEX 2.11, section 5.1).
pub(super) fn satellite(name: &str, default_system: Constellation) -> Option<Satellite> {
    match name.strip_prefix(' ') {
        Some(number) => Satellite::new(default_system, number.trim().parse().ok()?),
        None => name.parse().ok(),
    }
}

/// One field of 16 columns: F14.3, loss of lock, signal strength. Zero means "not measured" (RINEX 2.11, table A2).
pub(super) fn raw_value(line: &str, start: usize) -> Result<Option<RawValue>, (usize, usize)> {
    match number(line, start..start + 14) {
        Number::Blank => Ok(None),
        Number::Broken => Err((start + 1, start + 14)),
        Number::Value(value) => {
            Ok(RawValue::of(value, indicator(field(line, start + 14..start + 15))))
        }
    }
}

impl RawValue {
    /// Zero means "not measured".
    pub(super) fn of(value: f64, lli: u8) -> Option<Self> {
        (value != 0.0).then_some(Self { value, lli })
    }
}

/// A loss-of-lock indicator; blank means zero.
pub(super) fn indicator(text: &str) -> u8 {
    text.parse().unwrap_or(0)
}

/// The epoch in our own words.
pub(super) fn assembled(header: &ObsHeader, raw: RawEpoch) -> Option<ObsEpoch> {
    let time = header.time_system.to_gps(raw.head.told?);
    let mut observations = Vec::with_capacity(raw.satellites.len() * 4);
    for (satellite, values) in raw.satellites {
        let Some(columns) = header.columns.get(&satellite.constellation()) else { continue };
        let first = observations.len();
        for (column, value) in columns.iter().zip(values) {
            let (Some(column), Some(value)) = (column, value) else { continue };
            let own = observations.get_mut(first..).unwrap_or(&mut []);
            let known = own.iter().position(|o: &Observation| o.signal == column.signal);
            if known.is_none() {
                let mut new = Observation::of(satellite, column.signal);
                new.glonass_channel = header.glonass_channels.get(&satellite).copied();
                observations.push(new);
            }
            let slot = known.map_or(observations.len() - 1, |i| first + i);
            let slot = observations.get_mut(slot);
            if let Some(observation) = slot {
                fill(observation, *column, value, raw.head.flag, header.version);
            }
        }
    }
    Some(ObsEpoch::new(time, observations))
}

fn fill(observation: &mut Observation, column: Column, raw: RawValue, flag: u8, version: Version) {
    let value = raw.value / column.factor;
    match column.quantity {
        Quantity::Code => observation.code = Some(Metres(value)),
        Quantity::Doppler => observation.doppler = Some(Hertz(value)),
        Quantity::Strength => observation.cn0 = Some(DbHz(value)),
        Quantity::Phase => {
            observation.phase = Some(Cycles(value));
            // After a power failure every phase begins anew (epoch flag 1).
            if raw.lli & LLI_LOST != 0 || flag == 1 {
                observation.lock_time = Some(Duration::ZERO);
            }
            // In RINEX 2 bit 1 means "opposite wavelength factor", which no receiver of this century has.
            observation.half_cycle_ambiguous =
                version >= Version(300) && raw.lli & LLI_HALF_CYCLE != 0;
        }
    }
}

fn blank_zero(line: &str, range: std::ops::Range<usize>) -> Option<u8> {
    field(line, range).is_empty().then_some(0)
}
