//! Small invented files of every version, and broken ones.

use proptest::prelude::*;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use super::*;

fn header_line(text: &str, label: &str) -> String {
    format!("{text:<60}{label:<20}\n")
}

fn version3() -> String {
    [
        header_line("     3.04           OBSERVATION DATA    M: MIXED", "RINEX VERSION / TYPE"),
        header_line("TEST", "MARKER NAME"),
        header_line("  4075578.4000   931852.7500  4801569.9800", "APPROX POSITION XYZ"),
        header_line("        0.2840        0.0010        0.0020", "ANTENNA: DELTA H/E/N"),
        header_line("G    4 C1C L1C S1C X9Z", "SYS / # / OBS TYPES"),
        header_line("R    2 C1C L1C", "SYS / # / OBS TYPES"),
        header_line("G L1C  0.25000", "SYS / PHASE SHIFT"),
        header_line("  1 R01 -4", "GLONASS SLOT / FRQ #"),
        header_line(" C1C  -71.940 C1P          C2C  -71.500", "GLONASS COD/PHS/BIS"),
        header_line("    30.000", "INTERVAL"),
        header_line("  2020     6    25     0     0    0.0000000     GPS", "TIME OF FIRST OBS"),
        header_line("", "END OF HEADER"),
    ]
    .concat()
}

fn tag(second: u32, count: usize) -> String {
    format!("> 2020 06 25 00 00 {second:2}.0000000  0{count:3}\n")
}

const G01: &str = "G01  20000000.123   105000000.25013        45.000\n";
const R01: &str = "R01  21000000.000   112000000.000 7\n";

#[test]
fn version_3_is_read() {
    let text = version3() + &tag(30, 2) + G01 + R01 + &tag(31, 1) + R01;
    let mut reader = ObsReader::new(text.as_bytes()).expect("a file");
    let header = reader.header().clone();
    assert_eq!(header.version, Version(304));
    assert_eq!(header.marker_name, "TEST");
    assert_eq!(
        header.antenna_delta.map(|d| (d.up_m, d.east_m, d.north_m)),
        Some((0.284, 0.001, 0.002))
    );
    assert_eq!(header.interval, Some(Interval::from_seconds(30)));
    assert_eq!((header.phase_shifts.len(), header.glonass_channels.len()), (1, 1));
    let biases: Vec<_> = header.glonass_biases_m.iter().map(|(s, m)| (s.to_string(), *m)).collect();
    assert_eq!(biases, [("1C".to_owned(), -71.94), ("2C".to_owned(), -71.5)]);
    let first = reader.next().expect("an epoch");
    assert_eq!(first.line, 13);
    assert_eq!(first.epoch.time, GpsTime::from_week(2111, Interval::from_seconds(345_630)));
    let g01: Satellite = "G01".parse().expect("a satellite");
    let l1 = Signal::from_code(g01.constellation(), "1C").expect("a signal");
    let seen = first.epoch.get(g01, l1).expect("observed");
    assert_eq!(seen.code.map(|c| c.0), Some(20_000_000.123));
    assert_eq!(seen.phase.map(|p| p.0), Some(105_000_000.25));
    assert_eq!(seen.cn0.map(|c| c.0), Some(45.0));
    assert_eq!(seen.lock_time.map(|t| t.as_nanos()), Some(0), "LLI 1");
    let r01 = first.epoch.observations.last().expect("two satellites");
    assert_eq!((r01.glonass_channel, r01.lock_time), (Some(-4), None));
    assert_eq!(reader.count(), 1);
}

#[test]
fn version_2_is_read() {
    let head = [
        header_line("     2.11           OBSERVATION DATA    M (MIXED)", "RINEX VERSION / TYPE"),
        header_line("     6    C1    L1    L2    P2    S1    S2", "# / TYPES OF OBSERV"),
        header_line("", "END OF HEADER"),
    ]
    .concat();
    let (first, rest) = ("G 1G 2G 3G 4G 5G 6G 7G 8G 9G10G11G12", "G13");
    let satellite = "  20000000.123   105000000.250    81800000.500 6  20000003.456          45.000  \n          38.000\n";
    let text = head
        + &format!(" 20  6 25  0  0  0.0000000  0 13{first} 0.000000123\n{:32}{rest}\n", "")
        + &satellite.repeat(13);
    let mut reader = ObsReader::new(text.as_bytes()).expect("a file");
    let read = reader.next().expect("an epoch");
    assert_eq!(read.receiver_clock_s, Some(1.23e-7));
    assert_eq!(read.epoch.by_satellite().count(), 13);
    let codes: Vec<String> =
        read.epoch.observations.iter().take(2).map(|o| o.signal.to_string()).collect();
    assert_eq!(codes, ["1C", "2W"]);
    let second = read.epoch.observations.get(1).expect("L2");
    assert_eq!(
        (second.code.map(|c| c.0), second.cn0.map(|c| c.0)),
        (Some(20_000_003.456), Some(38.0))
    );
    assert_eq!(reader.finding_count(), 0, "{:?}", reader.findings());
}

#[test]
fn compact_3_is_read_as_its_plain_twin() {
    let plain = version3()
        + &tag(0, 1)
        + "G01  20000000.123   105000000.250 3        45.000\n"
        + &tag(30, 1)
        + "G01  20000001.125   105000001.250           45.000\n"
        + &tag(31, 1)
        + "G01  20000003.129   105000003.250 8        45.000\n";
    let compact = header_line("3.0                 COMPACT RINEX FORMAT", "CRINEX VERS   / TYPE")
        + &header_line("by hand", "CRINEX PROG / DATE")
        + &version3()
        + "> 2020 06 25 00 00  0.0000000  0  1      G01\n\n"
        + "3&20000000123 3&105000000250 3&45000   3\n"
        + "                   3\n\n1002 1000 0   &\n"
        + "                    1\n\n1002 1000 0   8\n";
    let read = |text: &str| {
        let reader = ObsReader::new(text.as_bytes()).expect("a file");
        reader.map(|read| read.epoch).collect::<Vec<_>>()
    };
    let (plain, compact) = (read(&plain), read(&compact));
    assert_eq!(plain.len(), 3);
    assert_eq!(plain, compact);
}

#[test]
fn events_change_the_columns() {
    let event = "> 2020 06 25 00 00 30.0000000  4  1\n".to_owned()
        + &header_line("G    2 L1C C1C", "SYS / # / OBS TYPES");
    let text = version3()
        + &tag(0, 1)
        + G01
        + &event
        + &tag(31, 1)
        + "G01 105000000.250    20000000.000\n";
    let epochs: Vec<_> = ObsReader::new(text.as_bytes()).expect("a file").collect();
    let phases: Vec<_> = epochs
        .iter()
        .flat_map(|e| e.epoch.observations.iter().filter_map(|o| o.phase.map(|p| p.0)))
        .collect();
    assert_eq!(phases, [105_000_000.25, 105_000_000.25]);
}

#[test]
fn broken_lines_cost_their_epoch_and_are_told() {
    let text = version3()
        + "> 2020 06 25 00 61 00.0000000  0  1\n"
        + G01
        + &tag(31, 2)
        + "Q99  20000000.123\n"
        + "R01  2100x000.000   112000000.000 7\n"
        + &tag(32, 2)
        + R01;
    let mut reader = ObsReader::new(text.as_bytes()).expect("a file");
    let epochs: Vec<_> = reader.by_ref().collect();
    assert_eq!(epochs.len(), 2);
    let told: Vec<String> = reader.findings().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "line 13: no epoch can be read here",
            "line 16: no satellite can be read here",
            "line 17: no number can be read in columns 4 to 17",
            "line 19: the file ends here, in the middle of an epoch",
        ]
    );
}

#[test]
fn other_files_are_refused_by_what_they_are() {
    let refused = |text: &str| ObsReader::new(text.as_bytes()).err().map(|e| e.to_string());
    assert_eq!(
        refused("").as_deref(),
        Some("its first line is not that of a RINEX or CRINEX file")
    );
    let nav = header_line("     3.04           NAVIGATION DATA     M", "RINEX VERSION / TYPE");
    assert_eq!(refused(&nav).as_deref(), Some("it holds \"NAVIGATION DATA\", not observations"));
    let new = header_line("     9.00           OBSERVATION DATA    M", "RINEX VERSION / TYPE");
    assert_eq!(refused(&new).as_deref(), Some("RINEX version 9.00 is not read"));
    let endless = header_line("     3.04           OBSERVATION DATA    M", "RINEX VERSION / TYPE");
    assert_eq!(refused(&endless).as_deref(), Some("its header has no END OF HEADER"));
}

proptest! {
    #[test]
    fn no_bytes_lead_to_a_panic(body in "[ >&0-9.GREC\\n\u{e9}-]{0,400}", compact: bool) {
        let crinex = header_line("3.0                 COMPACT RINEX FORMAT", "CRINEX VERS   / TYPE")
            + &header_line("", "CRINEX PROG / DATE");
        let text = if compact { crinex + &version3() + &body } else { version3() + &body };
        if let Ok(mut reader) = ObsReader::new(text.as_bytes()) {
            // Every epoch takes at least one line.
            prop_assert!(reader.by_ref().count() <= text.lines().count());
        }
    }
}
