//! The kinds of files that are made, the spans of time they hold, and what they are called.

use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::utc::{Civil, Utc};

use crate::products::identity::NineId;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An hour of observations at 1 Hz.
    HourlyObservations,
    /// A day of observations at 30 s.
    DailyObservations,
    /// The ephemerides of an hour, of all stations together.
    HourlyNavigation,
    /// The ephemerides of a day, of all stations together.
    DailyNavigation,
}

/// A span of time, its end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Its beginning.
    pub start: GpsTime,
    /// Its end.
    pub end: GpsTime,
}

const HOUR: Interval = Interval::from_seconds(3_600);
const DAY: Interval = Interval::from_seconds(86_400);

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 4] = [
        Self::HourlyObservations,
        Self::DailyObservations,
        Self::HourlyNavigation,
        Self::DailyNavigation,
    ];

    /// How long a file is.
    pub const fn period(self) -> Interval {
        match self {
            Self::HourlyObservations | Self::HourlyNavigation => HOUR,
            Self::DailyObservations | Self::DailyNavigation => DAY,
        }
    }

    /// The interval of the epochs; none for ephemerides.
    pub const fn interval(self) -> Option<Interval> {
        match self {
            Self::HourlyObservations => Some(Interval::from_seconds(1)),
            Self::DailyObservations => Some(Interval::from_seconds(30)),
            Self::HourlyNavigation | Self::DailyNavigation => None,
        }
    }

    /// Whether each station has a file of its own.
    pub const fn is_per_station(self) -> bool {
        self.interval().is_some()
    }

    /// The word for it in manifests.
    pub const fn word(self) -> &'static str {
        match self {
            Self::HourlyObservations => "hourly-observations",
            Self::DailyObservations => "daily-observations",
            Self::HourlyNavigation => "hourly-navigation",
            Self::DailyNavigation => "daily-navigation",
        }
    }

    /// The kind of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The span of the file that a moment belongs to. Hours and days are those of GPS time, as the epochs of the file are.
    pub fn span_of(self, t: GpsTime) -> Span {
        let period = self.period();
        let start = t.nanos().div_euclid(period.nanos()) * period.nanos();
        let start = GpsTime::from_nanos(start);
        Span { start, end: start + period }
    }

    /// The folder of its files below the root, with `/` between.
    pub fn folder(self, start: GpsTime) -> String {
        let at = Calendar::of(start);
        let day = format!("{:04}/{:03}", at.civil.year, at.day_of_year);
        let hour = at.civil.hour;
        match self {
            Self::HourlyObservations => format!("hourly/1s/{day}/{hour:02}"),
            Self::HourlyNavigation => format!("hourly/nav/{day}/{hour:02}"),
            Self::DailyObservations => format!("daily/30s/{day}"),
            Self::DailyNavigation => format!("daily/nav/{day}"),
        }
    }

    /// The long name of a file (RINEX 3.05, section 4 and table A1). Its data came as a stream: `S`.
    pub fn name(self, id: NineId, start: GpsTime) -> String {
        let begun = stamp(start);
        let rest = match self {
            Self::HourlyObservations => "01H_01S_MO.crx.gz",
            Self::DailyObservations => "01D_30S_MO.crx.gz",
            Self::HourlyNavigation => "01H_MN.rnx.gz",
            Self::DailyNavigation => "01D_MN.rnx.gz",
        };
        format!("{id}_S_{begun}_{rest}")
    }
}

/// How a long name tells a beginning: `YYYYDDDHHMM` (RINEX 3.05, table A1).
pub fn stamp(start: GpsTime) -> String {
    let at = Calendar::of(start);
    let c = at.civil;
    format!("{:04}{:03}{:02}{:02}", c.year, at.day_of_year, c.hour, c.minute)
}

/// The beginning of the span that a long name tells; none for another name.
pub fn start_of(name: &str) -> Option<GpsTime> {
    let digits = name.split('_').nth(2).filter(|digits| digits.len() == 11)?;
    let part = |range: std::ops::Range<usize>| digits.get(range)?.parse::<u32>().ok();
    let (year, day) = (i32::try_from(part(0..4)?).ok()?, part(4..7)?);
    let first = Civil { year, month: 1, day: 1, hour: 0, minute: 0, second: 0, nanos: 0 };
    let (hour, minute) = (part(7..9)?, part(9..11)?);
    let is_legal = (1..=366).contains(&day) && hour < 24 && minute < 60;
    let seconds = (i64::from(day) - 1) * 86_400 + i64::from(hour * 3_600 + minute * 60);
    let start = first.gps_time()? + Interval::from_seconds(seconds);
    is_legal.then_some(start)
}

impl Span {
    /// How many epochs it has room for.
    pub fn epochs(self, interval: Interval) -> u64 {
        u64::try_from((self.end - self.start).nanos() / interval.nanos().max(1)).unwrap_or(0)
    }

    /// Whether a moment lies in it.
    pub fn contains(self, t: GpsTime) -> bool {
        self.start <= t && t < self.end
    }
}

/// A moment on the calendar of GPS time.
struct Calendar {
    civil: Civil,
    day_of_year: u16,
}

impl Calendar {
    fn of(t: GpsTime) -> Self {
        let civil = Civil::in_gps_time(t);
        // The same civil date in UTC has the same number in its year.
        let day_of_year = Utc::from_civil(civil).map_or(0, Utc::day_of_year);
        Self { civil, day_of_year }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_and_kept_by_the_convention() {
        let id = "NANN00CHN".parse().expect("an identifier");
        // 2026-03-20 02:13:07 of GPS time: day 79.
        let t = GpsTime::from_week(2410, Interval::from_seconds(5 * 86_400 + 7_987));
        let told = Kind::ALL.map(|kind| {
            let start = kind.span_of(t).start;
            format!("{}/{}", kind.folder(start), kind.name(id, start))
        });
        assert_eq!(
            told,
            [
                "hourly/1s/2026/079/02/NANN00CHN_S_20260790200_01H_01S_MO.crx.gz",
                "daily/30s/2026/079/NANN00CHN_S_20260790000_01D_30S_MO.crx.gz",
                "hourly/nav/2026/079/02/NANN00CHN_S_20260790200_01H_MN.rnx.gz",
                "daily/nav/2026/079/NANN00CHN_S_20260790000_01D_MN.rnx.gz",
            ]
        );
        for kind in Kind::ALL {
            let start = kind.span_of(t).start;
            assert_eq!(start_of(&kind.name(id, start)), Some(start));
        }
        assert_eq!(["list", "A_S_2026000000_", "A_S_20263670000_"].map(start_of), [None; 3]);
        assert!(Kind::ALL.iter().all(|kind| Kind::from_word(kind.word()) == Some(*kind)));
    }

    #[test]
    fn a_span_ends_before_the_next_begins() {
        let midnight = GpsTime::from_week(2410, Interval::from_seconds(86_400));
        let day = Kind::DailyObservations.span_of(midnight);
        assert_eq!(day.start, midnight);
        assert!(day.contains(midnight) && !day.contains(day.end));
        assert_eq!(day.epochs(Interval::from_seconds(30)), 2_880);
        let before = Kind::DailyObservations.span_of(midnight - Interval::from_nanos(1));
        assert_eq!(before.end, midnight);
    }
}
