//! What is asked to be changed of an account: what is not named stays, and `null` takes a limit away.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer};
use tianshu_caster::accounts::account::{
    Account, AccountRole, BadAccount, MOUNTPOINTS_MAX, SessionLimit, WhenFull,
};
use tianshu_caster::accounts::area::Area;
use tianshu_gnss::time::utc::Utc;
use tianshu_ntrip::mountpoint::Mountpoint;
use utoipa::ToSchema;

use crate::web::error::ApiError;

/// A new account.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewAccountRequest {
    /// 1 to 200 visible bytes without a colon.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Without it one is drawn.
    pub password: Option<String>,
    #[serde(flatten)]
    pub values: AccountRequest,
}

/// Values of an account. What is not named stays as it is.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub(crate) struct AccountRequest {
    organisation: Option<String>,
    /// `rover`, `operator`, `auditor`, `researcher` or `account-manager`.
    role: Option<String>,
    enabled: Option<bool>,
    /// RFC 3339 in UTC, or a date; `null` for from now on.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    valid_from: Wish<String>,
    /// RFC 3339 in UTC, or a date; `null` for ever.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    valid_until: Wish<String>,
    /// 1 to 100,000; `null` for any number.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100000)]
    sessions_max: Wish<u32>,
    /// `refuse-new` or `drop-oldest`; only with `sessions_max`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    when_full: Wish<String>,
    /// `null` for all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    mountpoints: Wish<Vec<String>>,
    /// `box S W N E` and `polygon LAT LON …`, with `; ` between; `null` for everywhere.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    area: Wish<String>,
    note: Option<String>,
}

/// What is wished of a value that may be without one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wish<T> {
    /// It is not named, and stays.
    #[default]
    Stay,
    /// `null` takes it away.
    Clear,
    /// This.
    Be(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Wish<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let told = Option::deserialize(deserializer)?;
        Ok(told.map_or(Self::Clear, Self::Be))
    }
}

impl<T> Wish<T> {
    fn is_named(&self) -> bool {
        !matches!(self, Self::Stay)
    }
}

impl AccountRequest {
    /// The names of what is named, for the audit log.
    pub(crate) fn named(&self) -> String {
        let all = [
            ("organisation", self.organisation.is_some()),
            ("role", self.role.is_some()),
            ("enabled", self.enabled.is_some()),
            ("valid_from", self.valid_from.is_named()),
            ("valid_until", self.valid_until.is_named()),
            ("sessions_max", self.sessions_max.is_named()),
            ("when_full", self.when_full.is_named()),
            ("mountpoints", self.mountpoints.is_named()),
            ("area", self.area.is_named()),
            ("note", self.note.is_some()),
        ];
        let named = all.into_iter().filter(|(_, is_named)| *is_named).map(|(name, _)| name);
        named.collect::<Vec<_>>().join(" ")
    }
}

/// Sets what is named, and leaves the rest.
pub(crate) fn set(account: &mut Account, asked: &AccountRequest) -> Result<(), ApiError> {
    if let Some(organisation) = &asked.organisation {
        account.organisation.clone_from(organisation);
    }
    if let Some(note) = &asked.note {
        account.note.clone_from(note);
    }
    if let Some(role) = &asked.role {
        account.role = role.parse::<AccountRole>().map_err(|error| ApiError::senseless(&error))?;
    }
    account.enabled = asked.enabled.unwrap_or(account.enabled);
    match &asked.valid_from {
        Wish::Stay => {}
        Wish::Clear => account.validity.from = None,
        Wish::Be(from) => account.validity.from = Some(moment(from)?),
    }
    match &asked.valid_until {
        Wish::Stay => {}
        Wish::Clear => account.validity.until = None,
        Wish::Be(until) => account.validity.until = Some(moment(until)?),
    }
    limit(account, asked)?;
    match &asked.mountpoints {
        Wish::Stay => {}
        Wish::Clear => account.mountpoints = None,
        Wish::Be(names) => account.mountpoints = Some(mountpoints(names)?),
    }
    match &asked.area {
        Wish::Stay => {}
        Wish::Clear => account.area = None,
        Wish::Be(area) => {
            let read = area.parse::<Area>().map_err(|error| ApiError::senseless(&error))?;
            account.area = Some(read);
        }
    }
    account.check().map_err(|error| ApiError::senseless(&error))
}

fn limit(account: &mut Account, asked: &AccountRequest) -> Result<(), ApiError> {
    let when_full = account.sessions.map_or(WhenFull::RefuseNew, |limit| limit.when_full);
    match asked.sessions_max {
        Wish::Stay => {}
        Wish::Clear => account.sessions = None,
        Wish::Be(max) => account.sessions = Some(SessionLimit { max, when_full }),
    }
    if let Wish::Be(when_full) = &asked.when_full {
        let policy = when_full.parse::<WhenFull>().map_err(|error| ApiError::senseless(&error))?;
        let limit = account.sessions.as_mut();
        limit.ok_or_else(|| ApiError::senseless(&BadAccount::Sessions))?.when_full = policy;
    }
    Ok(())
}

fn mountpoints(names: &[String]) -> Result<BTreeSet<Mountpoint>, ApiError> {
    if names.len() > MOUNTPOINTS_MAX {
        return Err(ApiError::senseless(&BadAccount::Mountpoints));
    }
    let one = |name: &String| {
        Mountpoint::new(name)
            .ok_or_else(|| ApiError::senseless(&format!("{name:?} names no mountpoint")))
    };
    names.iter().map(one).collect()
}

fn moment(text: &str) -> Result<i64, ApiError> {
    text.parse::<Utc>().map(Utc::posix_seconds).map_err(|error| ApiError::senseless(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> AccountRequest {
        serde_json::from_str(text).expect("a request")
    }

    #[test]
    fn what_is_not_named_stays_and_null_takes_away() {
        let nothing = asked("{}");
        assert!(nothing.sessions_max == Wish::Stay && nothing.area == Wish::Stay);
        let taken = asked(r#"{"sessions_max":null,"mountpoints":null,"note":"x"}"#);
        assert_eq!(taken.sessions_max, Wish::Clear);
        assert_eq!(taken.named(), "sessions_max mountpoints note");
    }
}
