//! The page's own files, built into the program: found, packed as the browser likes it, and cached by their names.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use rust_embed::Embed;

use crate::web::error::ApiError;

/// What `npm run build` makes of `dashboard/`; empty where it was not run.
#[derive(Embed)]
#[folder = "../dashboard/dist"]
#[allow_missing = true]
struct Built;

/// What the server says at `/` where the page was not built.
const NOT_BUILT: &str = "The operators' page is not part of this program: it was built without it.\n\
    Build it with `cargo xtask page` (it needs Node.js), and the program after it.\n\
    The API works without the page: /api/v1/openapi.json describes it.\n\n\
    本程序未包含运维页面。请先运行 cargo xtask page（需要 Node.js），再编译本程序。\n\
    接口不受影响，说明见 /api/v1/openapi.json。\n";

/// Names that tell their contents stay what they are for ever.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Codings, the better one first, and how their files' names end.
const PACKED: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Whether the page was built into this program.
pub(crate) fn is_built() -> bool {
    Built::get("index.html").is_some()
}

/// Answers everything that is neither API nor files.
pub(crate) async fn answer(request: Request<Body>) -> Response<Body> {
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") {
        return ApiError::not_found(format!("the API has no {path}")).into_response();
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let allow = [(header::ALLOW, "GET, HEAD")];
        return (StatusCode::METHOD_NOT_ALLOWED, allow).into_response();
    }
    let name = path.trim_start_matches('/');
    let name = if name.is_empty() { "index.html" } else { name };
    // Packed twins are asked for by a header, not by name.
    let is_packed = PACKED.iter().any(|(_, ending)| name.ends_with(ending));
    let found = if is_packed { None } else { Built::get(name) };
    if let Some(file) = found {
        return send(name, &file.metadata.sha256_hash(), request.headers());
    }
    let last = name.rsplit('/').next().unwrap_or_default();
    let is_screen = name == "index.html" || !last.contains('.');
    match Built::get("index.html").filter(|_| is_screen) {
        Some(file) => send("index.html", &file.metadata.sha256_hash(), request.headers()),
        None if is_screen && !is_built() => {
            let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
            let status = if name == "index.html" { StatusCode::OK } else { StatusCode::NOT_FOUND };
            (status, plain, NOT_BUILT).into_response()
        }
        None => (StatusCode::NOT_FOUND, "there is no such page\n").into_response(),
    }
}

fn send(name: &str, hash: &[u8; 32], asked: &HeaderMap) -> Response<Body> {
    let etag = format!("\"{}\"", data_encoding::HEXLOWER.encode(&hash[..16]));
    let cache = if name.starts_with("assets/") { FOR_EVER } else { "no-cache" };
    let told = |name| asked.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let mut headers = HeaderMap::new();
    put(&mut headers, header::ETAG, &etag);
    put(&mut headers, header::CACHE_CONTROL, cache);
    put(&mut headers, header::CONTENT_TYPE, kind(name));
    put(&mut headers, header::VARY, "Accept-Encoding");
    if told(header::IF_NONE_MATCH).is_some_and(|known| known.contains(&etag)) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let accepted = told(header::ACCEPT_ENCODING).unwrap_or("");
    for (coding, ending) in PACKED {
        if accepts(accepted, coding)
            && let Some(packed) = Built::get(&format!("{name}{ending}"))
        {
            put(&mut headers, header::CONTENT_ENCODING, coding);
            return (headers, packed.data).into_response();
        }
    }
    match Built::get(name) {
        Some(file) => (headers, file.data).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn put(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Whether a header of accepted codings has this one, and not with a weight of zero.
fn accepts(header: &str, coding: &str) -> bool {
    header.split(',').any(|part| {
        let (name, weight) = part.split_once(';').unwrap_or((part, ""));
        let weight = weight.trim().trim_start_matches("q=");
        name.trim() == coding && weight.parse::<f64>().map_or(true, |weight| weight > 0.0)
    })
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map" | "topojson") => "application/json",
        Some("geojson") => "application/geo+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_is_accepted_by_its_name_and_weight() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("br;q=0.5", "br"));
        assert!(!accepts("gzip, br;q=0", "br"));
        assert!(!accepts("brotli", "br"));
        assert!(!accepts("", "gzip"));
    }

    #[tokio::test]
    async fn what_the_api_has_not_is_told_as_an_error_of_the_api() {
        let ask = |path: &str| Request::builder().uri(path).body(Body::empty()).expect("a request");
        let answered = answer(ask("/api/v1/colour")).await;
        assert_eq!(answered.status(), StatusCode::NOT_FOUND);
        let kind = answered.headers().get(header::CONTENT_TYPE).expect("a kind");
        assert_eq!(kind, "application/json");
        assert_eq!(answer(ask("/no.such")).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(answer(ask("/")).await.status(), StatusCode::OK);
    }
}
