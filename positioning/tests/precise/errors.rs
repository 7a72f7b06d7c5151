//! Errors of broadcast orbits and clocks along the orbit's own axes, and what they mean for a range.

use std::collections::BTreeMap;

use tianshu_gnss::constants::{GPS_EARTH_RATE, SPEED_OF_LIGHT};
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::ephemeris::store::EphemerisStore;
use tianshu_gnss::ephemeris::validity::AgeLimits;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::precise::sp3::Point;

/// A day on either side: the formulae are asked, not the policy.
pub(crate) const ANY_AGE: AgeLimits =
    AgeLimits { before: Interval::from_seconds(86_400), after: Interval::from_seconds(86_400) };

/// Broadcast minus precise, m.
#[derive(Clone, Copy)]
pub(crate) struct ErrorAt {
    satellite: Satellite,
    time: GpsTime,
    radial_m: f64,
    along_m: f64,
    across_m: f64,
    clock_m: Option<f64>,
}

/// The error of the broadcast ephemeris in use; with `age` that of the one that is as old as that.
pub(crate) fn errors_at(
    point: &Point,
    ephemerides: &EphemerisStore,
    age: Option<Interval>,
) -> Option<ErrorAt> {
    let used = match age {
        None => ephemerides.at(point.satellite, point.time)?,
        Some(age) => {
            let of = ephemerides.iter().filter(|e| e.satellite() == point.satellite);
            let half = Interval::from_seconds(1800);
            let mut near = of.filter(|e| (point.time - e.reference_time() - age).abs() <= half);
            near.next()?
        }
    };
    if !used.is_healthy() {
        return None;
    }
    let state = used.state_within(point.time, ANY_AGE).ok()?;
    let r = point.position.xyz();
    let [vx, vy, vz] = state.velocity_m_s;
    // The velocity in the frame that does not turn.
    let v = [vx - GPS_EARTH_RATE * r[1], vy + GPS_EARTH_RATE * r[0], vz];
    let radial = unit(r);
    let across = unit(cross(r, v));
    let along = cross(across, radial);
    let off = (state.position - point.position).xyz();
    // Products tell clocks without the eccentric orbit's relativistic term, which is -2 r·v / c² (IGS conventions; IS-GPS-200,
    // section 20.3.3.3.3.1, second form).
    let relativity_s = -2.0 * dot(r, v) / (SPEED_OF_LIGHT * SPEED_OF_LIGHT);
    let off_s = point.clock_s.map(|clock| state.clock_s - clock - relativity_s);
    let clock_m = off_s.map(|s| s * SPEED_OF_LIGHT);
    Some(ErrorAt {
        satellite: point.satellite,
        time: point.time,
        radial_m: dot(off, radial),
        along_m: dot(off, along),
        across_m: dot(off, across),
        clock_m,
    })
}

/// All errors of a file.
#[derive(Default)]
pub(crate) struct Errors(Vec<ErrorAt>);

/// What a system's errors come to, one sigma.
pub(crate) struct Told {
    pub(crate) system: Constellation,
    pub(crate) points: usize,
    pub(crate) satellites: usize,
    pub(crate) radial_m: f64,
    pub(crate) along_m: f64,
    pub(crate) across_m: f64,
    pub(crate) clock_m: f64,
    pub(crate) range_m: f64,
    pub(crate) range_95_m: f64,
    pub(crate) mean_radial_m: f64,
}

/// Weights of radial and of transverse errors in a mean range error, by orbit height (Montenbruck et al. 2018, table 2).
fn weights(satellite: Satellite) -> (f64, f64) {
    match (satellite.constellation(), satellite.number()) {
        (Constellation::BeiDou, 1..=10 | 13 | 16 | 38..=40 | 59..=61)
        | (Constellation::Qzss, _) => (0.99, 126.0),
        (Constellation::Glonass, _) => (0.98, 45.0),
        (Constellation::Galileo, _) => (0.98, 61.0),
        _ => (0.98, 49.0),
    }
}

impl Errors {
    pub(crate) fn take(&mut self, error: ErrorAt) {
        self.0.push(error);
    }

    pub(crate) fn told(&self) -> Vec<Told> {
        let systems = Constellation::ALL.into_iter();
        systems.filter_map(|system| self.of(system)).collect()
    }

    fn of(&self, system: Constellation) -> Option<Told> {
        let mut own: Vec<ErrorAt> =
            self.0.iter().filter(|e| e.satellite.constellation() == system).copied().collect();
        let mean_radial_m = own.iter().map(|e| e.radial_m).sum::<f64>() / own.len().max(1) as f64;
        level_clocks(&mut own);
        let constants = constants(&own);
        let mut satellites: Vec<Satellite> = own.iter().map(|e| e.satellite).collect();
        satellites.sort_unstable();
        satellites.dedup();
        let mut ranges = Vec::with_capacity(own.len());
        let mut squares = [0.0; 4];
        for e in &own {
            let (radial, clock) = constants.get(&e.satellite).copied().unwrap_or((0.0, 0.0));
            let (r, t) = (e.radial_m - radial, e.clock_m.unwrap_or(clock) - clock);
            let (weight, divisor) = weights(e.satellite);
            let across = (e.along_m * e.along_m + e.across_m * e.across_m) / divisor;
            ranges.push(((weight * r - t).powi(2) + across).sqrt());
            for (sum, value) in squares.iter_mut().zip([r, e.along_m, e.across_m, t]) {
                *sum += value * value;
            }
        }
        ranges.sort_by(f64::total_cmp);
        let n = own.len() as f64;
        let [radial_m, along_m, across_m, clock_m] = squares.map(|sum| (sum / n).sqrt());
        let range_m = (ranges.iter().map(|r| r * r).sum::<f64>() / n).sqrt();
        let range_95_m = ranges.get(ranges.len() * 95 / 100).copied()?;
        let (points, satellites) = (own.len(), satellites.len());
        Some(Told {
            system,
            points,
            satellites,
            radial_m,
            along_m,
            across_m,
            clock_m,
            range_m,
            range_95_m,
            mean_radial_m,
        })
    }
}

/// Takes off each epoch's median clock: the systems' times differ from the product's.
fn level_clocks(own: &mut [ErrorAt]) {
    let mut epochs: BTreeMap<GpsTime, Vec<f64>> = BTreeMap::new();
    for e in own.iter() {
        epochs.entry(e.time).or_default().extend(e.clock_m);
    }
    for e in own {
        let clocks = epochs.get_mut(&e.time).expect("its own epoch");
        clocks.sort_by(f64::total_cmp);
        let median = clocks.get(clocks.len() / 2).copied();
        e.clock_m = e.clock_m.zip(median).map(|(clock, median)| clock - median);
    }
}

/// Each satellite's mean radial and clock error: antenna offset and code biases.
fn constants(own: &[ErrorAt]) -> BTreeMap<Satellite, (f64, f64)> {
    let mut sums: BTreeMap<Satellite, (f64, f64, f64, f64)> = BTreeMap::new();
    for e in own {
        let sum = sums.entry(e.satellite).or_default();
        sum.0 += e.radial_m;
        sum.1 += 1.0;
        if let Some(clock) = e.clock_m {
            sum.2 += clock;
            sum.3 += 1.0;
        }
    }
    sums.into_iter()
        .map(|(s, (r, n, c, m))| (s, (r / n, if m > 0.0 { c / m } else { 0.0 })))
        .collect()
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn unit(a: [f64; 3]) -> [f64; 3] {
    let length = dot(a, a).sqrt();
    a.map(|component| component / length)
}
