//! Small invented files of every version, and broken ones.

use proptest::prelude::*;
use tianshu_gnss::ephemeris::kepler::GalileoMessage;
use tianshu_gnss::time::gps::Interval;

use super::*;

fn header_line(text: &str, label: &str) -> String {
    format!("{text:<60}{label:<20}\n")
}

fn orbit_line(indent: usize, values: [f64; 4]) -> String {
    let [a, b, c, d] = values;
    format!("{:indent$}{a:19.12E}{b:19.12E}{c:19.12E}{d:19.12E}\n", "")
}

/// A record whose place `i` holds what `value` says.
fn record(head: &str, indent: usize, lines: usize, value: impl Fn(usize) -> f64) -> String {
    let clock = format!("{:19.12E}{:19.12E}{:19.12E}", value(0), value(1), value(2));
    let orbits =
        (0..lines).map(|l| orbit_line(indent, std::array::from_fn(|i| value(3 + 4 * l + i))));
    format!("{head}{clock}\n") + &orbits.collect::<String>()
}

fn kepler(place: usize) -> f64 {
    match place {
        0 => -2.5e-4,
        8 => 0.01,
        10 => 5153.6,
        11 => 352_800.0,
        20 => 258.0,
        21 => 2111.0,
        23 => 2.0,
        24 | 22 => 0.0,
        25 => -1e-8,
        3 | 26 => 88.0,
        27 => -3_600.0,
        28 => 4.0,
        _ => 0.5,
    }
}

fn glonass(place: usize) -> f64 {
    match place {
        0 => 4.5e-5,
        6 | 14 => 0.0,
        10 => -4.0,
        3 => -9.0e3,
        7 => 1.6e4,
        11 => 1.75e4,
        _ => 1.0,
    }
}

fn header(version: &str, kind: &str) -> String {
    header_line(&format!("     {version}           {kind:<20}M"), "RINEX VERSION / TYPE")
        + &header_line("GPSA   1.0000E-08  2.0000E-08 -3.0000E-08 -4.0000E-08", "IONOSPHERIC CORR")
        + &header_line("GPSB   9.0000E+04  8.0000E+04 -7.0000E+04 -6.0000E+05", "IONOSPHERIC CORR")
        + &header_line("    18", "LEAP SECONDS")
        + &header_line("", "END OF HEADER")
}

fn week_second(week: i32, second: i64) -> GpsTime {
    GpsTime::from_week(week, Interval::from_seconds(second))
}

#[test]
fn version_3_is_read() {
    let text = header("3.04", "NAVIGATION DATA")
        + &record("G07 2020 06 25 02 00 00", 4, 7, kepler)
        + &record("E11 2020 06 25 02 00 00", 4, 7, kepler)
        + &record("C21 2020 06 25 02 00 00", 4, 7, |i| if i == 21 { 755.0 } else { kepler(i) })
        + &record("R01 2020 06 25 01 45 00", 4, 3, glonass)
        + &record("S20 2020 06 25 01 45 00", 4, 3, glonass)
        + &record("I02 2020 06 25 02 00 00", 4, 7, kepler);
    let mut reader = NavReader::new(text.as_bytes()).expect("a file");
    let all: Vec<Ephemeris> = reader.by_ref().collect();
    let named: Vec<(String, GpsTime)> =
        all.iter().map(|e| (e.satellite().to_string(), e.reference_time())).collect();
    let expected = [
        ("G07", week_second(2111, 352_800)),
        ("E11", week_second(2111, 352_800)),
        ("C21", week_second(2111, 352_814)),
        ("R01", week_second(2111, 351_918)),
        ("I02", week_second(2111, 352_800)),
    ];
    assert_eq!(named, expected.map(|(name, t)| (name.to_owned(), t)));
    let (Some(Ephemeris::Gps(g07)), Some(Ephemeris::Galileo(e11))) = (all.first(), all.get(1))
    else {
        panic!("GPS and Galileo come first: {named:?}");
    };
    assert_eq!((g07.iode, g07.iodc, g07.week, g07.ura_index), (88, 88, 2110, 0));
    assert!(!g07.extended_fit);
    assert_eq!((e11.message, e11.week, e11.bgd_e5b_s), (GalileoMessage::FNav, 1086, None));
    let Some(Ephemeris::Glonass(r01)) = all.get(3) else { panic!("GLONASS is fourth") };
    assert_eq!((r01.channel, r01.tau_n_s), (-4, -4.5e-5));
    assert_eq!(format!("{:?}", r01.position_m), "[-9000000.0, 16000000.0, 17500000.0]");
    let told: Vec<String> = reader.findings().iter().map(ToString::to_string).collect();
    assert_eq!(told, ["line 34: messages of kind SBAS are not read"]);
    let klobuchar = reader.header().klobuchar.get(&Constellation::Gps);
    assert_eq!(klobuchar.map(|k| (k.alpha[3], k.beta[0])), Some((-4e-8, 9e4)));
}

#[test]
fn version_2_is_read() {
    let gps = header_line("     2.10           N: GPS NAV DATA", "RINEX VERSION / TYPE")
        + &header_line("    1.0000D-08  2.0000D-08 -3.0000D-08 -4.0000D-08", "ION ALPHA")
        + &header_line("", "END OF HEADER")
        + &record(" 7 20  6 25  2  0  0.0", 3, 7, kepler).replace('E', "D");
    let mut reader = NavReader::new(gps.as_bytes()).expect("a file");
    let read = reader.next().expect("a record");
    assert_eq!(read.satellite().to_string(), "G07");
    assert_eq!(read.reference_time(), week_second(2111, 352_800));
    assert_eq!(reader.header().klobuchar.len(), 1);
    let glonass_file = header_line("     2.11           GLONASS NAV DATA", "RINEX VERSION / TYPE")
        + &header_line("", "END OF HEADER")
        + &record(" 1 20  6 25  1 45  0.0", 3, 3, glonass);
    let read = NavReader::new(glonass_file.as_bytes()).expect("a file").next();
    assert_eq!(read.map(|e| e.reference_time()), Some(week_second(2111, 351_918)));
}

#[test]
fn version_4_is_read_and_the_rest_passed_over() {
    let ion = "> ION G01 LNAV\n    2020 06 25 02 00 00".to_owned()
        + " 1.000000000000E-08 2.000000000000E-08-3.000000000000E-08\n"
        + &orbit_line(4, [-4e-8, 9e4, 8e4, -7e4])
        + &orbit_line(4, [-6e5, 0.0, 0.0, 0.0]);
    let text = header("4.00", "NAVIGATION DATA")
        + "> EPH G07 LNAV\n"
        + &record("G07 2020 06 25 02 00 00", 4, 7, kepler)
        + "> EPH G07 CNAV\n"
        + &record("G07 2020 06 25 02 00 00", 4, 8, kepler)
        + &ion
        + "> EPH C21 D1\n"
        + &record("C21 2020 06 25 02 00 00", 4, 7, kepler);
    let mut reader = NavReader::new(text.as_bytes()).expect("a file");
    let names: Vec<String> = reader.by_ref().map(|e| e.satellite().to_string()).collect();
    assert_eq!(names, ["G07", "C21"]);
    assert_eq!(reader.finding_count(), 1, "{:?}", reader.findings());
    assert_eq!(reader.header().klobuchar.get(&Constellation::Gps).map(|k| k.beta[3]), Some(-6e5));
}

#[test]
fn broken_records_are_told_by_what_they_lack() {
    let damaged = record("G07 2020 06 25 02 00 00", 4, 7, kepler)
        .replace(" 5.153600000000E3", " 5.15360x000000E3");
    let text = header("3.04", "NAVIGATION DATA")
        + &damaged
        + "G08 2020 13 25 02 00 00\n    1.0\n"
        + &record("R01 2020 06 25 01 45 00", 4, 2, glonass)
        + &record("G09 2020 06 25 02 00 00", 4, 7, kepler);
    let mut reader = NavReader::new(text.as_bytes()).expect("a file");
    assert_eq!(reader.by_ref().count(), 1);
    let told: Vec<String> = reader.findings().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "line 8: no number can be read in columns 62 to 80",
            "line 6: the ephemeris lacks its sqrt(A)",
            "line 15: no epoch can be read here",
            "line 16: the ephemeris lacks its motion",
        ]
    );
}

proptest! {
    #[test]
    fn no_bytes_lead_to_a_panic(body in "[ >0-9.GRECDE\\n+-]{0,400}") {
        for version in ["2.11", "3.04", "4.00"] {
            let text = header(version, "NAVIGATION DATA") + &body;
            let count = NavReader::new(text.as_bytes()).map_or(0, Iterator::count);
            prop_assert!(count <= text.lines().count());
        }
    }
}

#[test]
fn the_time_of_transmission_is_told_where_it_makes_sense() {
    let sent = |second: f64| move |i| if i == 27 { second } else { kepler(i) };
    let frame = |second: f64| move |i| if i == 2 { second } else { glonass(i) };
    let text = header("3.04", "NAVIGATION DATA")
        + &record("G07 2020 06 25 02 00 00", 4, 7, sent(345_618.0))
        + &record("G08 2020 06 25 02 00 00", 4, 7, sent(0.9999e9))
        + &record("R01 2020 06 25 01 45 00", 4, 3, frame(4.0 * 86_400.0 + 5_430.0));
    let mut reader = NavReader::new(text.as_bytes()).expect("a file");
    let mut told = Vec::new();
    while reader.next().is_some() {
        told.push(reader.transmitted());
    }
    let expected = [Some(week_second(2111, 345_618)), None, Some(week_second(2111, 351_048))];
    assert_eq!(told, expected);
}
