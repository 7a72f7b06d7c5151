//! A master's own epoch, as it is sent to rovers: with a null antenna, and without satellites that nobody should use.

use tianshu_gnss::coords::GRS80;
use tianshu_gnss::observation::ObsEpoch;

use crate::model::antenna::{Arrival, to_null_antenna};
use crate::model::range::{sight_from, transmitted_by_light_time};
use crate::network::preprocess::StationSetup;
use crate::network::snapshot::NetworkSnapshot;

/// What the station would have measured with a null antenna, of the satellites that the network knows and does not warn of.
pub fn master_epoch(
    snapshot: &NetworkSnapshot,
    measured: &ObsEpoch,
    setup: &StationSetup,
) -> ObsEpoch {
    let horizon = setup.place.to_geodetic(GRS80);
    let mut observations = Vec::with_capacity(measured.observations.len());
    for (satellite, seen) in measured.by_satellite() {
        let Some(field) = snapshot.satellites.get(&satellite) else { continue };
        if snapshot.drifting.contains(&satellite) {
            continue;
        }
        let at = measured.time;
        let Ok(state) = transmitted_by_light_time(&field.ephemeris, at, setup.place) else {
            continue;
        };
        let from = sight_from(setup.place, horizon, state.position);
        let arrival = Arrival { elevation_rad: from.elevation_rad, azimuth_rad: from.azimuth_rad };
        for observation in seen {
            let mut observation = *observation;
            if let Some(antenna) = &setup.antenna {
                to_null_antenna(antenna, &mut observation, arrival);
            }
            observations.push(observation);
        }
    }
    ObsEpoch::new(measured.time, observations)
}
