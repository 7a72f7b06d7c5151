//! One MSM as the raw integers of the standard, read from a payload of any content.

use tianshu_gnss::constellation::Constellation;

use crate::bits::{BitReader, PastEnd};
use crate::msm::fields::{
    CELLS_MAX, DF001, DF002, DF003, DF393, DF394, DF395, DF397, DF398, DF399, DF404, DF409, DF411,
    DF412, DF417, DF418, DF420, EPOCH_TIME, EXTENDED, Field, HEADER_BITS, Layout,
};
use crate::msm::header::{MsmHeader, MsmLevel, msm_kind};

/// A multiple signal message. Scales depend on the level: see [`crate::msm::fields`].
///
/// Reading into the same value again reuses its memory: see [`Self::read`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Msm {
    /// The fields before the masks.
    pub header: MsmHeader,
    /// DF394 with the satellite data: satellites by rising ID.
    pub satellites: Vec<MsmSatellite>,
    /// DF395: the signal mask; the highest bit is signal ID 1. Reserved IDs are kept. A signal may be in
    /// the mask and have no cell.
    pub signal_mask: u32,
    /// DF396 with the signal data: cells by satellite, then by rising signal ID.
    pub cells: Vec<MsmCell>,
}

/// The satellite data of one satellite (RTCM 10403.3, tables 3.5-80 to 3.5-82).
///
/// A field that the level does not have is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MsmSatellite {
    /// The satellite ID of the mask, 1 to 64.
    pub id: u8,
    /// DF397: whole milliseconds of the rough range, 0 to 254; absent also for the pattern "invalid".
    pub range_ms: Option<u8>,
    /// Extended information, 0 to 15 (MSM5, MSM7); for GLONASS the frequency channel plus 7 (DF419).
    pub extended: Option<u8>,
    /// DF398: rough range modulo one millisecond, in 2^-10 ms, 0 to 1023.
    pub range_mod: u16,
    /// DF399: rough phase range rate in m/s (MSM5, MSM7); absent also for the pattern "invalid".
    pub range_rate: Option<i16>,
}

/// The signal data of one satellite's signal (RTCM 10403.3, tables 3.5-83 to 3.5-89).
///
/// A field that the level does not have is absent, as is one with the pattern "invalid".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MsmCell {
    /// Which of [`Msm::satellites`]: a place in that list, not an ID.
    pub satellite: u8,
    /// The signal ID of the mask, 1 to 32.
    pub signal_id: u8,
    /// DF400 (MSM1, 3, 4, 5) or DF405 (MSM6, 7): fine pseudorange.
    pub fine_range: Option<i32>,
    /// DF401 (MSM2 to 5) or DF406 (MSM6, 7): fine phase range.
    pub fine_phase: Option<i32>,
    /// DF402 (MSM2 to 5) or DF407 (MSM6, 7): lock time indicator.
    pub lock_time: Option<u16>,
    /// DF420: half a cycle may be missing.
    pub half_cycle: bool,
    /// DF403 (MSM4, 5) or DF408 (MSM6, 7): carrier-to-noise density ratio; 0 is "none" and absent here.
    pub cn0: Option<u16>,
    /// DF404 (MSM5, 7): fine phase range rate.
    pub fine_rate: Option<i16>,
}

/// Why a payload is no well-formed MSM. The stream goes on; this is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Corrupt {
    /// The message number is not that of an MSM.
    #[error("the message number is not that of an MSM")]
    NotMsm,
    /// The payload ends inside of the header.
    #[error("the header is cut off")]
    HeaderCutOff,
    /// The masks span more cells than the standard allows.
    #[error("{satellites} satellites times {signals} signals are more than {CELLS_MAX} cells")]
    TooManyCells {
        /// Satellites in the mask.
        satellites: usize,
        /// Signals in the mask.
        signals: usize,
    },
    /// The payload ends before the data that its masks announce.
    #[error("the masks announce {announced_bits} bits, the payload has {payload_bits}")]
    Short {
        /// The length that the masks announce, in bits.
        announced_bits: usize,
        /// The length of the payload, in bits.
        payload_bits: usize,
    },
}

impl From<PastEnd> for Corrupt {
    /// All lengths are compared before the data are read, so only the header can still be cut off.
    fn from(_: PastEnd) -> Self {
        Self::HeaderCutOff
    }
}

impl Default for Msm {
    /// A message without satellites, to be read into.
    fn default() -> Self {
        Self::empty(MsmHeader::new(Constellation::Gps, MsmLevel::Msm1, 0, 0))
    }
}

impl Msm {
    /// A message without satellites: legal, and used to end an epoch.
    pub fn empty(header: MsmHeader) -> Self {
        Self { header, satellites: Vec::new(), signal_mask: 0, cells: Vec::new() }
    }

    /// Reads a payload.
    pub fn decode(payload: &[u8]) -> Result<Self, Corrupt> {
        let mut msm = Self::default();
        msm.read(payload)?;
        Ok(msm)
    }

    /// Reads a payload into this value, reusing its memory. What it holds after an error has no meaning.
    ///
    /// Bytes after the announced data are tolerated: some encoders fill up messages.
    pub fn read(&mut self, payload: &[u8]) -> Result<(), Corrupt> {
        let reader = &mut BitReader::new(payload);
        self.header = read_header(reader)?;
        let satellite_mask = reader.unsigned(DF394.bits)?;
        self.signal_mask = low32(reader.unsigned(DF395.bits)?);
        let satellites = satellite_mask.count_ones() as usize;
        let signals = self.signal_mask.count_ones() as usize;
        if satellites * signals > CELLS_MAX {
            return Err(Corrupt::TooManyCells { satellites, signals });
        }
        let layout = Layout::of(self.header.level);
        let masks = HEADER_BITS + satellites * signals;
        let cell_mask = reader
            .unsigned(satellite_mask.count_ones() * self.signal_mask.count_ones())
            .map_err(|_| short(masks, payload))?;
        let cells = cell_mask.count_ones() as usize;
        let announced = masks + satellites * layout.satellite_bits() + cells * layout.cell_bits();
        if announced > payload.len() * 8 {
            return Err(short(announced, payload));
        }
        self.lay_out(satellite_mask, cell_mask);
        read_satellites(reader, &layout, &mut self.satellites)?;
        read_cells(reader, &layout, &mut self.cells)?;
        Ok(())
    }

    /// How many bits of the payload the message takes; the rest is filling.
    pub fn payload_bits(&self) -> usize {
        let layout = Layout::of(self.header.level);
        let satellites = self.satellites.len();
        HEADER_BITS
            + satellites * self.signal_mask.count_ones() as usize
            + satellites * layout.satellite_bits()
            + self.cells.len() * layout.cell_bits()
    }

    /// Makes the satellites and cells that the masks announce, with their IDs and nothing else yet.
    fn lay_out(&mut self, satellite_mask: u64, cell_mask: u64) {
        let new = |id| MsmSatellite { id, ..MsmSatellite::default() };
        self.satellites.clear();
        self.satellites.extend(ids(satellite_mask).map(new));
        self.cells.clear();
        let signals = self.signal_mask.count_ones();
        let mut left = self.satellites.len() * signals as usize;
        for satellite in (0..).take(self.satellites.len()) {
            for signal_id in ids(u64::from(self.signal_mask) << 32) {
                left -= 1;
                if cell_mask >> left & 1 == 1 {
                    self.cells.push(MsmCell { satellite, signal_id, ..MsmCell::default() });
                }
            }
        }
    }
}

/// The IDs of the set bits; the highest bit is ID 1.
fn ids(mut mask: u64) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let highest = mask.leading_zeros();
        mask &= !(1_u64 << 63).checked_shr(highest)?;
        u8::try_from(highest + 1).ok()
    })
}

fn short(announced_bits: usize, payload: &[u8]) -> Corrupt {
    Corrupt::Short { announced_bits, payload_bits: payload.len() * 8 }
}

fn read_header(reader: &mut BitReader<'_>) -> Result<MsmHeader, Corrupt> {
    let number = low16(reader.unsigned(DF002.bits)?);
    let (constellation, level) = msm_kind(number).ok_or(Corrupt::NotMsm)?;
    Ok(MsmHeader {
        constellation,
        level,
        station_id: low16(reader.unsigned(DF003.bits)?),
        epoch_time: low32(reader.unsigned(EPOCH_TIME.bits)?),
        more_follow: reader.unsigned(DF393.bits)? == 1,
        issue_of_data: low8(reader.unsigned(DF409.bits)?),
        reserved: low8(reader.unsigned(DF001.bits)?),
        clock_steering: low8(reader.unsigned(DF411.bits)?),
        external_clock: low8(reader.unsigned(DF412.bits)?),
        divergence_free_smoothing: reader.unsigned(DF417.bits)? == 1,
        smoothing_interval: low8(reader.unsigned(DF418.bits)?),
    })
}

fn read_satellites(
    reader: &mut BitReader<'_>,
    layout: &Layout,
    satellites: &mut [MsmSatellite],
) -> Result<(), PastEnd> {
    let count = satellites.len();
    if layout.range_ms {
        for (satellite, raw) in
            satellites.iter_mut().zip(reader.unsigned_fields(DF397.bits, count)?)
        {
            satellite.range_ms = Some(low8(raw)).filter(|&ms| ms != u8::MAX);
        }
    }
    if layout.rates {
        for (satellite, raw) in
            satellites.iter_mut().zip(reader.unsigned_fields(EXTENDED.bits, count)?)
        {
            satellite.extended = Some(low8(raw));
        }
    }
    for (satellite, raw) in satellites.iter_mut().zip(reader.unsigned_fields(DF398.bits, count)?) {
        satellite.range_mod = low16(raw);
    }
    if layout.rates {
        for (satellite, raw) in satellites.iter_mut().zip(reader.signed_fields(DF399.bits, count)?)
        {
            satellite.range_rate = valid(raw, DF399).map(narrow);
        }
    }
    Ok(())
}

fn read_cells(
    reader: &mut BitReader<'_>,
    layout: &Layout,
    cells: &mut [MsmCell],
) -> Result<(), PastEnd> {
    let count = cells.len();
    if let Some(field) = layout.range {
        for (cell, raw) in cells.iter_mut().zip(reader.signed_fields(field.bits, count)?) {
            cell.fine_range = valid(raw, field);
        }
    }
    if let Some(field) = layout.phase {
        for (cell, raw) in cells.iter_mut().zip(reader.signed_fields(field.bits, count)?) {
            cell.fine_phase = valid(raw, field);
        }
    }
    if let Some(field) = layout.lock_time {
        for (cell, raw) in cells.iter_mut().zip(reader.unsigned_fields(field.bits, count)?) {
            cell.lock_time = Some(low16(raw));
        }
    }
    if layout.phase.is_some() {
        for (cell, raw) in cells.iter_mut().zip(reader.unsigned_fields(DF420.bits, count)?) {
            cell.half_cycle = raw == 1;
        }
    }
    if let Some(field) = layout.cn0 {
        for (cell, raw) in cells.iter_mut().zip(reader.unsigned_fields(field.bits, count)?) {
            cell.cn0 = Some(low16(raw)).filter(|&cn0| cn0 != 0);
        }
    }
    if layout.rates {
        for (cell, raw) in cells.iter_mut().zip(reader.signed_fields(DF404.bits, count)?) {
            cell.fine_rate = valid(raw, DF404).map(narrow);
        }
    }
    Ok(())
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "a signed field of MSM has at most 24 bits")]
fn valid(raw: i64, field: Field) -> Option<i32> {
    Some(raw as i32).filter(|&value| value != field.invalid())
}

#[expect(clippy::cast_possible_truncation, reason = "called for fields of at most 16 bits")]
fn narrow(value: i32) -> i16 {
    value as i16
}

#[expect(clippy::cast_possible_truncation, reason = "called for fields of at most 8 bits")]
fn low8(bits: u64) -> u8 {
    bits as u8
}

#[expect(clippy::cast_possible_truncation, reason = "called for fields of at most 16 bits")]
fn low16(bits: u64) -> u16 {
    bits as u16
}

#[expect(clippy::cast_possible_truncation, reason = "called for fields of at most 32 bits")]
fn low32(bits: u64) -> u32 {
    bits as u32
}

#[cfg(test)]
mod tests;
