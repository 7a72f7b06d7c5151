//! From conditions to alarms: hold-down, flapping, acknowledgement and reminders.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::uptime::Uptime;

use crate::alarm::kind::{Condition, Detail, Key, Severity};

/// An alarm that was raised so often
const FLAPPING_RAISES: usize = 3;
/// within this time flaps: it is told once more, and stays until it was quiet for long.
const FLAPPING_WITHIN: Duration = Duration::from_hours(1);
/// How long a flapping alarm has to be quiet.
pub const FLAPPING_CLEAR: Duration = Duration::from_mins(30);
/// A critical alarm that nobody acknowledged is told again after this time.
pub const REMIND_EVERY: Duration = Duration::from_hours(4);
/// Alarms that are over and still remembered, for pages.
const OVER_MAX: usize = 256;

/// An alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// Its number, by which it is acknowledged; never used twice in a run.
    pub id: u64,
    /// What, and of whom.
    pub key: Key,
    /// The particulars, as they are now.
    pub detail: Detail,
    /// Since when it is so.
    pub since: GpsTime,
    /// When it was over; none while it is not.
    pub until: Option<GpsTime>,
    /// Who has taken it on, if anybody.
    pub acknowledged: Option<Acknowledged>,
    /// Whether it comes and goes.
    pub flapping: bool,
}

/// Somebody has taken an alarm on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Who.
    pub by: String,
    /// When.
    pub at: GpsTime,
}

/// A change that somebody has to be told.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// An alarm begins.
    Raised(Alarm),
    /// An alarm is over.
    Resolved(Alarm),
    /// An alarm goes on, and nobody has taken it on.
    Reminder(Alarm),
}

/// All alarms.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    entries: BTreeMap<Key, Entry>,
    over: VecDeque<Alarm>,
    last_id: u64,
}

#[derive(Clone, Debug)]
struct Entry {
    state: State,
    raises: VecDeque<Uptime>,
}

#[derive(Clone, Debug)]
enum State {
    /// Quiet; kept for its raises.
    Quiet,
    /// It is so, but not for long enough.
    Pending { since: Uptime, began: GpsTime },
    /// It is an alarm.
    Raised { alarm: Alarm, told: Uptime, quiet_since: Option<Uptime> },
}

impl Machine {
    /// Takes everything that is wrong now; what is not among it is not wrong.
    pub fn step(&mut self, now: Uptime, time: GpsTime, wrong: Vec<Condition>) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut wrong: BTreeMap<Key, Condition> =
            wrong.into_iter().map(|c| (c.key.clone(), c)).collect();
        for (key, entry) in &mut self.entries {
            let condition = wrong.remove(key);
            let change = entry.step(key, condition, (now, time), &mut self.last_id);
            if let Some(Change::Resolved(alarm)) = &change {
                if self.over.len() == OVER_MAX {
                    self.over.pop_front();
                }
                self.over.push_back(alarm.clone());
            }
            changes.extend(change);
        }
        for (key, condition) in wrong {
            let mut entry = Entry { state: State::Quiet, raises: VecDeque::new() };
            changes.extend(entry.step(&key, Some(condition), (now, time), &mut self.last_id));
            self.entries.insert(key, entry);
        }
        self.entries.retain(|_, entry| !entry.is_forgotten(now));
        changes
    }

    /// Somebody takes an alarm on; whether there is such an alarm.
    pub fn acknowledge(&mut self, id: u64, by: &str, at: GpsTime) -> bool {
        let mut raised = self.entries.values_mut().filter_map(|entry| match &mut entry.state {
            State::Raised { alarm, .. } => Some(alarm),
            State::Quiet | State::Pending { .. } => None,
        });
        let Some(alarm) = raised.find(|alarm| alarm.id == id) else { return false };
        alarm.acknowledged.get_or_insert_with(|| Acknowledged { by: by.to_owned(), at });
        true
    }

    /// The alarms that are on, by kind and station.
    pub fn raised(&self) -> impl Iterator<Item = &Alarm> {
        self.entries.values().filter_map(|entry| match &entry.state {
            State::Raised { alarm, .. } => Some(alarm),
            State::Quiet | State::Pending { .. } => None,
        })
    }

    /// The last alarms that are over, the newest last.
    pub fn over(&self) -> impl DoubleEndedIterator<Item = &Alarm> {
        self.over.iter()
    }
}

impl Entry {
    fn step(
        &mut self,
        key: &Key,
        condition: Option<Condition>,
        (now, time): (Uptime, GpsTime),
        last_id: &mut u64,
    ) -> Option<Change> {
        self.raises.retain(|raised| now - *raised <= FLAPPING_WITHIN);
        match (&mut self.state, condition) {
            (State::Raised { alarm, told, quiet_since }, Some(condition)) => {
                alarm.detail = condition.detail;
                *quiet_since = None;
                let is_due = now - *told >= REMIND_EVERY
                    && alarm.acknowledged.is_none()
                    && key.kind.severity() == Severity::Critical;
                is_due.then(|| {
                    *told = now;
                    Change::Reminder(alarm.clone())
                })
            }
            (State::Raised { alarm, quiet_since, .. }, None) => {
                let since = *quiet_since.get_or_insert(now);
                let clear = if alarm.flapping { FLAPPING_CLEAR } else { key.kind.clear() };
                if now - since < clear {
                    return None;
                }
                let over = Alarm { until: Some(time), ..alarm.clone() };
                self.state = State::Quiet;
                Some(Change::Resolved(over))
            }
            (State::Quiet, Some(condition)) => {
                let began = condition.since.unwrap_or(time);
                self.state = State::Pending { since: now, began };
                self.raise_if_due(key, condition, now, last_id)
            }
            (State::Pending { .. }, Some(condition)) => {
                self.raise_if_due(key, condition, now, last_id)
            }
            (State::Pending { .. }, None) => {
                self.state = State::Quiet;
                None
            }
            (State::Quiet, None) => None,
        }
    }

    fn raise_if_due(
        &mut self,
        key: &Key,
        condition: Condition,
        now: Uptime,
        last_id: &mut u64,
    ) -> Option<Change> {
        let State::Pending { since, began } = self.state else { return None };
        if now - since < key.kind.hold() {
            return None;
        }
        self.raises.push_back(now);
        *last_id += 1;
        let alarm = Alarm {
            id: *last_id,
            key: key.clone(),
            detail: condition.detail,
            since: began,
            until: None,
            acknowledged: None,
            flapping: self.raises.len() >= FLAPPING_RAISES,
        };
        self.state = State::Raised { alarm: alarm.clone(), told: now, quiet_since: None };
        Some(Change::Raised(alarm))
    }

    fn is_forgotten(&self, now: Uptime) -> bool {
        let recent = self.raises.iter().any(|raised| now - *raised <= FLAPPING_WITHIN);
        matches!(self.state, State::Quiet) && !recent
    }
}

#[cfg(test)]
mod tests;
