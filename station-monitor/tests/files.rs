//! The archive over HTTP: downloads as clients make them, rights, and connections that say nothing.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tianshu_gnss::coords::Geodetic;
use tianshu_station_monitor::file::Written;
use tianshu_station_monitor::products::disk::write_whole;
use tianshu_station_monitor::products::manifest::{Entry, Manifest, Revision};
use tianshu_station_monitor::web::files::answer::{Library, router};
use tianshu_station_monitor::web::files::rights::{
    Asking, Everybody, Judgement, Rights, Scope, Verdict,
};
use tianshu_station_monitor::web::serve::{Limits, Plain, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

const FOLDER: &str = "daily/30s/2026/079";
const NAME: &str = "NANN00CHN_S_20260790000_01D_30S_MO.crx.gz";

/// An archive of two files, served on a port of its own.
struct Service {
    folder: TempDir,
    port: u16,
    stop: CancellationToken,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn archive(root: &Path) {
    let folder = root.join(FOLDER);
    let mut manifest = Manifest::default();
    for (name, text) in [(NAME, "0123456789"), (&NAME.replace("NANN", "GUIL"), "other")] {
        let written = write_whole(folder.join(name), text.as_bytes()).unwrap();
        manifest.revise(name, entry(written));
    }
    manifest.write(&folder).unwrap();
    std::fs::write(folder.join(".part-x"), "half").unwrap();
    std::fs::write(root.join("../secret"), "secret").unwrap();
}

fn entry(written: Written) -> Entry {
    let text = |text: &str| text.to_owned();
    Entry {
        revision: Revision {
            number: 1,
            written,
            made: text("2026-03-21T00:00:30.000Z"),
            software: text("test"),
            reason: text("due"),
        },
        superseded: Vec::new(),
        station: Some(text("NANNING")),
        kind: text("daily-observations"),
        rinex: text("3.05"),
        have: 2_880,
        expected: Some(2_880),
        summary: text("x.qc.json"),
    }
}

async fn service(rights: impl Rights + 'static, limits: Limits) -> Service {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    archive(&root);
    let place = |latitude| Geodetic::from_degrees(latitude, 108.3, 80.0);
    let places = BTreeMap::from([
        ("NANN00CHN".parse().unwrap(), place(22.8)),
        ("GUIL00CHN".parse().unwrap(), place(25.3)),
    ]);
    let library = Library { root, rights: Box::new(rights), places, below: String::new() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let stop = CancellationToken::new();
    tokio::spawn(serve(listener, router(library), Plain, limits, stop.clone()));
    Service { folder, port, stop }
}

impl Service {
    fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("root")
    }

    /// Asks, and gives the head and the body of the answer.
    async fn ask(&self, request: &str, headers: &str) -> (String, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let text = format!("{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    async fn get(&self, path: &str, headers: &str) -> (String, String) {
        self.ask(&format!("GET {path}"), headers).await
    }
}

fn status(head: &str) -> u16 {
    head.split(' ').nth(1).unwrap().parse().unwrap()
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let line =
        head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")));
    line.map_or("", |line| line.split_once(": ").unwrap().1)
}

fn path() -> String {
    format!("/{FOLDER}/{NAME}")
}

#[tokio::test]
async fn a_file_is_sent_whole_in_parts_or_not_again() {
    let service = service(Everybody, Limits::default()).await;
    let (head, body) = service.get(&path(), "").await;
    assert_eq!((status(&head), body.as_str()), (200, "0123456789"));
    assert_eq!((header(&head, "content-length"), header(&head, "accept-ranges")), ("10", "bytes"));
    let (tag, modified) =
        (header(&head, "etag").to_owned(), header(&head, "last-modified").to_owned());

    let (head, body) = service.get(&path(), "Range: bytes=4-\r\n").await;
    assert_eq!((status(&head), body.as_str()), (206, "456789"));
    assert_eq!(header(&head, "content-range"), "bytes 4-9/10");
    let (head, _) = service.get(&path(), "Range: bytes=10-\r\n").await;
    assert_eq!((status(&head), header(&head, "content-range")), (416, "bytes */10"));

    for condition in
        [format!("If-None-Match: {tag}\r\n"), format!("If-Modified-Since: {modified}\r\n")]
    {
        let (head, body) = service.get(&path(), &condition).await;
        assert_eq!((status(&head), body.as_str()), (304, ""), "{condition}");
    }
    let (head, body) = service.ask(&format!("HEAD {}", path()), "").await;
    assert_eq!((status(&head), header(&head, "content-length"), body.as_str()), (200, "10", ""));
    assert_eq!(header(&head, "etag"), tag);

    // A new revision: a download that had begun begins anew.
    write_whole(service.root().join(FOLDER).join(NAME), b"abcdefghijk").unwrap();
    let going_on = format!("Range: bytes=4-\r\nIf-Range: {tag}\r\n");
    let (head, body) = service.get(&path(), &going_on).await;
    assert_eq!((status(&head), body.as_str()), (200, "abcdefghijk"));
}

#[tokio::test]
async fn nothing_outside_of_the_root_and_nothing_hidden_is_sent() {
    let service = service(Everybody, Limits::default()).await;
    std::os::unix::fs::symlink("/etc/passwd", service.root().join("link")).unwrap();
    let hidden = format!("/{FOLDER}/.part-x");
    for path in
        ["/../secret", "/%2e%2e/secret", "/daily/..%2f..%2fsecret", "/link", &hidden, "/none"]
    {
        let (head, body) = service.get(path, "").await;
        assert_eq!(status(&head), 404, "{path}: {body}");
    }
    let (head, _) = service.ask("DELETE /daily/", "").await;
    assert_eq!(status(&head), 405);
}

#[tokio::test]
async fn folders_are_listed_and_searched() {
    let service = service(Everybody, Limits::default()).await;
    let (head, body) = service.get(&format!("/{FOLDER}/"), "").await;
    assert!(status(&head) == 200 && header(&head, "content-type").starts_with("text/html"));
    for name in [NAME, "MANIFEST.json", "SHA256SUMS", "list"] {
        assert!(body.contains(&format!("<a href=\"{name}\">")), "{name} is not in {body}");
    }
    assert!(!body.contains("part-x"));
    let (head, _) = service.get(&format!("/{FOLDER}"), "").await;
    assert_eq!((status(&head), header(&head, "location")), (301, format!("/{FOLDER}/").as_str()));

    let found = |body: &str| body.lines().map(str::to_owned).collect::<Vec<_>>();
    let (_, body) = service.get("/search?from=2026-03-20&marker=nann", "").await;
    assert_eq!(found(&body), [path()]);
    let (_, body) = service.get("/search?from=2026-03-20&bbox=107%2C25,109,26", "").await;
    assert_eq!(found(&body), [path().replace("NANN", "GUIL")]);
    let (_, body) = service.get("/search?from=2026-03-21&to=2026-03-22", "").await;
    assert_eq!(body, "");
    let (head, body) = service.get("/search?from=2026-03-20&sampling=1s&format=json", "").await;
    assert!(header(&head, "content-type") == "application/json" && body.contains("\"files\": []"));
    let (head, body) = service.get("/search", "").await;
    assert!(status(&head) == 400 && body.contains("from is missing"), "{body}");
}

/// Lets in who says the word, but not into the daily files.
struct Word;

impl Rights for Word {
    fn judge<'a>(&'a self, asking: Asking<'a>) -> Judgement<'a> {
        assert!(asking.from.is_some_and(|from| from.is_loopback()));
        Box::pin(std::future::ready(match asking.authorization {
            Some("Basic word") if asking.path.starts_with("/daily") => Verdict::Forbidden,
            Some("Basic word") => Verdict::Allowed(Scope::ALL),
            Some("Basic guess") => Verdict::LockedOut,
            Some("Basic lost") => Verdict::Unsure,
            _ => Verdict::NeedsAccount,
        }))
    }
}

/// Everybody may have these stations.
struct Only(&'static str);

impl Rights for Only {
    fn judge<'a>(&'a self, _asking: Asking<'a>) -> Judgement<'a> {
        let scope = Scope::of(self.0.split(' ').map(|id| id.parse().unwrap()).collect());
        Box::pin(std::future::ready(Verdict::Allowed(scope)))
    }
}

#[tokio::test]
async fn who_may_have_some_stations_learns_of_no_other() {
    let search = "/search?from=2026-03-20&sampling=30s";
    let own = service(Only("NANN00CHN"), Limits::default()).await;
    let other = service(Only("GUIL00CHN"), Limits::default()).await;
    assert_eq!(status(&own.get(&path(), "").await.0), 200);
    assert_eq!(status(&other.get(&path(), "").await.0), 404);
    let folder = format!("/{FOLDER}/");
    assert!(own.get(&folder, "").await.1.contains(NAME));
    let (head, body) = other.get(&folder, "").await;
    assert!(status(&head) == 200 && !body.contains(NAME) && body.contains("SHA256SUMS"), "{body}");
    assert!(own.get(search, "").await.1.contains(NAME));
    assert!(!other.get(search, "").await.1.contains(NAME));
}

#[tokio::test]
async fn rights_are_asked_before_anything_is_told() {
    let service = service(Word, Limits::default()).await;
    for path in ["/none", "/search", "/"] {
        let (head, _) = service.get(path, "").await;
        assert_eq!(status(&head), 401, "{path}");
        assert!(header(&head, "www-authenticate").starts_with("Basic"));
    }
    let (head, _) = service.get("/", "Authorization: Basic word\r\n").await;
    assert_eq!(status(&head), 200);
    let (head, body) = service.get(&path(), "Authorization: Basic word\r\n").await;
    assert!(status(&head) == 403 && !body.contains("0123"));
    let (head, _) = service.get("/", "Authorization: Basic guess\r\n").await;
    assert_eq!(status(&head), 429);
    let (head, _) = service.get("/", "Authorization: Basic lost\r\n").await;
    assert_eq!(status(&head), 503);
}

#[tokio::test]
async fn connections_that_say_nothing_or_drip_are_ended_and_bounded() {
    let head_timeout = Duration::from_millis(500);
    let limits = Limits { head_timeout, connections_max: 3, ..Limits::default() };
    let service = service(Everybody, limits).await;
    let mut open = Vec::new();
    for begun in ["", "GET / HT", "GET / HTTP/1.1\r\nHost:"] {
        let mut stream = TcpStream::connect(("127.0.0.1", service.port)).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        open.push(stream);
    }
    // Each answered something or nothing, and is closed; no bound below is near the limit.
    let begun = Instant::now();
    for mut stream in open {
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut rest));
        assert!(ended.await.is_ok(), "a connection that says nothing stays open");
    }
    println!("three silent connections were ended within {:?}", begun.elapsed());
    let (head, _) = service.get("/", "").await;
    assert_eq!(status(&head), 200, "their places are free again");
}

/// `wget -m` mirrors the archive, twice: the second time nothing is sent.
#[tokio::test(flavor = "multi_thread")]
async fn wget_mirrors_the_archive() {
    let service = service(Everybody, Limits::default()).await;
    let mirror = tempfile::tempdir().unwrap();
    let run = || {
        std::process::Command::new("wget")
            .args(["-m", "-np", "-nv", "-e", "robots=off", "--tries=1", "--timeout=10"])
            .arg(format!("http://127.0.0.1:{}/", service.port))
            .current_dir(mirror.path())
            .output()
    };
    if run().is_err() {
        println!("SKIPPED wget_mirrors_the_archive: wget not found");
        return;
    }
    let copied = mirror.path().join(format!("127.0.0.1:{}", service.port)).join(FOLDER).join(NAME);
    assert_eq!(std::fs::read_to_string(&copied).unwrap(), "0123456789");
    let before = std::fs::metadata(&copied).unwrap().modified().unwrap();
    run().unwrap();
    assert_eq!(std::fs::metadata(&copied).unwrap().modified().unwrap(), before);
}
