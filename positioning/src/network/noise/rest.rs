//! What is left of a line of sight's values when what stands still is taken off: levels, biases, orbits and slow air are no noise.

use tianshu_gnss::time::gps::{GpsTime, Interval};

/// The running mean of one line of sight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rest {
    arcs: (u32, u32),
    mean_m: f64,
    looks: f64,
    pub(super) last: GpsTime,
}

/// A value beside the mean of those before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Deviation {
    /// By how much it is off, m.
    pub(super) off_m: f64,
    /// What is to be expected of that, one sigma, m.
    pub(super) sigma_m: f64,
}

/// Looks that the mean remembers: ten minutes. Multipath turns within some minutes and is left; orbits, antennas and weather take longer.
const LOOKS_MAX: f64 = 20.0;
/// Looks before a mean is one.
const LOOKS_MIN: f64 = 3.0;
/// A line of sight that was away for so long begins anew.
pub(super) const GAP_MAX: Interval = Interval::from_seconds(120);

impl Rest {
    /// Of a first value, whose arcs those are.
    pub(super) fn new(time: GpsTime, arcs: (u32, u32), value_m: f64) -> Self {
        Self { arcs, mean_m: value_m, looks: 1.0, last: time }
    }

    /// Takes the next value and its sigma in. Tells how far it is off, once a mean is known.
    pub(super) fn follow(
        &mut self,
        time: GpsTime,
        arcs: (u32, u32),
        (value_m, sigma_m): (f64, f64),
    ) -> Option<Deviation> {
        if self.arcs != arcs || time - self.last > GAP_MAX {
            *self = Self::new(time, arcs, value_m);
            return None;
        }
        let (off_m, before) = (value_m - self.mean_m, self.looks);
        self.last = time;
        self.looks = (before + 1.0).min(LOOKS_MAX);
        self.mean_m += off_m / self.looks;
        // The mean of n has an nth of their variance.
        let sigma_m = sigma_m * (1.0 + 1.0 / before).sqrt();
        (before >= LOOKS_MIN).then_some(Deviation { off_m, sigma_m })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_is_taken_off_and_a_new_arc_has_another_one() {
        let start = GpsTime::from_nanos(0);
        let at = |look: i64| start + Interval::from_seconds(30 * look);
        let mut rest = Rest::new(start, (1, 1), 5.0);
        for look in 1..3 {
            assert_eq!(rest.follow(at(look), (1, 1), (5.0, 0.01)), None);
        }
        let off = rest.follow(at(3), (1, 1), (5.03, 0.01)).expect("a mean of three");
        assert!((off.off_m - 0.03).abs() < 1e-12, "{off:?}");
        assert!((off.sigma_m - 0.01 * (4.0_f64 / 3.0).sqrt()).abs() < 1e-12, "{off:?}");
        // Another arc, and a line of sight that was away.
        assert_eq!(rest.follow(at(4), (2, 1), (9.0, 0.01)), None);
        assert_eq!(rest.follow(at(5), (2, 1), (9.0, 0.01)), None);
        assert_eq!(rest.follow(at(40), (2, 1), (9.0, 0.01)), None);
        assert_eq!(rest.follow(at(41), (2, 1), (9.0, 0.01)), None);
        assert_eq!(rest.follow(at(42), (2, 1), (9.0, 0.01)), None);
        assert!(rest.follow(at(43), (2, 1), (9.0, 0.01)).is_some());
    }
}
