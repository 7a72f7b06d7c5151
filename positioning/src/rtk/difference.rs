//! Single differences: what rover and base see of the same satellites, minus what the models say.

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::coords::{Ecef, WGS84};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;

use crate::model::noise::{CODE_SIGMA_M, PHASE_SIGMA_M, variance_factor};
use crate::model::range::sight;
use crate::model::troposphere::{RELATIVE_HUMIDITY, mapping, zenith_delay};
use crate::rtk::config::RtkConfig;
use crate::signals::{Measured, measured_by_both};
use crate::track::Tracked;

/// The carrier whose slant ionosphere is estimated, Hz: L1.
const IONOSPHERE_REFERENCE_HZ: f64 = 1_575.42e6;

/// A satellite seen by both, with the geometry of one linearisation.
#[derive(Clone, Debug)]
pub(super) struct Common {
    pub(super) satellite: Satellite,
    pub(super) elevation_rad: f64,
    /// From the rover to the satellite.
    pub(super) direction: [f64; 3],
    /// Wet mapping at the rover.
    pub(super) wet_mapping: f64,
    pub(super) carriers: Vec<Carrier>,
}

/// A carrier measured by both, differenced.
#[derive(Clone, Debug)]
pub(super) struct Carrier {
    pub(super) band: char,
    pub(super) wavelength_m: f64,
    /// (f_L1 / f)².
    pub(super) ionosphere: f64,
    /// Rover minus base, minus modelled ranges, m.
    pub(super) code_m: f64,
    pub(super) phase_m: f64,
    /// Variances of these single differences, m².
    pub(super) code_variance: f64,
    pub(super) phase_variance: f64,
    /// The attributes at both ends; a change begins a new arc.
    pub(super) attributes: (char, char),
    /// Whether rover or base report an interruption.
    pub(super) rover_slipped: bool,
    pub(super) base_slipped: bool,
}

/// The modelled part of one receiver's measurements of a satellite, m.
struct Modelled {
    metres: f64,
    elevation_rad: f64,
    direction: [f64; 3],
    wet_mapping: f64,
}

fn modelled(receiver: Ecef, at: GpsTime, satellite: &Tracked<'_>) -> Modelled {
    let seen = sight(receiver, satellite.state.position);
    let place = receiver.to_geodetic(WGS84);
    let zenith = zenith_delay(place, RELATIVE_HUMIDITY);
    let mapped = mapping(place, seen.elevation_rad, at);
    let troposphere = zenith.slant_m(mapped);
    Modelled {
        metres: seen.range_m - SPEED_OF_LIGHT * satellite.state.clock_s + troposphere,
        elevation_rad: seen.elevation_rad,
        direction: seen.direction,
        wet_mapping: mapped.wet,
    }
}

/// The satellites common to both ends, with differences about `rover_at`.
pub(super) fn common(
    config: &RtkConfig,
    rover_at: Ecef,
    rover: (GpsTime, &[Tracked<'_>]),
    base: (GpsTime, &[Tracked<'_>]),
) -> Vec<Common> {
    let mut all = Vec::with_capacity(rover.1.len());
    for r in rover.1 {
        let Ok(i) = base.1.binary_search_by_key(&r.satellite, |b| b.satellite) else { continue };
        let b = &base.1[i];
        let system = r.satellite.constellation();
        let Some((_, bands)) = config.carriers.iter().find(|(s, _)| *s == system) else { continue };
        let (from_rover, from_base) =
            (modelled(rover_at, rover.0, r), modelled(config.base, base.0, b));
        let elevation_rad = from_rover.elevation_rad;
        if elevation_rad.min(from_base.elevation_rad) < config.elevation_mask_rad {
            continue;
        }
        let model_m = from_rover.metres - from_base.metres;
        let factors = variance_factor(system, elevation_rad)
            + variance_factor(system, from_base.elevation_rad);
        let carrier = |band: char| {
            let pair = measured_by_both(r.observations, b.observations, band, r.channel)?;
            differenced(band, &pair, model_m, factors)
        };
        let carriers: Vec<Carrier> = bands.chars().filter_map(carrier).collect();
        if !carriers.is_empty() {
            all.push(Common {
                satellite: r.satellite,
                elevation_rad,
                direction: from_rover.direction,
                wet_mapping: from_rover.wet_mapping,
                carriers,
            });
        }
    }
    all
}

fn differenced(
    band: char,
    (r, b): &(Measured, Measured),
    model_m: f64,
    factors: f64,
) -> Option<Carrier> {
    let frequency = SPEED_OF_LIGHT / r.wavelength_m;
    Some(Carrier {
        band,
        wavelength_m: r.wavelength_m,
        ionosphere: (IONOSPHERE_REFERENCE_HZ / frequency).powi(2),
        code_m: r.code_m? - b.code_m? - model_m,
        phase_m: r.phase_m? - b.phase_m? - model_m,
        code_variance: CODE_SIGMA_M * CODE_SIGMA_M * factors,
        phase_variance: PHASE_SIGMA_M * PHASE_SIGMA_M * factors,
        attributes: (r.attribute, b.attribute),
        rover_slipped: r.slipped,
        base_slipped: b.slipped,
    })
}
