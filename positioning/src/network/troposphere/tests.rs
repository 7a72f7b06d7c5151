//! Zenith delays over hills, from stations of known weather.

use tianshu_gnss::coords::Geodetic;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use super::weather::Weather;
use super::{
    WET_SCALE_DEFAULT_M, WET_SCALE_MAX_M, WET_SCALE_MIN_M, ZenithField, fit_wet_scale_m,
    hydrostatic_m,
};
use crate::network::interpolate::kriging::Drift;
use crate::network::plane::LocalPlane;

/// 64 stations some 45 km apart, on hills of up to `relief_m`.
fn stations(relief_m: f64) -> Vec<Geodetic> {
    (0..64_u8)
        .map(|i| {
            let (row, column) = (f64::from(i / 8), f64::from(i % 8));
            let hill = (f64::from(i) * 2.4).sin() * 0.5 + 0.5;
            Geodetic::from_degrees(22.0 + row * 0.4, 106.0 + column * 0.43, relief_m * hill * hill)
        })
        .collect()
}

fn plane() -> LocalPlane {
    LocalPlane::at(Geodetic::from_degrees(23.4, 107.5, 0.0))
}

/// Moist air that thins with height, moister to the south-east, with a front across.
fn delay_m(place: Geodetic, scale_m: f64) -> f64 {
    let (lat, lon) = (place.latitude_deg() - 23.0, place.longitude_deg() - 107.0);
    let ground = 0.30 - 0.02 * lat + 0.015 * lon + 0.02 * ((lat + lon) / 1.2).tanh();
    hydrostatic_m(place) + ground * (-place.height_m / scale_m).exp()
}

fn measured(places: &[Geodetic], scale_m: f64) -> Vec<Option<f64>> {
    let noise = |i: usize| 0.002 * (i as f64 * 12.9898).sin();
    places.iter().enumerate().map(|(i, p)| Some(delay_m(*p, scale_m) + noise(i))).collect()
}

#[track_caller]
fn check_scale(true_m: f64, relief_m: f64, expected_m: f64, tolerance_m: f64) {
    let places = stations(relief_m);
    let found_m = fit_wet_scale_m(&plane(), &places, &measured(&places, true_m));
    println!("scale height {true_m} m over {relief_m} m of relief: fitted {found_m:.0} m");
    assert!((found_m - expected_m).abs() <= tolerance_m, "{found_m} against {expected_m}");
}

#[test]
fn the_scale_height_is_found_within_its_bounds() {
    // A step of the search is 50 m.
    check_scale(1_500.0, 1_500.0, 1_500.0, 100.0);
    check_scale(2_400.0, 1_500.0, 2_400.0, 100.0);
    check_scale(800.0, 1_500.0, WET_SCALE_MIN_M, 0.0);
    check_scale(6_000.0, 1_500.0, WET_SCALE_MAX_M, 0.0);
    // Where all stations are of one height nothing is learnt, and the default stays.
    check_scale(1_400.0, 0.0, WET_SCALE_DEFAULT_M, 51.0);
    assert!((fit_wet_scale_m(&plane(), &[], &[]) - WET_SCALE_DEFAULT_M).abs() < 51.0);
}

/// The rms of the errors at 200 rovers between the stations, mm, and the part of them within two sigma.
fn judge(
    field: &ZenithField,
    seen_at: impl Fn(Geodetic) -> Geodetic,
    truth_m: impl Fn(Geodetic) -> f64,
) -> (f64, f64) {
    let (mut squares, mut inside, mut count) = (0.0, 0, 0);
    for i in 0..200_u8 {
        let (row, column) = (f64::from(i / 20), f64::from(i % 20));
        let height_m = f64::from(i % 7) * 200.0;
        let rover = Geodetic::from_degrees(22.2 + row * 0.24, 106.2 + column * 0.13, height_m);
        let found = field.at(seen_at(rover)).expect("stations around");
        assert_eq!(found.drift, Drift::Estimated);
        let error_m = found.zenith.hydrostatic_m + found.zenith.wet_m - truth_m(rover);
        squares += error_m * error_m;
        inside += i32::from(error_m.abs() < 2.0 * found.sigma_m);
        count += 1;
    }
    ((squares / f64::from(count)).sqrt() * 1e3, f64::from(inside) / f64::from(count))
}

#[test]
fn rovers_on_hills_and_in_valleys_get_their_own_delay() {
    let (scale_m, places) = (2_300.0, stations(1_200.0));
    let zenith_m = measured(&places, scale_m);
    let truth_m = |rover| delay_m(rover, scale_m);
    let fitted_m = fit_wet_scale_m(&plane(), &places, &zenith_m);
    let with = |wet_scale_m| ZenithField::new(plane(), &places, &zenith_m, wet_scale_m);
    let (fitted, inside) = judge(&with(fitted_m), |rover| rover, truth_m);
    let (default, _) = judge(&with(WET_SCALE_DEFAULT_M), |rover| rover, truth_m);
    // Without the reduction: as if all stood at the sea.
    let lowered = |place: Geodetic| Geodetic { height_m: 0.0, ..place };
    let at_sea: Vec<_> = places.iter().copied().map(lowered).collect();
    let flat = ZenithField::new(plane(), &at_sea, &zenith_m, WET_SCALE_DEFAULT_M);
    let (unreduced, _) = judge(&flat, lowered, truth_m);
    println!(
        "zenith delay, rms: {fitted:.1} mm with the fitted scale ({fitted_m:.0} m), {default:.1} mm with the default, {unreduced:.0} mm without reduction; within 2 sigma {:.1} %",
        inside * 1e2
    );
    assert!(fitted < 4.0 && fitted < default && default < 0.2 * unreduced, "{fitted} {default}");
    assert!(inside > 0.92, "{inside}");
}

#[test]
fn a_low_that_the_standard_atmosphere_does_not_know_costs_millimetres() {
    // 20 hPa below the standard are 46 mm of hydrostatic delay, which thins with 8 km and not with 2.
    let places = stations(1_200.0);
    let low_m = |place: Geodetic| -0.0456 * (-place.height_m / 8_000.0).exp();
    let zenith_m: Vec<_> = measured(&places, 2_000.0)
        .into_iter()
        .zip(&places)
        .map(|(zenith_m, place)| zenith_m.map(|zenith_m| zenith_m + low_m(*place)))
        .collect();
    let fitted_m = fit_wet_scale_m(&plane(), &places, &zenith_m);
    let field = ZenithField::new(plane(), &places, &zenith_m, fitted_m);
    let truth_m = |rover| delay_m(rover, 2_000.0) + low_m(rover);
    let (rms_mm, inside) = judge(&field, |rover| rover, truth_m);
    println!(
        "20 hPa low: {rms_mm:.1} mm, fitted {fitted_m:.0} m, within 2 sigma {:.1} %",
        inside * 1e2
    );
    assert!(rms_mm < 5.0 && inside > 0.92, "{rms_mm} {inside}");
}

#[test]
fn odd_input_is_absent_or_bounded() {
    let places = stations(500.0);
    let none = vec![None; places.len()];
    let rover = Geodetic::from_degrees(23.0, 107.0, 100.0);
    assert_eq!(ZenithField::new(plane(), &places, &none, 2_000.0).at(rover), None);
    let mut broken = measured(&places, 2_000.0);
    broken[20] = Some(f64::NAN);
    broken[21] = Some(f64::INFINITY);
    let scale_m = fit_wet_scale_m(&plane(), &places, &broken);
    assert!((1_850.0..2_150.0).contains(&scale_m), "{scale_m}");
    let field = ZenithField::new(plane(), &places, &broken, 9e9);
    assert!((field.wet_scale_m() - WET_SCALE_MAX_M).abs() < 1e-9);
    let found = field.at(Geodetic { height_m: 1e9, ..rover }).expect("stations around");
    assert!(found.zenith.wet_m.is_finite() && found.sigma_m.is_finite());
    // One station: its own delay at its own place, doubtful elsewhere.
    let mut one = none;
    one[0] = measured(&places, 2_000.0)[0];
    let field = ZenithField::new(plane(), &places, &one, 2_000.0);
    let there = field.at(places[0]).expect("one is enough");
    let total_m = there.zenith.hydrostatic_m + there.zenith.wet_m;
    assert!((total_m - one[0].expect("set")).abs() < 1e-9 && there.drift == Drift::Assumed);
    assert!(field.at(rover).expect("far away").sigma_m > 0.1);
}

/// Cells of vapour some 60 to 120 km from crest to crest, of that standard deviation (m), that blow eastward at 10 m/s.
fn cells_m(place: Geodetic, sigma_m: f64, second: f64) -> f64 {
    let at = plane().point(place);
    let waves = 16;
    let one = |wave: i32| {
        let (turn, length_m) = (f64::from(wave) * 2.4, 60e3 + f64::from(wave) * 4e3);
        let along = (at.east_m - 10.0 * second) * turn.cos() + at.north_m * turn.sin();
        (std::f64::consts::TAU * along / length_m + f64::from(wave * wave)).sin()
    };
    sigma_m * (2.0 / f64::from(waves)).sqrt() * (0..waves).map(one).sum::<f64>()
}

/// What an hour of such weather teaches, and the field at its end.
fn after_an_hour(sigma_m: f64) -> (Weather, ZenithField) {
    let places = stations(800.0);
    let (all, noise_m) = ((0..places.len()).collect::<Vec<_>>(), vec![0.002; places.len()]);
    let mut weather = Weather::default();
    let mut last = None;
    for look in 0..=12_i32 {
        let second = f64::from(look) * 300.0;
        let zenith_m: Vec<_> = measured(&places, 2_000.0)
            .into_iter()
            .zip(&places)
            .map(|(zenith_m, place)| {
                let above = (-place.height_m / 2_000.0).exp();
                zenith_m.map(|zenith_m| zenith_m + cells_m(*place, sigma_m, second) * above)
            })
            .collect();
        let field = ZenithField::new(plane(), &places, &zenith_m, 2_000.0);
        let time = GpsTime::from_nanos(0) + Interval::from_seconds(300 * i64::from(look));
        assert!(weather.is_due(time));
        weather.follow(time, &field, &all, &noise_m);
        assert!(!weather.is_due(time));
        last = Some(field);
    }
    (weather, last.expect("thirteen looks"))
}

#[test]
fn sigmas_follow_the_weather_of_the_last_hour_and_values_do_not() {
    let (weather, field) = after_an_hour(0.015);
    let fitted = weather.covariance().expect("thirteen looks at 64 stations");
    let truth_m = |rover: Geodetic| {
        let above = (-rover.height_m / 2_000.0).exp();
        delay_m(rover, 2_000.0) + cells_m(rover, 0.015, 3_600.0) * above
    };
    let (rms_mm, promised) = judge(&field, |rover| rover, truth_m);
    let aware = field.clone().in_weather(weather.covariance());
    let (aware_rms_mm, honest) = judge(&aware, |rover| rover, truth_m);
    println!(
        "cells of 15 mm: fitted {:.1} mm over {:.0} km, error {rms_mm:.1} mm, within 2 sigma {:.0} % before and {:.0} % with it",
        fitted.sill_m2().sqrt() * 1e3,
        fitted.range_m() / 1e3,
        promised * 1e2,
        honest * 1e2
    );
    assert_eq!(rms_mm.to_bits(), aware_rms_mm.to_bits());
    assert!(promised < 0.85, "the cells are too tame to tell: {promised}");
    assert!((0.90..=0.995).contains(&honest), "{honest}");
}

#[test]
fn calm_weather_promises_no_more_than_the_starting_value() {
    let (weather, field) = after_an_hour(0.0);
    assert!(weather.covariance().is_some());
    let rover = Geodetic::from_degrees(23.0, 107.0, 100.0);
    let aware = field.clone().in_weather(weather.covariance());
    assert_eq!(field.at(rover), aware.at(rover));
}
