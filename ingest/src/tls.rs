//! TLS to casters: which certificates are trusted, and for which name.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use tianshu_gnss::event::DownReason;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How long a handshake may take: four round trips on the worst mobile line, and the caster's arithmetic.
pub const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

/// The largest certificate file: a hundred times a usual chain.
const ROOTS_BYTES_MAX: u64 = 1024 * 1024;

/// Which certificates are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Roots {
    /// Those of this machine (`/etc/ssl/certs` and its like).
    #[default]
    System,
    /// Those of a PEM file, and no others.
    File(PathBuf),
}

/// Why TLS cannot be set up. Each asks the operator for a correction of the configuration or the machine.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// The file cannot be read.
    #[error("the certificates in {path} cannot be read", path = path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file holds no certificate.
    #[error("{path} holds no usable PEM certificate", path = path.display())]
    NoCertificate {
        /// Which file.
        path: PathBuf,
    },
    /// This machine trusts nobody.
    #[error("this machine has no trusted certificates: install ca-certificates or name a file")]
    NoSystemRoots,
    /// The name cannot be a server's.
    #[error("{name:?} is no host name or address that a certificate could be for")]
    BadName {
        /// Which name.
        name: String,
    },
    /// The library refused the set-up.
    #[error(transparent)]
    Library(#[from] rustls::Error),
}

/// Opens TLS on a connection and checks the certificate's name.
#[derive(Clone)]
pub struct TlsDialer {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl TlsDialer {
    /// Trusts these roots; the certificate must be for `name`, which is also sent (SNI).
    pub fn new(roots: &Roots, name: &str) -> Result<Self, TlsFault> {
        let server = ServerName::try_from(name.to_owned())
            .map_err(|_| TlsFault::BadName { name: name.to_owned() })?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(store(roots)?)
            .with_no_client_auth();
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), name: server })
    }

    /// Opens TLS. A certificate that is not trusted is a refusal: only a person can mend it.
    pub async fn open(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, DownReason> {
        let handshake = self.connector.connect(self.name.clone(), stream);
        match tokio::time::timeout(HANDSHAKE_MAX, handshake).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                Err(DownReason::Refused(format!("TLS: {error}")))
            }
            Ok(Err(error)) => Err(DownReason::Closed(format!("TLS: {error}"))),
            Err(_) => {
                let seconds = HANDSHAKE_MAX.as_secs();
                Err(DownReason::Closed(format!("TLS: no handshake within {seconds} s")))
            }
        }
    }
}

impl std::fmt::Debug for TlsDialer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsDialer").field("name", &self.name).finish_non_exhaustive()
    }
}

fn store(roots: &Roots) -> Result<RootCertStore, TlsFault> {
    let mut store = RootCertStore::empty();
    match roots {
        Roots::System => {
            let found = rustls_native_certs::load_native_certs();
            store.add_parsable_certificates(found.certs);
            if store.is_empty() { Err(TlsFault::NoSystemRoots) } else { Ok(store) }
        }
        Roots::File(path) => {
            store.add_parsable_certificates(pem_certificates(path)?);
            if store.is_empty() {
                return Err(TlsFault::NoCertificate { path: path.clone() });
            }
            Ok(store)
        }
    }
}

fn pem_certificates(path: &PathBuf) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    let unreadable = |source| TlsFault::Unreadable { path: path.clone(), source };
    if fs::metadata(path).map_err(unreadable)?.len() > ROOTS_BYTES_MAX {
        return Err(TlsFault::NoCertificate { path: path.clone() });
    }
    let text = fs::read(path).map_err(unreadable)?;
    Ok(CertificateDer::pem_slice_iter(&text).flatten().collect())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[track_caller]
    fn check(content: &[u8], name: &str, expected: &str) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        let fault = TlsDialer::new(&Roots::File(file.path().to_owned()), name).unwrap_err();
        assert!(fault.to_string().contains(expected), "{fault}");
    }

    #[test]
    fn faults_name_what_to_correct() {
        check(b"", "localhost", "no usable PEM certificate");
        check(b"not a certificate", "localhost", "no usable PEM certificate");
        check(b"", "not a name", "no host name");
        let missing = TlsDialer::new(&Roots::File("/nonexistent/ca.pem".into()), "localhost");
        assert!(missing.unwrap_err().to_string().contains("/nonexistent/ca.pem"));
    }
}
