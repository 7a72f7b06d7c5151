//! What was found over a run, and how it is told.

use std::collections::BTreeMap;

use tianshu_positioning::network::snapshot::NetworkSnapshot;

use crate::noisy::Noisy;
use crate::options::Options;
use crate::quantile::quantile;

/// Everything that a run is judged by. Lengths in mm.
#[derive(Default)]
pub(crate) struct Tally {
    /// Most wrong levels at one look.
    pub(crate) wrong_max: usize,
    /// Looks at which a level was wrong.
    pub(crate) wrong_looks: usize,
    /// Levels times hours.
    pub(crate) levelled_hours: f64,
    /// Wrong levels times hours.
    pub(crate) wrong_hours: f64,
    /// When a share was levelled first, s.
    pub(crate) reached: BTreeMap<String, i64>,
    /// Errors of corrections at the middles of triangles.
    pub(crate) middles: Interpolation,
    /// Errors of predictions at stations that are left out.
    pub(crate) neighbours: Interpolation,
    /// Errors of zenith delays at stations, less their mean.
    pub(crate) zenith_stations: Vec<f64>,
    /// And at the middles of triangles.
    pub(crate) zenith_middles: Vec<f64>,
    /// Errors of virtual phases on L1.
    pub(crate) first_carrier: Vec<f64>,
    /// Errors of virtual phases free of the ionosphere.
    pub(crate) free: Vec<f64>,
    /// What is known of the stations' noise in the end.
    pub(crate) noise: String,
    /// The noisy station, if there is one.
    pub(crate) noisy: Noisy,
    /// Shares of the visible satellites that were told.
    pub(crate) told: Vec<f64>,
    /// Processor time of an epoch, ms.
    pub(crate) cpu_ms: Vec<f64>,
}

/// Errors of an interpolation at the zenith on L1, mm, what they were promised to be, and those of a plane through three stations (LIM).
#[derive(Default)]
pub(crate) struct Interpolation {
    pub(crate) kriged: Vec<f64>,
    pub(crate) sigmas: Vec<f64>,
    pub(crate) linear: Vec<f64>,
}

impl Interpolation {
    pub(crate) fn told(&self) -> String {
        let within = self.sigmas.iter().filter(|v| v.abs() <= 2.0).count() as f64;
        format!(
            "zenith rms {:.1} mm (LIM {:.1}), within 2 sigma {:.1} %",
            rms(&self.kriged),
            rms(&self.linear),
            100.0 * within / self.sigmas.len().max(1) as f64
        )
    }
}

impl Tally {
    /// Notes how much is levelled.
    pub(crate) fn progress(&mut self, snapshot: &NetworkSnapshot, second: i64) {
        let resolved = &snapshot.resolved;
        for (group, (all, levelled)) in &resolved.by_group {
            if 10 * levelled >= 9 * all {
                self.reached.entry(format!("{group:?}")).or_insert(second);
            }
        }
        for (carriers, (all, levelled)) in resolved.by_carriers.iter().filter(|(c, _)| **c > 1) {
            if 10 * levelled >= 9 * all {
                self.reached.entry(format!("{carriers} carriers")).or_insert(second);
            }
        }
        let (all, levelled) = resolved.total();
        for share in [50, 80, 90, 95, 99] {
            if all > 0 && 100 * levelled >= share * all {
                self.reached.entry(format!("{share} %")).or_insert(second);
            }
        }
    }

    /// Tells everything.
    pub(crate) fn report(&mut self, o: &Options, seed: u64) {
        println!(
            "{} seed {seed}, {} stations, {} s: wrong levels at most {} in {} looks, {:.1e} of {:.0} ambiguity-hours",
            o.scenario,
            o.stations,
            o.seconds,
            self.wrong_max,
            self.wrong_looks,
            self.wrong_hours / self.levelled_hours.max(1e-9),
            self.levelled_hours
        );
        println!("   seconds until levelled (systems and carriers: 90 %): {:?}", self.reached);
        println!("   stations left out, inner ones: {}", self.neighbours.told());
        println!("   middles of triangles: {}", self.middles.told());
        println!(
            "   virtual phases there: L1 rms {:.1} mm, free of ionosphere {:.1} mm, {:.1} % of the satellites told",
            rms(&self.first_carrier),
            rms(&self.free),
            100.0 * self.told.iter().sum::<f64>() / self.told.len().max(1) as f64
        );
        println!(
            "   zenith delays: rms {:.1} mm at stations, {:.1} mm at the middles of triangles",
            rms(&self.zenith_stations),
            rms(&self.zenith_middles)
        );
        println!("   factors of noise, least, middle, most: {}", self.noise);
        if let Some(station) = o.noisy {
            println!(
                "   station {station} with {} times the noise: {}",
                o.noise,
                self.noisy.told()
            );
        }
        println!(
            "   processor time per epoch: p50 {:.1} ms, p99 {:.1} ms; second half p50 {:.1} ms",
            quantile(&self.cpu_ms, 0.5),
            quantile(&self.cpu_ms, 0.99),
            quantile(&self.cpu_ms[self.cpu_ms.len() / 2..], 0.5)
        );
    }
}

/// The root mean square.
pub(crate) fn rms(values: &[f64]) -> f64 {
    (values.iter().map(|v| v * v).sum::<f64>() / values.len().max(1) as f64).sqrt()
}
