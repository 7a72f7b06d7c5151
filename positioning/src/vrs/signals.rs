//! Whole cycles of signals beyond the two carriers that the network's levels rest on.
//!
//! With two carriers levelled, clock, way and ionosphere of a line of sight are known to a centimetre, a twentieth of any wavelength. What a
//! further signal's phase has beyond them is a constant of the receiver, one of the satellite, and whole cycles, which rounding finds at once.

use std::collections::BTreeMap;

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::network::topology::StationIndex;

/// The constants of receivers and satellites, and whole cycles of stations' arcs.
#[derive(Clone, Debug, Default)]
pub(super) struct FurtherSignals {
    satellites: BTreeMap<(Satellite, Signal), Constant>,
    receivers: BTreeMap<(StationIndex, Signal), Constant>,
    arcs: BTreeMap<(StationIndex, Satellite, Signal), Arc>,
    next_generation: u32,
    forgot: Option<GpsTime>,
}

/// A constant as it was seen last.
#[derive(Clone, Copy, Debug)]
struct Constant {
    metres: f64,
    last: GpsTime,
    /// What it rests on: levels that are told anew make it another one.
    rests_on: Levels,
    generation: u32,
}

/// The generations of the two levels that a line of sight rests on: the satellite's, and the receiver's.
pub(super) type Levels = [u32; 2];

#[derive(Clone, Copy, Debug)]
struct Arc {
    number: u32,
    cycles: i64,
    last: GpsTime,
    generation: u32,
    receiver: u32,
}

/// A line of sight's further phase.
#[derive(Clone, Copy, Debug)]
pub(super) struct Further {
    pub(super) satellite: Satellite,
    pub(super) signal: Signal,
    pub(super) wavelength_m: f64,
    /// What the phase has beyond what the two carriers of the foundation make it expect: constants and whole cycles, m.
    pub(super) beyond_m: f64,
    /// Names the receiver's arc.
    pub(super) arc: u32,
    pub(super) of_satellite: Levels,
    pub(super) of_receiver: Levels,
}

/// Whole cycles that were found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) cycles: i64,
    /// The receiver's constant, m.
    pub(super) receiver_m: f64,
    /// While it stays, so does the whole number in what is left.
    pub(super) generation: u32,
}

/// A phase farther than this from whole cycles, in cycles, is not believed: four times what noise and ionosphere make.
const APART_MAX: f64 = 0.2;
/// A constant that was not seen for so long is another one: hardware warms, slowly.
const KEPT_MAX: Interval = Interval::from_seconds(120);
/// What an epoch counts in a constant.
const GAIN: f64 = 0.02;

impl FurtherSignals {
    /// Finds the whole cycles of a station's phases of one signal; those that are not found keep their receiver's own.
    pub(super) fn solve(
        &mut self,
        time: GpsTime,
        station: StationIndex,
        signal: Signal,
        phases: &[Further],
    ) -> Vec<Option<Found>> {
        self.forget(time);
        let Some(first) = phases.first() else { return Vec::new() };
        let key = (station, signal);
        let is_valid = |of: &&Constant| of.rests_on == first.of_receiver;
        let known = self.receivers.get(&key).filter(is_valid).copied();
        let receiver = known.unwrap_or_else(|| self.new_receiver(time, phases, first));
        let mut apart = Vec::with_capacity(phases.len());
        let mut found = Vec::with_capacity(phases.len());
        for phase in phases {
            let one = self.one(time, station, phase, receiver);
            apart.extend(one.as_ref().map(|(_, apart_m)| *apart_m));
            found.push(one.map(|(found, _)| found));
        }
        if !apart.is_empty() {
            let mean_m = apart.iter().sum::<f64>() / apart.len() as f64;
            let metres = receiver.metres + GAIN * mean_m;
            self.receivers.insert(key, Constant { metres, last: time, ..receiver });
        }
        found
    }

    fn new_generation(&mut self) -> u32 {
        self.next_generation += 1;
        self.next_generation
    }

    /// The constant of a receiver of which nothing is known: one satellite's whole cycles are free to choose.
    fn new_receiver(&mut self, time: GpsTime, phases: &[Further], first: &Further) -> Constant {
        let known = phases.iter().find_map(|phase| {
            let satellite = self.satellite(phase)?;
            let beyond_m = phase.beyond_m - satellite.metres;
            let cycles = (beyond_m / phase.wavelength_m).round();
            Some(beyond_m - cycles * phase.wavelength_m)
        });
        // Nobody has this signal yet: the receiver's constant is the satellites'.
        let metres = known.unwrap_or(0.0);
        let generation = self.new_generation();
        Constant { metres, last: time, rests_on: first.of_receiver, generation }
    }

    fn satellite(&self, phase: &Further) -> Option<Constant> {
        let known = self.satellites.get(&(phase.satellite, phase.signal)).copied()?;
        (known.rests_on == phase.of_satellite).then_some(known)
    }

    fn one(
        &mut self,
        time: GpsTime,
        station: StationIndex,
        phase: &Further,
        receiver: Constant,
    ) -> Option<(Found, f64)> {
        let key = (phase.satellite, phase.signal);
        let Some(satellite) = self.satellite(phase) else {
            // The first station that sees it chooses.
            let cycles = ((phase.beyond_m - receiver.metres) / phase.wavelength_m).round();
            let metres = phase.beyond_m - receiver.metres - cycles * phase.wavelength_m;
            let generation = self.new_generation();
            let rests_on = phase.of_satellite;
            self.satellites.insert(key, Constant { metres, last: time, rests_on, generation });
            return Some((self.keep(time, station, phase, receiver, generation, cycles), 0.0));
        };
        let beyond_m = phase.beyond_m - receiver.metres - satellite.metres;
        let cycles = (beyond_m / phase.wavelength_m).round();
        let apart_m = beyond_m - cycles * phase.wavelength_m;
        let arc = self.arcs.get(&(station, phase.satellite, phase.signal)).copied();
        let is_same = |arc: &Arc| {
            arc.number == phase.arc
                && arc.generation == satellite.generation
                && arc.receiver == receiver.generation
        };
        if let Some(arc) = arc.filter(is_same) {
            // Whole cycles last as long as their arc, whatever noise says.
            let apart_m = beyond_m - arc.cycles as f64 * phase.wavelength_m;
            if apart_m.abs() > phase.wavelength_m / 2.0 {
                self.arcs.remove(&(station, phase.satellite, phase.signal));
                return None;
            }
            self.learn(time, key, satellite, apart_m);
            let cycles = arc.cycles as f64;
            let generation = satellite.generation;
            return Some((self.keep(time, station, phase, receiver, generation, cycles), apart_m));
        }
        if apart_m.abs() > APART_MAX * phase.wavelength_m {
            return None;
        }
        self.learn(time, key, satellite, apart_m);
        let found = self.keep(time, station, phase, receiver, satellite.generation, cycles);
        Some((found, apart_m))
    }

    fn learn(&mut self, time: GpsTime, key: (Satellite, Signal), of: Constant, apart_m: f64) {
        let metres = of.metres + GAIN * apart_m;
        self.satellites.insert(key, Constant { metres, last: time, ..of });
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a range counted in wavelengths is far inside i64; anything else saturates"
    )]
    fn keep(
        &mut self,
        time: GpsTime,
        station: StationIndex,
        phase: &Further,
        receiver: Constant,
        generation: u32,
        cycles: f64,
    ) -> Found {
        let cycles = cycles as i64;
        let arc = Arc {
            number: phase.arc,
            cycles,
            last: time,
            generation,
            receiver: receiver.generation,
        };
        self.arcs.insert((station, phase.satellite, phase.signal), arc);
        Found { cycles, receiver_m: receiver.metres, generation }
    }

    fn forget(&mut self, time: GpsTime) {
        if self.forgot.is_some_and(|forgot| time - forgot < KEPT_MAX) {
            return;
        }
        self.forgot = Some(time);
        self.satellites.retain(|_, of| time - of.last <= KEPT_MAX);
        self.receivers.retain(|_, of| time - of.last <= KEPT_MAX);
        self.arcs.retain(|_, of| time - of.last <= KEPT_MAX);
    }
}
