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

/// Longer than this away, and a phase that comes back is a new one, not one that slipped (the same as in the preprocessing).
const AWAY_MAX: Interval = Interval::from_seconds(10);
/// The same where epochs are far apart: one may be missing, up to this.
const AWAY_LONGEST: Interval = Interval::from_seconds(90);

/// The phases of one station.
#[derive(Clone, Debug, Default)]
pub struct PhaseArcs {
    carriers: BTreeMap<(Satellite, char), Carrier>,
    signals: BTreeMap<(Satellite, Signal), Told>,
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
        (told.number, broke && !away)
    }

    /// Forgets what has not been seen for long.
    pub fn forget(&mut self, time: GpsTime) {
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
    fn epochs_that_are_far_apart_may_miss_one() {
        assert_eq!(away_max(Some(Interval::from_seconds(1))), Interval::from_seconds(10));
        assert_eq!(away_max(Some(Interval::from_seconds(30))), Interval::from_seconds(60));
        assert_eq!(away_max(Some(Interval::from_seconds(600))), AWAY_LONGEST);
    }
}
