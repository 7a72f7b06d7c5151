//! What the archive and files for researchers both ask of the disk: a file's digest, and that names last.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use ring::digest::{Context, SHA256};

/// The size and digest of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its size, bytes.
    pub size: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// Counts and digests what passes.
pub(crate) struct Digesting<W> {
    to: W,
    size: u64,
    digest: Context,
}

impl<W: Write> Digesting<W> {
    /// Begins, and hands on to another writer.
    pub(crate) fn new(to: W) -> Self {
        Self { to, size: 0, digest: Context::new(&SHA256) }
    }

    /// What passed, and the other writer.
    pub(crate) fn finish(self) -> (W, Written) {
        let sha256 = hexadecimal(self.digest.finish().as_ref());
        (self.to, Written { size: self.size, sha256 })
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.to.write(bytes)?;
        self.size += count as u64;
        self.digest.update(bytes.get(..count).unwrap_or(bytes));
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// The size and digest of a file that is there.
pub fn digest(place: &Path) -> io::Result<Written> {
    let mut to = Digesting::new(io::sink());
    io::copy(&mut File::open(place)?, &mut to)?;
    Ok(to.finish().1)
}

/// Makes the names within a folder outlive a loss of power.
pub fn keep_names(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(hex_digit).collect()
}

fn hex_digit(four_bits: u8) -> Option<char> {
    char::from_digit(u32::from(four_bits), 16)
}
