//! The spool: what was heard is on disk before it counts as archived, and stays until every store has it.
//!
//! One writer appends records and commits them about once a second: one write and one `fdatasync` for all stations. A
//! segment is sealed when it is old or large enough and never changes again. Segments are counted upwards, and a number is
//! never used twice, so a store that remembers numbers knows what it has.

mod holds;
pub(super) mod medium;
pub(super) mod segment;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ring::rand::{SecureRandom, SystemRandom};
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::archive::record::{About, Kind, Record, about};
use crate::archive::span::Hour;
pub(super) use crate::archive::spool::holds::may_hold;
use crate::archive::spool::holds::{note, note_path, noted};
use crate::archive::spool::medium::{Disk, Medium};
use crate::archive::spool::segment::{
    Next, SEGMENT_HEAD_BYTES, SegmentReader, head, open_path, parse_name, sealed_path,
};
use crate::archive::whole_file;
use crate::file::keep_names;

/// Numbers that a restored spool leaves out: 136 years of a segment a second.
const LEAP: u64 = 1 << 32;
/// Records that wait for a disk that takes none: some ten seconds of a network of 150 stations. What comes later is refused
/// and counted, so that a full disk costs the archive epochs and never the service its memory.
const PENDING_BYTES_MAX: usize = 16 << 20;

/// When a segment is sealed, and how much a spool may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpoolLimits {
    /// The most bytes of all segments together.
    pub bytes_max: u64,
    /// A segment of so many bytes is sealed.
    pub segment_bytes: u64,
    /// A segment is sealed so long after its first record, by the clock of the machine.
    pub segment_age: Interval,
}

/// Why a spool cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The disk does not do what it should.
    #[error("the spool {}: {source}", path.display())]
    Disk {
        /// Of which file or folder.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// No identity could be drawn, or the one that is there cannot be read.
    #[error("the spool {} has no identity that can be read", .0.display())]
    Identity(PathBuf),
}

/// Why a record was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The spool holds as much as it may, or the disk takes no more.
    Full,
    /// It holds nothing, or more than a record can.
    NoRecord,
}

/// A segment that is sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sealed {
    pub bytes: u64,
    /// Of which hours and kinds it holds records.
    pub holds: BTreeSet<(Kind, Hour)>,
}

/// The sealed segments, shared by the one who writes and those who store them.
#[derive(Clone, Debug, Default)]
pub(super) struct Segments(Arc<Mutex<BTreeMap<u64, Sealed>>>);

/// The writer's end.
pub(super) struct Spool {
    folder: PathBuf,
    identity: u64,
    limits: SpoolLimits,
    medium: Box<dyn Medium>,
    segments: Segments,
    open: Option<Open>,
    next_number: u64,
    pending: Vec<u8>,
    pending_holds: BTreeSet<(Kind, Hour)>,
}

struct Open {
    number: u64,
    file: File,
    /// Bytes that are on disk for certain.
    committed: u64,
    holds: BTreeSet<(Kind, Hour)>,
    since: GpsTime,
    /// A write failed: behind what is committed there may be anything, and it must go before others are written.
    is_torn: bool,
}

impl Segments {
    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Sealed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes of all.
    pub(super) fn bytes(&self) -> u64 {
        self.lock().values().map(|sealed| sealed.bytes).sum()
    }

    /// Takes a segment off the disk. The newest one stays, as it says which number comes next.
    pub(super) fn remove(&self, folder: &Path, number: u64) -> io::Result<()> {
        if self.lock().last_key_value().is_none_or(|(newest, _)| *newest == number) {
            return Ok(());
        }
        let path = sealed_path(folder, number);
        fs::remove_file(&path)?;
        fs::remove_file(note_path(&path)).ok();
        self.lock().remove(&number);
        Ok(())
    }
}

impl Spool {
    /// Opens the spool of a folder, which is made if need be. What an earlier run left half-written is cut behind its last
    /// whole record and sealed.
    pub(super) fn open(folder: &Path, limits: SpoolLimits) -> Result<Self, SpoolError> {
        Self::open_on(folder, limits, Box::new(Disk))
    }

    pub(super) fn open_on(
        folder: &Path,
        limits: SpoolLimits,
        medium: Box<dyn Medium>,
    ) -> Result<Self, SpoolError> {
        let fault = |source| SpoolError::Disk { path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(fault)?;
        let identity = identity(folder)?;
        let mut sealed = BTreeMap::new();
        for entry in fs::read_dir(folder).map_err(fault)? {
            let path = entry.map_err(fault)?.path();
            let Some((number, is_sealed)) = parse_name(&path) else { continue };
            let fault = |source| SpoolError::Disk { path: path.clone(), source };
            if !is_sealed && !recover(&path, &sealed_path(folder, number)).map_err(fault)? {
                continue;
            }
            let sealed_path = sealed_path(folder, number);
            sealed.insert(number, scan(&sealed_path).map_err(fault)?);
        }
        keep_names(folder).map_err(fault)?;
        let next_number = sealed.last_key_value().map_or(1, |(newest, _)| newest + 1);
        Ok(Self {
            folder: folder.to_owned(),
            identity,
            limits,
            medium,
            segments: Segments(Arc::new(Mutex::new(sealed))),
            open: None,
            next_number,
            pending: Vec::new(),
            pending_holds: BTreeSet::new(),
        })
    }

    /// What stores are told by: no two spools have the same.
    pub(super) fn identity(&self) -> String {
        identity_text(self.identity)
    }

    /// The sealed segments.
    pub(super) fn segments(&self) -> Segments {
        self.segments.clone()
    }

    /// Bytes on disk and those that wait for it.
    pub(super) fn bytes(&self) -> u64 {
        let open = self.open.as_ref().map_or(0, |open| open.committed);
        self.segments.bytes() + open + self.pending.len() as u64
    }

    /// Takes a record. It is archived when the next commit has succeeded.
    pub(super) fn append(&mut self, record: &Record) -> Result<(), Refused> {
        let about = record.about().ok_or(Refused::NoRecord)?;
        if self.pending.len() >= PENDING_BYTES_MAX || self.bytes() >= self.limits.bytes_max {
            return Err(Refused::Full);
        }
        if !record.put(&mut self.pending) {
            return Err(Refused::NoRecord);
        }
        self.pending_holds.insert((about.kind, about.hour));
        Ok(())
    }

    /// Brings all that was appended onto the disk. After an error nothing is lost and nothing counts: the next commit
    /// tries again.
    pub(super) fn commit(&mut self, now: GpsTime) -> Result<(), SpoolError> {
        if !self.pending.is_empty() {
            self.write_pending(now)?;
        }
        let is_due = self.open.as_ref().is_some_and(|open| {
            open.committed >= self.limits.segment_bytes
                || (now - open.since).abs() >= self.limits.segment_age
        });
        if is_due { self.seal() } else { Ok(()) }
    }

    /// Seals what is open, so that stores can have it.
    pub(super) fn seal(&mut self) -> Result<(), SpoolError> {
        let Some(open) = &mut self.open else { return Ok(()) };
        let (from, to) =
            (open_path(&self.folder, open.number), sealed_path(&self.folder, open.number));
        let sealed = Sealed { bytes: open.committed, holds: open.holds.clone() };
        let number = open.number;
        cut(open)
            .and_then(|()| fs::rename(&from, &to))
            .map_err(|source| SpoolError::Disk { path: from, source })?;
        note(&to, &sealed.holds);
        // Under either name the next start finds the same records, so a name that is lost costs nothing.
        keep_names(&self.folder).ok();
        self.open = None;
        self.segments.lock().insert(number, sealed);
        Ok(())
    }

    fn write_pending(&mut self, now: GpsTime) -> Result<(), SpoolError> {
        let path =
            open_path(&self.folder, self.open.as_ref().map_or(self.next_number, |o| o.number));
        let fault = |source| SpoolError::Disk { path: path.clone(), source };
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.begin(&path, now).map_err(fault)?,
        };
        let written = cut(&mut open).and_then(|()| {
            open.is_torn = true;
            self.medium.write(&mut open.file, &self.pending)?;
            self.medium.sync(&open.file)
        });
        if written.is_ok() {
            open.is_torn = false;
            open.committed += self.pending.len() as u64;
            open.holds.append(&mut self.pending_holds);
            self.pending.clear();
        }
        self.open = Some(open);
        written.map_err(fault)
    }

    /// Begins a segment. A head that could not be written leaves no file behind.
    fn begin(&mut self, path: &Path, now: GpsTime) -> io::Result<Open> {
        let number = self.next_number;
        let mut file = self.medium.create(path)?;
        let begun = self
            .medium
            .write(&mut file, &head(self.identity, number))
            .and_then(|()| self.medium.sync(&file))
            .and_then(|()| keep_names(&self.folder));
        if let Err(error) = begun {
            fs::remove_file(path)?;
            return Err(error);
        }
        self.next_number += 1;
        let committed = SEGMENT_HEAD_BYTES;
        Ok(Open { number, file, committed, holds: BTreeSet::new(), since: now, is_torn: false })
    }
}

/// Cuts off what a failed write may have left behind.
fn cut(open: &mut Open) -> io::Result<()> {
    if open.is_torn {
        open.file.set_len(open.committed)?;
        open.file.seek(SeekFrom::Start(open.committed))?;
        open.is_torn = false;
    }
    Ok(())
}

/// Cuts a segment behind its last whole record and seals it; removes it, and tells `false`, if it has none.
fn recover(open: &Path, sealed: &Path) -> io::Result<bool> {
    let mut reader = SegmentReader::open(open)?;
    let mut whole = reader.position();
    while let Next::Record(..) = reader.next()? {
        whole = reader.position();
    }
    if whole == SEGMENT_HEAD_BYTES {
        fs::remove_file(open)?;
        return Ok(false);
    }
    let file = fs::OpenOptions::new().write(true).open(open)?;
    file.set_len(whole)?;
    file.sync_all()?;
    fs::rename(open, sealed)?;
    Ok(true)
}

/// What a sealed segment holds.
fn scan(path: &Path) -> io::Result<Sealed> {
    let bytes = fs::metadata(path)?.len();
    if let Some(holds) = noted(path) {
        return Ok(Sealed { bytes, holds });
    }
    let mut sealed = Sealed { bytes, ..Sealed::default() };
    let mut reader = SegmentReader::open(path)?;
    loop {
        match reader.next()? {
            Next::Record(_, body) => {
                if let Some(About { kind, hour, .. }) = about(body) {
                    sealed.holds.insert((kind, hour));
                }
            }
            Next::Damaged => {}
            Next::End { .. } => break,
        }
    }
    note(path, &sealed.holds);
    Ok(sealed)
}

/// The identity that stands in the folder, or a new one.
fn identity(folder: &Path) -> Result<u64, SpoolError> {
    let path = folder.join("identity");
    let fault = |source| SpoolError::Disk { path: path.clone(), source };
    match fs::read_to_string(&path) {
        Ok(text) => u64::from_str_radix(text.trim(), 16).map_err(|_| SpoolError::Identity(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut drawn = [0; 8];
            let random = SystemRandom::new();
            random.fill(&mut drawn).map_err(|_| SpoolError::Identity(path.clone()))?;
            let identity = u64::from_le_bytes(drawn);
            let text = identity_text(identity) + "\n";
            whole_file::write(&path, text.as_bytes()).map_err(fault)?;
            Ok(identity)
        }
        Err(error) => Err(fault(error)),
    }
}

fn identity_text(identity: u64) -> String {
    format!("{identity:016x}")
}

/// The identity of the spool in a folder; none if there is no spool.
pub(super) fn identity_of(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(folder.join("identity")).ok()?;
    u64::from_str_radix(text.trim(), 16).ok().map(identity_text)
}

/// Leaves out numbers in a copy of a spool, more than the spool that was copied will ever use: if both go on, a database must not take
/// segments of one for those of the other that it has.
pub(super) fn leap(folder: &Path) -> io::Result<()> {
    let Some((newest, _)) = segments_in(folder)?.pop() else { return Ok(()) };
    let Some(identity) = identity_of(folder) else { return Ok(()) };
    let identity = u64::from_str_radix(&identity, 16).map_err(io::Error::other)?;
    let number = newest + LEAP;
    whole_file::write(&sealed_path(folder, number), &head(identity, number))
}

/// The segments that are in a folder, from the oldest on, those still written too: for readers beside the writer.
pub(super) fn segments_in(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut found = Vec::new();
    let listed = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        listed => listed?,
    };
    for entry in listed {
        let path = entry?.path();
        if let Some((number, _)) = parse_name(&path) {
            found.push((number, path));
        }
    }
    found.sort();
    Ok(found)
}
