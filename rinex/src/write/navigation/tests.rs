//! Navigation files: numbers as FORTRAN writes them; whole records are compared through the reader in `tests/`.

use super::*;

#[test]
fn numbers_are_written_as_fortran_does() {
    for (number, expected) in [
        (0.0, " 0.000000000000D+00"),
        (-1.5, "-1.500000000000D+00"),
        (5_153.712_345_678_9, " 5.153712345679D+03"),
        (-2.328_306_436_539e-10, "-2.328306436539D-10"),
        (0.9999e9, " 9.999000000000D+08"),
    ] {
        assert_eq!(scientific(number, 19, 12), expected);
    }
    assert_eq!(scientific(1.1176e-8, 12, 4), "  1.1176D-08");
}

#[test]
fn accuracies_are_those_of_the_tables() {
    assert_eq!(
        [0, 1, 3, 6, 7, 15].map(ura_m).map(|m| format!("{m:.1}")),
        ["2.0", "2.8", "5.7", "16.0", "32.0", "8192.0"]
    );
    assert_eq!(
        [107, 125, 126, 255].map(sisa_m).map(|m| format!("{m:.2}")),
        ["3.12", "6.00", "-1.00", "-1.00"]
    );
}
