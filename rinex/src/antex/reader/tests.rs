//! ANTEX files whole, broken and endless.

use super::*;
use proptest::prelude::*;
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::Enu;

/// A header, a satellite, a type of antenna with a grid of two zenith angles at four azimuths, and one calibrated antenna without.
const FILE: &str =
    "     1.4            M                                       ANTEX VERSION / SYST
A                                                           PCV TYPE / REFANT
                                                            END OF HEADER
                                                            START OF ANTENNA
BLOCK IIA           G01                 G032      1992-079A TYPE / SERIAL NO
     0.0                                                    DAZI
     0.0  17.0   1.0                                        ZEN1 / ZEN2 / DZEN
   G01                                                      START OF FREQUENCY
    279.00      0.00   2319.50                              NORTH / EAST / UP
   NOAZI   -0.80
   G01                                                      END OF FREQUENCY
                                                            END OF ANTENNA
                                                            START OF ANTENNA
ABC123          DOME                                        TYPE / SERIAL NO
   120.0                                                    DAZI
     0.0  45.0  45.0                                        ZEN1 / ZEN2 / DZEN
     2                                                      # OF FREQUENCIES
   G01                                                      START OF FREQUENCY
     +1.50     -2.50    +89.51                              NORTH / EAST / UP
   NOAZI   +0.00   -8.26
     0.0   +0.00   -8.00
   120.0   +0.00   -9.00
   240.0   +0.00  -10.00
   360.0   +0.00   -8.00
   G01                                                      END OF FREQUENCY
   C02                                                      START OF FREQUENCY
      0.00      0.00    100.00                              NORTH / EAST / UP
   NOAZI   +0.00   -8.26
     0.0   +0.00   -8.00
   120.0   +0.00   -9.00
   240.0   +0.00  -10.00
   360.0   +0.00   -8.00
   C02                                                      END OF FREQUENCY
   G01                                                      START OF FREQ RMS
      0.10      0.10      0.10                              NORTH / EAST / UP
   NOAZI    0.10    0.10
   G01                                                      END OF FREQ RMS
                                                            END OF ANTENNA
                                                            START OF ANTENNA
ABC123              4711                                    TYPE / SERIAL NO
     0.0                                                    DAZI
     0.0  90.0  45.0                                        ZEN1 / ZEN2 / DZEN
   R01                                                      START OF FREQUENCY
      0.00      0.00     50.00                              NORTH / EAST / UP
   NOAZI    0.00    1.00    2.00
   R01                                                      END OF FREQUENCY
                                                            END OF ANTENNA
";

fn read(text: &str) -> (Vec<AntennaCalibration>, Vec<String>, usize) {
    let mut reader = AntexReader::new(text.as_bytes()).expect("an ANTEX file");
    let antennas = reader.by_ref().collect();
    let findings = reader.findings().iter().map(ToString::to_string).collect();
    (antennas, findings, reader.satellites_passed())
}

#[test]
fn antennas_are_read_in_metres_and_satellites_counted() {
    let (antennas, findings, satellites) = read(FILE);
    assert_eq!((antennas.len(), satellites), (2, 1));
    assert!(findings.is_empty(), "{findings:?}");
    let [of_type, alone] = antennas.as_slice() else { panic!("two antennas") };
    assert_eq!((of_type.name.as_str(), of_type.serial.as_deref()), ("ABC123          DOME", None));
    assert_eq!(alone.name, "ABC123          NONE");
    assert_eq!(alone.serial.as_deref(), Some("4711"));
    let bands: Vec<_> = of_type.carriers.iter().map(|c| (c.constellation, c.band)).collect();
    assert_eq!(bands, [(Constellation::Gps, '1'), (Constellation::BeiDou, '2')]);
    let [l1, b1] = of_type.carriers.as_slice() else { panic!("two carriers") };
    let Enu { east_m, north_m, up_m } = l1.offset;
    let off = [north_m - 0.0015, east_m + 0.0025, up_m - 0.08951];
    assert!(off.iter().all(|m| m.abs() < 1e-12), "{:?}", l1.offset);
    let at = l1.variation.at_m(45f64.to_radians(), 60f64.to_radians());
    assert!((at + 0.0085).abs() < 1e-12, "{at}");
    assert!((b1.carrier.0 - 1_561.098e6).abs() < 1.0, "{:?}", b1.carrier);
}

/// What is left when one line is replaced by another: names of antennas with their number of carriers, and the findings.
#[track_caller]
fn check(line: &str, by: &str, left: &[(&str, usize)], told: &[&str]) {
    assert!(FILE.contains(line), "{line:?}");
    let (antennas, findings, _) = read(&FILE.replacen(line, by, 1));
    let names: Vec<_> = antennas.iter().map(|a| (a.name.as_str(), a.carriers.len())).collect();
    assert_eq!(names, left);
    assert_eq!(findings, told);
}

#[test]
fn a_broken_line_costs_its_frequency_or_antenna() {
    let (dome, none) = ("ABC123          DOME", "ABC123          NONE");
    check(
        "   120.0   +0.00   -9.00",
        "   120.0   +0.00   -9.x0",
        &[(dome, 1), (none, 1)],
        &[
            "line 22: no number can be read in columns 17 to 24",
            "line 18: the antenna's grid of variations cannot be read here",
        ],
    );
    check(
        "   120.0   +0.00   -9.00\n",
        "",
        &[(dome, 1), (none, 1)],
        &[
            "line 22: no number can be read in columns 1 to 8",
            "line 23: no number can be read in columns 1 to 8",
            "line 18: the antenna's grid of variations cannot be read here",
        ],
    );
    check(
        "   C02       ",
        "   Q02       ",
        &[(dome, 1), (none, 1)],
        &["line 26: no signal is called Q02"],
    );
    check(
        "     0.0  45.0  45.0",
        "     0.0  45.0   0.0",
        &[(none, 1)],
        &["line 13: the antenna's DAZI or ZEN1 / ZEN2 / DZEN cannot be read here"],
    );
    check(
        "   R01                                                      END OF FREQUENCY\n",
        "",
        &[(dome, 2), (none, 0)],
        &["line 45: the file ends here, in the middle of a frequency"],
    );
}

#[test]
fn other_files_are_refused() {
    let refused = |text: &str| AntexReader::new(text.as_bytes()).err();
    assert_eq!(refused(""), Some(NotAntex::NotAntex));
    assert_eq!(refused("     3.05           N"), Some(NotAntex::NotAntex));
    let old = FILE.replacen("1.4", "1.2", 1);
    assert_eq!(refused(&old), Some(NotAntex::UnreadVersion("1.2".to_owned())));
    let relative = FILE.replacen("\nA  ", "\nR  ", 1);
    assert_eq!(refused(&relative), Some(NotAntex::Relative));
    let endless = FILE.split("START OF ANTENNA").next().unwrap_or("");
    assert_eq!(refused(&endless.replacen("END OF HEADER", "", 1)), Some(NotAntex::NoEndOfHeader));
}

proptest! {
    #[test]
    fn damage_never_stops_the_reading(at in 0..FILE.len(), byte: u8, cut in 0..FILE.len()) {
        let mut bytes = FILE.as_bytes().to_vec();
        bytes[at] = byte;
        for text in [&bytes[..], &bytes[..cut]] {
            if let Ok(reader) = AntexReader::new(text) {
                prop_assert!(reader.take(10).count() <= 3);
            }
        }
    }

    #[test]
    fn any_antennas_never_panic(bytes: Vec<u8>) {
        let head = FILE.split_inclusive('\n').take(4).collect::<String>();
        let text = [head.as_bytes(), &bytes].concat();
        let reader = AntexReader::new(&text).expect("its header is whole");
        prop_assert!(reader.count() <= bytes.len());
    }
}
