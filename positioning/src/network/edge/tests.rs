//! Edges in simulated worlds, judged by the true integers.

use super::*;
use crate::network::testing::{TestNetwork, scenario, true_levels};
use crate::network::topology::StationIndex;
use tianshu_gnss::time::gps::Interval;

/// The share of ambiguities fixed, and how many of them wrongly, after some minutes of an edge to which `known` is told.
fn run(
    (name, seed): (&str, u64),
    spacing_km: f64,
    epochs: usize,
    known: impl Fn(&ObservedEpoch) -> Knowledge,
) -> (f64, usize, usize) {
    let mut network = TestNetwork::new(scenario(name), 2, spacing_km, seed);
    let edge = Edge::between(StationIndex(0), StationIndex(1)).expect("two stations");
    let mut solver = EdgeSolver::new(edge, spacing_km * 1e3, 100.0);
    let (mut wrong, mut fixed, mut share) = (0, 0, 0.0);
    for epoch in 0..epochs {
        let both = network.next(Interval::from_seconds(5));
        let [(a, a_site), (b, b_site)] = both.as_slice() else { continue };
        solver.step(a, b, Wanted::All);
        let _ = solver.fix(a.time, &known(a));
        let (all, count) = solver.counts();
        share = count as f64 / all.max(1) as f64;
        if epoch % 12 == 11 || epoch + 1 == epochs {
            let truth = |o, s: &tianshu_simulator::world::SiteEpoch| {
                true_levels(o, s.truth.as_ref().expect("powered"))
            };
            let (ta, tb) = (truth(a, a_site), truth(b, b_site));
            (fixed, wrong) = (0, 0);
            let mut offsets = BTreeMap::<(Group, char), Vec<i64>>::new();
            for integer in solver.integers() {
                let channel = integer.channel;
                let Some((x, y)) = ta.get(&channel).zip(tb.get(&channel)) else { continue };
                let group = Group::of(channel.0).expect("a group");
                offsets.entry((group, channel.1)).or_default().push(integer.integer - (y - x));
            }
            for all in offsets.values() {
                let mut sorted = all.clone();
                sorted.sort_unstable();
                let median = sorted[sorted.len() / 2];
                fixed += all.len();
                wrong += all.iter().filter(|o| **o != median).count();
            }
            println!(
                "{name} {seed} {:4} s: {share:.2} fixed {fixed} wrong {wrong}",
                (epoch + 1) * 5
            );
        }
    }
    (share, fixed, wrong)
}

#[test]
fn integers_of_an_edge_are_right() {
    for (name, seed) in [("quiet", 1), ("anomaly", 2)] {
        let (share, fixed, wrong) = run((name, seed), 50.0, 120, |_| Knowledge::default());
        assert!(share > 0.8 && fixed > 40, "{name}: {share} of {fixed}");
        assert_eq!(wrong, 0, "{name}");
    }
}

/// The zenith's ionosphere on L1 is told to differ by so many metres, one sigma of 3 cm, for all satellites that `of` is true of.
fn told(epoch: &ObservedEpoch, zenith_m: f64, of: impl Fn(Satellite) -> bool) -> Knowledge {
    let foretold = epoch.satellites.iter().map(|s| {
        let mapping = crate::network::interpolate::shell::mapping(s.elevation_rad);
        let zenith_m = if of(s.satellite) { zenith_m } else { 0.0 };
        (s.satellite, (zenith_m * mapping, 0.03 * mapping))
    });
    Knowledge { foretold: foretold.collect(), ..Knowledge::default() }
}

#[test]
fn an_edge_is_fixed_soon_where_the_air_is_known() {
    let alone = run(("quiet", 1), 50.0, 18, |_| Knowledge::default());
    let (share, fixed, wrong) = run(("quiet", 1), 50.0, 18, |epoch| told(epoch, 0.0, |_| false));
    assert!(share > 0.6 && fixed > alone.1 * 3 / 2, "{share} and {fixed}, alone {alone:?}");
    assert_eq!(wrong, 0);
}

#[test]
fn air_that_the_codes_contradict_is_not_believed() {
    // Ten metres of plasma that are not there, for every other satellite.
    let odd = |s: Satellite| s.number() % 2 == 1;
    let (_, fixed, wrong) = run(("quiet", 1), 50.0, 60, |epoch| told(epoch, 10.0, odd));
    assert!(fixed > 20, "{fixed}");
    assert_eq!(wrong, 0);
}
