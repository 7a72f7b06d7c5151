//! CRINEX 3: epochs told by what changed since the epoch before.
//!
//! Hatanaka (2008), "A Compression Format and Tools for GNSS Observation Data", Bulletin of the Geographical Survey
//! Institute 55, sections 3 and 4; version 3.0 as RNXCMP 4.1.0 writes and reads it.

use std::collections::BTreeMap;

use tianshu_gnss::time::utc::Utc;

use crate::write::header::{fitted, line};
use crate::write::rows::{BLANK, Cell, Digits, EpochRows, push_name};

/// Differences of this order are told: what RNXCMP takes, and the paper finds best for carriers.
const ORDER: usize = 3;
/// A greater difference begins its series anew: RNXCMP keeps it as hundred thousands and a rest, and ends at 100,000 of them,
/// up to one more by the sign and the rest.
const DIFFERENCE_MAX: u64 = 10_000_000_000;
/// Where the satellites begin in an epoch line.
const LIST_COLUMN: usize = 41;
/// An indicator of a row that begins: no text has it, so that everything is a change.
const UNTOLD: u8 = 0;
/// The months of the second line's date.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Writes the epochs of one CRINEX file. It remembers one epoch.
#[derive(Clone, Debug, Default)]
pub struct CompactWriter {
    /// The last epoch line; empty where the next one begins anew.
    epoch: String,
    clock: Series,
    /// What is remembered of the satellites of the last epoch, by name.
    satellites: BTreeMap<[u8; 3], Arcs>,
    /// Those of the epoch that is being written.
    next: BTreeMap<[u8; 3], Arcs>,
    changed: String,
}

/// What is remembered of one satellite.
#[derive(Clone, Debug, Default)]
struct Arcs {
    series: Vec<Series>,
    indicators: Vec<u8>,
}

/// A series of whole numbers: the last one and its differences, as many as are known.
#[derive(Clone, Copy, Debug, Default)]
struct Series {
    differences: [i64; ORDER + 1],
    known: usize,
}

/// The two lines that a CRINEX file begins with; the header of the RINEX file follows as it is.
pub fn begin_compact(out: &mut String, program: &str, at: Utc) {
    line(out, &format!("{:20}{:20}", "3.0", "COMPACT RINEX FORMAT"), "CRINEX VERS   / TYPE");
    let c = at.civil();
    let month = MONTHS.get(usize::from(c.month).saturating_sub(1)).copied().unwrap_or("");
    let date =
        format!("{:02}-{month}-{:02} {:02}:{:02}", c.day, c.year.rem_euclid(100), c.hour, c.minute);
    line(out, &(fitted(program, 40) + &date), "CRINEX PROG / DATE");
}

impl CompactWriter {
    /// Appends an epoch.
    pub fn epoch(&mut self, out: &mut String, rows: &EpochRows) {
        let mut head = rows.head();
        begin_list(&mut head);
        for (satellite, _) in rows.rows() {
            push_name(&mut head, satellite);
        }
        self.head(out, head, None);
        let mut name = String::with_capacity(3);
        for (satellite, cells) in rows.rows() {
            name.clear();
            push_name(&mut name, satellite);
            self.row(out, name.as_bytes(), cells.iter().copied());
        }
        self.end();
    }

    /// Appends the line of an epoch, its satellites from column 41 on, and that of the clock offset in units of its last digit.
    pub(super) fn head(&mut self, out: &mut String, head: String, clock: Option<i64>) {
        if self.epoch.is_empty() {
            out.push_str(&head);
        } else {
            push_changes(out, self.epoch.as_bytes(), head.as_bytes());
        }
        end_line(out);
        self.epoch = head;
        match clock {
            Some(clock) => self.clock.push(out, clock),
            None => self.clock = Series::default(),
        }
        out.push('\n');
    }

    /// Appends the line of a satellite.
    pub(super) fn row(&mut self, out: &mut String, name: &[u8], cells: impl Iterator<Item = Cell>) {
        let Ok(name) = <[u8; 3]>::try_from(name) else { return };
        let mut arcs = self.satellites.remove(&name).unwrap_or_default();
        self.changed.clear();
        let mut count = 0;
        for (i, cell) in cells.enumerate() {
            count = i + 1;
            arcs.make_room(count);
            arcs.cell(out, &mut self.changed, i, cell);
            out.push(' ');
        }
        arcs.series.truncate(count);
        out.push_str(&self.changed);
        end_line(out);
        self.next.insert(name, arcs);
    }

    /// Ends an epoch: satellites that were not in it are forgotten.
    pub(super) fn end(&mut self) {
        std::mem::swap(&mut self.satellites, &mut self.next);
        self.next.clear();
    }

    /// Forgets everything, as after an event: the next epoch begins anew.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

impl Arcs {
    fn make_room(&mut self, count: usize) {
        if self.series.len() < count {
            self.series.resize(count, Series::default());
            self.indicators.resize(2 * count, UNTOLD);
        }
    }

    /// Appends the difference of a value, and to `changed` what changed of its indicators.
    fn cell(&mut self, out: &mut String, changed: &mut String, i: usize, cell: Cell) {
        let Some(series) = self.series.get_mut(i) else { return };
        let Some(old) = self.indicators.get_mut(2 * i..2 * i + 2) else { return };
        let new = [cell.lost, cell.strength];
        match cell.milli {
            Some(milli) => series.push(out, milli),
            None => *series = Series::default(),
        }
        push_changes(changed, old, &new);
        old.copy_from_slice(&new);
    }
}

impl Series {
    /// Appends a value: itself if the series begins, otherwise its newest difference.
    fn push(&mut self, out: &mut String, value: i64) {
        let before = self.differences;
        let known = self.known.min(ORDER);
        let mut difference = value;
        if self.known > 0 {
            for (kept, last) in self.differences.iter_mut().zip(before).take(known) {
                *kept = difference;
                difference -= last;
            }
            if difference.unsigned_abs() > DIFFERENCE_MAX {
                self.known = 0;
                difference = value;
            }
        }
        if self.known == 0 {
            out.push_str("3&");
        }
        if let Some(newest) = self.differences.get_mut(self.known.min(ORDER)) {
            *newest = difference;
        }
        self.known = (self.known + 1).min(ORDER + 1);
        if difference < 0 {
            out.push('-');
        }
        out.push_str(Digits::default().of(difference.unsigned_abs()));
    }
}

/// Fills an epoch line up to where the satellites begin.
pub(super) fn begin_list(head: &mut String) {
    while head.len() < LIST_COLUMN {
        head.push(' ');
    }
}

/// Appends what changed of a text: a blank for what did not, `&` for a blank.
fn push_changes(out: &mut String, old: &[u8], new: &[u8]) {
    for i in 0..old.len().max(new.len()) {
        let was = old.get(i).copied().unwrap_or(BLANK);
        let is = new.get(i).copied().unwrap_or(BLANK);
        let told = match (was == is, is) {
            (true, _) => BLANK,
            (false, BLANK) => b'&',
            (false, is) => is,
        };
        out.push(char::from(told));
    }
}

/// Ends a line without trailing blanks.
fn end_line(out: &mut String) {
    while out.ends_with(' ') {
        out.pop();
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[i64], expected: &[&str]) {
        let mut series = Series::default();
        let told: Vec<String> = values
            .iter()
            .map(|value| {
                let mut out = String::new();
                series.push(&mut out, *value);
                out
            })
            .collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn a_series_is_told_by_its_third_differences() {
        // Cubes: the third difference is 6 for ever.
        check(&[0, 1, 8, 27, 64, 125], &["3&0", "1", "6", "6", "6", "6"]);
        check(&[5, 5, 5], &["3&5", "0", "0"]);
        check(&[10, 7], &["3&10", "-3"]);
    }

    #[test]
    fn a_leap_begins_the_series_anew() {
        check(&[0, 9_999_999_999_999, 9_999_999_999_999], &["3&0", "3&9999999999999", "0"]);
    }

    #[test]
    fn a_text_is_told_by_what_changed() {
        let mut out = String::new();
        push_changes(&mut out, b"G01G02 1", b"G01G12");
        assert_eq!(out, "    1  &");
    }

    #[test]
    fn a_file_begins_as_its_readers_want() {
        let mut out = String::new();
        let at: Utc = "2026-03-01T04:05:06Z".parse().expect("a moment");
        begin_compact(&mut out, "tianshu 0.1.0", at);
        let expected = "\
3.0                 COMPACT RINEX FORMAT                    CRINEX VERS   / TYPE
tianshu 0.1.0                           01-Mar-26 04:05     CRINEX PROG / DATE
";
        assert_eq!(out, expected);
    }
}
