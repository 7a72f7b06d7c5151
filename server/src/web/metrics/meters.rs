//! What has to be observed as it happens: how long epochs take.

use std::sync::Arc;

use prometheus::{Histogram, HistogramOpts, HistogramVec};
use tokio_util::sync::CancellationToken;

use crate::web::facts::Facts;

/// Bounds of what solving takes, s: a network of 110 stations takes some 50 ms.
const SOLVE_BOUNDS_S: [f64; 9] = [0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 1.0, 2.0];
/// Bounds of latencies, s: links of some 150 ms, and rovers that hardly use what is older than some seconds.
const LATENCY_BOUNDS_S: [f64; 11] = [0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0];

/// The histograms.
#[derive(Debug)]
pub(crate) struct Meters {
    /// What solving an epoch takes.
    pub solve: Histogram,
    /// From an epoch's time to a stage of its way.
    pub latency: HistogramVec,
}

impl Meters {
    /// Nothing observed yet.
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let solve = HistogramOpts::new("network_solve_seconds", "What solving an epoch takes")
            .buckets(SOLVE_BOUNDS_S.to_vec());
        let help =
            "From an epoch to its arrival (ingest), and to what the network makes of it (solve)";
        let latency =
            HistogramOpts::new("epoch_latency_seconds", help).buckets(LATENCY_BOUNDS_S.to_vec());
        Ok(Self {
            solve: Histogram::with_opts(solve)?,
            latency: HistogramVec::new(latency, &["stage"])?,
        })
    }
}

/// Observes every epoch of the network, and each second the newest of every station, until it is stopped.
pub(crate) async fn observe(facts: Arc<Facts>, stop: CancellationToken) {
    let (mut network, mut views) = (facts.of.network.clone(), facts.of.monitor.clone());
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            changed = network.changed() => {
                if changed.is_err() {
                    return;
                }
                let newest = network.borrow_and_update().clone();
                if let Some(epoch) = newest {
                    let meters = &facts.meters;
                    meters.solve.observe(epoch.took.as_secs_f64());
                    let late_s = (facts.now() - epoch.snapshot.time).seconds();
                    meters.latency.with_label_values(&["solve"]).observe(late_s.max(0.0));
                }
            }
            changed = views.changed() => {
                if changed.is_err() {
                    return;
                }
                let view = views.borrow_and_update().clone();
                let ingest = facts.meters.latency.with_label_values(&["ingest"]);
                for status in view.iter().flat_map(|view| &view.stations) {
                    let newest = status.newest.as_ref().zip(status.last_arrival);
                    if let Some((epoch, arrived)) = newest {
                        ingest.observe((arrived - epoch.time).seconds().max(0.0));
                    }
                }
            }
        }
    }
}
