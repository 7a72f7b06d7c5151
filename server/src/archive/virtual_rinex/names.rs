//! What the files are called (RINEX 3.05, section 4 and table A1).

use tianshu_gnss::time::gps::Interval;
use tianshu_station_monitor::products::identity::NineId;
use tianshu_station_monitor::products::kind::stamp;

use crate::archive::virtual_rinex::Asked;

/// The long name without its ending, such as `VRS000CHN_S_20263310200_01H_01S_MO`.
pub(super) fn stem(id: NineId, asked: &Asked) -> String {
    let (from, until) = (asked.request.from, asked.request.until);
    format!("{id}_S_{}_{}_{}_MO", stamp(from), period(until - from), frequency(asked.interval))
}

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
/// What has no whole number of two digits.
const UNSPECIFIED: &str = "00U";

/// How long a file is.
fn period(span: Interval) -> String {
    in_units(span, &[(DAY, 'D'), (HOUR, 'H'), (MINUTE, 'M')])
}

/// How often it has an epoch.
fn frequency(interval: Interval) -> String {
    let nanos = interval.nanos();
    if nanos > 0 && nanos < 1_000_000_000 {
        let hertz = 1_000_000_000 / nanos;
        let is_whole = 1_000_000_000 % nanos == 0 && hertz < 100;
        return if is_whole { format!("{hertz:02}Z") } else { UNSPECIFIED.to_owned() };
    }
    in_units(interval, &[(MINUTE, 'M'), (1, 'S')])
}

/// In the largest unit that it is a whole number of.
fn in_units(span: Interval, units: &[(i64, char)]) -> String {
    let nanos = span.nanos();
    let found = units.iter().find_map(|(seconds, unit)| {
        let unit_nanos = seconds * 1_000_000_000;
        let count = nanos / unit_nanos;
        (nanos % unit_nanos == 0 && (1..100).contains(&count)).then(|| format!("{count:02}{unit}"))
    });
    found.unwrap_or_else(|| UNSPECIFIED.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_and_intervals_are_told_in_the_largest_unit_that_fits() {
        let seconds = Interval::from_seconds;
        let periods = [86_400, 3_600, 5_400, 1_800, 90, 7_200].map(|s| period(seconds(s)));
        assert_eq!(periods, ["01D", "01H", "90M", "30M", "00U", "02H"]);
        let often = [1, 30, 60, 300].map(|s| frequency(seconds(s)));
        assert_eq!(often, ["01S", "30S", "01M", "05M"]);
        assert_eq!(frequency(Interval::from_millis(200)), "05Z");
        assert_eq!(frequency(Interval::from_millis(300)), "00U");
    }
}
