//! Slant ionosphere over the stations: what the receivers add is taken off, so that it can be drawn as one field per satellite.
//!
//! A levelled line of sight tells ionosphere + constant of the receiver's group + constant of the satellite. Satellite by satellite the
//! ionosphere is a plane over the network and a rest; the receivers' constants are those with which the rests are least. A slope that all
//! satellites of a group share cannot be told from constants that grow along it; the least slopes are taken, which changes nothing between
//! satellites of one group.

use std::collections::BTreeMap;

use nalgebra::{Cholesky, DMatrix, DVector};
use tianshu_gnss::satellite::Satellite;

use crate::network::observed::Group;
use crate::network::plane::PlanePoint;
use crate::network::solution::links::Levelled;

/// The unit of length in the equations, m.
const LENGTH_UNIT_M: f64 = 100e3;
/// What is not known of constants, one sigma, m.
const FREE_SIGMA_M: f64 = 1e3;
/// What is not known of a slant slope, one sigma, m per unit of length: 20 mm/km.
const SLOPE_SIGMA_M: f64 = 2.0;
/// What the ionosphere does beyond a plane, one sigma, m: it keeps one line of sight from deciding its station's constant.
const ROUGH_SIGMA_M: f64 = 0.02;

/// Takes the receivers' constants off: the slant ionosphere of each station and satellite, m.
///
/// `links` has one list for each station, `places` its place on the map.
pub fn without_receivers(
    links: &[Vec<Levelled>],
    places: &[PlanePoint],
) -> BTreeMap<(usize, Satellite), f64> {
    let mut result = BTreeMap::new();
    for group in Group::ALL {
        of_group(group, links, places, &mut result);
    }
    result
}

fn of_group(
    group: Group,
    links: &[Vec<Levelled>],
    places: &[PlanePoint],
    result: &mut BTreeMap<(usize, Satellite), f64>,
) {
    let of_station = |station: &Vec<Levelled>| -> Vec<Levelled> {
        station.iter().filter(|l| l.group == group).copied().collect()
    };
    let of_group: Vec<Vec<Levelled>> = links.iter().map(of_station).collect();
    let mut satellites: BTreeMap<Satellite, usize> = BTreeMap::new();
    for link in of_group.iter().flatten() {
        let next = satellites.len();
        satellites.entry(link.satellite).or_insert(next);
    }
    if satellites.is_empty() {
        return;
    }
    let planes = planes(&of_group, places, &satellites);
    for (station, (of_station, place)) in of_group.iter().zip(places).enumerate() {
        let rest = |l: &Levelled| {
            let at = 3 * satellites[&l.satellite];
            let [one, east, north] = shape(*place);
            l.ionosphere_m - planes[at] * one - planes[at + 1] * east - planes[at + 2] * north
        };
        let total: f64 = of_station.iter().map(weight).sum();
        let constant = of_station.iter().map(|l| weight(l) * rest(l)).sum::<f64>() / total;
        for l in of_station {
            result.insert((station, l.satellite), l.ionosphere_m - constant);
        }
    }
}

fn weight(l: &Levelled) -> f64 {
    1.0 / (l.ionosphere_sigma_m.powi(2) + ROUGH_SIGMA_M.powi(2))
}

fn shape(place: PlanePoint) -> [f64; 3] {
    [1.0, place.east_m / LENGTH_UNIT_M, place.north_m / LENGTH_UNIT_M]
}

/// The planes of all satellites, three numbers each, with the stations' constants eliminated.
fn planes(
    links: &[Vec<Levelled>],
    places: &[PlanePoint],
    satellites: &BTreeMap<Satellite, usize>,
) -> DVector<f64> {
    let n = 3 * satellites.len();
    let mut normal = DMatrix::zeros(n, n);
    let mut right = DVector::zeros(n);
    for i in 0..n {
        let sigma_m = if i % 3 == 0 { FREE_SIGMA_M } else { SLOPE_SIGMA_M };
        normal[(i, i)] = sigma_m.powi(-2);
    }
    for (of_station, place) in links.iter().zip(places) {
        if of_station.len() < 2 {
            continue;
        }
        let shape = shape(*place);
        let total: f64 = of_station.iter().map(weight).sum();
        let mean = of_station.iter().map(|l| weight(l) * l.ionosphere_m).sum::<f64>() / total;
        let known: Vec<(usize, f64)> =
            of_station.iter().map(|l| (3 * satellites[&l.satellite], weight(l))).collect();
        for (a, (i, w)) in of_station.iter().zip(&known) {
            for (row, x) in shape.iter().enumerate() {
                right[i + row] += w * x * (a.ionosphere_m - mean);
                for (column, y) in shape.iter().enumerate() {
                    normal[(i + row, i + column)] += w * x * y;
                }
            }
            // The equations are symmetric, and only what is on and below their diagonal is asked for.
            for (j, other) in known.iter().filter(|(j, _)| j <= i) {
                let shared = w * other / total;
                for (column, y) in shape.iter().enumerate() {
                    for (row, x) in shape.iter().enumerate() {
                        normal[(i + row, j + column)] -= shared * x * y;
                    }
                }
            }
        }
    }
    Cholesky::new(normal).map_or_else(|| DVector::zeros(n), |root| root.solve(&right))
}
