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

/// A satellite's ionosphere as it was told last, m on L1. Thousands of places hold dozens of them; a millionth of some centimetres is enough
/// for what is small.
#[derive(Clone, Copy, Debug)]
struct Bridge {
    from: u64,
    told_m: f64,
    rate_m_s: f32,
    /// What is still added.
    left_m: f32,
    satellite: Satellite,
    /// Whether nothing of it has been told yet.
    is_new: bool,
}

/// A satellite's ionosphere as it is found, and then as it is told.
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
    /// Makes of what was found, in order of satellites, what is told.
    pub(super) fn over(&mut self, time: GpsTime, found: &mut [Found]) {
        let span_s = self.last.map_or(f64::INFINITY, |last| (time - last).seconds());
        self.last = Some(time);
        if !(0.0..=BRIDGE_S).contains(&span_s) {
            *self = Self { last: self.last, ..Self::default() };
        }
        self.line_up(found);
        self.share(span_s, found);
        let kept = (-span_s / BRIDGE_S).exp();
        for (bridge, found) in self.satellites.iter_mut().zip(found) {
            let air_m = found.air_m + self.shared_m.get(&found.group).copied().unwrap_or(0.0);
            *bridge = bridge.on(found.from, air_m, (span_s, kept));
            found.air_m = bridge.told_m;
        }
    }

    /// Leaves a bridge for each of those satellites, in their order.
    fn line_up(&mut self, found: &[Found]) {
        let satellites = || found.iter().map(|found| found.satellite);
        if self.satellites.iter().map(|bridge| bridge.satellite).eq(satellites()) {
            return;
        }
        let mut before = std::mem::take(&mut self.satellites).into_iter().peekable();
        self.satellites.reserve_exact(found.len());
        for satellite in satellites() {
            while before.next_if(|bridge| bridge.satellite < satellite).is_some() {}
            let known = before.next_if(|bridge| bridge.satellite == satellite);
            self.satellites.push(known.unwrap_or_else(|| Bridge::new(satellite)));
        }
    }

    /// Where stations change, what that does to all satellites of a group alike is taken off.
    fn share(&mut self, span_s: f64, found: &[Found]) {
        let both = || found.iter().zip(&self.satellites).filter(|(_, before)| !before.is_new);
        let mut groups: Vec<Group> = both()
            .filter(|(found, before)| before.from != found.from)
            .map(|(found, _)| found.group)
            .collect();
        groups.dedup();
        let kept = (-span_s / BRIDGE_S).exp();
        for group in groups {
            let shared_m = self.shared_m.entry(group).or_insert(0.0);
            let of_group = both().filter(|(found, _)| found.group == group);
            let moved = of_group.map(|(found, before)| {
                let left_m =
                    if before.from == found.from { f64::from(before.left_m) * kept } else { 0.0 };
                before.ahead_m(span_s) - (found.air_m + *shared_m + left_m)
            });
            *shared_m += median(moved).unwrap_or(0.0);
        }
    }
}

impl Bridge {
    /// Of a satellite of which nothing has been told.
    fn new(satellite: Satellite) -> Self {
        Self { from: 0, told_m: 0.0, rate_m_s: 0.0, left_m: 0.0, satellite, is_new: true }
    }

    /// What would be told if nothing changed, m.
    fn ahead_m(&self, span_s: f64) -> f64 {
        self.told_m + f64::from(self.rate_m_s) * span_s
    }

    /// The next one, where an ionosphere of `air_m` comes `from` those stations.
    fn on(self, from: u64, air_m: f64, (span_s, kept): (f64, f64)) -> Self {
        if self.is_new {
            return Self { from, told_m: air_m, is_new: false, ..self };
        }
        let mut left_m = f64::from(self.left_m) * kept;
        if self.from != from {
            left_m = self.ahead_m(span_s) - air_m;
            if left_m.abs() > BRIDGE_MAX_M {
                left_m = 0.0;
            }
        }
        let told_m = air_m + left_m;
        let mut rate_m_s = f64::from(self.rate_m_s);
        if span_s > 0.0 && self.from == from {
            let now_m_s = (told_m - self.told_m) / span_s;
            rate_m_s += (now_m_s - rate_m_s) * (RATE_GAIN * span_s).min(1.0);
        }
        #[expect(clippy::cast_possible_truncation, reason = "centimetres at most")]
        let (rate_m_s, left_m) = (rate_m_s as f32, left_m as f32);
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
                let mut all = [
                    found(1, from, 1.0 + moved(0)),
                    found(2, from, 2.0 + moved(1)),
                    found(3, 0, 3.0 + moved(2)),
                ];
                bridges.over(at(second), &mut all);
                all.map(|told| told.air_m).to_vec()
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
    fn satellites_come_and_go_and_the_others_keep_what_they_have() {
        let mut bridges = Bridges::default();
        let at = |second: i64| GpsTime::from_nanos(0) + Interval::from_seconds(second);
        let tell = |bridges: &mut Bridges, second, numbers: &[u8], from| {
            let mut all: Vec<Found> = numbers
                .iter()
                .map(|n| found(*n, from, f64::from(*n) + 0.01 * from as f64))
                .collect();
            bridges.over(at(second), &mut all);
            all.iter().map(|told| told.air_m).collect::<Vec<_>>()
        };
        assert_eq!(tell(&mut bridges, 0, &[2, 5, 9], 0), [2.0, 5.0, 9.0]);
        // All that go on move alike: nothing is seen of it. The new one is told as it is found.
        let told = tell(&mut bridges, 1, &[1, 2, 9], 1);
        assert!((told[0] - 1.0).abs() < 1e-9 && (told[1] - 2.0).abs() < 1e-9, "{told:?}");
        assert!((told[2] - 9.0).abs() < 1e-9, "{told:?}");
        assert_eq!(bridges.satellites.len(), 3);
        assert!(size_of::<Bridge>() <= 32);
    }

    #[test]
    fn what_was_wrong_is_put_right_at_once() {
        let told = told([0.2, 0.0, 0.0]);
        assert!((told[10][0] - 1.2).abs() < 1e-12);
    }
}
