//! Requests and their answers: rights first, then the path, then what of it.

use std::collections::BTreeMap;
use std::io::SeekFrom;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, Response, StatusCode, Uri, header};
use tianshu_gnss::coords::Geodetic;
use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use crate::products::identity::NineId;
use crate::web::files::conditions::{Asked, Judged, Stored, judge};
use crate::web::files::date;
use crate::web::files::index::{Listed, page};
use crate::web::files::path::below_root;
use crate::web::files::rights::{Asking, Rights, Scope, Verdict};
use crate::web::files::search::{Search, answer};
use crate::web::serve::Peer;

/// Bytes of a file that are in memory at a time for each download.
const CHUNK_BYTES: usize = 64 << 10;
/// Entries of a folder that are listed: a day has a few hundred files.
const LISTED_MAX: usize = 20_000;

/// The files that are offered.
pub struct Library {
    /// Their root.
    pub root: PathBuf,
    /// Who may have what.
    pub rights: Box<dyn Rights>,
    /// Where the stations are, for searches by a box.
    pub places: BTreeMap<NineId, Geodetic>,
    /// The path below which all this is offered: empty, or without a slash at its end.
    pub below: String,
}

impl Library {
    fn tells(&self, scope: &Scope, name: &str) -> bool {
        scope.has(name, |id| self.places.contains_key(id))
    }
}

/// The handlers: `/search`, and every path below the root.
pub fn router(library: Library) -> Router {
    Router::new().fallback(respond).with_state(Arc::new(library))
}

async fn respond(State(library): State<Arc<Library>>, request: Request) -> Response<Body> {
    let (parts, _) = request.into_parts();
    let is_head = parts.method == Method::HEAD;
    if !is_head && parts.method != Method::GET {
        let mut refused = plain(StatusCode::METHOD_NOT_ALLOWED, "GET and HEAD are answered\n");
        put(&mut refused, header::ALLOW, "GET, HEAD");
        return refused;
    }
    let path = parts.uri.path();
    let asking = Asking {
        authorization: told(&parts.headers, header::AUTHORIZATION),
        path,
        from: parts.extensions.get::<Peer>().map(|peer| peer.0.ip()),
    };
    let scope = match library.rights.judge(asking).await {
        Verdict::Allowed(scope) => scope,
        verdict => return refused(&verdict),
    };
    let response = if path == "/search" {
        search(library, scope, &parts.uri).await
    } else {
        file_or_folder(&library, &scope, path, &parts.headers, is_head).await
    };
    if is_head { response.map(|_| Body::empty()) } else { response }
}

fn refused(verdict: &Verdict) -> Response<Body> {
    let (status, text) = match verdict {
        Verdict::Forbidden => (StatusCode::FORBIDDEN, "this account may not have that\n"),
        Verdict::LockedOut => {
            (StatusCode::TOO_MANY_REQUESTS, "too many wrong passwords: try again later\n")
        }
        Verdict::Unsure => {
            (StatusCode::SERVICE_UNAVAILABLE, "accounts cannot be verified now: try again later\n")
        }
        Verdict::Allowed(_) | Verdict::NeedsAccount => {
            (StatusCode::UNAUTHORIZED, "an account is needed, with its password\n")
        }
    };
    let mut refused = plain(status, text);
    if status == StatusCode::UNAUTHORIZED {
        put(&mut refused, header::WWW_AUTHENTICATE, "Basic realm=\"tianshu files\"");
    }
    refused
}

async fn search(library: Arc<Library>, scope: Scope, uri: &Uri) -> Response<Body> {
    let query = uri.query().unwrap_or("").to_owned();
    // The characters that a search may have need no percent signs, but for the comma.
    let query = query.replace("%2C", ",").replace("%2c", ",");
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let search = match Search::read(pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))) {
        Ok(search) => search,
        Err(why) => return plain(StatusCode::BAD_REQUEST, format!("{why}\n")),
    };
    let as_json = search.as_json;
    let looked = tokio::task::spawn_blocking(move || {
        search.find(&library.root, &library.places, |name| library.tells(&scope, name))
    });
    let Ok(found) = looked.await else {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, "the search failed\n");
    };
    let mut response = plain(StatusCode::OK, answer(&found, as_json));
    if as_json {
        put(&mut response, header::CONTENT_TYPE, "application/json");
    }
    response
}

async fn file_or_folder(
    library: &Library,
    scope: &Scope,
    path: &str,
    headers: &HeaderMap,
    is_head: bool,
) -> Response<Body> {
    let Some(below) = below_root(path) else { return not_found() };
    if !path.split('/').all(|name| library.tells(scope, name)) {
        return not_found();
    }
    let place = library.root.join(below);
    // A link could lead out of the root: it is not followed.
    let Ok(found) = fs::symlink_metadata(&place).await else { return not_found() };
    if found.is_dir() {
        if !path.ends_with('/') {
            let mut moved = plain(StatusCode::MOVED_PERMANENTLY, "");
            put(&mut moved, header::LOCATION, &format!("{}{path}/", library.below));
            return moved;
        }
        return folder(&place, path, |name| library.tells(scope, name)).await;
    }
    if !found.is_file() || path.ends_with('/') {
        return not_found();
    }
    let Ok(file) = File::open(&place).await else { return not_found() };
    // What was opened is what is sent, even if a new revision takes its place meanwhile.
    let Ok(found) = file.metadata().await else { return not_found() };
    send(file, &stored(&found), path, headers, is_head).await
}

async fn send(
    mut file: File,
    stored: &Stored,
    path: &str,
    headers: &HeaderMap,
    is_head: bool,
) -> Response<Body> {
    let asked = Asked {
        if_none_match: told(headers, header::IF_NONE_MATCH),
        if_modified_since: told(headers, header::IF_MODIFIED_SINCE),
        range: told(headers, header::RANGE).filter(|_| !is_head),
        if_range: told(headers, header::IF_RANGE),
    };
    let size = stored.size;
    let (status, first, length) = match judge(&asked, stored) {
        Judged::NotModified => (StatusCode::NOT_MODIFIED, 0, 0),
        Judged::NoSuchPart => (StatusCode::RANGE_NOT_SATISFIABLE, 0, 0),
        Judged::Whole => (StatusCode::OK, 0, size),
        Judged::Part(first, last) => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
    };
    if first > 0 && file.seek(SeekFrom::Start(first)).await.is_err() {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, "the file cannot be read\n");
    }
    let body = if length == 0 {
        Body::empty()
    } else {
        Body::from_stream(ReaderStream::with_capacity(file.take(length), CHUNK_BYTES))
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    put(&mut response, header::ETAG, &stored.tag);
    put(&mut response, header::LAST_MODIFIED, &date::written(stored.modified_s));
    put(&mut response, header::ACCEPT_RANGES, "bytes");
    match status {
        StatusCode::NOT_MODIFIED => return response,
        StatusCode::RANGE_NOT_SATISFIABLE => {
            put(&mut response, header::CONTENT_RANGE, &format!("bytes */{size}"));
        }
        StatusCode::PARTIAL_CONTENT => {
            let last = first + length - 1;
            put(&mut response, header::CONTENT_RANGE, &format!("bytes {first}-{last}/{size}"));
        }
        _ => {}
    }
    put(&mut response, header::CONTENT_LENGTH, &length.to_string());
    put(&mut response, header::CONTENT_TYPE, kind_of(path));
    response
}

async fn folder(place: &Path, path: &str, tells: impl Fn(&str) -> bool) -> Response<Body> {
    let Ok(mut reader) = fs::read_dir(place).await else { return not_found() };
    let mut entries = Vec::new();
    while let Ok(Some(entry)) = reader.next_entry().await {
        let name = entry.file_name().to_string_lossy().into_owned();
        // What has no path of its own is not listed: unfinished files, above all.
        let is_listed = below_root(&format!("/{name}")).is_some() && tells(&name);
        if !is_listed || entries.len() >= LISTED_MAX {
            continue;
        }
        let Ok(found) = entry.metadata().await else { continue };
        let Stored { size, modified_s, .. } = stored(&found);
        entries.push(Listed { name, size: found.is_file().then_some(size), modified_s });
    }
    let mut response = plain(StatusCode::OK, page(path, entries));
    put(&mut response, header::CONTENT_TYPE, "text/html; charset=utf-8");
    response
}

/// A file is replaced whole and never written in place, so its time and size are as good as a digest.
fn stored(found: &std::fs::Metadata) -> Stored {
    let modified = found.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let modified = modified.unwrap_or_default();
    Stored {
        size: found.len(),
        modified_s: i64::try_from(modified.as_secs()).unwrap_or(0),
        tag: format!("\"{:x}-{:x}\"", modified.as_nanos(), found.len()),
    }
}

fn kind_of(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("gz") => "application/gzip",
        Some("json") => "application/json",
        Some("xml") => "application/xml",
        _ => "text/plain; charset=utf-8",
    }
}

fn told(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn plain(status: StatusCode, text: impl Into<String>) -> Response<Body> {
    let text = text.into();
    let length = text.len().to_string();
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    put(&mut response, header::CONTENT_LENGTH, &length);
    put(&mut response, header::CONTENT_TYPE, "text/plain; charset=utf-8");
    response
}

fn not_found() -> Response<Body> {
    plain(StatusCode::NOT_FOUND, "there is no such file\n")
}

fn put(response: &mut Response<Body>, name: HeaderName, value: &str) {
    // What cannot be said in a header stays away: a strange path in `Location`.
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
}
