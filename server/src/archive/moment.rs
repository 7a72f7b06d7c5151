//! Moments and days of GPS time as they are written on a command line.

use std::str::FromStr;

use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::utc::Utc;
use tianshu_station_monitor::archive::span::Span;

/// A moment: `2026-04-20T08:00:00`, or a date alone, which means its begin. GPS time, as in RINEX files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(pub GpsTime);

/// What is wrong with a written moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no moment of GPS time: write it as 2026-04-20T08:00:00, or as 2026-04-20")]
pub(crate) struct NoMoment(String);

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        let fault = || NoMoment(text.to_owned());
        if text.ends_with('Z') {
            return Err(fault());
        }
        let calendar = if text.contains('T') { format!("{text}Z") } else { text.to_owned() };
        let told: Utc = calendar.parse().map_err(|_| fault())?;
        told.civil().gps_time().map(Self).ok_or_else(fault)
    }
}

/// The span that options name: a day, or from a moment until before another; what is not named has no end.
pub(crate) fn span(day: Option<Moment>, from: Option<Moment>, until: Option<Moment>) -> Span {
    match day {
        Some(Moment(day)) => Span::day_of(day),
        None => Span {
            from: from.map_or(Span::ALWAYS.from, |Moment(from)| from),
            until: until.map_or(Span::ALWAYS.until, |Moment(until)| until),
        },
    }
}

#[cfg(test)]
mod tests {
    use tianshu_gnss::time::gps::Interval;

    use super::*;

    #[test]
    fn moments_are_those_of_gps_time() {
        // GPS week 2238 began on 2022-11-27 by the calendar of GPS time.
        let week = GpsTime::from_week(2238, Interval::ZERO);
        assert_eq!("2022-11-27".parse(), Ok(Moment(week)));
        let later = week + Interval::from_millis(3_600_500);
        assert_eq!("2022-11-27T01:00:00.5".parse(), Ok(Moment(later)));
        for wrong in ["", "2022-11-27T01:00:00Z", "2022-13-01", "yesterday", "2016-12-31T23:59:60"]
        {
            assert!(wrong.parse::<Moment>().is_err(), "{wrong:?}");
        }
    }
}
