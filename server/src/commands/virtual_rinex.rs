//! `tianshu archive virtual`: the observation file of a station that was never there.

use std::io::Write;
use std::ops::ControlFlow;

use anyhow::ensure;
use tianshu_gnss::time::gps::Interval;

use crate::archive::virtual_rinex::{Ground, Outcome, Progress as Step, Request, civil, make};
use crate::cli::network::Place;
use crate::cli::virtual_rinex::VirtualOptions;
use crate::config::read::Config;
use crate::network::progress::Progress;
use crate::network::{places, systems};

/// Makes what is asked.
pub(crate) fn run(config: &Config, options: &VirtualOptions) -> anyhow::Result<()> {
    let ground = Ground::of(config)?;
    let request = request(options)?;
    let mut progress = Progress::begin();
    let made = make(&ground, &request, &options.out, &mut |step| {
        let (done, all) = (seconds(step.done), seconds(step.all));
        progress.tell(done, all, || words(step));
        ControlFlow::Continue(())
    });
    progress.end();
    print(&made?)
}

fn request(options: &VirtualOptions) -> anyhow::Result<Request> {
    let interval = options.interval.map(|seconds| {
        ensure!(seconds.is_finite() && seconds > 0.0, "--interval {seconds} is no interval");
        Ok(Interval::from_seconds_f64(seconds))
    });
    let minutes = options.warm_up;
    ensure!(minutes.is_finite() && minutes >= 0.0, "--warm-up {minutes} is no time");
    Ok(Request {
        place: places::place(&Place::At(options.at.clone()))?,
        from: options.from.0,
        until: options.until.0,
        interval: interval.transpose()?,
        systems: systems::of_letters(&options.systems)?,
        name: options.name.clone(),
        warm_up: Interval::from_seconds_f64(60.0 * minutes),
        stations: options.stations,
    })
}

fn seconds(span: Interval) -> u64 {
    u64::try_from(span.nanos() / 1_000_000_000).unwrap_or(0)
}

/// How it is going, in a few words.
fn words(step: &Step) -> String {
    let (all, levelled) = step.ambiguities;
    let share = 100.0 * levelled as f64 / all.max(1) as f64;
    let runs_in = if step.runs_in { "warm-up, " } else { "" };
    format!("{}  {runs_in}{share:.1} % of {all} ambiguities levelled", civil(step.time))
}

fn print(made: &Outcome) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let report = &made.report;
    let percent = |share: Option<f64>| share.map_or(0.0, |share| 100.0 * share);
    let run_in_s = (report.asked.request.from - report.begun).seconds().max(0.0);
    writeln!(
        out,
        "{} stations, warm-up {run_in_s:.0} s; {} of {} epochs, {:.1} % of the ambiguities levelled at the begin, {:.1} % at the end",
        report.stations.len(),
        report.epochs,
        report.epochs_expected,
        percent(report.levelled.first),
        percent(report.levelled.last)
    )?;
    let withheld: u64 = report.reasons.withheld.values().sum();
    let all = report.reasons.told + withheld;
    let masters: Vec<&str> = report.masters.keys().map(String::as_str).collect();
    writeln!(
        out,
        "by {}: {:.1} % of the satellites told; ionosphere within {} (one sigma, slant on L1)",
        masters.join(", "),
        100.0 * report.reasons.told as f64 / all.max(1) as f64,
        report
            .ionosphere_sigma
            .rms
            .value()
            .map_or_else(|| "what is not known".to_owned(), |m| format!("{:.1} mm", 1e3 * m))
    )?;
    writeln!(out, "written: {}", made.rinex.display())?;
    writeln!(out, "written: {}", made.report_file.display())?;
    Ok(())
}
