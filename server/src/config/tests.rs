//! Tests of the configuration: the documented file against the code, and broken files against their faults.

use std::path::Path;

use crate::config::complaint::Complaint;
use crate::config::read::{Config, from_text};

const DOCUMENTED: &str = include_str!("../../../config/tianshu.toml");

fn read(text: &str) -> Result<Config, Vec<Complaint>> {
    from_text(text, Path::new("")).map_err(super::complaint::Complaints::into_sorted)
}

#[track_caller]
fn check(text: &str, expected: &[(usize, &str)]) {
    let complaints = read(text).map_or_else(|complaints| complaints, |_| Vec::new());
    let told: Vec<_> = complaints.iter().map(|c| (c.line, c.text.as_str())).collect();
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for ((line, text), (expected_line, part)) in told.iter().zip(expected) {
        assert_eq!(line, expected_line, "{told:#?}");
        assert!(text.contains(part), "{text:?} should tell of {part:?}");
    }
}

#[test]
fn the_documented_file_states_exactly_the_defaults() {
    let documented = format!("{:?}", read(DOCUMENTED).expect("the documented file is good"));
    let defaults = format!("{:?}", read("").expect("an empty file is good"));
    assert_eq!(documented, defaults);
}

/// The examples of the documented file are good too, but for the files that they name.
#[test]
fn the_documented_examples_are_known_keys_in_known_tables() {
    let is_example = |line: &&str| {
        let key = line.split(['=', '[']).next().unwrap_or_default().trim();
        line.starts_with('[')
            || (line.contains(" = ") && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
    };
    let uncommented: Vec<_> = DOCUMENTED
        .lines()
        .map(|line| line.strip_prefix("# ").filter(is_example).unwrap_or(line))
        .collect();
    // The example of virtual stations needs the network that the file's defaults leave out.
    let text = uncommented.join("\n").replace("solve = false", "solve = true");
    // The example of a site needs an agency, which has no name by default.
    let text = text.replace("[agency]\nname = \"\"", "[agency]\nname = \"Institute\"");
    assert!(text.contains("\n[[station]]\n"), "the examples were found");
    let complaints = read(&text).expect_err("the files that the examples name are not here");
    let others: Vec<_> = complaints
        .iter()
        .filter(|c| !c.text.contains("there is no file") && !c.text.contains("cannot read"))
        .filter(|c| !c.text.contains("TLS needs both"))
        .collect();
    assert!(others.is_empty(), "{others:#?}");
}

#[test]
fn every_fault_of_a_file_is_told_at_once() {
    check(
        r#"[caster]
listen = ["127.0.0.1:2101", "nonsense"]
conections_max = 5
head_timeout_s = 900

[[station]]
name = "bad name"
link = "tcp"

[[station]]
name = "B"
link = "pigeon"

[[mountpoint]]
name = "M;1"
kind = "station"
station = "NOWHERE"

[[user]]
name = "a:b"

[extra]
"#,
        &[
            (2, "listen: "),
            (3, "is `connections_max` meant?"),
            (4, "head_timeout_s must be a number from 0.5 to 60"),
            (6, "no `address`"),
            (7, "cannot name a station"),
            (12, "\"pigeon\" is not known here"),
            (15, "cannot name a mountpoint"),
            (17, "no [[station]] is called NOWHERE"),
            (19, "a password is missing"),
            (20, "no colon"),
            (22, "there is no table `extra`"),
        ],
    );
}

#[test]
fn names_refer_to_what_is_there_once() {
    check(
        r#"[[station]]
name = "A"
link = "tcp"
address = "10.0.0.1:1"
[[station]]
name = "A"
link = "upload"
[[station]]
name = "C"
link = "upload"
[[mountpoint]]
name = "M"
kind = "station"
station = "NOWHERE"
[[mountpoint]]
name = "U"
kind = "upload"
station = "A"
password = "p"
[[user]]
name = "u"
password = "p"
mountpoints = ["M", "GONE"]
"#,
        &[
            (5, "already a station called A"),
            (8, "station C is heard by upload"),
            (14, "no [[station]] is called NOWHERE"),
            (18, "station A has a link of its own"),
            (23, "no [[mountpoint]] is called GONE"),
        ],
    );
}

#[test]
fn a_network_needs_stations_with_positions() {
    let station = |name: &str, more: &str| {
        format!("[[station]]\nname = \"{name}\"\nlink = \"tcp\"\naddress = \"10.0.0.1:1\"\n{more}")
    };
    let vrs = "[[mountpoint]]\nname = \"V\"\nkind = \"vrs\"\n";
    check(
        &format!("[network]\nsolve = true\n{}{vrs}", station("A", "")),
        &[(1, "no [[station]] that takes part has a position")],
    );
    check(
        &format!(
            "[network]\nstations = [\"A\", \"B\"]\ninterval_s = 0\nantex = \"gone.atx\"\n{}{vrs}profile = \"msm6\"\nsystems = \"GI\"\n",
            station("A", "")
        ),
        &[
            (2, "no [[station]] is called B"),
            (2, "station A has no position"),
            (3, "interval_s must be a number from 0.2 to 30"),
            (4, "there is no file gone.atx"),
            (9, "it needs solve = true"),
            (12, "profile = \"msm6\" is not known here"),
            (13, "which the network solves"),
        ],
    );
    let place = "position = [23, 108, 80]\n";
    let all = station("A", place) + &station("B", "") + &station("C", place);
    let network = |head: &str| {
        let config = read(&format!("[network]\n{head}\n{all}{vrs}")).expect("a good file");
        let network = config.network.expect("a network");
        network.stations.iter().map(|s| s.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(network("solve = true"), ["A", "C"], "those with a position");
    assert_eq!(network("solve = true\nstations = [\"C\"]"), ["C"]);
    assert!(read(&all).expect("a good file").network.is_none());
}

#[test]
fn every_fault_of_a_profile_is_told_with_its_line() {
    let network = "[network]\nsolve = true\n[[station]]\nname = \"A\"\nlink = \"tcp\"\naddress = \"10.0.0.1:1\"\nposition = [23, 108, 80]\n";
    let mount = |kind: &str, more: &str| {
        format!("{network}[[mountpoint]]\nname = \"V\"\nkind = \"{kind}\"\n{more}")
    };
    check(
        &mount(
            "vrs",
            "signals = [\"G1\", \"G2w\", \"R1\"]\nmessages = [\"1005\", \"1006\", \"1031\"]\nphysical_rounding_m = -1\n",
        ),
        &[
            (11, "\"G2w\" is no signal"),
            (11, "GLO is not one of this mountpoint's systems"),
            (12, "\"1031\" is not known here"),
            (12, "by \"1005\" or by \"1006\", not by both"),
            (13, "physical_rounding_m must be a number from 0 to 100000"),
        ],
    );
    check(
        &mount("mac", "systems = \"GE\"\nnetwork_id = 256\nmsm = \"4\"\n"),
        &[
            (11, "legacy messages can say"),
            (12, "network_id must be a whole number from 0 to 255"),
            (13, "has no key `msm`"),
        ],
    );
    let alone = "[[mountpoint]]\nname = \"V\"\nkind = \"fkp\"\n";
    check(alone, &[(1, "is of kind fkp: it needs solve = true")]);
    assert!(read(&mount("vrs", "profile = \"legacy\"\nmessages = [\"1005\"]\n")).is_ok());
}

#[test]
fn antennas_are_found_by_name_and_serial_number() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a.atx"), ANTEX).expect("the folder can be written");
    let station = |name: &str, antenna: &str| {
        format!(
            "[[station]]\nname = \"{name}\"\nlink = \"tcp\"\naddress = \"10.0.0.1:1\"\nposition = [23, 108, 80]\n{antenna}"
        )
    };
    let head = "[network]\nsolve = true\nantex = \"a.atx\"\n";
    let all = station("A", "antenna = \"ABC123\"\n")
        + &station("B", "antenna = \"ABC123          NONE\"\nantenna_serial = \"4711\"\n")
        + &station("C", "");
    let config = from_text(&format!("{head}{all}"), folder.path());
    let network = config.map_err(super::complaint::Complaints::into_sorted).expect("good").network;
    let network = network.expect("a network");
    let serials: Vec<_> = network
        .stations
        .iter()
        .map(|s| s.antenna.as_ref().map(|a| a.serial.clone().unwrap_or_default()))
        .collect();
    assert_eq!(serials, [Some(String::new()), Some("4711".to_owned()), None]);
    let other = format!("{head}{}", station("A", "antenna = \"XYZ\"\n"));
    let told = from_text(&other, folder.path()).expect_err("no such antenna").into_sorted();
    assert_eq!((told[0].line, told.len()), (9, 1), "{told:?}");
    assert!(told[0].text.contains("no antenna \"XYZ\""), "{told:?}");
}

/// A type of antenna, and one of it that was calibrated itself.
const ANTEX: &str =
    "     1.4            M                                       ANTEX VERSION / SYST
A                                                           PCV TYPE / REFANT
                                                            END OF HEADER
                                                            START OF ANTENNA
ABC123          NONE                                        TYPE / SERIAL NO
     0.0                                                    DAZI
     0.0  45.0  45.0                                        ZEN1 / ZEN2 / DZEN
   G01                                                      START OF FREQUENCY
      0.00      0.00     50.00                              NORTH / EAST / UP
   NOAZI   +0.00   -8.26   -8.26
   G01                                                      END OF FREQUENCY
                                                            END OF ANTENNA
                                                            START OF ANTENNA
ABC123          NONE4711                                    TYPE / SERIAL NO
     0.0                                                    DAZI
     0.0  45.0  45.0                                        ZEN1 / ZEN2 / DZEN
   G01                                                      START OF FREQUENCY
      0.00      0.00     50.00                              NORTH / EAST / UP
   NOAZI   +0.00   -8.26   -8.26
   G01                                                      END OF FREQUENCY
                                                            END OF ANTENNA
";

#[test]
fn every_fault_of_an_archive_is_told_with_its_line() {
    check(
        "[archive]\nclickhouse = \"clickhouse:8123\"\ndatabase = \"a-b\"\ncluster = \"1st\"\nspool_gib_max = 0\ntimeout_s = 0\nobservation_days = -1\n",
        &[
            (1, "needs a folder too"),
            (2, "write http://host:8123"),
            (3, "database is a letter"),
            (4, "cluster is a letter"),
            (5, "spool_gib_max must be a whole number from 1"),
            (6, "timeout_s must be a number from 1 to 600"),
            (7, "observation_days must be a whole number from 0"),
        ],
    );
    check("[archive]\nfolder = \"a\"\nuser = \"u\"\n", &[(1, "belong to `clickhouse`")]);
    check("[archive]\nfolder = \"\"\n", &[(2, "no folder")]);
    let archive = |text: &str| read(text).expect("a good file").archive;
    assert_eq!(
        archive("[archive]\nobservation_days = 5\n"),
        None,
        "without a folder nothing is kept"
    );
    let text = "[archive]\nfolder = \"a\"\nclickhouse = \"https://h:8443\"\npassword = \"hush\"\n";
    let kept = archive(text).expect("an archive");
    assert!(!format!("{kept:?}").contains("hush"));
    let database = kept.database.expect("a database");
    assert_eq!((database.user.as_str(), database.database.as_str()), ("default", "tianshu"));
}

#[test]
fn a_broken_line_is_told_with_its_number() {
    let complaints = read("[caster]\nlisten = [\n\n[service]\n= 5\n").expect_err("no TOML");
    assert!(complaints.iter().all(|c| c.text.starts_with("this is not TOML")), "{complaints:?}");
}

#[test]
fn secrets_are_never_shown() {
    let text = r#"
[[station]]
name = "A"
link = "ntrip"
url = "ntrip://u:hush1@caster/M"
[[mountpoint]]
name = "U"
kind = "upload"
station = "B"
password = "hush2"
[[station]]
name = "B"
link = "upload"
[[user]]
name = "u"
password = "hush3"
"#;
    let shown = format!("{:?}", read(text).expect("a good file"));
    assert!(!shown.contains("hush"), "{shown}");
}

#[test]
fn alarm_channels_are_judged_key_by_key() {
    check(
        r#"[monitor]
heartbeat_url = "ftp://watch.example.cn/"
[[alarm_channel]]
name = "duty"
kind = "mail"
host = "smtp.example.cn"
from = "nobody"
[[alarm_channel]]
name = "duty"
kind = "webhook"
url = "https://"
[[alarm_channel]]
name = "pigeon"
kind = "pigeon"
"#,
        &[
            (2, "begins with http:// or https://"),
            (3, "has no `to`"),
            (3, "writes to somebody"),
            (7, "no mail address"),
            (8, "already a channel called duty"),
            (11, "begins with http:// or https://"),
            (14, "use \"mail\", \"webhook\", \"wecom\", \"dingtalk\", \"syslog\""),
        ],
    );
    let good = r#"[[alarm_channel]]
name = "robot"
kind = "dingtalk"
url = "https://oapi.dingtalk.com/robot/send?access_token=hush"
password = "SEC-hush"
severity_min = "critical"
language = "en"
"#;
    let config = read(good).expect("a good channel");
    let shown = format!("{:?}", config.monitor.channels);
    assert!(!shown.contains("hush"), "keys are not shown: {shown}");
}
