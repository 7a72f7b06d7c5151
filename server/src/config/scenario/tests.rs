//! Tests of scenario files: the documented one against the code, and broken ones against their faults.

use tianshu_simulator::motion::Motion;
use tianshu_simulator::named::{NAMES, named};

use super::*;
use crate::config::network::built_in;

const DOCUMENTED: &str = include_str!("../../../../config/scenario.toml");

fn read(text: &str) -> Result<Scenario, Vec<(usize, String)>> {
    let told = |complaints: Complaints| {
        complaints.into_sorted().into_iter().map(|c| (c.line, c.text)).collect()
    };
    from_text(text, &built_in()).map_err(told)
}

#[track_caller]
fn check(text: &str, expected: &[(usize, &str)]) {
    let told = read(text).expect_err("the file has faults");
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for ((line, text), (expected_line, part)) in told.iter().zip(expected) {
        assert_eq!(line, expected_line, "{told:#?}");
        assert!(text.contains(part), "{text:?} should tell of {part:?}");
    }
}

#[test]
fn the_documented_file_states_exactly_the_defaults() {
    assert_eq!(read(DOCUMENTED), Ok(named(DEFAULT).expect("it is one of the names")));
    assert_eq!(read(""), Ok(named(DEFAULT).expect("it is one of the names")));
}

/// With the examples uncommented, the file is good too, and they are all heard.
#[test]
fn the_documented_examples_are_good() {
    let is_example = |line: &&str| {
        let key = line.split([' ', '[']).next().unwrap_or_default();
        line.starts_with("[[")
            || (line.contains(" = ") && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
    };
    let uncommented: Vec<_> =
        DOCUMENTED
            .lines()
            .filter(|line| !["waves = []", "bubbles = []", "kind = \"still\""].contains(line))
            .map(|line| line.strip_prefix("# ").filter(is_example).unwrap_or(line))
            .map(|line| {
                if line == "speed_m_s = 15.0" {
                    "kind = \"circle\"\nspeed_m_s = 15.0"
                } else {
                    line
                }
            })
            .collect();
    let scenario = read(&uncommented.join("\n")).expect("the examples are good");
    assert_eq!(scenario.ionosphere.waves.len(), 1);
    assert_eq!(scenario.ionosphere.bubbles.len(), 1);
    assert_eq!(scenario.ionosphere.solar_hour_at_start, Some(9.2));
    assert_eq!(scenario.station_receiver.reflector_height_m, Some(2.0));
    assert_eq!(scenario.rover_motion, named("drive").expect("a name").rover_motion);
    assert_eq!((scenario.faults.len(), scenario.outages.len()), (5, 1));
}

#[test]
fn every_name_is_a_base() {
    for (name, _) in NAMES {
        assert_eq!(read(&format!("base = \"{name}\"")), Ok(named(name).expect("a name")));
    }
}

#[test]
fn a_file_overrides_what_it_names_and_nothing_else() {
    let text = "base = \"drive\"\n[rover_motion]\nspeed_m_s = 30\n[link]\nloss = 0.01\n";
    let mut expected = named("drive").expect("a name");
    let Motion::Circle { radius_m, hill_m, .. } = expected.rover_motion else {
        panic!("rovers drive");
    };
    expected.rover_motion = Motion::Circle { speed_m_s: 30.0, radius_m, hill_m };
    expected.link.loss = 0.01;
    assert_eq!(read(text), Ok(expected));
}

#[test]
fn every_fault_is_told_at_once_with_its_line() {
    check(
        r#"base = "stormy"
rovers = -1
[sky]
systems = ["GPS", "GLONASS", "GPS"]
orbit_error_m = "much"
[ionosphere]
night_tecu = nan
day_tec = 5
crest_width_deg = 0.0
[[ionosphere.waves]]
amplitude_tecu = 1.0
wavelength_km = 1.0
speed_m_s = 100.0
azimuth_deg = 0.0
[station_receiver]
mask_deg = 95
[link]
loss = 2.0
[[faults]]
station = "NOWHERE"
kind = "antenna-moved"
at_s = -5.0
by = [0.1, 0.0, 0.0]
[[outages]]
station = 500
from_s = 100.0
until_s = 50.0
[extra]
"#,
        &[
            (1, "\"stormy\" is not known here"),
            (2, "rovers must be a whole number"),
            (4, "\"GLONASS\" is no system"),
            (5, "orbit_error_m must be a number, not a text"),
            (7, "night_tecu must be a number"),
            (8, "is `day_tecu` meant?"),
            (9, "ionosphere.crest_width_deg: 0 is not between"),
            (12, "ionosphere.waves[0].wavelength_km: 1 is not between"),
            (16, "station_receiver.mask_deg: 95 is not between"),
            (18, "link.loss: 2 is not between"),
            (20, "no station NOWHERE"),
            (22, "faults[0].at_s: -5"),
            (24, "no span after the start"),
            (25, "no station number 500"),
            (28, "no key `extra`"),
        ],
    );
}

#[test]
fn what_a_list_holds_is_checked_in_its_line() {
    check(
        "[sky]\nsystems = [\n\"GPS\",\n\"SBAS\",\n\"GPS\",\n]\n",
        &[(4, "SBAS is not simulated"), (5, "GPS is named twice")],
    );
    check("base = \"quiet\"\n[sky]\nsystems = []\n", &[(3, "at least one system has to fly")]);
}

#[test]
fn an_entry_says_what_it_lacks() {
    check(
        "[[faults]]\nstation = 0\nkind = \"frozen-clock\"\nfrom_s = 5\n[[outages]]\nfrom_s = 1\n[[faults]]\n",
        &[
            (1, "[[faults]] has no `until_s`"),
            (5, "[[outages]] has no `station`"),
            (5, "[[outages]] has no `until_s`"),
            (7, "[[faults]] has no `kind`"),
            (7, "[[faults]] has no `station`"),
        ],
    );
}

#[test]
fn what_can_be_read_of_an_entry_is_judged_although_the_rest_cannot() {
    check(
        "[[faults]]\nstation = \"NOWHERE\"\nkind = \"antena-moved\"\n\
         [[faults]]\nstation = 999\nkind = \"antenna-moved\"\nat_s = -5\nby = [1, 2]\n\
         [[outages]]\nstation = \"NOWHERE\"\nuntil_s = 5\n\
         [[ionosphere.waves]]\namplitude_tecu = -1.0\nwavelength_km = \"long\"\n\
         speed_m_s = 100.0\nazimuth_deg = 0.0\n",
        &[
            (2, "no station NOWHERE"),
            (3, "\"antena-moved\" is not known here"),
            (5, "no station number 999"),
            (7, "faults[1].at_s: -5"),
            (8, "by must be a list of 3 numbers"),
            (9, "[[outages]] has no `from_s`"),
            (10, "no station NOWHERE"),
            (13, "waves[0].amplitude_tecu: -1"),
            (14, "wavelength_km must be a number"),
        ],
    );
}
