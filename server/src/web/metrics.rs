//! Figures for Prometheus: made anew at each scrape of what the other parts publish, in the text format 0.0.4. docs/metrics.md tells of each.
//!
//! No label holds an account or an address: their number has no bound.

mod caster;
mod meters;
mod stations;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus::core::Collector;
use prometheus::{
    Encoder, Gauge, GaugeVec, IntCounter, IntCounterVec, Opts, Registry, TextEncoder,
};

use crate::web::error::ApiError;
use crate::web::facts::Facts;
pub(crate) use crate::web::metrics::meters::{Meters, observe};

/// All names begin so.
const PREFIX: &str = "tianshu";

/// How requests were answered.
#[derive(Debug, Default)]
pub(crate) struct Requests(Mutex<BTreeMap<u16, u64>>);

impl Requests {
    /// One more was answered.
    pub(crate) fn count(&self, status: StatusCode) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(status.as_u16()).or_insert(0) += 1;
    }

    fn all(&self) -> BTreeMap<u16, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Figures being put together.
struct Figures(Registry);

impl Figures {
    fn new() -> Result<Self, prometheus::Error> {
        Registry::new_custom(Some(PREFIX.to_owned()), None).map(Self)
    }

    fn add(&self, of: impl Collector + 'static) -> Result<(), prometheus::Error> {
        self.0.register(Box::new(of))
    }

    /// A number that goes up and down.
    fn gauge(&self, name: &str, help: &str, value: f64) -> Result<(), prometheus::Error> {
        let gauge = Gauge::new(name, help)?;
        gauge.set(value);
        self.add(gauge)
    }

    /// A number that only grows.
    fn counter(&self, name: &str, help: &str, value: u64) -> Result<(), prometheus::Error> {
        let counter = IntCounter::new(name, help)?;
        counter.inc_by(value);
        self.add(counter)
    }

    /// A time that only grows, s.
    fn seconds(&self, name: &str, help: &str, value: f64) -> Result<(), prometheus::Error> {
        let counter = prometheus::Counter::new(name, help)?;
        counter.inc_by(value.max(0.0));
        self.add(counter)
    }

    /// Numbers that go up and down, by labels.
    fn gauges(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        values: &[(Vec<&str>, f64)],
    ) -> Result<(), prometheus::Error> {
        let family = GaugeVec::new(Opts::new(name, help), labels)?;
        for (of, value) in values {
            family.with_label_values(of).set(*value);
        }
        self.add(family)
    }

    /// Numbers that only grow, by labels.
    fn counters(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        values: &[(Vec<&str>, u64)],
    ) -> Result<(), prometheus::Error> {
        let family = IntCounterVec::new(Opts::new(name, help), labels)?;
        for (of, value) in values {
            family.with_label_values(of).inc_by(*value);
        }
        self.add(family)
    }
}

/// The figures. Only at the port of the management.
pub(crate) async fn show(State(facts): State<Arc<Facts>>) -> Response {
    match told(&facts) {
        Ok(text) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Err(error) => ApiError::internal(&error).into_response(),
    }
}

/// All figures as text.
pub(crate) fn told(facts: &Facts) -> Result<String, prometheus::Error> {
    let figures = Figures::new()?;
    let version = [(vec![env!("CARGO_PKG_VERSION")], 1.0)];
    figures.gauges("build_info", "The program, always 1", &["version"], &version)?;
    stations::add(&figures, facts)?;
    stations::add_network(&figures, facts)?;
    caster::add(&figures, facts)?;
    caster::add_archive(&figures, facts)?;
    caster::add_web(&figures, facts)?;
    figures.add(facts.meters.solve.clone())?;
    figures.add(facts.meters.latency.clone())?;
    let process = Registry::new();
    process.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
    let mut families = figures.0.gather();
    families.extend(process.gather());
    let mut text = Vec::new();
    TextEncoder::new().encode(&families, &mut text)?;
    String::from_utf8(text).map_err(|error| prometheus::Error::Msg(error.to_string()))
}
