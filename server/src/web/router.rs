//! Every path and who answers it, with the description of the API made of the same list.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, Method, Response, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use tianshu_station_monitor::web::files::answer::{Library, router as files_router};
use tianshu_station_monitor::web::files::rights::Everybody;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Description;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::web::answers::{
    accounts, alarms, archive, audit, heatmap, map, monitor_rovers, network, overview, predicted,
    refusals, rovers, series, station, stations, status, virtual_rinex, why,
};
use crate::web::audit::What;
use crate::web::error::{ApiError, ErrorCode};
use crate::web::facts::Facts;
use crate::web::rights::Right;
use crate::web::who::Visitor;
use crate::web::{events, health, login, metrics, page};

/// The largest body of a request, bytes: an account with an area of some hundred corners.
const BODY_MAX: usize = 64 << 10;

/// What the description says of the whole.
#[derive(OpenApi)]
#[openapi(info(
    title = "Tianshu",
    description = "A GNSS reference-station network service: stations, network, rovers, alarms, accounts and archive.\n\n\
        Log in with `POST /api/v1/session`; the cookie is the session, and every request but GET and HEAD carries its `csrf` as \
        `X-CSRF-Token`. What is not known is `null`. Every moment is told in UTC, in GPS week and seconds, and in POSIX seconds. \
        Errors are `{code, message}`; codes never change their meaning.",
    license(name = "Apache-2.0 OR MIT")
))]
struct Root;

/// The API and its description.
fn api() -> (Router<Arc<Facts>>, Description) {
    OpenApiRouter::with_openapi(Root::openapi())
        .routes(routes!(login::open, login::show, login::close))
        .routes(routes!(login::offer_factor, login::confirm_factor))
        .routes(routes!(status::show))
        .routes(routes!(overview::show))
        .routes(routes!(map::show))
        .routes(routes!(map::boundaries))
        .routes(routes!(stations::list))
        .routes(routes!(station::show))
        .routes(routes!(series::show))
        .routes(routes!(heatmap::show))
        .routes(routes!(network::show))
        .routes(routes!(predicted::show))
        .routes(routes!(rovers::list))
        .routes(routes!(rovers::show))
        .routes(routes!(why::of_rover))
        .routes(routes!(why::of_account))
        .routes(routes!(refusals::list))
        .routes(routes!(monitor_rovers::list))
        .routes(routes!(monitor_rovers::series))
        .routes(routes!(alarms::list))
        .routes(routes!(alarms::acknowledge))
        .routes(routes!(accounts::list, accounts::make))
        .routes(routes!(accounts::change, accounts::remove))
        .routes(routes!(accounts::renew_password))
        .routes(routes!(accounts::remove_factor))
        .routes(routes!(audit::list))
        .routes(routes!(archive::calendar))
        .routes(routes!(virtual_rinex::list, virtual_rinex::ask))
        .routes(routes!(virtual_rinex::show, virtual_rinex::remove))
        .routes(routes!(events::listen))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::health))
        .split_for_parts()
}

/// The description of the API, as `GET /api/v1/openapi.json` gives it.
pub(crate) fn description() -> Description {
    api().1
}

/// What people's browsers are answered with.
pub(crate) fn public(facts: Arc<Facts>) -> Router {
    let (api, description) = api();
    let description = Arc::new(description);
    let describe = move || {
        let description = Arc::clone(&description);
        async move { Json((*description).clone()) }
    };
    let made = offered(facts.jobs.folder().to_owned(), virtual_rinex::FILES_BELOW);
    let made = made.layer(from_fn_with_state(Arc::clone(&facts), may_download_own));
    let mut router = api
        .route("/api/v1/openapi.json", get(describe))
        .nest_service(virtual_rinex::FILES_BELOW, made);
    if let Some(root) = facts.of.files.clone() {
        let gate = from_fn_with_state(Arc::clone(&facts), may_download);
        router = router.nest_service("/files", offered(root, "/files").layer(gate));
    }
    let csp = content_policy(&facts);
    router
        .fallback(page::answer)
        .method_not_allowed_fallback(not_allowed)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(from_fn(move |request, next| secured(csp.clone(), request, next)))
        .layer(from_fn_with_state(Arc::clone(&facts), counted))
        .with_state(facts)
}

/// What whoever watches the process is answered with.
pub(crate) fn management(facts: Arc<Facts>) -> Router {
    Router::new()
        .route("/metrics", get(metrics::show))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/healthz", get(health::health))
        .with_state(facts)
}

/// Files below a root; who may have them is decided before.
fn offered(root: PathBuf, below: &str) -> Router {
    let (rights, places) = (Box::new(Everybody), BTreeMap::new());
    files_router(Library { root, rights, places, below: below.to_owned() })
}

async fn not_allowed() -> ApiError {
    ApiError::new(ErrorCode::MethodNotAllowed, "this path does not answer that method")
}

/// Files are for those with the right `archive`; what they take is written down.
async fn may_download(
    State(facts): State<Arc<Facts>>,
    visitor: Visitor,
    request: Request,
    next: Next,
) -> Response<Body> {
    if let Err(error) = visitor.needs(Right::Archive) {
        return error.into_response();
    }
    downloaded(facts, visitor, request, next).await
}

/// Virtual RINEX is for whoever asked for it: nobody else learns that it is there.
async fn may_download_own(
    State(facts): State<Arc<Facts>>,
    visitor: Visitor,
    request: Request,
    next: Next,
) -> Response<Body> {
    if !virtual_rinex::is_own_file(&facts, &visitor, request.uri().path()) {
        return ApiError::not_found("this account has no such file").into_response();
    }
    downloaded(facts, visitor, request, next).await
}

async fn downloaded(
    facts: Arc<Facts>,
    visitor: Visitor,
    request: Request,
    next: Next,
) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let is_whole =
        request.method() == Method::GET && !request.headers().contains_key(header::RANGE);
    let answered = next.run(request).await;
    if is_whole && answered.status().is_success() && !path.ends_with('/') {
        visitor.note(&facts, What::Download, &path, "");
    }
    answered
}

/// Nothing from elsewhere, nothing within the page but its own files: no script of a stranger runs, and no request leaves.
fn content_policy(facts: &Facts) -> HeaderValue {
    // Tiles come from the operator's own server, if there is one.
    let tiles = facts.config.map.tiles.as_deref().and_then(origin).unwrap_or_default();
    let text = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob: {tiles}; \
         connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    );
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
}

/// Scheme, host and port of an address.
fn origin(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let host = rest.split('/').next()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    host.chars().all(is_plain).then(|| format!("{scheme}://{host}"))
}

async fn secured(csp: HeaderValue, request: Request, next: Next) -> Response<Body> {
    let is_api = request.uri().path().starts_with("/api/");
    let mut answered = next.run(request).await;
    let headers = answered.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, csp);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    if is_api {
        // What only some may see stays in no cache.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    answered
}

async fn counted(State(facts): State<Arc<Facts>>, request: Request, next: Next) -> Response<Body> {
    let answered = next.run(request).await;
    facts.requests.count(answered.status());
    answered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_come_from_one_origin() {
        assert_eq!(
            origin("https://map.cn:8443/{z}/{x}/{y}").as_deref(),
            Some("https://map.cn:8443")
        );
        assert_eq!(origin("https://map.cn; script-src *"), None);
    }

    #[test]
    fn the_description_names_every_path_and_its_answers() {
        let description = description();
        let paths = &description.paths.paths;
        assert!(paths.len() >= 25, "{}", paths.len());
        let text = description.to_json().expect("it can be written");
        assert!(text.contains("\"3.1.0\""), "OpenAPI 3.1");
        for path in ["/api/v1/session", "/api/v1/rovers/{session}/why", "/healthz"] {
            assert!(paths.contains_key(path), "{path}");
        }
    }
}
