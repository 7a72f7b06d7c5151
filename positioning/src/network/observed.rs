//! What a station saw at one epoch, made ready for the network: observed minus computed, carrier by carrier.

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::GpsTime;

use crate::network::topology::StationIndex;

/// The carrier whose slant ionosphere is told, Hz: L1, for all systems.
pub const IONOSPHERE_REFERENCE_HZ: f64 = 1_575.42e6;

/// Satellites whose phases may be differenced with each other (shared design, network solver, section 1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// GPS.
    Gps,
    /// Galileo.
    Galileo,
    /// BeiDou from C19 on.
    BeiDou3,
    /// BeiDou up to C18.
    BeiDou2,
    /// QZSS.
    Qzss,
    /// GLONASS.
    Glonass,
}

impl Group {
    /// All groups, in order.
    pub const ALL: [Self; 6] =
        [Self::Gps, Self::Galileo, Self::BeiDou3, Self::BeiDou2, Self::Qzss, Self::Glonass];

    /// The group of a satellite; none for systems that the network does not solve (SBAS, NavIC).
    pub fn of(satellite: Satellite) -> Option<Self> {
        match satellite.constellation() {
            Constellation::Gps => Some(Self::Gps),
            Constellation::Galileo => Some(Self::Galileo),
            Constellation::BeiDou if satellite.is_beidou2() => Some(Self::BeiDou2),
            Constellation::BeiDou => Some(Self::BeiDou3),
            Constellation::Qzss => Some(Self::Qzss),
            Constellation::Glonass => Some(Self::Glonass),
            Constellation::Sbas | Constellation::Navic => None,
        }
    }

    /// The two carriers that a line of sight's clock, way and ionosphere come from: the first two that the network fixes.
    pub fn foundation(self) -> [char; 2] {
        match self {
            Self::Gps | Self::Qzss | Self::Glonass => ['1', '2'],
            Self::Galileo => ['1', '5'],
            Self::BeiDou3 | Self::BeiDou2 => ['2', '6'],
        }
    }

    /// The carriers (RINEX band digits) whose ambiguities the network fixes, the first the most important.
    pub fn bands(self) -> &'static str {
        match self {
            Self::Gps | Self::Qzss => "125",
            Self::Galileo => "157",
            Self::BeiDou3 => "265",
            Self::BeiDou2 => "267",
            Self::Glonass => "12",
        }
    }
}

/// Names an ambiguity within one station or one edge: a satellite and a carrier (RINEX band digit).
pub type Channel = (Satellite, char);

/// Carriers that a group has at most ([`Group::bands`]).
const GROUP_BANDS_MAX: usize = 3;
/// Groups times carriers.
pub(crate) const BANDS: usize = GROUP_BANDS_MAX * Group::ALL.len();

/// A number for the group and carrier of a channel, below [`BANDS`]; none of a carrier that the network does not fix.
pub(crate) fn band((satellite, letter): Channel) -> Option<usize> {
    band_of(Group::of(satellite)?, letter)
}

/// The same for a group and its carrier.
pub(crate) fn band_of(group: Group, letter: char) -> Option<usize> {
    let place = group.bands().chars().position(|band| band == letter)?;
    Some(GROUP_BANDS_MAX * group as usize + place)
}

/// What one station saw at one epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedEpoch {
    /// Who.
    pub station: StationIndex,
    /// The network's epoch. The receiver's tag may be off it by its clock steering.
    pub time: GpsTime,
    /// What was taken off all measurements for the receiver's clock, m: a rough value, good to metres.
    pub clock_m: f64,
    /// The satellites in order, each at most once.
    pub satellites: Vec<ObservedSatellite>,
}

/// One satellite, as one station saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedSatellite {
    /// Which.
    pub satellite: Satellite,
    /// With whom it may be differenced.
    pub group: Group,
    /// Elevation, rad.
    pub elevation_rad: f64,
    /// Azimuth from north over east, rad.
    pub azimuth_rad: f64,
    /// What was computed, m: range to the reference point (with tide and antenna) less satellite clock plus modelled troposphere. What was
    /// measured is this, the clock and the rest that the carriers tell.
    pub computed_m: f64,
    /// The troposphere in it, m.
    pub troposphere_m: f64,
    /// Slant delay per zenith wet delay.
    pub wet_mapping: f64,
    /// The issue of the ephemeris that was used.
    pub issue: u16,
    /// The carriers, in the order of [`Group::bands`], each at most once; then others of the same satellite that are only sent on.
    pub carriers: Vec<ObservedCarrier>,
}

/// One carrier: observed minus computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ObservedCarrier {
    /// The signal; of several on one carrier the one that the station has always used.
    pub signal: Signal,
    /// Wavelength, m.
    pub wavelength_m: f64,
    /// (f_L1 / f)²: how much of the ionosphere on L1 this carrier sees.
    pub ionosphere: f64,
    /// Code, observed minus computed minus clock, m.
    pub code_m: Option<f64>,
    /// Phase, the same, and less [`ObservedCarrier::aligned_cycles`], m. None while half a cycle is in doubt.
    pub phase_m: Option<f64>,
    /// Whole cycles that were taken off the phase so that it is near the code at the beginning of its arc; constant over the arc.
    pub aligned_cycles: i64,
    /// Standard deviation of the code, m, noise and multipath.
    pub code_sigma_m: f64,
    /// Standard deviation of the phase, m, noise and multipath.
    pub phase_sigma_m: f64,
    /// Whether the phase holds the same whole cycles as any other receiver's: not so of GLONASS where the receiver's bias is not known.
    pub is_whole: bool,
    /// Names the arc: it changes when the integer of the phase may have changed. Never used twice by one station and channel.
    pub arc: u32,
}

impl ObservedEpoch {
    /// What was seen of a satellite.
    pub fn get(&self, satellite: Satellite) -> Option<&ObservedSatellite> {
        let place = self.satellites.binary_search_by_key(&satellite, |s| s.satellite).ok()?;
        self.satellites.get(place)
    }
}

impl ObservedSatellite {
    /// What was seen of it on a carrier.
    pub fn carrier(&self, band: char) -> Option<&ObservedCarrier> {
        self.carriers.iter().find(|carrier| carrier.signal.band() == band)
    }
}
