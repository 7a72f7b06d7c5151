//! Backup and restore: an archive as a folder of the same form elsewhere. Files never change once they are made, so a second backup
//! copies only what is new.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::archive::embedded::index::{FileEntry, Index, IndexError};
use crate::archive::inspection::{Fault, Progress, files, inspect_file};
use crate::archive::span::Span;
use crate::archive::spool::{leap, segments_in};
use crate::archive::store::ReadError;
use crate::archive::whole_file;

/// Why an archive was not copied in full.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// There is no archive.
    #[error("{} is no archive: it has no index", .0.display())]
    NoArchive(PathBuf),
    /// What would be overwritten is an archive.
    #[error("{} is not empty: an archive is restored into a new folder", .0.display())]
    NotEmpty(PathBuf),
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Disk {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The index cannot be read or written.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// What was copied is not what was archived.
    #[error("{0}")]
    Fault(Fault),
    /// The source cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Brings a copy of an archive up to date, while it is written. Gives how many files were copied.
///
/// What the database has is not in it.
pub fn backup(
    archive: &Path,
    copy: &Path,
    progress: impl FnMut(Progress),
) -> Result<u64, CopyError> {
    let index = Index::open_to_read(archive)?;
    let index = index.ok_or_else(|| CopyError::NoArchive(archive.to_owned()))?;
    make_folder(copy)?;
    // The spool first: what is closed meanwhile is in the index, which says that it is not to be closed again.
    let mut copied = copy_spool(archive, copy)?;
    let new_index = copy.join("index.new");
    remove(&new_index)?;
    index.copy_to(&new_index)?;
    drop(index);
    let listed = files(archive, Span::ALWAYS)?;
    copied += copy_files(archive, copy, &listed, progress)?;
    // SQLite's companions of an older index would be taken for those of the new one.
    for old in ["index.sqlite-wal", "index.sqlite-shm"] {
        remove(&copy.join(old))?;
    }
    let fault = |source| CopyError::Disk { path: new_index.clone(), source };
    fs::File::open(&new_index).and_then(|file| file.sync_all()).map_err(fault)?;
    fs::rename(&new_index, copy.join("index.sqlite")).map_err(fault)?;
    Ok(copied)
}

/// Makes an archive of a copy, in a folder that is empty or not there. Gives how many files were copied.
pub fn restore(
    copy: &Path,
    archive: &Path,
    progress: impl FnMut(Progress),
) -> Result<u64, CopyError> {
    let has_something = fs::read_dir(archive).is_ok_and(|mut entries| entries.next().is_some());
    if has_something {
        return Err(CopyError::NotEmpty(archive.to_owned()));
    }
    let copied = backup(copy, archive, progress)?;
    let spool = archive.join("spool");
    leap(&spool).map_err(|source| CopyError::Disk { path: spool, source })?;
    Ok(copied)
}

fn copy_files(
    from: &Path,
    to: &Path,
    files: &[FileEntry],
    mut progress: impl FnMut(Progress),
) -> Result<u64, CopyError> {
    let mut at = Progress { files_of: files.len() as u64, ..Progress::default() };
    let mut copied = 0;
    for file in files {
        let target = to.join(&file.path);
        let is_there = fs::metadata(&target).is_ok_and(|there| there.len() == file.bytes);
        if !is_there {
            copy_file(&from.join(&file.path), &target)?;
            if let Some(fault) = inspect_file(to, file) {
                return Err(CopyError::Fault(fault));
            }
            copied += 1;
        }
        at.files += 1;
        at.bytes += file.bytes;
        progress(at);
    }
    Ok(copied)
}

/// Copies the sealed segments, and removes those that the source has no more.
fn copy_spool(from: &Path, to: &Path) -> Result<u64, CopyError> {
    let (from, to) = (from.join("spool"), to.join("spool"));
    make_folder(&to)?;
    let list = |folder: &Path| {
        segments_in(folder).map_err(|source| CopyError::Disk { path: folder.to_owned(), source })
    };
    let identity = from.join("identity");
    if identity.is_file() {
        copy_file(&identity, &to.join("identity"))?;
    }
    let is_sealed = |path: &PathBuf| path.extension().is_some_and(|end| end == "segment");
    let here: Vec<PathBuf> =
        list(&from)?.into_iter().map(|(_, path)| path).filter(is_sealed).collect();
    let mut copied = 0;
    for path in &here {
        let target = to.join(path.file_name().unwrap_or_default());
        if target.is_file() {
            continue;
        }
        match copy_file(path, &target) {
            // It was stored and removed meanwhile: the index that is copied next has it.
            Err(CopyError::Disk { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            outcome => {
                outcome?;
                copied += 1;
            }
        }
    }
    for (_, path) in list(&to)? {
        let is_kept = here.iter().any(|kept| kept.file_name() == path.file_name());
        if !is_kept {
            remove(&path)?;
            remove(&path.with_extension("holds"))?;
        }
    }
    Ok(copied)
}

fn copy_file(from: &Path, to: &Path) -> Result<(), CopyError> {
    let fault = |source| CopyError::Disk { path: from.to_owned(), source };
    let mut source = fs::File::open(from).map_err(fault)?;
    whole_file::write_with(to, |out| io::copy(&mut source, out))
        .map_err(|source| CopyError::Disk { path: to.to_owned(), source })?;
    Ok(())
}

fn make_folder(path: &Path) -> Result<(), CopyError> {
    fs::create_dir_all(path).map_err(|source| CopyError::Disk { path: path.to_owned(), source })
}

fn remove(path: &Path) -> Result<(), CopyError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(CopyError::Disk { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}
