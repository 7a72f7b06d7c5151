//! Observation files: a header, then each epoch as it comes.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::{Ecef, Enu};
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::{Antenna, Receiver};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::leap::offset_at_gps;
use tianshu_gnss::time::utc::Civil;
use tianshu_gnss::units::DbHz;

use crate::write::WrittenVersion;
use crate::write::header::{Origin, begin, end, fitted, line};

/// What the header of an observation file states. Times are in GPS time.
#[derive(Clone, Debug, PartialEq)]
pub struct ObsFile {
    /// The version to write.
    pub version: WrittenVersion,
    /// Who writes it, and when.
    pub origin: Origin,
    /// Lines of comment, of at most 60 characters.
    pub comments: Vec<String>,
    /// Marker name.
    pub marker_name: String,
    /// Marker number (DOMES), where there is one.
    pub marker_number: Option<String>,
    /// Marker type, such as `GEODETIC` or `GROUND_CRAFT` (RINEX 3.05, table A2).
    pub marker_type: String,
    /// Observer.
    pub observer: String,
    /// Agency of the observer.
    pub agency: String,
    /// Receiver.
    pub receiver: Receiver,
    /// Antenna.
    pub antenna: Antenna,
    /// Approximate place of the marker; none for a marker that moves.
    pub position: Option<Ecef>,
    /// From the marker to the antenna reference point.
    pub antenna_delta: Enu,
    /// The signals of each system, in the order of their columns. What is not here is not written.
    pub signals: BTreeMap<Constellation, Vec<Signal>>,
    /// Frequency channels of GLONASS satellites.
    pub glonass_channels: BTreeMap<Satellite, i8>,
    /// Interval of the epochs.
    pub interval: Interval,
    /// First epoch.
    pub first: GpsTime,
}

/// Writes the epochs of one observation file.
#[derive(Clone, Debug)]
pub struct ObsWriter {
    columns: BTreeMap<Constellation, Vec<Column>>,
    /// Whether what occurs gets a column, or only what has one is written.
    grows: bool,
    /// When each phase was last written: what its lock time is held against.
    seen: BTreeMap<(Satellite, Signal), GpsTime>,
}

/// A column: a quantity of a signal.
type Column = (char, Signal);

/// The quantities of a signal, in the order of their columns: code, phase, Doppler, C/N0.
const QUANTITIES: [char; 4] = ['C', 'L', 'D', 'S'];
/// Codes in a line of `SYS / # / OBS TYPES`.
const CODES_PER_LINE: usize = 13;
/// Satellites in a line of `GLONASS SLOT / FRQ #`.
const SLOTS_PER_LINE: usize = 8;
/// The greatest number that `F14.3` holds.
const VALUE_MAX: f64 = 9_999_999_999.999;

impl ObsWriter {
    /// Begins a file: appends its header.
    pub fn begin(out: &mut String, file: &ObsFile) -> Self {
        let of_all = |signals: &Vec<Signal>| {
            signals.iter().flat_map(|s| QUANTITIES.map(|quantity| (quantity, *s))).collect()
        };
        let columns = file.signals.iter().map(|(system, signals)| (*system, of_all(signals)));
        let writer = Self { columns: columns.collect(), grows: false, seen: BTreeMap::new() };
        writer.header(out, file);
        writer
    }

    /// Begins the epochs of a file whose header is written last: what occurs gets a column, new ones to the right of those that there are.
    pub fn headless() -> Self {
        Self { columns: BTreeMap::new(), grows: true, seen: BTreeMap::new() }
    }

    /// Appends the header of what was written so far. The signals that `file` names are not asked: the columns are this writer's.
    pub fn header(&self, out: &mut String, file: &ObsFile) {
        begin(out, file.version, "OBSERVATION DATA", &file.origin);
        for comment in &file.comments {
            line(out, comment, "COMMENT");
        }
        marker_lines(out, file);
        column_lines(out, &self.columns);
        time_lines(out, file);
        phase_shift_lines(out, &self.columns);
        if self.columns.contains_key(&Constellation::Glonass) {
            glonass_lines(out, file);
        }
        line(out, &format!("{:6}", offset_at_gps(file.first).gps_minus_utc_s), "LEAP SECONDS");
        end(out);
    }

    /// Gives what an epoch holds its columns.
    fn grow(&mut self, epoch: &ObsEpoch) {
        for seen in &epoch.observations {
            let columns = self.columns.entry(seen.signal.constellation()).or_default();
            for quantity in QUANTITIES {
                let column = (quantity, seen.signal);
                if quantity_of(seen, quantity).is_some() && !columns.contains(&column) {
                    columns.push(column);
                }
            }
        }
    }

    /// Appends an epoch. Satellites without any value in the file's columns are left out.
    pub fn epoch(&mut self, out: &mut String, epoch: &ObsEpoch) {
        if self.grows {
            self.grow(epoch);
        }
        let mut lines = String::new();
        let mut count = 0;
        for (satellite, observations) in epoch.by_satellite() {
            let text = self.satellite_line(epoch.time, satellite, observations);
            if text.len() > 3 {
                lines += &text;
                lines.push('\n');
                count += 1;
            }
        }
        let c = Civil::in_gps_time(epoch.time);
        let second = f64::from(c.second) + f64::from(c.nanos) * 1e-9;
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "> {:04} {:02} {:02} {:02} {:02}{second:11.7}  0{count:3}",
            c.year, c.month, c.day, c.hour, c.minute
        );
        *out += &lines;
    }

    fn satellite_line(
        &mut self,
        now: GpsTime,
        satellite: Satellite,
        observations: &[Observation],
    ) -> String {
        let mut text = satellite.to_string();
        let columns = self.columns.get(&satellite.constellation()).map_or(&[][..], Vec::as_slice);
        for (quantity, signal) in columns {
            let Some(seen) = observations.iter().find(|o| o.signal == *signal) else {
                text.push_str(BLANK);
                continue;
            };
            let strength = seen.cn0.map_or(' ', strength);
            let (lost, strength) = match quantity {
                'C' => (' ', strength),
                'L' => {
                    let last = seen.phase.and_then(|_| self.seen.insert((satellite, *signal), now));
                    (loss_of_lock(seen, now, last), strength)
                }
                _ => (' ', ' '),
            };
            value(&mut text, quantity_of(seen, *quantity), lost, strength);
        }
        text.truncate(text.trim_end().len());
        text
    }
}

fn quantity_of(seen: &Observation, quantity: char) -> Option<f64> {
    match quantity {
        'C' => seen.code.map(|c| c.0),
        'L' => seen.phase.map(|p| p.0),
        'D' => seen.doppler.map(|d| d.0),
        _ => seen.cn0.map(|c| c.0),
    }
}

/// The signals of a stretch of epochs, system by system, sorted: the columns of a file that holds them all.
pub fn signals_of<'a>(
    epochs: impl IntoIterator<Item = &'a ObsEpoch>,
) -> BTreeMap<Constellation, Vec<Signal>> {
    let mut all: BTreeMap<Constellation, Vec<Signal>> = BTreeMap::new();
    for observation in epochs.into_iter().flat_map(|epoch| &epoch.observations) {
        let signals = all.entry(observation.signal.constellation()).or_default();
        if let Err(place) = signals.binary_search(&observation.signal) {
            signals.insert(place, observation.signal);
        }
    }
    all
}

/// The loss-of-lock indicator (RINEX 3.05, section 5.7): bit 0 a possible slip since the last epoch of this
/// phase, bit 1 half a cycle in doubt. Blank if neither.
fn loss_of_lock(seen: &Observation, now: GpsTime, last: Option<GpsTime>) -> char {
    let since =
        last.and_then(|last| u64::try_from((now - last).nanos()).ok()).map(Duration::from_nanos);
    let slipped = since.zip(seen.lock_time).is_some_and(|(since, held)| held < since);
    match (slipped, seen.half_cycle_ambiguous) {
        (false, false) => ' ',
        (true, false) => '1',
        (false, true) => '2',
        (true, true) => '3',
    }
}

/// Signal strength as a digit from 1 to 9: C/N0 over six (RINEX 3.05, table 17).
fn strength(cn0: DbHz) -> char {
    let digit = (cn0.0 / 6.0).floor().clamp(1.0, 9.0);
    (b'1'..=b'9').find(|d| f64::from(d - b'0') >= digit).map_or(' ', char::from)
}

/// A column without a value.
const BLANK: &str = "                ";

/// A value in `F14.3` with its two indicators; sixteen blanks if there is none or it does not fit.
fn value(text: &mut String, number: Option<f64>, loss_of_lock: char, strength: char) {
    match number.filter(|n| *n <= VALUE_MAX && *n >= -VALUE_MAX / 10.0) {
        Some(n) => {
            let _ = write!(text, "{n:14.3}{loss_of_lock}{strength}");
        }
        None => text.push_str(BLANK),
    }
}

fn marker_lines(out: &mut String, file: &ObsFile) {
    line(out, &file.marker_name, "MARKER NAME");
    if let Some(number) = &file.marker_number {
        line(out, number, "MARKER NUMBER");
    }
    line(out, &file.marker_type, "MARKER TYPE");
    line(out, &(fitted(&file.observer, 20) + &fitted(&file.agency, 40)), "OBSERVER / AGENCY");
    let r = &file.receiver;
    let receiver = fitted(&r.serial, 20) + &fitted(&r.descriptor, 20) + &fitted(&r.firmware, 20);
    line(out, &receiver, "REC # / TYPE / VERS");
    let serial = file.antenna.serial.as_deref().unwrap_or("");
    line(out, &(fitted(serial, 20) + &fitted(&file.antenna.descriptor, 20)), "ANT # / TYPE");
    if let Some(position) = file.position {
        let [x, y, z] = position.xyz();
        line(out, &format!("{x:14.4}{y:14.4}{z:14.4}"), "APPROX POSITION XYZ");
    }
    let d = file.antenna_delta;
    let delta = format!("{:14.4}{:14.4}{:14.4}", d.up_m, d.east_m, d.north_m);
    line(out, &delta, "ANTENNA: DELTA H/E/N");
}

fn column_lines(out: &mut String, columns: &BTreeMap<Constellation, Vec<Column>>) {
    for (system, columns) in columns {
        for (i, chunk) in columns.chunks(CODES_PER_LINE).enumerate() {
            let head = if i == 0 {
                format!("{}  {:3}", system.letter(), columns.len())
            } else {
                " ".repeat(6)
            };
            let codes: Vec<String> =
                chunk.iter().map(|(what, signal)| format!(" {what}{signal}")).collect();
            line(out, &(head + &codes.concat()), "SYS / # / OBS TYPES");
        }
    }
    line(out, "DBHZ", "SIGNAL STRENGTH UNIT");
}

fn time_lines(out: &mut String, file: &ObsFile) {
    line(out, &format!("{:10.3}", file.interval.seconds()), "INTERVAL");
    let c = Civil::in_gps_time(file.first);
    let second = f64::from(c.second) + f64::from(c.nanos) * 1e-9;
    let first = format!(
        "{:6}{:6}{:6}{:6}{:6}{second:13.7}     GPS",
        c.year, c.month, c.day, c.hour, c.minute
    );
    line(out, &first, "TIME OF FIRST OBS");
    line(out, &format!("{:6}", 0), "RCV CLOCK OFFS APPL");
}

/// Phases are aligned as they come: every correction is zero (RINEX 3.05, section 9.1).
fn phase_shift_lines(out: &mut String, columns: &BTreeMap<Constellation, Vec<Column>>) {
    for (system, columns) in columns {
        for (_, signal) in columns.iter().filter(|(quantity, _)| *quantity == 'L') {
            line(out, &format!("{} L{signal}  0.00000", system.letter()), "SYS / PHASE SHIFT");
        }
    }
}

fn glonass_lines(out: &mut String, file: &ObsFile) {
    let slots: Vec<String> = file
        .glonass_channels
        .iter()
        .map(|(satellite, channel)| format!("{satellite} {channel:2} "))
        .collect();
    for (i, chunk) in slots.chunks(SLOTS_PER_LINE).enumerate() {
        let head = if i == 0 { format!("{:3} ", slots.len()) } else { " ".repeat(4) };
        line(out, &(head + &chunk.concat()), "GLONASS SLOT / FRQ #");
    }
    if slots.is_empty() {
        line(out, &format!("{:3}", 0), "GLONASS SLOT / FRQ #");
    }
    // Blank: code-phase biases are not known to the writer (RINEX 3.05, table A2).
    line(out, "", "GLONASS COD/PHS/BIS");
}

#[cfg(test)]
mod tests;
