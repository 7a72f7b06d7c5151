//! Who guesses passwords is not heard for a while. Pure: it is told the time, and keeps bounded tables.
//!
//! Three things fill up with wrong passwords, and empty with time:
//!
//! - *an account at an address*, after [`GUESSES_AT_ADDRESS`]: the ordinary case. The same account is heard at every other
//!   address, so nobody locks another's account by guessing at it.
//! - *an address*, after [`GUESSES_OF_ADDRESS`] over whatever accounts: then only accounts that came in from there lately are
//!   heard from it. Many rovers share the gateway of a mobile network, and one that is mistyped must not cost the others.
//! - *an account*, after [`GUESSES_AT_ACCOUNT`] from whatever addresses: then it is heard only at addresses from where it came in
//!   lately. One address cannot bring this about, because it is not heard any more after a tenth of it.
//!
//! Only new guesses count: a device that says the same wrong password again and again learns nothing by it, and is told each
//! time that it is wrong.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tianshu_gnss::time::uptime::Uptime;

use crate::accounts::recent::Recent;
use crate::throttle::Subscriber;

/// A table empties in so long.
pub const WINDOW: Duration = Duration::from_mins(10);

/// Wrong passwords of one account at one address before it is not heard there: a typing error, and another.
pub const GUESSES_AT_ADDRESS: u32 = 5;
/// Wrong passwords from one address, over all accounts.
pub const GUESSES_OF_ADDRESS: u32 = 100;
/// Wrong passwords of one account, over all addresses.
pub const GUESSES_AT_ACCOUNT: u32 = 50;

/// Entries of each table, about 100 bytes each. When one is full, those that are nearest to being forgotten make room.
pub const ENTRIES_MAX: usize = 20_000;

/// Of a full table, this part makes room at once, so that a flood of new entries does not sort the table for each.
const MAKE_ROOM_PART: usize = 10;

/// Accounts at addresses where they came in lately: between so many and twice as many.
pub const KNOWN_EACH: usize = 50_000;

/// Why somebody is not heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locked {
    /// This account at this address.
    AccountHere,
    /// This address, for accounts that are not known there.
    Address,
    /// This account, at addresses where it is not known.
    Account,
}

/// Wrong passwords, and where they came from.
#[derive(Debug)]
pub struct Lockout {
    here: Table<(Arc<str>, Subscriber)>,
    addresses: Table<Subscriber>,
    accounts: Table<Arc<str>>,
    known: Recent<(Arc<str>, Subscriber), ()>,
}

impl Default for Lockout {
    fn default() -> Self {
        Self {
            here: Table::new(GUESSES_AT_ADDRESS),
            addresses: Table::new(GUESSES_OF_ADDRESS),
            accounts: Table::new(GUESSES_AT_ACCOUNT),
            known: Recent::new(KNOWN_EACH),
        }
    }
}

impl Lockout {
    /// Whether this account is heard from this address.
    pub fn check(&mut self, account: &Arc<str>, from: IpAddr, now: Uptime) -> Result<(), Locked> {
        let subscriber = Subscriber::from(from);
        let here = (Arc::clone(account), subscriber);
        if self.here.is_full(&here, now) {
            return Err(Locked::AccountHere);
        }
        let address = self.addresses.is_full(&subscriber, now);
        let anywhere = self.accounts.is_full(account, now);
        if (!address && !anywhere) || self.known.get(&here).is_some() {
            return Ok(());
        }
        Err(if address { Locked::Address } else { Locked::Account })
    }

    /// A new guess was wrong.
    pub fn on_wrong(&mut self, account: &Arc<str>, from: IpAddr, now: Uptime) {
        let subscriber = Subscriber::from(from);
        self.here.add((Arc::clone(account), subscriber), now);
        self.addresses.add(subscriber, now);
        self.accounts.add(Arc::clone(account), now);
    }

    /// A password was right. It takes nothing back but for this account at this address: who has one account of his own
    /// must not be able to guess at others for ever.
    pub fn on_right(&mut self, account: &Arc<str>, from: IpAddr) {
        let here = (Arc::clone(account), Subscriber::from(from));
        self.here.forget(&here);
        self.known.put(here, ());
    }

    /// Whether an address guessed wrong lately.
    pub fn is_suspect(&self, from: IpAddr, now: Uptime) -> bool {
        self.addresses.owes(&Subscriber::from(from), now) > Duration::ZERO
    }

    /// How many entries there are, for those who watch memory.
    pub fn entries(&self) -> usize {
        self.here.owed.len() + self.addresses.owed.len() + self.accounts.owed.len()
    }
}

/// Counts that run out: each guess owes a part of the window, and what is owed passes with time.
#[derive(Debug)]
struct Table<K> {
    each: Duration,
    /// Until when an entry owes.
    owed: HashMap<K, Uptime>,
}

impl<K: Hash + Eq + Clone> Table<K> {
    fn new(guesses: u32) -> Self {
        Self { each: WINDOW / guesses, owed: HashMap::new() }
    }

    fn owes(&self, key: &K, now: Uptime) -> Duration {
        self.owed.get(key).map_or(Duration::ZERO, |until| *until - now)
    }

    /// Whether one more would owe more than the window.
    fn is_full(&self, key: &K, now: Uptime) -> bool {
        self.owes(key, now) + self.each > WINDOW
    }

    fn add(&mut self, key: K, now: Uptime) {
        if self.owed.len() >= ENTRIES_MAX && !self.owed.contains_key(&key) {
            self.make_room(now);
        }
        let until = now + (self.owes(&key, now) + self.each).min(WINDOW);
        self.owed.insert(key, until);
    }

    fn forget(&mut self, key: &K) {
        self.owed.remove(key);
    }

    fn make_room(&mut self, now: Uptime) {
        self.owed.retain(|_, until| *until > now);
        let keep = ENTRIES_MAX - ENTRIES_MAX / MAKE_ROOM_PART;
        if self.owed.len() <= keep {
            return;
        }
        let mut moments: Vec<_> = self.owed.values().copied().collect();
        let surplus = moments.len() - keep;
        let (_, least, _) = moments.select_nth_unstable(surplus);
        let least = *least;
        self.owed.retain(|_, until| *until >= least);
        // A flood within one instant owes the same everywhere: then any of them make room.
        if self.owed.len() > keep {
            let any: Vec<K> = self.owed.keys().take(self.owed.len() - keep).cloned().collect();
            for key in any {
                self.owed.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests;
