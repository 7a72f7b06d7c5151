//! How wrong a virtual station would be, place by place: a layer for the map.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tianshu_gnss::coords::{GRS80, Geodetic};
use tianshu_positioning::network::interpolate::extent::Coverage;
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_positioning::network::topology::StationIndex;
use utoipa::ToSchema;

use crate::web::answers::list::Usual;
use crate::web::answers::map::around;
use crate::web::answers::network::{millimetres, why_unknown};
use crate::web::answers::stations::degrees;
use crate::web::error::ApiError;
use crate::web::facts::Facts;
use crate::web::moment::Epoch;
use crate::web::rights::Right;
use crate::web::who::Visitor;

/// Rows and columns of the layer: cells of some 25 km in a province.
const SIDE: u8 = 24;
/// The layer reaches so far beyond the outermost stations, degrees.
const MARGIN_DEG: f64 = 0.25;
/// A layer is used for so long, s: it costs a tenth of a second of a processor.
const KEPT_S: f64 = 10.0;
/// From the zenith's sigma of one satellite's ionosphere to a horizontal position's: differences of satellites double its variance,
/// and a usual sky dilutes it by about one (HDOP 0.8 to 1.2 with forty satellites).
const TO_HORIZONTAL: f64 = std::f64::consts::SQRT_2;

/// The layer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PredictedError {
    at: Epoch,
    /// South, west, north, east.
    box_deg: [f64; 4],
    rows: u8,
    columns: u8,
    /// One sigma of the horizontal error on L1 that interpolation alone would cause, row by row from the north-west; `null` where
    /// no virtual station is made.
    values_mm: Vec<Option<f64>>,
}

/// The last layer.
#[derive(Debug, Default)]
pub(crate) struct Layer(Mutex<Option<PredictedError>>);

/// How wrong a virtual station would be, place by place. Needs the right `network`.
#[utoipa::path(get, path = "/api/v1/network/predicted-error", tag = "network",
    responses((status = 200, description = "A grid, at most 10 s old", body = PredictedError), Usual))]
pub(crate) async fn show(
    State(facts): State<Arc<Facts>>,
    visitor: Visitor,
) -> Result<Json<PredictedError>, ApiError> {
    visitor.needs(Right::Network)?;
    let epoch = facts.network().ok_or_else(|| ApiError::unavailable(why_unknown(&facts)))?;
    let kept = facts.layer.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let is_fresh =
        |layer: &PredictedError| (epoch.snapshot.time - layer.at.time()).seconds().abs() < KEPT_S;
    if let Some(layer) = kept.filter(is_fresh) {
        return Ok(Json(layer));
    }
    let snapshot = Arc::clone(&epoch.snapshot);
    let made = tokio::task::spawn_blocking(move || layer(&snapshot)).await;
    let made = made.map_err(|error| ApiError::internal(&error))?;
    let layer = made.ok_or_else(|| ApiError::unavailable("the network has no stations"))?;
    *facts.layer.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(layer.clone());
    Ok(Json(layer))
}

fn layer(snapshot: &NetworkSnapshot) -> Option<PredictedError> {
    let places: Vec<Geodetic> =
        snapshot.stations.iter().map(|view| view.place.to_geodetic(GRS80)).collect();
    let [south, west, north, east] = around(&places, MARGIN_DEG)?;
    let mean_height_m = places.iter().map(|p| p.height_m).sum::<f64>() / places.len() as f64;
    let middle = |cell: u8| (f64::from(cell) + 0.5) / f64::from(SIDE);
    let cells = (0..SIDE).flat_map(|row| (0..SIDE).map(move |column| (row, column)));
    let values_mm = cells.map(|(row, column)| {
        let latitude = north - (north - south) * middle(row);
        let longitude = west + (east - west) * middle(column);
        sigma_mm(snapshot, Geodetic::from_degrees(latitude, longitude, mean_height_m))
    });
    let values_mm = values_mm.collect();
    Some(PredictedError {
        at: snapshot.time.into(),
        box_deg: [south, west, north, east].map(degrees),
        rows: SIDE,
        columns: SIDE,
        values_mm,
    })
}

/// The root mean square over the satellites that would be told there.
fn sigma_mm(snapshot: &NetworkSnapshot, place: Geodetic) -> Option<f64> {
    if snapshot.coverage(place) == Coverage::Beyond {
        return None;
    }
    let from = nearest(snapshot, place)?;
    let told = snapshot.corrections(from, place);
    let variances: Vec<f64> = told
        .iter()
        .filter(|(_, correction)| correction.withheld.is_none())
        .filter_map(|(satellite, correction)| {
            let field = snapshot.satellites.get(satellite)?;
            Some((correction.ionosphere_sigma_m / field.shell_mapping).powi(2))
        })
        .collect();
    if variances.is_empty() {
        return None;
    }
    let mean = variances.iter().sum::<f64>() / variances.len() as f64;
    Some(millimetres(TO_HORIZONTAL * mean.sqrt()))
}

/// The station nearest to a place, of those with levelled phases.
pub(crate) fn nearest(snapshot: &NetworkSnapshot, place: Geodetic) -> Option<StationIndex> {
    let here = snapshot.point(place);
    let stations = snapshot.stations.iter().zip(snapshot.points.iter()).zip(0..=u16::MAX);
    stations
        .filter(|((view, _), _)| view.levelled > 0)
        .min_by(|((_, a), _), ((_, b), _)| here.distance_m(**a).total_cmp(&here.distance_m(**b)))
        .map(|(_, index)| StationIndex(index))
}
