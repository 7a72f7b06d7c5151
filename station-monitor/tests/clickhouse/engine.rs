//! A real ClickHouse engine as a child process, reached over loopback.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tianshu_station_monitor::archive::clickhouse::connection::ClickHouseConfig;

/// The engine; ends with this.
pub(crate) struct Engine {
    child: Child,
    /// Where it listens.
    pub(crate) port: u16,
    /// Its version.
    pub(crate) version: String,
}

impl Engine {
    /// Starts one that keeps its data in a folder; says by name what is skipped where it cannot be had.
    pub(crate) fn start(test: &str, folder: &Path) -> Option<Self> {
        let shim = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clickhouse/shim.py");
        let python = std::env::var_os("TIANSHU_PYTHON").unwrap_or_else(|| "python3".into());
        let modules = "import chdb, lz4.block, lz4.frame";
        let probe = Command::new(&python).args(["-c", modules]).output();
        if !probe.is_ok_and(|said| said.status.success()) {
            println!(
                "SKIPPED {test}: PyPI chdb and lz4 not found (cargo xtask setup installs them)"
            );
            return None;
        }
        let child = Command::new(&python)
            .arg(shim)
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let mut engine = Self { child, port: 0, version: String::new() };
        let mut line = String::new();
        BufReader::new(engine.child.stdout.take().expect("piped"))
            .read_line(&mut line)
            .expect("the engine says when it is ready");
        let mut words = line.split_whitespace().skip(1);
        engine.port = words.next().and_then(|port| port.parse().ok()).expect("a port");
        words.next().unwrap_or_default().clone_into(&mut engine.version);
        println!("{test}: ClickHouse {} on port {}", engine.version, engine.port);
        Some(engine)
    }

    /// How to reach it, or somebody before it, at a port.
    pub(crate) fn config(port: u16, timeout: Duration) -> ClickHouseConfig {
        ClickHouseConfig {
            url: format!("http://127.0.0.1:{port}"),
            database: "tianshu".to_owned(),
            user: "default".to_owned(),
            password: None,
            cluster: None,
            timeout,
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
