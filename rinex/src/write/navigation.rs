//! Navigation files: broadcast ephemerides of all systems, one record each.

use std::fmt::Write;

use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::ephemeris::glonass::GlonassEphemeris;
use tianshu_gnss::ephemeris::kepler::{
    BeiDouEphemeris, GalileoEphemeris, GalileoHealth, GalileoMessage, KeplerOrbit, LnavEphemeris,
    NavicEphemeris,
};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval, SECONDS_PER_WEEK};
use tianshu_gnss::time::leap::offset_at_gps;
use tianshu_gnss::time::scales::to_bdt;
use tianshu_gnss::time::utc::{Civil, Utc};

use crate::write::WrittenVersion;
use crate::write::header::{Origin, begin, end, line};

/// What the header of a navigation file states.
#[derive(Clone, Debug, PartialEq)]
pub struct NavFile {
    /// The version to write.
    pub version: WrittenVersion,
    /// Who writes it, and when.
    pub origin: Origin,
    /// A moment of the file: tells the leap seconds.
    pub first: GpsTime,
    /// Klobuchar's coefficients of GPS, alpha and beta, where they are known.
    pub klobuchar: Option<[[f64; 4]; 2]>,
}

/// What a number is when it is not known (RINEX 3.05, table A6, transmission time).
const NOT_KNOWN: f64 = 0.9999e9;

/// Begins a file: appends its header.
pub fn begin_navigation(out: &mut String, file: &NavFile) {
    begin(out, file.version, "N: GNSS NAV DATA", &file.origin);
    if let Some(coefficients) = file.klobuchar.filter(|_| file.version != WrittenVersion::V402) {
        for (name, row) in ["GPSA", "GPSB"].iter().zip(coefficients) {
            let numbers: String = row.iter().map(|n| scientific(*n, 12, 4)).collect();
            line(out, &format!("{name} {numbers}"), "IONOSPHERIC CORR");
        }
    }
    line(out, &format!("{:6}", offset_at_gps(file.first).gps_minus_utc_s), "LEAP SECONDS");
    end(out);
    // RINEX 4 tells the ionosphere among the records (RINEX 4.01, table A32).
    if let Some([alpha, beta]) = file.klobuchar.filter(|_| file.version == WrittenVersion::V402) {
        out.push_str("> ION G01 LNAV\n    ");
        calendar(out, &Civil::in_gps_time(file.first));
        let [a0, a1, a2, a3] = alpha;
        let [b0, b1, b2, b3] = beta;
        for number in [a0, a1, a2] {
            *out += &scientific(number, 19, 12);
        }
        out.push('\n');
        row(out, &[a3, b0, b1, b2]);
        row(out, &[b3]);
    }
}

/// Appends the record of an ephemeris (RINEX 3.05, tables A6, A8, A10, A12, A14 and A18); in version 4 with a line before
/// it that names the message (RINEX 4.01, section 5.4). The records themselves are the same.
///
/// `transmitted` is when it was sent, or first heard, where that is known. Readers need it to tell Galileo's
/// I/NAV from the F/NAV of the same issue: RTKLIB keeps one of two records that agree in satellite, issue and time.
pub fn write_ephemeris(
    out: &mut String,
    version: WrittenVersion,
    ephemeris: &Ephemeris,
    transmitted: Option<GpsTime>,
) {
    if version == WrittenVersion::V402 {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "> EPH {} {}", ephemeris.satellite(), message(ephemeris));
    }
    match ephemeris {
        Ephemeris::Gps(e) => lnav(out, e, transmitted, if e.extended_fit { 6.0 } else { 4.0 }),
        Ephemeris::Qzss(e) => lnav(out, e, transmitted, f64::from(u8::from(e.extended_fit))),
        Ephemeris::Galileo(e) => galileo(out, e, transmitted),
        Ephemeris::BeiDou(e) => beidou(out, e, transmitted),
        Ephemeris::Glonass(e) => glonass(out, version, e),
        Ephemeris::Navic(e) => navic(out, e, transmitted),
    }
}

/// The message that an ephemeris is from, as RINEX 4.01 names it (section 5.4). The satellites of BeiDou that stand still send D2.
fn message(ephemeris: &Ephemeris) -> &'static str {
    match ephemeris {
        Ephemeris::Gps(_) | Ephemeris::Qzss(_) | Ephemeris::Navic(_) => "LNAV",
        Ephemeris::Galileo(e) => match e.message {
            GalileoMessage::INav => "INAV",
            GalileoMessage::FNav => "FNAV",
        },
        Ephemeris::BeiDou(e) if e.satellite.is_beidou_geo() => "D2",
        Ephemeris::BeiDou(_) => "D1",
        Ephemeris::Glonass(_) => "FDMA",
    }
}

fn lnav(out: &mut String, e: &LnavEphemeris, transmitted: Option<GpsTime>, fit: f64) {
    head(
        out,
        e.satellite,
        &Civil::in_gps_time(e.clock.toc),
        [e.clock.af0, e.clock.af1, e.clock.af2],
    );
    let flag = f64::from(u8::from(e.l2p_data_off));
    orbit_lines(out, f64::from(e.iode), &e.orbit, gps_second(e.orbit.toe));
    row(out, &[e.orbit.i_dot, f64::from(e.codes_on_l2), f64::from(e.orbit.toe.week()), flag]);
    row(out, &[ura_m(e.ura_index), f64::from(e.health), e.tgd_s, f64::from(e.iodc)]);
    row(out, &[sent_s(transmitted, e.orbit.toe - e.orbit.toe.time_of_week()), fit]);
}

fn galileo(out: &mut String, e: &GalileoEphemeris, transmitted: Option<GpsTime>) {
    // Bits 0 and 2: I/NAV from E1-B and E5b-I, with bit 9 for the clock of E1/E5b; bits 1 and 8: F/NAV.
    let source = match e.message {
        GalileoMessage::INav => 1.0 + 4.0 + 512.0,
        GalileoMessage::FNav => 2.0 + 256.0,
    };
    let bits = |health: Option<GalileoHealth>, shift: u32| {
        health.map_or(0, |h| (u32::from(h.data_invalid) | u32::from(h.status) << 1) << shift)
    };
    let health = bits(e.e1b, 0) | bits(e.e5a, 3) | bits(e.e5b, 6);
    head(
        out,
        e.satellite,
        &Civil::in_gps_time(e.clock.toc),
        [e.clock.af0, e.clock.af1, e.clock.af2],
    );
    orbit_lines(out, f64::from(e.iod_nav), &e.orbit, gps_second(e.orbit.toe));
    row(out, &[e.orbit.i_dot, source, f64::from(e.orbit.toe.week())]);
    row(out, &[sisa_m(e.sisa_index), f64::from(health), e.bgd_e5a_s, e.bgd_e5b_s.unwrap_or(0.0)]);
    row(out, &[sent_s(transmitted, e.orbit.toe - e.orbit.toe.time_of_week())]);
}

fn beidou(out: &mut String, e: &BeiDouEphemeris, transmitted: Option<GpsTime>) {
    let toc = Civil::in_gps_time(e.clock.toc - BDT_BEHIND_GPS);
    let toe = to_bdt(e.orbit.toe);
    head(out, e.satellite, &toc, [e.clock.af0, e.clock.af1, e.clock.af2]);
    orbit_lines(out, f64::from(e.aode), &e.orbit, toe.time_of_week.seconds());
    row(out, &[e.orbit.i_dot, 0.0, f64::from(toe.week)]);
    row(out, &[ura_m(e.ura_index), f64::from(u8::from(e.unhealthy)), e.tgd1_s, e.tgd2_s]);
    let sent = sent_s(transmitted, e.orbit.toe - toe.time_of_week);
    row(out, &[sent, f64::from(e.aodc)]);
}

fn navic(out: &mut String, e: &NavicEphemeris, transmitted: Option<GpsTime>) {
    head(
        out,
        e.satellite,
        &Civil::in_gps_time(e.clock.toc),
        [e.clock.af0, e.clock.af1, e.clock.af2],
    );
    orbit_lines(out, f64::from(e.iodec), &e.orbit, gps_second(e.orbit.toe));
    row(out, &[e.orbit.i_dot, 0.0, f64::from(e.orbit.toe.week())]);
    let health = u8::from(e.s_unhealthy) | u8::from(e.l5_unhealthy) << 1;
    row(out, &[ura_m(e.ura_index), f64::from(health), e.tgd_s]);
    row(out, &[sent_s(transmitted, e.orbit.toe - e.orbit.toe.time_of_week())]);
}

fn glonass(out: &mut String, version: WrittenVersion, e: &GlonassEphemeris) {
    let frame = e.frame_time.unwrap_or(e.reference_time);
    head(
        out,
        e.satellite,
        &Utc::from(e.reference_time).civil(),
        [-e.tau_n_s, e.gamma_n, utc_second_of_week(frame)],
    );
    let last = [f64::from(e.health_bn), f64::from(e.channel), f64::from(e.age_days)];
    for (i, last) in last.into_iter().enumerate() {
        let axis = |of: &[f64; 3]| of.get(i).copied().unwrap_or(0.0) / 1e3;
        row(out, &[axis(&e.position_m), axis(&e.velocity_m_s), axis(&e.acceleration_m_s2), last]);
    }
    if version != WrittenVersion::V304 {
        // Status flags and health flags are not kept; the difference of the group delays may be.
        let delay_s = e.delta_tau_n_s.unwrap_or(0.999_999_999_999e9);
        row(out, &[0.0, delay_s, e.ft.map_or(15.0, f64::from), 0.0]);
    }
}

/// The transmission time in seconds of the week that the record names; negative if it was before.
fn sent_s(transmitted: Option<GpsTime>, week_start: GpsTime) -> f64 {
    transmitted.map_or(NOT_KNOWN, |sent| (sent - week_start).seconds())
}

/// BDT is this far behind GPS time (BDS-SIS-ICD-B1I-3.0, section 3.3).
const BDT_BEHIND_GPS: Interval = Interval::from_seconds(14);

/// The first line of a record: satellite, time of clock on the system's own calendar, three numbers.
fn head(out: &mut String, satellite: Satellite, toc: &Civil, clock: [f64; 3]) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{satellite} ");
    calendar(out, toc);
    for number in clock {
        *out += &scientific(number, 19, 12);
    }
    out.push('\n');
}

fn calendar(out: &mut String, at: &Civil) {
    let _ = write!(
        out,
        "{:04} {:02} {:02} {:02} {:02} {:02}",
        at.year, at.month, at.day, at.hour, at.minute, at.second
    );
}

/// Lines 1 to 4 of every Keplerian record, which are the same in all tables.
fn orbit_lines(out: &mut String, issue: f64, o: &KeplerOrbit, toe_s: f64) {
    row(out, &[issue, o.crs, o.delta_n, o.m0]);
    row(out, &[o.cuc, o.eccentricity, o.cus, o.sqrt_a]);
    row(out, &[toe_s, o.cic, o.omega0, o.cis]);
    row(out, &[o.i0, o.crc, o.omega, o.omega_dot]);
}

fn row(out: &mut String, numbers: &[f64]) {
    out.push_str("    ");
    for number in numbers {
        *out += &scientific(*number, 19, 12);
    }
    out.push('\n');
}

/// A number as FORTRAN's `Dw.d` with one digit before the point and a two-digit exponent.
fn scientific(number: f64, width: usize, decimals: usize) -> String {
    let text = format!("{number:.decimals$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    format!("{:>width$}", format!("{mantissa}D{sign}{digits:0>2}"))
}

fn gps_second(t: GpsTime) -> f64 {
    t.time_of_week().seconds()
}

/// Seconds since Sunday 00:00 UTC.
fn utc_second_of_week(t: GpsTime) -> f64 {
    // 1970-01-01 was a Thursday.
    let since_sunday = (Utc::from(t).posix_seconds() + 4 * 86_400).rem_euclid(SECONDS_PER_WEEK);
    since_sunday as f64
}

/// The nominal accuracy of a URA index, m (IS-GPS-200, section 20.3.3.3.1.3, as RINEX 3.05, table A6 asks).
fn ura_m(index: u8) -> f64 {
    match index {
        0..=6 => ((2f64.powf(1.0 + f64::from(index) / 2.0)) * 10.0).round() / 10.0,
        _ => 2f64.powi(i32::from(index) - 2),
    }
}

/// The accuracy of a SISA index, m; -1 if there is none (Galileo OS SIS ICD, table 89; RINEX 3.05, table A8).
fn sisa_m(index: u8) -> f64 {
    let n = f64::from(index);
    match index {
        0..=49 => n * 0.01,
        50..=74 => 0.5 + (n - 50.0) * 0.02,
        75..=99 => 1.0 + (n - 75.0) * 0.04,
        100..=125 => 2.0 + (n - 100.0) * 0.16,
        _ => -1.0,
    }
}

#[cfg(test)]
mod tests;
