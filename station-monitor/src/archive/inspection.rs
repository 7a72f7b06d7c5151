//! Inspecting an archive: whether every file is there and has not changed, and every record of the spool is whole.

use std::io;
use std::path::{Path, PathBuf};

use crate::archive::embedded::index::{FileEntry, Index};
use crate::archive::record::Kind;
use crate::archive::span::Span;
use crate::archive::spool::segment::{Next, SegmentReader};
use crate::archive::spool::segments_in;
use crate::archive::store::ReadError;
use crate::file::digest;

/// How far a work of many files has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Files that are done.
    pub files: u64,
    /// Files there are.
    pub files_of: u64,
    /// Bytes that were read.
    pub bytes: u64,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is not there, or cannot be read.
    #[error("{}: {why}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// It is not what was written.
    #[error("{}: its checksum is not that of the index: it was changed or damaged", .0.display())]
    Changed(PathBuf),
    /// Records of the spool are not what was written.
    #[error("{}: {damaged} records are damaged", path.display())]
    Damaged {
        /// Which segment.
        path: PathBuf,
        /// How many.
        damaged: u64,
    },
}

/// Reads everything once; gives what is wrong with it.
pub fn inspect(
    folder: &Path,
    span: Span,
    mut progress: impl FnMut(Progress),
) -> Result<Vec<Fault>, ReadError> {
    let files = files(folder, span)?;
    let spool = folder.join("spool");
    let listed = segments_in(&spool);
    let segments = listed.map_err(|source| ReadError::File { path: spool, source })?;
    let mut at =
        Progress { files_of: (files.len() + segments.len()) as u64, ..Progress::default() };
    let mut faults = Vec::new();
    for file in files {
        faults.extend(inspect_file(folder, &file));
        at.files += 1;
        at.bytes += file.bytes;
        progress(at);
    }
    for (_, path) in segments {
        match inspect_segment(&path) {
            Ok((0, bytes)) => at.bytes += bytes,
            Ok((damaged, bytes)) => {
                at.bytes += bytes;
                faults.push(Fault::Damaged { path, damaged });
            }
            // It was sealed, or stored and removed, since it was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => faults.push(Fault::Unreadable { path, why: error.to_string() }),
        }
        at.files += 1;
        progress(at);
    }
    Ok(faults)
}

/// The files of the index within a span.
pub(super) fn files(folder: &Path, span: Span) -> Result<Vec<FileEntry>, ReadError> {
    let Some(index) = Index::open_to_read(folder)? else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for kind in Kind::ALL {
        files.extend(index.files(kind, span, None)?);
    }
    Ok(files)
}

/// What is wrong with a file of the index.
pub(super) fn inspect_file(folder: &Path, file: &FileEntry) -> Option<Fault> {
    let path = folder.join(&file.path);
    match digest(&path) {
        Err(error) => Some(Fault::Unreadable { path, why: error.to_string() }),
        Ok(kept) if kept.sha256 == file.sha256 && kept.size == file.bytes => None,
        Ok(_) => Some(Fault::Changed(path)),
    }
}

/// Damaged records, and bytes. What is torn at the end of a segment that is still written is no damage.
fn inspect_segment(path: &Path) -> io::Result<(u64, u64)> {
    let bytes = std::fs::metadata(path)?.len();
    let is_open = path.extension().is_some_and(|extension| extension == "open");
    let mut reader = SegmentReader::open(path)?;
    let mut damaged = 0;
    loop {
        match reader.next()? {
            Next::Record(..) => {}
            Next::Damaged => damaged += 1,
            Next::End { torn } => return Ok((damaged + u64::from(torn && !is_open), bytes)),
        }
    }
}
