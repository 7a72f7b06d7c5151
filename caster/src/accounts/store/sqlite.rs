//! Accounts in a SQLite file: the default, with nothing to install and nothing to run beside.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params,
};

use crate::accounts::account::{Account, AccountName, PosixSeconds};
use crate::accounts::store::row::{COLUMNS, Row};
use crate::accounts::store::{
    AccountStore, Changes, Existing, Missing, Position, StoreError, check_all,
};

/// How long a call waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Each brings the tables from the version of its place (counted from 0) to the next one. What was released never changes.
const MIGRATIONS: [&str; 2] = [
    "CREATE TABLE account (
        name TEXT PRIMARY KEY NOT NULL,
        organisation TEXT NOT NULL,
        role TEXT NOT NULL,
        enabled INTEGER NOT NULL,
        valid_from INTEGER,
        valid_until INTEGER,
        sessions_max INTEGER,
        when_full TEXT NOT NULL,
        mountpoints TEXT,
        area TEXT,
        note TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        created INTEGER NOT NULL,
        changed INTEGER NOT NULL,
        revision INTEGER NOT NULL
     ) STRICT;
     CREATE TABLE account_removed (name TEXT PRIMARY KEY NOT NULL, revision INTEGER NOT NULL) STRICT;
     CREATE TABLE account_store (
        one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, revision INTEGER NOT NULL
     ) STRICT;
     INSERT INTO account_store VALUES (1, lower(hex(randomblob(16))), 0);",
    // A service asks every second for what is newer than it knows.
    "CREATE INDEX account_by_revision ON account (revision);
     CREATE INDEX account_removed_by_revision ON account_removed (revision);",
];

/// An open file.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Connection,
    path: PathBuf,
    /// Which file that was when it was opened.
    file: FileId,
}

/// What a file system calls a file whatever its name: device and inode.
type FileId = (u64, u64);

impl SqliteStore {
    /// Opens a file. A new one is readable for its owner alone.
    pub fn open(path: &Path, missing: Missing) -> Result<Self, StoreError> {
        if missing == Missing::Make {
            make_private(path).map_err(|error| unreachable(path, &error))?;
        }
        let file = file_id(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // Readers do not wait for writers; a commit is on the disk before it is told.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        migrate(&mut connection, &MIGRATIONS)?;
        Ok(Self { connection, path: path.to_owned(), file })
    }

    fn writing(&mut self) -> Result<Transaction<'_>, StoreError> {
        Ok(self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }
}

/// Makes the file if it is missing: a database that others can read gives them hashes to try.
fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn file_id(path: &Path) -> Result<FileId, StoreError> {
    use std::os::unix::fs::MetadataExt;
    match path.metadata() {
        Ok(found) => Ok((found.dev(), found.ino())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(StoreError::Missing),
        Err(error) => Err(unreachable(path, &error)),
    }
}

fn unreachable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Unreachable(format!("{}: {error}", path.display()))
}

fn migrate(connection: &mut Connection, migrations: &[&str]) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    for migration in migrations.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(migration)?;
    }
    if found < known {
        transaction.pragma_update(None, "user_version", known)?;
    }
    transaction.commit()?;
    Ok(())
}

fn next_revision(transaction: &Transaction<'_>) -> Result<i64, StoreError> {
    let sql = "UPDATE account_store SET revision = revision + 1 RETURNING revision";
    Ok(transaction.query_row(sql, [], |row| row.get(0))?)
}

fn position(connection: &Connection) -> Result<Position, StoreError> {
    let read = |row: &rusqlite::Row<'_>| Ok(Position { store: row.get(0)?, revision: row.get(1)? });
    Ok(connection.query_row("SELECT id, revision FROM account_store", [], read)?)
}

fn read_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        name: row.get(0)?,
        organisation: row.get(1)?,
        role: row.get(2)?,
        enabled: row.get(3)?,
        valid_from: row.get(4)?,
        valid_until: row.get(5)?,
        sessions_max: row.get(6)?,
        when_full: row.get(7)?,
        mountpoints: row.get(8)?,
        area: row.get(9)?,
        note: row.get(10)?,
        password_hash: row.get(11)?,
        created: row.get(12)?,
        changed: row.get(13)?,
    })
}

fn get(connection: &Connection, name: &str) -> Result<Option<Row>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM account WHERE name = ?1");
    Ok(connection.query_row(&sql, [name], read_row).optional()?)
}

fn put(transaction: &Transaction<'_>, row: &Row, revision: i64) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT OR REPLACE INTO account ({COLUMNS}, revision)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
    );
    let values = params![
        row.name,
        row.organisation,
        row.role,
        row.enabled,
        row.valid_from,
        row.valid_until,
        row.sessions_max,
        row.when_full,
        row.mountpoints,
        row.area,
        row.note,
        row.password_hash,
        row.created,
        row.changed,
        revision
    ];
    transaction.execute(&sql, values)?;
    transaction.execute("DELETE FROM account_removed WHERE name = ?1", [&row.name])?;
    Ok(())
}

impl AccountStore for SqliteStore {
    fn position(&mut self) -> Result<Position, StoreError> {
        // A file that was replaced, by a backup for instance, lives on for those who have it open.
        if file_id(&self.path)? != self.file {
            return Err(StoreError::Unreachable("the file was replaced".to_owned()));
        }
        position(&self.connection)
    }

    fn changes_since(&mut self, seen: Option<&Position>) -> Result<Changes, StoreError> {
        // One transaction, so that rows and position are of one moment.
        let transaction = self.connection.transaction()?;
        let position = position(&transaction)?;
        let from = seen
            .filter(|seen| seen.store == position.store && seen.revision <= position.revision)
            .map(|seen| seen.revision);
        let (mut accounts, mut unreadable) = (Vec::new(), Vec::new());
        {
            let sql = format!("SELECT {COLUMNS} FROM account WHERE revision > ?1 ORDER BY name");
            let mut statement = transaction.prepare(&sql)?;
            for row in statement.query_map([from.unwrap_or(i64::MIN)], read_row)? {
                match Account::try_from(row?) {
                    Ok(account) => accounts.push(account),
                    Err(why) => unreadable.push(why),
                }
            }
        }
        let removed = match from {
            None => Vec::new(),
            Some(from) => {
                let sql = "SELECT name FROM account_removed WHERE revision > ?1";
                let mut statement = transaction.prepare(sql)?;
                let names = statement.query_map([from], |row| row.get(0))?;
                names.collect::<rusqlite::Result<_>>()?
            }
        };
        let is_everything = from.is_none();
        Ok(Changes { accounts, removed, unreadable, is_everything, position })
    }

    fn save(&mut self, accounts: &[Account], existing: Existing) -> Result<(), StoreError> {
        check_all(accounts)?;
        let transaction = self.writing()?;
        let revision = next_revision(&transaction)?;
        for account in accounts {
            let mut row = Row::from(account);
            if let Some(before) = get(&transaction, &row.name)? {
                if existing == Existing::Refuse {
                    return Err(StoreError::Exists(row.name));
                }
                row.created = before.created;
            }
            put(&transaction, &row, revision)?;
        }
        Ok(transaction.commit()?)
    }

    fn change(
        &mut self,
        name: &AccountName,
        now: PosixSeconds,
        change: &mut dyn FnMut(&mut Account),
    ) -> Result<(), StoreError> {
        let transaction = self.writing()?;
        let row = get(&transaction, name.as_str())?;
        let row = row.ok_or_else(|| StoreError::Unknown(name.to_string()))?;
        let mut account = Account::try_from(row).map_err(StoreError::Unreadable)?;
        change(&mut account);
        account.changed = now;
        account.name = name.clone();
        check_all(std::slice::from_ref(&account))?;
        let revision = next_revision(&transaction)?;
        put(&transaction, &Row::from(&account), revision)?;
        Ok(transaction.commit()?)
    }

    fn remove(&mut self, name: &AccountName) -> Result<(), StoreError> {
        let transaction = self.writing()?;
        let gone = transaction.execute("DELETE FROM account WHERE name = ?1", [name.as_str()])?;
        if gone == 0 {
            return Err(StoreError::Unknown(name.to_string()));
        }
        let revision = next_revision(&transaction)?;
        let sql = "INSERT OR REPLACE INTO account_removed VALUES (?1, ?2)";
        transaction.execute(sql, params![name.as_str(), revision])?;
        Ok(transaction.commit()?)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy) => {
                Self::Unreachable("another process has been writing for too long".to_owned())
            }
            _ => Self::Unreachable(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::password::PasswordHash;

    fn account(name: &str) -> Account {
        let hash = PasswordHash::of_weak_work("secret");
        Account::rover(AccountName::new(name).unwrap(), hash, 7)
    }

    #[test]
    fn an_older_file_is_brought_to_the_present_version_with_its_accounts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let mut connection = Connection::open(&path).unwrap();
        migrate(&mut connection, &MIGRATIONS[..1]).unwrap();
        let file = file_id(&path).unwrap();
        let mut old = SqliteStore { connection, path: path.clone(), file };
        let anna = account("anna");
        old.save(std::slice::from_ref(&anna), Existing::Refuse).unwrap();
        drop(old);
        let mut store = SqliteStore::open(&path, Missing::Make).unwrap();
        assert_eq!(store.changes_since(None).unwrap().accounts, [anna]);
        let version: i64 =
            store.connection.pragma_query_value(None, "user_version", |r| r.get(0)).unwrap();
        assert_eq!(version, 2);
    }

    #[test]
    fn a_file_of_a_newer_program_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        drop(SqliteStore::open(&path, Missing::Make).unwrap());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let error = SqliteStore::open(&path, Missing::Make).unwrap_err();
        assert!(matches!(error, StoreError::TooNew { found: 99, known: 2 }), "{error}");
    }

    #[test]
    fn a_new_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let _store = SqliteStore::open(&path, Missing::Make).unwrap();
        for file in ["a.db", "a.db-wal"] {
            let mode = folder.path().join(file).metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }

    /// Whoever looks only for changes neither makes a file where there is none, nor goes on with one that was replaced.
    #[test]
    fn a_missing_file_is_no_empty_store() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        assert!(matches!(SqliteStore::open(&path, Missing::Fault), Err(StoreError::Missing)));
        assert!(!path.exists());
        let mut store = SqliteStore::open(&path, Missing::Make).unwrap();
        store.position().unwrap();
        std::fs::rename(&path, folder.path().join("b.db")).unwrap();
        assert!(matches!(store.position(), Err(StoreError::Missing)));
        drop(SqliteStore::open(&path, Missing::Make).unwrap());
        assert!(matches!(store.position(), Err(StoreError::Unreachable(_))));
    }

    #[test]
    fn what_is_no_database_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        std::fs::write(
            &path,
            "not a database, but as long as the header of one would be, and longer",
        )
        .unwrap();
        assert!(matches!(SqliteStore::open(&path, Missing::Make), Err(StoreError::Unreachable(_))));
        assert!(SqliteStore::open(&folder.path().join("no/folder.db"), Missing::Make).is_err());
    }
}
