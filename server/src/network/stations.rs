//! The stations behind the files: their names, which files belong together, and where they are.

use std::collections::BTreeSet;

use anyhow::{Context, bail, ensure};
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::glonass_bias::GlonassBiases;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::{STATION_NAME_BYTES_MAX, StationName};
use tianshu_gnss::units::Metres;

use crate::cli::network::GlonassHeaders;
use crate::network::coordinates::Coordinates;
use crate::network::files::{ObservationFile, name_of, reference_point};

/// A station with its files.
#[derive(Clone, Debug)]
pub(crate) struct Station {
    /// Its name.
    pub name: StationName,
    /// All names by which it may be called, in small letters.
    pub called: BTreeSet<String>,
    /// Its files, in the order of time.
    pub files: Vec<ObservationFile>,
}

/// A station that is left out, by the name that it was called by.
#[derive(Clone, Debug)]
pub(crate) struct Excluded {
    /// The name for its file.
    pub called: String,
    /// The station.
    pub station: Station,
}

/// Headers of one station agree on its place to a few decimetres; farther apart than this they are two, m.
const SAME_PLACE_M: f64 = 100.0;

/// Sorts files by station, and stations by name, so that nothing depends on how files are called. Files of one marker are one
/// station's, if they follow each other.
pub(crate) fn grouped(files: Vec<ObservationFile>) -> anyhow::Result<Vec<Station>> {
    let mut stations: Vec<Station> = Vec::new();
    for file in files {
        let name = station_name(&file)?;
        let key = name.as_str().to_ascii_lowercase();
        let called = names(&file, &key);
        match stations.iter_mut().find(|s| s.name.as_str().eq_ignore_ascii_case(&key)) {
            Some(station) => {
                station.called.extend(called);
                station.files.push(file);
            }
            None => stations.push(Station { name, called, files: vec![file] }),
        }
    }
    for station in &mut stations {
        station.files.sort_by(|a, b| (a.first, &a.path).cmp(&(b.first, &b.path)));
        for (before, after) in station.files.iter().zip(station.files.iter().skip(1)) {
            is_one_station(&station.name, before, after)?;
        }
    }
    stations.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(stations)
}

fn is_one_station(
    name: &StationName,
    before: &ObservationFile,
    after: &ObservationFile,
) -> anyhow::Result<()> {
    let (a, b) = (before.path.display(), after.path.display());
    ensure!(
        before.first < after.first,
        "station {name} is there twice: {a} and {b} both begin at {}: keep one of them, or give their markers different names",
        before.first
    );
    let places = before.header.approx_position.zip(after.header.approx_position);
    let apart_m = places.map_or(0.0, |(a, b)| (a - b).norm_m());
    ensure!(
        apart_m <= SAME_PLACE_M,
        "station {name} is there twice: {a} and {b} bear the same marker, but are {:.1} km apart: give their markers different names",
        apart_m / 1e3
    );
    Ok(())
}

/// The marker's name made one that a station may have; without a marker the station part of the file's name.
fn station_name(file: &ObservationFile) -> anyhow::Result<StationName> {
    let marker = file.header.marker_name.trim();
    let stem = stem(file);
    let from = if marker.is_empty() { site(&stem) } else { marker };
    let legal = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let name: String = from.chars().map(legal).take(STATION_NAME_BYTES_MAX).collect();
    name.parse().with_context(|| format!("{}: it has no name", file.path.display()))
}

/// By what a file's station may be called: the marker as it stands, the name, the file's stem and the station part of it.
fn names(file: &ObservationFile, key: &str) -> BTreeSet<String> {
    let stem = stem(file).to_ascii_lowercase();
    let marker = file.header.marker_name.trim().to_ascii_lowercase();
    let all = [key.to_owned(), marker, site(&stem).to_owned(), stem];
    all.into_iter().filter(|name| !name.is_empty()).collect()
}

fn stem(file: &ObservationFile) -> String {
    let name = name_of(&file.path);
    name.split('.').next().unwrap_or_default().to_owned()
}

/// The station part of a file's stem: nine characters of RINEX 3's long names (`DELF00NLD_R_2021...`), four of RINEX 2's short
/// ones (`delf0010`), else all of it (RINEX 3.05, table A1; RINEX 2.11, section 4).
fn site(stem: &str) -> &str {
    let long = stem.get(9..12).is_some_and(|mark| mark.starts_with('_') && mark.ends_with('_'));
    let day_and_file = stem.get(4..).filter(|rest| rest.len() == 4);
    let short = day_and_file.is_some_and(|rest| {
        let (day, file) = rest.split_at(3);
        day.bytes().all(|b| b.is_ascii_digit())
            && file.bytes().all(|b| b == b'0' || b.is_ascii_alphabetic())
    });
    match (long, short) {
        (true, _) => stem.get(..9).unwrap_or(stem),
        (_, true) => stem.get(..4).unwrap_or(stem),
        _ => stem,
    }
}

/// Takes the stations that are to be left out.
pub(crate) fn excluded(
    stations: &mut Vec<Station>,
    names: &[String],
) -> anyhow::Result<Vec<Excluded>> {
    let mut chosen: Vec<(usize, String)> = Vec::new();
    for name in names {
        let wanted = name.trim().to_ascii_lowercase();
        let by_name = |s: &Station| s.name.as_str().eq_ignore_ascii_case(&wanted);
        let mut of: Vec<usize> =
            (0..).zip(&*stations).filter(|(_, s)| by_name(s)).map(|(i, _)| i).collect();
        if of.is_empty() {
            of = (0..)
                .zip(&*stations)
                .filter(|(_, s)| s.called.contains(&wanted))
                .map(|(i, _)| i)
                .collect();
        }
        let all = |of: &mut dyn Iterator<Item = &Station>| {
            of.map(|s| s.name.to_string()).collect::<Vec<_>>().join(", ")
        };
        match of[..] {
            [] => bail!(
                "--exclude {name} names nobody: the stations are {}",
                all(&mut stations.iter())
            ),
            [one] if chosen.iter().any(|(i, _)| *i == one) => {}
            [one] => chosen.push((one, legal_in_file_names(name.trim()))),
            [..] => {
                let mut of = of.iter().filter_map(|i| stations.get(*i));
                bail!("--exclude {name} names several: choose among {}", all(&mut of));
            }
        }
    }
    let mut left_out = Vec::new();
    for (index, station) in std::mem::take(stations).into_iter().enumerate() {
        match chosen.iter().find(|(i, _)| *i == index) {
            Some((_, called)) => left_out.push(Excluded { called: called.clone(), station }),
            None => stations.push(station),
        }
    }
    Ok(left_out)
}

fn legal_in_file_names(name: &str) -> String {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    name.chars().map(|c| if legal(c) { c } else { '_' }).collect()
}

impl Station {
    /// The header that speaks for it: its first file's.
    pub(crate) fn header(&self) -> Option<&tianshu_rinex::observation::header::ObsHeader> {
        self.files.first().map(|file| &file.header)
    }

    /// What aligns its GLONASS phases, as all its headers tell it; none where one does not, or where they tell different ones.
    pub(crate) fn glonass_biases(&self, meaning: GlonassHeaders) -> Option<GlonassBiases> {
        let first = &self.header()?.glonass_biases_m;
        let is_same = self.files.iter().all(|file| file.header.glonass_biases_m == *first);
        if first.is_empty() || !is_same {
            return None;
        }
        let of = |(band, attribute)| {
            let signal = Signal::new(Constellation::Glonass, band, attribute)?;
            let told_m = *first.get(&signal)?;
            Some(Metres(if meaning == GlonassHeaders::Aligned { 0.0 } else { told_m }))
        };
        let biases = GlonassBiases::to_add(GlonassBiases::SIGNALS.map(of));
        (meaning != GlonassHeaders::Off).then_some(biases)
    }

    /// Its antenna reference point.
    pub(crate) fn place(&self, told: Option<&Coordinates>) -> anyhow::Result<Ecef> {
        let first = self.files.first().context("a station has a file")?;
        let marker = told.and_then(|told| told.of(&self.called)).or(first.header.approx_position);
        let marker = marker.with_context(|| {
            format!(
                "station {} ({}) has no coordinates: its header tells none; give them by --stations FILE, or take the file away",
                self.name,
                first.path.display()
            )
        })?;
        let place = reference_point(&first.header, marker);
        ensure!(
            crate::network::places::is_on_earth(place),
            "station {} ({}): its coordinates {:?} are not on the Earth: give better ones by --stations FILE",
            self.name,
            first.path.display(),
            place.xyz()
        );
        Ok(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_station_is_found_in_a_files_name() {
        let check = |stem: &str, expected: &str| assert_eq!(site(stem), expected);
        check("DELF00NLD_R_20210010000_01D_30S_MO", "DELF00NLD");
        check("delf0010", "delf");
        check("delf001a", "delf");
        check("NANNING", "NANNING");
        check("STATION12", "STATION12");
        check("BINYANGX", "BINYANGX");
    }
}
