//! The smooth ionosphere: a surface over what is levelled, for satellites of which nothing is.

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::network::engine::fields::Fields;
use crate::network::interpolate::surface::{Difference, Line, Surface};
use crate::network::observed::{Group, ObservedEpoch, ObservedSatellite};
use crate::network::plane::PlanePoint;
use crate::network::topology::Topology;

/// The surface is fitted anew after this time: as often as an edge takes its turn.
const FIT_INTERVAL: Interval = Interval::from_seconds(5);
/// A surface that leaves over more than this between neighbours, one sigma, m at the zenith, is none: the air is not smooth.
const REST_MAX_M: f64 = 0.05;

/// The surface as of its last fit.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SmoothAir {
    surface: Option<Surface>,
    fitted: Option<GpsTime>,
}

impl SmoothAir {
    /// Fits it anew when it is time to. Nothing is told while any satellite's air is restless: what one satellite sees, another one that is
    /// not levelled yet may see, too.
    pub(super) fn step(
        &mut self,
        time: GpsTime,
        shape: &Topology,
        observed: &[Option<ObservedEpoch>],
        fields: &Fields,
        points: &[PlanePoint],
    ) {
        if self.fitted.is_some_and(|fitted| time - fitted < FIT_INTERVAL) {
            return;
        }
        self.fitted = Some(time);
        self.surface = None;
        if fields.all().values().any(|field| field.is_restless(time)) {
            return;
        }
        let lines: Vec<Vec<(Satellite, Line, f64)>> = observed
            .iter()
            .zip(points)
            .enumerate()
            .map(|(station, (epoch, place))| {
                let known = |s: &ObservedSatellite| {
                    // GLONASS tells nobody (decision 15).
                    if s.group == Group::Glonass {
                        return None;
                    }
                    let value_m = (*fields.all().get(&s.satellite)?.values_m.get(station)?)?;
                    Some((s.satellite, line(s, *place), value_m))
                };
                epoch.iter().flat_map(|epoch| epoch.satellites.iter().filter_map(known)).collect()
            })
            .collect();
        let edges: Vec<(f64, Vec<Difference>)> = shape
            .edges()
            .iter()
            .map(|edge| {
                let (from, to) = (&lines[edge.from().position()], &lines[edge.to().position()]);
                let common = from.iter().filter_map(|(satellite, from, from_m)| {
                    let at = to.binary_search_by_key(satellite, |(s, _, _)| *s).ok()?;
                    let (_, to, to_m) = to[at];
                    let value_m = to_m - from_m;
                    Some(Difference { satellite: *satellite, from: *from, to, value_m })
                });
                (shape.length_m(*edge), common.collect())
            })
            .collect();
        let surface = Surface::fit(edges.iter().map(|(length_m, all)| (*length_m, all.as_slice())));
        let usual_m = shape.median_length_m().unwrap_or(0.0);
        self.surface = surface.filter(|s| s.rest_m(usual_m) <= REST_MAX_M);
    }

    /// What a satellite's slant ionosphere differs by between two stations, second less first, and its sigma, m.
    pub(super) fn foretell(
        &self,
        satellite: Satellite,
        ends: [&ObservedEpoch; 2],
        points: &[PlanePoint],
    ) -> Option<(f64, f64)> {
        // GLONASS has a surface of its own (`sky_surface`), and must not be told the same twice.
        let surface = self.surface.filter(|_| Group::of(satellite) != Some(Group::Glonass))?;
        let at = |epoch: &ObservedEpoch| points.get(epoch.station.position()).copied();
        let [from, to] = ends;
        let (a, b) = (at(from)?, at(to)?);
        let lines = [line(from.get(satellite)?, a), line(to.get(satellite)?, b)];
        Some(surface.foretell(a.distance_m(b), &lines[0], &lines[1]))
    }
}

fn line(s: &ObservedSatellite, place: PlanePoint) -> Line {
    Line::new(s.group, place, s.elevation_rad, s.azimuth_rad)
}
