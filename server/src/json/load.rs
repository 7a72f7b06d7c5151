//! The report of a load run as JSON: one object, described in docs/formats.md.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::load::histogram::Histogram;
use crate::load::ledger::Data;
use crate::load::report::{Phase, Report};

/// The name of this form of the report; changed when a key changes its meaning or goes.
const SCHEMA: &str = "tianshu-load-1";

/// The report as one object. What was not measured is `null`.
pub(crate) fn report(report: &Report) -> Json {
    let ledger = &report.ledger;
    json!({
        "schema": SCHEMA,
        "rovers": { "all": report.rovers, "slow": report.slow, "silent": report.silent },
        "connections": {
            "asked": ledger.asked,
            "connected": ledger.connected,
            "accepted": ledger.accepted,
            "refused": ledger.refusals(),
            "failed": ledger.failures(),
            "refused_by_answer": causes(&ledger.refused),
            "failed_by_cause": causes(&ledger.failed),
            "ended_by_cause": causes(&ledger.ended),
            "accepted_per_s": ledger.storm.per_second(),
        },
        "connect": timing(&ledger.connect),
        "accept": timing(&ledger.accept),
        "first_byte": timing(&ledger.first_byte),
        "latency": timing(&ledger.latency),
        "latency_left_out": {
            "stamped_in_future": ledger.stamped_in_future,
            "older_than_60_s": ledger.stamped_long_ago,
            "first_of_connection": ledger.first_epochs,
        },
        "spread": timing(&ledger.spread),
        "data": data(&ledger.data),
        "slow_data": data(&ledger.slow),
        "torn_frames": ledger.torn(),
        "positions": { "sent": ledger.positions_sent, "unsent": ledger.positions_unsent },
        "silent_ended": timing(&ledger.silent_ended),
        "cost": {
            "connecting": report.connecting.as_ref().map(phase),
            "steady": report.steady.as_ref().map(phase),
            "whole": phase(&report.whole),
            "resident_begin_kb": report.resident_begin_kb,
            "resident_end_kb": report.resident_end_kb,
            "resident_max_kb": report.resident_max_kb,
            "resident_per_rover_kb": report.resident_per_rover_kb(),
            "own_resident_kb": report.own_resident_kb,
        },
    })
}

fn causes(causes: &BTreeMap<&'static str, u64>) -> Json {
    causes.iter().map(|(cause, count)| ((*cause).to_owned(), Json::from(*count))).collect()
}

fn timing(histogram: &Histogram) -> Json {
    let told = histogram.quantiles();
    json!({
        "count": told.map_or(0, |told| told.count),
        "p50_ms": told.map(|told| told.p50_ms),
        "p99_ms": told.map(|told| told.p99_ms),
        "max_ms": told.map(|told| told.max_ms),
    })
}

fn data(data: &Data) -> Json {
    json!({
        "bytes": data.bytes,
        "frames": data.frames,
        "epochs": data.epochs,
        "torn": data.torn,
        "noise_bytes": data.noise_bytes,
        "cut": data.cut,
        "gaps": data.gaps,
        "missed": data.missed,
    })
}

fn phase(phase: &Phase) -> Json {
    json!({
        "seconds": phase.lasted.as_secs_f64(),
        "epochs": phase.epochs,
        "frames": phase.frames,
        "cpu_s": phase.cpu.map(|cpu| cpu.as_secs_f64()),
        "cpu_percent": phase.percent(phase.cpu),
        "cpu_us_per_epoch": phase.cpu_us_per_epoch(),
        "cpu_us_per_frame": phase.cpu_us_per_frame(),
        "own_cpu_s": phase.own_cpu.map(|cpu| cpu.as_secs_f64()),
        "own_cpu_percent": phase.percent(phase.own_cpu),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_was_not_measured_is_null() {
        let mut told = Report { rovers: 5, ..Report::default() };
        told.ledger.refused.insert("unauthorized", 5);
        told.ledger.latency.count(Duration::from_millis(20));
        let told = report(&told);
        assert_eq!(told["schema"], "tianshu-load-1");
        assert_eq!(told["connections"]["refused_by_answer"]["unauthorized"], 5);
        assert_eq!(
            told["latency"],
            json!({"count": 1, "p50_ms": 20.0, "p99_ms": 20.0, "max_ms": 20.0})
        );
        assert!(told["spread"]["p99_ms"].is_null());
        assert!(told["cost"]["steady"].is_null());
        assert!(told["cost"]["whole"]["cpu_us_per_epoch"].is_null());
    }
}
