//! Group delays: what a signal's clock differs by from the clock that the ephemeris tells.

use crate::constellation::Constellation;
use crate::ephemeris::Ephemeris;
use crate::ephemeris::kepler::{BeiDouEphemeris, GalileoEphemeris, GalileoMessage, LnavEphemeris};
use crate::signal::Signal;

/// (f_L1 / f_L2)² of GPS and QZSS (IS-GPS-200, section 20.3.3.3.3.2).
const GAMMA_L1_L2: f64 = (77.0 * 77.0) / (60.0 * 60.0);
/// (f_E1 / f_E5a)² (Galileo OS SIS ICD, section 5.1.5).
const GAMMA_E1_E5A: f64 = (1575.42 * 1575.42) / (1176.45 * 1176.45);
/// (f_E1 / f_E5b)² (Galileo OS SIS ICD, section 5.1.5).
const GAMMA_E1_E5B: f64 = (1575.42 * 1575.42) / (1207.14 * 1207.14);
/// (f_S / f_L5)² of NavIC (IRNSS SIS ICD 1.1, section 6.2.1.5).
const GAMMA_S_L5: f64 = (2492.028 * 2492.028) / (1176.45 * 1176.45);

impl Ephemeris {
    /// The delay of `signal` against the clock of [`SatelliteState`](crate::ephemeris::state::SatelliteState), s.
    ///
    /// A code measurement is corrected with `clock_s - group_delay_s`. None where the message says nothing of the
    /// signal: LNAV nothing of L5 and L1C, D1/D2 nothing of B1C and B2a, F/NAV nothing of E5b.
    pub fn group_delay_s(&self, signal: Signal) -> Option<f64> {
        if signal.constellation() != self.satellite().constellation() {
            return None;
        }
        match self {
            Self::Gps(e) | Self::Qzss(e) => lnav(e, signal),
            Self::Galileo(e) => galileo(e, signal.band()),
            Self::BeiDou(e) => beidou(e, signal),
            Self::Glonass(e) => match signal.band() {
                '1' => Some(0.0),
                // Δτ_n = τ_G2 - τ_G1 (GLONASS ICD edition 5.1, section 4.4).
                '2' => e.delta_tau_n_s,
                _ => None,
            },
            Self::Navic(e) => match signal.band() {
                '9' => Some(e.tgd_s),
                '5' => Some(GAMMA_S_L5 * e.tgd_s),
                _ => None,
            },
        }
    }
}

/// IS-GPS-200, section 20.3.3.3.3.2. C/A and P(Y), and L2C and L2 P(Y), share a value: their differences (below 2 ns) are
/// the inter-signal corrections of CNAV, which LNAV does not carry.
fn lnav(e: &LnavEphemeris, signal: Signal) -> Option<f64> {
    match (signal.constellation(), signal.band(), signal.attribute()) {
        (Constellation::Gps, '1', 'C' | 'P' | 'W' | 'Y' | 'M' | 'N')
        | (Constellation::Qzss, '1', 'C' | 'E') => Some(e.tgd_s),
        (_, '2', _) => Some(GAMMA_L1_L2 * e.tgd_s),
        _ => None,
    }
}

/// Galileo OS SIS ICD, section 5.1.5: both messages describe one clock, so that the two delays also carry from one pair
/// of signals to the other.
fn galileo(e: &GalileoEphemeris, band: char) -> Option<f64> {
    match (e.message, band) {
        (GalileoMessage::FNav, '1') => Some(e.bgd_e5a_s),
        (GalileoMessage::FNav, '5') => Some(GAMMA_E1_E5A * e.bgd_e5a_s),
        (GalileoMessage::INav, '1') => e.bgd_e5b_s,
        (GalileoMessage::INav, '7') => e.bgd_e5b_s.map(|bgd| GAMMA_E1_E5B * bgd),
        (GalileoMessage::INav, '5') => {
            e.bgd_e5b_s.map(|bgd| bgd + (GAMMA_E1_E5A - 1.0) * e.bgd_e5a_s)
        }
        _ => None,
    }
}

/// BDS-SIS-ICD-B1I-3.0, section 5.2.4.10: the clock is that of B3I.
fn beidou(e: &BeiDouEphemeris, signal: Signal) -> Option<f64> {
    match (signal.band(), signal.attribute()) {
        ('6', 'I' | 'Q' | 'X') => Some(0.0),
        ('2', 'I' | 'Q' | 'X') => Some(e.tgd1_s),
        ('7', 'I' | 'Q' | 'X') => Some(e.tgd2_s),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ephemeris::state::tests::{beidou, galileo_inav, glonass, gps};

    #[track_caller]
    fn check(ephemeris: &Ephemeris, code: &str, expected_ns: Option<f64>) {
        let system = ephemeris.satellite().constellation();
        let signal = Signal::from_code(system, code).expect("a RINEX code");
        let got = ephemeris.group_delay_s(signal).map(|s| s * 1e9);
        let same = match (got, expected_ns) {
            (Some(got), Some(expected)) => (got - expected).abs() < 1e-9,
            (None, None) => true,
            _ => false,
        };
        assert!(same, "{system} {code}: {got:?} ns, not {expected_ns:?}");
    }

    #[test]
    fn every_signal_has_the_delay_of_its_interface_document() {
        let gps = gps("G07");
        check(&gps, "1C", Some(-10.0));
        check(&gps, "2W", Some(-10.0 * 5929.0 / 3600.0));
        check(&gps, "5Q", None);
        let galileo = galileo_inav("E11");
        check(&galileo, "1X", Some(4.0));
        check(&galileo, "7X", Some(4.0 * GAMMA_E1_E5B));
        // The clock of E1 is one clock: c - bgd_b = c' - bgd_a, and E5a lags c' by γ bgd_a.
        check(&galileo, "5Q", Some(4.0 - 3.0 + GAMMA_E1_E5A * 3.0));
        check(&galileo, "6C", None);
        let beidou = beidou("C21");
        check(&beidou, "2I", Some(8.0));
        check(&beidou, "7I", Some(-2.0));
        check(&beidou, "6I", Some(0.0));
        check(&beidou, "1P", None);
        check(&beidou, "7D", None);
        check(&glonass("R05"), "2C", Some(5.0));
    }

    #[test]
    fn the_pair_of_the_clock_needs_no_delay() {
        // The ionosphere-free combination of the two delays vanishes by the definition of the clock.
        let galileo = galileo_inav("E11");
        let delay = |code| {
            let signal = Signal::from_code(Constellation::Galileo, code).expect("a RINEX code");
            galileo.group_delay_s(signal).expect("told by I/NAV")
        };
        let free = (GAMMA_E1_E5B * delay("1X") - delay("7X")) / (GAMMA_E1_E5B - 1.0);
        assert!(free.abs() < 1e-18, "{free}");
    }
}
