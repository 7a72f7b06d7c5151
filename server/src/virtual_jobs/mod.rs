//! Jobs of virtual RINEX in the service: asked for at the page's port, made one after the other, kept for some days.
//!
//! A job costs some 40 s of processor for an hour at 1 Hz. One thread makes them all, at the lowest priority, so that rovers never wait
//! for a researcher. Jobs are in memory: a restart ends and forgets them, with their files.

mod job;
mod worker;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use anyhow::Context;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_ingest::clock::SharedClock;

use crate::archive::virtual_rinex::{Ground, Request};
pub(crate) use crate::virtual_jobs::job::{Job, JobFile, State};
use crate::virtual_jobs::worker::Worker;

/// Jobs that wait, of all accounts: half an hour of work, and more would be waited for in vain.
const WAITING_MAX: usize = 40;
/// Jobs of one account that wait or run, so that nobody keeps the others out.
const OPEN_PER_ACCOUNT_MAX: usize = 5;
/// Jobs that have ended and are kept with their files: a day at 1 Hz has some 150 MB.
const ENDED_MAX: usize = 50;
/// And so long: whoever asked has come back by then, or asks again.
const ENDED_KEPT: Interval = Interval::from_seconds(7 * 86_400);

/// The desk at which jobs are asked for.
#[derive(Clone)]
pub(crate) struct VirtualJobs(Arc<Shared>);

/// The desk and its thread.
pub(crate) struct RunningJobs {
    desk: VirtualJobs,
    thread: JoinHandle<()>,
}

struct Shared {
    folder: PathBuf,
    clock: SharedClock,
    book: Mutex<Book>,
    changed: Condvar,
    /// Kept for as long as the desk is, where nothing is configured.
    _own_folder: Option<tempfile::TempDir>,
}

/// All jobs, by their numbers.
#[derive(Default)]
struct Book {
    jobs: VecDeque<Job>,
    last: u64,
    is_closing: bool,
}

/// Why a job was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotTaken {
    /// The account has enough of them.
    #[error(
        "{OPEN_PER_ACCOUNT_MAX} jobs of this account wait already: wait for one of them, or call it off"
    )]
    OwnFull,
    /// There are enough of all.
    #[error("{WAITING_MAX} jobs wait already: try again later")]
    Full,
}

impl RunningJobs {
    /// Starts the thread. Files are put below `folder`, or into a folder of their own that goes with the service.
    pub(crate) fn start(folder: Option<&Path>, clock: SharedClock) -> anyhow::Result<Self> {
        let own = folder.is_none().then(tempfile::tempdir).transpose()?;
        let folder = match (folder, &own) {
            (Some(folder), _) => folder.join("virtual"),
            (None, Some(own)) => own.path().to_owned(),
            (None, None) => anyhow::bail!("there is no folder for virtual RINEX"),
        };
        clear(&folder)
            .with_context(|| format!("cannot use {} for virtual RINEX", folder.display()))?;
        let (book, changed) = (Mutex::default(), Condvar::new());
        let desk = VirtualJobs(Arc::new(Shared { folder, clock, book, changed, _own_folder: own }));
        let worker = Worker(desk.clone());
        let thread = std::thread::Builder::new()
            .name("virtual-rinex".to_owned())
            .spawn(move || worker.run())
            .context("cannot start the thread of virtual RINEX")?;
        Ok(Self { desk, thread })
    }

    /// Where jobs are asked for.
    pub(crate) fn desk(&self) -> VirtualJobs {
        self.desk.clone()
    }

    /// Calls off what is under way and waits for the thread. Blocks for an epoch of the network at most.
    pub(crate) fn stop(self) {
        self.desk.lock().is_closing = true;
        self.desk.0.changed.notify_all();
        if self.thread.join().is_err() {
            tracing::error!("the thread of virtual RINEX ended badly");
        }
    }
}

/// What is left of a run before belongs to nobody.
fn clear(folder: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::fs::create_dir_all(folder)
}

impl VirtualJobs {
    /// Takes a job; gives it as it stands at the end of the queue, with how many are before it.
    pub(crate) fn ask(
        &self,
        owner: &Arc<str>,
        request: Request,
        ground: Ground,
    ) -> Result<(Job, usize), NotTaken> {
        let now = self.0.clock.gps();
        let mut book = self.lock();
        let open = || book.jobs.iter().filter(|job| !job.state.is_ended());
        if open().filter(|job| job.owner == *owner).count() >= OPEN_PER_ACCOUNT_MAX {
            return Err(NotTaken::OwnFull);
        }
        let before = open().count();
        if book.jobs.iter().filter(|job| job.state == State::Waiting).count() >= WAITING_MAX {
            return Err(NotTaken::Full);
        }
        book.last += 1;
        let job = Job::new(book.last, Arc::clone(owner), (request, ground), now);
        book.jobs.push_back(job.clone());
        drop(book);
        self.0.changed.notify_all();
        Ok((job, before))
    }

    /// The jobs of an account, the newest first, each with how many are before it in the queue.
    pub(crate) fn of(&self, owner: &str) -> Vec<(Job, usize)> {
        let mut book = self.lock();
        self.forget_old(&mut book);
        let mut before = 0;
        let mut found = Vec::new();
        for job in &book.jobs {
            if &*job.owner == owner {
                found.push((job.clone(), before));
            }
            before += usize::from(!job.state.is_ended());
        }
        found.reverse();
        found
    }

    /// A job of an account; none where there is none of that number, or it is somebody else's.
    pub(crate) fn find(&self, owner: &str, number: u64) -> Option<(Job, usize)> {
        self.of(owner).into_iter().find(|(job, _)| job.number == number)
    }

    /// Calls a job off, and forgets it with its files; `false` where the account has none of that number.
    pub(crate) fn remove(&self, owner: &str, number: u64) -> bool {
        let mut book = self.lock();
        let is_it = |job: &Job| job.number == number && &*job.owner == owner;
        let Some(at) = book.jobs.iter().position(is_it) else { return false };
        let Some(job) = book.jobs.remove(at) else { return false };
        drop(book);
        // Whoever makes it finds at its next epoch that it is gone, and clears up after itself.
        if !matches!(job.state, State::Running(_)) {
            self.clear_up(number);
        }
        true
    }

    /// Where all files are; each job has a folder of its number.
    pub(crate) fn folder(&self) -> &Path {
        &self.0.folder
    }

    fn folder_of(&self, number: u64) -> PathBuf {
        self.0.folder.join(number.to_string())
    }

    fn clear_up(&self, number: u64) {
        let folder = self.folder_of(number);
        if let Err(error) = std::fs::remove_dir_all(&folder)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(folder = %folder.display(), "a virtual station's files stay: {error}");
        }
    }

    fn forget_old(&self, book: &mut Book) {
        let now: GpsTime = self.0.clock.gps();
        let ended = |job: &Job| job.ended.filter(|_| job.state.is_ended());
        let mut spare = book.jobs.iter().filter_map(ended).count().saturating_sub(ENDED_MAX);
        book.jobs.retain(|job| {
            let Some(at) = ended(job) else { return true };
            let goes = spare > 0 || now - at > ENDED_KEPT;
            spare = spare.saturating_sub(usize::from(goes));
            if goes {
                self.clear_up(job.number);
            }
            !goes
        });
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
