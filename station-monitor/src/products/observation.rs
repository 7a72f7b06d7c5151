//! One observation file: what its header has to say, then its epochs, packed as they come.

use std::collections::BTreeMap;
use std::io::{self, Write};

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::utc::Utc;
use tianshu_rinex::write::WrittenVersion;
use tianshu_rinex::write::compact::{CompactWriter, begin_compact};
use tianshu_rinex::write::header::Origin;
use tianshu_rinex::write::observation::{ObsFile, ObsWriter};

use crate::products::face::{Described, Face};
use crate::products::kind::Span;
use crate::products::packing::{GZIP_LEVEL, Packed, Packing};
use crate::products::quality::Quality;
use crate::products::source::{ObservationSource, SourceError};

/// How far an epoch may be from the file's interval: receivers steer their clocks to a millisecond.
const GRID_TOLERANCE: Interval = Interval::from_millis(5);
/// So much text is gathered before it is packed.
const GATHERED_BYTES: usize = 64 << 10;

/// What a file is to be.
#[derive(Clone, Copy, Debug)]
pub struct ObservationOrder<'a> {
    /// Of which station.
    pub station: &'a StationName,
    /// What the header says of it.
    pub described: Described<'a>,
    /// Over which span.
    pub span: Span,
    /// At which interval.
    pub interval: Interval,
    /// In which version.
    pub version: WrittenVersion,
    /// How it is packed.
    pub packing: Packing,
    /// By which program.
    pub software: &'a str,
    /// When.
    pub made: Utc,
    /// Code-phase biases of GLONASS signals, m, where the stream tells them.
    pub glonass_biases_m: &'a [(Signal, f64)],
}

/// Why a file was not made.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    /// There is not one epoch: there is nothing to make.
    #[error("there are no observations")]
    Empty,
    /// The station's record has no receiver or no antenna.
    #[error("the station's record names no receiver or no antenna")]
    NoEquipment,
    /// The archive could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Observations came between the two readings: to be tried again.
    #[error("the archive changed while it was read")]
    Changed,
    /// Writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What the header must know before the first epoch is written.
#[derive(Clone, Debug, PartialEq)]
struct Survey {
    signals: BTreeMap<Constellation, Vec<Signal>>,
    channels: BTreeMap<Satellite, i8>,
    first: GpsTime,
    last: GpsTime,
    epochs: u64,
}

/// Writes a file, and tells how good it is.
pub fn write_observations(
    to: impl Write,
    source: &dyn ObservationSource,
    order: &ObservationOrder<'_>,
) -> Result<Quality, NotMade> {
    let survey = survey(source, order)?.ok_or(NotMade::Empty)?;
    let face = order.described.at(survey.first).ok_or(NotMade::NoEquipment)?;
    let header = header(order, face, &survey);
    let mut text = String::with_capacity(2 * GATHERED_BYTES);
    let mut compact = order.packing.compact.then(CompactWriter::default);
    if compact.is_some() {
        begin_compact(&mut text, order.software, order.made);
    }
    let mut writer = ObsWriter::begin(&mut text, &header);
    let mut packed = Packed::begin(to, order.packing, GZIP_LEVEL);
    let mut quality = Quality::new(order.span, order.interval);
    let mut sieve = Sieve::new(order);
    for epoch in source.epochs(order.station, order.span)? {
        let epoch = epoch?;
        match sieve.judge(&epoch) {
            Judged::Written => {
                quality.epoch(&epoch);
                match &mut compact {
                    Some(compact) => compact.epoch(&mut text, writer.rows(&epoch)),
                    None => writer.epoch(&mut text, &epoch),
                }
            }
            Judged::OffGrid => {
                quality.off_grid += 1;
                writer.pass_over(&epoch);
            }
            Judged::Repeated => quality.repeated += 1,
        }
        if text.len() >= GATHERED_BYTES {
            packed.write(&text)?;
            text.clear();
        }
    }
    packed.write(&text)?;
    packed.finish()?;
    quality.finish();
    quality.slips.clone_from(writer.slips());
    let is_as_surveyed =
        quality.epochs == survey.epochs && quality.bounds() == Some((survey.first, survey.last));
    if writer.left_out() > 0 || !is_as_surveyed {
        return Err(NotMade::Changed);
    }
    Ok(quality)
}

/// Reads all epochs once; none if there is none.
fn survey(
    source: &dyn ObservationSource,
    order: &ObservationOrder<'_>,
) -> Result<Option<Survey>, SourceError> {
    let mut survey: Option<Survey> = None;
    let mut sieve = Sieve::new(order);
    for epoch in source.epochs(order.station, order.span)? {
        let epoch = epoch?;
        if sieve.judge(&epoch) != Judged::Written {
            continue;
        }
        let survey = survey.get_or_insert_with(|| Survey {
            signals: BTreeMap::new(),
            channels: BTreeMap::new(),
            first: epoch.time,
            last: epoch.time,
            epochs: 0,
        });
        survey.last = epoch.time;
        survey.epochs += 1;
        for seen in &epoch.observations {
            let signals = survey.signals.entry(seen.signal.constellation()).or_default();
            if let Err(place) = signals.binary_search(&seen.signal) {
                signals.insert(place, seen.signal);
            }
            if let Some(channel) = seen.glonass_channel {
                survey.channels.insert(seen.satellite, channel);
            }
        }
    }
    Ok(survey)
}

fn header(order: &ObservationOrder<'_>, face: Face, survey: &Survey) -> ObsFile {
    ObsFile {
        version: order.version,
        origin: Origin { program: order.software.to_owned(), run_by: face.run_by, at: order.made },
        comments: vec!["MADE OF THE STATION'S RTCM 3 STREAM".to_owned()],
        marker_name: face.marker_name,
        marker_number: face.marker_number,
        marker_type: "GEODETIC".to_owned(),
        observer: face.observer,
        agency: face.agency,
        receiver: face.receiver,
        antenna: face.antenna,
        position: face.marker,
        antenna_delta: face.antenna_delta,
        signals: survey.signals.clone(),
        glonass_channels: survey.channels.clone(),
        interval: order.interval,
        first: survey.first,
        last: Some(survey.last),
        glonass_biases_m: order.glonass_biases_m.to_vec(),
    }
}

/// Which epochs belong into a file.
struct Sieve {
    span: Span,
    interval: Interval,
    last: Option<GpsTime>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judged {
    Written,
    OffGrid,
    Repeated,
}

impl Sieve {
    fn new(order: &ObservationOrder<'_>) -> Self {
        Self { span: order.span, interval: order.interval, last: None }
    }

    fn judge(&mut self, epoch: &ObsEpoch) -> Judged {
        let nominal = epoch.time.rounded_to(self.interval);
        if self.last.is_some_and(|last| nominal <= last) {
            // Of another interval, such as the epochs between two written ones, or a repetition.
            let is_new = self.last.is_some_and(|last| epoch.time > last + GRID_TOLERANCE);
            return if is_new { Judged::OffGrid } else { Judged::Repeated };
        }
        let is_on_grid = (epoch.time - nominal).abs() <= GRID_TOLERANCE;
        if !is_on_grid || !self.span.contains(nominal) || epoch.observations.is_empty() {
            return Judged::OffGrid;
        }
        self.last = Some(nominal);
        Judged::Written
    }
}

#[cfg(test)]
mod tests;
