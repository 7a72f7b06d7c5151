//! The header of an observation file: who measured where, with what, and which columns follow.

use std::collections::BTreeMap;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::{Ecef, Enu};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::{GLONASS_CHANNELS, Signal};
use tianshu_gnss::station::{Antenna, Receiver};
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::finding::{Fault, Findings};
use crate::label::{TimeSystem, Version};
use crate::line::{Calendar, columns, field, integer, nanoseconds, number};
use crate::observation::code::{Column, column2, column3};

/// Where the label of a header line begins, counted from 0 (RINEX 2.11 and 3.05, section 3.2).
pub(crate) const LABEL_COLUMN: usize = 60;
/// More columns than this no system has: 9 bands, at most 4 quantities of a dozen attributes.
const COLUMNS_MAX: usize = 400;

/// Where the four biases of a `GLONASS COD/PHS/BIS` end, and the columns of each (RINEX 3.05, table A2).
const BIASES_END: usize = 52;
const BIAS_COLUMNS: usize = 13;

/// What the header says. What it does not say is absent.
#[derive(Clone, Debug, PartialEq)]
pub struct ObsHeader {
    /// RINEX version of the (unpacked) file.
    pub version: Version,
    /// The system of satellites that are written without a letter (RINEX 2).
    pub default_system: Constellation,
    /// Marker name.
    pub marker_name: String,
    /// Marker number, such as the DOMES number.
    pub marker_number: String,
    /// Receiver.
    pub receiver: Receiver,
    /// Antenna.
    pub antenna: Antenna,
    /// Approximate position of the marker; none if it is not told or all zero.
    pub approx_position: Option<Ecef>,
    /// From the marker to the antenna reference point.
    pub antenna_delta: Option<Enu>,
    /// Nominal interval between epochs.
    pub interval: Option<Interval>,
    /// The time system of the epochs.
    pub time_system: TimeSystem,
    /// Time of the first observation.
    pub first: Option<GpsTime>,
    /// GPS time - UTC, s.
    pub leap_seconds: Option<i64>,
    /// By how much GLONASS phases are told to differ from their codes, by signal (`GLONASS COD/PHS/BIS`), m. RINEX 3 calls them corrections that
    /// were used; there are programs that write a receiver's own and do not use them.
    pub glonass_biases_m: BTreeMap<Signal, f64>,
    /// Frequency channels of GLONASS satellites.
    pub glonass_channels: BTreeMap<Satellite, i8>,
    /// Phase shifts that the writer has applied. The phases of the file are aligned already (RINEX 3.05, section 9.1).
    pub phase_shifts: Vec<PhaseShift>,
    /// The columns of each system, in the file's order; none for a column whose code is unknown.
    pub columns: BTreeMap<Constellation, Vec<Option<Column>>>,
}

/// A phase shift: what was added to the phases to align them (RINEX 3.05, table A2).
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseShift {
    /// The system.
    pub system: Constellation,
    /// The observation code, such as `L2X`.
    pub code: String,
    /// The correction, cycles.
    pub cycles: f64,
}

/// The header while it is read: lists that go over several lines, and codes that need all of them.
#[derive(Clone, Debug)]
pub(crate) struct HeaderReader {
    pub(crate) header: ObsHeader,
    codes: BTreeMap<Constellation, Vec<String>>,
    codes2: Vec<String>,
    current: Option<Constellation>,
    factors: Vec<(Constellation, f64, Vec<String>)>,
}

impl HeaderReader {
    pub(crate) fn new(version: Version, default_system: Constellation) -> Self {
        let time_system = match default_system {
            Constellation::Glonass => TimeSystem::Utc,
            Constellation::BeiDou => TimeSystem::BeiDou,
            _ => TimeSystem::Gps,
        };
        let header = ObsHeader {
            version,
            default_system,
            marker_name: String::new(),
            marker_number: String::new(),
            receiver: Receiver::default(),
            antenna: Antenna::default(),
            approx_position: None,
            antenna_delta: None,
            interval: None,
            time_system,
            first: None,
            leap_seconds: None,
            glonass_biases_m: BTreeMap::new(),
            glonass_channels: BTreeMap::new(),
            phase_shifts: Vec::new(),
            columns: BTreeMap::new(),
        };
        let (codes, codes2, factors) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { header, codes, codes2, current: None, factors }
    }

    /// Takes in one line of the header, or of an event in the middle of the file.
    pub(crate) fn absorb(&mut self, line: &str, number: usize, findings: &mut Findings) {
        let label = line.get(LABEL_COLUMN..).unwrap_or("").trim();
        let text = columns(line, 0..LABEL_COLUMN);
        if let Err(what) = self.absorb_label(label, text) {
            findings.note(number, Fault::Header(what));
        }
    }

    fn absorb_label(&mut self, label: &str, text: &str) -> Result<(), &'static str> {
        let header = &mut self.header;
        match label {
            "MARKER NAME" => text.trim().clone_into(&mut header.marker_name),
            "MARKER NUMBER" => text.trim().clone_into(&mut header.marker_number),
            "REC # / TYPE / VERS" => header.receiver = receiver(text),
            "ANT # / TYPE" => header.antenna = antenna(text),
            "APPROX POSITION XYZ" => {
                let [x, y, z] = triple(text).ok_or("APPROX POSITION XYZ")?;
                let told = x != 0.0 || y != 0.0 || z != 0.0;
                header.approx_position = told.then_some(Ecef::new(x, y, z));
            }
            "ANTENNA: DELTA H/E/N" => {
                let [up_m, east_m, north_m] = triple(text).ok_or("ANTENNA: DELTA H/E/N")?;
                header.antenna_delta = Some(Enu { east_m, north_m, up_m });
            }
            "INTERVAL" => {
                let seconds = number(text, 0..10).value().filter(|s| *s > 0.0);
                header.interval = Some(Interval::from_seconds_f64(seconds.ok_or("INTERVAL")?));
            }
            "TIME OF FIRST OBS" => self.first_time(text).ok_or("TIME OF FIRST OBS")?,
            "LEAP SECONDS" => header.leap_seconds = integer(text, 0..6),
            "# / TYPES OF OBSERV" => self.types2(text).ok_or("# / TYPES OF OBSERV")?,
            "SYS / # / OBS TYPES" => self.types3(text).ok_or("SYS / # / OBS TYPES")?,
            "SYS / SCALE FACTOR" => self.scale(text).ok_or("SYS / SCALE FACTOR")?,
            "SYS / PHASE SHIFT" | "SYS / PHASE SHIFTS" => self.phase_shift(text),
            "GLONASS COD/PHS/BIS" => self.biases(text),
            "GLONASS SLOT / FRQ #" => self.slots(text).ok_or("GLONASS SLOT / FRQ #")?,
            _ => {}
        }
        Ok(())
    }

    fn first_time(&mut self, text: &str) -> Option<()> {
        let calendar = Calendar {
            year: integer(text, 0..6)?,
            month: integer(text, 6..12)?,
            day: integer(text, 12..18)?,
            hour: integer(text, 18..24)?,
            minute: integer(text, 24..30)?,
            nanos: nanoseconds(columns(text, 30..43))?,
        };
        if let Some(system) = TimeSystem::from_label(field(text, 48..51)) {
            self.header.time_system = system;
        }
        self.header.first = Some(self.header.time_system.to_gps(calendar.moment()?));
        Some(())
    }

    fn types2(&mut self, text: &str) -> Option<()> {
        if !field(text, 0..6).is_empty() {
            let _count: usize = integer(text, 0..6)?;
            self.codes2.clear();
        }
        let codes = columns(text, 6..60).split_ascii_whitespace().map(str::to_owned);
        self.codes2.extend(codes);
        (self.codes2.len() <= COLUMNS_MAX).then_some(())
    }

    fn types3(&mut self, text: &str) -> Option<()> {
        if let Some(letter) = text.chars().next().filter(|c| *c != ' ') {
            self.current = Constellation::from_letter(letter);
            self.codes.insert(self.current?, Vec::new());
        }
        let codes = self.codes.get_mut(&self.current?)?;
        codes.extend(columns(text, 6..60).split_ascii_whitespace().map(str::to_owned));
        (codes.len() <= COLUMNS_MAX).then_some(())
    }

    fn scale(&mut self, text: &str) -> Option<()> {
        let system = text.chars().next().and_then(Constellation::from_letter)?;
        let factor = number(text, 2..6).value().filter(|f| *f >= 1.0)?;
        let codes = columns(text, 10..60).split_ascii_whitespace().map(str::to_owned).collect();
        self.factors.push((system, factor, codes));
        Some(())
    }

    /// Lines without a correction say that none was needed or that it is unknown: nothing to keep.
    fn phase_shift(&mut self, text: &str) {
        let system = text.chars().next().and_then(Constellation::from_letter);
        if let (Some(system), Some(cycles)) = (system, number(text, 6..14).value()) {
            let code = field(text, 2..5).to_owned();
            self.header.phase_shifts.push(PhaseShift { system, code, cycles });
        }
    }

    /// Four of ` C1C -71.940` (RINEX 3.05, table A2); a blank one is not known.
    fn biases(&mut self, text: &str) {
        for start in (0..BIASES_END).step_by(BIAS_COLUMNS) {
            let signal = field(text, start + 1..start + 4);
            let signal = signal
                .strip_prefix('C')
                .and_then(|_| Signal::from_code(Constellation::Glonass, signal));
            let bias_m = number(text, start + 4..start + BIAS_COLUMNS).value();
            self.header.glonass_biases_m.extend(signal.zip(bias_m));
        }
    }

    fn slots(&mut self, text: &str) -> Option<()> {
        for start in (4..LABEL_COLUMN).step_by(7) {
            let name = field(text, start..start + 3);
            if name.is_empty() {
                continue;
            }
            let satellite = name.parse().ok()?;
            let channel = integer(text, start + 4..start + 6)?;
            if !GLONASS_CHANNELS.contains(&channel) {
                return None;
            }
            self.header.glonass_channels.insert(satellite, channel);
        }
        Some(())
    }

    /// Turns the codes read so far into columns. To be called at the end of the header and after an event.
    pub(crate) fn settle(&mut self, line: usize, findings: &mut Findings) {
        let version = self.header.version;
        let mut settled = BTreeMap::new();
        if version < Version(300) {
            for system in Constellation::ALL {
                let codes = &self.codes2;
                let all = codes.iter().map(|code| column2(system, code, codes)).collect();
                settled.insert(system, all);
            }
        }
        for (&system, codes) in &self.codes {
            let column = |code: &String| {
                let column = column3(system, code, version);
                let pseudo = code.starts_with('X') || code.starts_with('I');
                if column.is_none() && !pseudo {
                    findings.note(line, Fault::UnknownCode(format!("{system} {code}")));
                }
                column.map(|column| Column { factor: self.factor(system, code), ..column })
            };
            settled.insert(system, codes.iter().map(column).collect());
        }
        self.header.columns = settled;
    }

    fn factor(&self, system: Constellation, code: &String) -> f64 {
        let applies = |codes: &[String]| codes.is_empty() || codes.contains(code);
        let mut rows = self.factors.iter().filter(|(s, _, codes)| *s == system && applies(codes));
        rows.next_back().map_or(1.0, |(_, factor, _)| *factor)
    }
}

/// REC # / TYPE / VERS: three fields of 20 columns.
fn receiver(text: &str) -> Receiver {
    let [serial, descriptor, firmware] = [0..20, 20..40, 40..60].map(|c| field(text, c).to_owned());
    Receiver { descriptor, firmware, serial }
}

/// ANT # / TYPE: serial number and descriptor, 20 columns each; the radome stands at the end of the descriptor.
fn antenna(text: &str) -> Antenna {
    let serial = Some(field(text, 0..20).to_owned()).filter(|s| !s.is_empty());
    Antenna { descriptor: columns(text, 20..40).trim_end().to_owned(), setup_id: 0, serial }
}

fn triple(text: &str) -> Option<[f64; 3]> {
    let value = |from: usize| number(text, from..from + 14).value();
    Some([value(0)?, value(14)?, value(28)?])
}
