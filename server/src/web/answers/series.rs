//! One station over time: seconds of the last hours, closed minutes, hours and days.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_station_monitor::quality::summary::{SignalSummary, Span, Summary};
use utoipa::{IntoParams, ToSchema};

use crate::web::answers::list::{Usual, rounded};
use crate::web::answers::stations::share;
use crate::web::error::{ApiError, ErrorCode};
use crate::web::extract::{Asked, Named};
use crate::web::facts::Facts;
use crate::web::history::{Second, StationHistory};
use crate::web::moment::{Epoch, of_unix_s, unix_s};
use crate::web::rights::Right;
use crate::web::who::Visitor;

/// The most points of an answer: a day, second by second.
const POINTS_MAX: i64 = 86_400;
/// The most figures of an answer.
const FIGURES_MAX: usize = 16;

/// What of a station, how finely, and when.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SeriesQuery {
    /// Figures, with commas between them: `offset_east_m`, `offset_north_m`, `offset_up_m`, `latency_s`, `satellites` by the second; beside
    /// offsets and satellites `epochs`, `epochs_expected`, `completeness`, `latency_median_s`, `latency_p95_s`, `latency_p99_s`, `slips`,
    /// `roti_tecu_min`, `multipath_m` and `cn0_dbhz` (the mean over the signals) by the minute, hour or day.
    #[param(example = "offset_east_m,offset_north_m,offset_up_m")]
    of: String,
    /// `second`, `minute`, `hour` or `day`.
    #[param(example = "second")]
    resolution: String,
    /// POSIX seconds; without it, as much as is kept.
    from: Option<f64>,
    /// POSIX seconds, excluded; without it, now.
    until: Option<f64>,
}

/// Columns of equal length.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StationSeries {
    station: String,
    resolution: String,
    step_s: i64,
    from: Epoch,
    until: Epoch,
    /// POSIX seconds of each point: its moment, or the beginning of its span.
    unix_s: Vec<f64>,
    series: Vec<Column>,
}

/// One figure.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Column {
    /// Its name.
    of: String,
    /// Its unit; empty for a count or a share.
    unit: &'static str,
    values: Vec<Option<f64>>,
}

/// One station over time. Needs the right `stations`.
#[utoipa::path(get, path = "/api/v1/stations/{name}/series", tag = "stations",
    params(("name" = String, Path, description = "The station's name"), SeriesQuery),
    responses((status = 200, description = "Columns of equal length", body = StationSeries), Usual,
        (status = 413, description = "Too many points", body = crate::web::error::Problem)))]
pub(crate) async fn show(
    State(facts): State<Arc<Facts>>,
    Named(name): Named<String>,
    Asked(asked): Asked<SeriesQuery>,
    visitor: Visitor,
) -> Result<Json<StationSeries>, ApiError> {
    visitor.needs(Right::Stations)?;
    let unknown = || ApiError::not_found(format!("nothing was heard of a station called {name}"));
    let station: StationName = name.parse().map_err(|_| unknown())?;
    let wanted: Vec<&str> =
        asked.of.split(',').map(str::trim).filter(|of| !of.is_empty()).collect();
    if wanted.is_empty() || wanted.len() > FIGURES_MAX {
        return Err(ApiError::bad(format!("`of` names 1 to {FIGURES_MAX} figures")));
    }
    let step = Step::read(&asked.resolution)?;
    let (from, until) = span(&asked, step, facts.now())?;
    let made = facts.history.of(&station, |history| match step {
        Step::Second => seconds(history, &wanted, from, until),
        Step::Closed(span) => closed(history, &wanted, span, from, until),
    });
    let (unix_s, series) = made.ok_or_else(unknown)??;
    Ok(Json(StationSeries {
        station: name,
        resolution: asked.resolution,
        step_s: step.seconds(),
        from: from.into(),
        until: until.into(),
        unix_s,
        series,
    }))
}

/// How finely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Second,
    Closed(Span),
}

impl Step {
    fn read(text: &str) -> Result<Self, ApiError> {
        if text == "second" {
            return Ok(Self::Second);
        }
        let span = Span::ALL.into_iter().find(|span| span.name() == text);
        let bad = || ApiError::bad("resolution is `second`, `minute`, `hour` or `day`");
        span.map(Self::Closed).ok_or_else(bad)
    }

    fn seconds(self) -> i64 {
        match self {
            Self::Second => 1,
            Self::Closed(span) => span.length().nanos() / 1_000_000_000,
        }
    }
}

/// When is asked for.
fn span(asked: &SeriesQuery, step: Step, now: GpsTime) -> Result<(GpsTime, GpsTime), ApiError> {
    let read = |at: Option<f64>, otherwise: GpsTime| match at {
        None => Ok(otherwise),
        Some(at) => of_unix_s(at).ok_or_else(|| ApiError::bad("no POSIX seconds of our time")),
    };
    let longest = Interval::from_seconds(POINTS_MAX.saturating_mul(step.seconds()));
    let until = read(asked.until, now)?;
    let from = read(asked.from, until - longest)?;
    if from >= until {
        return Err(ApiError::bad("`from` is before `until`"));
    }
    if until - from > longest {
        let text =
            format!("at most {POINTS_MAX} points are told at once: ask for less, or coarser");
        return Err(ApiError::new(ErrorCode::TooLarge, text));
    }
    Ok((from, until))
}

type Columns = (Vec<f64>, Vec<Column>);

fn seconds(
    history: &StationHistory,
    wanted: &[&str],
    from: GpsTime,
    until: GpsTime,
) -> Result<Columns, ApiError> {
    let all: Vec<Second> = history.seconds.between(from, until).collect();
    let column = |of: &&str| {
        let (unit, value) =
            figure_of_second(of).ok_or_else(|| unknown_figure(of, "by the second"))?;
        let values = all.iter().map(|second| value(second).map(rounded)).collect();
        Ok(Column { of: (*of).to_owned(), unit, values })
    };
    let columns = wanted.iter().map(column).collect::<Result<_, ApiError>>()?;
    let first = all.first().map_or(0.0, |s| unix_s(crate::web::history::moment(s.gps_s)));
    // Leap seconds are announced half a year ahead, and none is: seconds of GPS and of POSIX go side by side.
    let unix_s = (0..all.len()).map(|n| first + n as f64).collect();
    Ok((unix_s, columns))
}

/// Reads a figure of a second.
type SecondFigure = fn(&Second) -> Option<f64>;

/// A figure of seconds by its name, with its unit.
fn figure_of_second(of: &str) -> Option<(&'static str, SecondFigure)> {
    Some(match of {
        "offset_east_m" => ("m", |s| s.offset_m[0]),
        "offset_north_m" => ("m", |s| s.offset_m[1]),
        "offset_up_m" => ("m", |s| s.offset_m[2]),
        "latency_s" => ("s", |s| s.latency_s),
        "satellites" => ("", |s| s.latency_s.map(|_| f64::from(s.satellites))),
        _ => return None,
    })
}

fn closed(
    history: &StationHistory,
    wanted: &[&str],
    span: Span,
    from: GpsTime,
    until: GpsTime,
) -> Result<Columns, ApiError> {
    let all: Vec<&Arc<Summary>> = history.between(span, from, until).collect();
    let column = |of: &&str| {
        let (unit, value) = figure(of).ok_or_else(|| unknown_figure(of, "of closed spans"))?;
        let values = all.iter().map(|closed| value(closed).map(rounded)).collect();
        Ok(Column { of: (*of).to_owned(), unit, values })
    };
    let columns = wanted.iter().map(column).collect::<Result<_, ApiError>>()?;
    Ok((all.iter().map(|closed| unix_s(span.begin(closed.from))).collect(), columns))
}

/// Reads a figure of a closed span.
pub(crate) type Figure = fn(&Summary) -> Option<f64>;

/// A figure of closed spans by its name, with its unit.
pub(crate) fn figure(of: &str) -> Option<(&'static str, Figure)> {
    Some(match of {
        "epochs" => ("", |s| Some(f64::from(s.epochs))),
        "epochs_expected" => ("", |s| Some(f64::from(s.epochs_expected))),
        "completeness" => ("", |s| share(s.epochs, s.epochs_expected)),
        "latency_median_s" => ("s", |s| s.latency.map(|l| l.median_s)),
        "latency_p95_s" => ("s", |s| s.latency.map(|l| l.p95_s)),
        "latency_p99_s" => ("s", |s| s.latency.map(|l| l.p99_s)),
        "satellites" => ("", |s| s.satellites),
        "slips" => ("", |s| Some(s.slips as f64)),
        "roti_tecu_min" => ("TECU/min", |s| s.roti_tecu_min),
        "offset_east_m" => ("m", |s| s.offset_m.map(|o| o[0])),
        "offset_north_m" => ("m", |s| s.offset_m.map(|o| o[1])),
        "offset_up_m" => ("m", |s| s.offset_m.map(|o| o[2])),
        "multipath_m" => ("m", |s| over_signals(s, |signal| signal.multipath_m)),
        "cn0_dbhz" => ("dBHz", |s| over_signals(s, |signal| signal.cn0_dbhz)),
        _ => return None,
    })
}

/// The mean over the signals that have it.
fn over_signals(summary: &Summary, of: fn(&SignalSummary) -> Option<f64>) -> Option<f64> {
    let known: Vec<f64> = summary.signals.iter().filter_map(of).collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

fn unknown_figure(of: &str, whose: &str) -> ApiError {
    ApiError::bad(format!("there is no figure {of:?} {whose}"))
}
