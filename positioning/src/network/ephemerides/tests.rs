//! Stations that agree, that are alone, that contradict, and that are wrong.

use tianshu_gnss::ephemeris::kepler::{ClockPolynomial, KeplerOrbit, LnavEphemeris};
use tianshu_gnss::time::gps::Interval;

use super::*;

const START: GpsTime = GpsTime::from_week(2400, Interval::from_seconds(7_200));
const A: StationIndex = StationIndex(0);
const B: StationIndex = StationIndex(1);

/// A GPS satellite's, of that issue, so many seconds after the start. Its mean anomaly goes with the time, and is off by so much.
fn told(issue: u8, after_s: i64, off_m: f64) -> Arc<Ephemeris> {
    let toe = START + Interval::from_seconds(after_s);
    let semi_major_m: f64 = 26_560_000.0;
    let motion = (tianshu_gnss::constants::GPS_MU / semi_major_m.powi(3)).sqrt();
    let orbit = KeplerOrbit {
        toe,
        sqrt_a: semi_major_m.sqrt(),
        eccentricity: 0.0,
        i0: 0.96,
        omega0: -1.3,
        omega: 0.0,
        m0: motion * (after_s as f64) + off_m / semi_major_m,
        delta_n: 0.0,
        omega_dot: 0.0,
        i_dot: 0.0,
        cuc: 0.0,
        cus: 0.0,
        crc: 0.0,
        crs: 0.0,
        cic: 0.0,
        cis: 0.0,
    };
    Arc::new(Ephemeris::Gps(LnavEphemeris {
        satellite: "G07".parse().expect("a satellite's name"),
        orbit,
        clock: ClockPolynomial { toc: toe, af0: 0.0, af1: 0.0, af2: 0.0 },
        iode: issue,
        iodc: issue.into(),
        week: 2400,
        tgd_s: 0.0,
        ura_index: 0,
        health: 0,
        codes_on_l2: 1,
        l2p_data_off: false,
        extended_fit: false,
    }))
}

fn at(seconds: i64) -> (Uptime, GpsTime) {
    let since = Duration::from_secs(seconds.unsigned_abs());
    (Uptime::from_start(since), START + Interval::from_seconds(seconds))
}

fn hear(judge: &mut Judge, second: i64, station: StationIndex, e: &Arc<Ephemeris>) -> Heard {
    let (now, time) = at(second);
    judge.hear(now, time, station, e)
}

fn due(judge: &mut Judge, second: i64) -> Vec<u16> {
    let (now, time) = at(second);
    judge.due(now, time).iter().map(|e| e.issue()).collect()
}

#[test]
fn the_first_of_a_satellite_is_believed_at_once_and_the_next_by_two() {
    let mut judge = Judge::default();
    let (first, next) = (told(1, 0, 0.0), told(2, 3_600, 1.0));
    assert_eq!(hear(&mut judge, 0, A, &first), Heard::Believed);
    assert_eq!(hear(&mut judge, 1, B, &first), Heard::Known);
    assert_eq!(hear(&mut judge, 10, A, &next), Heard::Waits);
    assert_eq!(hear(&mut judge, 12, A, &next), Heard::Waits, "one station is one voice");
    assert_eq!(hear(&mut judge, 13, B, &next), Heard::Believed);
    assert_eq!(hear(&mut judge, 14, A, &next), Heard::Known);
    assert!(judge.refused().is_empty());
}

#[test]
fn one_that_is_alone_waits_a_minute() {
    let mut judge = Judge::default();
    hear(&mut judge, 0, A, &told(1, 0, 0.0));
    assert_eq!(hear(&mut judge, 10, A, &told(2, 3_600, 1.0)), Heard::Waits);
    assert_eq!(due(&mut judge, 69), []);
    assert_eq!(due(&mut judge, 70), [2]);
    assert_eq!(due(&mut judge, 71), []);
    assert_eq!(hear(&mut judge, 72, A, &told(2, 3_600, 1.0)), Heard::Known);
}

#[test]
fn a_contradiction_lets_both_wait_anew() {
    let mut judge = Judge::default();
    hear(&mut judge, 0, A, &told(1, 0, 0.0));
    hear(&mut judge, 10, A, &told(2, 3_600, 1.0));
    assert_eq!(hear(&mut judge, 60, B, &told(2, 3_600, 2.0)), Heard::Waits);
    assert_eq!(hear(&mut judge, 61, A, &told(2, 3_600, 1.0)), Heard::Waits);
    assert_eq!(due(&mut judge, 119), []);
    // A has fallen silent; B is not contradicted any more.
    assert_eq!(due(&mut judge, 121), [2, 2]);
}

#[test]
fn one_that_is_far_off_is_refused_and_its_station_named() {
    let mut judge = Judge::default();
    let right = told(1, 0, 0.0);
    hear(&mut judge, 0, A, &right);
    hear(&mut judge, 0, B, &right);
    let Heard::Refused(apart_m) = hear(&mut judge, 5, B, &told(9, 600, 500.0)) else {
        panic!("it is half a kilometre off");
    };
    assert!((apart_m - 500.0).abs() < 1.0, "{apart_m}");
    // Not even two wrong ones win against what two have told.
    assert!(matches!(hear(&mut judge, 6, A, &told(9, 600, 500.0)), Heard::Refused(_)));
    assert_eq!(
        judge.refused().iter().map(|(s, n)| (s.0, *n)).collect::<Vec<_>>(),
        [(0, 1), (1, 1)]
    );
    assert_eq!(due(&mut judge, 600), []);
    // The one in use holds no more: what is told then is the first.
    assert_eq!(hear(&mut judge, 7_300, B, &told(9, 7_200, 500.0)), Heard::Believed);
}

#[test]
fn a_wrong_first_one_is_outvoted_by_two() {
    let mut judge = Judge::default();
    assert_eq!(hear(&mut judge, 0, A, &told(1, 0, 800.0)), Heard::Believed);
    assert!(matches!(hear(&mut judge, 1, B, &told(1, 0, 0.0)), Heard::Refused(_)));
    assert_eq!(hear(&mut judge, 2, StationIndex(2), &told(1, 0, 0.0)), Heard::Believed);
    assert!(matches!(hear(&mut judge, 3, A, &told(1, 0, 800.0)), Heard::Refused(_)));
}

#[test]
fn what_does_not_hold_or_is_no_orbit_is_passed_over() {
    let mut judge = Judge::default();
    assert_eq!(hear(&mut judge, 0, A, &told(1, -8_000, 0.0)), Heard::Stale);
    let Ephemeris::Gps(mut e) = (*told(1, 0, 0.0)).clone() else { unreachable!("GPS") };
    e.orbit.sqrt_a = 3.0;
    let broken = Arc::new(Ephemeris::Gps(e));
    assert_eq!(hear(&mut judge, 0, A, &broken), Heard::Refused(f64::INFINITY));
    assert_eq!(hear(&mut judge, 0, B, &told(1, 0, 0.0)), Heard::Believed);
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut judge = Judge::default();
    hear(&mut judge, 0, A, &told(1, 0, 0.0));
    for issue in 2..200 {
        let off_m = f64::from(issue) / 20.0;
        assert_eq!(hear(&mut judge, 1, A, &told(issue, 60, off_m)), Heard::Waits);
    }
    assert!(judge.satellites.values().all(|k| k.candidates.len() == CANDIDATES_MAX));
    assert_eq!(due(&mut judge, 100).len(), CANDIDATES_MAX);
    assert!(judge.satellites.values().all(|k| k.believed.len() == BELIEVED_MAX));
}
