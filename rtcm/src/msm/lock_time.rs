//! Lock time indicators of MSM and the shortest time of lock that each stands for.

use std::time::Duration;

/// The highest indicator of DF407 that is not reserved.
pub const DF407_MAX: u16 = 704;

/// The minimum lock time of a DF402 indicator, 0 to 15 (RTCM 10403.3, table 3.5-74); the table has no
/// higher row.
///
/// 0 stands for less than 32 ms, and i for at least 2^(i+4) ms.
pub fn df402_lock_time(indicator: u16) -> Option<Duration> {
    match indicator {
        0 => Some(Duration::ZERO),
        1..=15 => Some(Duration::from_millis(1 << (indicator + 4))),
        _ => None,
    }
}

/// The highest DF402 indicator whose minimum lock time has been reached.
pub fn df402_indicator(lock_time: Duration) -> u16 {
    let indicator = whole_millis(lock_time).checked_ilog2().map_or(0, |log| log.saturating_sub(4));
    small(indicator.min(15))
}

/// The minimum lock time of a DF407 indicator, 0 to 704 (RTCM 10403.3, table 3.5-75); the higher ones
/// are reserved.
///
/// The table has 22 lines of 32 indicators, after a first one of 64: line k has steps of 2^k ms and its
/// indicator i stands for 2^k (i - 32 k) ms, which is the table's formula with the step factored out.
pub fn df407_lock_time(indicator: u16) -> Option<Duration> {
    if indicator > DF407_MAX {
        return None;
    }
    let line = (indicator / 32).saturating_sub(1);
    Some(Duration::from_millis(u64::from(indicator - 32 * line) << line))
}

/// The highest DF407 indicator whose minimum lock time has been reached.
pub fn df407_indicator(lock_time: Duration) -> u16 {
    let millis = whole_millis(lock_time);
    let line = millis.checked_ilog2().map_or(0, |log| log.saturating_sub(5));
    let indicator = (millis >> line) + 32 * u64::from(line);
    u16::try_from(indicator).unwrap_or(DF407_MAX).min(DF407_MAX)
}

fn whole_millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn small(value: u32) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_df407(indicator: u16, millis: u64) {
        assert_eq!(df407_lock_time(indicator), Some(Duration::from_millis(millis)));
    }

    /// The ends of lines as RTCM 10403.3 prints them in table 3.5-75.
    #[test]
    fn df407_follows_the_table() {
        check_df407(0, 0);
        check_df407(63, 63);
        check_df407(64, 64);
        check_df407(95, 126);
        check_df407(96, 128);
        check_df407(127, 252);
        check_df407(128, 256);
        check_df407(352, 32_768);
        check_df407(703, 66_060_288);
        check_df407(704, 67_108_864);
        assert_eq!(df407_lock_time(705), None);
        assert_eq!(df407_lock_time(1023), None);
    }

    /// The ends of table 3.5-74.
    #[test]
    fn df402_follows_the_table() {
        assert_eq!(df402_lock_time(0), Some(Duration::ZERO));
        assert_eq!(df402_lock_time(1), Some(Duration::from_millis(32)));
        assert_eq!(df402_lock_time(15), Some(Duration::from_millis(524_288)));
        assert_eq!(df402_lock_time(16), None);
    }

    #[test]
    fn every_indicator_comes_back_and_never_promises_more() {
        let millisecond = Duration::from_millis(1);
        for i in 0..=DF407_MAX {
            let lock = df407_lock_time(i).unwrap();
            assert_eq!(df407_indicator(lock), i);
            let below = df407_indicator(lock.saturating_sub(millisecond));
            assert_eq!(below, i.saturating_sub(1), "just before {lock:?}");
        }
        for i in 0..=15 {
            let lock = df402_lock_time(i).unwrap();
            assert_eq!(df402_indicator(lock), i);
            assert_eq!(df402_indicator(lock.saturating_sub(millisecond)), i.saturating_sub(1));
        }
        assert_eq!(df407_indicator(Duration::MAX), DF407_MAX);
        assert_eq!(df402_indicator(Duration::MAX), 15);
    }
}
