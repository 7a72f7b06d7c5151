//! Who may read and who may upload: one question, answered with a reason.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use ring::hmac;
use ring::rand::SystemRandom;
use tianshu_ntrip::credentials::{Credentials, Secret};
use tianshu_ntrip::mountpoint::Mountpoint;

use crate::config::{MountKind, Offering};

/// Decides who is let in. The answer may take its time: a database, or a slow password hash on another thread.
pub trait Access: Send + Sync {
    /// May this peer do that?
    fn authenticate<'a>(&'a self, asked: &'a Asked) -> Answer<'a>;

    /// Whether a session that was let in may stay, after accounts or mountpoints changed. Answered at once.
    fn may_stay(&self, account: Option<&str>, role: Role, mountpoint: &Mountpoint) -> bool;

    /// Whether a mountpoint is read without an account, for the sourcetable.
    fn is_open(&self, mountpoint: &Mountpoint) -> bool;
}

/// An answer that comes.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Verdict> + Send + 'a>>;

/// What somebody wants to do.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Read or upload.
    pub role: Role,
    /// Where.
    pub mountpoint: Mountpoint,
    /// How it says who it is.
    pub proof: Proof,
    /// From where.
    pub peer: IpAddr,
}

/// What a peer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reads corrections.
    Rover,
    /// Uploads its observations.
    Station,
}

/// How a peer says who it is.
#[derive(Clone, Debug)]
pub enum Proof {
    /// Not at all.
    Nothing,
    /// By name and password.
    Basic(Credentials),
    /// By the password of a NTRIP 1 upload, which has no name.
    PasswordOnly(Secret),
}

/// The decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Let in, under this account; `None` where none is needed.
    Admitted(Option<Arc<str>>),
    /// Not let in.
    Denied(Denial),
}

/// Why somebody is not let in. Only the first three are a 401: clients give up at it (docs/ntrip-in-the-field.md, note 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// An account is needed, none was named.
    NoCredentials,
    /// There is no such account.
    UnknownAccount,
    /// The password is another one.
    WrongPassword,
    /// The account may not use this mountpoint.
    NoRight,
    /// The account is no longer valid.
    Expired,
    /// The account is used as often as it may be.
    SessionLimit,
    /// Too many wrong passwords: try later.
    LockedOut,
}

impl Denial {
    /// Whether the credentials are what is wrong.
    pub fn is_about_credentials(self) -> bool {
        matches!(self, Self::NoCredentials | Self::UnknownAccount | Self::WrongPassword)
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCredentials => "an account is needed here, none was named",
            Self::UnknownAccount => "there is no such account",
            Self::WrongPassword => "the password is wrong",
            Self::NoRight => "the account may not use this mountpoint",
            Self::Expired => "the account has expired",
            Self::SessionLimit => "the account is in use as often as it may be",
            Self::LockedOut => "too many wrong passwords, try again later",
        })
    }
}

/// Accounts from the configuration, in memory.
///
/// Passwords are kept as HMAC-SHA-256 under a key that is drawn at each load and never leaves this process, and are compared
/// in constant time. This protects them in a memory image no better than the configuration file that holds them does; it
/// costs a login 2 µs. Accounts in a database, with a slow hash, implement [`Access`] beside this one.
pub struct TableAccess {
    key: hmac::Key,
    users: HashMap<Arc<str>, User>,
    uploads: BTreeMap<Mountpoint, UploadUser>,
    open: BTreeSet<Mountpoint>,
    /// What an unknown account is compared with, so that it takes as long as a known one.
    nobody: hmac::Tag,
}

struct User {
    password: hmac::Tag,
    mountpoints: Option<BTreeSet<Mountpoint>>,
}

struct UploadUser {
    name: Arc<str>,
    password: hmac::Tag,
}

/// The system gave no random numbers, so no key could be drawn.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the system gives no random numbers for the key of the password table")]
pub struct NoRandomness;

impl TableAccess {
    /// The accounts of an offering.
    pub fn new(offering: &Offering) -> Result<Self, NoRandomness> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        let key = key.map_err(|_| NoRandomness)?;
        let tag = |password: &Secret| hmac::sign(&key, password.reveal().as_bytes());
        let users = offering.users.iter().map(|user| {
            let mountpoints = user.mountpoints.clone();
            (user.name.as_str().into(), User { password: tag(&user.password), mountpoints })
        });
        let uploads = offering.mountpoints.iter().filter_map(|mount| match &mount.kind {
            MountKind::Upload { credentials, .. } => {
                let name = credentials.user.as_str().into();
                let user = UploadUser { name, password: tag(&credentials.password) };
                Some((mount.mountpoint.clone(), user))
            }
            MountKind::Station { .. }
            | MountKind::Nearest { .. }
            | MountKind::Virtual(_)
            | MountKind::Network(_) => None,
        });
        let open = offering.mountpoints.iter().filter(|mount| !mount.needs_account);
        Ok(Self {
            users: users.collect(),
            uploads: uploads.collect(),
            open: open.map(|mount| mount.mountpoint.clone()).collect(),
            nobody: hmac::sign(&key, b""),
            key,
        })
    }

    fn decide(&self, asked: &Asked) -> Verdict {
        match asked.role {
            Role::Rover => self.decide_rover(asked),
            Role::Station => self.decide_station(asked),
        }
    }

    fn decide_rover(&self, asked: &Asked) -> Verdict {
        let Proof::Basic(credentials) = &asked.proof else {
            if self.open.contains(&asked.mountpoint) {
                return Verdict::Admitted(None);
            }
            return Verdict::Denied(Denial::NoCredentials);
        };
        let known = self.users.get_key_value(credentials.user());
        let expected = known.map_or(&self.nobody, |(_, user)| &user.password);
        let matches = self.matches(credentials.password(), expected);
        match known {
            Some((name, user)) if matches && may_use(user, &asked.mountpoint) => {
                Verdict::Admitted(Some(Arc::clone(name)))
            }
            // On an open mountpoint any name does: clients send what was typed once.
            _ if self.open.contains(&asked.mountpoint) => Verdict::Admitted(None),
            Some(_) if matches => Verdict::Denied(Denial::NoRight),
            Some(_) => Verdict::Denied(Denial::WrongPassword),
            None => Verdict::Denied(Denial::UnknownAccount),
        }
    }

    fn decide_station(&self, asked: &Asked) -> Verdict {
        let known = self.uploads.get(&asked.mountpoint);
        let expected = known.map_or(&self.nobody, |user| &user.password);
        let (named, matches) = match &asked.proof {
            Proof::Nothing => return Verdict::Denied(Denial::NoCredentials),
            Proof::Basic(credentials) => {
                let named = known.is_some_and(|user| &*user.name == credentials.user());
                (named, self.matches(credentials.password(), expected))
            }
            Proof::PasswordOnly(secret) => {
                // Some devices write `user:password` where NTRIP 1 has the password alone.
                let pair = Credentials::from_pair(secret.reveal()).is_some_and(|pair| {
                    known.is_some_and(|user| &*user.name == pair.user())
                        && self.matches(pair.password(), expected)
                });
                (known.is_some(), self.matches(secret, expected) || pair)
            }
        };
        match known {
            Some(user) if named && matches => Verdict::Admitted(Some(Arc::clone(&user.name))),
            Some(_) if named => Verdict::Denied(Denial::WrongPassword),
            _ => Verdict::Denied(Denial::UnknownAccount),
        }
    }

    fn matches(&self, password: &Secret, expected: &hmac::Tag) -> bool {
        hmac::verify(&self.key, password.reveal().as_bytes(), expected.as_ref()).is_ok()
    }
}

fn may_use(user: &User, mountpoint: &Mountpoint) -> bool {
    user.mountpoints.as_ref().is_none_or(|allowed| allowed.contains(mountpoint))
}

impl Access for TableAccess {
    fn authenticate<'a>(&'a self, asked: &'a Asked) -> Answer<'a> {
        Box::pin(async move { self.decide(asked) })
    }

    fn may_stay(&self, account: Option<&str>, role: Role, mountpoint: &Mountpoint) -> bool {
        match (role, account) {
            (Role::Station, account) => {
                self.uploads.get(mountpoint).is_some_and(|user| Some(&*user.name) == account)
            }
            (Role::Rover, _) if self.open.contains(mountpoint) => true,
            (Role::Rover, Some(account)) => {
                self.users.get(account).is_some_and(|user| may_use(user, mountpoint))
            }
            (Role::Rover, None) => false,
        }
    }

    fn is_open(&self, mountpoint: &Mountpoint) -> bool {
        self.open.contains(mountpoint)
    }
}

#[cfg(test)]
mod tests;
