//! Stations predicted by the others: by kriging, and by the plane through the triangle around them (LIM).

use std::collections::BTreeMap;

use tianshu_positioning::network::interpolate::extent::Coverage;
use tianshu_positioning::network::interpolate::kriging::{Weights, present};
use tianshu_positioning::network::observed::Group;
use tianshu_positioning::network::snapshot::{NetworkSnapshot, SatelliteField, SatelliteWave};
use tianshu_positioning::network::topology::{StationIndex, Topology};

use crate::tally::Tally;

/// Judges the predictions of all stations that lie within the others' triangles, against what they measured.
pub(crate) fn judge(s: &NetworkSnapshot, tally: &mut Tally) {
    for station in s.shape.stations() {
        let others: Vec<_> = s.shape.stations().iter().copied().filter(|o| o != station).collect();
        let coverage =
            Coverage::of(&Topology::build(&s.points, &others), s.points[station.position()]);
        let mut errors: BTreeMap<Group, Vec<[f64; 3]>> = BTreeMap::new();
        let told = s.satellites.values().filter(|f| f.withheld.is_none() && f.rough.is_empty());
        for field in told {
            errors.entry(field.group).or_default().extend(left_out(s, *station, &coverage, field));
        }
        for all in errors.values().filter(|all| all.len() > 2) {
            // What all satellites share is the receiver's; its estimate takes a part of each error along.
            let n = all.len() as f64;
            let mean = |i: usize| all.iter().map(|e| e[i]).sum::<f64>() / n;
            let (kriged, linear, spread) = (mean(0), mean(1), (n / (n - 1.0)).sqrt());
            let into = &mut tally.neighbours;
            into.kriged.extend(all.iter().map(|e| 1e3 * (e[0] - kriged) * spread));
            into.linear.extend(all.iter().map(|e| 1e3 * (e[1] - linear) * spread));
            into.sigmas.extend(all.iter().map(|e| (e[0] - kriged) * spread / e[2]));
        }
    }
}

/// By how much kriging and LIM miss one satellite at one station, and kriging's sigma; m at the zenith.
fn left_out(
    s: &NetworkSnapshot,
    station: StationIndex,
    coverage: &Coverage,
    field: &SatelliteField,
) -> Option<[f64; 3]> {
    let at = station.position();
    let own_m = field.ionosphere_m[at]?;
    let mut values = field.ionosphere_m.clone();
    values[at] = None;
    let linear_m = coverage.linear(&values)?;
    let (points, others) = (&s.points, present(&values));
    let weights = Weights::solve_noisy(points, &others, points[at], &s.covariance, &s.nuggets)?;
    // What the others alone know of a travelling disturbance, as much of it as is told.
    let wave = s.disturbance.zip(field.wave).and_then(|(disturbance, told)| {
        let fit = disturbance.wave.fit(points, &values)?;
        let missed = disturbance.wave.missed(points, &weights, points[at]);
        let alone = SatelliteWave { amplitudes_m: fit.amplitudes_m, sigma_m: fit.sigma_m, ..told };
        Some((alone.of(missed), alone.sigma_of(missed) / field.shell_mapping))
    });
    let (wave_m, wave_sigma_m) = wave.unwrap_or_default();
    let kriged_m = weights.apply(&values)? + wave_m;
    let sigma_m = weights.sigma_m().hypot(wave_sigma_m);
    let noise_m = (s.covariance.nugget_m2() * s.nuggets.of(station)).sqrt();
    let sigma_m = sigma_m.hypot(noise_m) * field.sigma_factor;
    let zenith = |m: f64| (m - own_m) / field.shell_mapping;
    Some([zenith(kriged_m), zenith(linear_m), sigma_m])
}
