//! Phase arcs: where a cycle slip ends one and starts the next.

use std::collections::BTreeMap;

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::rtk::difference::Common;

/// A jump (m) of the geometry-free difference between two carriers, rover minus base, that no ionosphere makes from one epoch
/// to the next: a quarter of a wavelength (RTKLIB's default; the smallest slip on one carrier makes 19 cm).
const GEOMETRY_FREE_JUMP_M: f64 = 0.05;
/// A satellite away for longer than this has a new arc: its ionosphere has changed beyond what the jump could be told from.
const GAP_MAX: Interval = Interval::from_seconds(180);

/// What is remembered of a carrier's phase.
#[derive(Clone, Copy, Debug)]
struct Arc {
    phase_m: f64,
    attributes: (char, char),
    last: GpsTime,
    epochs: u32,
}

/// The arcs in progress.
#[derive(Clone, Debug, Default)]
pub(super) struct Arcs {
    carriers: BTreeMap<(Satellite, char), Arc>,
}

impl Arcs {
    /// Takes in an epoch and tells which ambiguities begin anew. `is_new_base`: whether the base's flags are news.
    pub(super) fn slips(
        &mut self,
        now: GpsTime,
        all: &[Common],
        is_new_base: bool,
    ) -> Vec<(Satellite, char)> {
        let mut slipped = Vec::new();
        for one in all {
            let jumped = self.jumped(one);
            for carrier in &one.carriers {
                let key = (one.satellite, carrier.band);
                let known = self.carriers.get(&key);
                let told = carrier.rover_slipped || (carrier.base_slipped && is_new_base);
                let same = known.is_some_and(|arc| {
                    arc.attributes == carrier.attributes && now - arc.last <= GAP_MAX
                });
                let is_new = told || !same || jumped.contains(&carrier.band);
                if is_new {
                    slipped.push(key);
                }
                let epochs = known.filter(|_| !is_new).map_or(0, |arc| arc.epochs + 1);
                let (phase_m, attributes) = (carrier.phase_m, carrier.attributes);
                self.carriers.insert(key, Arc { phase_m, attributes, last: now, epochs });
            }
        }
        self.carriers.retain(|_, arc| now - arc.last <= GAP_MAX);
        slipped
    }

    /// For how many epochs an arc has lasted.
    pub(super) fn epochs(&self, satellite: Satellite, band: char) -> u32 {
        self.carriers.get(&(satellite, band)).map_or(0, |arc| arc.epochs)
    }

    /// Ends an arc that contradicts the others.
    pub(super) fn end(&mut self, satellite: Satellite, band: char) {
        self.carriers.remove(&(satellite, band));
    }

    pub(super) fn is_open(&self, satellite: Satellite, band: char) -> bool {
        self.carriers.contains_key(&(satellite, band))
    }

    /// The carriers of which one has slipped: their difference jumped, and which of both it was is not known.
    fn jumped(&self, one: &Common) -> Vec<char> {
        let mut bands = Vec::new();
        let Some((first, others)) = one.carriers.split_first() else { return bands };
        let moved = |band: char, phase_m: f64| {
            self.carriers.get(&(one.satellite, band)).map(|arc| phase_m - arc.phase_m)
        };
        for other in others {
            let both = moved(first.band, first.phase_m).zip(moved(other.band, other.phase_m));
            if both.is_some_and(|(a, b)| (a - b).abs() > GEOMETRY_FREE_JUMP_M) {
                bands.extend([first.band, other.band]);
            }
        }
        bands
    }
}
