//! An account: who may do what, when, where, and how often at once.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use tianshu_ntrip::mountpoint::Mountpoint;

use crate::accounts::area::Area;
use crate::accounts::password::PasswordHash;

/// The longest name, organisation or note, in bytes: a row of a list, and no way to fill memory.
pub const TEXT_BYTES_MAX: usize = 200;

/// The most mountpoints that one account names. Whoever needs more may use all.
pub const MOUNTPOINTS_MAX: usize = 1000;

/// The most sessions that one account may be allowed at once.
pub const SESSIONS_MAX: u32 = 100_000;

/// A moment as accounts tell it: POSIX seconds. An account's day begins and ends for people, so leap seconds do not matter.
pub type PosixSeconds = i64;

/// One account.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// Its name, which Basic authentication carries.
    pub name: AccountName,
    /// Whom it belongs to.
    pub organisation: String,
    /// What it is for.
    pub role: AccountRole,
    /// Whether it may be used at all.
    pub enabled: bool,
    /// When it may be used.
    pub validity: Validity,
    /// How many sessions it may have at once; `None` sets no limit.
    pub sessions: Option<SessionLimit>,
    /// The mountpoints it may use; `None` means all.
    pub mountpoints: Option<BTreeSet<Mountpoint>>,
    /// Where its rovers may be; `None` means everywhere.
    pub area: Option<Area>,
    /// Words for the operators.
    pub note: String,
    /// Its password, as a hash that is slow to try.
    pub password: PasswordHash,
    /// When it was made.
    pub created: PosixSeconds,
    /// When it was changed last.
    pub changed: PosixSeconds,
}

/// The name of an account: 1 to [`TEXT_BYTES_MAX`] bytes, no colon, nothing that cannot be seen, no space at the ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountName(String);

/// What an account is for. Only rovers log in at the caster; the others wait for the operators' page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountRole {
    /// Reads corrections.
    Rover,
    /// Runs the network.
    Operator,
    /// Reads records and logs, changes nothing.
    Auditor,
    /// Reads observations and archives.
    Researcher,
    /// Makes and changes accounts.
    AccountManager,
}

/// When an account may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Validity {
    /// Not before.
    pub from: Option<PosixSeconds>,
    /// Not from then on.
    pub until: Option<PosixSeconds>,
}

/// How many sessions at once, and what happens to one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimit {
    /// So many; at least one.
    pub max: u32,
    /// What one more does.
    pub when_full: WhenFull,
}

/// What happens when an account that has all its sessions comes once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// The newcomer is told to try again later.
    RefuseNew,
    /// The session that began first makes room. A rover that lost its network does not wait for its own dead connection.
    DropOldest,
}

/// What is wrong with a value of an account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAccount {
    /// No name.
    #[error("{0:?} is no name of an account: 1 to 200 visible bytes without a colon were expected")]
    Name(String),
    /// No role.
    #[error("{0:?} is no role: use rover, operator, auditor, researcher or account-manager")]
    Role(String),
    /// No policy.
    #[error("{0:?} is no policy: use refuse-new or drop-oldest")]
    WhenFull(String),
    /// A text that is too long, or holds control characters.
    #[error("the {0} is longer than 200 bytes, or holds control characters")]
    Text(&'static str),
    /// An end before the beginning.
    #[error("the account would end before it begins")]
    Validity,
    /// No session at all, or too many.
    #[error("an account has between 1 and 100000 sessions at once, or no limit")]
    Sessions,
    /// Too many mountpoints.
    #[error("an account names at most 1000 mountpoints")]
    Mountpoints,
}

impl Account {
    /// A rover's account that may do everything, from now on, for ever.
    pub fn rover(name: AccountName, password: PasswordHash, now: PosixSeconds) -> Self {
        Self {
            name,
            organisation: String::new(),
            role: AccountRole::Rover,
            enabled: true,
            validity: Validity::default(),
            sessions: None,
            mountpoints: None,
            area: None,
            note: String::new(),
            password,
            created: now,
            changed: now,
        }
    }

    /// Complains about values that fit their types and make no sense. Every store asks this before it keeps an account.
    pub fn check(&self) -> Result<(), BadAccount> {
        for (what, text) in [("organisation", &self.organisation), ("note", &self.note)] {
            if text.len() > TEXT_BYTES_MAX || text.chars().any(char::is_control) {
                return Err(BadAccount::Text(what));
            }
        }
        if let (Some(from), Some(until)) = (self.validity.from, self.validity.until)
            && until <= from
        {
            return Err(BadAccount::Validity);
        }
        if self.sessions.is_some_and(|limit| !(1..=SESSIONS_MAX).contains(&limit.max)) {
            return Err(BadAccount::Sessions);
        }
        if self.mountpoints.as_ref().is_some_and(|list| list.len() > MOUNTPOINTS_MAX) {
            return Err(BadAccount::Mountpoints);
        }
        Ok(())
    }

    /// Whether it may use a mountpoint.
    pub fn may_use(&self, mountpoint: &Mountpoint) -> bool {
        self.mountpoints.as_ref().is_none_or(|allowed| allowed.contains(mountpoint))
    }
}

impl AccountName {
    /// A name; the text is taken as it is.
    pub fn new(text: &str) -> Result<Self, BadAccount> {
        let fits = (1..=TEXT_BYTES_MAX).contains(&text.len())
            && text.trim() == text
            // Basic authentication ends the name at the first colon (RFC 7617, section 2).
            && !text.chars().any(|c| c == ':' || c.is_control());
        if fits { Ok(Self(text.to_owned())) } else { Err(BadAccount::Name(text.to_owned())) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AccountName {
    type Err = BadAccount;

    fn from_str(text: &str) -> Result<Self, BadAccount> {
        Self::new(text)
    }
}

impl AccountRole {
    /// Every role.
    pub const ALL: [Self; 5] =
        [Self::Rover, Self::Operator, Self::Auditor, Self::Researcher, Self::AccountManager];
}

impl fmt::Display for AccountRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rover => "rover",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
            Self::Researcher => "researcher",
            Self::AccountManager => "account-manager",
        })
    }
}

impl FromStr for AccountRole {
    type Err = BadAccount;

    fn from_str(text: &str) -> Result<Self, BadAccount> {
        let found = Self::ALL.into_iter().find(|role| role.to_string() == text);
        found.ok_or_else(|| BadAccount::Role(text.to_owned()))
    }
}

impl fmt::Display for WhenFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RefuseNew => "refuse-new",
            Self::DropOldest => "drop-oldest",
        })
    }
}

impl FromStr for WhenFull {
    type Err = BadAccount;

    fn from_str(text: &str) -> Result<Self, BadAccount> {
        let all = [Self::RefuseNew, Self::DropOldest];
        let found = all.into_iter().find(|policy| policy.to_string() == text);
        found.ok_or_else(|| BadAccount::WhenFull(text.to_owned()))
    }
}

impl Validity {
    /// Whether the account has begun at that moment.
    pub fn has_begun(self, now: PosixSeconds) -> bool {
        self.from.is_none_or(|from| from <= now)
    }

    /// Whether it is over at that moment.
    pub fn is_over(self, now: PosixSeconds) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anna() -> Account {
        let hash = PasswordHash::of_weak_work("secret");
        Account::rover(AccountName::new("anna").unwrap(), hash, 1_000)
    }

    #[test]
    fn names_are_what_basic_authentication_can_carry() {
        for good in ["a", "anna", "测绘一队", "a b", "a/b@c"] {
            assert_eq!(AccountName::new(good).unwrap().as_str(), good);
        }
        for bad in ["", " a", "a ", "a:b", "a\nb", "\0", &"x".repeat(201)] {
            assert_eq!(AccountName::new(bad), Err(BadAccount::Name(bad.to_owned())));
        }
    }

    #[test]
    fn an_account_is_valid_from_its_first_second_to_before_its_last() {
        let validity = Validity { from: Some(100), until: Some(200) };
        for (now, begun, over) in
            [(99, false, false), (100, true, false), (199, true, false), (200, true, true)]
        {
            assert_eq!((validity.has_begun(now), validity.is_over(now)), (begun, over), "{now}");
        }
        assert!(Validity::default().has_begun(0) && !Validity::default().is_over(i64::MAX));
    }

    #[test]
    fn what_makes_no_sense_is_complained_about() {
        assert_eq!(anna().check(), Ok(()));
        let with = |change: fn(&mut Account)| {
            let mut account = anna();
            change(&mut account);
            account.check()
        };
        let bad = with(|a| a.validity = Validity { from: Some(5), until: Some(5) });
        assert_eq!(bad, Err(BadAccount::Validity));
        assert_eq!(with(|a| a.note = "a\u{7}".to_owned()), Err(BadAccount::Text("note")));
        let bad = with(|a| {
            a.sessions = Some(SessionLimit { max: 0, when_full: WhenFull::DropOldest });
        });
        assert_eq!(bad, Err(BadAccount::Sessions));
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for role in AccountRole::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        for policy in [WhenFull::RefuseNew, WhenFull::DropOldest] {
            assert_eq!(policy.to_string().parse(), Ok(policy));
        }
        assert!("root".parse::<AccountRole>().is_err());
    }
}
