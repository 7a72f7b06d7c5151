//! The records of an observation file's header, in the order of RINEX 3.05, table A2.

use std::collections::BTreeMap;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::utc::Civil;

use crate::write::WrittenVersion;
use crate::write::header::{fitted, line};
use crate::write::observation::{Column, ObsFile};

/// Codes in a line of `SYS / # / OBS TYPES`.
const CODES_PER_LINE: usize = 13;
/// Satellites in a line of `GLONASS SLOT / FRQ #`.
const SLOTS_PER_LINE: usize = 8;
/// Signals in the line `GLONASS COD/PHS/BIS`: there is one line.
const BIASES_PER_LINE: usize = 4;

pub(super) fn marker_lines(out: &mut String, file: &ObsFile) {
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

pub(super) fn column_lines(out: &mut String, columns: &BTreeMap<Constellation, Vec<Column>>) {
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

pub(super) fn time_lines(out: &mut String, file: &ObsFile) {
    line(out, &format!("{:10.3}", file.interval.seconds()), "INTERVAL");
    line(out, &moment(file.first), "TIME OF FIRST OBS");
    if let Some(last) = file.last {
        line(out, &moment(last), "TIME OF LAST OBS");
    }
    line(out, &format!("{:6}", 0), "RCV CLOCK OFFS APPL");
}

fn moment(t: GpsTime) -> String {
    let c = Civil::in_gps_time(t);
    let second = f64::from(c.second) + f64::from(c.nanos) * 1e-9;
    format!("{:6}{:6}{:6}{:6}{:6}{second:13.7}     GPS", c.year, c.month, c.day, c.hour, c.minute)
}

/// Phases are aligned as they come: every correction is zero (RINEX 3.05, section 9.1).
pub(super) fn phase_shift_lines(out: &mut String, columns: &BTreeMap<Constellation, Vec<Column>>) {
    for (system, columns) in columns {
        for (_, signal) in columns.iter().filter(|(quantity, _)| *quantity == 'L') {
            line(out, &format!("{} L{signal}  0.00000", system.letter()), "SYS / PHASE SHIFT");
        }
    }
}

pub(super) fn glonass_lines(out: &mut String, file: &ObsFile) {
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
    // Blank where they are not known (RINEX 3.05, table A2); RINEX 4.00 asks for the line no more.
    let biases = file.glonass_biases_m.iter().take(BIASES_PER_LINE);
    let biases: Vec<String> = biases.map(|(signal, m)| format!(" C{signal} {m:8.3}")).collect();
    if !biases.is_empty() || file.version != WrittenVersion::V402 {
        line(out, &biases.concat(), "GLONASS COD/PHS/BIS");
    }
}
