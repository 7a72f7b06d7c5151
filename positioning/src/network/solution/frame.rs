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
use crate::network::observed::{
    BANDS, Channel, Group, ObservedCarrier, ObservedEpoch, ObservedSatellite, band, band_of,
};
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
    /// The station's place.
    station: usize,
    satellite: Satellite,
    /// The satellite's place among those of the carrier.
    slot: usize,
    issue: u16,
    value_m: f64,
}

/// Carriers of a group's foundation.
const FOUNDATION: usize = 2;
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
        let mut lines: Vec<Vec<Line>> = (0..BANDS).map(|_| Vec::new()).collect();
        let of_station = |(place, epoch): (usize, &Option<ObservedEpoch>)| {
            let Some(epoch) = epoch else { return Vec::new() };
            let zenith_m = delay_m(place);
            let mut phases = Vec::with_capacity(FOUNDATION * epoch.satellites.len());
            for seen in &epoch.satellites {
                let Some(air_m) = ionosphere_m(place, seen.satellite) else { continue };
                for carrier in &seen.carriers {
                    let Some((phase, phase_m)) = levelled(epoch, seen, carrier, shown) else {
                        continue;
                    };
                    phases.push(phase);
                    let value_m =
                        phase_m - seen.wet_mapping * zenith_m + carrier.ionosphere * air_m;
                    if let Some(of_band) = band(phase.channel).and_then(|b| lines.get_mut(b)) {
                        let (satellite, issue) = (seen.satellite, seen.issue);
                        of_band.push(Line { station: place, satellite, slot: 0, issue, value_m });
                    }
                }
            }
            phases.sort_unstable_by_key(|phase: &StationPhase| phase.channel);
            phases
        };
        let stations = observed.iter().enumerate().map(of_station).collect();
        let mut satellites = BTreeMap::new();
        let bands =
            Group::ALL.into_iter().flat_map(|group| group.bands().chars().map(move |b| (group, b)));
        for (group, letter) in bands {
            let of_band = band_of(group, letter).and_then(|band| lines.get_mut(band));
            self.values(letter, of_band.map_or(&mut [], Vec::as_mut_slice), &mut satellites);
        }
        Self { stations, satellites }
    }

    /// The satellites' values on one carrier.
    fn values(&self, band: char, lines: &mut [Line], into: &mut BTreeMap<Channel, SatellitePhase>) {
        let mut satellites: Vec<Satellite> = lines.iter().map(|line| line.satellite).collect();
        satellites.sort_unstable();
        satellites.dedup();
        let mut issues: Vec<Option<u16>> = vec![None; satellites.len()];
        for line in lines.iter_mut() {
            line.slot = satellites.partition_point(|satellite| *satellite < line.satellite);
            issues[line.slot].get_or_insert(line.issue);
        }
        let before = |(satellite, issue): (&Satellite, &mut Option<u16>)| {
            let known = self.satellites.get(&(*satellite, band))?;
            // Another ephemeris is another clock to be seen against.
            (Some(known.issue) == *issue).then_some(known.value_m)
        };
        let mut values: Vec<Option<f64>> = satellites.iter().zip(&mut issues).map(before).collect();
        let by_station = || lines.chunk_by(|a, b| a.station == b.station);
        if values.iter().all(Option::is_none) {
            // All have another ephemeris at once, as Galileo's may: then what all satellites' clocks do together is held all the same. It is
            // the same on both carriers, between which nothing may jump.
            let old =
                |satellite: &Satellite| Some(self.satellites.get(&(*satellite, band))?.value_m);
            values = satellites.iter().map(old).collect();
        }
        if values.iter().all(Option::is_none) {
            // Nothing goes on: the first station's clock is zero.
            for line in by_station().next().into_iter().flatten() {
                values[line.slot] = Some(line.value_m);
                issues[line.slot] = Some(line.issue);
            }
        }
        let held = values.clone();
        for _ in 0..ROUNDS {
            let mut sums = vec![(0.0, 0.0); satellites.len()];
            for of_station in by_station() {
                let rest = |line: &Line| Some(line.value_m - values[line.slot]?);
                let Some(clock_m) = robust_mean(of_station.iter().filter_map(rest)) else {
                    continue;
                };
                for line in of_station {
                    let (sum, count) = &mut sums[line.slot];
                    *sum += line.value_m - clock_m;
                    *count += 1.0;
                }
            }
            for (value, (sum, count)) in values.iter_mut().zip(sums) {
                if count > 0.0 {
                    *value = Some(sum / count);
                }
            }
        }
        let moved = held.iter().zip(&values).filter_map(|(before, now)| Some((*now)? - (*before)?));
        let moved_m = median(moved).unwrap_or(0.0);
        let all = satellites.into_iter().zip(issues).zip(values);
        into.extend(all.filter_map(|((satellite, issue), value)| {
            let phase = SatellitePhase { value_m: value? - moved_m, issue: issue? };
            Some(((satellite, band), phase))
        }));
    }
}

/// A phase of the group's foundation with its whole cycles, and what it reads without them, m; none that is not levelled.
fn levelled(
    epoch: &ObservedEpoch,
    seen: &ObservedSatellite,
    carrier: &ObservedCarrier,
    shown: &ShownLevels,
) -> Option<(StationPhase, f64)> {
    let channel = (seen.satellite, carrier.signal.band());
    if !seen.group.foundation().contains(&channel.1) {
        return None;
    }
    let level = shown.get(epoch.station, channel).filter(|level| level.arc == carrier.arc)?;
    let phase_m = carrier.phase_m? - level.cycles as f64 * carrier.wavelength_m;
    let phase = StationPhase {
        channel,
        signal: carrier.signal,
        cycles: carrier.aligned_cycles + level.cycles,
        generation: level.generation,
        receiver: shown.station_generation((epoch.station, seen.group, channel.1)),
    };
    Some((phase, phase_m))
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
