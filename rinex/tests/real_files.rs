//! Real files of many receivers and writers, read to the last line: every epoch, satellite and record is accounted for.
//!
//! The expected numbers are counted in the same files by the simplest means: lines that begin like an epoch or a record.

#![expect(clippy::print_stdout, reason = "figures and skipped tests are told by name")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use tianshu_rinex::navigation::reader::NavReader;
use tianshu_rinex::observation::reader::ObsReader;
use tianshu_rinex::unpack::unpacked;

/// The folder of real data beside the workspace, or none, told by name.
fn data(test: &str, folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    println!("SKIPPED {test}: ../shared/data/{folder} not found");
    None
}

fn read(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    unpacked(&bytes).expect("it is whole").into_owned()
}

struct Counted {
    epochs: usize,
    satellites: usize,
    values: usize,
    findings: usize,
}

fn counted(path: &Path) -> Counted {
    let text = read(path);
    let begun = Instant::now();
    let mut reader = ObsReader::new(&text).expect("an observation file");
    let (mut epochs, mut satellites, mut values) = (0, 0, 0);
    for read in reader.by_ref() {
        epochs += 1;
        satellites += read.epoch.by_satellite().count();
        for o in &read.epoch.observations {
            values += usize::from(o.code.is_some())
                + usize::from(o.phase.is_some())
                + usize::from(o.doppler.is_some())
                + usize::from(o.cn0.is_some());
        }
    }
    let findings = reader.finding_count();
    let took = begun.elapsed();
    println!(
        "{}: {epochs} epochs, {satellites} satellites, {values} values, {findings} findings, {took:?}",
        path.display()
    );
    for finding in reader.findings().iter().take(5) {
        println!("  {finding}");
    }
    Counted { epochs, satellites, values, findings }
}

#[test]
fn plain_files_are_read_whole() {
    for (folder, file) in [
        ("baseline-wettzell", "WTZR00DEU_R_20201770000_01D_30S_MO_120epoch.rnx"),
        ("baseline-wettzell", "WTZZ00DEU_R_20201770000_01D_30S_MO_120epoch.rnx"),
        ("baseline-fujisawa", "3034078M1.21O"),
        ("baseline-fujisawa", "SEPT078M1.21O"),
    ] {
        let Some(folder) = data("plain_files_are_read_whole", folder) else { return };
        let path = folder.join(file);
        let text = String::from_utf8_lossy(&read(&path)).into_owned();
        let body = text.split("END OF HEADER").nth(1).expect("a header");
        let epochs = body.lines().filter(|l| l.starts_with("> ")).count();
        let satellites =
            body.lines().filter(|l| l.starts_with(['G', 'R', 'E', 'C', 'J', 'S', 'I'])).count();
        let got = counted(&path);
        assert_eq!((got.epochs, got.satellites), (epochs, satellites), "{file}");
        assert_eq!(got.findings, 0, "{file}");
        // A satellite that is listed has at least a code or a phase, and mostly several signals.
        assert!(got.values > 4 * got.satellites, "{file}: {} values", got.values);
    }
}

#[test]
fn rinex_2_files_are_read_whole() {
    let Some(folder) = data("rinex_2_files_are_read_whole", "baseline-hawaii") else { return };
    for file in ["ahup3020.12o", "ainp3020.12o"] {
        let got = counted(&folder.join(file));
        // A day at 30 s.
        assert_eq!((got.epochs, got.findings), (2_880, 0), "{file}");
    }
}

#[test]
fn compact_files_are_read_whole() {
    let Some(folder) = data("compact_files_are_read_whole", "network-nl5") else { return };
    for name in ["delf", "eijs", "rovn", "wsra", "zegv"] {
        let got = counted(&folder.join(format!("{name}0010.21d")));
        // Half a day at 30 s.
        assert_eq!((got.epochs, got.findings), (1_440, 0), "{name}");
        assert!(got.satellites > 1_440 * 8 && got.values > 4 * got.satellites, "{name}");
    }
}

#[test]
fn compact_files_are_read_as_rnxcmp_unpacks_them() {
    const NAME: &str = "compact_files_are_read_as_rnxcmp_unpacks_them";
    let Some(folder) = data(NAME, "network-nl5") else { return };
    let python = std::env::var("TIANSHU_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let program = "import hatanaka,sys;sys.stdout.buffer.write(hatanaka.decompress(open(sys.argv[1],'rb').read()))";
    for name in ["delf", "eijs", "rovn", "wsra", "zegv"] {
        let path = folder.join(format!("{name}0010.21d"));
        let run = Command::new(&python).arg("-c").arg(program).arg(&path).output();
        let Some(run) = run.ok().filter(|run| run.status.success()) else {
            println!(
                "SKIPPED {NAME}: Python's hatanaka not found (TIANSHU_PYTHON names the interpreter)"
            );
            return;
        };
        let plain =
            ObsReader::new(&run.stdout).expect("an observation file").map(|read| read.epoch);
        let compact = read(&path);
        let compact = ObsReader::new(&compact).expect("an observation file").map(|read| read.epoch);
        let mut epochs = 0;
        for (plain, compact) in plain.zip(compact) {
            assert!(plain == compact, "{name} at {}", plain.time);
            epochs += 1;
        }
        assert_eq!(epochs, 1_440, "{name}");
    }
}

#[test]
fn navigation_files_are_read_whole() {
    for (folder, file, letters) in [
        ("baseline-wettzell", "ESBC00DNK_R_20201770000_01D_MN.rnx", "GEC"),
        ("baseline-wettzell", "ESBC00DNK_R_20201770000_01D_RN.rnx", "R"),
        ("network-nl5", "AMEL00NLD_R_20210010000_01D_MN.rnx", "GRECJ"),
        ("network-nl5", "CBW100NLD_R_20210010000_01D_MN.rnx", "GREC"),
        ("baseline-fujisawa", "30340780.21q", "J"),
        ("baseline-fujisawa", "SEPT078M.21P", "GEJ"),
    ] {
        let Some(folder) = data("navigation_files_are_read_whole", folder) else { return };
        let text = read(&folder.join(file));
        let body = String::from_utf8_lossy(&text).into_owned();
        let body = body.split("END OF HEADER").nth(1).expect("a header").to_owned();
        let records = body.lines().filter(|l| l.starts_with(|c| letters.contains(c))).count();
        let begun = Instant::now();
        let mut reader = NavReader::new(&text).expect("a navigation file");
        let read = reader.by_ref().count();
        println!("{file}: {read} records in {:?}", begun.elapsed());
        assert_eq!((read, reader.finding_count()), (records, 0), "{file} {:?}", reader.findings());
    }
}

#[test]
fn rinex_2_navigation_is_read_whole() {
    let Some(folder) = data("rinex_2_navigation_is_read_whole", "baseline-hawaii") else { return };
    let text = read(&folder.join("ainp3020.12n"));
    let body = String::from_utf8_lossy(&text).into_owned();
    let body = body.split("END OF HEADER").nth(1).expect("a header").to_owned();
    let records = body.lines().skip(1).filter(|l| !l.starts_with("   ")).count();
    let mut reader = NavReader::new(&text).expect("a navigation file");
    assert_eq!((reader.by_ref().count(), reader.finding_count()), (records, 0));
}
