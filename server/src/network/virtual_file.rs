//! The observation file of a virtual station: written epoch by epoch, its header last.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use tianshu_gnss::coords::{Ecef, Enu, GRS80};
use tianshu_gnss::glonass_bias::GlonassBiases;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::{Antenna, Receiver};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::utc::Utc;
use tianshu_positioning::network::preprocess::StationSetup;
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_positioning::network::topology::StationIndex;
use tianshu_positioning::vrs::masters::Masters;
use tianshu_positioning::vrs::station::VirtualStation;
use tianshu_rinex::write::WrittenVersion;
use tianshu_rinex::write::header::Origin;
use tianshu_rinex::write::observation::{ObsFile, ObsWriter};
use tianshu_station_monitor::products::disk::Unfinished;

use crate::network::antennas::NULL_ANTENNA;
use crate::network::excluded::Rms;
use crate::network::reasons::Reasons;

/// What the stations measured at an epoch, and what is known of them.
#[derive(Clone, Copy)]
pub(crate) struct Measured<'a> {
    /// The epochs of those that were heard.
    pub epochs: &'a BTreeMap<StationIndex, Arc<ObsEpoch>>,
    /// All stations, by index.
    pub setups: &'a [StationSetup],
}

/// What a file says of itself beside its observations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Title {
    /// Marker name.
    pub name: String,
    /// Lines of comment behind the first, of at most sixty characters.
    pub comments: Vec<String>,
    /// Who runs the program.
    pub run_by: String,
}

/// What becomes of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The file begins later: the station only runs in.
    RunsIn,
    /// It stands between two epochs of the file: a slip in it is told by the next.
    Between,
    /// It is written.
    Written,
}

/// A virtual station and its file.
pub(crate) struct VirtualFile {
    /// Its name.
    pub name: String,
    /// Where it is: exactly what the header says.
    pub place: Ecef,
    /// How many epochs were written.
    pub epochs: u64,
    /// Satellites told and withheld at its place.
    pub reasons: Reasons,
    /// How many of its epochs each master measured.
    pub masters: BTreeMap<StationIndex, u64>,
    /// Predicted sigma of the ionosphere there against the master, slant on L1, of the satellites that are told, m.
    pub ionosphere_sigma: Spread,
    title: Title,
    station: VirtualStation,
    path: PathBuf,
    body_path: PathBuf,
    body: BufWriter<File>,
    writer: ObsWriter,
    text: String,
    first: Option<GpsTime>,
    channels: BTreeMap<Satellite, i8>,
}

/// Root mean square and greatest of a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Spread {
    /// The root mean square in the making.
    pub rms: Rms,
    /// The greatest.
    pub max: f64,
}

impl Spread {
    /// Takes a value in.
    pub(crate) fn add(&mut self, value: f64) {
        self.rms.add(value);
        self.max = self.max.max(value);
    }
}

impl Title {
    /// A name and nothing else.
    pub(crate) fn of(name: String) -> Self {
        Self { name, ..Self::default() }
    }
}

/// What every file says about itself: nobody shall take it for a measurement.
const COMMENT: &str = "VIRTUAL REFERENCE STATION: NO RECEIVER MEASURED THIS";
/// The program that the header names.
const PROGRAM: &str = concat!("tianshu ", env!("CARGO_PKG_VERSION"));

impl VirtualFile {
    /// Begins a file. Until it is finished, its epochs stand beside it under the ending `.part`.
    pub(crate) fn begin(path: PathBuf, title: Title, place: Ecef) -> anyhow::Result<Self> {
        let body_path = path.with_extension("part");
        let file = File::create(&body_path).with_context(|| cannot_write(&body_path))?;
        Ok(Self {
            name: title.name.clone(),
            title,
            place,
            epochs: 0,
            reasons: Reasons::default(),
            masters: BTreeMap::new(),
            ionosphere_sigma: Spread::default(),
            station: VirtualStation::new(place),
            path,
            body_path,
            body: BufWriter::new(file),
            writer: ObsWriter::headless(),
            text: String::new(),
            first: None,
            channels: BTreeMap::new(),
        })
    }

    /// Takes what would be measured there, if the network can tell.
    pub(crate) fn step(
        &mut self,
        masters: &mut Masters,
        snapshot: &Arc<NetworkSnapshot>,
        measured: Measured<'_>,
        turn: Turn,
    ) -> anyhow::Result<()> {
        let lookup = |s: StationIndex| {
            Some((measured.epochs.get(&s)?.as_ref(), measured.setups.get(s.position())?))
        };
        let Some(made) = self.station.step(masters, snapshot, lookup) else { return Ok(()) };
        match turn {
            Turn::RunsIn => return Ok(()),
            Turn::Between => {
                self.writer.pass_over(&made.epoch);
                return Ok(());
            }
            Turn::Written => {}
        }
        *self.masters.entry(made.master).or_default() += 1;
        if let Some(epoch) = measured.epochs.get(&made.master) {
            let corrections = snapshot.corrections(made.master, self.place.to_geodetic(GRS80));
            self.reasons.add_at(epoch, &corrections);
            let told = corrections.values().filter(|c| c.withheld.is_none());
            told.for_each(|c| self.ionosphere_sigma.add(c.ionosphere_sigma_m));
        }
        self.write(&made.epoch)
    }

    /// Its GLONASS phases are aligned with its codes, and nothing had to be added for that.
    fn glonass_biases_m(&self) -> Vec<(Signal, f64)> {
        let all = GlonassBiases::aligned().by_signal().map(|(signal, bias)| (signal, bias.0));
        all.filter(|_| !self.channels.is_empty()).collect()
    }

    fn write(&mut self, epoch: &ObsEpoch) -> anyhow::Result<()> {
        for seen in &epoch.observations {
            if let Some(channel) = seen.glonass_channel {
                self.channels.insert(seen.satellite, channel);
            }
        }
        self.first.get_or_insert(epoch.time);
        self.epochs += 1;
        self.text.clear();
        self.writer.epoch(&mut self.text, epoch);
        self.body.write_all(self.text.as_bytes()).with_context(|| cannot_write(&self.body_path))
    }

    /// Puts the header before the epochs. `begun` is when the network began, for a file without epochs.
    pub(crate) fn finish(&mut self, interval: Interval, begun: GpsTime) -> anyhow::Result<()> {
        let first = self.first.unwrap_or(begun);
        let mut head = String::new();
        self.writer.header(&mut head, &self.header(interval, first));
        self.body.flush().with_context(|| cannot_write(&self.body_path))?;
        let joined = || -> std::io::Result<()> {
            let (whole, ..) = Unfinished::write(self.path.clone(), |out| {
                out.write_all(head.as_bytes())?;
                std::io::copy(&mut File::open(&self.body_path)?, out)
            })?;
            whole.place()
        };
        joined().with_context(|| cannot_write(&self.path))
    }

    fn header(&self, interval: Interval, first: GpsTime) -> ObsFile {
        let descriptor = format!("{NULL_ANTENNA:<16}NONE");
        let mut comments = vec![COMMENT.to_owned()];
        comments.extend_from_slice(&self.title.comments);
        ObsFile {
            version: WrittenVersion::V305,
            // A file is as old as its data, so that the same data give the same bytes.
            origin: Origin {
                program: PROGRAM.to_owned(),
                run_by: self.title.run_by.clone(),
                at: Utc::from(first),
            },
            comments,
            marker_name: self.name.clone(),
            marker_number: None,
            marker_type: "NON_PHYSICAL".to_owned(),
            observer: "TIANSHU".to_owned(),
            agency: "TIANSHU".to_owned(),
            receiver: Receiver {
                descriptor: "TIANSHU VRS".to_owned(),
                firmware: env!("CARGO_PKG_VERSION").to_owned(),
                serial: self.name.clone(),
            },
            antenna: Antenna { descriptor, setup_id: 0, serial: None },
            position: Some(self.place),
            antenna_delta: Enu { east_m: 0.0, north_m: 0.0, up_m: 0.0 },
            signals: BTreeMap::new(),
            glonass_channels: self.channels.clone(),
            interval,
            first,
            last: None,
            glonass_biases_m: self.glonass_biases_m(),
        }
    }
}

impl Drop for VirtualFile {
    fn drop(&mut self) {
        // Finished or given up, its epochs are needed no more. A part that stays behind harms nobody.
        let _ = std::fs::remove_file(&self.body_path);
    }
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}
