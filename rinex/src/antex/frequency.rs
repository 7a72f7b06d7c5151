//! One frequency of an antenna: its offset and its grid of variations.

use tianshu_gnss::antenna::{Axis, CarrierPattern, Variation};
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::Enu;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::units::Hertz;

use crate::finding::{Fault, Findings};
use crate::line::{Lines, field, number};
use crate::observation::reader::label;

/// Zenith angles of a row at most: 0 to 90° by half degrees (the finest of the IGS' files has 5°; satellites 0.5°).
const ZENITHS_MAX: usize = 181;
/// Rows of azimuths at most: 0 to 360° by degrees. With the above a pattern is at most 0.5 MB.
const AZIMUTHS_MAX: usize = 361;
/// Width of a number (F8.1 in ANTEX 1.4, the files have F8.2).
const NUMBER_WIDTH: usize = 8;
/// ANTEX tells millimetres.
const MM: f64 = 1e-3;
/// Attribute letters of which each band has at least one (RINEX 3.05, tables 4 to 10).
const ATTRIBUTES: [char; 5] = ['C', 'I', 'X', 'P', 'A'];

/// The grid of one antenna, as its head announces it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Grid {
    zenith: Axis,
    zeniths: usize,
    /// From one row to the next, degrees.
    azimuth_step: f64,
    /// Rows besides the one for all azimuths; none if that is the only one.
    azimuths: usize,
}

impl Grid {
    /// From ZEN1, ZEN2, DZEN and DAZI, in degrees (ANTEX 1.4, section 3). `None` if they do not span a grid.
    pub(super) fn new([first, last, step]: [f64; 3], azimuth_step: f64) -> Option<Self> {
        let zeniths = 1 + whole_steps(last - first, step, ZENITHS_MAX)?;
        let azimuths = if azimuth_step == 0.0 {
            0
        } else {
            1 + whole_steps(360.0, azimuth_step, AZIMUTHS_MAX)?
        };
        let in_range = (0.0..90.0).contains(&first) && last <= 90.0;
        let zenith = Axis { first_deg: first, step_deg: step };
        in_range.then_some(Self { zenith, zeniths, azimuth_step, azimuths })
    }

    /// Whether a line begins with the azimuth of that row.
    fn azimuth(self, row: usize, line: &str) -> bool {
        let told = number(line, 0..NUMBER_WIDTH).value();
        told.is_some_and(|azimuth| (azimuth - row as f64 * self.azimuth_step).abs() < 1e-6)
    }
}

/// How often `step` fits into `span`, if it does so without a rest and fewer than `max` times.
fn whole_steps(span: f64, step: f64, max: usize) -> Option<usize> {
    (1..max).find(|&n| (n as f64 * step - span).abs() < 1e-6)
}

/// Reads on behind START OF FREQUENCY, to END OF FREQUENCY. What cannot be read costs this frequency, and is noted.
pub(super) fn pattern(
    lines: &mut Lines<'_>,
    code: &str,
    grid: Grid,
    findings: &mut Findings,
) -> Option<CarrierPattern> {
    let start = lines.number();
    let known = carrier(code);
    if known.is_none() {
        findings.note(start, Fault::UnknownCode(code.to_owned()));
    }
    let mut offset = None;
    let mut for_all = None;
    let mut rows = Vec::new();
    loop {
        let Some(line) = lines.peek().filter(|line| label(line) != "END OF ANTENNA") else {
            findings.note(lines.number(), Fault::CutShort("a frequency"));
            return None;
        };
        lines.skip();
        let at = lines.number();
        match label(&line) {
            "END OF FREQUENCY" => break,
            "NORTH / EAST / UP" => offset = values(&line, 0, 10, 3, at, findings),
            "COMMENT" => {}
            _ if rows.len() > AZIMUTHS_MAX => {}
            _ if field(&line, 0..NUMBER_WIDTH) == "NOAZI" => {
                for_all = values(&line, NUMBER_WIDTH, NUMBER_WIDTH, grid.zeniths, at, findings);
            }
            _ if grid.azimuth(rows.len(), &line) => {
                rows.push(values(&line, NUMBER_WIDTH, NUMBER_WIDTH, grid.zeniths, at, findings));
            }
            _ => {
                findings.note(at, Fault::Number(1, NUMBER_WIDTH));
                rows.push(None);
            }
        }
    }
    let (constellation, band, carrier) = known?;
    let offset = lacking("NORTH / EAST / UP", offset, start, findings)?;
    if grid.azimuths == 0 {
        rows = vec![for_all];
    }
    let whole = rows.len() == grid.azimuths.max(1);
    let rows = rows.into_iter().collect::<Option<Vec<_>>>().filter(|_| whole);
    let variation = rows.and_then(|rows| Variation::new(grid.zenith, rows));
    let variation = lacking("grid of variations", variation, start, findings)?;
    let [north_m, east_m, up_m] = *offset.first_chunk::<3>()?;
    let offset = Enu { east_m, north_m, up_m };
    Some(CarrierPattern { constellation, band, carrier, offset, variation })
}

fn lacking<T>(
    what: &'static str,
    told: Option<T>,
    line: usize,
    findings: &mut Findings,
) -> Option<T> {
    if told.is_none() {
        findings.note(line, Fault::Antenna(what));
    }
    told
}

/// Numbers of one width, in metres. The first that is missing or broken is noted, and then there are none.
fn values(
    line: &str,
    start: usize,
    width: usize,
    count: usize,
    at: usize,
    findings: &mut Findings,
) -> Option<Vec<f64>> {
    let mut read = Vec::with_capacity(count);
    for from in (0..count).map(|i| start + width * i) {
        let Some(value) = number(line, from..from + width).value() else {
            findings.note(at, Fault::Number(from + 1, from + width));
            return None;
        };
        read.push(value * MM);
    }
    Some(read)
}

/// The carrier of a code such as `G01`: a system and RINEX' band digit (ANTEX 1.4, section 3, START OF FREQUENCY).
fn carrier(code: &str) -> Option<(Constellation, char, Hertz)> {
    let mut letters = code.chars();
    let constellation = letters.next().and_then(Constellation::from_letter)?;
    let band = letters.as_str().strip_prefix('0')?.chars().next()?;
    let signal = ATTRIBUTES.iter().find_map(|&a| Signal::new(constellation, band, a))?;
    // GLONASS' patterns hold at channel 0.
    Some((constellation, band, signal.carrier(Some(0))?))
}
