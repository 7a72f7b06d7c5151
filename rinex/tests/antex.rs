//! The IGS' antenna file, read whole: every antenna and frequency is accounted for, and fast.

#![expect(clippy::print_stdout, reason = "figures and skipped tests are told by name")]

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use tianshu_gnss::antenna::AntennaCalibration;
use tianshu_gnss::constellation::Constellation;
use tianshu_rinex::antex::reader::AntexReader;

/// igs14.atx without its packing, or none, told by name.
fn igs14(test: &str) -> Option<Vec<u8>> {
    let path = "../../shared/data/products/igs14.atx.xz";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if !path.is_file() {
        println!("SKIPPED {test}: ../shared/data/products/igs14.atx.xz not found");
        return None;
    }
    let run = Command::new("xz").arg("-dc").arg(&path).output();
    let text = run.ok().filter(|run| run.status.success()).map(|run| run.stdout);
    if text.is_none() {
        println!("SKIPPED {test}: xz not found");
    }
    text
}

fn count(text: &str, label: &str) -> usize {
    text.lines().filter(|line| line.get(60..).is_some_and(|l| l.trim_end() == label)).count()
}

#[test]
fn every_antenna_of_the_igs_is_read() {
    let Some(text) = igs14("every_antenna_of_the_igs_is_read") else { return };
    let begun = Instant::now();
    let mut reader = AntexReader::new(&text).expect("an ANTEX file");
    let antennas: Vec<AntennaCalibration> = reader.by_ref().collect();
    let took = begun.elapsed();
    println!("igs14.atx: {} MB, {} antennas in {took:?}", text.len() >> 20, antennas.len());
    assert_eq!(reader.findings(), []);
    let plain = String::from_utf8_lossy(&text);
    assert_eq!(antennas.len() + reader.satellites_passed(), count(&plain, "START OF ANTENNA"));
    // Satellites' antennas begin to be valid some day, receivers' have no such line (ANTEX 1.4, section 3).
    assert_eq!(reader.satellites_passed(), count(&plain, "VALID FROM"));
    let receivers = plain.split("START OF ANTENNA").filter(|one| !one.contains("VALID FROM"));
    let frequencies: usize = receivers.map(|one| count(one, "START OF FREQUENCY")).sum();
    assert_eq!(antennas.iter().map(|a| a.carriers.len()).sum::<usize>(), frequencies);
}

/// Values of the file, read by eye: TRM59800.00 NONE, G01, at 5° of azimuth and 85° of zenith angle, and R02.
#[test]
fn a_known_antenna_has_the_values_of_the_file() {
    let Some(text) = igs14("a_known_antenna_has_the_values_of_the_file") else { return };
    let antenna = AntexReader::new(&text)
        .expect("an ANTEX file")
        .find(|a| a.name == "TRM59800.00     NONE")
        .expect("it is in igs14.atx");
    let l1 = antenna.carriers.first().expect("G01");
    assert_eq!((l1.constellation, l1.band), (Constellation::Gps, '1'));
    let told = [l1.offset.north_m, l1.offset.east_m, l1.offset.up_m].map(|m| m * 1e3);
    for (got, expected) in told.into_iter().zip([1.04, 0.70, 89.51]) {
        assert!((got - expected).abs() < 1e-9, "{told:?} mm");
    }
    assert_eq!((l1.variation.rows_m().len(), l1.variation.rows_m()[0].len()), (73, 19));
    let at = l1.variation.at_m(5f64.to_radians(), 5f64.to_radians());
    assert!((at - 0.00905).abs() < 1e-9, "{at} m");
}
