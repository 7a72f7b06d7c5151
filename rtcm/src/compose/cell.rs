//! One observation as the signal data of MSM: measured values become integers, or stay away.

use std::collections::BTreeMap;
use std::time::Duration;

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::observation::Observation;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::units::{Cycles, Hertz};

use crate::compose::ComposeFindings;
use crate::msm::fields::{DF399, DF404, Field, Layout};
use crate::msm::lock_time::{df402_indicator, df407_indicator};
use crate::msm::message::{MsmCell, MsmSatellite};
use crate::msm::observation::{FINE_RATE_MPS, METRES_PER_LIGHT_MILLISECOND, Scale};
use crate::msm::signal_ids::id_of_signal;

/// The rough range and rate that all signals of a satellite share.
pub(super) struct RoughRange {
    /// DF397 and DF398 together, in 2^-10 ms.
    units: i64,
    /// DF399, m/s.
    rate_mps: Option<i16>,
}

impl RoughRange {
    /// From the codes in range, or else the first phase in range; the rate from the Doppler shifts.
    pub(super) fn of(observations: &[Observation]) -> Option<Self> {
        let in_range = |metres: f64| {
            let units = metres / METRES_PER_LIGHT_MILLISECOND * 1024.0;
            (0.0..255.0 * 1024.0 - 1.0).contains(&units).then_some(units)
        };
        let codes = observations.iter().filter_map(|o| in_range(o.code?.0));
        // A fine pseudorange reaches one unit of the rough range to either side.
        let units = middle(codes, 1.0).or_else(|| {
            let mut phases = observations.iter().filter_map(|o| Some(o.phase?.on(o.carrier()?)));
            phases.find_map(|range| in_range(range.0))
        })?;
        let rates =
            observations.iter().filter_map(|o| Some(range_rate_mps(o.doppler?, o.carrier()?)));
        let reach_mps = f64::from(-DF404.invalid()) * FINE_RATE_MPS;
        let rate_mps = middle(rates, reach_mps).and_then(|rate_mps| {
            let rate = in_field(DF399, rounded(rate_mps)?)?;
            i16::try_from(rate).ok()
        });
        Some(Self { units: rounded(units)?, rate_mps })
    }

    /// The satellite data, with every field that some level has.
    pub(super) fn satellite(&self, id: u8) -> MsmSatellite {
        MsmSatellite {
            id,
            range_ms: u8::try_from(self.units >> 10).ok(),
            extended: None,
            range_mod: u16::try_from(self.units & 1023).unwrap_or(0),
            range_rate: self.rate_mps,
        }
    }
}

/// Writes the cells of one satellite.
pub(super) struct CellWriter<'a> {
    pub(super) layout: &'a Layout,
    pub(super) scale: Scale,
    pub(super) rough: RoughRange,
    pub(super) shifts: &'a mut BTreeMap<(Satellite, Signal), f64>,
    pub(super) findings: &'a mut ComposeFindings,
}

impl CellWriter<'_> {
    /// The cell of one observation; its place among the satellites is not set yet.
    pub(super) fn cell(&mut self, observation: &Observation) -> Option<MsmCell> {
        let Some(signal_id) = id_of_signal(observation.signal) else {
            self.findings.signals_without_id += 1;
            return None;
        };
        let (layout, scale) = (self.layout, self.scale);
        let mut cell = MsmCell { signal_id, ..MsmCell::default() };
        if let Some(field) = layout.range {
            cell.fine_range = self.fine_range(observation, field, scale);
        }
        let carrier = observation.carrier();
        let mut lock_time = observation.lock_time.unwrap_or(Duration::ZERO);
        if let Some(field) = layout.phase {
            let phase = self.fine_phase(observation, carrier, field, scale);
            if phase.is_some_and(|phase| phase.realigned) {
                lock_time = Duration::ZERO;
            }
            cell.fine_phase = phase.map(|phase| phase.fine);
            cell.half_cycle = observation.half_cycle_ambiguous;
        }
        let indicator = if scale.extended_lock { df407_indicator } else { df402_indicator };
        cell.lock_time = Some(indicator(lock_time));
        if let Some(field) = layout.cn0 {
            cell.cn0 = self.cn0(observation, field, scale);
        }
        if layout.rates {
            cell.fine_rate = self.fine_rate(observation, carrier);
        }
        Some(cell)
    }

    fn fine_range(&mut self, observation: &Observation, field: Field, scale: Scale) -> Option<i32> {
        let light_ms = observation.code?.0 / METRES_PER_LIGHT_MILLISECOND;
        let fine = self.fine(light_ms, field, scale.range_log2);
        self.findings.codes_out_of_range += u32::from(fine.is_none());
        fine
    }

    /// The phase as it is, where it is near enough to the code, or else shifted by whole cycles: the
    /// integer part of a phase is arbitrary, as long as it stays the same over an arc.
    fn fine_phase(
        &mut self,
        observation: &Observation,
        carrier: Option<Hertz>,
        field: Field,
        scale: Scale,
    ) -> Option<FinePhase> {
        let phase = observation.phase?;
        let Some(carrier) = carrier.filter(|_| phase.0.is_finite()) else {
            self.findings.phases_without_carrier += 1;
            return None;
        };
        let key = (observation.satellite, observation.signal);
        let shift = self.shifts.get(&key).copied().unwrap_or(0.0);
        let near = |shift: f64| light_ms(Cycles(phase.0 + shift), carrier);
        if let Some(fine) = self.fine(near(shift), field, scale.phase_log2) {
            return Some(FinePhase { fine, realigned: false });
        }
        let rough_ms = self.rough.units as f64 / 1024.0;
        let shift = (rough_ms * 1e-3 * carrier.0 - phase.0).round();
        let fine = self.fine(near(shift), field, scale.phase_log2)?;
        self.shifts.insert(key, shift);
        self.findings.phases_realigned += 1;
        Some(FinePhase { fine, realigned: true })
    }

    /// What is left of a range above the rough range, in units of 2^-`log2` ms.
    fn fine(&self, light_ms: f64, field: Field, log2: u32) -> Option<i32> {
        let units = rounded(light_ms * (1_i64 << log2) as f64)?;
        in_field(field, units.checked_sub(self.rough.units << (log2 - 10))?)
    }

    fn cn0(&mut self, observation: &Observation, field: Field, scale: Scale) -> Option<u16> {
        let units = rounded(observation.cn0?.0 * scale.cn0_per_db);
        let in_range = units.filter(|units| (1..1_i64 << field.bits).contains(units));
        self.findings.cn0_out_of_range += u32::from(in_range.is_none());
        in_range.and_then(|units| u16::try_from(units).ok())
    }

    fn fine_rate(&mut self, observation: &Observation, carrier: Option<Hertz>) -> Option<i16> {
        let rate_mps = range_rate_mps(observation.doppler?, carrier?);
        let fine = self.rough.rate_mps.and_then(|rough| {
            let units = rounded((rate_mps - f64::from(rough)) / FINE_RATE_MPS)?;
            in_field(DF404, units).and_then(|units| i16::try_from(units).ok())
        });
        self.findings.rates_out_of_range += u32::from(fine.is_none());
        fine
    }
}

/// The value that reaches furthest to both sides: the middle of the lowest and the highest. Where these
/// lie further apart than it can reach, some value is wrong, and the first stands for the others.
fn middle(mut values: impl Iterator<Item = f64>, reach: f64) -> Option<f64> {
    let first = values.next()?;
    let (low, high) =
        values.fold((first, first), |(low, high), value| (value.min(low), value.max(high)));
    Some(if high - low < 2.0 * reach { f64::midpoint(low, high) } else { first })
}

#[derive(Clone, Copy)]
struct FinePhase {
    fine: i32,
    realigned: bool,
}

fn light_ms(phase: Cycles, carrier: Hertz) -> f64 {
    phase.0 / carrier.0 * 1e3
}

/// The phase range rate: a satellite that comes nearer has a positive Doppler shift.
fn range_rate_mps(doppler: Hertz, carrier: Hertz) -> f64 {
    -doppler.0 * SPEED_OF_LIGHT / carrier.0
}

/// The value of a signed field, unless it does not fit or is the pattern for "no value".
fn in_field(field: Field, value: i64) -> Option<i32> {
    let invalid = i64::from(field.invalid());
    let fits = invalid < value && value < -invalid;
    if fits { i32::try_from(value).ok() } else { None }
}

/// The nearest integer of a finite value of any size that a field could hold; halves go away from zero.
///
/// `f64::round` is a call to a library on processors that are not asked for more than SSE2, and this comes four times per observation. Below
/// 2^53 the fraction is exact, so both give the same.
#[expect(clippy::cast_possible_truncation, reason = "the size is compared before")]
fn rounded(value: f64) -> Option<i64> {
    if value.is_nan() || value.abs() >= (1_i64 << 53) as f64 {
        return None;
    }
    let whole = value as i64;
    let rest = value - whole as f64;
    Some(whole + i64::from(rest >= 0.5) - i64::from(rest <= -0.5))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::rounded;

    /// The library's rounding, within the same bounds.
    fn by_library(value: f64) -> Option<f64> {
        Some(value.round()).filter(|whole| whole.abs() < (1_i64 << 53) as f64)
    }

    #[test]
    fn halves_go_away_from_zero_and_what_is_too_large_is_none() {
        let below_half = 0.499_999_999_999_999_94;
        for (value, whole) in [(0.5, 1), (-0.5, -1), (2.5, 3), (below_half, 0), (-1.49, -1)] {
            assert_eq!(rounded(value), Some(whole), "{value}");
        }
        for value in [f64::NAN, f64::INFINITY, 9_007_199_254_740_992.0] {
            assert_eq!(rounded(value), None, "{value}");
        }
    }

    proptest! {
        #[test]
        fn it_rounds_as_the_library_does(value in any::<f64>(), small in -3e9..3e9_f64) {
            for value in [value, small, (2.0 * small).trunc() / 2.0] {
                prop_assert_eq!(rounded(value).map(|whole| whole as f64), by_library(value));
            }
        }
    }
}
