//! Who is in: every session that was let in, by its number and by its account.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tianshu_ntrip::mountpoint::Mountpoint;

use crate::access::{Denial, Grant, Role};
use crate::accounts::account::{SessionLimit, WhenFull};
use crate::control::Control;
use crate::events::{EndReason, SessionId};

/// Who is in.
#[derive(Debug, Default)]
pub(crate) struct Members(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    sessions: HashMap<SessionId, Member>,
    /// Rovers by their account, the oldest first.
    by_account: HashMap<Arc<str>, VecDeque<SessionId>>,
}

/// One who is in.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) role: Role,
    pub(crate) mountpoint: Mountpoint,
    pub(crate) grant: Grant,
    pub(crate) control: Arc<Control>,
}

impl Member {
    /// The account whose sessions are counted: a rover's, if it has one.
    fn counted(&self) -> Option<&Arc<str>> {
        self.grant.account.as_ref().filter(|_| self.role == Role::Rover)
    }
}

impl Inside {
    /// Makes room for one more of the account, as its limit says. Gives how many were told to go.
    fn make_room(&self, account: &Arc<str>, limit: SessionLimit) -> Result<usize, Denial> {
        let alive: Vec<_> = self
            .by_account
            .get(account)
            .into_iter()
            .flatten()
            .filter_map(|id| self.sessions.get(id))
            // One that was told to go counts no more, though it may still be finishing its frame.
            .filter(|member| !member.control.is_ended())
            .collect();
        let max = usize::try_from(limit.max).unwrap_or(usize::MAX).max(1);
        let surplus = (alive.len() + 1).saturating_sub(max);
        if surplus > 0 && limit.when_full == WhenFull::RefuseNew {
            return Err(Denial::SessionLimit);
        }
        for oldest in alive.iter().take(surplus) {
            oldest.control.end(EndReason::Displaced);
        }
        Ok(surplus)
    }

    fn insert(&mut self, id: SessionId, member: Member) {
        if let Some(account) = member.counted() {
            self.by_account.entry(Arc::clone(account)).or_default().push_back(id);
        }
        self.sessions.insert(id, member);
    }

    fn remove(&mut self, id: SessionId) {
        let Some(member) = self.sessions.remove(&id) else { return };
        let Some(account) = member.counted() else { return };
        if let Some(ids) = self.by_account.get_mut(account) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_account.remove(account);
            }
        }
    }
}

impl Members {
    /// Takes a session in; `look` sees it under the lock, before anybody else does. Gives its place, and how many others of
    /// its account were told to go.
    pub(crate) fn enter(
        self: &Arc<Self>,
        id: SessionId,
        member: Member,
        look: impl FnOnce(&Member),
    ) -> Result<(SessionPlace, usize), Denial> {
        let mut inside = self.inside();
        let displaced = match (member.counted(), member.grant.sessions) {
            (Some(account), Some(limit)) => inside.make_room(account, limit)?,
            _ => 0,
        };
        look(&member);
        let account = member.grant.account.clone();
        inside.insert(id, member);
        drop(inside);
        Ok((SessionPlace { members: Arc::clone(self), id, account }, displaced))
    }

    /// Looks at everybody.
    pub(crate) fn for_each(&self, mut look: impl FnMut(&Member)) {
        for member in self.inside().sessions.values() {
            look(member);
        }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a session among the members, until it is dropped.
#[derive(Debug)]
pub(crate) struct SessionPlace {
    members: Arc<Members>,
    id: SessionId,
    account: Option<Arc<str>>,
}

impl SessionPlace {
    /// Under which account the session is in.
    pub(crate) fn account(&self) -> Option<Arc<str>> {
        self.account.clone()
    }
}

impl Drop for SessionPlace {
    fn drop(&mut self) {
        self.members.inside().remove(self.id);
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;

    struct Bench {
        members: Arc<Members>,
        caster: CancellationToken,
        next: u64,
    }

    impl Bench {
        fn new() -> Self {
            Self { members: Arc::default(), caster: CancellationToken::new(), next: 0 }
        }

        fn enter(
            &mut self,
            role: Role,
            account: &str,
            limit: Option<SessionLimit>,
        ) -> Result<(SessionPlace, Arc<Control>), Denial> {
            let control = Control::new(&self.caster);
            let grant = Grant { sessions: limit, ..Grant::of(Some(account.into())) };
            let mountpoint = Mountpoint::new("M").unwrap();
            let member = Member { role, mountpoint, grant, control: Arc::clone(&control) };
            self.next += 1;
            let (place, _) = self.members.enter(SessionId(self.next), member, |_| {})?;
            Ok((place, control))
        }
    }

    #[test]
    fn a_full_account_refuses_or_makes_room() {
        let mut bench = Bench::new();
        let limit = |when_full| Some(SessionLimit { max: 2, when_full });
        let (refuse, drop_oldest) = (limit(WhenFull::RefuseNew), limit(WhenFull::DropOldest));
        let (first, first_control) = bench.enter(Role::Rover, "anna", refuse).unwrap();
        let (_second, second_control) = bench.enter(Role::Rover, "anna", refuse).unwrap();
        assert_eq!(bench.enter(Role::Rover, "anna", refuse).unwrap_err(), Denial::SessionLimit);
        assert!(bench.enter(Role::Rover, "bert", refuse).is_ok(), "each account for itself");
        assert!(bench.enter(Role::Station, "anna", refuse).is_ok(), "stations are not counted");
        let (third, third_control) = bench.enter(Role::Rover, "anna", drop_oldest).unwrap();
        assert_eq!(first_control.reason(), EndReason::Displaced);
        assert!(!second_control.is_ended() && !third_control.is_ended());
        // The first is still finishing its frame, and counts no more.
        let (_fourth, _) = bench.enter(Role::Rover, "anna", drop_oldest).unwrap();
        assert!(second_control.is_ended() && !third_control.is_ended());
        drop((first, third));
        assert!(bench.enter(Role::Rover, "anna", refuse).is_ok(), "a place that is free again");
    }

    #[test]
    fn nothing_is_left_of_those_who_went() {
        let mut bench = Bench::new();
        let places: Vec<_> =
            (0..5).map(|_| bench.enter(Role::Rover, "anna", None).unwrap()).collect();
        let mut seen = 0;
        bench.members.for_each(|_| seen += 1);
        assert_eq!(seen, 5);
        drop(places);
        let inside = bench.members.inside();
        assert!(inside.sessions.is_empty() && inside.by_account.is_empty());
    }
}
