//! A rover of the old school: from the master's observations and MAC differences or FKP gradients it makes a virtual station at its
//! own place. It stands for receivers that do so inside, which no free program does.

use std::collections::BTreeMap;

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::units::Metres;

use crate::model::range::{sight, transmitted_by_code, transmitted_by_light_time};
use crate::network::median::median;
use crate::network::observed::IONOSPHERE_REFERENCE_HZ;
use crate::network::products::fkp::{Gradients, L1_OF_NARROW_LANE, RADIUS_M_PER_PPM, mapping};
use crate::network::products::mac::Difference;
use crate::network::products::site::standard_m;

/// An auxiliary station as a rover knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Auxiliary {
    /// Where it is.
    pub place: Ecef,
    /// Its corrections less the master's.
    pub satellites: BTreeMap<Satellite, Difference>,
}

/// What is to be added to the master's measurements of one satellite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Displacement {
    /// To code and phase, range included, m.
    pub common_m: f64,
    /// To the code, and off the phase, on L1, m; on other carriers by the square of the frequencies' ratio.
    pub ionosphere_m: f64,
}

/// Auxiliaries nearer to each other than this across their direction make no plane, as a share of their distance.
const SPREAD_MIN: f64 = 0.05;

/// A rover with the ephemerides that it has received.
#[derive(Debug)]
pub struct Rover<'a> {
    master: Ecef,
    place: Ecef,
    ends: [Geodetic; 2],
    ephemerides: &'a BTreeMap<Satellite, Ephemeris>,
}

impl<'a> Rover<'a> {
    /// A rover that wants a station at `place`, with a master at `master`.
    pub fn new(master: Ecef, place: Ecef, ephemerides: &'a BTreeMap<Satellite, Ephemeris>) -> Self {
        let ends = [master, place].map(|end| end.to_geodetic(GRS80));
        Self { master, place, ends, ephemerides }
    }

    /// The virtual station by MAC: a plane through the master, nearer auxiliaries counting more, of what the standard atmosphere leaves.
    pub fn by_differences(&self, measured: &ObsEpoch, auxiliaries: &[Auxiliary]) -> ObsEpoch {
        self.displaced(measured, |satellite, received| {
            let ephemeris = self.ephemerides.get(&satellite)?;
            let towards =
                |place: Ecef| Some((place, range_and_elevation(ephemeris, received, place)?));
            let (_, (master_m, master_rad)) = towards(self.master)?;
            let (_, (there_m, there_rad)) = towards(self.place)?;
            let [master, there] = self.ends;
            let model_m = standard_m(master, master_rad, received);
            let mut corners = Vec::with_capacity(auxiliaries.len());
            for auxiliary in auxiliaries {
                let Some(difference) = auxiliary.satellites.get(&satellite) else { continue };
                let (place, (_, elevation_rad)) = towards(auxiliary.place)?;
                let at = place.to_geodetic(GRS80);
                let modelled_m = standard_m(at, elevation_rad, received) - model_m;
                let away = (place - self.master).to_enu(master);
                corners.push(Corner {
                    away: [away.east_m, away.north_m],
                    values: [difference.ionospheric_m, difference.geometric_m + modelled_m],
                });
            }
            let away = (self.place - self.master).to_enu(master);
            let [ionosphere_m, geometric_m] = plane(&corners, [away.east_m, away.north_m])?;
            let air_m = standard_m(there, there_rad, received) - model_m - geometric_m;
            Some(Displacement { common_m: there_m - master_m + air_m, ionosphere_m })
        })
    }

    /// The virtual station by FKP.
    pub fn by_gradients(
        &self,
        measured: &ObsEpoch,
        gradients: &BTreeMap<Satellite, Gradients>,
    ) -> ObsEpoch {
        let [master, there] = self.ends;
        let north = RADIUS_M_PER_PPM * (there.latitude_rad - master.latitude_rad);
        let east = RADIUS_M_PER_PPM
            * (there.longitude_rad - master.longitude_rad)
            * master.latitude_rad.cos();
        self.displaced(measured, |satellite, received| {
            let ephemeris = self.ephemerides.get(&satellite)?;
            let told = gradients.get(&satellite)?;
            let [Some(north_0), Some(east_0)] = told.geometric_ppm else { return None };
            let [Some(north_i), Some(east_i)] = told.ionospheric_ppm else { return None };
            let (master_m, master_rad) = range_and_elevation(ephemeris, received, self.master)?;
            let (there_m, there_rad) = range_and_elevation(ephemeris, received, self.place)?;
            let geometric_m = north_0 * north + east_0 * east;
            let longer_m = mapping(master_rad) * (north_i * north + east_i * east);
            let air_m =
                standard_m(there, there_rad, received) - standard_m(master, master_rad, received);
            Some(Displacement {
                common_m: there_m - master_m + air_m + geometric_m,
                // A longer phase range is less ionosphere.
                ionosphere_m: -L1_OF_NARROW_LANE * longer_m,
            })
        })
    }

    /// The master's epoch with every satellite displaced that can be.
    fn displaced(
        &self,
        measured: &ObsEpoch,
        by: impl Fn(Satellite, GpsTime) -> Option<Displacement>,
    ) -> ObsEpoch {
        let clock_s = self.receiver_clock_s(measured).unwrap_or(0.0);
        let received = measured.time - Interval::from_seconds_f64(clock_s);
        let mut observations = Vec::new();
        for (satellite, seen) in measured.by_satellite() {
            let Some(displacement) = by(satellite, received) else { continue };
            observations.extend(seen.iter().filter_map(|o| moved(o, displacement)));
        }
        ObsEpoch::new(measured.time, observations)
    }

    /// The master's clock by its codes, s.
    pub(super) fn receiver_clock_s(&self, measured: &ObsEpoch) -> Option<f64> {
        median(measured.by_satellite().filter_map(|(satellite, seen)| {
            let ephemeris = self.ephemerides.get(&satellite)?;
            let code = seen.iter().find_map(|o| o.code)?;
            let state = transmitted_by_code(ephemeris, measured.time, code).ok()?;
            let range_m = sight(self.master, state.position).range_m;
            Some((code.0 - range_m) / SPEED_OF_LIGHT + state.clock_s)
        }))
    }
}

pub(super) fn range_and_elevation(
    ephemeris: &Ephemeris,
    received: GpsTime,
    place: Ecef,
) -> Option<(f64, f64)> {
    let state = transmitted_by_light_time(ephemeris, received, place).ok()?;
    let at = sight(place, state.position);
    Some((at.range_m, at.elevation_rad))
}

fn moved(seen: &Observation, by: Displacement) -> Option<Observation> {
    let carrier = seen.carrier()?;
    let dispersive_m = by.ionosphere_m * (IONOSPHERE_REFERENCE_HZ / carrier.0).powi(2);
    let mut there = *seen;
    there.code = seen.code.map(|code| Metres(code.0 + by.common_m + dispersive_m));
    if let Some(phase) = &mut there.phase {
        phase.0 += Metres(by.common_m - dispersive_m).in_cycles_of(carrier).0;
    }
    // The rate is that of the master's own path.
    there.doppler = None;
    Some(there)
}

/// An auxiliary seen from the master: east and north, m, and what it tells, m.
struct Corner {
    away: [f64; 2],
    values: [f64; 2],
}

/// What a plane through the master says there, where the corners are fitted by the squares of their distances from there.
///
/// None without three stations that span one.
fn plane(corners: &[Corner], there: [f64; 2]) -> Option<[f64; 2]> {
    let mut normal = [[0.0; 2]; 2];
    let mut right = [[0.0; 2]; 2];
    for corner in corners {
        let [east, north] = corner.away;
        let apart2 = (east - there[0]).powi(2) + (north - there[1]).powi(2);
        // A kilometre: an auxiliary at the place itself counts much, not all.
        let weight = 1.0 / (apart2 + 1e6);
        for (i, a) in corner.away.iter().enumerate() {
            for (j, b) in corner.away.iter().enumerate() {
                normal[i][j] += weight * a * b;
            }
            for (k, value) in corner.values.iter().enumerate() {
                right[k][i] += weight * a * value;
            }
        }
    }
    let determinant = normal[0][0] * normal[1][1] - normal[0][1] * normal[1][0];
    let trace = normal[0][0] + normal[1][1];
    if determinant.is_nan() || determinant <= (SPREAD_MIN * trace).powi(2) {
        return None;
    }
    let at = |[e, n]: [f64; 2]| {
        let east = (normal[1][1] * e - normal[0][1] * n) / determinant;
        let north = (normal[0][0] * n - normal[1][0] * e) / determinant;
        east * there[0] + north * there[1]
    };
    Some([at(right[0]), at(right[1])])
}
