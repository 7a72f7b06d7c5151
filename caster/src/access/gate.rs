//! The gate: accounts of the configuration and of the store side by side, and nobody heard who guesses.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tianshu_ntrip::credentials::{Credentials, Secret};
use tianshu_ntrip::mountpoint::Mountpoint;

use crate::access::table::TableAccess;
use crate::access::{
    Access, Answer, Asked, Denial, Grant, NoRandomness, Proof, Revoked, Role, Verdict,
};
use crate::accounts::account::Account;
use crate::accounts::directory::{is_valid, usable};
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

    /// Counts what became of a password that no hash had to be tried for.
    fn on_password(&self, name: &Arc<str>, password: &Secret, from: IpAddr, is_right: bool) {
        if is_right {
            self.lockout().on_right(name, from);
        } else {
            let is_new = self.verifier.on_wrong(name, password);
            self.on_wrong(name, from, is_new);
        }
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
        let is_wrong = matches!(&verdict, Verdict::Denied(denial) if denial.is_about_credentials());
        self.guard.on_password(&name, password, asked.peer, !is_wrong);
        verdict
    }

    async fn decide_stored(&self, asked: &Asked, said: &Credentials) -> Verdict {
        match recognise(self.accounts.as_deref(), &self.guard, said, asked.peer).await {
            // Told only to who knows the password: others need not know that an account has expired.
            Ok((name, account)) => match usable(&account, &asked.mountpoint, posix_now()) {
                Ok(()) => Verdict::Admitted(grant(name, &account)),
                Err(why) => Verdict::Denied(Denial::Unusable(why)),
            },
            Err(denial) => Verdict::Denied(denial),
        }
    }
}

/// Finds the account of the store whose name and password these are; nobody is heard who guesses.
async fn recognise(
    accounts: Option<&Accounts>,
    guard: &Guard,
    said: &Credentials,
    from: IpAddr,
) -> Result<(Arc<str>, Arc<Account>), Denial> {
    let (name, account) = match accounts.map_or(Known::Nobody, |all| all.find(said.user())) {
        Known::Account(name, account) => (name, account),
        Known::Unsure => return Err(Denial::AccountsUnreachable),
        Known::Nobody => return Err(nobody(accounts.is_some(), guard, said, from)),
    };
    if !guard.is_heard(&name, from) {
        return Err(Denial::LockedOut);
    }
    let is_suspect = guard.lockout().is_suspect(from, guard.clock.now());
    match guard.verifier.verify(said, &account.password, from, is_suspect).await {
        Outcome::Right => {
            guard.lockout().on_right(&name, from);
            Ok((name, account))
        }
        Outcome::Wrong { is_new } => {
            guard.on_wrong(&name, from, is_new);
            Err(Denial::WrongPassword)
        }
        Outcome::Busy => Err(Denial::Busy),
    }
}

/// The same answers that an account would get, as far as they cost nothing.
fn nobody(has_accounts: bool, guard: &Guard, said: &Credentials, from: IpAddr) -> Denial {
    let name: Arc<str> = said.user().into();
    if !guard.is_heard(&name, from) {
        return Denial::LockedOut;
    }
    if has_accounts && guard.verifier.is_full() {
        return Denial::Busy;
    }
    guard.on_password(&name, said.password(), from, false);
    Denial::UnknownAccount
}

/// Recognises people at other doors than the caster's own, such as an operators' page: the same accounts, the same memory of who guessed.
#[derive(Clone)]
pub struct Recogniser {
    accounts: Option<Arc<Accounts>>,
    guard: Arc<Guard>,
}

impl Recogniser {
    /// One that knows those accounts, and shares a guard with the gate.
    pub fn new(accounts: Option<Arc<Accounts>>, guard: Arc<Guard>) -> Self {
        Self { accounts, guard }
    }

    /// The account of that name and password, if it may be used at this moment; what it may do there is the caller's question.
    pub async fn recognise(
        &self,
        said: &Credentials,
        from: IpAddr,
    ) -> Result<(Arc<str>, Arc<Account>), Denial> {
        let found = recognise(self.accounts.as_deref(), &self.guard, said, from).await?;
        is_valid(&found.1, posix_now()).map_err(Denial::Unusable)?;
        Ok(found)
    }

    /// Whether somebody is heard at this moment, for passwords that are kept elsewhere.
    pub fn is_heard(&self, name: &Arc<str>, from: IpAddr) -> bool {
        self.guard.is_heard(name, from)
    }

    /// Counts what became of a password that is kept elsewhere. Repeating a wrong one is no guess.
    pub fn on_password(&self, said: &Credentials, from: IpAddr, is_right: bool) {
        self.guard.on_password(&said.user().into(), said.password(), from, is_right);
    }

    /// Counts a guess at something else than the password, such as a second factor.
    pub fn on_wrong(&self, name: &Arc<str>, from: IpAddr) {
        self.guard.on_wrong(name, from, true);
    }

    /// The account of that name as it is now; none where it is unknown, or may not be used any more.
    pub fn account(&self, name: &str) -> Option<Arc<Account>> {
        let Known::Account(_, account) = self.accounts.as_ref()?.find(name) else { return None };
        is_valid(&account, posix_now()).is_ok().then_some(account)
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
