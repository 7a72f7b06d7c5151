//! Travelling disturbances: when the fields of all satellites show one wave, each satellite's is followed, and interpolation is told of it.

use std::collections::BTreeMap;

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;

use crate::network::engine::fields::Field;
use crate::network::interpolate::kriging::Weights;
use crate::network::interpolate::wave::{STATIONS_MIN, Search, Sought, WaveVector};
use crate::network::observed::Group;
use crate::network::plane::PlanePoint;
use crate::network::snapshot::{Disturbance, SatelliteWave};

/// The network's disturbance, and what it is for each satellite.
#[derive(Clone, Debug, Default)]
pub(super) struct Travelling {
    /// What the last look found.
    found: Option<Sought>,
    /// Whether it is believed.
    is_on: bool,
    /// The wave that is told; it stays while it fades.
    told: Option<WaveVector>,
    /// The wave that satellites were last followed by.
    followed: Option<WaveVector>,
    motion: Motion,
    waves: BTreeMap<Satellite, Followed>,
    last: Option<GpsTime>,
}

/// One satellite's wave.
#[derive(Clone, Debug)]
struct Followed {
    told: SatelliteWave,
    /// What its amplitudes have become more within the epoch, m; nothing where another wave is looked at.
    grown_m: [f64; 2],
    /// What it would be without each station.
    left_out_m: Vec<Option<[f64; 2]>>,
}

/// What one satellite's wave has done within an epoch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moved {
    wave: WaveVector,
    grown_m: [f64; 2],
}

/// How the wave moves, from look to look.
#[derive(Clone, Debug, Default)]
struct Motion {
    looked: Option<GpsTime>,
    /// By satellite: amplitudes at the zenith, m, and where it pierces the shell.
    seen: BTreeMap<Satellite, ([f64; 2], PlanePoint)>,
    /// Sum of the rates at a fixed place of the shell, rad/s, and of their weights.
    rate: (f64, f64),
}

/// From such a share of the fields' squares on a wave is one (shared design, network solver, section 5.1),
const COHERENCE_ON: f64 = 0.6;
/// and until it is less than this. `anomaly` has up to 0.54 by chance and by its crest.
const COHERENCE_OFF: f64 = 0.45;
/// From such a deviation above curved surfaces on, at the zenith on L1, m: 0.07 TECU, twice and a half what the noise of phases makes,
const RMS_ON_M: f64 = 0.012;
/// and until it is less than this.
const RMS_OFF_M: f64 = 0.008;
/// While more of the satellites than this are restless, the air is a storm's: whoever is left is no judge of it.
const RESTLESS_MAX: f64 = 0.25;
/// A wave comes in and goes in this time, s: slower than what the ionosphere does itself.
const FADE_S: f64 = 120.0;
/// Longer than this, s, and nothing is known of the time between.
const GAP_MAX_S: f64 = 60.0;
/// Looks farther apart than this, s, tell no motion: a wave may have turned by half.
const LOOK_APART_MAX_S: f64 = 120.0;
/// What a look's motion is still worth at the next look: a memory of five minutes.
const MOTION_KEPT: f64 = 0.8;

impl Travelling {
    /// Looks for a wave in an epoch's fields. `pierced` tells where each satellite pierces the shell.
    pub(super) fn look(
        &mut self,
        time: GpsTime,
        fields: &BTreeMap<Satellite, Field>,
        points: &[PlanePoint],
        pierced: impl Fn(Satellite) -> Option<PlanePoint>,
    ) {
        let found = self.find(time, fields, points);
        self.is_on = found.is_some() && (self.is_on || self.found.is_some());
        let before = self.found.map(|found| found.wave);
        self.found = found;
        let Some(found) = found else {
            self.motion = Motion::default();
            return;
        };
        if self.is_on {
            self.told = Some(found.wave);
        }
        let is_same = before.is_some_and(|before| before.is_near(found.wave));
        if !is_same {
            self.motion = Motion::default();
        }
        self.motion.look(time, found.wave, fields, points, pierced);
    }

    fn find(
        &self,
        time: GpsTime,
        fields: &BTreeMap<Satellite, Field>,
        points: &[PlanePoint],
    ) -> Option<Sought> {
        let of_all = || fields.values().filter(|f| f.group != Group::Glonass && f.telling() > 0);
        let restless = of_all().filter(|f| f.is_restless(time)).count();
        if restless as f64 > RESTLESS_MAX * of_all().count() as f64 {
            return None;
        }
        let mut known: Vec<&Field> =
            of_all().filter(|f| f.telling() >= STATIONS_MIN && !f.is_restless(time)).collect();
        known.sort_by_key(|f| std::cmp::Reverse(f.telling()));
        let zenith: Vec<Vec<Option<f64>>> = known.iter().map(|f| f.zenith_m()).collect();
        let search = Search::new(points, &zenith);
        let (rms_m, coherence) =
            if self.is_on { (RMS_OFF_M, COHERENCE_OFF) } else { (RMS_ON_M, COHERENCE_ON) };
        search.rms_m().filter(|rms| *rms >= rms_m)?;
        let is_one = |sought: &Sought| sought.coherence >= coherence;
        let same = self.found.and_then(|found| search.near(found.wave));
        same.filter(|same| same.coherence >= COHERENCE_ON)
            .or_else(|| search.anywhere().filter(is_one))
            .or_else(|| same.filter(is_one))
    }

    /// Follows each satellite's wave to that epoch.
    pub(super) fn follow(
        &mut self,
        time: GpsTime,
        fields: &BTreeMap<Satellite, Field>,
        points: &[PlanePoint],
    ) {
        let mut span_s = self.last.map_or(0.0, |last| (time - last).seconds());
        self.last = Some(time);
        if span_s > GAP_MAX_S {
            self.waves.clear();
            span_s = 0.0;
        }
        let Some(wave) = self.told else { return };
        let step = (span_s / FADE_S).clamp(0.0, 1.0);
        self.waves.retain(|satellite, followed| {
            followed.told.share > 0.0 && fields.contains_key(satellite)
        });
        for (satellite, field) in fields {
            let is_wanted = self.is_on && !field.is_restless(time);
            let before = self.waves.get(satellite).map_or(0.0, |followed| followed.told.share);
            if !is_wanted && before <= 0.0 {
                continue;
            }
            let Some(fit) = wave.fit(points, &field.values_m) else {
                if let Some(followed) = self.waves.get_mut(satellite) {
                    followed.told.share = (before - step).max(0.0);
                    followed.left_out_m.clear();
                    followed.grown_m = [0.0; 2];
                }
                continue;
            };
            let share = if is_wanted { before + step } else { before - step }.clamp(0.0, 1.0);
            let told =
                SatelliteWave { amplitudes_m: fit.amplitudes_m, sigma_m: fit.sigma_m, share };
            let before = self.waves.get(satellite).filter(|_| self.followed == Some(wave));
            let before_m = before.map_or(fit.amplitudes_m, |before| before.told.amplitudes_m);
            let grown_m = [0, 1].map(|i| share * (fit.amplitudes_m[i] - before_m[i]));
            let followed = Followed { told, grown_m, left_out_m: fit.left_out_m };
            self.waves.insert(*satellite, followed);
        }
        self.followed = Some(wave);
        if !self.is_on && self.waves.values().all(|followed| followed.told.share <= 0.0) {
            self.told = None;
            self.waves.clear();
        }
    }

    /// A satellite's wave.
    pub(super) fn of(&self, satellite: Satellite) -> Option<SatelliteWave> {
        self.waves.get(&satellite).map(|followed| followed.told)
    }

    /// What a satellite's wave has done within the epoch.
    pub(super) fn moved(&self, satellite: Satellite) -> Option<Moved> {
        let (wave, followed) = self.told.zip(self.waves.get(&satellite))?;
        Some(Moved { wave, grown_m: followed.grown_m })
    }

    /// What is left of a satellite's values without its wave, m.
    pub(super) fn without(
        &self,
        satellite: Satellite,
        field: &Field,
        points: &[PlanePoint],
    ) -> Vec<Option<f64>> {
        let Some((wave, followed)) = self.told.zip(self.waves.get(&satellite)) else {
            return field.values_m.clone();
        };
        let less = |(value, point): (&Option<f64>, &PlanePoint)| {
            value.map(|value_m| value_m - followed.told.of(wave.at(*point)))
        };
        field.values_m.iter().zip(points).map(less).collect()
    }

    /// What the weights of others miss of a satellite's wave at a station, and its sigma, m: as those others alone know the wave.
    pub(super) fn missed(
        &self,
        satellite: Satellite,
        station: usize,
        weights: &Weights,
        points: &[PlanePoint],
    ) -> Option<(f64, f64)> {
        let (wave, followed) = self.told.zip(self.waves.get(&satellite))?;
        let amplitudes_m = followed.left_out_m.get(station).copied().flatten();
        let amplitudes_m = amplitudes_m.unwrap_or(followed.told.amplitudes_m);
        let missed = wave.missed(points, weights, *points.get(station)?);
        let alone = SatelliteWave { amplitudes_m, ..followed.told };
        Some((alone.of(missed), alone.sigma_of(missed)))
    }

    /// What others are told of it.
    pub(super) fn disturbance(&self) -> Option<Disturbance> {
        let wave = self.told?;
        Some(Disturbance {
            wave,
            coherence: self.found.map_or(0.0, |found| found.coherence),
            velocity_m_s: self.motion.velocity_m_s(wave),
            is_fading: !self.is_on,
        })
    }
}

impl Moved {
    /// At a place, m.
    pub(super) fn at(&self, point: PlanePoint) -> f64 {
        let [cos, sin] = self.wave.at(point);
        self.grown_m[0] * cos + self.grown_m[1] * sin
    }
}

impl Motion {
    /// Holds a look's waves against those of the look before.
    fn look(
        &mut self,
        time: GpsTime,
        wave: WaveVector,
        fields: &BTreeMap<Satellite, Field>,
        points: &[PlanePoint],
        pierced: impl Fn(Satellite) -> Option<PlanePoint>,
    ) {
        let one = |(satellite, field): (&Satellite, &Field)| {
            let [cos, sin] = wave.fit(points, &field.values_m)?.amplitudes_m;
            let zenith_m = [cos / field.shell_mapping, sin / field.shell_mapping];
            Some((*satellite, (zenith_m, pierced(*satellite)?)))
        };
        let seen: BTreeMap<_, _> = fields.iter().filter_map(one).collect();
        let span_s = self.looked.map_or(f64::INFINITY, |looked| (time - looked).seconds());
        if span_s > 0.0 && span_s <= LOOK_APART_MAX_S {
            // Where the line of sight pierces the shell moves itself: a cos + b sin is the real part of (a - ib) exp(i k·x).
            let (mut real, mut imaginary, mut weight) = (0.0, 0.0, 0.0);
            for (satellite, ([a, b], at)) in &seen {
                let Some(([c, d], from)) = self.seen.get(satellite) else { continue };
                let moved = wave.east_rad_m * (at.east_m - from.east_m)
                    + wave.north_rad_m * (at.north_m - from.north_m);
                let (sin, cos) = (-moved).sin_cos();
                let (same, ahead) = (a * c + b * d, a * d - b * c);
                real += same * cos - ahead * sin;
                imaginary += same * sin + ahead * cos;
                weight += a.hypot(*b) * c.hypot(*d);
            }
            let rate_rad_s = -imaginary.atan2(real) / span_s;
            let agreed = real.hypot(imaginary);
            if weight > 0.0 && rate_rad_s.is_finite() {
                self.rate.0 = MOTION_KEPT * self.rate.0 + agreed * rate_rad_s;
                self.rate.1 = MOTION_KEPT * self.rate.1 + agreed;
            }
        }
        (self.looked, self.seen) = (Some(time), seen);
    }

    /// How fast crests travel along the wave's own direction, eastward and northward, m/s; none until it was seen twice.
    fn velocity_m_s(&self, wave: WaveVector) -> Option<[f64; 2]> {
        let (sum, weight) = self.rate;
        let squared = wave.east_rad_m.powi(2) + wave.north_rad_m.powi(2);
        (weight > 0.0).then(|| {
            [wave.east_rad_m, wave.north_rad_m].map(|component| sum / weight * component / squared)
        })
    }
}

#[cfg(test)]
mod tests;
