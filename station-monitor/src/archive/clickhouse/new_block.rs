//! Rows to insert, as a block of ClickHouse's `Native` format: columns, which a server reads in a third of the time that it takes to read
//! them row by row.
//!
//! The layout is that of answers ([`native`](super::native)).

use bytes::Bytes;

use crate::archive::varint::{put_counted, put_unsigned};

/// The type of times.
pub(super) const TIME: &str = "DateTime64(9, 'UTC')";

/// A block that is still filled.
pub(super) struct NewBlock {
    rows: u64,
    lanes: Vec<Lane>,
}

/// A column of it.
struct Lane {
    name: &'static str,
    kind: &'static str,
    /// A byte for each row, 1 for none; empty where there is always a value.
    nulls: Vec<u8>,
    values: Vec<u8>,
}

/// A row that is put in, value by value, in the order of the columns.
pub(super) struct NewRow<'a> {
    lanes: std::slice::IterMut<'a, Lane>,
}

impl NewBlock {
    /// An empty block of columns with their types.
    pub(super) fn of(columns: &[(&'static str, &'static str)]) -> Self {
        let lane = |&(name, kind): &(&'static str, &'static str)| {
            let (nulls, values) = (Vec::new(), Vec::new());
            Lane { name, kind, nulls, values }
        };
        Self { rows: 0, lanes: columns.iter().map(lane).collect() }
    }

    /// How many rows it has.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// The next row, of which every value has to be put in.
    pub(super) fn row(&mut self) -> NewRow<'_> {
        self.rows += 1;
        NewRow { lanes: self.lanes.iter_mut() }
    }

    /// The block's bytes, in pieces.
    pub(super) fn finish(self) -> Vec<Bytes> {
        let mut head = Vec::new();
        put_unsigned(&mut head, self.lanes.len() as u64);
        put_unsigned(&mut head, self.rows);
        let mut pieces = Vec::new();
        for Lane { name, kind, nulls, values } in self.lanes {
            put_counted(&mut head, name.as_bytes());
            put_counted(&mut head, kind.as_bytes());
            pieces.extend([std::mem::take(&mut head), nulls, values].map(Bytes::from));
        }
        pieces
    }
}

impl NewRow<'_> {
    /// Puts a number in.
    pub(super) fn value<const N: usize>(&mut self, bytes: [u8; N]) {
        self.next().values.extend(bytes);
    }

    /// Puts a number in that may be none.
    pub(super) fn nullable<const N: usize>(&mut self, bytes: Option<[u8; N]>) {
        let lane = self.next();
        lane.nulls.push(u8::from(bytes.is_none()));
        lane.values.extend(bytes.unwrap_or([0; N]));
    }

    /// Puts a text in.
    pub(super) fn text(&mut self, text: &[u8]) {
        put_counted(&mut self.next().values, text);
    }

    fn next(&mut self) -> &mut Lane {
        self.lanes.next().expect("as many values as columns")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_its_columns_one_behind_the_other() {
        let mut block = NewBlock::of(&[("a", "Nullable(Int16)"), ("b", "String")]);
        for (number, text) in [(Some(258_i16), "x"), (None, "yz")] {
            let mut row = block.row();
            row.nullable(number.map(i16::to_le_bytes));
            row.text(text.as_bytes());
        }
        let a = [&b"\x02\x02\x01a\x0fNullable(Int16)"[..], &[0, 1, 2, 1, 0, 0]].concat();
        let b = b"\x01b\x06String\x01x\x02yz";
        assert_eq!(block.finish().concat(), [&a[..], &b[..]].concat());
    }
}
