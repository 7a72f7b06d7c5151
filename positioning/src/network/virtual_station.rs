//! A virtual station: what a receiver at another place would measure, from what a real one measured and what the network knows.

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::units::Metres;

use crate::model::antenna::{Arrival, to_null_antenna};
use crate::model::range::{sight, transmitted_by_light_time};
use crate::model::tide::solid_earth_tide;
use crate::model::troposphere::mapping;
use crate::network::median::median;
use crate::network::observed::IONOSPHERE_REFERENCE_HZ;
use crate::network::preprocess::StationSetup;
use crate::network::snapshot::NetworkSnapshot;
use crate::network::topology::StationIndex;
use crate::network::topology::keeper::StationHealth;
use crate::network::troposphere::Interpolated;

/// A place without a receiver, and the station that measures for it.
#[derive(Clone, Debug)]
pub struct VirtualStation {
    place: Ecef,
    geodetic: Geodetic,
    master: Option<StationIndex>,
}

/// An epoch of a virtual station.
#[derive(Clone, Debug, PartialEq)]
pub struct VirtualEpoch {
    /// What would be measured there, with a null antenna.
    pub epoch: ObsEpoch,
    /// The station whose measurements were displaced.
    pub master: StationIndex,
    /// Satellites that the master saw and that are not told.
    pub withheld: usize,
}

/// A master is kept while it has this share of the satellites of the best station: another one's phases are all new to the rover.
const KEPT_SHARE: f64 = 0.6;
/// A master has at least this share of the satellites of the best station.
const SHARE_MIN: f64 = 0.9;
/// Fewer satellites than this are no epoch.
const SATELLITES_MIN: usize = 4;

impl VirtualStation {
    /// At that place, in the frame of the stations' coordinates.
    pub fn new(place: Ecef) -> Self {
        Self { place, geodetic: place.to_geodetic(GRS80), master: None }
    }

    /// Where it is.
    pub fn place(&self) -> Ecef {
        self.place
    }

    /// What it measures at the snapshot's epoch, from the stations' epochs as they came; none while the network cannot tell.
    pub fn step<'a>(
        &mut self,
        snapshot: &NetworkSnapshot,
        measured: impl Fn(StationIndex) -> Option<(&'a ObsEpoch, &'a StationSetup)>,
    ) -> Option<VirtualEpoch> {
        let has_epoch = |station: StationIndex| measured(station).is_some();
        let master = self.choose_master(snapshot, has_epoch)?;
        let changed = self.master.is_some_and(|before| before != master);
        let (epoch, setup) = measured(master)?;
        let mut result = displaced(snapshot, master, epoch, setup, self.place)?;
        self.master = Some(master);
        if changed {
            // Another receiver's phases: every arc is a new one.
            for observation in &mut result.epoch.observations {
                observation.lock_time = Some(std::time::Duration::ZERO);
            }
        }
        Some(result)
    }

    /// The nearest station that has nearly all satellites, with hysteresis.
    fn choose_master(
        &self,
        snapshot: &NetworkSnapshot,
        has_epoch: impl Fn(StationIndex) -> bool,
    ) -> Option<StationIndex> {
        let here = snapshot.point(self.geodetic);
        let all = (0..=u16::MAX).map(StationIndex).zip(&snapshot.stations);
        let mut usable: Vec<(f64, StationIndex, usize)> = all
            .filter(|(station, view)| {
                view.health == StationHealth::Up
                    && view.levelled >= SATELLITES_MIN
                    && has_epoch(*station)
            })
            .map(|(station, view)| {
                let distance_m = snapshot.points[station.position()].distance_m(here);
                (distance_m, station, view.levelled)
            })
            .collect();
        usable.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        usable.truncate(6);
        let most = usable.iter().map(|(_, _, levelled)| *levelled).max()?;
        let before = usable.iter().find(|(_, station, _)| Some(*station) == self.master);
        if let Some((_, station, levelled)) = before
            && *levelled as f64 >= KEPT_SHARE * most as f64
        {
            return Some(*station);
        }
        let enough = |levelled: usize| levelled as f64 >= SHARE_MIN * most as f64;
        usable.iter().find(|(_, _, levelled)| enough(*levelled)).map(|(_, station, _)| *station)
    }
}

/// Displaces a station's epoch to another place.
fn displaced(
    snapshot: &NetworkSnapshot,
    master: StationIndex,
    measured: &ObsEpoch,
    setup: &StationSetup,
    place: Ecef,
) -> Option<VirtualEpoch> {
    let ends = Ends::of(snapshot, measured, setup.place, place)?;
    let corrections = snapshot.corrections(master, ends.there.geodetic);
    let mut observations = Vec::with_capacity(measured.observations.len());
    let (mut told, mut withheld) = (0, 0);
    for (satellite, seen) in measured.by_satellite() {
        let Some(correction) = corrections.get(&satellite).filter(|c| c.withheld.is_none()) else {
            withheld += 1;
            continue;
        };
        let Some(field) = snapshot.satellites.get(&satellite) else { continue };
        let Some(moved) = ends.moved(&field.ephemeris) else { continue };
        let common_m = moved.path_m + correction.geometry_m;
        told += 1;
        for observation in seen {
            let mut there = *observation;
            if let Some(antenna) = &setup.antenna {
                to_null_antenna(antenna, &mut there, moved.arrival);
            }
            if displace(&mut there, common_m, correction.ionosphere_m) {
                observations.push(there);
            }
        }
    }
    (told >= SATELLITES_MIN).then(|| VirtualEpoch {
        epoch: ObsEpoch::new(measured.time, observations),
        master,
        withheld,
    })
}

/// Moves code and phase by a path and by an ionosphere, both m.
fn displace(observation: &mut Observation, path_m: f64, ionosphere_m: f64) -> bool {
    let Some(carrier) = observation.carrier() else { return false };
    let dispersive_m = ionosphere_m * (IONOSPHERE_REFERENCE_HZ / carrier.0).powi(2);
    observation.code = observation.code.map(|code| Metres(code.0 + path_m + dispersive_m));
    if let Some(phase) = &mut observation.phase {
        phase.0 += Metres(path_m - dispersive_m).in_cycles_of(carrier).0;
    }
    // The rate is that of the master's own path.
    observation.doppler = None;
    true
}

/// The master and the virtual station at one moment.
struct Ends {
    received: GpsTime,
    here: End,
    there: End,
}

/// One of them: its place with the tide, and the air above it.
struct End {
    place: Ecef,
    geodetic: Geodetic,
    air: Interpolated,
}

/// What lies between them towards one satellite.
struct Moved {
    /// Range, satellite clock and troposphere there less here, m.
    path_m: f64,
    /// From where the master sees it.
    arrival: Arrival,
}

impl Ends {
    fn of(
        snapshot: &NetworkSnapshot,
        measured: &ObsEpoch,
        here: Ecef,
        there: Ecef,
    ) -> Option<Self> {
        let end = |place: Ecef| {
            let geodetic = place.to_geodetic(GRS80);
            let moved = place + solid_earth_tide(place, snapshot.time);
            Some(End { place: moved, geodetic, air: snapshot.zenith_at(geodetic)? })
        };
        let (here, there) = (end(here)?, end(there)?);
        let clock_s = receiver_clock_s(snapshot, measured, here.place)?;
        let received = measured.time - Interval::from_seconds_f64(clock_s);
        Some(Self { received, here, there })
    }

    fn moved(&self, ephemeris: &Ephemeris) -> Option<Moved> {
        let (here_m, arrival) = self.here.path_m(ephemeris, self.received)?;
        let (there_m, _) = self.there.path_m(ephemeris, self.received)?;
        Some(Moved { path_m: there_m - here_m, arrival })
    }
}

impl End {
    /// Range less satellite clock plus troposphere, m, and from where the satellite is seen.
    fn path_m(&self, ephemeris: &Ephemeris, received: GpsTime) -> Option<(f64, Arrival)> {
        let state = transmitted_by_light_time(ephemeris, received, self.place).ok()?;
        let at = sight(self.place, state.position);
        let factors = mapping(self.geodetic, at.elevation_rad, received);
        let zenith = self.air.zenith;
        let air_m = zenith.hydrostatic_m * factors.hydrostatic + zenith.wet_m * factors.wet;
        let arrival = Arrival { elevation_rad: at.elevation_rad, azimuth_rad: at.azimuth_rad };
        Some((at.range_m - SPEED_OF_LIGHT * state.clock_s + air_m, arrival))
    }
}

/// The receiver's clock error by its codes, s: good to some ten nanoseconds, in which a satellite moves by less than a tenth of a
/// millimetre.
fn receiver_clock_s(snapshot: &NetworkSnapshot, measured: &ObsEpoch, place: Ecef) -> Option<f64> {
    let offsets = measured.by_satellite().filter_map(|(satellite, seen)| {
        let field = snapshot.satellites.get(&satellite)?;
        let code = seen.iter().find_map(|o| o.code)?;
        let state =
            crate::model::range::transmitted_by_code(&field.ephemeris, measured.time, code).ok()?;
        let range_m = sight(place, state.position).range_m;
        Some((code.0 - range_m) / SPEED_OF_LIGHT + state.clock_s)
    });
    median(offsets)
}
