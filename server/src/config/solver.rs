//! `[network]`: whether the stations are solved as a network, and which take part.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tianshu_gnss::antenna::AntennaCalibration;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::Interval;
use tianshu_positioning::network::align::STATIONS_MAX;
use tianshu_positioning::network::engine::StationConfig;
use tianshu_rinex::antex::reader::AntexReader;
use tianshu_rinex::unpack;

use crate::config::caster::file;
use crate::config::complaint::Complaints;
use crate::config::section::{Found, Section};
use crate::config::station::Station;

/// Between epochs where nothing else is said, s: what most rovers are set to.
const INTERVAL_DEFAULT_S: f64 = 1.0;

/// A network that is solved.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NetworkConfig {
    /// The stations that take part.
    pub stations: Vec<StationConfig>,
    /// Between epochs.
    pub interval: Interval,
    /// Whether GLONASS is solved where stations tell their biases.
    pub glonass: bool,
    /// Where what is known is kept over a restart.
    pub checkpoint: Option<PathBuf>,
}

/// The table as understood.
pub(crate) struct NetworkTable {
    /// Whether the network is solved.
    pub solve: bool,
    interval: Interval,
    glonass: bool,
    /// Those that are named; none takes all that have a position.
    named: Option<Vec<Found<StationName>>>,
    /// The antennas of the file, if one is named and could be read.
    calibrations: Option<Vec<Arc<AntennaCalibration>>>,
    checkpoint: Option<PathBuf>,
    /// In which frame positions are, if that is told.
    pub frame: Option<String>,
    at: std::ops::Range<usize>,
}

/// Reads the table.
pub(crate) fn read(mut section: Section<'_>, folder: &Path) -> NetworkTable {
    let solve = section.flag_or("solve", false);
    let named = section.list::<StationName>("stations");
    let interval_s = section.number_or("interval_s", 0.2..=30.0, INTERVAL_DEFAULT_S);
    let glonass = section.flag_or("glonass", false);
    let calibrations = antex(&mut section, folder);
    let checkpoint = section.text("checkpoint").map(|found| folder.join(found.value));
    let frame = section.text("frame").map(|found| found.value.to_owned());
    let at = section.place();
    section.close();
    let interval = Interval::from_seconds_f64(interval_s);
    NetworkTable { solve, interval, glonass, named, calibrations, checkpoint, frame, at }
}

/// The antennas of the ANTEX file.
fn antex(section: &mut Section<'_>, folder: &Path) -> Option<Vec<Arc<AntennaCalibration>>> {
    let at = section.text("antex")?.at;
    let path = file(section, "antex", folder)?;
    read_antex(&path)
        .map_err(|why| {
            section.complain(&at, format!("antex: {} cannot be used: {why:#}", path.display()));
        })
        .ok()
}

fn read_antex(path: &Path) -> anyhow::Result<Vec<Arc<AntennaCalibration>>> {
    let bytes = std::fs::read(path)?;
    let text = unpack::unpacked(&bytes)?;
    Ok(AntexReader::new(&text)?.map(Arc::new).collect())
}

impl NetworkTable {
    /// The network, with every fault between this table and the stations' told; none if it is not to be solved.
    pub(crate) fn network(
        &self,
        stations: &[Found<Station>],
        complaints: &mut Complaints,
    ) -> Option<NetworkConfig> {
        let wanted: BTreeSet<&StationName> =
            self.named.iter().flatten().map(|f| &f.value).collect();
        self.check_names(stations, complaints);
        let takes_part =
            |s: &&Found<Station>| self.named.is_none() || wanted.contains(s.value.name());
        let configs: Vec<StationConfig> = stations
            .iter()
            .filter(takes_part)
            .filter_map(|station| {
                let place = station.value.settings.reference_point?;
                let antenna = self.calibration(&station.value, complaints);
                Some(StationConfig { name: station.value.name().clone(), place, antenna })
            })
            .collect();
        if !self.solve {
            return None;
        }
        if configs.is_empty() {
            let text = "solve = true needs stations: no [[station]] that takes part has a position";
            complaints.add(&self.at, text);
        }
        if configs.len() > STATIONS_MAX {
            let text =
                format!("a network has at most {STATIONS_MAX} stations: name them in stations");
            complaints.add(&self.at, text);
        }
        let (interval, glonass) = (self.interval, self.glonass);
        let checkpoint = self.checkpoint.clone();
        Some(NetworkConfig { stations: configs, interval, glonass, checkpoint })
    }

    fn check_names(&self, stations: &[Found<Station>], complaints: &mut Complaints) {
        for named in self.named.iter().flatten() {
            let name = &named.value;
            match stations.iter().find(|s| s.value.name() == name) {
                None => complaints.add(&named.at, format!("no [[station]] is called {name}")),
                Some(s) if s.value.settings.reference_point.is_none() => {
                    let text = format!("station {name} has no position, which the network needs");
                    complaints.add(&named.at, text);
                }
                Some(_) => {}
            }
        }
    }

    /// The calibration of a station's antenna.
    fn calibration(
        &self,
        station: &Station,
        complaints: &mut Complaints,
    ) -> Option<Arc<AntennaCalibration>> {
        let antenna = station.antenna.as_ref()?;
        let all = self.calibrations.as_ref()?;
        let wanted = words(&antenna.value.name);
        let is_it = |c: &&Arc<AntennaCalibration>| {
            words(&c.name) == wanted && (c.serial.is_none() || c.serial == antenna.value.serial)
        };
        // One that was calibrated itself goes before its type.
        let found = all.iter().filter(is_it).max_by_key(|c| c.serial.is_some());
        if found.is_none() {
            let text = format!("the antex file has no antenna {:?}", antenna.value.name);
            complaints.add(&antenna.at, text);
        }
        found.cloned()
    }
}

/// An antenna's name and radome; without a radome, `NONE` stands for it as in ANTEX files.
fn words(name: &str) -> (String, String) {
    let mut words = name.split_whitespace();
    let antenna = words.next().unwrap_or_default().to_owned();
    (antenna, words.next().unwrap_or("NONE").to_owned())
}
