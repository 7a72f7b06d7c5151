//! TLS before the first request of an HTTP port.

use std::sync::Arc;

use tianshu_caster::tls::TlsPort;
use tianshu_station_monitor::web::serve::Handshake;
use tokio::net::TcpStream;

/// TLS with the certificate that the port has at the moment.
#[derive(Clone)]
pub(crate) struct Tls(pub Arc<TlsPort>);

impl Handshake for Tls {
    type Stream = tokio_rustls::server::TlsStream<TcpStream>;

    async fn shake(&self, stream: TcpStream) -> std::io::Result<Self::Stream> {
        self.0.acceptor().accept(stream).await
    }
}
