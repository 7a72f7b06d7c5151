//! The accounts as a running caster has them: read from their store by one thread, which follows its changes.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock, Weak};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::accounts::account::{Account, PosixSeconds};
use crate::accounts::directory::Directory;
#[cfg(test)]
use crate::accounts::store::Position;
use crate::accounts::store::{AccountStore, Changes, Missing, StoreError, StorePlace};
use crate::locked::lock;

/// How often the store is asked for changes: what `tianshu user disable` takes to reach a rover at most, beside
/// [`crate::caster::ACCESS_EVERY`].
pub const POLL_EVERY: Duration = Duration::from_secs(1);

/// How often an outage that lasts is told again.
pub const ALARM_EVERY: Duration = Duration::from_mins(1);

/// The accounts of a store. The thread that follows the store ends when this is dropped.
#[derive(Debug, Default)]
pub struct Accounts {
    directory: RwLock<Directory>,
    reach: Mutex<Reach>,
    reached: Condvar,
}

/// Whether the store answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reach {
    /// It was not asked yet.
    #[default]
    Unknown,
    /// It answered when it was asked last.
    Reached,
    /// It did not.
    Lost,
}

/// What is known of a name.
#[derive(Clone, Debug)]
pub enum Known {
    /// This is its account.
    Account(Arc<str>, Arc<Account>),
    /// There is none.
    Nobody,
    /// There was none, but the store cannot be asked: it may be new.
    Unsure,
}

impl Accounts {
    /// Follows a store from now on.
    pub fn follow(place: StorePlace) -> std::io::Result<Arc<Self>> {
        let accounts = Arc::new(Self::default());
        let followed = Arc::downgrade(&accounts);
        thread::Builder::new()
            .name("accounts".to_owned())
            .spawn(move || follow(&followed, &place))?;
        Ok(accounts)
    }

    /// Waits until the store has answered or failed for the first time, at most so long. Tells whether it has answered.
    pub fn wait_for_first(&self, patience: Duration) -> bool {
        let waiting = |reach: &mut Reach| *reach == Reach::Unknown;
        let (reach, _) = self
            .reached
            .wait_timeout_while(lock(&self.reach), patience, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        *reach == Reach::Reached
    }

    /// The account of a name.
    pub fn find(&self, name: &str) -> Known {
        {
            let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
            if let Some((name, account)) = directory.find(name) {
                return Known::Account(Arc::clone(name), Arc::clone(account));
            }
        }
        if *lock(&self.reach) == Reach::Reached { Known::Nobody } else { Known::Unsure }
    }

    /// How many accounts there are.
    pub fn count(&self) -> usize {
        self.directory.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// These accounts, of a store that has answered.
    #[cfg(test)]
    pub(crate) fn holding(held: Vec<Account>, is_reached: bool) -> Arc<Self> {
        let accounts = Self::default();
        let position = Position { store: "test".to_owned(), revision: 1 };
        accounts.take_up(Changes {
            accounts: held,
            removed: Vec::new(),
            unreadable: Vec::new(),
            is_everything: true,
            position,
        });
        accounts.is_now(if is_reached { Reach::Reached } else { Reach::Lost });
        Arc::new(accounts)
    }

    /// Asks the store once for what is new, and takes it up.
    fn step(&self, store: &mut dyn AccountStore) -> Result<(), StoreError> {
        let position = store.position()?;
        let seen = {
            let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
            directory.position().cloned()
        };
        if seen.as_ref() == Some(&position) {
            return Ok(());
        }
        let changes = store.changes_since(seen.as_ref())?;
        self.take_up(changes);
        Ok(())
    }

    fn take_up(&self, changes: Changes) {
        for row in &changes.unreadable {
            tracing::error!(account = row.name, "a stored account cannot be used: {}", row.why);
        }
        let (changed, removed) = (changes.accounts.len(), changes.removed.len());
        let mut directory = self.directory.write().unwrap_or_else(PoisonError::into_inner);
        directory.apply(changes);
        let all = directory.len();
        drop(directory);
        tracing::info!(changed, removed, all, "accounts read");
    }

    fn is_now(&self, reach: Reach) {
        *lock(&self.reach) = reach;
        self.reached.notify_all();
    }
}

fn follow(accounts: &Weak<Accounts>, place: &StorePlace) {
    let mut store: Option<Box<dyn AccountStore>> = None;
    let mut outage = Outage::default();
    loop {
        let Some(accounts) = accounts.upgrade() else { return };
        let asked = match &mut store {
            Some(open) => accounts.step(open.as_mut()),
            None => place.open(Missing::Fault).and_then(|mut opened| {
                let asked = accounts.step(opened.as_mut());
                store = Some(opened);
                asked
            }),
        };
        match asked {
            Ok(()) => {
                outage.is_over(place);
                accounts.is_now(Reach::Reached);
            }
            Err(error) => {
                store = None;
                outage.goes_on(place, &error);
                accounts.is_now(Reach::Lost);
            }
        }
        drop(accounts);
        thread::sleep(POLL_EVERY);
    }
}

/// An outage of the store: told when it begins, each [`ALARM_EVERY`], and when it is over.
#[derive(Debug, Default)]
struct Outage {
    began: Option<Instant>,
    told: Option<Instant>,
}

impl Outage {
    fn goes_on(&mut self, place: &impl fmt::Display, error: &StoreError) {
        let began = *self.began.get_or_insert_with(Instant::now);
        if self.told.is_some_and(|told| told.elapsed() < ALARM_EVERY) {
            return;
        }
        self.told = Some(Instant::now());
        let seconds = began.elapsed().as_secs();
        tracing::error!(
            %place,
            seconds,
            "ALARM: account store unreachable, known accounts go on as they were, others are told to try later: {error}"
        );
    }

    fn is_over(&mut self, place: &impl fmt::Display) {
        if let Some(began) = self.began.take() {
            let seconds = began.elapsed().as_secs();
            tracing::warn!(%place, seconds, "the account store is reached again");
        }
        self.told = None;
    }
}

/// The moment as accounts tell it.
pub fn posix_now() -> PosixSeconds {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    PosixSeconds::try_from(since.as_secs()).unwrap_or(PosixSeconds::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::account::AccountName;
    use crate::accounts::password::PasswordHash;
    use crate::accounts::store::Existing;

    /// Far longer than a change takes, on however loaded a machine.
    const PATIENCE: Duration = Duration::from_secs(30);

    fn eventually(what: &str, look: impl Fn() -> bool) {
        let began = Instant::now();
        while !look() {
            assert!(began.elapsed() < PATIENCE, "{what}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn a_store_is_followed_lost_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let place = StorePlace::Sqlite(path.clone());
        let accounts = Accounts::follow(place.clone()).unwrap();
        assert!(!accounts.wait_for_first(PATIENCE), "there is no store yet");
        assert!(matches!(accounts.find("anna"), Known::Unsure));
        let account = |name: &str| {
            let hash = PasswordHash::of_weak_work("secret");
            Account::rover(AccountName::new(name).unwrap(), hash, 7)
        };
        let mut store = place.open(Missing::Make).unwrap();
        store.save(&[account("anna")], Existing::Refuse).unwrap();
        eventually("anna is read", || matches!(accounts.find("anna"), Known::Account(..)));
        assert!(matches!(accounts.find("bert"), Known::Nobody));
        let anna = AccountName::new("anna").unwrap();
        store.change(&anna, 8, &mut |account| account.enabled = false).unwrap();
        let is_disabled =
            || matches!(accounts.find("anna"), Known::Account(_, account) if !account.enabled);
        eventually("the change is read", is_disabled);
        // The disk goes: whoever is known stays known, of others nobody can tell.
        let away = folder.path().join("away.db");
        std::fs::rename(&path, &away).unwrap();
        eventually("the outage is noticed", || matches!(accounts.find("bert"), Known::Unsure));
        assert!(is_disabled() && !path.exists());
        store.save(&[account("bert")], Existing::Refuse).unwrap();
        std::fs::rename(&away, &path).unwrap();
        eventually("bert is read", || matches!(accounts.find("bert"), Known::Account(..)));
        assert_eq!(accounts.count(), 2);
    }
}
