//! Where researchers download files: a port of its own, HTTP, for those who may.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use tianshu_gnss::coords::GRS80;
use tianshu_ingest::sockets::listen;
use tianshu_ntrip::credentials::Secret;
use tianshu_station_monitor::products::station::StationRecord;
use tianshu_station_monitor::web::files::answer::{Library, router};
use tianshu_station_monitor::web::files::rights::{Everybody, Rights};
use tianshu_station_monitor::web::serve::{Limits, Plain, serve};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::files::rights::Readers;

/// Downloads as understood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DownloadConfig {
    /// Where researchers connect.
    pub listen: SocketAddr,
    /// The accounts that may read; none means everybody.
    pub readers: Option<Vec<(String, Secret)>>,
}

/// The open port.
pub(crate) struct Download {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Download {
    /// Opens the port. Must be called within a runtime.
    pub(crate) fn start(
        config: &DownloadConfig,
        root: PathBuf,
        records: &[StationRecord],
    ) -> anyhow::Result<Self> {
        let at = config.listen;
        let listener =
            listen(at).with_context(|| format!("cannot listen at {at} for downloads of files"))?;
        tracing::info!(address = %listener.local_addr().unwrap_or(at), "files are downloaded here");
        let rights: Box<dyn Rights> = match &config.readers {
            Some(readers) => Box::new(Readers::new(readers)?),
            None => Box::new(Everybody),
        };
        let places: BTreeMap<_, _> =
            records.iter().map(|r| (r.id, r.marker().to_geodetic(GRS80))).collect();
        let stop = CancellationToken::new();
        let router = router(Library { root, rights, places, below: String::new() });
        let task = tokio::spawn(serve(listener, router, Plain, Limits::default(), stop.clone()));
        Ok(Self { task, stop })
    }

    /// Closes the port; downloads in progress end.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        if self.task.await.is_err() {
            tracing::error!("the downloads ended badly");
        }
    }
}
