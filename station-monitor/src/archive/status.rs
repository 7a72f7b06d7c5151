//! How the archive is doing: counted by those who work, read by whoever watches.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tianshu_gnss::time::gps::GpsTime;

/// The file of an archive's folder in which a running service tells how it is doing.
pub const STATUS_FILE: &str = "status";

/// Counts since the start, and what is wrong now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArchiveStatus {
    /// Epochs that are on disk.
    pub epochs: u64,
    /// Raw frames that are on disk.
    pub frames: u64,
    /// Figures of quality that are on disk.
    pub figures: u64,
    /// Records that were given up because the spool or the disk was full.
    pub refused: u64,
    /// Records that were given up because the archive was too slow for the stations.
    pub missed: u64,
    /// Rows in the store, those of frames too.
    pub stored: u64,
    /// Files that were made.
    pub files: u64,
    /// Files that were removed because they had been kept for long enough.
    pub expired: u64,
    /// Records whose checksum did not hold.
    pub damaged: u64,
    /// Bytes of the spool.
    pub spool_bytes: u64,
    /// Sealed segments of the spool that some store has not in full.
    pub spool_segments: u64,
    /// What is wrong with the disk, and since when; nothing is archived meanwhile.
    pub disk: Option<Trouble>,
    /// What is wrong with the store, and since when; the spool grows meanwhile.
    pub store: Option<Trouble>,
    /// When this was told.
    pub told: Option<GpsTime>,
}

/// Something that does not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Since when.
    pub since: GpsTime,
    /// What was said last.
    pub what: String,
}

/// The status, shared.
#[derive(Clone, Debug, Default)]
pub struct SharedStatus(Arc<Mutex<ArchiveStatus>>);

impl SharedStatus {
    /// As it is now.
    pub fn snapshot(&self) -> ArchiveStatus {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes it. Nothing waits within.
    pub fn change<T>(&self, by: impl FnOnce(&mut ArchiveStatus) -> T) -> T {
        by(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Notes how something went; gives whether that is news.
pub(super) fn note<E: fmt::Display>(
    trouble: &mut Option<Trouble>,
    outcome: Result<(), E>,
    now: GpsTime,
) -> bool {
    match (outcome, trouble.as_mut()) {
        (Ok(()), None) => false,
        (Ok(()), Some(_)) => {
            *trouble = None;
            true
        }
        (Err(error), Some(before)) => {
            before.what = error.to_string();
            false
        }
        (Err(error), None) => {
            *trouble = Some(Trouble { since: now, what: error.to_string() });
            true
        }
    }
}

/// Writes it where other programs find it. It need not outlive a loss of power.
pub(super) fn tell(folder: &Path, status: &ArchiveStatus) -> io::Result<()> {
    let unfinished = folder.join("status.unfinished");
    fs::write(&unfinished, status.to_string())?;
    fs::rename(unfinished, folder.join(STATUS_FILE))
}

/// A line for each count, its name first.
impl fmt::Display for ArchiveStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            ("epochs on disk", self.epochs),
            ("frames on disk", self.frames),
            ("figures on disk", self.figures),
            ("refused, spool or disk full", self.refused),
            ("missed, archive too slow", self.missed),
            ("stored", self.stored),
            ("files made", self.files),
            ("files expired", self.expired),
            ("damaged records", self.damaged),
            ("spool bytes", self.spool_bytes),
            ("spool segments", self.spool_segments),
        ];
        for (name, count) in counts {
            writeln!(f, "{name}: {count}")?;
        }
        for (name, trouble) in [("disk", &self.disk), ("store", &self.store)] {
            match trouble {
                None => writeln!(f, "{name}: well")?,
                Some(trouble) => {
                    writeln!(f, "{name}: since GPS {}: {}", trouble.since, trouble.what)?;
                }
            }
        }
        match self.told {
            Some(told) => writeln!(f, "told at: GPS {told}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::sample;

    #[test]
    fn trouble_is_news_when_it_begins_and_when_it_ends() {
        let mut trouble = None;
        assert!(!note::<String>(&mut trouble, Ok(()), sample::time(0)));
        assert!(note(&mut trouble, Err("full"), sample::time(1)));
        assert!(!note(&mut trouble, Err("still full"), sample::time(2)));
        assert_eq!(
            trouble,
            Some(Trouble { since: sample::time(1), what: "still full".to_owned() })
        );
        assert!(note::<String>(&mut trouble, Ok(()), sample::time(3)));
        assert_eq!(trouble, None);
    }
}
