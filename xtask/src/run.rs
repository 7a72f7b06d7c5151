//! Running programs: in the workspace's root, shown before they run, timed where they may hang.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::tally::Tally;

/// Often enough that a finished program is noticed at once, rarely enough that waiting costs nothing.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Where everything is run and where what is built is kept.
pub(crate) struct Workspace {
    /// The root of the checkout.
    pub(crate) root: PathBuf,
    /// Cargo's target folder; tools and the Python environment lie in it too, so that one removal cleans all.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// The workspace of that root; `CARGO_TARGET_DIR` is honoured.
    pub(crate) fn at(root: PathBuf) -> Self {
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root.join("target"), |target| root.join(target));
        Self { root, target }
    }

    /// The Python interpreter that the tests are to use: the one that the user named, or our own.
    pub(crate) fn python(&self) -> OsString {
        std::env::var_os("TIANSHU_PYTHON")
            .unwrap_or_else(|| self.target.join("venv/bin/python").into_os_string())
    }

    /// Where `cargo install` puts the tools of this workspace.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// The service, where the tests of the workspace have it.
    pub(crate) fn program(&self) -> PathBuf {
        self.target.join("debug/tianshu")
    }

    /// A program in the root of the workspace.
    pub(crate) fn command(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Command {
        let mut command = Command::new(program.as_ref());
        command.args(arguments).current_dir(&self.root).stdin(Stdio::null());
        command
    }

    /// The cargo that runs us, in the root of the workspace.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = self.command(PathBuf::from(cargo), arguments);
        command.env("TIANSHU_PYTHON", self.python());
        command
    }
}

/// Runs a program to its end, its output going where ours goes.
pub(crate) fn show(command: &mut Command) -> Result<()> {
    println!("$ {}", line(command));
    let status = command.status().with_context(|| format!("{} could not be run", line(command)))?;
    if status.success() { Ok(()) } else { bail!("{} ended with {status}", line(command)) }
}

/// Runs a program to its end, passes its lines on and keeps a tally of the tests in them.
pub(crate) fn show_tests(command: &mut Command) -> Result<Tally> {
    println!("$ {}", line(command));
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} could not be run", line(command)))?;
    let output = child.stdout.take().context("the program's output is piped to us")?;
    let mut tally = Tally::default();
    for printed in BufReader::new(output).split(b'\n') {
        let printed = printed?;
        let text = String::from_utf8_lossy(&printed);
        println!("{text}");
        tally.read(&text);
    }
    let status = child.wait()?;
    if status.success() { Ok(tally) } else { bail!("{} ended with {status}", line(command)) }
}

/// Whether a program runs and succeeds, without showing it.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a program for at most so long and gives what it said on standard error, and whether it succeeded.
/// One that takes longer is ended: it did not succeed.
pub(crate) fn within(limit: Duration, command: &mut Command, log: &Path) -> Result<(bool, String)> {
    println!("$ {}", line(command));
    let file = std::fs::File::create(log).with_context(|| format!("writing {}", log.display()))?;
    let mut child = command.stdout(Stdio::null()).stderr(file).spawn()?;
    let deadline = Instant::now() + limit;
    let succeeded = loop {
        if let Some(status) = child.try_wait()? {
            break status.success();
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            break false;
        }
        std::thread::sleep(POLL_INTERVAL);
    };
    Ok((succeeded, String::from_utf8_lossy(&std::fs::read(log)?).into_owned()))
}

/// The command as it would be typed.
fn line(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy().into_owned()));
    words.join(" ")
}
