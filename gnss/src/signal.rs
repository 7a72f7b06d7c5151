//! Signals by their RINEX codes, and the carriers they ride on.

use std::fmt;

use crate::constellation::Constellation;
use crate::units::Hertz;

/// A signal: the system, and the band digit and attribute letter of its RINEX observation code.
///
/// `Signal::new(BeiDou, '2', 'I')` is B1I, observed as C2I, L2I, D2I and S2I (RINEX 3.05, tables 4 to 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signal {
    constellation: Constellation,
    band: u8,
    attribute: u8,
}

/// The band and attributes of one carrier of one system: a row of RINEX 3.05, tables 4 to 10.
struct Band {
    constellation: Constellation,
    digit: u8,
    attributes: &'static [u8],
    carrier_mhz: f64,
    name: &'static str,
}

const fn band(
    constellation: Constellation,
    digit: u8,
    attributes: &'static [u8],
    carrier_mhz: f64,
    name: &'static str,
) -> Band {
    Band { constellation, digit, attributes, carrier_mhz, name }
}

/// RINEX 3.05, tables 4 (GPS), 5 (GLONASS, channel 0), 6 (Galileo), 7 (SBAS), 8 (QZSS), 9 (BeiDou), 10 (NavIC),
/// with the NavIC L1 signals of RINEX 4.01, table 14.
const BANDS: &[Band] = &[
    band(Constellation::Gps, b'1', b"CSLXPWYMN", 1575.42, "L1"),
    band(Constellation::Gps, b'2', b"CDSLXPWYMN", 1227.60, "L2"),
    band(Constellation::Gps, b'5', b"IQX", 1176.45, "L5"),
    band(Constellation::Glonass, b'1', b"CP", 1602.0, "G1"),
    band(Constellation::Glonass, b'4', b"ABX", 1600.995, "G1a"),
    band(Constellation::Glonass, b'2', b"CP", 1246.0, "G2"),
    band(Constellation::Glonass, b'6', b"ABX", 1248.06, "G2a"),
    band(Constellation::Glonass, b'3', b"IQX", 1202.025, "G3"),
    band(Constellation::Galileo, b'1', b"ABCXZ", 1575.42, "E1"),
    band(Constellation::Galileo, b'5', b"IQX", 1176.45, "E5a"),
    band(Constellation::Galileo, b'7', b"IQX", 1207.140, "E5b"),
    band(Constellation::Galileo, b'8', b"IQX", 1191.795, "E5"),
    band(Constellation::Galileo, b'6', b"ABCXZ", 1278.75, "E6"),
    band(Constellation::Sbas, b'1', b"C", 1575.42, "L1"),
    band(Constellation::Sbas, b'5', b"IQX", 1176.45, "L5"),
    band(Constellation::Qzss, b'1', b"CESLXZB", 1575.42, "L1"),
    band(Constellation::Qzss, b'2', b"SLX", 1227.60, "L2"),
    band(Constellation::Qzss, b'5', b"IQXDPZ", 1176.45, "L5"),
    band(Constellation::Qzss, b'6', b"SLXEZ", 1278.75, "L6"),
    band(Constellation::BeiDou, b'2', b"IQX", 1561.098, "B1I"),
    band(Constellation::BeiDou, b'1', b"DPXASLZ", 1575.42, "B1C"),
    band(Constellation::BeiDou, b'5', b"DPX", 1176.45, "B2a"),
    band(Constellation::BeiDou, b'7', b"IQXDPZ", 1207.140, "B2b"),
    band(Constellation::BeiDou, b'8', b"DPX", 1191.795, "B2"),
    band(Constellation::BeiDou, b'6', b"IQXDPZA", 1268.52, "B3I"),
    band(Constellation::Navic, b'5', b"ABCX", 1176.45, "L5"),
    band(Constellation::Navic, b'9', b"ABCX", 2492.028, "S"),
    band(Constellation::Navic, b'1', b"DPX", 1575.42, "L1"),
];

/// Channel spacing of GLONASS FDMA carriers in G1, Hz (GLONASS ICD edition 5.1, section 3.3.1.1).
const GLONASS_G1_STEP_HZ: f64 = 562_500.0;
/// Channel spacing of GLONASS FDMA carriers in G2, Hz (GLONASS ICD edition 5.1, section 3.3.1.1).
const GLONASS_G2_STEP_HZ: f64 = 437_500.0;
/// The frequency channels in use and in the ICD's range (GLONASS ICD edition 5.1, table 3.1; -7 to +6, and
/// up to +13 of satellites before 2005).
pub const GLONASS_CHANNELS: std::ops::RangeInclusive<i8> = -7..=13;

/// The carriers by system and band digit, Hz; zero where there is none.
const CARRIERS_HZ: [[f64; 10]; Constellation::ALL.len()] = {
    let mut carriers = [[0.0; 10]; Constellation::ALL.len()];
    let mut i = 0;
    while i < BANDS.len() {
        let row = &BANDS[i];
        carriers[row.constellation as usize][(row.digit - b'0') as usize] = row.carrier_mhz * 1e6;
        i += 1;
    }
    carriers
};

impl Signal {
    /// The signal with that band digit and attribute letter, if RINEX knows it.
    pub const fn new(constellation: Constellation, band: char, attribute: char) -> Option<Self> {
        if !band.is_ascii() || !attribute.is_ascii() {
            return None;
        }
        let signal = Self { constellation, band: band as u8, attribute: attribute as u8 };
        if signal.row().is_some() { Some(signal) } else { None }
    }

    /// The signal of a two-letter code such as `2I`, or of an observation code such as `C2I`.
    pub fn from_code(constellation: Constellation, code: &str) -> Option<Self> {
        match *code.as_bytes() {
            [band, attribute] | [_, band, attribute] => {
                Self::new(constellation, char::from(band), char::from(attribute))
            }
            _ => None,
        }
    }

    /// The system.
    pub const fn constellation(self) -> Constellation {
        self.constellation
    }

    /// The band digit, `'1'` to `'9'`.
    pub const fn band(self) -> char {
        self.band as char
    }

    /// The attribute letter, such as `'C'`.
    pub const fn attribute(self) -> char {
        self.attribute as char
    }

    /// The system's letter and the signal's two, such as `G1C`: what tells it from every other.
    pub fn with_system(self) -> String {
        format!("{}{self}", self.constellation.letter())
    }

    /// The interface documents' name of the carrier: `L1`, `E5a`, `B1I`.
    ///
    /// BeiDou's B2I (7I, BDS-2) and B2b (7D, 7P, 7Z, BDS-3) share a carrier and this name differs by attribute.
    pub const fn carrier_name(self) -> &'static str {
        match (self.constellation, self.band, self.attribute) {
            (Constellation::BeiDou, b'7', b'I' | b'Q' | b'X') => "B2I",
            _ => match self.row() {
                Some(row) => row.name,
                None => "?",
            },
        }
    }

    /// The carrier frequency. A GLONASS FDMA signal needs its frequency channel, and has none without it.
    pub fn carrier(self, glonass_channel: Option<i8>) -> Option<Hertz> {
        // All attributes of a band share its carrier, and this is asked for every observation.
        let hertz = CARRIERS_HZ[self.constellation as usize][usize::from(self.band - b'0')];
        let step = match (self.constellation, self.band) {
            (Constellation::Glonass, b'1') => GLONASS_G1_STEP_HZ,
            (Constellation::Glonass, b'2') => GLONASS_G2_STEP_HZ,
            _ => return Some(Hertz(hertz)),
        };
        glonass_channel.map(|channel| Hertz(hertz + f64::from(channel) * step))
    }

    /// The row of the tables that it is from; there is one, or it could not have been made.
    const fn row(self) -> Option<&'static Band> {
        let mut i = 0;
        while i < BANDS.len() {
            let row = &BANDS[i];
            if row.constellation as u8 == self.constellation as u8 && row.digit == self.band {
                let mut j = 0;
                while j < row.attributes.len() {
                    if row.attributes[j] == self.attribute {
                        return Some(row);
                    }
                    j += 1;
                }
            }
            i += 1;
        }
        None
    }
}

/// The two letters of the RINEX code, `2I`.
impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.band(), self.attribute())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(system: Constellation, code: &str, channel: Option<i8>, mhz: f64) {
        let signal = Signal::from_code(system, code).expect("a RINEX code");
        let carrier = signal.carrier(channel).expect("a carrier");
        assert!((carrier.0 - mhz * 1e6).abs() < 1e-3, "{signal} {carrier:?} against {mhz} MHz");
        assert_eq!(signal.to_string(), code);
    }

    #[test]
    fn carriers_are_those_of_the_interface_documents() {
        check(Constellation::Gps, "1C", None, 1575.42);
        check(Constellation::BeiDou, "2I", None, 1561.098);
        check(Constellation::BeiDou, "6I", None, 1268.52);
        check(Constellation::Galileo, "8Q", None, 1191.795);
        check(Constellation::Glonass, "1C", Some(-7), 1598.0625);
        check(Constellation::Glonass, "2P", Some(6), 1248.625);
        check(Constellation::Navic, "9A", None, 2492.028);
    }

    #[test]
    fn a_glonass_carrier_is_unknown_without_its_channel() {
        let signal = Signal::new(Constellation::Glonass, '1', 'C').expect("a RINEX code");
        assert_eq!(signal.carrier(None), None);
    }

    #[test]
    fn codes_outside_the_tables_are_refused() {
        for (system, code) in [
            (Constellation::Gps, "9C"),
            (Constellation::BeiDou, "2C"),
            (Constellation::Gps, ""),
            (Constellation::Gps, "1é"),
        ] {
            assert_eq!(Signal::from_code(system, code), None, "{system} {code:?}");
        }
    }
}
