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

/// One satellite's errors at one place: value, and what it was promised to be or is beside it.
type Errors<K> = BTreeMap<K, Vec<[f64; 3]>>;

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
        let mut air: Errors<Group> = Errors::new();
        for link in &links {
            let Some(group) = Group::of(link.satellite) else { continue };
            let there = truth.links.iter().find(|l| l.satellite == link.satellite);
            let told = corrections.get(&link.satellite).filter(|c| c.withheld.is_none());
            let Some((there, told)) = there.zip(told) else { continue };
            let slant_m = |l: &LinkTruth| delay_m(l.slant_tecu, Hertz(IONOSPHERE_REFERENCE_HZ));
            let true_m = slant_m(link) - slant_m(there);
            let mapping = shell::mapping(link.elevation_rad);
            let linear = told.linear_m.map_or(f64::NAN, |l| (l - true_m) / mapping);
            let sigma = told.ionosphere_sigma_m / mapping;
            air.entry(group).or_default().push([
                (told.ionosphere_m - true_m) / mapping,
                sigma,
                linear,
            ]);
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

fn judge_air(air: &Errors<Group>, into: &mut Interpolation) {
    for all in air.values().filter(|all| all.len() > 2) {
        let mean = all.iter().map(|e| e[0]).sum::<f64>() / all.len() as f64;
        let linear: Vec<f64> = all.iter().map(|e| e[2]).filter(|l| l.is_finite()).collect();
        let linear_mean = linear.iter().sum::<f64>() / linear.len() as f64;
        into.kriged.extend(all.iter().map(|e| 1e3 * (e[0] - mean)));
        into.sigmas.extend(all.iter().map(|e| (e[0] - mean) / e[1]));
        into.linear.extend(linear.iter().map(|l| 1e3 * (l - linear_mean)));
    }
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
