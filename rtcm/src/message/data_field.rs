//! Data fields as rows: the standard's table of a message is a table here, in the standard's order.
//!
//! One table serves three readers: the ephemerides are decoded and encoded by it ([`Record`]), and
//! `describe` prints every message by it.

use tianshu_gnss::constants::SEMICIRCLE;
use tianshu_gnss::constellation::Constellation;

use crate::bits::{BitReader, BitWriter, PastEnd};

/// One data field of RTCM 10403.3, table 3.4-1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DataField {
    /// Its number: 3 for DF003; 1 for reserved bits (DF001).
    pub df: u16,
    /// Its name in snake case, the unit last.
    pub name: &'static str,
    /// How long it is, in bits, 1 to 64.
    pub bits: u8,
    /// What its bits mean.
    pub coding: Coding,
    /// The bits that say "no value".
    pub absent: Option<u64>,
}

/// What the bits of a data field mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Coding {
    /// A count, an index, an identifier.
    Unsigned,
    /// A signed integer in two's complement.
    Signed,
    /// One bit, set or not.
    Flag,
    /// The number of a satellite; `offset` is added for its RINEX number.
    Satellite {
        /// Whose satellite.
        constellation: Constellation,
        /// RINEX number minus coded number.
        offset: u8,
    },
    /// A physical value: the integer times `times`, divided by `over`.
    ///
    /// Two factors, because the standard's decimal steps (0.02 m) are no binary fractions, but a quotient
    /// of integers (divided by 50) is rounded once only.
    Scaled {
        /// How the integer is written.
        sign: Sign,
        /// The factor.
        times: f64,
        /// The divisor.
        over: f64,
    },
}

/// How an integer is written in bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It has no sign.
    None,
    /// Two's complement (`intN` of the standard).
    Complement,
    /// A sign bit and a magnitude (`intSN`, GLONASS).
    Magnitude,
}

/// A value has no place in its data field.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("DF{df:03} cannot hold {value}")]
pub struct DoesNotFit {
    /// The data field's number.
    pub df: u16,
    /// The value.
    pub value: f64,
}

/// An unsigned integer.
pub const fn unsigned(df: u16, name: &'static str, bits: u8) -> DataField {
    DataField { df, name, bits, coding: Coding::Unsigned, absent: None }
}

/// A signed integer.
pub const fn signed(df: u16, name: &'static str, bits: u8) -> DataField {
    DataField { df, name, bits, coding: Coding::Signed, absent: None }
}

/// A flag.
pub const fn flag(df: u16, name: &'static str) -> DataField {
    DataField { df, name, bits: 1, coding: Coding::Flag, absent: None }
}

/// A satellite whose coded number plus `offset` is its RINEX number.
pub const fn satellite(
    df: u16,
    name: &'static str,
    bits: u8,
    (constellation, offset): (Constellation, u8),
) -> DataField {
    DataField { df, name, bits, coding: Coding::Satellite { constellation, offset }, absent: None }
}

/// A physical value without a sign.
pub const fn positive(df: u16, name: &'static str, bits: u8, scale: Scale) -> DataField {
    scaled(df, name, bits, Sign::None, scale)
}

/// A physical value in two's complement.
pub const fn real(df: u16, name: &'static str, bits: u8, scale: Scale) -> DataField {
    scaled(df, name, bits, Sign::Complement, scale)
}

/// A physical value with a sign bit and a magnitude.
pub const fn magnitude(df: u16, name: &'static str, bits: u8, scale: Scale) -> DataField {
    scaled(df, name, bits, Sign::Magnitude, scale)
}

/// The step of a physical value: a factor and a divisor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale(f64, f64);

/// Steps of so many units.
pub const fn steps_of(units: f64) -> Scale {
    Scale(units, 1.0)
}

/// So many steps to a unit: `per(50.0)` is 0.02.
pub const fn per(steps: f64) -> Scale {
    Scale(1.0, steps)
}

/// Steps of 2 to the power of minus `exponent`.
pub const fn pow2(exponent: u32) -> Scale {
    let mut over = 1.0;
    let mut i = 0;
    while i < exponent {
        over *= 2.0;
        i += 1;
    }
    Scale(1.0, over)
}

impl Scale {
    /// Steps of so many times this.
    #[must_use]
    pub const fn times(self, factor: f64) -> Scale {
        Scale(self.0 * factor, self.1)
    }
}

const fn scaled(df: u16, name: &'static str, bits: u8, sign: Sign, scale: Scale) -> DataField {
    let coding = Coding::Scaled { sign, times: scale.0, over: scale.1 };
    DataField { df, name, bits, coding, absent: None }
}

impl DataField {
    /// The same field, of which those bits say "no value".
    #[must_use]
    pub const fn absent_at(self, bits: u64) -> DataField {
        DataField { absent: Some(bits), ..self }
    }

    /// The same field, of which the lowest number in two's complement says "no value".
    #[must_use]
    pub const fn absent_at_lowest(self) -> DataField {
        self.absent_at(1 << (self.bits - 1))
    }

    /// The integer that the bits mean.
    pub fn integer(&self, raw: u64) -> i64 {
        match self.coding {
            Coding::Signed | Coding::Scaled { sign: Sign::Complement, .. } => {
                let unused = 64 - u32::from(self.bits.clamp(1, 64));
                (raw << unused).cast_signed() >> unused
            }
            Coding::Scaled { sign: Sign::Magnitude, .. } => {
                let sign = self.sign_bit();
                let size = (raw & !sign).cast_signed();
                if raw & sign == 0 { size } else { -size }
            }
            _ => raw.cast_signed(),
        }
    }

    /// The value that the bits mean, in the field's unit. A negative zero of a sign-magnitude field stays one.
    pub fn number(&self, raw: u64) -> f64 {
        let integer = self.integer(raw) as f64;
        match self.coding {
            Coding::Scaled { sign, times, over } => {
                let minus_zero = sign == Sign::Magnitude && raw == self.sign_bit();
                if minus_zero { -0.0 } else { integer * times / over }
            }
            _ => integer,
        }
    }

    /// The bits that mean the value nearest to `value`.
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked before")]
    pub fn raw_of(&self, value: f64) -> Result<u64, DoesNotFit> {
        let refused = DoesNotFit { df: self.df, value };
        let (sign, steps) = match self.coding {
            Coding::Scaled { sign, times, over } => (sign, (value * over / times).round()),
            Coding::Signed => (Sign::Complement, value.round()),
            _ => (Sign::None, value.round()),
        };
        // 2^53: no field that is written from a number is longer.
        if steps.is_nan() || steps.abs() > 9_007_199_254_740_992.0 {
            return Err(refused);
        }
        let integer = steps as i64;
        let bits = u32::from(self.bits);
        match sign {
            Sign::None => {
                u64::try_from(integer).ok().filter(|&raw| raw.checked_shr(bits).unwrap_or(0) == 0)
            }
            Sign::Complement => {
                let unused = 64 - bits.clamp(1, 64);
                ((integer << unused) >> unused == integer)
                    .then_some(integer.cast_unsigned() & (u64::MAX >> unused))
            }
            Sign::Magnitude => (integer.unsigned_abs() < self.sign_bit()).then(|| {
                let sign = if steps.is_sign_negative() { self.sign_bit() } else { 0 };
                integer.unsigned_abs() | sign
            }),
        }
        .ok_or(refused)
    }

    fn sign_bit(&self) -> u64 {
        1 << (self.bits.clamp(1, 64) - 1)
    }
}

/// The bits of one message that is nothing but data fields, table and values side by side.
///
/// Asking for a field that the table has not is a slip of ours and panics; the tests ask for each.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    table: &'static [DataField],
    raw: Vec<u64>,
}

impl Record {
    /// All fields zero.
    pub fn zeroed(table: &'static [DataField]) -> Self {
        Self { table, raw: vec![0; table.len()] }
    }

    /// Reads one field after the other. What follows the last one is not looked at.
    pub fn read(table: &'static [DataField], reader: &mut BitReader<'_>) -> Result<Self, PastEnd> {
        let raw = table.iter().map(|field| reader.unsigned(field.bits.into()));
        Ok(Self { table, raw: raw.collect::<Result<_, _>>()? })
    }

    /// Writes one field after the other.
    pub fn write(&self, writer: &mut BitWriter) {
        for (field, &raw) in self.table.iter().zip(&self.raw) {
            writer.unsigned(raw, field.bits.into()).expect("values are checked when they are set");
        }
    }

    /// The bits of a field.
    pub fn raw(&self, df: u16) -> u64 {
        self.find(df).1
    }

    /// The bits of a field of at most 8 bits.
    pub fn byte(&self, df: u16) -> u8 {
        u8::try_from(self.raw(df)).expect("the table says that the field has at most 8 bits")
    }

    /// The bits of a field of at most 16 bits.
    pub fn word(&self, df: u16) -> u16 {
        u16::try_from(self.raw(df)).expect("the table says that the field has at most 16 bits")
    }

    /// Whether a flag is set.
    pub fn flag(&self, df: u16) -> bool {
        self.raw(df) != 0
    }

    /// The value of a field in its unit.
    pub fn number(&self, df: u16) -> f64 {
        let (field, raw) = self.find(df);
        field.number(raw)
    }

    /// The value of a field; none where the bits say so, or the message has no such field.
    pub fn told(&self, df: u16) -> Option<f64> {
        let mut rows = self.table.iter().zip(&self.raw);
        let (field, &raw) = rows.find(|(field, _)| field.df == df)?;
        (field.absent != Some(raw)).then(|| field.number(raw))
    }

    /// Whether the message has such a field.
    pub fn has(&self, df: u16) -> bool {
        self.table.iter().any(|field| field.df == df)
    }

    /// The value of a field in semicircles (or semicircles/s), in rad (or rad/s).
    pub fn angle_rad(&self, df: u16) -> f64 {
        self.number(df) * SEMICIRCLE
    }

    /// Sets a field to the step nearest to a value in its unit.
    pub fn set(&mut self, df: u16, value: f64) -> Result<(), DoesNotFit> {
        let at = self.table.iter().position(|field| field.df == df);
        let at = at.expect("the field is one of the table");
        let raw = self.table.get(at).map(|field| field.raw_of(value)).transpose()?;
        if let (Some(place), Some(raw)) = (self.raw.get_mut(at), raw) {
            *place = raw;
        }
        Ok(())
    }

    /// Sets a field to its bits for "no value".
    pub fn set_absent(&mut self, df: u16) {
        let at = self.table.iter().position(|field| field.df == df && field.absent.is_some());
        let at = at.expect("the field is one of the table and can be absent");
        if let (Some(place), Some(field)) = (self.raw.get_mut(at), self.table.get(at)) {
            *place = field.absent.unwrap_or_default();
        }
    }

    /// Sets a field in semicircles (or semicircles/s) from rad (or rad/s).
    pub fn set_angle(&mut self, df: u16, angle_rad: f64) -> Result<(), DoesNotFit> {
        self.set(df, angle_rad / SEMICIRCLE)
    }

    /// Sets a flag.
    pub fn set_flag(&mut self, df: u16, flag: bool) -> Result<(), DoesNotFit> {
        self.set(df, f64::from(u8::from(flag)))
    }

    fn find(&self, df: u16) -> (&DataField, u64) {
        let mut rows = self.table.iter().zip(&self.raw);
        let (field, &raw) =
            rows.find(|(field, _)| field.df == df).expect("the field is one of the table");
        (field, raw)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::{DataField, magnitude, per, positive, pow2, real, signed, unsigned};

    #[track_caller]
    fn check(field: DataField, raw: u64, value: f64) {
        assert_eq!(field.number(raw).to_bits(), value.to_bits(), "{field:?} {raw:#x}");
        assert_eq!(field.raw_of(value), Ok(raw), "{field:?} {value}");
    }

    #[test]
    fn bits_mean_what_the_standard_says() {
        check(positive(11, "pseudorange_m", 24, per(50.0)), 1, 0.02);
        check(real(12, "difference_m", 20, per(2000.0)), 0xF_FFFF, -0.0005);
        check(magnitude(121, "gamma_n", 11, pow2(40)), 0x400, -0.0);
        check(magnitude(121, "gamma_n", 11, pow2(40)), 0x401, -(2.0_f64.powi(-40)));
        check(signed(40, "n", 5), 0x1F, -1.0);
        check(unsigned(3, "station", 12), 4095, 4095.0);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(unsigned(3, "station", 12).raw_of(4096.0).is_err());
        assert!(unsigned(3, "station", 12).raw_of(-1.0).is_err());
        assert!(real(12, "difference_m", 20, per(2000.0)).raw_of(262.144).is_err());
        assert!(magnitude(121, "gamma_n", 11, pow2(40)).raw_of(-1.0).is_err());
        assert!(real(12, "difference_m", 20, per(2000.0)).raw_of(f64::NAN).is_err());
    }

    proptest! {
        #[test]
        fn every_pattern_comes_back(raw in any::<u64>(), bits in 2..=38_u8, exponent in 0..60_u32) {
            let raw = raw >> (64 - bits);
            for field in [
                positive(1, "x", bits, pow2(exponent)),
                real(1, "x", bits, pow2(exponent)),
                magnitude(1, "x", bits, per(2.5e6)),
                real(1, "x", bits, per(1e9).times(11.0)),
            ] {
                prop_assert_eq!(field.raw_of(field.number(raw)), Ok(raw), "{:?}", field);
            }
        }
    }
}
