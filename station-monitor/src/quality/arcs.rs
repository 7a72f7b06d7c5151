//! Phases that go on, and slips.
//!
//! Whether a phase goes on is decided by the network's own preprocessing (`positioning::network::preprocess`): lock times, and where
//! nobody told, whether whole cycles explain what a satellite's phases did better than the air does. Here it is counted.

use std::collections::BTreeMap;
use std::time::Duration;

use tianshu_gnss::observation::Observation;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_positioning::network::observed::ObservedSatellite;

use crate::quality::multipath::Arcs;

/// Longer than this away, and a phase that comes back is a new one, not one that slipped (the same as in the preprocessing).
const AWAY_MAX: Interval = Interval::from_seconds(10);
/// The same where epochs are far apart: one may be missing, up to this.
const AWAY_LONGEST: Interval = Interval::from_seconds(90);

/// The phases of one station.
#[derive(Clone, Debug, Default)]
pub struct PhaseArcs {
    carriers: BTreeMap<(Satellite, char), Carrier>,
    signals: BTreeMap<(Satellite, Signal), Told>,
    differences: BTreeMap<(Satellite, Signal), Difference>,
}

#[derive(Clone, Copy, Debug)]
struct Carrier {
    arc: u32,
    attribute: char,
    last: GpsTime,
}

#[derive(Clone, Copy, Debug)]
struct Told {
    lock: Option<Duration>,
    number: u32,
    last: GpsTime,
}

/// A signal's phase less that of another carrier: the ionosphere alone moves it, and a slip of either.
#[derive(Clone, Copy, Debug)]
struct Difference {
    arcs: Arcs,
    metres: f64,
    /// How fast it moves, m/s, once that is known.
    rate: Option<f64>,
    number: u32,
    last: GpsTime,
}

/// How far a difference of two phases may be from where its own rate puts it, m: less than half of the shortest wavelength in use (0.19 m),
/// and more than a change of the ionosphere's rate within 30 s on all but the wildest days.
const DIFFERENCE_MAX_M: f64 = 0.08;
/// The same while the rate is not known.
const DIFFERENCE_FIRST_MAX_M: f64 = 0.15;
/// The memory of that rate, s.
const RATE_MEMORY_S: f64 = 30.0;

/// What a satellite's phases did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Went {
    /// Whether any of them could have slipped: it was there before.
    pub was_there: bool,
    /// Whether any of them slipped.
    pub slipped: bool,
}

/// How long a phase may be away and still be the same.
pub fn away_max(interval: Option<Interval>) -> Interval {
    let twice = interval.map_or(Interval::ZERO, |i| Interval::from_nanos(2 * i.nanos()));
    AWAY_MAX.max(twice.min(AWAY_LONGEST))
}

impl PhaseArcs {
    /// Takes a satellite's carriers in.
    pub fn satellite(
        &mut self,
        time: GpsTime,
        seen: &ObservedSatellite,
        away_max: Interval,
    ) -> Went {
        let mut went = Went::default();
        for carrier in seen.carriers.iter().filter(|c| c.arc != 0) {
            let key = (seen.satellite, carrier.signal.band());
            let now =
                Carrier { arc: carrier.arc, attribute: carrier.signal.attribute(), last: time };
            let before = self.carriers.insert(key, now);
            let before =
                before.filter(|b| b.attribute == now.attribute && time - b.last <= away_max);
            if let Some(before) = before {
                went.was_there = true;
                went.slipped |= before.arc != now.arc;
            }
        }
        went
    }

    /// Takes one signal's lock time in: the number of its arc, and whether its receiver says that it was interrupted.
    pub fn signal(&mut self, time: GpsTime, seen: &Observation, away_max: Interval) -> (u32, bool) {
        let key = (seen.satellite, seen.signal);
        let lock = seen.lock_time;
        let told = self.signals.entry(key).or_insert(Told { lock: None, number: 0, last: time });
        let shrunk = lock.zip(told.lock).is_some_and(|(now, before)| now < before);
        let broke = shrunk || lock.is_some_and(|lock| lock.is_zero()) && told.last < time;
        let away = time - told.last > away_max;
        told.number += u32::from(broke || away);
        (told.lock, told.last) = (lock, time);
        let number = told.number;
        // A phase that slipped and is in doubt of half a cycle has its arc when the doubt is over: that is no second slip.
        let carrier = (seen.satellite, seen.signal.band());
        if broke && self.carriers.get(&carrier).is_some_and(|c| c.last < time) {
            self.carriers.remove(&carrier);
        }
        (number, broke && !away)
    }

    /// Takes the difference of a signal's phase and another carrier's in: the number of its arc, and whether it broke without a word. This
    /// finds slips of carriers that the preprocessing does not judge, and single cycles where epochs are far apart.
    pub fn difference(
        &mut self,
        time: GpsTime,
        channel: (Satellite, Signal),
        arcs: Arcs,
        metres: f64,
    ) -> (u32, bool) {
        let begun = Difference { arcs, metres, rate: None, number: 0, last: time };
        let known = self.differences.entry(channel).or_insert(begun);
        let span_s = (time - known.last).seconds();
        if known.arcs != arcs || time - known.last > AWAY_LONGEST || span_s <= 0.0 {
            *known = Difference { number: known.number, ..begun };
            return (known.number, false);
        }
        let change_m = metres - known.metres;
        let (expected_m, most_m) = known
            .rate
            .map_or((0.0, DIFFERENCE_FIRST_MAX_M), |rate| (rate * span_s, DIFFERENCE_MAX_M));
        let broke = (change_m - expected_m).abs() > most_m;
        if broke {
            known.number += 1;
        } else {
            let before = known.rate.unwrap_or(change_m / span_s);
            let share = (span_s / RATE_MEMORY_S).min(1.0);
            known.rate = Some(before + share * (change_m / span_s - before));
        }
        (known.metres, known.last) = (metres, time);
        (known.number, broke)
    }

    /// Forgets what has not been seen for long.
    pub fn forget(&mut self, time: GpsTime) {
        self.differences.retain(|_, difference| time - difference.last <= AWAY_LONGEST);
        self.carriers.retain(|_, carrier| time - carrier.last <= AWAY_LONGEST);
        self.signals.retain(|_, told| time - told.last <= AWAY_LONGEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tianshu_gnss::constellation::Constellation;

    fn at(seconds: i64) -> GpsTime {
        GpsTime::from_week(2400, Interval::from_seconds(seconds))
    }

    #[test]
    fn a_lock_time_that_shrinks_is_an_interruption_and_a_long_absence_is_none() {
        let mut arcs = PhaseArcs::default();
        let signal = Signal::from_code(Constellation::Gps, "1C").unwrap();
        let mut seen = Observation::of("G07".parse().unwrap(), signal);
        let mut told = |second: i64, lock_s: Option<u64>| {
            seen.lock_time = lock_s.map(Duration::from_secs);
            arcs.signal(at(second), &seen, away_max(None))
        };
        assert_eq!(told(0, Some(0)), (0, false), "a rising satellite has not slipped");
        assert_eq!(told(1, Some(1)), (0, false));
        assert_eq!(told(2, Some(0)), (1, true));
        assert_eq!(told(3, None), (1, false));
        assert_eq!(told(14, Some(0)), (2, false), "it is a new one");
    }

    #[test]
    fn a_cycle_in_a_difference_is_found_and_a_steady_ionosphere_is_none() {
        let mut phases = PhaseArcs::default();
        let signal = Signal::from_code(Constellation::Galileo, "6C").unwrap();
        let channel = ("E07".parse().unwrap(), signal);
        let arcs = Arcs { own: 0, other: ('1', 1), told: 0 };
        let mut broke = Vec::new();
        for epoch in 0..20_i64 {
            // 2 mm/s, and a cycle of E6 at the tenth epoch.
            let metres = 0.06 * epoch as f64 + if epoch >= 10 { 0.234 } else { 0.0 };
            if phases.difference(at(30 * epoch), channel, arcs, metres).1 {
                broke.push(epoch);
            }
        }
        assert_eq!(broke, [10]);
    }

    #[test]
    fn epochs_that_are_far_apart_may_miss_one() {
        assert_eq!(away_max(Some(Interval::from_seconds(1))), Interval::from_seconds(10));
        assert_eq!(away_max(Some(Interval::from_seconds(30))), Interval::from_seconds(60));
        assert_eq!(away_max(Some(Interval::from_seconds(600))), AWAY_LONGEST);
    }
}
