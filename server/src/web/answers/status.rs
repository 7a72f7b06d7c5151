//! What everybody may know: whether the service runs, town by town, and nothing of where stations stand.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tianshu_station_monitor::quality::status::Light;
use utoipa::ToSchema;

use crate::json::monitor::light;
use crate::web::answers::overview::{StationCounts, overview};
use crate::web::facts::Facts;
use crate::web::moment::Epoch;

/// What everybody may know.
#[derive(Serialize, ToSchema)]
pub(crate) struct PublicStatus {
    at: Epoch,
    service: ServiceState,
    network_name: String,
    operator: String,
    stations: StationCounts,
    /// Share of the ambiguities that are resolved; `null` while no network is solved.
    fixed_ratio: Option<f64>,
    /// Rovers that are served.
    rovers: usize,
    /// Towns with stations, each with the state of its best one.
    places: Vec<Place>,
    languages: [&'static str; 2],
}

/// How the service does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ServiceState {
    /// All is well.
    Ok,
    /// Stations are missing, or the network is not solved.
    Degraded,
    /// No station is heard.
    Down,
}

#[derive(Serialize, ToSchema)]
struct Place {
    /// The town.
    name: String,
    /// `green`, `yellow`, `red` or `grey`.
    state: &'static str,
}

/// Fewer green stations than this share are worth telling the public.
const WELL_SHARE: f64 = 0.9;

/// What everybody may know. Needs no session.
#[utoipa::path(get, path = "/api/v1/status", tag = "public",
    responses((status = 200, description = "Now", body = PublicStatus)))]
pub(crate) async fn show(State(facts): State<Arc<Facts>>) -> Json<PublicStatus> {
    let now = overview(&facts);
    let fixed_ratio = now.network.as_ref().and_then(|network| network.fixed_ratio);
    let solves = facts.offered().solves;
    Json(PublicStatus {
        at: facts.now().into(),
        service: state(&now.stations, solves, now.network.is_some()),
        network_name: facts.of.names.1.clone(),
        operator: facts.of.names.0.clone(),
        stations: now.stations,
        fixed_ratio,
        rovers: now.rovers.total,
        places: places(&facts),
        languages: ["zh-CN", "en"],
    })
}

/// How the service does, by its stations and its network.
pub(crate) fn state(stations: &StationCounts, solves: bool, is_solved: bool) -> ServiceState {
    let heard = stations.green + stations.yellow;
    if stations.total > 0 && heard == 0 {
        return ServiceState::Down;
    }
    let is_well = heard as f64 >= WELL_SHARE * stations.total as f64;
    if is_well && (is_solved || !solves) { ServiceState::Ok } else { ServiceState::Degraded }
}

fn places(facts: &Facts) -> Vec<Place> {
    let Some(view) = facts.view() else { return Vec::new() };
    let mut best: BTreeMap<String, Light> = BTreeMap::new();
    for record in facts.offered().records.iter().filter(|record| !record.city.is_empty()) {
        let status = view.stations.iter().find(|status| status.station == record.station);
        let own = status.map_or(Light::Grey, |status| status.light);
        let better = |before: Light| if goodness(own) > goodness(before) { own } else { before };
        best.entry(record.city.clone()).and_modify(|light| *light = better(*light)).or_insert(own);
    }
    best.into_iter().map(|(name, of)| Place { name, state: light(of) }).collect()
}

fn goodness(light: Light) -> u8 {
    match light {
        Light::Red => 0,
        Light::Grey => 1,
        Light::Yellow => 2,
        Light::Green => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_is_told_of_what_it_would_notice() {
        let counts = |green, red| StationCounts {
            total: green + red,
            green,
            red,
            ..StationCounts::default()
        };
        assert_eq!(state(&counts(100, 5), true, true), ServiceState::Ok);
        assert_eq!(state(&counts(80, 30), true, true), ServiceState::Degraded);
        assert_eq!(state(&counts(110, 0), true, false), ServiceState::Degraded);
        assert_eq!(state(&counts(110, 0), false, false), ServiceState::Ok);
        assert_eq!(state(&counts(0, 110), true, true), ServiceState::Down);
    }
}
