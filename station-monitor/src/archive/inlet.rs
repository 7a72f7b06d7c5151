//! The archive's place in the service: a queue that the bus fills and never waits for, a thread that brings what is in it onto
//! the disk, and one that brings it from there into the store.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tianshu_gnss::event::{StationEvent, StationNews};
use tianshu_gnss::time::gps::GpsTime;

use crate::archive::figure::QualityRow;
use crate::archive::keeper::{ArchiveConfig, Keeper, Tender, open};
use crate::archive::record::Record;
use crate::archive::scaled::ScaledEpoch;
use crate::archive::status::{SharedStatus, Trouble};
use crate::priority::{GivesWay, give_way};

/// What waits for the disk: some ten seconds of a network of 150 stations at 1 Hz. A disk that stalls for longer costs the
/// archive epochs and frames, which are counted and told, and never the rovers theirs.
const WAITING_MAX: usize = 16_384;
/// Between two commits: with the time that a disk takes for one, what a kill may cost stays below a second.
const COMMIT_EVERY: Duration = Duration::from_millis(500);
/// Between two looks for what is to be stored.
const TEND_EVERY: Duration = Duration::from_secs(1);
/// An archive that cannot be opened is tried again so often; stations and rovers do not wait for it.
const OPEN_EVERY: Duration = Duration::from_secs(10);
/// How long a stop waits for the work that the store is at. It may be cut at any place.
const STORE_STOP_MAX: Duration = Duration::from_secs(2);

/// Tells the time of this machine's clock.
pub type Now = Arc<dyn Fn() -> GpsTime + Send + Sync>;

/// What is to be archived.
enum News {
    /// Of the bus.
    Event(StationEvent),
    /// Figures of quality.
    Figures(Vec<QualityRow>),
}

/// The archive as a service holds it.
pub struct Archiving {
    status: SharedStatus,
    keeper: JoinHandle<()>,
}

/// Where news go in. Cheap to clone; the archive ends when all are gone.
#[derive(Clone)]
pub struct ArchiveInlet {
    news: SyncSender<News>,
    status: SharedStatus,
}

impl Archiving {
    /// Starts the threads.
    pub fn start(config: ArchiveConfig, clock: Now) -> io::Result<(Self, ArchiveInlet)> {
        let status = SharedStatus::default();
        let (news, waiting) = sync_channel(WAITING_MAX);
        let inlet = ArchiveInlet { news, status: status.clone() };
        let for_thread = status.clone();
        let keeper = std::thread::Builder::new()
            .name("archive".to_owned())
            .spawn(move || run(&config, &clock, &for_thread, &waiting))?;
        Ok((Self { status, keeper }, inlet))
    }

    /// How it is doing, for whoever watches. Cheap to clone.
    pub fn status(&self) -> SharedStatus {
        self.status.clone()
    }

    /// Waits for its end, which comes when all inlets are gone.
    pub fn join(self) {
        if self.keeper.join().is_err() {
            tracing::error!("the archive ended badly");
        }
    }
}

impl ArchiveInlet {
    /// Hands an event on, if it is one that is archived. Never waits.
    pub fn offer(&self, event: &StationEvent) {
        if matches!(event.news, StationNews::Epoch(_) | StationNews::Frame(_)) {
            self.put(News::Event(event.clone()));
        }
    }

    /// Hands figures of quality on. Never waits.
    pub fn figures(&self, rows: Vec<QualityRow>) {
        self.put(News::Figures(rows));
    }

    fn put(&self, news: News) {
        let lost = match self.news.try_send(news) {
            Ok(()) => return,
            // The thread has gone, which it tells itself.
            Err(TrySendError::Disconnected(_) | TrySendError::Full(_)) => {
                self.status.change(|status| {
                    status.missed += 1;
                    status.missed
                })
            }
        };
        if lost.is_power_of_two() {
            tracing::warn!(lost, "the archive does not keep up with the stations");
        }
    }
}

/// Opens the archive, as soon as that is possible, and archives until all inlets are gone.
fn run(config: &ArchiveConfig, clock: &Now, status: &SharedStatus, waiting: &Receiver<News>) {
    let Some((keeper, tender)) = opened(config, clock, status, waiting) else { return };
    let stop = tender.stop();
    let done = Arc::new(AtomicBool::new(false));
    let for_thread = (Arc::clone(&stop), Arc::clone(&done), clock.clone());
    let spawned = std::thread::Builder::new()
        .name("archive-store".to_owned())
        .spawn(move || tend(tender, &for_thread.0, &for_thread.1, &for_thread.2));
    if let Err(error) = &spawned {
        tracing::error!("what is archived stays in its spool: {error}");
    }
    let keeper = keep(keeper, clock, waiting);
    stop.store(true, Ordering::Relaxed);
    let asked = Instant::now();
    while spawned.is_ok() && !done.load(Ordering::Acquire) && asked.elapsed() < STORE_STOP_MAX {
        std::thread::sleep(Duration::from_millis(10));
    }
    keeper.tell(clock());
}

/// Tries to open the archive until it can be, or all inlets are gone. What comes meanwhile is missed, and counted.
fn opened(
    config: &ArchiveConfig,
    clock: &Now,
    status: &SharedStatus,
    waiting: &Receiver<News>,
) -> Option<(Keeper, Tender)> {
    let mut is_told = false;
    loop {
        match open(config, status) {
            Ok(parts) => {
                status.change(|status| status.disk = None);
                tracing::info!(folder = %config.folder.display(), "archiving");
                return Some(parts);
            }
            Err(error) => {
                if !is_told {
                    tracing::error!("nothing is archived: {error}");
                    is_told = true;
                }
                let (since, what) = (clock(), error.to_string());
                status.change(|status| {
                    let since = status.disk.as_ref().map_or(since, |before| before.since);
                    status.disk = Some(Trouble { since, what });
                });
            }
        }
        let until = Instant::now() + OPEN_EVERY;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            match waiting.recv_timeout(left) {
                Ok(_) => status.change(|status| status.missed += 1),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }
}

/// Takes what comes, and commits twice a second, until all inlets are gone.
fn keep(mut keeper: Keeper, clock: &Now, waiting: &Receiver<News>) -> Keeper {
    let mut next_commit = Instant::now() + COMMIT_EVERY;
    loop {
        let left = next_commit.saturating_duration_since(Instant::now());
        match waiting.recv_timeout(left) {
            Ok(news) => take(&mut keeper, news),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if Instant::now() >= next_commit {
            keeper.commit(clock());
            next_commit = Instant::now() + COMMIT_EVERY;
        }
    }
    keeper.finish(clock());
    keeper
}

/// What is refused is counted by the keeper.
fn take(keeper: &mut Keeper, news: News) {
    match news {
        News::Event(StationEvent { station, arrived, news }) => match news {
            StationNews::Epoch(epoch) => {
                let epoch = ScaledEpoch::from(epoch.as_ref());
                keeper.keep(&Record::Epoch(station, epoch)).ok();
            }
            StationNews::Frame(frame) => {
                keeper.keep(&Record::Frame { station, arrived, frame }).ok();
            }
            _ => {}
        },
        News::Figures(rows) => {
            for record in Record::of_figures(rows) {
                keeper.keep(&record).ok();
            }
        }
    }
}

fn tend(mut tender: Tender, stop: &AtomicBool, done: &AtomicBool, clock: &Now) {
    give_way(GivesWay::ToTheNetwork);
    let mut next = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        if Instant::now() >= next {
            tender.tend(clock());
            next = Instant::now() + TEND_EVERY;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    done.store(true, Ordering::Release);
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicI64;

    use tianshu_gnss::observation::ObsEpoch;

    use super::*;
    use crate::archive::clickhouse::schema::Retention;
    use crate::archive::embedded::read::EmbeddedStore;
    use crate::archive::sample;
    use crate::archive::span::Span;
    use crate::archive::spool::SpoolLimits;
    use crate::archive::store::ObservationStore;

    fn event(second: i64, news: StationNews) -> StationEvent {
        StationEvent { station: sample::station(1), arrived: sample::time(second), news }
    }

    #[test]
    fn what_was_offered_before_the_end_is_archived() {
        let folder = tempfile::tempdir().unwrap();
        let spool = SpoolLimits {
            bytes_max: 1 << 30,
            segment_bytes: 1 << 20,
            segment_age: tianshu_gnss::time::gps::Interval::from_seconds(10),
        };
        let config = ArchiveConfig {
            folder: folder.path().to_owned(),
            spool,
            database: None,
            retention: Retention::default(),
        };
        let second = Arc::new(AtomicI64::new(0));
        let told = Arc::clone(&second);
        let now: Now = Arc::new(move || sample::time(told.load(Ordering::Relaxed)));
        let (archiving, inlet) = Archiving::start(config, now).unwrap();
        for at in 0..50 {
            second.store(at, Ordering::Relaxed);
            inlet.offer(&event(at, StationNews::Frame(vec![0xd3, 0, 1].into())));
            let epoch = ObsEpoch::from(&sample::epoch(1, at));
            inlet.offer(&event(at, StationNews::Epoch(Arc::new(epoch))));
            inlet.offer(&event(at, StationNews::Up));
        }
        inlet.figures(sample::figures());
        let status = archiving.status();
        drop(inlet);
        archiving.join();
        let status = status.snapshot();
        assert_eq!((status.epochs, status.frames, status.figures), (50, 50, 240), "{status:?}");
        assert_eq!((status.missed, status.refused), (0, 0));
        let store = EmbeddedStore::new(folder.path());
        let epochs = store.observations(&sample::station(1), Span::ALWAYS).unwrap();
        assert_eq!(epochs.count(), 50);
        assert_eq!(store.frames(&sample::station(1), Span::ALWAYS).unwrap().count(), 50);
    }
}
