//! Ephemerides by Keplerian elements: GPS, QZSS, Galileo, BeiDou and NavIC.

use crate::satellite::Satellite;
use crate::time::gps::GpsTime;

/// Keplerian elements with their rates and harmonic corrections (IS-GPS-200, table 20-III, in SI units and radians).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeplerOrbit {
    /// Time of ephemeris.
    pub toe: GpsTime,
    /// Square root of the semi-major axis, m^½.
    pub sqrt_a: f64,
    /// Eccentricity.
    pub eccentricity: f64,
    /// Inclination at `toe`, rad.
    pub i0: f64,
    /// Longitude of the ascending node at the start of the week, rad.
    pub omega0: f64,
    /// Argument of perigee, rad.
    pub omega: f64,
    /// Mean anomaly at `toe`, rad.
    pub m0: f64,
    /// Correction of the mean motion, rad/s.
    pub delta_n: f64,
    /// Rate of right ascension, rad/s.
    pub omega_dot: f64,
    /// Rate of inclination, rad/s.
    pub i_dot: f64,
    /// Cosine correction of the argument of latitude, rad.
    pub cuc: f64,
    /// Sine correction of the argument of latitude, rad.
    pub cus: f64,
    /// Cosine correction of the orbit radius, m.
    pub crc: f64,
    /// Sine correction of the orbit radius, m.
    pub crs: f64,
    /// Cosine correction of the inclination, rad.
    pub cic: f64,
    /// Sine correction of the inclination, rad.
    pub cis: f64,
}

/// A satellite clock as a polynomial about its reference time (IS-GPS-200, section 20.3.3.3.3.1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClockPolynomial {
    /// Clock reference time.
    pub toc: GpsTime,
    /// Offset, s.
    pub af0: f64,
    /// Drift, s/s.
    pub af1: f64,
    /// Drift rate, s/s².
    pub af2: f64,
}

/// A GPS or QZSS LNAV ephemeris (IS-GPS-200, section 20.3.3; IS-QZSS-PNT, section 5.5).
#[derive(Clone, Debug, PartialEq)]
pub struct LnavEphemeris {
    /// Whose it is.
    pub satellite: Satellite,
    /// Orbit.
    pub orbit: KeplerOrbit,
    /// Clock of the ionosphere-free L1 P(Y) / L2 P(Y) combination.
    pub clock: ClockPolynomial,
    /// Issue of data, ephemeris (8 bits).
    pub iode: u8,
    /// Issue of data, clock (10 bits).
    pub iodc: u16,
    /// Full GPS week of the transmission.
    pub week: i32,
    /// Group delay L1-L2, s.
    pub tgd_s: f64,
    /// User range accuracy index, 0 to 15.
    pub ura_index: u8,
    /// Health, 6 bits; 0 is healthy.
    pub health: u8,
    /// Codes on L2, 2 bits.
    pub codes_on_l2: u8,
    /// Whether the L2 P data flag is set (navigation data off).
    pub l2p_data_off: bool,
    /// Whether the fit interval is longer than four hours (two for QZSS).
    pub extended_fit: bool,
}

/// Which Galileo message an ephemeris came in: their clocks belong to different signal pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GalileoMessage {
    /// F/NAV on E5a; clock of the E1/E5a combination.
    FNav,
    /// I/NAV on E1 and E5b; clock of the E1/E5b combination.
    INav,
}

/// A Galileo ephemeris (Galileo OS SIS ICD, section 5.1).
#[derive(Clone, Debug, PartialEq)]
pub struct GalileoEphemeris {
    /// Whose it is.
    pub satellite: Satellite,
    /// Which message it came in.
    pub message: GalileoMessage,
    /// Orbit.
    pub orbit: KeplerOrbit,
    /// Clock.
    pub clock: ClockPolynomial,
    /// Issue of data (10 bits).
    pub iod_nav: u16,
    /// Full Galileo week of the transmission.
    pub week: i32,
    /// Signal-in-space accuracy index (8 bits), 255 if no prediction is available.
    pub sisa_index: u8,
    /// Broadcast group delay E1-E5a, s.
    pub bgd_e5a_s: f64,
    /// Broadcast group delay E1-E5b, s; I/NAV only.
    pub bgd_e5b_s: Option<f64>,
    /// Health of E5a (2 bits, 0 is healthy) and whether its data are invalid; F/NAV only.
    pub e5a: Option<GalileoHealth>,
    /// Health of E5b; I/NAV only.
    pub e5b: Option<GalileoHealth>,
    /// Health of E1-B; I/NAV only.
    pub e1b: Option<GalileoHealth>,
}

/// The state of one Galileo signal (Galileo OS SIS ICD, section 5.1.9.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GalileoHealth {
    /// Signal health status, 2 bits; 0 is healthy.
    pub status: u8,
    /// Data validity status: whether the data come without guarantee.
    pub data_invalid: bool,
}

/// A BeiDou D1 or D2 ephemeris (BDS-SIS-ICD-B1I-3.0, sections 5.2.4 and 5.3.3).
#[derive(Clone, Debug, PartialEq)]
pub struct BeiDouEphemeris {
    /// Whose it is.
    pub satellite: Satellite,
    /// Orbit; a geostationary satellite's is told in a tilted frame.
    pub orbit: KeplerOrbit,
    /// Clock of B3I.
    pub clock: ClockPolynomial,
    /// Age of data, ephemeris (5 bits).
    pub aode: u8,
    /// Age of data, clock (5 bits).
    pub aodc: u8,
    /// Full BeiDou week of the transmission.
    pub week: i32,
    /// Group delay B1I-B3I, s.
    pub tgd1_s: f64,
    /// Group delay B2I-B3I, s.
    pub tgd2_s: f64,
    /// User range accuracy index, 0 to 15.
    pub ura_index: u8,
    /// Whether the satellite calls itself unhealthy (SatH1).
    pub unhealthy: bool,
}

/// A NavIC ephemeris (IRNSS SIS ICD 1.1, section 6.2.1).
#[derive(Clone, Debug, PartialEq)]
pub struct NavicEphemeris {
    /// Whose it is.
    pub satellite: Satellite,
    /// Orbit.
    pub orbit: KeplerOrbit,
    /// Clock of the S / L5 combination.
    pub clock: ClockPolynomial,
    /// Issue of data, ephemeris and clock (8 bits).
    pub iodec: u8,
    /// Full NavIC week (that of Galileo: 1024 behind GPS).
    pub week: i32,
    /// Group delay, s.
    pub tgd_s: f64,
    /// User range accuracy index, 0 to 15.
    pub ura_index: u8,
    /// Health of L5: 0 is healthy.
    pub l5_unhealthy: bool,
    /// Health of S: 0 is healthy.
    pub s_unhealthy: bool,
}
