//! An account as a row: the columns that both databases have, and the way there and back.

use std::collections::BTreeSet;

use tianshu_ntrip::mountpoint::Mountpoint;

use crate::accounts::account::{Account, AccountName, SessionLimit, Validity};
use crate::accounts::password::PasswordHash;
use crate::accounts::store::Unreadable;

/// The columns in the order of [`Row`], as a list for SELECT and INSERT.
pub const COLUMNS: &str = "name, organisation, role, enabled, valid_from, valid_until, sessions_max, when_full, \
     mountpoints, area, note, password_hash, created, changed";

/// A row. Lists are texts that people can read and write with the tools of their database.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The name.
    pub name: String,
    /// The organisation.
    pub organisation: String,
    /// The role's word.
    pub role: String,
    /// Whether it is enabled.
    pub enabled: bool,
    /// POSIX seconds.
    pub valid_from: Option<i64>,
    /// POSIX seconds.
    pub valid_until: Option<i64>,
    /// Sessions at once; NULL is no limit.
    pub sessions_max: Option<i64>,
    /// The policy's word.
    pub when_full: String,
    /// Names with spaces between; NULL is all.
    pub mountpoints: Option<String>,
    /// The area's text; NULL is everywhere.
    pub area: Option<String>,
    /// The note.
    pub note: String,
    /// The PHC string.
    pub password_hash: String,
    /// POSIX seconds.
    pub created: i64,
    /// POSIX seconds.
    pub changed: i64,
}

/// The policy that stands in a row without a limit.
const NO_LIMIT_WORD: &str = "refuse-new";

impl From<&Account> for Row {
    fn from(account: &Account) -> Self {
        let names = |list: &BTreeSet<Mountpoint>| {
            list.iter().map(Mountpoint::as_str).collect::<Vec<_>>().join(" ")
        };
        let when_full = account.sessions.map(|limit| limit.when_full.to_string());
        Self {
            name: account.name.to_string(),
            organisation: account.organisation.clone(),
            role: account.role.to_string(),
            enabled: account.enabled,
            valid_from: account.validity.from,
            valid_until: account.validity.until,
            sessions_max: account.sessions.map(|limit| limit.max.into()),
            when_full: when_full.unwrap_or_else(|| NO_LIMIT_WORD.to_owned()),
            mountpoints: account.mountpoints.as_ref().map(names),
            area: account.area.as_ref().map(ToString::to_string),
            note: account.note.clone(),
            password_hash: account.password.as_str().to_owned(),
            created: account.created,
            changed: account.changed,
        }
    }
}

impl TryFrom<Row> for Account {
    type Error = Unreadable;

    fn try_from(row: Row) -> Result<Self, Unreadable> {
        let name = row.name.clone();
        read(row).map_err(|why| Unreadable { name, why })
    }
}

/// What is wrong is told as text: there is nothing to do about it but to tell an operator.
fn read(row: Row) -> Result<Account, String> {
    let when_full = row.when_full.parse().map_err(text)?;
    let limit = |max: i64| -> Result<SessionLimit, String> {
        Ok(SessionLimit { max: u32::try_from(max).map_err(text)?, when_full })
    };
    let account = Account {
        name: AccountName::new(&row.name).map_err(text)?,
        organisation: row.organisation,
        role: row.role.parse().map_err(text)?,
        enabled: row.enabled,
        validity: Validity { from: row.valid_from, until: row.valid_until },
        sessions: row.sessions_max.map(limit).transpose()?,
        mountpoints: row.mountpoints.as_deref().map(mountpoints).transpose()?,
        area: row.area.as_deref().map(str::parse).transpose().map_err(text)?,
        note: row.note,
        password: PasswordHash::read(&row.password_hash).map_err(text)?,
        created: row.created,
        changed: row.changed,
    };
    account.check().map_err(text)?;
    Ok(account)
}

/// Names with spaces between.
pub fn mountpoints(names: &str) -> Result<BTreeSet<Mountpoint>, String> {
    let read = |name: &str| {
        Mountpoint::new(name).ok_or_else(|| format!("{name:?} is no name of a mountpoint"))
    };
    names.split_whitespace().map(read).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands its error over")]
fn text(fault: impl ToString) -> String {
    fault.to_string()
}
