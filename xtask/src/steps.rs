//! The steps of CI, by name: what each runs, how long it took, and how to repeat it alone.
//!
//! All but `doc` and `deny` share the development profile and the features that the whole workspace asks
//! for: another profile, or a package alone, would build every dependency once more, which is most of the
//! time of a run from a clean checkout.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::house;
use crate::page;
use crate::run::{Workspace, show, show_tests, within};
use crate::setup;

/// What CI runs, in order: what fails fastest comes first.
pub(crate) const CI: &[&str] = &[
    "setup", "fmt", "house", "page", "rules", "clippy", "test", "benches", "doc", "config",
    "screens", "deny",
];

/// What to run between two edits.
pub(crate) const QUICK: &[&str] = &["fmt", "house", "clippy", "test"];

/// What property tests draw from in CI: the same commit has the same result.
const PROPERTY_SEED: &str = "1";

/// How many cases per property `cargo xtask step explore` draws, anew each time: what no run of CI has drawn may still be wrong.
const EXPLORED_CASES: &str = "20000";

/// A database that has not come after this time is taken for unreachable.
const ADVISORIES_LIMIT: Duration = Duration::from_mins(1);

/// Runs steps until the first failure, then says how long each took and how to repeat the one that failed.
pub(crate) fn run_all(workspace: &Workspace, names: &[&str]) -> ExitCode {
    let mut summary = String::new();
    let begun = Instant::now();
    for name in names {
        println!("\n=== {name}");
        let started = Instant::now();
        let outcome = run(workspace, name);
        let seconds = started.elapsed().as_secs_f64();
        let (word, said) = match &outcome {
            Ok(said) => ("ok", said.clone()),
            Err(error) => ("FAILED", format!("{error:#}")),
        };
        writeln!(summary, "{name:<8} {word:<6} {seconds:>6.1} s  {said}")
            .expect("a string takes all that is written to it");
        if outcome.is_err() {
            println!("\n=== summary\n{summary}");
            println!("to repeat this step: cargo xtask step {name}");
            return ExitCode::FAILURE;
        }
    }
    println!("\n=== summary\n{summary}all ok in {:.0} s", begun.elapsed().as_secs_f64());
    ExitCode::SUCCESS
}

/// Runs one step; gives what is worth a line in the summary.
fn run(workspace: &Workspace, name: &str) -> Result<String> {
    let cargo = |arguments: &[&str]| show(&mut workspace.cargo(arguments)).map(|()| String::new());
    match name {
        "setup" => {
            setup::install(workspace);
            Ok(String::new())
        }
        "fmt" => cargo(&["fmt", "--all", "--check"]),
        "house" => house::check(&workspace.root),
        "clippy" => cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
        // `--show-output`: a test that skips, or that counts what it compared, says so also when it passes.
        // Property tests draw the same cases in every run of one commit: `explore` draws others.
        "test" => {
            let mut test = workspace.cargo(&["test", "--workspace", "--", "--show-output"]);
            test.env("PROPTEST_RNG_SEED", PROPERTY_SEED)
                .env("TIANSHU_PROGRAM", workspace.program());
            show_tests(&mut test).map(|tally| tally.to_string())
        }
        "explore" => {
            let mut test = workspace.cargo(&["test", "--workspace", "--lib"]);
            show(test.env("PROPTEST_CASES", EXPLORED_CASES)).map(|()| String::new())
        }
        // As tests, each once: this proves that benches build and run, it measures nothing.
        "benches" => benches(workspace),
        "doc" => {
            let mut doc = workspace.cargo(&["doc", "--workspace", "--no-deps"]);
            show(doc.env("RUSTDOCFLAGS", "-D warnings")).map(|()| String::new())
        }
        "page" => page::build(workspace),
        "rules" => page::rules(workspace),
        "screens" => page::screens(workspace),
        "config" => config(workspace),
        "deny" => deny(workspace),
        _ => bail!("there is no such step; `cargo xtask steps` lists them"),
    }
}

/// Runs every bench as a test. By their names, since the unit tests of every crate count as benches too; in the workspace, since the benches
/// alone would give its dependencies other features.
fn benches(workspace: &Workspace) -> Result<String> {
    let files = files(workspace, "benches/benches", "rs")?;
    let mut test = workspace.cargo(&["test", "--workspace"]);
    for name in files.iter().filter_map(|file| file.file_stem()) {
        test.arg("--bench").arg(name);
    }
    show(&mut test)?;
    Ok(format!("{} benches", files.len()))
}

/// Checks every configuration that we ship with the program itself.
fn config(workspace: &Workspace) -> Result<String> {
    let files = files(workspace, "config", "toml")?;
    let program = built(workspace)?;
    for file in &files {
        show(workspace.command(&program, &["check"]).arg(file))?;
    }
    Ok(format!("{} configurations", files.len()))
}

/// The files of a folder with that extension, in order; an error where there are none.
fn files(workspace: &Workspace, folder: &str, extension: &str) -> Result<Vec<PathBuf>> {
    let path = workspace.root.join(folder);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).with_context(|| format!("{folder}/ cannot be read"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|of_file| of_file == extension) {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        bail!("{folder}/ has no file *.{extension}");
    }
    Ok(files)
}

/// The service as the tests have it, built if it is not. Building it alone would give its dependencies other features than the whole workspace
/// asks for, and build all of them once more.
pub(crate) fn built(workspace: &Workspace) -> Result<PathBuf> {
    show(&mut workspace.cargo(&["test", "--workspace", "--no-run", "--quiet"]))?;
    Ok(workspace.program())
}

/// Licences, sources and bans always; advisories where their database can be reached.
fn deny(workspace: &Workspace) -> Result<String> {
    let program = setup::cargo_deny_path(workspace);
    if !program.is_file() {
        bail!("cargo-deny is not installed; `cargo xtask setup` installs it");
    }
    let always = ["--log-level", "error", "check", "licenses", "bans", "sources"];
    show(&mut workspace.command(&program, &always))?;
    let log = workspace.target.join("advisories.log");
    let mut advisories =
        workspace.command(&program, &["--log-level", "error", "check", "advisories"]);
    let (passed, said) = within(ADVISORIES_LIMIT, &mut advisories, &log)?;
    if passed {
        return Ok("licences, bans, sources and advisories".to_owned());
    }
    // An advisory that concerns us is reported under its own identifier; anything else says that the
    // database could not be had.
    if said.contains("RUSTSEC-") {
        bail!("an advisory concerns a dependency:\n{said}");
    }
    println!(
        "advisories: the database is not reachable from here, so they were NOT checked\n{said}"
    );
    Ok("licences, bans and sources; advisories NOT checked (database unreachable)".to_owned())
}
