//! Virtual stations in the middles of triangles against what a receiver there would truly measure.

use std::collections::BTreeMap;
use std::sync::Arc;

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::coords::{GRS80, Geodetic};
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::units::{Cycles, Hertz, Metres};
use tianshu_positioning::network::engine::{Engine, StationConfig};
use tianshu_positioning::network::interpolate::shell;
use tianshu_positioning::network::observed::{Group, IONOSPHERE_REFERENCE_HZ};
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_positioning::network::topology::StationIndex;
use tianshu_positioning::vrs::masters::Masters;
use tianshu_positioning::vrs::station::{VirtualEpoch, VirtualStation};
use tianshu_simulator::air::ionosphere::delay_m;
use tianshu_simulator::truth::{LinkTruth, ReceiverTruth};
use tianshu_simulator::world::{World, WorldEpoch};

use crate::noisy::is_near;
use crate::tally::{Interpolation, Tally};

/// What the stations measured at one epoch.
pub(crate) type Measured = BTreeMap<StationIndex, Arc<ObsEpoch>>;

/// Elevation from which a rover's satellites count, rad: 10°.
const MASK_RAD: f64 = 0.174_533;

/// What a satellite's slant ionosphere was told wrong by at one place.
struct AirError {
    kriged_m: f64,
    linear_m: Option<f64>,
    /// What it was promised to be.
    sigma_m: f64,
    /// Slant per zenith.
    mapping: f64,
}

/// Virtual stations in the middles of every third triangle.
pub(crate) fn in_triangles(snapshot: &NetworkSnapshot) -> Vec<VirtualStation> {
    let middle = |triangle: &[StationIndex; 3]| {
        let corners = triangle.map(|s| snapshot.stations[s.position()].place.to_geodetic(GRS80));
        let mean = |of: fn(&Geodetic) -> f64| corners.iter().map(of).sum::<f64>() / 3.0;
        let place = Geodetic {
            latitude_rad: mean(|g| g.latitude_rad),
            longitude_rad: mean(|g| g.longitude_rad),
            height_m: mean(|g| g.height_m),
        };
        VirtualStation::new(place.to_ecef(GRS80))
    };
    snapshot.shape.triangles().iter().step_by(3).map(middle).collect()
}

/// Judges what the network tells at those places.
pub(crate) fn judge(
    engine: &Engine,
    (world, epoch): (&World, &WorldEpoch),
    snapshot: &Arc<NetworkSnapshot>,
    measured: &Measured,
    (places, masters): (&mut [VirtualStation], &mut Masters),
    noisy: Option<usize>,
    tally: &mut Tally,
) {
    let setups: Vec<_> = engine.stations().iter().map(StationConfig::setup).collect();
    for place in places {
        let raw = |s: StationIndex| Some((measured.get(&s)?.as_ref(), &setups[s.position()]));
        let Some(made) = place.step(masters, snapshot, raw) else {
            tally.told.push(0.0);
            continue;
        };
        let Some(truth) = &epoch.stations[made.master.position()].truth else { continue };
        let links = world.links_at(place.place(), MASK_RAD, made.epoch.time);
        let corrections = snapshot.corrections(made.master, place.place().to_geodetic(GRS80));
        let mut air: BTreeMap<Group, Vec<AirError>> = BTreeMap::new();
        for link in &links {
            let Some(group) = Group::of(link.satellite) else { continue };
            let there = truth.links.iter().find(|l| l.satellite == link.satellite);
            let told = corrections.get(&link.satellite).filter(|c| c.withheld.is_none());
            let Some((there, told)) = there.zip(told) else { continue };
            let slant_m = |l: &LinkTruth| delay_m(l.slant_tecu, Hertz(IONOSPHERE_REFERENCE_HZ));
            let true_m = slant_m(link) - slant_m(there);
            air.entry(group).or_default().push(AirError {
                kriged_m: told.ionosphere_m - true_m,
                linear_m: told.linear_m.map(|linear_m| linear_m - true_m),
                sigma_m: told.ionosphere_sigma_m,
                mapping: shell::mapping(link.elevation_rad),
            });
        }
        judge_air(&air, &mut tally.middles);
        judge_phases(&made, truth, &links, tally);
        if noisy.is_some_and(|noisy| is_near(engine, noisy, place.place())) {
            judge_air(&air, &mut tally.noisy.middles);
            let errors = phase_errors(&made, truth, &links, Own::Counts);
            extend_apart(&errors.first, &mut tally.noisy.first_carrier);
            extend_apart(&errors.free, &mut tally.noisy.free);
        }
    }
}

/// What all satellites of a group share on their slant ways is the receiver's to a rover, and not known to a network either.
fn judge_air(air: &BTreeMap<Group, Vec<AirError>>, into: &mut Interpolation) {
    for all in air.values().filter(|all| all.len() > 2) {
        let kriged = apart(all, |error| Some(error.kriged_m));
        into.kriged.extend(kriged.iter().map(|(apart_m, error)| 1e3 * apart_m / error.mapping));
        into.sigmas.extend(kriged.iter().map(|(apart_m, error)| apart_m / error.sigma_m));
        let linear = apart(all, |error| error.linear_m);
        into.linear.extend(linear.iter().map(|(apart_m, error)| 1e3 * apart_m / error.mapping));
    }
}

/// Errors less what they share, as stations that are left out are judged: the lowest satellites, which err most, decide least of it, and it takes
/// a part of each along.
fn apart(all: &[AirError], of: impl Fn(&AirError) -> Option<f64>) -> Vec<(f64, &AirError)> {
    let known: Vec<(f64, &AirError)> = all.iter().filter_map(|e| Some((of(e)?, e))).collect();
    let weight = |error: &AirError| error.mapping.powi(-2);
    let total: f64 = known.iter().map(|(_, error)| weight(error)).sum();
    let shared_m = known.iter().map(|(m, error)| m * weight(error)).sum::<f64>() / total;
    let count = known.len() as f64;
    let spread = (count / (count - 1.0)).sqrt();
    known.into_iter().map(|(m, error)| ((m - shared_m) * spread, error)).collect()
}

fn judge_phases(
    made: &VirtualEpoch,
    truth: &ReceiverTruth,
    links: &[LinkTruth],
    tally: &mut Tally,
) {
    let errors = phase_errors(made, truth, links, Own::TakenOff);
    extend_apart(&errors.first, &mut tally.first_carrier);
    extend_apart(&errors.free, &mut tally.free);
    tally.told.push(errors.told as f64 / links.len().max(1) as f64);
}

/// Adds errors less what their group shares, mm.
fn extend_apart(errors: &BTreeMap<Group, Vec<f64>>, into: &mut Vec<f64>) {
    for all in errors.values().filter(|all| all.len() > 2) {
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        into.extend(all.iter().map(|e| 1e3 * (e - mean)));
    }
}

/// Whether the master's own noise counts as an error of a virtual phase.
#[derive(Clone, Copy, PartialEq)]
enum Own {
    Counts,
    TakenOff,
}

/// Errors of virtual phases, m: of the first carrier, and free of the ionosphere; and how many satellites were told.
#[derive(Default)]
struct PhaseErrors {
    first: BTreeMap<Group, Vec<f64>>,
    free: BTreeMap<Group, Vec<f64>>,
    told: usize,
}

fn phase_errors(
    made: &VirtualEpoch,
    truth: &ReceiverTruth,
    links: &[LinkTruth],
    own: Own,
) -> PhaseErrors {
    let mut errors = PhaseErrors::default();
    let mut zero: BTreeMap<(Group, char), f64> = BTreeMap::new();
    for link in links {
        // The master's own bias is in the truth of its GLONASS phases, and no more in the virtual station's.
        let Some(group) = Group::of(link.satellite).filter(|g| *g != Group::Glonass) else {
            continue;
        };
        let mut error = |band: char| {
            let of = |o: &&Observation| o.satellite == link.satellite && o.signal.band() == band;
            let seen = made.epoch.observations.iter().find(of)?;
            let cycles = phase_error_cycles(seen, truth, link, own)?;
            // A virtual phase has whole cycles of its own.
            let apart = cycles - *zero.entry((group, band)).or_insert(cycles);
            let carrier = seen.carrier()?;
            let ionosphere = (IONOSPHERE_REFERENCE_HZ / carrier.0).powi(2);
            Some((Cycles(apart - apart.round()).on(carrier).0, ionosphere))
        };
        let mut bands = group.bands().chars();
        let Some((a_m, a)) = bands.next().and_then(&mut error) else { continue };
        errors.told += 1;
        errors.first.entry(group).or_default().push(a_m);
        if let Some((b_m, b)) = bands.next().and_then(&mut error) {
            errors.free.entry(group).or_default().push((a_m * b - b_m * a) / (b - a));
        }
    }
    errors
}

/// A virtual phase less what would truly be measured there by a receiver like the master's, cycles, but for whole ones and what all
/// satellites share.
fn phase_error_cycles(
    seen: &Observation,
    truth: &ReceiverTruth,
    link: &LinkTruth,
    own: Own,
) -> Option<f64> {
    let (carrier, phase) = (seen.carrier()?, seen.phase?);
    let channel =
        truth.channels.iter().find(|c| c.satellite == link.satellite && c.signal == seen.signal)?;
    let clean_m = link.range_m + link.troposphere_m
        - SPEED_OF_LIGHT * link.satellite_clock_s
        - delay_m(link.slant_tecu, carrier);
    let own_m = if own == Own::TakenOff { channel.phase_error_m } else { 0.0 };
    let noisy = Metres(clean_m + own_m).in_cycles_of(carrier);
    Some(phase.0 - channel.phase_bias_cycles - noisy.0)
}
