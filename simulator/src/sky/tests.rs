//! The sky against the users' formulae: broadcast ephemerides must lead back to the truth.

use std::collections::BTreeMap;

use super::*;

fn settings(orbit_error_m: f64, clock_error_m: f64) -> SkySettings {
    SkySettings {
        systems: vec![
            Constellation::Gps,
            Constellation::Glonass,
            Constellation::Galileo,
            Constellation::Qzss,
            Constellation::BeiDou,
        ],
        orbit_error_m,
        clock_error_m,
    }
}

/// Greatest distance (m) and clock difference (m) of truth and broadcast by system over six hours.
fn differences(settings: &SkySettings, start: GpsTime) -> BTreeMap<char, (f64, f64)> {
    let mut sky = Sky::new(start, settings, Key::root(11));
    sky.prepare(start + Interval::from_seconds(6 * 3_600));
    let mut worst: BTreeMap<char, (f64, f64)> = BTreeMap::new();
    for minute in (0..360).step_by(17) {
        let t = start + Interval::from_seconds(minute * 60);
        for ephemeris in sky.ephemerides(t) {
            let who = ephemeris.satellite();
            let told = ephemeris.state(t).expect("an ephemeris in force holds");
            let truth = sky.satellite_around(who, t).expect("it flies");
            let [x, y, z] = told.position.xyz();
            let away = [x, y, z]
                .iter()
                .zip(truth.position_m)
                .map(|(a, b)| (a - b).powi(2))
                .sum::<f64>()
                .sqrt();
            let fnav = matches!(&ephemeris, Ephemeris::Galileo(e) if e.bgd_e5b_s.is_none());
            let late = (told.clock_s - truth.clock_s).abs() * SPEED_OF_LIGHT;
            let entry = worst.entry(who.constellation().letter()).or_default();
            entry.0 = entry.0.max(away);
            // F/NAV tells the clock of another pair of signals.
            entry.1 = entry.1.max(if fnav { 0.0 } else { late });
        }
    }
    worst
}

fn friday() -> GpsTime {
    GpsTime::from_week(2410, Interval::from_seconds(5 * 86_400 + 3_000))
}

#[test]
fn the_end_of_the_week_is_a_moment_like_any_other() {
    let saturday_night = GpsTime::from_week(2410, Interval::from_seconds(604_800 - 2 * 3_600));
    for (system, (orbit_m, clock_m)) in differences(&settings(0.0, 0.0), saturday_night) {
        assert!(orbit_m < 3.0 && clock_m < 0.4, "{system}: {orbit_m} m, {clock_m} m");
    }
}

#[test]
fn without_errors_the_broadcast_is_the_truth_to_the_messages_resolution() {
    for (system, (orbit_m, clock_m)) in differences(&settings(0.0, 0.0), friday()) {
        // One step of the mean anomaly is 2^-32 semicircles = 3 cm at a synchronous orbit; position steps of
        // GLONASS are 0.5 m, its velocity steps 1 mm/s over 900 s; GLONASS clocks have steps of 0.28 m. GPS: half
        // a step of the clock's offset is 0.07 m, half a step of its drift 0.12 m in two hours.
        let (orbit_limit, clock_limit) = if system == 'R' { (3.0, 0.4) } else { (0.15, 0.22) };
        assert!(
            orbit_m < orbit_limit && clock_m < clock_limit,
            "{system}: {orbit_m} m, {clock_m} m"
        );
    }
}

#[test]
fn errors_are_of_the_size_that_was_set() {
    for (system, (orbit_m, clock_m)) in differences(&settings(1.0, 0.5), friday()) {
        assert!(
            (0.8..9.0).contains(&orbit_m) && (0.3..2.5).contains(&clock_m),
            "{system}: {orbit_m} m, {clock_m} m"
        );
    }
}

#[test]
fn a_satellite_asked_around_a_moment_is_where_it_is_at_that_moment() {
    let start = GpsTime::from_week(2410, Interval::from_seconds(3_000));
    let sky = Sky::new(start, &settings(1.0, 0.5), Key::root(3));
    let later = start + Interval::from_millis(60);
    for (near, exact) in sky.around(start).iter().zip(sky.around(later)) {
        let away = (0..3)
            .map(|i| (near.position_after(0.06)[i] - exact.position_m[i]).powi(2))
            .sum::<f64>()
            .sqrt();
        // The axes of the orbit error turn by 1e-5 rad, and the error is a few metres long.
        assert!(away < 5e-5, "{away} m");
    }
}

#[test]
fn another_satellite_does_not_change_the_others() {
    let start = GpsTime::from_week(2410, Interval::ZERO);
    let all = Sky::new(start, &settings(1.0, 0.5), Key::root(3));
    let few = SkySettings { systems: vec![Constellation::BeiDou], ..settings(1.0, 0.5) };
    let alone = Sky::new(start, &few, Key::root(3));
    let who = alone.satellites()[7].satellite;
    assert_eq!(all.satellite_around(who, start), alone.satellite_around(who, start));
}
