//! Files that are there as a whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::file::keep_names;

/// Read or written at once.
const BUFFER_BYTES: usize = 1 << 18;
/// What a file is called until it is whole.
const UNFINISHED: &str = "unfinished";

/// Writes a file: under another name first, onto the disk, and only then under its own.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_with(path, |out| out.write_all(bytes))
}

/// Writes a file by a function, in the same way. A failed one leaves nothing behind.
pub(super) fn write_with<T>(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<T>,
) -> io::Result<T> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(UNFINISHED);
    let unfinished = path.with_file_name(name);
    let written = File::create(&unfinished).and_then(|file| {
        let mut out = BufWriter::with_capacity(BUFFER_BYTES, file);
        let told = fill(&mut out)?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(told)
    });
    match written {
        Ok(told) => {
            fs::rename(&unfinished, path)?;
            keep_names(folder)?;
            Ok(told)
        }
        Err(error) => {
            // If this fails too, the next writing of the same file takes its place.
            fs::remove_file(&unfinished).ok();
            Err(error)
        }
    }
}

/// Whether a file is one that was never finished.
pub(super) fn is_unfinished(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == UNFINISHED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::{Written, digest};

    #[test]
    fn a_file_that_fails_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        let failed = write_with(&path, |out| {
            out.write_all(b"half")?;
            Err::<(), _>(io::Error::other("no more room"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read_dir(folder.path().join("a")).unwrap().count(), 0);
        write(&path, b"whole").unwrap();
        write(&path, b"other").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"other");
    }

    #[test]
    fn a_digest_is_that_of_the_standard() {
        // FIPS 180-2, appendix B.1.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        write(&path, b"abc").unwrap();
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest(&path).unwrap(), Written { size: 3, sha256: expected.to_owned() });
    }
}
