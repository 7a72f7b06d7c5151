//! How alike a field is at two places: the covariance that kriging weighs by.

use std::sync::Arc;

use crate::network::topology::StationIndex;

/// The range where nothing was fitted yet, m (shared design, network solver, section 5.1).
pub const RANGE_DEFAULT_M: f64 = 120e3;
/// The least range that is fitted, m (the same): below the distance of stations there is nothing to learn from.
pub const RANGE_MIN_M: f64 = 40e3;
/// The largest range that is fitted, m (the same): beyond the size of a neighbourhood only the sill over range³ counts.
pub const RANGE_MAX_M: f64 = 300e3;
/// The least nugget, as a share of the sill. It keeps the equations of coincident stations solvable and costs a thousandth of the field's
/// own deviation.
const NUGGET_MIN_SHARE: f64 = 1e-6;

/// Matérn's covariance of smoothness 3/2 with a nugget (Stein 1999, "Interpolation of Spatial Data", section 2.7).
///
/// With smoothness 3/2 the field has slopes but no curvatures, as a turbulent medium above a smooth drift.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Covariance {
    sill_m2: f64,
    range_m: f64,
    nugget_m2: f64,
}

impl Covariance {
    /// A covariance of this sill (m²), range (m) and variance of a station's noise (m²).
    ///
    /// None unless all are finite, sill and range above and the nugget not below zero.
    pub fn new(sill_m2: f64, range_m: f64, nugget_m2: f64) -> Option<Self> {
        let finite = sill_m2.is_finite() && range_m.is_finite() && nugget_m2.is_finite();
        let sound = finite && sill_m2 > 0.0 && range_m > 0.0 && nugget_m2 >= 0.0;
        sound.then_some(Self { sill_m2, range_m, nugget_m2 })
    }

    /// The field's variance above its drift, m².
    pub fn sill_m2(&self) -> f64 {
        self.sill_m2
    }

    /// The range, m: at this distance the covariance is 0.48 of the sill.
    pub fn range_m(&self) -> f64 {
        self.range_m
    }

    /// The variance of a station's noise, m²; never quite zero.
    pub fn nugget_m2(&self) -> f64 {
        self.nugget_m2.max(self.sill_m2 * NUGGET_MIN_SHARE)
    }

    /// The covariance of the field, without noise, between places this far apart (m), m².
    pub fn between_m2(&self, distance_m: f64) -> f64 {
        self.sill_m2 * self.likeness(distance_m)
    }

    /// The same as a share of the sill: it hangs on the range alone.
    pub fn likeness(&self, distance_m: f64) -> f64 {
        let scaled = 3.0_f64.sqrt() * distance_m / self.range_m;
        (1.0 + scaled) * (-scaled).exp()
    }
}

/// How many times the nugget each station's noise variance is; one where nothing else is known of a station.
#[derive(Clone, Debug, Default)]
pub struct Nuggets(Arc<Vec<f64>>);

impl Nuggets {
    /// Of stations whose noise is so many times the usual one, by index.
    pub fn of_noise(times: impl Iterator<Item = f64>) -> Self {
        let squares: Vec<f64> = times.map(|times| times * times).collect();
        let alike = squares.iter().all(|square| (square - 1.0).abs() < f64::EPSILON);
        Self(Arc::new(if alike { Vec::new() } else { squares }))
    }

    /// A station's.
    pub fn of(&self, station: StationIndex) -> f64 {
        self.0.get(station.position()).copied().unwrap_or(1.0)
    }

    /// Whether all stations have the same noise.
    pub fn are_alike(&self) -> bool {
        self.0.is_empty()
    }
}

impl PartialEq for Nuggets {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_covariance_falls_from_the_sill() {
        let covariance = Covariance::new(4.0, 100e3, 0.0).expect("sound");
        assert!((covariance.between_m2(0.0) - 4.0).abs() < 1e-12);
        // (1 + √3) exp(-√3) = 0.48335.
        assert!((covariance.between_m2(100e3) - 4.0 * 0.48335).abs() < 1e-4);
        for (sill, range, nugget) in [(0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (1.0, 1.0, -1.0)] {
            assert_eq!(Covariance::new(sill, range, nugget), None);
        }
        assert_eq!(Covariance::new(f64::NAN, 1.0, 0.0), None);
    }
}
