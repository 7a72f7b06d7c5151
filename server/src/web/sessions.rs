//! People's sessions at the page: kept in memory, ended by idling, by their age, and by what becomes of their account.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use ring::rand::{SecureRandom, SystemRandom};
use tianshu_caster::accounts::account::AccountRole;
use tianshu_gnss::time::uptime::Uptime;

/// Sessions at the same time. People of an authority and its units are some hundreds; one more than this ends the one that idled longest.
const SESSIONS_MAX: usize = 2_000;
/// Sessions of one account at the same time; one more ends the one that idled longest.
const SESSIONS_PER_ACCOUNT_MAX: usize = 10;
/// Random bytes of a token: nobody guesses 256 bits.
const TOKEN_BYTES: usize = 32;

/// One session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    /// Whose.
    pub user: Arc<str>,
    /// The account's role at the login.
    pub role: AccountRole,
    /// What every change has to carry, so that no other site can make a browser change anything.
    pub csrf: Arc<str>,
    /// When it began.
    pub began: Uptime,
    /// When somebody last did something.
    pub used: Uptime,
    /// Whether a second factor was given.
    pub is_strong: bool,
    /// The hash of the password that opened it: with another password it is over.
    pub opened_by: Arc<str>,
}

/// All sessions.
#[derive(Debug)]
pub(crate) struct Sessions {
    open: Mutex<HashMap<String, Session>>,
    idle: Duration,
    longest: Duration,
}

/// The system gave no random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random numbers for a session")]
pub(crate) struct NoToken;

impl Sessions {
    /// None yet. They end after `idle` without use, and `longest` after their beginning.
    pub(crate) fn new(idle: Duration, longest: Duration) -> Self {
        Self { open: Mutex::default(), idle, longest }
    }

    /// Opens a session; gives the token of its cookie.
    pub(crate) fn open(&self, session: Session) -> Result<String, NoToken> {
        let token = token()?;
        let mut open = self.lock();
        open.retain(|_, old| self.lasts(old, session.began));
        while open.values().filter(|old| old.user == session.user).count()
            >= SESSIONS_PER_ACCOUNT_MAX
        {
            end_idlest(&mut open, |old| old.user == session.user);
        }
        while open.len() >= SESSIONS_MAX {
            end_idlest(&mut open, |_| true);
        }
        open.insert(token.clone(), session);
        Ok(token)
    }

    /// The session of a token, if it lasts. With `is_use` it is used at this moment.
    pub(crate) fn get(&self, token: &str, now: Uptime, is_use: bool) -> Option<Session> {
        let mut open = self.lock();
        let session = open.get_mut(token)?;
        if !self.lasts(session, now) {
            open.remove(token);
            return None;
        }
        if is_use {
            session.used = now;
        }
        Some(session.clone())
    }

    /// The second factor was given.
    pub(crate) fn strengthen(&self, token: &str) {
        if let Some(session) = self.lock().get_mut(token) {
            session.is_strong = true;
        }
    }

    /// Ends a session; gives what it was.
    pub(crate) fn end(&self, token: &str) -> Option<Session> {
        self.lock().remove(token)
    }

    /// Ends all sessions of an account.
    pub(crate) fn end_of(&self, user: &str) {
        self.lock().retain(|_, session| &*session.user != user);
    }

    /// How many last.
    pub(crate) fn count(&self, now: Uptime) -> usize {
        self.lock().values().filter(|session| self.lasts(session, now)).count()
    }

    /// When a session ends if nobody does anything, and when in any case.
    pub(crate) fn ends(&self, session: &Session) -> (Uptime, Uptime) {
        let longest = session.began + self.longest;
        ((session.used + self.idle).min(longest), longest)
    }

    fn lasts(&self, session: &Session, now: Uptime) -> bool {
        now < self.ends(session).0
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn end_idlest(open: &mut HashMap<String, Session>, of: impl Fn(&Session) -> bool) {
    let idlest = open.iter().filter(|(_, session)| of(session)).min_by_key(|(_, s)| s.used);
    if let Some(token) = idlest.map(|(token, _)| token.clone()) {
        open.remove(&token);
    }
}

/// A token that nobody guesses.
pub(crate) fn token() -> Result<String, NoToken> {
    let mut bytes = [0; TOKEN_BYTES];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoToken)?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Uptime {
        Uptime::from_start(Duration::from_secs(seconds))
    }

    fn sessions() -> Sessions {
        Sessions::new(Duration::from_mins(1), Duration::from_secs(200))
    }

    fn session(user: &str, second: u64) -> Session {
        Session {
            user: user.into(),
            role: AccountRole::Operator,
            csrf: "csrf".into(),
            began: at(second),
            used: at(second),
            is_strong: false,
            opened_by: "hash".into(),
        }
    }

    #[test]
    fn a_session_that_idles_ends_and_one_that_is_used_goes_on() {
        let sessions = sessions();
        let idle = sessions.open(session("anna", 0)).expect("a token");
        let used = sessions.open(session("berta", 0)).expect("a token");
        assert!(sessions.get(&used, at(50), true).is_some());
        assert!(sessions.get(&idle, at(50), false).is_some(), "looking is no use");
        assert!(sessions.get(&idle, at(60), true).is_none());
        assert!(sessions.get(&used, at(100), true).is_some());
        assert_eq!(sessions.count(at(100)), 1);
    }

    #[test]
    fn the_longest_session_ends_however_much_it_is_used() {
        let sessions = sessions();
        let token = sessions.open(session("anna", 0)).expect("a token");
        for second in (0..200).step_by(20) {
            assert!(sessions.get(&token, at(second), true).is_some());
        }
        assert!(sessions.get(&token, at(200), true).is_none());
    }

    #[test]
    fn one_session_too_many_of_an_account_ends_its_idlest() {
        let sessions = sessions();
        let tokens: Vec<_> = (0..=SESSIONS_PER_ACCOUNT_MAX as u64)
            .map(|second| sessions.open(session("anna", second)).expect("a token"))
            .collect();
        assert!(sessions.get(&tokens[0], at(20), true).is_none());
        assert!(tokens[1..].iter().all(|token| sessions.get(token, at(20), true).is_some()));
    }

    #[test]
    fn nobody_gets_in_with_a_token_that_was_not_given() {
        let sessions = sessions();
        let token = sessions.open(session("anna", 0)).expect("a token");
        assert!(sessions.get("", at(1), true).is_none());
        assert!(sessions.get(&token[1..], at(1), true).is_none());
        sessions.end_of("anna");
        assert!(sessions.get(&token, at(1), true).is_none());
    }
}
