//! What a process costs: its processor time and memory, as Linux tells them under /proc.

use std::fs;
use std::time::Duration;

/// The length of the ticks in /proc/PID/stat: `USER_HZ` is 100 on every architecture that Rust's standard library
/// supports with threads, whatever the kernel's own tick is.
const TICK: Duration = Duration::from_millis(10);

/// Whose cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// This process.
    Ours,
    /// Another one.
    Pid(u32),
}

/// The cost of a process up to a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Processor time of all its threads, in user and kernel.
    pub cpu: Duration,
    /// Resident memory, kB.
    pub resident_kb: u64,
}

impl Whose {
    /// The cost up to now; `None` where the process has gone or the system has no /proc.
    pub(crate) fn cost(self) -> Option<Cost> {
        let folder = match self {
            Self::Ours => "/proc/self".to_owned(),
            Self::Pid(pid) => format!("/proc/{pid}"),
        };
        let cpu = cpu(&fs::read_to_string(format!("{folder}/stat")).ok()?)?;
        let resident_kb = resident_kb(&fs::read_to_string(format!("{folder}/status")).ok()?)?;
        Some(Cost { cpu, resident_kb })
    }
}

/// `utime` and `stime` are fields 14 and 15 (proc(5)); the name in field 2 may hold spaces, hence the bracket.
fn cpu(stat: &str) -> Option<Duration> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut fields = behind_name.split_ascii_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    Some(TICK * ticks()?.checked_add(ticks()?)?)
}

fn resident_kb(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_behind_a_name_with_spaces() {
        let stat = "12 (a) b) S 1 12 12 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 1 0 5 1 1";
        assert_eq!(cpu(stat), Some(Duration::from_secs(2)));
        assert_eq!(cpu("12 (a"), None);
        let status = "Name:\ta\nVmHWM:\t 9 kB\nVmRSS:\t    1234 kB\n";
        assert_eq!(resident_kb(status), Some(1234));
    }
}
