//! The body of a plain observation file: an epoch line and the satellites' lines.

use crate::finding::{Fault, Findings};
use crate::label::Version;
use crate::line::{Lines, columns};
use crate::observation::body::{
    EpochHead, RawEpoch, RawSatellite, RawValue, raw_value, satellite, satellites,
};
use crate::observation::header::ObsHeader;

/// Columns of a RINEX 2 epoch line before its satellites.
const LIST2_COLUMN: usize = 32;
/// How many satellites it and its continuations hold.
const LIST2_PER_LINE: usize = 12;
/// Values in a line of RINEX 2.
const VALUES2_PER_LINE: usize = 5;
/// Width of a value with its indicators.
const VALUE_WIDTH: usize = 16;

/// The satellites' part of an epoch whose first line has been read already.
pub(super) fn satellites_of(
    lines: &mut Lines<'_>,
    head: EpochHead,
    epoch_line: &str,
    header: &ObsHeader,
    findings: &mut Findings,
) -> Option<RawEpoch> {
    let satellites = if header.version < Version(300) {
        version2(lines, head, epoch_line, header, findings)?
    } else {
        version3(lines, head, header, findings)
    };
    Some(RawEpoch { head, satellites })
}

fn version3(
    lines: &mut Lines<'_>,
    head: EpochHead,
    header: &ObsHeader,
    findings: &mut Findings,
) -> Vec<RawSatellite> {
    let mut all = Vec::with_capacity(head.count);
    for _ in 0..head.count {
        // An epoch that has lost lines ends where the next begins.
        let Some(line) = lines.peek().filter(|line| !line.starts_with('>')) else {
            findings.note(lines.number(), Fault::CutShort("an epoch"));
            break;
        };
        lines.skip();
        let Some(satellite) = satellite(columns(&line, 0..3), header.default_system) else {
            findings.note(lines.number(), Fault::Satellite);
            continue;
        };
        let count = header.columns.get(&satellite.constellation()).map_or(0, Vec::len);
        let mut values = Vec::with_capacity(count);
        for i in 0..count {
            values.push(noted(raw_value(&line, 3 + VALUE_WIDTH * i), lines, findings));
        }
        all.push((satellite, values));
    }
    all
}

fn version2(
    lines: &mut Lines<'_>,
    head: EpochHead,
    epoch_line: &str,
    header: &ObsHeader,
    findings: &mut Findings,
) -> Option<Vec<RawSatellite>> {
    let mut list = columns(epoch_line, LIST2_COLUMN..LIST2_COLUMN + 3 * LIST2_PER_LINE).to_owned();
    for _ in 1..head.count.div_ceil(LIST2_PER_LINE) {
        let Some(line) = lines.take() else {
            findings.note(lines.number(), Fault::CutShort("an epoch"));
            return None;
        };
        list.push_str(columns(&line, LIST2_COLUMN..LIST2_COLUMN + 3 * LIST2_PER_LINE));
    }
    let mut all = Vec::with_capacity(head.count);
    for satellite in satellites(&list, head.count, header.default_system) {
        let count = header.columns.get(&header.default_system).map_or(0, Vec::len);
        let mut values = Vec::with_capacity(count);
        while values.len() < count {
            let Some(line) = lines.take() else {
                findings.note(lines.number(), Fault::CutShort("an epoch"));
                return Some(all);
            };
            for i in 0..VALUES2_PER_LINE.min(count - values.len()) {
                values.push(noted(raw_value(&line, VALUE_WIDTH * i), lines, findings));
            }
        }
        match satellite {
            Some(satellite) => all.push((satellite, values)),
            None => findings.note(lines.number(), Fault::Satellite),
        }
    }
    Some(all)
}

fn noted(
    value: Result<Option<RawValue>, (usize, usize)>,
    lines: &Lines<'_>,
    findings: &mut Findings,
) -> Option<RawValue> {
    value.unwrap_or_else(|(from, to)| {
        findings.note(lines.number(), Fault::Number(from, to));
        None
    })
}
