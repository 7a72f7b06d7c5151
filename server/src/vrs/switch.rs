//! When a rover gets its virtual station and when the nearest base: a state machine with hysteresis. Pure: what was possible in, a change out.

use std::time::Duration;

use tianshu_gnss::time::uptime::Uptime;

/// Epochs in a row that must be good before a rover is given its virtual station: the network's first whole numbers come and go.
const GOOD_EPOCHS_MIN: u32 = 3;
/// Without a good epoch for so long, the base serves: most receivers go on that long with old corrections and keep their fix.
const GONE_AFTER: Duration = Duration::from_secs(5);
/// A rover that had to go back to a base stays there so long: each change costs it its fix for seconds.
const BASE_DWELL: Duration = Duration::from_secs(30);
/// Satellites that a virtual station begins with at least: enough for a receiver to fix integers quickly.
const BEGIN_SATELLITES: usize = 8;
/// Satellites that it goes on with at least: a position and one to check it.
const GO_ON_SATELLITES: usize = 5;

/// What serves a rover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Serving {
    /// The nearest base.
    Base,
    /// Its virtual station.
    Virtual,
}

/// What a virtual station could tell at an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Offer {
    /// Satellites that it would tell.
    pub told: usize,
    /// Satellites of its systems that the station measured which it is made from.
    pub seen: usize,
}

impl Offer {
    /// Of a station that tells so many of the satellites that its master `seen`. While low satellites are left out since enough are higher, they
    /// are no sign of a network that is not solved yet.
    pub(crate) fn new(told: usize, seen: usize, is_rich: bool) -> Self {
        Self { told, seen: if is_rich { told } else { seen } }
    }
}

/// How far the base is that serves, or would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AtBase {
    /// It has sent nothing yet.
    Nothing,
    /// It has served, and stands between two epochs.
    Served,
    /// It is within an epoch.
    InEpoch,
}

/// Decides for one rover.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Switch {
    serving: Serving,
    good_in_a_row: u32,
    last_good: Uptime,
    stay_until: Uptime,
}

impl Switch {
    /// A rover that begins at a base.
    pub(crate) fn begin() -> Self {
        let (last_good, stay_until) = (Uptime::START, Uptime::START);
        Self { serving: Serving::Base, good_in_a_row: 0, last_good, stay_until }
    }

    /// What serves now.
    pub(crate) fn serving(&self) -> Serving {
        self.serving
    }

    /// Takes what an epoch offers; tells whether it may be sent. A rover is not taken from its base within the base's epoch, and one that has
    /// got nothing yet begins with its virtual station at once: a change later costs it its fix.
    pub(crate) fn offered(&mut self, now: Uptime, offer: Offer, base: AtBase) -> bool {
        let is_good = match self.serving {
            Serving::Base => offer.told >= BEGIN_SATELLITES && 2 * offer.told >= offer.seen,
            Serving::Virtual => offer.told >= GO_ON_SATELLITES,
        };
        if !is_good {
            self.good_in_a_row = 0;
            return false;
        }
        self.good_in_a_row = self.good_in_a_row.saturating_add(1);
        self.last_good = now;
        let is_settled = base == AtBase::Nothing || self.good_in_a_row >= GOOD_EPOCHS_MIN;
        if self.serving == Serving::Base
            && is_settled
            && now >= self.stay_until
            && base != AtBase::InEpoch
        {
            self.serving = Serving::Virtual;
        }
        self.serving == Serving::Virtual
    }

    /// When to ask again by [`Switch::is_gone`].
    pub(crate) fn deadline(&self) -> Option<Uptime> {
        (self.serving == Serving::Virtual).then(|| self.last_good + GONE_AFTER)
    }

    /// Whether the virtual station has had nothing to tell for too long: from now on the base serves.
    pub(crate) fn is_gone(&mut self, now: Uptime) -> bool {
        let is_gone = self.deadline().is_some_and(|deadline| now >= deadline);
        if is_gone {
            self.serving = Serving::Base;
            self.good_in_a_row = 0;
            self.stay_until = now + BASE_DWELL;
        }
        is_gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Offer = Offer { told: 20, seen: 30 };
    const NOTHING: Offer = Offer { told: 0, seen: 30 };

    fn at(seconds: u64) -> Uptime {
        Uptime::from_start(Duration::from_secs(seconds))
    }

    #[test]
    fn a_rover_is_given_its_virtual_station_at_the_third_good_epoch() {
        let mut switch = Switch::begin();
        let sent: Vec<bool> = [GOOD, GOOD, NOTHING, GOOD, GOOD, GOOD, GOOD]
            .into_iter()
            .zip(100..)
            .map(|(offer, second)| switch.offered(at(second), offer, AtBase::Served))
            .collect();
        assert_eq!(sent, [false, false, false, false, false, true, true]);
        assert_eq!(switch.serving(), Serving::Virtual);
    }

    #[test]
    fn low_satellites_that_are_left_out_keep_no_rover_at_its_base() {
        for (is_rich, serving) in [(true, Serving::Virtual), (false, Serving::Base)] {
            let mut switch = Switch::begin();
            for second in 100..110 {
                switch.offered(at(second), Offer::new(11, 25, is_rich), AtBase::Served);
            }
            assert_eq!(switch.serving(), serving, "{is_rich}");
        }
        let mut switch = Switch::begin();
        assert!(!switch.offered(at(100), Offer::new(7, 25, true), AtBase::Nothing));
    }

    #[test]
    fn a_rover_that_has_got_nothing_yet_begins_with_its_virtual_station() {
        let mut switch = Switch::begin();
        assert!(!switch.offered(at(1), NOTHING, AtBase::Nothing));
        assert!(switch.offered(at(2), GOOD, AtBase::Nothing));
        assert_eq!(switch.serving(), Serving::Virtual);
    }

    #[test]
    fn a_base_ends_its_epoch_first() {
        let mut switch = Switch::begin();
        assert!((0..10).all(|second| !switch.offered(at(second), GOOD, AtBase::InEpoch)));
        assert!(switch.offered(at(10), GOOD, AtBase::Served));
    }

    #[test]
    fn few_satellites_begin_nothing_but_end_nothing_either() {
        let few = Offer { told: 7, seen: 10 };
        let small_share = Offer { told: 12, seen: 30 };
        let mut switch = Switch::begin();
        for offer in [few, small_share] {
            assert!((0..10).all(|second| !switch.offered(at(second), offer, AtBase::Served)));
        }
        for second in 10..13 {
            switch.offered(at(second), GOOD, AtBase::Served);
        }
        assert!(switch.offered(at(13), few, AtBase::Served));
        assert!(!switch.offered(at(14), Offer { told: 4, seen: 10 }, AtBase::Served));
    }

    #[test]
    fn after_five_seconds_the_base_serves_and_then_for_half_a_minute() {
        let mut switch = Switch::begin();
        assert_eq!(switch.deadline(), None);
        for second in 0..3 {
            switch.offered(at(second), GOOD, AtBase::Served);
        }
        assert_eq!(switch.deadline(), Some(at(7)));
        assert!(!switch.offered(at(5), NOTHING, AtBase::Served) && !switch.is_gone(at(6)));
        assert!(switch.is_gone(at(7)) && switch.serving() == Serving::Base);
        assert!(!switch.is_gone(at(8)));
        assert!((8..37).all(|second| !switch.offered(at(second), GOOD, AtBase::Served)));
        assert!(switch.offered(at(37), GOOD, AtBase::Served));
    }
}
