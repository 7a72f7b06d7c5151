//! The schedule, played hour by hour.

use std::collections::BTreeSet;

use super::*;

fn midnight() -> GpsTime {
    GpsTime::from_week(2410, Interval::ZERO)
}

fn after(seconds: i64) -> GpsTime {
    midnight() + Interval::from_seconds(seconds)
}

fn stations(count: usize) -> Vec<StationName> {
    (0..count).map(|i| format!("S{i}").parse().expect("a name")).collect()
}

fn schedule(count: usize) -> Schedule {
    Schedule::new(stations(count), Kind::ALL.to_vec(), midnight())
}

fn make_all(schedule: &mut Schedule, now: GpsTime) -> Vec<Job> {
    let jobs = schedule.due(now);
    for job in &jobs {
        schedule.ended(&job.file, Outcome::Made, now);
    }
    jobs
}

#[test]
fn every_file_of_a_day_is_due_once_and_soon() {
    let mut schedule = schedule(3);
    let mut made = BTreeSet::new();
    for minute in 0..=(25 * 60) {
        let now = after(minute * 60);
        for job in make_all(&mut schedule, now) {
            let end = job.file.start + job.file.kind.period();
            assert!(now >= end + SETTLE && now <= end + Interval::from_seconds(60), "{job:?}");
            assert_eq!(job.why, Why::Due);
            assert!(made.insert(job.file), "twice");
        }
    }
    // 25 hours of three stations and one navigation file, and a day of the same.
    assert_eq!(made.len(), 24 * 4 + 4);
}

#[test]
fn a_standstill_is_made_up_for_the_oldest_first() {
    let mut schedule = schedule(1);
    let jobs = make_all(&mut schedule, after(6 * 3_600 + 30));
    let hours: Vec<_> = jobs
        .iter()
        .filter(|job| job.file.kind == Kind::HourlyObservations)
        .map(|job| ((job.file.start - midnight()).seconds() / 3_600.0, job.why))
        .collect();
    let overdue = (0..5).map(|hour| (f64::from(hour), Why::Overdue));
    assert_eq!(hours, overdue.chain([(5.0, Why::Due)]).collect::<Vec<_>>());
    // What was there before is not made again.
    let mut again = Schedule::new(stations(1), vec![Kind::HourlyObservations], midnight());
    let file = jobs.iter().find(|job| job.file.kind == Kind::HourlyObservations).expect("a job");
    again.known(file.file.clone());
    assert_eq!(again.due(after(2 * 3_600 + 30)).len(), 1);
}

#[test]
fn late_data_make_one_revision_when_they_are_quiet() {
    let mut schedule = schedule(2);
    make_all(&mut schedule, after(3_630));
    let station = stations(1).remove(0);
    assert_eq!(schedule.heard_late(&station, after(3_500), after(3_610)), Late::InTime);
    for second in 0..300 {
        let late = schedule.heard_late(&station, after(1_000 + second), after(4_000 + second));
        assert_eq!(late, Late::Noted);
    }
    assert_eq!(schedule.due(after(4_300 + 590)), []);
    let jobs = make_all(&mut schedule, after(4_300 + 600));
    let told: Vec<_> = jobs.iter().map(|job| (job.file.kind, job.why)).collect();
    let expected =
        [(Kind::HourlyObservations, Why::LateData), (Kind::HourlyNavigation, Why::LateData)];
    assert_eq!(told, expected);
    assert_eq!(jobs[0].file.station.as_ref(), Some(&station));
    assert_eq!(schedule.due(after(7_000)), []);
}

#[test]
fn a_link_that_never_ends_to_catch_up_does_not_hold_up_its_file() {
    let mut schedule = schedule(1);
    make_all(&mut schedule, after(3_630));
    let station = stations(1).remove(0);
    let made = (0..7_200).filter(|second| {
        schedule.heard_late(&station, after(1_000), after(3_700 + second));
        let jobs = make_all(&mut schedule, after(3_700 + second));
        jobs.iter().any(|job| job.why == Why::LateData && job.file.kind == Kind::HourlyObservations)
    });
    assert_eq!(made.count(), 1);
}

#[test]
fn data_that_come_while_a_file_is_made_make_it_stale() {
    let mut schedule = schedule(1);
    let jobs = schedule.due(after(3_630));
    let station = stations(1).remove(0);
    assert_eq!(schedule.heard_late(&station, after(10), after(3_640)), Late::Noted);
    for job in &jobs {
        schedule.ended(&job.file, Outcome::Made, after(3_650));
    }
    assert_eq!(schedule.due(after(3_660)), []);
    assert_eq!(make_all(&mut schedule, after(3_650 + 600)).len(), 2);
}

#[test]
fn what_fails_is_tried_again_ever_more_rarely() {
    let mut schedule = Schedule::new(stations(1), vec![Kind::HourlyObservations], midnight());
    let mut tried = Vec::new();
    for second in 3_600..7_000 {
        for job in schedule.due(after(second)) {
            tried.push(second - 3_600);
            schedule.ended(&job.file, Outcome::Failed, after(second));
        }
    }
    assert_eq!(tried, [20, 80, 200, 440, 920, 1_880]);
}

#[test]
fn what_is_too_old_is_forgotten_and_told() {
    let mut schedule = schedule(1);
    let station = stations(1).remove(0);
    for hour in 0..(20 * 24) {
        make_all(&mut schedule, after(hour * 3_600 + 30));
    }
    // Three days of hours and fourteen of days, each with its navigation, and the edges.
    assert!(schedule.len() <= 2 * (3 * 24 + 14) + 4, "{}", schedule.len());
    let now = after(20 * 86_400);
    assert_eq!(schedule.heard_late(&station, after(86_400), now), Late::TooOld);
    assert_eq!(schedule.heard_late(&station, after(10 * 86_400), now), Late::Noted);
}
