//! What was measured of one network, and how it is told.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use tianshu_gnss::observation::ObsEpoch;
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_positioning::network::topology::StationIndex;

use crate::options::Options;
use crate::quantile::quantile;

/// Snapshots are taken into the fingerprint this often, s.
const FINGERPRINT_S: i64 = 10;

/// What one network cost.
pub(crate) struct Tally {
    stations: usize,
    /// Each epoch's second and processor time, ms.
    processor_ms: Vec<(i64, f64)>,
    /// Satellites that a station measured, summed, and their carriers, and of how many stations' epochs.
    seen: [usize; 3],
    /// Ambiguities above 10° at the last epoch, and those that are levelled.
    ambiguities: (usize, usize),
    fingerprint: DefaultHasher,
}

impl Tally {
    pub(crate) fn new(stations: usize) -> Self {
        Self {
            stations,
            processor_ms: Vec::new(),
            seen: [0; 3],
            ambiguities: (0, 0),
            fingerprint: DefaultHasher::new(),
        }
    }

    /// Notes an epoch.
    pub(crate) fn take(
        &mut self,
        processor_ms: f64,
        second: i64,
        snapshot: &NetworkSnapshot,
        measured: &BTreeMap<StationIndex, Arc<ObsEpoch>>,
    ) {
        self.processor_ms.push((second, processor_ms));
        for epoch in measured.values() {
            let satellites = epoch.observations.chunk_by(|a, b| a.satellite == b.satellite);
            self.seen[0] += satellites.count();
            self.seen[1] += epoch.observations.len();
            self.seen[2] += 1;
        }
        self.ambiguities = snapshot.resolved.total();
        if second % FINGERPRINT_S == 0 {
            format!("{snapshot:?}").hash(&mut self.fingerprint);
        }
    }

    pub(crate) fn heading() -> &'static str {
        "stations | satellites, signals each sees | cold p50, p99 ms | fixed p50, p99 ms | levelled at the end | memory with the world | fingerprint"
    }

    pub(crate) fn told(&self, o: &Options) -> String {
        let of = |wanted: std::ops::Range<i64>| -> Vec<f64> {
            let epochs = self.processor_ms.iter().filter(|(second, _)| wanted.contains(second));
            epochs.map(|(_, ms)| *ms).collect()
        };
        let (cold_ms, fixed_ms) = (of(0..o.cold_s), of(o.fixed_s..o.seconds));
        let [satellites, signals, epochs] = self.seen.map(|n| n as f64);
        format!(
            "{} | {:.0}, {:.0} | {:.1}, {:.1} | {:.1}, {:.1} | {:.1} % | {} | {:016x}",
            self.stations,
            satellites / epochs,
            signals / epochs,
            quantile(&cold_ms, 0.5),
            quantile(&cold_ms, 0.99),
            quantile(&fixed_ms, 0.5),
            quantile(&fixed_ms, 0.99),
            100.0 * self.ambiguities.1 as f64 / self.ambiguities.0 as f64,
            memory_told(),
            self.fingerprint.finish(),
        )
    }
}

/// The most memory that this process has had, as the kernel tells it.
fn memory_told() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kilobytes.map_or_else(|| "not told".to_owned(), |kb| format!("{:.0} MB", kb / 1024.0))
}
