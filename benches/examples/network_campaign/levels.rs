//! Levels against the true whole numbers, neighbour by neighbour.

use std::collections::BTreeMap;

use tianshu_gnss::satellite::Satellite;
use tianshu_positioning::network::engine::Engine;
use tianshu_positioning::network::observed::{Channel, Group};
use tianshu_positioning::network::topology::{StationIndex, Topology};
use tianshu_simulator::world::WorldEpoch;

use crate::tally::Tally;

/// Level less truth, by station and satellite, of one group and carrier.
type Cells = BTreeMap<(StationIndex, Satellite), i64>;

/// Seconds between looks.
pub(crate) const LOOK_S: i64 = 10;

/// Counts levels that contradict the truth; tells which, if asked to.
pub(crate) fn judge(
    engine: &Engine,
    shape: &Topology,
    epoch: &WorldEpoch,
    tally: &mut Tally,
    verbose: bool,
) {
    let cells = cells(engine, epoch);
    let all: usize = cells.values().map(BTreeMap::len).sum();
    let wrong: Vec<(StationIndex, Channel)> = cells
        .iter()
        .flat_map(|((_, band), cells)| {
            wrong(shape, cells).into_iter().map(|(station, s)| (station, (s, *band)))
        })
        .collect();
    if verbose && !wrong.is_empty() {
        let name = |(station, (satellite, band)): &(StationIndex, Channel)| {
            format!("{}:{satellite}/{band}", station.0)
        };
        let names: Vec<String> = wrong.iter().map(name).collect();
        println!("   {} levels of {all} are wrong: {}", wrong.len(), names.join(" "));
    }
    let hours = LOOK_S as f64 / 3_600.0;
    tally.levelled_hours += all as f64 * hours;
    tally.wrong_hours += wrong.len() as f64 * hours;
    tally.wrong_max = tally.wrong_max.max(wrong.len());
    tally.wrong_looks += usize::from(!wrong.is_empty());
}

fn cells(engine: &Engine, epoch: &WorldEpoch) -> BTreeMap<(Group, char), Cells> {
    let mut cells: BTreeMap<(Group, char), Cells> = BTreeMap::new();
    for (station, (satellite, band), level) in engine.levels().iter() {
        let Some(seen) = engine.observed(station).and_then(|o| o.get(satellite)) else { continue };
        let carrier = seen.carrier(band).filter(|c| c.arc == level.arc && c.phase_m.is_some());
        let truth = epoch.stations[station.position()].truth.as_ref();
        let Some((carrier, truth)) = carrier.zip(truth).filter(|_| level.component == 0) else {
            continue;
        };
        let of = |c: &&tianshu_simulator::truth::ChannelTruth| {
            c.satellite == satellite && c.signal == carrier.signal
        };
        let Some(channel) = truth.channels.iter().find(of) else { continue };
        let off = level.cycles - (channel.integer - carrier.aligned_cycles);
        cells.entry((seen.group, band)).or_default().insert((station, satellite), off);
    }
    cells
}

/// What differs between neighbours by another number than most satellites', at more of its neighbours than not.
fn wrong(shape: &Topology, cells: &Cells) -> Vec<(StationIndex, Satellite)> {
    let mut fares: BTreeMap<(StationIndex, Satellite), (usize, usize)> = BTreeMap::new();
    for edge in shape.edges() {
        let (from, to) = (edge.from(), edge.to());
        let steps: Vec<(Satellite, i64)> = cells
            .iter()
            .filter(|((station, _), _)| *station == from)
            .filter_map(|((_, satellite), a)| Some((*satellite, cells.get(&(to, *satellite))? - a)))
            .collect();
        let usual = most_frequent(steps.iter().map(|(_, step)| *step));
        for (satellite, step) in steps {
            for station in [from, to] {
                let fare = fares.entry((station, satellite)).or_default();
                *(if Some(step) == usual { &mut fare.0 } else { &mut fare.1 }) += 1;
            }
        }
    }
    fares.into_iter().filter(|(_, (good, bad))| bad > good).map(|(cell, _)| cell).collect()
}

fn most_frequent(values: impl Iterator<Item = i64>) -> Option<i64> {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(value, count)| (*count, -value.abs())).map(|(value, _)| value)
}
