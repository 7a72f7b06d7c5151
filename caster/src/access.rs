//! Who may read and who may upload: one question, answered with a reason.

pub mod gate;
pub mod keyed;
pub mod table;

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use tianshu_ntrip::credentials::{Credentials, Secret};
use tianshu_ntrip::mountpoint::Mountpoint;

use crate::accounts::account::SessionLimit;
use crate::accounts::area::Area;
use crate::accounts::directory::Unusable;
use crate::accounts::password::PasswordHash;

/// Decides who is let in. The answer may take its time: a database, or a slow password hash on another thread.
pub trait Access: Send + Sync {
    /// May this peer do that?
    fn authenticate<'a>(&'a self, asked: &'a Asked) -> Answer<'a>;

    /// Whether a session that was let in may stay, after accounts or mountpoints changed, or time went by. Answered at once.
    fn may_stay(&self, grant: &Grant, role: Role, mountpoint: &Mountpoint) -> Result<(), Revoked>;

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
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Let in, on these terms.
    Admitted(Grant),
    /// Not let in.
    Denied(Denial),
}

/// The terms on which somebody is let in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grant {
    /// Under which account; `None` where none is needed.
    pub account: Option<Arc<str>>,
    /// How many sessions the account may have at once.
    pub sessions: Option<SessionLimit>,
    /// Where its rovers may be.
    pub area: Option<Area>,
    /// The hash by which it was recognised, if it is an account of a store.
    pub recognised_by: Option<PasswordHash>,
}

/// Why somebody is not let in. Only those about credentials are a 401: clients give up at it (docs/ntrip-in-the-field.md, note 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// An account is needed, none was named.
    NoCredentials,
    /// There is no such account.
    UnknownAccount,
    /// The password is another one.
    WrongPassword,
    /// The account may not be used, or not here, or not now.
    Unusable(Unusable),
    /// The rover is outside of the account's area.
    OutsideArea,
    /// The account is used as often as it may be.
    SessionLimit,
    /// Too many wrong passwords: try later.
    LockedOut,
    /// Too many wait for their passwords to be verified: try later.
    Busy,
    /// The account cannot be looked up now: try later.
    AccountsUnreachable,
}

/// Why somebody who was let in may not stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// The account was taken away, or lost its right.
    Removed,
    /// The account may not be used any more, or not here, or not now.
    Unusable(Unusable),
    /// The account has another password now.
    PasswordChanged,
    /// The account has another area now.
    AreaChanged,
}

impl Grant {
    /// An account without further terms, or none.
    pub fn of(account: Option<Arc<str>>) -> Self {
        Self { account, ..Self::default() }
    }
}

impl Denial {
    /// Whether the credentials are what is wrong.
    pub fn is_about_credentials(self) -> bool {
        matches!(self, Self::NoCredentials | Self::UnknownAccount | Self::WrongPassword)
    }

    /// Whether the same is answered otherwise later, without anybody doing anything about it.
    pub fn passes(self) -> bool {
        matches!(
            self,
            Self::SessionLimit | Self::LockedOut | Self::Busy | Self::AccountsUnreachable
        )
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCredentials => "an account is needed here, none was named",
            Self::UnknownAccount => "there is no such account",
            Self::WrongPassword => "the password is wrong",
            Self::Unusable(why) => return why.fmt(f),
            Self::OutsideArea => "the rover is outside of the area of its account",
            Self::SessionLimit => "the account is in use as often as it may be, try again later",
            Self::LockedOut => "too many wrong passwords, try again later",
            Self::Busy => "too many logins at this moment, try again later",
            Self::AccountsUnreachable => "accounts cannot be looked up now, try again later",
        })
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disabled => "the account is disabled",
            Self::NotYetValid => "the account is not valid yet",
            Self::Expired => "the account has expired",
            Self::NotARover => "the account is not a rover's",
            Self::NoRight => "the account may not use this mountpoint",
        })
    }
}

impl fmt::Display for Revoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Removed => "the account was taken away or lost its right",
            Self::Unusable(why) => return why.fmt(f),
            Self::PasswordChanged => "the account has a new password",
            Self::AreaChanged => "the account has a new area",
        })
    }
}

/// The system gave no random numbers, so no key could be drawn.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the system gives no random numbers for the key of the password table")]
pub struct NoRandomness;
