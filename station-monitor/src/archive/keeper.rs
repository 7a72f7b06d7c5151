//! An archive at work: a [`Keeper`] that takes records and brings them onto the disk, and a [`Tender`] that brings them from
//! there into the store. Each belongs to a thread of its own; they share the sealed segments and the status.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::archive::clickhouse::connection::{ClickHouseConfig, DatabaseError};
use crate::archive::clickhouse::deliver::{DeliverError, Deliverer};
use crate::archive::clickhouse::schema::Retention;
use crate::archive::embedded::closing::{CloseError, Closer, sweep};
use crate::archive::embedded::index::{Index, IndexError};
use crate::archive::expiry;
use crate::archive::record::{Kind, Record};
use crate::archive::span::Hour;
use crate::archive::spool::{Refused, Segments, Spool, SpoolError, SpoolLimits};
use crate::archive::status::{SharedStatus, note, tell};

/// An hour that was closed before is closed again not more often than this: data that come late come in pieces.
const LATE_EVERY: Interval = Interval::from_seconds(600);
/// After a database or a disk has failed it is left alone for so long, doubled each time, up to the longest.
const RETRY_FIRST: Interval = Interval::from_seconds(1);
/// The longest pause: a database that is back is found within it.
const RETRY_LONGEST: Interval = Interval::from_seconds(30);
/// Between two looks for files that were kept for long enough.
const EXPIRE_EVERY: Interval = Interval::from_seconds(3_600);

/// An archive as it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveConfig {
    /// The folder of the archive: spool, index, and files.
    pub folder: PathBuf,
    /// Bounds of the spool.
    pub spool: SpoolLimits,
    /// The database that keeps observations and figures; without one, files do. Raw frames are always files.
    pub database: Option<ClickHouseConfig>,
    /// For how long what is kept is kept.
    pub retention: Retention,
}

/// Why an archive could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another program writes it.
    #[error("the archive {} is in use by another program", .0.display())]
    InUse(PathBuf),
    /// The folder cannot be used.
    #[error("the archive {}: {source}", path.display())]
    Disk {
        /// Which folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The spool cannot be used.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The index cannot be used.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The database cannot even be asked.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Why tending did not get to its end.
#[derive(Debug, thiserror::Error)]
enum TendError {
    #[error(transparent)]
    Close(#[from] CloseError),
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error(transparent)]
    Deliver(#[from] DeliverError),
}

/// Takes records, and brings them onto the disk.
pub struct Keeper {
    folder: PathBuf,
    spool: Spool,
    status: SharedStatus,
    uncommitted: Counts,
    /// Held for as long as the archive is open.
    _lock: File,
}

/// Brings what is on disk into the store.
pub struct Tender {
    folder: PathBuf,
    spool_folder: PathBuf,
    spool: String,
    segments: Segments,
    closer: Closer,
    index: Index,
    deliverer: Option<Deliverer>,
    retention: Retention,
    status: SharedStatus,
    delivery: Patience,
    closing: Patience,
    late_closed: Option<GpsTime>,
    expired: Option<GpsTime>,
    stop: Arc<AtomicBool>,
}

/// A work that is left alone for a while after it has failed.
#[derive(Default)]
struct Patience {
    until: Option<(GpsTime, Interval)>,
    error: Option<String>,
}

#[derive(Default)]
struct Counts {
    epochs: u64,
    frames: u64,
    figures: u64,
}

impl Patience {
    fn is_over(&self, now: GpsTime) -> bool {
        self.until.is_none_or(|(until, _)| now >= until)
    }

    fn take(&mut self, outcome: Result<(), TendError>, now: GpsTime) {
        self.error = outcome.err().map(|error| error.to_string());
        self.until = self.error.is_some().then(|| {
            let pause =
                self.until.map_or(RETRY_FIRST, |(_, pause)| (pause + pause).min(RETRY_LONGEST));
            (now + pause, pause)
        });
    }
}

/// Opens an archive, and finishes what an earlier run left unfinished.
pub fn open(config: &ArchiveConfig, status: &SharedStatus) -> Result<(Keeper, Tender), OpenError> {
    let folder = &config.folder;
    let fault = |source| OpenError::Disk { path: folder.clone(), source };
    fs::create_dir_all(folder).map_err(fault)?;
    let lock = lock(folder)?;
    for kind in Kind::ALL {
        sweep(&folder.join(kind.name())).map_err(fault)?;
    }
    let index = Index::open(folder)?;
    let spool_folder = folder.join("spool");
    let spool = Spool::open(&spool_folder, config.spool)?;
    let kinds = if config.database.is_some() { vec![Kind::Frame] } else { Kind::ALL.to_vec() };
    let (identity, segments) = (spool.identity(), spool.segments());
    let closer = Closer::new(folder, &spool_folder, identity.clone(), segments.clone(), kinds);
    let deliverer = config.database.as_ref().map(Deliverer::new).transpose()?;
    let tender = Tender {
        folder: folder.clone(),
        spool_folder,
        spool: identity,
        segments,
        closer,
        index,
        deliverer,
        retention: config.retention,
        status: status.clone(),
        delivery: Patience::default(),
        closing: Patience::default(),
        late_closed: None,
        expired: None,
        stop: Arc::default(),
    };
    let status = status.clone();
    let folder = folder.clone();
    Ok((Keeper { folder, spool, status, uncommitted: Counts::default(), _lock: lock }, tender))
}

fn lock(folder: &Path) -> Result<File, OpenError> {
    let fault = |source| OpenError::Disk { path: folder.to_owned(), source };
    let lock = File::create(folder.join("lock")).map_err(fault)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(folder.to_owned())),
        Err(TryLockError::Error(source)) => Err(fault(source)),
    }
}

impl Keeper {
    /// Takes a record. Never waits; what cannot be taken is counted.
    pub fn keep(&mut self, record: &Record) -> Result<(), Refused> {
        let taken = self.spool.append(record);
        match (&taken, record) {
            (Err(_), _) => self.status.change(|status| status.refused += 1),
            (Ok(()), Record::Epoch(..)) => self.uncommitted.epochs += 1,
            (Ok(()), Record::Frame { .. }) => self.uncommitted.frames += 1,
            (Ok(()), Record::Quality(_, rows)) => self.uncommitted.figures += rows.len() as u64,
        }
        taken
    }

    /// Brings all that was taken onto the disk; from then on it counts as archived. To be called about once a second. A disk that
    /// fails is told in the status, and tried again by the next call. Gives whether all is on disk.
    pub fn commit(&mut self, now: GpsTime) -> bool {
        let outcome = self.spool.commit(now);
        let is_done = outcome.is_ok();
        let bytes = self.spool.bytes();
        let counts =
            if is_done { std::mem::take(&mut self.uncommitted) } else { Counts::default() };
        let text = outcome.as_ref().err().map(ToString::to_string);
        let is_news = self.status.change(|status| {
            status.epochs += counts.epochs;
            status.frames += counts.frames;
            status.figures += counts.figures;
            status.spool_bytes = bytes;
            note(&mut status.disk, outcome, now)
        });
        match (is_news, text) {
            (true, Some(text)) => tracing::error!("nothing is archived: {text}"),
            (true, None) => tracing::info!("the disk takes what is archived again"),
            _ => {}
        }
        is_done
    }

    /// Ends a run: commits, and seals what is open, so that the store can have it.
    pub fn finish(&mut self, now: GpsTime) -> bool {
        self.commit(now) && self.spool.seal().is_ok()
    }
}

impl Keeper {
    /// Tells how it went, where other programs find it: the last word of a run, when the tender has ended.
    pub fn tell(&self, now: GpsTime) {
        let status = self.status.change(|status| {
            status.told = Some(now);
            status.clone()
        });
        tell(&self.folder, &status).ok();
    }
}

impl Tender {
    /// Does what is due: delivers segments, closes hours, removes what is stored. To be called about once a second, by a thread that
    /// may wait. What fails is told in the status, and tried again later.
    pub fn tend(&mut self, now: GpsTime) {
        if self.delivery.is_over(now) {
            let outcome = self.deliver();
            self.delivery.take(outcome, now);
        }
        if self.closing.is_over(now) {
            let outcome = self.close(now, false).and_then(|()| self.release());
            self.closing.take(outcome, now);
        }
        self.expire(now);
        self.note(now);
        self.tell(now);
    }

    /// Set to `true`, it lets a long work end after the segment or hour that it is at. What is left is done after the next start.
    pub fn stop(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Closes also hours that are not over. For archives that end, and for tests.
    pub fn close_all(&mut self, now: GpsTime) -> bool {
        let outcome = self.deliver();
        self.delivery.take(outcome, now);
        let outcome = self.close(now, true).and_then(|()| self.release());
        self.closing.take(outcome, now);
        self.note(now);
        self.tell(now);
        self.delivery.error.is_none() && self.closing.error.is_none()
    }

    /// Delivers segments in their order, until all are or one fails.
    fn deliver(&mut self) -> Result<(), TendError> {
        let Some(deliverer) = &self.deliverer else { return Ok(()) };
        while !self.is_stopped() {
            let after = self.index.delivered(&self.spool)?;
            let next = self.segments.lock().range(after + 1..).next().map(|(number, _)| *number);
            let Some(number) = next else { break };
            let delivered = deliverer.deliver(&self.spool_folder, &self.spool, number)?;
            self.index.set_delivered(&self.spool, number)?;
            self.status.change(|status| {
                status.stored += delivered.rows;
                status.damaged += delivered.damaged;
            });
            // A backlog is taken off the disk while it is delivered, not after.
            self.closer.release(&self.index, Some(number))?;
        }
        Ok(())
    }

    fn close(&mut self, now: GpsTime, all: bool) -> Result<(), TendError> {
        let mut closed_late = false;
        let may_close_late = self.late_closed.is_none_or(|at| (now - at).abs() >= LATE_EVERY);
        for what in self.closer.due(&self.index, now, all)? {
            let is_late = self.index.closed(&self.spool, what)? > 0;
            if is_late && !may_close_late && !all {
                continue;
            }
            if self.is_stopped() {
                break;
            }
            closed_late = closed_late || is_late;
            let closed = self.closer.close(&mut self.index, what)?;
            self.status.change(|status| {
                status.stored += closed.entries;
                status.files += closed.files;
                status.damaged += closed.damaged;
            });
            let (kind, hour): (Kind, Hour) = what;
            let kind = kind.name();
            tracing::info!(%hour, kind, files = closed.files, entries = closed.entries, bytes = closed.bytes, "hour closed");
        }
        if closed_late {
            self.late_closed = Some(now);
        }
        Ok(())
    }

    fn release(&mut self) -> Result<(), TendError> {
        let delivered = match &self.deliverer {
            Some(_) => Some(self.index.delivered(&self.spool)?),
            None => None,
        };
        self.closer.release(&self.index, delivered)?;
        Ok(())
    }

    fn expire(&mut self, now: GpsTime) {
        if self.expired.is_some_and(|at| (now - at).abs() < EXPIRE_EVERY) {
            return;
        }
        self.expired = Some(now);
        match expiry::expire(&self.folder, &self.index, self.retention, now) {
            Ok(files) => self.status.change(|status| status.expired += files),
            Err(error) => tracing::warn!("old files could not be removed: {error}"),
        }
    }

    fn note(&mut self, now: GpsTime) {
        let text = self.delivery.error.as_ref().or(self.closing.error.as_ref()).cloned();
        let outcome = text.clone().map_or(Ok(()), Err);
        let is_news = self.status.change(|status| note(&mut status.store, outcome, now));
        match (is_news, text) {
            (true, Some(text)) => {
                tracing::error!("the archive's store does not take what is spooled: {text}");
            }
            (true, None) => tracing::info!("the archive's store takes what is spooled again"),
            _ => {}
        }
    }

    fn tell(&self, now: GpsTime) {
        let status = self.status.change(|status| {
            status.spool_segments = self.segments.lock().len() as u64;
            status.told = Some(now);
            status.clone()
        });
        // A disk that is full cannot be told of in a file; the log and the status itself have it.
        tell(&self.folder, &status).ok();
    }
}
