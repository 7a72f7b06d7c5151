//! The network's air above one place: interpolation prepared once and asked for every satellite and epoch.

use std::sync::Arc;

use crate::network::interpolate::covariance::{Covariance, Nuggets};
use crate::network::interpolate::extent::Coverage;
use crate::network::interpolate::kriging::{NEIGHBOURS_MAX, Weights};
use crate::network::interpolate::wave::WaveVector;
use crate::network::plane::PlanePoint;
use crate::network::snapshot::{NetworkSnapshot, SatelliteCorrection, SatelliteField, Withheld};
use crate::network::topology::{StationIndex, Topology};

/// The interpolation of slant ionosphere at one place, with the weights of the stations around it.
#[derive(Clone, Debug)]
pub struct LocalAir {
    point: PlanePoint,
    /// The nearest stations, the nearest first.
    near: Vec<StationIndex>,
    points: Arc<Vec<PlanePoint>>,
    covariance: Covariance,
    nuggets: Nuggets,
    weights: Vec<Kept>,
    wave: Option<WaveVector>,
    /// How often the covariance has changed.
    refits: u32,
    shape: Arc<Topology>,
    coverage: Coverage,
}

/// Weights as they are kept: each of thousands of places holds a dozen of them. In single precision: a share of 1e-7 of a slant ionosphere
/// of 30 m is 3 µm.
#[derive(Clone, Copy, Debug)]
struct Kept {
    /// Which of the nearest stations have a value.
    present: u32,
    /// Whether there are weights for them.
    is_known: bool,
    /// As [`Weights::sigma_m`].
    sigma_m: f32,
    /// As [`Weights::amplification`].
    amplification: f32,
    /// What they miss of the disturbance's cosine and sine.
    missed: [f32; 2],
    /// What the stations of `present` count, in their order.
    shares: [f32; NEIGHBOURS_MAX],
}

/// One satellite's ionosphere there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AirHere {
    /// Slant on L1, m, in the field's own frame.
    pub ionosphere_m: f64,
    /// The standard deviation of its interpolation at the zenith before it is calibrated, m.
    pub sigma_m: f64,
    /// Whether one of the nearest stations was not predicted by the others.
    pub is_rough: bool,
    /// Names the stations and weights that it comes from.
    pub from: u64,
    /// Whether the place is near enough to the stations that tell.
    pub is_covered: bool,
}

/// Stations around a place that are looked at: twice those that take part, and the rest for those that are silent.
const NEAR_MAX: usize = 32;
/// Sets of stations whose weights are kept at one place. Most satellites are seen by all stations around; beyond, all are computed anew.
const SETS_MAX: usize = 12;
/// For so many more of them room is made at a time.
const SETS_ROOM: usize = 4;
/// The nearest stations, of which none may be rough.
const NEAREST: usize = 4;
/// Kriging and the plane through the triangle's corners may differ by so many sigmas,
const CROSS_SIGMAS: f64 = 4.0;
/// and by this at the zenith, m: the noise of four stations.
const CROSS_MIN_M: f64 = 0.04;
/// A satellite whose ionosphere cannot be told better than this at the zenith is withheld, m (shared design, network solver, section 5.3).
pub const SIGMA_MAX_M: f64 = 0.040;
/// Rates are carried on for so long, s (shared design, network solver, section 6.5): in quiet air, and in restless.
const CARRIED_S: [f64; 2] = [10.0, 3.0];
/// So old the ionosphere is told no more, s (the same).
const TOLD_S: [f64; 2] = [30.0, 10.0];
/// What the ionosphere at the zenith may do in a second beyond what is carried on, one sigma, m: the unpredicted part of 0.4 TECU/min.
const AGE_SIGMA_M_S: f64 = 0.001;

impl LocalAir {
    /// The air above that point of the map.
    pub fn new(point: PlanePoint, snapshot: &NetworkSnapshot) -> Self {
        Self {
            point,
            near: nearest(point, &snapshot.points),
            points: Arc::clone(&snapshot.points),
            covariance: snapshot.covariance,
            nuggets: snapshot.nuggets.clone(),
            weights: Vec::new(),
            wave: snapshot.disturbance.map(|disturbance| disturbance.wave),
            refits: 0,
            shape: Arc::clone(&snapshot.shape),
            coverage: Coverage::of(&snapshot.shape, point),
        }
    }

    /// What there was of a point's air, with what has changed since; or all of it.
    pub fn renewed(
        before: Option<Self>,
        point: impl FnOnce() -> PlanePoint,
        snapshot: &NetworkSnapshot,
    ) -> Self {
        let Some(mut air) = before else { return Self::new(point(), snapshot) };
        air.refresh(snapshot);
        air
    }

    /// Takes over what has changed of the network's shape and of the covariance.
    fn refresh(&mut self, snapshot: &NetworkSnapshot) {
        if !Arc::ptr_eq(&self.points, &snapshot.points) {
            *self = Self::new(self.point, snapshot);
            return;
        }
        if self.covariance != snapshot.covariance || self.nuggets != snapshot.nuggets {
            self.covariance = snapshot.covariance;
            self.nuggets = snapshot.nuggets.clone();
            self.weights.clear();
            self.refits = self.refits.wrapping_add(1);
        }
        let wave = snapshot.disturbance.map(|disturbance| disturbance.wave);
        if self.wave != wave {
            // A wave that comes first and one that is gone are told of no satellite.
            if self.wave.is_some() && wave.is_some() {
                self.refits = self.refits.wrapping_add(1);
            }
            self.wave = wave;
            for kept in &mut self.weights {
                let shares = stations_of(&self.near, kept.present).zip(kept.shares());
                let missed = wave.map(|wave| wave.missed_by(&self.points, shares, self.point));
                kept.missed = missed.unwrap_or_default().map(short);
            }
        }
        if !Arc::ptr_eq(&self.shape, &snapshot.shape) {
            self.shape = Arc::clone(&snapshot.shape);
            self.coverage = Coverage::of(&self.shape, self.point);
        }
    }

    /// A satellite's ionosphere there, `age_s` after the field's own time; none without a station around that tells.
    pub fn at(&mut self, field: &SatelliteField, age_s: f64) -> Option<AirHere> {
        let mut present = 0_u32;
        let mut count = 0;
        for (place, station) in self.near.iter().enumerate() {
            if field.ionosphere_m[station.position()].is_some() {
                present |= 1 << place;
                count += 1;
                if count == NEIGHBOURS_MAX {
                    break;
                }
            }
        }
        let weights = self.weights_of(present)?;
        let carried_s = age_s.clamp(0.0, CARRIED_S[usize::from(field.restless)]);
        let mut ionosphere_m = 0.0;
        for (station, share) in stations_of(&self.near, present).zip(weights.shares()) {
            let place = station.position();
            let rate_m_s = field.ionosphere_rate_m_s.get(place).copied().unwrap_or(0.0);
            ionosphere_m += share * (field.ionosphere_m[place]? + rate_m_s * carried_s);
        }
        let mut sigma_m = f64::from(weights.sigma_m);
        if let Some(wave) = &field.wave {
            let missed = weights.missed.map(f64::from);
            ionosphere_m += wave.of(missed);
            sigma_m = both(sigma_m, wave.sigma_of(missed) / field.shell_mapping);
        }
        let mut nearest = stations_of(&self.near, present).take(NEAREST);
        Some(AirHere {
            ionosphere_m,
            sigma_m: both(sigma_m, AGE_SIGMA_M_S * age_s.max(0.0)),
            from: u64::from(self.refits) << 32 | u64::from(present),
            is_rough: !field.rough.is_empty() && nearest.any(|s| field.rough.contains(&s)),
            is_covered: self.coverage.admits(weights.amplification.into()),
        })
    }

    fn weights_of(&mut self, present: u32) -> Option<Kept> {
        let before = self.weights.iter().find(|kept| kept.present == present).copied();
        let kept = before.unwrap_or_else(|| {
            let stations: Vec<StationIndex> = stations_of(&self.near, present).collect();
            let (points, nuggets) = (&self.points, &self.nuggets);
            let weights =
                Weights::solve_noisy(points, &stations, self.point, &self.covariance, nuggets);
            let missed = |weights| self.wave.map(|wave| wave.missed(points, weights, self.point));
            let missed = weights.as_ref().and_then(missed).unwrap_or_default();
            let kept = Kept::of(present, weights.as_ref(), missed);
            if self.weights.len() == SETS_MAX {
                self.weights.clear();
            }
            if self.weights.len() == self.weights.capacity() {
                self.weights.reserve_exact(SETS_ROOM);
            }
            self.weights.push(kept);
            kept
        });
        kept.is_known.then_some(kept)
    }

    /// What has to be added here to what `master` measures at its own place, of which `own` tells the air there.
    pub fn correction(
        &mut self,
        field: &SatelliteField,
        master: (StationIndex, PlanePoint),
        own: &AirHere,
        age_s: f64,
    ) -> Option<SatelliteCorrection> {
        let here = self.at(field, age_s)?;
        let sigma_m = both(here.sigma_m, own.sigma_m) * field.sigma_factor;
        let [_, east, north] = field.geometry;
        let (station, at) = master;
        let geometry_m =
            east * (self.point.east_m - at.east_m) + north * (self.point.north_m - at.north_m);
        let ionosphere_m = here.ionosphere_m - own.ionosphere_m;
        let own_m = field.ionosphere_m.get(station.position()).copied().flatten();
        let linear_m =
            self.coverage.linear(&field.ionosphere_m).zip(own_m).map(|(there, own)| there - own);
        // Two ways of interpolation that differ are both wrong; where one is missing, only quiet air may be told.
        let limit_m = field.shell_mapping * (CROSS_SIGMAS * sigma_m).max(CROSS_MIN_M);
        let crossed = linear_m.map(|linear_m| (linear_m - ionosphere_m).abs() > limit_m);
        let bubble = here.is_rough || own.is_rough || crossed.unwrap_or(field.restless);
        let bubble = bubble.then_some(Withheld::Bubble);
        let stale = (age_s > TOLD_S[usize::from(field.restless)]).then_some(Withheld::Stale);
        let rough = (!here.is_covered || sigma_m > SIGMA_MAX_M).then_some(Withheld::Rough);
        Some(SatelliteCorrection {
            ionosphere_m,
            ionosphere_sigma_m: sigma_m * field.shell_mapping,
            linear_m,
            from: here.from,
            geometry_m,
            withheld: field.withheld.or(stale).or(bubble).or(rough),
        })
    }
}

impl Kept {
    /// Weights for the nearest stations that have a value; the same stations in the same order, since both begin with the nearest.
    fn of(present: u32, weights: Option<&Weights>, missed: [f64; 2]) -> Self {
        let mut shares = [0.0; NEIGHBOURS_MAX];
        for (kept, (_, share)) in shares.iter_mut().zip(weights.map_or(&[][..], Weights::shares)) {
            *kept = short(*share);
        }
        Self {
            present,
            is_known: weights.is_some(),
            sigma_m: short(weights.map_or(f64::NAN, Weights::sigma_m)),
            amplification: short(weights.map_or(f64::NAN, Weights::amplification)),
            missed: missed.map(short),
            shares,
        }
    }

    /// What the stations count.
    fn shares(&self) -> impl Iterator<Item = f64> + use<> {
        self.shares.into_iter().map(f64::from)
    }
}

/// A weight as it is kept.
#[expect(
    clippy::cast_possible_truncation,
    reason = "far from the ends of what single precision holds"
)]
fn short(weight: f64) -> f32 {
    weight as f32
}

/// Those of the nearest stations that are `present`, the nearest first.
fn stations_of(near: &[StationIndex], present: u32) -> impl Iterator<Item = StationIndex> + '_ {
    // From bit to bit: this is asked for every satellite of every rover.
    let mut left = present;
    std::iter::from_fn(move || {
        let station = near.get(left.trailing_zeros() as usize).copied()?;
        left &= left - 1;
        Some(station)
    })
}

/// Two independent sigmas together. Both are far from the ends of an f64, which `hypot` would guard at ten times the cost.
fn both(a_m: f64, b_m: f64) -> f64 {
    (a_m * a_m + b_m * b_m).sqrt()
}

/// The nearest stations to a point, the nearest first.
fn nearest(point: PlanePoint, points: &[PlanePoint]) -> Vec<StationIndex> {
    let all = StationIndex::all().zip(points);
    let mut near: Vec<(f64, StationIndex)> = all
        .filter(|(_, place)| place.is_finite())
        .map(|(station, place)| (place.distance_m(point), station))
        .collect();
    near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    near.truncate(NEAR_MAX);
    near.into_iter().map(|(_, station)| station).collect()
}
