//! A real ClickHouse engine as a child process, reached over loopback.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
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
        // Also for the tests of other crates, which lie beside this one.
        let shim = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../station-monitor/tests/clickhouse/shim.py");
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

    /// What it answers to a statement, as text separated by tabs; asked beside the production client, to look behind it.
    #[cfg_attr(
        test,
        expect(dead_code, reason = "tests ask by the client; the load looks behind it")
    )]
    pub(crate) fn ask(&self, sql: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        let length = sql.len();
        let head =
            format!("POST / HTTP/1.1\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        stream.write_all(format!("{head}{sql}").as_bytes()).expect("it is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{sql}: {answer}");
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body);
        body.expect("a body").trim().to_owned()
    }

    /// The number of its process, which is the HTTP server's too.
    #[cfg_attr(test, expect(dead_code, reason = "only the load measures"))]
    pub(crate) fn process(&self) -> String {
        self.child.id().to_string()
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
