//! Observation files as the campaign needs them: where, when, cut into windows, and written anew for RTKLIB.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use tianshu_gnss::coords::{Ecef, Enu};
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::utc::Utc;
use tianshu_rinex::observation::header::ObsHeader;
use tianshu_rinex::observation::reader::ObsReader;
use tianshu_rinex::unpack::unpacked;
use tianshu_rinex::write::WrittenVersion;
use tianshu_rinex::write::header::Origin;
use tianshu_rinex::write::observation::{ObsFile, ObsWriter};

use crate::folder::Folder;

/// What a file says of its station, and when it has epochs.
pub(crate) struct Observed {
    pub(crate) path: PathBuf,
    pub(crate) place: Ecef,
    pub(crate) times: Vec<GpsTime>,
}

impl Observed {
    /// Looks through a whole file.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let (header, epochs) = epochs(path)?;
        let place = header.approx_position;
        let place = place.with_context(|| format!("{} tells no place", path.display()))?;
        Ok(Self { path: path.to_owned(), place, times: epochs.iter().map(|e| e.time).collect() })
    }

    /// The epochs from a moment on.
    pub(crate) fn times_from(&self, from: GpsTime) -> &[GpsTime] {
        &self.times[self.times.partition_point(|t| *t < from)..]
    }

    /// How far away a place is, km.
    pub(crate) fn km_to(&self, place: Ecef) -> f64 {
        (self.place - place).norm_m() / 1e3
    }
}

/// Header and epochs of a file, plain or packed.
pub(crate) fn epochs(path: &Path) -> anyhow::Result<(ObsHeader, Vec<ObsEpoch>)> {
    let shown = || path.display().to_string();
    let bytes = fs::read(path).with_context(shown)?;
    let text = unpacked(&bytes).with_context(shown)?;
    let mut reader = ObsReader::new(&text).with_context(shown)?;
    let epochs = reader.by_ref().map(|read| read.epoch).collect();
    Ok((reader.header().clone(), epochs))
}

/// Writes a station's file as RINEX 3.04: RTKLIB reads no CRINEX.
pub(crate) fn rewrite(folder: &Folder, name: &str, path: &Path) -> anyhow::Result<PathBuf> {
    let (header, epochs) = epochs(path)?;
    let first = epochs.first().with_context(|| format!("{} is empty", path.display()))?.time;
    let mut writer = ObsWriter::headless();
    let mut body = String::new();
    for epoch in &epochs {
        writer.epoch(&mut body, epoch);
    }
    let mut text = String::new();
    writer.header(
        &mut text,
        &ObsFile {
            version: WrittenVersion::V304,
            origin: Origin {
                program: "rover_campaign".to_owned(),
                run_by: String::new(),
                at: Utc::from(first),
            },
            comments: Vec::new(),
            marker_name: header.marker_name,
            glonass_biases_m: Vec::new(),
            last: None,
            marker_number: None,
            marker_type: "GEODETIC".to_owned(),
            observer: String::new(),
            agency: String::new(),
            receiver: header.receiver,
            antenna: header.antenna,
            position: header.approx_position,
            antenna_delta: header.antenna_delta.unwrap_or(Enu {
                east_m: 0.0,
                north_m: 0.0,
                up_m: 0.0,
            }),
            signals: std::collections::BTreeMap::new(),
            glonass_channels: header.glonass_channels,
            interval: header.interval.unwrap_or(Interval::from_seconds(1)),
            first,
        },
    );
    folder.write(name, &(text + &body))
}

/// The text of a RINEX 3 file whose epochs can be cut out.
pub(crate) struct Cuttable {
    text: String,
    header_end: usize,
    /// Where each epoch begins; the end of the text last.
    starts: Vec<usize>,
}

impl Cuttable {
    /// Reads the text of a file that has been looked through.
    pub(crate) fn of(observed: &Observed) -> anyhow::Result<Self> {
        let text = fs::read_to_string(&observed.path)?;
        let mut starts: Vec<usize> = text.match_indices("\n> ").map(|(at, _)| at + 1).collect();
        ensure!(starts.len() == observed.times.len(), "{} is not as read", observed.path.display());
        let header_end = starts.first().copied().unwrap_or(text.len());
        starts.push(text.len());
        Ok(Self { text, header_end, starts })
    }

    /// A file with the epochs of that range.
    pub(crate) fn cut(&self, range: std::ops::Range<usize>) -> String {
        let [header, epochs] =
            [0..self.header_end, self.starts[range.start]..self.starts[range.end]];
        self.text[header].to_owned() + &self.text[epochs]
    }
}

/// The name of the station that is nearest to a place.
pub(crate) fn nearest(stations: &[(String, Ecef)], place: Ecef) -> Option<&String> {
    let km = |(_, other): &&(String, Ecef)| (*other - place).norm_m();
    stations.iter().min_by(|a, b| km(a).total_cmp(&km(b))).map(|(name, _)| name)
}
