//! Sites: understood as they are written, and every contradiction told.

use std::path::Path;

use crate::config::complaint::Complaints;
use crate::config::read::from_text;

const AGENCY: &str = "[agency]\nname = \"Institute\"\n";
const STATION: &str = "[[station]]\nname = \"A\"\nlink = \"tcp\"\naddress = \"10.0.0.1:1\"\n";
const SITE: &str = r#"position = [23, 108, 80]
[station.site]
id = "aaaa00chn"
domes = "21602M001"
[[station.site.receiver]]
name = "TRIMBLE ALLOY"
installed = "2019-05-01"
[[station.site.receiver]]
name = "SEPT POLARX5"
installed = "2024-05-01T12:00:00Z"
[[station.site.antenna]]
name = "TRM59800.00     SCIS"
serial = "1"
up_m = 0.5
installed = "2019-05-01"
"#;

#[track_caller]
fn check(text: &str, expected: &[(usize, &str)]) {
    let complaints = from_text(text, Path::new("")).err().map(Complaints::into_sorted);
    let complaints = complaints.unwrap_or_default();
    let told: Vec<_> = complaints.iter().map(|c| (c.line, c.text.as_str())).collect();
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for ((line, text), (expected_line, part)) in told.iter().zip(expected) {
        assert!(line == expected_line && text.contains(part), "{told:#?} should tell {part:?}");
    }
}

#[test]
fn a_site_becomes_a_record_with_its_station_and_agency() {
    let text = format!("{AGENCY}{STATION}{SITE}");
    let config = from_text(&text, Path::new("")).expect("a good configuration");
    let [record] = &config.records[..] else { panic!("{:?}", config.records) };
    assert_eq!((record.id.to_string().as_str(), record.station.as_str()), ("AAAA00CHN", "A"));
    assert_eq!((record.agency.name.as_str(), record.site_name.as_str()), ("Institute", "A"));
    assert_eq!(record.receivers.len(), 2);
    assert_eq!(record.receivers[1].systems, "GPS+GLO+GAL+BDS+QZSS");
    // Half a metre under the reference point.
    let down = (record.reference_point - record.marker()).norm_m();
    assert!((down - 0.5).abs() < 1e-6, "{down} m");
}

#[test]
fn every_contradiction_is_told_with_its_line() {
    check(
        &format!("{STATION}{}", SITE.replace("position = [23, 108, 80]\n", "")),
        &[(5, "needs an agency"), (5, "has a site but no position")],
    );
    let wrong = SITE
        .replace("aaaa00chn", "AAAA")
        .replace("2024-05-01T12:00:00Z", "2018-01-01")
        .replace("up_m = 0.5", "up_m = 500\nupm = 1")
        .replace("TRIMBLE ALLOY", "A RECEIVER WITH MORE NAME THAN ROOM");
    check(
        &format!("{AGENCY}{STATION}{wrong}"),
        &[
            (8, "receivers are not in the order"),
            (9, "no nine-character identifier"),
            (12, "at most 20 characters"),
            (20, "up_m must be a number"),
            (21, "is `up_m` meant?"),
        ],
    );
    let antenna = "antenna = \"TRM59800.00     NONE\"\n";
    check(
        &format!("{AGENCY}{STATION}{antenna}{SITE}"),
        &[(7, "the newest antenna of the site is \"TRM59800.00     SCIS\"")],
    );
    let second = STATION.replace("\"A\"", "\"B\"");
    check(
        &format!("{AGENCY}{STATION}{SITE}{second}{SITE}"),
        &[(27, "already a site called AAAA00CHN")],
    );
    check(
        &format!("{AGENCY}{STATION}position = [23, 108, 80]\n[station.site]\nid = \"AAAA00CHN\"\n"),
        &[(8, "has no `antenna`"), (8, "has no `receiver`")],
    );
}

#[test]
fn files_need_an_archive_a_site_and_readers() {
    let files = "[files]\nfolder = \"f\"\nlisten = \"127.0.0.1:8082\"\n";
    check(
        &format!("{STATION}{files}"),
        &[
            (5, "a [station.site], and there is none"),
            (5, "are made of the archive"),
            (5, "name the `readers`"),
        ],
    );
    let archive = "[archive]\nfolder = \"a\"\n";
    let wrong = format!("{files}readers = [\"wei\"]\nkinds = [\"weekly\"]\n");
    check(
        &format!("{AGENCY}{archive}{wrong}{STATION}{SITE}"),
        &[(8, "no [[user]] is called wei"), (9, "is no kind of file")],
    );
}
