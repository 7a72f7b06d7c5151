//! Closed spans in their order, each once, and no more than are kept.

use tianshu_gnss::time::gps::Interval;

use super::*;

fn summary(minute: i64) -> Arc<Summary> {
    let from = GpsTime::from_nanos(0) + Interval::from_seconds(60 * minute);
    Arc::new(Summary {
        station: "NANNING".parse().expect("a name"),
        span: Span::Minute,
        from,
        until: from + Interval::from_seconds(60),
        interval: None,
        epochs: 59,
        epochs_expected: 60,
        unusable: 0,
        gaps: 1,
        longest_gap: 1,
        latency: None,
        satellites: None,
        satellites_share: None,
        slips: 2,
        slip_chances: 100,
        slips_per_thousand: None,
        roti_tecu_min: None,
        offset_m: None,
        offset_epochs: 0,
        signals: Vec::new(),
    })
}

fn minutes(history: &History) -> Vec<i64> {
    let name = "NANNING".parse().expect("a name");
    let begin =
        |closed: &Arc<Summary>| (closed.from - GpsTime::from_nanos(0)).nanos() / 60_000_000_000;
    history.of(&name, |h| h.closed(Span::Minute).iter().map(begin).collect()).unwrap_or_default()
}

#[test]
fn what_was_kept_elsewhere_fills_the_gaps_and_repeats_nothing() {
    let history = History::new(10);
    for minute in [5, 7, 5, 6, 7, 3] {
        history.fill(summary(minute));
    }
    assert_eq!(minutes(&history), [3, 5, 6, 7]);
}

#[test]
fn a_span_is_found_by_its_beginning() {
    let history = History::new(10);
    (0..10).for_each(|minute| history.fill(summary(minute)));
    let at = |minute: i64| GpsTime::from_nanos(0) + Interval::from_seconds(60 * minute);
    let name = "NANNING".parse().expect("a name");
    let found = history.of(&name, |h| h.between(Span::Minute, at(3), at(6)).count());
    assert_eq!(found, Some(3));
}
