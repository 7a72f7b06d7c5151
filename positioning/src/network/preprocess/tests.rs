//! Arcs and slips of simulated receivers, judged by the truth.

use std::collections::BTreeMap;

use tianshu_gnss::time::gps::Interval;

use crate::network::observed::Channel;
use crate::network::testing::{TestNetwork, scenario, true_levels};

/// Runs a station for a while; tells how many slips happened within an arc, how many arcs began, and over how many channel epochs.
fn run(
    name: &str,
    change: impl Fn(&mut tianshu_simulator::scenario::Scenario),
) -> (usize, usize, usize) {
    let mut scenario = scenario(name);
    change(&mut scenario);
    let mut network = TestNetwork::new(scenario, 1, 50.0, 3);
    let mut before: BTreeMap<Channel, (u32, i64)> = BTreeMap::new();
    let (mut hidden, mut begun, mut epochs) = (0, 0, 0);
    for _ in 0..600 {
        for (observed, site) in network.next(Interval::from_seconds(1)) {
            let levels = true_levels(&observed, site.truth.as_ref().expect("powered"));
            for satellite in &observed.satellites {
                for carrier in satellite.carriers.iter().filter(|c| c.phase_m.is_some()) {
                    let channel = (satellite.satellite, carrier.signal.band());
                    let now = (carrier.arc, levels[&channel]);
                    epochs += 1;
                    match before.insert(channel, now) {
                        Some((arc, level)) if arc == now.0 => hidden += usize::from(level != now.1),
                        _ => begun += 1,
                    }
                }
            }
        }
    }
    (hidden, begun, epochs)
}

#[test]
fn silent_slips_end_arcs() {
    let often = |s: &mut tianshu_simulator::scenario::Scenario| {
        s.station_receiver.silent_slips_per_hour = 10.0;
    };
    let (hidden, begun, epochs) = run("quiet", often);
    assert!(begun > 150 && epochs > 50_000, "{begun} arcs in {epochs}");
    assert!(hidden <= 2, "{hidden} slips of {begun} unseen");
}

#[test]
fn arcs_last_where_nothing_slips() {
    let calm = |s: &mut tianshu_simulator::scenario::Scenario| {
        s.station_receiver.slips_per_hour = 0.0;
        s.station_receiver.gaps_per_hour = 0.0;
    };
    for name in ["quiet", "tid"] {
        let (hidden, begun, epochs) = run(name, calm);
        assert_eq!(hidden, 0);
        assert!(begun < 180, "{name}: {begun} arcs of some 160 channels in {epochs}");
    }
}
