//! Numbers of as many bytes as they need, and a reader of bytes that never reads past the end.

/// The most bytes of 64 bits in groups of seven.
const BYTES_MAX: usize = 10;

/// Adds an unsigned number: seven bits a byte, the least first, the eighth bit says that more follow (LEB128).
pub(super) fn put_unsigned(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

/// Adds a number with a sign: those near zero are short on either side of it.
pub(super) fn put_signed(out: &mut Vec<u8>, value: i64) {
    #[expect(clippy::cast_sign_loss, reason = "the bits are meant")]
    put_unsigned(out, ((value << 1) ^ (value >> 63)) as u64);
}

/// Adds bytes behind their number.
pub(super) fn put_counted(out: &mut Vec<u8>, bytes: &[u8]) {
    put_unsigned(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads what was written; `None` once the bytes have ended.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// Bytes behind their number.
    pub(super) fn counted(&mut self) -> Option<&'a [u8]> {
        let count = usize::try_from(self.unsigned()?).ok()?;
        self.bytes(count)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*taken)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn unsigned(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for at in 0..BYTES_MAX {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        let coded = self.unsigned()?;
        #[expect(clippy::cast_possible_wrap, reason = "the bits are meant")]
        Some(((coded >> 1) as i64) ^ -((coded & 1) as i64))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(signed: i64, unsigned: u64) {
            let mut bytes = Vec::new();
            put_signed(&mut bytes, signed);
            put_unsigned(&mut bytes, unsigned);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.signed(), Some(signed));
            prop_assert_eq!(reader.unsigned(), Some(unsigned));
            prop_assert!(reader.rest().is_empty());
        }
    }

    #[test]
    fn a_number_without_an_end_is_none() {
        assert_eq!(Reader::new(&[0xff; 11]).unsigned(), None);
        assert_eq!(Reader::new(&[0x80]).unsigned(), None);
    }
}
