//! Closing an hour: what the spool has of it becomes files, each there as a whole or not at all, and is entered in the index
//! in one step with how far the spool was read. So nothing is stored twice, whenever the machine stops.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::archive::embedded::index::{FileEntry, Index, IndexError};
use crate::archive::embedded::raw::RawFrame;
use crate::archive::embedded::table::Table;
use crate::archive::embedded::{figures, parquet, raw};
use crate::archive::record::{Kind, Record, about};
use crate::archive::span::Hour;
use crate::archive::spool::Segments;
use crate::archive::spool::segment::{Next, SegmentReader, sealed_path};
use crate::archive::whole_file;
use crate::at_once::at_once;
use crate::file::{Written, digest};

/// What comes so long after its hour is still in the hour's first file. Files for researchers are wanted within two minutes of the hour and
/// are made of the closed hour, so no link that was down is waited for: what it has kept gets a file of its own.
const GRACE: Interval = Interval::from_seconds(15);
/// Files of an hour that are made at the same time, where the machine has as many threads: each takes some 60 MB of memory meanwhile.
const AT_ONCE_MAX: usize = 4;
/// An hour that begins so long after now is not waited for: a receiver's clock is wrong, and the spool must not fill with it.
const FUTURE_MAX: Interval = Interval::from_seconds(3_600);

/// Why an hour could not be closed. What was not closed is tried again.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// The disk does not do what it should.
    #[error("{}: {source}", path.display())]
    Disk {
        /// Of which file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// The index does not.
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// What closing made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// Files.
    pub files: u64,
    /// Rows and frames in them.
    pub entries: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Records whose checksum did not hold: the disk has changed them.
    pub damaged: u64,
}

/// Makes files of sealed segments.
pub(in crate::archive) struct Closer {
    folder: PathBuf,
    spool_folder: PathBuf,
    spool: String,
    segments: Segments,
    /// What is made into files; the rest goes to a database.
    kinds: Vec<Kind>,
}

/// Where a record's body is.
#[derive(Clone, Copy)]
struct Place {
    segment: u32,
    length: u32,
    start: u64,
}

/// A file that is to be made.
struct Wanted {
    /// Of all where there is none.
    station: Option<StationName>,
    revision: u32,
    places: Vec<Place>,
}

impl Wanted {
    fn new(
        index: &Index,
        what: (Kind, Hour),
        station: Option<StationName>,
        places: Vec<Place>,
    ) -> Result<Self, IndexError> {
        let revision =
            index.next_revision(what, station.as_ref().map_or("", StationName::as_str))?;
        Ok(Self { station, revision, places })
    }
}

impl Closer {
    pub(in crate::archive) fn new(
        folder: &Path,
        spool_folder: &Path,
        spool: String,
        segments: Segments,
        kinds: Vec<Kind>,
    ) -> Self {
        let (folder, spool_folder) = (folder.to_owned(), spool_folder.to_owned());
        Self { folder, spool_folder, spool, segments, kinds }
    }

    /// The hours of which the spool has something that is in no file yet, and which are over; all of them if `all`.
    pub(in crate::archive) fn due(
        &self,
        index: &Index,
        now: GpsTime,
        all: bool,
    ) -> Result<BTreeSet<(Kind, Hour)>, IndexError> {
        let mut due = BTreeSet::new();
        for (what, through) in self.newest() {
            let hour = what.1;
            let is_over = hour.end() + GRACE <= now || hour.start() > now + FUTURE_MAX;
            if (all || is_over) && index.closed(&self.spool, what)? < through {
                due.insert(what);
            }
        }
        Ok(due)
    }

    /// The newest segment of each kind and hour.
    fn newest(&self) -> BTreeMap<(Kind, Hour), u64> {
        let mut newest = BTreeMap::new();
        for (number, sealed) in self.segments.lock().iter() {
            for what in sealed.holds.iter().filter(|(kind, _)| self.kinds.contains(kind)) {
                newest.insert(*what, *number);
            }
        }
        newest
    }

    /// Makes files of all that the sealed segments have of a kind and hour.
    pub(in crate::archive) fn close(
        &self,
        index: &mut Index,
        what: (Kind, Hour),
    ) -> Result<Closed, CloseError> {
        let after = index.closed(&self.spool, what)?;
        let numbers: Vec<u64> = self
            .segments
            .lock()
            .range(after + 1..)
            .filter(|(_, sealed)| sealed.holds.contains(&what))
            .map(|(number, _)| *number)
            .collect();
        let Some(through) = numbers.last().copied() else { return Ok(Closed::default()) };
        let mut closed = Closed::default();
        let places = self.places(&numbers, what, &mut closed.damaged)?;
        let sources = self.sources(&numbers)?;
        let mut wanted = Vec::new();
        if what.0 == Kind::Quality {
            let all = places.into_values().flatten().collect();
            wanted.push(Wanted::new(index, what, None, all)?);
        } else {
            for (station, places) in places {
                wanted.push(Wanted::new(index, what, Some(station), places)?);
            }
        }
        let files = self.files(what, &wanted, &sources)?;
        for file in &files {
            closed.files += 1;
            closed.entries += file.entries;
            closed.bytes += file.bytes;
        }
        index.close(&self.spool, what, through, &files)?;
        Ok(closed)
    }

    /// Where the records of a kind and hour are, station by station.
    fn places(
        &self,
        numbers: &[u64],
        what: (Kind, Hour),
        damaged: &mut u64,
    ) -> Result<BTreeMap<StationName, Vec<Place>>, CloseError> {
        let mut places: BTreeMap<StationName, Vec<Place>> = BTreeMap::new();
        for (segment, number) in (0..).zip(numbers) {
            let path = sealed_path(&self.spool_folder, *number);
            let fault = |source| CloseError::Disk { path: path.clone(), source };
            let mut reader = SegmentReader::open(&path).map_err(fault)?;
            loop {
                match reader.next().map_err(fault)? {
                    Next::Record(start, body) => {
                        let told = about(body).filter(|about| (about.kind, about.hour) == what);
                        let Some(told) = told else { continue };
                        let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
                        let place = Place { segment, length, start };
                        places.entry(told.station).or_default().push(place);
                    }
                    Next::Damaged => *damaged += 1,
                    Next::End { torn } => {
                        *damaged += u64::from(torn);
                        break;
                    }
                }
            }
        }
        Ok(places)
    }

    fn sources(&self, numbers: &[u64]) -> Result<Vec<File>, CloseError> {
        let open = |number: &u64| {
            let path = sealed_path(&self.spool_folder, *number);
            File::open(&path).map_err(|source| CloseError::Disk { path, source })
        };
        numbers.iter().map(open).collect()
    }

    /// Makes files, several at a time; gives them in the order of `wanted`. The first that fails ends it.
    fn files(
        &self,
        what: (Kind, Hour),
        wanted: &[Wanted],
        sources: &[File],
    ) -> Result<Vec<FileEntry>, CloseError> {
        let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let (mut made, mut failed) = (Vec::new(), None);
        at_once(
            threads.min(AT_ONCE_MAX),
            wanted,
            |wanted| self.file(what, wanted, sources),
            |place, result| match result {
                Ok(file) => {
                    made.extend(file.map(|file| (place, file)));
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            },
        );
        if let Some(error) = failed {
            return Err(error);
        }
        made.sort_by_key(|(place, _)| *place);
        Ok(made.into_iter().map(|(_, file)| file).collect())
    }

    /// Makes one file of records.
    fn file(
        &self,
        (kind, hour): (Kind, Hour),
        Wanted { station, revision, places }: &Wanted,
        sources: &[File],
    ) -> Result<Option<FileEntry>, CloseError> {
        let name = station.as_ref().map_or("all", StationName::as_str);
        let path = file_name(kind, hour, name, *revision);
        let whole_path = self.folder.join(&path);
        let fault = |source| CloseError::Disk { path: whole_path.clone(), source };
        let mut contents = Contents::default();
        let mut body = Vec::new();
        for place in places {
            body.resize(place.length as usize, 0);
            if let Some(source) = sources.get(place.segment as usize) {
                source.read_exact_at(&mut body, place.start).map_err(fault)?;
            }
            contents.take(Record::read(&body));
        }
        let Some(told) = contents.write(&whole_path).map_err(fault)? else { return Ok(None) };
        let Written { size: bytes, sha256 } = digest(&whole_path).map_err(fault)?;
        Ok(Some(FileEntry {
            kind,
            hour,
            station: station.clone(),
            revision: *revision,
            path,
            entries: told.entries,
            epochs: told.epochs,
            first: told.first,
            last: told.last,
            bytes,
            sha256,
        }))
    }

    /// Takes every segment off the disk of which everything is stored; `delivered` is the segment up to which a database has
    /// the rest, if one keeps the rest. Gives how many.
    pub(in crate::archive) fn release(
        &self,
        index: &Index,
        delivered: Option<u64>,
    ) -> Result<u64, CloseError> {
        let all: Vec<_> = self.segments.lock().iter().map(|(n, s)| (*n, s.clone())).collect();
        let mut removed = 0;
        let mut closed = BTreeMap::new();
        for (number, sealed) in all {
            let mut is_stored = delivered.is_none_or(|through| through >= number);
            for what in sealed.holds.iter().filter(|(kind, _)| self.kinds.contains(kind)) {
                let through = match closed.get(what) {
                    Some(through) => *through,
                    None => index.closed(&self.spool, *what)?,
                };
                closed.insert(*what, through);
                is_stored = is_stored && through >= number;
            }
            if is_stored {
                let path = sealed_path(&self.spool_folder, number);
                self.segments
                    .remove(&self.spool_folder, number)
                    .map_err(|source| CloseError::Disk { path, source })?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

/// Where a file is, from the archive's folder. No station's name has a dot.
fn file_name(kind: Kind, hour: Hour, name: &str, revision: u32) -> String {
    let later = if revision == 0 { String::new() } else { format!(".{revision}") };
    let ending = if kind == Kind::Frame { "raw" } else { "parquet" };
    format!("{}/{}/{name}{later}.{ending}", kind.name(), hour.folder())
}

/// What goes into a file.
#[derive(Default)]
struct Contents {
    epochs: Vec<crate::archive::scaled::ScaledEpoch>,
    frames: Vec<RawFrame>,
    figures: Vec<crate::archive::figure::QualityRow>,
}

/// What went into a file.
struct Told {
    entries: u64,
    epochs: u64,
    first: GpsTime,
    last: GpsTime,
}

impl Contents {
    fn take(&mut self, record: Option<Record>) {
        match record {
            Some(Record::Epoch(_, epoch)) => self.epochs.push(epoch),
            Some(Record::Frame { arrived, frame, .. }) => {
                self.frames.push(RawFrame { arrived, frame });
            }
            Some(Record::Quality(_, rows)) => self.figures.extend(rows),
            // A body whose checksum holds and that we cannot read was written by a later program.
            None => {}
        }
    }

    /// Writes whichever there is; none, and no file, if there is nothing.
    fn write(mut self, path: &Path) -> io::Result<Option<Told>> {
        if !self.epochs.is_empty() {
            let table = Table::of(&self.epochs);
            let Some((first, last)) = table.bounds() else { return Ok(None) };
            let times: BTreeSet<GpsTime> = self.epochs.iter().map(|epoch| epoch.time).collect();
            whole_file::write_with(path, |out| parquet::write(&table, out))?;
            let (entries, epochs) = (table.len() as u64, times.len() as u64);
            return Ok(Some(Told { entries, epochs, first, last }));
        }
        if !self.frames.is_empty() {
            whole_file::write_with(path, |out| raw::write(&self.frames, out))?;
            return Ok(told(self.frames.iter().map(|frame| frame.arrived)));
        }
        figures::sort(&mut self.figures);
        if self.figures.is_empty() {
            return Ok(None);
        }
        whole_file::write_with(path, |out| figures::write(&self.figures, out))?;
        Ok(told(self.figures.iter().map(|row| row.time)))
    }
}

fn told(times: impl Iterator<Item = GpsTime> + Clone) -> Option<Told> {
    let (first, last) = (times.clone().min()?, times.clone().max()?);
    Some(Told { entries: times.count() as u64, epochs: 0, first, last })
}

/// Removes what an interrupted writing left behind.
pub(in crate::archive) fn sweep(folder: &Path) -> io::Result<u64> {
    let mut swept = 0;
    let listed = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        listed => listed?,
    };
    for entry in listed {
        let path = entry?.path();
        if path.is_dir() {
            swept += sweep(&path)?;
        } else if whole_file::is_unfinished(&path) {
            fs::remove_file(&path)?;
            swept += 1;
        }
    }
    Ok(swept)
}
