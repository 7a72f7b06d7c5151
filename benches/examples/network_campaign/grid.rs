//! The network that campaigns are run on.

use tianshu_gnss::coords::Geodetic;
use tianshu_positioning::network::engine::Engine;
use tianshu_positioning::network::topology::StationIndex;
use tianshu_simulator::network::{Network, NetworkStation};
use tianshu_simulator::world::World;

/// Stations on a shaken grid about 23.5° N 108° E.
pub(crate) fn grid(stations: usize, spacing_km: f64, seed: u64) -> Network {
    let columns = (stations as f64).sqrt().ceil().max(1.0);
    let mut lot = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut shake = || {
        lot = lot.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (lot >> 40) as f64 / f64::from(1 << 24) - 0.5
    };
    let mut place = |i: usize| {
        let (row, column) = (i as f64 / columns, i as f64 % columns);
        let north_km = (row.floor() - columns / 2.0 + 0.3 * shake()) * spacing_km;
        let east_km = (column - columns / 2.0 + 0.3 * shake()) * spacing_km;
        Geodetic::from_degrees(
            23.5 + north_km / 110.8,
            108.0 + east_km / 102.0,
            300.0 + 500.0 * shake(),
        )
    };
    let station = |i: usize| NetworkStation {
        name: format!("T{i:03}").parse().expect("a name"),
        place: place(i),
        region: "test".to_owned(),
    };
    Network { name: "campaign".to_owned(), stations: (0..stations).map(station).collect() }
}

/// Tells the engine what its stations would in 1230.
pub(crate) fn align_glonass(engine: &mut Engine, world: &World, stations: usize) {
    for station in StationIndex::all().take(stations) {
        let stated = world.stated(station.position()).expect("a station of the world");
        engine.set_glonass_biases(station, Some(stated.glonass_biases()));
    }
}
