//! `serve --record`: what passes the bus goes into a file, by a thread of its own, as writing blocks.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use tianshu_gnss::event::{StationEvent, StationNews};
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::utc::Utc;
use tianshu_ingest::recording::writer::{RecordAs, Recorder};
use tianshu_ingest::session::EPOCH_WAIT_DEFAULT;

/// Events that wait for the disk: some ten seconds of a network of 150 stations at 1 Hz. A disk that is away for
/// longer costs the recording frames, which are counted and told, and never the rovers theirs.
const EVENTS_WAITING_MAX: usize = 16_384;

/// How often what was written is flushed: what a power failure may cost.
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// The file's extension.
pub(crate) const EXTENSION: &str = "tianshu";

/// The bus's end of a recording that runs.
pub(crate) struct Recording {
    path: PathBuf,
    events: SyncSender<StationEvent>,
    thread: JoinHandle<std::io::Result<u64>>,
    lost: u64,
}

impl Recording {
    /// Begins a new file in the folder, named by the time; the folder is made if need be.
    pub(crate) fn begin(folder: &Path, now: GpsTime) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let c = Utc::from(now).civil();
        let day = format!("{:04}{:02}{:02}", c.year, c.month, c.day);
        let name = format!("{day}T{:02}{:02}{:02}Z.{EXTENSION}", c.hour, c.minute, c.second);
        let path = folder.join(name);
        let file = File::create_new(&path)
            .with_context(|| format!("cannot make the recording {}", path.display()))?;
        let form = RecordAs::Recording { epoch_wait: EPOCH_WAIT_DEFAULT };
        let recorder = Recorder::begin(BufWriter::new(file), form)
            .with_context(|| format!("cannot write to {}", path.display()))?;
        let (events, waiting) = sync_channel(EVENTS_WAITING_MAX);
        let thread = std::thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || write_all(recorder, &waiting))?;
        tracing::info!(path = %path.display(), "recording");
        Ok(Self { path, events, thread, lost: 0 })
    }

    /// Keeps an event. It is lost, and counted, if the disk does not keep up; `false` if the disk takes no more.
    pub(crate) fn keep(&mut self, event: &StationEvent) -> bool {
        // What is decoded from frames comes again when the recording is played.
        if !matches!(event.news, StationNews::Up | StationNews::Down(_) | StationNews::Frame(_)) {
            return true;
        }
        match self.events.try_send(event.clone()) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                self.lost += 1;
                if self.lost.is_power_of_two() {
                    tracing::warn!(
                        lost = self.lost,
                        "the disk does not keep up with the recording"
                    );
                }
                true
            }
            Err(TrySendError::Disconnected(_)) => false,
        }
    }

    /// Writes out what waits, ends the file, and tells how it went.
    pub(crate) fn finish(self) {
        let Self { path, events, thread, lost } = self;
        drop(events);
        let path = path.display();
        match thread.join() {
            Ok(Ok(records)) => tracing::info!(records, lost, %path, "recording ended"),
            Ok(Err(error)) => tracing::error!(%path, "the recording is not complete: {error}"),
            Err(_) => tracing::error!(%path, "the recorder ended badly"),
        }
    }
}

fn write_all(
    mut recorder: Recorder<BufWriter<File>>,
    waiting: &Receiver<StationEvent>,
) -> std::io::Result<u64> {
    loop {
        match waiting.recv_timeout(FLUSH_EVERY) {
            Ok(event) => recorder.write(&event)?,
            Err(RecvTimeoutError::Timeout) => recorder.flush()?,
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let records = recorder.records();
    recorder.finish()?.get_ref().sync_all()?;
    Ok(records)
}
