//! What a station saw against what the network would have it see: between-receiver differences without their clocks and integers.
//!
//! The difference of a receiver's phase and a virtual one's at the same place holds the two clocks, a whole number of cycles and
//! what is wrong with the prediction. Clocks and receivers' biases are the same for all satellites on a pair of signals and go with
//! the median; whole cycles are taken off. What remains is known only between satellites, and only within half a cycle.

use std::collections::BTreeMap;
use std::f64::consts::TAU;

use tianshu_gnss::antenna::AntennaCalibration;
use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_positioning::model::antenna::{Arrival, to_null_antenna};
use tianshu_positioning::model::range::{sight, transmitted_by_code, transmitted_by_light_time};
use tianshu_positioning::network::observed::{Group, IONOSPHERE_REFERENCE_HZ};
use tianshu_positioning::network::snapshot::{NetworkSnapshot, SatelliteCorrection};

/// The station that is compared: where it is, and its antenna.
#[derive(Clone, Copy)]
pub(crate) struct Judge<'a> {
    /// Its antenna reference point.
    pub place: Ecef,
    /// The calibration of its antenna.
    pub antenna: Option<&'a AntennaCalibration>,
}

/// One satellite of an epoch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Compared {
    /// Which.
    pub satellite: Satellite,
    /// From where it is seen.
    pub arrival: Arrival,
    /// The group's first carrier: the station's signal, and measured less predicted phase between satellites, m.
    pub first: (Signal, f64),
    /// Another carrier of it, the same.
    pub second: Option<(Signal, f64)>,
    /// What both carriers tell together.
    pub split: Option<Split>,
}

/// A satellite's ionosphere and what is free of it, all between satellites.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::struct_field_names, reason = "they end with their unit")]
pub(crate) struct Split {
    /// Ionosphere there less ionosphere at the master, as predicted: slant on L1, m.
    pub predicted_m: f64,
    /// Its standard deviation, m.
    pub sigma_m: f64,
    /// The same as measured, m.
    pub measured_m: f64,
    /// Measured less predicted phase free of ionosphere, m.
    pub geometry_m: f64,
}

/// Satellites of a group below which a median says nothing.
const SATELLITES_MIN: usize = 3;

/// A phase difference on its way, in cycles; then between satellites in metres.
struct Difference {
    own: Signal,
    made: Signal,
    wavelength_m: f64,
    value: f64,
}

/// A satellite with its differences, by the place of the carrier among its group's.
struct Row {
    satellite: Satellite,
    group: Group,
    arrival: Arrival,
    differences: Vec<Difference>,
}

/// Compares an epoch of a station with one of a virtual station at its place.
pub(crate) fn compare(
    judge: Judge<'_>,
    own: &ObsEpoch,
    made: &ObsEpoch,
    snapshot: &NetworkSnapshot,
    corrections: &BTreeMap<Satellite, SatelliteCorrection>,
) -> Vec<Compared> {
    let received = |epoch: &ObsEpoch| {
        let clock_s = clock_s(epoch, snapshot, judge.place)?;
        Some(epoch.time - Interval::from_seconds_f64(clock_s))
    };
    let Some((own_at, made_at)) = received(own).zip(received(made)) else { return Vec::new() };
    let mut rows: Vec<Row> = Vec::new();
    for (satellite, predicted) in made.by_satellite() {
        // GLONASS has a wavelength for each satellite: its whole cycles do not go by themselves.
        let group = Group::of(satellite).filter(|group| *group != Group::Glonass);
        let field = snapshot.satellites.get(&satellite);
        let Some((group, field)) = group.zip(field) else { continue };
        let paths = path_m(&field.ephemeris, own_at, judge.place).zip(path_m(
            &field.ephemeris,
            made_at,
            judge.place,
        ));
        let Some(((own_m, arrival), (made_m, _))) = paths else { continue };
        let measured: Vec<Observation> =
            own.observations.iter().filter(|o| o.satellite == satellite).copied().collect();
        let between = |band: char| {
            difference(band, &measured, predicted, judge.antenna, arrival, own_m - made_m)
        };
        let differences = group.bands().chars().filter_map(between).collect();
        rows.push(Row { satellite, group, arrival, differences });
    }
    between_satellites(&mut rows);
    let mut compared: Vec<Compared> =
        rows.into_iter().filter_map(|row| row.compared(corrections)).collect();
    split_between_satellites(&mut compared);
    compared
}

/// The phases of one carrier, own less predicted less what the paths differ by, in cycles.
fn difference(
    band: char,
    own: &[Observation],
    made: &[Observation],
    antenna: Option<&AntennaCalibration>,
    arrival: Arrival,
    path_m: f64,
) -> Option<Difference> {
    let usable =
        |o: &&Observation| o.signal.band() == band && o.phase.is_some() && !o.half_cycle_ambiguous;
    let made = made.iter().find(usable)?;
    let same = own.iter().filter(usable).find(|o| o.signal == made.signal);
    let mut own = *same.or_else(|| own.iter().find(usable))?;
    if let Some(antenna) = antenna {
        to_null_antenna(antenna, &mut own, arrival);
    }
    let wavelength_m = SPEED_OF_LIGHT / made.carrier()?.0;
    let value = own.phase?.0 - made.phase?.0 - path_m / wavelength_m;
    Some(Difference { own: own.signal, made: made.signal, wavelength_m, value })
}

/// Takes off what is common to the satellites on a pair of signals, and whole cycles; makes metres of cycles.
fn between_satellites(rows: &mut [Row]) {
    let mut pairs: BTreeMap<(Group, Signal, Signal), Vec<f64>> = BTreeMap::new();
    for row in &*rows {
        for d in &row.differences {
            pairs.entry((row.group, d.own, d.made)).or_default().push(d.value);
        }
    }
    pairs.retain(|_, values| values.len() >= SATELLITES_MIN);
    let mut middles: BTreeMap<(Group, Signal, Signal), (f64, f64)> = BTreeMap::new();
    for (pair, values) in &pairs {
        let (sin, cos) = values.iter().fold((0.0, 0.0), |(s, c), v| {
            let angle = TAU * v.fract();
            (s + angle.sin(), c + angle.cos())
        });
        let middle = sin.atan2(cos) / TAU;
        let rest = median(values.iter().map(|v| within_half(v - middle)));
        middles.insert(*pair, (middle, rest.unwrap_or(0.0)));
    }
    for row in rows {
        let group = row.group;
        row.differences.retain_mut(|d| {
            let Some((middle, rest)) = middles.get(&(group, d.own, d.made)) else { return false };
            d.value = (within_half(d.value - middle) - rest) * d.wavelength_m;
            true
        });
    }
}

impl Row {
    fn compared(self, corrections: &BTreeMap<Satellite, SatelliteCorrection>) -> Option<Compared> {
        let band = self.group.bands().chars().next()?;
        let first = self.differences.iter().find(|d| d.own.band() == band)?;
        let second = self.differences.iter().find(|d| d.own.band() != band);
        let split = second.zip(corrections.get(&self.satellite)).map(|(second, correction)| {
            let share = |d: &Difference| {
                (d.wavelength_m * IONOSPHERE_REFERENCE_HZ / SPEED_OF_LIGHT).powi(2)
            };
            let (a, b) = (share(first), share(second));
            // Phases are advanced by the ionosphere.
            let off_m = (first.value - second.value) / (b - a);
            Split {
                predicted_m: correction.ionosphere_m,
                sigma_m: correction.ionosphere_sigma_m,
                measured_m: correction.ionosphere_m + off_m,
                geometry_m: (b * first.value - a * second.value) / (b - a),
            }
        });
        Some(Compared {
            satellite: self.satellite,
            arrival: self.arrival,
            first: (first.own, first.value),
            second: second.map(|d| (d.own, d.value)),
            split,
        })
    }
}

/// Takes what is common to a group off predicted and measured ionosphere.
fn split_between_satellites(compared: &mut [Compared]) {
    for group in Group::ALL {
        let of_group = |c: &&Compared| Group::of(c.satellite) == Some(group);
        let middle = |of: fn(&Split) -> f64| {
            median(compared.iter().filter(of_group).filter_map(|c| c.split.as_ref().map(of)))
        };
        let predicted = middle(|s| s.predicted_m);
        let off = middle(|s| s.measured_m - s.predicted_m);
        let geometry = middle(|s| s.geometry_m);
        let Some(((predicted, off), geometry)) = predicted.zip(off).zip(geometry) else { continue };
        for one in compared.iter_mut().filter(|c| Group::of(c.satellite) == Some(group)) {
            if let Some(split) = &mut one.split {
                split.predicted_m -= predicted;
                split.measured_m -= predicted + off;
                split.geometry_m -= geometry;
            }
        }
    }
}

/// Range less satellite clock, m, and from where it came.
fn path_m(ephemeris: &Ephemeris, received: GpsTime, place: Ecef) -> Option<(f64, Arrival)> {
    let state = transmitted_by_light_time(ephemeris, received, place).ok()?;
    let at = sight(place, state.position);
    let arrival = Arrival { elevation_rad: at.elevation_rad, azimuth_rad: at.azimuth_rad };
    Some((at.range_m - SPEED_OF_LIGHT * state.clock_s, arrival))
}

/// A receiver's clock error by its codes, s: good to some ten nanoseconds.
fn clock_s(epoch: &ObsEpoch, snapshot: &NetworkSnapshot, place: Ecef) -> Option<f64> {
    median(epoch.by_satellite().filter_map(|(satellite, seen)| {
        let field = snapshot.satellites.get(&satellite)?;
        let code = seen.iter().find_map(|o| o.code)?;
        let state = transmitted_by_code(&field.ephemeris, epoch.time, code).ok()?;
        let range_m = sight(place, state.position).range_m;
        Some((code.0 - range_m) / SPEED_OF_LIGHT + state.clock_s)
    }))
}

fn within_half(cycles: f64) -> f64 {
    cycles - cycles.round()
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut all: Vec<f64> = values.collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use tianshu_gnss::constellation::Constellation;

    use super::*;

    #[test]
    fn clocks_and_whole_cycles_go_and_the_rest_stays() {
        let signal = Signal::from_code(Constellation::Gps, "1C").expect("a signal");
        let row = |number: u8, value: f64| Row {
            satellite: Satellite::new(Constellation::Gps, number).expect("a satellite"),
            group: Group::Gps,
            arrival: Arrival { elevation_rad: 1.0, azimuth_rad: 0.0 },
            differences: vec![Difference { own: signal, made: signal, wavelength_m: 0.2, value }],
        };
        // A clock of 7.45 cycles, whole numbers, and errors of 0, 0.1, -0.2 and 0 cycles.
        let mut rows = [row(1, 7.45), row(2, -2.45), row(3, 100.25), row(4, 0.45)];
        between_satellites(&mut rows);
        let told: Vec<f64> = rows.iter().map(|row| row.differences[0].value).collect();
        for (told, expected) in told.iter().zip([0.0, 0.02, -0.04, 0.0]) {
            assert!((told - expected).abs() < 1e-9, "{told} m, not {expected} m");
        }
    }
}
