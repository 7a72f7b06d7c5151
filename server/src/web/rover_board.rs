//! Independent monitor rovers: what engines make of a virtual station at a known place, and how far from the truth that is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tianshu_gnss::coords::Enu;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::web::history::{Second, Seconds};

/// Monitor rovers at the same time.
const ROVERS_MAX: usize = 100;
/// Shares and root mean squares are over the last ten minutes.
const LOOK_BACK: Interval = Interval::from_seconds(600);

/// Whose result it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Engine {
    /// Our own reference rover.
    Tianshu,
    /// RTKLIB's `rtkrcv`.
    Rtklib,
}

/// A result of an engine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RoverResult {
    /// The epoch.
    pub at: GpsTime,
    /// As a GGA says it: 4 fixed, 5 float, 2 differential, 1 single.
    pub quality: u8,
    /// Computed less true.
    pub error: Enu,
    /// To what served as base, m; none if that is not known.
    pub baseline_m: Option<f64>,
}

/// All monitor rovers.
#[derive(Clone, Debug)]
pub(crate) struct RoverBoard(Arc<Mutex<Board>>);

#[derive(Debug)]
struct Board {
    rovers: BTreeMap<String, (String, BTreeMap<Engine, EngineBoard>)>,
    seconds_max: usize,
}

/// What an engine has made of a rover.
#[derive(Clone, Debug)]
pub(crate) struct EngineBoard {
    /// When its first result came.
    began: GpsTime,
    /// Its first fixed result.
    pub first_fix: Option<GpsTime>,
    /// Its newest result.
    pub last: RoverResult,
    /// The errors, second by second; the fix quality stands where satellites would.
    pub seconds: Seconds,
}

/// An engine's last ten minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Lately {
    /// Share of the results that were fixed.
    pub fixed_share: Option<f64>,
    /// Root mean square of the fixed ones, horizontal and up, m.
    pub horizontal_m: Option<f64>,
    /// The same, up.
    pub up_m: Option<f64>,
}

impl Engine {
    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tianshu => "tianshu",
            Self::Rtklib => "rtklib",
        }
    }
}

impl RoverBoard {
    /// Nobody yet; so many seconds of each are kept.
    pub(crate) fn new(seconds_max: usize) -> Self {
        Self(Arc::new(Mutex::new(Board { rovers: BTreeMap::new(), seconds_max })))
    }

    /// An engine tells a result of a rover at a mountpoint.
    pub(crate) fn report(
        &self,
        rover: &str,
        mountpoint: &str,
        engine: Engine,
        result: RoverResult,
    ) {
        let mut board = self.lock();
        let is_new = !board.rovers.contains_key(rover);
        if is_new && board.rovers.len() >= ROVERS_MAX {
            return;
        }
        let seconds_max = board.seconds_max;
        let (_, engines) = board
            .rovers
            .entry(rover.to_owned())
            .or_insert_with(|| (mountpoint.to_owned(), BTreeMap::new()));
        let own = engines.entry(engine).or_insert_with(|| EngineBoard {
            began: result.at,
            first_fix: None,
            last: result,
            seconds: Seconds::new(seconds_max),
        });
        own.take(result);
    }

    /// Asks of every rover: its name, its mountpoint, and its engines.
    pub(crate) fn each<T>(
        &self,
        mut ask: impl FnMut(&str, &str, &BTreeMap<Engine, EngineBoard>) -> T,
    ) -> Vec<T> {
        let board = self.lock();
        board.rovers.iter().map(|(name, (at, engines))| ask(name, at, engines)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EngineBoard {
    fn take(&mut self, result: RoverResult) {
        self.last = result;
        if result.quality == 4 {
            self.first_fix.get_or_insert(result.at);
        }
        let Enu { east_m, north_m, up_m } = result.error;
        self.seconds.push(Second {
            gps_s: (result.at - GpsTime::from_nanos(0)).nanos().div_euclid(1_000_000_000),
            offset_m: [east_m, north_m, up_m].map(Some),
            latency_s: None,
            satellites: result.quality,
        });
    }

    /// From the first result to the first fixed one, s.
    pub(crate) fn time_to_fix_s(&self) -> Option<f64> {
        self.first_fix.map(|fixed| (fixed - self.began).seconds())
    }

    /// The last ten minutes.
    pub(crate) fn lately(&self) -> Lately {
        let until = self.last.at + Interval::from_seconds(1);
        let (mut all, mut fixed, mut horizontal, mut up) = (0_u32, 0_u32, 0.0, 0.0);
        for second in self.seconds.between(until - LOOK_BACK, until) {
            let [Some(east_m), Some(north_m), Some(up_m)] = second.offset_m else { continue };
            all += 1;
            if second.satellites == 4 {
                fixed += 1;
                horizontal += east_m * east_m + north_m * north_m;
                up += up_m * up_m;
            }
        }
        let rms = |sum: f64| (fixed > 0).then(|| (sum / f64::from(fixed)).sqrt());
        Lately {
            fixed_share: (all > 0).then(|| f64::from(fixed) / f64::from(all)),
            horizontal_m: rms(horizontal),
            up_m: rms(up),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(second: i64, quality: u8, east_m: f64) -> RoverResult {
        let at = GpsTime::from_nanos(0) + Interval::from_seconds(second);
        let error = Enu { east_m, north_m: 0.0, up_m: 0.02 };
        RoverResult { at, quality, error, baseline_m: None }
    }

    #[test]
    fn only_fixed_results_count_for_the_accuracy() {
        let board = RoverBoard::new(1_000);
        for (second, quality, east_m) in [(10, 5, 1.0), (11, 5, 0.8), (12, 4, 0.01), (13, 4, 0.01)]
        {
            board.report("R1", "VRS", Engine::Tianshu, result(second, quality, east_m));
        }
        let told = board.each(|name, at, engines| {
            let own = &engines[&Engine::Tianshu];
            (name.to_owned(), at.to_owned(), own.lately(), own.time_to_fix_s())
        });
        let (name, at, lately, fixed_after_s) = &told[0];
        assert_eq!((name.as_str(), at.as_str(), told.len()), ("R1", "VRS", 1));
        assert_eq!((lately.fixed_share, *fixed_after_s), (Some(0.5), Some(2.0)));
        assert!((lately.horizontal_m.expect("fixed") - 0.01).abs() < 1e-6);
        assert!((lately.up_m.expect("fixed") - 0.02).abs() < 1e-6);
    }
}
