//! Writing an MSM: the inverse of reading, byte for byte.

use tianshu_gnss::constellation::Constellation;

use crate::bits::{BitWriter, TooWide};
use crate::frame::{Frame, PayloadTooLong};
use crate::msm::fields::{
    CELLS_MAX, DF001, DF002, DF003, DF393, DF394, DF395, DF397, DF398, DF399, DF404, DF409, DF411,
    DF412, DF417, DF418, DF420, EPOCH_TIME, EXTENDED, Field, Layout,
};
use crate::msm::message::{Msm, MsmCell, MsmSatellite};

/// DF419 of a GLONASS satellite whose channel is not known: outside of the range 0 to 13 that stands for
/// the channels -7 to +6.
pub const GLONASS_CHANNEL_UNKNOWN: u8 = 15;

/// Why a value of [`Msm`] cannot be written. Nothing is ever wrapped into its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unencodable {
    /// A value does not fit into its field, or is the field's pattern for "no value".
    #[error("{value} is outside of the range of {field}")]
    OutOfRange {
        /// The field, as the standard numbers it.
        field: &'static str,
        /// The value.
        value: i128,
    },
    /// Satellites are not in rising order of IDs from 1 to 64.
    #[error("satellite ID {id} is out of order or not between 1 and 64")]
    SatelliteOrder {
        /// The first ID at fault.
        id: u8,
    },
    /// Cells are not in order, or name a satellite or signal that the message does not have.
    #[error(
        "the cell of satellite place {satellite} and signal ID {signal_id} is out of order or in no mask"
    )]
    CellOrder {
        /// The place of the first cell's satellite at fault.
        satellite: u8,
        /// The signal ID of the first cell at fault.
        signal_id: u8,
    },
    /// More cells than one message has: split the satellites over several messages.
    #[error("{satellites} satellites times {signals} signals are more than {CELLS_MAX} cells")]
    TooManyCells {
        /// Satellites of the message.
        satellites: usize,
        /// Signals of the message.
        signals: usize,
    },
    /// Longer than one frame. No MSM within the other limits is.
    #[error(transparent)]
    TooLong(#[from] PayloadTooLong),
}

impl Msm {
    /// The message as a frame.
    pub fn encode(&self) -> Result<Frame, Unencodable> {
        let mut writer = BitWriter::with_capacity(crate::frame::PAYLOAD_BYTES_MAX);
        self.write(&mut writer)?;
        Ok(Frame::from_payload(writer.finish())?)
    }

    /// Appends the payload to a writer; after an error, what was written has no meaning.
    ///
    /// Fields that the level does not have are not written. Of those it has, an absent value is written
    /// as the standard's pattern for "no value"; an absent lock time as 0, the shortest; absent extended
    /// information as 0, for GLONASS as [`GLONASS_CHANNEL_UNKNOWN`].
    pub fn write(&self, writer: &mut BitWriter) -> Result<(), Unencodable> {
        let satellite_mask = self.satellite_mask()?;
        let cell_mask = self.cell_mask()?;
        let layout = Layout::of(self.header.level);
        self.write_header(writer)?;
        put(writer, DF394, satellite_mask)?;
        put(writer, DF395, self.signal_mask)?;
        let cells = satellite_mask.count_ones() * self.signal_mask.count_ones();
        put(writer, Field { name: "DF396", bits: cells }, cell_mask)?;
        let absent_extended = match self.header.constellation {
            Constellation::Glonass => GLONASS_CHANNEL_UNKNOWN,
            _ => 0,
        };
        write_satellites(writer, &layout, &self.satellites, absent_extended)?;
        write_cells(writer, &layout, &self.cells)
    }

    fn satellite_mask(&self) -> Result<u64, Unencodable> {
        let (mut mask, mut last) = (0, 0);
        for &MsmSatellite { id, .. } in &self.satellites {
            if id <= last || id > 64 {
                return Err(Unencodable::SatelliteOrder { id });
            }
            mask |= 1 << (64 - id);
            last = id;
        }
        Ok(mask)
    }

    fn cell_mask(&self) -> Result<u64, Unencodable> {
        let signals = self.signal_mask.count_ones() as usize;
        let satellites = self.satellites.len();
        let bits = satellites * signals;
        if bits > CELLS_MAX {
            return Err(Unencodable::TooManyCells { satellites, signals });
        }
        let mut mask = 0_u64;
        for &MsmCell { satellite, signal_id, .. } in &self.cells {
            let wrong = Unencodable::CellOrder { satellite, signal_id };
            let in_mask = (1..=32).contains(&signal_id)
                && self.signal_mask & (1 << (32 - signal_id)) != 0
                && usize::from(satellite) < satellites;
            if !in_mask {
                return Err(wrong);
            }
            let above = self.signal_mask & !(u32::MAX >> (signal_id - 1));
            let place = usize::from(satellite) * signals + above.count_ones() as usize;
            let bit = 1_u64 << (bits - 1 - place);
            // Cells in order set ever lower bits.
            if mask & (bit | (bit - 1)) != 0 {
                return Err(wrong);
            }
            mask |= bit;
        }
        Ok(mask)
    }

    fn write_header(&self, writer: &mut BitWriter) -> Result<(), Unencodable> {
        let header = &self.header;
        put(writer, DF002, header.message_number())?;
        put(writer, DF003, header.station_id)?;
        put(writer, EPOCH_TIME, header.epoch_time)?;
        put(writer, DF393, header.more_follow)?;
        put(writer, DF409, header.issue_of_data)?;
        put(writer, DF001, header.reserved)?;
        put(writer, DF411, header.clock_steering)?;
        put(writer, DF412, header.external_clock)?;
        put(writer, DF417, header.divergence_free_smoothing)?;
        put(writer, DF418, header.smoothing_interval)
    }
}

fn write_satellites(
    writer: &mut BitWriter,
    layout: &Layout,
    satellites: &[MsmSatellite],
    absent_extended: u8,
) -> Result<(), Unencodable> {
    if layout.range_ms {
        put_column(writer, DF397, satellites, |satellite| match satellite.range_ms {
            Some(u8::MAX) => Err(u8::MAX.into()),
            Some(millis) => Ok(millis.into()),
            None => Ok(u8::MAX.into()),
        })?;
    }
    if layout.rates {
        put_column(writer, EXTENDED, satellites, |satellite| {
            unsigned(EXTENDED, satellite.extended.unwrap_or(absent_extended))
        })?;
    }
    put_column(writer, DF398, satellites, |satellite| unsigned(DF398, satellite.range_mod))?;
    if layout.rates {
        put_column(writer, DF399, satellites, |satellite| {
            signed(DF399, satellite.range_rate.map(i32::from))
        })?;
    }
    Ok(())
}

fn write_cells(
    writer: &mut BitWriter,
    layout: &Layout,
    cells: &[MsmCell],
) -> Result<(), Unencodable> {
    if let Some(field) = layout.range {
        put_column(writer, field, cells, |cell| signed(field, cell.fine_range))?;
    }
    if let Some(field) = layout.phase {
        put_column(writer, field, cells, |cell| signed(field, cell.fine_phase))?;
    }
    if let Some(field) = layout.lock_time {
        put_column(writer, field, cells, |cell| unsigned(field, cell.lock_time.unwrap_or(0)))?;
    }
    if layout.phase.is_some() {
        put_column(writer, DF420, cells, |cell| Ok(cell.half_cycle.into()))?;
    }
    if let Some(field) = layout.cn0 {
        put_column(writer, field, cells, |cell| match cell.cn0 {
            Some(0) => Err(0),
            told => unsigned(field, told.unwrap_or(0)),
        })?;
    }
    if layout.rates {
        put_column(writer, DF404, cells, |cell| signed(DF404, cell.fine_rate.map(i32::from)))?;
    }
    Ok(())
}

/// Writes one field of the header.
fn put(writer: &mut BitWriter, field: Field, value: impl Into<u64>) -> Result<(), Unencodable> {
    let wide = |wide: TooWide| Unencodable::OutOfRange { field: field.name, value: wide.value };
    writer.unsigned(value.into(), field.bits).map_err(wide)
}

/// Writes one field of all satellites or cells. The pattern is an error, and then the value itself, where
/// the value is out of range.
#[inline]
fn put_column<T>(
    writer: &mut BitWriter,
    field: Field,
    items: &[T],
    pattern: impl Fn(&T) -> Result<u64, i64>,
) -> Result<(), Unencodable> {
    let refused = |value: i64| Unencodable::OutOfRange { field: field.name, value: value.into() };
    writer.fields(field.bits, items.iter().map(pattern)).map_err(refused)
}

#[inline]
fn unsigned(field: Field, value: impl Into<u16>) -> Result<u64, i64> {
    let value = value.into();
    if u32::from(value) >> field.bits == 0 { Ok(value.into()) } else { Err(value.into()) }
}

/// Two's complement; an absent value is the pattern for it, which no present value may be.
#[inline]
fn signed(field: Field, value: Option<i32>) -> Result<u64, i64> {
    let invalid = field.invalid();
    let value = match value {
        Some(value) if value <= invalid || value >= -invalid => return Err(value.into()),
        Some(value) => value,
        None => invalid,
    };
    let mask = (1_u64 << field.bits) - 1;
    Ok(i64::from(value).cast_unsigned() & mask)
}
