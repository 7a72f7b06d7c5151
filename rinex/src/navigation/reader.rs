//! Reading a navigation file: header first, then record by record.

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::ephemeris::ionosphere::Klobuchar;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;

use crate::finding::{Fault, Finding, Findings};
use crate::label::Version;
use crate::line::{
    Calendar, Lines, Number, columns, field, full_year, integer, nanoseconds, number,
};
use crate::navigation::header::NavHeader;
use crate::navigation::record::{Record, ephemeris, transmitted};
use crate::observation::reader::{label, version};

/// Why a text is no navigation file that could be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotNavigation {
    /// The first line is no RINEX first line.
    #[error("its first line is not that of a RINEX file")]
    NotRinex,
    /// It is RINEX of another kind, such as observations.
    #[error("it holds {0:?}, not navigation data")]
    OtherKind(String),
    /// The version is none that is read (2.00 to 2.12, 3.00 to 4.99).
    #[error("RINEX version {0} is not read")]
    UnreadVersion(String),
    /// The header has no end.
    #[error("its header has no END OF HEADER")]
    NoEndOfHeader,
}

/// A navigation file, read record by record. What is wrong with it is found in [`NavReader::findings`].
pub struct NavReader<'a> {
    lines: Lines<'a>,
    header: NavHeader,
    findings: Findings,
    transmitted: Option<GpsTime>,
}

/// Width of a number (D19.12).
const NUMBER_WIDTH: usize = 19;
/// The most numbers of a record that are read: the clock's three and ten lines of four (CNV2 of RINEX 4.01, table A26).
const VALUES_MAX: usize = 43;

impl<'a> NavReader<'a> {
    /// Reads the header of a navigation file; gzip must be off ([`crate::unpack`]).
    pub fn new(text: &'a [u8]) -> Result<Self, NotNavigation> {
        let mut lines = Lines::new(text);
        let first = lines.take().ok_or(NotNavigation::NotRinex)?;
        if label(&first) != "RINEX VERSION / TYPE" {
            return Err(NotNavigation::NotRinex);
        }
        let version = version(field(&first, 0..9))
            .ok_or_else(|| NotNavigation::UnreadVersion(field(&first, 0..9).to_owned()))?;
        let letter = |column: usize| columns(&first, column..column + 1).chars().next();
        // RINEX 2 calls GLONASS' files G, SBAS' H, Galileo's L (RINEX 2.11, table A10; 2.12).
        let default_system = match letter(20) {
            Some('N') => letter(40).and_then(Constellation::from_letter),
            Some('G') if version < Version(300) => Some(Constellation::Glonass),
            Some('L') if version < Version(300) => Some(Constellation::Galileo),
            _ => return Err(NotNavigation::OtherKind(field(&first, 20..40).to_owned())),
        };
        let mut header = NavHeader::new(version, default_system.unwrap_or(Constellation::Gps));
        let mut findings = Findings::default();
        loop {
            let line = lines.take().ok_or(NotNavigation::NoEndOfHeader)?;
            if label(&line) == "END OF HEADER" {
                break;
            }
            header.absorb(&line, lines.number(), &mut findings);
        }
        Ok(Self { lines, header, findings, transmitted: None })
    }

    /// The header; in version 4 with the ionosphere frames read so far.
    pub fn header(&self) -> &NavHeader {
        &self.header
    }

    /// When the ephemeris that was read last was transmitted, if its record tells (GLONASS: the begin of its frame).
    pub fn transmitted(&self) -> Option<GpsTime> {
        self.transmitted
    }

    /// What was wrong so far: at most [`crate::finding::FINDINGS_KEPT_MAX`] of them.
    pub fn findings(&self) -> &[Finding] {
        self.findings.kept()
    }

    /// How many lines were wrong, or of a kind that is not read, so far.
    pub fn finding_count(&self) -> usize {
        self.findings.count()
    }

    /// The frame head of version 4 (`> EPH G01 LNAV`), if the next line is one.
    fn frame_head(&mut self) -> Option<Frame> {
        let line = self.lines.peek().filter(|line| line.starts_with('>'))?;
        self.lines.skip();
        let mut words = line.split_ascii_whitespace().skip(1);
        let kind = words.next().unwrap_or("").to_owned();
        let satellite = words.next().and_then(|name| name.parse().ok());
        Some(Frame { kind, satellite, message: words.next().unwrap_or("").to_owned() })
    }

    /// The lines of one record, from its first to the line before the next record's first.
    fn record(&mut self) -> Option<Result<(usize, Record), Fault>> {
        let first = self.lines.take()?;
        let at = self.lines.number();
        let Some((satellite, told)) = self.head(&first) else {
            while self.lines.peek().is_some_and(|line| is_continuation(&line)) {
                self.lines.skip();
            }
            return Some(Err(Fault::Epoch));
        };
        // Numbers start one column earlier in RINEX 2.
        let start = if self.header.version < Version(300) { 3 } else { 4 };
        let clock_start = start + NUMBER_WIDTH;
        let mut values = Vec::with_capacity(31);
        self.numbers(&first, clock_start, 3, &mut values);
        while let Some(line) = self.lines.peek().filter(|line| is_continuation(line)) {
            self.lines.skip();
            if values.len() < VALUES_MAX {
                self.numbers(&line, start, 4, &mut values);
            }
        }
        Some(Ok((at, Record { satellite, told, values })))
    }

    fn numbers(&mut self, line: &str, start: usize, count: usize, into: &mut Vec<Option<f64>>) {
        for i in 0..count {
            let from = start + NUMBER_WIDTH * i;
            let read = number(line, from..from + NUMBER_WIDTH);
            if read == Number::Broken {
                let fault = Fault::Number(from + 1, from + NUMBER_WIDTH);
                self.findings.note(self.lines.number(), fault);
            }
            into.push(read.value());
        }
    }

    fn head(&self, line: &str) -> Option<(Satellite, GpsTime)> {
        if self.header.version < Version(300) {
            let satellite = Satellite::new(self.header.default_system, integer(line, 0..2)?)?;
            let calendar = Calendar {
                year: full_year(integer(line, 2..5)?),
                month: integer(line, 5..8)?,
                day: integer(line, 8..11)?,
                hour: integer(line, 11..14)?,
                minute: integer(line, 14..17)?,
                nanos: nanoseconds(columns(line, 17..22))?,
            };
            return Some((satellite, calendar.moment()?));
        }
        let calendar = Calendar {
            year: integer(line, 4..8)?,
            month: integer(line, 9..11)?,
            day: integer(line, 12..14)?,
            hour: integer(line, 15..17)?,
            minute: integer(line, 18..20)?,
            nanos: nanoseconds(columns(line, 21..23))?,
        };
        Some((columns(line, 0..3).parse().ok()?, calendar.moment()?))
    }

    /// A frame of version 4 other than an ephemeris that is read: Klobuchar's coefficients are kept, the rest is passed over.
    fn pass_over(&mut self, frame: &Frame) {
        let at = self.lines.number();
        let mut values = Vec::new();
        let mut first = true;
        while let Some(line) = self.lines.peek().filter(|line| !line.starts_with('>')) {
            self.lines.skip();
            let (start, count) = if first { (4 + NUMBER_WIDTH, 3) } else { (4, 4) };
            first = false;
            if values.len() < VALUES_MAX {
                let numbers = (0..count).map(|i| start + NUMBER_WIDTH * i);
                values.extend(numbers.map(|from| number(&line, from..from + NUMBER_WIDTH).value()));
            }
        }
        match (frame.kind.as_str(), frame.satellite, klobuchar(&values)) {
            ("ION", Some(satellite), Some(coefficients)) if frame.has_klobuchar() => {
                self.header.klobuchar.insert(satellite.constellation(), coefficients);
            }
            ("ION", Some(_), None) if frame.has_klobuchar() => {
                self.findings.note(at, Fault::Record("coefficients"));
            }
            _ => {
                let message = format!("{} {}", frame.kind, frame.message);
                self.findings.note(at, Fault::UnreadMessage(message));
            }
        }
    }
}

/// The head of a frame (RINEX 4.01, section 5.4).
struct Frame {
    kind: String,
    satellite: Option<Satellite>,
    message: String,
}

impl Frame {
    fn is_read(&self) -> bool {
        let known = ["LNAV", "FDMA", "INAV", "FNAV", "D1", "D2", "D1D2"];
        self.kind == "EPH" && known.contains(&self.message.as_str())
    }

    fn has_klobuchar(&self) -> bool {
        // GPS, QZSS and NavIC by LNAV, BeiDou by D1 and D2 (RINEX 4.01, table A32).
        ["LNAV", "D1D2"].contains(&self.message.as_str())
    }
}

impl Iterator for NavReader<'_> {
    type Item = Ephemeris;

    fn next(&mut self) -> Option<Ephemeris> {
        loop {
            if self.lines.peek()?.trim().is_empty() {
                self.lines.skip();
                continue;
            }
            if let Some(frame) = self.frame_head()
                && !frame.is_read()
            {
                self.pass_over(&frame);
                continue;
            }
            let (at, record) = match self.record()? {
                Ok(read) => read,
                Err(fault) => {
                    self.findings.note(self.lines.number(), fault);
                    continue;
                }
            };
            match ephemeris(&record, self.header.version) {
                Ok(Some(ephemeris)) => {
                    self.transmitted = transmitted(&record, &ephemeris);
                    return Some(ephemeris);
                }
                Ok(None) => self.findings.note(at, Fault::UnreadMessage("SBAS".to_owned())),
                Err(lacking) => self.findings.note(at, Fault::Record(lacking)),
            }
        }
    }
}

fn is_continuation(line: &str) -> bool {
    line.starts_with("   ")
}

fn klobuchar(values: &[Option<f64>]) -> Option<Klobuchar> {
    let [a0, a1, a2, a3, b0, b1, b2, b3] = *values.first_chunk::<8>()?;
    Some(Klobuchar { alpha: [a0?, a1?, a2?, a3?], beta: [b0?, b1?, b2?, b3?] })
}

#[cfg(test)]
mod tests;
