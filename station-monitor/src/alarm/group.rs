//! One message for what happens together: a router that fails takes ten stations with it, and nobody reads ten messages.

use std::collections::BTreeMap;
use std::time::Duration;

use tianshu_gnss::time::uptime::Uptime;

use crate::alarm::kind::Kind;
use crate::alarm::machine::{Alarm, Change};

/// What follows within this time goes into the same message. Stations on one router fall silent within a second or two of each other.
pub const WAIT: Duration = Duration::from_secs(4);
/// Between two messages of the same kind; what comes meanwhile goes together.
pub const INTERVAL: Duration = Duration::from_secs(15);

/// What a message says of its alarms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Says {
    /// They begin.
    Raised,
    /// They go on.
    Reminder,
    /// They are over.
    Resolved,
}

/// A message: alarms of one kind that began, go on or are over together.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// What of them.
    pub says: Says,
    /// Their kind.
    pub kind: Kind,
    /// The alarms, by their numbers; at least one.
    pub alarms: Vec<Alarm>,
}

/// Gathers changes into messages.
#[derive(Clone, Debug, Default)]
pub struct Grouper {
    waiting: BTreeMap<(Kind, Says), (Uptime, Vec<Alarm>)>,
    sent: BTreeMap<(Kind, Says), Uptime>,
}

impl Grouper {
    /// Takes changes in, and gives the messages that are due.
    pub fn step(&mut self, now: Uptime, changes: Vec<Change>) -> Vec<Message> {
        for change in changes {
            let (says, alarm) = match change {
                Change::Raised(alarm) => (Says::Raised, alarm),
                Change::Reminder(alarm) => (Says::Reminder, alarm),
                Change::Resolved(alarm) => (Says::Resolved, alarm),
            };
            if says == Says::Resolved && self.was_never_told(&alarm) {
                continue;
            }
            let waiting = self.waiting.entry((alarm.key.kind, says));
            waiting.or_insert_with(|| (now, Vec::new())).1.push(alarm);
        }
        let sent = &self.sent;
        let is_due = |of: &(Kind, Says), since: &Uptime| {
            now - *since >= WAIT && sent.get(of).is_none_or(|last| now - *last >= INTERVAL)
        };
        let due: Vec<(Kind, Says)> = self
            .waiting
            .iter()
            .filter(|(of, (since, _))| is_due(of, since))
            .map(|(of, _)| *of)
            .collect();
        let mut messages = Vec::new();
        for of in due {
            if let Some((_, alarms)) = self.waiting.remove(&of) {
                self.sent.insert(of, now);
                messages.push(Message { kind: of.0, says: of.1, alarms });
            }
        }
        messages
    }

    /// An alarm that is over before anybody was told is nobody's news.
    fn was_never_told(&mut self, over: &Alarm) -> bool {
        let Some((_, waiting)) = self.waiting.get_mut(&(over.key.kind, Says::Raised)) else {
            return false;
        };
        let before = waiting.len();
        waiting.retain(|alarm| alarm.id != over.id);
        let was_waiting = waiting.len() < before;
        if waiting.is_empty() {
            self.waiting.remove(&(over.key.kind, Says::Raised));
        }
        was_waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::kind::{Detail, Key};
    use tianshu_gnss::time::gps::GpsTime;

    fn alarm(id: u64) -> Alarm {
        Alarm {
            id,
            key: Key { kind: Kind::Silent, station: Some(format!("S{id}").parse().unwrap()) },
            detail: Detail::Plain,
            since: GpsTime::from_nanos(0),
            until: None,
            acknowledged: None,
            flapping: false,
        }
    }

    fn at(second: u64) -> Uptime {
        Uptime::from_start(Duration::from_secs(second))
    }

    #[test]
    fn a_router_that_fails_is_one_message_for_all_its_stations() {
        let mut grouper = Grouper::default();
        let mut messages = Vec::new();
        for second in 0..60 {
            let news = if second < 3 {
                (0..10).map(|i| Change::Raised(alarm(10 * second + i))).collect()
            } else {
                Vec::new()
            };
            messages.extend(grouper.step(at(second), news).into_iter().map(|m| (second, m)));
        }
        let [(4, message)] = &messages[..] else { panic!("{messages:?}") };
        assert_eq!((message.says, message.alarms.len()), (Says::Raised, 30));
    }

    #[test]
    fn stragglers_wait_for_each_other() {
        let mut grouper = Grouper::default();
        let mut told = Vec::new();
        for second in 0..60 {
            let news = vec![Change::Raised(alarm(second))];
            told.extend(grouper.step(at(second), news).iter().map(|m| m.alarms.len()));
        }
        assert_eq!(told, [5, 15, 15, 15]);
    }

    #[test]
    fn what_is_over_before_it_was_told_is_not_told_at_all() {
        let mut grouper = Grouper::default();
        grouper.step(at(0), vec![Change::Raised(alarm(1)), Change::Raised(alarm(2))]);
        assert_eq!(grouper.step(at(1), vec![Change::Resolved(alarm(1))]), []);
        let told = grouper.step(at(5), Vec::new());
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].alarms, [alarm(2)]);
    }
}
