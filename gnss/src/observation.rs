//! Observations: what a receiver measured at one epoch, signal by signal.

use std::time::Duration;

use crate::satellite::Satellite;
use crate::signal::Signal;
use crate::time::gps::GpsTime;
use crate::units::{Cycles, DbHz, Hertz, Metres};

/// One signal of one satellite at one epoch. What was not measured is absent, never zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// Who transmitted.
    pub satellite: Satellite,
    /// On which signal.
    pub signal: Signal,
    /// The frequency channel of a GLONASS FDMA signal, if known; none for every other signal.
    pub glonass_channel: Option<i8>,
    /// Code measurement (pseudorange).
    pub code: Option<Metres>,
    /// Carrier phase; grows with the range. Its integer part is arbitrary but constant over an arc.
    pub phase: Option<Cycles>,
    /// Doppler shift, positive when approaching.
    pub doppler: Option<Hertz>,
    /// Carrier-to-noise density ratio.
    pub cn0: Option<DbHz>,
    /// For at least how long the phase was tracked without interruption, where the receiver told.
    /// A value that shrinks, or is smaller than the epoch interval, means a slip.
    pub lock_time: Option<Duration>,
    /// Whether half a cycle may still be missing from the phase.
    pub half_cycle_ambiguous: bool,
}

/// What one receiver measured at one epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct ObsEpoch {
    /// The receiver's time tag.
    pub time: GpsTime,
    /// The observations, sorted by satellite and signal, each pair at most once.
    pub observations: Vec<Observation>,
}

impl Observation {
    /// A signal of which nothing is measured yet.
    pub fn of(satellite: Satellite, signal: Signal) -> Self {
        Self {
            satellite,
            signal,
            glonass_channel: None,
            code: None,
            phase: None,
            doppler: None,
            cn0: None,
            lock_time: None,
            half_cycle_ambiguous: false,
        }
    }

    /// The carrier of this signal; unknown for a GLONASS FDMA signal without its channel.
    pub fn carrier(&self) -> Option<Hertz> {
        self.signal.carrier(self.glonass_channel)
    }
}

impl ObsEpoch {
    /// An epoch of those observations: sorted, and of a repeated satellite and signal the first kept.
    pub fn new(time: GpsTime, mut observations: Vec<Observation>) -> Self {
        observations.sort_by_key(|o| (o.satellite, o.signal));
        observations.dedup_by_key(|o| (o.satellite, o.signal));
        Self { time, observations }
    }

    /// The observations, satellite by satellite.
    pub fn by_satellite(&self) -> impl Iterator<Item = (Satellite, &[Observation])> {
        self.observations
            .chunk_by(|a, b| a.satellite == b.satellite)
            .filter_map(|chunk| chunk.first().map(|first| (first.satellite, chunk)))
    }

    /// One satellite's observation of one signal.
    pub fn get(&self, satellite: Satellite, signal: Signal) -> Option<&Observation> {
        self.observations
            .binary_search_by_key(&(satellite, signal), |o| (o.satellite, o.signal))
            .ok()
            .and_then(|i| self.observations.get(i))
    }
}
