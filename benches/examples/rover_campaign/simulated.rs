//! Rovers of a simulated world: on their virtual stations, on the nearest base, and on a receiver 10 m away.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::figures::Figures;
use crate::folder::{self, Folder};
use crate::observed::{Observed, nearest};
use crate::options::{ArOptions, Asked};
use crate::rtklib::{Base, Settings};

/// A world's files: what the rovers and their bases saw.
pub(crate) struct World {
    pub(crate) folder: Folder,
    pub(crate) tianshu: PathBuf,
    pub(crate) nav: PathBuf,
    pub(crate) rovers: Vec<Rover>,
    /// What is judged begins here.
    pub(crate) from: GpsTime,
}

/// A rover and the bases that it is judged on.
pub(crate) struct Rover {
    pub(crate) name: String,
    pub(crate) observed: Observed,
    pub(crate) virtual_station: Observed,
    pub(crate) nearest: (String, Observed),
    pub(crate) companion: Observed,
}

/// One rover on one base under one set of options; or all of them on such bases.
pub(crate) struct Judged {
    pub(crate) systems: String,
    pub(crate) options: ArOptions,
    pub(crate) rover: String,
    pub(crate) kind: Kind,
    pub(crate) base: String,
    pub(crate) km: f64,
    pub(crate) figures: Figures,
}

/// Kinds of bases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Virtual,
    Nearest,
    Companion,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Virtual, Self::Nearest, Self::Companion];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Virtual => "virtual station",
            Self::Nearest => "nearest base",
            Self::Companion => "10 m away",
        }
    }
}

/// What came out, and RTKLIB's version.
pub(crate) struct Campaign {
    pub(crate) judged: Vec<Judged>,
    pub(crate) version: String,
}

impl World {
    /// Makes the world that is asked for, or takes the one that its folder holds.
    pub(crate) fn make(asked: &Asked) -> anyhow::Result<Self> {
        let folder = Folder::new(asked.folder.as_deref())?;
        let recipe = simulation(asked);
        if folder.holds("recipe") {
            let held = std::fs::read_to_string(folder.path("recipe"))?;
            ensure!(held == recipe.join(" "), "--folder holds another world: {held}");
        }
        let tianshu = folder::tianshu()?;
        if !folder.holds("recipe") {
            folder.run(&tianshu, &recipe)?;
            folder.run(&tianshu, &network(asked))?;
            folder.write("recipe", &recipe.join(" "))?;
        }
        let mut stations = Vec::new();
        for entry in std::fs::read_dir(folder.path("world"))? {
            let path = entry?.path();
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if stem != "nav" && !stem.starts_with("ROV") {
                stations.push((stem, header_place(&path)?));
            }
        }
        let rovers = (1..=asked.rovers).map(|n| rover(&folder, n, asked.rovers, &stations));
        let rovers = rovers.collect::<anyhow::Result<Vec<Rover>>>()?;
        let begun = rovers.first().and_then(|rover| rover.observed.times.first());
        let from =
            *begun.context("the world is empty")? + Interval::from_seconds(asked.from_s.into());
        let nav = folder.path("world/nav.rnx");
        Ok(Self { folder, tianshu, nav, rovers, from })
    }
}

/// The command line that makes the world.
fn simulation(asked: &Asked) -> Vec<String> {
    let line = format!(
        "simulate --scenario {} --stations {} --rovers {} --rovers-at {} --companions --seconds {} --interval {} --seed {} --rinex world",
        asked.scenario,
        asked.stations,
        asked.rovers,
        asked.rovers_at,
        asked.seconds,
        asked.interval_s,
        asked.seed
    );
    line.split(' ').map(str::to_owned).collect()
}

/// The command line that solves its network.
fn network(asked: &Asked) -> Vec<String> {
    let mut line = "network --obs world --nav world/nav.rnx --out network".to_owned();
    if asked.systems.iter().any(|systems| systems.to_ascii_uppercase().contains('R')) {
        // The simulator's files have its receivers' phases as they are, and the biases in their headers.
        line.push_str(" --glonass told");
    }
    for n in 1..=asked.rovers {
        let _ = write!(line, " --at-rinex world/ROV{n}.rnx");
    }
    line.split(' ').map(str::to_owned).collect()
}

/// Where a file says that its station is, without reading the rest of it.
fn header_place(path: &Path) -> anyhow::Result<tianshu_gnss::coords::Ecef> {
    let file = std::io::BufReader::new(std::fs::File::open(path)?);
    let reader = tianshu_rinex::observation::reader::ObsReader::of_stream(file)?;
    reader.header().approx_position.with_context(|| format!("{} tells no place", path.display()))
}

fn rover(
    folder: &Folder,
    number: usize,
    of: usize,
    stations: &[(String, tianshu_gnss::coords::Ecef)],
) -> anyhow::Result<Rover> {
    let name = format!("ROV{number}");
    let read = |file: String| Observed::read(&folder.path(&file));
    let observed = read(format!("world/{name}.rnx"))?;
    let near = nearest(stations, observed.place).context("the world has no station")?;
    Ok(Rover {
        virtual_station: read(format!("network/VRS_{number}.rnx"))?,
        nearest: (near.clone(), read(format!("world/{near}.rnx"))?),
        companion: read(format!("world/ROV{}.rnx", of + number))?,
        observed,
        name,
    })
}

/// Judges every rover on every base.
pub(crate) fn run(asked: &Asked) -> anyhow::Result<Campaign> {
    let world = World::make(asked)?;
    let mut campaign = Campaign { judged: Vec::new(), version: String::new() };
    for systems in &asked.systems {
        for options in &asked.options {
            let settings = Settings { systems, options: *options, antex: None, base: Base::Header };
            for rover in &world.rovers {
                for kind in Kind::ALL {
                    let (base, observed) = rover.base(kind);
                    let truth = rover.observed.place;
                    let files = [&rover.observed.path, &observed.path, &world.nav];
                    let run = settings.solve(
                        &world.folder,
                        files.map(PathBuf::as_path),
                        world.from,
                        truth,
                    )?;
                    campaign.version = run.version.unwrap_or(campaign.version);
                    let times = rover.observed.times_from(world.from);
                    campaign.judged.push(Judged {
                        systems: systems.clone(),
                        options: *options,
                        rover: rover.name.clone(),
                        kind,
                        base: base.to_owned(),
                        km: observed.km_to(truth),
                        figures: Figures::of(&run.solved, times, &observed.times),
                    });
                }
            }
        }
    }
    Ok(campaign)
}

impl Rover {
    /// A base, and what it is called.
    pub(crate) fn base(&self, kind: Kind) -> (&str, &Observed) {
        match kind {
            Kind::Virtual => ("virtual station", &self.virtual_station),
            Kind::Nearest => (&self.nearest.0, &self.nearest.1),
            Kind::Companion => ("receiver 10 m away", &self.companion),
        }
    }
}
