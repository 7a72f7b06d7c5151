//! What the map needs: where to look, and the operator's own boundaries and tiles.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, header};
use serde::Serialize;
use tianshu_gnss::coords::{GRS80, Geodetic};
use utoipa::ToSchema;

use crate::web::answers::list::Usual;
use crate::web::answers::stations::degrees;
use crate::web::error::{ApiError, ErrorCode};
use crate::web::facts::Facts;
use crate::web::rights::Right;
use crate::web::who::Visitor;

/// The map reaches so far beyond the outermost stations, degrees.
const MARGIN_DEG: f64 = 0.3;
/// The largest file of boundaries, bytes: a browser has to draw it.
const BOUNDARIES_MAX: u64 = 8 << 20;

/// What the map needs.
#[derive(Serialize, ToSchema)]
pub(crate) struct MapView {
    /// The middle of the stations; `null` where none has a place.
    middle_deg: Option<[f64; 2]>,
    /// South, west, north, east.
    box_deg: Option<[f64; 4]>,
    /// The number under which boundaries and tiles were approved, to be shown with them.
    licence: Option<String>,
    has_boundaries: bool,
    /// An address with {z}, {x} and {y}.
    tiles: Option<String>,
}

/// What the map needs. Needs the right `stations`, `rovers` or `network`.
#[utoipa::path(get, path = "/api/v1/map", tag = "overview",
    responses((status = 200, description = "Where to look", body = MapView), Usual))]
pub(crate) async fn show(
    State(facts): State<Arc<Facts>>,
    visitor: Visitor,
) -> Result<Json<MapView>, ApiError> {
    may_see(&visitor)?;
    // Who may not know where stations are is shown the world.
    let logs = &facts.offered().logs;
    let places = logs.iter().filter(|_| visitor.has(Right::Stations));
    let places: Vec<_> =
        places.filter_map(|log| log.place).map(|place| place.to_geodetic(GRS80)).collect();
    let around = around(&places, MARGIN_DEG);
    let middle = |[s, w, n, e]: [f64; 4]| [f64::midpoint(s, n), f64::midpoint(w, e)];
    let map = &facts.config.map;
    Ok(Json(MapView {
        middle_deg: around.map(|around| middle(around).map(degrees)),
        box_deg: around.map(|around| around.map(degrees)),
        licence: map.licence.clone(),
        has_boundaries: map.boundaries.is_some(),
        tiles: map.tiles.clone(),
    }))
}

/// The operator's boundaries, GeoJSON. Needs the same rights as the map.
#[utoipa::path(get, path = "/api/v1/map/boundaries", tag = "overview", responses(
    (status = 200, description = "GeoJSON", body = Object, content_type = "application/geo+json"), Usual))]
pub(crate) async fn boundaries(
    State(facts): State<Arc<Facts>>,
    visitor: Visitor,
) -> Result<([(HeaderName, &'static str); 1], Vec<u8>), ApiError> {
    may_see(&visitor)?;
    let file = facts.config.map.boundaries.as_ref();
    let file = file.ok_or_else(|| ApiError::not_found("no boundaries are configured"))?;
    let size = tokio::fs::metadata(file).await.map_err(|error| ApiError::internal(&error))?.len();
    if size > BOUNDARIES_MAX {
        return Err(ApiError::internal(&format!("{} is larger than 8 MiB", file.display())));
    }
    let text = tokio::fs::read(file).await.map_err(|error| ApiError::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, "application/geo+json")], text))
}

/// South, west, north and east of places, with a margin; none without any.
pub(crate) fn around(places: &[Geodetic], margin_deg: f64) -> Option<[f64; 4]> {
    let range = |of: fn(&Geodetic) -> f64| {
        let all = places.iter().map(of);
        Some((all.clone().reduce(f64::min)? - margin_deg, all.reduce(f64::max)? + margin_deg))
    };
    let (south, north) = range(|place| place.latitude_deg())?;
    let (west, east) = range(|place| place.longitude_deg())?;
    Some([south, west, north, east])
}

fn may_see(visitor: &Visitor) -> Result<(), ApiError> {
    if [Right::Stations, Right::Rovers, Right::Network].iter().any(|right| visitor.has(*right)) {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::Forbidden, "the account's role has no right to this"))
}
