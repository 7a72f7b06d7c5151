//! NTRIP over TLS: a caster with a certificate of its own making.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tianshu_ingest::link::Origin;
use tianshu_ingest::tls::{Roots, TlsDialer};
use tianshu_ntrip::client::request::VersionChoice;
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;

use crate::ntrip::config;
use crate::peers::{Rig, frame, port, request, rig};

const LONG: Duration = Duration::from_mins(1);

/// A certificate for `localhost`: as PEM for the client, and the caster's acceptor.
fn certificate() -> (String, TlsAcceptor) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate: CertificateDer<'static> = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    (made.cert.pem(), TlsAcceptor::from(Arc::new(server)))
}

fn dialer(pem: &str, name: &str) -> TlsDialer {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(pem.as_bytes()).unwrap();
    TlsDialer::new(&Roots::File(file.path().to_owned()), name).unwrap()
}

fn link(port: u16, tls: TlsDialer) -> Rig {
    let mut config = config("127.0.0.1", port, VersionChoice::Auto);
    config.tls = Some(tls);
    rig(Origin::Ntrip(config), LONG)
}

#[tokio::test]
async fn a_caster_with_a_trusted_certificate_is_read() {
    let (pem, acceptor) = certificate();
    let (listener, address) = port().await;
    let mut rig = link(address.port(), dialer(&pem, "localhost"));
    let (stream, _) = listener.accept().await.unwrap();
    let mut stream = acceptor.accept(stream).await.unwrap();
    assert_eq!(stream.get_ref().1.server_name(), Some("localhost"), "the name is sent");
    let asked = request(&mut stream).await;
    assert!(asked.starts_with("GET /LD000 "), "{asked}");
    stream.write_all(b"ICY 200 OK\r\n\r\n").await.unwrap();
    stream.write_all(&frame()).await.unwrap();
    stream.flush().await.unwrap();
    assert_eq!(rig.told().await, "up");
    assert_eq!(rig.told().await, "frame of 18");
}

/// What the operator is told of a certificate that is not trusted.
async fn check(pem: &str, acceptor: &TlsAcceptor, name: &str) {
    let (listener, address) = port().await;
    let mut rig = link(address.port(), dialer(pem, name));
    let (stream, _) = listener.accept().await.unwrap();
    assert!(acceptor.accept(stream).await.is_err(), "the client breaks the handshake off");
    let told = rig.told().await;
    assert!(told.starts_with("down: refused: TLS: "), "{told}");
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_refused() {
    let (pem, acceptor) = certificate();
    let (other_pem, _) = certificate();
    check(&pem, &acceptor, "caster.example").await;
    check(&other_pem, &acceptor, "localhost").await;
}

#[tokio::test]
async fn a_server_without_tls_is_a_failure_and_not_a_hang() {
    let (pem, _) = certificate();
    let (listener, address) = port().await;
    let mut rig = link(address.port(), dialer(&pem, "localhost"));
    let (mut stream, _) = listener.accept().await.unwrap();
    stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    let told = rig.told().await;
    assert!(told.contains("TLS: "), "{told}");
}
