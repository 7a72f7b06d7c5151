//! Calibration: how much larger errors were than promised, so that sigmas can be made honest.

use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::network::interpolate::leave_one_out::Residual;

/// The time after which a residual counts a third, s: ten minutes (shared design, network solver, section 5.3).
pub const MEMORY_S: f64 = 600.0;
/// The share of one residual's normalised square beyond which it counts no more: five sigma. One bad station must not withhold a
/// satellite from all; who is off by so much is for integrity to name.
const SQUARE_MAX: f64 = 25.0;
/// What the promise itself counts, in residuals: until as many were seen, it is mostly believed.
const PROMISE_WEIGHT: f64 = 20.0;

/// The running ratio of leave-one-out residuals to their promised sigmas, of one satellite.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Calibration {
    squares: f64,
    count: f64,
    last: Option<GpsTime>,
}

impl Calibration {
    /// Takes in one epoch's residuals. Epochs that are not later than the last one count with it.
    pub fn add(&mut self, now: GpsTime, residuals: impl IntoIterator<Item = Residual>) {
        if let Some(last) = self.last.filter(|last| *last < now) {
            let kept = (-Interval::seconds(now - last) / MEMORY_S).exp();
            self.squares *= kept;
            self.count *= kept;
        }
        self.last = self.last.max(Some(now));
        for residual in residuals {
            let square = (residual.error_m / residual.sigma_m).powi(2);
            if square.is_finite() {
                self.squares += square.min(SQUARE_MAX);
                self.count += 1.0;
            }
        }
    }

    /// The rms of the residuals in units of their sigmas; one if none was seen.
    pub fn ratio(&self) -> f64 {
        ((self.squares + PROMISE_WEIGHT) / (self.count + PROMISE_WEIGHT)).sqrt()
    }

    /// By what sigmas are to be multiplied: the ratio, and never less than one.
    pub fn factor(&self) -> f64 {
        self.ratio().max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::topology::StationIndex;

    fn residuals(error_m: f64, count: u16) -> impl Iterator<Item = Residual> {
        (0..count).map(move |i| Residual { station: StationIndex(i), error_m, sigma_m: 0.01 })
    }

    fn at(seconds: i64) -> GpsTime {
        GpsTime::from_nanos(0) + Interval::from_seconds(seconds)
    }

    #[test]
    fn larger_errors_enlarge_the_sigma_and_are_forgotten() {
        let mut calibration = Calibration::default();
        assert!((calibration.factor() - 1.0).abs() < 1e-12);
        for second in 0..600 {
            calibration.add(at(second), residuals(0.02, 100));
        }
        assert!((calibration.factor() - 2.0).abs() < 0.01, "{calibration:?}");
        for second in 600..1_200 {
            calibration.add(at(second), residuals(0.005, 100));
        }
        // After ten minutes the old count 1 - 1/e times 1/e: rms² = 0.269 × 4 + 0.731 × 0.25.
        assert!((calibration.ratio() - 1.122).abs() < 0.01, "{calibration:?}");
        calibration.add(at(9_000), residuals(0.005, 100));
        assert!(calibration.ratio() < 0.7 && (calibration.factor() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_single_wild_station_does_not_decide() {
        let mut calibration = Calibration::default();
        calibration.add(at(0), residuals(0.01, 99));
        calibration.add(at(0), residuals(1e6, 1));
        calibration.add(at(0), residuals(f64::NAN, 1));
        assert!(calibration.factor() < 1.12, "{calibration:?}");
    }
}
