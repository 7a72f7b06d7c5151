//! Networks of punctual, slow, late, doubled and mistaken stations.

use super::*;
use proptest::prelude::*;

const SECOND: Interval = Interval::from_seconds(1);
const START: GpsTime = GpsTime::from_week(2400, Interval::ZERO);

fn at_ms(ms: u64) -> Uptime {
    Uptime::from_start(Duration::from_millis(ms))
}

fn tagged(second: i64) -> ObsEpoch {
    ObsEpoch::new(START + Interval::from_seconds(second), vec![])
}

/// Runs seconds in which each station tells its epoch that many milliseconds after the full second, and polls every 10 ms.
fn run(
    aligner: &mut Aligner,
    seconds: std::ops::Range<u64>,
    delays_ms: &[u64],
) -> Vec<AlignedEpoch> {
    let mut closed = Vec::new();
    for ms in (seconds.start * 1_000..seconds.end * 1_000).step_by(10) {
        for (station, delay) in (0..).map(StationIndex).zip(delays_ms) {
            let Some(sent) = ms.checked_sub(*delay).filter(|sent| sent % 1_000 == 0) else {
                continue;
            };
            let second = i64::try_from(sent / 1_000).expect("small");
            aligner.push(at_ms(ms), station, tagged(second));
        }
        closed.extend(std::iter::from_fn(|| aligner.poll(at_ms(ms))));
    }
    closed
}

fn last(closed: &[AlignedEpoch]) -> (usize, usize, u128, ClosedBy) {
    let epoch = closed.last().expect("an epoch was closed");
    (epoch.stations.len(), epoch.late.len(), epoch.waited.as_millis(), epoch.closed_by)
}

#[test]
fn an_epoch_is_closed_as_soon_as_everybody_is_there() {
    let mut aligner = Aligner::new(SECOND);
    let closed = run(&mut aligner, 0..10, &[100, 150, 320]);
    assert_eq!(closed.len(), 10);
    assert_eq!(last(&closed), (3, 0, 220, ClosedBy::AllArrived));
}

#[test]
fn a_silent_station_is_waited_for_by_its_usual_delay_and_then_no_more() {
    let mut aligner = Aligner::new(SECOND);
    run(&mut aligner, 0..10, &[100, 150, 320]);
    // 220 ms behind the first, and the margin.
    let closed = run(&mut aligner, 10..12, &[100, 150]);
    assert_eq!(last(&closed), (2, 0, 270, ClosedBy::Deadline));
    let closed = run(&mut aligner, 12..16, &[100, 150]);
    assert_eq!(last(&closed), (2, 0, 50, ClosedBy::AllArrived));
}

#[test]
fn a_station_that_is_always_late_goes_with_the_next_epoch() {
    let mut aligner = Aligner::new(SECOND);
    let closed = run(&mut aligner, 0..20, &[100, 150, 950]);
    assert_eq!(last(&closed), (2, 1, 50, ClosedBy::AllArrived));
    let told = closed
        .last()
        .and_then(|epoch| epoch.late.get(&StationIndex(2)).map(|l| epoch.time - l.time));
    assert_eq!(told, Some(SECOND));
}

#[test]
fn tags_that_fit_nowhere_are_told() {
    let mut aligner = Aligner::new(SECOND);
    let mut push = |ms, station, epoch| aligner.push(at_ms(ms), StationIndex(station), epoch);
    assert_eq!(push(5_000, 0, tagged(5)), Taken::Aligned);
    assert_eq!(push(5_010, 1, tagged(5)), Taken::Aligned);
    assert_eq!(push(5_020, 1, tagged(5)), Taken::Repeated);
    // UTC's count of seconds taken for GPS time's, the other way round, and far from both.
    assert_eq!(push(5_030, 2, tagged(23)), Taken::ForeignTime);
    assert_eq!(push(5_030, 3, tagged(-100)), Taken::ForeignTime);
    let off = Interval::from_millis(40);
    let steered = |by| ObsEpoch::new(START + Interval::from_seconds(5) + by, vec![]);
    assert_eq!(push(5_040, 4, steered(off)), Taken::Aligned);
    assert_eq!(push(5_050, 5, steered(off + off)), Taken::OffGrid);
    let closed = aligner.poll(at_ms(5_900)).expect("the deadline is over");
    assert_eq!((closed.time, closed.stations.len()), (START + Interval::from_seconds(5), 3));
}

#[test]
fn a_wrong_clock_that_came_first_is_outvoted() {
    let mut aligner = Aligner::new(SECOND);
    let mut closed = Vec::new();
    for second in 0..20_u64 {
        let now = at_ms(second * 1_000);
        let count = i64::try_from(second).expect("small");
        aligner.push(now, StationIndex(0), tagged(count + 3_600));
        if second >= 5 {
            (1..4).for_each(|station| {
                aligner.push(now, StationIndex(station), tagged(count));
            });
        }
        closed.extend(aligner.poll(at_ms(second * 1_000 + 900)));
    }
    let end = closed.last().expect("epochs were closed");
    assert_eq!((end.time, end.stations.len()), (START + Interval::from_seconds(19), 3));
    assert_eq!(end.closed_by, ClosedBy::AllArrived);
}

#[test]
fn stations_beyond_the_bound_are_refused() {
    let mut aligner = Aligner::new(SECOND);
    let taken: Vec<Taken> = (0..1_001)
        .map(|station| aligner.push(at_ms(0), StationIndex(station), tagged(0)))
        .collect();
    assert_eq!(taken.iter().filter(|taken| **taken == Taken::Aligned).count(), STATIONS_MAX);
    assert_eq!(taken.last(), Some(&Taken::TooManyStations));
}

proptest! {
    /// Whatever arrives in whatever order: epochs come out in order, each observation at most once, none waits too long.
    #[test]
    fn epochs_come_out_in_order_and_in_time(
        arrivals in proptest::collection::vec((0..400_u64, 0..6_u16, 0..5_000_u64, 0..4_u64), 1..200),
    ) {
        let mut aligner = Aligner::new(SECOND);
        let mut now_ms = 10_000;
        let mut before: Option<GpsTime> = None;
        let (mut taken, mut given) = (0, 0);
        for (pause_ms, station, late_ms, polls) in arrivals {
            now_ms += pause_ms;
            let second = i64::try_from((now_ms - late_ms) / 1_000).expect("small");
            let told = aligner.push(at_ms(now_ms), StationIndex(station), tagged(second));
            taken += usize::from(matches!(told, Taken::Aligned | Taken::Late));
            if let Some(deadline) = aligner.deadline(at_ms(now_ms)) {
                prop_assert!(aligner.clone().poll(deadline).is_some(), "nothing at {deadline:?}");
            }
            for _ in 0..polls {
                let Some(epoch) = aligner.poll(at_ms(now_ms)) else { break };
                prop_assert!(before.is_none_or(|before| before < epoch.time));
                prop_assert!(epoch.late.values().all(|late| late.time <= epoch.time));
                before = Some(epoch.time);
                given += epoch.stations.len() + epoch.late.len();
            }
            prop_assert!(aligner.open.len() <= 2 * EPOCHS_OPEN_MAX);
        }
        prop_assert!(given <= taken, "{given} of {taken}");
    }
}
