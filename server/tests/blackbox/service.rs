//! Tianshu itself, as a running service and as a command.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::program::{Program, Ran, eventually, run};
use crate::rover::sourcetable;

/// The built program.
pub(crate) const TIANSHU: &str = env!("CARGO_BIN_EXE_tianshu");

/// A port of its own for every caster under test.
const CASTER: &str = "[caster]\nlisten = [\"127.0.0.1:0\"]\n";

/// A `tianshu serve` in a folder of its own.
pub(crate) struct Service {
    folder: TempDir,
    pub(crate) program: Program,
    addresses: Vec<SocketAddr>,
}

impl Service {
    /// Starts it with these tables behind a `[caster]`, and waits until it is ready.
    pub(crate) fn start(tables: &str) -> Self {
        Self::start_with(TempDir::new().unwrap(), &format!("{CASTER}{tables}"), &[])
    }

    /// Starts it with a whole configuration in a prepared folder.
    pub(crate) fn start_with(folder: TempDir, config: &str, options: &[&str]) -> Self {
        let file = folder.path().join("tianshu.toml");
        fs::write(&file, config).unwrap();
        let mut command = tianshu();
        command.current_dir(folder.path()).args(["serve", "--config"]).arg(&file).args(options);
        let mut program = Program::start(&mut command);
        eventually("the service is ready", || {
            assert!(program.runs(), "the service ended: {}", program.err());
            program.out().contains("ready: ").then_some(())
        });
        let addresses = listening(&program.out());
        Self { folder, program, addresses }
    }

    /// Where rovers connect.
    pub(crate) fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// Where rovers connect over TLS, if they can.
    pub(crate) fn last_address(&self) -> SocketAddr {
        *self.addresses.last().unwrap()
    }

    /// A path in its folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Its log.
    pub(crate) fn log(&self) -> String {
        self.program.err()
    }

    /// Waits until the log tells something so many times.
    #[track_caller]
    pub(crate) fn logged(&self, what: &str, times: usize) {
        let told = || (self.log().matches(what).count() >= times).then_some(());
        eventually(&format!("{times} x {what:?} in the log"), told);
    }

    /// Replaces the tables behind `[caster]`, and asks for a reload.
    pub(crate) fn reconfigure(&self, tables: &str) {
        fs::write(self.path("tianshu.toml"), format!("{CASTER}{tables}")).unwrap();
        self.program.signal("HUP");
    }

    /// Whether the sourcetable lists a mountpoint, which it does while its station sends.
    pub(crate) fn lists(&self, mountpoint: &str) -> bool {
        sourcetable(self.address()).contains(&format!("\r\nSTR;{mountpoint};"))
    }

    /// Repeats what a station says until its mountpoint is listed.
    #[track_caller]
    pub(crate) fn bring_up(&self, mountpoint: &str, mut say: impl FnMut()) {
        eventually(&format!("{mountpoint} is listed"), || {
            say();
            self.lists(mountpoint).then_some(())
        });
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("the log of {}:\n{}", self.addresses[0], self.log());
        }
    }
}

/// The program, with a log that tells changes of state.
pub(crate) fn tianshu() -> Command {
    let mut command = Command::new(TIANSHU);
    command.env_remove("TIANSHU_LOG");
    command
}

/// Runs a command of the program to its end.
pub(crate) fn command(folder: &Path, arguments: &[&str], input: &[u8]) -> Ran {
    run(tianshu().current_dir(folder).args(arguments), input)
}

/// The addresses that a program says it listens at.
pub(crate) fn listening(out: &str) -> Vec<SocketAddr> {
    let lines = out.lines().filter_map(|line| line.strip_prefix("listening "));
    lines.map(|address| address.parse().unwrap()).collect()
}
