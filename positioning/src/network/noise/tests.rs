//! Factors of stations whose deviations are told.

use super::*;

/// So many deviations of that mean square.
fn scale(mean_square: f64, count: f64) -> Scale {
    Scale::restored(mean_square * count, count).expect("sound")
}

fn is_one(factor: f64) -> bool {
    (factor - 1.0).abs() < 1e-12
}

/// A network of stations with those mean squares and counts of GPS phases, compared.
#[track_caller]
fn check(stations: &[(f64, f64)], expected: &[f64]) {
    let mut book = NoiseBook::new(stations.len());
    for (at, (mean_square, count)) in stations.iter().enumerate() {
        book.restore(at, Cell::Phases(Group::Gps), scale(*mean_square, *count));
    }
    book.compare();
    for (factors, expected) in book.factors().iter().zip(expected) {
        assert!((factors.phase(Group::Gps) - expected).abs() < 0.03, "{stations:?} {factors:?}");
        assert!((factors.phases() - expected).abs() < 0.03, "{stations:?} {factors:?}");
        assert!(is_one(factors.codes()), "nothing is known of codes: {factors:?}");
    }
}

#[test]
fn a_factor_is_what_a_station_is_beside_the_one_in_the_middle() {
    let many = 4_000.0;
    check(&[(0.3, many), (0.3, many), (0.3, many)], &[1.0, 1.0, 1.0]);
    // Three times the noise, less what chance may do: √(9 - 0.56).
    check(&[(0.3, many), (2.7, many), (0.3, many), (0.25, many)], &[1.0, 2.9, 1.0, 1.0]);
    check(&[(0.3, many), (90.0, many), (0.3, many)], &[1.0, FACTOR_MAX, 1.0]);
    // A fifth more is chance, and so is what all have.
    check(&[(0.3, many), (0.43, many), (0.3, many)], &[1.0, 1.0, 1.0]);
    check(&[(3.0, many), (3.0, many), (3.0, many)], &[1.0, 1.0, 1.0]);
    // Among excellent stations a good one is not noisy.
    check(&[(0.01, many), (0.09, many), (0.01, many)], &[1.0, 1.0, 1.0]);
    // Two stations cannot tell which of them is noisy, nor can one that has shown next to nothing.
    check(&[(0.3, many), (2.7, many)], &[1.0, 1.0]);
    check(&[(0.3, many), (2.7, 1.0), (0.3, many), (0.3, many)], &[1.0, 1.0, 1.0, 1.0]);
}

#[test]
fn a_cell_that_has_shown_little_is_as_the_rest_of_its_station() {
    let mut book = NoiseBook::new(3);
    for station in 0..3 {
        let size = if station == 1 { 2.7 } else { 0.3 };
        for group in [Group::Gps, Group::Galileo] {
            book.restore(station, Cell::Phases(group), scale(size, 2_000.0));
        }
        // The codes of one carrier alone are bad at the last one.
        let size = if station == 2 { 4.8 } else { 0.3 };
        for band in ['1', '2', '5'] {
            let size = if band == '2' { size } else { 0.3 };
            book.restore(station, Cell::Codes(Group::Gps, band), scale(size, 2_000.0));
        }
    }
    book.compare();
    let [good, noisy, broken] = book.factors() else { panic!("three stations") };
    assert_eq!(*good, NoiseFactors::default());
    assert!((noisy.phase(Group::Qzss) - 2.9).abs() < 0.05, "{noisy:?}");
    assert!(is_one(noisy.code(Group::Gps, '1')));
    assert!((broken.code(Group::Gps, '2') - 3.9).abs() < 0.1, "{broken:?}");
    assert!(broken.code(Group::Gps, '1') < 1.1, "{broken:?}");
    assert!(is_one(broken.phases()));
    // Before phases are levelled they are taken for as noisy as the codes.
    assert!(broken.codes() > 2.0, "{broken:?}");
    let mut book = NoiseBook::new(3);
    for station in 0..3 {
        let size = if station == 1 { 2.7 } else { 0.3 };
        book.restore(station, Cell::Codes(Group::Gps, '1'), scale(size, 2_000.0));
    }
    book.compare();
    assert!((book.factors()[1].phase(Group::BeiDou3) - 2.9).abs() < 0.1, "{book:?}");
    assert_eq!(book.factors()[0], NoiseFactors::default());
    assert!(is_one(broken.code(Group::Gps, '9')));
}

#[test]
fn what_is_kept_is_what_is_restored() {
    let mut book = NoiseBook::new(2);
    book.restore(1, Cell::Codes(Group::BeiDou2, '7'), scale(0.5, 100.0));
    book.restore(1, Cell::Phases(Group::Glonass), scale(0.4, 70.0));
    // A carrier that is not fixed, and a station that there is not.
    book.restore(1, Cell::Codes(Group::Gps, '9'), scale(0.5, 100.0));
    book.restore(7, Cell::Phases(Group::Gps), scale(0.5, 100.0));
    assert_eq!(book.kept(0).count(), 0);
    let kept: Vec<(Cell, Scale)> = book.kept(1).collect();
    let expected = [
        (Cell::Phases(Group::Glonass), scale(0.4, 70.0)),
        (Cell::Codes(Group::BeiDou2, '7'), scale(0.5, 100.0)),
    ];
    assert_eq!(kept, expected);
    assert_eq!(
        Cell::all().count(),
        6 + 17,
        "six groups, GLONASS of two carriers, the others of three"
    );
}
