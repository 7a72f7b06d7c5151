//! Readers that are not ours.

use std::path::{Path, PathBuf};
use std::process::Command;

use tianshu_gnss::coords::{Ecef, GRS80};
use tianshu_station_monitor::products::schedule::{FileKey, Job};

use crate::heard::Memory;
use crate::unpacked;

fn python() -> String {
    std::env::var("TIANSHU_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

/// Runs a program of Python's; none, told by name, where the package is missing.
fn run_python(test: &str, package: &str, program: &str, arguments: &[&str]) -> Option<String> {
    let known = Command::new(python()).args(["-c", &format!("import {package}")]).output();
    if !known.is_ok_and(|run| run.status.success()) {
        println!(
            "SKIPPED {test}: Python's {package} not found (TIANSHU_PYTHON names the interpreter)"
        );
        return None;
    }
    let run = Command::new(python()).arg("-c").arg(program).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{package} does not read the file: {said}");
    Some(String::from_utf8_lossy(&run.stdout).into_owned())
}

/// RNXCMP unpacks a file, packs it again, and comes to the same bytes.
pub(crate) fn round_trip(test: &str, path: &Path) {
    const PROGRAM: &str = "
import gzip, hatanaka, sys
packed = gzip.open(sys.argv[1]).read()
plain = hatanaka.crx2rnx(packed)
again = hatanaka.rnx2crx(plain)
drop = lambda text: [l for i, l in enumerate(text.split(b'\\n')) if i != 1]
assert hatanaka.crx2rnx(again) == plain
assert drop(again) == drop(packed), 'packed otherwise'
assert all(l == l.rstrip() or b'END OF HEADER' in l or len(l) > 60 for l in plain.split(b'\\n'))
print(len(plain), len(packed), len(open(sys.argv[1], 'rb').read()))
";
    let path = path.to_string_lossy();
    if let Some(told) = run_python(test, "hatanaka", PROGRAM, &[&path]) {
        println!("{path}: plain, packed, gzipped bytes {}", told.trim());
    }
}

/// georinex reads the first seconds of a file, and finds the values that our reader finds.
pub(crate) fn read_by_georinex(test: &str, path: &Path, seconds: i64) {
    const PROGRAM: &str = "
import sys, datetime, georinex
from pathlib import Path
start = datetime.datetime(2026, 3, 20)
until = start + datetime.timedelta(seconds=int(sys.argv[2]))
read = georinex.load(Path(sys.argv[1]), use={'G', 'C'}, meas=['C1C', 'L1C', 'C2I', 'L2I'], tlim=(start, until))
for what in ['C1C', 'L1C', 'C2I', 'L2I']:
    values = read[what]
    for satellite in values.sv.values:
        own = values.sel(sv=satellite).dropna('time')
        if len(own):
            print(satellite, what, len(own), '%.3f' % float(own.sum()))
";
    let told =
        run_python(test, "georinex", PROGRAM, &[&path.to_string_lossy(), &seconds.to_string()]);
    let Some(told) = told else { return };
    let text = unpacked(path);
    let reader = tianshu_rinex::observation::reader::ObsReader::new(&text).unwrap();
    let start = reader.header().first.unwrap();
    let epochs: Vec<_> = reader
        .map(|read| read.epoch)
        .take_while(|e| (e.time - start).seconds() <= seconds as f64)
        .collect();
    let mut lines = 0;
    for line in told.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [satellite, what, count, sum] = words[..] else { panic!("{line}") };
        let satellite: tianshu_gnss::satellite::Satellite = satellite.parse().unwrap();
        let values: Vec<f64> = epochs
            .iter()
            .flat_map(|epoch| &epoch.observations)
            .filter(|o| o.satellite == satellite && o.signal.to_string() == what[1..])
            .filter_map(|o| {
                if what.starts_with('C') { o.code.map(|v| v.0) } else { o.phase.map(|v| v.0) }
            })
            .collect();
        assert_eq!(values.len().to_string(), count, "{line}");
        let theirs: f64 = sum.parse().unwrap();
        assert!((values.iter().sum::<f64>() - theirs).abs() < 0.01, "{line}");
        lines += 1;
    }
    println!("georinex: {lines} series of {} epochs equal ours", epochs.len());
    assert!(lines > 20, "{told}");
}

/// Single positions, free of the ionosphere, of all systems but GLONASS, whose biases RTKLIB does not know.
const OPTIONS: &str = "\
pos1-posmode=single
pos1-ionoopt=dual-freq
pos1-tropopt=saas
pos1-navsys=41
pos1-elmask=10
out-solformat=xyz
";

/// RTKLIB reads observations and ephemerides, and solves the station's place.
pub(crate) fn solved_by_rtklib(
    test: &str,
    memory: &Memory,
    jobs: &[Job],
    place: impl Fn(&FileKey) -> PathBuf,
) {
    if Command::new("rnx2rtkp").arg("-?").output().is_err()
        || Command::new("convbin").output().is_err()
    {
        println!("SKIPPED {test}: RTKLIB's rnx2rtkp and convbin not found");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // One station's files: RTKLIB takes longer than everything else here.
    let station = &memory.records[0].station;
    for job in jobs.iter().filter(|job| job.file.station.as_ref() == Some(station)) {
        let path = place(&job.file);
        let Some(plain) = plain(test, &path, folder.path()) else { return };
        let end = job.file.start + job.file.kind.period();
        let is_of_span = |other: &&Job| {
            other.file.station.is_none()
                && other.file.kind.period() == job.file.kind.period()
                && other.file.start + other.file.kind.period() == end
        };
        let navigation = jobs.iter().find(is_of_span).unwrap();
        let nav = folder.path().join("nav.rnx");
        std::fs::write(&nav, unpacked(&place(&navigation.file))).unwrap();
        let options = folder.path().join("rtklib.conf");
        std::fs::write(&options, OPTIONS).unwrap();
        let run =
            Command::new("rnx2rtkp").arg("-k").args([&options, &plain, &nav]).output().unwrap();
        let truth = memory.truth[job.file.station.as_ref().unwrap()];
        let text = String::from_utf8_lossy(&run.stdout);
        let errors: Vec<f64> =
            text.lines().filter(|l| !l.starts_with('%')).map(|l| error_m(l, truth)).collect();
        let expected = memory.expected(&job.file);
        let mean = errors.iter().sum::<f64>() / errors.len() as f64;
        println!(
            "{}: RTKLIB solves {} of {expected} epochs, mean error {mean:.2} m",
            path.display(),
            errors.len()
        );
        assert!(errors.len() * 100 >= expected * 99, "{} epochs", errors.len());
        // Broadcast orbits, and code alone with the noise of two frequencies.
        assert!(mean < 8.0, "{mean} m");
        converted(&plain, folder.path(), expected);
    }
}

fn error_m(line: &str, truth: Ecef) -> f64 {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let number = |i: usize| columns[i].parse::<f64>().unwrap();
    let enu = (Ecef::new(number(2), number(3), number(4)) - truth).to_enu(truth.to_geodetic(GRS80));
    (enu.east_m.powi(2) + enu.north_m.powi(2) + enu.up_m.powi(2)).sqrt()
}

/// The plain file, by RNXCMP.
fn plain(test: &str, path: &Path, folder: &Path) -> Option<PathBuf> {
    let plain = folder.join("plain.rnx");
    let program = "import hatanaka,sys;open(sys.argv[2],'wb').write(hatanaka.decompress(open(sys.argv[1],'rb').read()))";
    let arguments = [path.to_string_lossy(), plain.to_string_lossy()];
    run_python(test, "hatanaka", program, &[&arguments[0], &arguments[1]])?;
    Some(plain)
}

/// RTKLIB's converter reads every epoch, and writes values that are ours.
fn converted(plain: &Path, folder: &Path, expected: usize) {
    let out = folder.join("converted.rnx");
    let run = Command::new("convbin")
        .args(["-r", "rinex", "-v", "3.04", "-od", "-os", "-f", "5", "-o"])
        .args([&out, &plain.to_path_buf()])
        .output()
        .unwrap();
    assert!(run.status.success());
    let text = std::fs::read(&out).unwrap();
    let theirs = tianshu_rinex::observation::reader::ObsReader::new(&text).unwrap();
    let text = std::fs::read(plain).unwrap();
    let ours = tianshu_rinex::observation::reader::ObsReader::new(&text).unwrap();
    let (mut epochs, mut values) = (0, 0);
    for (theirs, ours) in theirs.zip(ours) {
        epochs += 1;
        assert_eq!(theirs.epoch.time, ours.epoch.time);
        for other in &theirs.epoch.observations {
            let Some(own) = ours.epoch.get(other.satellite, other.signal) else { continue };
            if let (Some(own), Some(other)) = (own.code, other.code) {
                assert!((own.0 - other.0).abs() < 0.000_6, "{own:?} {other:?}");
                values += 1;
            }
        }
    }
    println!("convbin: {epochs} of {expected} epochs, {values} pseudoranges equal");
    assert_eq!(epochs, expected);
    assert!(values > 20 * epochs, "{values}");
}
