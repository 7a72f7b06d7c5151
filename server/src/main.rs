//! Tianshu's one program: reads the command line, does what it says, and turns failures into exit codes.
//!
//! Exit codes: 0 done, 1 the work failed, 2 the command line was wrong, 78 the configuration was wrong
//! (`EX_CONFIG` of BSD's sysexits).

mod address;
mod archive;
mod cli;
mod commands;
mod config;
mod demo;
mod files;
mod handshake;
mod json;
mod load;
mod logging;
mod monitor;
mod network;
mod outlet;
mod products;
mod rover;
mod serve;
mod simulate;
mod users;
mod virtual_jobs;
mod vrs;
mod web;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Arguments, Command};
use crate::config::complaint::Unusable;

/// Exit code for a configuration that cannot be used.
const EXIT_CONFIG: u8 = 78;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Serve(options) => commands::serve::run(&options),
        Command::User(options) => commands::user::run(options),
        Command::Archive(options) => commands::archive::run(options),
        Command::Check(options) => commands::check::run(&options),
        Command::Decode(options) => commands::decode::run(&options),
        Command::Record(options) => commands::record::run(&options),
        Command::Replay(options) => commands::replay::run(&options),
        Command::Simulate(options) => commands::simulate::run(&options),
        Command::Sitelogs(options) => commands::sitelogs::run(&options),
        Command::Demo(options) => commands::demo::run(&options),
        Command::Load(options) => commands::load::run(&options),
        Command::Solve(options) => commands::solve::run(&options),
        Command::Network(options) => commands::network::run(&options),
        Command::Openapi => commands::openapi::run(),
        Command::Quality(options) => commands::quality::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

#[expect(
    clippy::print_stderr,
    reason = "the last word of a command that failed goes to the terminal"
)]
fn failed(error: &anyhow::Error) -> ExitCode {
    if let Some(unusable) = error.downcast_ref::<Unusable>() {
        eprintln!("{unusable}");
        return ExitCode::from(EXIT_CONFIG);
    }
    eprintln!("tianshu: {error:#}");
    ExitCode::FAILURE
}
