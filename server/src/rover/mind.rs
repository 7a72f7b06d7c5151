//! A simulated rover's mind: its own measurements and a caster's stream become positions, and errors against the truth.

use std::sync::Arc;

use tianshu_gnss::coords::{Ecef, Enu, GRS80};
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::ephemeris::store::{EphemerisStore, LIVE_PER_SATELLITE};
use tianshu_gnss::event::StationNews;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_positioning::rtk::config::RtkConfig;
use tianshu_positioning::rtk::solution::{Solution, Status};
use tianshu_positioning::rtk::solver::Solver;
use tianshu_positioning::spp::{self, SppConfig};

/// Bases whose places differ by less than this are one base that tells its place again, m.
const SAME_BASE_M: f64 = 1.0;

/// A rover that measures, hears a base, and computes.
pub(crate) struct Mind {
    ephemerides: EphemerisStore,
    /// Nothing until a base has told its place.
    base: Option<Base>,
    /// An epoch of our own that waits for the base's of the same time.
    waiting: Option<Measured>,
}

/// The base that is heard.
struct Base {
    place: Ecef,
    solver: Solver,
    latest: Option<Arc<ObsEpoch>>,
}

/// One epoch of the rover's own receiver, and what is true of it.
pub(crate) struct Measured {
    /// What was measured.
    pub observed: ObsEpoch,
    /// Where the antenna truly is.
    pub truth: Ecef,
}

/// What the rover makes of an epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// How good the rover believes it to be.
    pub status: Status,
    /// The epoch.
    pub at: GpsTime,
    /// Computed minus true.
    pub error: Enu,
    /// The base's place.
    pub base: Ecef,
    /// Rover to base, m.
    pub baseline_m: f64,
    /// Own time minus base's time.
    pub age: Interval,
}

impl Default for Mind {
    fn default() -> Self {
        let ephemerides = EphemerisStore::new(LIVE_PER_SATELLITE);
        Self { ephemerides, base: None, waiting: None }
    }
}

impl Mind {
    /// Ephemerides from the rover's own satellites.
    pub(crate) fn on_ephemerides(&mut self, fresh: &[Arc<Ephemeris>]) {
        for ephemeris in fresh {
            self.ephemerides.insert(Arc::clone(ephemeris));
        }
    }

    /// Where the rover is by its own measurements alone: what it tells the caster.
    pub(crate) fn single_point(&self, observed: &ObsEpoch) -> Option<Ecef> {
        let point = spp::solve(&SppConfig::default(), observed, &self.ephemerides, None);
        point.ok().map(|point| point.position)
    }

    /// An epoch of our own. It waits for the base's of the same time, at most until the next of our own comes.
    pub(crate) fn on_measured(&mut self, measured: Measured) -> Option<Outcome> {
        let overdue = self.waiting.replace(measured).and_then(|waiting| self.solve(&waiting));
        overdue.or_else(|| self.solve_if_both_are_there())
    }

    /// Something heard from the caster.
    pub(crate) fn on_news(&mut self, news: StationNews) -> Option<Outcome> {
        match news {
            StationNews::ReferencePoint(point) => {
                let is_known = self
                    .base
                    .as_ref()
                    .is_some_and(|b| (b.place - point.place).norm_m() < SAME_BASE_M);
                if !is_known {
                    let solver = Solver::new(RtkConfig::with_base(point.place));
                    self.base = Some(Base { place: point.place, solver, latest: None });
                }
            }
            StationNews::Ephemeris(ephemeris) => {
                self.ephemerides.insert(ephemeris);
            }
            StationNews::Epoch(epoch) => {
                if let Some(base) = &mut self.base {
                    base.latest = Some(epoch);
                }
                return self.solve_if_both_are_there();
            }
            _ => {}
        }
        None
    }

    fn solve_if_both_are_there(&mut self) -> Option<Outcome> {
        let own = self.waiting.as_ref()?.observed.time;
        let base = self.base.as_ref()?.latest.as_ref()?.time;
        if base < own {
            return None;
        }
        let waiting = self.waiting.take()?;
        self.solve(&waiting)
    }

    fn solve(&mut self, measured: &Measured) -> Option<Outcome> {
        let Base { place, solver, latest } = self.base.as_mut()?;
        let solution =
            solver.step(&measured.observed, latest.as_deref(), &self.ephemerides).ok()?;
        let Solution { status, position, age, .. } = solution;
        let truth = measured.truth;
        Some(Outcome {
            status,
            at: measured.observed.time,
            error: (position - truth).to_enu(truth.to_geodetic(GRS80)),
            base: *place,
            baseline_m: (truth - *place).norm_m(),
            age,
        })
    }
}
