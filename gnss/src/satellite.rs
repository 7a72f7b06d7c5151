//! Satellites as RINEX names them: a system letter and a number.

use std::fmt;
use std::str::FromStr;

use crate::constellation::Constellation;

/// A satellite: system and number as in RINEX (`G07`, `R24`, `C60`, `J02` = PRN 194, `S20` = PRN 120).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Satellite {
    constellation: Constellation,
    number: u8,
}

/// The highest GLONASS slot that receivers tell. The constellation has 24 (GLONASS ICD edition 5.1, section 4.4); the
/// satellites beyond, on trial or in reserve, are told as 25 to 27 by receivers and read so by RTKLIB.
pub const GLONASS_SLOT_MAX: u8 = 27;

/// What is wrong with a satellite's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no satellite is called {0:?}: a system letter and a number from 1 to 99 were expected, as in G07"
)]
pub struct NoSuchSatellite(String);

impl Satellite {
    /// The satellite of that number, 1 to 99 (PRN, GLONASS slot, SBAS PRN - 100, QZSS PRN - 192).
    pub const fn new(constellation: Constellation, number: u8) -> Option<Self> {
        if number == 0 || number > 99 { None } else { Some(Self { constellation, number }) }
    }

    /// The system.
    pub const fn constellation(self) -> Constellation {
        self.constellation
    }

    /// The number within the system, 1 to 99.
    pub const fn number(self) -> u8 {
        self.number
    }

    /// Whether this is a geostationary BeiDou satellite, whose broadcast orbit is told in a frame of its own.
    ///
    /// C01-C05 and C59-C63 (BDS-SIS-ICD-B1I-3.0, section 4.1 and table 4-1).
    pub const fn is_beidou_geo(self) -> bool {
        matches!(self.constellation, Constellation::BeiDou)
            && (self.number <= 5 || (self.number >= 59 && self.number <= 63))
    }

    /// Whether this is a satellite of BDS-2, C01-C18 (the later numbers are BDS-3).
    pub const fn is_beidou2(self) -> bool {
        matches!(self.constellation, Constellation::BeiDou) && self.number <= 18
    }
}

impl fmt::Display for Satellite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:02}", self.constellation.letter(), self.number)
    }
}

impl FromStr for Satellite {
    type Err = NoSuchSatellite;

    fn from_str(text: &str) -> Result<Self, NoSuchSatellite> {
        let mut letters = text.chars();
        let constellation = letters.next().and_then(Constellation::from_letter);
        let number = letters.as_str().trim().parse().ok();
        constellation
            .zip(number)
            .and_then(|(constellation, number)| Self::new(constellation, number))
            .ok_or_else(|| NoSuchSatellite(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_rinex_writes_them() {
        let read = |text: &str| text.parse::<Satellite>().map(|s| s.to_string());
        assert_eq!(read("G07").as_deref(), Ok("G07"));
        assert_eq!(read("C 5").as_deref(), Ok("C05"));
        for wrong in ["", "G", "G00", "X01", "G100", "07"] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
