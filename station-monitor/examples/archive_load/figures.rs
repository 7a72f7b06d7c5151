//! What a load cost: processor time of this thread or process, time by the clock, bytes on disk.

use std::path::Path;
use std::time::{Duration, Instant};

/// Time that was spent on something.
#[derive(Default)]
pub(crate) struct Spent {
    /// Of the processor.
    pub(crate) cpu: Duration,
    wall: Duration,
}

impl Spent {
    /// Adds what `work` takes.
    pub(crate) fn measure(&mut self, work: impl FnOnce()) {
        let (wall, before) = (Instant::now(), cpu());
        work();
        self.wall += wall.elapsed();
        self.cpu += cpu().saturating_sub(before);
    }

    /// Says what it came to for `rows` rows of `seconds` seconds.
    pub(crate) fn print(&self, what: &str, rows: u64, seconds: u32) {
        let (cpu, wall) = (self.cpu.as_secs_f64(), self.wall.as_secs_f64());
        println!(
            "{what}: {:.1} % of one core, {:.0} rows a second of processor; by the clock {:.2} s, {:.0} times real time",
            cpu / f64::from(seconds) * 100.0,
            rows as f64 / cpu,
            wall,
            f64::from(seconds) / wall
        );
    }
}

/// Processor time of this thread (Linux, `proc(5)`, schedstat: nanoseconds on a processor come first).
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split_whitespace().next().and_then(|word| word.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

/// Processor time of all threads that a process has and had (`proc(5)`, stat: utime and stime, in hundredths of a second).
pub(crate) fn cpu_of(process: &str) -> Duration {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name in parentheses may have blanks; behind it, `state` is the third field and `utime` the fourteenth.
    let fields = text.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().skip(11);
    let ticks: u64 = fields.take(2).filter_map(|word| word.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// Bytes of all files below a folder.
pub(crate) fn bytes_of(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => bytes_of(&entry.path()),
            Ok(data) => data.len(),
            Err(_) => 0,
        })
        .sum()
}
