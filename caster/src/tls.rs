//! TLS: certificate and key from files, read again while connections live.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::config::TlsFiles;

/// Why certificate or key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// A file cannot be read as PEM.
    #[error("{path} cannot be read as PEM: {source}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: rustls_pki_types::pem::Error,
    },
    /// There is no certificate in the file.
    #[error("{0} holds no certificate")]
    Empty(PathBuf),
    /// Key and certificate do not fit, or are of an unknown kind.
    #[error("certificate {certificates} and key {key} cannot be used together: {source}")]
    Unusable {
        /// The certificate's file.
        certificates: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What is wrong.
        source: rustls::Error,
    },
}

/// The certificate of one port. New connections use the one read last, old ones keep theirs.
#[derive(Debug)]
pub struct TlsPort {
    files: TlsFiles,
    current: RwLock<Arc<ServerConfig>>,
}

impl TlsPort {
    /// Reads the files.
    pub fn load(files: TlsFiles) -> Result<Self, TlsFault> {
        let current = RwLock::new(read(&files)?);
        Ok(Self { files, current })
    }

    /// Reads the files again. If they cannot be used the certificate before stays.
    pub fn reload(&self) -> Result<(), TlsFault> {
        let fresh = read(&self.files)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// For the next connection.
    pub fn acceptor(&self) -> TlsAcceptor {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&current))
    }
}

fn read(files: &TlsFiles) -> Result<Arc<ServerConfig>, TlsFault> {
    let chain = CertificateDer::pem_file_iter(&files.certificates)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|source| unreadable(&files.certificates, source))?;
    if chain.is_empty() {
        return Err(TlsFault::Empty(files.certificates.clone()));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|source| unreadable(&files.key, source))?;
    let unusable = |source| TlsFault::Unusable {
        certificates: files.certificates.clone(),
        key: files.key.clone(),
        source,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(unusable)?;
    // One ticket: a rover that loses its network resumes with less work; more are never used.
    config.send_tls13_tickets = 1;
    Ok(Arc::new(config))
}

fn unreadable(path: &Path, source: rustls_pki_types::pem::Error) -> TlsFault {
    TlsFault::Unreadable { path: path.to_owned(), source }
}
