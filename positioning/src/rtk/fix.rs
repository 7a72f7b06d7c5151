//! From float to fixed: double-difference integers by LAMBDA, some of them if not all.

use nalgebra::{Cholesky, DMatrix, DVector, Matrix3, Vector3};
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::satellite::Satellite;

use crate::ambiguity::lambda::{Integers, search};
use crate::rtk::config::RtkConfig;
use crate::rtk::filter::{Filter, Unknown};

/// Fewer integers than this are not enough to tell a right set from a wrong one.
const AMBIGUITIES_MIN: usize = 4;
/// How many satellites are left out at most, one after the other, in search of a set that passes.
const LEFT_OUT_MAX: usize = 8;

/// An ambiguity that could be an integer, as a double difference.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) satellite: Satellite,
    pub(super) pivot: Satellite,
    pub(super) band: char,
    pub(super) elevation_rad: f64,
    /// For how many epochs the arc has lasted.
    pub(super) epochs: u32,
}

/// A position with integers.
pub(super) struct Fixed {
    pub(super) position: Ecef,
    pub(super) covariance_m2: Matrix3<f64>,
    pub(super) ambiguities: usize,
}

/// What a search for integers came to.
pub(super) struct Attempt {
    pub(super) ratio: Option<f64>,
    pub(super) fixed: Option<Fixed>,
}

/// Whether a system's ambiguities are integers between unlike receivers; GLONASS' carry inter-frequency biases.
pub(super) fn is_fixable(system: Constellation) -> bool {
    system != Constellation::Glonass && system != Constellation::Sbas
}

/// Tries all candidates, then without the youngest and lowest satellites one by one (partial ambiguity resolution).
pub(super) fn attempt(config: &RtkConfig, filter: &Filter, all: &[Candidate]) -> Attempt {
    let mut candidates: Vec<Candidate> =
        all.iter().copied().filter(|c| c.elevation_rad >= config.fixing_mask_rad).collect();
    let mut best_ratio: Option<f64> = None;
    for _ in 0..=LEFT_OUT_MAX {
        if candidates.len() < AMBIGUITIES_MIN {
            break;
        }
        let Some(linear) = Linear::of(filter, &candidates) else { break };
        if let Ok(integers) = search(&linear.float, &linear.covariance) {
            let ratio = integers.ratio();
            best_ratio = Some(best_ratio.map_or(ratio, |best| best.max(ratio)));
            if ratio >= config.ratio_min && integers.success_rate >= config.success_rate_min {
                let fixed = linear.conditioned(filter, &integers);
                return Attempt { ratio: Some(ratio), fixed };
            }
        }
        let weakest = candidates.iter().min_by(|a, b| {
            let young = |c: &Candidate| c.epochs.min(SETTLED_EPOCHS);
            young(a).cmp(&young(b)).then(a.elevation_rad.total_cmp(&b.elevation_rad))
        });
        let Some(weakest) = weakest.map(|c| c.satellite) else { break };
        candidates.retain(|c| c.satellite != weakest);
    }
    Attempt { ratio: best_ratio, fixed: None }
}

/// An arc of that many epochs counts as settled when the weakest is looked for.
const SETTLED_EPOCHS: u32 = 5;

/// The double-difference ambiguities as a linear function of the filter's unknowns.
struct Linear {
    float: DVector<f64>,
    covariance: DMatrix<f64>,
    /// Covariance of position (rows) and ambiguities (columns).
    cross: DMatrix<f64>,
    positions: [usize; 3],
}

impl Linear {
    fn of(filter: &Filter, candidates: &[Candidate]) -> Option<Self> {
        let mut positions = [0; 3];
        for (axis, place) in positions.iter_mut().enumerate() {
            *place = filter.place(Unknown::Position(axis))?;
        }
        let n = candidates.len();
        let mut places = Vec::with_capacity(n);
        for c in candidates {
            let own = filter.place(Unknown::Ambiguity(c.satellite, c.band))?;
            let pivot = filter.place(Unknown::Ambiguity(c.pivot, c.band))?;
            places.push((own, pivot));
        }
        let (x, p) = (&filter.x, &filter.p);
        let float = DVector::from_fn(n, |i, _| x[places[i].0] - x[places[i].1]);
        let with = |row: usize, i: usize| p[(row, places[i].0)] - p[(row, places[i].1)];
        let covariance = DMatrix::from_fn(n, n, |i, j| with(places[i].0, j) - with(places[i].1, j));
        let cross = DMatrix::from_fn(3, n, |axis, i| with(positions[axis], i));
        Some(Self { float, covariance, cross, positions })
    }

    /// The position given the integers (Teunissen 1995, eq. 4).
    fn conditioned(&self, filter: &Filter, integers: &Integers) -> Option<Fixed> {
        let factor = Cholesky::new(self.covariance.clone())?;
        let gain = factor.solve(&self.cross.transpose()).transpose();
        let moved: DVector<f64> = &gain * (&self.float - &integers.best);
        let coordinate = |axis: usize| filter.x[self.positions[axis]] - moved[axis];
        let before = Matrix3::from_fn(|i, j| filter.p[(self.positions[i], self.positions[j])]);
        let gained = &gain * self.cross.transpose();
        let covariance_m2 = before - gained.fixed_view::<3, 3>(0, 0);
        let place = Vector3::from_fn(|axis, _| coordinate(axis));
        Some(Fixed {
            position: Ecef::new(place.x, place.y, place.z),
            covariance_m2,
            ambiguities: integers.best.len(),
        })
    }
}
