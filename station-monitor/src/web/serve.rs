//! The shell of every HTTP port: connections with a bound on their number, and on how long each may take to say what it wants.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How many connections there may be, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at the same time; one more is closed at once.
    pub connections_max: usize,
    /// From the connection, or the last answer, to the end of the next request's head: silent and dripping connections are gone after it.
    /// A TLS handshake has as long before that.
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

/// Who is at the other end of a connection; among the extensions of each of its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// What happens before the first request.
pub trait Handshake: Clone + Send + Sync + 'static {
    /// What requests come over.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Makes it of a connection.
    fn shake(&self, stream: TcpStream) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

/// Nothing happens before the first request.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl Handshake for Plain {
    type Stream = TcpStream;

    async fn shake(&self, stream: TcpStream) -> io::Result<TcpStream> {
        Ok(stream)
    }
}

/// After an error of accepting, such as too many descriptors, so long is waited.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until it is stopped. Answers in progress end with it.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    handshake: impl Handshake,
    limits: Limits,
    stop: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(limits.connections_max));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let (handshake, router, stop) = (handshake.clone(), router.clone(), stop.clone());
        tokio::spawn(async move {
            let connection = async {
                // What went wrong with a connection is the client's: it is closed, and that is all.
                let shaken = timeout(limits.head_timeout, handshake.shake(stream)).await;
                if let Ok(Ok(stream)) = shaken {
                    let _ =
                        timeout(limits.connection_max, answer(stream, peer, router, limits)).await;
                }
            };
            tokio::select! {
                () = connection => {}
                () = stop.cancelled() => {}
            }
            drop(place);
        });
    }
}

async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    router: Router,
    limits: Limits,
) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        router.call(request)
    });
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
