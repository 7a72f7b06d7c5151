//! A network of stations for the simulator, such as `config/guangxi.toml`.

use std::ops::RangeInclusive;
use std::path::Path;

use anyhow::Context;
use tianshu_gnss::coords::Geodetic;
use tianshu_gnss::station::StationName;
use tianshu_simulator::network::{Network, NetworkStation};
use toml::de::DeTable;

use crate::config::complaint::{Complaints, Unusable};
use crate::config::document::{self, unique};
use crate::config::section::{Found, Section};

/// The network that is simulated where none is named: stations invented after Guangxi's places.
const GUANGXI: &str = include_str!("../../../config/guangxi.toml");

/// The network that the program brings with it.
pub(crate) fn built_in() -> Network {
    from_text(GUANGXI).expect("a test reads the file that is built in")
}

/// Reads a network file; without one, the network that the program brings with it.
pub(crate) fn from_file(path: Option<&Path>) -> anyhow::Result<Network> {
    let Some(path) = path else { return Ok(built_in()) };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the network {}", path.display()))?;
    from_text(&text).map_err(|complaints| {
        let file = path.display().to_string();
        anyhow::Error::new(Unusable { file, complaints: complaints.into_sorted() })
    })
}

/// Reads the text of a network file.
pub(crate) fn from_text(text: &str) -> Result<Network, Complaints> {
    let mut complaints = Complaints::about(text);
    let Some(document) = document::parse(text, &mut complaints) else { return Err(complaints) };
    let network = understood(document.get_ref(), &mut complaints);
    if complaints.is_empty() { Ok(network) } else { Err(complaints) }
}

fn understood(root: &DeTable<'_>, complaints: &mut Complaints) -> Network {
    let mut stations = Vec::new();
    let mut top = Section::open("a network", 0..0, root, complaints);
    let name = top.text_or("name", "network");
    top.required("station", |section| {
        section.tables_into("station", "[[station]]", &mut stations, station);
        Some(())
    });
    top.close();
    // A station without a readable name was complained of already.
    let stations: Vec<Found<NetworkStation>> = stations.into_iter().flatten().collect();
    unique("station", stations.iter().map(|s| (s.value.name.clone(), &s.at)), complaints);
    Network { name, stations: stations.into_iter().map(|s| s.value).collect() }
}

/// What of a place cannot be read is zero, so that the name can still be judged.
fn station(mut section: Section<'_>) -> Option<Found<NetworkStation>> {
    let at = section.place();
    let name = section.required("name", |s| s.parsed::<StationName>("name"));
    let latitude_deg = section.required("latitude_deg", |s| s.number("latitude_deg", -90.0..=90.0));
    let longitude_deg =
        section.required("longitude_deg", |s| s.number("longitude_deg", -180.0..=180.0));
    let height_m = section.required("height_m", |s| s.number("height_m", HEIGHTS_M));
    let region = section.text_or("region", "");
    section.close();
    let place = Geodetic::from_degrees(
        latitude_deg.unwrap_or_default(),
        longitude_deg.unwrap_or_default(),
        height_m.unwrap_or_default(),
    );
    Some(Found { value: NetworkStation { name: name?.value, place, region }, at })
}

/// From the Dead Sea's shore to above every summit.
const HEIGHTS_M: RangeInclusive<f64> = -500.0..=10_000.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_network_is_read() {
        let network = from_text(GUANGXI).expect("the file is good");
        assert_eq!(network.stations.len(), 150);
        assert_eq!(network, built_in());
    }

    #[test]
    fn every_fault_is_told_with_its_line() {
        let text = r#"nmae = "x"
[[station]]
name = "A"
latitude_deg = 22
[[station]]
name = "B C"
latitude_deg = 22.0
longitude_deg = 108.0
height_m = 5.0
[[station]]
name = "D"
latitude_deg = 99.0
longitude_deg = 108.0
height_m = 5.0
hight = 3
[extra]
"#;
        let complaints = from_text(text).expect_err("faults").into_sorted();
        let lines: Vec<usize> = complaints.iter().map(|c| c.line).collect();
        assert_eq!(lines, [1, 2, 2, 6, 12, 15, 16], "{complaints:#?}");
        let station = "[[station]]\nname = \"D\"\nlatitude_deg = 22\nlongitude_deg = 108\n";
        let twice = format!("{station}height_m = 5\n").repeat(2);
        let complaints = from_text(&twice).expect_err("a name twice").into_sorted();
        assert!(complaints[0].text.contains("already a station called D"), "{complaints:?}");
        let complaints = from_text(&format!("{station}{station}height_m = 5\n"));
        let complaints = complaints.expect_err("a name twice, and no height").into_sorted();
        assert_eq!(complaints.len(), 2, "{complaints:?}");
        assert!(from_text("").is_err(), "a network needs stations");
    }
}
