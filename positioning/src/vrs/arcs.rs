//! The phases that a virtual station tells, packed: thousands of stations hold a hundred and more of them each.

use std::time::Duration;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::vrs::epoch::Whole;

/// A phase of a virtual station.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutputArc {
    /// The phase without its way as it was told in the last seconds, m.
    pub(super) rest_m: f64,
    pub(super) whole: Whole,
    /// Whole cycles that are added, so that the phase began near its code. Beyond what the field holds no phase is near, and its arc begins
    /// anew each time.
    pub(super) cycles: i32,
    pub(super) begun: Moment,
    pub(super) last: Moment,
    /// What was still added of a change of master, m, when the ramp began. A millionth of some centimetres is enough.
    pub(super) left_m: f32,
    pub(super) ramped: Moment,
    signal: Signal,
    /// The satellite's number; its system is the signal's.
    number: u8,
}

/// What arcs are in order of: satellites, and signals of each.
pub(super) type Key = (Constellation, u8, Signal);

/// A moment of a virtual station, in milliseconds of its [`Calendar`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(u32);

/// Where a virtual station counts its moments from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Calendar(GpsTime);

/// Nanoseconds of a millisecond.
const MILLI: i64 = 1_000_000;
/// A calendar that has come so far, ms, begins anew: 24 days, half of what a moment counts. MSM tells lock times up to 18 h 38 min (RTCM
/// 10403.3, DF407), so that older beginnings are all alike.
const SPAN_MS: u32 = 1 << 31;
/// By so much, ms.
const SHIFT_MS: u32 = SPAN_MS - 86_400_000;

impl OutputArc {
    /// One that begins.
    pub(super) fn begin(
        (satellite, signal): (Satellite, Signal),
        whole: Whole,
        now: Moment,
        (cycles, rest_m): (f64, f64),
    ) -> Self {
        debug_assert_eq!(satellite.constellation(), signal.constellation());
        #[expect(clippy::cast_possible_truncation, reason = "what is beyond never goes on")]
        let cycles = cycles as i32;
        let number = satellite.number();
        Self {
            rest_m,
            whole,
            cycles,
            begun: now,
            last: now,
            left_m: 0.0,
            ramped: now,
            signal,
            number,
        }
    }

    /// Its place in the order.
    pub(super) fn key(&self) -> Key {
        (self.signal.constellation(), self.number, self.signal)
    }
}

/// The place of a satellite's signal in that order.
pub(super) fn key(satellite: Satellite, signal: Signal) -> Key {
    (satellite.constellation(), satellite.number(), signal)
}

impl Moment {
    /// How long it is since another moment; nothing where that is later.
    pub(super) fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0).into())
    }
}

impl Calendar {
    /// One that begins a day before that moment, so that epochs that come again a little earlier have one, too.
    pub(super) fn around(now: GpsTime) -> Self {
        Self(now - Interval::from_seconds(86_400))
    }

    /// That moment. Arcs are told in a calendar of 24 days; when it is full it moves on, and they with it.
    pub(super) fn moment(&mut self, time: GpsTime, arcs: &mut [OutputArc]) -> Moment {
        let mut millis = self.millis(time);
        if millis >= i64::from(SPAN_MS) {
            // Who comes after weeks finds every arc over.
            let is_over = millis - i64::from(SHIFT_MS) >= i64::from(SPAN_MS);
            let shift_ms = if is_over { u32::MAX } else { SHIFT_MS };
            *self = if is_over {
                Self::around(time)
            } else {
                Self(self.0 + Interval::from_millis(SHIFT_MS.into()))
            };
            for arc in arcs {
                for moment in [&mut arc.begun, &mut arc.last, &mut arc.ramped] {
                    moment.0 = moment.0.saturating_sub(shift_ms);
                }
            }
            millis = self.millis(time);
        }
        Moment(u32::try_from(millis).unwrap_or(0))
    }

    fn millis(self, time: GpsTime) -> i64 {
        ((time - self.0).nanos() + MILLI / 2).div_euclid(MILLI)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arc(now: Moment) -> OutputArc {
        let satellite: Satellite = "G07".parse().unwrap();
        let signal = Signal::from_code(Constellation::Gps, "1C").unwrap();
        OutputArc::begin((satellite, signal), Whole::Network(1), now, (12.0, 0.5))
    }

    #[test]
    fn a_phase_takes_forty_bytes() {
        assert_eq!(size_of::<OutputArc>(), 40);
    }

    #[test]
    fn lock_times_go_on_when_the_calendar_moves() {
        let begun = GpsTime::from_nanos(1_400_000_000_000_000_000);
        let mut calendar = Calendar::around(begun);
        let mut arcs = [arc(calendar.moment(begun, &mut []))];
        let mut worst_ms = 0;
        for hours in 1..=24 * 40 {
            let time = begun + Interval::from_seconds(hours * 3_600);
            let now = calendar.moment(time, &mut arcs);
            let lasted = now.since(arcs[0].begun);
            let told = Duration::from_secs(u64::try_from(hours).unwrap() * 3_600);
            // As long as it is, or as long as anybody can tell.
            let day = Duration::from_hours(24);
            worst_ms = worst_ms.max(told.min(day).abs_diff(lasted.min(day)).as_millis());
            assert!(now.since(arcs[0].last) == lasted);
        }
        assert_eq!(worst_ms, 0);
    }

    #[test]
    fn whoever_was_away_for_months_begins_anew() {
        let begun = GpsTime::from_nanos(1_400_000_000_000_000_000);
        let mut calendar = Calendar::around(begun);
        let mut arcs = [arc(calendar.moment(begun, &mut []))];
        let week = begun + Interval::from_seconds(86_400 * 22);
        arcs[0].last = calendar.moment(week, &mut []);
        let later = begun + Interval::from_seconds(86_400 * 90);
        let now = calendar.moment(later, &mut arcs);
        let next = calendar.moment(later + Interval::from_seconds(1), &mut arcs);
        assert_eq!(next.since(now), Duration::from_secs(1));
        assert!(now.since(arcs[0].last) > Duration::from_mins(1));
    }

    #[test]
    fn cycles_that_no_phase_has_do_not_wrap() {
        let satellite: Satellite = "G07".parse().unwrap();
        let signal = Signal::from_code(Constellation::Gps, "1C").unwrap();
        let now = Calendar::around(GpsTime::from_nanos(0)).moment(GpsTime::from_nanos(0), &mut []);
        let of =
            |cycles| OutputArc::begin((satellite, signal), Whole::Network(1), now, (cycles, 0.0));
        assert_eq!(of(1e12).cycles, i32::MAX);
        assert_eq!(of(f64::NAN).cycles, 0);
    }
}
