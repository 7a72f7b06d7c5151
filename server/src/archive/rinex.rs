//! RINEX out of the archive: the writers of the files for researchers, for one station and any span.

use std::io::Write;
use std::sync::Mutex;

use anyhow::{Context, bail};
use tianshu_gnss::coords::Enu;
use tianshu_gnss::station::{Antenna, Receiver, StationName};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::utc::Utc;
use tianshu_rinex::write::WrittenVersion;
use tianshu_station_monitor::archive::keeper::ArchiveConfig;
use tianshu_station_monitor::archive::span;
use tianshu_station_monitor::products::face::{Described, Face};
use tianshu_station_monitor::products::kind::Span;
use tianshu_station_monitor::products::navigation::{NavigationOrder, merged, write_navigation};
use tianshu_station_monitor::products::observation::{
    NotMade, ObservationOrder, write_observations,
};
use tianshu_station_monitor::products::packing::Packing;
use tianshu_station_monitor::products::source::{
    EphemerisSource, Epochs, ObservationSource, SourceError,
};
use tianshu_station_monitor::products::station::marker_below;

use crate::config::read::Config;
use crate::files::source::ArchiveSource;

/// The program that headers name.
const PROGRAM: &str = concat!("tianshu ", env!("CARGO_PKG_VERSION"));
/// Epochs that are looked at to learn a station's interval: a gap or two do not hide it.
const LOOKED_AT: usize = 20;
/// Tags of receivers that do not steer their clocks are milliseconds off the interval.
const INTERVAL_STEP: Interval = Interval::from_millis(10);

/// Hears how much is done, and how much there is to do.
type Tell<'a> = &'a mut (dyn FnMut(u64, u64) + Send);

/// What file is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    /// When.
    pub span: span::Span,
    /// Between epochs; none for all that there are.
    pub interval: Option<Interval>,
    /// The version of RINEX.
    pub version: WrittenVersion,
    /// How it is packed.
    pub packing: Packing,
    /// When it is made.
    pub made: Utc,
}

/// Writes what a station measured; gives how many epochs. `tell` hears of every epoch that is read, and of how many there are to read.
pub(crate) fn observations(
    config: &Config,
    archive: &ArchiveConfig,
    station: &StationName,
    order: &Order,
    out: &mut dyn Write,
    tell: Tell<'_>,
) -> anyhow::Result<u64> {
    let source = ArchiveSource::new(archive.clone(), vec![station.clone()]);
    let Some((span, epochs)) = held(&source, station, order.span)? else { return Ok(0) };
    let interval = match order.interval {
        Some(interval) => interval,
        None => interval_of(&source, station, span)?,
    };
    let face = face(config, station);
    let record = config.records.iter().find(|record| record.station == *station);
    // They are read twice: for what the header says, and for the epochs.
    let watched = Watched { inner: &source, all: 2 * epochs, tell: Mutex::new((0, tell)) };
    let glonass_biases_m = source.glonass_biases_m(station, span);
    let wanted = ObservationOrder {
        station,
        described: record.map_or(Described::Face(&face), Described::Record),
        span,
        interval,
        version: order.version,
        packing: order.packing,
        software: PROGRAM,
        made: order.made,
        glonass_biases_m: &glonass_biases_m,
    };
    match write_observations(out, &watched, &wanted) {
        Ok(quality) => Ok(quality.epochs),
        Err(NotMade::Empty) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// Writes what stations told of orbits, merged; gives how many ephemerides. `tell` hears of every station that is read.
pub(crate) fn navigation(
    archive: &ArchiveConfig,
    stations: &[StationName],
    order: &Order,
    out: &mut dyn Write,
    tell: &mut dyn FnMut(u64, u64),
) -> anyhow::Result<u64> {
    if order.packing.compact {
        bail!("ephemerides know no CRINEX: name a file that ends in .rnx or .rnx.gz");
    }
    let span = Span { start: order.span.from, end: order.span.until };
    let mut heard = Vec::new();
    for (done, station) in (1..).zip(stations) {
        let source = ArchiveSource::new(archive.clone(), vec![station.clone()]);
        heard.extend(source.ephemerides(span)?);
        tell(done, stations.len() as u64);
    }
    let Some(first) = heard.iter().map(|told| told.at).min() else { return Ok(0) };
    let merged = merged(&heard);
    let wanted = NavigationOrder {
        version: order.version,
        packing: order.packing,
        software: PROGRAM,
        run_by: "",
        made: order.made,
        start: span.start.max(first),
    };
    write_navigation(out, &wanted, &merged).context("cannot write the ephemerides")?;
    Ok(merged.ephemerides.len() as u64)
}

/// The part of a span in which there is anything of a station, and how many epochs its hours hold.
fn held(
    source: &ArchiveSource,
    station: &StationName,
    asked: span::Span,
) -> anyhow::Result<Option<(Span, u64)>> {
    let holdings = source.store()?.holdings(asked)?;
    let own: Vec<_> = holdings.iter().filter(|h| h.station == *station && h.epochs > 0).collect();
    let Some((first, last)) = own.first().zip(own.last()) else { return Ok(None) };
    let start = asked.from.max(first.hour.start());
    let end = asked.until.min(last.hour.end());
    Ok(Some((Span { start, end }, own.iter().map(|holding| holding.epochs).sum())))
}

/// The shortest step between the first epochs.
fn interval_of(
    source: &ArchiveSource,
    station: &StationName,
    span: Span,
) -> anyhow::Result<Interval> {
    let first = source.epochs(station, span)?.take(LOOKED_AT);
    let times: Vec<GpsTime> =
        first.map(|epoch| Ok(epoch?.time)).collect::<Result<_, SourceError>>()?;
    let steps = times.windows(2).filter_map(|pair| Some(*pair.get(1)? - *pair.first()?));
    let zero = GpsTime::from_nanos(0);
    let shortest = steps.map(|step| (zero + step).rounded_to(INTERVAL_STEP) - zero).min();
    Ok(shortest.filter(|step| *step > Interval::ZERO).unwrap_or(Interval::from_seconds(1)))
}

/// What the configuration tells of a station that has no record.
fn face(config: &Config, station: &StationName) -> Face {
    let log = config.monitor.logs.iter().find(|log| log.station == *station);
    let up_m = log.and_then(|log| log.antenna_height_m).unwrap_or(0.0);
    let delta = Enu { east_m: 0.0, north_m: 0.0, up_m };
    let identity = &config.caster.identity;
    let antenna = log.and_then(|log| log.antenna.clone()).unwrap_or_default();
    let receiver = log.and_then(|log| log.receiver.clone()).unwrap_or_default();
    Face {
        marker_name: station.to_string(),
        marker_number: None,
        receiver: Receiver { descriptor: receiver, ..Receiver::default() },
        antenna: Antenna {
            descriptor: antenna,
            setup_id: 0,
            serial: log.and_then(|log| log.antenna_serial.clone()),
        },
        marker: log.and_then(|log| log.place).map(|place| marker_below(place, delta)),
        antenna_delta: delta,
        observer: String::new(),
        agency: identity.operator.clone(),
        run_by: identity.operator.clone(),
    }
}

/// A source that is watched while it is read.
struct Watched<'a> {
    inner: &'a ArchiveSource,
    all: u64,
    tell: Mutex<(u64, Tell<'a>)>,
}

impl ObservationSource for Watched<'_> {
    fn epochs(&self, station: &StationName, span: Span) -> Result<Epochs<'_>, SourceError> {
        Ok(Box::new(self.inner.epochs(station, span)?.inspect(|_| {
            // Nobody panics while holding it; if somebody did, the file matters more than the bar.
            if let Ok(mut held) = self.tell.lock() {
                held.0 += 1;
                let done = held.0;
                (held.1)(done, self.all);
            }
        })))
    }
}
