//! The thread that makes virtual RINEX, job after job, and gives way to everything else.

use std::ops::ControlFlow;
use std::sync::PoisonError;

use anyhow::Context;
use tianshu_gnss::time::utc::Utc;
use tianshu_station_monitor::priority::{GivesWay, give_way};
use tianshu_station_monitor::products::packing::publish;

use crate::archive::virtual_rinex::{NotMade, make};
use crate::files::service::SOFTWARE;
use crate::virtual_jobs::job::{Job, JobFile, Made, State};
use crate::virtual_jobs::{Book, VirtualJobs};

/// What the thread owns.
pub(super) struct Worker(pub(super) VirtualJobs);

impl Worker {
    /// Works until the desk closes.
    pub(super) fn run(self) {
        give_way(GivesWay::ToEverything);
        while let Some(job) = self.next() {
            let made = self.made(&job);
            self.end(&job, made);
        }
    }

    /// The next job, waited for; none when the desk closes.
    fn next(&self) -> Option<Job> {
        let mut book = self.0.lock();
        loop {
            if book.is_closing {
                return None;
            }
            let waiting = book.jobs.iter_mut().find(|job| job.state == State::Waiting);
            if let Some(job) = waiting {
                job.state = State::Running(None);
                return Some(job.clone());
            }
            book = self.0.0.changed.wait(book).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn made(&self, job: &Job) -> Result<Made, NotMade> {
        let folder = self.0.folder_of(job.number);
        let outcome = make(&job.ground, &job.request, &folder, &mut |progress| {
            let mut book = self.0.lock();
            let is_closing = book.is_closing;
            let Some(kept) = kept(&mut book, job).filter(|_| !is_closing) else {
                return ControlFlow::Break(());
            };
            kept.state = State::Running(Some(*progress));
            ControlFlow::Continue(())
        })?;
        let packed = outcome.rinex.with_extension("crx.gz");
        let at = Utc::from(self.0.0.clock.gps());
        let written = publish(&outcome.rinex, packed.clone(), SOFTWARE, at)
            .with_context(|| format!("cannot pack {}", outcome.rinex.display()))?;
        std::fs::remove_file(&outcome.rinex).context("cannot remove the plain file")?;
        let report = std::fs::metadata(&outcome.report_file).context("the report is gone")?;
        Ok(Made {
            rinex: JobFile::of(&packed, written.size),
            report: JobFile::of(&outcome.report_file, report.len()),
            epochs: (outcome.report.epochs, outcome.report.epochs_expected),
        })
    }

    fn end(&self, job: &Job, made: Result<Made, NotMade>) {
        let now = self.0.0.clock.gps();
        let (number, owner) = (job.number, &*job.owner);
        match &made {
            Ok(made) => tracing::info!(number, owner, file = made.rinex.name, "virtual RINEX made"),
            Err(error) => tracing::info!(number, owner, "no virtual RINEX: {error}"),
        }
        let is_made = made.is_ok();
        let state = made.map_or_else(|error| State::Failed(error.to_string()), State::Done);
        let mut book = self.0.lock();
        let is_wanted = kept(&mut book, job).map(|kept| {
            kept.state = state;
            kept.ended = Some(now);
        });
        if is_wanted.is_none() || !is_made {
            self.0.clear_up(number);
        }
        self.0.forget_old(&mut book);
    }
}

/// The job as the book has it; none once it was called off.
fn kept<'a>(book: &'a mut Book, job: &Job) -> Option<&'a mut Job> {
    book.jobs.iter_mut().find(|kept| kept.number == job.number)
}
