//! Lines and columns: text of a fixed form, taken apart without trusting it.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};
use std::ops::Range;

use tianshu_gnss::time::gps::{GpsTime, Interval, NANOS_PER_SECOND};

/// A line of a stream that is longer is cut there: RINEX 3 has lines of some 1 300 columns at most, and whatever waits is bounded.
const LINE_BYTES_MAX: u64 = 1 << 16;

/// The lines of a text with their numbers, counted from 1.
pub(crate) struct Lines<'a> {
    rest: &'a [u8],
    stream: Option<Stream<'a>>,
    number: usize,
}

/// A text that comes piece by piece, with its next line at hand.
struct Stream<'a> {
    from: Box<dyn BufRead + 'a>,
    next: Option<String>,
    error: Option<io::Error>,
}

impl Stream<'_> {
    /// Reads the next line. The stream ends with its first error.
    fn advance(&mut self) {
        self.next = None;
        let mut line = Vec::new();
        match self.from.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line) {
            Ok(0) => {}
            Ok(_) => self.next = split_line(&line).map(|(line, _)| ascii(line).into_owned()),
            Err(error) => self.error = Some(error),
        }
    }
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { rest: text, stream: None, number: 0 }
    }

    /// The lines of a text that is read as they are taken.
    pub(crate) fn of_stream(from: Box<dyn BufRead + 'a>) -> Self {
        let mut stream = Stream { from, next: None, error: None };
        stream.advance();
        Self { rest: &[], stream: Some(stream), number: 0 }
    }

    /// What ended a stream before its time.
    pub(crate) fn error(&self) -> Option<&io::Error> {
        self.stream.as_ref()?.error.as_ref()
    }

    /// The number of the line that was taken last.
    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// The next line, without its end.
    pub(crate) fn take(&mut self) -> Option<Cow<'a, str>> {
        if let Some(stream) = &mut self.stream {
            let line = stream.next.take()?;
            stream.advance();
            self.number += 1;
            return Some(Cow::Owned(line));
        }
        let (line, rest) = split_line(self.rest)?;
        self.rest = rest;
        self.number += 1;
        Some(ascii(line))
    }

    /// Passes over the next line.
    pub(crate) fn skip(&mut self) {
        let _ = self.take();
    }

    /// The next line, left where it is.
    pub(crate) fn peek(&self) -> Option<Cow<'a, str>> {
        if let Some(stream) = &self.stream {
            return stream.next.clone().map(Cow::Owned);
        }
        split_line(self.rest).map(|(line, _)| ascii(line))
    }
}

fn split_line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if text.is_empty() {
        return None;
    }
    let (line, rest) = match text.iter().position(|&b| b == b'\n') {
        Some(end) => text.split_at(end),
        None => (text, &[][..]),
    };
    let rest = rest.strip_prefix(b"\n").unwrap_or(rest);
    Some((line.strip_suffix(b"\r").unwrap_or(line), rest))
}

/// RINEX is ASCII and speaks of columns; other bytes (names in Latin-1 or UTF-8) each keep one column as `?`.
fn ascii(line: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(line) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => line.iter().map(|&b| if b.is_ascii() { char::from(b) } else { '?' }).collect(),
    }
}

/// The columns of a line, counted from 0; as much of them as the line has.
pub(crate) fn columns(line: &str, range: Range<usize>) -> &str {
    line.get(range.start..range.end.min(line.len()).max(range.start)).unwrap_or("")
}

/// The same without the blanks around.
pub(crate) fn field(line: &str, range: Range<usize>) -> &str {
    columns(line, range).trim()
}

/// A whole number in those columns; none where they are blank or hold something else.
pub(crate) fn integer<T: std::str::FromStr>(line: &str, range: Range<usize>) -> Option<T> {
    field(line, range).parse().ok()
}

/// What stands in the columns of a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Blank,
    Value(f64),
    Broken,
}

/// A number in those columns, with Fortran's `D` for `E`.
pub(crate) fn number(line: &str, range: Range<usize>) -> Number {
    let text = field(line, range);
    if text.is_empty() {
        return Number::Blank;
    }
    let parsed = if text.contains(['D', 'd']) {
        text.replace(['D', 'd'], "E").parse()
    } else {
        text.parse()
    };
    match parsed {
        Ok(value) if f64::is_finite(value) => Number::Value(value),
        _ => Number::Broken,
    }
}

impl Number {
    pub(crate) fn value(self) -> Option<f64> {
        match self {
            Self::Value(value) => Some(value),
            Self::Blank | Self::Broken => None,
        }
    }
}

/// Seconds as text (`17.2500000`) in whole nanoseconds, without a detour over a float.
pub(crate) fn nanoseconds(text: &str) -> Option<i64> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: u32 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = fraction.get(..fraction.len().min(9)).unwrap_or("");
    let scaled: i64 = format!("{digits:0<9}").parse().ok()?;
    (whole <= 60).then_some(i64::from(whole) * NANOS_PER_SECOND + scaled)
}

/// A date and time of day as a file tells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Calendar {
    pub(crate) year: i32,
    pub(crate) month: u8,
    pub(crate) day: u8,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    /// Within the minute.
    pub(crate) nanos: i64,
}

/// Days before each month of a year that is not a leap year.
const DAYS_BEFORE_MONTH: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
/// Days from 0001-01-01 of the Gregorian calendar to 1980-01-06, the start of GPS time: 1979 whole years and five days.
const DAYS_BEFORE_GPS: i64 = 1_979 * 365 + 1_979 / 4 - 1_979 / 100 + 1_979 / 400 + 5;

impl Calendar {
    /// The moment on a scale without leap seconds, as if that scale were GPS time.
    pub(crate) fn moment(self) -> Option<GpsTime> {
        let Self { year, month, day, hour, minute, nanos } = self;
        if hour > 23 || minute > 59 || !(1900..=2200).contains(&year) {
            return None;
        }
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let before = *DAYS_BEFORE_MONTH.get(usize::from(month).checked_sub(1)?)?;
        let length = match month {
            2 => 28 + u8::from(leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        if !(1..=length).contains(&day) {
            return None;
        }
        let past = i64::from(year) - 1;
        let leap_days = past / 4 - past / 100 + past / 400 + i64::from(leap && month > 2);
        let days = past * 365 + leap_days + before + i64::from(day) - 1 - DAYS_BEFORE_GPS;
        let seconds = days * 86_400 + i64::from(hour) * 3_600 + i64::from(minute) * 60;
        Some(GpsTime::from_nanos(seconds * NANOS_PER_SECOND) + Interval::from_nanos(nanos))
    }
}

/// The full year of RINEX 2's two digits (RINEX 2.11, section 6.5): 80 to 99 are of the twentieth century.
pub(crate) fn full_year(two_digits: i32) -> i32 {
    match two_digits {
        80..=99 => 1900 + two_digits,
        0..=79 => 2000 + two_digits,
        _ => two_digits,
    }
}

/// A whole number that a file writes as a real one.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked before")]
pub(crate) fn whole<T: TryFrom<i64>>(value: f64) -> Option<T> {
    let rounded = value.round();
    let fits = (rounded - value).abs() < 1e-6 && rounded.abs() < 1e15;
    T::try_from(rounded as i64).ok().filter(|_| fits)
}

/// The same for a byte.
pub(crate) fn byte(value: f64) -> Option<u8> {
    whole(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_and_keep_their_columns() {
        let mut lines = Lines::new(b"one\r\nM\xc3\xbcnchen\n\nlast");
        assert_eq!(lines.peek().as_deref(), Some("one"));
        assert_eq!(lines.take().as_deref(), Some("one"));
        assert_eq!(lines.take().as_deref(), Some("M??nchen"));
        assert_eq!(lines.take().as_deref(), Some(""));
        assert_eq!((lines.take().as_deref(), lines.number()), (Some("last"), 4));
        assert_eq!(lines.take(), None);
    }

    #[test]
    fn a_stream_has_the_lines_of_its_text() {
        let text = b"one\r\nM\xc3\xbcnchen\n\nlast";
        let mut lines = Lines::of_stream(Box::new(io::BufReader::with_capacity(3, &text[..])));
        let mut whole = Lines::new(text);
        for _ in 0..5 {
            assert_eq!(lines.peek(), whole.peek());
            assert_eq!(lines.take(), whole.take());
            assert_eq!(lines.number(), whole.number());
        }
        assert!(lines.error().is_none());
    }

    #[test]
    fn numbers_are_read_as_fortran_writes_them() {
        assert_eq!(number("  -.123456789012D-03", 0..20), Number::Value(-0.123456789012e-3));
        assert_eq!(number("    ", 0..4), Number::Blank);
        assert_eq!(number("1.5", 7..9), Number::Blank);
        assert_eq!(number("1.x", 0..3), Number::Broken);
        assert_eq!(number("inf", 0..3), Number::Broken);
    }

    #[test]
    fn seconds_keep_every_nanosecond() {
        assert_eq!(nanoseconds(" 30.0000000"), Some(30_000_000_000));
        assert_eq!(nanoseconds("0.0000001"), Some(100));
        assert_eq!(nanoseconds("59.999999999999"), Some(59_999_999_999));
        assert_eq!(nanoseconds("x"), None);
        assert_eq!(nanoseconds("-1.0"), None);
    }

    #[test]
    fn a_date_is_a_moment() {
        let on = |year, month, day| {
            Calendar { year, month, day, hour: 1, minute: 30, nanos: 5 }.moment()
        };
        let t = on(2020, 6, 25).expect("a date");
        assert_eq!((t.week(), t.time_of_week().nanos()), (2111, 351_000_000_000_005));
        assert_eq!(on(1980, 1, 6).map(GpsTime::nanos), Some(5_400_000_000_005));
        assert_eq!(
            on(2000, 3, 1).zip(on(2000, 2, 29)).map(|(a, b)| (a - b).seconds()),
            Some(86400.0)
        );
        assert_eq!(on(2021, 2, 29), None);
        assert_eq!(on(2021, 13, 1), None);
        assert_eq!((full_year(99), full_year(0), full_year(2021)), (1999, 2000, 2021));
    }
}
