//! Whom to believe: stations that are not where they are said to be, and lines of sight whose levels do not fit.

use std::collections::BTreeMap;

use nalgebra::{DMatrix, DVector};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::network::engine::motion::Motion;
use crate::network::median::median;
use crate::network::noise::NoiseFactors;
use crate::network::observed::{Channel, Group, ObservedEpoch, ObservedSatellite};
use crate::network::snapshot::Displacement;
use crate::network::solution::links::{Levelled, link_to};
use crate::network::solution::zenith::Residuals;
use crate::network::topology::StationIndex;

/// What is watched.
#[derive(Clone, Debug)]
pub(super) struct Integrity {
    codes: Vec<CodeWatch>,
    looked: Option<GpsTime>,
    misfits: BTreeMap<(usize, Satellite), Misfit>,
    motion: Vec<Motion>,
    suspects: BTreeMap<StationIndex, Suspicion>,
    contradictions: BTreeMap<(StationIndex, Channel), (u8, GpsTime)>,
}

/// Why a station is not believed.
#[derive(Clone, Debug, PartialEq)]
struct Suspicion {
    since: GpsTime,
    reason: String,
}

/// How a line of sight's ionosphere-free phase fits: its running mean.
#[derive(Clone, Copy, Debug)]
struct Misfit {
    mean_m: f64,
    seen_s: f64,
    last: GpsTime,
}

/// Where a station's codes put it, against the coordinates that it was given.
#[derive(Clone, Debug, Default)]
struct CodeWatch {
    /// East, north, up, m: the running mean.
    offset_m: [f64; 3],
    samples: f64,
}

/// Codes are looked at this often: their multipath is the same for longer.
const CODE_INTERVAL: Interval = Interval::from_seconds(10);
/// Samples that a mean remembers: ten minutes.
const CODE_SAMPLES_MAX: f64 = 60.0;
/// Samples before anybody is judged.
const CODE_SAMPLES_MIN: f64 = 3.0;
/// How far off a mean of many may be, horizontally and vertically, m: the biases of codes that differ between receivers.
const CODE_LIMIT_M: [f64; 2] = [0.9, 1.5];
/// How far off a single sample may be, m; a mean of n that by the root of n.
const CODE_SAMPLE_LIMIT_M: [f64; 2] = [6.0, 12.0];
/// Stations that are needed to tell one that is off from orbits that are.
const STATIONS_MIN: usize = 3;
/// Satellites that are needed for a place.
const SATELLITES_MIN: usize = 7;
/// A line of sight whose ionosphere-free phase is off by so many sigmas and so many metres in the mean has a wrong level: one cycle on both
/// carriers is 0.107 m on L1 and L2.
const MISFIT: (f64, f64) = (2.5, 0.045);
/// The memory of that mean, s.
const MISFIT_MEMORY_S: f64 = 20.0;
/// For how long at least it is formed, s.
const MISFIT_MIN_S: f64 = 5.0;
/// Edges that have to withdraw a station's whole number,
const CONTRADICTED_MIN: u8 = 2;
/// within this time of each other.
const CONTRADICTED_FOR: Interval = Interval::from_seconds(120);
/// After this time a suspect is tried again.
const SUSPECT_FOR: Interval = Interval::from_seconds(1_800);

impl Integrity {
    pub(super) fn new(stations: usize) -> Self {
        Self {
            codes: vec![CodeWatch::default(); stations],
            looked: None,
            misfits: BTreeMap::new(),
            motion: vec![Motion::default(); stations],
            suspects: BTreeMap::new(),
            contradictions: BTreeMap::new(),
        }
    }

    /// Why a station is not believed, if it is not.
    pub(super) fn doubt(&self, station: StationIndex) -> Option<&str> {
        self.suspects.get(&station).map(|s| s.reason.as_str())
    }

    /// Where a station's phases put it at that epoch.
    pub(super) fn displacement(
        &self,
        station: StationIndex,
        time: GpsTime,
    ) -> Option<Displacement> {
        self.motion.get(station.position())?.at(time)
    }

    /// Notes that an edge of this station has withdrawn a whole number; tells whether several of its edges have, so that it is the
    /// station's own level which is wrong.
    pub(super) fn is_contradicted(
        &mut self,
        time: GpsTime,
        station: StationIndex,
        channel: Channel,
    ) -> bool {
        self.contradictions.retain(|_, (_, last)| time - *last <= CONTRADICTED_FOR);
        let (times, last) = self.contradictions.entry((station, channel)).or_insert((0, time));
        *times += 1;
        *last = time;
        let is_wrong = *times >= CONTRADICTED_MIN;
        if is_wrong {
            self.contradictions.remove(&(station, channel));
        }
        is_wrong
    }

    /// Compares where the codes put each station with where the others' codes put them; those that are so many times as noisy may be off by
    /// as much more. Tells who is to be put aside (true) or taken back.
    pub(super) fn watch_codes(
        &mut self,
        time: GpsTime,
        observed: &[Option<ObservedEpoch>],
        noise: &[NoiseFactors],
    ) -> Vec<(StationIndex, bool)> {
        let mut changes = self.acquitted(time);
        if self.looked.is_some_and(|looked| time - looked < CODE_INTERVAL) {
            return changes;
        }
        self.looked = Some(time);
        for (watch, epoch) in self.codes.iter_mut().zip(observed) {
            if let Some(offset_m) = epoch.as_ref().and_then(code_offset_m) {
                watch.samples = (watch.samples + 1.0).min(CODE_SAMPLES_MAX);
                for (mean, new) in watch.offset_m.iter_mut().zip(offset_m) {
                    *mean += (new - *mean) / watch.samples;
                }
            }
        }
        let known: Vec<&CodeWatch> =
            self.codes.iter().filter(|w| w.samples >= CODE_SAMPLES_MIN).collect();
        if known.len() < STATIONS_MIN {
            return changes;
        }
        let middle: [f64; 3] = std::array::from_fn(|axis| {
            median(known.iter().map(|w| w.offset_m[axis])).unwrap_or(0.0)
        });
        let mut off = Vec::new();
        for (station, (watch, noise)) in StationIndex::all().zip(self.codes.iter().zip(noise)) {
            if watch.samples < CODE_SAMPLES_MIN || self.suspects.contains_key(&station) {
                continue;
            }
            let [east, north, up] = std::array::from_fn(|axis| watch.offset_m[axis] - middle[axis]);
            let limit = |which: usize| {
                let by_samples_m = CODE_SAMPLE_LIMIT_M[which] / watch.samples.sqrt();
                CODE_LIMIT_M[which].max(by_samples_m) * noise.codes()
            };
            let horizontal_m = east.hypot(north);
            if horizontal_m > limit(0) || up.abs() > limit(1) {
                off.push((station, format!(
                    "its codes put it {horizontal_m:.1} m beside and {up:.1} m above its coordinates"
                )));
            }
        }
        for (station, reason) in off {
            self.suspects.insert(station, Suspicion { since: time, reason });
            changes.push((station, true));
        }
        changes
    }

    /// Suspects whose time is over: they are tried again.
    fn acquitted(&mut self, time: GpsTime) -> Vec<(StationIndex, bool)> {
        let over: Vec<StationIndex> = self
            .suspects
            .iter()
            .filter(|(_, s)| time - s.since >= SUSPECT_FOR)
            .map(|(station, _)| *station)
            .collect();
        for station in &over {
            self.suspects.remove(station);
            self.codes[station.position()] = CodeWatch::default();
            self.motion[station.position()] = Motion::default();
        }
        over.into_iter().map(|station| (station, false)).collect()
    }

    /// Lines of sight whose levels have not fitted for a while.
    pub(super) fn watch_residuals(
        &mut self,
        time: GpsTime,
        links: &[Vec<Levelled>],
        residuals: &Residuals,
    ) -> Vec<(StationIndex, Satellite)> {
        let mut wrong = Vec::new();
        self.misfits.retain(|_, misfit| (time - misfit.last).seconds() <= MISFIT_MEMORY_S);
        for ((station, satellite), residual_m) in residuals {
            let link = link_to(links, *station, *satellite);
            let sigma_m = link.map_or(f64::INFINITY, |l| l.free_sigma_m);
            let key = (*station, *satellite);
            let new = Misfit { mean_m: *residual_m, seen_s: 0.0, last: time };
            let misfit = self.misfits.entry(key).or_insert(new);
            let span_s = (time - misfit.last).seconds().min(MISFIT_MEMORY_S);
            misfit.seen_s += span_s;
            misfit.last = time;
            let share = span_s / misfit.seen_s.clamp(1.0, MISFIT_MEMORY_S);
            misfit.mean_m += (residual_m - misfit.mean_m) * share;
            let limit_m = (MISFIT.0 * sigma_m).max(MISFIT.1);
            if misfit.mean_m.abs() > limit_m && misfit.seen_s >= MISFIT_MIN_S {
                wrong.extend(u16::try_from(*station).map(|s| (StationIndex(s), *satellite)));
                self.misfits.remove(&key);
            }
        }
        wrong
    }

    /// Stations that move, or stand beside their coordinates, by their fixed phases. Tells who is to be put aside.
    pub(super) fn watch_motion(
        &mut self,
        time: GpsTime,
        links: &[Vec<Levelled>],
        residuals: &Residuals,
    ) -> Vec<(StationIndex, bool)> {
        let mut moved = Vec::new();
        for (station, (of_station, motion)) in links.iter().zip(&mut self.motion).enumerate() {
            let Ok(index) = u16::try_from(station) else { continue };
            let left: Vec<(&Levelled, f64)> = of_station
                .iter()
                .filter(|l| l.group != Group::Glonass)
                .filter_map(|l| Some((l, *residuals.get(&(station, l.satellite))?)))
                .collect();
            if let Some(reason) = motion.step(time, &left) {
                moved.push((StationIndex(index), reason));
            }
        }
        // Where several seem to move at once, it is the network's solution that does.
        if moved.len() > 1 && 4 * moved.len() > links.len() {
            moved.clear();
        }
        moved
            .into_iter()
            .map(|(station, reason)| {
                self.suspects.insert(station, Suspicion { since: time, reason });
                self.motion[station.position()] = Motion::default();
                (station, true)
            })
            .collect()
    }
}

/// Where a station's codes put it, east, north and up of its coordinates, m; none with too few satellites.
fn code_offset_m(epoch: &ObservedEpoch) -> Option<[f64; 3]> {
    let mut rows = Vec::new();
    // The channels' code biases of GLONASS differ by metres between receivers.
    for satellite in epoch.satellites.iter().filter(|s| s.group != Group::Glonass) {
        let Some((free_m, sigma_m)) = free_code(satellite) else { continue };
        let direction = direction(satellite.azimuth_rad, satellite.elevation_rad);
        rows.push(Row { group: satellite.group, direction, value_m: free_m, sigma_m });
    }
    displacement_m(&rows).map(|(offset_m, _)| offset_m)
}

/// The ionosphere-free code of the group's first two carriers and its standard deviation, m; none without both.
fn free_code(satellite: &ObservedSatellite) -> Option<(f64, f64)> {
    let [first, second] = satellite.group.foundation();
    let (a, b) = (satellite.carrier(first)?, satellite.carrier(second)?);
    let spread = b.ionosphere - a.ionosphere;
    let free_m = (a.code_m? * b.ionosphere - b.code_m? * a.ionosphere) / spread;
    let sigma_m = (a.code_sigma_m * b.ionosphere).hypot(b.code_sigma_m * a.ionosphere) / spread;
    Some((free_m, sigma_m))
}

/// What tells of a displacement: a measurement along a direction, less its group's clock.
pub(super) struct Row {
    pub(super) group: Group,
    /// East, north, up, towards the satellite.
    pub(super) direction: [f64; 3],
    pub(super) value_m: f64,
    pub(super) sigma_m: f64,
}

/// The unit vector towards a satellite, east, north, up.
pub(super) fn direction(azimuth_rad: f64, elevation_rad: f64) -> [f64; 3] {
    let (sin_az, cos_az) = azimuth_rad.sin_cos();
    let (sin_el, cos_el) = elevation_rad.sin_cos();
    [cos_el * sin_az, cos_el * cos_az, sin_el]
}

/// The displacement (east, north, up, m) that makes the measurements least, and its standard deviations: a range grows as the receiver
/// moves away. None with too few.
pub(super) fn displacement_m(rows: &[Row]) -> Option<([f64; 3], [f64; 3])> {
    if rows.len() < SATELLITES_MIN {
        return None;
    }
    let mut groups: Vec<Group> = rows.iter().map(|row| row.group).collect();
    groups.sort_unstable();
    groups.dedup();
    let n = 3 + groups.len();
    let mut normal = DMatrix::zeros(n, n);
    let mut right = DVector::zeros(n);
    for row in rows {
        let weight = row.sigma_m.powi(-2);
        let mut a = DVector::zeros(n);
        for axis in 0..3 {
            a[axis] = -row.direction[axis];
        }
        a[3 + groups.partition_point(|g| *g < row.group)] = 1.0;
        right += &a * (weight * row.value_m);
        normal += &a * a.transpose() * weight;
    }
    let root = normal.cholesky()?;
    let (solved, covariance) = (root.solve(&right), root.inverse());
    let sigma_m = std::array::from_fn(|axis| covariance[(axis, axis)].max(0.0).sqrt());
    Some(([solved[0], solved[1], solved[2]], sigma_m))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::testing::{TestNetwork, scenario};

    #[test]
    fn a_satellite_without_its_first_carrier_costs_no_station_its_epoch() {
        let mut network = TestNetwork::new(scenario("quiet"), 1, 50.0, 3);
        // Ephemerides come, and with them satellites, one after the other.
        let mut epochs = (0..60).map(|_| network.next(Interval::from_seconds(5)));
        let mut epoch = epochs.find_map(|mut all| {
            let (epoch, _) = all.pop()?;
            code_offset_m(&epoch).map(|_| epoch)
        });
        let epoch = epoch.as_mut().expect("a station that is heard");
        let [east_m, north_m, up_m] = code_offset_m(epoch).expect("enough satellites");
        let counts =
            |s: &&mut ObservedSatellite| s.group != Group::Glonass && free_code(s).is_some();
        let one = epoch.satellites.iter_mut().find(counts).expect("a satellite");
        let first = one.group.bands().chars().next().expect("a carrier");
        one.carriers.retain(|carrier| carrier.signal.band() != first);
        let [east, north, up] = code_offset_m(epoch).expect("the others are enough");
        // One satellite of some thirty moves a place of codes by a part of its metres.
        let moved_m = (east - east_m).hypot(north - north_m).hypot(up - up_m);
        assert!(moved_m > 0.0 && moved_m < 1.5, "{moved_m}");
    }
}
