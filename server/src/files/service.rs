//! Files for researchers as the service holds them, and the bus's end of them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use anyhow::Context;
use tianshu_caster::access::gate::Recogniser;
use tianshu_gnss::event::{StationEvent, StationNews};
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_ingest::clock::SharedClock;
use tianshu_rinex::write::WrittenVersion;
use tianshu_station_monitor::archive::keeper::ArchiveConfig;
use tianshu_station_monitor::products::identity::NineId;
use tianshu_station_monitor::products::kind::Kind;
use tianshu_station_monitor::products::schedule::Schedule;
use tianshu_station_monitor::products::station::StationRecord;
use tianshu_station_monitor::products::work::{Press, PressSettings};

use crate::files::download::{Download, DownloadConfig};
use crate::files::source::ArchiveSource;
use crate::files::worker::Worker;

/// An epoch that arrives so long after its time may belong to a file that is made already.
const LATE_AFTER: Interval = Interval::from_seconds(15);
/// Late epochs that wait: a link that catches up on ten minutes. Of more one is enough to know that a file is to be made anew.
const LATE_MAX: usize = 600;
/// The program that files name.
pub(crate) const SOFTWARE: &str = concat!("Tianshu ", env!("CARGO_PKG_VERSION"));

/// `[files]` as understood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FilesConfig {
    /// Where they are.
    pub folder: PathBuf,
    /// Which are made.
    pub kinds: Vec<Kind>,
    /// Their version of RINEX.
    pub version: WrittenVersion,
    /// The name under which merged ephemerides stand.
    pub navigation_id: NineId,
    /// How many are made at the same time.
    pub threads: usize,
    /// Who makes them.
    pub run_by: String,
    /// Where they are downloaded, if they are.
    pub download: Option<DownloadConfig>,
}

/// The thread that makes files.
pub(crate) struct Files {
    thread: JoinHandle<()>,
    stop: Arc<AtomicBool>,
    download: Option<Download>,
}

/// The bus's end of it.
pub(crate) struct FilesInlet(SyncSender<(StationName, GpsTime)>);

impl Files {
    /// Starts the thread, and opens the port. Must be called within a runtime.
    pub(crate) fn start(
        config: &FilesConfig,
        records: Vec<StationRecord>,
        archive: ArchiveConfig,
        (clock, recogniser): (SharedClock, Recogniser),
    ) -> anyhow::Result<(Self, FilesInlet)> {
        let stations: Vec<StationName> = records.iter().map(|r| r.station.clone()).collect();
        let settings = PressSettings {
            navigation_id: config.navigation_id,
            run_by: config.run_by.clone(),
            version: config.version,
            software: SOFTWARE.to_owned(),
            threads: config.threads,
        };
        let open =
            |download| Download::start(download, config.folder.clone(), &records, recogniser);
        let download = config.download.as_ref().map(open).transpose()?;
        let (late, waiting) = sync_channel(LATE_MAX);
        let stop = Arc::new(AtomicBool::new(false));
        let (kinds, press) =
            (config.kinds.clone(), Press::new(config.folder.clone(), records, settings));
        let told = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("files".to_owned())
            .spawn(move || {
                let source = ArchiveSource::new(archive, stations.clone());
                // Here, because the index of years takes its time, and rovers do not wait for it.
                let begun = source.begun().unwrap_or_else(|| clock.gps());
                let schedule = Schedule::new(stations, kinds.clone(), begun);
                Worker { clock, press, source, schedule, kinds, late: waiting, stop: told }.run();
            })
            .context("cannot start the thread of the files")?;
        Ok((Self { thread, stop, download }, FilesInlet(late)))
    }

    /// Reads the certificate of the downloads again.
    pub(crate) fn reload(&self) {
        if let Some(download) = &self.download {
            download.reload();
        }
    }

    /// Closes the port, lets the round that is made end, and waits for it.
    pub(crate) async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(download) = self.download {
            download.stop().await;
        }
        if tokio::task::block_in_place(|| self.thread.join()).is_err() {
            tracing::error!("the thread of the files ended badly");
        }
    }
}

impl FilesInlet {
    /// Hands an epoch on that is late. Never waits.
    pub(crate) fn offer(&self, event: &StationEvent) {
        if let StationNews::Epoch(epoch) = &event.news
            && event.arrived - epoch.time > LATE_AFTER
        {
            // Whoever does not fit adds nothing: the station's others that wait make the same file anew.
            let _ = self.0.try_send((event.station.clone(), epoch.time));
        }
    }
}
