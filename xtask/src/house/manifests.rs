//! Which crate may use which: a crate uses only crates of the floors below its own.

use crate::house::File;

/// The floors of the house. A crate that is not listed has no place yet and is a fault.
/// Benches, fuzz targets and this tool stand outside: they may use every crate and no crate uses them.
const FLOORS: &[(&str, u8)] = &[
    ("tianshu-gnss", 1),
    ("tianshu-ntrip", 2),
    ("tianshu-positioning", 2),
    ("tianshu-rinex", 2),
    ("tianshu-rtcm", 2),
    ("tianshu-caster", 3),
    ("tianshu-ingest", 3),
    ("tianshu-simulator", 3),
    ("tianshu-station-monitor", 3),
    ("tianshu", 4),
    ("tianshu-benches", OUTSIDE),
    ("tianshu-fuzz", OUTSIDE),
    ("xtask", OUTSIDE),
];

const OUTSIDE: u8 = u8::MAX;

/// The one crate that may depend on serde: what can be serialised is a promise to strangers, and only
/// the configuration and the printed JSON make one.
const SERDE_CRATE: &str = "tianshu";

/// The crate that the tests of every other may use, whatever its floor: a claim is tested against known truth.
const TRUTH_CRATE: &str = "tianshu-simulator";

/// What a manifest says about who uses whom.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Crate {
    name: String,
    /// `[dependencies]`, with `[build-dependencies]` and those of targets.
    uses: Vec<String>,
    /// `[dev-dependencies]`.
    tests_use: Vec<String>,
}

/// Reads a manifest of a crate; `None` for any other file.
///
/// Reads the TOML that this workspace writes, one dependency per line, not all of TOML.
pub(super) fn read(file: &File) -> Option<Crate> {
    let is_manifest = file.path == "Cargo.toml" || file.path.ends_with("/Cargo.toml");
    if !is_manifest || !file.text.contains("[package]") {
        return None;
    }
    let mut section = "";
    let mut found = Crate { name: String::new(), uses: Vec::new(), tests_use: Vec::new() };
    for line in file.text.lines().map(str::trim) {
        if let Some(head) = line.strip_prefix('[') {
            section = head.trim_end_matches(']');
            if let Some((kind, name)) = section.rsplit_once("dependencies.") {
                list(&mut found, kind).push(name.to_owned());
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let key = key.trim().split('.').next().unwrap_or_default();
        if section == "package" && key == "name" {
            value.trim().trim_matches('"').clone_into(&mut found.name);
        } else if let Some(kind) = section.strip_suffix("dependencies") {
            list(&mut found, kind).push(key.to_owned());
        }
    }
    Some(found)
}

/// The list for a section's kind: `dev-` or anything else.
fn list<'a>(found: &'a mut Crate, kind: &str) -> &'a mut Vec<String> {
    if kind.ends_with("dev-") { &mut found.tests_use } else { &mut found.uses }
}

/// Every arrow that does not go down, every crate without a floor, and serde outside of its crate.
pub(super) fn faults(crates: &[Crate]) -> Vec<String> {
    let mut faults = Vec::new();
    for member in crates {
        let Some(floor) = floor(&member.name) else {
            faults.push(format!("{}: has no floor; give it one in {}", member.name, file!()));
            continue;
        };
        for used in &member.uses {
            if used.starts_with("serde") && member.name != SERDE_CRATE && floor != OUTSIDE {
                faults.push(format!("{}: only {SERDE_CRATE} may use {used}", member.name));
            }
            if floor_or_ours(used).is_some_and(|below| floor != OUTSIDE && below >= floor) {
                faults.push(format!(
                    "{} must not use {used}: it is not on a floor below",
                    member.name
                ));
            }
        }
        // Tests may join neighbours of one floor, as the two ends of one wire.
        for used in member.tests_use.iter().filter(|used| *used != TRUTH_CRATE) {
            if floor_or_ours(used).is_some_and(|below| below > floor) {
                faults.push(format!("tests of {} must not use {used}: it is above", member.name));
            }
        }
    }
    faults
}

fn floor(name: &str) -> Option<u8> {
    FLOORS.iter().find(|(known, _)| *known == name).map(|(_, floor)| *floor)
}

/// The floor of one of our crates, known or not; `None` for a stranger's.
fn floor_or_ours(name: &str) -> Option<u8> {
    floor(name).or_else(|| name.starts_with("tianshu").then_some(OUTSIDE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(manifest: &str, expected: &[&str]) {
        let file = File { path: "x/Cargo.toml".into(), text: manifest.into() };
        assert_eq!(faults(&[read(&file).unwrap()]), expected);
    }

    #[test]
    fn arrows_go_down() {
        let head = "[package]\nname = \"tianshu-caster\"\n[dependencies]\n";
        check(&format!("{head}bytes = \"1\"\ntianshu-ntrip.workspace = true"), &[]);
        check(
            &format!("{head}tianshu-ingest = {{ path = \"../ingest\" }}"),
            &["tianshu-caster must not use tianshu-ingest: it is not on a floor below"],
        );
        check(
            &format!("{head}[dependencies.tianshu]\npath = \"../server\""),
            &["tianshu-caster must not use tianshu: it is not on a floor below"],
        );
        check(
            &format!("{head}[target.'cfg(unix)'.dependencies]\nxtask.workspace = true"),
            &["tianshu-caster must not use xtask: it is not on a floor below"],
        );
    }

    #[test]
    fn tests_may_join_neighbours_but_not_climb() {
        let head = "[package]\nname = \"tianshu-rtcm\"\n[dev-dependencies]\n";
        check(&format!("{head}tianshu-ntrip.workspace = true\nserde_json.workspace = true"), &[]);
        check(&format!("{head}tianshu-simulator.workspace = true"), &[]);
        check(
            &format!("{head}tianshu-caster.workspace = true"),
            &["tests of tianshu-rtcm must not use tianshu-caster: it is above"],
        );
    }

    #[test]
    fn serde_has_one_crate() {
        check(
            "[package]\nname = \"tianshu-rtcm\"\n[dependencies]\nserde_json.workspace = true",
            &["tianshu-rtcm: only tianshu may use serde_json"],
        );
        check("[package]\nname = \"tianshu\"\n[dependencies]\nserde.workspace = true", &[]);
    }

    #[test]
    fn a_new_crate_needs_a_floor() {
        check(
            "[package]\nname = \"tianshu-weather\"",
            &["tianshu-weather: has no floor; give it one in xtask/src/house/manifests.rs"],
        );
    }
}
