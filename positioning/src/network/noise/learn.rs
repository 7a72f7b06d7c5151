//! What a look at an epoch tells of noise: codes beside phases of the same arcs, and what the network's solution leaves over of phases.

use std::collections::BTreeMap;

use tianshu_gnss::time::gps::GpsTime;

use crate::network::median::median;
use crate::network::noise::rest::{Deviation, GAP_MAX, Rest};
use crate::network::noise::{Cell, MEMORY_S, NoiseBook, NoiseFactors, StationNoise};
use crate::network::observed::{Group, ObservedEpoch, ObservedSatellite};
use crate::network::solution::links::Levelled;
use crate::network::solution::zenith::Residuals;

/// Satellites of a group that are needed at a look: what they share is the receiver's clock, and takes a part of each along.
const SATELLITES_MIN: usize = 4;
/// Codes of all satellites that are off their phases by so much at once have been stepped by their receiver, m: a millisecond is 300 km.
const STEP_M: f64 = 100.0;

impl NoiseBook {
    /// Looks at an epoch if it is time to, and computes the factors anew: what each station observed, its levelled lines of sight, and what is
    /// left of them. Tells whether it did.
    pub fn look(
        &mut self,
        time: GpsTime,
        observed: &[Option<ObservedEpoch>],
        links: &[Vec<Levelled>],
        residuals: &Residuals,
    ) -> bool {
        if !self.is_due(time) {
            return false;
        }
        let span_s = self.looked.map_or(0.0, |looked| (time - looked).seconds());
        self.looked = Some(time);
        let kept = (-span_s / MEMORY_S).exp();
        for (at, ((station, factors), epoch)) in
            self.stations.iter_mut().zip(&self.factors).zip(observed).enumerate()
        {
            // Who is silent shows nothing, and forgets nothing either.
            let Some(epoch) = epoch else { continue };
            station.fade(kept);
            station.look_at_codes(time, epoch, factors);
            let left = links.get(at).map_or(&[][..], Vec::as_slice).iter();
            let left = left.filter_map(|link| Some((link, *residuals.get(&(at, link.satellite))?)));
            station.look_at_phases(time, left, epoch, factors);
            station.phase_rests.retain(|_, rest| time - rest.last <= GAP_MAX);
            station.code_rests.retain(|_, rest| time - rest.last <= GAP_MAX);
        }
        self.compare();
        true
    }
}

impl StationNoise {
    fn fade(&mut self, kept: f64) {
        self.phases.iter_mut().chain(&mut self.codes).for_each(|scale| scale.fade(kept));
    }

    /// Codes less range and ionosphere by the phases of two carriers: what is left is constant over an arc, but for noise and multipath.
    fn look_at_codes(&mut self, time: GpsTime, epoch: &ObservedEpoch, factors: &NoiseFactors) {
        let mut found: BTreeMap<(Group, char), Vec<Deviation>> = BTreeMap::new();
        for satellite in &epoch.satellites {
            let Some((range_m, ionosphere_m, arcs)) = by_phases(satellite) else { continue };
            for carrier in &satellite.carriers {
                let band = carrier.signal.band();
                let Some(code_m) = carrier.code_m else { continue };
                let value_m = code_m - range_m - carrier.ionosphere * ionosphere_m;
                let sigma_m = carrier.code_sigma_m / factors.code(satellite.group, band);
                let rest = self.code_rests.entry((satellite.satellite, band));
                let rest = rest.or_insert(Rest::new(time, arcs, value_m));
                if rest.last < time
                    && let Some(off) = rest.follow(time, arcs, (value_m, sigma_m))
                {
                    found.entry((satellite.group, band)).or_default().push(off);
                }
            }
        }
        let mut stepped = false;
        for ((group, band), deviations) in found {
            let Some((apart, common_m)) = without_common(&deviations) else { continue };
            stepped |= common_m.abs() > STEP_M;
            self.add(Cell::Codes(group, band), &apart);
        }
        if stepped {
            self.code_rests.clear();
        }
    }

    /// What clocks, satellites and zenith delays leave over of levelled phases free of the ionosphere.
    fn look_at_phases<'a>(
        &mut self,
        time: GpsTime,
        left: impl Iterator<Item = (&'a Levelled, f64)>,
        epoch: &ObservedEpoch,
        factors: &NoiseFactors,
    ) {
        let mut found: BTreeMap<Group, Vec<Deviation>> = BTreeMap::new();
        for (link, residual_m) in left {
            let Some((_, _, arcs)) = epoch.get(link.satellite).and_then(by_phases) else {
                continue;
            };
            let sigma_m = link.free_sigma_m / factors.phase(link.group);
            let rest = self.phase_rests.entry(link.satellite);
            let rest = rest.or_insert(Rest::new(time, arcs, residual_m));
            if rest.last < time
                && let Some(off) = rest.follow(time, arcs, (residual_m, sigma_m))
            {
                found.entry(link.group).or_default().push(off);
            }
        }
        for (group, deviations) in found {
            if let Some((apart, _)) = without_common(&deviations) {
                self.add(Cell::Phases(group), &apart);
            }
        }
    }

    fn add(&mut self, cell: Cell, deviations: &[f64]) {
        if let Some(scale) = self.scale_mut(cell) {
            scale.add(deviations);
        }
    }
}

/// Range and slant ionosphere on L1 by the phases of a group's first two carriers, m, each but for a constant of the two arcs; and these.
fn by_phases(satellite: &ObservedSatellite) -> Option<(f64, f64, (u32, u32))> {
    let [first, second] = satellite.group.foundation();
    let (a, b) = (satellite.carrier(first)?, satellite.carrier(second)?);
    let ionosphere_m = (a.phase_m? - b.phase_m?) / (b.ionosphere - a.ionosphere);
    Some((a.phase_m? + a.ionosphere * ionosphere_m, ionosphere_m, (a.arc, b.arc)))
}

/// Deviations in units of their sigmas without what they share, and that, m; none of too few.
fn without_common(deviations: &[Deviation]) -> Option<(Vec<f64>, f64)> {
    let enough = deviations.len() >= SATELLITES_MIN;
    let common_m = median(deviations.iter().map(|d| d.off_m)).filter(|_| enough)?;
    Some((deviations.iter().map(|d| (d.off_m - common_m) / d.sigma_m).collect(), common_m))
}
