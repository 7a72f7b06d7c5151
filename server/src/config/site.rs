//! `[station.site]` and `[agency]`: what files for researchers and site logs say of a station.

use std::ops::Range;

use tianshu_gnss::coords::{Ecef, Enu};
use tianshu_gnss::station::{Antenna, Receiver, StationName};
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::utc::Utc;
use tianshu_station_monitor::products::identity::NineId;
use tianshu_station_monitor::products::station::{
    Agency, AntennaRecord, ReceiverRecord, StationRecord,
};

use crate::config::complaint::Complaints;
use crate::config::document::unique;
use crate::config::section::{Found, Section};
use crate::config::station::Station;

/// What receivers of our day track where nothing else is said.
const SYSTEMS_DEFAULT: &str = "GPS+GLO+GAL+BDS+QZSS";
/// The longest arm between a marker and an antenna that is believed, m: a mast.
const ARM_MAX_M: f64 = 100.0;
/// The columns of an IGS name (rcvr_ant.tab), and of a serial number in RINEX.
const COLUMNS: usize = 20;

/// A site as understood; what belongs to the station and its agency comes later.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Site {
    id: NineId,
    domes: Option<String>,
    name: String,
    city: String,
    province: String,
    plate: String,
    monument: String,
    installed: Option<GpsTime>,
    receivers: Vec<ReceiverRecord>,
    antennas: Vec<AntennaRecord>,
}

/// Reads `[agency]`.
pub(crate) fn agency(mut section: Section<'_>) -> Agency {
    let agency = Agency {
        name: section.text_or("name", ""),
        abbreviation: section.text_or("abbreviation", ""),
        address: section.text_or("address", ""),
        contact: section.text_or("contact", ""),
        telephone: section.text_or("telephone", ""),
        email: section.text_or("email", ""),
        web: section.text_or("web", ""),
    };
    if agency.abbreviation.chars().count() > 10 {
        let at = section.place();
        section.complain(&at, "abbreviation has at most 10 characters, as the site log wants it");
    }
    section.close();
    agency
}

/// Reads `[station.site]`.
pub(crate) fn read(mut section: Section<'_>) -> Option<Found<Site>> {
    let at = section.place();
    let id = section.required("id", |s| s.parsed::<NineId>("id"));
    let installed = section.parsed::<Utc>("installed").map(|found| found.value.into());
    let domes = short(&mut section, "domes");
    let name = section.text_or("name", "");
    let city = section.text_or("city", "");
    let province = section.text_or("province", "");
    let plate = section.text_or("plate", "");
    let monument = section.text_or("monument", "");
    let (mut receivers, mut antennas) = (Vec::new(), Vec::new());
    section.required("receiver", |s| {
        s.tables_into("receiver", "[[station.site.receiver]]", &mut receivers, receiver);
        Some(())
    });
    section.required("antenna", |s| {
        s.tables_into("antenna", "[[station.site.antenna]]", &mut antennas, antenna);
        Some(())
    });
    in_order(&mut section, "receiver", receivers.iter().flatten().map(|r| r.installed));
    in_order(&mut section, "antenna", antennas.iter().flatten().map(|a| a.installed));
    section.close();
    let site = Site {
        id: id?.value,
        domes,
        name,
        city,
        province,
        plate,
        monument,
        installed,
        receivers: receivers.into_iter().flatten().collect(),
        antennas: antennas.into_iter().flatten().collect(),
    };
    Some(Found { value: site, at })
}

fn receiver(mut section: Section<'_>) -> Option<ReceiverRecord> {
    let descriptor = section.required("name", |s| short(s, "name"));
    let installed = section.required("installed", |s| s.parsed::<Utc>("installed"));
    let receiver = Receiver {
        descriptor: descriptor.unwrap_or_default(),
        firmware: short(&mut section, "firmware").unwrap_or_default(),
        serial: short(&mut section, "serial").unwrap_or_default(),
    };
    let systems = section.text_or("systems", SYSTEMS_DEFAULT);
    let cutoff_deg = section.number_or("cutoff_deg", 0.0..=90.0, 0.0);
    section.close();
    Some(ReceiverRecord { receiver, systems, cutoff_deg, installed: installed?.value.into() })
}

fn antenna(mut section: Section<'_>) -> Option<AntennaRecord> {
    let descriptor = section.required("name", |s| short(s, "name"));
    let installed = section.required("installed", |s| s.parsed::<Utc>("installed"));
    let serial = short(&mut section, "serial");
    let reference_point = section.text_or("reference_point", "");
    let arm = -ARM_MAX_M..=ARM_MAX_M;
    let delta = Enu {
        east_m: section.number_or("east_m", arm.clone(), 0.0),
        north_m: section.number_or("north_m", arm.clone(), 0.0),
        up_m: section.number_or("up_m", arm, 0.0),
    };
    let alignment_deg = section.number_or("alignment_deg", -180.0..=360.0, 0.0);
    section.close();
    let antenna = Antenna { descriptor: descriptor.unwrap_or_default(), setup_id: 0, serial };
    let installed = installed?.value.into();
    Some(AntennaRecord { antenna, reference_point, delta, alignment_deg, installed })
}

/// A text of printable ASCII that fits the columns of RINEX.
fn short(section: &mut Section<'_>, key: &'static str) -> Option<String> {
    let found = section.text(key)?;
    let is_printable = found.value.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    if !is_printable || found.value.len() > COLUMNS {
        let text = format!("{key} has at most {COLUMNS} characters of ASCII, as RINEX writes it");
        section.complain(&found.at, text);
    }
    Some(found.value.to_owned())
}

/// Complains where a list is empty, or an entry is older than the one before it.
fn in_order(section: &mut Section<'_>, what: &str, installed: impl Iterator<Item = GpsTime>) {
    let installed: Vec<_> = installed.collect();
    if installed.windows(2).any(|pair| matches!(pair, [before, after] if before >= after)) {
        let at = section.place();
        section.complain(&at, format!("the {what}s are not in the order of their `installed`"));
    }
}

/// The records of the stations that have a site. What contradicts itself is a fault.
pub(crate) fn records(
    stations: &[Found<Station>],
    agency: &Agency,
    complaints: &mut Complaints,
) -> Vec<StationRecord> {
    let sites = || stations.iter().filter_map(|s| Some((&s.value, s.value.site.as_ref()?)));
    unique("site", sites().map(|(_, site)| (site.value.id, &site.at)), complaints);
    let mut records = Vec::new();
    for (station, site) in sites() {
        check_antenna(station, site, complaints);
        match station.settings.reference_point {
            Some(point) => {
                records.push(record(station.name().clone(), &site.value, point, agency));
            }
            None => no_position(station.name(), &site.at, complaints),
        }
    }
    if let Some((_, site)) = sites().next().filter(|_| agency.name.is_empty()) {
        complaints.add(&site.at, "a site needs an agency: write [agency] with a name");
    }
    records
}

fn no_position(station: &StationName, at: &Range<usize>, complaints: &mut Complaints) {
    complaints.add(at, format!("station {station} has a site but no position"));
}

/// The antenna that is named for its calibration is the one that is there now.
fn check_antenna(station: &Station, site: &Found<Site>, complaints: &mut Complaints) {
    let Some(named) = &station.antenna else { return };
    let Some(last) = site.value.antennas.last() else { return };
    let is_same = named.value.name.trim_end() == last.antenna.descriptor.trim_end()
        && (named.value.serial.is_none() || named.value.serial == last.antenna.serial);
    if !is_same {
        let text = format!(
            "antenna is {:?}, but the newest antenna of the site is {:?} (or its serial differs)",
            named.value.name, last.antenna.descriptor
        );
        complaints.add(&named.at, text);
    }
}

fn record(station: StationName, site: &Site, point: Ecef, agency: &Agency) -> StationRecord {
    let site = site.clone();
    let site_name = if site.name.is_empty() { station.to_string() } else { site.name };
    StationRecord {
        station,
        id: site.id,
        domes: site.domes,
        site_name,
        city: site.city,
        province: site.province,
        plate: site.plate,
        monument: site.monument,
        reference_point: point,
        installed: site.installed,
        receivers: site.receivers,
        antennas: site.antennas,
        agency: agency.clone(),
    }
}

#[cfg(test)]
mod tests;
