//! How much was compared, and what was found unequal.

use std::collections::BTreeMap;

/// Frames and fields by message number, and every kind of difference.
#[derive(Default)]
pub(crate) struct Tally {
    counts: BTreeMap<u16, (u64, u64)>,
    /// How often each kind of difference was seen, and the first of them.
    differences: BTreeMap<String, (u64, String)>,
}

impl Tally {
    /// Counts one frame of which so many fields were equal.
    pub(crate) fn equal(&mut self, number: u16, fields: u64) {
        let (frames, sum) = self.counts.entry(number).or_default();
        *frames += 1;
        *sum += fields;
    }

    /// Counts a difference of some kind, and keeps the first of the kind.
    pub(crate) fn differs(&mut self, kind: impl Into<String>, what: impl FnOnce() -> String) {
        self.differences.entry(kind.into()).or_insert_with(|| (0, what())).0 += 1;
    }

    /// Frames and fields of all messages.
    pub(crate) fn totals(&self) -> (u64, u64) {
        self.counts.values().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1))
    }

    /// Prints how much of each message was compared.
    pub(crate) fn print(&self, test: &str) {
        let counts = self.counts.iter();
        let lines: Vec<String> = counts
            .map(|(number, (frames, fields))| format!("{number}: {frames}/{fields}"))
            .collect();
        println!("{test}, frames/fields by message: {}", lines.join(", "));
    }

    /// Fails with the differences, if there are any.
    #[track_caller]
    pub(crate) fn assert_equal(&self) {
        let lines: Vec<String> = self
            .differences
            .iter()
            .map(|(kind, (count, first))| format!("{kind}: {count} times, first {first}"))
            .collect();
        assert!(lines.is_empty(), "differences:\n{}", lines.join("\n"));
    }
}
