//! Where accounts are kept: one trait, and behind it SQLite or PostgreSQL.
//!
//! Calls block. They are made by the command line, and by one thread of the service ([`crate::accounts::follow`]), never by a
//! session.

pub mod postgres;
pub mod row;
pub mod sqlite;

use std::fmt;
use std::path::PathBuf;

use tianshu_ntrip::credentials::Secret;

use crate::accounts::account::{Account, AccountName, BadAccount, PosixSeconds};
use crate::accounts::store::postgres::PostgresStore;
use crate::accounts::store::sqlite::SqliteStore;

/// A store of accounts. Every call that changes something does all of it or nothing, and moves the revision by one.
pub trait AccountStore: Send {
    /// Where the store is now: cheap enough to be asked every second.
    fn position(&mut self) -> Result<Position, StoreError>;

    /// What changed since `seen`; everything if that is `None`, of another store, or ahead of this one.
    fn changes_since(&mut self, seen: Option<&Position>) -> Result<Changes, StoreError>;

    /// Keeps new accounts; with [`Existing::Replace`] those whose names exist already take the new values.
    fn save(&mut self, accounts: &[Account], existing: Existing) -> Result<(), StoreError>;

    /// Changes one account, and its time of change. The change must not change the name.
    fn change(
        &mut self,
        name: &AccountName,
        now: PosixSeconds,
        change: &mut dyn FnMut(&mut Account),
    ) -> Result<(), StoreError>;

    /// Removes one account.
    fn remove(&mut self, name: &AccountName) -> Result<(), StoreError>;
}

/// What happens to accounts that exist already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Nothing is kept, and the first such name is told.
    Refuse,
    /// They take the new values, but for the time when they were made.
    Replace,
}

/// Where a store is: it moves on by one with every change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Which store: drawn when it was made, so that another one is never taken for a later state of it.
    pub store: String,
    /// Changes since it was made.
    pub revision: i64,
}

/// What changed in a store.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes {
    /// Accounts as they are now.
    pub accounts: Vec<Account>,
    /// Names that are gone.
    pub removed: Vec<String>,
    /// Rows that somebody wrote who is not us.
    pub unreadable: Vec<Unreadable>,
    /// Whether these are all accounts there are.
    pub is_everything: bool,
    /// Where the store was when it told this.
    pub position: Position,
}

/// A row that is no account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Its name.
    pub name: String,
    /// What is wrong with it.
    pub why: String,
}

/// Why a store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or broke off: try again later.
    #[error("the accounts cannot be reached: {0}")]
    Unreachable(String),
    /// There is none yet.
    #[error("there are no accounts yet: `tianshu user add` or `import` begins with them")]
    Missing,
    /// It was written by a newer program.
    #[error(
        "the accounts have schema version {found}, this program knows {known}: it is too old for them"
    )]
    TooNew {
        /// The version found.
        found: i64,
        /// The newest one known here.
        known: i64,
    },
    /// There is an account of that name already.
    #[error("there is already an account called {0}")]
    Exists(String),
    /// There is none of that name.
    #[error("there is no account called {0}")]
    Unknown(String),
    /// The values make no sense.
    #[error("{name}: {source}")]
    Bad {
        /// Whose.
        name: String,
        /// What is wrong.
        source: BadAccount,
    },
    /// The row is no account.
    #[error("the stored account {} cannot be read: {}", .0.name, .0.why)]
    Unreadable(Unreadable),
}

/// Which store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorePlace {
    /// A file of this machine.
    Sqlite(PathBuf),
    /// A database, by its URL or `key=value` words, and its password if that stands elsewhere.
    Postgres {
        /// Where, and as whom.
        url: Secret,
        /// The password.
        password: Option<Secret>,
    },
}

/// What happens where there is no store yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It is made.
    Make,
    /// It is a fault. A disk that is not mounted must not look like a store from which all accounts were removed.
    Fault,
}

impl StorePlace {
    /// Whether a text is the address of a PostgreSQL database. What is wrong is told without the text, which may hold a password.
    pub fn check_postgres(url: &str) -> Result<(), String> {
        let read: Result<::postgres::Config, _> = url.parse();
        let Err(error) = read else { return Ok(()) };
        let wanted =
            "it is written as postgres://user@host/database, or host=... user=... dbname=...";
        Err(match std::error::Error::source(&error) {
            Some(why) => format!("{why}; {wanted}"),
            None => wanted.to_owned(),
        })
    }

    /// Opens the store, and brings its tables to the present version.
    pub fn open(&self, missing: Missing) -> Result<Box<dyn AccountStore>, StoreError> {
        Ok(match self {
            Self::Sqlite(path) => Box::new(SqliteStore::open(path, missing)?),
            Self::Postgres { url, password } => {
                Box::new(PostgresStore::connect(url, password.as_ref(), missing)?)
            }
        })
    }
}

/// Without whatever may hold a password.
impl fmt::Display for StorePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "SQLite, {}", path.display()),
            Self::Postgres { .. } => f.write_str("PostgreSQL"),
        }
    }
}

/// Checks accounts before any of them is kept.
pub(crate) fn check_all(accounts: &[Account]) -> Result<(), StoreError> {
    for account in accounts {
        let bad = |source| StoreError::Bad { name: account.name.to_string(), source };
        account.check().map_err(bad)?;
    }
    Ok(())
}
