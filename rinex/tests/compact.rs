//! CRINEX judged by its own tools: RNXCMP's `rnx2crx` writes the same bytes, and `crx2rnx` gives the file back.

#![expect(clippy::print_stdout, reason = "figures and skipped tests are told by name")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tianshu_gnss::time::utc::Utc;
use tianshu_rinex::observation::reader::ObsReader;
use tianshu_rinex::write::repack::{RepackError, repack};

fn at() -> Utc {
    "2026-03-01T04:05:06Z".parse().expect("a moment")
}

fn packed(text: &[u8]) -> Result<Vec<u8>, RepackError> {
    let mut out = Vec::new();
    repack(&mut &*text, &mut out, "tianshu test", at()).map(|()| out)
}

/// What Python's hatanaka (RNXCMP 4.1.0) makes of a text; none where it is missing.
fn hatanaka(test: &str, what: &str, text: &[u8]) -> Option<Vec<u8>> {
    let python = std::env::var("TIANSHU_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let program = format!(
        "import hatanaka,sys;sys.stdout.buffer.write(hatanaka.{what}(sys.stdin.buffer.read()))"
    );
    let known = Command::new(&python).args(["-c", "import hatanaka"]).output();
    if !known.is_ok_and(|run| run.status.success()) {
        println!(
            "SKIPPED {test}: Python's hatanaka not found (TIANSHU_PYTHON names the interpreter)"
        );
        return None;
    }
    let mut child = Command::new(&python)
        .args(["-c", &program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it ran a moment ago");
    let mut stdin = child.stdin.take().expect("it is piped");
    let text = text.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&text));
    let run = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("it reads to the end");
    assert!(run.status.success(), "RNXCMP refuses the file");
    Some(run.stdout)
}

/// Everything but the line that names the program and the time.
fn without_program(compact: &[u8]) -> Vec<&[u8]> {
    let lines = compact.split(|b| *b == b'\n').enumerate();
    lines.filter(|(i, _)| *i != 1).map(|(_, line)| line).collect()
}

#[track_caller]
fn check(test: &str, name: &str, text: &[u8]) {
    let ours = packed(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let (Some(theirs), Some(back)) =
        (hatanaka(test, "rnx2crx", text), hatanaka(test, "crx2rnx", &ours))
    else {
        return;
    };
    println!(
        "{name}: {} bytes, {} packed by us, {} by RNXCMP",
        text.len(),
        ours.len(),
        theirs.len()
    );
    assert!(back == text, "{name}: RNXCMP does not give the file back");
    for (i, (own, other)) in without_program(&ours).iter().zip(without_program(&theirs)).enumerate()
    {
        let shown = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
        assert!(*own == other, "{name}, line {}:\n{}\n{}", i + 2, shown(own), shown(other));
    }
    assert_eq!(without_program(&ours).len(), without_program(&theirs).len(), "{name}");
    let plain: Vec<_> = ObsReader::new(text).expect("a file").collect();
    let compact: Vec<_> = ObsReader::new(&ours).expect("a file").map(|read| read.epoch).collect();
    assert!(plain.iter().map(|read| &read.epoch).eq(&compact), "{name}: our own reader");
}

/// Real files without what RNXCMP does not keep: blanks at the ends of lines, and zeros before the point.
fn real(test: &str, file: &str) -> Option<Vec<u8>> {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/data/baseline-wettzell")
        .join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("SKIPPED {test}: ../shared/data/baseline-wettzell/{file} not found");
        return None;
    };
    let lines = text.lines().map(|line| line.trim_end().to_owned() + "\n");
    let lines = lines.map(|line| match line.as_bytes().first() {
        Some(b'G' | b'R' | b'E' | b'C' | b'J' | b'S' | b'I') if !line.contains("SYS / ") => {
            line.replace(" 0.", "  .").replace("-0.", " -.")
        }
        _ => line,
    });
    Some(lines.collect::<String>().into_bytes())
}

#[test]
fn real_files_are_packed_as_rnxcmp_packs_them() {
    const NAME: &str = "real_files_are_packed_as_rnxcmp_packs_them";
    for station in ["WTZR", "WTZZ"] {
        let file = format!("{station}00DEU_R_20201770000_01D_30S_MO_120epoch.rnx");
        if let Some(text) = real(NAME, &file) {
            check(NAME, station, &text);
        }
    }
}

/// Clock offsets, values that leap, leave and come back, indicators that change, an event, and a satellite line of nothing.
const ODD: &str = "     3.05           OBSERVATION DATA    M: MIXED            RINEX VERSION / TYPE
G    3 C1C L1C S1C                                          SYS / # / OBS TYPES
R    1 C1C                                                  SYS / # / OBS TYPES
                                                            END OF HEADER
> 2026 03 01 00 00  0.0000000  0  2       -.123456789012
G01  20000000.123 7 105123456.78917        45.000
R02  21000000.000
> 2026 03 01 00 00  1.0000000  0  3       -.123456789000
G01  20000010.123 8-999999999.99928        44.000
G02                          .001
R02  21000000.100 5
> 2026 03 01 00 00  2.0000000  0  2
G01  20000020.123 7                        44.000
R02  21000000.200 6
> 2026 03 01 00 00  3.0000000  0  1        .000000000001
G01  20000020.1236 9999999999.999
> 2026 03 01 00 00  4.0000000  0  1
G01  20000020.123  -999999999.999
>                              4  1
A COMMENT IN THE MIDDLE                                     COMMENT
> 2026 03 01 00 00  5.0000000  0  2
G01  20000020.123   105123456.789          44.000
G02
> 2026 03 01 00 00 35.0000000  1  1
G01  20000021.123   105123456.789          44.000
> 2026 03 01 00 00 36.0000000  0  1
G01  30000021.122    95123456.790          44.000
> 2026 03 01 00 00 37.0000000  0  1
G01  30000021.122    85123456.790          44.000
> 2026 03 01 00 00 38.0000000  0  1
G01  40000021.122    75123456.790          44.000
";

#[test]
fn odd_files_are_packed_as_rnxcmp_packs_them() {
    const NAME: &str = "odd_files_are_packed_as_rnxcmp_packs_them";
    check(NAME, "odd", ODD.as_bytes());
}

#[test]
fn what_is_no_observation_file_is_refused_with_its_line() {
    let refused = |text: &str| packed(text.as_bytes()).expect_err("no file").to_string();
    assert!(refused("hello\n").contains("first line"));
    assert!(refused(&ODD.replacen("3.05", "2.11", 1)).contains("first line"));
    assert_eq!(
        refused(&ODD.replacen("  20000010.123", "  2000001x.123", 1)),
        "line 11: a value that is no number"
    );
    assert_eq!(refused(&ODD.replacen("> 2026", "  2026", 1)), "line 5: no epoch line");
    let cut: String = ODD.split_inclusive('\n').take(6).collect();
    assert_eq!(refused(&cut), "line 7: the file ends in the middle");
}
