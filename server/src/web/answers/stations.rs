//! All stations, a row each.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tianshu_gnss::coords::GRS80;
use tianshu_gnss::station::StationName;
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_station_monitor::quality::status::StationStatus;
use utoipa::ToSchema;

use crate::json::monitor::{light, link};
use crate::monitor::view::MonitorView;
use crate::web::answers::list::{Usual, rounded};
use crate::web::error::ApiError;
use crate::web::facts::{Facts, Offered};
use crate::web::moment::Epoch;
use crate::web::rights::Right;
use crate::web::who::Visitor;

/// All stations.
#[derive(Serialize, ToSchema)]
pub(crate) struct StationList {
    /// When it was true; `null` before the first second, and where stations are not watched.
    at: Option<Epoch>,
    items: Vec<StationRow>,
}

/// A station in a row. Latency, completeness and slips are those of the last closed minute.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct StationRow {
    name: String,
    /// `green`, `yellow`, `red`, or `grey` for one that was not heard yet.
    light: &'static str,
    latitude_deg: Option<f64>,
    longitude_deg: Option<f64>,
    /// `up`, `unknown`, or `down: ` and why.
    link: String,
    /// Since its last usable epoch.
    silent_s: Option<f64>,
    interval_s: Option<f64>,
    /// The median.
    latency_s: Option<f64>,
    /// Satellites of the last epoch.
    satellites: Option<usize>,
    /// Satellites above 10° that it should see.
    satellites_up: usize,
    /// Epochs that came, of those that should have, 0 to 1.
    completeness: Option<f64>,
    slips: Option<u64>,
    /// Satellites with levelled phases; `null` while no network is solved.
    fixed: Option<usize>,
    /// The worst signal's.
    multipath_m: Option<f64>,
    /// Why the network does not believe it.
    doubt: Option<String>,
    /// Alarms of it that are on.
    alarms: usize,
    in_network: bool,
}

/// The part of a row that changes each second.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LiveRow {
    name: String,
    light: &'static str,
    silent_s: Option<f64>,
    satellites: Option<usize>,
    latency_s: Option<f64>,
    fixed: Option<usize>,
}

/// All stations. Needs the right `stations`.
#[utoipa::path(get, path = "/api/v1/stations", tag = "stations",
    responses((status = 200, description = "Now, by name", body = StationList), Usual))]
pub(crate) async fn list(
    State(facts): State<Arc<Facts>>,
    visitor: Visitor,
) -> Result<Json<StationList>, ApiError> {
    visitor.needs(Right::Stations)?;
    let Some(view) = facts.view() else {
        return Ok(Json(StationList { at: None, items: Vec::new() }));
    };
    let offered = facts.offered();
    let network = facts.network();
    let snapshot = network.as_ref().map(|epoch| &*epoch.snapshot);
    let alarms = alarms_by_station(&view);
    let one = |status| row(status, &offered, snapshot, &alarms);
    let items = view.stations.iter().map(one).collect();
    Ok(Json(StationList { at: Some(view.at.into()), items }))
}

/// How many alarms of each station are on.
pub(crate) fn alarms_by_station(view: &MonitorView) -> BTreeMap<&StationName, usize> {
    let mut counts = BTreeMap::new();
    for station in view.raised.iter().filter_map(|alarm| alarm.key.station.as_ref()) {
        *counts.entry(station).or_insert(0) += 1;
    }
    counts
}

/// A station in a row.
pub(crate) fn row(
    status: &StationStatus,
    offered: &Offered,
    network: Option<&NetworkSnapshot>,
    alarms: &BTreeMap<&StationName, usize>,
) -> StationRow {
    let place = offered.log(&status.station).and_then(|log| log.place);
    let place = place.map(|place| place.to_geodetic(GRS80));
    let minute = status.minute.as_deref();
    let in_network =
        network.is_some_and(|snapshot| snapshot.stations.iter().any(|s| s.name == status.station));
    let live = live(status);
    let worst = status.multipath_m.iter().map(|(_, m)| *m).reduce(f64::max);
    StationRow {
        name: live.name,
        light: live.light,
        latitude_deg: place.map(|place| degrees(place.latitude_deg())),
        longitude_deg: place.map(|place| degrees(place.longitude_deg())),
        link: link(&status.link),
        silent_s: live.silent_s,
        interval_s: status.interval.map(|interval| rounded(interval.seconds())),
        latency_s: live.latency_s,
        satellites: live.satellites,
        satellites_up: status.visible.above_mask().count(),
        completeness: minute.and_then(|minute| share(minute.epochs, minute.epochs_expected)),
        slips: minute.map(|minute| minute.slips),
        fixed: live.fixed,
        multipath_m: worst.map(rounded),
        doubt: status.network.as_ref().and_then(|network| network.doubt.clone()),
        alarms: alarms.get(&status.station).copied().unwrap_or(0),
        in_network,
    }
}

/// The part of a row that changes each second.
pub(crate) fn live(status: &StationStatus) -> LiveRow {
    let latency = status.minute.as_deref().and_then(|minute| minute.latency);
    LiveRow {
        name: status.station.to_string(),
        light: light(status.light),
        silent_s: status.silent_for.map(|silent| rounded(silent.as_secs_f64())),
        satellites: status.newest.as_ref().map(|epoch| epoch.by_satellite().count()),
        latency_s: latency.map(|latency| rounded(latency.median_s)),
        fixed: status.network.as_ref().map(|network| network.levelled),
    }
}

/// A share of epochs; none of nothing. More than all are all.
pub(crate) fn share(part: u32, all: u32) -> Option<f64> {
    (all > 0).then(|| rounded((f64::from(part) / f64::from(all)).min(1.0)))
}

/// Degrees to a tenth of a metre: maps need no more.
pub(crate) fn degrees(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}
