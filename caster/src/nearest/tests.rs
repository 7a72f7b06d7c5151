//! The choice of a station: hysteresis, death, radius.

use std::time::Duration;

use super::*;

const POLICY: NearestPolicy = NearestPolicy {
    margin_m: 2_000.0,
    margin_ratio: 0.1,
    dwell_min: Duration::from_secs(30),
    radius_max_m: 100_000.0,
};

fn at(seconds: u64) -> Uptime {
    Uptime::from_start(Duration::from_secs(seconds))
}

fn name(text: &str) -> StationName {
    text.parse().unwrap()
}

/// Who is chosen, `-` for keeping, or why nothing is sent; from stations with their distances in km.
fn chosen(healthy: &[(&str, f64)], serving: Option<&str>, now_s: u64) -> String {
    let healthy: Vec<_> = healthy
        .iter()
        .map(|(station, km)| Candidate { station: name(station), distance_m: km * 1e3 })
        .collect();
    let station = serving.map(name);
    let incumbent = station.as_ref().map(|station| Incumbent { station, since: at(0) });
    match choose(&POLICY, &healthy, incumbent, at(now_s)) {
        Choice::Keep { look_again: None } => "-".to_owned(),
        Choice::Keep { look_again: Some(then) } => format!("- until {:?}", then.since_start()),
        Choice::Switch { to, reason } => format!("{}: {reason}", to.station),
        Choice::Nothing(why) => why.to_string(),
    }
}

#[track_caller]
fn check(healthy: &[(&str, f64)], serving: Option<&str>, now_s: u64, expected: &str) {
    assert_eq!(chosen(healthy, serving, now_s), expected, "{healthy:?} {serving:?} {now_s}");
}

#[test]
fn the_first_station_is_the_nearest_healthy_one() {
    check(&[("A", 30.0), ("B", 20.0)], None, 0, "B: the nearest healthy station");
    check(&[("B", 20.0), ("A", 20.0)], None, 0, "A: the nearest healthy station");
    check(&[], None, 0, "no station of this mountpoint is healthy");
    check(&[("A", 101.0)], None, 0, "outside the service area, nearest station 101 km");
}

#[test]
fn a_slightly_nearer_station_is_not_worth_a_switch() {
    check(&[("A", 30.0), ("B", 27.5)], Some("A"), 100, "-"); // 2.5 km < 10 % of 30 km
    check(&[("A", 30.0), ("B", 26.5)], Some("A"), 100, "B: it is clearly nearer");
    check(&[("A", 10.0), ("B", 8.5)], Some("A"), 100, "-"); // 1.5 km < 2 km
    check(&[("A", 10.0), ("B", 7.5)], Some("A"), 100, "B: it is clearly nearer");
    check(&[("A", 10.0), ("B", 30.0)], Some("A"), 100, "-");
}

#[test]
fn a_station_serves_for_a_while_unless_it_dies() {
    check(&[("A", 30.0), ("B", 5.0)], Some("A"), 29, "- until 30s");
    check(&[("A", 30.0), ("B", 5.0)], Some("A"), 30, "B: it is clearly nearer");
    check(&[("B", 50.0)], Some("A"), 1, "B: the station before it died");
    check(&[], Some("A"), 1, "no station of this mountpoint is healthy");
    check(&[("B", 150.0)], Some("A"), 1, "outside the service area, nearest station 150 km");
}

#[test]
fn the_edge_of_the_service_area_has_a_hysteresis() {
    check(&[("A", 101.0)], Some("A"), 100, "-");
    check(&[("A", 103.0)], Some("A"), 100, "outside the service area, nearest station 103 km");
}
