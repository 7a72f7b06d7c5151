//! Failed logins on their way into the audit log: whoever tries a thousand passwords a second fills no disk.
//!
//! The first failure of a name at an address is a row at once. Those that follow within a minute are counted, and become one
//! row when the minute is over. Of names and addresses beyond a number only the count is kept. Reads no clock and writes nothing.

use std::collections::HashMap;

use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::web::audit::Deed;

/// For so long failures of one name at one address are counted together: long enough that a guesser is two rows a minute,
/// short enough that an auditor sees when it was.
const TOGETHER: Interval = Interval::from_seconds(60);
/// The most names and addresses that are counted each by itself. Far more than people who mistype within a minute; at two rows
/// each the log grows by 34 rows a second at the very most.
const PAIRS_MAX: usize = 1_000;
/// Between two looks for minutes that are over.
const SWEEP_EVERY: Interval = Interval::from_seconds(1);
/// The longest name that is written down, characters. No account's is longer, but a stranger may send 64 KiB of one.
const NAME_MAX: usize = 64;

/// Failures that are still counted.
#[derive(Default)]
pub(crate) struct Failures {
    pairs: HashMap<Pair, Repeats>,
    others: Option<Repeats>,
    swept: Option<GpsTime>,
}

/// A name, and the address from which it was tried.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Pair {
    who: String,
    peer: String,
}

/// Failures within a minute, beside the one that is written already.
struct Repeats {
    began: GpsTime,
    last: GpsTime,
    more: u64,
    detail: String,
}

/// A row for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FailureRow {
    /// When; of several failures the last.
    pub at: GpsTime,
    /// Under which name; empty for several.
    pub who: String,
    /// From which address; empty for several.
    pub peer: String,
    /// Particulars.
    pub detail: String,
}

impl Failures {
    /// Takes a failure; gives what is to be written of it now.
    pub(crate) fn take(&mut self, deed: &Deed<'_>) -> Option<FailureRow> {
        let who = deed.who.chars().take(NAME_MAX).collect();
        let pair = Pair { who, peer: deed.peer.to_owned() };
        let fresh =
            |more| Repeats { began: deed.at, last: deed.at, more, detail: deed.detail.to_owned() };
        if let Some(repeats) = self.pairs.get_mut(&pair) {
            repeats.count(deed);
            return None;
        }
        if self.pairs.len() >= PAIRS_MAX {
            match &mut self.others {
                Some(others) => others.count(deed),
                others => *others = Some(fresh(1)),
            }
            return None;
        }
        self.pairs.insert(pair.clone(), fresh(0));
        let Pair { who, peer } = pair;
        Some(FailureRow { at: deed.at, who, peer, detail: deed.detail.to_owned() })
    }

    /// What is to be written of minutes that are over.
    pub(crate) fn over(&mut self, now: GpsTime) -> Vec<FailureRow> {
        if self.swept.is_some_and(|at| (now - at).abs() < SWEEP_EVERY) {
            return Vec::new();
        }
        self.swept = Some(now);
        // A clock that was set back keeps nothing waiting.
        self.drain(|repeats| (now - repeats.began).abs() >= TOGETHER)
    }

    /// What is to be written of everything that is counted still.
    pub(crate) fn rest(&mut self) -> Vec<FailureRow> {
        self.drain(|_| true)
    }

    fn drain(&mut self, is_over: impl Fn(&Repeats) -> bool) -> Vec<FailureRow> {
        let ended = self.pairs.extract_if(|_, repeats| is_over(repeats));
        let mut rows: Vec<FailureRow> = ended.filter_map(|(pair, it)| it.row(pair)).collect();
        if let Some(others) = self.others.take_if(|others| is_over(others)) {
            let Repeats { last: at, more, .. } = others;
            let detail = format!("{more} of other names and addresses within a minute");
            rows.push(FailureRow { at, who: String::new(), peer: String::new(), detail });
        }
        rows.sort_by(|a, b| (a.at, &a.who, &a.peer).cmp(&(b.at, &b.who, &b.peer)));
        rows
    }
}

impl Repeats {
    fn count(&mut self, deed: &Deed<'_>) {
        self.more += 1;
        self.last = deed.at;
        deed.detail.clone_into(&mut self.detail);
    }

    fn row(self, Pair { who, peer }: Pair) -> Option<FailureRow> {
        let Self { last: at, more, detail, .. } = self;
        let detail = format!("{detail}, {more} more within a minute");
        (more > 0).then_some(FailureRow { at, who, peer, detail })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::audit::What;

    fn failure<'a>(millis: i64, who: &'a str, peer: &'a str) -> Deed<'a> {
        let at = GpsTime::from_nanos(millis * 1_000_000);
        let (what, object, detail) = (What::LoginFailed, "", "401");
        Deed { at, who, peer, what, object, is_done: false, detail }
    }

    fn seconds(seconds: i64) -> GpsTime {
        GpsTime::from_nanos(seconds * 1_000_000_000)
    }

    #[test]
    fn the_first_failure_is_written_at_once_and_those_after_it_as_one() {
        let mut failures = Failures::default();
        let first = failures.take(&failure(0, "anna", "10.0.0.1")).expect("it is written");
        assert_eq!((first.who.as_str(), first.detail.as_str()), ("anna", "401"));
        for millis in 1..=1_000 {
            assert_eq!(failures.take(&failure(millis, "anna", "10.0.0.1")), None);
        }
        assert_eq!(failures.over(seconds(59)), []);
        let rows = failures.over(seconds(60));
        let row = rows.first().expect("a row");
        assert_eq!((rows.len(), row.at, row.peer.as_str()), (1, seconds(1), "10.0.0.1"));
        assert_eq!(row.detail, "401, 1000 more within a minute");
        assert!(failures.take(&failure(61_000, "anna", "10.0.0.1")).is_some(), "a new minute");
    }

    #[test]
    fn another_name_or_address_is_a_failure_of_its_own() {
        let mut failures = Failures::default();
        for (who, peer) in [("anna", "10.0.0.1"), ("anna", "10.0.0.2"), ("berta", "10.0.0.1")] {
            assert!(failures.take(&failure(0, who, peer)).is_some(), "{who} at {peer}");
        }
        assert_eq!(failures.rest(), [], "none was repeated");
    }

    #[test]
    fn names_beyond_a_number_are_a_count_and_take_no_room() {
        let mut failures = Failures::default();
        let written = (0..10_000).filter_map(|n| {
            let name = format!("name-{n}");
            failures.take(&failure(n, &name, "10.0.0.1"))
        });
        assert_eq!(written.count(), PAIRS_MAX);
        assert_eq!(failures.pairs.len(), PAIRS_MAX);
        let rows = failures.rest();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].detail, "9000 of other names and addresses within a minute");
        assert!(failures.pairs.is_empty(), "the next minute has room");
    }

    #[test]
    fn a_long_name_is_cut() {
        let row = Failures::default().take(&failure(0, &"é".repeat(30_000), "10.0.0.1"));
        assert_eq!(row.map(|row| row.who.chars().count()), Some(NAME_MAX));
    }
}
