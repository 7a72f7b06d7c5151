//! An hour of all stations as the service has it: in the archive's spool when it ends, then in files of the archive, then in files for
//! researchers.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, ensure};
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_station_monitor::archive::clickhouse::schema::Retention;
use tianshu_station_monitor::archive::embedded::read::EmbeddedStore;
use tianshu_station_monitor::archive::keeper::{ArchiveConfig, open};
use tianshu_station_monitor::archive::record::{Kind, Record};
use tianshu_station_monitor::archive::scaled::ScaledEpoch;
use tianshu_station_monitor::archive::span;
use tianshu_station_monitor::archive::spool::SpoolLimits;
use tianshu_station_monitor::archive::status::SharedStatus;
use tianshu_station_monitor::archive::store::ObservationStore;
use tianshu_station_monitor::products::kind::Span;
use tianshu_station_monitor::products::source::{
    EphemerisSource, Epochs, Heard, ObservationSource, SourceError,
};
use tianshu_station_monitor::products::station::StationRecord;

use crate::{Hour, SECONDS, cpu_s, whole_hour};

/// A frame of a second's MSM7 of all systems.
const FRAME_BYTES: usize = 2_200;
/// It arrives so long after its epoch.
const ARRIVES_AFTER: Interval = Interval::from_millis(200);
/// So long after its end an hour is closed, at the earliest.
const CLOSED_AFTER: Interval = Interval::from_seconds(15);

/// The archive as the service reads it for a file: observations twice, frames once for what they tell of GLONASS.
struct Archived(EmbeddedStore);

impl Archived {
    fn span(of: Span) -> span::Span {
        span::Span { from: of.start, until: of.end }
    }
}

impl ObservationSource for Archived {
    fn epochs(&self, station: &StationName, span: Span) -> Result<Epochs<'_>, SourceError> {
        let fault = |error: &dyn std::fmt::Display| SourceError(error.to_string());
        let epochs = self.0.observations(station, Self::span(span)).map_err(|e| fault(&e))?;
        Ok(Box::new(epochs.map(move |epoch| -> Result<ObsEpoch, SourceError> {
            epoch.map_err(|error| SourceError(error.to_string()))
        })))
    }

    fn glonass_biases_m(&self, station: &StationName, span: Span) -> Vec<(Signal, f64)> {
        let frames = self.0.frames(station, Self::span(span)).ok();
        // Nothing of these frames is a message of biases.
        let odd = frames.into_iter().flatten().filter(Result::is_err).count();
        assert_eq!(odd, 0, "a frame of the archive cannot be read");
        Vec::new()
    }
}

impl EphemerisSource for Archived {
    fn ephemerides(&self, _span: Span) -> Result<Vec<Heard>, SourceError> {
        Ok(Vec::new())
    }
}

/// Archives the hour under the names of all stations, closes it, and makes its files.
pub(crate) fn archived_hour(
    hour: &Hour,
    start: GpsTime,
    folder: &Path,
    records: Vec<StationRecord>,
) -> anyhow::Result<()> {
    let spool = SpoolLimits {
        bytes_max: 64 << 30,
        segment_bytes: 16 << 20,
        segment_age: Interval::from_seconds(10),
    };
    let config = ArchiveConfig {
        folder: folder.join("kept"),
        spool,
        database: None,
        retention: Retention::default(),
    };
    let (mut keeper, mut tender) = open(&config, &SharedStatus::default())?;
    let (begun, cpu) = (Instant::now(), cpu_s());
    for epoch in &hour.epochs {
        let scaled = ScaledEpoch::from(epoch);
        let arrived = epoch.time + ARRIVES_AFTER;
        for record in &records {
            let station = record.station.clone();
            let frame = vec![0xd3; FRAME_BYTES].into();
            for kept in [
                Record::Epoch(station.clone(), scaled.clone()),
                Record::Frame { station, arrived, frame },
            ] {
                keeper.keep(&kept).ok().context("the spool takes nothing more")?;
            }
        }
        ensure!(keeper.commit(arrived), "the disk takes nothing");
    }
    ensure!(keeper.finish(start), "the disk takes nothing");
    let told = |what: &str, begun: Instant, cpu: f64| {
        let (wall, cpu) = (begun.elapsed().as_secs_f64(), cpu_s() - cpu);
        println!("{what}: {wall:.1} s, {cpu:.1} s of CPU");
    };
    told("into the spool", begun, cpu);
    let (begun, cpu) = (Instant::now(), cpu_s());
    let ended = start + Interval::from_seconds(SECONDS);
    tender.tend(ended + CLOSED_AFTER);
    told("the hour closed", begun, cpu);
    let store = EmbeddedStore::new(&config.folder);
    let closed = store.is_closed(span::Hour::of(start), &[Kind::Epoch, Kind::Frame])?;
    ensure!(closed, "the hour is not closed");
    check(&store, hour, &records)?;
    whole_hour(&Archived(store), start, folder, records)?;
    told("the hour closed, and its files made", begun, cpu);
    Ok(())
}

/// What is read is what was archived.
fn check(store: &EmbeddedStore, hour: &Hour, records: &[StationRecord]) -> anyhow::Result<()> {
    let last = records.last().context("a station")?;
    let satellites = |epochs: &mut dyn Iterator<Item = Vec<Satellite>>| epochs.flatten().count();
    let read: Result<Vec<ObsEpoch>, _> =
        store.observations(&last.station, span::Span::ALWAYS)?.collect();
    let of = |epoch: &ObsEpoch| epoch.observations.iter().map(|o| o.satellite).collect();
    let (read, kept) =
        (satellites(&mut read?.iter().map(of)), satellites(&mut hour.epochs.iter().map(of)));
    ensure!(read == kept, "{read} observations are read of {kept}");
    Ok(())
}
