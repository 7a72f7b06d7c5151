//! Bits read and written with the most significant first, as all RTCM data fields are.
//!
//! Reads past the end are an error, never a panic, and a value that does not fit is refused, never wrapped.
//! Both sides work on whole 64-bit words: packing observations is the hot path of a caster.

/// The fields asked for reach past the end of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message ends at bit {end}, before the field of {bits} bits at bit {at}")]
pub struct PastEnd {
    /// Where the field would start, in bits.
    pub at: usize,
    /// How long the field is, in bits.
    pub bits: u32,
    /// How long the message is, in bits.
    pub end: usize,
}

/// A value does not fit into the bits of its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value} does not fit into {bits} bits")]
pub struct TooWide {
    /// The value.
    pub value: i128,
    /// How long the field is, in bits.
    pub bits: u32,
}

/// Reads fields of 0 to 64 bits one after the other.
#[derive(Clone, Debug)]
pub struct BitReader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> BitReader<'a> {
    /// A reader at the first bit.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// How many bits have been read.
    pub fn position(&self) -> usize {
        self.position
    }

    /// How many bits are left.
    pub fn remaining(&self) -> usize {
        self.bytes.len() * 8 - self.position
    }

    /// Passes over a field.
    pub fn skip(&mut self, bits: u32) -> Result<(), PastEnd> {
        self.advance(bits).map(|_| ())
    }

    /// An unsigned field of at most 64 bits.
    #[inline]
    pub fn unsigned(&mut self, bits: u32) -> Result<u64, PastEnd> {
        debug_assert!(bits <= 64, "a field has at most 64 bits");
        let at = self.advance(bits)?;
        // A word cannot be shifted by its whole width, as a field of no bits would ask for.
        Ok(if bits == 0 { 0 } else { self.aligned(at, bits) >> (64 - bits.min(64)) })
    }

    /// A two's complement field of at most 64 bits.
    #[inline]
    pub fn signed(&mut self, bits: u32) -> Result<i64, PastEnd> {
        let unsigned = self.unsigned(bits)?;
        let unused = 64 - bits.clamp(1, 64);
        Ok((unsigned << unused).cast_signed() >> unused)
    }

    /// A sign-magnitude field of at most 64 bits (GLONASS ephemerides); minus zero is zero.
    pub fn sign_magnitude(&mut self, bits: u32) -> Result<i64, PastEnd> {
        let raw = self.unsigned(bits)?;
        let sign = 1_u64 << (bits.clamp(1, 64) - 1);
        let magnitude = (raw & !sign).cast_signed();
        Ok(if raw & sign == 0 { magnitude } else { -magnitude })
    }

    /// A field of one bit.
    #[inline]
    pub fn flag(&mut self) -> Result<bool, PastEnd> {
        Ok(self.unsigned(1)? != 0)
    }

    /// `count` unsigned fields of the same length, at most 56 bits each; fewer only where the bytes end,
    /// which is an error before the first. The length is checked once, which makes long columns fast.
    #[inline]
    pub fn unsigned_fields(
        &mut self,
        bits: u32,
        count: usize,
    ) -> Result<impl Iterator<Item = u64> + use<'a>, PastEnd> {
        let unused = 64 - bits;
        Ok(self.fields(bits, count)?.map(move |aligned| aligned >> unused))
    }

    /// As [`Self::unsigned_fields`], for two's complement.
    #[inline]
    pub fn signed_fields(
        &mut self,
        bits: u32,
        count: usize,
    ) -> Result<impl Iterator<Item = i64> + use<'a>, PastEnd> {
        let unused = 64 - bits;
        Ok(self.fields(bits, count)?.map(move |aligned| aligned.cast_signed() >> unused))
    }

    /// Fields moved to the top of a word each, with what follows them below.
    #[inline]
    fn fields(
        &mut self,
        bits: u32,
        count: usize,
    ) -> Result<impl Iterator<Item = u64> + use<'a>, PastEnd> {
        assert!((1..=56).contains(&bits), "a column's fields have 1 to 56 bits");
        let start = self.position;
        let total = count.saturating_mul(bits as usize);
        if total > self.remaining() {
            return Err(PastEnd { at: start, bits, end: self.bytes.len() * 8 });
        }
        self.position = start + total;
        let bytes = self.bytes;
        Ok((start..start + total)
            .step_by(bits as usize)
            .map(move |at| word_at(bytes, at / 8) << (at % 8)))
    }

    #[inline]
    fn advance(&mut self, bits: u32) -> Result<usize, PastEnd> {
        let at = self.position;
        if bits as usize > self.remaining() {
            return Err(PastEnd { at, bits, end: self.bytes.len() * 8 });
        }
        self.position = at + bits as usize;
        Ok(at)
    }

    /// The bits from `at` on, moved to the top of a word; at least `bits` of them are right.
    #[inline]
    fn aligned(&self, at: usize, bits: u32) -> u64 {
        let (first, shift) = (at / 8, at % 8);
        let mut aligned = word_at(self.bytes, first) << shift;
        if shift + bits as usize > 64
            && let Some(&ninth) = self.bytes.get(first + 8)
        {
            aligned |= u64::from(ninth) >> (8 - shift);
        }
        aligned
    }
}

/// Eight bytes from `first` on as a word; bytes behind the end are zero.
#[inline]
fn word_at(bytes: &[u8], first: usize) -> u64 {
    match bytes.get(first..).and_then(|window| window.first_chunk::<8>()) {
        Some(chunk) => u64::from_be_bytes(*chunk),
        None => short_word(bytes.get(first..).unwrap_or_default()),
    }
}

/// Fewer than eight bytes as the top of a word.
#[cold]
fn short_word(bytes: &[u8]) -> u64 {
    let mut padded = [0; 8];
    padded.iter_mut().zip(bytes).for_each(|(to, &from)| *to = from);
    u64::from_be_bytes(padded)
}

/// Writes fields of 0 to 64 bits one after the other; the last byte is filled with zeros.
#[derive(Clone, Debug, Default)]
pub struct BitWriter {
    bytes: Vec<u8>,
    /// The bits not yet in `bytes`, at the top of the word.
    word: u64,
    /// How many bits of `word` are used: always fewer than 64.
    used: u32,
}

impl BitWriter {
    /// An empty writer.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty writer with room for so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), ..Self::default() }
    }

    /// Forgets what was written and keeps the room.
    pub fn clear(&mut self) {
        self.bytes.clear();
        (self.word, self.used) = (0, 0);
    }

    /// How many bits have been written.
    pub fn position(&self) -> usize {
        self.bytes.len() * 8 + self.used as usize
    }

    /// An unsigned field of at most 64 bits.
    #[inline]
    pub fn unsigned(&mut self, value: u64, bits: u32) -> Result<(), TooWide> {
        if bits < 64 && value >> bits != 0 {
            return Err(TooWide { value: value.into(), bits });
        }
        self.put(value, bits);
        Ok(())
    }

    /// A two's complement field of at most 64 bits.
    #[inline]
    pub fn signed(&mut self, value: i64, bits: u32) -> Result<(), TooWide> {
        let unused = 64 - bits.clamp(1, 64);
        if (value << unused) >> unused != value || (bits == 0 && value != 0) {
            return Err(TooWide { value: value.into(), bits });
        }
        self.put(value.cast_unsigned() & (u64::MAX >> unused), bits);
        Ok(())
    }

    /// A sign-magnitude field of 1 to 64 bits (GLONASS ephemerides).
    pub fn sign_magnitude(&mut self, value: i64, bits: u32) -> Result<(), TooWide> {
        let magnitude_bits = bits.clamp(1, 64) - 1;
        if value.unsigned_abs() >> magnitude_bits != 0 {
            return Err(TooWide { value: value.into(), bits });
        }
        let sign = u64::from(value < 0) << magnitude_bits;
        self.put(sign | value.unsigned_abs(), bits);
        Ok(())
    }

    /// A field of one bit.
    #[inline]
    pub fn flag(&mut self, value: bool) {
        self.put(u64::from(value), 1);
    }

    /// Fields of the same length, 1 to 64 bits, as raw patterns whose other bits are zero. The first value
    /// that is an error ends the writing; what was written before it has no meaning then.
    ///
    /// The state is held outside of `self` meanwhile, which makes long columns fast.
    #[inline]
    pub fn fields<E>(
        &mut self,
        bits: u32,
        values: impl IntoIterator<Item = Result<u64, E>>,
    ) -> Result<(), E> {
        let unused = 64 - bits.clamp(1, 64);
        let (mut word, mut used) = (self.word, self.used);
        for value in values {
            let value = value?;
            debug_assert!(value << unused >> unused == value, "the caller checks the range");
            let top = value << unused;
            word |= top >> used;
            let filled = used + bits;
            if filled < 64 {
                used = filled;
                continue;
            }
            self.bytes.extend_from_slice(&word.to_be_bytes());
            // What did not fit any more; a shift by the whole width means that everything fitted.
            word = top.checked_shl(64 - used).unwrap_or(0);
            used = filled - 64;
        }
        (self.word, self.used) = (word, used);
        Ok(())
    }

    /// What was written so far, filled up with zeros to a whole byte. The writer stays usable, but only
    /// after [`Self::clear`]: the filling bits stay.
    pub fn finish(&mut self) -> &[u8] {
        let whole = self.used.div_ceil(8) as usize;
        self.bytes.extend(self.word.to_be_bytes().iter().take(whole));
        (self.word, self.used) = (0, 0);
        &self.bytes
    }

    /// Appends the low `bits` of `value`, whose other bits are zero.
    #[inline]
    fn put(&mut self, value: u64, bits: u32) {
        let free = 64 - self.used;
        if bits < free {
            self.word |= value << (free - bits).min(63);
            self.used += bits;
            return;
        }
        let left = bits - free;
        self.word |= value >> left;
        self.bytes.extend_from_slice(&self.word.to_be_bytes());
        self.word = if left == 0 { 0 } else { value << (64 - left) };
        self.used = left;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::{BitReader, BitWriter, PastEnd};

    #[test]
    fn fields_come_most_significant_bit_first() {
        let mut reader = BitReader::new(&[0b1010_0000, 0xFF, 0x00]);
        assert_eq!(reader.unsigned(3), Ok(0b101));
        assert_eq!(reader.signed(7), Ok(0b000_0011));
        assert_eq!(reader.signed(6), Ok(-1));
        assert_eq!(reader.unsigned(0), Ok(0));
        assert_eq!(reader.unsigned(9), Err(PastEnd { at: 16, bits: 9, end: 24 }));
        assert_eq!((reader.position(), reader.remaining()), (16, 8), "a failed read moves nothing");
    }

    #[test]
    fn sign_magnitude_has_two_zeros_and_one_meaning() {
        let mut reader = BitReader::new(&[0b1000_0001, 0b1000_0000]);
        assert_eq!((reader.sign_magnitude(8), reader.sign_magnitude(8)), (Ok(-1), Ok(0)));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut writer = BitWriter::new();
        assert!(writer.unsigned(8, 3).is_err());
        assert!(writer.signed(4, 3).is_err());
        assert!(writer.signed(-5, 3).is_err());
        assert!(writer.sign_magnitude(-4, 3).is_err());
        assert!(writer.signed(1, 0).is_err());
        assert_eq!(writer.position(), 0);
        let error = writer.signed(-5, 3).unwrap_err();
        assert_eq!(error.to_string(), "-5 does not fit into 3 bits");
    }

    proptest! {
        #[test]
        fn columns_come_back(
            values in proptest::collection::vec(any::<u64>(), 0..70),
            bits in 1..=56_u32,
            before in 0..64_u32,
        ) {
            let values: Vec<u64> = values.iter().map(|value| value >> (64 - bits)).collect();
            let mut writer = BitWriter::new();
            writer.unsigned(0, before).unwrap();
            writer.fields(bits, values.iter().map(|&value| Ok::<_, ()>(value))).unwrap();
            writer.unsigned(1, 1).unwrap();
            let bytes = writer.finish();
            let mut reader = BitReader::new(bytes);
            reader.skip(before).unwrap();
            let mut again = reader.clone();
            let read: Vec<u64> = reader.unsigned_fields(bits, values.len()).unwrap().collect();
            prop_assert_eq!(&read, &values);
            prop_assert_eq!(reader.flag(), Ok(true));
            prop_assert!(reader.unsigned_fields(bits, 8).is_err());
            for signed in again.clone().signed_fields(bits, values.len()).unwrap() {
                prop_assert_eq!(again.signed(bits), Ok(signed));
            }
        }

        #[test]
        fn fields_come_back(fields in proptest::collection::vec((any::<u64>(), 0..=64_u32), 0..40)) {
            let fields: Vec<(u64, u32)> = fields
                .iter()
                .map(|&(value, bits)| (if bits == 0 { 0 } else { value >> (64 - bits) }, bits))
                .collect();
            let mut writer = BitWriter::new();
            for &(value, bits) in &fields {
                prop_assert_eq!(writer.unsigned(value, bits), Ok(()));
            }
            let bytes = writer.finish();
            let mut reader = BitReader::new(bytes);
            for &(value, bits) in &fields {
                prop_assert_eq!(reader.unsigned(bits), Ok(value));
            }
            prop_assert!(reader.remaining() < 8);
        }

        #[test]
        fn signed_fields_come_back(value in any::<i64>(), bits in 1..=64_u32, before in 0..8_u32) {
            let value = value >> (64 - bits);
            let mut writer = BitWriter::new();
            writer.unsigned(0, before).unwrap();
            prop_assert_eq!(writer.signed(value, bits), Ok(()));
            let fits = value.unsigned_abs() >> (bits - 1) == 0;
            prop_assert_eq!(writer.sign_magnitude(value, bits).is_ok(), fits);
            let mut reader = BitReader::new(writer.finish());
            reader.skip(before).unwrap();
            prop_assert_eq!(reader.signed(bits), Ok(value));
            if fits {
                prop_assert_eq!(reader.sign_magnitude(bits), Ok(value));
            }
        }
    }
}
