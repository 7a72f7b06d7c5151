//! Passwords verified once, and then remembered under a keyed hash.
//!
//! Argon2id is slow on purpose: after a restart ten thousand rovers would keep a processor busy for minutes, and whoever sends
//! wrong passwords could keep it busy for ever (docs/ntrip-in-the-field.md, note 38). So a password that was right is remembered
//! as HMAC-SHA-256 under a key that is drawn at the start and never leaves this process; so is one that was wrong. The hash
//! of the account is part of what is signed, so a new password makes all that was remembered about the old one worthless.
//!
//! What is not remembered is verified by few threads. Those who wait for them are bounded, overall and per address; beyond
//! that they are told to try again later.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use ring::hmac;
use ring::rand::SystemRandom;
use tianshu_ntrip::credentials::{Credentials, Secret};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use crate::access::NoRandomness;
use crate::accounts::password::PasswordHash;
use crate::accounts::recent::Recent;
use crate::locked::lock;
use crate::throttle::Subscriber;

/// Right passwords remembered: between so many and twice as many, some 50 bytes each. Twice the accounts of a large network.
pub const RIGHT_EACH: usize = 100_000;

/// Wrong passwords remembered. Apart from the right ones, so that no flood of wrong ones makes those forgotten.
pub const WRONG_EACH: usize = 50_000;

/// Verifications that may wait for each thread: at 30 ms each the last one waits for 2 s, which clients bear.
pub const WAITING_PER_THREAD: usize = 64;

/// Of those places an address may have this part: a gateway of many rovers fills no queue alone.
pub const ADDRESS_PART: usize = 4;

/// Places of an address that guessed wrong lately: its owner's next try, and one more.
pub const SUSPECT_PLACES: usize = 2;

/// What is known of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is the account's.
    Right,
    /// It is not.
    Wrong {
        /// Whether it was not known to be wrong: a repeated wrong password is no new guess.
        is_new: bool,
    },
    /// Too many wait to be verified: try again later.
    Busy,
}

/// Verifies passwords, and remembers.
pub struct Verifier {
    key: hmac::Key,
    right: Mutex<Recent<Fingerprint, ()>>,
    wrong: Mutex<Recent<Fingerprint, ()>>,
    /// Verifications that are waited for; who comes with the same password waits for the same one.
    running: Mutex<HashMap<Fingerprint, Arc<OnceCell<bool>>>>,
    places: Arc<Semaphore>,
    places_max: usize,
    threads: Arc<Semaphore>,
    by_address: Arc<Mutex<HashMap<Subscriber, usize>>>,
}

/// Name, hash and password under the key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Fingerprint([u8; 32]);

/// Nobody verifies any more, or there is no place.
struct NoPlace;

impl Verifier {
    /// Verifies with so many threads at once.
    pub fn new(threads: usize) -> Result<Self, NoRandomness> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        let threads = threads.max(1);
        let places_max = threads * (WAITING_PER_THREAD + 1);
        Ok(Self {
            key: key.map_err(|_| NoRandomness)?,
            right: Mutex::new(Recent::new(RIGHT_EACH)),
            wrong: Mutex::new(Recent::new(WRONG_EACH)),
            running: Mutex::default(),
            places: Arc::new(Semaphore::new(places_max)),
            places_max,
            threads: Arc::new(Semaphore::new(threads)),
            by_address: Arc::default(),
        })
    }

    /// Whether the password is that of the hash. At once if it is remembered, else when a thread has verified it.
    pub async fn verify(
        &self,
        said: &Credentials,
        hash: &PasswordHash,
        from: IpAddr,
        is_suspect: bool,
    ) -> Outcome {
        let print = self.fingerprint(said.user(), hash.as_str(), said.password());
        if lock(&self.right).get(&print).is_some() {
            return Outcome::Right;
        }
        if lock(&self.wrong).get(&print).is_some() {
            return Outcome::Wrong { is_new: false };
        }
        let cell = Arc::clone(lock(&self.running).entry(print).or_default());
        let subscriber = Subscriber::from(from);
        let found = cell
            .get_or_try_init(|| self.work(said.password(), hash, subscriber, is_suspect))
            .await
            .copied();
        let outcome = match found {
            Ok(true) => {
                lock(&self.right).put(print, ());
                Outcome::Right
            }
            Ok(false) => Outcome::Wrong { is_new: self.is_new_wrong(print) },
            Err(NoPlace) => Outcome::Busy,
        };
        // After it is remembered, so that nobody who comes in between begins anew.
        let mut running = lock(&self.running);
        if running.get(&print).is_some_and(|now| Arc::ptr_eq(now, &cell)) {
            running.remove(&print);
        }
        outcome
    }

    /// Remembers a wrong password of an account that has no hash: of the configuration, or of nobody. Tells whether it is new.
    pub fn on_wrong(&self, name: &str, password: &Secret) -> bool {
        self.is_new_wrong(self.fingerprint(name, "", password))
    }

    /// Whether nobody may wait any more.
    pub fn is_full(&self) -> bool {
        self.places.available_permits() == 0
    }

    fn is_new_wrong(&self, print: Fingerprint) -> bool {
        let mut wrong = lock(&self.wrong);
        let is_new = wrong.get(&print).is_none();
        if is_new {
            wrong.put(print, ());
        }
        is_new
    }

    async fn work(
        &self,
        password: &Secret,
        hash: &PasswordHash,
        from: Subscriber,
        is_suspect: bool,
    ) -> Result<bool, NoPlace> {
        let place = self.take_place(from, is_suspect)?;
        let thread = Arc::clone(&self.threads).acquire_owned().await.map_err(|_| NoPlace)?;
        let (password, hash) = (password.clone(), hash.clone());
        let verified = spawn_blocking(move || {
            let is_right = hash.is_of(&password);
            // Held until the work is done, even if nobody waits for it any more.
            drop((thread, place));
            is_right
        });
        verified.await.map_err(|_| NoPlace)
    }

    fn take_place(&self, from: Subscriber, is_suspect: bool) -> Result<Place, NoPlace> {
        let overall = Arc::clone(&self.places).try_acquire_owned().map_err(|_| NoPlace)?;
        let most = if is_suspect { SUSPECT_PLACES } else { self.places_max / ADDRESS_PART };
        let mut counts = lock(&self.by_address);
        let here = counts.entry(from).or_default();
        if *here >= most {
            return Err(NoPlace);
        }
        *here += 1;
        drop(counts);
        Ok(Place { _overall: overall, from, by_address: Arc::clone(&self.by_address) })
    }

    fn fingerprint(&self, name: &str, hash: &str, password: &Secret) -> Fingerprint {
        let mut signing = hmac::Context::with_key(&self.key);
        // Each with its length, so that no two different triples are the same bytes.
        for part in [name, hash, password.reveal()] {
            signing.update(&(part.len() as u64).to_le_bytes());
            signing.update(part.as_bytes());
        }
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(signing.sign().as_ref()) {
            *to = *from;
        }
        Fingerprint(bytes)
    }
}

/// A place among those who wait, until it is dropped.
struct Place {
    _overall: OwnedSemaphorePermit,
    from: Subscriber,
    by_address: Arc<Mutex<HashMap<Subscriber, usize>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = lock(&self.by_address);
        if let Some(here) = counts.get_mut(&self.from) {
            *here -= 1;
            if *here == 0 {
                counts.remove(&self.from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> IpAddr {
        IpAddr::V4(number.into())
    }

    fn said(user: &str, password: &str) -> Credentials {
        Credentials::new(user, password).unwrap()
    }

    #[tokio::test]
    async fn a_right_password_is_verified_once() {
        let verifier = Verifier::new(1).unwrap();
        let hash = PasswordHash::of_weak_work("secret");
        let anna = said("anna", "secret");
        assert_eq!(verifier.verify(&anna, &hash, address(1), false).await, Outcome::Right);
        // Without threads nothing can be verified any more: what is known is remembered.
        verifier.threads.close();
        assert_eq!(verifier.verify(&anna, &hash, address(2), true).await, Outcome::Right);
        let changed = PasswordHash::of_weak_work("secret");
        assert_eq!(verifier.verify(&anna, &changed, address(1), false).await, Outcome::Busy);
        let bert = said("bert", "secret");
        assert_eq!(verifier.verify(&bert, &hash, address(1), false).await, Outcome::Busy);
    }

    #[tokio::test]
    async fn a_wrong_password_is_new_once() {
        let verifier = Verifier::new(1).unwrap();
        let hash = PasswordHash::of_weak_work("secret");
        let wrong = said("anna", "guess");
        for is_new in [true, false, false] {
            let outcome = verifier.verify(&wrong, &hash, address(1), false).await;
            assert_eq!(outcome, Outcome::Wrong { is_new });
        }
        assert!(verifier.on_wrong("anna", wrong.password()), "of another hash");
        assert!(!verifier.on_wrong("anna", wrong.password()));
        assert!(lock(&verifier.running).is_empty() && lock(&verifier.by_address).is_empty());
    }

    /// Places run out overall, for an address, and sooner for one that guesses; nobody who is remembered needs one.
    #[tokio::test]
    async fn those_who_wait_are_bounded() {
        let verifier = Arc::new(Verifier::new(1).unwrap());
        let hash = PasswordHash::of_weak_work("secret");
        let known = said("known", "secret");
        assert_eq!(verifier.verify(&known, &hash, address(1), false).await, Outcome::Right);
        let all_threads = Arc::clone(&verifier.threads).acquire_owned().await.unwrap();
        let mut waiting = Vec::new();
        let wait = |user: String, from: u32, is_suspect: bool| {
            let (verifier, hash) = (Arc::clone(&verifier), hash.clone());
            tokio::spawn(async move {
                verifier.verify(&said(&user, "secret"), &hash, address(from), is_suspect).await
            })
        };
        let mut busy = 0;
        for (from, is_suspect, places) in
            [(2, true, SUSPECT_PLACES), (3, false, verifier.places_max / ADDRESS_PART)]
        {
            for i in 0..places + 3 {
                waiting.push(wait(format!("user{from}-{i}"), from, is_suspect));
            }
            busy += 3;
        }
        let left = verifier.places_max - SUSPECT_PLACES - verifier.places_max / ADDRESS_PART;
        for i in 0..left + 5 {
            waiting.push(wait(format!("other{i}"), 100 + u32::try_from(i).unwrap(), false));
        }
        busy += 5;
        while !verifier.is_full() || lock(&verifier.running).len() + busy > waiting.len() {
            tokio::task::yield_now().await;
        }
        assert_eq!(verifier.verify(&known, &hash, address(2), true).await, Outcome::Right);
        drop(all_threads);
        let mut told = HashMap::new();
        for task in waiting {
            *told.entry(format!("{:?}", task.await.unwrap())).or_insert(0) += 1;
        }
        assert_eq!(told.get("Busy"), Some(&busy), "{told:?}");
        assert!(!verifier.is_full() && lock(&verifier.by_address).is_empty());
    }

    /// A hundred rovers of one account after a restart cost one verification.
    #[tokio::test]
    async fn the_same_password_is_waited_for_together() {
        let verifier = Arc::new(Verifier::new(1).unwrap());
        let hash = PasswordHash::of_weak_work("secret");
        let all_threads = Arc::clone(&verifier.threads).acquire_owned().await.unwrap();
        let waiting: Vec<_> = (0..100)
            .map(|from| {
                let (verifier, hash) = (Arc::clone(&verifier), hash.clone());
                tokio::spawn(async move {
                    verifier.verify(&said("anna", "secret"), &hash, address(from), true).await
                })
            })
            .collect();
        tokio::task::yield_now().await;
        assert_eq!(verifier.places.available_permits(), verifier.places_max - 1);
        drop(all_threads);
        for task in waiting {
            assert_eq!(task.await.unwrap(), Outcome::Right);
        }
    }
}
