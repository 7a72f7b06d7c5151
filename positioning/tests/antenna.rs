//! Corrections of an antenna in the IGS' file, against values worked out by hand from the file's lines.

#![expect(clippy::print_stdout, reason = "skipped tests are told by name")]

use std::path::Path;
use std::process::Command;

use tianshu_gnss::antenna::AntennaCalibration;
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::signal::Signal;
use tianshu_positioning::model::antenna::{Arrival, antenna_correction};
use tianshu_rinex::antex::reader::AntexReader;

/// TRM59800.00 NONE of igs14.atx, or none, told by name.
fn choke_ring(test: &str) -> Option<AntennaCalibration> {
    let path = "../../shared/data/products/igs14.atx.xz";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if !path.is_file() {
        println!("SKIPPED {test}: ../shared/data/products/igs14.atx.xz not found");
        return None;
    }
    let run = Command::new("xz").arg("-dc").arg(&path).output();
    let Some(run) = run.ok().filter(|run| run.status.success()) else {
        println!("SKIPPED {test}: xz not found");
        return None;
    };
    let mut antennas = AntexReader::new(&run.stdout).expect("an ANTEX file");
    Some(antennas.find(|a| a.name == "TRM59800.00     NONE").expect("it is in the file"))
}

/// G01 of that antenna: north +1.04, east +0.70, up +89.51 mm; variations +0.00 at the zenith; at 45 and 50° of zenith angle -8.17
/// and -7.90 in the row of azimuth 5°, -8.20 and -7.93 in that of 10°; at 45° and azimuth 0 -8.14; at 90° and azimuth 90 +15.80.
#[test]
fn corrections_are_those_worked_out_by_hand() {
    let Some(antenna) = choke_ring("corrections_are_those_worked_out_by_hand") else { return };
    let check = |elevation_deg: f64, azimuth_deg: f64, expected_mm: f64| {
        let arrival = Arrival {
            elevation_rad: elevation_deg.to_radians(),
            azimuth_rad: azimuth_deg.to_radians(),
        };
        let signal = Signal::from_code(Constellation::Gps, "1C").expect("a signal");
        let carrier = signal.carrier(None).expect("a carrier");
        let got = antenna_correction(&antenna, signal, carrier, arrival).expect("calibrated");
        assert!(!got.is_approximate());
        let mm = got.to_add.0 * 1e3;
        // The hand's five digits.
        assert!((mm - expected_mm).abs() < 1e-3, "{mm} mm, not {expected_mm} mm");
    };
    check(90.0, 0.0, 89.51);
    // (1.04 + 89.51) × 0.707107 + 8.14 = 64.02852 + 8.14.
    check(45.0, 0.0, 72.1685);
    // 1.04 × 0.737277 × 0.991445 + 0.70 × 0.737277 × 0.130526 + 89.51 × 0.675590, and the mean of the four, -8.05.
    check(42.5, 7.5, 0.76020 + 0.06736 + 60.47208 + 8.05);
    check(0.0, 90.0, 0.70 - 15.80);
}
