//! The shell: connections with a bound on their number, and on how long each may take to say what it wants.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// How many connections there may be, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at the same time; one more is closed at once.
    pub connections_max: usize,
    /// From the connection, or the last answer, to the end of the next request's head: silent and dripping connections are gone after it.
    pub head_timeout: Duration,
    /// The whole of a connection: whoever takes so long for a file takes up a place for nothing.
    pub connection_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 500,
            head_timeout: Duration::from_secs(5),
            // A day's files of one station at 10 kB/s.
            connection_max: Duration::from_hours(1),
        }
    }
}

/// After an error of accepting, such as too many descriptors, so long is waited.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until it is stopped. Downloads in progress end with it.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(limits.connections_max));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_timeout)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()));
        let stop = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                // What went wrong with a connection is the client's: it is closed, and that is all.
                _ = tokio::time::timeout(limits.connection_max, connection) => {}
                () = stop.cancelled() => {}
            }
            drop(place);
        });
    }
}
