//! What a station's receiver measures: signals, phases, multipath and the air, epoch by epoch into a tally.

use std::collections::{BTreeMap, BTreeSet};

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::units::Hertz;
use tianshu_positioning::network::observed::{ObservedCarrier, ObservedSatellite};
use tianshu_positioning::network::preprocess::{Preprocessor, StationSetup, sky};
use tianshu_positioning::network::topology::StationIndex;

use crate::quality::air::Air;
use crate::quality::arcs::{PhaseArcs, away_max};
use crate::quality::multipath::{Arcs, Multipath, WINDOW, combination_m};
use crate::quality::scatter::Scatter;
use crate::quality::sky::{MASK_RAD, Sky, Visible};
use crate::quality::tally::Tally;

/// A signal that was not heard of a satellite for so long is not expected of it any more: receivers are set up anew, satellites too.
const HEARD_FOR: Interval = Interval::from_seconds(3 * 86_400);

/// A station's receiver at its place.
#[derive(Clone, Debug)]
pub struct Receiver {
    place: Ecef,
    horizon: Geodetic,
    phases: Preprocessor,
    arcs: PhaseArcs,
    multipath: Multipath,
    /// The scatters of the windows that ended at the last quarter of the hour.
    last_windows: BTreeMap<Signal, Scatter>,
    air: Air,
    visible: Visible,
    heard: BTreeMap<Satellite, Vec<(Signal, GpsTime)>>,
    last: Option<GpsTime>,
    /// The last spacings of epochs, as the preprocessing sees them: what it takes for another arc is then no slip here.
    spacings: [Interval; 3],
}

impl Receiver {
    /// A receiver at that place, which has to be right to some ten metres.
    pub fn new(station: StationIndex, place: Ecef) -> Self {
        Self {
            place,
            horizon: place.to_geodetic(GRS80),
            phases: Preprocessor::new(station, StationSetup { place, antenna: None }),
            arcs: PhaseArcs::default(),
            multipath: Multipath::default(),
            last_windows: BTreeMap::new(),
            air: Air::default(),
            visible: Visible::default(),
            heard: BTreeMap::new(),
            last: None,
            spacings: [Interval::from_seconds(1); 3],
        }
    }

    /// Where it stands.
    pub fn place(&self) -> Ecef {
        self.place
    }

    /// The satellites that it should see.
    pub fn visible(&self) -> &Visible {
        &self.visible
    }

    /// Multipath by signal over the windows in progress and those of the quarter of an hour before.
    pub fn multipath(&self) -> BTreeMap<Signal, Scatter> {
        let mut all = self.last_windows.clone();
        for (signal, scatter) in self.multipath.open() {
            all.entry(signal).or_default().join(&scatter);
        }
        all
    }

    /// Takes an epoch in.
    pub fn take(&mut self, epoch: &ObsEpoch, sky: &mut Sky, tally: &mut Tally) {
        let time = epoch.time;
        sky.look(time, self.place, self.horizon, &mut self.visible);
        // Stations' epochs come one by one, so that each has the satellites placed for itself.
        let mut placed = sky::Sky::new(time, sky.ephemerides());
        let observed = self.phases.step(time, epoch, &mut placed);
        if let Some(last) = self.last.filter(|last| *last < time) {
            self.spacings.rotate_right(1);
            self.spacings[0] = time - last;
        }
        self.last = Some(time);
        let away = away_max(self.spacings.into_iter().min());
        for (satellite, seen) in epoch.by_satellite() {
            let ready = observed.get(satellite);
            let went = ready.map(|r| self.arcs.satellite(time, r, away)).unwrap_or_default();
            let elevation_rad = self.visible.elevation_rad(satellite).filter(|e| *e >= MASK_RAD);
            let by_lock: Vec<(u32, bool)> =
                seen.iter().map(|one| self.arcs.signal(time, one, away)).collect();
            let Some(elevation_rad) = elevation_rad else { continue };
            let mut broke_another = false;
            let mut codes = Vec::with_capacity(seen.len());
            for (one, (told, by_lock)) in seen.iter().zip(by_lock) {
                let code = ready.and_then(|r| multipath_m(one, seen, r)).map(|code| {
                    let arcs = Arcs { told, ..code.arcs };
                    let channel = (satellite, one.signal);
                    let (number, broke) =
                        self.arcs.difference(time, channel, arcs, code.difference_m);
                    broke_another |= broke;
                    (code.value_m, Arcs { told: told + number, ..arcs })
                });
                // The preprocessing judges one signal of each carrier that the network fixes; of the others their lock times tell.
                broke_another |= by_lock && one.phase.is_some();
                codes.push((code, by_lock));
            }
            if went.was_there || broke_another {
                tally.slips.count(went.slipped || broke_another);
            }
            for (one, (code, by_lock)) in seen.iter().zip(codes) {
                self.hear(time, one);
                let of_signal = tally.signals.entry(one.signal).or_default();
                if let Some(cn0) = one.cn0.filter(|cn0| cn0.0 > 0.0) {
                    of_signal.cn0(elevation_rad, cn0.0);
                }
                let broke = by_lock || went.slipped && one.phase.is_some();
                of_signal.interruptions += u32::from(broke);
                if let Some((value_m, arcs)) = code {
                    let over = self.multipath.take(time, (satellite, one.signal), arcs, value_m);
                    if let Some(scatter) = over {
                        of_signal.multipath_m.join(&scatter);
                    }
                }
            }
            if let Some(ready) = ready {
                self.take_air(time, ready, tally);
            }
        }
        self.count_expected(time, tally);
    }

    /// Ends what ends with a minute: windows of a quarter that is over, and what has not been seen for long.
    pub fn end_minute(&mut self, until: GpsTime, tally: &mut Tally) {
        let mut ended: BTreeMap<Signal, Scatter> = BTreeMap::new();
        self.multipath.end_before(until, |signal, scatter| {
            ended.entry(signal).or_default().join(&scatter);
        });
        if until.nanos().rem_euclid(WINDOW.nanos()) == 0 {
            self.last_windows.clone_from(&ended);
        }
        for (signal, scatter) in &ended {
            tally.signals.entry(*signal).or_default().multipath_m.join(scatter);
        }
        self.air.forget(until);
        self.arcs.forget(until);
        for signals in self.heard.values_mut() {
            signals.retain(|(_, last)| until - *last <= HEARD_FOR);
        }
        self.heard.retain(|_, signals| !signals.is_empty());
    }

    /// Ends everything, as at the end of a file.
    pub fn end(&mut self, tally: &mut Tally) {
        self.multipath.end_all(|signal, scatter| {
            tally.signals.entry(signal).or_default().multipath_m.join(&scatter);
        });
    }

    fn hear(&mut self, time: GpsTime, seen: &Observation) {
        if seen.code.is_none() && seen.phase.is_none() {
            return;
        }
        let signals = self.heard.entry(seen.satellite).or_default();
        match signals.iter_mut().find(|(signal, _)| *signal == seen.signal) {
            Some((_, last)) => *last = time,
            None => signals.push((seen.signal, time)),
        }
    }

    fn take_air(&mut self, time: GpsTime, ready: &ObservedSatellite, tally: &mut Tally) {
        let tracked = |c: &&ObservedCarrier| c.phase_m.is_some() && c.arc != 0;
        let mut two = ready.carriers.iter().filter(tracked);
        let (Some(a), Some(b)) = (two.next(), two.next()) else { return };
        let (Some(a_m), Some(b_m)) = (a.phase_m, b.phase_m) else { return };
        let delay_m = (a_m - b_m) / (b.ionosphere - a.ionosphere);
        let over = self.air.take(time, ready.satellite, (a.arc, b.arc), delay_m);
        if let Some(scatter) = over {
            tally.air.join(&scatter);
        }
    }

    /// Counts what should have been observed, and whether it was.
    fn count_expected(&self, time: GpsTime, tally: &mut Tally) {
        let systems: BTreeSet<Constellation> =
            self.heard.keys().map(|satellite| satellite.constellation()).collect();
        for seen in self.visible.above_mask() {
            let satellite = seen.satellite;
            if !systems.contains(&satellite.constellation()) {
                continue;
            }
            let heard = self.heard.get(&satellite).map_or(&[][..], Vec::as_slice);
            let is_there = |last: &GpsTime| *last == time;
            tally.satellites.count(heard.iter().any(|(_, last)| is_there(last)));
            for (signal, last) in heard {
                tally.signals.entry(*signal).or_default().observed.count(is_there(last));
            }
        }
    }
}

/// A code against two phases.
struct CodeValue {
    /// Its multipath, m but for a constant of the arcs.
    value_m: f64,
    /// The one phase less the other, m.
    difference_m: f64,
    arcs: Arcs,
}

/// The multipath of a signal's code; none without its own phase and that of another carrier.
fn multipath_m(
    one: &Observation,
    seen: &[Observation],
    ready: &ObservedSatellite,
) -> Option<CodeValue> {
    let channel = one.glonass_channel.or_else(|| seen.iter().find_map(|o| o.glonass_channel));
    // The preprocessing knows the channels of GLONASS from the ephemerides, where a file or stream does not tell them.
    let hertz = |signal: Signal| {
        let by_wavelength =
            || Some(Hertz(SPEED_OF_LIGHT / ready.carrier(signal.band())?.wavelength_m));
        signal.carrier(channel).or_else(by_wavelength)
    };
    let own_hz = hertz(one.signal)?;
    let own_m = one.phase.filter(|_| !one.half_cycle_ambiguous)?.on(own_hz).0;
    let code_m = one.code?.0;
    let own_arc = ready.carrier(one.signal.band()).map_or(0, |carrier| carrier.arc);
    ready.carriers.iter().filter(|c| c.signal.band() != one.signal.band() && c.arc != 0).find_map(
        |other| {
            let with = seen.iter().find(|o| o.signal == other.signal)?;
            let other_hz = hertz(other.signal)?;
            let other_m = with.phase?.on(other_hz).0;
            let value_m = combination_m(code_m, (own_m, own_hz.0), (other_m, other_hz.0))?;
            let other = (other.signal.band(), other.arc);
            let arcs = Arcs { own: own_arc, other, told: 0 };
            Some(CodeValue { value_m, difference_m: own_m - other_m, arcs })
        },
    )
}
