//! The data fields of MSM in the standard's order, and which level carries which.

use crate::msm::header::MsmLevel;

/// A data field: its name in the standard and its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The data field number, as in the standard.
    pub name: &'static str,
    /// The length in bits.
    pub bits: u32,
}

impl Field {
    const fn new(name: &'static str, bits: u32) -> Self {
        Self { name, bits }
    }

    /// The pattern of a signed field that says "no value": the sign bit alone.
    pub const fn invalid(self) -> i32 {
        -(1 << (self.bits - 1))
    }
}

// RTCM 10403.3, table 3.4-1, in its own order: the fields of table 3.5-78 (MSM header) …
/// Message number.
pub const DF002: Field = Field::new("DF002", 12);
/// Reference station ID.
pub const DF003: Field = Field::new("DF003", 12);
/// GNSS epoch time: DF004, DF248, DF427, DF428 and others by system, or DF416 and DF034 for GLONASS.
pub const EPOCH_TIME: Field = Field::new("GNSS epoch time", 30);
/// Multiple message bit.
pub const DF393: Field = Field::new("DF393", 1);
/// Issue of data station.
pub const DF409: Field = Field::new("DF409", 3);
/// Reserved.
pub const DF001: Field = Field::new("DF001", 7);
/// Clock steering indicator.
pub const DF411: Field = Field::new("DF411", 2);
/// External clock indicator.
pub const DF412: Field = Field::new("DF412", 2);
/// Divergence-free smoothing indicator.
pub const DF417: Field = Field::new("DF417", 1);
/// Smoothing interval.
pub const DF418: Field = Field::new("DF418", 3);
/// Satellite mask.
pub const DF394: Field = Field::new("DF394", 64);
/// Signal mask.
pub const DF395: Field = Field::new("DF395", 32);

// … of tables 3.5-80 to 3.5-82 (satellite data) …
/// Whole milliseconds of the rough range; 255 says that there is none.
pub const DF397: Field = Field::new("DF397", 8);
/// Extended satellite information; for GLONASS the frequency channel plus 7 (DF419).
pub const EXTENDED: Field = Field::new("extended satellite information", 4);
/// Rough range modulo one millisecond, 2^-10 ms.
pub const DF398: Field = Field::new("DF398", 10);
/// Rough phase range rate, m/s.
pub const DF399: Field = Field::new("DF399", 14);

// … and of tables 3.5-83 to 3.5-89 (signal data).
/// Fine pseudorange, 2^-24 ms.
pub const DF400: Field = Field::new("DF400", 15);
/// Fine phase range, 2^-29 ms.
pub const DF401: Field = Field::new("DF401", 22);
/// Phase range lock time indicator.
pub const DF402: Field = Field::new("DF402", 4);
/// Half-cycle ambiguity indicator.
pub const DF420: Field = Field::new("DF420", 1);
/// Carrier-to-noise density ratio, 1 dB-Hz; 0 says that there is none.
pub const DF403: Field = Field::new("DF403", 6);
/// Fine phase range rate, 0.0001 m/s.
pub const DF404: Field = Field::new("DF404", 15);
/// Fine pseudorange, extended resolution, 2^-29 ms.
pub const DF405: Field = Field::new("DF405", 20);
/// Fine phase range, extended resolution, 2^-31 ms.
pub const DF406: Field = Field::new("DF406", 24);
/// Phase range lock time indicator, extended range and resolution.
pub const DF407: Field = Field::new("DF407", 10);
/// Carrier-to-noise density ratio, 2^-4 dB-Hz; 0 says that there is none.
pub const DF408: Field = Field::new("DF408", 10);

/// The header up to and with the signal mask, in bits: 169.
pub const HEADER_BITS: usize = 169;
/// The most cells (satellites times signals) of one message: DF396 has at most 64 bits.
pub const CELLS_MAX: usize = 64;

/// Which fields one level carries, in the order of transmission.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// DF397, per satellite.
    pub range_ms: bool,
    /// Extended information and DF399, per satellite, and DF404, per cell.
    pub rates: bool,
    /// DF400 or DF405, per cell.
    pub range: Option<Field>,
    /// DF401 or DF406 with the half-cycle indicator DF420, per cell.
    pub phase: Option<Field>,
    /// DF402 or DF407, per cell.
    pub lock_time: Option<Field>,
    /// DF403 or DF408, per cell.
    pub cn0: Option<Field>,
}

impl Layout {
    /// The layout of a level (RTCM 10403.3, tables 3.5-71 to 3.5-77).
    pub const fn of(level: MsmLevel) -> Layout {
        const NO: Option<Field> = None;
        let (range_ms, rates, range, phase, lock_time, cn0) = match level {
            MsmLevel::Msm1 => (false, false, Some(DF400), NO, NO, NO),
            MsmLevel::Msm2 => (false, false, NO, Some(DF401), Some(DF402), NO),
            MsmLevel::Msm3 => (false, false, Some(DF400), Some(DF401), Some(DF402), NO),
            MsmLevel::Msm4 => (true, false, Some(DF400), Some(DF401), Some(DF402), Some(DF403)),
            MsmLevel::Msm5 => (true, true, Some(DF400), Some(DF401), Some(DF402), Some(DF403)),
            MsmLevel::Msm6 => (true, false, Some(DF405), Some(DF406), Some(DF407), Some(DF408)),
            MsmLevel::Msm7 => (true, true, Some(DF405), Some(DF406), Some(DF407), Some(DF408)),
        };
        Layout { range_ms, rates, range, phase, lock_time, cn0 }
    }

    /// How many bits one satellite takes, without its cells.
    pub const fn satellite_bits(&self) -> usize {
        let mut bits = DF398.bits;
        if self.range_ms {
            bits += DF397.bits;
        }
        if self.rates {
            bits += EXTENDED.bits + DF399.bits;
        }
        bits as usize
    }

    /// How many bits one cell takes.
    pub const fn cell_bits(&self) -> usize {
        let mut bits =
            bits_of(self.range) + bits_of(self.phase) + bits_of(self.lock_time) + bits_of(self.cn0);
        if self.phase.is_some() {
            bits += DF420.bits;
        }
        if self.rates {
            bits += DF404.bits;
        }
        bits as usize
    }
}

const fn bits_of(field: Option<Field>) -> u32 {
    match field {
        Some(field) => field.bits,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lengths that RTCM 10403.3 prints below tables 3.5-80 to 3.5-89, per satellite and per cell.
    #[test]
    fn levels_have_the_lengths_of_the_standard() {
        let lengths = MsmLevel::ALL.map(|level| {
            let layout = Layout::of(level);
            (layout.satellite_bits(), layout.cell_bits())
        });
        let printed = [(10, 15), (10, 27), (10, 42), (18, 48), (36, 63), (18, 65), (36, 80)];
        assert_eq!(lengths, printed);
    }
}
