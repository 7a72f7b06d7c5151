//! Zenith delays against the true air: at the stations, and interpolated between them.

use tianshu_gnss::coords::{GRS80, Geodetic};
use tianshu_positioning::model::troposphere::{RELATIVE_HUMIDITY, zenith_delay};
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_positioning::vrs::station::VirtualStation;
use tianshu_simulator::world::World;

use crate::tally::Tally;

/// Judges zenith delays, less what the whole network has in common.
pub(crate) fn judge(
    world: &World,
    snapshot: &NetworkSnapshot,
    places: &[VirtualStation],
    tally: &mut Tally,
) {
    let true_m = |place: Geodetic| {
        let zenith = world.air().troposphere.zenith(place, snapshot.time);
        zenith.hydrostatic_m + zenith.wet_m
    };
    let at_stations = snapshot.stations.iter().filter_map(|view| {
        let place = view.place.to_geodetic(GRS80);
        let model = zenith_delay(place, RELATIVE_HUMIDITY);
        Some(model.hydrostatic_m + model.wet_m + view.zenith_m?.0 - true_m(place))
    });
    let between = places.iter().filter_map(|virtual_station| {
        let place = virtual_station.place().to_geodetic(GRS80);
        let zenith = snapshot.zenith_at(place)?.zenith;
        Some(zenith.hydrostatic_m + zenith.wet_m - true_m(place))
    });
    let (at_stations, between): (Vec<f64>, Vec<f64>) = (at_stations.collect(), between.collect());
    let mean = at_stations.iter().sum::<f64>() / at_stations.len().max(1) as f64;
    tally.zenith_stations.extend(at_stations.iter().map(|e| 1e3 * (e - mean)));
    tally.zenith_middles.extend(between.iter().map(|e| 1e3 * (e - mean)));
}
