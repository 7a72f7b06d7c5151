//! Single differences: what two stations saw of the satellites of one group, second station less first.

use tianshu_gnss::satellite::Satellite;

use crate::network::interpolate::shell;
use crate::network::observed::{Group, ObservedCarrier, ObservedEpoch, ObservedSatellite};

/// Carriers of a group at most ([`Group::bands`]).
pub(super) const BANDS_MAX: usize = 3;

/// One satellite as the difference of two stations.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Single {
    pub(super) satellite: Satellite,
    /// The lower of the two elevations, rad.
    pub(super) elevation_rad: f64,
    /// What the second station's zenith wet delay beyond the model's counts, and what the first one's counts.
    pub(super) wet_mapping: [f64; 2],
    /// Slant ionosphere per zenith's, in the middle.
    pub(super) shell_mapping: f64,
    /// The carriers in the order of [`Group::bands`].
    pub(super) carriers: [Option<SingleCarrier>; BANDS_MAX],
}

/// One carrier of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SingleCarrier {
    pub(super) wavelength_m: f64,
    /// How much of the ionosphere on L1 it sees.
    pub(super) ionosphere: f64,
    pub(super) phase_m: f64,
    pub(super) phase_variance_m2: f64,
    pub(super) code_m: Option<f64>,
    pub(super) code_variance_m2: f64,
    /// The arcs at the first and the second station.
    pub(super) arcs: (u32, u32),
}

/// The differences of all satellites of a group that both saw above `mask_rad` with the same ephemeris.
pub(super) fn singles(
    from: &ObservedEpoch,
    to: &ObservedEpoch,
    group: Group,
    mask_rad: f64,
) -> Vec<Single> {
    let of_group = || from.satellites.iter().filter(|s| s.group == group);
    let mut singles = Vec::with_capacity(of_group().count());
    singles.extend(of_group().filter_map(|a| {
        let b = to.get(a.satellite).filter(|b| b.issue == a.issue)?;
        let elevation_rad = a.elevation_rad.min(b.elevation_rad);
        let mut carriers = [None; BANDS_MAX];
        for (place, band) in carriers.iter_mut().zip(group.bands().chars()) {
            *place = carrier(a, b, band);
        }
        let is_seen = elevation_rad >= mask_rad && carriers.iter().any(Option::is_some);
        is_seen.then(|| Single {
            satellite: a.satellite,
            elevation_rad,
            wet_mapping: [b.wet_mapping, a.wet_mapping],
            shell_mapping: shell::mapping(f64::midpoint(a.elevation_rad, b.elevation_rad)),
            carriers,
        })
    }));
    singles
}

fn carrier(a: &ObservedSatellite, b: &ObservedSatellite, band: char) -> Option<SingleCarrier> {
    let whole = |of: &ObservedSatellite| of.carrier(band).copied().filter(|c| c.is_whole);
    let (a, b) = (whole(a)?, whole(b)?);
    let square = |of: fn(&ObservedCarrier) -> f64| of(&a).powi(2) + of(&b).powi(2);
    Some(SingleCarrier {
        wavelength_m: a.wavelength_m,
        ionosphere: a.ionosphere,
        phase_m: b.phase_m? - a.phase_m?,
        phase_variance_m2: square(|c| c.phase_sigma_m),
        code_m: b.code_m.zip(a.code_m).map(|(b, a)| b - a),
        code_variance_m2: square(|c| c.code_sigma_m),
        arcs: (a.arc, b.arc),
    })
}
