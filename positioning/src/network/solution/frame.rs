//! The frame of phases: whole cycles of every station, and what each satellite's carrier reads when they are taken off.
//!
//! With levels, zenith delays and slant ionosphere taken off, a phase is clock of the receiver's carrier + value of the satellite's carrier.
//! The values here are those of the whole network, so that a receiver's clock is found from any satellites alike. They follow the satellites'
//! clocks; that all of them might move together (which nobody can tell from all receivers' clocks moving the other way) is ruled out by
//! holding their median, so that time in this frame goes as evenly as the satellites' clocks do.

use std::collections::BTreeMap;

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;

use crate::network::levels::shown::ShownLevels;
use crate::network::median::median;
use crate::network::observed::{Channel, Group, ObservedEpoch};
use crate::network::topology::StationIndex;

/// Whole cycles and satellites' values at one epoch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PhaseFrame {
    /// By station, in order of channels.
    stations: Vec<Vec<StationPhase>>,
    satellites: BTreeMap<Channel, SatellitePhase>,
}

/// A station's phase of which the whole cycles are known: on one of the two carriers of its group's foundation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StationPhase {
    /// Which.
    pub channel: Channel,
    /// The signal that the station tracks on this carrier.
    pub signal: Signal,
    /// Whole cycles to be taken off what the receiver told.
    pub cycles: i64,
    /// While this stays, what is left has one and the same whole number at all stations and times.
    pub generation: u32,
    /// While this stays, so does the whole number that this receiver's carrier has in all satellites' phases.
    pub receiver: u32,
}

/// A satellite's carrier.
#[derive(Clone, Copy, Debug, PartialEq)]
struct SatellitePhase {
    value_m: f64,
    issue: u16,
}

/// A line of sight within a station's carrier.
struct Line {
    satellite: Satellite,
    issue: u16,
    value_m: f64,
}

/// Rounds between receivers' clocks and satellites' values: values begin as those of the last epoch.
const ROUNDS: usize = 2;

impl PhaseFrame {
    /// A station's phase on that channel.
    pub fn phase(&self, station: StationIndex, channel: Channel) -> Option<&StationPhase> {
        let of_station = self.stations.get(station.position())?;
        let place = of_station.binary_search_by_key(&channel, |phase| phase.channel).ok()?;
        of_station.get(place)
    }

    /// What a satellite's carrier reads, m.
    pub fn value_m(&self, channel: Channel) -> Option<f64> {
        self.satellites.get(&channel).map(|satellite| satellite.value_m)
    }

    /// The frame of the next epoch. `delay_m` is a station's zenith wet delay beyond the model's, `ionosphere_m` its slant ionosphere on L1
    /// to a satellite, m.
    pub(crate) fn next(
        &self,
        observed: &[Option<ObservedEpoch>],
        shown: &ShownLevels,
        delay_m: impl Fn(usize) -> f64,
        ionosphere_m: impl Fn(usize, Satellite) -> Option<f64>,
    ) -> Self {
        let mut stations = Vec::with_capacity(observed.len());
        let mut lines: BTreeMap<(Group, char), Vec<Vec<Line>>> = BTreeMap::new();
        for (place, epoch) in observed.iter().enumerate() {
            let mut phases = Vec::new();
            if let Some(epoch) = epoch {
                let zenith_m = delay_m(place);
                let mut own: BTreeMap<(Group, char), Vec<Line>> = BTreeMap::new();
                for seen in &epoch.satellites {
                    let Some(air_m) = ionosphere_m(place, seen.satellite) else { continue };
                    let foundation = seen.group.foundation();
                    for carrier in &seen.carriers {
                        if !foundation.contains(&carrier.signal.band()) {
                            continue;
                        }
                        let channel = (seen.satellite, carrier.signal.band());
                        let level = shown.get(epoch.station, channel);
                        let Some(level) = level.filter(|level| level.arc == carrier.arc) else {
                            continue;
                        };
                        let Some(phase_m) = carrier.phase_m else { continue };
                        let key = (seen.group, channel.1);
                        phases.push(StationPhase {
                            channel,
                            signal: carrier.signal,
                            cycles: carrier.aligned_cycles + level.cycles,
                            generation: level.generation,
                            receiver: shown.station_generation((epoch.station, key.0, key.1)),
                        });
                        let value_m = phase_m
                            - level.cycles as f64 * carrier.wavelength_m
                            - seen.wet_mapping * zenith_m
                            + carrier.ionosphere * air_m;
                        let line = Line { satellite: seen.satellite, issue: seen.issue, value_m };
                        own.entry(key).or_default().push(line);
                    }
                }
                for (key, of_station) in own {
                    lines.entry(key).or_default().push(of_station);
                }
            }
            phases.sort_unstable_by_key(|phase| phase.channel);
            stations.push(phases);
        }
        let mut satellites = BTreeMap::new();
        for ((_, band), of_band) in lines {
            self.values(band, &of_band, &mut satellites);
        }
        Self { stations, satellites }
    }

    /// The satellites' values on one carrier.
    fn values(
        &self,
        band: char,
        stations: &[Vec<Line>],
        into: &mut BTreeMap<Channel, SatellitePhase>,
    ) {
        let before = |line: &Line| {
            let known = self.satellites.get(&(line.satellite, band))?;
            // Another ephemeris is another clock to be seen against.
            (known.issue == line.issue).then_some(known.value_m)
        };
        let mut values: BTreeMap<Satellite, (u16, Option<f64>)> = BTreeMap::new();
        for line in stations.iter().flatten() {
            values.entry(line.satellite).or_insert_with(|| (line.issue, before(line)));
        }
        if values.values().all(|(_, value)| value.is_none()) {
            // Nothing goes on: the first station's clock is zero.
            for line in stations.first().into_iter().flatten() {
                values.insert(line.satellite, (line.issue, Some(line.value_m)));
            }
        }
        let held = values.clone();
        for _ in 0..ROUNDS {
            let mut sums: BTreeMap<Satellite, (f64, f64)> = BTreeMap::new();
            for of_station in stations {
                let rest = |line: &Line| Some(line.value_m - values[&line.satellite].1?);
                let Some(clock_m) = robust_mean(of_station.iter().filter_map(rest)) else {
                    continue;
                };
                for line in of_station {
                    let (sum, count) = sums.entry(line.satellite).or_default();
                    *sum += line.value_m - clock_m;
                    *count += 1.0;
                }
            }
            for (satellite, (sum, count)) in sums {
                if let Some((_, value)) = values.get_mut(&satellite) {
                    *value = Some(sum / count);
                }
            }
        }
        let moved = held
            .iter()
            .filter_map(|(satellite, (_, before))| Some(values[satellite].1? - (*before)?));
        let moved_m = median(moved).unwrap_or(0.0);
        into.extend(values.into_iter().filter_map(|(satellite, (issue, value))| {
            Some(((satellite, band), SatellitePhase { value_m: value? - moved_m, issue }))
        }));
    }
}

/// What is farther from the median, m, takes no part in a mean: a slip that nobody has told of yet.
const APART_MAX_M: f64 = 0.05;

/// The mean of what is near the median; none of nothing.
pub(crate) fn robust_mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    let middle = median(values.iter().copied())?;
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values.iter().filter(|value| (**value - middle).abs() <= APART_MAX_M) {
        sum += value;
        count += 1.0;
    }
    Some(if count > 0.0 { sum / count } else { middle })
}
