//! A report in a few lines for people, on standard output.

use std::io::Write;
use std::path::Path;

use tianshu_positioning::network::observed::Group;

use crate::network::report::{Report, SHARES, group_name};

/// Prints what a reader wants to know first, and where the rest is.
pub(crate) fn print(report: &Report, path: &Path) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let interval_s = report.interval.nanos() as f64 / 1e9;
    writeln!(
        out,
        "{} stations, {} epochs of {interval_s} s, systems {}",
        report.stations.len(),
        report.epochs,
        report.systems
    )?;
    for of in std::iter::once(None).chain(report.groups.iter().copied().map(Some)) {
        writeln!(out, "{}", levelled(report, of))?;
    }
    writeln!(
        out,
        "ionosphere left out by one {}, geometry {}, closures failed at {} epochs (at most {})",
        millimetres(report.leave_one_out.value()),
        millimetres(report.geometry.value()),
        report.closures.failed_epochs,
        report.closures.failed_max
    )?;
    for station in report.stations.iter().filter(|s| s.doubted_epochs > 0) {
        let reason = station.doubts.first().map_or("", |doubt| doubt.reason.as_str());
        let epochs = station.doubted_epochs;
        writeln!(out, "{} not believed at {epochs} epochs, first because {reason}", station.name)?;
    }
    for station in &report.virtual_stations {
        let all = station.reasons.told + station.reasons.withheld.values().sum::<u64>();
        let share = 100.0 * station.reasons.told as f64 / all.max(1) as f64;
        let masters: Vec<&str> = station.masters.keys().map(String::as_str).collect();
        writeln!(
            out,
            "{}: {} epochs by {}, {share:.1} % of the satellites told",
            station.name,
            station.epochs,
            if masters.is_empty() { "nobody".to_owned() } else { masters.join(", ") }
        )?;
    }
    for station in &report.excluded {
        let agreement = &station.agreement;
        writeln!(
            out,
            "{} left out: {} of {} epochs compared, phase {}, ionosphere {} (zenith {}), geometry {}",
            station.name,
            agreement.compared,
            agreement.seen,
            millimetres(agreement.phase.value()),
            millimetres(agreement.ionosphere.value()),
            millimetres(agreement.ionosphere_zenith.value()),
            millimetres(agreement.geometry.value())
        )?;
    }
    let cost = |share: f64| report.cost_quantile_ms(share).unwrap_or(0.0);
    writeln!(out, "an epoch took {:.1} ms, one of a hundred {:.1} ms", cost(0.5), cost(0.99))?;
    writeln!(out, "written: {}", path.display())?;
    Ok(())
}

/// When shares were levelled, and how many at the end.
fn levelled(report: &Report, of: Option<Group>) -> String {
    let name = of.map_or("all", group_name);
    let last = report.minutes.last();
    let count = |group: Group| last.and_then(|m| m.by_group.get(&group)).copied().unwrap_or((0, 0));
    let (all, now) = match of {
        Some(group) => count(group),
        None => Group::ALL.into_iter().map(count).fold((0, 0), |(a, l), (b, m)| (a + b, l + m)),
    };
    let reached = SHARES.map(|share| {
        let reached = report.reached.get(&(of, share));
        reached.map_or_else(|| "never".to_owned(), |span| format!("{:.0} s", span.seconds()))
    });
    let [half, ninety, more, most] = reached;
    format!(
        "{name:<8} levelled 50 % {half}, 90 % {ninety}, 95 % {more}, 99 % {most}; {now} of {all} in the last minute"
    )
}

fn millimetres(rms_m: Option<f64>) -> String {
    rms_m.map_or_else(|| "not told".to_owned(), |m| format!("{:.1} mm", 1e3 * m))
}
