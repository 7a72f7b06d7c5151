//! Tests of the alarms' life.

use super::*;
use crate::alarm::kind::Kind;
use tianshu_gnss::time::gps::Interval;

fn silent(station: &str) -> Condition {
    let key = Key { kind: Kind::Silent, station: Some(station.parse().unwrap()) };
    Condition { key, detail: Detail::Plain, since: None }
}

/// Steps a machine once a second; the condition holds where `is_so` says. Tells the seconds of changes.
fn lived(machine: &mut Machine, seconds: u64, is_so: impl Fn(u64) -> bool) -> Vec<(u64, Change)> {
    let mut all = Vec::new();
    for second in 0..seconds {
        let now = Uptime::from_start(Duration::from_secs(second));
        let time = GpsTime::from_week(2400, Interval::from_seconds(second.cast_signed()));
        let wrong = if is_so(second) { vec![silent("A")] } else { Vec::new() };
        all.extend(machine.step(now, time, wrong).into_iter().map(|change| (second, change)));
    }
    all
}

fn raised(changes: &[(u64, Change)]) -> Vec<u64> {
    let of =
        |(second, change): &(u64, Change)| matches!(change, Change::Raised(_)).then_some(*second);
    changes.iter().filter_map(of).collect()
}

fn resolved(changes: &[(u64, Change)]) -> Vec<u64> {
    let of =
        |(second, change): &(u64, Change)| matches!(change, Change::Resolved(_)).then_some(*second);
    changes.iter().filter_map(of).collect()
}

#[test]
fn what_does_not_last_is_no_alarm() {
    let changes = lived(&mut Machine::default(), 100, |s| s % 20 < 9);
    assert_eq!(changes, []);
}

#[test]
fn an_alarm_is_raised_after_its_hold_and_resolved_after_its_quiet() {
    let changes = lived(&mut Machine::default(), 200, |s| (20..100).contains(&s) && s != 60);
    assert_eq!((raised(&changes), resolved(&changes)), (vec![30], vec![130]));
    let Change::Resolved(alarm) = &changes[1].1 else { panic!("{changes:?}") };
    let at = |s| GpsTime::from_week(2400, Interval::from_seconds(s));
    assert_eq!((alarm.since, alarm.until), (at(20), Some(at(130))));
}

#[test]
fn an_alarm_that_comes_and_goes_is_told_three_times_and_then_stays() {
    let mut machine = Machine::default();
    let changes = lived(&mut machine, 3_600, |s| s % 100 < 40);
    assert_eq!((raised(&changes).len(), resolved(&changes).len()), (3, 2), "{changes:?}");
    assert!(machine.raised().next().unwrap().flapping);
}

#[test]
fn a_critical_alarm_is_told_again_until_somebody_takes_it_on() {
    let day = 86_400;
    let reminders = |changes: &[(u64, Change)]| {
        changes.iter().filter(|(_, c)| matches!(c, Change::Reminder(_))).count()
    };
    let mut machine = Machine::default();
    assert_eq!(reminders(&lived(&mut machine, day, |_| true)), 5);
    let id = machine.raised().next().unwrap().id;
    assert!(!machine.acknowledge(id + 1, "wang", GpsTime::from_nanos(0)));
    assert!(machine.acknowledge(id, "wang", GpsTime::from_nanos(0)));
    assert!(machine.acknowledge(id, "li", GpsTime::from_nanos(1)), "the first one keeps it");
    for second in day..2 * day {
        let now = Uptime::from_start(Duration::from_secs(second));
        assert_eq!(machine.step(now, GpsTime::from_nanos(0), vec![silent("A")]), []);
    }
    assert_eq!(machine.raised().next().unwrap().acknowledged.as_ref().unwrap().by, "wang");
}

#[test]
fn what_is_over_is_forgotten_and_its_record_is_bounded() {
    let mut machine = Machine::default();
    let long = 60 * 3_600;
    lived(&mut machine, long, |s| s % 400 < 20 && s < long - 7_200);
    assert!(machine.entries.is_empty());
    assert!(machine.over().count() <= OVER_MAX && machine.over().count() > 0);
}
