//! Coordinates that a file tells instead of the headers: a network in TOML, or a table in CSV.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context;
use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};

use crate::config::complaint::{Complaints, Unusable};
use crate::config::network;
use crate::network::places::{is_on_earth, is_place};

/// The markers' places, by their names in small letters.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Coordinates {
    markers: BTreeMap<String, Ecef>,
}

impl Coordinates {
    /// Reads a file: TOML if it has a `[[station]]`, else CSV.
    pub(crate) fn from_file(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the coordinates {}", path.display()))?;
        let read = if text.contains("[[station]]") { of_toml(&text) } else { of_csv(&text) };
        read.map_err(|complaints| {
            let file = path.display().to_string();
            anyhow::Error::new(Unusable { file, complaints: complaints.into_sorted() })
        })
    }

    /// The marker of a station that is called by one of these names.
    pub(crate) fn of(&self, called: &BTreeSet<String>) -> Option<Ecef> {
        called.iter().find_map(|name| self.markers.get(name)).copied()
    }

    /// Names that belong to none of those stations.
    pub(crate) fn unused<'a>(
        &'a self,
        stations: impl Iterator<Item = &'a BTreeSet<String>> + Clone,
    ) -> impl Iterator<Item = &'a str> {
        let is_known = move |name: &str| stations.clone().any(|called| called.contains(name));
        self.markers.keys().map(String::as_str).filter(move |name| !is_known(name))
    }
}

fn of_toml(text: &str) -> Result<Coordinates, Complaints> {
    let network = network::from_text(text)?;
    let markers = network
        .stations
        .iter()
        .map(|s| (s.name.as_str().to_ascii_lowercase(), s.place.to_ecef(GRS80)))
        .collect();
    Ok(Coordinates { markers })
}

fn of_csv(text: &str) -> Result<Coordinates, Complaints> {
    let mut complaints = Complaints::about(text);
    let mut markers = BTreeMap::new();
    let mut is_first = true;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let at = start..start + line.len();
        start = at.end;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let may_be_titles = std::mem::replace(&mut is_first, false);
        match row(line) {
            Some((name, place)) => {
                if markers.insert(name.to_ascii_lowercase(), place).is_some() {
                    complaints.add(&at, format!("{name} is named twice: keep one of the lines"));
                }
            }
            None if may_be_titles && !line.contains(|c: char| c.is_ascii_digit()) => {}
            None if may_be_titles && titles(line) => {}
            None => complaints.add(
                &at,
                "this is no coordinate: write name,x,y,z in metres or name,lat,lon,h in degrees and metres",
            ),
        }
    }
    if markers.is_empty() && complaints.is_empty() {
        complaints
            .add(&(0..0), "no coordinates are told here: write lines name,x,y,z or name,lat,lon,h");
    }
    if complaints.is_empty() { Ok(Coordinates { markers }) } else { Err(complaints) }
}

/// A line of titles has no number in its second column.
fn titles(line: &str) -> bool {
    line.split(',').nth(1).is_some_and(|text| text.trim().parse::<f64>().is_err())
}

/// A name and a place: Earth-centred if the three numbers lie on the Earth's surface so, else geodetic.
fn row(line: &str) -> Option<(&str, Ecef)> {
    let mut columns = line.split(',').map(str::trim);
    let name = columns.next().filter(|name| !name.is_empty())?;
    let numbers: Option<Vec<f64>> = columns.map(|text| text.parse().ok()).collect();
    let [a, b, c] = numbers?[..] else { return None };
    let centred = Ecef::new(a, b, c);
    if is_on_earth(centred) {
        return Some((name, centred));
    }
    is_place(a, b, c).then(|| (name, Geodetic::from_degrees(a, b, c).to_ecef(GRS80)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_lines_are_read() {
        let text = "# comment\nstation,x_m,y_m,z_m\nDELF,3924687.7063,301132.7614,5001910.7616\nAbc,22.5,108.0,100\n";
        let read = of_csv(text).expect("it is good");
        let called = |name: &str| BTreeSet::from([name.to_owned()]);
        assert_eq!(
            read.of(&called("delf")),
            Some(Ecef::new(3924687.7063, 301132.7614, 5001910.7616))
        );
        let abc = read.of(&called("abc")).expect("it is there").to_geodetic(GRS80);
        assert!((abc.latitude_deg() - 22.5).abs() < 1e-9 && (abc.height_m - 100.0).abs() < 1e-6);
        let delf = called("delf");
        assert_eq!(read.unused([&delf].into_iter()).collect::<Vec<_>>(), ["abc"]);
    }

    #[test]
    fn every_faulty_line_is_told() {
        let text =
            "A,1,2\nB,3924687.7,301132.7,5001910.7\nB,3924687.7,301132.7,5001910.7\nC,99,0,0\n";
        let told = of_csv(text).expect_err("faults").into_sorted();
        assert_eq!(told.iter().map(|c| c.line).collect::<Vec<_>>(), [1, 3, 4]);
        assert!(of_csv("").is_err());
    }
}
