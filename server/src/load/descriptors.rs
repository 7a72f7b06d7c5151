//! How many connections this process may have, asked before the first is opened.

use std::fs;

use anyhow::ensure;

/// Descriptors that are not connections of rovers: standard streams, the runtime's, the feed and its readers.
const OTHERS: u64 = 256;

/// Refuses a run that would fail in the middle for want of file descriptors.
pub(crate) fn ensure_enough(rovers: u32) -> anyhow::Result<()> {
    // Elsewhere than on Linux the limit is not told under /proc; the connections that are too many then fail and are counted.
    let Ok(limits) = fs::read_to_string("/proc/self/limits") else { return Ok(()) };
    let needed = u64::from(rovers) + OTHERS;
    let allowed = soft_limit(&limits).unwrap_or(u64::MAX);
    ensure!(
        needed <= allowed,
        "{rovers} rovers need {needed} file descriptors, and this shell allows {allowed}: \
         raise the limit with `ulimit -n {needed}`, for the caster too, or ask for fewer rovers"
    );
    Ok(())
}

/// The soft limit of open files in /proc/PID/limits (proc(5)); `None` where there is none.
fn soft_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_counts() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max open files            1024                 524288               files     \n";
        assert_eq!(soft_limit(limits), Some(1024));
        assert_eq!(soft_limit(&limits.replace("1024", "unlimited")), None);
    }
}
