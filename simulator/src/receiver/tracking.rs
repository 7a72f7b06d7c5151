//! One signal of one satellite at one receiver, from epoch to epoch: arcs, integers, slips, multipath.

use std::time::Duration;

use tianshu_gnss::time::gps::GpsTime;

use crate::random::{Key, Stream};
use crate::receiver::ReceiverSettings;

/// The state of a receiver's channel for one signal.
#[derive(Clone, Debug)]
pub struct Track {
    random: Stream,
    arc: Option<Arc>,
    code_multipath: f64,
    phase_multipath: f64,
    /// Slips so far, told and untold.
    slips: u32,
}

/// A stretch of phase without a told interruption.
#[derive(Clone, Copy, Debug)]
struct Arc {
    since: GpsTime,
    integer: i64,
    half: Option<Half>,
}

/// Half a cycle in doubt until a moment.
#[derive(Clone, Copy, Debug)]
struct Half {
    until: GpsTime,
    missing: bool,
}

/// What a channel adds to the true delay at one epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tracked {
    /// Whole cycles in the phase.
    pub integer: i64,
    /// Whether half a cycle is missing from the phase right now.
    pub half_missing: bool,
    /// Whether the receiver says that half a cycle may be missing.
    pub half_cycle_ambiguous: bool,
    /// Time since the arc began.
    pub lock_time: Duration,
    /// Slips since the world began, told and untold.
    pub slips: u32,
    /// Code multipath relative to its standard deviation.
    pub code_multipath: f64,
    /// Phase multipath relative to its standard deviation.
    pub phase_multipath: f64,
    /// Four independent Gaussian numbers: for code, phase, Doppler and C/N0.
    pub noise: [f64; 4],
}

/// Phases come aligned with the code to within this many cycles when an arc begins.
const INTEGER_SPREAD: u32 = 100;
/// A deep disturbance of the ionosphere interrupts a signal about once in this time, s.
const SCINTILLATION_SLIP_S: f64 = 60.0;

impl Track {
    /// A channel that tracks nothing yet.
    pub fn new(key: Key) -> Self {
        let mut random = key.stream();
        let (code_multipath, phase_multipath) = random.normals();
        Self { random, arc: None, code_multipath, phase_multipath, slips: 0 }
    }

    /// The signal is not received: the next reception begins an arc.
    pub fn lose(&mut self) {
        self.arc = None;
    }

    /// The signal is received at `now`, `span_s` after the epoch before, through air of that disturbance (0 to 1).
    pub fn step(
        &mut self,
        now: GpsTime,
        span_s: f64,
        disturbance: f64,
        settings: &ReceiverSettings,
    ) -> Tracked {
        let memory = (-span_s / settings.multipath_time_s).exp();
        let fresh = (1.0 - memory * memory).sqrt();
        let (code, phase) = self.random.normals();
        self.code_multipath = memory * self.code_multipath + fresh * code;
        self.phase_multipath = memory * self.phase_multipath + fresh * phase;
        let mut arc = match self.arc {
            None => self.begin(now, 0, settings),
            Some(arc) => self.slip(arc, now, span_s, disturbance, settings),
        };
        if arc.half.is_some_and(|half| half.until <= now) {
            arc.half = None;
        }
        self.arc = Some(arc);
        let (a, b) = self.random.normals();
        let (c, d) = self.random.normals();
        let held = u64::try_from((now - arc.since).nanos()).unwrap_or(0);
        Tracked {
            integer: arc.integer,
            half_missing: arc.half.is_some_and(|half| half.missing),
            half_cycle_ambiguous: arc.half.is_some(),
            lock_time: Duration::from_nanos(held),
            slips: self.slips,
            code_multipath: self.code_multipath,
            phase_multipath: self.phase_multipath,
            noise: [a, b, c, d],
        }
    }

    /// An arc that begins now, near the integer of the one before.
    fn begin(&mut self, now: GpsTime, near: i64, settings: &ReceiverSettings) -> Arc {
        let spread =
            i64::from(self.random.below(2 * INTEGER_SPREAD + 1)) - i64::from(INTEGER_SPREAD);
        let doubtful = self.random.uniform() < settings.half_cycle_share;
        let lasts_s = self.random.between(2.0, 8.0);
        let missing = self.random.uniform() < 0.5;
        let until = now + tianshu_gnss::time::gps::Interval::from_seconds_f64(lasts_s);
        Arc {
            since: now,
            integer: near + spread,
            half: doubtful.then_some(Half { until, missing }),
        }
    }

    fn slip(
        &mut self,
        arc: Arc,
        now: GpsTime,
        span_s: f64,
        disturbance: f64,
        settings: &ReceiverSettings,
    ) -> Arc {
        let told_per_s = settings.slips_per_hour / 3_600.0 + disturbance / SCINTILLATION_SLIP_S;
        let told = self.random.happens(told_per_s, span_s);
        let silent = self.random.happens(settings.silent_slips_per_hour / 3_600.0, span_s);
        if !told && !silent {
            return arc;
        }
        self.slips += 1;
        if told {
            let begun = self.begin(now, 0, settings);
            // A slip of zero cycles would be none.
            let moved =
                if begun.integer == arc.integer { begun.integer + 1 } else { begun.integer };
            return Arc { integer: moved, ..begun };
        }
        let size = 1 + i64::from(self.random.below(8));
        let sign = if self.random.uniform() < 0.5 { -1 } else { 1 };
        Arc { integer: arc.integer + sign * size, ..arc }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tianshu_gnss::time::gps::Interval;

    fn run(settings: &ReceiverSettings, seconds: i64) -> Vec<Tracked> {
        let mut track = Track::new(Key::root(6));
        let start = GpsTime::from_week(2410, Interval::ZERO);
        (0..seconds)
            .map(|s| track.step(start + Interval::from_seconds(s), 1.0, 0.0, settings))
            .collect()
    }

    #[test]
    fn a_told_slip_resets_the_lock_time_and_a_silent_one_does_not() {
        let quiet = ReceiverSettings { slips_per_hour: 0.0, ..ReceiverSettings::geodetic() };
        let told = ReceiverSettings { slips_per_hour: 30.0, ..quiet.clone() };
        let silent = ReceiverSettings { silent_slips_per_hour: 30.0, ..quiet.clone() };
        for (settings, resets) in [(told, true), (silent, false)] {
            let seen = run(&settings, 3_600);
            let mut slips = 0;
            for pair in seen.windows(2) {
                if pair[1].integer != pair[0].integer {
                    slips += 1;
                    assert_eq!(pair[1].lock_time.is_zero(), resets);
                    assert_eq!(pair[1].slips, pair[0].slips + 1);
                }
            }
            // Poisson: 30 expected, four standard deviations are 22.
            assert!((8..52).contains(&slips), "{slips}");
        }
        let calm = run(&quiet, 3_600);
        assert!(calm.windows(2).all(|pair| pair[0].integer == pair[1].integer));
        assert_eq!(calm[3_599].lock_time, Duration::from_secs(3_599));
    }

    #[test]
    fn multipath_is_correlated_over_its_time() {
        let settings = ReceiverSettings { multipath_time_s: 50.0, ..ReceiverSettings::geodetic() };
        let values: Vec<f64> = run(&settings, 60_000).iter().map(|t| t.code_multipath).collect();
        let product = |lag: usize| {
            let pairs = values.len() - lag;
            (0..pairs).map(|i| values[i] * values[i + lag]).sum::<f64>() / pairs as f64
        };
        let (whole, at_time) = (product(0), product(50));
        // 600 correlation times: standard error about √(2/600) = 0.06.
        assert!(
            (whole - 1.0).abs() < 0.25 && (at_time / whole - 0.37).abs() < 0.2,
            "{whole} {at_time}"
        );
    }

    #[test]
    fn half_a_cycle_in_doubt_is_told_and_resolved() {
        let settings = ReceiverSettings { half_cycle_share: 1.0, ..ReceiverSettings::geodetic() };
        let seen = run(&settings, 10);
        assert!(seen[0].half_cycle_ambiguous && !seen[9].half_cycle_ambiguous);
        assert!(!seen[9].half_missing);
    }
}
