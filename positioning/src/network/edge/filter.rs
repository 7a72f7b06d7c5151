//! The float filter of one edge and one group: troposphere, ionosphere and ambiguities between two stations whose places are known.

use std::collections::BTreeMap;

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;

use crate::network::edge::gaussian::{Gaussian, Measurement, Sum};
use crate::network::edge::single::{BANDS_MAX, Single, SingleCarrier};
use crate::network::median::median;

/// Place of the zenith delay's difference, second station less first, m beyond the model's.
pub(super) const ZENITH_DIFFERENCE: usize = 0;
/// Place of the zenith delays' mean, m beyond the model's: satellites that the two see at unlike elevations feel it.
pub(super) const ZENITH_MEAN: usize = 1;

/// What an edge of that length and height difference is like before anything was measured: standard deviations, m.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct EdgePrior {
    /// Of the zenith delays' difference.
    pub(super) zenith_difference: f64,
    /// Of the zenith delays' mean.
    pub(super) zenith_mean: f64,
    /// Of the ionosphere's difference at the zenith on L1.
    pub(super) ionosphere: f64,
    /// Of an ambiguity, cycles.
    pub(super) ambiguity_cycles: f64,
    /// Of what a satellite's codes differ by for good.
    pub(super) code_bias_m: f64,
    /// Time between independent looks at codes, s.
    pub(super) code_independent_s: f64,
}

/// How a zenith delay's difference wanders, m/√s: 1 cm in an hour (the same).
const ZENITH_WALK: f64 = 0.17e-3;
/// How the ionosphere's difference wanders at the zenith, m/√s, at least.
const AIR_WALK_MIN: f64 = 1.0e-3;
/// The memory of the ionosphere's rate, s.
const AIR_RATE_S: f64 = 15.0;
/// How much more than its rate the ionosphere may do from one step to the next.
const AIR_REACH: f64 = 1.5;
/// How fast the ionosphere may have moved while a phase slipped, m/s: a bubble's wall of 4 m passes in two minutes.
const SLIP_RATE_M_S: f64 = 0.03;
/// Phases that must be between independent looks at a multipath of some 45 s, s: the variance of those that come more often is enlarged
/// by as much (shared design, network solver, section 1.7).
const PHASE_INDEPENDENT_S: f64 = 25.0;
/// An innovation beyond so many sigmas is no noise.
const OUTLIER_SIGMAS: f64 = 6.0;
/// A phase that is an outlier so often in a row has another ambiguity.
const OUTLIERS_MAX: u8 = 2;

/// The filter.
#[derive(Clone, Debug)]
pub(super) struct GroupFilter {
    prior: EdgePrior,
    pub(super) state: Gaussian,
    pub(super) satellites: BTreeMap<Satellite, SatelliteState>,
    last: Option<GpsTime>,
    /// What the zenith delay's difference would be uncertain by without a measurement, m².
    pub(super) zenith_unmeasured_m2: f64,
}

/// The unknowns of one satellite.
#[derive(Clone, Debug)]
pub(super) struct SatelliteState {
    pub(super) ionosphere: usize,
    pub(super) ambiguities: [Option<AmbiguityState>; BANDS_MAX],
    pub(super) elevation_rad: f64,
    pub(super) shell_mapping: f64,
    pub(super) seen: GpsTime,
    /// The ionosphere's change by phases since some epoch: that epoch, its value, and the mean rate, m/s.
    air: Option<(GpsTime, f64)>,
    air_rate_m_s: f64,
}

/// An ambiguity, second station less first, cycles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct AmbiguityState {
    pub(super) place: usize,
    pub(super) arcs: (u32, u32),
    pub(super) since: GpsTime,
    pub(super) epochs: u32,
    pub(super) wavelength_m: f64,
    pub(super) ionosphere: f64,
    outliers: u8,
}

impl GroupFilter {
    pub(super) fn new(prior: EdgePrior) -> Self {
        let mut state = Gaussian::default();
        state.push(0.0, prior.zenith_difference.powi(2));
        state.push(0.0, prior.zenith_mean.powi(2));
        let zenith_unmeasured_m2 = prior.zenith_difference.powi(2);
        Self { prior, state, satellites: BTreeMap::new(), last: None, zenith_unmeasured_m2 }
    }

    /// Takes an epoch's single differences in. Tells the channels whose ambiguity had to be begun anew because the measurements broke with
    /// it, as satellite and place in the group's carriers.
    pub(super) fn step(&mut self, time: GpsTime, singles: &[Single]) -> Vec<(Satellite, usize)> {
        let span_s = self.last.map_or(1.0, |last| (time - last).seconds().clamp(0.0, 600.0));
        self.forget(time, singles);
        self.move_on(span_s);
        self.last = Some(time);
        for single in singles {
            self.meet(time, span_s, single);
        }
        let span_s = span_s.max(0.1);
        let phase_inflation = (PHASE_INDEPENDENT_S / span_s).max(1.0);
        let code_inflation = (self.prior.code_independent_s / span_s).max(1.0);
        let mut broken = Vec::new();
        for band in 0..BANDS_MAX {
            self.measure(band, singles, Kind::Code, code_inflation, &mut broken);
        }
        for band in 0..BANDS_MAX {
            self.measure(band, singles, Kind::Phase, phase_inflation, &mut broken);
        }
        for (satellite, band) in &broken {
            self.renew(time, *satellite, *band);
        }
        broken
    }

    /// Whether it took that epoch in.
    pub(super) fn is_at(&self, time: GpsTime) -> bool {
        self.last == Some(time)
    }

    /// Lets satellites go that are no more seen.
    fn forget(&mut self, time: GpsTime, singles: &[Single]) {
        let seen =
            |s: &Satellite| singles.binary_search_by_key(s, |single| single.satellite).is_ok();
        let gone: Vec<Satellite> = self
            .satellites
            .iter()
            .filter(|(s, state)| !seen(s) && (time - state.seen).seconds() > 60.0)
            .map(|(s, _)| *s)
            .collect();
        if gone.is_empty() {
            return;
        }
        for satellite in gone {
            self.satellites.remove(&satellite);
        }
        let mut places = vec![ZENITH_DIFFERENCE, ZENITH_MEAN];
        for state in self.satellites.values_mut() {
            places.push(state.ionosphere);
            state.ionosphere = places.len() - 1;
            for ambiguity in state.ambiguities.iter_mut().flatten() {
                places.push(ambiguity.place);
                ambiguity.place = places.len() - 1;
            }
        }
        self.state.keep(&places);
    }

    /// What may have changed meanwhile.
    fn move_on(&mut self, span_s: f64) {
        let walk = ZENITH_WALK * ZENITH_WALK * span_s;
        self.state.diffuse(ZENITH_DIFFERENCE, walk);
        self.state.diffuse(ZENITH_MEAN, walk);
        self.zenith_unmeasured_m2 += walk;
        for s in self.satellites.values() {
            let walk = AIR_WALK_MIN * s.shell_mapping;
            let drift_m = AIR_REACH * s.air_rate_m_s * span_s;
            self.state.diffuse(s.ionosphere, walk * walk * span_s + drift_m * drift_m);
        }
    }

    /// Makes room for a satellite's unknowns and begins those of new arcs.
    fn meet(&mut self, time: GpsTime, span_s: f64, single: &Single) {
        let air_sigma_m = self.prior.ionosphere * single.shell_mapping;
        if !self.satellites.contains_key(&single.satellite) {
            let ionosphere = self.state.push(0.0, air_sigma_m * air_sigma_m);
            let met = SatelliteState {
                ionosphere,
                ambiguities: [None; BANDS_MAX],
                elevation_rad: single.elevation_rad,
                shell_mapping: single.shell_mapping,
                seen: time,
                air: None,
                air_rate_m_s: 0.0,
            };
            self.satellites.insert(single.satellite, met);
        }
        let Some(state) = self.satellites.get_mut(&single.satellite) else { return };
        state.seen = time;
        state.elevation_rad = single.elevation_rad;
        state.shell_mapping = single.shell_mapping;
        let (mut is_new, mut slipped) = (false, false);
        for (known, carrier) in state.ambiguities.iter_mut().zip(&single.carriers) {
            let Some(carrier) = carrier else { continue };
            let variance = self.prior.ambiguity_cycles * self.prior.ambiguity_cycles;
            let place = match known {
                Some(known) if known.arcs == carrier.arcs => {
                    known.epochs += 1;
                    continue;
                }
                Some(known) => {
                    slipped = true;
                    self.state.reset(known.place, 0.0, variance);
                    known.place
                }
                None => self.state.push(0.0, variance),
            };
            is_new = true;
            *known = Some(AmbiguityState {
                place,
                arcs: carrier.arcs,
                since: time,
                epochs: 1,
                wavelength_m: carrier.wavelength_m,
                ionosphere: carrier.ionosphere,
                outliers: 0,
            });
        }
        state.follow_air(time, single, is_new);
        if slipped {
            // Whatever broke the phase may have moved the ionosphere.
            state.air_rate_m_s = state.air_rate_m_s.max(SLIP_RATE_M_S);
            let moved_m = SLIP_RATE_M_S * span_s;
            self.state.diffuse(state.ionosphere, moved_m * moved_m);
        }
    }

    /// Begins an ambiguity anew within its arcs.
    pub(super) fn renew(&mut self, time: GpsTime, satellite: Satellite, band: usize) {
        let Some(state) = self.satellites.get_mut(&satellite) else { return };
        if let Some(known) = &mut state.ambiguities[band] {
            let variance = self.prior.ambiguity_cycles * self.prior.ambiguity_cycles;
            self.state.reset(known.place, 0.0, variance);
            *known = AmbiguityState { since: time, epochs: 0, outliers: 0, ..*known };
        }
    }

    /// One carrier's phases or codes of all satellites. The receivers' clocks are white: what all rows share is taken off them.
    fn measure(
        &mut self,
        band: usize,
        singles: &[Single],
        kind: Kind,
        inflation: f64,
        broken: &mut Vec<(Satellite, usize)>,
    ) {
        let mut rows = Vec::with_capacity(singles.len());
        for single in singles {
            rows.extend(self.row(band, single, kind, inflation));
        }
        self.without_outliers(band, kind, &mut rows, broken);
        let rows: Vec<Measurement> = rows.into_iter().map(|(_, row)| row).collect();
        self.state.update_sharing_clock(&rows);
    }

    fn row(
        &self,
        band: usize,
        single: &Single,
        kind: Kind,
        inflation: f64,
    ) -> Option<(Satellite, Measurement)> {
        let carrier: SingleCarrier = single.carriers[band]?;
        let state = self.satellites.get(&single.satellite)?;
        let [second, first] = single.wet_mapping;
        let zenith =
            [(ZENITH_DIFFERENCE, f64::midpoint(second, first)), (ZENITH_MEAN, second - first)];
        let (of, measured, variance) = match kind {
            Kind::Code => {
                let air = (state.ionosphere, carrier.ionosphere);
                let variance = carrier.code_variance_m2 + self.prior.code_bias_m.powi(2);
                (Sum::of([zenith[0], zenith[1], air]), carrier.code_m?, variance)
            }
            Kind::Phase => {
                let air = (state.ionosphere, -carrier.ionosphere);
                let whole = (state.ambiguities[band]?.place, carrier.wavelength_m);
                let of = Sum::of([zenith[0], zenith[1], air, whole]);
                (of, carrier.phase_m, carrier.phase_variance_m2)
            }
        };
        let variance = variance * inflation;
        Some((single.satellite, Measurement { of, measured, variance }))
    }

    /// Takes rows out that contradict what is known, judged against the median of all.
    fn without_outliers(
        &mut self,
        band: usize,
        kind: Kind,
        rows: &mut Vec<(Satellite, Measurement)>,
        broken: &mut Vec<(Satellite, usize)>,
    ) {
        if rows.len() < 4 {
            return;
        }
        let found: Vec<_> = rows
            .iter()
            .map(|(_, row)| self.state.innovation(row.of.terms(), row.measured, row.variance))
            .collect();
        // Of what is still unknown nothing can be contradicted, and its clock would be anybody's.
        let settled = |variance: f64, row: &Measurement| variance < 100.0 * row.variance + 1.0;
        let known: Vec<f64> = found
            .iter()
            .zip(rows.iter())
            .filter(|(found, (_, row))| settled(found.variance, row))
            .map(|(found, _)| found.value)
            .collect();
        if known.len() < 3 {
            return;
        }
        let Some(median) = median(known) else { return };
        let mut place = 0;
        rows.retain(|(satellite, row)| {
            let found = found[place];
            place += 1;
            let off = (found.value - median) / found.variance.sqrt();
            let is_outlier = settled(found.variance, row) && off.abs() > OUTLIER_SIGMAS;
            if kind == Kind::Phase
                && let Some(state) = self.satellites.get_mut(satellite)
                && let Some(ambiguity) = &mut state.ambiguities[band]
            {
                ambiguity.outliers = if is_outlier { ambiguity.outliers + 1 } else { 0 };
                if ambiguity.outliers >= OUTLIERS_MAX {
                    broken.push((*satellite, band));
                }
            }
            !is_outlier
        });
    }
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Code,
    Phase,
}

impl SatelliteState {
    /// Follows the ionosphere's change by the phases of two carriers, which no ambiguity disturbs within an arc.
    fn follow_air(&mut self, time: GpsTime, single: &Single, is_new: bool) {
        let mut phases = single.carriers.iter().flatten();
        let value_m = phases.next().zip(phases.next()).and_then(|(a, b)| {
            let spread = b.ionosphere - a.ionosphere;
            let noise_m2 = (a.phase_variance_m2 + b.phase_variance_m2) / (spread * spread);
            (spread.abs() > 0.1).then(|| ((a.phase_m - b.phase_m) / spread, noise_m2))
        });
        match (self.air, value_m) {
            (Some((since, before_m)), Some((value_m, noise_m2))) if !is_new => {
                let span_s = (time - since).seconds().max(0.1);
                // What the noise of the two ends would tell is taken off.
                let change_m2 = ((value_m - before_m).powi(2) - 2.0 * noise_m2).max(0.0);
                let share = (span_s / AIR_RATE_S).min(1.0);
                self.air_rate_m_s += (change_m2.sqrt() / span_s - self.air_rate_m_s) * share;
                self.air = Some((time, value_m));
            }
            (_, value_m) => self.air = value_m.map(|(value_m, _)| (time, value_m)),
        }
    }
}
