//! One virtual station: its place, the whole cycles and lock times that are its own, and its epochs.

use std::sync::Arc;
use std::time::Duration;

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::units::{Cycles, Hertz, Metres};

use crate::model::place::Place;
use crate::model::troposphere::{RELATIVE_HUMIDITY, ZenithDelay, zenith_delay};
use crate::network::local::LocalAir;
use crate::network::observed::Group;
use crate::network::preprocess::StationSetup;
use crate::network::snapshot::NetworkSnapshot;
use crate::network::topology::StationIndex;
use crate::vrs::arcs::{Calendar, Moment, OutputArc, key};
use crate::vrs::bridge::{Bridges, Found};
use crate::vrs::choice::{MasterChoice, SATELLITES_MIN};
use crate::vrs::epoch::{MasterChannel, MasterEpoch, MasterSatellite, Whole, range_rate_m_s};
use crate::vrs::masters::Masters;
use crate::vrs::ramps;

/// A place without a receiver, and what its virtual receiver remembers.
#[derive(Clone, Debug)]
pub struct VirtualStation {
    place: Place,
    /// Where the corrections hold; the rover moves, the station does not.
    point: Place,
    choice: MasterChoice,
    air: Option<LocalAir>,
    zenith: Option<Zenith>,
    /// Satellites lower than this, as a sine, are not told.
    sine_min: Option<f64>,
    /// In order of satellites and signals.
    arcs: Vec<OutputArc>,
    calendar: Option<Calendar>,
    bridges: Bridges,
    last_master: Option<StationIndex>,
}

/// An epoch of a virtual station.
#[derive(Clone, Debug, PartialEq)]
pub struct VirtualEpoch {
    /// What would be measured there, with a null antenna and without a clock error.
    pub epoch: ObsEpoch,
    /// The station whose measurements were displaced.
    pub master: StationIndex,
    /// Satellites that the master saw and that are not told.
    pub withheld: usize,
    /// Whether so many satellites are high that low ones are left out.
    pub is_rich: bool,
}

/// The zenith delays between the place and the correction point.
#[derive(Clone, Copy, Debug)]
struct Zenith {
    /// What slant delays at the place are computed from.
    at_place: ZenithDelay,
    /// How certain the network's is, one sigma, m.
    sigma_m: f64,
    since: GpsTime,
}

/// A phase that was not told for longer begins anew: a rover has given it up by then.
const KEPT_MAX: Duration = Duration::from_mins(1);
/// A phase that has come so far from its code, m, begins anew: MSM reaches 1,171 m (RTCM 10403.3, DF401).
const CODE_APART_MAX_M: f64 = 500.0;
/// Zenith delays are asked for this often; the network's own change as seldom.
const ZENITH_EVERY: Interval = Interval::from_seconds(5);
/// Satellites lower than this are not told anywhere, as a sine: 10° (shared design, network solver, section 1.7), less what the horizon
/// differs over a hundred kilometres.
const SINE_MIN: f64 = 0.15;
/// Satellites above this are not left out for the weather: 15°, the mask of rovers that are careful.
const SINE_WEATHER_MAX: f64 = 0.26;
/// Where so many satellites are higher than [`SINE_RICH`], those below are not told: a rover that takes every satellite at once into its
/// integers loses more by their error than it gains (docs/network.md has what it cost and gained). Twelve are two systems' worth.
const RICH_MIN: usize = 12;
/// It stays so until there are fewer than this.
const RICH_LEAST: usize = 10;
/// 20°, as a sine.
const SINE_RICH: f64 = 0.342;
/// A slant delay that the weather between the stations leaves less certain, one sigma, m, takes the fix of a rover that uses it: two sigmas
/// are a third of a cycle on L1 then. (docs/network.md has what it cost and gained.)
const WEATHER_SIGMA_MAX_M: f64 = 0.030;
/// The mask moves by so much at most at each look at the zenith delays, as a sine: satellites rise and set faster, so that none comes and
/// goes with the weather.
const SINE_STEP: f64 = 2e-4;

impl VirtualStation {
    /// At that place, in the frame of the stations' coordinates.
    pub fn new(place: Ecef) -> Self {
        let place = Place::new(place);
        Self {
            point: place.clone(),
            place,
            choice: MasterChoice::default(),
            air: None,
            zenith: None,
            sine_min: None,
            arcs: Vec::new(),
            calendar: None,
            bridges: Bridges::default(),
            last_master: None,
        }
    }

    /// Where it is.
    pub fn place(&self) -> Ecef {
        self.place.still()
    }

    /// The station that it is made from.
    pub fn master(&self) -> Option<StationIndex> {
        self.choice.current()
    }

    /// Lets its corrections hold where the rover is now; the station stays where it is.
    pub fn follow(&mut self, rover: Ecef) {
        if self.point.still() != rover {
            self.point = Place::new(rover);
            self.air = None;
            self.zenith = None;
        }
    }

    /// Puts it somewhere else, near the rover that it has followed: a rover that knows the new place at the epoch at which it holds keeps its
    /// integers, since whole cycles and lock times go on.
    pub fn move_to(&mut self, place: Ecef) {
        self.place = Place::new(place);
        self.follow(place);
        // It is carried from the correction point to the place.
        self.zenith = None;
    }

    /// Which station it is to be made from at that moment, of those that are `there`.
    pub fn choose_master(
        &mut self,
        snapshot: &NetworkSnapshot,
        now: GpsTime,
        there: impl Fn(StationIndex) -> bool,
    ) -> Option<StationIndex> {
        self.choice.choose(snapshot, snapshot.point(self.point.geodetic()), now, there)
    }

    /// What it measures at the snapshot's epoch, from the stations' epochs as they came; none while the network cannot tell.
    pub fn step<'a>(
        &mut self,
        masters: &mut Masters,
        snapshot: &Arc<NetworkSnapshot>,
        measured: impl Fn(StationIndex) -> Option<(&'a ObsEpoch, &'a StationSetup)>,
    ) -> Option<VirtualEpoch> {
        let there = |station: StationIndex| measured(station).is_some();
        let master = self.choose_master(snapshot, snapshot.time, there)?;
        let (epoch, setup) = measured(master)?;
        self.observe(&*masters.prepare(snapshot, master, epoch, setup)?)
    }

    /// What it measures when a master does; none where too few satellites can be told.
    pub fn observe(&mut self, master: &MasterEpoch) -> Option<VirtualEpoch> {
        let snapshot = &*master.snapshot;
        let time = master.time;
        self.place.move_by_tide(time);
        let zenith = self.zenith(snapshot, time)?;
        let point = || snapshot.point(self.point.geodetic());
        let mut air = LocalAir::renewed(self.air.take(), point, snapshot);
        let told = self.told(master, &mut air, zenith)?;
        self.air = Some(air);
        let calendar = self.calendar.get_or_insert_with(|| Calendar::around(time));
        let now = calendar.moment(time, &mut self.arcs);
        self.arcs.retain(|arc| now.since(arc.last) <= KEPT_MAX);
        if self.last_master.replace(master.station).is_some_and(|last| last != master.station) {
            ramps::begin(&mut lines(&mut self.arcs, master, &told).collect::<Vec<_>>());
        }
        let mut observations = Vec::with_capacity(master.channels.len());
        // Nearly always every phase goes on, and its arc is changed where it is.
        let mut begun = Vec::new();
        for line in lines(&mut self.arcs, master, &told) {
            let (observation, arc) = line.finish(now);
            observations.push(observation);
            begun.extend(arc);
        }
        if !begun.is_empty() {
            // One satellite that rises must not double what thousands of stations hold.
            self.arcs.reserve_exact(begun.len());
            self.arcs.extend(begun);
            self.arcs.sort_unstable_by_key(OutputArc::key);
        }
        let told = told.len();
        (told >= SATELLITES_MIN).then(|| VirtualEpoch {
            epoch: ObsEpoch { time, observations },
            master: master.station,
            withheld: master.seen.len().saturating_sub(told),
            is_rich: self.sine_min == Some(SINE_RICH),
        })
    }

    /// The satellites that can be told, and what is added to each.
    fn told<'a>(
        &mut self,
        master: &'a MasterEpoch,
        air: &mut LocalAir,
        zenith: Zenith,
    ) -> Option<Vec<Told<'a>>> {
        let snapshot = &*master.snapshot;
        let at = (master.station, *snapshot.points.get(master.station.position())?);
        let mut fields = snapshot.satellites.iter().peekable();
        let mut lines = Vec::with_capacity(master.satellites.len());
        for of in &master.satellites {
            while fields.next_if(|(satellite, _)| **satellite < of.satellite).is_some() {}
            let Some((_, field)) = fields.next_if(|(satellite, _)| **satellite == of.satellite)
            else {
                continue;
            };
            let correction = air.correction(field, at, &of.air, master.age_s);
            let Some(correction) = correction.filter(|c| c.withheld.is_none()) else { continue };
            let way = self.way(of, zenith.at_place);
            if way.sin_elevation < SINE_MIN {
                continue;
            }
            let air_m = of.air.ionosphere_m + correction.ionosphere_m;
            let (satellite, group, from) = (of.satellite, field.group, correction.from);
            lines.push(Told {
                of,
                sin_elevation: way.sin_elevation,
                air: Found { satellite, group, from, air_m },
                way_m: way.way_m + correction.geometry_m,
                rate_m_s: way.rate_m_s,
            });
        }
        if zenith.since == master.time {
            let high = lines.iter().filter(|told| told.sin_elevation >= SINE_RICH).count();
            self.sine_min = Some(mask(zenith.sigma_m, high, self.sine_min));
        }
        let sine_min = self.sine_min.unwrap_or(SINE_MIN);
        lines.retain(|told| told.sin_elevation >= sine_min);
        let mut found: Vec<Found> = lines.iter().map(|told| told.air).collect();
        self.bridges.over(master.time, &mut found);
        for (told, found) in lines.iter_mut().zip(found) {
            told.air = found;
        }
        Some(lines)
    }

    /// The zenith delay that slant delays at the place are computed from: the network's at the correction point, carried to the place as a
    /// rover's own model does, since that is what it takes off again.
    fn zenith(&mut self, snapshot: &NetworkSnapshot, time: GpsTime) -> Option<Zenith> {
        let is_fresh = |zenith: &Zenith| (time - zenith.since).abs() < ZENITH_EVERY;
        if let Some(zenith) = self.zenith.filter(is_fresh) {
            return Some(zenith);
        }
        let interpolated = snapshot.zenith_at(self.point.geodetic())?;
        let at_point = interpolated.zenith;
        let at_place = if self.point.still() == self.place.still() {
            at_point
        } else {
            let model = |place: &Place| zenith_delay(place.geodetic(), RELATIVE_HUMIDITY);
            let (here, there) = (model(&self.point), model(&self.place));
            ZenithDelay {
                hydrostatic_m: at_point.hydrostatic_m + there.hydrostatic_m - here.hydrostatic_m,
                wet_m: at_point.wet_m + there.wet_m - here.wet_m,
            }
        };
        self.zenith = Some(Zenith { at_place, sigma_m: interpolated.sigma_m, since: time });
        self.zenith
    }

    /// The way of a signal that arrives at the place at the master's moment.
    ///
    /// It has left earlier or later than the master's by the difference of the ranges, below half a millisecond within 150 km. The satellite
    /// goes less than two metres meanwhile: its range changes by its rate to within a micrometre, and its elevation does not.
    fn way(&self, of: &MasterSatellite, zenith: ZenithDelay) -> SlantWay {
        let way = self.place.way(of.position);
        let earlier_s = (way.range_m - of.range_m) / SPEED_OF_LIGHT;
        let rate_m_s = range_rate_m_s(of.velocity_m_s, way.direction);
        let range_m = way.range_m - rate_m_s * earlier_s;
        let clock_m = of.clock_m - of.clock_rate_m_s * earlier_s;
        SlantWay {
            way_m: range_m - clock_m + zenith.slant_m(way.mapping),
            rate_m_s,
            sin_elevation: way.sin_elevation,
        }
    }
}

/// The channels of what is told, each with its arc if it has one; both are in order of satellites and signals.
fn lines<'a>(
    arcs: &'a mut [OutputArc],
    master: &'a MasterEpoch,
    told: &'a [Told<'a>],
) -> impl Iterator<Item = Line<'a>> {
    let mut arcs = arcs.iter_mut().peekable();
    let channels = told.iter().flat_map(|told| {
        let of = told.of;
        let channels = &master.channels[of.first..of.first + of.count];
        channels.iter().map(|channel| (of.satellite, channel, told.added()))
    });
    channels.map(move |(satellite, channel, added)| {
        let key = key(satellite, channel.signal);
        while arcs.next_if(|arc| arc.key() < key).is_some() {}
        Line::new(satellite, channel, added, arcs.next_if(|arc| arc.key() == key))
    })
}

/// The lowest sine of an elevation that is told where a zenith delay has that sigma and so many satellites are `high`, coming from the mask
/// before.
///
/// A slant delay's sigma is the zenith delay's by the sine, to a few percent down to 10° (Niell 1996).
fn mask(zenith_sigma_m: f64, high: usize, before: Option<f64>) -> f64 {
    let enough = if before == Some(SINE_RICH) { RICH_LEAST } else { RICH_MIN };
    if high >= enough {
        // At once: that a low satellite goes costs a rover nothing.
        return SINE_RICH;
    }
    let wanted = (zenith_sigma_m / WEATHER_SIGMA_MAX_M).clamp(SINE_MIN, SINE_WEATHER_MAX);
    before.map_or(wanted, |before| wanted.clamp(before - SINE_STEP, before + SINE_STEP))
}

/// The way from a satellite, with its clock and the troposphere.
struct SlantWay {
    way_m: f64,
    rate_m_s: f64,
    sin_elevation: f64,
}

/// A satellite that is told.
struct Told<'a> {
    of: &'a MasterSatellite,
    sin_elevation: f64,
    air: Found,
    way_m: f64,
    rate_m_s: f64,
}

impl Told<'_> {
    fn added(&self) -> Added {
        Added { way_m: self.way_m, air_m: self.air.air_m, rate_m_s: self.rate_m_s }
    }
}

/// What a virtual station's measurement has beyond the master's bare one.
#[derive(Clone, Copy, Debug)]
struct Added {
    way_m: f64,
    /// Slant ionosphere on L1.
    air_m: f64,
    rate_m_s: f64,
}

/// A channel in the making.
pub(super) struct Line<'a> {
    satellite: Satellite,
    channel: &'a MasterChannel,
    added: Added,
    /// Its arc, if there is one.
    before: Option<&'a mut OutputArc>,
    /// The phase without its way, m.
    rest_m: Option<f64>,
}

impl<'a> Line<'a> {
    fn new(
        satellite: Satellite,
        channel: &'a MasterChannel,
        added: Added,
        before: Option<&'a mut OutputArc>,
    ) -> Self {
        let rest_m = channel.phase.map(|p| p.value_m - channel.ionosphere * added.air_m);
        Self { satellite, channel, added, before, rest_m }
    }

    /// With which others it may be differenced.
    pub(super) fn family(&self) -> (Option<Group>, Signal) {
        (Group::of(self.satellite), self.channel.signal)
    }

    /// By how much the phase of an arc that goes on would step, m.
    pub(super) fn step_m(&self) -> Option<f64> {
        let before = self.before.as_deref().filter(|arc| Some(arc.whole) == self.whole())?;
        let smooth_m = self.channel.phase?.smooth_m - self.channel.ionosphere * self.added.air_m;
        Some(before.rest_m - smooth_m)
    }

    /// Begins to let a step in slowly.
    pub(super) fn ramp(&mut self, step_m: f64) {
        if let Some(arc) = &mut self.before {
            #[expect(clippy::cast_possible_truncation, reason = "centimetres at most")]
            let left_m = step_m as f32;
            (arc.left_m, arc.ramped) = (left_m, arc.last);
        }
    }

    fn whole(&self) -> Option<Whole> {
        self.channel.phase.map(|phase| phase.whole)
    }

    /// The observation; its arc is what it is after it, or the one that begins is told.
    fn finish(self, now: Moment) -> (Observation, Option<OutputArc>) {
        let (channel, added) = (self.channel, self.added);
        let dispersive_m = channel.ionosphere * added.air_m;
        let code_m = channel.code_m.map(|code_m| code_m + added.way_m + dispersive_m);
        let mut observation = Observation::of(self.satellite, channel.signal);
        observation.glonass_channel = channel.glonass_channel;
        observation.code = code_m.map(Metres);
        observation.cn0 = channel.cn0;
        observation.doppler = channel
            .rate_m_s
            .map(|rate_m_s| Hertz(-(rate_m_s + added.rate_m_s) / channel.wavelength_m));
        let Some((rest_m, whole)) = self.rest_m.zip(self.whole()) else {
            return (observation, None);
        };
        let ramped = |arc: &&OutputArc| arc.whole == whole && arc.left_m.abs() > 0.0;
        let left_m = self.before.as_deref().filter(ramped).map_or(0.0, |arc| {
            f64::from(arc.left_m) * (-now.since(arc.ramped).as_secs_f64() / ramps::RAMP_S).exp()
        });
        let phase_m = rest_m + left_m + added.way_m;
        let apart_m = code_m.map_or(0.0, |code_m| code_m - phase_m);
        let goes_on = |arc: &OutputArc| {
            let left_m = apart_m - f64::from(arc.cycles) * channel.wavelength_m;
            arc.whole == whole && left_m.abs() <= CODE_APART_MAX_M
        };
        let smooth_m = channel.phase.map_or(rest_m, |phase| phase.smooth_m);
        let rest_m = smooth_m - dispersive_m + left_m;
        let fresh = || {
            let cycles = (apart_m / channel.wavelength_m).round();
            OutputArc::begin((self.satellite, channel.signal), whole, now, (cycles, rest_m))
        };
        let (arc, is_new) = match self.before {
            Some(arc) => {
                if goes_on(arc) {
                    (arc.last, arc.rest_m) = (now, rest_m);
                } else {
                    *arc = fresh();
                }
                (*arc, false)
            }
            None => (fresh(), true),
        };
        observation.phase = Some(Cycles(phase_m / channel.wavelength_m + f64::from(arc.cycles)));
        observation.lock_time = Some(now.since(arc.begun));
        (observation, is_new.then_some(arc))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_follows_the_weather_slower_than_satellites_rise() {
        // Beside a station, between two, and in the middle of a triangle of 50 km.
        assert!((mask(0.003, 8, None) - SINE_MIN).abs() < 1e-12);
        assert!((mask(0.006, 8, None) - 0.2).abs() < 1e-12);
        assert!((mask(0.0083, 8, None) - SINE_WEATHER_MAX).abs() < 1e-12);
        // With enough of them higher up, in any weather.
        assert!((mask(0.003, 12, Some(0.16)) - SINE_RICH).abs() < 1e-12);
        assert!((mask(0.003, 10, Some(SINE_RICH)) - SINE_RICH).abs() < 1e-12);
        assert!(mask(0.003, 11, Some(0.16)) < 0.161 && mask(0.003, 9, Some(SINE_RICH)) < SINE_RICH);
        let step = mask(0.006, 8, Some(0.16)) - 0.16;
        assert!((step - SINE_STEP).abs() < 1e-12, "{step}");
        // The slowest that rise and set, BeiDou's inclined ones at their turning points aside, take half a day for their way over the sky.
        let slowest_per_look = std::f64::consts::PI / 43_200.0 * ZENITH_EVERY.seconds();
        assert!(SINE_STEP < slowest_per_look * 0.97);
    }
}
