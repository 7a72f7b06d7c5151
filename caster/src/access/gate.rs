//! The gate: accounts of the configuration and of the store side by side, and nobody heard who guesses.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tianshu_ntrip::credentials::Credentials;
use tianshu_ntrip::mountpoint::Mountpoint;

use crate::access::table::TableAccess;
use crate::access::{
    Access, Answer, Asked, Denial, Grant, NoRandomness, Proof, Revoked, Role, Verdict,
};
use crate::accounts::account::Account;
use crate::accounts::directory::usable;
use crate::accounts::follow::{Accounts, Known, posix_now};
use crate::accounts::lockout::Lockout;
use crate::accounts::verifier::{Outcome, Verifier};
use crate::clock::Clock;

/// What the gate remembers over reloads: who guessed, and which passwords were right.
pub struct Guard {
    clock: Clock,
    lockout: Mutex<Lockout>,
    verifier: Verifier,
}

impl Guard {
    /// A guard that has seen nobody, and verifies passwords with so many threads.
    pub fn new(clock: Clock, threads: usize) -> Result<Arc<Self>, NoRandomness> {
        let verifier = Verifier::new(threads)?;
        Ok(Arc::new(Self { clock, lockout: Mutex::default(), verifier }))
    }

    fn lockout(&self) -> MutexGuard<'_, Lockout> {
        self.lockout.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_heard(&self, name: &Arc<str>, from: IpAddr) -> bool {
        self.lockout().check(name, from, self.clock.now()).is_ok()
    }

    /// Counts a wrong password, unless it was known to be wrong: repeating it is no guess.
    fn on_wrong(&self, name: &Arc<str>, from: IpAddr, is_new: bool) {
        if is_new {
            self.lockout().on_wrong(name, from, self.clock.now());
        }
    }
}

/// Decides who is let in. One is made for each offering; the guard and the accounts outlive it.
pub struct Gate {
    table: TableAccess,
    accounts: Option<Arc<Accounts>>,
    guard: Arc<Guard>,
}

impl Gate {
    /// A gate to an offering.
    pub fn new(table: TableAccess, accounts: Option<Arc<Accounts>>, guard: Arc<Guard>) -> Self {
        Self { table, accounts, guard }
    }

    async fn decide(&self, asked: &Asked) -> Verdict {
        // Where no account is needed there is nothing to guess at.
        let is_open = asked.role == Role::Rover && self.table.is_open(&asked.mountpoint);
        let password = match &asked.proof {
            Proof::Nothing => return self.table.decide(asked),
            _ if is_open => return self.table.decide(asked),
            Proof::Basic(said) if asked.role == Role::Rover && !self.table.knows(said.user()) => {
                return self.decide_stored(asked, said).await;
            }
            Proof::Basic(said) => said.password(),
            Proof::PasswordOnly(secret) => secret,
        };
        let name: Arc<str> = match (&asked.proof, asked.role) {
            (Proof::Basic(said), Role::Rover) => said.user().into(),
            // Uploads are guessed at by their mountpoint. No account's name has a colon.
            _ => format!(":{}", asked.mountpoint).into(),
        };
        if !self.guard.is_heard(&name, asked.peer) {
            return Verdict::Denied(Denial::LockedOut);
        }
        let verdict = self.table.decide(asked);
        if matches!(&verdict, Verdict::Denied(denial) if denial.is_about_credentials()) {
            let is_new = self.guard.verifier.on_wrong(&name, password);
            self.guard.on_wrong(&name, asked.peer, is_new);
        } else {
            self.guard.lockout().on_right(&name, asked.peer);
        }
        verdict
    }

    async fn decide_stored(&self, asked: &Asked, said: &Credentials) -> Verdict {
        let found = match &self.accounts {
            Some(accounts) => accounts.find(said.user()),
            None => Known::Nobody,
        };
        let (name, account) = match found {
            Known::Account(name, account) => (name, account),
            Known::Unsure => return Verdict::Denied(Denial::AccountsUnreachable),
            Known::Nobody => return Verdict::Denied(self.nobody(said, asked.peer)),
        };
        if !self.guard.is_heard(&name, asked.peer) {
            return Verdict::Denied(Denial::LockedOut);
        }
        let is_suspect = self.guard.lockout().is_suspect(asked.peer, self.guard.clock.now());
        let verifier = &self.guard.verifier;
        match verifier.verify(said, &account.password, asked.peer, is_suspect).await {
            Outcome::Right => {
                self.guard.lockout().on_right(&name, asked.peer);
                // Told only to who knows the password: others need not know that an account has expired.
                match usable(&account, &asked.mountpoint, posix_now()) {
                    Ok(()) => Verdict::Admitted(grant(name, &account)),
                    Err(why) => Verdict::Denied(Denial::Unusable(why)),
                }
            }
            Outcome::Wrong { is_new } => {
                self.guard.on_wrong(&name, asked.peer, is_new);
                Verdict::Denied(Denial::WrongPassword)
            }
            Outcome::Busy => Verdict::Denied(Denial::Busy),
        }
    }

    /// The same answers that an account would get, as far as they cost nothing.
    fn nobody(&self, said: &Credentials, from: IpAddr) -> Denial {
        let name: Arc<str> = said.user().into();
        if !self.guard.is_heard(&name, from) {
            return Denial::LockedOut;
        }
        if self.accounts.is_some() && self.guard.verifier.is_full() {
            return Denial::Busy;
        }
        let is_new = self.guard.verifier.on_wrong(&name, said.password());
        self.guard.on_wrong(&name, from, is_new);
        Denial::UnknownAccount
    }
}

fn grant(name: Arc<str>, account: &Account) -> Grant {
    Grant {
        account: Some(name),
        sessions: account.sessions,
        area: account.area.clone(),
        recognised_by: Some(account.password.clone()),
    }
}

impl Access for Gate {
    fn authenticate<'a>(&'a self, asked: &'a Asked) -> Answer<'a> {
        Box::pin(self.decide(asked))
    }

    fn may_stay(&self, grant: &Grant, role: Role, mountpoint: &Mountpoint) -> Result<(), Revoked> {
        let Some(hash) = &grant.recognised_by else {
            let stays = self.table.may_stay(grant.account.as_deref(), role, mountpoint);
            return if stays { Ok(()) } else { Err(Revoked::Removed) };
        };
        if self.table.is_open(mountpoint) {
            return Ok(());
        }
        let name = grant.account.as_deref().unwrap_or_default();
        let Some(Known::Account(_, account)) =
            self.accounts.as_ref().map(|accounts| accounts.find(name))
        else {
            return Err(Revoked::Removed);
        };
        usable(&account, mountpoint, posix_now()).map_err(Revoked::Unusable)?;
        if account.password != *hash {
            return Err(Revoked::PasswordChanged);
        }
        if account.area != grant.area {
            return Err(Revoked::AreaChanged);
        }
        Ok(())
    }

    fn is_open(&self, mountpoint: &Mountpoint) -> bool {
        self.table.is_open(mountpoint)
    }
}

#[cfg(test)]
mod tests;
