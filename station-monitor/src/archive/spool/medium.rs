//! What a spool needs of a disk, so that tests can let the disk fail.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Writes the files of a spool.
pub(in crate::archive) trait Medium: Send {
    /// Makes a new file.
    fn create(&mut self, path: &Path) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).open(path)
    }

    /// Adds bytes at the end of what was written.
    fn write(&mut self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    /// Returns when all that was written would outlive a loss of power.
    fn sync(&mut self, file: &File) -> io::Result<()> {
        file.sync_data()
    }
}

/// The disk as the operating system has it.
pub(in crate::archive) struct Disk;

impl Medium for Disk {}
