//! Ramps: what another master's noise, multipath and hardware differ by is let in slowly.

use std::collections::BTreeMap;

use tianshu_gnss::signal::Signal;

use crate::network::median::median;
use crate::network::observed::Group;
use crate::vrs::station::Line;

/// The time over which a change of master is let in, s.
pub(super) const RAMP_S: f64 = 20.0;
/// A larger step, m, is let in at once: then something was wrong before.
const STEP_MAX_M: f64 = 0.05;

/// Begins a ramp for every phase that goes on. What all satellites of a signal share is nobody's to see, and stays.
pub(super) fn begin(lines: &mut [Line<'_>]) {
    let mut steps: BTreeMap<(Option<Group>, Signal), Vec<f64>> = BTreeMap::new();
    for line in lines.iter() {
        if let Some(step_m) = line.step_m() {
            steps.entry(line.family()).or_default().push(step_m);
        }
    }
    let shared: BTreeMap<_, f64> =
        steps.into_iter().filter_map(|(family, all)| Some((family, median(all)?))).collect();
    for line in lines {
        let Some(step_m) = line.step_m() else { continue };
        let own_m = step_m - shared.get(&line.family()).copied().unwrap_or(0.0);
        line.ramp(if own_m.abs() <= STEP_MAX_M { own_m } else { 0.0 });
    }
}
