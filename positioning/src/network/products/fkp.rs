//! Gradients around a station (FKP): by how much phase ranges are longer a little farther north and east.
//!
//! At a place Δφ north and Δλ east (rad) of the station at latitude φ, phase ranges are longer by δ0 + (120/154) δI on L1 and by
//! δ0 + (154/120) δI on L2, with δ0 = 6.37 (N0 Δφ + E0 Δλ cos φ) and δI = 6.37 H (NI Δφ + EI Δλ cos φ), in m, the gradients in ppm,
//! H = 1 + 16 (0.53 - E/π)³ and E the elevation (Wübbena, Bagge: RTCM Message Type 59-FKP for transmission of FKP, Geo++ 2002). A rover takes
//! this off its own phases, or a virtual station adds it to the reference's.
//!
//! The geometric part is what the standard atmosphere leaves, at the height of the station: rovers take that model off by themselves.

use std::collections::BTreeMap;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};
use tianshu_gnss::satellite::Satellite;

use crate::network::interpolate::kriging::WeightCache;
use crate::network::products::site::{Site, standard};
use crate::network::snapshot::NetworkSnapshot;
use crate::network::topology::StationIndex;

/// Metres per radian and ppm: the Earth's radius of the definition.
pub const RADIUS_M_PER_PPM: f64 = 6.37;
/// What the ionosphere on L1 is of that on the narrow lane; on L2 the inverse.
pub const L1_OF_NARROW_LANE: f64 = 120.0 / 154.0;
/// Slopes are taken between two places so far to both sides, m: shorter ones would tell one station's noise.
const SPAN_M: f64 = 15e3;
/// What the messages can say of geometric gradients, ppm.
pub const GEOMETRIC_MAX_PPM: f64 = 20.47;
/// What the messages can say of ionospheric gradients, ppm.
pub const IONOSPHERIC_MAX_PPM: f64 = 81.91;

/// The gradients of one satellite. None beyond what a message can say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gradients {
    /// Not dispersive, northward and eastward, ppm.
    pub geometric_ppm: [Option<f64>; 2],
    /// Dispersive, northward and eastward, ppm of the narrow lane at the zenith of the definition's mapping.
    pub ionospheric_ppm: [Option<f64>; 2],
    /// The issue of the ephemeris that the ranges are computed with.
    pub issue: u16,
}

/// How much longer than at the zenith the ionosphere's path is by the definition.
pub fn mapping(elevation_rad: f64) -> f64 {
    1.0 + 16.0 * (0.53 - elevation_rad / std::f64::consts::PI).powi(3)
}

/// The gradients around a station for the satellites of a system that it has levelled and that may be told.
pub fn gradients(
    snapshot: &NetworkSnapshot,
    station: StationIndex,
    system: Constellation,
) -> BTreeMap<Satellite, Gradients> {
    let mut result = BTreeMap::new();
    let Some(view) = snapshot.stations.get(station.position()) else { return result };
    let Some(site) = Site::of(snapshot, view.place) else { return result };
    let around = around(view.place, site.geodetic);
    let mut weights = around.map(|place| {
        let nuggets = snapshot.nuggets.clone();
        WeightCache::new(snapshot.point(place), snapshot.covariance, nuggets)
    });
    let Some(air) = air_slope(snapshot, &around) else { return result };
    for (satellite, field) in &snapshot.satellites {
        let here = field.ionosphere_m.get(station.position()).copied().flatten();
        let may_be_told = field.withheld.is_none() && !field.rough.contains(&station);
        if satellite.constellation() != system || here.is_none() || !may_be_told {
            continue;
        }
        let Some(line) = site.towards(&field.ephemeris, snapshot.time) else { continue };
        let values = &field.ionosphere_m;
        let mut at = [None; 4];
        for ((at, cache), place) in at.iter_mut().zip(&mut weights).zip(&around) {
            let Some(weights) = cache.weights(&snapshot.points, values) else { continue };
            let wave_m = snapshot.wave_beyond_m(field, weights, snapshot.point(*place));
            *at = weights.apply(values).map(|kriged_m| kriged_m + wave_m);
        }
        let [Some(north), Some(south), Some(east), Some(west)] = at else { continue };
        let ionosphere = [(north - south) / (2.0 * SPAN_M), (east - west) / (2.0 * SPAN_M)];
        let [_, orbit_east, orbit_north] = field.geometry;
        let orbit = [orbit_north, orbit_east];
        let per_ionosphere = 1.0 / (L1_OF_NARROW_LANE * mapping(line.elevation_rad));
        let told = |ppm: f64, max_ppm: f64| (ppm.abs() <= max_ppm).then_some(ppm);
        let geometric_ppm = [0, 1].map(|axis| {
            told(1e6 * (orbit[axis] + air[axis] * line.wet_mapping), GEOMETRIC_MAX_PPM)
        });
        let ionospheric_ppm =
            [0, 1].map(|axis| told(-1e6 * ionosphere[axis] * per_ionosphere, IONOSPHERIC_MAX_PPM));
        let issue = field.ephemeris.issue();
        result.insert(*satellite, Gradients { geometric_ppm, ionospheric_ppm, issue });
    }
    result
}

/// The places north, south, east and west of a station, at its height.
fn around(place: Ecef, geodetic: Geodetic) -> [Geodetic; 4] {
    let height_m = geodetic.height_m;
    [(0.0, 1.0), (0.0, -1.0), (1.0, 0.0), (-1.0, 0.0)].map(|(east, north)| {
        let enu =
            tianshu_gnss::coords::Enu { east_m: east * SPAN_M, north_m: north * SPAN_M, up_m: 0.0 };
        let there = (place + enu.to_ecef(geodetic)).to_geodetic(GRS80);
        Geodetic { height_m, ..there }
    })
}

/// Slopes of the zenith delay beyond the standard atmosphere's, northward and eastward, m per m.
fn air_slope(snapshot: &NetworkSnapshot, around: &[Geodetic; 4]) -> Option<[f64; 2]> {
    let beyond = around.map(|place| {
        let (known, model) = (snapshot.zenith_at(place)?.zenith, standard(place));
        Some(known.hydrostatic_m + known.wet_m - model.hydrostatic_m - model.wet_m)
    });
    let [Some(north), Some(south), Some(east), Some(west)] = beyond else { return None };
    Some([(north - south) / (2.0 * SPAN_M), (east - west) / (2.0 * SPAN_M)])
}
