//! Just enough of SP3-d to compare with (Hilla 2016, "The Extended Standard Product 3 Orbit Format").

use tianshu_gnss::coords::Ecef;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval};

/// One satellite at one epoch: its centre of mass and its clock.
pub(crate) struct Point {
    pub(crate) satellite: Satellite,
    pub(crate) time: GpsTime,
    pub(crate) position: Ecef,
    pub(crate) clock_s: Option<f64>,
}

/// A clock of this many microseconds or more stands for "unknown".
const CLOCK_UNKNOWN_US: f64 = 999_999.0;

/// Every position of a file that counts in GPS time from the day's start in its first header lines, and no farther than to the next midnight.
pub(crate) fn read(text: &str) -> Vec<Point> {
    let (mut time, mut first_day) = (None, None);
    let mut points = Vec::new();
    let start = text.lines().find_map(|line| line.strip_prefix("## ")).and_then(week_second);
    let start = start.expect("the second line tells week and second");
    for line in text.lines() {
        if line.starts_with("*  ") {
            let field =
                |i: usize| line.split_ascii_whitespace().nth(i).and_then(|w| w.parse().ok());
            let (hour, minute): (Option<i64>, Option<i64>) = (field(4), field(5));
            let day: Option<i64> = field(3);
            let first = *first_day.get_or_insert(day);
            let later = i64::from(day != first);
            let of_day = hour.zip(minute).map(|(h, m)| 86_400 * later + 3600 * h + 60 * m);
            time = of_day.map(|s| start + Interval::from_seconds(s));
        } else if let (Some(time), Some(rest)) = (time, line.strip_prefix('P')) {
            points.extend(point(time, rest));
        }
    }
    points
}

fn week_second(line: &str) -> Option<GpsTime> {
    let mut words = line.split_ascii_whitespace();
    let week = words.next()?.parse().ok()?;
    let second: f64 = words.next()?.parse().ok()?;
    Some(GpsTime::from_week(week, Interval::from_seconds_f64(second)))
}

fn point(time: GpsTime, rest: &str) -> Option<Point> {
    let satellite = rest.get(..3)?.parse().ok()?;
    let number = |from: usize| rest.get(from..from + 14)?.trim().parse::<f64>().ok();
    let position = Ecef::new(number(3)? * 1e3, number(17)? * 1e3, number(31)? * 1e3);
    let clock_s = number(45).filter(|us| us.abs() < CLOCK_UNKNOWN_US).map(|us| us * 1e-6);
    (position.radius_m() > 1e7).then_some(Point { satellite, time, position, clock_s })
}
