//! The satellites at one epoch, computed once for all stations: what they transmitted when is a matter of milliseconds.

use std::collections::BTreeMap;

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::ephemeris::state::SatelliteState;
use tianshu_gnss::ephemeris::store::EphemerisStore;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::units::Metres;

use crate::model::range::transmitted_by_code;
use crate::track::{believable_code, frequency_channel};

/// The sky of one epoch of the network.
#[derive(Debug)]
pub struct Sky<'a> {
    time: GpsTime,
    ephemerides: &'a EphemerisStore,
    paths: BTreeMap<Satellite, Option<Path<'a>>>,
}

/// A satellite that can be used: observed, healthy, and with a place.
#[derive(Clone, Debug)]
pub(super) struct Seen<'a, 'b> {
    pub(super) satellite: Satellite,
    /// Its place at transmission, in the Earth-fixed frame of that moment.
    pub(super) position: Ecef,
    /// Its clock then, s.
    pub(super) clock_s: f64,
    pub(super) ephemeris: &'a Ephemeris,
    pub(super) observations: &'b [Observation],
    /// Its frequency channel, where it has one.
    pub(super) channel: Option<i8>,
}

/// A satellite's way around the moments of transmission.
#[derive(Clone, Debug)]
struct Path<'a> {
    ephemeris: &'a Ephemeris,
    /// Its states at the two ends of the way, if the ephemeris tells both.
    ends: Option<[SatelliteState; 2]>,
}

/// The ends of the way, seconds before the epoch: signals take 65 to 145 ms from medium and synchronous orbits, and receivers' clocks are
/// within a millisecond or two.
const ENDS_S: [f64; 2] = [0.160, 0.055];

impl<'a> Sky<'a> {
    /// The sky at `time`, as those ephemerides have it.
    pub fn new(time: GpsTime, ephemerides: &'a EphemerisStore) -> Self {
        Self { time, ephemerides, paths: BTreeMap::new() }
    }

    /// The usable satellites of a station's epoch, in order. A satellite without a believable code, without an ephemeris that holds, or
    /// unhealthy, is left out.
    pub(super) fn seen<'b>(&mut self, epoch: &'b ObsEpoch) -> Vec<Seen<'a, 'b>> {
        let mut all = Vec::with_capacity(self.paths.len());
        for (satellite, observations) in epoch.by_satellite() {
            let (time, ephemerides) = (self.time, self.ephemerides);
            let path = self
                .paths
                .entry(satellite)
                .or_insert_with(|| Path::new(ephemerides.at(satellite, time)?, time));
            let Some((path, code)) = path.as_ref().zip(believable_code(observations)) else {
                continue;
            };
            let Some((position, clock_s)) = path.transmitted(epoch.time, self.time, code) else {
                continue;
            };
            let ephemeris = path.ephemeris;
            let channel = frequency_channel(ephemeris);
            all.push(Seen { satellite, position, clock_s, ephemeris, observations, channel });
        }
        all
    }
}

impl<'a> Path<'a> {
    /// None of a satellite that is not healthy.
    fn new(ephemeris: &'a Ephemeris, time: GpsTime) -> Option<Self> {
        let at = |before_s: f64| ephemeris.state(time - Interval::from_seconds_f64(before_s)).ok();
        let ends = at(ENDS_S[0]).zip(at(ENDS_S[1])).map(|(first, last)| [first, last]);
        ephemeris.is_healthy().then_some(Self { ephemeris, ends })
    }

    /// Place and clock (s) at the transmission of what was received with that code when the receiver's clock read `received`.
    fn transmitted(&self, received: GpsTime, time: GpsTime, code: Metres) -> Option<(Ecef, f64)> {
        let travelled = Interval::from_seconds_f64(code.0 / SPEED_OF_LIGHT);
        let own_clock_s = ((received - travelled) - time).seconds();
        let near = self.ends.as_ref().and_then(|ends| {
            let [from_s, to_s] = ENDS_S.map(|before_s| -before_s);
            let clock_at =
                |share: f64| ends[0].clock_s + share * (ends[1].clock_s - ends[0].clock_s);
            let share_of = |at_s: f64| (at_s - from_s) / (to_s - from_s);
            let clock_s = clock_at(share_of(own_clock_s));
            let share = share_of(own_clock_s - clock_s);
            (0.0..=1.0)
                .contains(&share)
                .then(|| (between(ends, share, to_s - from_s), clock_at(share)))
        });
        near.or_else(|| {
            let state = transmitted_by_code(self.ephemeris, received, code).ok()?;
            Some((state.position, state.clock_s))
        })
    }
}

/// The place at a share of the way between two states that are `span_s` apart: the cubic with their places and velocities. Over a tenth of
/// a second it is exact to rounding.
fn between([first, last]: &[SatelliteState; 2], share: f64, span_s: f64) -> Ecef {
    let (a, b) = (first.position.xyz(), last.position.xyz());
    let rest = 1.0 - share;
    let [x, y, z] = std::array::from_fn(|axis| {
        let step = b[axis] - a[axis];
        let bend_first = span_s * first.velocity_m_s[axis] - step;
        let bend_last = step - span_s * last.velocity_m_s[axis];
        a[axis] + share * step + share * rest * (rest * bend_first + share * bend_last)
    });
    Ecef::new(x, y, z)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::testing::{TestNetwork, scenario};

    #[test]
    fn places_and_clocks_are_those_of_the_ephemerides() {
        let mut network = TestNetwork::new(scenario("quiet"), 1, 50.0, 1);
        let begun = network.time;
        while network.time < begun + Interval::from_seconds(60) {
            network.next(Interval::from_seconds(1));
        }
        let time = network.time;
        let mut compared = 0;
        for ephemeris in network.ephemerides.all_at(time) {
            let Some(path) = Path::new(ephemeris, time) else { continue };
            for code_m in [2.0e7, 2.3e7, 2.6e7, 3.6e7, 4.2e7, 6.0e7] {
                let received = time + Interval::from_nanos(500_000);
                let exact = transmitted_by_code(ephemeris, received, Metres(code_m)).expect("near");
                let (position, clock_s) =
                    path.transmitted(received, time, Metres(code_m)).expect("near");
                let off_m = (position - exact.position).norm_m();
                // A nanosecond, to which moments are kept, is 4 µm of the way.
                assert!(off_m < 5e-6, "{} {code_m}: {off_m:e} m", ephemeris.satellite());
                assert!((clock_s - exact.clock_s).abs() < 1e-15, "{}", ephemeris.satellite());
                compared += 1;
            }
        }
        assert!(compared > 100, "{compared}");
    }
}
