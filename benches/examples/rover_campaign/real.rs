//! Real networks: every station is left out in turn, and solved on a virtual station at its place.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use tianshu_gnss::coords::Ecef;
use tianshu_rinex::observation::reader::{NotObservations, ObsReader};
use tianshu_rinex::unpack::unpacked;

use crate::figures::Figures;
use crate::folder::{self, Folder};
use crate::observed::{Observed, epochs, nearest, rewrite};
use crate::options::{Asked, Network};
use crate::rtklib::{Base, Settings};
use crate::simulated::{Campaign, Judged, Kind};

/// A station of the folder.
struct Station {
    name: String,
    truth: Ecef,
    /// Its file, plain.
    plain: Observed,
}

/// Judges every station that the coordinates tell of.
pub(crate) fn run(asked: &Asked, network: &Network) -> anyhow::Result<Campaign> {
    let folder = Folder::new(asked.folder.as_deref())?;
    let tianshu = folder::tianshu()?;
    let (files, navs) = sorted_out(&network.folder)?;
    ensure!(!navs.is_empty(), "{} holds no navigation file", network.folder.display());
    let nav = joined(&folder, &navs)?;
    let stations = stations(&folder, &files, &network.coordinates)?;
    let mut campaign = Campaign { judged: Vec::new(), version: String::new() };
    for station in &stations {
        let out = format!("without-{}", station.name);
        virtual_station(&folder, &tianshu, network, &navs, (station, &out))?;
        let virtual_station = Observed::read(&folder.path(&format!("{out}/VRS_1.rnx")))?;
        let others: Vec<(String, Ecef)> = stations
            .iter()
            .filter(|other| other.name != station.name)
            .map(|other| (other.name.clone(), other.truth))
            .collect();
        let near = nearest(&others, station.truth).context("there is one station only")?;
        let near = stations.iter().find(|s| s.name == *near).context("it is one of them")?;
        let bases = [
            (Kind::Virtual, "virtual station", None, &virtual_station),
            (Kind::Nearest, near.name.as_str(), Some(near.truth), &near.plain),
        ];
        for systems in &asked.systems {
            for options in &asked.options {
                for (kind, name, base, observed) in bases {
                    let antex = network.antex.as_deref();
                    let settings = Settings {
                        systems,
                        options: *options,
                        antex,
                        base: base.map_or(Base::Header, Base::At),
                    };
                    let files = [station.plain.path.as_path(), observed.path.as_path(), &nav];
                    let from = *station.plain.times.first().context("the file is empty")?;
                    let run = settings.solve(&folder, files, from, station.truth)?;
                    campaign.version = run.version.unwrap_or(campaign.version);
                    campaign.judged.push(Judged {
                        systems: systems.clone(),
                        options: *options,
                        rover: station.name.clone(),
                        kind,
                        base: name.to_owned(),
                        km: base.map_or(0.0, |base| (base - station.truth).norm_m() / 1e3),
                        figures: Figures::of(&run.solved, &station.plain.times, &observed.times),
                    });
                }
            }
        }
    }
    Ok(campaign)
}

/// The observation files and the navigation files of a folder.
fn sorted_out(folder: &Path) -> anyhow::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let (mut files, mut navs) = (Vec::new(), Vec::new());
    let listed = std::fs::read_dir(folder);
    for entry in listed.with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let Ok(text) = unpacked(&bytes) else { continue };
        match ObsReader::new(&text) {
            Ok(_) => files.push(path),
            Err(NotObservations::OtherKind(kind)) if kind.contains('N') => navs.push(path),
            Err(_) => {}
        }
    }
    files.sort();
    navs.sort();
    Ok((files, navs))
}

/// RTKLIB is given one navigation file: the first, plain; where several tell of the same day any of them will do.
fn joined(folder: &Folder, navs: &[PathBuf]) -> anyhow::Result<PathBuf> {
    let first = navs.first().context("there is a navigation file")?;
    let bytes = std::fs::read(first)?;
    let text = unpacked(&bytes)?;
    folder.write("nav.rnx", &String::from_utf8_lossy(&text))
}

/// The stations that both have a file and a line `name,x,y,z`; a file's name begins with the station's.
fn stations(
    folder: &Folder,
    files: &[PathBuf],
    coordinates: &Path,
) -> anyhow::Result<Vec<Station>> {
    let shown = || format!("cannot read {}", coordinates.display());
    let text = std::fs::read_to_string(coordinates).with_context(shown)?;
    let mut stations = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(',').map(str::trim);
        let name = words.next().unwrap_or_default().to_owned();
        let numbers: Vec<f64> = words.filter_map(|word| word.parse().ok()).collect();
        // The first line tells the titles.
        let [x, y, z] = numbers[..] else { continue };
        let called = |path: &&PathBuf| {
            let file = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            file.starts_with(&name.to_lowercase())
        };
        let Some(file) = files.iter().find(called) else { continue };
        let truth = Ecef::new(x, y, z);
        let path = rewrite(folder, &format!("plain/{name}.rnx"), file)?;
        let times = epochs(&path)?.1.iter().map(|epoch| epoch.time).collect();
        stations.push(Station { name, truth, plain: Observed { path, place: truth, times } });
    }
    if stations.len() < 4 {
        bail!(
            "{} stations have a file and a truth: one left out, three are a network",
            stations.len()
        );
    }
    Ok(stations)
}

/// Makes the virtual station at a place that the network of the others tells, unless the folder holds it.
fn virtual_station(
    folder: &Folder,
    tianshu: &Path,
    network: &Network,
    navs: &[PathBuf],
    (station, out): (&Station, &str),
) -> anyhow::Result<()> {
    if folder.holds(&format!("{out}/report.json")) {
        return Ok(());
    }
    let absolute = |path: &Path| -> anyhow::Result<String> {
        let path =
            path.canonicalize().with_context(|| format!("cannot find {}", path.display()))?;
        Ok(path.display().to_string())
    };
    let [x, y, z] = station.truth.xyz();
    let place = Ecef::new(x, y, z).to_geodetic(tianshu_gnss::coords::GRS80);
    let (north, east, up) = (place.latitude_deg(), place.longitude_deg(), place.height_m);
    let mut words: Vec<String> =
        ["network", "--out", out, "--exclude", &station.name].map(str::to_owned).to_vec();
    words.extend(["--obs".to_owned(), absolute(&network.folder)?]);
    words.extend(["--stations".to_owned(), absolute(&network.coordinates)?]);
    words.extend(["--at".to_owned(), format!("{north:.10},{east:.10},{up:.4}")]);
    if let Some(antex) = &network.antex {
        words.extend(["--antex".to_owned(), absolute(antex)?]);
    }
    words.push("--nav".to_owned());
    for nav in navs {
        words.push(absolute(nav)?);
    }
    folder.run(tianshu, &words)?;
    Ok(())
}
