//! Levelled lines of sight: from the phases of two carriers to slant ionosphere and what is free of it.

use tianshu_gnss::satellite::Satellite;

use crate::network::levels::shown::Shown;
use crate::network::observed::{Channel, Group, ObservedEpoch, ObservedSatellite};

/// A line of sight whose phases are levelled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levelled {
    /// To which satellite.
    pub satellite: Satellite,
    /// With whom it may be differenced.
    pub group: Group,
    /// Ionosphere-free phase, observed minus computed, m.
    pub free_m: f64,
    /// Its standard deviation, m.
    pub free_sigma_m: f64,
    /// Slant ionosphere on L1 with the biases of receiver and satellite, m.
    pub ionosphere_m: f64,
    /// Its standard deviation, m.
    pub ionosphere_sigma_m: f64,
    /// Slant delay per zenith wet delay.
    pub wet_mapping: f64,
    /// Elevation, rad.
    pub elevation_rad: f64,
    /// Azimuth, rad.
    pub azimuth_rad: f64,
}

/// The levelled lines of sight of a station's epoch: of each satellite the first two carriers of its group, both levelled in the largest
/// set.
pub fn levelled(epoch: &ObservedEpoch, level: impl Fn(Channel) -> Option<Shown>) -> Vec<Levelled> {
    let mut links = Vec::with_capacity(epoch.satellites.len());
    links.extend(epoch.satellites.iter().filter_map(|satellite| one(satellite, &level)));
    links
}

/// A station's levelled line of sight to a satellite; `links` has one list for each station.
pub fn link_to(links: &[Vec<Levelled>], station: usize, satellite: Satellite) -> Option<&Levelled> {
    links.get(station)?.iter().find(|link| link.satellite == satellite)
}

fn one(seen: &ObservedSatellite, level: impl Fn(Channel) -> Option<Shown>) -> Option<Levelled> {
    let [first, second] = seen.group.foundation();
    let phase = |band: char| {
        let carrier = seen.carrier(band)?;
        let level = level((seen.satellite, band)).filter(|level| level.arc == carrier.arc)?;
        let phase_m = carrier.phase_m? - level.cycles as f64 * carrier.wavelength_m;
        Some((carrier.ionosphere, phase_m, carrier.phase_sigma_m))
    };
    let (a, a_m, a_sigma_m) = phase(first)?;
    let (b, b_m, b_sigma_m) = phase(second)?;
    let spread = b - a;
    let ionosphere_m = (a_m - b_m) / spread;
    let ionosphere_sigma_m = a_sigma_m.hypot(b_sigma_m) / spread.abs();
    Some(Levelled {
        satellite: seen.satellite,
        group: seen.group,
        free_m: a_m + a * ionosphere_m,
        free_sigma_m: (a_sigma_m * b).hypot(b_sigma_m * a) / spread.abs(),
        ionosphere_m,
        ionosphere_sigma_m,
        wet_mapping: seen.wet_mapping,
        elevation_rad: seen.elevation_rad,
        azimuth_rad: seen.azimuth_rad,
    })
}
