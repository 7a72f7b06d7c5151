//! What a computed stream consists of, as a mountpoint says it: `profile`, `systems`, `signals`, `messages`.

use std::collections::BTreeSet;
use std::str::FromStr;

use tianshu_caster::profile::{Extra, Observations, PHYSICAL_ROUNDING_M, Profile, SignalChoice};
use tianshu_gnss::constellation::Constellation;
use tianshu_rtcm::msm::header::MsmLevel;

use crate::config::section::Section;

/// What the network solves, and so what may be sent.
const SYSTEMS: &str = "GREJC";
/// Of these, what the legacy messages can say.
const LEGACY_SYSTEMS: &str = "GR";
/// What is sent where no systems are named: GLONASS only where it is asked for.
const SYSTEMS_DEFAULT: &str = "GEJC";
/// The same of legacy messages.
const LEGACY_SYSTEMS_DEFAULT: &str = "G";
/// The profiles, as they are written.
const PROFILES: [(&str, Observations); 4] = [
    ("msm4", Observations::Msm(MsmLevel::Msm4)),
    ("msm5", Observations::Msm(MsmLevel::Msm5)),
    ("msm7", Observations::Msm(MsmLevel::Msm7)),
    ("legacy", Observations::Legacy),
];
/// What 1032 may be rounded to, m: up to a degree.
const ROUNDING_MAX_M: f64 = 100e3;

/// A message beside the observations, as it is written.
#[derive(Clone, Copy, PartialEq)]
enum Message {
    ReferencePoint { has_height: bool },
    Extra(Extra),
}

/// The messages that may be asked for.
const MESSAGES: [(&str, Message); 11] = [
    ("1005", Message::ReferencePoint { has_height: false }),
    ("1006", Message::ReferencePoint { has_height: true }),
    ("1007", Message::Extra(Extra::Antenna)),
    ("1008", Message::Extra(Extra::AntennaSerial)),
    ("1013", Message::Extra(Extra::SystemParameters)),
    ("1029", Message::Extra(Extra::Texts)),
    ("1032", Message::Extra(Extra::PhysicalStation)),
    ("1033", Message::Extra(Extra::Receiver)),
    ("1230", Message::Extra(Extra::GlonassBias)),
    ("ephemerides", Message::Extra(Extra::Ephemerides)),
    ("residuals", Message::Extra(Extra::Residuals)),
];

impl FromStr for Message {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = MESSAGES.iter().find(|(name, _)| *name == text);
        known.map(|(_, message)| *message).ok_or_else(|| {
            let all: Vec<_> = MESSAGES.iter().map(|(name, _)| format!("\"{name}\"")).collect();
            format!("\"{text}\" is not known here: use {}", all.join(", "))
        })
    }
}

/// A signal as it is written: system and band, as in "G1", or with its attribute, as in "G2W".
struct Choice(SignalChoice);

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is no signal: write system and band, as in \"G1\" or \"G2W\"");
        let mut letters = text.chars();
        let system = letters.next().and_then(Constellation::from_letter).ok_or_else(wrong)?;
        let band = letters.next().filter(char::is_ascii_digit).ok_or_else(wrong)?;
        let attribute = letters.next();
        let is_letter = attribute.is_none_or(|letter| letter.is_ascii_uppercase());
        if !is_letter || letters.next().is_some() {
            return Err(wrong());
        }
        Ok(Self(SignalChoice { constellation: system, band, attribute }))
    }
}

/// Reads a profile; `default` is what holds where nothing is said, legacy where a real master is told.
pub(crate) fn read(section: &mut Section<'_>, default: Observations) -> Profile {
    let observations = section.word("profile", &PROFILES).unwrap_or(default);
    // A real station's GLONASS phases are its own receiver's; only those of virtual stations are aligned.
    let systems = systems(section, observations, default == Observations::Legacy);
    let mut profile = Profile::msm(MsmLevel::Msm4, systems);
    profile.observations = observations;
    signals(section, &mut profile);
    messages(section, &mut profile);
    profile.physical_rounding_m =
        section.number_or("physical_rounding_m", 0.0..=ROUNDING_MAX_M, PHYSICAL_ROUNDING_M);
    profile
}

/// Systems by their letters.
fn systems(
    section: &mut Section<'_>,
    observations: Observations,
    of_master: bool,
) -> BTreeSet<Constellation> {
    let legacy = observations == Observations::Legacy;
    let (possible, default) = if of_master {
        let all = if legacy { LEGACY_SYSTEMS_DEFAULT } else { SYSTEMS_DEFAULT };
        (all, all)
    } else if legacy {
        (LEGACY_SYSTEMS, LEGACY_SYSTEMS_DEFAULT)
    } else {
        (SYSTEMS, SYSTEMS_DEFAULT)
    };
    let found = section.text("systems");
    let letters = found.as_ref().map_or(default, |found| found.value);
    if let Some(found) = &found
        && (letters.is_empty() || !letters.chars().all(|c| possible.contains(c)))
    {
        let of = if legacy {
            "which the network solves and legacy messages can say"
        } else {
            "which the network solves"
        };
        let text = format!(
            "systems = {letters:?}: use letters of {possible:?} (G GPS, R GLONASS, E Galileo, J QZSS, C BeiDou), {of}"
        );
        section.complain(&found.at, text);
    }
    letters.chars().filter_map(Constellation::from_letter).collect()
}

fn signals(section: &mut Section<'_>, profile: &mut Profile) {
    for found in section.list::<Choice>("signals").unwrap_or_default() {
        let Choice(choice) = found.value;
        if !profile.systems.contains(&choice.constellation) {
            let text = format!(
                "signals: {} is not one of this mountpoint's systems",
                choice.constellation
            );
            section.complain(&found.at, text);
        }
        profile.signals.insert(choice);
    }
}

fn messages(section: &mut Section<'_>, profile: &mut Profile) {
    let Some(found) = section.list::<Message>("messages") else { return };
    profile.extras.clear();
    let mut point = None;
    for found in found {
        match found.value {
            Message::Extra(extra) => {
                profile.extras.insert(extra);
            }
            Message::ReferencePoint { has_height } => {
                if point.is_some_and(|before| before != has_height) {
                    let text = "messages: a stream tells its reference point by \"1005\" or by \"1006\", not by both";
                    section.complain(&found.at, text);
                }
                point = Some(has_height);
            }
        }
    }
    // A rover cannot do without one: where none is named it is 1006.
    profile.has_height = point.unwrap_or(true);
}
