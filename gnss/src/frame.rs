//! Reference frames: in which realisation, and at which epoch, a coordinate is told.

use std::fmt;

use crate::coords::{CGCS2000, Ecef, Ellipsoid, GRS80, WGS84};

/// A realisation of a terrestrial reference system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Realization {
    /// China Geodetic Coordinate System 2000 (ITRF97 at epoch 2000.0).
    Cgcs2000,
    /// International Terrestrial Reference Frame 2014.
    Itrf2014,
    /// International Terrestrial Reference Frame 2020.
    Itrf2020,
    /// World Geodetic System 1984, the frame of GPS broadcast orbits.
    Wgs84,
}

/// A realisation together with the epoch at which coordinates hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// The realisation.
    pub realization: Realization,
    /// The epoch as a decimal year, such as 2000.0.
    pub epoch_year: f64,
}

/// A place that says in which frame it is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FramedEcef {
    /// The coordinates.
    pub place: Ecef,
    /// The frame they are told in.
    pub frame: Frame,
}

/// CGCS2000 at its own epoch, in which Chinese services publish coordinates.
pub const CGCS2000_AT_2000: Frame =
    Frame { realization: Realization::Cgcs2000, epoch_year: 2000.0 };

impl Realization {
    /// The ellipsoid on which this realisation tells latitude and longitude.
    pub const fn ellipsoid(self) -> Ellipsoid {
        match self {
            Self::Cgcs2000 => CGCS2000,
            Self::Itrf2014 | Self::Itrf2020 => GRS80,
            Self::Wgs84 => WGS84,
        }
    }

    /// The name as standards print it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cgcs2000 => "CGCS2000",
            Self::Itrf2014 => "ITRF2014",
            Self::Itrf2020 => "ITRF2020",
            Self::Wgs84 => "WGS84",
        }
    }

    /// The realisation of that name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Cgcs2000, Self::Itrf2014, Self::Itrf2020, Self::Wgs84]
            .into_iter()
            .find(|known| known.name().eq_ignore_ascii_case(name))
    }
}

/// `CGCS2000@2000.0`
impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{:.1}", self.realization.name(), self.epoch_year)
    }
}
