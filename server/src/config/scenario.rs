//! Scenarios for the simulator: one of the named ones, or a file that overrides a named one.

use std::ops::Range;
use std::path::Path;

use anyhow::{Context, bail};
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::utc::Utc;
use tianshu_simulator::named::{NAMES, named};
use tianshu_simulator::network::Network;
use tianshu_simulator::rovers::RoverPlaces;
use tianshu_simulator::scenario::{ROVERS_MAX, Scenario};
use toml::de::{DeTable, DeValue};

use crate::config::complaint::{Complaints, Unusable};
use crate::config::document;
use crate::config::scenario_parts::{
    faults, ionosphere, link, motion, outages, receiver, troposphere,
};
use crate::config::section::Section;

/// What stands at the top of a scenario file.
pub(crate) const KEYS: [&str; 15] = [
    "base",
    "name",
    "start",
    "rovers",
    "rover_places",
    "rover_companions",
    "sky",
    "ionosphere",
    "troposphere",
    "station_receiver",
    "rover_receiver",
    "rover_motion",
    "link",
    "faults",
    "outages",
];

/// Where rovers may stand.
pub(crate) const ROVER_PLACES: [(&str, RoverPlaces); 2] =
    [("lot", RoverPlaces::Lot), ("middles", RoverPlaces::Middles)];

/// The scenario that is played where none is named.
pub(crate) const DEFAULT: &str = "quiet";

/// The scenario of a name, or the one that a file describes, checked on that network.
pub(crate) fn find(wanted: &str, network: &Network) -> anyhow::Result<Scenario> {
    if let Some(scenario) = named(wanted) {
        // A small network may lack the stations that a named scenario troubles.
        scenario.check(network)?;
        return Ok(scenario);
    }
    let path = Path::new(wanted);
    if !path.exists() {
        bail!("there is no scenario {wanted}: use {}, or the path of a scenario file", names());
    }
    from_file(path, network)
}

/// Reads a scenario file.
pub(crate) fn from_file(path: &Path, network: &Network) -> anyhow::Result<Scenario> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the scenario {}", path.display()))?;
    from_text(&text, network).map_err(|complaints| {
        let file = path.display().to_string();
        anyhow::Error::new(Unusable { file, complaints: complaints.into_sorted() })
    })
}

/// Reads the text of a scenario file, and checks what it describes on that network.
pub(crate) fn from_text(text: &str, network: &Network) -> Result<Scenario, Complaints> {
    let mut complaints = Complaints::about(text);
    let Some(document) = document::parse(text, &mut complaints) else { return Err(complaints) };
    let root = document.get_ref();
    let scenario = understood(Section::open("a scenario", 0..0, root, &mut complaints));
    if let Err(bad) = scenario.check(network) {
        for complaint in bad.0 {
            let at = place_of(root, &complaint.field);
            complaints.add(&at, complaint.to_string());
        }
    }
    if complaints.is_empty() { Ok(scenario) } else { Err(complaints) }
}

/// The names as a message lists them.
fn names() -> String {
    NAMES.map(|(name, _)| name).join(", ")
}

/// What the file says, on top of its base. What cannot be read stays as the base has it.
fn understood(mut top: Section<'_>) -> Scenario {
    let known: Vec<_> = NAMES.iter().map(|(name, _)| (*name, *name)).collect();
    let base = top.word("base", &known).unwrap_or(DEFAULT);
    let mut scenario = named(base).expect("every name of the list has its scenario");
    scenario.name = top.text_or("name", base);
    if let Some(start) = top.parsed::<Utc>("start") {
        scenario.start = GpsTime::from(start.value);
    }
    let rovers = top.integer_or("rovers", 0..=u64::from(ROVERS_MAX), u64::from(scenario.rovers));
    scenario.rovers = u32::try_from(rovers).unwrap_or(ROVERS_MAX);
    if let Some(places) = top.word("rover_places", &ROVER_PLACES) {
        scenario.rover_places = places;
    }
    scenario.rover_companions = top.flag_or("rover_companions", scenario.rover_companions);
    top.table("sky", "[sky]", |section| sky(section, &mut scenario));
    top.table("ionosphere", "[ionosphere]", |s| ionosphere(s, &mut scenario.ionosphere));
    top.table("troposphere", "[troposphere]", |s| troposphere(s, &mut scenario.troposphere));
    top.table("station_receiver", "[station_receiver]", |section| {
        receiver(section, &mut scenario.station_receiver);
    });
    top.table("rover_receiver", "[rover_receiver]", |section| {
        receiver(section, &mut scenario.rover_receiver);
    });
    top.table("rover_motion", "[rover_motion]", |s| motion(s, &mut scenario.rover_motion));
    top.table("link", "[link]", |section| link(section, &mut scenario.link));
    faults(&mut top, &mut scenario.faults);
    outages(&mut top, &mut scenario.outages);
    top.close();
    scenario
}

fn sky(mut section: Section<'_>, scenario: &mut Scenario) {
    let sky = &mut scenario.sky;
    let faults_before = section.faults();
    let systems = section.list::<SystemName>("systems");
    // A list with a fault in it stays the base's: what is left of it would be a guess.
    if let Some(systems) = systems.filter(|_| section.faults() == faults_before) {
        sky.systems = systems.into_iter().map(|found| found.value.0).collect();
    }
    section.number_into("orbit_error_m", &mut sky.orbit_error_m);
    section.number_into("clock_error_m", &mut sky.clock_error_m);
    section.close();
}

/// A system by its name in sourcetables.
struct SystemName(Constellation);

impl std::str::FromStr for SystemName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Constellation::ALL.into_iter().find(|s| s.sourcetable_name() == text);
        let all = || Constellation::ALL.map(Constellation::sourcetable_name).join(", ");
        found.map(Self).ok_or_else(|| format!("{text:?} is no system: use {}", all()))
    }
}

/// Where the field that a check names stands in the file; if it is not there, the nearest that holds it.
///
/// The tables of a file have the names of the scenario's own fields, so that `ionosphere.waves[1].speed_m_s` leads
/// to its line.
fn place_of(root: &DeTable<'_>, field: &str) -> Range<usize> {
    let mut at = 0..0;
    let mut table = Some(root);
    for part in field.split('.') {
        let (key, index) = match part.split_once('[') {
            Some((key, rest)) => (key, rest.trim_end_matches(']').parse::<usize>().ok()),
            None => (part, None),
        };
        let Some(value) = table.and_then(|t| t.get(key)) else { break };
        let entry = index.and_then(|i| value.get_ref().as_array().and_then(|all| all.get(i)));
        let value = entry.unwrap_or(value);
        at = value.span();
        table = match value.get_ref() {
            DeValue::Table(inner) => Some(inner),
            _ => None,
        };
    }
    at
}

#[cfg(test)]
mod tests;
