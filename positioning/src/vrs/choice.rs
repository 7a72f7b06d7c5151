//! Which station a virtual one is made from: the nearest that has nearly all satellites, and the same one for as long as that is wise. All noise
//! of its phases goes out with them, so a noisy one counts as farther away.

use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::network::plane::PlanePoint;
use crate::network::snapshot::NetworkSnapshot;
use crate::network::topology::StationIndex;
use crate::network::topology::keeper::StationHealth;

/// A virtual station's master, chosen with hysteresis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MasterChoice {
    current: Option<StationIndex>,
    /// Which other one has been better since when.
    better: Option<(StationIndex, GpsTime)>,
}

/// Stations around a place that are looked at.
const NEAREST: usize = 6;
/// A master has at least this share of the satellites of the best of them (shared design, network solver, section 6.2).
const SHARE_MIN: f64 = 0.9;
/// With less than this share it is left at once.
const SHARE_LEAST: f64 = 0.6;
/// A station that is so many times as far away as the nearest is none of a place's surroundings: a few satellites more are not worth its
/// other weather, as long as the nearest has the least share of them.
const AROUND: f64 = 3.0;
/// Nor is one that is nearer than the nearest and this, m, ever too far.
const AROUND_MIN_M: f64 = 30e3;
/// Another one must be nearer by this, m, and by this share of the distance (the same section).
const NEARER_M: f64 = 5e3;
/// The share.
const NEARER_SHARE: f64 = 0.2;
/// For so long (the same section).
const BETTER_FOR: Interval = Interval::from_seconds(60);
/// Fewer satellites than this make no station: whole cycles found with four have nothing that could contradict them.
pub(super) const SATELLITES_MIN: usize = 5;

/// A station that may be a master.
#[derive(Clone, Copy)]
struct Candidate {
    station: StationIndex,
    /// Its distance times how noisy its phases are beside the others'.
    distance_m: f64,
    levelled: usize,
}

impl MasterChoice {
    /// The master that there is.
    pub fn current(&self) -> Option<StationIndex> {
        self.current
    }

    /// The master at that moment, of those stations that are `there`; none while no station has enough satellites.
    pub fn choose(
        &mut self,
        snapshot: &NetworkSnapshot,
        here: PlanePoint,
        now: GpsTime,
        there: impl Fn(StationIndex) -> bool,
    ) -> Option<StationIndex> {
        let candidates = candidates(snapshot, here, there);
        let most = candidates.iter().map(|c| c.levelled).max()?;
        let best = best(&candidates, most)?;
        let has = |c: &Candidate, share: f64| c.has(share, most);
        let before = candidates.iter().find(|c| Some(c.station) == self.current);
        let Some(before) = before.filter(|before| has(before, SHARE_LEAST)) else {
            *self = Self { current: Some(best.station), better: None };
            return self.current;
        };
        let nearer_m = NEARER_M.max(NEARER_SHARE * before.distance_m);
        let is_better = best.station != before.station
            && (before.distance_m - best.distance_m > nearer_m || !has(before, SHARE_MIN));
        self.better = match self.better {
            _ if !is_better => None,
            Some((station, since)) if station == best.station => Some((station, since)),
            _ => Some((best.station, now)),
        };
        if self.better.is_some_and(|(_, since)| now - since >= BETTER_FOR) {
            *self = Self { current: Some(best.station), better: None };
        }
        self.current
    }
}

impl Candidate {
    fn has(&self, share: f64, most: usize) -> bool {
        self.levelled as f64 >= share * most as f64
    }
}

/// The nearest with nearly all of the `most` satellites around the place, or else the nearest around it with most of them, or else one from farther away.
fn best(nearest_first: &[Candidate], most: usize) -> Option<&Candidate> {
    let nearest_m = nearest_first.first()?.distance_m;
    let around_m = (AROUND * nearest_m).max(nearest_m + AROUND_MIN_M);
    let around = || nearest_first.iter().take_while(|c| c.distance_m <= around_m);
    let full = around().find(|c| c.has(SHARE_MIN, most));
    let fair = || around().find(|c| c.has(SHARE_LEAST, most));
    full.or_else(fair).or_else(|| nearest_first.iter().find(|c| c.has(SHARE_MIN, most)))
}

/// The nearest stations that could be masters, the nearest first.
fn candidates(
    snapshot: &NetworkSnapshot,
    here: PlanePoint,
    there: impl Fn(StationIndex) -> bool,
) -> Vec<Candidate> {
    let all = StationIndex::all().zip(&snapshot.stations);
    let usable =
        all.filter(|(_, view)| view.health == StationHealth::Up && view.levelled >= SATELLITES_MIN);
    let mut usable: Vec<Candidate> = usable
        .map(|(station, view)| Candidate {
            station,
            distance_m: snapshot.points[station.position()].distance_m(here) * view.noise.phases(),
            levelled: view.levelled,
        })
        .collect();
    let order = |a: &Candidate, b: &Candidate| {
        a.distance_m.total_cmp(&b.distance_m).then(a.station.cmp(&b.station))
    };
    let mut near = Vec::with_capacity(NEAREST);
    let mut rest = usable.as_mut_slice();
    // Thousands of rovers ask again and again: the far ones are neither put in order nor asked whether they are there.
    while near.len() < NEAREST && !rest.is_empty() {
        let count = NEAREST.min(rest.len());
        rest.select_nth_unstable_by(count - 1, order);
        let (next, farther) = rest.split_at_mut(count);
        next.sort_unstable_by(order);
        near.extend(next.iter().filter(|c| there(c.station)).copied());
        rest = farther;
    }
    near.truncate(NEAREST);
    near
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(candidates: &[(f64, usize)], chosen: usize) {
        let all: Vec<Candidate> = StationIndex::all()
            .zip(candidates)
            .map(|(station, (km, levelled))| Candidate {
                station,
                distance_m: km * 1e3,
                levelled: *levelled,
            })
            .collect();
        let most = all.iter().map(|c| c.levelled).max().expect("candidates");
        let found = best(&all, most).map(|best| best.station.position());
        assert_eq!(found, Some(chosen), "{candidates:?}");
    }

    #[test]
    fn a_few_satellites_more_are_not_worth_a_station_far_away() {
        // Around the place nearly all satellites count more than a few kilometres.
        check(&[(20.0, 7), (29.0, 10), (31.0, 10)], 1);
        check(&[(35.0, 7), (100.0, 10)], 1);
        // Beyond three times the nearest they do not, unless the nearest has next to none.
        check(&[(35.0, 7), (136.0, 10), (164.0, 10)], 0);
        check(&[(35.0, 5), (136.0, 10), (164.0, 10)], 1);
        // Beside a station the next one is not far away only because that one is near.
        check(&[(0.5, 7), (30.0, 10)], 1);
        assert!(best(&[], 0).is_none());
    }
}
