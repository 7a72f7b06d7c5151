//! Reading an observation file: header first, then epoch by epoch.

use std::io::{self, BufRead};

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::observation::ObsEpoch;

use crate::finding::{Fault, Finding, Findings};
use crate::label::Version;
use crate::line::{Lines, columns, field};
use crate::observation::body::{EpochHead, RawEpoch, assembled};
use crate::observation::compact::Memory;
use crate::observation::header::{HeaderReader, LABEL_COLUMN, ObsHeader};
use crate::observation::plain;

/// Why a text is no observation file that could be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotObservations {
    /// The first line is no RINEX or CRINEX first line.
    #[error("its first line is not that of a RINEX or CRINEX file")]
    NotRinex,
    /// It is RINEX of another kind, such as navigation data.
    #[error("it holds {0:?}, not observations")]
    OtherKind(String),
    /// The version is none that is read (2.00 to 2.12, 3.00 to 4.99).
    #[error("RINEX version {0} is not read")]
    UnreadVersion(String),
    /// The header has no end.
    #[error("its header has no END OF HEADER")]
    NoEndOfHeader,
    /// A stream ended with an error before the header did: fetch the file again.
    #[error("it is damaged or cut short ({0})")]
    Damaged(String),
}

/// An observation file, read epoch by epoch. What is wrong with it is found in [`ObsReader::findings`].
pub struct ObsReader<'a> {
    lines: Lines<'a>,
    header: HeaderReader,
    memory: Option<Memory>,
    findings: Findings,
}

/// An epoch of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct EpochRead {
    /// The line that the epoch begins with.
    pub line: usize,
    /// The observations.
    pub epoch: ObsEpoch,
    /// Receiver clock offset, s, where told.
    pub receiver_clock_s: Option<f64>,
}

impl<'a> ObsReader<'a> {
    /// Reads the header of an observation file, plain or CRINEX; gzip must be off ([`crate::unpack`]).
    pub fn new(text: &'a [u8]) -> Result<Self, NotObservations> {
        Self::of_lines(Lines::new(text))
    }

    /// The same of a text that is read as its epochs are asked for, so that a day of it needs no more memory than an epoch.
    ///
    /// What ends the text before its time is told by [`ObsReader::read_error`].
    pub fn of_stream(text: impl BufRead + 'a) -> Result<Self, NotObservations> {
        Self::of_lines(Lines::of_stream(Box::new(text)))
    }

    fn of_lines(mut lines: Lines<'a>) -> Result<Self, NotObservations> {
        let mut first = lines.take().ok_or_else(|| ended(&lines, NotObservations::NotRinex))?;
        let compact = label(&first).starts_with("CRINEX VERS");
        if compact {
            lines.skip();
            first = lines.take().ok_or_else(|| ended(&lines, NotObservations::NotRinex))?;
        }
        if label(&first) != "RINEX VERSION / TYPE" {
            return Err(ended(&lines, NotObservations::NotRinex));
        }
        if !columns(&first, 20..21).eq_ignore_ascii_case("O") {
            return Err(NotObservations::OtherKind(field(&first, 20..40).to_owned()));
        }
        let version = version(field(&first, 0..9))
            .ok_or_else(|| NotObservations::UnreadVersion(field(&first, 0..9).to_owned()))?;
        let system = columns(&first, 40..41).chars().next();
        let system = system.and_then(Constellation::from_letter).unwrap_or(Constellation::Gps);
        let mut header = HeaderReader::new(version, system);
        let mut findings = Findings::default();
        loop {
            let line = lines.take().ok_or_else(|| ended(&lines, NotObservations::NoEndOfHeader))?;
            if label(&line) == "END OF HEADER" {
                break;
            }
            header.absorb(&line, lines.number(), &mut findings);
        }
        header.settle(lines.number(), &mut findings);
        Ok(Self { lines, header, memory: compact.then(Memory::default), findings })
    }

    /// The header, with what events have changed so far.
    pub fn header(&self) -> &ObsHeader {
        &self.header.header
    }

    /// What was wrong so far: at most [`crate::finding::FINDINGS_KEPT_MAX`] of them.
    pub fn findings(&self) -> &[Finding] {
        self.findings.kept()
    }

    /// What ended a stream before its time; none for a text in memory.
    pub fn read_error(&self) -> Option<&io::Error> {
        self.lines.error()
    }

    /// How many lines were wrong so far.
    pub fn finding_count(&self) -> usize {
        self.findings.count()
    }

    /// The next epoch line, with lines between epochs that belong to none passed over.
    fn next_head(&mut self) -> Option<(usize, String, EpochHead)> {
        let version = self.header.header.version;
        let mut silent = false;
        loop {
            let line = self.lines.take()?;
            let number = self.lines.number();
            let head = match &mut self.memory {
                Some(memory) => {
                    // One finding tells of a break; what follows up to the next beginning is its consequence.
                    silent = silent || (memory.needs_beginning() && !begins(&line));
                    memory.epoch_head(&line, version)
                }
                None if line.trim().is_empty() => continue,
                None => EpochHead::read(&line, version),
            };
            match head {
                Some(head) => return Some((number, line.into_owned(), head)),
                None if silent => {}
                None => self.findings.note(number, Fault::Epoch),
            }
            silent = true;
        }
    }

    /// An event: header lines that hold from here on, or lines of other kinds that are passed over.
    fn absorb_event(&mut self, head: EpochHead) {
        for _ in 0..head.count {
            let Some(line) = self.lines.take() else {
                self.findings.note(self.lines.number(), Fault::CutShort("an event"));
                return;
            };
            if line.len() > LABEL_COLUMN && head.flag < 6 {
                self.header.absorb(&line, self.lines.number(), &mut self.findings);
            }
        }
        self.header.settle(self.lines.number(), &mut self.findings);
    }
}

impl Iterator for ObsReader<'_> {
    type Item = EpochRead;

    fn next(&mut self) -> Option<EpochRead> {
        loop {
            let (line, text, head) = self.next_head()?;
            if head.flag > 1 {
                self.absorb_event(head);
                continue;
            }
            let Self { lines, header, memory, findings } = self;
            let header = &header.header;
            let raw: Option<RawEpoch> = match memory {
                Some(memory) => memory.satellites_of(lines, head, header, findings),
                None => plain::satellites_of(lines, head, &text, header, findings),
            };
            let Some(raw) = raw else { continue };
            let receiver_clock_s = raw.head.clock_s;
            if let Some(epoch) = assembled(header, raw) {
                return Some(EpochRead { line, epoch, receiver_clock_s });
            }
        }
    }
}

/// Why a header was not found: the stream's own error goes before what follows from it.
fn ended(lines: &Lines<'_>, why: NotObservations) -> NotObservations {
    lines.error().map_or(why, |error| NotObservations::Damaged(error.to_string()))
}

fn begins(line: &str) -> bool {
    line.starts_with(['&', '>'])
}

/// The label of a header line.
pub(crate) fn label(line: &str) -> &str {
    line.get(LABEL_COLUMN..).unwrap_or("").trim()
}

/// A version that is read: 2.00 to 2.12 and 3.00 to 4.99.
pub(crate) fn version(text: &str) -> Option<Version> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "00"));
    let part = part.get(..part.len().min(2)).unwrap_or("0");
    let hundredths: u16 = format!("{part:0<2}").parse().ok()?;
    let version = whole.trim().parse::<u16>().ok()?.checked_mul(100)?.checked_add(hundredths)?;
    ((200..=212).contains(&version) || (300..=499).contains(&version)).then_some(Version(version))
}

#[cfg(test)]
mod tests;
