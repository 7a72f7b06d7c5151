//! The lock time indicator of the legacy messages: DF013, DF019, DF043, DF049 (RTCM 10403.3, table 3.4-2).

use std::time::Duration;

/// The rows of table 3.4-2 from the bottom: from this indicator on, seconds = factor · indicator - offset.
const ROWS: [(u8, u32, u32); 7] = [
    (127, 0, 0),
    (120, 32, 3096),
    (96, 16, 1176),
    (72, 8, 408),
    (48, 4, 120),
    (24, 2, 24),
    (0, 1, 0),
];
/// The last row: locked for at least this long, s.
const LONGEST_S: u32 = 937;
/// The indicator of the last row.
const LONGEST: u8 = 127;

/// For at least how long the phase was locked. Only the low seven bits count.
pub fn lock_time(indicator: u8) -> Duration {
    let indicator = indicator & LONGEST;
    let (_, factor, offset) = row(|first| indicator >= first);
    let seconds =
        if indicator == LONGEST { LONGEST_S } else { factor * u32::from(indicator) - offset };
    Duration::from_secs(seconds.into())
}

/// The highest indicator whose lock time is not longer than the true one.
pub fn indicator(locked: Duration) -> u8 {
    (0..=LONGEST).rev().find(|&i| lock_time(i) <= locked).unwrap_or(0)
}

fn row(begins: impl Fn(u8) -> bool) -> (u8, u32, u32) {
    ROWS.into_iter().find(|&(first, ..)| begins(first)).expect("the last row begins at 0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_that_of_the_standard() {
        // First and last value of each row of table 3.4-2.
        for (i, seconds) in [
            (0, 0),
            (23, 23),
            (24, 24),
            (47, 70),
            (48, 72),
            (71, 164),
            (72, 168),
            (95, 352),
            (96, 360),
            (119, 728),
            (120, 744),
            (126, 936),
            (127, 937),
        ] {
            assert_eq!(lock_time(i).as_secs(), seconds, "{i}");
        }
        assert!((1..=127).all(|i| lock_time(i) > lock_time(i - 1)));
        assert!((0..=127).all(|i| indicator(lock_time(i)) == i));
        assert_eq!(indicator(Duration::from_millis(25_999)), 24);
        assert_eq!(indicator(Duration::from_secs(100_000)), 127);
    }
}
