//! Reading an ANTEX file: header first, then antenna by antenna.

use std::borrow::Cow;

use tianshu_gnss::antenna::AntennaCalibration;

use crate::antex::frequency::{Grid, pattern};
use crate::finding::{Fault, Finding, Findings};
use crate::line::{Lines, columns, field, number};
use crate::observation::reader::label;

/// Frequencies of an antenna at most: more than all systems have bands in RINEX.
const FREQUENCIES_MAX: usize = 40;

/// Why a text is no ANTEX file that could be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAntex {
    /// The first line is no ANTEX first line.
    #[error("its first line is not that of an ANTEX file")]
    NotAntex,
    /// The version is none that is read.
    #[error("ANTEX version {0} is not read, only 1.3 and 1.4")]
    UnreadVersion(String),
    /// Its values are relative to another antenna's: fetch absolute calibrations.
    #[error(
        "its calibrations are relative to another antenna: take a file with absolute ones, such as igs20.atx"
    )]
    Relative,
    /// The header has no end.
    #[error("its header has no END OF HEADER")]
    NoEndOfHeader,
}

/// An ANTEX file, read antenna by antenna: the receivers' ones. Satellites' antennas are passed over and counted.
///
/// A file of all antennas holds some 400 of up to 100 kB each: keep those whose names are asked for.
pub struct AntexReader<'a> {
    lines: Lines<'a>,
    findings: Findings,
    satellites_passed: usize,
}

/// What an antenna's lines say before its first frequency.
#[derive(Debug, Default)]
struct Head {
    name: String,
    serial: Option<String>,
    is_satellite: bool,
    azimuth_step: Option<f64>,
    zeniths: Option<[f64; 3]>,
}

impl<'a> AntexReader<'a> {
    /// Reads the header of an ANTEX file; gzip must be off ([`crate::unpack`]).
    pub fn new(text: &'a [u8]) -> Result<Self, NotAntex> {
        let mut lines = Lines::new(text);
        let first = lines.take().ok_or(NotAntex::NotAntex)?;
        if label(&first) != "ANTEX VERSION / SYST" {
            return Err(NotAntex::NotAntex);
        }
        let version = field(&first, 0..8);
        if !["1.3", "1.4"].contains(&version) {
            return Err(NotAntex::UnreadVersion(version.to_owned()));
        }
        loop {
            let line = lines.take().ok_or(NotAntex::NoEndOfHeader)?;
            match label(&line) {
                "END OF HEADER" => break,
                "PCV TYPE / REFANT" if columns(&line, 0..1) != "A" => {
                    return Err(NotAntex::Relative);
                }
                _ => {}
            }
        }
        Ok(Self { lines, findings: Findings::default(), satellites_passed: 0 })
    }

    /// What was wrong so far: at most [`crate::finding::FINDINGS_KEPT_MAX`] of them.
    pub fn findings(&self) -> &[Finding] {
        self.findings.kept()
    }

    /// How many lines were wrong so far.
    pub fn finding_count(&self) -> usize {
        self.findings.count()
    }

    /// How many satellites' antennas were passed over so far.
    pub fn satellites_passed(&self) -> usize {
        self.satellites_passed
    }

    /// The next line inside an antenna; none at the end of the antenna, which is taken, and none where the next one begins
    /// without it or the file ends, which is noted.
    fn inside(&mut self) -> Option<Cow<'a, str>> {
        let line = self.lines.peek();
        let cut = line.as_ref().is_none_or(|line| label(line) == "START OF ANTENNA");
        if cut {
            self.findings.note(self.lines.number(), Fault::CutShort("an antenna"));
            return None;
        }
        self.lines.skip();
        line.filter(|line| label(line) != "END OF ANTENNA")
    }

    /// The antenna behind START OF ANTENNA. None if it is a satellite's, or cannot be read.
    fn antenna(&mut self) -> Option<AntennaCalibration> {
        let start = self.lines.number();
        let mut head = Head::default();
        let mut carriers = Vec::new();
        while let Some(line) = self.inside() {
            match label(&line) {
                "TYPE / SERIAL NO" => head.named(&line),
                _ if head.is_satellite => {}
                "DAZI" => head.azimuth_step = number(&line, 2..8).value(),
                "ZEN1 / ZEN2 / DZEN" => {
                    let told = [2..8, 8..14, 14..20].map(|range| number(&line, range).value());
                    head.zeniths = all_three(told);
                }
                "START OF FREQUENCY" if carriers.len() < FREQUENCIES_MAX => {
                    let Some(grid) = head.grid() else { continue };
                    let code = field(&line, 3..6);
                    carriers.extend(pattern(&mut self.lines, code, grid, &mut self.findings));
                }
                "START OF FREQ RMS" => self.pass_to("END OF FREQ RMS"),
                _ => {}
            }
        }
        if head.is_satellite {
            self.satellites_passed += 1;
            return None;
        }
        let lacks = match (head.name.is_empty(), head.grid()) {
            (true, _) => Some("TYPE / SERIAL NO"),
            (_, None) => Some("DAZI or ZEN1 / ZEN2 / DZEN"),
            _ => None,
        };
        if let Some(what) = lacks {
            self.findings.note(start, Fault::Antenna(what));
            return None;
        }
        carriers.sort_by_key(|c| (c.constellation, c.band));
        carriers.dedup_by_key(|c| (c.constellation, c.band));
        Some(AntennaCalibration { name: head.name, serial: head.serial, carriers })
    }

    /// Passes over a section, but not over the antenna's end.
    fn pass_to(&mut self, end: &str) {
        while let Some(line) = self.lines.peek().filter(|line| label(line) != "END OF ANTENNA") {
            self.lines.skip();
            if label(&line) == end {
                return;
            }
        }
    }
}

impl Head {
    fn named(&mut self, line: &str) {
        // Twenty columns with the radome's name in the last four (rcvr_ant.tab); without one it is NONE.
        let antenna = columns(line, 0..16).trim_end();
        let radome = field(line, 16..20);
        if !antenna.is_empty() {
            let radome = if radome.is_empty() { "NONE" } else { radome };
            self.name = format!("{antenna:<16}{radome}");
        }
        self.serial = Some(field(line, 20..40).to_owned()).filter(|serial| !serial.is_empty());
        // A satellite's line goes on with its code (`G063`) and COSPAR number; a receiver's antenna has neither.
        self.is_satellite = !field(line, 40..60).is_empty();
    }

    fn grid(&self) -> Option<Grid> {
        Grid::new(self.zeniths?, self.azimuth_step?)
    }
}

impl Iterator for AntexReader<'_> {
    type Item = AntennaCalibration;

    fn next(&mut self) -> Option<AntennaCalibration> {
        loop {
            let line = self.lines.take()?;
            match label(&line) {
                "START OF ANTENNA" => {
                    if let Some(antenna) = self.antenna() {
                        return Some(antenna);
                    }
                }
                "COMMENT" | "" => {}
                _ => self.findings.note(self.lines.number(), Fault::Antenna("START OF ANTENNA")),
            }
        }
    }
}

fn all_three([a, b, c]: [Option<f64>; 3]) -> Option<[f64; 3]> {
    Some([a?, b?, c?])
}

#[cfg(test)]
mod tests;
