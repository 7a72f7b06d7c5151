//! All stations over time, as a picture: a row for each station, a column for each step.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_station_monitor::quality::summary::{Span, Summary};
use utoipa::{IntoParams, ToSchema};

use crate::web::answers::list::{Usual, rounded};
use crate::web::error::ApiError;
use crate::web::extract::Asked;
use crate::web::facts::Facts;
use crate::web::history::StationHistory;
use crate::web::moment::Epoch;
use crate::web::rights::Right;
use crate::web::who::Visitor;

/// Which picture.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HeatmapQuery {
    /// `completeness`, `latency_p95_s` or `slips`.
    #[param(example = "completeness")]
    of: String,
    /// `1h`, `24h` or `30d`.
    #[param(example = "24h")]
    span: String,
}

/// The picture.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Heatmap {
    of: String,
    /// Empty for a share or a count.
    unit: &'static str,
    step_s: i64,
    /// The beginning of the first column.
    from: Epoch,
    columns: usize,
    rows: Vec<HeatRow>,
}

/// A station.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeatRow {
    station: String,
    /// As many as there are columns; `null` where nothing is known.
    values: Vec<Option<f64>>,
}

/// How a picture is divided: of which spans, into columns how long, and how many.
struct Grid {
    of: Span,
    step: Interval,
    columns: usize,
}

/// All stations over time. Needs the right `stations`.
#[utoipa::path(get, path = "/api/v1/heatmap", tag = "stations", params(HeatmapQuery),
    responses((status = 200, description = "The picture", body = Heatmap), Usual))]
pub(crate) async fn show(
    State(facts): State<Arc<Facts>>,
    Asked(asked): Asked<HeatmapQuery>,
    visitor: Visitor,
) -> Result<Json<Heatmap>, ApiError> {
    visitor.needs(Right::Stations)?;
    let bad =
        || ApiError::bad("`of` is completeness, latency_p95_s or slips; `span` is 1h, 24h or 30d");
    let (unit, merge) = merging(&asked.of).ok_or_else(bad)?;
    let grid = grid(&asked.span).ok_or_else(bad)?;
    let from = first(&grid, facts.now());
    let rows = facts.history.each(|name, history| HeatRow {
        station: name.to_string(),
        values: row(history, &grid, from, merge),
    });
    let step_s = grid.step.nanos() / 1_000_000_000;
    let columns = grid.columns;
    Ok(Json(Heatmap { of: asked.of, unit, step_s, from: from.into(), columns, rows }))
}

fn grid(span: &str) -> Option<Grid> {
    let (of, step_s, columns) = match span {
        "1h" => (Span::Minute, 60, 60),
        "24h" => (Span::Minute, 900, 96),
        "30d" => (Span::Hour, 21_600, 120),
        _ => return None,
    };
    Some(Grid { of, step: Interval::from_seconds(step_s), columns })
}

/// The beginning of the first column: the last one holds the moment.
fn first(grid: &Grid, now: GpsTime) -> GpsTime {
    let step = grid.step.nanos();
    let last = now.nanos().div_euclid(step) * step;
    let before = i64::try_from(grid.columns).unwrap_or(1) - 1;
    GpsTime::from_nanos(last - before * step)
}

/// One value of the spans of a column.
type Merge = fn(&[&Arc<Summary>]) -> Option<f64>;

fn merging(of: &str) -> Option<(&'static str, Merge)> {
    Some(match of {
        "completeness" => ("", |all| {
            let came: u64 = all.iter().map(|s| u64::from(s.epochs)).sum();
            let wanted: u64 = all.iter().map(|s| u64::from(s.epochs_expected)).sum();
            (wanted > 0).then(|| (came as f64 / wanted as f64).min(1.0))
        }),
        "latency_p95_s" => {
            ("s", |all| all.iter().filter_map(|s| s.latency.map(|l| l.p95_s)).reduce(f64::max))
        }
        "slips" => ("", |all| (!all.is_empty()).then(|| all.iter().map(|s| s.slips as f64).sum())),
        _ => return None,
    })
}

fn row(history: &StationHistory, grid: &Grid, from: GpsTime, merge: Merge) -> Vec<Option<f64>> {
    let mut at = from;
    let mut values = Vec::with_capacity(grid.columns);
    for _ in 0..grid.columns {
        let until = at + grid.step;
        let within: Vec<_> = history.between(grid.of, at, until).collect();
        values.push(merge(&within).map(rounded));
        at = until;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_column_holds_the_present() {
        for span in ["1h", "24h", "30d"] {
            let grid = grid(span).expect("a span");
            let now = GpsTime::from_nanos(0) + Interval::from_seconds(1_000_000_007);
            let from = first(&grid, now);
            let columns = i64::try_from(grid.columns).expect("few");
            let end = from + Interval::from_nanos(columns * grid.step.nanos());
            assert!(end - grid.step <= now && now < end, "{span}");
        }
        assert!(grid("1y").is_none() && merging("colour").is_none());
    }
}
