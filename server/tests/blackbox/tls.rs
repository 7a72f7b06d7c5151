//! NTRIP over TLS: as caster, and as a client of another caster.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tempfile::TempDir;

use crate::program::PATIENCE;
use crate::relay::play;
use crate::rover::Rover;
use crate::service::Service;
use crate::station::Port;
use crate::stream::{made_stream, prologue, without_prologue};

/// A folder with a certificate for `localhost` and its key.
fn folder_with_certificate() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.path().join("chain.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    folder
}

/// A caster with one plain and one TLS port, that relays a receiver.
fn caster(receiver: &Port) -> Service {
    let config = format!(
        "[caster]\nlisten = [\"127.0.0.1:0\"]\ntls_listen = [\"127.0.0.1:0\"]\n\
         tls_certificates = \"chain.pem\"\ntls_key = \"key.pem\"\n\
         [[station]]\nname = \"S\"\nlink = \"tcp\"\naddress = \"{}\"\n\
         [[mountpoint]]\nname = \"OUT\"\nkind = \"station\"\nstation = \"S\"\nneeds_account = false\n",
        receiver.address()
    );
    Service::start_with(folder_with_certificate(), &config, &[])
}

type Encrypted = StreamOwned<ClientConnection, TcpStream>;

/// A rover that trusts the certificate of that file.
fn connect(address: SocketAddr, certificate: &Path) -> Encrypted {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), socket)
}

fn ask(rover: &mut Encrypted) {
    rover.write_all(b"GET /OUT HTTP/1.0\r\nUser-Agent: NTRIP test/1\r\n\r\n").unwrap();
    let mut head = [0; 14];
    rover.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"ICY 200 OK\r\n\r\n");
}

#[test]
fn a_rover_over_tls_gets_the_same_bytes() {
    let receiver = Port::open();
    let service = caster(&receiver);
    let mut feed = receiver.accept();
    service.bring_up("OUT", || feed.send(&prologue()));
    let mut rover = connect(service.last_address(), &service.path("chain.pem"));
    ask(&mut rover);
    let stream = made_stream(1, 40);
    feed.send(&stream);
    let mut read = Vec::new();
    while without_prologue(&read).len() < stream.len() {
        let mut piece = [0; 4096];
        let bytes = rover.read(&mut piece).unwrap();
        assert!(bytes > 0, "the connection ended");
        read.extend_from_slice(&piece[..bytes]);
    }
    crate::stream::assert_same("TLS", without_prologue(&read), &stream);
}

/// One Tianshu pulls from another one over TLS, and trusts the one certificate that it is told to trust.
#[test]
fn a_station_is_pulled_over_tls() {
    let receiver = Port::open();
    let upstream = caster(&receiver);
    let mut feed = receiver.accept();
    upstream.bring_up("OUT", || feed.send(&prologue()));
    let port = upstream.last_address().port();
    let pull = |name: &str, ca_file: &str| {
        format!(
            "[[station]]\nname = \"{name}\"\nlink = \"ntrip\"\nurl = \"ntrips://localhost:{port}/OUT\"\n\
             {ca_file}retry_min_s = 0.1\nretry_max_s = 0.5\n\
             [[mountpoint]]\nname = \"{name}\"\nkind = \"station\"\nstation = \"{name}\"\nneeds_account = false\n"
        )
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(upstream.path("chain.pem"), folder.path().join("ca.pem")).unwrap();
    let stranger = folder_with_certificate();
    std::fs::copy(stranger.path().join("chain.pem"), folder.path().join("other.pem")).unwrap();
    let config = String::from("[caster]\nlisten = [\"127.0.0.1:0\"]\n")
        + &pull("TRUSTED", "ca_file = \"ca.pem\"\n")
        + &pull("STRANGE", "ca_file = \"other.pem\"\n");
    let service = Service::start_with(folder, &config, &[]);
    service.bring_up("TRUSTED", || feed.send(&prologue()));
    service.logged("certificate", 1);
    assert!(!service.lists("STRANGE"), "a certificate that nobody vouches for");
    let rover = Rover::v2(service.address(), "TRUSTED", "");
    play("pulled over TLS", &mut feed, &made_stream(1, 40), &[&|| rover.body()]);
}

/// Plain words on the TLS port are no handshake: closed, and others are served.
#[test]
fn plain_words_on_the_tls_port_are_closed() {
    let receiver = Port::open();
    let service = caster(&receiver);
    let mut feed = receiver.accept();
    service.bring_up("OUT", || feed.send(&prologue()));
    let plain = Rover::connect(service.last_address(), b"GET /OUT HTTP/1.0\r\n\r\n");
    assert!(!plain.until_end().contains("ICY"), "{:?}", plain.bytes());
    let silent = Rover::connect(service.last_address(), b"");
    let began = std::time::Instant::now();
    silent.until_end();
    assert!(began.elapsed() < Duration::from_secs(6), "closed after {:?}", began.elapsed());
    let mut rover = connect(service.last_address(), &service.path("chain.pem"));
    ask(&mut rover);
}
