//! What is remembered of a receiver's phase from epoch to epoch.

use std::time::Duration;

use tianshu_gnss::time::gps::GpsTime;

use crate::vrs::epoch::Whole;

/// A phase may change by so much more than the air, m, and by so much per second, before it is taken for broken.
const STEP_M: f64 = 0.04;
/// The same, m/s: an ionosphere that moves by 5 TECU a minute.
const STEP_M_S: f64 = 0.015;
/// The time over which phases are smoothed for comparison, s: white noise falls to a fifth, and multipath stays.
const SMOOTH_S: f64 = 10.0;

/// What is remembered of a phase.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChannelMemory {
    pub(super) last: GpsTime,
    pub(super) lock: Option<Duration>,
    pub(super) arc: u32,
    pub(super) value: Option<Value>,
    /// When it broke; until the network has judged that epoch its whole cycles are not believed.
    pub(super) broken: Option<GpsTime>,
}

/// A phase without its clock, way and air as it was last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    pub(super) at: GpsTime,
    pub(super) whole: Whole,
    pub(super) issue: u16,
    pub(super) metres: f64,
    pub(super) smooth_m: f64,
}

impl ChannelMemory {
    pub(super) fn break_at(&mut self, time: GpsTime, next_arc: &mut u32) {
        *next_arc += 1;
        self.arc = *next_arc;
        self.broken = Some(time);
        self.value = None;
    }

    /// Takes a phase in and tells it smoothed; none if it is not what it was: then it is told again when the network has seen that too.
    pub(super) fn follow(&mut self, now: Value, next_arc: &mut u32) -> Option<f64> {
        // Another ephemeris has another way and clock.
        let is_same = |before: &Value| before.whole == now.whole && before.issue == now.issue;
        let Some(before) = self.value.filter(is_same) else {
            self.value = Some(now);
            return Some(now.metres);
        };
        let span_s = (now.at - before.at).seconds();
        if (now.metres - before.metres).abs() > STEP_M + STEP_M_S * span_s {
            self.break_at(now.at, next_arc);
            return None;
        }
        let gain = (span_s / SMOOTH_S).clamp(0.0, 1.0);
        let smooth_m = before.smooth_m + gain * (now.metres - before.smooth_m);
        self.value = Some(Value { smooth_m, ..now });
        Some(smooth_m)
    }
}
