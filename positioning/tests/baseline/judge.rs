//! Our rover and RTKLIB's on the same files, compared epoch by epoch.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use tianshu_gnss::coords::{Ecef, GRS80};
use tianshu_gnss::ephemeris::store::EphemerisStore;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_positioning::rtk::config::RtkConfig;
use tianshu_positioning::rtk::solution::Status;
use tianshu_positioning::rtk::solver::Solver;

/// A baseline to be solved.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) rover: PathBuf,
    pub(crate) base: PathBuf,
    pub(crate) navigation: Vec<PathBuf>,
    /// RINEX letters.
    pub(crate) systems: &'static str,
    /// Whether both estimate ionosphere and troposphere, or neither.
    pub(crate) estimate_atmosphere: bool,
    pub(crate) limits: Limits,
}

/// What must hold.
pub(crate) struct Limits {
    /// Least part of epochs fixed.
    pub(crate) fix_rate_min: f64,
    /// By how much RTKLIB's fix rate may be higher.
    pub(crate) behind_max: f64,
    /// Median distance from RTKLIB's position on epochs that both have fixed, m.
    pub(crate) median_m: f64,
    /// Least part of those epochs on which the two are within a centimetre of each other.
    pub(crate) within_1_cm_min: f64,
}

impl Limits {
    /// Where both estimate the air between the ends, the last part of a hundred of the epochs may be a few millimetres farther apart.
    pub(crate) const DEFAULT: Self =
        Self { fix_rate_min: 0.0, behind_max: 0.02, median_m: 0.01, within_1_cm_min: 0.99 };
    /// Over a few kilometres nothing but the integers decides: every epoch agrees.
    pub(crate) const SHORT: Self = Self { within_1_cm_min: 1.0, ..Self::DEFAULT };
}

/// A position with its quality.
#[derive(Clone, Copy)]
struct Told {
    place: Ecef,
    fixed: bool,
}

type Track = BTreeMap<GpsTime, Told>;

pub(crate) fn compare(
    case: &Case,
    base_at: Ecef,
    rover: &[ObsEpoch],
    base: &[ObsEpoch],
    ephemerides: &EphemerisStore,
) {
    let mut config = RtkConfig::with_base(base_at);
    config.carriers.retain(|(system, _)| case.systems.contains(system.letter()));
    if !case.estimate_atmosphere {
        config.atmosphere_from_m = f64::INFINITY;
    }
    let begun = Instant::now();
    let ours = solved(config, rover, base, ephemerides);
    let took = begun.elapsed();
    println!("  {:.1} ms an epoch", took.as_secs_f64() * 1e3 / rover.len().max(1) as f64);
    let our_rate = told("ours", &ours, rover.len());
    assert!(our_rate >= case.limits.fix_rate_min, "{}: {our_rate} fixed", case.name);
    let Some(theirs) = rtklib(case, base_at) else { return };
    let their_rate = told("rnx2rtkp", &theirs, rover.len());
    let mut apart: Vec<f64> = ours
        .iter()
        .filter(|(_, own)| own.fixed)
        .filter_map(|(t, own)| {
            let other = theirs.get(t).filter(|other| other.fixed)?;
            Some((own.place - other.place).norm_m())
        })
        .collect();
    apart.sort_by(f64::total_cmp);
    let within = apart.iter().filter(|d| **d < 0.01).count() as f64 / apart.len().max(1) as f64;
    println!(
        "  common fixes {}: median {:.4} m, 95 % {:.4} m, max {:.4} m, {:.1} % within 1 cm",
        apart.len(),
        quantile(&apart, 0.5),
        quantile(&apart, 0.95),
        quantile(&apart, 1.0),
        100.0 * within
    );
    assert!(our_rate >= their_rate - case.limits.behind_max, "{}: fix rate", case.name);
    assert!(within >= case.limits.within_1_cm_min, "{}: {within} within 1 cm", case.name);
    let median = quantile(&apart, 0.5);
    assert!(median < case.limits.median_m, "{}: median {median} m apart", case.name);
}

fn solved(
    config: RtkConfig,
    rover: &[ObsEpoch],
    base: &[ObsEpoch],
    ephemerides: &EphemerisStore,
) -> Track {
    let mut solver = Solver::new(config);
    let mut track = Track::new();
    for epoch in rover {
        let latest = base.partition_point(|b| b.time <= epoch.time + Interval::from_millis(10));
        let latest = latest.checked_sub(1).and_then(|i| base.get(i));
        if let Ok(solution) = solver.step(epoch, latest, ephemerides) {
            let fixed = solution.status == Status::Fixed;
            let time = epoch.time.rounded_to(Interval::from_millis(10));
            track.insert(time, Told { place: solution.position, fixed });
        }
    }
    track
}

/// Prints a track's fix rate and scatter, and returns the fix rate.
fn told(name: &str, track: &Track, epochs: usize) -> f64 {
    let fixed: Vec<Ecef> = track.values().filter(|t| t.fixed).map(|t| t.place).collect();
    let rate = fixed.len() as f64 / epochs.max(1) as f64;
    let Some(first) = fixed.first() else {
        println!("  {name}: nothing fixed of {} solutions", track.len());
        return rate;
    };
    // The rovers stand still: the median of the fixes is the place.
    let median = |axis: usize| {
        let mut all: Vec<f64> = fixed.iter().map(|p| p.xyz()[axis]).collect();
        all.sort_by(f64::total_cmp);
        quantile(&all, 0.5)
    };
    let place = Ecef::new(median(0), median(1), median(2));
    let local = |p: &Ecef| (*p - place).to_enu(first.to_geodetic(GRS80));
    let mut horizontal: Vec<f64> = fixed.iter().map(|p| local(p).horizontal_m()).collect();
    let mut up: Vec<f64> = fixed.iter().map(|p| local(p).up_m.abs()).collect();
    horizontal.sort_by(f64::total_cmp);
    up.sort_by(f64::total_cmp);
    let [x, y, z] = place.xyz();
    println!(
        "  {name}: {} solutions, {:.1} % fixed, horizontal 95 % {:.4} m max {:.3} m, up 95 % {:.4} m max {:.3} m, median {x:.4} {y:.4} {z:.4}",
        track.len(),
        100.0 * rate,
        quantile(&horizontal, 0.95),
        quantile(&horizontal, 1.0),
        quantile(&up, 0.95),
        quantile(&up, 1.0),
    );
    rate
}

fn quantile(sorted: &[f64], part: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let i = (part * last as f64).round() as usize;
    sorted.get(i).copied().unwrap_or(f64::NAN)
}

/// What `rnx2rtkp` makes of the same files, kinematic, with the same mask and carriers. None, told by name, without the program.
fn rtklib(case: &Case, base_at: Ecef) -> Option<Track> {
    let name: String = case.name.chars().filter(char::is_ascii_alphanumeric).collect();
    let folder = std::env::temp_dir().join(format!("tianshu-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the configuration");
    let configuration = folder.join("rnx2rtkp.conf");
    std::fs::write(&configuration, options(case, base_at)).expect("the configuration is written");
    let output = folder.join("solution.pos");
    let run = Command::new("rnx2rtkp")
        .arg("-k")
        .arg(&configuration)
        .arg("-o")
        .arg(&output)
        .args([plain(&case.rover, &folder)?, plain(&case.base, &folder)?])
        .args(&case.navigation)
        .output();
    let text = run.ok().filter(|run| run.status.success()).and_then(|_| read(&output));
    std::fs::remove_dir_all(&folder).expect("our own folder goes");
    if text.is_none() {
        println!("SKIPPED {}: rnx2rtkp (Debian package rtklib) not found", case.name);
    }
    text.map(|text| text.lines().filter_map(parsed).collect())
}

/// `rnx2rtkp` reads no CRINEX: PyPI's `hatanaka` (RNXCMP's own programs) unpacks it.
fn plain(path: &Path, folder: &Path) -> Option<PathBuf> {
    if path.extension().is_none_or(|e| !e.to_string_lossy().ends_with('d')) {
        return Some(path.to_owned());
    }
    let python = std::env::var("TIANSHU_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let program = "import hatanaka,sys\nopen(sys.argv[2],'wb').write(hatanaka.decompress(open(sys.argv[1],'rb').read()))";
    let unpacked = folder.join(path.file_stem()?).with_extension("obs");
    let run = Command::new(python).arg("-c").arg(program).args([path, &unpacked]).output();
    if run.is_ok_and(|run| run.status.success()) {
        return Some(unpacked);
    }
    println!("SKIPPED rnx2rtkp on {}: Python's hatanaka not found", path.display());
    None
}

fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

fn options(case: &Case, base_at: Ecef) -> String {
    let bit = |letter: char| match letter {
        'G' => 1,
        'R' => 4,
        'E' => 8,
        'J' => 16,
        'C' => 32,
        _ => 0,
    };
    let systems: u32 = case.systems.chars().map(bit).sum();
    let atmosphere =
        if case.estimate_atmosphere { ("est-stec", "est-ztd") } else { ("brdc", "saas") };
    let [x, y, z] = base_at.xyz();
    // RTKLIB b34 counts Galileo's E5a as the third carrier.
    let carriers = if case.systems.contains('E') { "l1+l2+l5" } else { "l1+l2" };
    let mut text = String::new();
    for (key, value) in [
        ("pos1-posmode", "kinematic".to_owned()),
        ("pos1-frequency", carriers.to_owned()),
        ("pos1-soltype", "forward".to_owned()),
        ("pos1-elmask", "10".to_owned()),
        ("pos1-ionoopt", atmosphere.0.to_owned()),
        ("pos1-tropopt", atmosphere.1.to_owned()),
        ("pos1-navsys", systems.to_string()),
        ("pos2-armode", "continuous".to_owned()),
        ("pos2-gloarmode", "off".to_owned()),
        ("pos2-bdsarmode", "on".to_owned()),
        ("pos2-arthres", "3".to_owned()),
        ("out-solformat", "xyz".to_owned()),
        ("out-timesys", "gpst".to_owned()),
        ("out-timeform", "tow".to_owned()),
        ("ant2-postype", "xyz".to_owned()),
        ("ant2-pos1", x.to_string()),
        ("ant2-pos2", y.to_string()),
        ("ant2-pos3", z.to_string()),
    ] {
        let _ = writeln!(text, "{key} ={value}");
    }
    text
}

/// A line of a `.pos` file: week, seconds of week, x, y, z, quality.
fn parsed(line: &str) -> Option<(GpsTime, Told)> {
    let mut words = line.split_ascii_whitespace();
    let week = words.next()?.parse().ok()?;
    let mut number = || words.next()?.parse::<f64>().ok();
    let time = GpsTime::from_week(week, Interval::from_seconds_f64(number()?));
    let place = Ecef::new(number()?, number()?, number()?);
    let fixed = words.next()? == "1";
    Some((time.rounded_to(Interval::from_millis(10)), Told { place, fixed }))
}
