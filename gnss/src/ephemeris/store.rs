//! The ephemerides at hand, satellite by satellite, and which of them to use.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ephemeris::Ephemeris;
use crate::ephemeris::kepler::GalileoMessage;
use crate::satellite::Satellite;
use crate::time::gps::GpsTime;

/// How many a live service keeps per satellite: the set in force, its successor, and the predecessors that corrections
/// of a minute ago still name, twice over for Galileo's two messages.
pub const LIVE_PER_SATELLITE: usize = 8;

/// How many a day's navigation file may hold per satellite: Galileo renews every 10 min in two messages (2 x 144), and
/// neighbouring days overlap.
pub const DAY_PER_SATELLITE: usize = 512;

/// Broadcast ephemerides, a bounded number per satellite. The one with the oldest reference time goes first.
#[derive(Clone, Debug)]
pub struct EphemerisStore {
    per_satellite: usize,
    /// In the order of their reference times; of the same time in the order of arrival.
    kept: BTreeMap<Satellite, Vec<Arc<Ephemeris>>>,
}

/// What became of an ephemeris that was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It is new.
    New,
    /// It took the place of one with the same reference time and issue, which differed (a change of health, say).
    Replaced,
    /// It is known already.
    Known,
    /// It is older than all of the many that are kept.
    TooOld,
}

impl EphemerisStore {
    /// An empty store that keeps at most `per_satellite` (at least one) ephemerides of each satellite.
    pub fn new(per_satellite: usize) -> Self {
        Self { per_satellite: per_satellite.max(1), kept: BTreeMap::new() }
    }

    /// Takes an ephemeris in.
    pub fn insert(&mut self, ephemeris: Arc<Ephemeris>) -> Inserted {
        let kept = self.kept.entry(ephemeris.satellite()).or_default();
        if let Some(same) = kept.iter_mut().find(|known| same_set(known, &ephemeris)) {
            if **same == *ephemeris {
                return Inserted::Known;
            }
            *same = ephemeris;
            return Inserted::Replaced;
        }
        let place = kept.partition_point(|k| k.reference_time() <= ephemeris.reference_time());
        if kept.len() >= self.per_satellite {
            if place == 0 {
                return Inserted::TooOld;
            }
            kept.remove(0);
            kept.insert(place - 1, ephemeris);
        } else {
            kept.insert(place, ephemeris);
        }
        Inserted::New
    }

    /// The ephemeris to use at `at`: of those that hold then, the one whose reference time is nearest, and of equals the one
    /// that came last. Galileo's I/NAV goes before F/NAV, whose clock belongs to another pair of signals.
    ///
    /// Health is not asked here: [`Ephemeris::is_healthy`].
    pub fn at(&self, satellite: Satellite, at: GpsTime) -> Option<&Arc<Ephemeris>> {
        self.holding(satellite, at)
            .rev()
            .min_by_key(|e| (is_fnav(e), (at - e.reference_time()).abs()))
    }

    /// The ephemeris of a given issue (see [`Ephemeris::issue`]) that holds at `at`: corrections refer to it.
    pub fn with_issue(
        &self,
        satellite: Satellite,
        issue: u16,
        at: GpsTime,
    ) -> Option<&Arc<Ephemeris>> {
        self.holding(satellite, at)
            .rev()
            .filter(|e| e.issue() == issue)
            .min_by_key(|e| (is_fnav(e), (at - e.reference_time()).abs()))
    }

    /// The latest ephemeris of every satellite that holds at `at`.
    pub fn all_at(&self, at: GpsTime) -> impl Iterator<Item = &Arc<Ephemeris>> {
        self.kept.keys().filter_map(move |&satellite| self.at(satellite, at))
    }

    /// Every ephemeris kept, satellite by satellite, oldest reference time first.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Ephemeris>> {
        self.kept.values().flatten()
    }

    fn holding(
        &self,
        satellite: Satellite,
        at: GpsTime,
    ) -> impl DoubleEndedIterator<Item = &Arc<Ephemeris>> {
        self.kept.get(&satellite).into_iter().flatten().filter(move |e| e.holds_at(at))
    }
}

impl Default for EphemerisStore {
    fn default() -> Self {
        Self::new(LIVE_PER_SATELLITE)
    }
}

/// Whether two ephemerides of one satellite are the same set of the same message.
fn same_set(a: &Ephemeris, b: &Ephemeris) -> bool {
    a.reference_time() == b.reference_time() && a.issue() == b.issue() && is_fnav(a) == is_fnav(b)
}

fn is_fnav(e: &Ephemeris) -> bool {
    matches!(e, Ephemeris::Galileo(g) if g.message == GalileoMessage::FNav)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ephemeris::state::tests::{galileo_inav, gps, toe};
    use crate::time::gps::Interval;

    fn gps_at(minutes: i64, iode: u8) -> Arc<Ephemeris> {
        let Ephemeris::Gps(mut e) = gps("G07") else { unreachable!("a GPS ephemeris") };
        e.orbit.toe = toe() + Interval::from_seconds(60 * minutes);
        e.iode = iode;
        Arc::new(Ephemeris::Gps(e))
    }

    #[test]
    fn the_nearest_that_holds_is_used() {
        let mut store = EphemerisStore::new(4);
        for (minutes, iode) in [(0, 1), (120, 2), (240, 3)] {
            assert_eq!(store.insert(gps_at(minutes, iode)), Inserted::New);
        }
        let g07 = gps("G07").satellite();
        let issue = |minutes: i64| {
            store.at(g07, toe() + Interval::from_seconds(60 * minutes)).map(|e| e.issue())
        };
        assert_eq!(issue(-120), Some(1));
        assert_eq!(issue(-121), None);
        assert_eq!(issue(59), Some(1));
        assert_eq!(issue(61), Some(2));
        assert_eq!(issue(360), Some(3));
        assert_eq!(issue(361), None);
        assert_eq!(store.with_issue(g07, 1, toe()).map(|e| e.issue()), Some(1));
        assert_eq!(store.with_issue(g07, 3, toe()), None, "it does not hold yet");
    }

    #[test]
    fn what_is_kept_is_bounded_and_the_oldest_goes() {
        let mut store = EphemerisStore::new(2);
        assert_eq!(store.insert(gps_at(60, 1)), Inserted::New);
        assert_eq!(store.insert(gps_at(60, 1)), Inserted::Known);
        assert_eq!(store.insert(gps_at(120, 2)), Inserted::New);
        assert_eq!(store.insert(gps_at(0, 3)), Inserted::TooOld);
        assert_eq!(store.insert(gps_at(180, 4)), Inserted::New);
        let issues: Vec<u16> = store.iter().map(|e| e.issue()).collect();
        assert_eq!(issues, [2, 4]);
    }

    #[test]
    fn a_change_of_health_replaces_the_set() {
        let mut store = EphemerisStore::default();
        store.insert(gps_at(0, 1));
        let Ephemeris::Gps(mut e) = (*gps_at(0, 1)).clone() else { unreachable!("GPS") };
        e.health = 63;
        assert_eq!(store.insert(Arc::new(Ephemeris::Gps(e))), Inserted::Replaced);
        assert_eq!(store.iter().map(|e| e.is_healthy()).collect::<Vec<_>>(), [false]);
    }

    #[test]
    fn inav_goes_before_fnav() {
        let mut store = EphemerisStore::default();
        let inav = galileo_inav("E11");
        let Ephemeris::Galileo(mut fnav) = inav.clone() else { unreachable!("Galileo") };
        fnav.message = GalileoMessage::FNav;
        fnav.orbit.toe += Interval::from_seconds(600);
        let (fnav, inav) = (Arc::new(Ephemeris::Galileo(fnav)), Arc::new(inav));
        let e11 = inav.satellite();
        store.insert(Arc::clone(&fnav));
        let later = toe() + Interval::from_seconds(700);
        assert_eq!(store.at(e11, later), Some(&fnav), "better than nothing");
        store.insert(Arc::clone(&inav));
        assert_eq!(store.at(e11, later), Some(&inav));
    }
}
