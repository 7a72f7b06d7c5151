//! Files that are there whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::file::{Digesting, Written};

/// What the names of unfinished files begin with; nobody lists or serves them.
pub const UNFINISHED: &str = ".part-";
/// Writes of this size reach the disk at once.
const BUFFER_BYTES: usize = 256 << 10;

/// A file under another name, until it is whole. Dropped unfinished, it is removed.
#[derive(Debug)]
pub struct Unfinished {
    place: PathBuf,
    temporary: PathBuf,
    is_placed: bool,
}

impl Unfinished {
    /// Writes a file beside its place, and has the disk keep it. Its folder is made if it is missing.
    pub fn write<E: From<io::Error>, T>(
        place: PathBuf,
        write: impl FnOnce(&mut dyn Write) -> Result<T, E>,
    ) -> Result<(Self, Written, T), E> {
        let folder = place.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let temporary = folder.join(format!("{UNFINISHED}{name}"));
        let file = File::create(&temporary)?;
        let unfinished = Self { place, temporary, is_placed: false };
        let to = BufWriter::with_capacity(BUFFER_BYTES, file);
        let mut to = Digesting::new(to);
        let told = write(&mut to)?;
        to.flush()?;
        let (to, written) = to.finish();
        let file = to.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok((unfinished, written, told))
    }

    /// Gives the file its name, in the place of an older one.
    pub fn place(mut self) -> io::Result<()> {
        fs::rename(&self.temporary, &self.place)?;
        self.is_placed = true;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_placed {
            // One that stays behind is removed when its folder is looked through.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Writes a small file whole, in the place of an older one.
pub fn write_whole(place: PathBuf, bytes: &[u8]) -> io::Result<Written> {
    let (unfinished, written, ()) = Unfinished::write(place, |to| to.write_all(bytes))?;
    unfinished.place()?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::digest;

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("a/b.txt");
        let failed = Unfinished::write(place.clone(), |to| {
            to.write_all(b"half")?;
            Err::<(), _>(io::Error::other("the power went"))
        });
        assert!(failed.is_err());
        let in_folder = || fs::read_dir(folder.path().join("a")).expect("the folder").count();
        assert_eq!(in_folder(), 0, "nothing is left behind");
        let (unfinished, written, ()) =
            Unfinished::write(place.clone(), |to| to.write_all(b"abc")).expect("written");
        assert!(!place.exists() && in_folder() == 1);
        unfinished.place().expect("placed");
        // FIPS 180-4's own example.
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(written, Written { size: 3, sha256: sha256.to_owned() });
        assert_eq!(digest(&place).expect("there"), written);
        write_whole(place.clone(), b"other").expect("written");
        assert_eq!(fs::read(&place).expect("there"), b"other");
    }
}
