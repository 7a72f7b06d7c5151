//! Shapes of networks: a large one, small ones, and ones that are none.

use std::fs;
use std::path::Path;

use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, proptest};
use tianshu_gnss::coords::{GRS80, Geodetic};

use super::{EDGE_ALONE_MAX_M, EDGE_MAX_M, Edge, StationIndex, Topology, edges_of};
use crate::network::plane::{LocalPlane, PlanePoint};

fn all(count: usize) -> Vec<StationIndex> {
    StationIndex::all().take(count).collect()
}

fn points(places_km: &[(f64, f64)]) -> Vec<PlanePoint> {
    places_km.iter().map(|(e, n)| PlanePoint { east_m: e * 1e3, north_m: n * 1e3 }).collect()
}

#[track_caller]
fn check(places_km: &[(f64, f64)], edges: &[(u16, u16)], triangles: &[[u16; 3]]) {
    let shape = Topology::build(&points(places_km), &all(places_km.len()));
    let found: Vec<_> = shape.edges().iter().map(|e| (e.from().0, e.to().0)).collect();
    assert_eq!(found, edges, "edges of {places_km:?}");
    let found: Vec<_> = shape.triangles().iter().map(|t| t.map(|s| s.0)).collect();
    assert_eq!(found, triangles, "triangles of {places_km:?}");
}

#[test]
fn small_and_flat_networks_have_the_edges_one_would_draw() {
    check(&[], &[], &[]);
    check(&[(0., 0.)], &[], &[]);
    check(&[(0., 0.), (40., 0.)], &[(0, 1)], &[]);
    check(&[(0., 0.), (40., 0.), (0., 40.)], &[(0, 1), (0, 2), (1, 2)], &[[0, 1, 2]]);
    // In a line, exactly and nearly.
    check(&[(0., 0.), (80., 0.), (40., 0.)], &[(0, 2), (1, 2)], &[]);
    check(&[(0., 0.), (80., 0.), (40., 1.)], &[(0, 2), (1, 2)], &[]);
    // Two stations on one point, three, and nothing else.
    check(
        &[(0., 0.), (40., 0.), (0., 40.), (0., 0.)],
        &[(0, 1), (0, 2), (0, 3), (1, 2)],
        &[[0, 1, 2]],
    );
    check(&[(5., 5.), (5., 5.), (5., 5.)], &[(0, 1), (0, 2)], &[]);
    // Too far apart; and places that are none.
    check(&[(0., 0.), (201., 0.)], &[], &[]);
    check(&[(0., 0.), (f64::NAN, 0.), (f64::INFINITY, 1.), (1e9, 0.), (0., 30.)], &[(0, 4)], &[]);
}

#[test]
fn a_long_edge_is_kept_where_nothing_else_joins_its_ends() {
    check(&[(0., 0.), (199., 0.)], &[(0, 1)], &[]);
    // A chain, and one far away from it: it gets all edges that are not too long, and closes a triangle.
    let far = [(0., 0.), (35., 0.), (130., 5.), (20., -160.)];
    check(&far, &[(0, 1), (0, 3), (1, 2), (1, 3), (2, 3)], &[[0, 1, 3], [1, 2, 3]]);
    // With one between, the far one has its own way, and its long edges are gone.
    let between = [(0., 0.), (35., 0.), (130., 5.), (20., -160.), (20., -80.)];
    check(&between, &[(0, 1), (0, 4), (1, 2), (1, 4), (2, 4), (3, 4)], &[[0, 1, 4], [1, 2, 4]]);
}

#[test]
fn stations_that_are_down_or_unknown_are_left_out() {
    let places = points(&[(0., 0.), (40., 0.), (0., 40.), (40., 40.)]);
    let shape = Topology::build(&places, &[3, 0, 3, 2, 77].map(StationIndex));
    assert_eq!(shape.stations(), [0, 2, 3].map(StationIndex));
    assert_eq!(shape.triangles(), [[0, 2, 3].map(StationIndex)]);
    assert_eq!(shape.neighbours(StationIndex(1)).count(), 0);
}

/// The latitudes and longitudes of the sample network, deg, for stations of one region.
fn sample_network(region: &str) -> Option<Vec<Geodetic>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/guangxi.toml");
    let text = fs::read_to_string(file).ok()?;
    let number = |block: &str, key: &str| {
        let line = block.lines().find(|line| line.starts_with(key))?;
        line.split_once('=')?.1.trim().parse::<f64>().ok()
    };
    let wanted = format!("region = \"{region}\"");
    let stations = text.split("[[station]]").filter(|block| block.contains(&wanted));
    stations
        .map(|block| {
            let (lat, lon) = (number(block, "latitude_deg")?, number(block, "longitude_deg")?);
            Some(Geodetic::from_degrees(lat, lon, number(block, "height_m")?))
        })
        .collect()
}

#[test]
fn a_network_of_a_hundred_and_ten_stations_is_woven_densely() {
    let Some(stations) = sample_network("Guangxi") else {
        println!("SKIPPED topology figures: config/guangxi.toml not found");
        return;
    };
    let places: Vec<_> = stations.iter().map(|place| place.to_ecef(GRS80)).collect();
    let plane = LocalPlane::around(&places).expect("stations");
    let points: Vec<_> = stations.iter().map(|place| plane.point(*place)).collect();
    let shape = Topology::build(&points, &all(points.len()));
    let median_km = shape.median_length_m().expect("edges") / 1e3;
    println!(
        "{} stations: {} edges, {} triangles, median edge {median_km:.1} km",
        points.len(),
        shape.edges().len(),
        shape.triangles().len()
    );
    // Euler: a triangulation of n points with h on the hull has 3n - 3 - h edges and 2n - 2 - h triangles. The shared design counts
    // 313 and 202 for a like network.
    assert_eq!(points.len(), 110);
    assert!((280..=324).contains(&shape.edges().len()));
    assert!((170..=215).contains(&shape.triangles().len()));
    assert!((40.0..70.0).contains(&median_km));
}

fn network() -> impl Strategy<Value = Vec<(f64, f64)>> {
    // Coarse enough for coincidences, lines and circles to be common.
    prop::collection::vec((-8..8_i32, -8..8_i32), 0..40).prop_map(|cells| {
        cells.into_iter().map(|(e, n)| (f64::from(e) * 30.0, f64::from(n) * 30.0)).collect()
    })
}

/// Whether those edges lead from one end to the other.
fn is_joined(edges: &[Edge], ends: Edge) -> bool {
    let mut reached = vec![ends.from()];
    let mut looked = 0;
    while let Some(&station) = reached.get(looked) {
        looked += 1;
        for other in edges.iter().filter_map(|edge| edge.other_end(station)) {
            if !reached.contains(&other) {
                reached.push(other);
            }
        }
    }
    reached.contains(&ends.to())
}

proptest! {
    #[test]
    fn any_network_has_a_sound_shape(places in network(), seed in any::<u64>()) {
        let points = points(&places);
        let mut up = all(points.len());
        let shape = Topology::build(&points, &up);
        prop_assert!(shape.edges().is_sorted() && shape.triangles().is_sorted());
        prop_assert!(shape.edges().iter().all(|e| e.from() < e.to()));
        let (short, long): (Vec<Edge>, Vec<Edge>) =
            shape.edges().iter().partition(|e| shape.length_m(**e) <= EDGE_MAX_M);
        prop_assert!(long.iter().all(|e| shape.length_m(*e) <= EDGE_ALONE_MAX_M));
        prop_assert!(long.iter().all(|e| !is_joined(&short, *e)));
        let has = |edge: &Edge| shape.edges().binary_search(edge).is_ok();
        prop_assert!(shape.triangles().iter().all(|t| edges_of(*t).iter().all(has)));
        // The order in which stations are told does not matter.
        let turn = usize::try_from(seed % 40).expect("small");
        let by = turn.min(up.len());
        up.rotate_left(by);
        prop_assert_eq!(Topology::build(&points, &up), shape);
    }

    #[test]
    fn any_numbers_at_all_are_survived(places in prop::collection::vec((any::<f64>(), any::<f64>()), 0..12)) {
        let points: Vec<_> = places.iter().map(|(e, n)| PlanePoint { east_m: *e, north_m: *n }).collect();
        Topology::build(&points, &all(points.len()));
    }
}
