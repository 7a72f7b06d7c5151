//! The code bias of BDS-2: its pseudoranges depend on the elevation under which the satellite is seen, by up to a metre.

use tianshu_gnss::observation::Observation;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::units::Metres;

/// Values at 0°, 10° ... 90° of elevation, m, to be *added* to a pseudorange to correct it.
type Nodes = [f64; 10];

/// From one node to the next, degrees.
const NODE_STEP_DEG: f64 = 10.0;

/// The values of one kind of orbit.
struct Biases {
    b1i: Nodes,
    b2i: Nodes,
    b3i: Nodes,
}

/// Inclined synchronous orbits (Wanninger & Beer 2015, GPS Solutions 19, pp. 639-648, table of the piecewise linear corrections).
const INCLINED: Biases = Biases {
    b1i: [-0.55, -0.40, -0.34, -0.23, -0.15, -0.04, 0.09, 0.19, 0.27, 0.35],
    b2i: [-0.71, -0.36, -0.33, -0.19, -0.14, -0.03, 0.08, 0.17, 0.24, 0.33],
    b3i: [-0.27, -0.23, -0.21, -0.15, -0.11, -0.04, 0.05, 0.14, 0.19, 0.32],
};

/// Medium orbits (Wanninger & Beer 2015, the same table).
const MEDIUM: Biases = Biases {
    b1i: [-0.47, -0.38, -0.32, -0.23, -0.11, 0.06, 0.34, 0.69, 0.97, 1.05],
    b2i: [-0.40, -0.31, -0.26, -0.18, -0.06, 0.09, 0.28, 0.48, 0.64, 0.69],
    b3i: [-0.22, -0.15, -0.13, -0.10, -0.04, 0.05, 0.14, 0.27, 0.36, 0.47],
};

/// The satellites that the table is of, in their numbers of 2019 and later (shared design, network solver, section 1.4). Those in
/// geostationary orbits move too little to be told, and BDS-3 has no such bias.
fn biases(satellite: Satellite) -> Option<&'static Biases> {
    if !satellite.is_beidou2() {
        return None;
    }
    match satellite.number() {
        6..=10 | 13 | 16 => Some(&INCLINED),
        11 | 12 | 14 => Some(&MEDIUM),
        _ => None,
    }
}

/// What has to be added to this satellite's pseudorange on this signal. `None` where there is no such bias: all but B1I, B2I and
/// B3I (RINEX bands 2, 7, 6) of BDS-2 in inclined and medium orbits.
pub fn code_correction(satellite: Satellite, signal: Signal, elevation_rad: f64) -> Option<Metres> {
    let biases = biases(satellite)?;
    let nodes = match signal.band() {
        '2' => &biases.b1i,
        '7' => &biases.b2i,
        '6' => &biases.b3i,
        _ => return None,
    };
    Some(Metres(interpolated(nodes, elevation_rad)))
}

/// Takes the bias off an observation's pseudorange; the phase has none. Tells what was added.
pub fn correct_code(observation: &mut Observation, elevation_rad: f64) -> Option<Metres> {
    let by = code_correction(observation.satellite, observation.signal, elevation_rad)?;
    let code = observation.code.as_mut()?;
    code.0 += by.0;
    Some(by)
}

/// Linear between nodes; below the horizon and beyond the zenith the ends hold.
fn interpolated(nodes: &Nodes, elevation_rad: f64) -> f64 {
    let place = (elevation_rad.to_degrees() / NODE_STEP_DEG).clamp(0.0, 9.0);
    nodes
        .windows(2)
        .zip(0_u8..)
        .find(|(_, i)| place <= f64::from(i + 1))
        .map_or(nodes[0], |(pair, i)| pair[0] + (pair[1] - pair[0]) * (place - f64::from(i)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tianshu_gnss::constellation::Constellation::{self, BeiDou};
    use tianshu_gnss::units::Cycles;

    #[track_caller]
    fn check(satellite: &str, code: &str, elevation_deg: f64, expected_m: Option<f64>) {
        let satellite: Satellite = satellite.parse().expect("a satellite");
        let signal = Signal::from_code(satellite.constellation(), code).expect("a signal");
        let got = code_correction(satellite, signal, elevation_deg.to_radians()).map(|m| m.0);
        let same = match (got, expected_m) {
            (Some(got), Some(expected)) => (got - expected).abs() < 1e-9,
            (None, None) => true,
            _ => false,
        };
        assert!(same, "{satellite} {code} at {elevation_deg}°: {got:?}, not {expected_m:?} m");
    }

    #[test]
    fn the_table_is_interpolated_by_orbit_and_carrier() {
        check("C06", "2I", 90.0, Some(0.35));
        check("C16", "7I", 15.0, Some(-0.345));
        check("C13", "6I", 0.0, Some(-0.27));
        check("C11", "2I", 65.0, Some(0.515));
        check("C14", "6I", 90.0, Some(0.47));
        check("C12", "7I", -3.0, Some(-0.40));
        check("C12", "7I", 90.001, Some(0.69));
    }

    #[test]
    fn geostationary_satellites_bds_3_and_other_systems_have_none() {
        for satellite in ["C01", "C02", "C03", "C04", "C05", "C18", "C19", "C38", "C59", "C60"] {
            check(satellite, "2I", 45.0, None);
        }
        check("C08", "1P", 45.0, None);
        check("G06", "2W", 45.0, None);
        check("E11", "7Q", 45.0, None);
    }

    #[test]
    fn only_the_code_is_corrected() {
        let signal = Signal::new(BeiDou, '2', 'I').expect("a signal");
        let satellite = Satellite::new(Constellation::BeiDou, 11).expect("a satellite");
        let mut seen = Observation::of(satellite, signal);
        assert_eq!(correct_code(&mut seen, 1.0), None);
        (seen.code, seen.phase) = (Some(Metres(2e7)), Some(Cycles(1e8)));
        let by = correct_code(&mut seen, 90f64.to_radians());
        assert_eq!((by, seen.code), (Some(Metres(1.05)), Some(Metres(2e7 + 1.05))));
        assert_eq!(seen.phase, Some(Cycles(1e8)));
    }
}
