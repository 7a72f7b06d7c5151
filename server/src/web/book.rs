//! What the page has to remember over a restart: second factors, and who did what.
//!
//! A SQLite file of its own, so that accounts may stand in any store. Calls block for as long as a small write takes.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};
use tianshu_gnss::time::gps::GpsTime;

use crate::web::audit::{AuditEntry, Deed};

/// How long a deed is remembered, days: half a year is what the law asks for (Cybersecurity Law, article 21), and a year is easier to explain.
const AUDIT_DAYS: i64 = 366;
const NANOS_PER_DAY: i64 = 86_400_000_000_000;
/// Deeds between two looks for old ones.
const PRUNE_EVERY: u64 = 1_000;

/// Makes the tables; deeds can be added and, when they are old, removed, but not changed.
const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS second_factor (
        account TEXT PRIMARY KEY, secret BLOB NOT NULL, confirmed INTEGER NOT NULL, last_step INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS audit (
        number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, who TEXT NOT NULL, peer TEXT NOT NULL,
        what TEXT NOT NULL, object TEXT NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL
    ) STRICT;
    CREATE TRIGGER IF NOT EXISTS audit_stays BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is not changed'); END;
";

/// The book.
pub(crate) struct Book {
    connection: Mutex<(Connection, u64)>,
}

/// A second factor as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Factor {
    /// The shared secret.
    pub secret: Vec<u8>,
    /// Whether its owner has shown to have it.
    pub is_confirmed: bool,
    /// The time step of the last code that was taken: none is taken twice.
    pub last_step: i64,
}

impl Book {
    /// Opens the book in a folder, or makes it; without one it is kept in memory.
    pub(crate) fn open(folder: Option<&Path>) -> anyhow::Result<Self> {
        use anyhow::Context;
        let connection = match folder {
            Some(folder) => {
                std::fs::create_dir_all(folder)
                    .with_context(|| format!("cannot make the folder {}", folder.display()))?;
                let file = folder.join("web.db");
                let opened = Connection::open(&file)
                    .with_context(|| format!("cannot open {}", file.display()))?;
                only_for_us(&file)?;
                opened
            }
            None => Connection::open_in_memory()?,
        };
        connection.execute_batch(SCHEMA).context("the page's book cannot be used")?;
        Ok(Self { connection: Mutex::new((connection, 0)) })
    }

    /// The second factor of an account.
    pub(crate) fn factor(&self, account: &str) -> rusqlite::Result<Option<Factor>> {
        let sql = "SELECT secret, confirmed, last_step FROM second_factor WHERE account = ?1";
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Factor {
                secret: row.get(0)?,
                is_confirmed: row.get::<_, i64>(1)? != 0,
                last_step: row.get(2)?,
            })
        };
        self.lock().0.query_row(sql, [account], read).optional()
    }

    /// Keeps a second factor in the place of the one before.
    pub(crate) fn keep_factor(&self, account: &str, factor: &Factor) -> rusqlite::Result<()> {
        let sql = "INSERT OR REPLACE INTO second_factor VALUES (?1, ?2, ?3, ?4)";
        let Factor { secret, is_confirmed, last_step } = factor;
        let values = params![account, secret, i64::from(*is_confirmed), last_step];
        self.lock().0.execute(sql, values).map(|_| ())
    }

    /// Takes a time step's code if none of it or after it was taken. Tells whether it did.
    pub(crate) fn take_step(&self, account: &str, step: i64) -> rusqlite::Result<bool> {
        let sql = "UPDATE second_factor SET last_step = ?2, confirmed = 1 WHERE account = ?1 AND last_step < ?2";
        Ok(self.lock().0.execute(sql, params![account, step])? == 1)
    }

    /// Forgets a second factor. Tells whether there was one.
    pub(crate) fn remove_factor(&self, account: &str) -> rusqlite::Result<bool> {
        let sql = "DELETE FROM second_factor WHERE account = ?1";
        Ok(self.lock().0.execute(sql, [account])? == 1)
    }

    /// Writes down what somebody did.
    pub(crate) fn note(&self, deed: &Deed<'_>) -> rusqlite::Result<()> {
        let mut book = self.lock();
        let at = deed.at.nanos();
        if book.1.is_multiple_of(PRUNE_EVERY) {
            let before = at.saturating_sub(AUDIT_DAYS * NANOS_PER_DAY);
            book.0.execute("DELETE FROM audit WHERE at < ?1", [before])?;
        }
        book.1 += 1;
        let sql = "INSERT INTO audit (at, who, peer, what, object, outcome, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let outcome = if deed.is_done { "ok" } else { "refused" };
        let values =
            params![at, deed.who, deed.peer, deed.what.name(), deed.object, outcome, deed.detail];
        book.0.execute(sql, values).map(|_| ())
    }

    /// What was done, newest first, of numbers below `before`.
    pub(crate) fn deeds(&self, before: i64, most: usize) -> rusqlite::Result<Vec<AuditEntry>> {
        let sql = "SELECT number, at, who, peer, what, object, outcome, detail FROM audit WHERE number < ?1 ORDER BY number DESC LIMIT ?2";
        let book = self.lock();
        let mut statement = book.0.prepare(sql)?;
        let read = |row: &rusqlite::Row<'_>| {
            Ok(AuditEntry {
                number: row.get(0)?,
                at: GpsTime::from_nanos(row.get(1)?).into(),
                who: row.get(2)?,
                peer: row.get(3)?,
                what: row.get(4)?,
                object: row.get(5)?,
                outcome: row.get(6)?,
                detail: row.get(7)?,
            })
        };
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        statement.query_map(params![before, most], read)?.collect()
    }

    fn lock(&self) -> MutexGuard<'_, (Connection, u64)> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Secrets stand in it: nobody else of this machine reads it.
#[cfg(unix)]
fn only_for_us(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn only_for_us(_file: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::audit::What;

    fn deed(day: i64, who: &str) -> Deed<'_> {
        let at = GpsTime::from_nanos((14_000 + day) * NANOS_PER_DAY);
        Deed { at, who, peer: "10.0.0.1", what: What::Login, object: "", is_done: true, detail: "" }
    }

    #[test]
    fn deeds_are_read_newest_first_and_page_by_page() {
        let book = Book::open(None).expect("a book");
        for who in ["a", "b", "c"] {
            book.note(&deed(0, who)).expect("it is written");
        }
        let first = book.deeds(i64::MAX, 2).expect("it is read");
        assert_eq!(first.iter().map(|deed| deed.who.as_str()).collect::<Vec<_>>(), ["c", "b"]);
        let rest = book.deeds(first[1].number, 2).expect("it is read");
        assert_eq!(rest.iter().map(|deed| deed.who.as_str()).collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn nobody_changes_what_was_written() {
        let book = Book::open(None).expect("a book");
        book.note(&deed(0, "a")).expect("it is written");
        let changed = book.lock().0.execute("UPDATE audit SET who = 'b'", []);
        assert!(changed.is_err());
    }

    #[test]
    fn a_code_s_time_is_taken_once() {
        let book = Book::open(None).expect("a book");
        let factor = Factor { secret: vec![1, 2, 3], is_confirmed: false, last_step: 0 };
        book.keep_factor("anna", &factor).expect("it is kept");
        assert!(book.take_step("anna", 7).expect("asked"));
        assert!(!book.take_step("anna", 7).expect("asked"), "twice");
        assert!(!book.take_step("anna", 6).expect("asked"), "an older one");
        assert!(!book.take_step("berta", 8).expect("asked"), "somebody else");
        let kept = book.factor("anna").expect("asked").expect("it is there");
        assert!(kept.is_confirmed && kept.last_step == 7);
        assert!(book.remove_factor("anna").expect("asked"));
        assert_eq!(book.factor("anna").expect("asked"), None);
    }

    #[test]
    fn the_book_outlives_the_service() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = || Book::open(Some(folder.path())).expect("a book");
        open().note(&deed(0, "anna")).expect("it is written");
        assert_eq!(open().deeds(i64::MAX, 10).expect("it is read").len(), 1);
    }
}
