//! Figures of quality: what is kept of stations beside what they measured.

use std::fmt;
use std::str::FromStr;

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;

/// Steps in a unit of a figure: six decimals.
const STEPS_PER_UNIT: f64 = 1e6;
/// The longest name of a metric, bytes.
const METRIC_BYTES_MAX: usize = 64;

/// How long a figure sums up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resolution {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day.
    Day,
}

/// The name of a figure: 1 to 64 small letters, digits, `_`; with its unit as the last part (`multipath_m`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Metric(String);

/// What is wrong with a metric's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} cannot name a metric: 1 to 64 small letters, digits or '_' were expected")]
pub struct BadMetric(String);

/// One figure of one station.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QualityRow {
    /// Whose.
    pub station: StationName,
    /// The begin of the span that it sums up.
    pub time: GpsTime,
    /// How long that span is.
    pub resolution: Resolution,
    /// Of which satellite; none for all together.
    pub satellite: Option<Satellite>,
    /// Of which signal; none for all together.
    pub signal: Option<Signal>,
    /// Which figure.
    pub metric: Metric,
    /// Its value in millionths of its unit. Use [`QualityRow::value`] to read it.
    pub value_millionths: i64,
}

/// Which figures are asked for. What is none is not asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QualityFilter {
    /// Of one station.
    pub station: Option<StationName>,
    /// Of one resolution.
    pub resolution: Option<Resolution>,
    /// Of one name.
    pub metric: Option<Metric>,
}

impl QualityRow {
    /// The value.
    pub fn value(&self) -> f64 {
        self.value_millionths as f64 / STEPS_PER_UNIT
    }

    /// Millionths of a value; none for what is no finite number, or greater than 9.2e12.
    pub fn millionths(value: f64) -> Option<i64> {
        let steps = (value * STEPS_PER_UNIT).round();
        #[expect(clippy::cast_possible_truncation, reason = "within the range that was checked")]
        (steps.abs() < i64::MAX as f64).then_some(steps as i64)
    }
}

impl QualityFilter {
    /// Whether a row is asked for.
    pub fn wants(&self, row: &QualityRow) -> bool {
        self.station.as_ref().is_none_or(|station| *station == row.station)
            && self.resolution.is_none_or(|resolution| resolution == row.resolution)
            && self.metric.as_ref().is_none_or(|metric| *metric == row.metric)
    }
}

impl Resolution {
    /// All, from the finest on.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// Its name in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// Its length, s.
    pub const fn seconds(self) -> u32 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    /// The one of that length.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|resolution| i64::from(resolution.seconds()) == seconds)
    }
}

impl Metric {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Metric {
    type Err = BadMetric;

    fn from_str(text: &str) -> Result<Self, BadMetric> {
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if (1..=METRIC_BYTES_MAX).contains(&text.len()) && text.bytes().all(legal) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadMetric(text.to_owned()))
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_have_names_that_a_table_can_hold() {
        assert!("multipath_m".parse::<Metric>().is_ok());
        for wrong in ["", "Multipath", "a b", "a'b", &"x".repeat(65)] {
            assert!(wrong.parse::<Metric>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_value_keeps_six_decimals() {
        assert_eq!(QualityRow::millionths(0.123_456_4), Some(123_456));
        assert_eq!(QualityRow::millionths(f64::NAN), None);
        assert_eq!(QualityRow::millionths(1e300), None);
    }
}
