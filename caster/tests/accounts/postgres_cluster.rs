//! A PostgreSQL cluster of a test's own: in a temporary folder, at a socket in it, gone at the end.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

/// The user to whom the cluster belongs, in it.
const OWNER: &str = "tianshu";

/// A running cluster.
pub(crate) struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    databases: AtomicU32,
}

impl Cluster {
    /// Starts one; says by name that a test is skipped where PostgreSQL cannot be had.
    pub(crate) fn start(test: &str) -> Option<Self> {
        let skipped = |why: &str| {
            println!("SKIPPED {test}: {why} (cargo xtask setup installs PostgreSQL)");
            None
        };
        let Some(programs) = programs() else { return skipped("initdb not found") };
        if is_root() && !answers(Command::new("runuser").args(["-u", "postgres", "--", "true"])) {
            // PostgreSQL refuses to run as root.
            return skipped("neither an ordinary user, nor runuser and a user called postgres");
        }
        // A path to a socket is bounded to some 100 bytes, so not below the target folder.
        let folder = tempfile::Builder::new().prefix("tspg").tempdir_in("/tmp").unwrap();
        if is_root() {
            let owned = Command::new("chown").arg("postgres").arg(folder.path()).output().unwrap();
            assert!(owned.status.success(), "{owned:?}");
        }
        let cluster = Self { folder, programs, databases: AtomicU32::new(0) };
        let data = cluster.data();
        let made =
            cluster.run("initdb", &["-D", &data, "-U", OWNER, "-A", "trust", "-N", "-E", "UTF8"]);
        assert!(made.status.success(), "{made:?}");
        cluster.resume();
        Some(cluster)
    }

    /// Starts the server again after [`Self::pause`].
    pub(crate) fn resume(&self) {
        let mut options = String::new();
        let socket = self.folder.path().display();
        write!(options, "-c listen_addresses='' -c unix_socket_directories={socket} -c fsync=off")
            .unwrap();
        let log = self.folder.path().join("log").display().to_string();
        let data = self.data();
        let started = self.run("pg_ctl", &["start", "-w", "-D", &data, "-l", &log, "-o", &options]);
        let said = fs::read_to_string(log).unwrap_or_default();
        assert!(started.status.success(), "{started:?} {said}");
    }

    /// Stops the server.
    pub(crate) fn pause(&self) {
        let stopped = self.run("pg_ctl", &["stop", "-w", "-m", "fast", "-D", &self.data()]);
        assert!(stopped.status.success(), "{stopped:?}");
    }

    /// The address of a new, empty database.
    pub(crate) fn database(&self) -> String {
        let name = format!("db{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let socket = self.folder.path().display().to_string();
        let made = self.run("createdb", &["-h", &socket, "-U", OWNER, &name]);
        assert!(made.status.success(), "{made:?}");
        format!("host={socket} user={OWNER} dbname={name} sslmode=disable")
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        // Pipes are not inherited by the server, which would keep them open for ever.
        let (out, err) = (self.folder.path().join("out"), self.folder.path().join("err"));
        let file = |path: &Path| fs::File::create(path).unwrap();
        command.args(arguments).current_dir("/").stdout(file(&out)).stderr(file(&err));
        let status = command.status().unwrap();
        let read = |path: &Path| fs::read(path).unwrap();
        Output { status, stdout: read(&out), stderr: read(&err) }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // One that was paused does not run; nothing else is to be done about it here.
        let _ = self.run("pg_ctl", &["stop", "-w", "-m", "immediate", "-D", &self.data()]);
    }
}

/// The folder of the server's programs: Debian keeps those of each version apart, and off the path.
fn programs() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&folders).find(|folder| {
        ["initdb", "pg_ctl", "createdb"].iter().all(|program| folder.join(program).is_file())
    });
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|version| version.path().join("bin"));
    on_path.or_else(|| debian.filter(|folder| folder.join("initdb").is_file()).max())
}

fn is_root() -> bool {
    let said = Command::new("id").arg("-u").output();
    said.is_ok_and(|said| said.stdout.trim_ascii() == b"0")
}

fn answers(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}
