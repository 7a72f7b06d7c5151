//! Sourcetables of the field, queries on them, and that nothing is lost.

use proptest::prelude::*;

use super::caster::{CasterEntry, NetworkEntry};
use super::query::QueryFault;
use super::record::Authentication;
use super::stream::StreamEntry;
use super::*;

const TABLE: &str = "CAS;www.example.org;2101;Name;Operator;1;DEU;53.55;10.00;0.0.0.0;0;\r\n\
    NET;NETA;BKG;B;N;http://a;none;none;none\r\n\
    STR;LD000;Bremen;RTCM 3.3;1005(30),1077(1);2;GPS+GLO;NETA;DEU;53.10;8.80;0;0;TRIMBLE;none;B;N;9600;none\r\n\
    STR;LD001;Kiel;RTCM 3.3;1006(10),1087(1);2;GLO;NETA;DEU;54.30;10.10;1;1;LEICA;none;N;Y;4800;a;b;c\r\n\
    STR;BASE;\r\n\
    XYZ;kept\r\n\
    ENDSOURCETABLE\r\n";

fn parse(text: &str, size: usize) -> (Sourcetable, Findings) {
    let (mut reader, mut findings) = (TableReader::new(), Findings::default());
    for piece in text.as_bytes().chunks(size) {
        reader.push(piece, &mut findings);
    }
    (reader.finish(&mut findings), findings)
}

#[test]
fn a_table_is_kept_as_it_was_sent() {
    let (table, findings) = parse(TABLE, 3);
    assert_eq!(table.to_string(), TABLE);
    assert_eq!(findings.iter().collect::<Vec<_>>(), [(Finding::TableUnknownRecord, 1)]);
    assert_eq!(parse(&TABLE.replace("\r\n", "\n"), 100).0, table);
    let without_end = parse(TABLE.strip_suffix("ENDSOURCETABLE\r\n").unwrap(), 100);
    assert_eq!((without_end.0, without_end.1.count(Finding::TableWithoutEnd)), (table, 1));
}

#[test]
fn entries_are_read_with_what_is_there() {
    let (table, mut findings) = (parse(TABLE, 100).0, Findings::default());
    let entry = |name: &str, findings: &mut Findings| {
        let record = table.lookup(&Mountpoint::new(name).unwrap()).unwrap();
        StreamEntry::read(record, findings).unwrap()
    };
    let full = entry("LD001", &mut findings);
    assert_eq!((full.carrier, full.latitude_deg, full.bitrate), (Some(2), Some(54.3), Some(4800)));
    assert_eq!((full.needs_gga, full.is_network, full.fee), (Some(true), Some(true), Some(true)));
    assert_eq!((full.authentication, full.misc.as_str()), (Some(Authentication::None), "a;b;c"));
    assert!(findings.is_empty());
    // str2str as caster writes nothing but the name.
    let bare = entry("BASE", &mut findings);
    assert_eq!(bare, StreamEntry::named(Mountpoint::new("BASE").unwrap()));
    assert_eq!(findings.iter().collect::<Vec<_>>(), [(Finding::TableFieldsMissing, 1)]);
    assert_eq!(table.lookup(&Mountpoint::new("ld000").unwrap()), None);
}

#[test]
fn unreadable_numbers_are_absent_and_counted() {
    let mut findings = Findings::default();
    let record = Record::new("CAS;h;99999;a;b;x;DEU;N/A;nan;0.0.0.0;0;m");
    let entry = CasterEntry::read(&record, &mut findings).unwrap();
    assert_eq!((entry.port, entry.latitude_deg, entry.longitude_deg), (None, None, None));
    assert_eq!(findings.count(Finding::TableFieldUnreadable), 4);
    assert_eq!(StreamEntry::read(&Record::new("STR;a b;c"), &mut findings), None);
}

#[test]
fn casters_and_networks_are_written_as_they_were_read() {
    let (table, mut findings) = (parse(TABLE, 100).0, Findings::default());
    let caster = CasterEntry::read(&table.records()[0], &mut findings).unwrap();
    assert_eq!(caster.to_record(), table.records()[0]);
    let network = NetworkEntry::read(&table.records()[1], &mut findings).unwrap();
    assert_eq!(network.to_record(), table.records()[1]);
    let stream = StreamEntry::read(&table.records()[2], &mut findings).unwrap();
    assert_eq!(stream.to_record(), table.records()[2]);
}

#[test]
fn lines_and_tables_are_bounded() {
    let (table, findings) = parse(&format!("STR;{}\r\nSTR;A;\r\n", "x".repeat(100_000)), 4096);
    assert_eq!((table.records().len(), findings.count(Finding::OverlongLine)), (1, 1));
    let (table, findings) = parse(&"NET;x\n".repeat(TABLE_LINES_MAX + 7), 4096);
    assert_eq!(table.records().len(), TABLE_LINES_MAX);
    assert_eq!(findings.count(Finding::TableTooManyLines), 7);
}

#[test]
fn a_table_of_the_field_is_read_without_loss() {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/rtcm/gpsd/ntrip_sourcetable.log");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("SKIPPED a_table_of_the_field_is_read_without_loss: {path} not found");
        return;
    };
    let (_, body) = text.split_once("\n\n").unwrap();
    let (table, mut findings) = parse(body, 64);
    let streams: Vec<_> =
        table.records().iter().filter_map(|r| StreamEntry::read(r, &mut findings)).collect();
    let casters = table.records().iter().filter(|r| r.kind() == RecordKind::Caster).count();
    assert_eq!((streams.len(), casters), (4, 15));
    for (entry, record) in
        streams.iter().zip(table.records().iter().filter(|r| r.kind() == RecordKind::Stream))
    {
        assert_eq!(
            StreamEntry::read(&entry.to_record(), &mut findings).as_ref(),
            Some(entry),
            "{record}"
        );
    }
}

#[track_caller]
fn check(query: &str, lines: &[&str]) {
    let (table, mut findings) = (parse(TABLE, 100).0, Findings::default());
    let query = TableQuery::parse(query, &mut findings).unwrap();
    let chosen = table.select(&query, |mountpoint| mountpoint.as_str() == "LD000");
    let names: Vec<String> =
        chosen.records().iter().map(|r| r.fields().into_iter().nth(1).unwrap()).collect();
    assert_eq!(names, lines, "{query:?}");
}

#[test]
fn queries_choose_records() {
    // Note 18.
    let all = ["www.example.org", "NETA", "LD000", "LD001", "BASE", "kept"];
    check("", &all);
    check("match=STR;LD000", &["LD000"]);
    check("match=STR;LD00*", &[]);
    check("match=STR;;;;;;;;53.1", &[]);
    check("match=STR;;;;;;;;;53.1", &["LD000"]);
    check("filter=STR;LD00*", &["LD000", "LD001"]);
    check("STR;LD00*", &["LD000", "LD001"]);
    check("STR", &["LD000", "LD001", "BASE"]);
    check("STR;;;;*1077*", &["LD000"]);
    check("STR;;;;;;;;;>53.5", &["LD001"]);
    check("STR;;;;;;;;;>=53.1&<54", &["LD000"]);
    check("filter=STR;LD000|BASE", &["LD000", "BASE"]);
    check("filter=STR;!LD000", &["LD001", "BASE"]);
    check("filter=STR;LD*&!*1", &["LD000"]);
    check("filter=CAS|NET", &["www.example.org", "NETA"]);
    check(";NETA", &["NETA"]);
    check("auth", &["www.example.org", "NETA", "LD000", "kept"]);
    check("auth&filter=STR;LD*", &["LD000"]);
    check("filter=STR;LD*&auth", &["LD000"]);
    check("strict&match=STR;LD000", &["LD000"]);
    check("strict&STR;LD000", &["LD000"]);
    check("filter=STR;~50", &["LD000", "LD001", "BASE"]);
}

#[test]
fn a_strict_query_must_be_readable() {
    let mut findings = Findings::default();
    let fault = QueryFault::Unreadable(">x".to_owned());
    assert_eq!(TableQuery::parse("strict&filter=STR;>x", &mut findings), Err(fault));
    assert!(TableQuery::parse("filter=STR;>x", &mut findings).is_ok());
    assert_eq!(findings.count(Finding::QueryConditionIgnored), 1);
    let long = format!("strict&filter=STR;{}", "*a".repeat(500));
    assert_eq!(TableQuery::parse(&long, &mut findings), Err(QueryFault::TooLong));
}

prop_compose! {
    fn any_stream()(
        texts in prop::collection::vec("[ -!#-:<-~]{0,12}|[a;]{1,4}", 8),
        name in "[A-Z0-9]{1,12}",
        carrier in prop::option::of(0..9_u8),
        latitude_deg in prop::option::of(-90.0..90.0),
        (needs_gga, fee) in (prop::option::of(any::<bool>()), prop::option::of(any::<bool>())),
        bitrate in prop::option::of(any::<u32>()),
    ) -> StreamEntry {
        let mut texts = texts.into_iter().map(|text| text.trim().to_owned());
        let mut next = || texts.next().unwrap_or_default();
        StreamEntry {
            identifier: next(), format: next(), format_details: next(), nav_system: next(),
            network: next(), country: next(), generator: next(), misc: next(),
            carrier, latitude_deg, needs_gga, fee, bitrate,
            ..StreamEntry::named(Mountpoint::new(&name).unwrap())
        }
    }
}

proptest! {
    #[test]
    fn entries_are_read_as_they_were_written(entry in any_stream()) {
        let mut findings = Findings::default();
        prop_assert_eq!(StreamEntry::read(&entry.to_record(), &mut findings), Some(entry));
        prop_assert!(findings.is_empty(), "{:?}", findings);
    }

    #[test]
    fn tables_are_printed_as_they_were_read(lines in prop::collection::vec("[!-~][ -~]{0,60}", 0..9), size in 1..64_usize) {
        let text = lines.into_iter().chain(["ENDSOURCETABLE".to_owned(), String::new()]).collect::<Vec<_>>().join("\r\n");
        prop_assert_eq!(parse(&text, size).0.to_string(), text);
    }

    #[test]
    fn any_query_on_any_table_is_survived(query in "\\PC{0,40}|[STR;*|&!<>=~0-9]{0,30}", text in "\\PC{0,80}|[STR;\"\n]{0,80}") {
        let mut findings = Findings::default();
        if let Ok(query) = TableQuery::parse(&query, &mut findings) {
            let _ = parse(&text, 7).0.select(&query, |_| true);
        }
    }
}
