//! HTTP ports with TLS, or without.

use std::sync::Arc;

use axum::Router;
use tianshu_caster::tls::TlsPort;
use tianshu_station_monitor::web::serve::{Handshake, Limits, Plain, serve};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Serves until it is stopped; over TLS where there is a certificate.
pub(crate) fn spawn_serving(
    listener: TcpListener,
    router: Router,
    tls: Option<&Arc<TlsPort>>,
    stop: &CancellationToken,
) -> JoinHandle<()> {
    let (limits, stop) = (Limits::default(), stop.clone());
    match tls {
        Some(port) => tokio::spawn(serve(listener, router, Tls(Arc::clone(port)), limits, stop)),
        None => tokio::spawn(serve(listener, router, Plain, limits, stop)),
    }
}

/// Reads a certificate again, if there is one; `whose` is what the log says of one that cannot be used.
pub(crate) fn reload(port: Option<&Arc<TlsPort>>, whose: &str) {
    if let Some(Err(error)) = port.map(|port| port.reload()) {
        tracing::error!("{whose} certificate was not replaced: {error}");
    }
}

/// TLS with the certificate that the port has at the moment.
#[derive(Clone)]
struct Tls(Arc<TlsPort>);

impl Handshake for Tls {
    type Stream = tokio_rustls::server::TlsStream<TcpStream>;

    async fn shake(&self, stream: TcpStream) -> std::io::Result<Self::Stream> {
        self.0.acceptor().accept(stream).await
    }
}
