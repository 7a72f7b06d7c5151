//! From what a station measured to what the network uses: observed minus computed, arcs, honest sigmas.

mod clock;
pub mod kept;
pub mod sky;
mod slips;
mod station;

use std::collections::BTreeMap;
use std::sync::Arc;

use tianshu_gnss::antenna::AntennaCalibration;
use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::glonass_bias::GlonassBiases;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::units::Hertz;

use crate::model::antenna::{Arrival, antenna_correction};
use crate::model::beidou2::code_correction;
use crate::model::noise::{CODE_SIGMA_M, PHASE_SIGMA_M, variance_factor};
use crate::model::range::sight_from;
use crate::network::noise::NoiseFactors;
use crate::network::observed::{
    Channel, Group, IONOSPHERE_REFERENCE_HZ, ObservedCarrier, ObservedEpoch, ObservedSatellite,
};
use crate::network::preprocess::clock::{clock_step_m, rough_clock_m};
use crate::network::preprocess::kept::KeptArc;
use crate::network::preprocess::sky::{Seen, Sky};
use crate::network::preprocess::slips::{Expected, PhaseStep, Verdict, judge};
use crate::network::preprocess::station::Site;
use crate::network::topology::StationIndex;
use crate::signals::measured;

/// What is known of a station beforehand.
#[derive(Clone, Debug, PartialEq)]
pub struct StationSetup {
    /// The antenna reference point, in the frame of the broadcast orbits.
    pub place: Ecef,
    /// The calibration of its antenna. Without one its phase centre is taken for the reference point, and its epochs say so.
    pub antenna: Option<Arc<AntennaCalibration>>,
}

/// Makes a station's epochs ready, one after the other.
#[derive(Clone, Debug)]
pub struct Preprocessor {
    station: StationIndex,
    site: Site,
    /// What is added to its GLONASS phases; none where it is not known.
    glonass_biases: Option<GlonassBiases>,
    arcs: BTreeMap<Channel, PhaseArc>,
    kept: BTreeMap<Channel, KeptArc>,
    /// The share of satellite epochs at which phases broke without a word, by group.
    breaks: BTreeMap<Group, f64>,
    air: BTreeMap<Satellite, AirRate>,
    last: Option<GpsTime>,
    /// The last spacings of epochs; the least of them is the usual one.
    spacings: [Interval; 3],
    next_arc: u32,
    /// By what its sigmas are multiplied.
    noise: NoiseFactors,
}

/// A phase in progress.
#[derive(Clone, Copy, Debug)]
struct PhaseArc {
    number: u32,
    aligned_cycles: i64,
    last: GpsTime,
    attribute: char,
    lock_s: Option<f64>,
    /// The last phase, observed minus computed, m; none of an arc that was taken over from before a restart.
    phase_m: Option<f64>,
    issue: u16,
}

/// How fast the ionosphere of one satellite moves.
#[derive(Clone, Copy, Debug)]
struct AirRate {
    /// The mean square of its changes, m² per s.
    mean_square: f64,
    /// The mean χ² per carrier of the phases' steps: above one where they scintillate.
    restlessness: f64,
    last: GpsTime,
}

/// One carrier before its arc is known.
struct Raw {
    /// The satellite's place in the epoch.
    of: usize,
    band: char,
    signal: Signal,
    wavelength_m: f64,
    ionosphere: f64,
    code_m: Option<f64>,
    phase_m: Option<f64>,
    is_whole: bool,
    slipped: bool,
    lock_s: Option<f64>,
    sigma_factor: f64,
    /// The arc that its phase continues, as far as the receiver tells.
    continues: Option<PhaseArc>,
}

/// Carriers of a satellite that room is made for: those whose ambiguities the network fixes.
const BANDS_USUAL: usize = 3;
/// Longer than this away, and the arc is another one, if epochs are not farther apart.
const GAP_MAX: Interval = Interval::from_seconds(10);
/// Epochs that may be missing within an arc where epochs are farther apart than that.
const GAP_EPOCHS_MAX: i64 = 1;
/// What orbits, clocks and troposphere change by in one second beyond what is computed, one sigma, m (shared design, network solver,
/// section 1.6); it grows with the root of time.
const COMMON_SIGMA_M: f64 = 0.005;
/// The same across a change of ephemeris: its new orbit and clock differ from the old by metres.
const NEW_ISSUE_SIGMA_M: f64 = 10.0;
/// The least that the ionosphere is expected to move by in one second at the zenith, one sigma, m (the same section).
const AIR_SIGMA_MIN_M: f64 = 0.002;
/// The memory of the ionosphere's rate, s (the same section).
const AIR_MEMORY_S: f64 = 60.0;
/// How much more than its usual step the ionosphere may do in an epoch.
const AIR_REACH: f64 = 3.0;
/// What quiet phases' mean χ² per carrier is, inverted: their steps are expected with a margin, and have a third of it.
const RESTLESS_SHARE: f64 = 3.0;
/// Satellite epochs that the share of breaks remembers: half a minute of a group.
const BREAKS_MEMORY: f64 = 200.0;
/// Beyond this share something is wrong with the phases as such.
const BREAKING_SHARE: f64 = 0.3;
/// Below this elevation nothing is used, rad: 5° (shared design, network solver, section 1.7).
pub const TRACKING_MASK_RAD: f64 = 0.087_266;

impl Preprocessor {
    /// For that station, from now on.
    pub fn new(station: StationIndex, setup: StationSetup) -> Self {
        Self {
            station,
            site: Site::new(setup),
            glonass_biases: None,
            arcs: BTreeMap::new(),
            kept: BTreeMap::new(),
            breaks: BTreeMap::new(),
            air: BTreeMap::new(),
            last: None,
            spacings: [Interval::from_seconds(1); 3],
            next_arc: 0,
            noise: NoiseFactors::default(),
        }
    }

    /// Multiplies its sigmas by those factors from now on.
    pub fn set_noise(&mut self, noise: NoiseFactors) {
        self.noise = noise;
    }

    /// Takes the station's next epoch, whose place on the network's grid is `time`, the sky's.
    pub fn step(&mut self, time: GpsTime, epoch: &ObsEpoch, sky: &mut Sky<'_>) -> ObservedEpoch {
        if let Some(last) = self.last.filter(|last| *last < time) {
            self.spacings.rotate_right(1);
            self.spacings[0] = time - last;
        }
        let seen = sky.seen(epoch);
        self.site.move_by_tide(time);
        let mut satellites: Vec<ObservedSatellite> = Vec::with_capacity(seen.len());
        let mut raw: Vec<Raw> = Vec::with_capacity(BANDS_USUAL * seen.len());
        for t in &seen {
            if let Some(satellite) = self.observed_minus_computed(t) {
                self.carriers(time, t, &satellite, satellites.len(), &mut raw);
                satellites.push(satellite);
            }
        }
        let clock_m = rough_clock_m(&raw);
        let step_m = clock_step_m(&satellites, &raw);
        let mut rest = raw.as_slice();
        for (place, satellite) in satellites.iter_mut().enumerate() {
            let (own, others) = rest.split_at(rest.iter().take_while(|r| r.of == place).count());
            self.carry_on(time, satellite, own, clock_m, step_m);
            rest = others;
        }
        // What was kept goes on with a station's first epoch or not at all.
        self.kept.clear();
        let oldest = time - self.gap_max();
        self.arcs.retain(|_, arc| arc.last >= oldest);
        self.air.retain(|_, air| air.last >= oldest);
        self.last = Some(time);
        ObservedEpoch { station: self.station, time, clock_m, satellites }
    }

    /// Ends an arc that turned out to be broken: the next phase begins another one.
    pub fn end_arc(&mut self, channel: Channel) {
        self.arcs.remove(&channel);
    }

    /// The arc in progress on a channel, or the one that may be taken over with the station's first epoch.
    pub fn arc(&self, channel: Channel) -> Option<u32> {
        let kept = || self.kept.get(&channel).map(|arc| arc.number);
        self.arcs.get(&channel).map(|arc| arc.number).or_else(kept)
    }

    /// Groups whose phases break at most epochs although the receiver tracks them.
    pub fn breaking(&self) -> Vec<Group> {
        let often = self.breaks.iter().filter(|(_, share)| **share > BREAKING_SHARE);
        often.map(|(group, _)| *group).collect()
    }

    fn gap_max(&self) -> Interval {
        let usual = self.spacings.into_iter().min().unwrap_or_default();
        let by_epochs = Interval::from_nanos(usual.nanos() * (1 + GAP_EPOCHS_MAX));
        GAP_MAX.max(by_epochs.min(Interval::from_seconds(90)))
    }

    fn observed_minus_computed(&self, t: &Seen<'_, '_>) -> Option<ObservedSatellite> {
        let group = Group::of(t.satellite)?;
        let at = sight_from(self.site.place(), self.site.geodetic(), t.position);
        if at.elevation_rad < TRACKING_MASK_RAD {
            return None;
        }
        let mapping = self.site.mapping().at(at.elevation_rad);
        let troposphere_m = self.site.zenith().slant_m(mapping);
        Some(ObservedSatellite {
            satellite: t.satellite,
            group,
            elevation_rad: at.elevation_rad,
            azimuth_rad: at.azimuth_rad,
            computed_m: at.range_m - SPEED_OF_LIGHT * t.clock_s + troposphere_m,
            troposphere_m,
            wet_mapping: mapping.wet,
            issue: t.ephemeris.issue(),
            carriers: Vec::new(),
        })
    }

    /// Adds a satellite's carriers to `all`, with the arcs that their phases continue.
    fn carriers(
        &self,
        time: GpsTime,
        t: &Seen<'_, '_>,
        satellite: &ObservedSatellite,
        place: usize,
        all: &mut Vec<Raw>,
    ) {
        for band in satellite.group.bands().chars() {
            if let Some(one) = self.raw(t, satellite, band) {
                let continues = self.told_to_continue(time, t.satellite, &one);
                all.push(Raw { of: place, continues, ..one });
            }
        }
    }

    fn raw(&self, t: &Seen<'_, '_>, of: &ObservedSatellite, band: char) -> Option<Raw> {
        let m = measured(t.observations, band, t.channel)?;
        let signal = Signal::new(t.satellite.constellation(), band, m.attribute)?;
        let carrier = Hertz(SPEED_OF_LIGHT / m.wavelength_m);
        let arrival = Arrival { elevation_rad: of.elevation_rad, azimuth_rad: of.azimuth_rad };
        let to_null_m = self
            .site
            .antenna()
            .and_then(|a| antenna_correction(a, signal, carrier, arrival))
            .map_or(0.0, |correction| correction.to_add.0);
        let code_bias_m =
            code_correction(t.satellite, signal, of.elevation_rad).map_or(0.0, |by| by.0);
        let phase = t.observations.iter().find(|o| o.signal == signal);
        let bias_m = self.glonass_biases.unwrap_or_default().of(signal).map(|by| by.0);
        Some(Raw {
            of: 0,
            band,
            signal,
            wavelength_m: m.wavelength_m,
            ionosphere: (IONOSPHERE_REFERENCE_HZ / carrier.0).powi(2),
            code_m: m.code_m.map(|c| c + to_null_m + code_bias_m - of.computed_m),
            phase_m: m.phase_m.map(|p| p + to_null_m - of.computed_m + bias_m.unwrap_or(0.0)),
            is_whole: bias_m.is_some(),
            slipped: m.slipped,
            lock_s: phase.and_then(|o| o.lock_time).map(|lock| lock.as_secs_f64()),
            sigma_factor: variance_factor(t.satellite.constellation(), of.elevation_rad).sqrt(),
            continues: None,
        })
    }

    /// The arc that a phase continues, as far as the receiver tells.
    fn told_to_continue(&self, time: GpsTime, satellite: Satellite, raw: &Raw) -> Option<PhaseArc> {
        let channel = (satellite, raw.band);
        let Some(arc) = self.arcs.get(&channel) else { return self.taken_over(time, channel, raw) };
        let shrunk = arc.lock_s.zip(raw.lock_s).is_some_and(|(before, now)| now < before);
        let same = arc.attribute == raw.signal.attribute() && time - arc.last <= self.gap_max();
        (same && !raw.slipped && !shrunk).then_some(*arc)
    }

    /// Joins a satellite's carriers to their arcs, or begins new ones.
    fn carry_on(
        &mut self,
        time: GpsTime,
        satellite: &mut ObservedSatellite,
        raw: &[Raw],
        clock_m: f64,
        step_m: f64,
    ) {
        let is_broken = self.is_broken(time, satellite, raw, step_m);
        if raw.iter().any(|one| one.continues.is_some()) {
            let share = self.breaks.entry(satellite.group).or_insert(0.0);
            *share += (f64::from(u8::from(is_broken)) - *share) / BREAKS_MEMORY;
        }
        satellite.carriers.reserve_exact(raw.len());
        for one in raw {
            let known = one.continues.filter(|_| !is_broken);
            let carrier = self.carrier(time, satellite, one, known, clock_m);
            satellite.carriers.push(carrier);
        }
    }

    /// Whether a satellite's phases have slipped without a word; learns the ionosphere's rate from them if they have not.
    fn is_broken(
        &mut self,
        time: GpsTime,
        satellite: &ObservedSatellite,
        raw: &[Raw],
        step_m: f64,
    ) -> bool {
        let mut steps = Vec::with_capacity(raw.len());
        let (mut span_s, mut same_issue) = (0.0_f64, true);
        for one in raw {
            let Some((arc, phase_m)) = one.continues.as_ref().zip(one.phase_m) else { continue };
            let Some(before_m) = arc.phase_m else { continue };
            span_s = span_s.max((time - arc.last).seconds());
            same_issue &= arc.issue == satellite.issue;
            steps.push(PhaseStep {
                change_m: phase_m - before_m - step_m,
                wavelength_m: one.wavelength_m,
                ionosphere: one.ionosphere,
                sigma_m: std::f64::consts::SQRT_2 * PHASE_SIGMA_M * one.sigma_factor,
            });
        }
        if steps.is_empty() {
            return false;
        }
        let root_s = span_s.max(1.0).sqrt();
        let slant = 1.0 / satellite.elevation_rad.sin().max(0.3);
        let usual = self
            .air
            .get(&satellite.satellite)
            .map_or(0.0, |air| AIR_REACH * air.mean_square.sqrt());
        let expected = Expected {
            common_m: if same_issue { COMMON_SIGMA_M * root_s } else { NEW_ISSUE_SIGMA_M },
            ionosphere_m: usual.max(AIR_SIGMA_MIN_M * slant) * root_s,
        };
        match judge(&steps, expected) {
            Verdict::Continuous(restlessness) => {
                self.learn_air(time, satellite.satellite, &steps, span_s, restlessness);
                false
            }
            Verdict::Broken => true,
        }
    }

    fn learn_air(
        &mut self,
        time: GpsTime,
        of: Satellite,
        steps: &[PhaseStep],
        span_s: f64,
        restlessness: f64,
    ) {
        let [first, second, ..] = steps else { return };
        let spread = second.ionosphere - first.ionosphere;
        if spread.abs() < 0.1 || span_s <= 0.0 {
            return;
        }
        let change_m = (first.change_m - second.change_m) / spread;
        let noise_m = first.sigma_m.hypot(second.sigma_m) / spread;
        // Half of the noise's variance: what is left is not to hide real motion, nor to be taken for it.
        let square = (change_m * change_m - 0.5 * noise_m * noise_m).max(0.0) / span_s;
        let air = self.air.entry(of).or_insert(AirRate {
            mean_square: 0.0,
            restlessness: 0.0,
            last: time,
        });
        let kept = (-span_s / AIR_MEMORY_S).exp();
        air.mean_square = kept * air.mean_square + (1.0 - kept) * square;
        air.restlessness = kept * air.restlessness + (1.0 - kept) * restlessness;
        air.last = time;
    }

    /// By what a phase's sigma is to be multiplied where phases scintillate: they are kept, and count less.
    fn scintillation(&self, of: Satellite) -> f64 {
        self.air.get(&of).map_or(1.0, |air| (RESTLESS_SHARE * air.restlessness).max(1.0).sqrt())
    }

    fn carrier(
        &mut self,
        time: GpsTime,
        of: &ObservedSatellite,
        raw: &Raw,
        known: Option<PhaseArc>,
        clock_m: f64,
    ) -> ObservedCarrier {
        let key = (of.satellite, raw.band);
        let arc = match (raw.phase_m, raw.code_m, known) {
            (Some(phase_m), _, Some(arc)) => {
                let phase_m = Some(phase_m);
                Some(PhaseArc { last: time, lock_s: raw.lock_s, phase_m, issue: of.issue, ..arc })
            }
            (Some(phase_m), Some(code_m), None) => {
                self.next_arc += 1;
                Some(PhaseArc {
                    number: self.next_arc,
                    aligned_cycles: whole_cycles((phase_m - code_m) / raw.wavelength_m),
                    last: time,
                    attribute: raw.signal.attribute(),
                    lock_s: raw.lock_s,
                    phase_m: Some(phase_m),
                    issue: of.issue,
                })
            }
            _ => None,
        };
        match arc {
            Some(arc) => {
                self.arcs.insert(key, arc);
            }
            // A phase in doubt of half a cycle ends its arc.
            None => {
                self.arcs.remove(&key);
            }
        }
        let aligned_m = arc.map_or(0.0, |arc| arc.aligned_cycles as f64 * raw.wavelength_m);
        ObservedCarrier {
            signal: raw.signal,
            wavelength_m: raw.wavelength_m,
            ionosphere: raw.ionosphere,
            code_m: raw.code_m.map(|c| c - clock_m),
            phase_m: arc.and(raw.phase_m).map(|p| p - clock_m - aligned_m),
            aligned_cycles: arc.map_or(0, |arc| arc.aligned_cycles),
            is_whole: raw.is_whole,
            code_sigma_m: CODE_SIGMA_M * raw.sigma_factor * self.noise.code(of.group, raw.band),
            phase_sigma_m: PHASE_SIGMA_M
                * raw.sigma_factor
                * self.noise.phase(of.group)
                * self.scintillation(of.satellite),
            arc: arc.map_or(0, |arc| arc.number),
        }
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

#[cfg(test)]
mod tests;
