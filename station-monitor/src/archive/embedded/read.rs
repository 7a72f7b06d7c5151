//! The embedded archive as it is asked: files of hours, and what the spool has beyond them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::StationName;

use crate::archive::embedded::index::{FileEntry, Index};
use crate::archive::embedded::pending::{Pending, pending};
use crate::archive::embedded::raw::RawFrame;
use crate::archive::embedded::table::{HourlyEpochs, Table, TableEpochs};
use crate::archive::embedded::{figures, parquet, raw};
use crate::archive::figure::{QualityFilter, QualityRow};
use crate::archive::record::{Kind, Record};
use crate::archive::scaled::ScaledEpoch;
use crate::archive::span::{Hour, Span};
use crate::archive::spool::identity_of;
use crate::archive::store::{Arc, Epochs, Figures, Holding, ObservationStore, ReadError, arc_of};

/// The archive in a folder, for reading. Whoever writes it meanwhile is not disturbed.
pub struct EmbeddedStore {
    folder: PathBuf,
}

/// What there is of an hour.
#[derive(Default)]
struct HourSources {
    files: Vec<PathBuf>,
    records: Vec<Record>,
}

impl EmbeddedStore {
    /// The archive of that folder. One that is not there yet is empty.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The raw frames of a station that arrived in a span, in the order of arrival.
    pub fn frames(
        &self,
        station: &StationName,
        span: Span,
    ) -> Result<impl Iterator<Item = Result<RawFrame, ReadError>> + Send + use<>, ReadError> {
        let hours = self.hours(Kind::Frame, span, Some(station))?;
        let frames = hours.into_values().flat_map(|sources| match frames_of(sources) {
            Ok(frames) => frames.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        });
        Ok(frames.filter(move |f| f.as_ref().map_or(true, |f| span.contains(f.arrived))))
    }

    /// Whether what an hour has of those kinds is in files: it is read quickly then, and of the spool slowly.
    pub fn is_closed(&self, hour: Hour, kinds: &[Kind]) -> Result<bool, ReadError> {
        let Some(index) = Index::open_to_read(&self.folder)? else { return Ok(false) };
        let spool = identity_of(&self.folder.join("spool")).unwrap_or_default();
        for kind in kinds {
            if index.closed(&spool, (*kind, hour))? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The files of a kind whose hours have a part in a span.
    pub fn files(&self, kind: Kind, span: Span) -> Result<Vec<FileEntry>, ReadError> {
        match Index::open_to_read(&self.folder)? {
            Some(index) => Ok(index.files(kind, span, None)?),
            None => Ok(Vec::new()),
        }
    }

    /// Files and records of each hour, all of one state of the archive.
    fn hours(
        &self,
        kind: Kind,
        span: Span,
        station: Option<&StationName>,
    ) -> Result<BTreeMap<Hour, HourSources>, ReadError> {
        let index = Index::open_to_read(&self.folder)?;
        let spool = self.folder.join("spool");
        let list = |index: &Index| index.files(kind, span, station);
        let (records, files): (Pending, _) =
            pending(&spool, index.as_ref(), (kind, span, station), list)?;
        let mut hours: BTreeMap<Hour, HourSources> = BTreeMap::new();
        for file in files.unwrap_or_default() {
            hours.entry(file.hour).or_default().files.push(self.folder.join(file.path));
        }
        for (hour, records) in records {
            hours.entry(hour).or_default().records = records;
        }
        Ok(hours)
    }
}

impl ObservationStore for EmbeddedStore {
    fn observations(&self, station: &StationName, span: Span) -> Result<Epochs, ReadError> {
        let hours = self.hours(Kind::Epoch, span, Some(station))?;
        Ok(Box::new(HourlyEpochs::new(hours.into_values(), span, table_of)))
    }

    fn arc(
        &self,
        station: &StationName,
        satellite: Satellite,
        signal: Option<Signal>,
        span: Span,
    ) -> Result<Arc, ReadError> {
        Ok(arc_of(self.observations(station, span)?, satellite, signal))
    }

    fn quality(&self, filter: &QualityFilter, span: Span) -> Result<Figures, ReadError> {
        // A file of figures is of all stations.
        let hours = self.hours(Kind::Quality, span, None)?;
        let filter = filter.clone();
        let rows = hours.into_values().flat_map(|sources| match figures_of(sources) {
            Ok(rows) => rows.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        });
        let wanted = move |row: &QualityRow| filter.wants(row) && span.contains(row.time);
        Ok(Box::new(rows.filter(move |row| row.as_ref().map_or(true, &wanted))))
    }

    fn holdings(&self, span: Span) -> Result<Vec<Holding>, ReadError> {
        let index = Index::open_to_read(&self.folder)?;
        let list = |index: &Index| index.files(Kind::Epoch, span, None);
        let spool = self.folder.join("spool");
        let (records, files) = pending(&spool, index.as_ref(), (Kind::Epoch, span, None), list)?;
        let mut held: BTreeMap<(Hour, StationName), (u64, u64)> = BTreeMap::new();
        for file in files.unwrap_or_default() {
            let Some(station) = file.station else { continue };
            let sum = held.entry((file.hour, station)).or_default();
            *sum = (sum.0 + file.entries, sum.1 + file.epochs);
        }
        let mut times = BTreeSet::new();
        for (hour, record) in
            records.into_iter().flat_map(|(h, all)| all.into_iter().map(move |r| (h, r)))
        {
            let Record::Epoch(station, epoch) = record else { continue };
            if times.insert((station.clone(), epoch.time)) {
                let sum = held.entry((hour, station)).or_default();
                *sum = (sum.0 + epoch.observations.len() as u64, sum.1 + 1);
            }
        }
        Ok(held
            .into_iter()
            .map(|((hour, station), (rows, epochs))| Holding { station, hour, rows, epochs })
            .collect())
    }
}

/// The observations of an hour: of the one file that it mostly has, or of all that there is put together.
fn table_of(sources: &HourSources) -> Result<Table, ReadError> {
    let read = |path: &PathBuf| {
        parquet::read(path).map_err(|source| ReadError::File { path: path.clone(), source })
    };
    if let ([only], true) = (sources.files.as_slice(), sources.records.is_empty()) {
        return read(only);
    }
    let mut epochs: Vec<ScaledEpoch> = Vec::new();
    for path in &sources.files {
        epochs.extend(TableEpochs::new(read(path)?).map(|epoch| ScaledEpoch::from(&epoch)));
    }
    let spooled = sources.records.iter().filter_map(|record| match record {
        Record::Epoch(_, epoch) => Some(epoch),
        _ => None,
    });
    Ok(Table::of(epochs.iter().chain(spooled)))
}

fn frames_of(sources: HourSources) -> Result<Vec<RawFrame>, ReadError> {
    let mut frames = Vec::new();
    for path in sources.files {
        frames.extend(raw::read(&path).map_err(|source| ReadError::File { path, source })?);
    }
    for record in sources.records {
        if let Record::Frame { arrived, frame, .. } = record {
            frames.push(RawFrame { arrived, frame });
        }
    }
    Ok(frames)
}

fn figures_of(sources: HourSources) -> Result<Vec<QualityRow>, ReadError> {
    let mut rows = Vec::new();
    for path in sources.files {
        rows.extend(figures::read(&path).map_err(|source| ReadError::File { path, source })?);
    }
    for record in sources.records {
        if let Record::Quality(_, more) = record {
            rows.extend(more);
        }
    }
    figures::sort(&mut rows);
    Ok(rows)
}
