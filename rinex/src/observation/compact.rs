//! The body of a CRINEX file: epochs from texts that change and series of differences.

use std::collections::BTreeMap;

use tianshu_gnss::constellation::Constellation;

use crate::finding::{Fault, Findings};
use crate::label::Version;
use crate::line::{Lines, columns};
use crate::observation::body::{EpochHead, RawEpoch, RawSatellite, RawValue, indicator, satellite};
use crate::observation::crinex::{ChangingText, Series, Unread};
use crate::observation::header::ObsHeader;

/// Where the satellites begin in an epoch line of CRINEX 1, which names them all in one row (Hatanaka 2008, section 3).
const LIST1_COLUMN: usize = 32;
/// The same of CRINEX 3.
const LIST3_COLUMN: usize = 41;
/// Observations are told in thousandths.
const VALUE_SCALE: f64 = 1e3;
/// Clock offsets are told in 1e-9 s by CRINEX 1 (F12.9 of RINEX 2.11, table A2).
const CLOCK1_SCALE: f64 = 1e9;
/// Clock offsets are told in 1e-12 s by CRINEX 3 (F15.12 of RINEX 3.05, table A3).
const CLOCK3_SCALE: f64 = 1e12;

/// What CRINEX remembers from epoch to epoch.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    epoch: ChangingText,
    /// Whether the epoch line has a beginning; after a break it needs a new one.
    begun: bool,
    clock: Option<Series>,
    satellites: BTreeMap<String, Arcs>,
}

/// What it remembers of one satellite.
#[derive(Clone, Debug, Default)]
struct Arcs {
    series: Vec<Option<Series>>,
    indicators: ChangingText,
}

impl Memory {
    /// Takes in an epoch line. None if it tells no epoch, after which only a new beginning helps.
    pub(super) fn epoch_head(&mut self, line: &str, version: Version) -> Option<EpochHead> {
        let begins = if version < Version(300) { '&' } else { '>' };
        if let Some(rest) = line.strip_prefix(begins) {
            // After a beginning nothing old is gone on with.
            *self = Self { begun: true, ..Self::default() };
            let first = if version < Version(300) { " " } else { ">" };
            self.epoch.begin(&format!("{first}{rest}"));
        } else if self.begun {
            self.epoch.change(line);
        }
        let head = Some(self.epoch.text()).filter(|_| self.begun);
        let head = head.and_then(|text| EpochHead::read(text, version));
        self.begun = head.is_some_and(|head| head.flag <= 1);
        head.map(|head| EpochHead { clock_s: None, ..head })
    }

    /// Whether the next epoch line must be a beginning.
    pub(super) fn needs_beginning(&self) -> bool {
        !self.begun
    }

    /// The clock's and the satellites' part of an epoch.
    pub(super) fn satellites_of(
        &mut self,
        lines: &mut Lines<'_>,
        head: EpochHead,
        header: &ObsHeader,
        findings: &mut Findings,
    ) -> Option<RawEpoch> {
        let cut_short = |lines: &Lines<'_>, findings: &mut Findings| {
            findings.note(lines.number(), Fault::CutShort("an epoch"));
        };
        let Some(clock_line) = lines.take() else {
            cut_short(lines, findings);
            return None;
        };
        let head = EpochHead { clock_s: self.clock_of(&clock_line, header.version), ..head };
        let mut before = std::mem::take(&mut self.satellites);
        let mut all = Vec::with_capacity(head.count);
        for i in 0..head.count {
            let Some(line) = lines.take() else {
                cut_short(lines, findings);
                break;
            };
            let start = list_column(header.version) + 3 * i;
            let name = columns(self.epoch.text(), start..start + 3).to_owned();
            let Some(satellite) = satellite(&name, header.default_system) else {
                findings.note(lines.number(), Fault::Satellite);
                continue;
            };
            let mut arcs = before.remove(&name).unwrap_or_default();
            let count = column_count(header, satellite.constellation());
            let values = arcs.values(&line, count, lines.number(), findings);
            self.satellites.insert(name, arcs);
            all.push((satellite, values) as RawSatellite);
        }
        Some(RawEpoch { head, satellites: all })
    }

    #[expect(clippy::cast_precision_loss, reason = "picoseconds of a clock offset are below 2^53")]
    fn clock_of(&mut self, line: &str, version: Version) -> Option<f64> {
        let scale = if version < Version(300) { CLOCK1_SCALE } else { CLOCK3_SCALE };
        if line.trim().is_empty() {
            self.clock = None;
            return None;
        }
        Series::take(&mut self.clock, line.trim()).ok().map(|value| value as f64 / scale)
    }
}

impl Arcs {
    #[expect(clippy::cast_precision_loss, reason = "a value of fourteen columns is below 2^53")]
    fn values(
        &mut self,
        line: &str,
        count: usize,
        number: usize,
        findings: &mut Findings,
    ) -> Vec<Option<RawValue>> {
        self.series.resize(count, None);
        let mut read = Vec::with_capacity(count);
        let mut rest = line;
        for (i, series) in self.series.iter_mut().enumerate() {
            let (text, after) = rest.split_once(' ').unwrap_or((rest, ""));
            rest = after;
            if text.is_empty() {
                *series = None;
                read.push(None);
                // RNXCMP forgets the indicators of a missing value without saying so.
                self.indicators.blank(2 * i..2 * i + 2);
                continue;
            }
            let value = Series::take(series, text);
            if let Err(unread) = value {
                let fault = match unread {
                    Unread::NoArc => Fault::NoArc,
                    Unread::Broken => Fault::Number(1, line.len()),
                };
                findings.note(number, fault);
            }
            read.push(value.ok());
        }
        self.indicators.change(rest);
        let indicators = self.indicators.text();
        let lli = |i: usize| indicator(columns(indicators, 2 * i..2 * i + 1));
        let raw =
            |(i, value): (usize, Option<i64>)| RawValue::of(value? as f64 / VALUE_SCALE, lli(i));
        read.into_iter().enumerate().map(raw).collect()
    }
}

fn list_column(version: Version) -> usize {
    if version < Version(300) { LIST1_COLUMN } else { LIST3_COLUMN }
}

/// In RINEX 2 every system has the same columns.
fn column_count(header: &ObsHeader, system: Constellation) -> usize {
    header.columns.get(&system).map_or(0, Vec::len)
}
