//! Independent monitor rovers, their engines side by side.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tianshu_gnss::time::gps::Interval;
use utoipa::{IntoParams, ToSchema};

use crate::web::answers::list::{Usual, rounded};
use crate::web::answers::network::millimetres;
use crate::web::error::ApiError;
use crate::web::extract::{Asked, Named};
use crate::web::facts::Facts;
use crate::web::history::moment;
use crate::web::moment::{Epoch, unix_s};
use crate::web::rights::Right;
use crate::web::rover_board::{Engine, EngineBoard};
use crate::web::who::Visitor;

/// All monitor rovers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MonitorRovers {
    at: Epoch,
    items: Vec<MonitorRover>,
}

/// A monitor rover.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MonitorRover {
    name: String,
    mountpoint: String,
    baseline_km: Option<f64>,
    engines: Vec<EngineView>,
}

/// What an engine makes of it.
#[derive(Debug, Serialize, ToSchema)]
struct EngineView {
    /// `tianshu` or `rtklib`.
    engine: &'static str,
    /// 4 fixed, 5 float, 2 differential, 1 single.
    quality: u8,
    /// Computed less true.
    east_mm: f64,
    north_mm: f64,
    up_mm: f64,
    at: Epoch,
    /// Of the last ten minutes.
    fixed_share: Option<f64>,
    /// Of the fixed results of the last ten minutes.
    horizontal_rms_mm: Option<f64>,
    up_rms_mm: Option<f64>,
    /// From its first result to its first fixed one.
    time_to_fix_s: Option<f64>,
}

/// Which engine, and when.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EngineQuery {
    /// `tianshu` (the default) or `rtklib`.
    engine: Option<String>,
    /// The last so many hours; 1 where nothing is said, at most 24.
    #[param(minimum = 1, maximum = 24)]
    hours: Option<u8>,
}

/// A monitor rover second by second, in columns of equal length.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoverSeries {
    name: String,
    /// `tianshu` or `rtklib`.
    engine: &'static str,
    step_s: u8,
    /// POSIX seconds.
    unix_s: Vec<f64>,
    east_mm: Vec<Option<f64>>,
    north_mm: Vec<Option<f64>>,
    up_mm: Vec<Option<f64>>,
    /// 4 fixed, 5 float, 2 differential, 1 single, 0 nothing.
    quality: Vec<u8>,
}

/// All monitor rovers. Needs the right `network`.
#[utoipa::path(get, path = "/api/v1/monitor-rovers", tag = "network",
    responses((status = 200, description = "Now, by name", body = MonitorRovers), Usual))]
pub(crate) async fn list(
    State(facts): State<Arc<Facts>>,
    visitor: Visitor,
) -> Result<Json<MonitorRovers>, ApiError> {
    visitor.needs(Right::Network)?;
    let items = facts.rovers.each(|name, mountpoint, engines| MonitorRover {
        name: name.to_owned(),
        mountpoint: mountpoint.to_owned(),
        baseline_km: baseline_km(engines),
        engines: engines.iter().map(|(engine, own)| told(*engine, own)).collect(),
    });
    Ok(Json(MonitorRovers { at: facts.now().into(), items }))
}

/// A monitor rover second by second: `east_mm`, `north_mm`, `up_mm` and `quality`. Needs the right `network`.
#[utoipa::path(get, path = "/api/v1/monitor-rovers/{name}/series", tag = "network",
    params(("name" = String, Path, description = "Its name"), EngineQuery),
    responses((status = 200, description = "Columns of equal length", body = RoverSeries), Usual))]
pub(crate) async fn series(
    State(facts): State<Arc<Facts>>,
    Named(name): Named<String>,
    Asked(asked): Asked<EngineQuery>,
    visitor: Visitor,
) -> Result<Json<RoverSeries>, ApiError> {
    visitor.needs(Right::Network)?;
    let engine = match asked.engine.as_deref() {
        None | Some("tianshu") => Engine::Tianshu,
        Some("rtklib") => Engine::Rtklib,
        Some(_) => return Err(ApiError::bad("engine is `tianshu` or `rtklib`")),
    };
    let hours = asked.hours.unwrap_or(1);
    if !(1..=24).contains(&hours) {
        return Err(ApiError::bad("hours is between 1 and 24"));
    }
    let mut found = facts.rovers.each(|of, _, engines| {
        (of == name).then(|| engines.get(&engine).map(|own| columns(&name, engine, own, hours)))
    });
    let series = found.iter_mut().find_map(Option::take).flatten();
    let none =
        || ApiError::not_found(format!("no monitor rover {name:?} has results of that engine"));
    series.map(Json).ok_or_else(none)
}

fn columns(name: &str, engine: Engine, own: &EngineBoard, hours: u8) -> RoverSeries {
    let until = own.last.at + Interval::from_seconds(1);
    let from = until - Interval::from_seconds(3_600 * i64::from(hours));
    let all: Vec<_> = own.seconds.between(from, until).collect();
    let column = |axis: usize| all.iter().map(|s| s.offset_m[axis].map(millimetres)).collect();
    RoverSeries {
        name: name.to_owned(),
        engine: engine.name(),
        step_s: 1,
        unix_s: all.iter().map(|s| unix_s(moment(s.gps_s))).collect(),
        east_mm: column(0),
        north_mm: column(1),
        up_mm: column(2),
        quality: all.iter().map(|s| s.satellites).collect(),
    }
}

fn baseline_km(engines: &BTreeMap<Engine, EngineBoard>) -> Option<f64> {
    engines.values().find_map(|own| own.last.baseline_m).map(|m| rounded(m / 1e3))
}

fn told(engine: Engine, own: &EngineBoard) -> EngineView {
    let lately = own.lately();
    let error = own.last.error;
    EngineView {
        engine: engine.name(),
        quality: own.last.quality,
        east_mm: millimetres(error.east_m),
        north_mm: millimetres(error.north_m),
        up_mm: millimetres(error.up_m),
        at: own.last.at.into(),
        fixed_share: lately.fixed_share.map(rounded),
        horizontal_rms_mm: lately.horizontal_m.map(millimetres),
        up_rms_mm: lately.up_m.map(millimetres),
        time_to_fix_s: own.time_to_fix_s().map(rounded),
    }
}
