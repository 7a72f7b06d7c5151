//! A station that was left out: what the network predicts there beside what it saw, satellite by satellite, as CSV.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use tianshu_gnss::antenna::AntennaCalibration;
use tianshu_gnss::coords::{Ecef, GRS80};
use tianshu_gnss::observation::ObsEpoch;
use tianshu_positioning::network::interpolate::shell;
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_positioning::network::topology::StationIndex;
use tianshu_positioning::vrs::masters::Masters;
use tianshu_positioning::vrs::station::VirtualStation;

use crate::network::comparison::{Compared, Judge, compare};
use crate::network::source::Source;
use crate::network::virtual_file::Measured;

/// An excluded station and its file.
pub(crate) struct ExcludedFile {
    /// Its name, as it was called.
    pub name: String,
    /// Its antenna reference point.
    pub place: Ecef,
    /// How well it was predicted.
    pub agreement: Agreement,
    antenna: Option<Arc<AntennaCalibration>>,
    source: Source,
    station: VirtualStation,
    path: PathBuf,
    out: BufWriter<File>,
}

/// How well a station was predicted, over all epochs and satellites.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Agreement {
    /// Epochs that the station saw.
    pub seen: u64,
    /// Epochs that were compared.
    pub compared: u64,
    /// Measured less predicted phase on the first carrier, between satellites, m.
    pub phase: Rms,
    /// The same, free of ionosphere.
    pub geometry: Rms,
    /// Measured less predicted ionosphere, slant on L1, between satellites, m.
    pub ionosphere: Rms,
    /// The same at the zenith.
    pub ionosphere_zenith: Rms,
    /// The predicted ionosphere itself between satellites, slant, m: what would be wrong without a prediction.
    pub ionosphere_predicted: Rms,
    /// Measured less predicted ionosphere over the predicted sigma.
    pub normalised: Rms,
    /// How many of those are within 1, 2 and 3.
    pub within: [u64; 3],
}

/// A root mean square in the making.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Rms {
    sum: f64,
    /// How many values there were.
    pub count: u64,
}

/// The titles of the columns.
const TITLES: &str = "gps_week,tow_s,satellite,elevation_deg,azimuth_deg,master,\
    first_signal,first_residual_m,second_signal,second_residual_m,\
    ionosphere_predicted_m,ionosphere_sigma_m,ionosphere_measured_m,geometry_residual_m,\
    epoch_phase_rms_m,epoch_ionosphere_rms_m";

impl Rms {
    /// Takes a value in.
    pub(crate) fn add(&mut self, value: f64) {
        self.sum += value * value;
        self.count += 1;
    }

    /// The root mean square; none without values.
    pub(crate) fn value(self) -> Option<f64> {
        (self.count > 0).then(|| (self.sum / self.count as f64).sqrt())
    }
}

impl ExcludedFile {
    /// Begins the file of a station that is called so.
    pub(crate) fn begin(
        folder: &Path,
        name: String,
        place: Ecef,
        antenna: Option<Arc<AntennaCalibration>>,
        source: Source,
    ) -> anyhow::Result<Self> {
        let path = folder.join(format!("EXCLUDED_{name}.csv"));
        let file = File::create(&path).with_context(|| cannot_write(&path))?;
        let mut out = BufWriter::new(file);
        writeln!(out, "{TITLES}").with_context(|| cannot_write(&path))?;
        let station = VirtualStation::new(place);
        let agreement = Agreement::default();
        Ok(Self { name, place, agreement, antenna, source, station, path, out })
    }

    /// Compares the epoch of the snapshot, if the station saw it.
    pub(crate) fn step(
        &mut self,
        masters: &mut Masters,
        snapshot: &Arc<NetworkSnapshot>,
        measured: Measured<'_>,
    ) -> anyhow::Result<()> {
        let own = self.source.take(snapshot.time)?;
        let lookup = |s: StationIndex| {
            Some((measured.epochs.get(&s)?.as_ref(), measured.setups.get(s.position())?))
        };
        let made = self.station.step(masters, snapshot, lookup);
        let Some(own) = own else { return Ok(()) };
        self.agreement.seen += 1;
        let Some(made) = made else { return Ok(()) };
        let corrections = snapshot.corrections(made.master, self.place.to_geodetic(GRS80));
        let judge = Judge { place: self.place, antenna: self.antenna.as_deref() };
        let compared = compare(judge, &own, &made.epoch, snapshot, &corrections);
        if compared.is_empty() {
            return Ok(());
        }
        self.agreement.add(&compared);
        let master = snapshot.stations.get(made.master.position()).map(|s| s.name.to_string());
        self.write(&own, &master.unwrap_or_default(), &compared)
            .with_context(|| cannot_write(&self.path))
    }

    fn write(
        &mut self,
        own: &ObsEpoch,
        master: &str,
        compared: &[Compared],
    ) -> std::io::Result<()> {
        let (mut phase, mut ionosphere) = (Rms::default(), Rms::default());
        for one in compared {
            phase.add(one.first.1);
            if let Some(split) = &one.split {
                ionosphere.add(split.measured_m - split.predicted_m);
            }
        }
        let metres = |value: Option<f64>| value.map_or_else(String::new, |m| format!("{m:.4}"));
        let week = own.time.week();
        let tow_s = own.time.time_of_week().seconds();
        for one in compared {
            let (first, first_m) = one.first;
            let second = one.second.map_or_else(String::new, |(signal, _)| signal.to_string());
            let split = one.split.as_ref();
            writeln!(
                self.out,
                "{week},{tow_s:.3},{},{:.2},{:.2},{master},{first},{first_m:.4},{second},{},{},{},{},{},{},{}",
                one.satellite,
                one.arrival.elevation_rad.to_degrees(),
                one.arrival.azimuth_rad.to_degrees(),
                metres(one.second.map(|(_, m)| m)),
                metres(split.map(|s| s.predicted_m)),
                metres(split.map(|s| s.sigma_m)),
                metres(split.map(|s| s.measured_m)),
                metres(split.map(|s| s.geometry_m)),
                metres(phase.value()),
                metres(ionosphere.value()),
            )?;
        }
        Ok(())
    }

    /// Ends the file.
    pub(crate) fn finish(&mut self) -> anyhow::Result<()> {
        self.out.flush().with_context(|| cannot_write(&self.path))
    }
}

impl Agreement {
    fn add(&mut self, compared: &[Compared]) {
        self.compared += 1;
        for one in compared {
            self.phase.add(one.first.1);
            let Some(split) = &one.split else { continue };
            let off_m = split.measured_m - split.predicted_m;
            self.geometry.add(split.geometry_m);
            self.ionosphere.add(off_m);
            self.ionosphere_zenith.add(off_m / shell::mapping(one.arrival.elevation_rad));
            self.ionosphere_predicted.add(split.predicted_m);
            if split.sigma_m > 0.0 {
                let normalised = off_m / split.sigma_m;
                self.normalised.add(normalised);
                for (within, limit) in self.within.iter_mut().zip([1.0, 2.0, 3.0]) {
                    *within += u64::from(normalised.abs() <= limit);
                }
            }
        }
    }
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}
