//! Just enough of RINEX 3 to read what `convbin` writes: the observation types and the values.

use std::collections::BTreeMap;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::utc::{Civil, Utc};

/// 1980-01-06 in POSIX seconds: the calendar of RINEX is that of GPS time, without leap seconds.
const GPS_ORIGIN_POSIX_S: i64 = 315_964_800;

/// A value's column: F14.3, then the digits of LLI and SSI.
const VALUE_CHARS: usize = 14;
/// The width of a value with its two digits.
const COLUMN_CHARS: usize = 16;

/// What a value says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Pseudorange in metres.
    Code,
    /// Carrier phase in cycles.
    Phase,
    /// Doppler shift in hertz.
    Doppler,
    /// Signal strength in dB-Hz.
    Cn0,
}

/// One value of one signal of one satellite.
#[derive(Debug)]
pub(crate) struct RinexValue {
    pub(crate) satellite: Satellite,
    pub(crate) signal: Signal,
    pub(crate) kind: Kind,
    pub(crate) number: f64,
}

/// The values of a file by epoch.
#[derive(Default)]
pub(crate) struct Rinex {
    pub(crate) epochs: Vec<(GpsTime, Vec<RinexValue>)>,
}

impl Rinex {
    /// Reads a file of `convbin`; panics where it is not one.
    pub(crate) fn read(text: &str) -> Self {
        let mut types: BTreeMap<char, Vec<String>> = BTreeMap::new();
        let mut rinex = Self::default();
        let mut system = ' ';
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if let Some(head) = line.trim_end().strip_suffix("SYS / # / OBS TYPES") {
                system = head.chars().next().filter(|letter| *letter != ' ').unwrap_or(system);
                let codes = head[6..].split_whitespace().map(str::to_owned);
                types.entry(system).or_default().extend(codes);
            } else if let Some(epoch) = line.strip_prefix("> ") {
                rinex.epochs.push((time(epoch), Vec::new()));
            } else if let Some(count) = event_lines(line) {
                lines.by_ref().take(count).for_each(drop);
            } else if let Some((_, values)) = rinex.epochs.last_mut() {
                values.extend(satellite_values(line, &types));
            }
        }
        rinex
    }
}

/// A moment of GPS time as the calendar calls it: `["2020/01/05", "00:00:00"]`.
pub(crate) fn calendar(time: GpsTime) -> [String; 2] {
    let civil = Utc::from_posix(time.nanos() / 1_000_000_000 + GPS_ORIGIN_POSIX_S, 0).civil();
    let Civil { year, month, day, hour, minute, second, .. } = civil;
    [format!("{year}/{month}/{day}"), format!("{hour}:{minute}:{second}")]
}

/// How many lines that are no observations follow an event; `None` where the line is no event. `convbin`
/// writes events, such as another station in the stream, without `>` and without a date.
fn event_lines(line: &str) -> Option<usize> {
    let (flag, count) = line.strip_prefix(' ')?.trim().split_once(' ')?;
    flag.parse::<u8>().ok().and_then(|_| count.trim().parse().ok())
}

/// The time of an epoch line, rounded to milliseconds as RTCM tells it.
fn time(line: &str) -> GpsTime {
    let words: Vec<&str> = line.split_whitespace().collect();
    let number = |at: usize| words[at].parse().expect("a number of the calendar");
    let (whole, fraction) = words[5].split_once('.').expect("seconds with decimals");
    let civil = Civil {
        year: words[0].parse().expect("a year"),
        month: number(1),
        day: number(2),
        hour: number(3),
        minute: number(4),
        second: whole.parse().expect("whole seconds"),
        nanos: 0,
    };
    let seconds = Utc::from_civil(civil).expect("a moment").posix_seconds() - GPS_ORIGIN_POSIX_S;
    let ticks: i64 = fraction.parse().expect("seven decimals");
    GpsTime::from_nanos(seconds * 1_000_000_000 + ticks * 100)
}

/// The values of one line; nothing of a satellite or signal that we have no name for.
fn satellite_values(line: &str, types: &BTreeMap<char, Vec<String>>) -> Vec<RinexValue> {
    let letter = line.chars().next().expect("a satellite begins with its system");
    let constellation = Constellation::from_letter(letter).expect("a letter of RINEX");
    let number = line[1..3].trim().parse().expect("a satellite has a number");
    let Some(satellite) = Satellite::new(constellation, number) else { return Vec::new() };
    let mut values = Vec::new();
    for (place, code) in types.get(&letter).into_iter().flatten().enumerate() {
        let start = 3 + place * COLUMN_CHARS;
        let column = line.get(start..(start + VALUE_CHARS).min(line.len())).unwrap_or_default();
        let Ok(number) = column.trim().parse() else { continue };
        let Some(signal) = Signal::from_code(constellation, &code[1..]) else { continue };
        let kind = match code.chars().next() {
            Some('C') => Kind::Code,
            Some('L') => Kind::Phase,
            Some('D') => Kind::Doppler,
            _ => Kind::Cn0,
        };
        values.push(RinexValue { satellite, signal, kind, number });
    }
    values
}
