//! Constellations and their RINEX letters.

use std::fmt;

/// A satellite navigation system, in the order of the RTCM MSM blocks (RTCM 10403.3, table 3.5-70).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Constellation {
    /// GPS (USA).
    Gps,
    /// GLONASS (Russia); its FDMA signals have a carrier of their own per frequency channel.
    Glonass,
    /// Galileo (European Union).
    Galileo,
    /// Satellite-based augmentation: WAAS, EGNOS, MSAS, GAGAN, SDCM, BDSBAS, KASS.
    Sbas,
    /// QZSS (Japan).
    Qzss,
    /// BeiDou (China): BDS-2 and BDS-3.
    BeiDou,
    /// NavIC (India), formerly IRNSS.
    Navic,
}

impl Constellation {
    /// All systems, in order.
    pub const ALL: [Self; 7] = [
        Self::Gps,
        Self::Glonass,
        Self::Galileo,
        Self::Sbas,
        Self::Qzss,
        Self::BeiDou,
        Self::Navic,
    ];

    /// The letter of RINEX 3.05, section 3.5.
    pub const fn letter(self) -> char {
        match self {
            Self::Gps => 'G',
            Self::Glonass => 'R',
            Self::Galileo => 'E',
            Self::Sbas => 'S',
            Self::Qzss => 'J',
            Self::BeiDou => 'C',
            Self::Navic => 'I',
        }
    }

    /// The system of a RINEX letter.
    pub fn from_letter(letter: char) -> Option<Self> {
        Self::ALL.into_iter().find(|system| system.letter() == letter)
    }

    /// The name that sourcetables use in `nav-system`.
    pub const fn sourcetable_name(self) -> &'static str {
        match self {
            Self::Gps => "GPS",
            Self::Glonass => "GLO",
            Self::Galileo => "GAL",
            Self::Sbas => "SBAS",
            Self::Qzss => "QZS",
            Self::BeiDou => "BDS",
            Self::Navic => "IRS",
        }
    }
}

impl fmt::Display for Constellation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sourcetable_name())
    }
}
