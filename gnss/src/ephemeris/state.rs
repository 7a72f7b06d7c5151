//! Where a satellite is, how it moves, and what its clock reads: the answer that an ephemeris gives.

use crate::coords::Ecef;
use crate::ephemeris::validity::AgeLimits;
use crate::time::gps::Interval;

/// A satellite at one moment, in the Earth-fixed frame *of that moment*.
///
/// The place is that of the antenna's phase centre, which broadcast orbits describe (IS-GPS-200, section
/// 20.3.3.4.3; precise orbits describe the centre of mass). The frame is the system's own (WGS 84, GTRF,
/// CGCS2000, PZ-90); they agree to centimetres today.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SatelliteState {
    /// Place of the antenna.
    pub position: Ecef,
    /// Velocity along the Earth-fixed axes, m/s.
    pub velocity_m_s: [f64; 3],
    /// Satellite clock minus system time, s, with the relativistic effect of the orbit's eccentricity.
    ///
    /// It holds for the signals that the clock polynomial was made for; every other signal still needs
    /// [`Ephemeris::group_delay_s`](crate::ephemeris::Ephemeris::group_delay_s).
    pub clock_s: f64,
    /// Rate of `clock_s`, s/s.
    pub clock_drift: f64,
    /// The moment minus the ephemeris' reference time.
    pub age: Interval,
}

/// Why an ephemeris says nothing about a moment.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum Unusable {
    /// The moment is too far from the time of ephemeris: a fresher ephemeris is needed.
    #[error("the ephemeris is used up to {} s before and {} s after its time, not at {} s",
        .limits.before.seconds(), .limits.after.seconds(), .age.seconds())]
    TooFar {
        /// The moment minus the reference time.
        age: Interval,
        /// How far it is used.
        limits: AgeLimits,
    },
    /// The elements describe no orbit of a navigation satellite: the message was damaged or invented.
    #[error("the elements describe no orbit")]
    NotAnOrbit,
}

/// Whose week it is at whose start the longitude of the node is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Week {
    Gps,
    BeiDou,
}

#[cfg(test)]
pub(super) mod tests;
