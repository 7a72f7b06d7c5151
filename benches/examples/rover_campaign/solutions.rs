//! Solutions as RTKLIB's `.pos` files and `tianshu solve` write them, and by how much they miss.

use anyhow::Context;
use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::utc::Civil;

/// One solution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Solved {
    pub(crate) time: GpsTime,
    pub(crate) is_fixed: bool,
    /// How far from the truth, m.
    pub(crate) horizontal_m: f64,
    /// How far above the truth, m.
    pub(crate) up_m: f64,
}

/// Reads all lines; `truth` is the true place.
pub(crate) fn read(text: &str, truth: Ecef) -> anyhow::Result<Vec<Solved>> {
    read_moving(text, |_| Some(truth))
}

/// The same of a rover that moves; where it was at a moment that nobody knows is not judged.
pub(crate) fn read_moving(
    text: &str,
    truth: impl Fn(GpsTime) -> Option<Ecef>,
) -> anyhow::Result<Vec<Solved>> {
    let lines = text.lines().filter(|line| !line.starts_with('%') && !line.trim().is_empty());
    let mut all = Vec::new();
    for line in lines {
        let time = line.split_whitespace().collect::<Vec<_>>();
        let time = time.get(..2).and_then(|words| moment(words[0], words[1]));
        let time = time.with_context(|| format!("no solution: {line}"))?;
        if let Some(truth) = truth(time) {
            all.push(solved(line, truth).with_context(|| format!("no solution: {line}"))?);
        }
    }
    Ok(all)
}

fn solved(line: &str, truth: Ecef) -> Option<Solved> {
    let mut words = line.split_whitespace();
    let time = moment(words.next()?, words.next()?)?;
    let mut number = || words.next()?.parse::<f64>().ok();
    let place = Geodetic::from_degrees(number()?, number()?, number()?).to_ecef(GRS80);
    let is_fixed = words.next()? == "1";
    let off = (place - truth).to_enu(truth.to_geodetic(GRS80));
    Some(Solved { time, is_fixed, horizontal_m: off.horizontal_m(), up_m: off.up_m })
}

/// `2026/03/20 02:10:00.000`, GPS time.
fn moment(date: &str, clock: &str) -> Option<GpsTime> {
    let mut date = date.split('/');
    let (year, month, day) = (date.next()?, date.next()?, date.next()?);
    let mut clock = clock.split(':');
    let (hour, minute, second) = (clock.next()?, clock.next()?, clock.next()?);
    let civil = Civil {
        year: year.parse().ok()?,
        month: month.parse().ok()?,
        day: day.parse().ok()?,
        hour: hour.parse().ok()?,
        minute: minute.parse().ok()?,
        second: 0,
        nanos: 0,
    };
    Some(civil.gps_time()? + Interval::from_seconds_f64(second.parse().ok()?))
}

/// The calendar of GPS time as RTKLIB's -ts and -te want it.
pub(crate) fn calendar(time: GpsTime) -> [String; 2] {
    let c = Civil::in_gps_time(time);
    [
        format!("{:04}/{:02}/{:02}", c.year, c.month, c.day),
        format!("{:02}:{:02}:{:02}", c.hour, c.minute, c.second),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_rtklib_is_read_and_held_against_the_truth() {
        let truth = Geodetic::from_degrees(23.5, 108.5, 200.0);
        let text = "% a comment\n\
            2026/03/20 02:10:01.000   23.500000090  108.500000000   199.9800   1  18   0.0051   0.0040   0.0115\n\
            2026/03/20 02:10:02.000   23.500000000  108.500000000   200.0000   2  18   0.0051   0.0040   0.0115\n";
        let read = read(text, truth.to_ecef(GRS80)).expect("two solutions");
        assert_eq!([read[0].is_fixed, read[1].is_fixed], [true, false]);
        assert_eq!(read[1].time - read[0].time, Interval::from_seconds(1));
        assert!((read[0].horizontal_m - 0.010).abs() < 2e-4, "{read:?}");
        assert!((read[0].up_m + 0.020).abs() < 1e-4, "{read:?}");
        // The GPS week that began on 2026-03-15.
        assert_eq!(read[0].time.week(), 2_410);
        assert_eq!(read[0].time.time_of_week(), Interval::from_seconds(5 * 86_400 + 7_801));
        assert_eq!(calendar(read[0].time).join(" "), "2026/03/20 02:10:01");
    }

    #[test]
    fn a_torn_line_is_an_error() {
        assert!(read("2026/03/20 02:10:01.000 23.5", Ecef::new(6.4e6, 0.0, 0.0)).is_err());
    }
}
