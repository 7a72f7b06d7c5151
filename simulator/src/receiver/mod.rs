//! Receivers: what they track, how noisily, and what they then call an epoch.

pub mod beidou2;
pub mod clock;
pub mod make;
pub mod observe;
pub mod place;
pub mod quality;
pub mod tracking;

use crate::receiver::clock::ClockKind;

/// What the receivers of a scenario are like. Standard deviations hold at the zenith.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceiverSettings {
    /// Elevation below which nothing is tracked, degrees.
    pub mask_deg: f64,
    /// White code noise of a narrow-band signal, m.
    pub code_noise_m: f64,
    /// White phase noise, m.
    pub phase_noise_m: f64,
    /// Time-correlated code multipath, m.
    pub code_multipath_m: f64,
    /// Time-correlated phase multipath, m.
    pub phase_multipath_m: f64,
    /// Correlation time of multipath, s.
    pub multipath_time_s: f64,
    /// Height of a reflector below the antenna, m: adds multipath that repeats with the satellites' geometry.
    pub reflector_height_m: Option<f64>,
    /// The clocks; none: some steered, some drifting, by each station's own lot.
    pub clock: Option<ClockKind>,
    /// Cycle slips that the lock time tells, per signal and hour.
    pub slips_per_hour: f64,
    /// Cycle slips that nothing tells, per signal and hour.
    pub silent_slips_per_hour: f64,
    /// Share of arcs that begin with half a cycle in doubt.
    pub half_cycle_share: f64,
    /// Interruptions of one satellite, per satellite and hour.
    pub gaps_per_hour: f64,
    /// Mean length of an interruption, s.
    pub gap_mean_s: f64,
    /// Root mean square of code biases between receivers of one make, m.
    pub code_bias_m: f64,
}

impl ReceiverSettings {
    /// A geodetic receiver at a good place: figures as network-RTK stations show.
    pub fn geodetic() -> Self {
        Self {
            mask_deg: 5.0,
            code_noise_m: 0.12,
            phase_noise_m: 0.001,
            code_multipath_m: 0.20,
            phase_multipath_m: 0.0015,
            multipath_time_s: 45.0,
            reflector_height_m: None,
            clock: None,
            slips_per_hour: 0.02,
            silent_slips_per_hour: 0.0,
            half_cycle_share: 0.05,
            gaps_per_hour: 0.02,
            gap_mean_s: 8.0,
            code_bias_m: 0.2,
        }
    }
}
