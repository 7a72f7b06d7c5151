//! `tianshu solve`: a rover's positions from RINEX files, by our reference rover.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};
use tianshu_gnss::ephemeris::store::{DAY_PER_SATELLITE, EphemerisStore};
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::time::gps::Interval;
use tianshu_positioning::pos_format;
use tianshu_positioning::rtk::config::{Motion, RtkConfig};
use tianshu_positioning::rtk::solution::Status;
use tianshu_positioning::rtk::solver::Solver;
use tianshu_rinex::navigation::reader::NavReader;
use tianshu_rinex::observation::header::ObsHeader;
use tianshu_rinex::observation::reader::ObsReader;
use tianshu_rinex::unpack::unpacked;

use crate::cli::SolveOptions;

/// The name that the solutions bear.
const PROGRAM: &str = concat!("tianshu ", env!("CARGO_PKG_VERSION"));

/// Receivers stamp epochs of one moment by their own clocks, which those without steering let drift by some milliseconds.
const CLOCKS_APART: Interval = Interval::from_millis(10);

/// Solves every epoch of the rover, in order, and tells at the end how it went.
pub(crate) fn run(options: &SolveOptions) -> anyhow::Result<()> {
    let mut ephemerides = EphemerisStore::new(DAY_PER_SATELLITE);
    for path in &options.nav {
        read_navigation(path, &mut ephemerides)?;
    }
    let (_, rover) = read_observations(&options.rover)?;
    let base = options.base.as_deref().map(read_observations).transpose()?;
    let place = base_place(options, base.as_ref().map(|(header, _)| header))?;
    let solver = Solver::new(config(options, place)?);
    let base_epochs = base.map(|(_, epochs)| epochs).unwrap_or_default();
    let shown = place.filter(|_| !base_epochs.is_empty());
    let mut out: Box<dyn Write> = match &options.out {
        Some(path) => {
            Box::new(File::create(path).with_context(|| format!("cannot make {}", path.display()))?)
        }
        None => Box::new(io::stdout().lock()),
    };
    let mut out = BufWriter::new(&mut out);
    match solve(solver, &rover, &base_epochs, &ephemerides, shown, &mut out) {
        Ok(tally) => {
            tell(&tally, rover.len());
            Ok(())
        }
        // Whoever reads our output has seen enough, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(error).context("cannot write the solutions"),
    }
}

/// How many epochs came out how.
#[derive(Default)]
struct Tally {
    fixed: usize,
    float: usize,
    single: usize,
}

fn solve(
    mut solver: Solver,
    rover: &[ObsEpoch],
    base: &[ObsEpoch],
    ephemerides: &EphemerisStore,
    base_place: Option<Ecef>,
    out: &mut dyn Write,
) -> io::Result<Tally> {
    write!(out, "{}", pos_format::header(PROGRAM, base_place))?;
    let mut tally = Tally::default();
    for epoch in rover {
        // The newest base epoch that is not younger than the rover's, but for what their clocks are apart.
        let known = base.partition_point(|b| b.time <= epoch.time + CLOCKS_APART);
        let latest = known.checked_sub(1).and_then(|i| base.get(i));
        let Ok(solution) = solver.step(epoch, latest, ephemerides) else { continue };
        match solution.status {
            Status::Fixed => tally.fixed += 1,
            Status::Float => tally.float += 1,
            Status::Single => tally.single += 1,
        }
        writeln!(out, "{}", pos_format::line(&solution))?;
    }
    out.flush()?;
    Ok(tally)
}

#[expect(
    clippy::print_stderr,
    reason = "the summary must not mix with the solutions on standard output"
)]
fn tell(tally: &Tally, epochs: usize) {
    let Tally { fixed, float, single } = tally;
    let unsolved = epochs - fixed - float - single;
    let share = 100.0 * *fixed as f64 / epochs.max(1) as f64;
    eprintln!(
        "{epochs} epochs: {fixed} fixed ({share:.1} %), {float} float, {single} single, {unsolved} without a solution"
    );
}

fn config(options: &SolveOptions, base: Option<Ecef>) -> anyhow::Result<RtkConfig> {
    ensure!((0.0..90.0).contains(&options.mask), "--mask {} is no elevation", options.mask);
    ensure!(options.ratio >= 1.0, "--ratio {} is below 1", options.ratio);
    let mut config = RtkConfig::with_base(base.unwrap_or(Ecef::new(0.0, 0.0, 0.0)));
    let mut wanted = Vec::new();
    for letter in options.systems.chars() {
        let system = Constellation::from_letter(letter.to_ascii_uppercase());
        wanted.push(system.with_context(|| {
            format!("--systems {}: no system has the letter {letter}", options.systems)
        })?);
    }
    config.carriers.retain(|(system, _)| wanted.contains(system));
    ensure!(
        !config.carriers.is_empty(),
        "--systems {} leaves no system that can be used: choose among G, R, E, C, J",
        options.systems
    );
    config.elevation_mask_rad = options.mask.to_radians();
    config.spp.elevation_mask_rad = options.mask.to_radians();
    config.fixing_mask_rad = config.fixing_mask_rad.max(config.elevation_mask_rad);
    config.ratio_min = options.ratio;
    if options.stands_still {
        config.motion = Motion::Static;
    }
    Ok(config)
}

/// Where the base's antenna reference point is: as told, or by its file's header.
fn base_place(options: &SolveOptions, header: Option<&ObsHeader>) -> anyhow::Result<Option<Ecef>> {
    if let Some(text) = &options.base_position {
        let numbers: Result<Vec<f64>, _> = text.split(',').map(|n| n.trim().parse()).collect();
        let [latitude, longitude, height] = numbers.unwrap_or_default()[..] else {
            bail!("--base-position {text} is not degrees north, degrees east, metres");
        };
        return Ok(Some(Geodetic::from_degrees(latitude, longitude, height).to_ecef(GRS80)));
    }
    let Some(header) = header else { return Ok(None) };
    let marker = header.approx_position.context(
        "the base's header tells no position: give --base-position LAT,LON,H of its antenna reference point",
    )?;
    let up = header.antenna_delta.map(|delta| delta.to_ecef(marker.to_geodetic(GRS80)));
    Ok(Some(up.map_or(marker, |delta| marker + delta)))
}

fn read_observations(path: &Path) -> anyhow::Result<(ObsHeader, Vec<ObsEpoch>)> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = unpacked(&bytes).with_context(|| path.display().to_string())?;
    let mut reader = ObsReader::new(&text).with_context(|| path.display().to_string())?;
    let epochs: Vec<_> = reader.by_ref().map(|read| read.epoch).collect();
    warn(path, reader.finding_count(), reader.findings().first().map(|f| (f.line, &f.fault)));
    ensure!(!epochs.is_empty(), "{} holds no epoch", path.display());
    Ok((reader.header().clone(), epochs))
}

fn read_navigation(path: &Path, store: &mut EphemerisStore) -> anyhow::Result<()> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = unpacked(&bytes).with_context(|| path.display().to_string())?;
    let mut reader = NavReader::new(&text).with_context(|| path.display().to_string())?;
    for ephemeris in reader.by_ref() {
        store.insert(Arc::new(ephemeris));
    }
    warn(path, reader.finding_count(), reader.findings().first().map(|f| (f.line, &f.fault)));
    Ok(())
}

/// Tells of broken lines: how many, and the first of them.
#[expect(
    clippy::print_stderr,
    reason = "a remark on an input file must not mix with the solutions"
)]
fn warn(path: &Path, count: usize, first: Option<(usize, impl std::fmt::Display)>) {
    if let Some((line, fault)) = first {
        eprintln!("{}: {count} broken lines; the first is line {line}: {fault}", path.display());
    }
}
