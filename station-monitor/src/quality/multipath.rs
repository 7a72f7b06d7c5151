//! Multipath of codes: code less a combination of two phases that has neither geometry nor ionosphere in it.
//!
//! With the frequencies f₁ of the code's own carrier and f₂ of another one, phases in metres,
//!
//! MP₁ = P₁ − Φ₁ − 2 f₂² / (f₁² − f₂²) · (Φ₁ − Φ₂)
//!
//! is multipath and noise of the code, but for a constant of the two arcs (Estey and Meertens, GPS Solutions 3, 1999, equations 6 and 7,
//! where it is written with α = f₁² / f₂²). The constant is taken off by the mean of a window of at most a quarter of an hour, which
//! begins anew with each arc and each quarter of the hour.

use std::collections::BTreeMap;

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::quality::scatter::{Scatter, Series};

/// The longest window: multipath of a station's surroundings has periods of minutes, drifts of the codes' biases those of hours.
pub const WINDOW: Interval = Interval::from_seconds(900);
/// Carriers whose squared frequencies are nearer to each other than this make noise of the combination.
pub const RATIO_APART_MIN: f64 = 0.2;
/// Values of a window that are needed to be counted.
const VALUES_MIN: u32 = 5;

/// The windows of one station in progress.
#[derive(Clone, Debug, Default)]
pub struct Multipath {
    windows: BTreeMap<(Satellite, Signal), Window>,
}

/// Which arcs a value belongs to: of the code's carrier, of the other one, and of the code's own signal as its receiver tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arcs {
    /// Of the code's carrier.
    pub own: u32,
    /// Of the other carrier, with its band.
    pub other: (char, u32),
    /// Of the signal itself, by lock times.
    pub told: u32,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    arcs: Arcs,
    quarter: i64,
    values: Series,
}

/// The combination, m: of a code and its phase, and of another phase, each with its carrier's frequency, Hz. None where the two carriers
/// are too near to each other.
pub fn combination_m(code_m: f64, own: (f64, f64), other: (f64, f64)) -> Option<f64> {
    let ((own_m, own_hz), (other_m, other_hz)) = (own, other);
    let ratio = (own_hz / other_hz).powi(2);
    if (ratio - 1.0).abs() < RATIO_APART_MIN && (1.0 / ratio - 1.0).abs() < RATIO_APART_MIN {
        return None;
    }
    Some(code_m - own_m - 2.0 / (ratio - 1.0) * (own_m - other_m))
}

impl Multipath {
    /// Takes a value in, m. Gives the scatter of the window that it ends, if it ends one.
    pub fn take(
        &mut self,
        time: GpsTime,
        channel: (Satellite, Signal),
        arcs: Arcs,
        value_m: f64,
    ) -> Option<Scatter> {
        let quarter = time.nanos().div_euclid(WINDOW.nanos());
        let begun = Window { arcs, quarter, values: Series::default() };
        let window = self.windows.entry(channel).or_insert(begun);
        let over = (window.arcs != arcs || window.quarter != quarter).then_some(*window);
        if over.is_some() {
            *window = begun;
        }
        window.values.add(value_m);
        over.and_then(Window::scatter)
    }

    /// Ends the windows of earlier quarters, whose satellites are gone.
    pub fn end_before(&mut self, time: GpsTime, mut tell: impl FnMut(Signal, Scatter)) {
        let quarter = time.nanos().div_euclid(WINDOW.nanos());
        self.windows.retain(|(_, signal), window| {
            let goes_on = window.quarter >= quarter;
            if !goes_on && let Some(scatter) = window.scatter() {
                tell(*signal, scatter);
            }
            goes_on
        });
    }

    /// The windows in progress, which are left as they are.
    pub fn open(&self) -> impl Iterator<Item = (Signal, Scatter)> {
        self.windows.iter().filter_map(|((_, signal), w)| Some((*signal, w.scatter()?)))
    }

    /// Ends all windows.
    pub fn end_all(&mut self, mut tell: impl FnMut(Signal, Scatter)) {
        for ((_, signal), window) in std::mem::take(&mut self.windows) {
            if let Some(scatter) = window.scatter() {
                tell(signal, scatter);
            }
        }
    }
}

impl Window {
    fn scatter(self) -> Option<Scatter> {
        (self.values.count() >= VALUES_MIN).then(|| self.values.scatter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tianshu_gnss::constellation::Constellation;

    /// GPS L1 and L2, Hz.
    const CARRIERS_HZ: [f64; 2] = [1_575.42e6, 1_227.60e6];

    #[test]
    fn neither_geometry_nor_ionosphere_is_left() {
        let of = |range_m: f64, air_m: f64, multipath_m: f64| {
            let air = |hz: f64| air_m * (CARRIERS_HZ[0] / hz).powi(2);
            let phase = |hz: f64| range_m - air(hz) + 1234.5;
            let code_m = range_m + air(CARRIERS_HZ[0]) + multipath_m;
            let [first, second] = CARRIERS_HZ.map(|hz| (phase(hz), hz));
            combination_m(code_m, first, second).unwrap()
        };
        let here = of(2.2e7, 8.0, 0.0);
        assert!((of(2.6e7, 31.0, 0.0) - here).abs() < 1e-6);
        assert!((of(2.1e7, 3.0, 0.7) - here - 0.7).abs() < 1e-6);
    }

    #[test]
    fn neighbouring_carriers_are_not_combined() {
        assert!(combination_m(1.0, (1.0, 1_575.42e6), (1.0, 1_561.098e6)).is_none());
        assert!(combination_m(1.0, (1.0, 1_176.45e6), (1.0, 1_207.14e6)).is_none());
        assert!(combination_m(1.0, (1.0, 1_227.60e6), (1.0, 1_575.42e6)).is_some());
    }

    #[test]
    fn each_arc_and_each_quarter_has_a_mean_of_its_own() {
        let channel =
            ("G07".parse().unwrap(), Signal::from_code(Constellation::Gps, "1C").unwrap());
        let (mut multipath, mut all) = (Multipath::default(), Scatter::default());
        for second in 0..1_800_u32 {
            let time = GpsTime::from_week(2400, Interval::from_seconds(second.into()));
            let own = u32::from(second >= 500);
            let arcs = Arcs { own, other: ('2', 1), told: 0 };
            let value_m = if second % 2 == 0 { 0.5 } else { -0.5 };
            let level_m = if second >= 500 { 80.0 } else { -3.0e6 };
            let over = multipath.take(time, channel, arcs, level_m + value_m);
            if let Some(scatter) = over {
                all.join(&scatter);
            }
        }
        multipath.end_all(|_, s| all.join(&s));
        assert!((all.freedom() - (1_800.0 - 3.0)).abs() < 1e-9, "{all:?}");
        assert!((all.deviation().unwrap() - 0.5).abs() < 1e-3, "{all:?}");
    }
}
