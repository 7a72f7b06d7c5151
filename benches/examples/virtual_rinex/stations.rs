//! The network that the program brings with it.

use anyhow::Context;
use tianshu_gnss::coords::{Ecef, Geodetic};
use tianshu_positioning::network::plane::{LocalPlane, PlanePoint};
use tianshu_positioning::network::topology::{StationIndex, Topology};
use tianshu_simulator::network::{Network, NetworkStation};
use toml::de::{DeTable, DeValue};

const GUANGXI: &str = include_str!("../../../config/guangxi.toml");

/// Reads it.
pub(crate) fn built_in() -> anyhow::Result<Network> {
    let document = DeTable::parse(GUANGXI)?.into_inner();
    let tables = document.get("station").and_then(|list| list.get_ref().as_array());
    let tables = tables.context("the network has no stations")?.iter();
    let stations = tables.map(|table| station(table.get_ref().as_table()?));
    let stations: Option<Vec<NetworkStation>> = stations.collect();
    Ok(Network {
        name: "Guangxi".to_owned(),
        stations: stations.context("a station is told badly")?,
    })
}

fn station(table: &DeTable<'_>) -> Option<NetworkStation> {
    let number = |key: &str| match table.get(key)?.get_ref() {
        DeValue::Float(float) => float.as_str().parse().ok(),
        DeValue::Integer(integer) => integer.as_str().parse().ok(),
        _ => None,
    };
    let name = table.get("name")?.get_ref().as_str()?.parse().ok()?;
    let place = Geodetic::from_degrees(
        number("latitude_deg")?,
        number("longitude_deg")?,
        number("height_m")?,
    );
    Some(NetworkStation { name, place, region: String::new() })
}

/// Receivers in the middles of the triangles that are nearest to the network's middle.
pub(crate) fn between(network: &Network, count: usize) -> Vec<NetworkStation> {
    let places: Vec<Ecef> = network.stations.iter().map(NetworkStation::ecef).collect();
    let Some(plane) = LocalPlane::around(&places) else { return Vec::new() };
    let points: Vec<PlanePoint> =
        network.stations.iter().map(|station| plane.point(station.place)).collect();
    let up: Vec<StationIndex> = StationIndex::all().take(points.len()).collect();
    let shape = Topology::build(&points, &up);
    let middle_of = |[a, b, c]: [StationIndex; 3]| {
        let [a, b, c] = [a, b, c].map(|s| network.stations[s.position()].place);
        let mean = |of: fn(Geodetic) -> f64| (of(a) + of(b) + of(c)) / 3.0;
        Geodetic::from_degrees(
            mean(Geodetic::latitude_deg),
            mean(Geodetic::longitude_deg),
            mean(|p| p.height_m),
        )
    };
    let mut middles: Vec<Geodetic> =
        shape.triangles().iter().map(|triangle| middle_of(*triangle)).collect();
    let origin = plane.point(plane.origin());
    let far = |place: &Geodetic| plane.point(*place).distance_m(origin);
    middles.sort_by(|a, b| far(a).total_cmp(&far(b)));
    let named = |(n, place)| {
        let name = format!("BETWEEN{n}").parse().ok()?;
        Some(NetworkStation { name, place, region: String::new() })
    };
    (1..=count).zip(middles).filter_map(named).collect()
}
