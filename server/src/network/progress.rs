//! How far a batch is, and what is worth a remark: on standard error, so that it mixes with nothing.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use tianshu_rinex::finding::Finding;

/// Tells how far it is: a bar on a terminal, else a line now and then.
pub(crate) struct Progress {
    is_terminal: bool,
    told: Option<Instant>,
    tenths: u64,
}

/// Between two drawings of the bar.
const REDRAW_EVERY: Duration = Duration::from_millis(200);
/// Characters of the bar.
const BAR_WIDTH: usize = 30;

impl Progress {
    /// Nothing is done yet.
    pub(crate) fn begin() -> Self {
        Self { is_terminal: io::stderr().is_terminal(), told: None, tenths: 0 }
    }

    /// So many bytes of all are read; `state` says in a few words how it is going, and is asked only when it is shown.
    pub(crate) fn tell(&mut self, done: u64, all: u64, state: impl FnOnce() -> String) {
        let tenths = 10 * done / all.max(1);
        if self.is_terminal {
            if self.told.is_none_or(|told| told.elapsed() >= REDRAW_EVERY) {
                self.told = Some(Instant::now());
                let share = done as f64 / all.max(1) as f64;
                let full =
                    (1..=BAR_WIDTH).filter(|n| *n as f64 <= share * BAR_WIDTH as f64).count();
                let bar = "#".repeat(full) + &".".repeat(BAR_WIDTH - full);
                say_raw(&format!("\r[{bar}] {:3.0} %  {}\x1b[K", 100.0 * share, state()));
            }
        } else if tenths > self.tenths {
            self.tenths = tenths;
            say(&format!("{:3} %  {}", 10 * tenths.min(10), state()));
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        if self.is_terminal && self.told.is_some() {
            say_raw("\r\x1b[K");
        }
    }
}

/// A line on standard error. That nobody reads it is no reason to stop.
pub(crate) fn say(line: &str) {
    let mut out = io::stderr().lock();
    // A bar that is there is written over.
    let clear = if out.is_terminal() { "\r\x1b[K" } else { "" };
    let _ = writeln!(out, "{clear}{line}");
}

fn say_raw(text: &str) {
    let mut out = io::stderr().lock();
    let _ = write!(out, "{text}").and_then(|()| out.flush());
}

/// Tells of broken lines of a file: how many, and the first of them.
pub(crate) fn broken_lines(path: &Path, count: usize, first: Option<&Finding>) {
    if let Some(first) = first {
        say(&format!("{}: {count} broken lines; the first is {first}", path.display()));
    }
}
