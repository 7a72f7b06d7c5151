//! Waves that are known are found, fitted and told from what is none.

use super::*;
use crate::network::topology::StationIndex;

/// A pseudo-random number between -1 and 1.
fn noise(seed: u32) -> f64 {
    let mut x = seed.wrapping_mul(0x9E37_79B9) ^ 0x85EB_CA6B;
    for _ in 0..3 {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        x = x.wrapping_mul(0x2C1B_3C6D);
    }
    f64::from(x) / f64::from(u32::MAX) * 2.0 - 1.0
}

/// A shaken grid of 50 km.
fn stations(count: u32) -> Vec<PlanePoint> {
    let at = |place: u32, seed: u32| 50e3 * (f64::from(place) + 0.25 * noise(seed));
    (0..count)
        .map(|i| PlanePoint {
            east_m: at(i % 6, 2 * i) - 125e3,
            north_m: at(i / 6, 2 * i + 1) - 75e3,
        })
        .collect()
}

fn wave(length_m: f64, azimuth_deg: f64) -> WaveVector {
    let (sin, cos) = azimuth_deg.to_radians().sin_cos();
    let number = std::f64::consts::TAU / length_m;
    WaveVector { east_rad_m: number * sin, north_rad_m: number * cos }
}

/// Fields of satellites: curved, with a wave of that amplitude whose phase is each satellite's own, and noise.
fn fields(
    points: &[PlanePoint],
    wave: WaveVector,
    amplitude_m: f64,
    noise_m: f64,
) -> Vec<Vec<Option<f64>>> {
    let one = |satellite: u32| {
        let turned = 2.4 * f64::from(satellite);
        let value = |(i, point): (u32, &PlanePoint)| {
            let [cos, sin] = wave.at(*point);
            let [one, east, north, square, ..] = surface(*point);
            let smooth = 3.0 * one + 0.4 * east - 0.2 * north + 0.03 * square;
            let noise_m = noise_m * 3f64.sqrt() * noise(1_000 * (satellite + 1) + i);
            Some(smooth + amplitude_m * (cos * turned.cos() + sin * turned.sin()) + noise_m)
        };
        (0..).zip(points).map(value).collect()
    };
    (0..14).map(one).collect()
}

#[test]
fn a_wave_is_found_whatever_its_length_and_direction() {
    let points = stations(24);
    for (length_m, azimuth_deg) in [(130e3, 20.0), (200e3, 140.0), (260e3, 215.0), (180e3, 90.0)] {
        let true_wave = wave(length_m, azimuth_deg);
        let fields = fields(&points, true_wave, 0.03, 0.004);
        let found = Search::new(&points, &fields).anywhere().unwrap();
        let along = found.wave.east_rad_m * true_wave.east_rad_m
            + found.wave.north_rad_m * true_wave.north_rad_m;
        let sign = along.signum();
        let apart = (found.wave.east_rad_m - sign * true_wave.east_rad_m)
            .hypot(found.wave.north_rad_m - sign * true_wave.north_rad_m);
        assert!(
            apart < 0.1 * std::f64::consts::TAU / length_m,
            "{length_m} {azimuth_deg}: {found:?}"
        );
        assert!(found.coherence > 0.9, "{found:?}");
        let beside = wave(1.1 * length_m, azimuth_deg + 4.0);
        let again = Search::new(&points, &fields).near(beside).unwrap();
        assert!((again.coherence - found.coherence).abs() < 0.02, "{again:?} {found:?}");
    }
}

#[test]
fn noise_is_no_wave() {
    let points = stations(24);
    let fields = fields(&points, wave(200e3, 140.0), 0.0, 0.02);
    let search = Search::new(&points, &fields);
    assert!((search.rms_m().unwrap() - 0.02 * (18.0f64 / 24.0).sqrt()).abs() < 0.002);
    let found = search.anywhere().unwrap();
    assert!(found.coherence < 0.45, "{found:?}");
}

#[test]
fn one_field_with_a_wrong_level_does_not_decide() {
    let points = stations(24);
    let mut fields = fields(&points, wave(200e3, 140.0), 0.03, 0.004);
    fields[3][11] = fields[3][11].map(|value_m| value_m + 2.0);
    let found = Search::new(&points, &fields).anywhere().unwrap();
    assert!((found.wave.length_m() - 200e3).abs() < 10e3 && found.coherence > 0.7, "{found:?}");
}

#[test]
fn what_a_station_says_is_taken_out_as_if_it_had_not_been_there() {
    let points = stations(24);
    let wave = wave(200e3, 140.0);
    let values = &fields(&points, wave, 0.03, 0.006)[5];
    let fit = wave.fit(&points, values).unwrap();
    for station in [0, 9, 23] {
        let mut others = values.clone();
        others[station] = None;
        let anew = wave.fit(&points, &others).unwrap();
        let told = fit.left_out_m[station].unwrap();
        for (told, anew) in told.iter().zip(anew.amplitudes_m) {
            assert!((told - anew).abs() < 1e-9, "{station}: {told} {anew}");
        }
        assert_eq!(anew.left_out_m[station], None);
    }
}

#[test]
fn amplitudes_are_as_good_as_they_say() {
    let points = stations(24);
    let wave = wave(200e3, 140.0);
    for (satellite, values) in fields(&points, wave, 0.03, 0.004).iter().enumerate() {
        let fit = wave.fit(&points, values).unwrap();
        let turned = 2.4 * satellite as f64;
        let true_m = [0.03 * turned.cos(), 0.03 * turned.sin()];
        for (found, true_m) in fit.amplitudes_m.iter().zip(true_m) {
            assert!((found - true_m).abs() < 2.0 * fit.sigma_m, "{satellite}: {fit:?}");
        }
        assert!(fit.sigma_m < 0.008, "{fit:?}");
    }
}

#[test]
fn with_too_little_nothing_is_fitted() {
    let points = stations(24);
    let wave_ = wave(200e3, 140.0);
    let values = &fields(&points, wave_, 0.03, 0.004)[0];
    let few: Vec<Option<f64>> =
        values.iter().enumerate().map(|(i, v)| v.filter(|_| i < STATIONS_MIN - 1)).collect();
    assert_eq!(wave_.fit(&points, &few), None);
    assert!(Search::new(&points, &[few]).rms_m().is_none());
    // Over 250 km a wave of 1,500 km is a curved surface.
    assert_eq!(wave(1_500e3, 140.0).fit(&points, values), None);
    // And stations in a line tell nothing across it.
    let line: Vec<PlanePoint> = points.iter().map(|p| PlanePoint { north_m: 0.0, ..*p }).collect();
    assert_eq!(wave_.fit(&line, values), None);
}

#[test]
fn the_search_is_bounded_however_large_the_network() {
    let points: Vec<PlanePoint> = stations(24)
        .iter()
        .map(|p| PlanePoint { east_m: 40.0 * p.east_m, north_m: 40.0 * p.north_m })
        .collect();
    let far = fields(&points, wave(200e3, 0.0), 0.03, 0.004);
    // Stations 2,000 km apart tell no wave of 400 km.
    assert_eq!(Search::new(&points, &far).anywhere(), None);
    let many: Vec<PlanePoint> = (0..60)
        .flat_map(|i| {
            stations(24)
                .into_iter()
                .map(move |p| PlanePoint { east_m: p.east_m + 300e3 * f64::from(i), ..p })
        })
        .collect();
    let search = Search::new(&many, &[]);
    assert_eq!(search.steps(), Some(20));
    assert!(search.rms_m().is_none());
}

#[test]
fn weights_of_the_place_itself_miss_nothing_and_kriging_misses_a_part() {
    let points = stations(24);
    let covariance =
        crate::network::interpolate::covariance::Covariance::new(1e-3, 150e3, 1e-5).unwrap();
    let all: Vec<StationIndex> = (0..24).map(StationIndex).collect();
    let target = points[8];
    let others: Vec<StationIndex> = all.iter().copied().filter(|s| s.position() != 8).collect();
    let wave = wave(200e3, 140.0);
    let missed = |stations: &[StationIndex]| {
        let weights = Weights::solve(&points, stations, target, &covariance).unwrap();
        let [cos, sin] = wave.missed(&points, &weights, target);
        cos.hypot(sin)
    };
    // Noise keeps kriging from believing the station alone.
    assert!(missed(&all) < 0.1, "{}", missed(&all));
    assert!((2.0 * missed(&all)..0.6).contains(&missed(&others)), "{}", missed(&others));
}
