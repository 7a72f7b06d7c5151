//! A station among trees: its noise and multipath are so many times what the world gave it.

use tianshu_gnss::coords::Ecef;
use tianshu_positioning::network::engine::Engine;
use tianshu_positioning::network::noise::NoiseFactors;
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_positioning::network::topology::Edge;

use crate::quantile::quantile;
use crate::tally::{Interpolation, Tally, rms};

/// Places nearer to it than this are judged apart, m: the middles of its own triangles.
const NEAR_M: f64 = 40e3;

/// What was found about it and around it. Lengths in mm.
#[derive(Default)]
pub(crate) struct Noisy {
    /// When nine of ten of its visible satellites were levelled first, s.
    reached_s: Option<i64>,
    /// How many satellites it had levelled, and how many its neighbours had in the mean.
    levelled: Vec<f64>,
    neighbours: Vec<f64>,
    /// Errors of corrections at the middles of its triangles.
    pub(crate) middles: Interpolation,
    /// Errors of virtual phases there on L1, their master's own among them.
    pub(crate) first_carrier: Vec<f64>,
    /// The same free of the ionosphere.
    pub(crate) free: Vec<f64>,
}

impl Noisy {
    pub(crate) fn told(&self) -> String {
        format!(
            "90 % of its satellites levelled after {:?} s, in the mean {:.1} (neighbours {:.1}); around it {}; virtual phases with \
             their master's noise L1 rms {:.1} mm, 95 % {:.1} mm, free of ionosphere {:.1} mm",
            self.reached_s,
            mean(&self.levelled),
            mean(&self.neighbours),
            self.middles.told(),
            rms(&self.first_carrier),
            quantile(&self.first_carrier.iter().map(|e| e.abs()).collect::<Vec<f64>>(), 0.95),
            rms(&self.free),
        )
    }
}

/// What is known of the stations' noise in the end: factors of phases and codes, the smallest, the middle and the largest.
pub(crate) fn known(snapshot: &NetworkSnapshot) -> String {
    let told = |of: fn(&NoiseFactors) -> f64| {
        let all: Vec<f64> = snapshot.stations.iter().map(|s| of(&s.noise)).collect();
        let [least, middle, most] = [0.0, 0.5, 1.0].map(|q| quantile(&all, q));
        format!("{least:.2} {middle:.2} {most:.2}")
    };
    format!("phases {}, codes {}", told(NoiseFactors::phases), told(NoiseFactors::codes))
}

/// Whether a place is near a station.
pub(crate) fn is_near(engine: &Engine, station: usize, place: Ecef) -> bool {
    engine.stations().get(station).is_some_and(|s| (s.place - place).norm_m() < NEAR_M)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Notes how many satellites the noisy station has levelled, and how many its neighbours have in the mean.
pub(crate) fn judge(
    snapshot: &NetworkSnapshot,
    (station, second): (usize, i64),
    tally: &mut Tally,
) {
    let near = |edge: &&Edge| [edge.from(), edge.to()].iter().any(|s| s.position() == station);
    let mut neighbours: Vec<usize> = Vec::new();
    for edge in snapshot.shape.edges().iter().filter(near) {
        let other = if edge.from().position() == station { edge.to() } else { edge.from() };
        neighbours.push(snapshot.stations[other.position()].levelled);
    }
    let mean = neighbours.iter().sum::<usize>() as f64 / neighbours.len().max(1) as f64;
    let own = snapshot.stations[station].levelled as f64;
    tally.noisy.levelled.push(own);
    tally.noisy.neighbours.push(mean);
    if own > 0.9 * snapshot.stations[station].visible as f64 {
        tally.noisy.reached_s.get_or_insert(second);
    }
}
