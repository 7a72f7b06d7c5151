//! Where researchers download files: a port of its own, HTTP, for those who may.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use tianshu_caster::access::gate::Recogniser;
use tianshu_caster::config::TlsFiles;
use tianshu_caster::tls::TlsPort;
use tianshu_gnss::coords::GRS80;
use tianshu_ingest::sockets::listen;
use tianshu_ntrip::credentials::Secret;
use tianshu_station_monitor::products::station::StationRecord;
use tianshu_station_monitor::web::files::answer::{Library, router};
use tianshu_station_monitor::web::files::rights::{Everybody, Rights};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::files::rights::Readers;
use crate::handshake::{self, spawn_serving};

/// Downloads as understood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DownloadConfig {
    /// Where researchers connect.
    pub listen: SocketAddr,
    /// With which certificate, if over TLS.
    pub tls: Option<TlsFiles>,
    /// Who may read; none means everybody.
    pub readers: Option<ReadersConfig>,
}

/// Who may read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ReadersConfig {
    /// Accounts of the configuration.
    pub users: Vec<(String, Secret)>,
    /// Whether researchers of the stored accounts may.
    pub researchers: bool,
}

/// The open port.
pub(crate) struct Download {
    task: JoinHandle<()>,
    tls: Option<Arc<TlsPort>>,
    stop: CancellationToken,
}

impl Download {
    /// Opens the port. Must be called within a runtime.
    pub(crate) fn start(
        config: &DownloadConfig,
        root: PathBuf,
        records: &[StationRecord],
        recogniser: Recogniser,
    ) -> anyhow::Result<Self> {
        let at = config.listen;
        let listener =
            listen(at).with_context(|| format!("cannot listen at {at} for downloads of files"))?;
        let tls = config.tls.clone().map(TlsPort::load).transpose()?.map(Arc::new);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let address = listener.local_addr().unwrap_or(at);
        tracing::info!(%address, scheme, "files are downloaded here");
        let places: BTreeMap<_, _> =
            records.iter().map(|r| (r.id, r.marker().to_geodetic(GRS80))).collect();
        let rights: Box<dyn Rights> = match &config.readers {
            Some(ReadersConfig { users, researchers }) => {
                Box::new(Readers::new(users, *researchers, recogniser, places.clone())?)
            }
            None => Box::new(Everybody),
        };
        let stop = CancellationToken::new();
        let router = router(Library { root, rights, places, below: String::new() });
        let task = spawn_serving(listener, router, tls.as_ref(), &stop);
        Ok(Self { task, tls, stop })
    }

    /// Reads the certificate again.
    pub(crate) fn reload(&self) {
        handshake::reload(self.tls.as_ref(), "the downloads'");
    }

    /// Closes the port; downloads in progress end.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        if self.task.await.is_err() {
            tracing::error!("the downloads ended badly");
        }
    }
}
