//! What a stream that is computed consists of: the kind of its observations, and the messages beside them.

use std::collections::BTreeSet;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::signal::Signal;
use tianshu_rtcm::msm::header::MsmLevel;

/// The make of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// How observations are told.
    pub observations: Observations,
    /// Whose observations are told.
    pub systems: BTreeSet<Constellation>,
    /// Which signals; empty means all that the station has.
    pub signals: BTreeSet<SignalChoice>,
    /// Whether the reference point comes with the antenna's height (1006), not without (1005).
    pub has_height: bool,
    /// What else is told.
    pub extras: BTreeSet<Extra>,
    /// To how many metres the physical station's place is rounded in 1032; 0 for not at all.
    pub physical_rounding_m: f64,
}

/// How observations are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observations {
    /// By MSM of that level.
    Msm(MsmLevel),
    /// By 1004 (GPS) and 1012 (GLONASS).
    Legacy,
}

/// A signal by system and band (RINEX), or the one of that attribute alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignalChoice {
    /// Whose.
    pub constellation: Constellation,
    /// The digit of its band.
    pub band: char,
    /// Its attribute; none takes all of the band.
    pub attribute: Option<char>,
}

/// A message beside observations and reference point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extra {
    /// The antenna (1007).
    Antenna,
    /// The antenna with its serial number (1008).
    AntennaSerial,
    /// Antenna and receiver (1033).
    Receiver,
    /// The physical station behind a computed one (1032).
    PhysicalStation,
    /// GLONASS code-phase biases (1230).
    GlonassBias,
    /// System parameters (1013).
    SystemParameters,
    /// Texts for people: what serves the rover from now on, and why (1029).
    Texts,
    /// The ephemerides that the corrections refer to (1019, 1020, 1042, 1044, 1045, 1046).
    Ephemerides,
    /// Network residuals (1030, 1031, 1303, 1304, 1305).
    Residuals,
}

impl Profile {
    /// Observations by MSM, a reference point with height, and the null antenna.
    pub fn msm(level: MsmLevel, systems: BTreeSet<Constellation>) -> Self {
        Self {
            observations: Observations::Msm(level),
            systems,
            signals: BTreeSet::new(),
            has_height: true,
            extras: [Extra::AntennaSerial, Extra::Receiver].into(),
            physical_rounding_m: PHYSICAL_ROUNDING_M,
        }
    }

    /// Whether a signal is told.
    pub fn tells(&self, signal: Signal) -> bool {
        let is_chosen = |choice: &SignalChoice| {
            choice.constellation == signal.constellation()
                && choice.band == signal.band()
                && choice.attribute.is_none_or(|attribute| attribute == signal.attribute())
        };
        self.systems.contains(&signal.constellation())
            && (self.signals.is_empty() || self.signals.iter().any(is_chosen))
    }
}

/// A kilometre says as much as a receiver needs of a station it does not hear, and not where its pillar stands.
pub const PHYSICAL_ROUNDING_M: f64 = 1_000.0;

impl From<MsmLevel> for Profile {
    /// All systems, and nothing beside but the null antenna.
    fn from(level: MsmLevel) -> Self {
        Self::msm(level, Constellation::ALL.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(choices: &[(char, Option<char>)], signal: (Constellation, char, char), told: bool) {
        let mut profile = Profile::msm(MsmLevel::Msm4, [Constellation::Gps].into());
        let choice = |&(band, attribute): &(char, Option<char>)| SignalChoice {
            constellation: Constellation::Gps,
            band,
            attribute,
        };
        profile.signals = choices.iter().map(choice).collect();
        let (constellation, band, attribute) = signal;
        let signal = Signal::new(constellation, band, attribute).unwrap();
        assert_eq!(profile.tells(signal), told, "{choices:?} {signal:?}");
    }

    #[test]
    fn signals_are_chosen_by_system_band_and_attribute() {
        let gps = Constellation::Gps;
        check(&[], (gps, '1', 'C'), true);
        check(&[], (Constellation::Galileo, '1', 'C'), false);
        check(&[('1', None)], (gps, '1', 'C'), true);
        check(&[('1', None)], (gps, '2', 'W'), false);
        check(&[('2', Some('W'))], (gps, '2', 'W'), true);
        check(&[('2', Some('W'))], (gps, '2', 'L'), false);
    }
}
