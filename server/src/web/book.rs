//! What the page has to remember over a restart: second factors, and who did what.
//!
//! A SQLite file of its own, so that accounts may stand in any store. Calls block for as long as a small write takes.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};
use tianshu_gnss::time::gps::GpsTime;

use crate::web::audit::{AuditEntry, Deed, What};
use crate::web::failures::{FailureRow, Failures};

/// How long a deed is remembered, days: half a year is what the law asks for (Cybersecurity Law, article 21), and a year is easier to explain.
const AUDIT_DAYS: i64 = 366;
const NANOS_PER_DAY: i64 = 86_400_000_000_000;
/// Deeds between two looks for old ones.
const PRUNE_EVERY: u64 = 1_000;
/// The most failed logins that are kept: some 20 MB, and months of ordinary mistakes. Strangers make them, so a year is no bound for
/// them; what accounts did is never dropped for their sake.
const FAILURES_MAX: u64 = 100_000;
/// How many of the oldest are dropped at once when there are more.
const FAILURES_DROPPED: u64 = 1_000;

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
    CREATE INDEX IF NOT EXISTS audit_failures ON audit (number) WHERE what = 'login_failed';
    CREATE TRIGGER IF NOT EXISTS audit_stays BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is not changed'); END;
";

/// The book.
pub(crate) struct Book {
    pages: Mutex<Pages>,
}

/// What is behind the book's lock.
struct Pages {
    connection: Connection,
    /// Deeds that are written before old ones are looked for again.
    until_prune: u64,
    failures: Failures,
    /// Failed logins that are in the log.
    failed: u64,
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
        let mut pages =
            Pages { connection, until_prune: 0, failures: Failures::default(), failed: 0 };
        pages.count_failures().context("the page's book cannot be read")?;
        Ok(Self { pages: Mutex::new(pages) })
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
        self.lock().connection.query_row(sql, [account], read).optional()
    }

    /// Keeps a second factor in the place of the one before.
    pub(crate) fn keep_factor(&self, account: &str, factor: &Factor) -> rusqlite::Result<()> {
        let sql = "INSERT OR REPLACE INTO second_factor VALUES (?1, ?2, ?3, ?4)";
        let Factor { secret, is_confirmed, last_step } = factor;
        let values = params![account, secret, i64::from(*is_confirmed), last_step];
        self.lock().connection.execute(sql, values).map(|_| ())
    }

    /// Takes a time step's code if none of it or after it was taken. Tells whether it did.
    pub(crate) fn take_step(&self, account: &str, step: i64) -> rusqlite::Result<bool> {
        let sql = "UPDATE second_factor SET last_step = ?2, confirmed = 1 WHERE account = ?1 AND last_step < ?2";
        Ok(self.lock().connection.execute(sql, params![account, step])? == 1)
    }

    /// Forgets a second factor. Tells whether there was one.
    pub(crate) fn remove_factor(&self, account: &str) -> rusqlite::Result<bool> {
        let sql = "DELETE FROM second_factor WHERE account = ?1";
        Ok(self.lock().connection.execute(sql, [account])? == 1)
    }

    /// Writes down what somebody did. Failed logins that are repeated are written together, and the oldest of very many are dropped.
    pub(crate) fn note(&self, deed: &Deed<'_>) -> rusqlite::Result<()> {
        let mut pages = self.lock();
        let mut failed = pages.failures.over(deed.at);
        if deed.what == What::LoginFailed {
            failed.extend(pages.failures.take(deed));
            return pages.write_failures(&failed, deed.at);
        }
        pages.write_failures(&failed, deed.at)?;
        pages.prune(deed.at)?;
        pages.write(deed)
    }

    /// Writes down those repeated failures whose minute is over.
    pub(crate) fn settle(&self, now: GpsTime) -> rusqlite::Result<()> {
        let mut pages = self.lock();
        let over = pages.failures.over(now);
        pages.write_failures(&over, now)
    }

    /// What was done, newest first, of numbers below `before`.
    pub(crate) fn deeds(&self, before: i64, most: usize) -> rusqlite::Result<Vec<AuditEntry>> {
        let sql = "SELECT number, at, who, peer, what, object, outcome, detail FROM audit WHERE number < ?1 ORDER BY number DESC LIMIT ?2";
        let pages = self.lock();
        let mut statement = pages.connection.prepare(sql)?;
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

    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is counted still when the service ends is written too.
impl Drop for Book {
    fn drop(&mut self) {
        let mut pages = self.lock();
        let rest = pages.failures.rest();
        let Some(last) = rest.last().map(|row| row.at) else { return };
        if let Err(error) = pages.write_failures(&rest, last) {
            tracing::error!("the audit log cannot be written: {error}");
        }
    }
}

impl Pages {
    fn write(&mut self, deed: &Deed<'_>) -> rusqlite::Result<()> {
        let sql = "INSERT INTO audit (at, who, peer, what, object, outcome, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let outcome = if deed.is_done { "ok" } else { "refused" };
        let Deed { at, who, peer, what, object, detail, .. } = deed;
        let values = params![at.nanos(), who, peer, what.name(), object, outcome, detail];
        self.until_prune = self.until_prune.saturating_sub(1);
        self.connection.execute(sql, values).map(|_| ())
    }

    /// Writes failed logins in one step, and drops the oldest if there are too many.
    fn write_failures(&mut self, rows: &[FailureRow], now: GpsTime) -> rusqlite::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        self.prune(now)?;
        self.connection.execute_batch("BEGIN")?;
        let written = rows.iter().try_for_each(|row| {
            let FailureRow { at, who, peer, detail } = row;
            let (at, what, object, is_done) = (*at, What::LoginFailed, "", false);
            self.write(&Deed { at, who, peer, what, object, is_done, detail })
        });
        let written = written.and_then(|()| self.connection.execute_batch("COMMIT"));
        if let Err(error) = written {
            // Where the disk was full this has happened already.
            self.connection.execute_batch("ROLLBACK").ok();
            return Err(error);
        }
        self.failed += rows.len() as u64;
        self.drop_failures()
    }

    /// Drops the oldest failed logins beyond [`FAILURES_MAX`].
    fn drop_failures(&mut self) -> rusqlite::Result<()> {
        if self.failed <= FAILURES_MAX {
            return Ok(());
        }
        let number = i64::try_from(self.failed - FAILURES_MAX + FAILURES_DROPPED).unwrap_or(0);
        let sql = "DELETE FROM audit WHERE number IN
            (SELECT number FROM audit WHERE what = 'login_failed' ORDER BY number LIMIT ?1)";
        let dropped = self.connection.execute(sql, [number])? as u64;
        self.failed = self.failed.saturating_sub(dropped);
        tracing::warn!(
            dropped,
            "the audit log has very many failed logins; the oldest are dropped"
        );
        Ok(())
    }

    /// Removes what is old enough, now and then.
    fn prune(&mut self, now: GpsTime) -> rusqlite::Result<()> {
        if self.until_prune > 0 {
            return Ok(());
        }
        self.until_prune = PRUNE_EVERY;
        let before = now.nanos().saturating_sub(AUDIT_DAYS * NANOS_PER_DAY);
        self.connection.execute("DELETE FROM audit WHERE at < ?1", [before])?;
        self.count_failures()
    }

    fn count_failures(&mut self) -> rusqlite::Result<()> {
        let sql = "SELECT count(*) FROM audit WHERE what = 'login_failed'";
        let failed: i64 = self.connection.query_row(sql, [], |row| row.get(0))?;
        self.failed = u64::try_from(failed).unwrap_or(0);
        Ok(())
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
        let changed = book.lock().connection.execute("UPDATE audit SET who = 'b'", []);
        assert!(changed.is_err());
    }

    /// A failed login in a millisecond of the day.
    fn failed<'a>(millis: i64, who: &'a str, peer: &'a str) -> Deed<'a> {
        let at = GpsTime::from_nanos(14_000 * NANOS_PER_DAY + millis * 1_000_000);
        Deed { at, peer, what: What::LoginFailed, is_done: false, detail: "401", ..deed(0, who) }
    }

    #[test]
    fn a_hundred_failures_a_second_for_an_hour_are_two_rows_a_minute() {
        let book = Book::open(None).expect("a book");
        let hour_ms = 3_600_000;
        for millis in (0..hour_ms).step_by(10) {
            book.note(&failed(millis, "anna", "10.0.0.1")).expect("it is written");
        }
        book.settle(failed(hour_ms + 60_000, "", "").at).expect("it is written");
        let rows = book.deeds(i64::MAX, 1_000).expect("it is read");
        assert_eq!(rows.len(), 120);
        assert_eq!(rows[0].detail, "401, 5999 more within a minute");
        assert_eq!((rows[1].detail.as_str(), rows[1].outcome.as_str()), ("401", "refused"));
    }

    #[test]
    fn failures_beyond_a_number_are_dropped_the_oldest_first_and_what_accounts_did_never() {
        let book = Book::open(None).expect("a book");
        let what = What::AccountChanged;
        book.note(&Deed { what, ..deed(0, "manager") }).expect("it is written");
        let rows = (0..FAILURES_MAX + 10).map(|n| {
            let (who, peer, detail) = (format!("name-{n}"), String::new(), String::new());
            FailureRow { at: deed(0, "").at, who, peer, detail }
        });
        let rows: Vec<_> = rows.collect();
        book.lock().write_failures(&rows, deed(0, "").at).expect("they are written");
        let left = book.deeds(i64::MAX, usize::MAX).expect("it is read");
        assert_eq!(left.len() as u64, FAILURES_MAX - FAILURES_DROPPED + 1);
        assert_eq!(left.last().map(|entry| entry.who.as_str()), Some("manager"));
        let oldest = &left[left.len() - 2];
        assert_eq!(oldest.who, format!("name-{}", FAILURES_DROPPED + 10));
        assert_eq!(left[0].who, format!("name-{}", FAILURES_MAX + 9));
        assert_eq!(book.lock().failed, FAILURES_MAX - FAILURES_DROPPED);
    }

    #[test]
    fn failures_are_counted_over_a_restart_and_what_was_not_written_yet_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = || Book::open(Some(folder.path())).expect("a book");
        let book = open();
        for millis in 0..5 {
            book.note(&failed(millis, "anna", "10.0.0.1")).expect("it is written");
        }
        drop(book);
        let book = open();
        assert_eq!(book.lock().failed, 2);
        let rows = book.deeds(i64::MAX, 10).expect("it is read");
        assert_eq!(rows[0].detail, "401, 4 more within a minute");
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
