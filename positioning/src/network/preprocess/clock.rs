//! A receiver's clock before anything is solved: roughly from the codes, and its steps from the phases.

use crate::network::median::median;
use crate::network::observed::ObservedSatellite;
use crate::network::preprocess::Raw;

/// What the receiver's clock did to all phases since the last epoch, m: the median of their changes.
pub(super) fn clock_step_m(satellites: &[ObservedSatellite], all: &[Raw]) -> f64 {
    let change_m = |one: &Raw| {
        let arc = one.continues.filter(|arc| arc.issue == satellites[one.of].issue)?;
        Some(one.phase_m? - arc.phase_m?)
    };
    median(all.iter().filter_map(change_m)).unwrap_or(0.0)
}

/// The median of code minus computed over the satellites, m.
pub(super) fn rough_clock_m(all: &[Raw]) -> f64 {
    let first = |of_satellite: &[Raw]| of_satellite.iter().find_map(|one| one.code_m);
    median(all.chunk_by(|a, b| a.of == b.of).filter_map(first)).unwrap_or(0.0)
}
