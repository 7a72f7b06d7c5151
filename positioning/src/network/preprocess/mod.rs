//! From what a station measured to what the network uses: observed minus computed, arcs, honest sigmas.

use std::collections::BTreeMap;

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::coords::{Ecef, GRS80};
use tianshu_gnss::ephemeris::store::EphemerisStore;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::model::noise::{CODE_SIGMA_M, PHASE_SIGMA_M, variance_factor};
use crate::model::range::{Sight, sight};
use crate::model::troposphere::{RELATIVE_HUMIDITY, mapping, zenith_delay};
use crate::network::observed::{
    Channel, Group, IONOSPHERE_REFERENCE_HZ, ObservedCarrier, ObservedEpoch, ObservedSatellite,
};
use crate::network::topology::StationIndex;
use crate::signals::measured;
use crate::track::{Tracked, tracked};

/// What is known of a station beforehand.
#[derive(Clone, Debug, PartialEq)]
pub struct StationSetup {
    /// The antenna reference point, in the frame of the broadcast orbits.
    pub place: Ecef,
}

/// Makes a station's epochs ready, one after the other.
#[derive(Clone, Debug)]
pub struct Preprocessor {
    station: StationIndex,
    setup: StationSetup,
    arcs: BTreeMap<Channel, Arc>,
    last: Option<GpsTime>,
    next_arc: u32,
}

/// A phase in progress.
#[derive(Clone, Copy, Debug)]
struct Arc {
    number: u32,
    aligned_cycles: i64,
    last: GpsTime,
    attribute: char,
}

/// Longer than this away, and the arc is another one.
const GAP_MAX: Interval = Interval::from_seconds(10);

impl Preprocessor {
    /// For that station, from now on.
    pub fn new(station: StationIndex, setup: StationSetup) -> Self {
        Self { station, setup, arcs: BTreeMap::new(), last: None, next_arc: 0 }
    }

    /// Takes the station's next epoch, whose place on the network's grid is `time`.
    pub fn step(
        &mut self,
        time: GpsTime,
        epoch: &ObsEpoch,
        ephemerides: &EphemerisStore,
    ) -> ObservedEpoch {
        let seen = tracked(epoch, ephemerides);
        let with_sight: Vec<(&Tracked<'_>, Sight)> =
            seen.iter().map(|t| (t, sight(self.setup.place, t.state.position))).collect();
        let place = self.setup.place.to_geodetic(GRS80);
        let zenith = zenith_delay(place, RELATIVE_HUMIDITY);
        let mut satellites = Vec::with_capacity(seen.len());
        for (t, s) in &with_sight {
            let Some(group) = Group::of(t.satellite) else { continue };
            let mapped = mapping(place, s.elevation_rad, time);
            let troposphere_m =
                zenith.hydrostatic_m * mapped.hydrostatic + zenith.wet_m * mapped.wet;
            let computed_m = s.range_m - SPEED_OF_LIGHT * t.state.clock_s + troposphere_m;
            satellites.push((
                *t,
                ObservedSatellite {
                    satellite: t.satellite,
                    group,
                    elevation_rad: s.elevation_rad,
                    azimuth_rad: s.azimuth_rad,
                    computed_m,
                    troposphere_m,
                    wet_mapping: mapped.wet,
                    issue: t.ephemeris.issue(),
                    carriers: Vec::new(),
                },
            ));
        }
        let clock_m = rough_clock_m(&satellites);
        for (t, satellite) in &mut satellites {
            for band in satellite.group.bands().chars() {
                let carrier = self.carrier(time, t, satellite, band, clock_m);
                satellite.carriers.extend(carrier);
            }
        }
        self.last = Some(time);
        let satellites = satellites.into_iter().map(|(_, s)| s).collect();
        ObservedEpoch { station: self.station, time, clock_m, satellites }
    }

    fn carrier(
        &mut self,
        time: GpsTime,
        t: &Tracked<'_>,
        seen: &ObservedSatellite,
        band: char,
        clock_m: f64,
    ) -> Option<ObservedCarrier> {
        let m = measured(t.observations, band, t.channel)?;
        let frequency = SPEED_OF_LIGHT / m.wavelength_m;
        let factor = variance_factor(t.satellite.constellation(), seen.elevation_rad).sqrt();
        let code_m = m.code_m.map(|c| c - seen.computed_m - clock_m);
        let phase_m = m.phase_m.map(|p| p - seen.computed_m - clock_m);
        let mut arc = None;
        if let (Some(phase_m), Some(code_m)) = (phase_m, code_m) {
            let key = (t.satellite, band);
            let known = self.arcs.get(&key).filter(|arc| {
                !m.slipped && arc.attribute == m.attribute && time - arc.last <= GAP_MAX
            });
            let next = if let Some(known) = known {
                Arc { last: time, ..*known }
            } else {
                self.next_arc += 1;
                Arc {
                    number: self.next_arc,
                    aligned_cycles: whole_cycles((phase_m - code_m) / m.wavelength_m),
                    last: time,
                    attribute: m.attribute,
                }
            };
            self.arcs.insert(key, next);
            arc = Some(next);
        }
        Some(ObservedCarrier {
            signal: tianshu_gnss::signal::Signal::new(
                t.satellite.constellation(),
                band,
                m.attribute,
            )?,
            wavelength_m: m.wavelength_m,
            ionosphere: (IONOSPHERE_REFERENCE_HZ / frequency).powi(2),
            code_m,
            phase_m: arc
                .and_then(|arc| phase_m.map(|p| p - arc.aligned_cycles as f64 * m.wavelength_m)),
            aligned_cycles: arc.map_or(0, |arc| arc.aligned_cycles),
            code_sigma_m: CODE_SIGMA_M * factor,
            phase_sigma_m: PHASE_SIGMA_M * factor,
            arc: arc.map_or(0, |arc| arc.number),
        })
    }
}

/// The nearest whole number of cycles.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a range counted in wavelengths is far inside i64; anything else saturates"
)]
fn whole_cycles(cycles: f64) -> i64 {
    cycles.round() as i64
}

/// The median of code minus computed over the satellites, m.
fn rough_clock_m(satellites: &[(&Tracked<'_>, ObservedSatellite)]) -> f64 {
    let first = |t: &Tracked<'_>| t.observations.iter().find_map(|o| o.code);
    let mut all: Vec<f64> =
        satellites.iter().filter_map(|(t, s)| first(t).map(|code| code.0 - s.computed_m)).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(0.0)
}
