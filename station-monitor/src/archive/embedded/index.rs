//! The index: which files there are, of what, with which checksum, and which records of the spool they were made of.

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;

use crate::archive::record::Kind;
use crate::archive::span::{Hour, Span};

/// How long a reader waits for a writer and the other way round: each holds the index for milliseconds.
const BUSY_WAIT: Duration = Duration::from_secs(10);
/// The layout that this program writes. A file of a later one is refused.
const LAYOUT: i64 = 1;

/// The tables. `closed` says up to which segment of a spool the records of a kind and hour are in files; `delivered` up to which
/// segment another store has everything.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS files (
        kind INTEGER NOT NULL, hour INTEGER NOT NULL, station TEXT NOT NULL, revision INTEGER NOT NULL,
        path TEXT NOT NULL, entries INTEGER NOT NULL, epochs INTEGER NOT NULL, first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL,
        bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
        PRIMARY KEY (kind, hour, station, revision)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS closed (
        spool TEXT NOT NULL, kind INTEGER NOT NULL, hour INTEGER NOT NULL, through INTEGER NOT NULL,
        PRIMARY KEY (spool, kind, hour)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS delivered (spool TEXT PRIMARY KEY, through INTEGER NOT NULL) WITHOUT ROWID;
";

/// The index of an archive.
pub(in crate::archive) struct Index(Connection);

/// A file of the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// What is in it.
    pub kind: Kind,
    /// Of which hour.
    pub hour: Hour,
    /// Of which station; figures are of all, and have none.
    pub station: Option<StationName>,
    /// 0 for the first file of its hour, and one more for each that came later.
    pub revision: u32,
    /// Where it is, from the archive's folder.
    pub path: String,
    /// Rows, or frames.
    pub entries: u64,
    /// Epochs; 0 in files that have none.
    pub epochs: u64,
    /// The first time in it.
    pub first: GpsTime,
    /// The last time in it.
    pub last: GpsTime,
    /// Its length.
    pub bytes: u64,
    /// Its checksum, hexadecimal.
    pub sha256: String,
}

/// What is wrong with the index.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// SQLite says so.
    #[error("the archive's index: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// It was written by a later program.
    #[error("the archive's index has layout {0}, which this program does not know")]
    Layout(i64),
}

impl Index {
    /// Opens or makes the index of an archive's folder.
    pub(in crate::archive) fn open(folder: &Path) -> Result<Self, IndexError> {
        let connection = Connection::open(folder.join("index.sqlite"))?;
        connection.busy_timeout(BUSY_WAIT)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        // A file counts when its row is on the disk: segments are removed after that.
        connection.pragma_update(None, "synchronous", "full")?;
        let layout: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if layout > LAYOUT {
            return Err(IndexError::Layout(layout));
        }
        connection.execute_batch(TABLES)?;
        connection.pragma_update(None, "user_version", LAYOUT)?;
        Ok(Self(connection))
    }

    /// Opens the index for reading; none if there is none.
    pub(in crate::archive) fn open_to_read(folder: &Path) -> Result<Option<Self>, IndexError> {
        let path = folder.join("index.sqlite");
        if !path.is_file() {
            return Ok(None);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_WAIT)?;
        let layout: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if layout > LAYOUT {
            return Err(IndexError::Layout(layout));
        }
        // The layout is noted when the tables are there: a program was stopped while it made them, and nothing is in them.
        if layout == 0 {
            return Ok(None);
        }
        Ok(Some(Self(connection)))
    }

    /// Enters files, and that they hold all records of their hour up to a segment. All of it, or nothing.
    pub(in crate::archive) fn close(
        &mut self,
        spool: &str,
        (kind, hour): (Kind, Hour),
        through: u64,
        files: &[FileEntry],
    ) -> Result<(), IndexError> {
        let change = self.0.transaction()?;
        for file in files {
            insert(&change, file)?;
        }
        change.execute(
            "INSERT INTO closed VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET through = excluded.through",
            params![spool, kind.number(), hour.number(), signed(through)],
        )?;
        Ok(change.commit()?)
    }

    /// Up to which segment the records of a kind and hour are in files; 0 for none.
    pub(in crate::archive) fn closed(
        &self,
        spool: &str,
        (kind, hour): (Kind, Hour),
    ) -> Result<u64, IndexError> {
        let sql = "SELECT through FROM closed WHERE spool = ?1 AND kind = ?2 AND hour = ?3";
        let values = params![spool, kind.number(), hour.number()];
        let through = self.0.query_row(sql, values, |row| unsigned(row, 0)).optional()?;
        Ok(through.unwrap_or(0))
    }

    /// Up to which segment another store has everything; 0 for none.
    pub(in crate::archive) fn delivered(&self, spool: &str) -> Result<u64, IndexError> {
        let sql = "SELECT through FROM delivered WHERE spool = ?1";
        let through = self.0.query_row(sql, params![spool], |row| unsigned(row, 0)).optional()?;
        Ok(through.unwrap_or(0))
    }

    /// Notes that another store has everything up to a segment.
    pub(in crate::archive) fn set_delivered(
        &self,
        spool: &str,
        through: u64,
    ) -> Result<(), IndexError> {
        self.0.execute(
            "INSERT INTO delivered VALUES (?1, ?2)
             ON CONFLICT DO UPDATE SET through = excluded.through",
            params![spool, signed(through)],
        )?;
        Ok(())
    }

    /// The files of a kind whose hours have a part in a span, of one station or of all; in the order of hours, stations and revisions.
    pub(in crate::archive) fn files(
        &self,
        kind: Kind,
        span: Span,
        station: Option<&StationName>,
    ) -> Result<Vec<FileEntry>, IndexError> {
        let Some((first, last)) = span.hours() else { return Ok(Vec::new()) };
        let mut statement = self.0.prepare(
            "SELECT kind, hour, station, revision, path, entries, epochs, first_ns, last_ns, bytes, sha256 FROM files
             WHERE kind = ?1 AND hour BETWEEN ?2 AND ?3 AND (?4 IS NULL OR station = ?4)
             ORDER BY hour, station, revision",
        )?;
        let station = station.map(StationName::as_str);
        let values = params![kind.number(), first.number(), last.number(), station];
        let rows = statement.query_map(values, entry)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The next revision of a file.
    pub(in crate::archive) fn next_revision(
        &self,
        (kind, hour): (Kind, Hour),
        station: &str,
    ) -> Result<u32, IndexError> {
        let sql = "SELECT COALESCE(MAX(revision) + 1, 0) FROM files WHERE kind = ?1 AND hour = ?2 AND station = ?3";
        let values = params![kind.number(), hour.number(), station];
        Ok(self.0.query_row(sql, values, |row| row.get(0))?)
    }

    /// Takes a file out.
    pub(in crate::archive) fn forget(&self, file: &FileEntry) -> Result<(), IndexError> {
        self.0.execute(
            "DELETE FROM files WHERE kind = ?1 AND hour = ?2 AND station = ?3 AND revision = ?4",
            params![file.kind.number(), file.hour.number(), name(file), file.revision],
        )?;
        Ok(())
    }

    /// Writes a copy of itself that is whole, whoever writes meanwhile.
    pub(in crate::archive) fn copy_to(&self, path: &Path) -> Result<(), IndexError> {
        self.0.execute("VACUUM INTO ?1", params![path.to_string_lossy()])?;
        Ok(())
    }
}

fn insert(connection: &Connection, file: &FileEntry) -> Result<(), IndexError> {
    connection.execute(
        "INSERT OR REPLACE INTO files VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            file.kind.number(),
            file.hour.number(),
            name(file),
            file.revision,
            file.path,
            signed(file.entries),
            signed(file.epochs),
            file.first.nanos(),
            file.last.nanos(),
            signed(file.bytes),
            file.sha256
        ],
    )?;
    Ok(())
}

fn name(file: &FileEntry) -> &str {
    file.station.as_ref().map_or("", StationName::as_str)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<FileEntry> {
    let kind = row.get::<_, i64>(0)?;
    let station: String = row.get(2)?;
    Ok(FileEntry {
        kind: Kind::from_number(kind).ok_or(rusqlite::Error::IntegralValueOutOfRange(0, kind))?,
        hour: Hour::from_number(row.get(1)?),
        station: if station.is_empty() { None } else { Some(station_name(&station)?) },
        revision: row.get(3)?,
        path: row.get(4)?,
        entries: unsigned(row, 5)?,
        epochs: unsigned(row, 6)?,
        first: GpsTime::from_nanos(row.get(7)?),
        last: GpsTime::from_nanos(row.get(8)?),
        bytes: unsigned(row, 9)?,
        sha256: row.get(10)?,
    })
}

fn station_name(text: &str) -> rusqlite::Result<StationName> {
    text.parse().map_err(|error| unreadable(2, error))
}

fn unreadable(at: usize, error: impl Display) -> rusqlite::Error {
    let kind = rusqlite::types::Type::Text;
    rusqlite::Error::FromSqlConversionFailure(at, kind, error.to_string().into())
}

/// SQLite has numbers with a sign only; counts and segments stay far below half of them.
fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn unsigned(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(at)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(at, number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::sample;

    fn file(revision: u32) -> FileEntry {
        FileEntry {
            kind: Kind::Epoch,
            hour: Hour::of(sample::START),
            station: Some(sample::station(1)),
            revision,
            path: format!("a/{revision}"),
            entries: 10,
            epochs: 2,
            first: sample::time(0),
            last: sample::time(1),
            bytes: 99,
            sha256: "00".to_owned(),
        }
    }

    #[test]
    fn files_are_entered_together_with_what_they_were_made_of() {
        let folder = tempfile::tempdir().unwrap();
        let mut index = Index::open(folder.path()).unwrap();
        let hour = (Kind::Epoch, Hour::of(sample::START));
        assert_eq!(index.next_revision(hour, "ST01").unwrap(), 0);
        index.close("s", hour, 7, &[file(0)]).unwrap();
        index.close("s", hour, 9, &[file(1)]).unwrap();
        let index = Index::open_to_read(folder.path()).unwrap().unwrap();
        assert_eq!(index.closed("s", hour).unwrap(), 9);
        assert_eq!(index.closed("other", hour).unwrap(), 0);
        assert_eq!(index.next_revision(hour, "ST01").unwrap(), 2);
        let day = Span::day_of(sample::START);
        assert_eq!(index.files(Kind::Epoch, day, None).unwrap(), [file(0), file(1)]);
        assert_eq!(index.files(Kind::Epoch, day, Some(&sample::station(2))).unwrap(), []);
        assert_eq!(index.files(Kind::Frame, day, None).unwrap(), []);
        let before = Span { from: GpsTime::from_nanos(0), until: sample::START };
        assert_eq!(index.files(Kind::Epoch, before, None).unwrap(), []);
        assert_eq!(index.files(Kind::Epoch, Span::ALWAYS, None).unwrap().len(), 2);
    }

    #[test]
    fn an_index_that_was_not_made_to_its_end_is_none_and_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("index.sqlite"), b"").unwrap();
        assert!(Index::open_to_read(folder.path()).unwrap().is_none());
        Index::open(folder.path()).unwrap();
        assert!(Index::open_to_read(folder.path()).unwrap().is_some());
    }

    #[test]
    fn an_index_of_a_later_program_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::open(folder.path()).unwrap();
        index.0.pragma_update(None, "user_version", LAYOUT + 1).unwrap();
        drop(index);
        assert!(matches!(Index::open(folder.path()), Err(IndexError::Layout(2))));
        assert!(matches!(Index::open_to_read(folder.path()), Err(IndexError::Layout(2))));
    }
}
