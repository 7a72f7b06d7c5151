//! Work that is done ahead by threads: what comes of it comes in the order of the jobs. So a station's next hours are read while
//! the one before is handed out.
//!
//! How much is done ahead is bounded, of one work and of all: many answers at once would otherwise hold many hours each. What may
//! not be done ahead is done when it is asked for, by who asks.

use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{Builder, JoinHandle};

/// Jobs of one work that are done ahead: with who asks that is three cores, and seldom are more free beside a service.
const JOBS_AHEAD_MAX: usize = 2;
/// Jobs of all works that are done ahead or wait to be taken. An hour of a station takes some 30 MB of memory.
const ALL_AHEAD_MAX: usize = 4;

/// The bound of all works of this process.
static ALL: Bound = Bound(AtomicUsize::new(0));

/// How many jobs are done ahead, or wait.
struct Bound(AtomicUsize);

/// What is done with a job.
type Work<J, T> = Arc<dyn Fn(&J) -> T + Send + Sync>;

/// Jobs that are done one behind the other, some of them ahead.
pub(super) struct Ahead<J, T> {
    jobs: VecDeque<Arc<J>>,
    work: Work<J, T>,
    begun: VecDeque<Begun<T>>,
    bound: &'static Bound,
    is_first: bool,
}

/// A job that is done ahead.
struct Begun<T> {
    thread: JoinHandle<T>,
    permit: Permit,
}

/// The right to do a job ahead.
struct Permit(&'static Bound);

impl Bound {
    fn permit(&'static self) -> Option<Permit> {
        let more = |all: usize| (all < ALL_AHEAD_MAX).then_some(all + 1);
        let outcome = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        outcome.ok().map(|_| Permit(self))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl<J: Send + Sync + 'static, T: Send + 'static> Ahead<J, T> {
    /// Jobs, and what is to be done with each. Nothing is begun before the first is asked for, and nothing ahead before the second is.
    pub(super) fn new(
        jobs: impl IntoIterator<Item = J>,
        work: impl Fn(&J) -> T + Send + Sync + 'static,
    ) -> Self {
        Self::within(&ALL, jobs, work)
    }

    fn within(
        bound: &'static Bound,
        jobs: impl IntoIterator<Item = J>,
        work: impl Fn(&J) -> T + Send + Sync + 'static,
    ) -> Self {
        let jobs = jobs.into_iter().map(Arc::new).collect();
        Self { jobs, work: Arc::new(work), begun: VecDeque::new(), bound, is_first: true }
    }

    /// Leaves undone what is not begun.
    pub(super) fn stop(&mut self) {
        self.jobs.clear();
        self.begun.clear();
    }

    /// Does the next job where it is asked for.
    fn here(&mut self) -> Option<T> {
        self.jobs.pop_front().map(|job| (self.work)(&job))
    }

    fn begin(&mut self) {
        while self.begun.len() < JOBS_AHEAD_MAX
            && let Some(job) = self.jobs.front()
            && let Some(permit) = self.bound.permit()
        {
            let (job, work) = (Arc::clone(job), Arc::clone(&self.work));
            let thread = Builder::new().name("archive-ahead".to_owned());
            // A machine that has no thread to give has one that asks.
            let Ok(thread) = thread.spawn(move || work(&job)) else { return };
            self.jobs.pop_front();
            self.begun.push_back(Begun { thread, permit });
        }
    }
}

impl<J: Send + Sync + 'static, T: Send + 'static> Iterator for Ahead<J, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        // Many look at the first and at no other, so nothing is done ahead before a second is asked for; one alone gains nothing.
        let is_alone = self.begun.is_empty() && self.jobs.len() == 1;
        if std::mem::replace(&mut self.is_first, false) || is_alone {
            return self.here();
        }
        self.begin();
        let Some(Begun { thread, permit }) = self.begun.pop_front() else { return self.here() };
        let outcome = thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        drop(permit);
        self.begin();
        Some(outcome)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    /// A bound of its own: tests run beside each other.
    fn bound() -> &'static Bound {
        Box::leak(Box::new(Bound(AtomicUsize::new(0))))
    }

    #[test]
    fn what_is_done_ahead_comes_in_the_order_of_the_jobs() {
        let done: Vec<u32> = Ahead::within(bound(), 0..100, |job: &u32| job * 2).collect();
        assert_eq!(done, (0..100).map(|job| job * 2).collect::<Vec<_>>());
    }

    #[test]
    fn two_jobs_are_under_way_at_a_time() {
        // The second and third wait for each other: one behind the other they would wait for ever.
        let both = Barrier::new(2);
        let done = Ahead::within(bound(), [0, 1, 2], move |job: &u32| {
            if *job > 0 {
                both.wait();
            }
            *job
        });
        assert_eq!(done.collect::<Vec<_>>(), [0, 1, 2]);
    }

    #[test]
    fn who_looks_at_the_first_has_nothing_else_done() {
        let bound = bound();
        let mut work = Ahead::within(bound, 0..5, |job: &u32| *job);
        assert_eq!(work.next(), Some(0));
        assert_eq!(bound.0.load(Ordering::Acquire), 0);
    }

    #[test]
    fn many_works_at_once_share_one_bound_and_all_come_to_their_end() {
        let bound = bound();
        let work = |n: u32| Ahead::within(bound, 0..5, move |job: &u32| job + n);
        let mut works: Vec<_> = (0..20).map(work).collect();
        for job in 0..5 {
            for (n, work) in (0..).zip(&mut works) {
                assert_eq!(work.next(), Some(job + n));
                assert!(bound.0.load(Ordering::Acquire) <= ALL_AHEAD_MAX);
            }
        }
        assert!(works.iter_mut().all(|work| work.next().is_none()));
        drop(works);
        assert_eq!(bound.0.load(Ordering::Acquire), 0, "what was taken is given back");
    }

    #[test]
    fn what_was_stopped_gives_nothing_more() {
        let mut work = Ahead::within(bound(), 0..5, |job: &u32| *job);
        assert_eq!(work.next(), Some(0));
        work.stop();
        assert_eq!(work.next(), None);
    }
}
