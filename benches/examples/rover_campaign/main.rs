//! Judges virtual stations by the rover that everybody has: RTKLIB's `rnx2rtkp`, in simulated worlds and on real networks.
//!
//! `cargo run --release -p tianshu-benches --example rover_campaign -- --scenario quiet --seed 1`; `--help` names the options.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what it prints is its product")]

mod figures;
mod folder;
mod json;
mod live;
mod observed;
mod options;
mod real;
mod restart;
mod rtklib;
mod simulated;
mod solutions;
mod table;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use anyhow::{Context, ensure};

use crate::options::{Asked, Mode};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match options::read(&words) {
        Ok(Some(asked)) => match run(&asked) {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("rover_campaign: {why:#}");
                ExitCode::FAILURE
            }
        },
        Ok(None) => {
            println!("{}", options::HELP);
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("rover_campaign: {why:#}\n{}", options::HELP);
            ExitCode::from(2)
        }
    }
}

const PROGRAM: &str = concat!("tianshu ", env!("CARGO_PKG_VERSION"));

/// What world it is, and who judges.
fn heading(asked: &Asked, version: &str) -> String {
    format!(
        "{PROGRAM}: {}, seed {}, {} stations, {} rovers at {}, {} s of {} s, from {} s on, judged by {version}",
        asked.scenario,
        asked.seed,
        asked.stations,
        asked.rovers,
        asked.rovers_at,
        asked.seconds,
        asked.interval_s,
        asked.from_s
    )
}

/// Runs what is asked for, prints it, and writes it if a file is named.
fn run(asked: &Asked) -> anyhow::Result<()> {
    ensure!(rtklib::is_there(), "rnx2rtkp (Debian package rtklib) is not found");
    let document = match &asked.mode {
        Mode::Simulated => {
            let simulated::Campaign { judged, version } = simulated::run(asked)?;
            println!("{}", heading(asked, &version));
            table::print(&judged, asked.scenario.as_str());
            json::document(asked, &version, &judged, &[])
        }
        Mode::Restart(window_s) => {
            let restart::Campaign { restarts, version } = restart::run(asked, *window_s)?;
            println!("{}", heading(asked, &version));
            table::print_restarts(&restarts, *window_s);
            json::document(asked, &version, &[], &restarts)
        }
        Mode::Live(speed) => {
            let campaign = live::run(asked, *speed)?;
            println!("{}", heading(asked, "rtkrcv, live"));
            table::print(&campaign.judged, asked.scenario.as_str());
            table::print_delays(&campaign, *speed);
            json::document(asked, "rtkrcv", &campaign.judged, &[])
        }
        Mode::Real(network) => {
            let simulated::Campaign { judged, version } = real::run(asked, network)?;
            println!("{}: {}, judged by {version}", PROGRAM, network.folder.display());
            table::print(&judged, table::REAL);
            json::document(asked, &version, &judged, &[])
        }
    };
    if let Some(path) = &asked.json {
        std::fs::write(path, document)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
