//! PyPI pyrtcm as a child process: its dump of files, read line by line while it is written.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

/// The version whose shortcomings the exceptions of the comparison describe.
const VERSION: &str = "1.2.1";

/// One line of the dump.
pub(crate) enum Line {
    /// A file begins.
    File,
    /// A frame: its offset, its message number, and what pyrtcm read from it, in order.
    Frame { at: usize, number: u16, fields: Result<Vec<(String, Value)>, String> },
}

/// How pyrtcm reads a data field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldKind {
    /// How many bits it has.
    pub(crate) bits: u32,
    /// What one unit of its integer means.
    pub(crate) step: f64,
}

/// A running dump.
pub(crate) struct Dump {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    ended: bool,
    /// How pyrtcm reads each data field, by its name.
    pub(crate) kinds: BTreeMap<String, FieldKind>,
}

impl Dump {
    /// Starts a dump of those files; says by name that a test is skipped where pyrtcm is missing.
    pub(crate) fn of(test: &str, files: &[PathBuf]) -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/pyrtcm_dump.py");
        let python = python();
        let probe =
            Command::new(&python).args(["-c", "import pyrtcm; print(pyrtcm.version)"]).output();
        let version = probe.map(|said| String::from_utf8_lossy(&said.stdout).trim().to_owned());
        if version.as_deref().ok() != Some(VERSION) {
            println!(
                "SKIPPED {test}: PyPI pyrtcm {VERSION} not found (cargo xtask setup installs it)"
            );
            return None;
        }
        let mut child = Command::new(&python)
            .arg(script)
            .args(files)
            .stdout(Stdio::piped())
            .spawn()
            .expect("an interpreter that ran a moment ago runs again");
        let output = child.stdout.take().expect("the dump is piped to us");
        let mut lines = BufReader::new(output).lines();
        let first = lines.next().expect("the dump has a first line").expect("the dump is UTF-8");
        let kinds = kinds(&serde_json::from_str(&first).expect("the first line is JSON"));
        Some(Self { child, lines, ended: false, kinds })
    }

    /// Waits for the end of the dump, and fails unless it was reached properly.
    pub(crate) fn finish(mut self) {
        while self.next().is_some() {}
        assert!(self.ended, "the dump ends before its last line");
        assert!(self.child.wait().is_ok_and(|status| status.success()), "the dump failed");
    }
}

impl Iterator for Dump {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let text = self.lines.next()?.expect("the dump is UTF-8");
        let Ok(Value::Object(mut line)) = serde_json::from_str(&text) else {
            panic!("not a line of the dump: {text}");
        };
        if line.contains_key("file") {
            return Some(Line::File);
        }
        if line.contains_key("pyrtcm") {
            self.ended = true;
            return None;
        }
        let at = line["at"].as_u64().and_then(|at| usize::try_from(at).ok()).expect("an offset");
        let number = line["n"].as_u64().and_then(|n| u16::try_from(n).ok()).expect("a number");
        let fields = match line.remove("f") {
            Some(Value::Object(fields)) => Ok(fields.into_iter().collect()),
            _ => Err(line["error"].as_str().unwrap_or_default().to_owned()),
        };
        Some(Line::Frame { at, number, fields })
    }
}

/// How each data field is read, from the first line of the dump.
fn kinds(first: &Value) -> BTreeMap<String, FieldKind> {
    let fields = first["fields"].as_object().expect("the first line tells the fields");
    let kind = |field: &Value| FieldKind {
        bits: field[1].as_u64().and_then(|bits| u32::try_from(bits).ok()).expect("a length"),
        // A step of 0 says in pyrtcm that a field is not scaled.
        step: field[2].as_f64().filter(|step| *step != 0.0).unwrap_or(1.0),
    };
    fields.iter().map(|(name, field)| (name.clone(), kind(field))).collect()
}

/// The interpreter that `cargo xtask` set up, or else the system's.
pub(crate) fn python() -> OsString {
    std::env::var_os("TIANSHU_PYTHON").unwrap_or_else(|| "python3".into())
}
