//! Answers in ClickHouse's `Native` format: blocks of columns. Numbers lie as they do in memory, so an hour of a station is
//! read several times as fast as row by row, and by the server written as fast.
//!
//! A block is a number of columns and of rows, and for each column its name, its type and its values (ClickHouse's documentation,
//! "Native" among the formats). A column of `Nullable` has a byte for each row first, 1 for none. This is how the format is over
//! HTTP as long as nobody asks for a newer `client_protocol_version`.

use crate::archive::clickhouse::new_block::TIME;
use crate::archive::embedded::parquet::ROWS_MAX;
use crate::archive::embedded::table::{Cell, Column, Table};
use crate::archive::varint::Reader;

/// What is asked for an hour's observations, in this order.
pub(super) const OBSERVATION_COLUMNS: &str = "time, \
    CAST(ascii(satellite) * 100 + toUInt8(substring(satellite, 2)) AS Int32) AS satellite_number, \
    CAST(ascii(signal) * 256 + ascii(substring(signal, 2)) AS Int32) AS signal_number, \
    glonass_channel, code_mm, phase_millicycles, doppler_millihertz, cn0_sixteenths, lock_ms, half_cycle_ambiguous";

/// Adds the blocks of an answer to a table; nothing if it is no answer to [`OBSERVATION_COLUMNS`]. Times are ClickHouse's own.
pub(super) fn observations(answer: &[u8], table: &mut Table) -> Option<()> {
    let mut reader = Reader::new(answer);
    while !reader.rest().is_empty() {
        let mut block = Block::begin(&mut reader)?;
        block.numbers(&mut table.time_ns, TIME, i64::from_le_bytes)?;
        block.numbers(&mut table.satellite, "Int32", i32::from_le_bytes)?;
        block.numbers(&mut table.signal, "Int32", i32::from_le_bytes)?;
        block.column(&mut table.glonass_channel, "Nullable(Int8)", |b| {
            i8::from_le_bytes(b).into()
        })?;
        block.column(&mut table.code_mm, "Nullable(Int64)", i64::from_le_bytes)?;
        block.column(&mut table.phase_millicycles, "Nullable(Int64)", i64::from_le_bytes)?;
        block.column(&mut table.doppler_millihertz, "Nullable(Int32)", i32::from_le_bytes)?;
        block.column(&mut table.cn0_sixteenths, "Nullable(Int16)", |b| {
            i16::from_le_bytes(b).into()
        })?;
        block.column(&mut table.lock_ms, "Nullable(Int32)", i32::from_le_bytes)?;
        block.numbers(&mut table.half_cycle, "UInt8", |b| u8::from_le_bytes(b).into())?;
        block.end()?;
    }
    Some(())
}

/// A block that is being read.
struct Block<'a, 'r> {
    reader: &'r mut Reader<'a>,
    columns: u64,
    rows: usize,
}

impl<'a, 'r> Block<'a, 'r> {
    fn begin(reader: &'r mut Reader<'a>) -> Option<Self> {
        let columns = reader.unsigned()?;
        // More rows than a file may have are no answer to a question of ours.
        let rows = reader.unsigned().filter(|rows| *rows <= ROWS_MAX.unsigned_abs())?;
        Some(Self { reader, columns, rows: usize::try_from(rows).ok()? })
    }

    /// Whether it had the columns that were asked for, and no more.
    fn end(self) -> Option<()> {
        (self.columns == 0).then_some(())
    }

    /// The values of the next column, if it is of that type.
    fn values<const N: usize>(&mut self, kind: &str) -> Option<(&'a [u8], &'a [[u8; N]])> {
        self.columns = self.columns.checked_sub(1)?;
        let _name = self.reader.counted()?;
        if self.reader.counted()? != kind.as_bytes() {
            return None;
        }
        let nulls = if kind.starts_with("Nullable(") { self.rows } else { 0 };
        let nulls = self.reader.bytes(nulls)?;
        let (values, _) = self.reader.bytes(self.rows.checked_mul(N)?)?.as_chunks();
        Some((nulls, values))
    }

    fn numbers<T, const N: usize>(
        &mut self,
        out: &mut Vec<T>,
        kind: &str,
        read: impl Fn([u8; N]) -> T,
    ) -> Option<()> {
        let (_, values) = self.values(kind)?;
        out.extend(values.iter().map(|bytes| read(*bytes)));
        Some(())
    }

    fn column<T: Cell, const N: usize>(
        &mut self,
        out: &mut Column<T>,
        kind: &str,
        read: impl Fn([u8; N]) -> T,
    ) -> Option<()> {
        let (nulls, values) = self.values(kind)?;
        let cells =
            values.iter().zip(nulls).map(|(bytes, null)| (*null == 0).then(|| read(*bytes)));
        out.extend(cells);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::archive::varint::put_unsigned;

    /// The block of one row, of which the phase is none.
    fn block() -> Vec<u8> {
        let columns: [(&str, &[u8]); 10] = [
            ("DateTime64(9, 'UTC')", &5_i64.to_le_bytes()),
            ("Int32", &7107_i32.to_le_bytes()),
            ("Int32", &12_611_i32.to_le_bytes()),
            ("Nullable(Int8)", &[1, 0]),
            ("Nullable(Int64)", &[0, 1, 1, 0, 0, 0, 0, 0, 0]),
            ("Nullable(Int64)", &[1, 9, 0, 0, 0, 0, 0, 0, 0]),
            ("Nullable(Int32)", &[0, 0xff, 0xff, 0xff, 0xff]),
            ("Nullable(Int16)", &[0, 0x20, 0x03]),
            ("Nullable(Int32)", &[0, 0xe8, 3, 0, 0]),
            ("UInt8", &[1]),
        ];
        let mut bytes = vec![10, 1];
        for (kind, values) in columns {
            put_unsigned(&mut bytes, 1);
            bytes.push(b'x');
            put_unsigned(&mut bytes, kind.len() as u64);
            bytes.extend_from_slice(kind.as_bytes());
            bytes.extend_from_slice(values);
        }
        bytes
    }

    #[test]
    fn blocks_are_put_behind_each_other() {
        let mut table = Table::default();
        let twice = [block(), block()].concat();
        observations(&twice, &mut table).expect("an answer");
        assert_eq!(table.time_ns, [5, 5]);
        assert_eq!((table.satellite[1], table.signal[1]), (7107, 12_611));
        assert_eq!(table.glonass_channel.get(1), None);
        assert_eq!(table.code_mm.get(1), Some(257));
        assert_eq!(table.phase_millicycles.get(1), None);
        assert_eq!(table.doppler_millihertz.get(1), Some(-1));
        assert_eq!(table.cn0_sixteenths.get(1), Some(800));
        assert_eq!((table.lock_ms.get(1), table.half_cycle[1]), (Some(1_000), 1));
    }

    #[test]
    fn an_answer_that_is_cut_or_of_other_columns_is_none() {
        let whole = block();
        for length in 1..whole.len() {
            assert_eq!(observations(&whole[..length], &mut Table::default()), None, "{length}");
        }
        let text = String::from_utf8_lossy(&whole).replace("UInt8", "Int16");
        assert_eq!(observations(text.as_bytes(), &mut Table::default()), None);
        let mut more = whole;
        more[0] = 11;
        assert_eq!(observations(&more, &mut Table::default()), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            observations(&bytes, &mut Table::default());
        }
    }
}
