//! What a run came to, and the table of all.

use anyhow::Context;

use crate::trouble::Trouble;

/// What one run came to.
pub(crate) struct Run {
    /// Good rovers that were let in.
    accepted: f64,
    p50_ms: f64,
    p99_ms: f64,
    /// Runs of bytes at good rovers that belong to no frame.
    pub(crate) torn: f64,
    /// Epochs that a good rover missed and others received.
    missed: f64,
    epochs: f64,
    /// The most memory that the service held.
    peak_mb: f64,
    cpu_percent: f64,
    /// What the trouble says of itself.
    said: String,
}

impl Run {
    /// Of a report of `tianshu load --json` (schema tianshu-load-1).
    pub(crate) fn of(report: &str, peak_kb: f64, said: String) -> anyhow::Result<Self> {
        let value = |path: &[&str]| {
            number(report, path).with_context(|| format!("no {} in: {report}", path.join(".")))
        };
        Ok(Self {
            accepted: value(&["connections", "accepted"])?,
            p50_ms: value(&["latency", "p50_ms"])?,
            p99_ms: value(&["latency", "p99_ms"])?,
            torn: value(&["torn_frames"])?,
            missed: value(&["data", "missed"])?,
            epochs: value(&["data", "epochs"])?,
            peak_mb: peak_kb / 1_024.0,
            cpu_percent: value(&["cost", "steady", "cpu_percent"])?,
            said,
        })
    }
}

/// A number of a JSON object: the first of its name behind the names that lead to it.
fn number(json: &str, path: &[&str]) -> Option<f64> {
    let mut rest = json;
    for name in path {
        let quoted = format!("\"{name}\"");
        rest = rest[rest.find(&quoted)? + quoted.len()..].trim_start_matches([':', ' ']);
    }
    let end = rest.find([',', '}', '\n']).unwrap_or(rest.len());
    rest[..end].trim().parse().ok()
}

fn median(runs: &[Run], of: impl Fn(&Run) -> f64) -> f64 {
    let mut values: Vec<f64> = runs.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Medians of the runs, in calm and in trouble.
pub(crate) fn print(good: u32, all: &[(Trouble, Vec<Run>, Vec<Run>)]) {
    println!("{good} good rovers; medians, calm -> troubled");
    for (trouble, calm, troubled) in all {
        let both = |of: fn(&Run) -> f64| (median(calm, of), median(troubled, of));
        let (p50, p50_troubled) = both(|run| run.p50_ms);
        let (p99, p99_troubled) = both(|run| run.p99_ms);
        let (cpu, cpu_troubled) = both(|run| run.cpu_percent);
        let (memory, memory_troubled) = both(|run| run.peak_mb);
        let change = (p99_troubled / p99 - 1.0) * 100.0;
        let torn: f64 = troubled.iter().map(|run| run.torn).sum();
        let missed: f64 = troubled.iter().map(|run| run.missed).sum();
        let epochs: f64 = troubled.iter().map(|run| run.epochs).sum();
        println!(
            "{}: p50 {p50:.1} -> {p50_troubled:.1} ms, p99 {p99:.1} -> {p99_troubled:.1} ms ({change:+.0} %), \
             service {cpu:.0} -> {cpu_troubled:.0} % of its core, at most {memory:.0} -> {memory_troubled:.0} MB, \
             {torn:.0} torn, {missed:.0} of {epochs:.0} epochs missed, {:.0} let in",
            trouble.name(),
            median(troubled, |run| run.accepted)
        );
        for run in troubled {
            println!("    p99 {:.1} ms: {}", run.p99_ms, run.said);
        }
        let calm: Vec<String> = calm.iter().map(|run| format!("{:.1}", run.p99_ms)).collect();
        println!("    calm p99 {} ms", calm.join(", "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_behind_the_names_that_lead_to_it() {
        let json = r#"{"accept": {"p99_ms": 1.5}, "latency": {"count": 7, "p99_ms": 40.25}, "torn_frames": 0}"#;
        assert_eq!(number(json, &["latency", "p99_ms"]), Some(40.25));
        assert_eq!(number(json, &["torn_frames"]), Some(0.0));
        assert_eq!(number(json, &["latency", "p75_ms"]), None);
    }
}
