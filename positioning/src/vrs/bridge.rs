//! Bridges: when the ionosphere at a place comes from other stations than before, the change is let in slowly.
//!
//! Rovers carry their whole cycles through a slow change of some millimetres; a sudden one looks like a slip to those that look closely.

use std::collections::BTreeMap;

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;

use crate::network::median::median;
use crate::network::observed::Group;

/// What a place remembers of its satellites' ionosphere.
#[derive(Clone, Debug, Default)]
pub(super) struct Bridges {
    /// In order of satellites.
    satellites: Vec<Bridge>,
    /// What was added to all satellites of a group so far, m: what they share cannot be seen in their differences, but in each of them.
    shared_m: BTreeMap<Group, f64>,
    last: Option<GpsTime>,
}

/// A satellite's ionosphere as it was told last, m on L1.
#[derive(Clone, Copy, Debug)]
struct Bridge {
    satellite: Satellite,
    from: u64,
    told_m: f64,
    rate_m_s: f64,
    /// What is still added.
    left_m: f64,
}

/// A satellite's ionosphere as it is found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) satellite: Satellite,
    pub(super) group: Group,
    /// Names the stations and weights that it comes from.
    pub(super) from: u64,
    pub(super) air_m: f64,
}

/// The time over which a change is let in, s.
const BRIDGE_S: f64 = 20.0;
/// Beyond this, m, it is let in at once: then what was told before was wrong.
const BRIDGE_MAX_M: f64 = 0.05;
/// What one epoch's change counts in a rate, per second.
const RATE_GAIN: f64 = 0.05;

impl Bridges {
    /// What is told of what was found, in the same order (of satellites), m.
    pub(super) fn over(&mut self, time: GpsTime, found: &[Found]) -> Vec<f64> {
        let span_s = self.last.map_or(f64::INFINITY, |last| (time - last).seconds());
        self.last = Some(time);
        if !(0.0..=BRIDGE_S).contains(&span_s) {
            *self = Self { last: self.last, ..Self::default() };
        }
        let mut before = std::mem::take(&mut self.satellites).into_iter().peekable();
        let both: Vec<(&Found, Option<Bridge>)> = found
            .iter()
            .map(|found| {
                while before.next_if(|bridge| bridge.satellite < found.satellite).is_some() {}
                (found, before.next_if(|bridge| bridge.satellite == found.satellite))
            })
            .collect();
        self.share(span_s, &both);
        let fresh = |found: &Found, told_m: f64| Bridge {
            satellite: found.satellite,
            from: found.from,
            told_m,
            rate_m_s: 0.0,
            left_m: 0.0,
        };
        let kept = (-span_s / BRIDGE_S).exp();
        self.satellites.reserve(found.len());
        let mut told = Vec::with_capacity(found.len());
        for (found, before) in both {
            let air_m = found.air_m + self.shared_m.get(&found.group).copied().unwrap_or(0.0);
            let bridge = before
                .map_or_else(|| fresh(found, air_m), |b| b.on(found.from, air_m, (span_s, kept)));
            told.push(bridge.told_m);
            self.satellites.push(bridge);
        }
        told
    }

    /// Where stations change, what that does to all satellites of a group alike is taken off.
    fn share(&mut self, span_s: f64, both: &[(&Found, Option<Bridge>)]) {
        let mut groups: Vec<Group> = both
            .iter()
            .filter(|(found, before)| before.is_some_and(|before| before.from != found.from))
            .map(|(found, _)| found.group)
            .collect();
        groups.dedup();
        for group in groups {
            let shared_m = self.shared_m.entry(group).or_insert(0.0);
            let moved = both.iter().filter(|(found, _)| found.group == group).filter_map(
                |(found, before)| {
                    let before = before.as_ref()?;
                    let kept = (-span_s / BRIDGE_S).exp();
                    let left_m = if before.from == found.from { before.left_m * kept } else { 0.0 };
                    Some(before.ahead_m(span_s) - (found.air_m + *shared_m + left_m))
                },
            );
            *shared_m += median(moved).unwrap_or(0.0);
        }
    }
}

impl Bridge {
    /// What would be told if nothing changed, m.
    fn ahead_m(&self, span_s: f64) -> f64 {
        self.told_m + self.rate_m_s * span_s
    }

    /// The next one, where an ionosphere of `air_m` comes `from` those stations.
    fn on(self, from: u64, air_m: f64, (span_s, kept): (f64, f64)) -> Self {
        let mut left_m = self.left_m * kept;
        if self.from != from {
            left_m = self.ahead_m(span_s) - air_m;
            if left_m.abs() > BRIDGE_MAX_M {
                left_m = 0.0;
            }
        }
        let told_m = air_m + left_m;
        let mut rate_m_s = self.rate_m_s;
        if span_s > 0.0 && self.from == from {
            let now_m_s = (told_m - self.told_m) / span_s;
            rate_m_s += (now_m_s - rate_m_s) * (RATE_GAIN * span_s).min(1.0);
        }
        Self { from, told_m, rate_m_s, left_m, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tianshu_gnss::time::gps::Interval;

    fn found(number: u8, from: u64, air_m: f64) -> Found {
        let satellite = format!("G{number:02}").parse().unwrap();
        Found { satellite, group: Group::Gps, from, air_m }
    }

    /// What is told of three satellites, second by second, while the first two come from other stations from the tenth second on.
    fn told(by_m: [f64; 3]) -> Vec<Vec<f64>> {
        let mut bridges = Bridges::default();
        let at = |second: i64| GpsTime::from_nanos(0) + Interval::from_seconds(second);
        (0..120)
            .map(|second| {
                let from = u64::from(second >= 10);
                let moved = |i: usize| if second >= 10 { by_m[i] } else { 0.0 };
                let all = [
                    found(1, from, 1.0 + moved(0)),
                    found(2, from, 2.0 + moved(1)),
                    found(3, 0, 3.0 + moved(2)),
                ];
                bridges.over(at(second), &all)
            })
            .collect()
    }

    #[test]
    fn a_change_of_stations_is_let_in_over_a_minute() {
        let told = told([0.01, 0.0, 0.0]);
        assert!((told[10][0] - told[9][0]).abs() < 1e-12);
        assert!((0.005..0.007).contains(&(told[28][0] - 1.0)), "{}", told[28][0]);
        assert!((told[119][0] - 1.01).abs() < 1e-4, "{}", told[119][0]);
        assert!(told.iter().all(|t| (t[2] - 3.0).abs() < 1e-12));
    }

    #[test]
    fn what_all_satellites_share_is_not_told_at_all() {
        let told = told([0.3, 0.3, 0.3]);
        for satellite in 0..3 {
            assert!(told.iter().all(|t| (t[satellite] - told[0][satellite]).abs() < 1e-12));
        }
    }

    #[test]
    fn what_was_wrong_is_put_right_at_once() {
        let told = told([0.2, 0.0, 0.0]);
        assert!((told[10][0] - 1.2).abs() < 1e-12);
    }
}
