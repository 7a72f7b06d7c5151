//! `[service]`: who runs the service, for the sourcetable.

use tianshu_caster::config::CasterIdentity;

use crate::config::section::Section;

/// Reads the table.
pub(crate) fn read(mut section: Section<'_>) -> CasterIdentity {
    let place = section.numbers::<2>("place", "degrees north and east, as in [22.8, 108.3]");
    if let Some(found) = &place {
        let [north, east] = found.value;
        if north.abs() > 90.0 || east.abs() > 180.0 {
            let text = "place = [degrees north, degrees east]: within ±90 and ±180";
            section.complain(&found.at, text);
        }
    }
    let place_deg = place.map_or((0.0, 0.0), |found| (found.value[0], found.value[1]));
    let port = section.integer_or("port", 1..=65_535, 2101);
    let identity = CasterIdentity {
        host: section.text_or("host", "localhost"),
        port: u16::try_from(port).unwrap_or(u16::MAX),
        operator: section.text_or("operator", "Tianshu"),
        network: section.text_or("network", "Tianshu"),
        country: country(&mut section),
        place_deg,
        web: section.text("web").map(|found| found.value.to_owned()),
    };
    section.close();
    identity
}

fn country(section: &mut Section<'_>) -> String {
    let Some(found) = section.text("country") else { return "CHN".to_owned() };
    if found.value.len() != 3 || !found.value.bytes().all(|b| b.is_ascii_uppercase()) {
        section.complain(&found.at, "country is three capital letters (ISO 3166), as in \"CHN\"");
    }
    found.value.to_owned()
}
