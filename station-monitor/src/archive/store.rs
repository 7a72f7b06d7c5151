//! What an archive answers, whatever keeps it: [`ObservationStore`].

use std::io;
use std::path::PathBuf;

use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;

use crate::archive::embedded::index::IndexError;
use crate::archive::figure::{QualityFilter, QualityRow};
use crate::archive::span::{Hour, Span};

/// Epochs of one station, in the order of time, each time once. An epoch without observations is not kept.
pub type Epochs = Box<dyn Iterator<Item = Result<ObsEpoch, ReadError>> + Send>;
/// One satellite's observations, in the order of time.
pub type Arc = Box<dyn Iterator<Item = Result<ArcPoint, ReadError>> + Send>;
/// Figures, in no certain order.
pub type Figures = Box<dyn Iterator<Item = Result<QualityRow, ReadError>> + Send>;

/// An observation, and when it was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArcPoint {
    /// The receiver's time tag.
    pub time: GpsTime,
    /// What was measured.
    pub observation: Observation,
}

/// What there is of a station and an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Whose.
    pub station: StationName,
    /// When.
    pub hour: Hour,
    /// How many observations (one signal of one satellite at one time).
    pub rows: u64,
    /// How many epochs.
    pub epochs: u64,
}

/// Why an archive did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The index cannot be read.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A file cannot be read, or is not what it should be.
    #[error("the archive's file {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database does not answer, or not what was asked.
    #[error("the archive's database: {0}")]
    Database(String),
    /// The files changed faster than they could be read.
    #[error("the archive was changed while it was read; ask again")]
    Changing,
}

/// An archive that can be asked. Memory stays bounded by three hours of a station, however long a span is
/// asked for, and by one where many ask at once.
pub trait ObservationStore: Send {
    /// What a station measured in a span.
    fn observations(&self, station: &StationName, span: Span) -> Result<Epochs, ReadError>;

    /// What a station measured of one satellite in a span, of one signal or of all.
    fn arc(
        &self,
        station: &StationName,
        satellite: Satellite,
        signal: Option<Signal>,
        span: Span,
    ) -> Result<Arc, ReadError>;

    /// Figures of quality that begin in a span.
    fn quality(&self, filter: &QualityFilter, span: Span) -> Result<Figures, ReadError>;

    /// What there is of which station and hour, in the order of hours and stations.
    fn holdings(&self, span: Span) -> Result<Vec<Holding>, ReadError>;
}

/// The observations of one satellite within epochs.
pub(super) fn arc_of(epochs: Epochs, satellite: Satellite, signal: Option<Signal>) -> Arc {
    Box::new(epochs.flat_map(move |epoch| {
        match epoch {
            Err(error) => vec![Err(error)],
            Ok(epoch) => epoch
                .observations
                .iter()
                .filter(|o| o.satellite == satellite && signal.is_none_or(|s| s == o.signal))
                .map(|o| Ok(ArcPoint { time: epoch.time, observation: *o }))
                .collect(),
        }
    }))
}
