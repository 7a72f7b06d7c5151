//! What is true of an epoch and never sent: positions, clocks, delays, integers and slips.

use tianshu_gnss::coords::Ecef;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::GpsTime;

/// What is true of one receiver at one epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceiverTruth {
    /// True time of reception: the time tag minus the clock's offset.
    pub received: GpsTime,
    /// Where the antenna is.
    pub place: Ecef,
    /// Its velocity, Earth-fixed, m/s.
    pub velocity_m_s: [f64; 3],
    /// Receiver clock minus GPS time, s.
    pub clock_s: f64,
    /// The lines of sight to all satellites above the mask, in the sky's order.
    pub links: Vec<LinkTruth>,
    /// The channels of all signals that were observed, in the order of `links` and of the satellites' signals.
    pub channels: Vec<ChannelTruth>,
}

/// What is true of one line of sight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkTruth {
    /// The satellite.
    pub satellite: Satellite,
    /// Geometric distance, the turn of the Earth during the flight included, m.
    pub range_m: f64,
    /// Elevation, rad.
    pub elevation_rad: f64,
    /// Azimuth from north over east, rad.
    pub azimuth_rad: f64,
    /// Slant delay of the neutral air, m.
    pub troposphere_m: f64,
    /// Slant content of the ionosphere, TECU; [`crate::air::ionosphere::delay_m`] makes a delay of it.
    pub slant_tecu: f64,
    /// How deep the line passes through a bubble, 0 to 1.
    pub disturbance: f64,
    /// Satellite clock at transmission, s.
    pub satellite_clock_s: f64,
}

/// What is true of one channel: satellite and signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChannelTruth {
    /// The satellite.
    pub satellite: Satellite,
    /// The signal.
    pub signal: Signal,
    /// Whole cycles in the phase.
    pub integer: i64,
    /// Whether half a cycle is missing on top.
    pub half_missing: bool,
    /// Slips since the world began, told and untold.
    pub slips: u32,
    /// Code bias of satellite and receiver together, m.
    pub code_bias_m: f64,
    /// Phase bias of satellite and receiver together, cycles.
    pub phase_bias_cycles: f64,
    /// Code multipath and noise together, m.
    pub code_error_m: f64,
    /// Phase multipath and noise together, m.
    pub phase_error_m: f64,
}
