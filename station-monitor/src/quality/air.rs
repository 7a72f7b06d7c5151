//! How the ionosphere moves over a station: the rate of the slant content, and its index ROTI.
//!
//! ROT is the change of the slant electron content per minute, from 30 s to 30 s; ROTI is its standard deviation over five minutes
//! (Pi, Mannucci, Lindqwister and Ho, Geophysical Research Letters 24, 1997). Of a station it is the root mean square over its satellites.

use std::collections::BTreeMap;

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::quality::scatter::{Scatter, Series};

/// Between two values of the content.
const SAMPLE_EVERY: Interval = Interval::from_seconds(30);
/// The span of one index.
const SPAN: Interval = Interval::from_seconds(300);
/// Delay on L1 of one unit of content, m per TECU: 40.3·10¹⁶ / (1575.42·10⁶)² (IS-GPS-200 uses the same 40.3).
const L1_M_PER_TECU: f64 = 0.162_372;
/// Fewer rates than this have no scatter worth the name.
const RATES_MIN: u32 = 4;

/// The ionosphere along the lines of sight of one station.
#[derive(Clone, Debug, Default)]
pub struct Air {
    lines: BTreeMap<Satellite, Line>,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    arcs: (u32, u32),
    sampled: GpsTime,
    delay_m: f64,
    span: i64,
    rates: Series,
}

impl Air {
    /// Takes in how much later code came on L1 for the ionosphere, m but for a constant of the arcs. Gives the scatter of a span that is over.
    pub fn take(
        &mut self,
        time: GpsTime,
        satellite: Satellite,
        arcs: (u32, u32),
        delay_m: f64,
    ) -> Option<Scatter> {
        let span = time.nanos().div_euclid(SPAN.nanos());
        let begun = Line { arcs, sampled: time, delay_m, span, rates: Series::default() };
        let line = self.lines.entry(satellite).or_insert(begun);
        let away = time - line.sampled;
        let over = (line.span != span).then(|| {
            let rates = std::mem::take(&mut line.rates);
            line.span = span;
            rates
        });
        if line.arcs != arcs || away > SAMPLE_EVERY + SAMPLE_EVERY {
            *line = Line { rates: line.rates, ..begun };
        } else if away >= SAMPLE_EVERY {
            let content_tecu = (delay_m - line.delay_m) / L1_M_PER_TECU;
            line.rates.add(content_tecu / (away.seconds() / 60.0));
            (line.sampled, line.delay_m) = (time, delay_m);
        }
        over.filter(|rates| rates.count() >= RATES_MIN).map(|rates| rates.scatter())
    }

    /// Forgets satellites that have not been seen for a span.
    pub fn forget(&mut self, time: GpsTime) {
        self.lines.retain(|_, line| time - line.sampled <= SPAN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a quarter of an hour at 1 Hz is told as, TECU per minute.
    fn roti(content_tecu: impl Fn(f64) -> f64, arc: impl Fn(i64) -> u32) -> Option<f64> {
        let (mut air, mut all) = (Air::default(), Scatter::default());
        for second in 0..=900 {
            let time = GpsTime::from_week(2400, Interval::from_seconds(second));
            let delay_m = content_tecu(second as f64) * L1_M_PER_TECU;
            let over = air.take(time, "G07".parse().unwrap(), (arc(second), 1), delay_m);
            if let Some(scatter) = over {
                all.join(&scatter);
            }
        }
        all.deviation()
    }

    #[test]
    fn a_steady_rise_is_quiet_and_a_wave_is_not() {
        assert!(roti(|s| 0.01 * s, |_| 1).unwrap() < 1e-9);
        // From 30 s to 30 s a wave of 100 s and 1 TECU changes by 2·sin(0.3 π) at most, twice that per minute; /√2 in the mean.
        let wave = roti(|s| (s * std::f64::consts::TAU / 100.0).sin(), |_| 1).unwrap();
        let expected = 4.0 * (0.3 * std::f64::consts::PI).sin() / std::f64::consts::SQRT_2;
        assert!((wave / expected - 1.0).abs() < 0.1, "{wave} {expected}");
    }

    #[test]
    fn a_new_arc_is_no_motion_of_the_air() {
        let jumping = |s: f64| if s < 450.0 { 0.0 } else { 500.0 };
        let told = roti(jumping, |s| if s < 450 { 1 } else { 2 }).unwrap();
        assert!(told < 1e-9, "{told}");
    }
}
