//! GLONASS code-phase biases: what aligns a receiver's phases with its codes, so that their whole cycles are the same with any receiver.

use crate::constellation::Constellation;
use crate::signal::Signal;
use crate::units::Metres;

/// What has to be added to a receiver's GLONASS phases, signal by signal.
///
/// Every satellite has a carrier of its own. A receiver whose phases are told for another moment than its codes has the same metres in all of
/// them, which are other cycles on each carrier: its differences with another receiver are no whole numbers (Sleewaegen et al. 2012). With
/// these metres added they are (RTCM 10403.3, DF423 to DF426).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GlonassBiases {
    /// In the order of [`GlonassBiases::SIGNALS`]; none of a signal of which nothing is known.
    to_add: [Option<Metres>; 4],
}

impl GlonassBiases {
    /// The signals of which a bias is told, by band and attribute: L1 C/A, L1 P, L2 C/A, L2 P.
    pub const SIGNALS: [(char, char); 4] = [('1', 'C'), ('1', 'P'), ('2', 'C'), ('2', 'P')];

    /// Biases that are to be added, in the order of [`GlonassBiases::SIGNALS`].
    pub fn to_add(to_add: [Option<Metres>; 4]) -> Self {
        Self { to_add }
    }

    /// Of a receiver whose phases are aligned already.
    pub fn aligned() -> Self {
        Self { to_add: [Some(Metres(0.0)); 4] }
    }

    /// What is to be added, in the order of [`GlonassBiases::SIGNALS`].
    pub fn all(&self) -> [Option<Metres>; 4] {
        self.to_add
    }

    /// What is known, signal by signal.
    pub fn by_signal(self) -> impl Iterator<Item = (Signal, Metres)> {
        Self::SIGNALS.into_iter().zip(self.to_add).filter_map(|((band, attribute), bias)| {
            Some((Signal::new(Constellation::Glonass, band, attribute)?, bias?))
        })
    }

    /// What is to be added to a signal's phases. Signals other than GLONASS' need nothing; none where it is not known.
    pub fn of(&self, signal: Signal) -> Option<Metres> {
        if signal.constellation() != Constellation::Glonass {
            return Some(Metres(0.0));
        }
        let own = (signal.band(), signal.attribute());
        let place = Self::SIGNALS.iter().position(|of| *of == own)?;
        self.to_add[place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_signal_has_its_own_bias_and_some_have_none() {
        let biases = GlonassBiases::to_add([Some(Metres(-71.94)), None, Some(Metres(-70.0)), None]);
        let of = |system, code: &str| biases.of(Signal::from_code(system, code).expect("a signal"));
        assert_eq!(of(Constellation::Glonass, "1C"), Some(Metres(-71.94)));
        assert_eq!(of(Constellation::Glonass, "2C"), Some(Metres(-70.0)));
        assert_eq!(of(Constellation::Glonass, "1P"), None);
        assert_eq!(of(Constellation::Glonass, "3I"), None);
        assert_eq!(of(Constellation::Gps, "1C"), Some(Metres(0.0)));
        let known: Vec<_> = biases.by_signal().map(|(s, m)| (s.band(), s.attribute(), m)).collect();
        assert_eq!(known, [('1', 'C', Metres(-71.94)), ('2', 'C', Metres(-70.0))]);
    }
}
