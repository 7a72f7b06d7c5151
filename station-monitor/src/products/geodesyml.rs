//! GeodesyML 0.5: the site log as XML, for machines (schema `siteLog.xsd` of the IGS and Geoscience Australia).

use std::fmt::Write;

use tianshu_gnss::coords::GRS80;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::utc::Utc;

use crate::markup::escaped;
use crate::products::sitelog::radome;
use crate::products::station::{Agency, AntennaRecord, ReceiverRecord, StationRecord};

/// The namespaces of a document, by their prefixes.
const NAMESPACES: [(&str, &str); 6] = [
    ("gco", "http://www.isotc211.org/2005/gco"),
    ("geo", "urn:xml-gov-au:icsm:egeodesy:0.5"),
    ("gmd", "http://www.isotc211.org/2005/gmd"),
    ("gml", "http://www.opengis.net/gml/3.2"),
    ("xlink", "http://www.w3.org/1999/xlink"),
    ("xsi", "http://www.w3.org/2001/XMLSchema-instance"),
];
/// Where the names of receivers and antennas are listed.
const EQUIPMENT_CODES: &str =
    "http://xml.gov.au/icsm/geodesyml/codelists/antenna-receiver-codelists.xml";
/// Where the codes of countries are listed.
const COUNTRY_CODES: &str =
    "http://xml.gov.au/icsm/geodesyml/codelists/country-codes-codelist.xml#GeodesyML_CountryCode";
/// Where the roles of persons are listed.
const ROLE_CODES: &str =
    "http://www.isotc211.org/2005/resources/Codelist/gmxCodelists.xml#CI_RoleCode";

/// An XML text that is being written.
struct Xml {
    out: String,
    open: Vec<&'static str>,
}

/// A station's site log as GeodesyML.
pub fn geodesyml(record: &StationRecord, prepared: Utc) -> String {
    let mut xml =
        Xml { out: "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".to_owned(), open: Vec::new() };
    let id = record.id.to_string();
    let mut attributes = vec![("gml:id", format!("_{id}"))];
    let namespaces = NAMESPACES.map(|(prefix, uri)| (format!("xmlns:{prefix}"), uri));
    attributes.extend(namespaces.iter().map(|(name, uri)| (name.as_str(), (*uri).to_owned())));
    xml.begin("geo:GeodesyML", &attributes);
    xml.begin("geo:siteLog", &[("gml:id", format!("_{id}_log"))]);
    form(&mut xml, record, prepared);
    identification(&mut xml, record);
    location(&mut xml, record);
    for (i, receiver) in record.receivers.iter().enumerate() {
        let removed = record.receivers.get(i + 1).map(|next| next.installed);
        self::receiver(&mut xml, i + 1, receiver, removed);
    }
    for (i, antenna) in record.antennas.iter().enumerate() {
        let removed = record.antennas.get(i + 1).map(|next| next.installed);
        self::antenna(&mut xml, i + 1, antenna, removed);
    }
    agency(&mut xml, "geo:siteContact", "agency-1", &record.agency);
    agency(&mut xml, "geo:siteMetadataCustodian", "agency-2", &record.agency);
    more_information(&mut xml, &record.agency);
    xml.end();
    xml.end();
    xml.out
}

fn form(xml: &mut Xml, record: &StationRecord, prepared: Utc) {
    let c = prepared.civil();
    xml.begin("geo:formInformation", &[]);
    xml.begin("geo:FormInformation", &id("form-information"));
    xml.leaf("geo:preparedBy", &[], &record.agency.contact);
    let date = format!("{:04}-{:02}-{:02}", c.year, c.month, c.day);
    xml.leaf("geo:datePrepared", &[], &date);
    xml.leaf("geo:reportType", &[], "NEW");
    xml.end();
    xml.end();
}

fn identification(xml: &mut Xml, record: &StationRecord) {
    xml.begin("geo:siteIdentification", &[]);
    xml.begin("geo:SiteIdentification", &id("site-identification"));
    xml.leaf("geo:siteName", &[], &record.site_name);
    xml.leaf("geo:fourCharacterID", &[], record.id.marker());
    xml.leaf("geo:monumentInscription", &[], "");
    xml.leaf("geo:iersDOMESNumber", &[], record.domes.as_deref().unwrap_or(""));
    xml.leaf("geo:cdpNumber", &[], "");
    let space = space("urn:ga-gov-au:monument-description-type");
    xml.leaf("geo:monumentDescription", &space, &record.monument);
    if let Some(installed) = record.installed {
        xml.leaf("geo:dateInstalled", &[], &second(installed));
    }
    xml.end();
    xml.end();
}

fn location(xml: &mut Xml, record: &StationRecord) {
    let marker = record.marker();
    let [x, y, z] = marker.xyz();
    let place = marker.to_geodetic(GRS80);
    let country = record.id.country();
    xml.begin("geo:siteLocation", &[]);
    xml.begin("geo:SiteLocation", &id("site-location"));
    xml.leaf("geo:city", &[], &record.city);
    xml.leaf("geo:state", &[], &record.province);
    xml.leaf("geo:countryCodeISO", &code(COUNTRY_CODES, country), country);
    xml.leaf("geo:tectonicPlate", &space("urn:ga-gov-au:plate-type"), &record.plate);
    xml.begin("geo:approximatePositionITRF", &[]);
    let points = [
        ("geo:cartesianPosition", "itrf-cartesian", "EPSG:7789", format!("{x:.4} {y:.4} {z:.4}")),
        (
            "geo:geodeticPosition",
            "itrf-geodetic",
            "EPSG:7912",
            format!(
                "{:.9} {:.9} {:.4}",
                place.latitude_deg(),
                place.longitude_deg(),
                place.height_m
            ),
        ),
    ];
    for (element, point, system, coordinates) in points {
        xml.begin(element, &[]);
        xml.begin("gml:Point", &id(point));
        xml.leaf("gml:pos", &[("srsName", system.to_owned())], &coordinates);
        xml.end();
        xml.end();
    }
    xml.end();
    xml.leaf("geo:notes", &[], "");
    xml.end();
    xml.end();
}

fn receiver(xml: &mut Xml, n: usize, r: &ReceiverRecord, removed: Option<GpsTime>) {
    let list = format!("{EQUIPMENT_CODES}#GeodesyML_GNSSReceiverTypeCode");
    xml.begin("geo:gnssReceiver", &[]);
    xml.begin("geo:GnssReceiver", &id(&format!("gnss-receiver-{n}")));
    xml.leaf("geo:manufacturerSerialNumber", &[], &r.receiver.serial);
    let name = &r.receiver.descriptor;
    xml.leaf("geo:igsModelCode", &code(&list, name), name);
    for system in r.systems.split('+') {
        xml.leaf("geo:satelliteSystem", &[], system);
    }
    xml.leaf("geo:firmwareVersion", &[], &r.receiver.firmware);
    xml.leaf("geo:elevationCutoffSetting", &[], &format!("{:.1}", r.cutoff_deg));
    xml.leaf("geo:dateInstalled", &[], &second(r.installed));
    xml.leaf("geo:dateRemoved", &[], &removed.map_or(String::new(), second));
    xml.leaf("geo:temperatureStabilization", &[("xsi:nil", "true".to_owned())], "");
    xml.end();
    xml.leaf("geo:dateInserted", &[], &second(r.installed));
    xml.end();
}

fn antenna(xml: &mut Xml, n: usize, a: &AntennaRecord, removed: Option<GpsTime>) {
    let list = format!("{EQUIPMENT_CODES}#GeodesyML_GNSSAntennaTypeCode");
    let metres = |m: f64| format!("{m:.4}");
    xml.begin("geo:gnssAntenna", &[]);
    xml.begin("geo:GnssAntenna", &id(&format!("gnss-antenna-{n}")));
    let serial = a.antenna.serial.as_deref().unwrap_or("");
    xml.leaf("geo:manufacturerSerialNumber", &[], serial);
    let name = &a.antenna.descriptor;
    xml.leaf("geo:igsModelCode", &code(&list, name), name);
    let point = space("urn:ga-gov-au:antenna-reference-point-type");
    xml.leaf("geo:antennaReferencePoint", &point, &a.reference_point);
    xml.leaf("geo:marker-arpUpEcc.", &[], &metres(a.delta.up_m));
    xml.leaf("geo:marker-arpNorthEcc.", &[], &metres(a.delta.north_m));
    xml.leaf("geo:marker-arpEastEcc.", &[], &metres(a.delta.east_m));
    xml.leaf("geo:alignmentFromTrueNorth", &[], &format!("{:.1}", a.alignment_deg));
    xml.leaf("geo:antennaRadomeType", &space("urn:igs-org:gnss-radome-model-code"), radome(a));
    xml.leaf("geo:radomeSerialNumber", &[], "");
    xml.leaf("geo:antennaCableType", &[], "");
    xml.leaf("geo:antennaCableLength", &[("xsi:nil", "true".to_owned())], "");
    xml.leaf("geo:dateInstalled", &[], &second(a.installed));
    xml.leaf("geo:dateRemoved", &[], &removed.map_or(String::new(), second));
    xml.end();
    xml.leaf("geo:dateInserted", &[], &second(a.installed));
    xml.end();
}

fn agency(xml: &mut Xml, element: &'static str, own_id: &str, agency: &Agency) {
    xml.begin(element, &id(own_id));
    xml.begin("gmd:MD_SecurityConstraints", &[]);
    xml.leaf("gmd:classification", &[("gco:nilReason", "missing".to_owned())], "");
    xml.end();
    xml.begin("gmd:CI_ResponsibleParty", &[]);
    xml.words("gmd:individualName", &agency.contact);
    xml.words("gmd:organisationName", &agency.name);
    xml.begin("gmd:contactInfo", &[]);
    xml.begin("gmd:CI_Contact", &[]);
    xml.begin("gmd:phone", &[]);
    xml.begin("gmd:CI_Telephone", &[]);
    xml.words("gmd:voice", &agency.telephone);
    xml.end();
    xml.end();
    xml.begin("gmd:address", &[]);
    xml.begin("gmd:CI_Address", &[]);
    xml.words("gmd:deliveryPoint", &agency.address);
    xml.words("gmd:electronicMailAddress", &agency.email);
    xml.end();
    xml.end();
    xml.end();
    xml.end();
    xml.begin("gmd:role", &[]);
    let role =
        [("codeList", ROLE_CODES.to_owned()), ("codeListValue", "pointOfContact".to_owned())];
    xml.leaf("gmd:CI_RoleCode", &role, "");
    xml.end();
    xml.end();
    xml.end();
}

fn more_information(xml: &mut Xml, agency: &Agency) {
    xml.begin("geo:moreInformation", &[]);
    xml.begin("geo:MoreInformation", &id("more-information"));
    xml.leaf("geo:dataCenter", &[], &agency.name);
    xml.leaf("geo:urlForMoreInformation", &[], &agency.web);
    for element in [
        "geo:siteMap",
        "geo:siteDiagram",
        "geo:horizonMask",
        "geo:monumentDescription",
        "geo:sitePictures",
        "geo:notes",
        "geo:antennaGraphicsWithDimensions",
        "geo:insertTextGraphicFromAntenna",
    ] {
        xml.leaf(element, &[], "");
    }
    xml.leaf("geo:DOI", &space("urn:ga-gov-au:self.moreInformation-type"), "");
    xml.end();
    xml.end();
}

fn id(id: &str) -> [(&'static str, String); 1] {
    [("gml:id", id.to_owned())]
}

fn space(space: &str) -> [(&'static str, String); 1] {
    [("codeSpace", space.to_owned())]
}

/// The attributes of a value that stands in a list of codes.
fn code(list: &str, value: &str) -> [(&'static str, String); 3] {
    let space = "urn:xml-gov-au:icsm:egeodesy:0.5".to_owned();
    [("codeList", list.to_owned()), ("codeListValue", value.to_owned()), ("codeSpace", space)]
}

/// `2026-03-20T04:05:06Z`
fn second(at: GpsTime) -> String {
    let c = Utc::from(at).civil();
    let date = format!("{:04}-{:02}-{:02}", c.year, c.month, c.day);
    format!("{date}T{:02}:{:02}:{:02}Z", c.hour, c.minute, c.second)
}

impl Xml {
    fn begin(&mut self, element: &'static str, attributes: &[(&str, String)]) {
        self.tag(element, attributes);
        self.out.push_str(">\n");
        self.open.push(element);
    }

    fn end(&mut self) {
        if let Some(element) = self.open.pop() {
            self.indent();
            // Writing to a String cannot fail.
            let _ = writeln!(self.out, "</{element}>");
        }
    }

    fn leaf(&mut self, element: &'static str, attributes: &[(&str, String)], value: &str) {
        self.tag(element, attributes);
        if value.is_empty() {
            self.out.push_str("/>\n");
        } else {
            let _ = writeln!(self.out, ">{}</{element}>", in_xml(value));
        }
    }

    /// A text as ISO 19139 wraps it.
    fn words(&mut self, element: &'static str, value: &str) {
        self.begin(element, &[]);
        self.leaf("gco:CharacterString", &[], value);
        self.end();
    }

    fn tag(&mut self, element: &str, attributes: &[(&str, String)]) {
        self.indent();
        let _ = write!(self.out, "<{element}");
        for (name, value) in attributes {
            let _ = write!(self.out, " {name}=\"{}\"", in_xml(value));
        }
    }

    fn indent(&mut self) {
        self.out.extend(std::iter::repeat_n("  ", self.open.len()));
    }
}

/// A text without XML's own signs, and without what XML 1.0 has no place for.
fn in_xml(text: &str) -> String {
    escaped(&text.replace(char::is_control, " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::products::station::tests::record;

    #[test]
    fn every_element_is_closed_and_every_sign_escaped() {
        let prepared = "2026-03-20T04:05:06Z".parse().expect("a moment");
        let text = geodesyml(&record(), prepared);
        let mut open = Vec::new();
        for tag in text.split('<').skip(2).map(|part| part.split('>').next().unwrap_or("")) {
            let name = tag.trim_matches('/').split(' ').next().unwrap_or("").to_owned();
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name), "{text}");
            } else if !tag.ends_with('/') {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "{open:?}");
        for part in [
            "<geo:fourCharacterID>NANN</geo:fourCharacterID>",
            "Surveying Institute of Guangxi &amp; friends",
            "codeListValue=\"TRM59800.00     SCIS\"",
            "<geo:marker-arpUpEcc.>0.1000</geo:marker-arpUpEcc.>",
            "<geo:dateRemoved>2026-03-01T00:00:00Z</geo:dateRemoved>",
            "<geo:satelliteSystem>BDS</geo:satelliteSystem>",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert_eq!(in_xml("a\u{1}<b>\"&"), "a &lt;b&gt;&quot;&amp;");
    }
}
