//! Rovers that begin anew every minute: how long until they are fixed, RTKLIB's and ours.

use std::path::Path;

use tianshu_gnss::time::gps::Interval;

use crate::figures::is_wrong;
use crate::observed::Cuttable;
use crate::options::Asked;
use crate::rtklib::{Base, Settings};
use crate::simulated::{Kind, Rover, World};
use crate::solutions::{Solved, read};

/// How one rover program did over all windows of all rovers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Restarts {
    pub(crate) systems: String,
    pub(crate) program: &'static str,
    pub(crate) kind: Kind,
    /// Seconds to the first fix of each window; none for a window without one.
    pub(crate) first_fix_s: Vec<Option<f64>>,
    /// The same for the first fix from which on all fixes are right and the window ends fixed.
    pub(crate) good_fix_s: Vec<Option<f64>>,
    pub(crate) fixes: usize,
    pub(crate) wrong: usize,
}

/// What came out, and RTKLIB's version.
pub(crate) struct Campaign {
    pub(crate) restarts: Vec<Restarts>,
    pub(crate) version: String,
}

/// Our own rover.
const OURS: &str = "tianshu solve";
const RTKLIB: &str = "rnx2rtkp";

/// Judges every rover in every window, on its virtual station and on the receiver beside it.
pub(crate) fn run(asked: &Asked, window_s: u32) -> anyhow::Result<Campaign> {
    let world = World::make(asked)?;
    let mut campaign = Campaign { restarts: Vec::new(), version: String::new() };
    for systems in &asked.systems {
        for kind in [Kind::Virtual, Kind::Companion] {
            let new = |program| Restarts::new(systems, program, kind);
            let [mut theirs, mut ours] = [new(RTKLIB), new(OURS)];
            for rover in &world.rovers {
                let windows = Windows::of(&world, rover, kind, window_s)?;
                for window in 0..Windows::count(asked, window_s) {
                    let Some([rover_file, base_file]) = windows.write(&world, window)? else {
                        theirs.add(&[], &windows, window);
                        ours.add(&[], &windows, window);
                        continue;
                    };
                    let files = [rover_file.as_path(), base_file.as_path(), world.nav.as_path()];
                    let truth = rover.observed.place;
                    let options = asked.options[0];
                    let settings = Settings { systems, options, antex: None, base: Base::Header };
                    let from = windows.begin(window);
                    let run = settings.solve(&world.folder, files, from, truth)?;
                    campaign.version = run.version.unwrap_or(campaign.version);
                    theirs.add(&run.solved, &windows, window);
                    let solved = read(&solve(&world, systems, files)?, truth)?;
                    ours.add(&solved, &windows, window);
                }
            }
            campaign.restarts.extend([theirs, ours]);
        }
    }
    Ok(campaign)
}

/// Our own rover's solutions.
fn solve(world: &World, systems: &str, files: [&Path; 3]) -> anyhow::Result<String> {
    let [rover, base, nav] = files.map(|path| path.display().to_string());
    let words = ["solve", "--rover", &rover, "--base", &base, "--nav", &nav, "--systems", systems];
    world.folder.run(&world.tianshu, &words.map(str::to_owned))
}

impl Restarts {
    fn new(systems: &str, program: &'static str, kind: Kind) -> Self {
        Self {
            systems: systems.to_owned(),
            program,
            kind,
            first_fix_s: Vec::new(),
            good_fix_s: Vec::new(),
            fixes: 0,
            wrong: 0,
        }
    }

    fn add(&mut self, solved: &[Solved], windows: &Windows<'_>, window: u32) {
        let begun = windows.begin(window);
        let second = |s: &Solved| (s.time - begun).seconds();
        self.first_fix_s.push(solved.iter().find(|s| s.is_fixed).map(second));
        let last_bad = solved.iter().rposition(|s| !s.is_fixed || is_wrong(s));
        let good = solved.get(last_bad.map_or(0, |at| at + 1));
        self.good_fix_s.push(good.map(second));
        let fixes = solved.iter().filter(|s| s.is_fixed);
        self.fixes += fixes.clone().count();
        self.wrong += fixes.filter(|s| is_wrong(s)).count();
    }

    /// Windows without any fix, %.
    pub(crate) fn never_percent(&self) -> f64 {
        let never = self.first_fix_s.iter().filter(|s| s.is_none()).count();
        crate::figures::percent(never, self.first_fix_s.len())
    }
}

/// What that share of windows does not exceed; none if it is longer than a window.
pub(crate) fn quantile(seconds: &[Option<f64>], share: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = seconds.iter().map(|s| s.unwrap_or(f64::INFINITY)).collect();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let at = (share * sorted.len().saturating_sub(1) as f64).round() as usize;
    sorted.get(at).copied().filter(|s| s.is_finite())
}

/// A rover and a base, cut into windows.
struct Windows<'a> {
    rover: &'a Rover,
    kind: Kind,
    texts: [Cuttable; 2],
    from: tianshu_gnss::time::gps::GpsTime,
    length: Interval,
}

impl<'a> Windows<'a> {
    fn of(world: &World, rover: &'a Rover, kind: Kind, window_s: u32) -> anyhow::Result<Self> {
        Ok(Self {
            rover,
            kind,
            texts: [Cuttable::of(&rover.observed)?, Cuttable::of(rover.base(kind).1)?],
            from: world.from,
            length: Interval::from_seconds(window_s.into()),
        })
    }

    fn count(asked: &Asked, window_s: u32) -> u32 {
        (asked.seconds - asked.from_s) / window_s
    }

    fn begin(&self, window: u32) -> tianshu_gnss::time::gps::GpsTime {
        self.from + Interval::from_nanos(self.length.nanos() * i64::from(window))
    }

    /// The files of a window; none if one of the two has no epoch in it.
    fn write(&self, world: &World, window: u32) -> anyhow::Result<Option<[std::path::PathBuf; 2]>> {
        let (begin, end) = (self.begin(window), self.begin(window + 1));
        let both = [&self.rover.observed, self.rover.base(self.kind).1];
        let ranges = both.map(|observed| {
            let before = |until| observed.times.partition_point(|t| *t < until);
            before(begin)..before(end)
        });
        if ranges.iter().any(std::ops::Range::is_empty) {
            return Ok(None);
        }
        let [rover, base] = ranges;
        Ok(Some([
            world.folder.write("window/rover.rnx", &self.texts[0].cut(rover))?,
            world.folder.write("window/base.rnx", &self.texts[1].cut(base))?,
        ]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_without_a_fix_is_longer_than_all_others() {
        let seconds = [Some(1.0), None, Some(3.0), Some(2.0), Some(0.0)];
        assert_eq!(quantile(&seconds, 0.5), Some(2.0));
        assert_eq!(quantile(&seconds, 0.95), None);
    }
}
