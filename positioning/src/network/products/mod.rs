//! What else than virtual stations can be made of a snapshot: differences between master and auxiliaries (MAC), gradients around a
//! station (FKP), and how far all of it may be believed; and a rover that makes a virtual station of them again.
//!
//! Everything here is plain numbers by satellite. The messages that carry them are the codec's.

pub mod fkp;
pub mod mac;
pub mod master;
pub mod residuals;
pub mod rover;
mod site;

use tianshu_gnss::coords::Geodetic;

use crate::network::snapshot::NetworkSnapshot;
use crate::network::topology::StationIndex;
use crate::network::topology::keeper::StationHealth;

/// Fewer satellites make no station's epoch.
const SATELLITES_MIN: usize = 4;

/// The nearest station whose phases are levelled and that `has_epoch`; `before` is kept while none is nearer by `margin_m`.
pub fn nearest_master(
    snapshot: &NetworkSnapshot,
    place: Geodetic,
    before: Option<StationIndex>,
    margin_m: f64,
    has_epoch: impl Fn(StationIndex) -> bool,
) -> Option<StationIndex> {
    let here = snapshot.point(place);
    let usable = StationIndex::all().zip(&snapshot.stations).filter(|(station, view)| {
        view.health == StationHealth::Up && view.levelled >= SATELLITES_MIN && has_epoch(*station)
    });
    let away = usable.filter_map(|(station, _)| {
        let point = snapshot.points.get(station.position())?;
        let favour_m = if Some(station) == before { margin_m } else { 0.0 };
        Some((point.distance_m(here) - favour_m, station))
    });
    away.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, station)| station)
}

#[cfg(test)]
mod tests;
