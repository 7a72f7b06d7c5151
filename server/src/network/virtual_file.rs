//! The observation file of a virtual station: written epoch by epoch, its header last.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use tianshu_gnss::coords::{Ecef, Enu, GRS80};
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
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

use crate::network::antennas::NULL_ANTENNA;
use crate::network::reasons::Reasons;

/// What the stations measured at an epoch, and what is known of them.
#[derive(Clone, Copy)]
pub(crate) struct Measured<'a> {
    /// The epochs of those that were heard.
    pub epochs: &'a BTreeMap<StationIndex, Arc<ObsEpoch>>,
    /// All stations, by index.
    pub setups: &'a [StationSetup],
}

/// A virtual station and its file.
pub(crate) struct VirtualFile {
    /// Its name, `VRS_<n>`.
    pub name: String,
    /// Where it is: exactly what the header says.
    pub place: Ecef,
    /// How many epochs were written.
    pub epochs: u64,
    /// Satellites told and withheld at its place.
    pub reasons: Reasons,
    /// How many of its epochs each master measured.
    pub masters: BTreeMap<StationIndex, u64>,
    station: VirtualStation,
    path: PathBuf,
    body_path: PathBuf,
    body: BufWriter<File>,
    writer: ObsWriter,
    text: String,
    first: Option<GpsTime>,
    channels: BTreeMap<Satellite, i8>,
}

/// What every file says about itself: nobody shall take it for a measurement.
const COMMENT: &str = "VIRTUAL REFERENCE STATION: NO RECEIVER MEASURED THIS";
/// The program that the header names.
const PROGRAM: &str = concat!("tianshu ", env!("CARGO_PKG_VERSION"));

impl VirtualFile {
    /// Begins the file of the n-th virtual station in a folder.
    pub(crate) fn begin(folder: &Path, number: usize, place: Ecef) -> anyhow::Result<Self> {
        let name = format!("VRS_{number}");
        let path = folder.join(format!("{name}.rnx"));
        let body_path = folder.join(format!("{name}.part"));
        let file = File::create(&body_path).with_context(|| cannot_write(&body_path))?;
        Ok(Self {
            name,
            place,
            epochs: 0,
            reasons: Reasons::default(),
            masters: BTreeMap::new(),
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

    /// Writes what would be measured there, if the network can tell.
    pub(crate) fn step(
        &mut self,
        masters: &mut Masters,
        snapshot: &Arc<NetworkSnapshot>,
        measured: Measured<'_>,
    ) -> anyhow::Result<()> {
        let lookup = |s: StationIndex| {
            Some((measured.epochs.get(&s)?.as_ref(), measured.setups.get(s.position())?))
        };
        let Some(made) = self.station.step(masters, snapshot, lookup) else { return Ok(()) };
        *self.masters.entry(made.master).or_default() += 1;
        if let Some(epoch) = measured.epochs.get(&made.master) {
            let corrections = snapshot.corrections(made.master, self.place.to_geodetic(GRS80));
            self.reasons.add_at(epoch, &corrections);
        }
        self.write(&made.epoch)
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
            let mut out = BufWriter::new(File::create(&self.path)?);
            out.write_all(head.as_bytes())?;
            std::io::copy(&mut File::open(&self.body_path)?, &mut out)?;
            out.flush()
        };
        joined().with_context(|| cannot_write(&self.path))?;
        self.discard();
        Ok(())
    }

    /// Takes back what was begun.
    pub(crate) fn discard(&mut self) {
        // A part that stays behind harms nobody.
        let _ = std::fs::remove_file(&self.body_path);
    }

    fn header(&self, interval: Interval, first: GpsTime) -> ObsFile {
        let descriptor = format!("{NULL_ANTENNA:<16}NONE");
        ObsFile {
            version: WrittenVersion::V305,
            // A file is as old as its data, so that the same data give the same bytes.
            origin: Origin {
                program: PROGRAM.to_owned(),
                run_by: String::new(),
                at: Utc::from(first),
            },
            comments: vec![COMMENT.to_owned()],
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
            glonass_biases_m: Vec::new(),
        }
    }
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}
