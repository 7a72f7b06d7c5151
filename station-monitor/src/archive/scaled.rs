//! Observations as scaled integers: the digits that RINEX prints, and nothing behind them.
//!
//! | value | unit | why |
//! | --- | --- | --- |
//! | code | 1 mm | RINEX 3.05, table A3 prints three decimals of a metre |
//! | phase | 0.001 cycle | three decimals of a cycle, 0.2 mm on L1 |
//! | Doppler | 0.001 Hz | three decimals of a hertz |
//! | C/N0 | 1/16 dB-Hz | the step of MSM6 and MSM7 (DF408); those of MSM4 (1 dB) and of 1004 (1/4 dB) are multiples |
//! | lock time | 1 ms | the step of DF407 |
//!
//! Code, phase and Doppler are rounded as `{:.3}` rounds, so a RINEX file made of the archive has the same digits as one
//! made of the live stream. MSM7 tells code to 0.6 mm and phase to 0.14 mm (DF405, DF406): what is finer than the digits
//! here stands in the raw frames, which are kept too.

use std::time::Duration;

use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::units::{Cycles, DbHz, Hertz, Metres};

/// Steps in a metre, a cycle, and a hertz: the three decimals of RINEX 3.05, table A3 (`F14.3`).
const STEPS_PER_UNIT: f64 = 1_000.0;
/// Steps in a dB-Hz: DF408 of RTCM 10403.3 tells sixteenths.
pub(super) const CN0_STEPS_PER_DB: f64 = 16.0;
/// The greatest number of steps that `F14.3` can print (9 999 999 999.999). What is greater is no measurement of a range.
const STEPS_MAX: i64 = 9_999_999_999_999;
/// The greatest C/N0 that is kept, 1/16 dB-Hz: DF408 has ten bits.
const CN0_STEPS_MAX: f64 = 1_023.0;
/// The longest lock time that is kept, ms: some 24 days, the greatest positive number of 32 bits with a sign.
const LOCK_MS_MAX: u32 = 0x7fff_ffff;
/// Nearer than this to half a step, the product of value and steps may have been rounded across it: the greatest product,
/// 1e13, has neighbours 0.002 apart.
const NEAR_HALF: f64 = 0.01;

/// One signal of one satellite at one epoch, in scaled integers. What was not measured is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScaledObservation {
    /// Who transmitted.
    pub satellite: Satellite,
    /// On which signal.
    pub signal: Signal,
    /// The frequency channel of a GLONASS FDMA signal, if known.
    pub glonass_channel: Option<i8>,
    /// Code measurement, mm.
    pub code_mm: Option<i64>,
    /// Carrier phase, 0.001 cycle.
    pub phase_millicycles: Option<i64>,
    /// Doppler shift, 0.001 Hz.
    pub doppler_millihertz: Option<i32>,
    /// Carrier-to-noise density ratio, 1/16 dB-Hz.
    pub cn0_sixteenths: Option<u16>,
    /// For at least how long the phase was tracked without interruption, ms.
    pub lock_ms: Option<u32>,
    /// Whether half a cycle may still be missing from the phase.
    pub half_cycle_ambiguous: bool,
}

/// What one receiver measured at one epoch, in scaled integers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaledEpoch {
    /// The receiver's time tag.
    pub time: GpsTime,
    /// The observations, sorted by satellite and signal, each pair at most once.
    pub observations: Vec<ScaledObservation>,
}

impl From<&ObsEpoch> for ScaledEpoch {
    fn from(epoch: &ObsEpoch) -> Self {
        let observations = epoch.observations.iter().map(ScaledObservation::from).collect();
        Self { time: epoch.time, observations }
    }
}

impl From<&ScaledEpoch> for ObsEpoch {
    fn from(epoch: &ScaledEpoch) -> Self {
        let observations = epoch.observations.iter().map(Observation::from).collect();
        Self { time: epoch.time, observations }
    }
}

impl From<&Observation> for ScaledObservation {
    fn from(o: &Observation) -> Self {
        let lock_ms = o.lock_time.map(|lock| {
            u32::try_from(lock.as_millis()).map_or(LOCK_MS_MAX, |ms| ms.min(LOCK_MS_MAX))
        });
        Self {
            satellite: o.satellite,
            signal: o.signal,
            glonass_channel: o.glonass_channel,
            code_mm: o.code.and_then(|code| steps(code.0)),
            phase_millicycles: o.phase.and_then(|phase| steps(phase.0)),
            doppler_millihertz: o
                .doppler
                .and_then(|doppler| steps(doppler.0))
                .and_then(|steps| i32::try_from(steps).ok()),
            cn0_sixteenths: o.cn0.and_then(|cn0| sixteenths(cn0.0)),
            lock_ms,
            half_cycle_ambiguous: o.half_cycle_ambiguous,
        }
    }
}

impl From<&ScaledObservation> for Observation {
    fn from(o: &ScaledObservation) -> Self {
        Self {
            satellite: o.satellite,
            signal: o.signal,
            glonass_channel: o.glonass_channel,
            code: o.code_mm.map(|mm| Metres(units(mm))),
            phase: o.phase_millicycles.map(|steps| Cycles(units(steps))),
            doppler: o.doppler_millihertz.map(|steps| Hertz(units(i64::from(steps)))),
            cn0: o.cn0_sixteenths.map(|steps| DbHz(f64::from(steps) / CN0_STEPS_PER_DB)),
            lock_time: o.lock_ms.map(|ms| Duration::from_millis(u64::from(ms))),
            half_cycle_ambiguous: o.half_cycle_ambiguous,
        }
    }
}

/// The thousandths nearest to a value, the even one of two that are as near: as `{:.3}` prints it. None for what is no
/// finite number, or too great to be printed.
pub fn steps(value: f64) -> Option<i64> {
    let product = value * STEPS_PER_UNIT;
    if product.is_nan() || product.abs() > STEPS_MAX as f64 {
        return None;
    }
    let middle = product.floor() + 0.5;
    let nearest = if (product - middle).abs() < NEAR_HALF {
        // The product was rounded itself, which must not decide; the sign of this difference is exact.
        let beyond = value.mul_add(STEPS_PER_UNIT, -middle);
        if beyond == 0.0 { middle.round_ties_even() } else { middle + 0.5_f64.copysign(beyond) }
    } else {
        product.round()
    };
    #[expect(clippy::cast_possible_truncation, reason = "a whole number of at most 13 digits")]
    Some(nearest as i64)
}

/// The number nearest to so many thousandths.
pub fn units(steps: i64) -> f64 {
    steps as f64 / STEPS_PER_UNIT
}

fn sixteenths(db: f64) -> Option<u16> {
    let nearest = (db * CN0_STEPS_PER_DB).round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within the range that was checked"
    )]
    (0.0..=CN0_STEPS_MAX).contains(&nearest).then_some(nearest as u16)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tianshu_gnss::constellation::Constellation;

    use super::*;

    #[test]
    fn what_cannot_be_printed_is_absent() {
        for value in [f64::NAN, f64::INFINITY, -f64::INFINITY, 1e10, -1e10] {
            assert_eq!(steps(value), None, "{value}");
        }
        assert_eq!(steps(9_999_999_999.999), Some(STEPS_MAX));
        assert_eq!(sixteenths(f64::NAN), None);
        assert_eq!(sixteenths(-1.0), None);
        assert_eq!(sixteenths(64.0), None);
    }

    #[test]
    fn a_tie_goes_where_printing_goes() {
        for value in
            [0.0005, 0.0015, 1.0625, 2.0625, 0.5 / 1024.0, 23_456_789.000_5, 20_000_000.062_5]
        {
            let printed = format!("{value:.3}");
            assert_eq!(format!("{:.3}", units(steps(value).unwrap())), printed, "{value}");
        }
    }

    #[test]
    fn steps_of_msm7_survive_as_the_digits_of_rinex() {
        // Milliseconds of light in 2^-29 (DF405) and 2^-31 (DF406): every value that a stream can carry is one of these.
        let ms_m = 299_792.458;
        for k in 0..20_000_i64 {
            let code = (40_000_000_000 + k * 7_919) as f64 * ms_m / f64::from(1 << 29);
            assert_eq!(format!("{:.3}", units(steps(code).unwrap())), format!("{code:.3}"));
        }
    }

    #[test]
    fn every_sixteenth_of_a_decibel_is_kept() {
        for step in 0..=1_023_u16 {
            let mut seen = Observation::of(
                Satellite::new(Constellation::Gps, 7).unwrap(),
                Signal::new(Constellation::Gps, '1', 'C').unwrap(),
            );
            seen.cn0 = Some(DbHz(f64::from(step) / 16.0));
            let back = Observation::from(&ScaledObservation::from(&seen));
            assert_eq!(back, seen);
        }
    }

    proptest! {
        #[test]
        fn what_is_archived_prints_the_digits_of_what_was_measured(value in -9e9..9e9f64) {
            let archived = units(steps(value).unwrap());
            prop_assert_eq!(format!("{archived:14.3}"), format!("{value:14.3}"));
        }

        #[test]
        fn what_was_archived_once_stays_as_it_is(steps_in in -STEPS_MAX..=STEPS_MAX) {
            prop_assert_eq!(steps(units(steps_in)), Some(steps_in));
        }
    }
}
