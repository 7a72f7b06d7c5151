//! The network that a world simulates: stations with names and true places, wherever they were read from.

use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};
use tianshu_gnss::station::StationName;

/// A network of reference stations.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Its name, for people.
    pub name: String,
    /// Its stations, in the order in which numbers count them.
    pub stations: Vec<NetworkStation>,
}

/// A station as the network's file tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkStation {
    /// Its name.
    pub name: StationName,
    /// Where the antenna reference point is.
    pub place: Geodetic,
    /// The province it stands in, for people.
    pub region: String,
}

impl NetworkStation {
    /// The antenna reference point, Earth-fixed.
    pub fn ecef(&self) -> Ecef {
        self.place.to_ecef(GRS80)
    }
}

impl Network {
    /// The `count` stations nearest to the middle of all, as a smaller network; all if there are fewer.
    #[must_use]
    pub fn central(&self, count: usize) -> Self {
        let middle = self.middle();
        let mut nearest: Vec<(f64, usize)> =
            self.stations.iter().enumerate().map(|(i, s)| (apart_m(s.ecef(), middle), i)).collect();
        nearest.sort_by(|a, b| a.0.total_cmp(&b.0));
        nearest.truncate(count);
        let mut kept: Vec<usize> = nearest.into_iter().map(|(_, i)| i).collect();
        kept.sort_unstable();
        Self {
            name: self.name.clone(),
            stations: kept.into_iter().map(|i| self.stations[i].clone()).collect(),
        }
    }

    /// Distance from a station to its nearest neighbour, m; none in a network of one.
    pub fn nearest_spacing_m(&self, station: usize) -> Option<f64> {
        let here = self.stations.get(station)?.ecef();
        let others = self.stations.iter().enumerate().filter(|(i, _)| *i != station);
        others.map(|(_, other)| apart_m(other.ecef(), here)).min_by(f64::total_cmp)
    }

    /// The numbers of the stations by their distance from a place, nearest first.
    pub fn by_distance(&self, place: Ecef) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.stations.len()).collect();
        order.sort_by(|&a, &b| {
            let far = |i: usize| apart_m(self.stations[i].ecef(), place);
            far(a).total_cmp(&far(b))
        });
        order
    }

    /// The mean of all places: a point below the ground.
    pub(crate) fn middle(&self) -> Ecef {
        let count = self.stations.len().max(1) as f64;
        let sum = self.stations.iter().fold([0.0; 3], |sum, s| {
            let at = s.ecef().xyz();
            std::array::from_fn(|i| sum[i] + at[i] / count)
        });
        Ecef::new(sum[0], sum[1], sum[2])
    }
}

fn apart_m(a: Ecef, b: Ecef) -> f64 {
    (a - b).norm_m()
}
