//! One job: what is asked for, and what became of it.

use std::path::Path;
use std::sync::Arc;

use tianshu_gnss::time::gps::GpsTime;

use crate::archive::virtual_rinex::{Ground, Progress, Request};

/// A job.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// Its number; they grow by one.
    pub number: u64,
    /// The account that asked.
    pub owner: Arc<str>,
    /// What is asked for.
    pub request: Request,
    /// With what it is made.
    pub ground: Ground,
    /// When it was asked for.
    pub asked: GpsTime,
    /// When it ended.
    pub ended: Option<GpsTime>,
    /// How it stands.
    pub state: State,
}

/// How a job stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum State {
    /// Others are before it.
    Waiting,
    /// It is made; how far it is, once the first epoch is solved.
    Running(Option<Progress>),
    /// Its files are there.
    Done(Made),
    /// There are no files, for this reason.
    Failed(String),
}

/// What was made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Made {
    /// The observations, CRINEX within gzip.
    pub rinex: JobFile,
    /// The report, JSON.
    pub report: JobFile,
    /// Epochs that the file has, and that it could have.
    pub epochs: (u64, u64),
}

/// A file of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JobFile {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
}

impl Job {
    pub(super) fn new(
        number: u64,
        owner: Arc<str>,
        (request, ground): (Request, Ground),
        asked: GpsTime,
    ) -> Self {
        Self { number, owner, request, ground, asked, ended: None, state: State::Waiting }
    }
}

impl State {
    /// Whether nothing more comes.
    pub(crate) fn is_ended(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Failed(_))
    }
}

impl JobFile {
    pub(super) fn of(place: &Path, bytes: u64) -> Self {
        Self { name: place.file_name().unwrap_or_default().to_string_lossy().into_owned(), bytes }
    }
}
