//! Which stations are solved for a place: the nearest that were archived then, as long as they surround it.

use std::collections::BTreeSet;

use tianshu_gnss::coords::{Ecef, GRS80};
use tianshu_gnss::station::StationName;
use tianshu_positioning::network::engine::StationConfig;
use tianshu_positioning::network::interpolate::extent::Coverage;
use tianshu_positioning::network::plane::LocalPlane;
use tianshu_positioning::network::topology::{StationIndex, Topology};
use tianshu_station_monitor::archive::span;
use tianshu_station_monitor::archive::store::ObservationStore;

use crate::archive::virtual_rinex::{Asked, Ground, NotMade, STATIONS_MIN};
use crate::files::source::ArchiveSource;

/// The stations of a job.
pub(super) struct Chosen {
    /// Those that are solved, the nearest first.
    pub stations: Vec<StationConfig>,
    /// The archive, whose ephemerides are those of these stations.
    pub source: ArchiveSource,
    /// Its observations.
    pub store: Box<dyn ObservationStore>,
}

impl Chosen {
    /// Chooses, and refuses what cannot be made.
    pub(super) fn of(ground: &Ground, asked: &Asked) -> Result<Self, NotMade> {
        let (place, all) = (asked.request.place, &ground.network.stations);
        let (from, until) = (asked.request.from, asked.request.until);
        let nearest_first = nearest_first(all, place);
        let Some(nearest) = nearest_first.first() else { return Err(NotMade::NoNetwork) };
        if coverage(all, place) == Coverage::Beyond {
            let km = distance_km(nearest, place);
            return Err(NotMade::Outside { nearest: nearest.name.to_string(), km });
        }
        let store = ArchiveSource::new(ground.archive.clone(), Vec::new()).store()?;
        let held: BTreeSet<StationName> = store
            .holdings(span::Span { from, until })?
            .into_iter()
            .filter(|holding| holding.epochs > 0)
            .map(|holding| holding.station)
            .collect();
        let there: Vec<StationConfig> =
            nearest_first.into_iter().filter(|s| held.contains(&s.name)).collect();
        if there.is_empty() {
            return Err(NotMade::NothingArchived { from, until });
        }
        let around = coverage(&there, place);
        if around == Coverage::Beyond || there.len() < STATIONS_MIN {
            let names: Vec<&str> = there.iter().map(|s| s.name.as_str()).collect();
            let (there, all) = (there.len(), all.len());
            return Err(NotMade::TooFewArchived { there, all, names: names.join(", ") });
        }
        let stations = taken(there, &around, asked.request.stations);
        let names = stations.iter().map(|s| s.name.clone()).collect();
        let source = ArchiveSource::new(ground.archive.clone(), names);
        Ok(Self { stations, source, store })
    }
}

/// The first so many, and those of the triangle around the place.
fn taken(nearest_first: Vec<StationConfig>, around: &Coverage, most: usize) -> Vec<StationConfig> {
    let corners: Vec<usize> = match around {
        Coverage::Inside { triangle, .. } => triangle.iter().map(|s| s.position()).collect(),
        Coverage::Near { .. } | Coverage::Beyond => Vec::new(),
    };
    let is_taken = |place: usize| place < most || corners.contains(&place);
    let all = nearest_first.into_iter().enumerate();
    all.filter(|(place, _)| is_taken(*place)).map(|(_, station)| station).collect()
}

/// Where a place lies with respect to the triangles of those stations.
fn coverage(stations: &[StationConfig], place: Ecef) -> Coverage {
    let places: Vec<Ecef> = stations.iter().map(|s| s.place).collect();
    let Some(plane) = LocalPlane::around(&places) else { return Coverage::Beyond };
    let points: Vec<_> = places.iter().map(|p| plane.point(p.to_geodetic(GRS80))).collect();
    let up: Vec<StationIndex> = StationIndex::all().take(points.len()).collect();
    Coverage::of(&Topology::build(&points, &up), plane.point(place.to_geodetic(GRS80)))
}

fn nearest_first(stations: &[StationConfig], place: Ecef) -> Vec<StationConfig> {
    let mut sorted = stations.to_vec();
    sorted.sort_by(|a, b| distance_km(a, place).total_cmp(&distance_km(b, place)));
    sorted
}

/// How far a station is from a place, km.
pub(super) fn distance_km(station: &StationConfig, place: Ecef) -> f64 {
    (station.place - place).norm_m() / 1e3
}

#[cfg(test)]
mod tests {
    use tianshu_gnss::coords::Geodetic;

    use super::*;

    fn grid() -> Vec<StationConfig> {
        let at = |n: i32| {
            let (north, east) = (f64::from(n / 4), f64::from(n % 4));
            let place = Geodetic::from_degrees(22.0 + 0.4 * north, 108.0 + 0.4 * east, 100.0);
            let name = format!("S{n}").parse().expect("a name");
            StationConfig { name, place: place.to_ecef(GRS80), antenna: None }
        };
        (0..16).map(at).collect()
    }

    #[test]
    fn the_nearest_are_taken_and_always_those_around_the_place() {
        let place = Geodetic::from_degrees(22.05, 108.1, 0.0).to_ecef(GRS80);
        let sorted = nearest_first(&grid(), place);
        let around = coverage(&sorted, place);
        let names = |most: usize| -> Vec<String> {
            taken(sorted.clone(), &around, most).iter().map(|s| s.name.to_string()).collect()
        };
        let Coverage::Inside { triangle, .. } = around else { panic!("{around:?}") };
        assert_eq!(names(5)[0], "S0");
        assert_eq!(names(5).len(), 5);
        let corners = triangle.map(|s| sorted[s.position()].name.to_string());
        assert!(corners.iter().all(|corner| names(1).contains(corner)), "{corners:?}");
    }

    #[test]
    fn a_place_far_away_is_beyond() {
        let place = Geodetic::from_degrees(25.0, 108.1, 0.0).to_ecef(GRS80);
        assert_eq!(coverage(&grid(), place), Coverage::Beyond);
        assert_eq!(coverage(&[], place), Coverage::Beyond);
    }
}
