//! `tianshu quality` against an independent computation (quality/oracle.py) on real observations.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

/// Wettzell, an hour at 30 s: two receivers on one roof.
const OBSERVED: [&str; 2] = [
    "WTZR00DEU_R_20201770000_01D_30S_MO_120epoch.rnx",
    "WTZZ00DEU_R_20201770000_01D_30S_MO_120epoch.rnx",
];
/// The broadcast orbits of that day.
const NAVIGATION: &str = "ESBC00DNK_R_20201770000_01D_MN.rnx";
/// How far off a figure may be.
const APART_MAX: f64 = 0.05;

#[expect(clippy::print_stdout, reason = "a skipped test says so by name")]
fn data(test: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/baseline-wettzell");
    let is_there = OBSERVED.iter().chain([&NAVIGATION]).all(|name| folder.join(name).is_file());
    if !is_there {
        println!("SKIPPED {test}: {} is not here", folder.display());
    }
    is_there.then_some(folder)
}

/// What a command prints, as JSON.
#[track_caller]
fn json(command: &mut Command) -> Json {
    let ran = command.output().expect("it starts");
    let err = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{command:?}: {err}");
    serde_json::from_slice(&ran.stdout).expect("JSON")
}

/// What the oracle says; none without Python.
#[expect(clippy::print_stdout, reason = "a skipped test says so by name")]
fn oracle(test: &str, arguments: &[&Path]) -> Option<Json> {
    let python = std::env::var_os("TIANSHU_PYTHON").unwrap_or_else(|| "python3".into());
    if Command::new(&python).arg("--version").output().is_err() {
        println!("SKIPPED {test}: {} not found", python.display());
        return None;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/quality/oracle.py");
    Some(json(Command::new(python).arg(script).args(arguments)))
}

fn told(observed: &Path, navigation: &Path) -> Json {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tianshu"));
    json(command.args(["quality", "--json"]).arg(observed).arg("--nav").arg(navigation))
}

#[track_caller]
fn close(what: &str, ours: f64, theirs: f64) {
    assert!((ours / theirs - 1.0).abs() <= APART_MAX, "{what}: {ours}, independently {theirs}");
}

#[test]
fn completeness_and_multipath_are_those_of_an_independent_computation() {
    let test = "completeness_and_multipath_are_those_of_an_independent_computation";
    let Some(folder) = data(test) else { return };
    for name in OBSERVED {
        let (observed, navigation) = (folder.join(name), folder.join(NAVIGATION));
        let figures = [Path::new("figures"), &observed, &navigation];
        let Some(theirs) = oracle(test, &figures) else { return };
        let ours = told(&observed, &navigation);
        assert_eq!(ours["epochs"], theirs["epochs"]);
        assert_eq!(ours["epochs_expected"], theirs["epochs_expected"]);
        let mut compared = 0;
        for (signal, count) in theirs["observed"].as_object().unwrap() {
            let all = ours["signals"].as_array().unwrap();
            let own = all.iter().find(|s| s["signal"] == signal.as_str()).unwrap();
            close(signal, own["observed"].as_f64().unwrap(), count.as_f64().unwrap());
            if let Some(multipath_m) = theirs["multipath_m"][signal].as_f64() {
                close(signal, own["multipath_m"].as_f64().unwrap(), multipath_m);
                println!(
                    "{name} {signal}: {} m, independently {multipath_m:.4} m",
                    own["multipath_m"]
                );
                compared += 1;
            }
        }
        assert!(compared >= 4, "{compared} signals of {name}");
    }
}

#[test]
fn slips_that_were_put_into_real_phases_are_counted() {
    let test = "slips_that_were_put_into_real_phases_are_counted";
    let Some(folder) = data(test) else { return };
    let navigation = folder.join(NAVIGATION);
    let scratch = tempfile::tempdir().unwrap();
    let slipped = scratch.path().join("slipped.rnx");
    let observed = folder.join(OBSERVED[0]);
    let count = Path::new("60");
    let make = [Path::new("slips"), &observed, &navigation, &slipped, count];
    let Some(made) = oracle(test, &make) else { return };
    let slips = |file: &Path| told(file, &navigation)["slips"].as_f64().unwrap();
    let (before, after) = (slips(&observed), slips(&slipped));
    println!("{before} slips before, {after} after {} were made", made["slips"]);
    close("slips", after - before, made["slips"].as_f64().unwrap());
}

#[test]
fn a_file_that_is_none_is_told_in_words() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("nothing.rnx");
    std::fs::write(&file, "nothing").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tianshu"));
    let ran = command.arg("quality").arg(&file).output().unwrap();
    assert_eq!(ran.status.code(), Some(1));
    let err = String::from_utf8_lossy(&ran.stderr);
    assert!(err.contains("nothing.rnx holds no epoch"), "{err}");
}
