//! Masters: each station's epochs made ready for its virtual stations, with what is remembered of its receiver.

use std::collections::BTreeMap;
use std::sync::Arc;

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::model::place::Place;
use crate::network::local::{AirHere, LocalAir};
use crate::network::median::median;
use crate::network::observed::Group;
use crate::network::preprocess::StationSetup;
use crate::network::snapshot::NetworkSnapshot;
use crate::network::topology::StationIndex;
use crate::vrs::bridge::{Bridges, Found};
use crate::vrs::channels::{ChannelMemory, Value};
use crate::vrs::clocks::Clocks;
use crate::vrs::epoch::{Draft, Ends, MasterEpoch, MasterPhase, Whole, moved};
use crate::vrs::signals::{Further, FurtherSignals};

/// Makes masters' epochs; remembers each station's receiver.
#[derive(Clone, Debug, Default)]
pub struct Masters {
    stations: BTreeMap<StationIndex, Memory>,
    further: FurtherSignals,
}

/// What is remembered of a station.
#[derive(Clone, Debug)]
struct Memory {
    place: Place,
    air: Option<LocalAir>,
    bridges: Bridges,
    channels: BTreeMap<(Satellite, Signal), ChannelMemory>,
    code_biases: BTreeMap<(Group, Signal), CodeBias>,
    last: Option<Arc<MasterEpoch>>,
    next_arc: u32,
}

/// By how much a signal's codes are longer than its phases, in the mean of the satellites.
#[derive(Clone, Copy, Debug)]
struct CodeBias {
    mean_m: f64,
    count: f64,
    receiver: Option<[u32; 2]>,
}

/// Epochs that a code bias remembers: multipath lasts a minute, hardware days.
const BIAS_EPOCHS: f64 = 300.0;
/// Longer than this away, and a phase is another one,
const GAP_MAX: Interval = Interval::from_seconds(10);
/// or than this, where epochs are farther apart.
const GAP_BETWEEN_EPOCHS_MAX: Interval = Interval::from_seconds(90);
/// A receiver's clock that is farther off, s, has its satellites computed anew for the moment itself: they move by millimetres more than
/// straight on.
const CLOCK_STRAIGHT_S: f64 = 2e-3;
/// A station whose last epoch is so much older than another's is forgotten.
const FORGET_AFTER: Interval = Interval::from_seconds(600);

impl Masters {
    /// Nothing is remembered yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A station's epoch, ready to be displaced by what the network knows; none where that is nothing. The same epoch asked for again is the
    /// same answer.
    pub fn prepare(
        &mut self,
        snapshot: &Arc<NetworkSnapshot>,
        station: StationIndex,
        measured: &ObsEpoch,
        setup: &StationSetup,
    ) -> Option<Arc<MasterEpoch>> {
        let memory = self.stations.entry(station).or_insert_with(|| Memory::new(setup));
        if memory.place.still() != setup.place {
            *memory = Memory::new(setup);
        }
        let is_same = |last: &Arc<MasterEpoch>| {
            last.time == measured.time && Arc::ptr_eq(&last.snapshot, snapshot)
        };
        if let Some(last) = memory.last.as_ref().filter(|last| is_same(last)) {
            return Some(Arc::clone(last));
        }
        let further = &mut self.further;
        let made = Arc::new(memory.prepare(snapshot, station, measured, setup, further)?);
        memory.last = Some(Arc::clone(&made));
        Some(made)
    }

    /// Forgets stations that have told nothing for long.
    pub fn forget_before(&mut self, now: GpsTime) {
        let is_recent = |epoch: &Arc<MasterEpoch>| now - epoch.time <= FORGET_AFTER;
        self.stations.retain(|_, memory| memory.last.as_ref().is_some_and(is_recent));
    }
}

impl Memory {
    fn new(setup: &StationSetup) -> Self {
        Self {
            place: Place::new(setup.place),
            air: None,
            bridges: Bridges::default(),
            channels: BTreeMap::new(),
            code_biases: BTreeMap::new(),
            last: None,
            next_arc: 0,
        }
    }

    fn prepare(
        &mut self,
        snapshot: &Arc<NetworkSnapshot>,
        station: StationIndex,
        measured: &ObsEpoch,
        setup: &StationSetup,
        further: &mut FurtherSignals,
    ) -> Option<MasterEpoch> {
        let time = measured.time;
        let age_s = (time - snapshot.time).seconds();
        let point = *snapshot.points.get(station.position())?;
        self.place.move_by_tide(time);
        let mut air = LocalAir::renewed(self.air.take(), || point, snapshot);
        let zenith = snapshot.zenith_at(self.place.geodetic())?.zenith;
        let mut made = MasterEpoch {
            station,
            time,
            snapshot: Arc::clone(snapshot),
            age_s,
            satellites: Vec::new(),
            channels: Vec::with_capacity(measured.observations.len()),
            seen: measured.by_satellite().map(|(satellite, _)| satellite).collect(),
        };
        let airs = self.airs(snapshot, station, &mut air, age_s, time);
        let ends = Ends { place: &self.place, zenith, setup };
        let (drafts, offset_s) = made.add_lines(measured, &ends, &airs);
        self.air = Some(air);
        self.take_off_whole_cycles(measured, &mut made, &drafts);
        self.take_off_clocks(&mut made, &drafts, further);
        self.bring_to_the_moment(&mut made, offset_s?);
        let gap_max = self.gap_max(time);
        self.channels.retain(|_, memory| time - memory.last <= gap_max);
        Some(made)
    }

    /// The ionosphere above the station, satellite by satellite: as it is, and as it goes on without a step, m.
    fn airs(
        &mut self,
        snapshot: &NetworkSnapshot,
        station: StationIndex,
        air: &mut LocalAir,
        age_s: f64,
        time: GpsTime,
    ) -> BTreeMap<Satellite, (AirHere, f64)> {
        let mut found = Vec::with_capacity(snapshot.satellites.len());
        let mut airs = Vec::with_capacity(snapshot.satellites.len());
        for (satellite, field) in &snapshot.satellites {
            // Only with the station itself among the values is what it measures known.
            if field.ionosphere_m.get(station.position()).copied().flatten().is_none() {
                continue;
            }
            let Some(own) = air.at(field, age_s) else { continue };
            let (from, air_m) = (own.from, own.ionosphere_m);
            found.push(Found { satellite: *satellite, group: field.group, from, air_m });
            airs.push(own);
        }
        self.bridges.over(time, &mut found);
        let bridged = found.into_iter().zip(airs);
        bridged.map(|(found, air)| (found.satellite, (air, found.air_m))).collect()
    }

    /// How long a phase may be away: where epochs are farther apart than usual, half an epoch longer.
    fn gap_max(&self, time: GpsTime) -> Interval {
        let spacing = self.last.as_ref().map_or(Interval::ZERO, |last| time - last.time);
        let by_epochs = Interval::from_nanos(spacing.nanos() / 2 * 3);
        GAP_MAX.max(by_epochs.min(GAP_BETWEEN_EPOCHS_MAX))
    }

    /// Takes the network's whole cycles off where they are known; other phases keep their receiver's.
    fn take_off_whole_cycles(
        &mut self,
        measured: &ObsEpoch,
        made: &mut MasterEpoch,
        drafts: &[Draft],
    ) {
        let (time, station) = (made.time, made.station);
        let gap_max = self.gap_max(time);
        let snapshot = Arc::clone(&made.snapshot);
        for draft in drafts {
            for channel in &mut made.channels[draft.channels.clone()] {
                let Some(phase) = &mut channel.phase else { continue };
                let key = (draft.satellite, channel.signal);
                let observation = measured.get(draft.satellite, channel.signal);
                let lock = observation.and_then(|o| o.lock_time);
                let in_doubt = observation.is_some_and(|o| o.half_cycle_ambiguous);
                let next_arc = &mut self.next_arc;
                let memory = self.channels.entry(key).or_insert_with(|| {
                    *next_arc += 1;
                    let arc = *next_arc;
                    ChannelMemory { last: time, lock, arc, value: None, broken: None }
                });
                let is_shrunk = memory.lock.zip(lock).is_some_and(|(before, now)| now < before);
                let is_new = memory.last < time && lock.is_some_and(|lock| lock.is_zero());
                if in_doubt || is_shrunk || is_new || time - memory.last > gap_max {
                    memory.break_at(time, next_arc);
                }
                (memory.last, memory.lock) = (time, lock);
                let known = snapshot
                    .frame
                    .phase(station, (draft.satellite, channel.signal.band()))
                    .filter(|known| known.signal == channel.signal)
                    .filter(|_| memory.broken.is_none_or(|broken| snapshot.time >= broken));
                phase.whole = Whole::Own(station, memory.arc);
                if let Some(known) = known {
                    phase.value_m -= known.cycles as f64 * channel.wavelength_m;
                    phase.whole = Whole::Network(known.generation);
                }
                if in_doubt {
                    channel.phase = None;
                }
            }
        }
    }

    /// Takes the receiver's clock off phases and codes, group by group and carrier by carrier; whatever the receiver adds to all satellites of
    /// one goes with it.
    fn take_off_clocks(
        &mut self,
        made: &mut MasterEpoch,
        drafts: &[Draft],
        further: &mut FurtherSignals,
    ) {
        let clocks = Clocks::of(made, drafts);
        Self::find_further_cycles(made, drafts, &clocks, further);
        let biases = self.code_biases(made, drafts, &clocks);
        let drift_m_s = median(made.channels.iter().filter_map(|c| c.rate_m_s)).unwrap_or(0.0);
        let time = made.time;
        for draft in drafts {
            for channel in &mut made.channels[draft.channels.clone()] {
                let clock_m = clocks.at(draft.group, channel.signal.band(), channel.ionosphere);
                let bias_m = biases.get(&(draft.group, channel.signal));
                channel.code_m = channel
                    .code_m
                    .zip(clock_m.zip(bias_m))
                    .map(|(code_m, (clock_m, bias_m))| code_m - clock_m - bias_m);
                channel.rate_m_s = channel.rate_m_s.map(|rate_m_s| rate_m_s - drift_m_s);
                channel.phase = channel.phase.zip(clock_m).map(|(phase, clock_m)| MasterPhase {
                    value_m: phase.value_m - clock_m,
                    ..phase
                });
                let Some(phase) = &mut channel.phase else { continue };
                let (whole, metres) = (phase.whole, phase.value_m);
                let now = Value { at: time, whole, issue: draft.issue, metres, smooth_m: metres };
                let memory = self.channels.get_mut(&(draft.satellite, channel.signal));
                match memory.map(|memory| memory.follow(now, &mut self.next_arc)) {
                    Some(Some(smooth_m)) => phase.smooth_m = smooth_m,
                    Some(None) => channel.phase = None,
                    None => phase.smooth_m = metres,
                }
            }
        }
    }

    /// Whole cycles of signals beyond the two carriers of each group's foundation.
    fn find_further_cycles(
        made: &mut MasterEpoch,
        drafts: &[Draft],
        clocks: &Clocks,
        further: &mut FurtherSignals,
    ) {
        let mut lines: BTreeMap<Signal, Vec<(usize, Further)>> = BTreeMap::new();
        // Of GLONASS' further signals each satellite would have whole cycles of another length: they keep their receiver's.
        for draft in drafts.iter().filter(|draft| draft.group != Group::Glonass) {
            let [first, second] = draft.group.foundation();
            let level = |band| made.snapshot.frame.phase(made.station, (draft.satellite, band));
            let Some((a, b)) = level(first).zip(level(second)) else { continue };
            let Some(value) = clocks.satellite(made, draft) else { continue };
            for place in draft.channels.clone() {
                let channel = &made.channels[place];
                let is_own = ![a.signal, b.signal].contains(&channel.signal);
                let Some(phase) = channel.phase.filter(|_| is_own) else { continue };
                let Some(clock_m) =
                    clocks.at(draft.group, channel.signal.band(), channel.ionosphere)
                else {
                    continue;
                };
                let value_m = value[0].towards(value[1], channel.ionosphere);
                let Whole::Own(_, arc) = phase.whole else { continue };
                let one = Further {
                    satellite: draft.satellite,
                    signal: channel.signal,
                    wavelength_m: channel.wavelength_m,
                    beyond_m: phase.value_m - value_m - clock_m,
                    arc,
                    of_satellite: [a.generation, b.generation],
                    of_receiver: [a.receiver, b.receiver],
                };
                lines.entry(channel.signal).or_default().push((place, one));
            }
        }
        for (signal, lines) in lines {
            let phases: Vec<Further> = lines.iter().map(|(_, phase)| *phase).collect();
            let found = further.solve(made.time, made.station, signal, &phases);
            for ((place, _), found) in lines.iter().zip(found) {
                let channel = &mut made.channels[*place];
                if let Some((phase, found)) = channel.phase.as_mut().zip(found) {
                    phase.value_m -= found.cycles as f64 * channel.wavelength_m + found.receiver_m;
                    phase.whole = Whole::Further(found.generation);
                }
            }
        }
    }

    /// By how much each signal's codes are longer than its phases: what was learnt, with this epoch.
    fn code_biases(
        &mut self,
        made: &MasterEpoch,
        drafts: &[Draft],
        clocks: &Clocks,
    ) -> BTreeMap<(Group, Signal), f64> {
        let mut codes: BTreeMap<(Group, Signal), [f64; 3]> = BTreeMap::new();
        for draft in drafts {
            for channel in &made.channels[draft.channels.clone()] {
                if let Some(code_m) = channel.code_m {
                    let sums = codes.entry((draft.group, channel.signal)).or_default();
                    sums[0] += code_m;
                    sums[1] += 1.0;
                    sums[2] = channel.ionosphere;
                }
            }
        }
        let mut biases = BTreeMap::new();
        for ((group, signal), [sum, count, ionosphere]) in codes {
            let Some(clock_m) = clocks.at(group, signal.band(), ionosphere) else { continue };
            if group == Group::Glonass {
                // Its codes stay where its phases are: that they are aligned is what is told of them.
                biases.insert((group, signal), 0.0);
                continue;
            }
            let receiver = made.receiver_of(group);
            let now_m = sum / count - clock_m;
            let fresh = CodeBias { mean_m: now_m, count: 0.0, receiver };
            let bias = self.code_biases.entry((group, signal)).or_insert(fresh);
            if bias.receiver != receiver {
                *bias = fresh;
            }
            bias.count = (bias.count + 1.0).min(BIAS_EPOCHS);
            bias.mean_m += (now_m - bias.mean_m) / bias.count;
            biases.insert((group, signal), bias.mean_m);
        }
        biases
    }

    /// Moves satellites from where they transmitted what the receiver got at its tag to where they do at the moment itself.
    fn bring_to_the_moment(&self, made: &mut MasterEpoch, offset_s: f64) {
        for of in &mut made.satellites {
            let mut late_s = offset_s;
            if offset_s.abs() > CLOCK_STRAIGHT_S {
                let Some(field) = made.snapshot.satellites.get(&of.satellite) else { continue };
                let travel = Interval::from_seconds_f64(of.range_m / SPEED_OF_LIGHT);
                let Ok(state) = field.ephemeris.state(made.time - travel) else { continue };
                of.position = state.position;
                of.velocity_m_s = state.velocity_m_s;
                of.clock_m = SPEED_OF_LIGHT * state.clock_s;
                late_s = 0.0;
            }
            of.position = moved(of.position, of.velocity_m_s, late_s);
            of.clock_m += of.clock_rate_m_s * late_s;
            of.range_m = crate::model::range::range_m(self.place.moved(), of.position);
        }
    }
}
