//! How the text of a file is packed on its way out.

use std::io::{self, Write};

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packing {
    /// Whether observations are written as CRINEX 3. Ephemerides know no such form.
    pub compact: bool,
    /// Whether the text is gzipped.
    pub gzip: bool,
}

impl Packing {
    /// As files are published: CRINEX within gzip.
    pub const PUBLISHED: Self = Self { compact: true, gzip: true };
}

/// Takes text, and hands it on as it is or gzipped.
pub(crate) enum Packed<W: Write> {
    Plain(W),
    Gzip(GzEncoder<W>),
}

impl<W: Write> Packed<W> {
    /// Begins a file; `level` is the effort of gzip, from 0 to 9.
    pub(crate) fn begin(to: W, packing: Packing, level: u32) -> Self {
        if !packing.gzip {
            return Self::Plain(to);
        }
        // Neither name nor time of a file within the file: the same observations give the same bytes.
        Self::Gzip(GzBuilder::new().mtime(0).write(to, Compression::new(level)))
    }

    pub(crate) fn write(&mut self, text: &str) -> io::Result<()> {
        match self {
            Self::Plain(to) => to.write_all(text.as_bytes()),
            Self::Gzip(to) => to.write_all(text.as_bytes()),
        }
    }

    /// Ends the file.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(mut to) => to.flush(),
            Self::Gzip(to) => to.finish()?.flush(),
        }
    }
}
