//! The header of a navigation file: version, Klobuchar's coefficients, leap seconds.

use std::collections::BTreeMap;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::ephemeris::ionosphere::Klobuchar;

use crate::finding::{Fault, Findings};
use crate::label::Version;
use crate::line::{field, integer, number};
use crate::observation::reader::label;

/// What the header says.
#[derive(Clone, Debug, PartialEq)]
pub struct NavHeader {
    /// RINEX version.
    pub version: Version,
    /// The system of records without a letter (RINEX 2).
    pub default_system: Constellation,
    /// Klobuchar's coefficients by system; from the frames of the body in version 4.
    pub klobuchar: BTreeMap<Constellation, Klobuchar>,
    /// GPS time - UTC, s.
    pub leap_seconds: Option<i64>,
}

impl NavHeader {
    pub(super) fn new(version: Version, default_system: Constellation) -> Self {
        Self { version, default_system, klobuchar: BTreeMap::new(), leap_seconds: None }
    }

    pub(super) fn absorb(&mut self, line: &str, at: usize, findings: &mut Findings) {
        // RINEX 2.11, table A3: four fields of twelve columns from 2; RINEX 3.05, table A5: from 5.
        let (what, coefficients) = match label(line) {
            "ION ALPHA" => ((Constellation::Gps, false), four(line, 2)),
            "ION BETA" => ((Constellation::Gps, true), four(line, 2)),
            "IONOSPHERIC CORR" => match by_label(field(line, 0..4)) {
                Some(what) => (what, four(line, 5)),
                None => return,
            },
            "LEAP SECONDS" => {
                self.leap_seconds = integer(line, 0..6);
                return;
            }
            _ => return,
        };
        let Some(coefficients) = coefficients else {
            findings.note(at, Fault::Header("IONOSPHERIC CORR"));
            return;
        };
        let (system, is_beta) = what;
        let none = Klobuchar { alpha: [0.0; 4], beta: [0.0; 4] };
        let row = self.klobuchar.entry(system).or_insert(none);
        if is_beta {
            row.beta = coefficients;
        } else {
            row.alpha = coefficients;
        }
    }
}

fn by_label(label: &str) -> Option<(Constellation, bool)> {
    let system = match label.get(..3)? {
        "GPS" => Constellation::Gps,
        "QZS" => Constellation::Qzss,
        "BDS" => Constellation::BeiDou,
        "IRN" => Constellation::Navic,
        _ => return None,
    };
    match label.get(3..)? {
        "A" => Some((system, false)),
        "B" => Some((system, true)),
        _ => None,
    }
}

fn four(line: &str, start: usize) -> Option<[f64; 4]> {
    let value = |i: usize| number(line, start + 12 * i..start + 12 * (i + 1)).value();
    Some([value(0)?, value(1)?, value(2)?, value(3)?])
}
