//! How far a virtual station's observations may be believed, as the messages of network residuals tell it.

use std::collections::BTreeMap;

use tianshu_gnss::coords::Ecef;
use tianshu_gnss::satellite::Satellite;

use crate::network::products::site::Site;
use crate::network::snapshot::NetworkSnapshot;
use crate::network::topology::StationIndex;

/// Over this distance from the virtual station the growth with distance is taken, m: so far it stands still while its rover moves.
const REACH_M: f64 = 10e3;

/// Standard deviations of one satellite's observations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Residual {
    /// Of what is not dispersive, at the station, m.
    pub geometric_m: f64,
    /// Its growth with the distance, m per m.
    pub geometric_per_m: f64,
    /// Of the ionosphere on L1, at the station, m.
    pub ionospheric_m: f64,
    /// Its growth with the distance, m per m.
    pub ionospheric_per_m: f64,
}

/// The residuals of a virtual station at `place` whose measurements come from `master`.
///
/// What grows with the distance is what the network's own covariances let the air differ by over 10 km.
pub fn residuals(
    snapshot: &NetworkSnapshot,
    master: StationIndex,
    place: Ecef,
) -> BTreeMap<Satellite, Residual> {
    let Some(site) = Site::of(snapshot, place) else { return BTreeMap::new() };
    let corrections = snapshot.corrections(master, site.geodetic);
    let air = snapshot.zenith.covariance();
    let growth =
        |sill_m2: f64, there_m2: f64| (2.0 * (sill_m2 - there_m2)).max(0.0).sqrt() / REACH_M;
    let zenith_per_m = growth(air.sill_m2(), air.between_m2(REACH_M));
    let ionosphere = &snapshot.covariance;
    let ionosphere_per_m = growth(ionosphere.sill_m2(), ionosphere.between_m2(REACH_M));
    let told = corrections.into_iter().filter(|(_, correction)| correction.withheld.is_none());
    told.filter_map(|(satellite, correction)| {
        let field = snapshot.satellites.get(&satellite)?;
        let line = site.towards(&field.ephemeris, snapshot.time)?;
        let residual = Residual {
            geometric_m: site.air.sigma_m * line.wet_mapping,
            geometric_per_m: zenith_per_m * line.wet_mapping,
            ionospheric_m: correction.ionosphere_sigma_m,
            ionospheric_per_m: ionosphere_per_m * field.shell_mapping,
        };
        Some((satellite, residual))
    })
    .collect()
}

/// How many stations the interpolation at a place stands on: those that are up.
pub fn references(snapshot: &NetworkSnapshot) -> usize {
    snapshot.shape.stations().len()
}
