//! An epoch between observation and text: whole thousandths in the columns of a file, which plain files and CRINEX both tell.

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::utc::Civil;

/// The greatest number that `F14.3` holds, in thousandths.
const MILLI_MAX: i64 = 9_999_999_999_999;
/// The least: the sign takes a column.
const MILLI_MIN: i64 = -999_999_999_999;
/// Columns of a number (`F14.3`).
const NUMBER_WIDTH: usize = 14;
/// A blank indicator.
pub(crate) const BLANK: u8 = b' ';

/// A value and its two indicators, which are ASCII digits or blanks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The value in thousandths; none for a blank column.
    pub milli: Option<i64>,
    /// Loss of lock.
    pub lost: u8,
    /// Signal strength.
    pub strength: u8,
}

/// The rows of one epoch, one per satellite. Kept from epoch to epoch, so that nothing is allocated anew.
#[derive(Clone, Debug, Default)]
pub struct EpochRows {
    /// The epoch line to its seconds, without flag and count.
    moment: String,
    /// Each satellite and where its cells end.
    satellites: Vec<(Satellite, usize)>,
    cells: Vec<Cell>,
}

impl Cell {
    /// A column without a value.
    pub const EMPTY: Self = Self { milli: None, lost: BLANK, strength: BLANK };

    /// A value that fits its columns; otherwise the column stays blank.
    pub(crate) fn of(number: Option<f64>, lost: u8, strength: u8) -> Self {
        match number.and_then(milli) {
            Some(milli) => Self { milli: Some(milli), lost, strength },
            None => Self::EMPTY,
        }
    }
}

impl EpochRows {
    /// Begins an epoch.
    pub(crate) fn begin(&mut self, time: GpsTime) {
        let c = Civil::in_gps_time(time);
        let second = f64::from(c.second) + f64::from(c.nanos) * 1e-9;
        self.moment = format!(
            "> {:04} {:02} {:02} {:02} {:02}{second:11.7}",
            c.year, c.month, c.day, c.hour, c.minute
        );
        self.satellites.clear();
        self.cells.clear();
    }

    /// Adds a cell to the row that is being made.
    pub(crate) fn push(&mut self, cell: Cell) {
        self.cells.push(cell);
    }

    /// Ends the row of a satellite; without any value it is left out.
    pub(crate) fn end_row(&mut self, satellite: Satellite) {
        let begun = self.satellites.last().map_or(0, |(_, end)| *end);
        let row = self.cells.get(begun..).unwrap_or(&[]);
        if row.iter().any(|cell| cell.milli.is_some()) {
            self.satellites.push((satellite, self.cells.len()));
        } else {
            self.cells.truncate(begun);
        }
    }

    /// The satellites and their cells.
    pub fn rows(&self) -> impl Iterator<Item = (Satellite, &[Cell])> {
        let mut begun = 0;
        self.satellites.iter().map(move |(satellite, end)| {
            let cells = self.cells.get(begun..*end).unwrap_or(&[]);
            begun = *end;
            (*satellite, cells)
        })
    }

    /// How many satellites there are.
    pub fn len(&self) -> usize {
        self.satellites.len()
    }

    /// Whether there is no satellite.
    pub fn is_empty(&self) -> bool {
        self.satellites.is_empty()
    }

    /// The epoch line without the satellites' names (RINEX 3.05, table A3): flag 0, and no clock offset.
    pub(crate) fn head(&self) -> String {
        format!("{}  0{:3}", self.moment, self.len())
    }

    /// Appends the epoch as plain text.
    pub fn plain(&self, out: &mut String) {
        out.push_str(&self.head());
        out.push('\n');
        for (satellite, cells) in self.rows() {
            let begun = out.len();
            push_name(out, satellite);
            for cell in cells {
                push_cell(out, *cell);
            }
            // Nobody needs trailing blanks, and CRINEX does not keep them.
            let kept = out.get(begun..).map_or(0, |text| text.trim_end().len());
            out.truncate(begun + kept);
            out.push('\n');
        }
    }
}

/// A number in thousandths, if it has room.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked in the same line")]
fn milli(number: f64) -> Option<i64> {
    let thousandths = (number * 1e3).round();
    let fits = thousandths >= MILLI_MIN as f64 && thousandths <= MILLI_MAX as f64;
    fits.then_some(thousandths as i64)
}

/// Appends a satellite's three letters.
pub(crate) fn push_name(out: &mut String, satellite: Satellite) {
    let number = satellite.number();
    out.push(satellite.constellation().letter());
    out.push(char::from(b'0' + number / 10));
    out.push(char::from(b'0' + number % 10));
}

/// Sixteen columns: `F14.3` and two indicators. No zero stands before the point, as RNXCMP writes it: unpacked by it, a
/// packed file is the plain one to the byte.
fn push_cell(out: &mut String, cell: Cell) {
    let Some(milli) = cell.milli else {
        out.push_str("                ");
        return;
    };
    let mut digits = Digits::default();
    let rest = milli.unsigned_abs();
    let text = if rest < 1000 { "" } else { digits.of(rest / 1000) };
    let width = text.len() + usize::from(milli < 0) + 4;
    for _ in width..NUMBER_WIDTH {
        out.push(' ');
    }
    if milli < 0 {
        out.push('-');
    }
    out.push_str(text);
    out.push('.');
    for place in [100, 10, 1] {
        let digit = u8::try_from(rest / place % 10).unwrap_or(0);
        out.push(char::from(b'0' + digit));
    }
    out.push(char::from(cell.lost));
    out.push(char::from(cell.strength));
}

/// Room for the digits of a number: formatting by `write!` is what a writer spends most of its time with.
#[derive(Default)]
pub(crate) struct Digits([u8; 20]);

impl Digits {
    /// The decimal digits of a number.
    pub(crate) fn of(&mut self, mut number: u64) -> &str {
        let mut begun = self.0.len();
        for place in self.0.iter_mut().rev() {
            *place = b'0' + u8::try_from(number % 10).unwrap_or(0);
            begun -= 1;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.0.get(begun..).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_written_as_the_standard_library_does(milli in prop_oneof![MILLI_MIN..=MILLI_MAX, -2000_i64..2000], plain in any::<u64>()) {
            let mut text = String::new();
            push_cell(&mut text, Cell { milli: Some(milli), lost: b'1', strength: b'7' });
            let sign = if milli < 0 { "-" } else { "" };
            let whole = Some(milli.abs() / 1000).filter(|whole| *whole > 0).map(|whole| whole.to_string());
            let number = format!("{sign}{}.{:03}", whole.unwrap_or_default(), milli.abs() % 1000);
            prop_assert_eq!(text, format!("{number:>14}17"));
            let mut digits = Digits::default();
            prop_assert_eq!(digits.of(plain), plain.to_string());
        }
    }

    #[test]
    fn what_does_not_fit_stays_blank() {
        let told = |number| Cell::of(Some(number), b'1', b'2').milli;
        assert_eq!(told(9_999_999_999.999), Some(9_999_999_999_999));
        assert_eq!(told(1e10), None);
        assert_eq!(told(-1e9), None);
        assert_eq!(told(f64::NAN), None);
        assert_eq!(Cell::of(Some(1e10), b'1', b'2'), Cell::EMPTY);
    }
}
