//! Levels of three carriers against each other: what two of them say of the third, over all stations.
//!
//! Closure and residuals look at one edge or at the first two carriers. A wrong whole number of the third, or of all that a group of stations
//! has in common, goes around every triangle and fits every geometry: it shows only where three carriers are laid side by side. Two levelled
//! phases foretell a third one exactly, but for what receivers and satellites delay, and a whole cycle is ten times the noise of that.

use std::collections::{BTreeMap, BTreeSet};

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::network::levels::shown::ShownLevels;
use crate::network::median::median;
use crate::network::observed::{Group, ObservedEpoch, ObservedSatellite};
use crate::network::topology::StationIndex;

/// What is watched.
#[derive(Clone, Debug, Default)]
pub(super) struct CarrierWatch {
    looked: Option<GpsTime>,
    /// What was off at the last look.
    off: BTreeSet<(StationIndex, Satellite)>,
}

/// What a third carrier is more than the first two foretell, by station and satellite, m.
type Excess = BTreeMap<(usize, Satellite), f64>;

/// Carriers are laid side by side this often: multipath is another one by then.
const LOOK_INTERVAL: Interval = Interval::from_seconds(10);
/// More than this, m, at two looks in a row is no noise: half a cycle of the shortest third carrier, and five sigmas of the noisiest
/// combination (BDS-3 at 10°).
const EXCESS_MAX_M: f64 = 0.12;
/// Satellites that tell what a receiver delays: of fewer, one that is wrong may be any.
const SATELLITES_MIN: usize = 4;
/// Stations that tell what a satellite delays.
const STATIONS_MIN: usize = 4;
/// Receivers' and satellites' delays follow from each other: so often, until wrong ones are outvoted.
const ROUNDS: usize = 3;

impl CarrierWatch {
    /// Lines of sight whose levels contradict each other at two looks in a row, against most stations.
    pub(super) fn step(
        &mut self,
        time: GpsTime,
        observed: &[Option<ObservedEpoch>],
        levels: &ShownLevels,
    ) -> Vec<(StationIndex, Satellite)> {
        if self.looked.is_some_and(|looked| time - looked < LOOK_INTERVAL) {
            return Vec::new();
        }
        self.looked = Some(time);
        let mut off = BTreeSet::new();
        for group in Group::ALL {
            off.extend(wrong(&excess(group, observed, levels)));
        }
        let again = off.intersection(&self.off).copied().collect();
        self.off = off;
        again
    }
}

/// What the group's third carrier is more than the first two foretell.
fn excess(group: Group, observed: &[Option<ObservedEpoch>], levels: &ShownLevels) -> Excess {
    let mut all = Excess::new();
    let foundation = group.foundation();
    let Some(third) = group.bands().chars().find(|band| !foundation.contains(band)) else {
        return all;
    };
    for (station, epoch) in observed.iter().enumerate() {
        let (Some(epoch), Ok(index)) = (epoch, u16::try_from(station)) else { continue };
        for seen in epoch.satellites.iter().filter(|seen| seen.group == group) {
            let phase = |band| phase(seen, band, StationIndex(index), levels);
            let [Some((a, a_m)), Some((b, b_m)), Some((c, c_m))] =
                [foundation[0], foundation[1], third].map(phase)
            else {
                continue;
            };
            let foretold_m = a_m - (c - a) * (a_m - b_m) / (b - a);
            all.insert((station, seen.satellite), c_m - foretold_m);
        }
    }
    all
}

/// A levelled phase: its ionosphere relative to L1, and what it is, m.
fn phase(
    seen: &ObservedSatellite,
    band: char,
    station: StationIndex,
    levels: &ShownLevels,
) -> Option<(f64, f64)> {
    let carrier = seen.carrier(band)?;
    let level = levels.get(station, (seen.satellite, band)).filter(|l| l.arc == carrier.arc)?;
    Some((carrier.ionosphere, carrier.phase_m? - level.cycles as f64 * carrier.wavelength_m))
}

/// Which of them are more than the delays of their receiver and satellite.
fn wrong(excess: &Excess) -> Vec<(StationIndex, Satellite)> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for (station, _) in excess.keys() {
        *counts.entry(*station).or_default() += 1;
    }
    // One receiver's delays are nobody's to know: the one with most satellites begins.
    let Some((&first, _)) = counts.iter().max_by_key(|(_, count)| **count) else {
        return Vec::new();
    };
    let mut receivers: BTreeMap<usize, f64> = BTreeMap::from([(first, 0.0)]);
    let mut satellites: BTreeMap<Satellite, f64> = BTreeMap::new();
    for _ in 0..ROUNDS {
        let by_satellite = excess.iter().filter_map(|((station, satellite), excess_m)| {
            Some((*satellite, excess_m - receivers.get(station)?))
        });
        satellites = medians(by_satellite, 1);
        let by_station = excess.iter().filter_map(|((station, satellite), excess_m)| {
            Some((*station, excess_m - satellites.get(satellite)?))
        });
        receivers = medians(by_station, SATELLITES_MIN);
    }
    let mut telling: BTreeMap<Satellite, usize> = BTreeMap::new();
    for (_, satellite) in excess.keys().filter(|(station, _)| receivers.contains_key(station)) {
        *telling.entry(*satellite).or_default() += 1;
    }
    let is_off = |((station, satellite), excess_m): (&(usize, Satellite), &f64)| {
        let known = receivers.get(station).zip(satellites.get(satellite));
        let left_m = excess_m - known.map(|(receiver_m, of_m)| receiver_m + of_m)?;
        let enough = telling.get(satellite).is_some_and(|count| *count >= STATIONS_MIN);
        let station = StationIndex(u16::try_from(*station).ok()?);
        (enough && left_m.abs() > EXCESS_MAX_M).then_some((station, *satellite))
    };
    excess.iter().filter_map(is_off).collect()
}

/// The median of each key's values, where there are so many.
fn medians<K: Ord>(values: impl Iterator<Item = (K, f64)>, least: usize) -> BTreeMap<K, f64> {
    let mut by_key: BTreeMap<K, Vec<f64>> = BTreeMap::new();
    for (key, value) in values {
        by_key.entry(key).or_default().push(value);
    }
    let enough = by_key.into_iter().filter(|(_, values)| values.len() >= least);
    enough.filter_map(|(key, values)| Some((key, median(values)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn satellite(number: u8) -> Satellite {
        format!("G{number:02}").parse().expect("a satellite")
    }

    /// Receivers delay by metres, satellites by decimetres, and phases are some millimetres off.
    fn seen(stations: usize, satellites: u8) -> Excess {
        let mut all = Excess::new();
        for station in 0..stations {
            for number in 1..=satellites {
                let noise_m = 0.01 * (station as f64 * 1.7 + f64::from(number) * 2.3).sin();
                let delays_m = 3.0 * (station as f64).cos() + 0.2 * f64::from(number);
                all.insert((station, satellite(number)), delays_m + noise_m);
            }
        }
        all
    }

    #[test]
    fn delays_of_receivers_and_satellites_are_no_fault() {
        assert!(wrong(&seen(12, 6)).is_empty());
        assert!(wrong(&Excess::new()).is_empty());
    }

    #[test]
    fn a_cycle_that_some_stations_have_in_common_is_found() {
        let mut all = seen(12, 5);
        for station in [2, 3, 7] {
            *all.get_mut(&(station, satellite(4))).expect("seen") += 0.2548;
        }
        // The station that begins may be one of them.
        *all.get_mut(&(0, satellite(1))).expect("seen") -= 0.2548;
        let found = wrong(&all);
        let expected = [(0, 1), (2, 4), (3, 4), (7, 4)];
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(at, number)| (StationIndex(at), satellite(number)))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn too_few_tell_nothing() {
        let mut few_stations = seen(3, 6);
        *few_stations.get_mut(&(1, satellite(2))).expect("seen") += 0.2548;
        assert!(wrong(&few_stations).is_empty());
        let mut few_satellites = seen(12, 3);
        *few_satellites.get_mut(&(1, satellite(2))).expect("seen") += 0.2548;
        assert!(wrong(&few_satellites).is_empty());
    }
}
