//! Every account in memory, by name: what logins ask, and what a store's changes are applied to.

use std::collections::HashMap;
use std::sync::Arc;

use tianshu_ntrip::mountpoint::Mountpoint;

use crate::accounts::account::{Account, AccountRole, PosixSeconds};
use crate::accounts::store::{Changes, Position};

/// The accounts as they were at one position of the store.
#[derive(Debug, Default)]
pub struct Directory {
    accounts: HashMap<Arc<str>, Arc<Account>>,
    /// Where the store was; `None` before the first reading.
    position: Option<Position>,
}

/// Why an account may not be used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// An operator has disabled it.
    Disabled,
    /// It begins later.
    NotYetValid,
    /// It is over.
    Expired,
    /// It is not a rover's.
    NotARover,
    /// It may not use the mountpoint.
    NoRight,
}

impl Directory {
    /// The account of a name, with the name as it is shared.
    pub fn find(&self, name: &str) -> Option<(&Arc<str>, &Arc<Account>)> {
        self.accounts.get_key_value(name)
    }

    /// Where the store was when it was read last; `None` before the first reading.
    pub fn position(&self) -> Option<&Position> {
        self.position.as_ref()
    }

    /// How many accounts there are.
    pub fn len(&self) -> usize {
        self.accounts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    /// Takes up what changed.
    pub fn apply(&mut self, changes: Changes) {
        if changes.is_everything {
            self.accounts.clear();
        }
        for name in &changes.removed {
            self.accounts.remove(name.as_str());
        }
        // Of an account that cannot be read nobody knows whether it may still be used.
        for unreadable in &changes.unreadable {
            self.accounts.remove(unreadable.name.as_str());
        }
        for account in changes.accounts {
            self.accounts.insert(account.name.as_str().into(), Arc::new(account));
        }
        self.position = Some(changes.position);
    }
}

/// Whether an account may be used for anything at this moment.
pub fn is_valid(account: &Account, now: PosixSeconds) -> Result<(), Unusable> {
    if !account.enabled {
        return Err(Unusable::Disabled);
    }
    if account.validity.is_over(now) {
        return Err(Unusable::Expired);
    }
    if !account.validity.has_begun(now) {
        return Err(Unusable::NotYetValid);
    }
    Ok(())
}

/// Whether a rover may use an account at a mountpoint at this moment.
pub fn usable(account: &Account, at: &Mountpoint, now: PosixSeconds) -> Result<(), Unusable> {
    is_valid(account, now)?;
    if account.role != AccountRole::Rover {
        return Err(Unusable::NotARover);
    }
    if !account.may_use(at) {
        return Err(Unusable::NoRight);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::account::{AccountName, Validity};
    use crate::accounts::password::PasswordHash;
    use crate::accounts::store::Unreadable;

    fn account(name: &str) -> Account {
        let hash = PasswordHash::of_weak_work("secret");
        Account::rover(AccountName::new(name).unwrap(), hash, 0)
    }

    fn changes(accounts: Vec<Account>, is_everything: bool, revision: i64) -> Changes {
        let position = Position { store: "s".to_owned(), revision };
        Changes { accounts, removed: Vec::new(), unreadable: Vec::new(), is_everything, position }
    }

    #[test]
    fn changes_are_applied_and_everything_replaces_everything() {
        let mut directory = Directory::default();
        assert!(directory.position().is_none() && directory.is_empty());
        directory.apply(changes(vec![account("anna"), account("bert")], true, 1));
        let mut disabled = account("anna");
        disabled.enabled = false;
        directory.apply(changes(vec![disabled], false, 2));
        assert!(!directory.find("anna").unwrap().1.enabled && directory.len() == 2);
        let mut gone = changes(vec![], false, 3);
        gone.removed.push("bert".to_owned());
        directory.apply(gone);
        assert!(directory.find("bert").is_none());
        let mut broken = changes(vec![], false, 4);
        broken.unreadable.push(Unreadable { name: "anna".to_owned(), why: "its area".to_owned() });
        directory.apply(broken);
        assert!(directory.is_empty(), "an account that cannot be read cannot be used");
        directory.apply(changes(vec![account("carl")], true, 5));
        assert_eq!((directory.len(), directory.position().unwrap().revision), (1, 5));
    }

    #[test]
    fn each_reason_has_its_name() {
        let out = Mountpoint::new("OUT").unwrap();
        let check = |change: &dyn Fn(&mut Account), expected| {
            let mut anna = account("anna");
            change(&mut anna);
            assert_eq!(usable(&anna, &out, 100), expected);
        };
        check(&|_| {}, Ok(()));
        check(&|a| a.enabled = false, Err(Unusable::Disabled));
        check(&|a| a.validity = Validity { from: None, until: Some(100) }, Err(Unusable::Expired));
        check(
            &|a| a.validity = Validity { from: Some(101), until: None },
            Err(Unusable::NotYetValid),
        );
        check(&|a| a.role = AccountRole::Auditor, Err(Unusable::NotARover));
        check(&|a| a.mountpoints = Some([].into()), Err(Unusable::NoRight));
        check(&|a| a.mountpoints = Some([out.clone()].into()), Ok(()));
    }
}
