//! A RINEX 3 or 4 observation file as CRINEX: line by line, every digit kept.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use tianshu_gnss::time::utc::Utc;

use crate::write::compact::{CompactWriter, begin_compact, begin_list};
use crate::write::rows::{BLANK, Cell};

/// Why a file could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum RepackError {
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is no RINEX 3 or 4 observation file; CRINEX 1 is not written.
    #[error("its first line is not that of a RINEX 3 or 4 observation file")]
    NotObservations,
    /// A line is not as the format wants it.
    #[error("line {line}: {what}")]
    Line {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        what: &'static str,
    },
}

/// More columns than this no system has: 9 bands, at most 4 quantities of a dozen attributes.
const COLUMNS_MAX: usize = 400;
/// A line of this length has all columns of every system; a longer one is no line of RINEX.
const LINE_BYTES_MAX: usize = 3 + 16 * COLUMNS_MAX;
/// Columns of a value and its indicators.
const CELL_WIDTH: usize = 16;
/// Columns of a value.
const NUMBER_WIDTH: usize = 14;

/// Packs a plain observation file; `program` and `at` are what its second line tells.
pub fn repack(
    from: &mut impl BufRead,
    to: &mut impl Write,
    program: &str,
    at: Utc,
) -> Result<(), RepackError> {
    let mut file = Repacking { from, number: 0, line: String::new(), out: String::new() };
    begin_compact(&mut file.out, program, at);
    let counts = file.header()?;
    file.flush(to)?;
    let mut writer = CompactWriter::default();
    while file.next()? {
        file.epoch(&mut writer, &counts)?;
        file.flush(to)?;
    }
    Ok(())
}

/// How many columns each system has, by its letter.
type Counts = BTreeMap<u8, usize>;

struct Repacking<'a, R> {
    from: &'a mut R,
    number: usize,
    line: String,
    out: String,
}

impl<R: BufRead> Repacking<'_, R> {
    fn flush(&mut self, to: &mut impl Write) -> io::Result<()> {
        to.write_all(self.out.as_bytes())?;
        self.out.clear();
        Ok(())
    }

    /// Takes the next line; false at the end.
    fn next(&mut self) -> Result<bool, RepackError> {
        self.number += 1;
        let mut bytes = Vec::new();
        let limit = LINE_BYTES_MAX as u64 + 2;
        io::Read::take(&mut *self.from, limit).read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            return Ok(false);
        }
        let kept = bytes.trim_ascii_end();
        if !kept.is_ascii() || kept.len() > LINE_BYTES_MAX {
            return Err(self.fault("it is too long, or not ASCII"));
        }
        self.line.clear();
        self.line.extend(kept.iter().copied().map(char::from));
        Ok(true)
    }

    fn must_follow(&mut self) -> Result<(), RepackError> {
        if self.next()? { Ok(()) } else { Err(self.fault("the file ends in the middle")) }
    }

    fn fault(&self, what: &'static str) -> RepackError {
        RepackError::Line { line: self.number, what }
    }

    fn copy(&mut self) {
        self.out.push_str(&self.line);
        self.out.push('\n');
    }

    /// Copies the header, and counts the columns.
    fn header(&mut self) -> Result<Counts, RepackError> {
        let mut counts = Counts::new();
        self.must_follow()?;
        let version = self.line.get(..9).and_then(|v| v.trim().parse::<f64>().ok());
        let is_observation = self.line.get(20..21) == Some("O");
        if !is_observation || !version.is_some_and(|v| (3.0..5.0).contains(&v)) {
            return Err(RepackError::NotObservations);
        }
        loop {
            self.copy();
            self.count(&mut counts)?;
            if self.line.get(60..) == Some("END OF HEADER") {
                return Ok(counts);
            }
            self.must_follow()?;
        }
    }

    fn count(&self, counts: &mut Counts) -> Result<(), RepackError> {
        if self.line.get(60..) != Some("SYS / # / OBS TYPES") {
            return Ok(());
        }
        let Some(system) = self.line.bytes().next().filter(|letter| *letter != BLANK) else {
            return Ok(());
        };
        let count = self.line.get(3..6).and_then(|count| count.trim().parse().ok());
        match count.filter(|count| *count <= COLUMNS_MAX) {
            Some(count) => {
                counts.insert(system, count);
                Ok(())
            }
            None => Err(self.fault("no count of observation types")),
        }
    }

    /// Packs the epoch whose first line was taken.
    fn epoch(&mut self, writer: &mut CompactWriter, counts: &Counts) -> Result<(), RepackError> {
        let read = |from: usize, to: usize| self.line.get(from..to.min(self.line.len()));
        let flag = read(31, 32).and_then(|flag| flag.parse::<u8>().ok());
        let count = read(32, 35).and_then(|count| count.trim().parse::<usize>().ok());
        let (Some(flag), Some(count), true) = (flag, count, self.line.starts_with('>')) else {
            return Err(self.fault("no epoch line"));
        };
        if flag > 1 {
            return self.event(writer, count);
        }
        let clock = match read(41, 56).map(str::trim).filter(|clock| !clock.is_empty()) {
            Some(clock) => Some(whole(clock).ok_or_else(|| self.fault("no clock offset"))?),
            None => None,
        };
        let mut head = self.line.get(..35).unwrap_or_default().to_owned();
        begin_list(&mut head);
        let mut lines = Vec::with_capacity(count);
        for _ in 0..count {
            self.must_follow()?;
            let name = self.line.get(..3).ok_or_else(|| self.fault("no satellite"))?;
            head.push_str(name);
            lines.push(self.line.clone());
        }
        writer.head(&mut self.out, head, clock);
        for line in lines {
            let bytes = line.as_bytes();
            let columns = bytes.first().and_then(|system| counts.get(system)).copied();
            let columns = columns.ok_or_else(|| self.fault("a system without columns"))?;
            let cells: Option<Vec<Cell>> = (0..columns).map(|i| cell(&line, i)).collect();
            let cells = cells.ok_or_else(|| self.fault("a value that is no number"))?;
            let name = bytes.get(..3).unwrap_or_default();
            writer.row(&mut self.out, name, cells.into_iter());
        }
        writer.end();
        Ok(())
    }

    /// Copies an event and its lines; what follows begins anew.
    fn event(&mut self, writer: &mut CompactWriter, count: usize) -> Result<(), RepackError> {
        self.copy();
        for _ in 0..count {
            self.must_follow()?;
            self.copy();
        }
        writer.forget();
        Ok(())
    }
}

/// The i-th value of a line; none if it is no number.
fn cell(line: &str, i: usize) -> Option<Cell> {
    let begun = 3 + CELL_WIDTH * i;
    let number = line.get(begun..line.len().min(begun + NUMBER_WIDTH)).unwrap_or("").trim();
    if number.is_empty() {
        return Some(Cell::EMPTY);
    }
    let indicator = |at: usize| line.as_bytes().get(begun + at).copied().unwrap_or(BLANK);
    Some(Cell { milli: Some(whole(number)?), lost: indicator(14), strength: indicator(15) })
}

/// A decimal number without its point.
fn whole(number: &str) -> Option<i64> {
    let (before, after) = number.split_once('.')?;
    let digits = after.bytes().all(|b| b.is_ascii_digit());
    let value: i64 = format!("{before}{after}").parse().ok()?;
    digits.then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_every_digit() {
        assert_eq!(whole("-0.120"), Some(-120));
        assert_eq!(whole("23619095.450"), Some(23_619_095_450));
        assert_eq!(whole("-.353"), Some(-353));
        assert_eq!([whole("12"), whole("1.-2"), whole("x.1")], [None; 3]);
    }
}
