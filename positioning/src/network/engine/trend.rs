//! How fast a line of sight's ionosphere changes: a filter of value and rate with constant gains.

use tianshu_gnss::time::gps::GpsTime;

/// A value that is followed, and its rate.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Trend {
    last: Option<(GpsTime, f64)>,
    rate_m_s: f64,
}

/// What a value that was foretold wrongly counts in the next one, per second of span.
const VALUE_GAIN: f64 = 0.12;
/// What it counts in the rate: critically damped (Benedict and Bordner 1962, IRE Trans. Automatic Control 7), a memory of about 15 s. From
/// phases of 4 mm a rate is then good to 0.1 mm/s.
const RATE_GAIN: f64 = 0.0077;
/// Values farther apart tell no rate, s.
const SPAN_MAX_S: f64 = 5.0;
/// What is foretold so wrongly, m, is another arc or another constant.
const APART_MAX_M: f64 = 0.10;

impl Trend {
    /// The rate, m/s; zero while nothing is known.
    pub(super) fn rate_m_s(&self) -> f64 {
        self.rate_m_s
    }

    /// Takes a value in.
    pub(super) fn follow(&mut self, time: GpsTime, value_m: Option<f64>) {
        let Some(value_m) = value_m else {
            *self = Self::default();
            return;
        };
        let fresh = Self { last: Some((time, value_m)), rate_m_s: 0.0 };
        let Some((last, before_m)) = self.last else {
            *self = fresh;
            return;
        };
        let span_s = (time - last).seconds();
        let apart_m = value_m - (before_m + self.rate_m_s * span_s);
        if span_s > SPAN_MAX_S || span_s <= 0.0 || apart_m.abs() > APART_MAX_M {
            *self = fresh;
            return;
        }
        let gain = (VALUE_GAIN * span_s).min(1.0);
        let value_m = before_m + self.rate_m_s * span_s + gain * apart_m;
        self.last = Some((time, value_m));
        self.rate_m_s += RATE_GAIN * span_s * apart_m;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tianshu_gnss::time::gps::Interval;

    fn after(values: impl Iterator<Item = Option<f64>>) -> f64 {
        let mut trend = Trend::default();
        let mut time = GpsTime::from_nanos(0);
        for value_m in values {
            time += Interval::from_seconds(1);
            trend.follow(time, value_m);
        }
        trend.rate_m_s()
    }

    #[test]
    fn a_steady_change_is_found_within_a_minute() {
        let ramp = |i: i32| Some(3.0 + 0.004 * f64::from(i));
        let rate = after((0..60).map(ramp));
        assert!((rate - 0.004).abs() < 2e-4, "{rate}");
    }

    #[test]
    fn noise_makes_no_rate() {
        let noise = |i: i32| Some(0.004 * f64::from((i * 7_919) % 13 - 6) / 4.0);
        assert!(after((0..600).map(noise)).abs() < 3e-4);
    }

    #[test]
    fn a_gap_or_a_jump_begins_anew() {
        let ramp = |i: i32| Some(0.01 * f64::from(i));
        assert!(after((0..60).map(ramp).chain([None])).abs() < 1e-12);
        assert!(after((0..60).map(ramp).chain([Some(5.0)])).abs() < 1e-12);
    }
}
