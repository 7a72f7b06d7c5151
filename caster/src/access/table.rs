//! Accounts from the configuration, in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use tianshu_ntrip::credentials::Credentials;
use tianshu_ntrip::mountpoint::Mountpoint;

use crate::access::keyed::{Keyed, KeyedPassword};
use crate::access::{Asked, Denial, Grant, NoRandomness, Proof, Role, Verdict};
use crate::accounts::directory::Unusable;
use crate::config::{MountKind, Offering};

/// Accounts from the configuration, in memory.
///
/// Passwords are kept and compared by [`crate::access::keyed`]. Accounts in a database have a slow hash and stand beside these
/// ([`crate::access::gate`]).
pub struct TableAccess {
    passwords: Keyed,
    users: HashMap<Arc<str>, User>,
    uploads: BTreeMap<Mountpoint, UploadUser>,
    open: BTreeSet<Mountpoint>,
}

struct User {
    password: KeyedPassword,
    mountpoints: Option<BTreeSet<Mountpoint>>,
}

struct UploadUser {
    name: Arc<str>,
    password: KeyedPassword,
}

impl TableAccess {
    /// The accounts of an offering.
    pub fn new(offering: &Offering) -> Result<Self, NoRandomness> {
        let passwords = Keyed::new()?;
        let users = offering.users.iter().map(|user| {
            let mountpoints = user.mountpoints.clone();
            (
                user.name.as_str().into(),
                User { password: passwords.keep(&user.password), mountpoints },
            )
        });
        let uploads = offering.mountpoints.iter().filter_map(|mount| match &mount.kind {
            MountKind::Upload { credentials, .. } => {
                let name = credentials.user.as_str().into();
                let user = UploadUser { name, password: passwords.keep(&credentials.password) };
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
            passwords,
        })
    }

    /// Whether the offering has an account of that name.
    pub fn knows(&self, user: &str) -> bool {
        self.users.contains_key(user)
    }

    /// What becomes of a peer. Accounts of the offering only: to others it says that there are none.
    pub fn decide(&self, asked: &Asked) -> Verdict {
        match asked.role {
            Role::Rover => self.decide_rover(asked),
            Role::Station => self.decide_station(asked),
        }
    }

    fn decide_rover(&self, asked: &Asked) -> Verdict {
        let Proof::Basic(credentials) = &asked.proof else {
            if self.open.contains(&asked.mountpoint) {
                return Verdict::Admitted(Grant::default());
            }
            return Verdict::Denied(Denial::NoCredentials);
        };
        let known = self.users.get_key_value(credentials.user());
        let expected = known.map(|(_, user)| &user.password);
        let matches = self.passwords.is_right(credentials.password(), expected);
        match known {
            Some((name, user)) if matches && may_use(user, &asked.mountpoint) => {
                Verdict::Admitted(Grant::of(Some(Arc::clone(name))))
            }
            // On an open mountpoint any name does: clients send what was typed once.
            _ if self.open.contains(&asked.mountpoint) => Verdict::Admitted(Grant::default()),
            Some(_) if matches => Verdict::Denied(Denial::Unusable(Unusable::NoRight)),
            Some(_) => Verdict::Denied(Denial::WrongPassword),
            None => Verdict::Denied(Denial::UnknownAccount),
        }
    }

    fn decide_station(&self, asked: &Asked) -> Verdict {
        let known = self.uploads.get(&asked.mountpoint);
        let expected = known.map(|user| &user.password);
        let (named, matches) = match &asked.proof {
            Proof::Nothing => return Verdict::Denied(Denial::NoCredentials),
            Proof::Basic(credentials) => {
                let named = known.is_some_and(|user| &*user.name == credentials.user());
                (named, self.passwords.is_right(credentials.password(), expected))
            }
            Proof::PasswordOnly(secret) => {
                // Some devices write `user:password` where NTRIP 1 has the password alone.
                let pair = Credentials::from_pair(secret.reveal()).is_some_and(|pair| {
                    known.is_some_and(|user| &*user.name == pair.user())
                        && self.passwords.is_right(pair.password(), expected)
                });
                (known.is_some(), self.passwords.is_right(secret, expected) || pair)
            }
        };
        match known {
            Some(user) if named && matches => {
                Verdict::Admitted(Grant::of(Some(Arc::clone(&user.name))))
            }
            Some(_) if named => Verdict::Denied(Denial::WrongPassword),
            _ => Verdict::Denied(Denial::UnknownAccount),
        }
    }
}

fn may_use(user: &User, mountpoint: &Mountpoint) -> bool {
    user.mountpoints.as_ref().is_none_or(|allowed| allowed.contains(mountpoint))
}

impl TableAccess {
    /// Whether a session of an account of the offering, or of none, may stay.
    pub fn may_stay(&self, account: Option<&str>, role: Role, mountpoint: &Mountpoint) -> bool {
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

    /// Whether a mountpoint is read without an account.
    pub fn is_open(&self, mountpoint: &Mountpoint) -> bool {
        self.open.contains(mountpoint)
    }
}

#[cfg(test)]
mod tests;
