//! The commands of `cargo xtask`: what CI runs, its parts, and what they need installed.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for the terminal: what it prints is its product"
)]

mod house;
mod page;
mod run;
mod setup;
mod steps;
mod tally;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::run::Workspace;

const USAGE: &str = "\
usage: cargo xtask <command>

  ci            everything that CI runs, in order, until the first failure
  demo [...]    build the operators' page and run the demonstration with it; what follows are the demonstration's options
  test          the quick part: formatting, house rules, clippy, tests
  setup         install what the tests compare with, where it is missing
  page          build the operators' page (it needs Node.js 20.19 or later, or pip to have one)
  house         check the house rules alone
  step <name>   one step of `ci` alone
  steps         the names of the steps of `ci`";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let workspace = Workspace::at(root());
    match words.as_slice() {
        ["ci"] => steps::run_all(&workspace, steps::CI),
        ["test"] => steps::run_all(&workspace, steps::QUICK),
        ["setup"] => steps::run_all(&workspace, &["setup"]),
        ["demo", options @ ..] => match page::demo(&workspace, options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error:#}");
                ExitCode::FAILURE
            }
        },
        ["page"] => steps::run_all(&workspace, &["page"]),
        ["house"] => steps::run_all(&workspace, &["house"]),
        ["step", name] => steps::run_all(&workspace, &[*name]),
        ["steps"] => {
            println!("{}", steps::CI.join("\n"));
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// The workspace's root: the folder above this crate.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("this crate lies in a folder of the workspace").to_owned()
}
