//! The files of a world: RINEX and RTCM of every station and rover, navigation, and the truth.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use tianshu_gnss::time::gps::Interval;
use tianshu_rinex::write::WrittenVersion;
use tianshu_simulator::motion::Motion;
use tianshu_simulator::network::Network;
use tianshu_simulator::product::rinex::{FileStyle, ObservationFile, navigation};
use tianshu_simulator::world::{World, WorldEpoch};

use crate::json::truth::TruthFile;
use crate::simulate::stream::Streams;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// A folder for RINEX files, and their version.
    pub rinex: Option<(PathBuf, WrittenVersion)>,
    /// A folder for RTCM files.
    pub rtcm: Option<PathBuf>,
    /// A file for the truth.
    pub truth: Option<PathBuf>,
}

/// The files of a world that are being written.
pub(crate) struct Files {
    rinex: Option<RinexFolder>,
    rtcm: Option<RtcmFolder>,
    truth: Option<(PathBuf, TruthFile<BufWriter<File>>)>,
}

impl Files {
    /// Begins all files. Files of the same names are written anew.
    pub(crate) fn begin(
        wanted: &Wanted,
        world: &World,
        network: &Network,
        seed: u64,
        interval: Interval,
    ) -> anyhow::Result<Self> {
        let rinex = wanted.rinex.as_ref().map(|(folder, version)| {
            let first = world.scenario().start;
            let style = FileStyle { version: *version, interval, first, moving: false };
            RinexFolder::begin(folder, world, network, &style)
        });
        let rtcm = wanted.rtcm.as_deref();
        let truth = wanted.truth.as_deref().map(|path| {
            if let Some(folder) = path.parent() {
                make(folder)?;
            }
            let file = File::create(path).with_context(|| cannot_write(path))?;
            let truth = TruthFile::begin(BufWriter::new(file), world, network, seed);
            Ok::<_, anyhow::Error>((path.to_owned(), truth.with_context(|| cannot_write(path))?))
        });
        Ok(Self {
            rinex: rinex.transpose()?,
            rtcm: rtcm.map(|folder| RtcmFolder::begin(folder, world, network)).transpose()?,
            truth: truth.transpose()?,
        })
    }

    /// Writes an epoch into all files.
    pub(crate) fn epoch(&mut self, world: &World, epoch: &WorldEpoch) -> anyhow::Result<()> {
        if let Some(rinex) = &mut self.rinex {
            rinex.epoch(epoch)?;
        }
        if let Some(rtcm) = &mut self.rtcm {
            rtcm.epoch(world, epoch)?;
        }
        if let Some((path, truth)) = &mut self.truth {
            truth.epoch(epoch).with_context(|| cannot_write(path))?;
        }
        Ok(())
    }

    /// Ends all files, after an epoch every `interval` over `span`.
    pub(crate) fn finish(self, world: &World, span: Interval) -> anyhow::Result<()> {
        if let Some(rinex) = self.rinex {
            rinex.finish(world, span)?;
        }
        if let Some(rtcm) = self.rtcm {
            rtcm.finish()?;
        }
        if let Some((path, truth)) = self.truth {
            truth.finish().with_context(|| cannot_write(&path))?;
        }
        Ok(())
    }
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}

/// A folder of observation files and the navigation file.
struct RinexFolder {
    folder: PathBuf,
    version: WrittenVersion,
    stations: Vec<(ObservationFile, Growing)>,
    rovers: Vec<(ObservationFile, Growing)>,
}

impl RinexFolder {
    fn begin(
        folder: &Path,
        world: &World,
        network: &Network,
        style: &FileStyle,
    ) -> anyhow::Result<Self> {
        make(folder)?;
        let version = style.version;
        let stations = network.stations.iter().enumerate().filter_map(|(number, station)| {
            let stated = world.stated(number)?;
            let name = station.name.as_str();
            let file = ObservationFile::begin(name, &stated, world.sky(), style);
            Some((file, Growing::new(folder.join(format!("{name}.rnx")))))
        });
        let moving = world.scenario().rover_motion != Motion::Still;
        let style = FileStyle { moving, ..style.clone() };
        let rovers = world.rovers().enumerate().filter_map(|(number, name)| {
            let stated = world.stated_by_rover(number)?;
            let name = name.as_str();
            let file = ObservationFile::begin(name, &stated, world.sky(), &style);
            Some((file, Growing::new(folder.join(format!("{name}.rnx")))))
        });
        let (stations, rovers) = (stations.collect(), rovers.collect());
        Ok(Self { folder: folder.to_owned(), version, stations, rovers })
    }

    fn epoch(&mut self, epoch: &WorldEpoch) -> anyhow::Result<()> {
        let stations = self.stations.iter_mut().zip(&epoch.stations);
        let rovers = self.rovers.iter_mut().zip(&epoch.rovers);
        for ((file, growing), site) in stations.chain(rovers) {
            if let Some(observed) = &site.observed {
                file.epoch(observed);
                growing.add(file.take().as_bytes())?;
            }
        }
        Ok(())
    }

    fn finish(self, world: &World, span: Interval) -> anyhow::Result<()> {
        for (mut file, mut growing) in self.stations.into_iter().chain(self.rovers) {
            growing.add(file.take().as_bytes())?;
            growing.finish()?;
        }
        let start = world.scenario().start;
        let path = self.folder.join("nav.rnx");
        let text = navigation(world, self.version, start, start + span);
        fs::write(&path, text).with_context(|| cannot_write(&path))
    }
}

/// A folder of RTCM files: what each station sends, before its link does anything to it.
struct RtcmFolder {
    streams: Streams,
    files: Vec<Growing>,
}

impl RtcmFolder {
    fn begin(folder: &Path, world: &World, network: &Network) -> anyhow::Result<Self> {
        make(folder)?;
        let files = network.stations.iter().map(|station| {
            let name = format!("{}.rtcm3", station.name);
            Growing::new(folder.join(name))
        });
        Ok(Self { streams: Streams::new(world, network), files: files.collect() })
    }

    fn epoch(&mut self, world: &World, epoch: &WorldEpoch) -> anyhow::Result<()> {
        for (file, bytes) in self.files.iter_mut().zip(self.streams.epoch(world, epoch)) {
            file.add(&bytes)?;
        }
        Ok(())
    }

    fn finish(self) -> anyhow::Result<()> {
        if self.streams.refused() > 0 {
            let refused = self.streams.refused();
            tracing::warn!(refused, "messages that RTCM cannot say were left out");
        }
        self.files.into_iter().try_for_each(Growing::finish)
    }
}

fn make(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))
}

/// A file that grows, and is open only while something is written: hundreds of them grow at once.
struct Growing {
    path: PathBuf,
    pending: Vec<u8>,
    is_begun: bool,
}

/// Bytes that are kept before they are written.
const PENDING_MAX: usize = 256 * 1024;

impl Growing {
    fn new(path: PathBuf) -> Self {
        Self { path, pending: Vec::new(), is_begun: false }
    }

    fn add(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= PENDING_MAX { self.write() } else { Ok(()) }
    }

    fn finish(mut self) -> anyhow::Result<()> {
        self.write()
    }

    /// The first write makes the file anew.
    fn write(&mut self) -> anyhow::Result<()> {
        let mut open = OpenOptions::new();
        let open = if self.is_begun {
            open.append(true)
        } else {
            open.write(true).create(true).truncate(true)
        };
        let written = open.open(&self.path).and_then(|mut file| file.write_all(&self.pending));
        written.with_context(|| cannot_write(&self.path))?;
        self.is_begun = true;
        self.pending.clear();
        Ok(())
    }
}
