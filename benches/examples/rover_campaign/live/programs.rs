//! The programs of a live campaign: each ends with the value that stands for it.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use anyhow::Context;

use crate::folder::Folder;
use crate::live::{free_port, here};

/// A program that runs until this goes.
pub(crate) struct Program(Child);

impl Program {
    /// Starts it; what it prints goes into a file.
    pub(crate) fn start(path: &Path, words: &[String], log: &Path) -> anyhow::Result<Self> {
        let out = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = Command::new(path)
            .args(words)
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()
            .with_context(|| format!("{} could not be started", path.display()))?;
        Ok(Self(child))
    }

    /// Its number, by which the kernel tells what it uses.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Waits until it ends by itself.
    pub(crate) fn wait(mut self) -> anyhow::Result<()> {
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// RTKLIB's `rtkrcv`, and what it has solved so far.
pub(crate) struct Receiver {
    solved: Arc<Mutex<String>>,
    _program: Program,
    /// It reads commands; at their end it would stop.
    _console: std::process::ChildStdin,
}

/// How often its output is tried until it is there.
const TRIES: u32 = 50;
/// Between those.
const TRY_EVERY: Duration = Duration::from_millis(200);

impl Receiver {
    /// Starts it on a rover's stream and a base's.
    pub(crate) fn start(
        folder: &Folder,
        name: &str,
        settings: &str,
        [rover, base]: [SocketAddr; 2],
    ) -> anyhow::Result<Self> {
        let port = free_port()?;
        let mut text = settings.to_owned();
        for (number, stream) in [(1, rover), (2, base)] {
            writeln!(
                text,
                "inpstr{number}-type=tcpcli\ninpstr{number}-path={stream}\ninpstr{number}-format=rtcm3"
            )?;
        }
        write!(
            text,
            "outstr1-type=tcpsvr\noutstr1-path=:{port}\noutstr1-format=llh\nmisc-navmsgsel=rover\nmisc-svrcycle=50\nmisc-timeout=0\n"
        )?;
        let settings = folder.write(&format!("{name}/rtkrcv.conf"), &text)?;
        let here_lies = folder.path(name);
        let log = File::create(here_lies.join("rtkrcv.log"))?;
        let mut child = Command::new("rtkrcv")
            .args(["-s", "-d", "/dev/null", "-o"])
            .arg(&settings)
            .current_dir(&here_lies)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("rtkrcv (Debian package rtklib) could not be started")?;
        let console = child.stdin.take().context("rtkrcv has no console")?;
        let solved = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&solved);
        std::thread::spawn(move || collect(here(port), &kept));
        Ok(Self { solved, _program: Program(child), _console: console })
    }

    /// Its solutions, whole lines only.
    pub(crate) fn solutions(&self) -> String {
        let text = self.solved.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        text[..whole].to_owned()
    }
}

/// Reads what `rtkrcv` serves until it ends.
fn collect(address: SocketAddr, kept: &Mutex<String>) {
    let connected = (0..TRIES).find_map(|_| {
        sleep(TRY_EVERY);
        TcpStream::connect(address).ok()
    });
    let Some(mut stream) = connected else { return };
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        let text = String::from_utf8_lossy(&buffer[..count]);
        kept.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
    }
}
