//! Which satellites to believe: their orbits and clocks against the codes of all stations.

use std::collections::BTreeMap;

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::network::median::median;
use crate::network::observed::{Group, ObservedEpoch, ObservedSatellite};

/// What is watched.
#[derive(Clone, Debug, Default)]
pub(super) struct SatelliteWatch {
    usual: BTreeMap<Satellite, Usual>,
    looked: Option<GpsTime>,
}

/// By how much a satellite's codes usually differ from what its orbit and clock promise, against the others of its group.
#[derive(Clone, Copy, Debug)]
struct Usual {
    offset_m: f64,
    samples: f64,
    seen: GpsTime,
    drifting_until: Option<GpsTime>,
}

/// Codes are looked at this often.
const LOOK_INTERVAL: Interval = Interval::from_seconds(10);
/// Samples that the usual offset remembers: twenty minutes, in which a broadcast orbit's error changes by decimetres.
const SAMPLES_MAX: f64 = 120.0;
/// Stations that have to agree.
const STATIONS_MIN: usize = 3;
/// A change of the offset by this, m, is none of a broadcast message's usual errors.
const CHANGE_MAX_M: f64 = 4.0;
/// Nor is an offset of this, m: thirty times the usual error of orbit and clock.
const OFFSET_MAX_M: f64 = 30.0;
/// For how long such a satellite is withheld after the last sign.
const DRIFTING_FOR: Interval = Interval::from_seconds(600);
/// A satellite unseen for so long is looked at with new eyes.
const FORGET_AFTER: Interval = Interval::from_seconds(1_800);

impl SatelliteWatch {
    /// Whether a satellite's orbit or clock is not what it broadcasts.
    pub(super) fn is_drifting(&self, satellite: Satellite, time: GpsTime) -> bool {
        let until = self.usual.get(&satellite).and_then(|usual| usual.drifting_until);
        until.is_some_and(|until| time < until)
    }

    /// All of those.
    pub(super) fn drifting(&self, time: GpsTime) -> impl Iterator<Item = Satellite> + '_ {
        self.usual.keys().copied().filter(move |satellite| self.is_drifting(*satellite, time))
    }

    /// Compares the codes of all stations with what the satellites promise.
    pub(super) fn step(&mut self, time: GpsTime, observed: &[Option<ObservedEpoch>]) {
        if self.looked.is_some_and(|looked| time - looked < LOOK_INTERVAL) {
            return;
        }
        self.looked = Some(time);
        self.usual.retain(|_, usual| time - usual.seen <= FORGET_AFTER);
        let mut offsets: BTreeMap<Satellite, Vec<f64>> = BTreeMap::new();
        for epoch in observed.iter().flatten() {
            for group in Group::ALL {
                let of_group = epoch.satellites.iter().filter(|s| s.group == group);
                let codes: Vec<(Satellite, f64)> =
                    of_group.filter_map(|s| Some((s.satellite, free_code_m(s)?))).collect();
                let Some(clock_m) = median(codes.iter().map(|(_, code_m)| *code_m)) else {
                    continue;
                };
                for (satellite, code_m) in codes {
                    offsets.entry(satellite).or_default().push(code_m - clock_m);
                }
            }
        }
        for (satellite, all) in offsets {
            if all.len() >= STATIONS_MIN
                && let Some(offset_m) = median(all)
            {
                self.judge(time, satellite, offset_m);
            }
        }
    }

    fn judge(&mut self, time: GpsTime, satellite: Satellite, offset_m: f64) {
        let new = Usual { offset_m, samples: 0.0, seen: time, drifting_until: None };
        let usual = self.usual.entry(satellite).or_insert(new);
        usual.seen = time;
        if (offset_m - usual.offset_m).abs() > CHANGE_MAX_M || offset_m.abs() > OFFSET_MAX_M {
            usual.drifting_until = Some(time + DRIFTING_FOR);
        }
        usual.samples = (usual.samples + 1.0).min(SAMPLES_MAX);
        usual.offset_m += (offset_m - usual.offset_m) / usual.samples;
    }
}

/// The ionosphere-free code of the group's first two carriers, observed minus computed, m.
fn free_code_m(satellite: &ObservedSatellite) -> Option<f64> {
    let mut bands = satellite.group.bands().chars();
    let (a, b) = (satellite.carrier(bands.next()?)?, satellite.carrier(bands.next()?)?);
    let (a_m, b_m) = (a.code_m?, b.code_m?);
    Some((a_m * b.ionosphere - b_m * a.ionosphere) / (b.ionosphere - a.ionosphere))
}
