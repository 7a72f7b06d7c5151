//! How the text of a file is packed on its way out.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use tianshu_gnss::time::utc::Utc;
use tianshu_rinex::write::repack::{RepackError, repack};

use crate::file::Written;
use crate::products::disk::Unfinished;

/// The effort of gzip. An hour's file takes 0.74 s of processor and 6.0 MB with level 4 of zlib-rs, 0.61 s and 6.2 MB with level 2 (its 15.1 MB of
/// CRINEX unpacked), and an hour of 150 stations has two minutes.
pub(crate) const GZIP_LEVEL: u32 = 2;

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
    Gzip(Box<GzEncoder<W>>),
}

impl<W: Write> Packed<W> {
    /// Begins a file; `level` is the effort of gzip, from 0 to 9.
    pub(crate) fn begin(to: W, packing: Packing, level: u32) -> Self {
        if !packing.gzip {
            return Self::Plain(to);
        }
        Self::Gzip(Box::new(gzip(to, level)))
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

/// Neither name nor time of a file within the file: the same observations give the same bytes.
fn gzip<W: Write>(to: W, level: u32) -> GzEncoder<W> {
    GzBuilder::new().mtime(0).write(to, Compression::new(level))
}

/// Packs a plain RINEX observation file as files are published; gives what was written. `program` and `at` stand in the second line.
pub fn publish(
    plain: &Path,
    place: PathBuf,
    program: &str,
    at: Utc,
) -> Result<Written, RepackError> {
    let mut from = BufReader::new(File::open(plain)?);
    let (unfinished, written, ()) = Unfinished::write(place, |to| {
        let mut to = gzip(to, GZIP_LEVEL);
        repack(&mut from, &mut to, program, at)?;
        to.finish()?.flush()?;
        Ok::<_, RepackError>(())
    })?;
    unfinished.place()?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_rinex_is_not_published() {
        let folder = tempfile::tempdir().expect("a folder");
        let (plain, place) = (folder.path().join("a.rnx"), folder.path().join("a.crx.gz"));
        std::fs::write(&plain, "not RINEX\n").expect("a file");
        let told = publish(&plain, place.clone(), "tianshu", Utc::from_posix(0, 0));
        assert!(matches!(told, Err(RepackError::NotObservations)), "{told:?}");
        assert!(!place.exists(), "nothing half");
    }
}
