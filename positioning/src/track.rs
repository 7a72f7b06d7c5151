//! A receiver's satellites at one epoch: observations joined with the satellites' states at transmission.

use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::ephemeris::state::SatelliteState;
use tianshu_gnss::ephemeris::store::EphemerisStore;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::units::Metres;

use crate::model::range::transmitted_by_code;

/// A satellite that can be used: observed, healthy, and with a state.
#[derive(Clone, Debug)]
pub struct Tracked<'a> {
    /// Which.
    pub satellite: Satellite,
    /// Its state at transmission.
    pub state: SatelliteState,
    /// The ephemeris that the state is from.
    pub ephemeris: &'a Ephemeris,
    /// What was measured of it.
    pub observations: &'a [Observation],
    /// Its frequency channel, where it has one.
    pub channel: Option<i8>,
}

/// Codes (m) that can be: from below a medium orbit seen overhead to beyond a geostationary one seen at the horizon, with
/// room for a receiver clock that is off by 100 ms.
const CODE_RANGE_M: std::ops::RangeInclusive<f64> = 1.0e6..=8.0e7;

/// The usable satellites of an epoch, in order. A satellite without a believable code, without an ephemeris that holds, or
/// unhealthy, is left out.
pub fn tracked<'a>(epoch: &'a ObsEpoch, ephemerides: &'a EphemerisStore) -> Vec<Tracked<'a>> {
    let usable = |(satellite, observations): (Satellite, &'a [Observation])| {
        let code = believable_code(observations)?;
        let ephemeris: &Ephemeris = ephemerides.at(satellite, epoch.time)?;
        if !ephemeris.is_healthy() {
            return None;
        }
        let state = transmitted_by_code(ephemeris, epoch.time, code).ok()?;
        let channel = frequency_channel(ephemeris);
        Some(Tracked { satellite, state, ephemeris, observations, channel })
    };
    epoch.by_satellite().filter_map(usable).collect()
}

/// The first code of a satellite's signals that can be.
pub(crate) fn believable_code(observations: &[Observation]) -> Option<Metres> {
    let believable = |code: &Metres| CODE_RANGE_M.contains(&code.0);
    observations.iter().find_map(|o| o.code.filter(believable))
}

/// The frequency channel that an ephemeris tells, of systems that have them.
pub(crate) fn frequency_channel(ephemeris: &Ephemeris) -> Option<i8> {
    match ephemeris {
        Ephemeris::Glonass(e) => Some(e.channel),
        _ => None,
    }
}
