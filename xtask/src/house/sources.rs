//! What holds for every Rust file: its size, its first line, its name, and what it keeps away from.

use crate::house::File;

/// Longer than this, a file holds two thoughts.
const LINES_MAX: usize = 500;

/// Tables of a standard, longer because the standard's are. Everything else is split.
const TABLES: &[&str] = &[];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["util", "utils", "common", "misc", "helper", "helpers", "prelude"];

/// The files whose types strangers may rely on: what is printed as JSON, in one file or in the folder of that name.
const SERDE_FILES: &[&str] =
    &["server/src/config/file.rs", "server/src/json.rs", "server/src/json/", "server/src/web/"];

/// Crates that perform no IO, read no clock, start no thread and draw no unseeded number.
const PURE: &[&str] = &["gnss", "ntrip", "positioning", "rinex", "rtcm", "simulator"];

/// By what a pure crate would betray itself.
const IMPURE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io::std",
    "std::net",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant",
    "tokio::",
    "println!",
    "rand::rng",
    "thread_rng",
    "OsRng",
];

/// Every rule that a Rust file breaks.
pub(super) fn faults(file: &File) -> Vec<String> {
    let mut faults = Vec::new();
    faults.extend(length(file));
    faults.extend(first_line(file));
    faults.extend(name(file));
    faults.extend(serde(file));
    faults.extend(purity(file));
    faults.extend(constants(file));
    faults
}

fn length(file: &File) -> Option<String> {
    let lines = file.text.lines().count();
    let too_long = lines > LINES_MAX && !TABLES.contains(&file.path.as_str());
    too_long.then(|| format!("{}: {lines} lines, more than {LINES_MAX}: split it", file.path))
}

fn first_line(file: &File) -> Option<String> {
    let missing = !file.text.starts_with("//! ");
    missing.then(|| format!("{}:1: say in a `//!` line what this file is for", file.path))
}

fn name(file: &File) -> Option<String> {
    let path = file.path.trim_end_matches(".rs");
    let empty = path.split('/').find(|part| EMPTY_NAMES.contains(part))?;
    Some(format!("{}: `{empty}` says nothing about what is inside", file.path))
}

fn serde(file: &File) -> Vec<String> {
    let exempt = SERDE_FILES.iter().any(|allowed| {
        file.path == *allowed || (allowed.ends_with('/') && file.path.starts_with(allowed))
    }) || !is_production(&file.path);
    let lines = if exempt { Vec::new() } else { production_code(&file.text) };
    let named = lines.into_iter().filter(|(_, code)| code.contains("serde"));
    named
        .map(|(number, _)| {
            format!("{}:{number}: serde only in {}", file.path, SERDE_FILES.join(" and "))
        })
        .collect()
}

fn purity(file: &File) -> Vec<String> {
    let pure = is_production(&file.path)
        && PURE.iter().any(|folder| file.path.starts_with(&format!("{folder}/src/")));
    let lines = if pure { production_code(&file.text) } else { Vec::new() };
    let mut faults = Vec::new();
    for (number, code) in lines {
        for word in IMPURE.iter().filter(|word| code.contains(**word)) {
            faults.push(format!("{}:{number}: `{word}` in a crate without IO or clock", file.path));
        }
    }
    faults
}

/// A number without a source is a rumour: every `f64` constant has a doc comment. One comment may stand above
/// a group of constants; within a function, where rustdoc does not look, an ordinary comment will do.
fn constants(file: &File) -> Vec<String> {
    let lines: Vec<&str> = file.text.lines().map(str::trim).collect();
    let mut faults = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let mut above = lines.iter().take(at).rev().take_while(|above| !ends_an_item(above));
        let local = file.text.lines().nth(at).is_some_and(|line| line.starts_with("        "));
        let comment = if local { "//" } else { "///" };
        if is_f64_constant(line) && !above.any(|above| above.starts_with(comment)) {
            let number = at + 1;
            faults.push(format!(
                "{}:{number}: say where this constant comes from (`///`)",
                file.path
            ));
        }
    }
    faults
}

fn is_f64_constant(line: &str) -> bool {
    let declared = line.split("const ").nth(1).filter(|_| !line.starts_with(['"', '/']));
    declared.is_some_and(|rest| rest.split('=').next().is_some_and(|head| head.contains(": f64")))
        && !line.contains("const fn ")
}

/// Whether what stands above this line belongs to something else.
fn ends_an_item(line: &str) -> bool {
    line.is_empty()
        || line.ends_with([';', '{', '}']) && !is_f64_constant(line) && !is_comment(line)
}

fn is_comment(line: &str) -> bool {
    line.starts_with("//")
}

/// Whether a path is code that ships: not a test, a bench or this tool.
fn is_production(path: &str) -> bool {
    let outside = ["xtask/", "benches/", "fuzz/"].iter().any(|folder| path.starts_with(folder));
    !outside && !path.contains("/tests/") && !path.ends_with("/tests.rs")
}

/// The lines of code that ship, numbered from 1: without comments, and without what follows
/// `#[cfg(test)]`, since tests stand at the foot.
fn production_code(text: &str) -> Vec<(usize, &str)> {
    (1..)
        .zip(text.lines())
        .take_while(|(_, line)| !line.trim_start().starts_with("#[cfg(test)]"))
        .map(|(number, line)| (number, line.split("//").next().unwrap_or_default()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, text: &str, expected: &[&str]) {
        assert_eq!(faults(&File { path: path.into(), text: text.into() }), expected);
    }

    #[test]
    fn a_file_says_what_it_is_for() {
        check("caster/src/door.rs", "//! The door.\n", &[]);
        check(
            "caster/src/door.rs",
            "use x;\n",
            &["caster/src/door.rs:1: say in a `//!` line what this file is for"],
        );
    }

    #[test]
    fn a_file_holds_one_thought() {
        let text = format!("//! Long.\n{}", "\n".repeat(LINES_MAX));
        check("caster/src/a.rs", &text, &["caster/src/a.rs: 501 lines, more than 500: split it"]);
    }

    #[test]
    fn names_say_something() {
        let said = "caster/src/helpers/a.rs: `helpers` says nothing about what is inside";
        check("caster/src/helpers/a.rs", "//! A.", &[said]);
        let said = "caster/src/util.rs: `util` says nothing about what is inside";
        check("caster/src/util.rs", "//! A.", &[said]);
        check("caster/src/utility_pole.rs", "//! A.", &[]);
    }

    #[test]
    fn serde_stays_in_its_two_files() {
        let text = "//! A.\nuse serde::Deserialize;\n";
        check("server/src/config/file.rs", text, &[]);
        check("rtcm/tests/oracle/pyrtcm.rs", text, &[]);
        check(
            "server/src/config/valid.rs",
            text,
            &[
                "server/src/config/valid.rs:2: serde only in server/src/config/file.rs and server/src/json.rs and server/src/json/ and server/src/web/",
            ],
        );
        check("server/src/a.rs", "//! A.\n// not serde\n#[cfg(test)]\nuse serde_json::Value;", &[]);
    }

    #[test]
    fn pure_crates_ask_nobody_for_the_time() {
        let text = "//! A.\nlet now = std::time::Instant::now(); // Instant\n";
        let said = "ntrip/src/a.rs:2: `Instant` in a crate without IO or clock";
        check("ntrip/src/a.rs", text, &[said]);
        check("ingest/src/a.rs", text, &[]);
        check("ntrip/src/a/tests.rs", text, &[]);
        check("ntrip/tests/pair.rs", text, &[]);
        check("ntrip/src/a.rs", "//! A.\n/// Reads no std::fs.\nfn f() {}\n", &[]);
    }

    #[test]
    fn constants_have_sources() {
        check(
            "gnss/src/a.rs",
            "//! A.\n/// WGS 84.\n#[rustfmt::skip]\npub const A: f64 = 1.0;\n",
            &[],
        );
        check("gnss/src/a.rs", "//! A.\nconst fn f(a: f64) -> f64 { a }\n", &[]);
        check(
            "gnss/src/a.rs",
            "//! A.\n/// ITRF.\nconst A: f64 = 1.0;\nconst B: f64 = 2.0;\n",
            &[],
        );
        check(
            "gnss/src/a.rs",
            "//! A.\nfn f() {\n        // Why.\n        const A: f64 = 1.0;\n}\n",
            &[],
        );
        check(
            "gnss/src/a.rs",
            "//! A.\n\npub(crate) const A: f64 = 1.0;\n",
            &["gnss/src/a.rs:3: say where this constant comes from (`///`)"],
        );
    }
}
