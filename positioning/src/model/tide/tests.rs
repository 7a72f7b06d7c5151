//! The tide against the published cases of the IERS Conventions.

use super::*;
use tianshu_gnss::coords::WGS84;
use tianshu_gnss::time::gps::Interval;
use tianshu_gnss::time::utc::Utc;

/// The IERS Conventions' routine gives steps 1 and 2 together; `step2_m` (its tables 7.3a and 7.3b, evaluated apart, reproducing
/// the published cases of these tables to 1e-12 m) is taken off. What is left are the table's rounded digits.
const TOLERANCE_M: f64 = 1e-7;

struct Case {
    place: Ecef,
    by: Luminaries,
    published_m: [f64; 3],
    step2_m: [f64; 3],
}

/// The case in the head of DEHANTTIDEINEL (IERS Conventions 2010, chapter 7 software): 2009-04-13 0h UTC.
const EUROPE: Case = Case {
    place: Ecef::new(4_075_578.385, 931_852.890, 4_801_570.154),
    by: Luminaries {
        sun: Ecef::new(137_859_926_952.015, 54_228_127_881.435, 23_509_422_341.696),
        moon: Ecef::new(-179_996_231.920_342, -312_468_450.131_567, -169_288_918.592_160),
    },
    published_m: [0.077_004_203_571_081, 0.063_040_563_218_250, 0.055_165_681_525_972],
    step2_m: [0.005_065_176, 0.000_803_838, 0.006_189_690],
};

/// Another case of the same routine: 2015-07-15 0h UTC.
const AMERICA: Case = Case {
    place: Ecef::new(1_112_200.569_6, -4_842_957.851_1, 3_985_345.912_2),
    by: Luminaries {
        sun: Ecef::new(100_210_282_451.627_9, 103_055_630_398.316, 56_855_096_480.447_5),
        moon: Ecef::new(369_817_604.434_8, 1_897_917.525_8, 120_804_980.828_4),
    },
    published_m: [0.005_095_708_691_724, 0.082_866_302_598_353, -0.063_663_492_540_419],
    step2_m: [0.000_752_689, -0.004_697_305, 0.003_609_077],
};

#[track_caller]
fn check(case: &Case) {
    let got = displacement(case.place, case.by).xyz();
    let expected: [f64; 3] = std::array::from_fn(|i| case.published_m[i] - case.step2_m[i]);
    for i in 0..3 {
        assert!((got[i] - expected[i]).abs() < TOLERANCE_M, "{got:?} m against {expected:?} m");
    }
}

#[test]
fn step_1_is_that_of_the_iers_conventions() {
    check(&EUROPE);
    check(&AMERICA);
}

fn moment(text: &str) -> GpsTime {
    GpsTime::from(text.parse::<Utc>().expect("a moment"))
}

#[test]
fn a_place_rises_and_falls_twice_a_day_within_what_tides_reach() {
    let nanning = Geodetic::from_degrees(22.8, 108.3, 80.0);
    let place = nanning.to_ecef(WGS84);
    let ups: Vec<f64> = (0..144)
        .map(|i| moment("2026-04-17") + Interval::from_seconds(600 * i))
        .map(|t| solid_earth_tide(place, t).to_enu(nanning).up_m)
        .collect();
    let highs = ups.windows(3).filter(|w| w[1] > w[0] && w[1] >= w[2]).count();
    let range =
        ups.iter().copied().fold(f64::MIN, f64::max) - ups.iter().copied().fold(f64::MAX, f64::min);
    assert_eq!(highs, 2, "{ups:?}");
    // New moon of 2026-04-17: a spring tide, near the tropic close to its greatest (Agnew 2007, Treatise on Geophysics 3.06: some
    // 0.4 to 0.55 m from peak to peak).
    assert!((0.35..0.65).contains(&range), "{range} m");
}

#[test]
fn places_a_hundred_kilometres_apart_move_alike() {
    let (here, there) = (Geodetic::from_degrees(22.8, 108.3, 80.0), 109.27);
    let there = Geodetic::from_degrees(22.8, there, 80.0);
    for hour in 0..24 {
        let t = moment("2026-04-17") + Interval::from_seconds(3_600 * hour);
        let moved = |place: Geodetic| solid_earth_tide(place.to_ecef(WGS84), t).to_enu(place);
        let apart = moved(here).up_m - moved(there).up_m;
        // The semidiurnal tide's slope: 0.25 m × 2 × 1.0° of longitude = 9 mm at the most.
        assert!(apart.abs() < 0.009, "{apart} m at {hour} h");
    }
}

#[test]
fn a_place_that_is_none_is_not_moved() {
    let t = moment("2026-04-17");
    for place in [Ecef::new(0.0, 0.0, 0.0), Ecef::new(f64::NAN, 0.0, 0.0)] {
        assert_eq!(solid_earth_tide(place, t), EcefDelta::new(0.0, 0.0, 0.0), "{place:?}");
    }
}
