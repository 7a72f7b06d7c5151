//! Whether the process lives, whether it can serve, and how each part does.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::web::answers::overview::count;
use crate::web::answers::status::{ServiceState, state};
use crate::web::extract::Asked;
use crate::web::facts::Facts;

/// An epoch of the network older than this says that it is not solved any more, s.
const NETWORK_OLD_S: f64 = 15.0;

/// How each part does.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    status: ServiceState,
    parts: Vec<PartHealth>,
}

/// How a part does.
#[derive(Serialize, ToSchema)]
struct PartHealth {
    part: &'static str,
    is_well: bool,
    /// Whether rovers can be served without it.
    is_needed: bool,
    detail: String,
}

/// How much is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HealthQuery {
    /// `1` tells each part.
    verbose: Option<String>,
}

/// The process lives.
#[utoipa::path(get, path = "/livez", tag = "health",
    responses((status = 200, description = "`ok`", body = String, content_type = "text/plain")))]
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// The service can serve rovers: its configuration is read, its ports are open, and the network, if one is to be solved, has epochs. A store that is
/// away keeps nobody from being served.
#[utoipa::path(get, path = "/readyz", tag = "health", responses(
    (status = 200, description = "`ok`", body = String, content_type = "text/plain"),
    (status = 503, description = "What is missing, a line each", body = String, content_type = "text/plain")))]
pub(crate) async fn ready(State(facts): State<Arc<Facts>>) -> Response {
    let parts = parts(&facts);
    let missing: Vec<String> = parts
        .iter()
        .filter(|part| part.is_needed && !part.is_well)
        .map(|part| format!("{}: {}\n", part.part, part.detail))
        .collect();
    if missing.is_empty() {
        return "ok\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, missing.concat()).into_response()
}

/// How the service does, and with `verbose=1` each part.
#[utoipa::path(get, path = "/healthz", tag = "health", params(HealthQuery),
    responses((status = 200, description = "Now", body = Health), 
        (status = 400, description = "A parameter cannot be read", body = crate::web::error::Problem)))]
pub(crate) async fn health(
    State(facts): State<Arc<Facts>>,
    Asked(asked): Asked<HealthQuery>,
) -> Json<Health> {
    let parts = parts(&facts);
    let view = facts.view();
    let stations = view.map(|view| count(&view.stations)).unwrap_or_default();
    let all_well = parts.iter().all(|part| part.is_well);
    let network = parts.iter().find(|part| part.part == "network");
    let status = match state(
        &stations,
        facts.offered().solves,
        network.is_some_and(|network| network.is_well),
    ) {
        ServiceState::Ok if !all_well => ServiceState::Degraded,
        status => status,
    };
    let is_verbose = asked.verbose.as_deref().is_some_and(|v| v != "0");
    Json(Health { status, parts: if is_verbose { parts } else { Vec::new() } })
}

fn parts(facts: &Facts) -> Vec<PartHealth> {
    let mut parts = vec![PartHealth {
        part: "caster",
        is_well: true,
        is_needed: true,
        detail: format!("{} rovers", facts.of.stats.stats().rovers),
    }];
    if facts.offered().solves {
        let age_s = facts.network().map(|epoch| (facts.now() - epoch.snapshot.time).seconds());
        parts.push(PartHealth {
            part: "network",
            is_well: age_s.is_some_and(|age_s| age_s <= NETWORK_OLD_S),
            is_needed: true,
            detail: age_s.map_or_else(
                || "no epoch yet".to_owned(),
                |age_s| format!("the newest epoch is {age_s:.1} s old"),
            ),
        });
    }
    if let Some(view) = facts.view() {
        let counts = count(&view.stations);
        parts.push(PartHealth {
            part: "stations",
            is_well: counts.red == 0,
            is_needed: false,
            detail: format!("{} of {} are not heard", counts.red, counts.total),
        });
        parts.push(PartHealth {
            part: "monitor",
            is_well: view.lost == 0,
            is_needed: false,
            detail: format!("{} events lost", view.lost),
        });
    }
    if let Some((status, _)) = &facts.of.archive {
        let status = status.snapshot();
        let trouble = status.disk.as_ref().or(status.store.as_ref());
        parts.push(PartHealth {
            part: "archive",
            is_well: trouble.is_none(),
            is_needed: false,
            // What a disk or a database said may name folders and hosts: that stays in the log.
            detail: match trouble {
                None => format!("{} bytes wait", status.spool_bytes),
                Some(_) if status.disk.is_some() => "nothing can be written to the disk".to_owned(),
                Some(_) => format!("the store does not answer; {} bytes wait", status.spool_bytes),
            },
        });
    }
    parts
}
