//! The tables that people read.

use std::fmt::Write;

use crate::figures::{Figures, quantile, rms};
use crate::live::Campaign;
use crate::restart::{self, Restarts};
use crate::simulated::{Judged, Kind};

/// The scenario of real networks, for which nothing is wanted.
pub(crate) const REAL: &str = "real";

/// What is wanted of virtual stations in a scenario.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) fixed_percent: Option<f64>,
    pub(crate) horizontal_mm: Option<f64>,
    pub(crate) up_mm: Option<f64>,
    pub(crate) wrong_percent: f64,
}

/// What is wanted of RTKLIB on a virtual station, s: median and 95 %.
const WANTED_RTKLIB_S: [f64; 2] = [5.0, 15.0];
/// The median that is wanted of our own rover, s.
const WANTED_OURS_S: f64 = 2.0;

/// The aims of the project.
pub(crate) fn wanted(scenario: &str) -> Wanted {
    let (fixed_percent, horizontal_mm, up_mm) = match scenario {
        "quiet" => (Some(98.0), Some(8.0), Some(15.0)),
        "anomaly" => (Some(95.0), None, None),
        moving if moving.contains("drive") => (Some(98.0), None, None),
        _ => (None, None, None),
    };
    Wanted { fixed_percent, horizontal_mm, up_mm, wrong_percent: 0.1 }
}

const TITLES: &str = "rover   base                  km   told  fixed %    H rms   H 95   U rms   U 95 mm   wrong      %   first fix s";

/// Prints a table for each kind of settings, with sums.
pub(crate) fn print(judged: &[Judged], scenario: &str) {
    let mut last = None;
    for one in judged {
        let settings = (&one.systems, one.options);
        if last != Some(settings) {
            println!("\n{}, {}\n{TITLES}", one.systems, one.options.name());
            for row in judged.iter().filter(|j| (&j.systems, j.options) == settings) {
                println!("{}", line(&row.rover, &row.base, Some(row.km), &row.figures));
            }
            let all = judged.iter().filter(|j| (&j.systems, j.options) == settings);
            let sums = sums(&all.collect::<Vec<_>>());
            for (kind, figures) in &sums {
                println!("{}", line("all", kind.name(), None, figures));
            }
            if let Some((_, figures)) = sums.iter().find(|(kind, _)| *kind == Kind::Virtual) {
                println!("wanted of virtual stations: {}", verdict(figures, wanted(scenario)));
            }
            last = Some(settings);
        }
    }
    println!(
        "\nH, U: of fixes after the first minute. wrong: fixes more than 5 cm or 10 cm in height off, at any time, and their share."
    );
}

/// The figures of all rovers together, kind by kind.
pub(crate) fn sums(judged: &[&Judged]) -> Vec<(Kind, Figures)> {
    let sum = |kind: Kind| {
        let mut sum = Figures::default();
        judged.iter().filter(|j| j.kind == kind).for_each(|j| sum.add(&j.figures));
        (kind, sum)
    };
    Kind::ALL.map(sum).into_iter().filter(|(_, figures)| figures.epochs > 0).collect()
}

fn line(rover: &str, base: &str, km: Option<f64>, f: &Figures) -> String {
    let mm = |value: Option<f64>| value.map_or("-".to_owned(), |mm| format!("{mm:.1}"));
    let km = km.map_or(String::new(), |km| format!("{km:.1}"));
    let mut text =
        format!("{rover:<7} {base:<18} {km:>5} {:>6} {:>8.1}", f.told, f.fixed_percent());
    for value in [
        rms(&f.horizontal_mm),
        quantile(&f.horizontal_mm, 0.95),
        rms(&f.up_mm),
        quantile(&f.up_mm, 0.95),
    ] {
        let _ = write!(text, " {:>7}", mm(value));
    }
    let first = match f.first_fix_s[..] {
        [one] => one.map_or("never".to_owned(), |s| format!("{s:.0}")),
        ref all => {
            let longest = restart::quantile(all, 1.0);
            format!("up to {}", longest.map_or("never".to_owned(), |s| format!("{s:.0}")))
        }
    };
    let _ = write!(text, "   {:>7} {:>6.2} {first:>13}", f.wrong, f.wrong_percent());
    text
}

/// Every aim, and whether it is met.
fn verdict(f: &Figures, wanted: Wanted) -> String {
    let met = |is_met: bool| if is_met { "met" } else { "MISSED" };
    let mut parts = Vec::new();
    if let Some(percent) = wanted.fixed_percent {
        parts.push(format!("fixed >= {percent} % {}", met(f.fixed_percent() >= percent)));
    }
    let mut at_most = |name: &str, found: Option<f64>, limit: Option<f64>| {
        if let Some(limit) = limit {
            let is_met = found.is_some_and(|found| found <= limit);
            parts.push(format!("{name} <= {limit} mm {}", met(is_met)));
        }
    };
    at_most("H rms", rms(&f.horizontal_mm), wanted.horizontal_mm);
    at_most("U rms", rms(&f.up_mm), wanted.up_mm);
    let is_right = f.wrong_percent() <= wanted.wrong_percent;
    parts.push(format!("wrong <= {} % {}", wanted.wrong_percent, met(is_right)));
    parts.join(", ")
}

/// Prints how long rovers took that began anew every `window_s`.
pub(crate) fn print_restarts(restarts: &[Restarts], window_s: u32) {
    println!(
        "\nrestarted every {window_s} s; seconds from the first epoch to the first fix, and to the first from which on all epochs are fixed and right"
    );
    println!(
        "systems rover          base              windows  first: 50 %   95 %   never %   good: 50 %   95 %   wrong fixes %"
    );
    let s = |value: Option<f64>| value.map_or(format!(">{window_s}"), |s| format!("{s:.0}"));
    for r in restarts {
        println!(
            "{:<7} {:<14} {:<16} {:>8} {:>12} {:>6} {:>9.1} {:>12} {:>6} {:>15.2}",
            r.systems,
            r.program,
            r.kind.name(),
            r.first_fix_s.len(),
            s(restart::quantile(&r.first_fix_s, 0.5)),
            s(restart::quantile(&r.first_fix_s, 0.95)),
            r.never_percent(),
            s(restart::quantile(&r.good_fix_s, 0.5)),
            s(restart::quantile(&r.good_fix_s, 0.95)),
            crate::figures::percent(r.wrong, r.fixes),
        );
    }
    println!(
        "wanted on virtual stations: rnx2rtkp {} s and {} s, tianshu solve {WANTED_OURS_S} s (median)",
        WANTED_RTKLIB_S[0], WANTED_RTKLIB_S[1]
    );
}

/// Prints how long the bytes of virtual stations took, and how many stations there were.
pub(crate) fn print_delays(campaign: &Campaign, speed: f64) {
    let ms = |share: f64| {
        let found = quantile(&campaign.delays_s, share);
        found.map_or("-".to_owned(), |s| format!("{:.0}", 1e3 * s / speed))
    };
    println!(
        "from an epoch to its bytes at the rover, ms: 50 % {}, 95 %  {}, 99 % {}, longest {} ({} epochs of virtual stations, which changed {} times)",
        ms(0.5),
        ms(0.95),
        ms(0.99),
        ms(1.0),
        campaign.delays_s.len(),
        campaign.stations_changed
    );
    if !campaign.crowd.is_empty() {
        println!("\nbeside them:\n{}", campaign.crowd.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aim_that_is_missed_is_told() {
        let figures = Figures {
            counted: 100,
            fixed: 97,
            fixes: 100,
            horizontal_mm: vec![5.0],
            up_mm: vec![-16.0],
            ..Figures::default()
        };
        assert_eq!(
            verdict(&figures, wanted("quiet")),
            "fixed >= 98 % MISSED, H rms <= 8 mm met, U rms <= 15 mm MISSED, wrong <= 0.1 % met"
        );
        assert_eq!(verdict(&figures, wanted("anomaly")), "fixed >= 95 % met, wrong <= 0.1 % met");
    }
}
