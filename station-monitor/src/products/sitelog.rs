//! Site logs: what the IGS wants to know of a station, in its form 2.0 (sitelog_instr_v2.0.txt).

use std::fmt::Write;

use tianshu_gnss::coords::GRS80;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::utc::Utc;

use crate::products::station::{Agency, AntennaRecord, ReceiverRecord, StationRecord};

/// Columns before the colon.
const LABEL_WIDTH: usize = 30;
/// Columns after it: a line has eighty.
const VALUE_WIDTH: usize = 48;
/// What stands where a date is still to come.
const NO_DATE: &str = "(CCYY-MM-DDThh:mmZ)";
/// What stands in the columns of an antenna's radome, from the seventeenth on.
const RADOME_COLUMN: usize = 16;

/// The name of a site log's file: `nann00chn_20260320.log`.
pub fn file_name(record: &StationRecord, prepared: Utc) -> String {
    let c = prepared.civil();
    let id = record.id.to_string().to_ascii_lowercase();
    format!("{id}_{:04}{:02}{:02}.log", c.year, c.month, c.day)
}

/// A station's site log. `previous` is the name of the one that it takes the place of.
pub fn site_log(record: &StationRecord, prepared: Utc, previous: Option<&str>) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "     {} Site Information Form (site log v2.0)", record.id);
    out.push_str("     International GNSS Service\n     See Instructions at:\n");
    out.push_str("       https://files.igs.org/pub/station/general/sitelog_instr_v2.0.txt\n\n");
    form(&mut out, record, prepared, previous);
    monument(&mut out, record);
    location(&mut out, record);
    section(&mut out, "3.   GNSS Receiver Information");
    for (i, receiver) in record.receivers.iter().enumerate() {
        let removed = record.receivers.get(i + 1).map(|next| next.installed);
        receiver_lines(&mut out, i + 1, receiver, removed);
    }
    section(&mut out, "4.   GNSS Antenna Information");
    for (i, antenna) in record.antennas.iter().enumerate() {
        let removed = record.antennas.get(i + 1).map(|next| next.installed);
        antenna_lines(&mut out, i + 1, antenna, removed);
    }
    for title in [
        "5.   Surveyed Local Ties",
        "6.   Frequency Standard",
        "7.   Collocation Information",
        "8.   Meteorological Instrumentation",
        "9.   Local Ongoing Conditions Possibly Affecting Computed Position",
        "10.  Local Episodic Effects Possibly Affecting Data Quality",
    ] {
        section(&mut out, title);
    }
    section(&mut out, "11.  On-Site, Point of Contact Agency Information");
    agency_lines(&mut out, &record.agency);
    section(&mut out, "12.  Responsible Agency (if different from 11.)");
    agency_lines(&mut out, &Agency::default());
    section(&mut out, "13.  More Information");
    field(&mut out, "     Primary Data Center", "");
    field(&mut out, "     Secondary Data Center", "");
    field(&mut out, "     URL for More Information", &record.agency.web);
    out
}

fn form(out: &mut String, record: &StationRecord, prepared: Utc, previous: Option<&str>) {
    out.push_str("0.   Form\n\n");
    let by =
        if record.agency.contact.is_empty() { &record.agency.name } else { &record.agency.contact };
    field(out, "     Prepared by (full name)", by);
    field(out, "     Date Prepared", &date(prepared));
    field(out, "     Report Type", if previous.is_some() { "UPDATE" } else { "NEW" });
    out.push_str("     If Update:\n");
    field(out, "      Previous Site Log", previous.unwrap_or(""));
    field(out, "      Modified/Added Sections", "");
}

fn monument(out: &mut String, record: &StationRecord) {
    section(out, "1.   Site Identification of the GNSS Monument");
    field(out, "     Site Name", &record.site_name);
    field(out, "     Nine Character ID", &record.id.to_string());
    field(out, "     Monument Inscription", "");
    field(out, "     IERS DOMES Number", record.domes.as_deref().unwrap_or(""));
    field(out, "     CDP Number", "");
    field(out, "     Monument Description", &record.monument);
    field(out, "       Height of the Monument", "(m)");
    field(out, "       Monument Foundation", "");
    field(out, "       Foundation Depth", "(m)");
    field(out, "     Marker Description", "");
    field(out, "     Date Installed", &record.installed.map_or(NO_DATE.to_owned(), minute));
    field(out, "     Geologic Characteristic", "");
    field(out, "       Bedrock Type", "");
    field(out, "       Bedrock Condition", "");
    field(out, "       Fracture Spacing", "");
    field(out, "       Fault zones nearby", "");
    field(out, "         Distance/activity", "");
    field(out, "     Additional Information", "");
}

fn location(out: &mut String, record: &StationRecord) {
    let marker = record.marker();
    let [x, y, z] = marker.xyz();
    let place = marker.to_geodetic(GRS80);
    section(out, "2.   Site Location Information");
    field(out, "     City or Town", &record.city);
    field(out, "     State or Province", &record.province);
    field(out, "     Country or Region", record.id.country());
    field(out, "     Tectonic Plate", &record.plate);
    out.push_str("     Approximate Position (ITRF)\n");
    field(out, "       X coordinate (m)", &format!("{x:.4}"));
    field(out, "       Y coordinate (m)", &format!("{y:.4}"));
    field(out, "       Z coordinate (m)", &format!("{z:.4}"));
    field(out, "       Latitude (N is +)", &sexagesimal(place.latitude_deg(), 2));
    field(out, "       Longitude (E is +)", &sexagesimal(place.longitude_deg(), 3));
    field(out, "       Elevation (m,ellips.)", &format!("{:.1}", place.height_m));
    field(out, "     Additional Information", "");
}

fn receiver_lines(out: &mut String, n: usize, r: &ReceiverRecord, removed: Option<GpsTime>) {
    separate(out, n);
    field(out, &format!("{:<5}Receiver Type", format!("3.{n}")), &r.receiver.descriptor);
    field(out, "     Satellite System", &r.systems);
    field(out, "     Serial Number", &r.receiver.serial);
    field(out, "     Firmware Version", &r.receiver.firmware);
    field(out, "     Elevation Cutoff Setting", &format!("{:.0} deg", r.cutoff_deg));
    field(out, "     Date Installed", &minute(r.installed));
    field(out, "     Date Removed", &removed.map_or(NO_DATE.to_owned(), minute));
    field(out, "     Temperature Stabiliz.", "");
    field(out, "     Additional Information", "");
}

fn antenna_lines(out: &mut String, n: usize, a: &AntennaRecord, removed: Option<GpsTime>) {
    let radome = radome(a);
    separate(out, n);
    field(out, &format!("{:<5}Antenna Type", format!("4.{n}")), &a.antenna.descriptor);
    field(out, "     Serial Number", a.antenna.serial.as_deref().unwrap_or(""));
    field(out, "     Antenna Reference Point", &a.reference_point);
    field(out, "     Marker->ARP Up Ecc. (m)", &format!("{:8.4}", a.delta.up_m));
    field(out, "     Marker->ARP North Ecc(m)", &format!("{:8.4}", a.delta.north_m));
    field(out, "     Marker->ARP East Ecc(m)", &format!("{:8.4}", a.delta.east_m));
    field(out, "     Alignment from True N", &format!("{:.0} deg", a.alignment_deg));
    field(out, "     Antenna Radome Type", radome);
    field(out, "     Radome Serial Number", "");
    field(out, "     Antenna Cable Type", "");
    field(out, "     Antenna Cable Length", "(m)");
    field(out, "     Date Installed", &minute(a.installed));
    field(out, "     Date Removed", &removed.map_or(NO_DATE.to_owned(), minute));
    field(out, "     Additional Information", "");
}

fn agency_lines(out: &mut String, agency: &Agency) {
    field(out, "     Agency", &agency.name);
    field(out, "     Preferred Abbreviation", &agency.abbreviation);
    field(out, "     Mailing Address", &agency.address);
    out.push_str("     Primary Contact\n");
    field(out, "       Contact Name", &agency.contact);
    field(out, "       Telephone (primary)", &agency.telephone);
    field(out, "       Telephone (secondary)", "");
    field(out, "       Fax", "");
    field(out, "       E-mail", &agency.email);
    out.push_str("     Secondary Contact\n");
    for label in ["Contact Name", "Telephone (primary)", "Telephone (secondary)", "Fax", "E-mail"] {
        field(out, &format!("       {label}"), "");
    }
    field(out, "     Additional Information", "");
}

/// The radome at the end of an antenna's name; `NONE` where nothing stands.
pub(crate) fn radome(antenna: &AntennaRecord) -> &str {
    let radome = antenna.antenna.descriptor.get(RADOME_COLUMN..).unwrap_or("").trim();
    if radome.is_empty() { "NONE" } else { radome }
}

fn section(out: &mut String, title: &str) {
    let _ = write!(out, "\n\n{title}\n\n");
}

/// A blank line between two entries of a section.
fn separate(out: &mut String, n: usize) {
    if n > 1 {
        out.push('\n');
    }
}

/// A line, or as many as its words need.
fn field(out: &mut String, label: &str, value: &str) {
    let mut label = label;
    let mut line = String::new();
    for word in value.split_inclusive(' ') {
        if line.chars().count() + word.trim_end().chars().count() > VALUE_WIDTH && !line.is_empty()
        {
            let _ = writeln!(out, "{label:<LABEL_WIDTH$}: {}", line.trim_end());
            line.clear();
            label = "";
        }
        line.push_str(word);
    }
    let _ = writeln!(out, "{label:<LABEL_WIDTH$}: {}", line.trim_end());
}

/// `2026-03-20`
fn date(at: Utc) -> String {
    let c = at.civil();
    format!("{:04}-{:02}-{:02}", c.year, c.month, c.day)
}

/// `2026-03-20T04:05Z`
fn minute(at: GpsTime) -> String {
    let at = Utc::from(at);
    let c = at.civil();
    format!("{}T{:02}:{:02}Z", date(at), c.hour, c.minute)
}

/// `+DDMMSS.SS`, with so many digits of degrees.
fn sexagesimal(degrees: f64, digits: usize) -> String {
    let sign = if degrees < 0.0 { '-' } else { '+' };
    // Rounded before it is taken apart, or 59.996 seconds would become 60.
    let hundredths = (degrees.abs() * 360_000.0).round();
    let (minutes, seconds) = ((hundredths / 6_000.0).floor(), hundredths % 6_000.0 / 100.0);
    let (whole, minutes) = ((minutes / 60.0).floor(), minutes % 60.0);
    format!("{sign}{whole:0digits$.0}{minutes:02.0}{seconds:05.2}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::products::station::tests::record;

    fn prepared() -> Utc {
        "2026-03-20T04:05:06Z".parse().expect("a moment")
    }

    #[test]
    fn a_log_says_what_the_record_knows() {
        let log = site_log(&record(), prepared(), None);
        for line in [
            "     NANN00CHN Site Information Form (site log v2.0)",
            "     Date Prepared            : 2026-03-20",
            "     Report Type              : NEW",
            "     Nine Character ID        : NANN00CHN",
            "     IERS DOMES Number        : 21602M001",
            "     Country or Region        : CHN",
            "       Latitude (N is +)      : +224912.00",
            "       Longitude (E is +)     : +1081912.00",
            "       Elevation (m,ellips.)  : 79.9",
            "3.1  Receiver Type            : TRIMBLE ALLOY",
            "     Date Removed             : 2026-03-01T00:00Z",
            "3.2  Receiver Type            : TRIMBLE ALLOY",
            "     Date Removed             : (CCYY-MM-DDThh:mmZ)",
            "4.2  Antenna Type             : TRM59800.00     SCIS",
            "     Marker->ARP Up Ecc. (m)  :   0.1000",
            "     Antenna Radome Type      : SCIS",
            "       E-mail                 : cors@example.cn",
        ] {
            assert!(log.lines().any(|own| own == line), "{line} is not in\n{log}");
        }
        assert!(
            log.lines()
                .all(|line| line.len() <= 80 && line == line.trim_end() || line.ends_with(": ")),
            "{log}"
        );
        assert_eq!(file_name(&record(), prepared()), "nann00chn_20260320.log");
    }

    #[test]
    fn long_values_go_on_in_the_next_line() {
        let mut out = String::new();
        field(&mut out, "     Agency", &"word ".repeat(12));
        let expected = format!(
            "     Agency                   : {}\n                              : {}\n",
            ["word"; 9].join(" "),
            ["word"; 3].join(" ")
        );
        assert_eq!(out, expected);
    }

    #[test]
    fn angles_never_have_sixty_seconds() {
        assert_eq!(sexagesimal(22.999_999_9, 2), "+230000.00");
        assert_eq!(sexagesimal(-0.5, 3), "-0003000.00");
        assert_eq!(sexagesimal(108.123_456_789, 3), "+1080724.44");
    }
}
