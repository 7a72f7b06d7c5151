//! Where rovers stand among the stations.

use tianshu_gnss::coords::{Ecef, Enu, GRS80, Geodetic};

use crate::network::Network;
use crate::random::Key;

/// How rovers are placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoverPlaces {
    /// By lot, within the triangle of a station and its two nearest neighbours.
    Lot,
    /// In the middles of the triangles, where stations are farthest; those nearest to the network's middle first.
    Middles,
}

/// How far east of its rover a companion stands, m: near enough that nothing but the receivers differs between the two.
pub const COMPANION_EAST_M: f64 = 10.0;

/// Neighbours of a station that may be corners of a triangle with it: in a network as even as real ones are, six on average.
const CORNERS_MAX: usize = 24;
/// A triangle of three stations in a line has no middle; this is its height above its longest side by that side.
const FLAT: f64 = 1e-3;

/// Where the rover of a number (the first is 1) stands by lot.
pub(crate) fn by_lot(network: &Network, unit: Key) -> Geodetic {
    let mut random = unit.of("place").stream();
    let count = u32::try_from(network.stations.len()).unwrap_or(u32::MAX);
    let first = random.below(count) as usize;
    let near = network.by_distance(network.stations[first].ecef());
    let shares: Vec<f64> = (0..near.len().min(3)).map(|_| random.exponential(1.0)).collect();
    let sum: f64 = shares.iter().sum();
    let mixed = |of: fn(&Geodetic) -> f64| -> f64 {
        shares
            .iter()
            .zip(&near)
            .map(|(share, &i)| share / sum * of(&network.stations[i].place))
            .sum()
    };
    Geodetic {
        latitude_rad: mixed(|p| p.latitude_rad),
        longitude_rad: mixed(|p| p.longitude_rad),
        height_m: mixed(|p| p.height_m),
    }
}

/// The middles of the network's triangles, nearest to the network's middle first: as far from all three corners, no other
/// station nearer, and within the triangle.
pub fn middles(network: &Network) -> Vec<Geodetic> {
    let centre = network.middle().to_geodetic(GRS80);
    let flat: Vec<[f64; 2]> = network.stations.iter().map(|s| flat(s.ecef(), centre)).collect();
    let mut found: Vec<(f64, Geodetic)> = Vec::new();
    for first in 0..flat.len() {
        let mut later: Vec<usize> = (first + 1..flat.len()).collect();
        later.sort_by(|&a, &b| apart(flat[a], flat[first]).total_cmp(&apart(flat[b], flat[first])));
        later.truncate(CORNERS_MAX);
        for (position, &second) in later.iter().enumerate() {
            for &third in &later[position + 1..] {
                let corners = [first, second, third];
                let Some(middle) = circumcentre(corners.map(|i| flat[i])) else { continue };
                let radius = apart(middle, flat[first]);
                let nearer = |i: usize| !corners.contains(&i) && apart(middle, flat[i]) < radius;
                if (0..flat.len()).any(nearer) {
                    continue;
                }
                let height_m =
                    corners.iter().map(|&i| network.stations[i].place.height_m).sum::<f64>() / 3.0;
                found.push((apart(middle, [0.0; 2]), back(middle, height_m, centre)));
            }
        }
    }
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found.into_iter().map(|(_, place)| place).collect()
}

/// The place of a rover's companion.
pub(crate) fn beside(place: Geodetic) -> Geodetic {
    let by = Enu { east_m: COMPANION_EAST_M, north_m: 0.0, up_m: 0.0 };
    (place.to_ecef(GRS80) + by.to_ecef(place)).to_geodetic(GRS80)
}

/// East and north of the network's middle, m: over a province a plane is good to a share of a percent of what is asked here.
fn flat(place: Ecef, centre: Geodetic) -> [f64; 2] {
    let by = (place - centre.to_ecef(GRS80)).to_enu(centre);
    [by.east_m, by.north_m]
}

/// The place on the ellipsoid under a point of that plane, lifted to a height.
fn back([east_m, north_m]: [f64; 2], height_m: f64, centre: Geodetic) -> Geodetic {
    let by = Enu { east_m, north_m, up_m: 0.0 };
    let above = (centre.to_ecef(GRS80) + by.to_ecef(centre)).to_geodetic(GRS80);
    Geodetic { height_m, ..above }
}

fn apart(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// The point that is as far from all three corners; none if it lies outside, or the three in a line.
fn circumcentre([a, b, c]: [[f64; 2]; 3]) -> Option<[f64; 2]> {
    let mut sides = [apart(b, c), apart(c, a), apart(a, b)];
    sides.sort_by(f64::total_cmp);
    let [short, middle, long] = sides;
    if short.hypot(middle) <= long {
        return None;
    }
    let (bx, by, cx, cy) = (b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]);
    let twice_area = bx * cy - by * cx;
    if twice_area.abs() <= FLAT * long * long {
        return None;
    }
    let (b2, c2) = (bx * bx + by * by, cx * cx + cy * cy);
    let east = (cy * b2 - by * c2) / (2.0 * twice_area);
    let north = (bx * c2 - cx * b2) / (2.0 * twice_area);
    Some([a[0] + east, a[1] + north])
}

#[cfg(test)]
mod tests {
    use tianshu_gnss::coords::Geodetic;

    use super::*;
    use crate::network::NetworkStation;

    /// A lattice of equal triangles with sides of 50 km.
    fn lattice(rows: u32, columns: u32) -> Network {
        let station = |n: u32| {
            let (row, column) = (f64::from(n / columns), f64::from(n % columns));
            let north_km = row * 50.0 * 0.75_f64.sqrt();
            let east_km = 50.0 * (column + if n / columns % 2 == 1 { 0.5 } else { 0.0 });
            NetworkStation {
                name: format!("S{n}").parse().expect("a name"),
                place: Geodetic::from_degrees(
                    north_km / 110.57,
                    108.0 + east_km / 111.32,
                    100.0 * f64::from(n % 3),
                ),
                region: String::new(),
            }
        };
        Network { name: "lattice".into(), stations: (0..rows * columns).map(station).collect() }
    }

    fn nearest_km(network: &Network, place: Geodetic) -> Vec<f64> {
        let place = place.to_ecef(GRS80);
        let near = network.by_distance(place);
        near.iter().map(|&i| (network.stations[i].ecef() - place).norm_m() / 1e3).collect()
    }

    #[test]
    fn the_middles_are_as_far_from_three_stations_and_farther_from_all_others() {
        let network = lattice(4, 4);
        let middles = middles(&network);
        assert_eq!(middles.len(), 18, "triangles of four rows of four");
        for middle in middles {
            let km = nearest_km(&network, middle);
            // A side by the root of three.
            assert!(km[..3].iter().all(|d| (d - 28.87).abs() < 0.2), "{km:?}");
            assert!(km[3] > 50.0, "{km:?}");
            assert!((middle.height_m - 100.0).abs() < 67.0, "{middle:?}");
        }
    }

    #[test]
    fn the_innermost_comes_first_and_a_line_has_no_middle() {
        let network = lattice(5, 5);
        let centre = network.middle();
        let far = |p: &Geodetic| (p.to_ecef(GRS80) - centre).norm_m();
        let places = middles(&network);
        assert!(places.windows(2).all(|two| far(&two[0]) < far(&two[1]) + 500.0));
        assert!(middles(&lattice(1, 6)).is_empty());
        assert!(middles(&lattice(1, 2)).is_empty());
    }

    #[test]
    fn a_companion_stands_ten_metres_away() {
        let place = Geodetic::from_degrees(23.0, 108.0, 150.0);
        let by = (beside(place).to_ecef(GRS80) - place.to_ecef(GRS80)).to_enu(place);
        assert!((by.east_m - 10.0).abs() < 1e-6 && by.north_m.abs() < 1e-6, "{by:?}");
        assert!(by.up_m.abs() < 1e-6, "{by:?}");
    }
}
