//! The code bias of BDS-2: its pseudoranges depend on the elevation under which the satellite is seen.

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;

/// Values at 0°, 10° ... 90°, m, to be *added* to a pseudorange to correct it.
type Nodes = [f64; 10];

/// Inclined synchronous orbits, B1I, B2I, B3I (Wanninger and Beer 2015, GPS Solutions 19, table 4).
const INCLINED: [Nodes; 3] = [
    [-0.55, -0.40, -0.34, -0.23, -0.15, -0.04, 0.09, 0.19, 0.27, 0.35],
    [-0.71, -0.36, -0.33, -0.19, -0.14, -0.03, 0.08, 0.17, 0.24, 0.33],
    [-0.27, -0.23, -0.21, -0.15, -0.11, -0.04, 0.05, 0.14, 0.19, 0.32],
];

/// Medium orbits, B1I, B2I, B3I (Wanninger and Beer 2015, GPS Solutions 19, table 4).
const MEDIUM: [Nodes; 3] = [
    [-0.47, -0.38, -0.32, -0.23, -0.11, 0.06, 0.34, 0.69, 0.97, 1.05],
    [-0.40, -0.31, -0.26, -0.18, -0.06, 0.09, 0.28, 0.48, 0.64, 0.69],
    [-0.22, -0.15, -0.13, -0.10, -0.04, 0.05, 0.14, 0.27, 0.36, 0.47],
];

/// What has to be added to this pseudorange to correct it, m. Zero for all but BDS-2 in inclined and medium orbits.
pub fn correction_m(satellite: Satellite, signal: Signal, elevation_rad: f64) -> f64 {
    if !satellite.is_beidou2() {
        return 0.0;
    }
    let rows = match satellite.number() {
        6..=10 | 13 | 16 => INCLINED,
        11 | 12 | 14 => MEDIUM,
        _ => return 0.0,
    };
    let row = match signal.band() {
        '2' => rows[0],
        '7' => rows[1],
        _ => rows[2],
    };
    let tens = (elevation_rad.to_degrees() / 10.0).clamp(0.0, 9.0);
    let below = (0_u8..9).rev().find(|n| f64::from(*n) <= tens).unwrap_or(0);
    let (i, share) = (usize::from(below), tens - f64::from(below));
    row[i] + (row[i + 1] - row[i]) * share
}

#[cfg(test)]
mod tests {
    use super::*;
    use tianshu_gnss::constellation::Constellation::BeiDou;

    #[track_caller]
    fn check(number: u8, code: &str, elevation_deg: f64, expected_m: f64) {
        let satellite = Satellite::new(BeiDou, number).expect("a satellite");
        let signal = Signal::from_code(BeiDou, code).expect("a signal");
        let told = correction_m(satellite, signal, elevation_deg.to_radians());
        assert!((told - expected_m).abs() < 1e-9, "{told} m, not {expected_m} m");
    }

    #[test]
    fn the_table_is_interpolated_for_bds_2_alone() {
        check(6, "2I", 90.0, 0.35);
        check(6, "7I", 15.0, -0.345);
        check(11, "6I", 0.0, -0.22);
        check(3, "2I", 45.0, 0.0);
        check(19, "2I", 45.0, 0.0);
    }
}
