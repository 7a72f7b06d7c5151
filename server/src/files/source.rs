//! What files for researchers are made of: observations, frames and figures of the archive.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_rtcm::frame::{Found, Frame, FrameDecoder};
use tianshu_rtcm::message::glonass_bias::CodePhaseBias;
use tianshu_rtcm::message::{Message, decode};
use tianshu_station_monitor::archive::clickhouse::read::ClickHouseStore;
use tianshu_station_monitor::archive::embedded::raw::RawFrame;
use tianshu_station_monitor::archive::embedded::read::EmbeddedStore;
use tianshu_station_monitor::archive::figure::{Metric, QualityFilter, Resolution};
use tianshu_station_monitor::archive::keeper::ArchiveConfig;
use tianshu_station_monitor::archive::record::Kind;
use tianshu_station_monitor::archive::span;
use tianshu_station_monitor::archive::store::{ObservationStore, ReadError};
use tianshu_station_monitor::products::kind::Span;
use tianshu_station_monitor::products::source::{
    EphemerisSource, Epochs, Heard, ObservationSource, SourceError,
};

/// Messages of ephemerides: GPS, GLONASS, NavIC, BeiDou, QZSS, and Galileo's two (RTCM 10403.3, table 3.1-1).
const EPHEMERIDES: [u16; 7] = [1019, 1020, 1041, 1042, 1044, 1045, 1046];
/// The same frame means the same ephemeris for so long: weeks and days that it leaves open are resolved anew then.
const SAME_FOR: Interval = Interval::from_seconds(3_600);
/// Frames that are remembered: more than a station tells different ones of in an hour (GLONASS's change each half minute).
const KNOWN_MAX: usize = 8_192;
/// Ephemerides of a satellite that a repetition is held against: two messages of Galileo, each with its predecessor.
const LAST_OF_SATELLITE: usize = 4;
/// The message of GLONASS code-phase biases.
const GLONASS_BIASES: u16 = 1230;
/// The signals of its biases, in its order.
const BIASED: [&str; 4] = ["1C", "1P", "2C", "2P"];

/// The archive, read.
pub(crate) struct ArchiveSource {
    config: ArchiveConfig,
    stations: Vec<StationName>,
}

/// The store of observations and figures of an archive. Calls block.
pub(crate) fn store_of(config: &ArchiveConfig) -> Result<Box<dyn ObservationStore>, ReadError> {
    Ok(match &config.database {
        Some(database) => Box::new(ClickHouseStore::new(database)?),
        None => Box::new(files(&config.folder)),
    })
}

impl ArchiveSource {
    /// The archive of that configuration; ephemerides are taken of those stations.
    pub(crate) fn new(config: ArchiveConfig, stations: Vec<StationName>) -> Self {
        Self { config, stations }
    }

    /// Since when there is anything to make files of.
    pub(crate) fn begun(&self) -> Option<GpsTime> {
        let all = files(&self.config.folder).holdings(span::Span::ALWAYS).ok()?;
        all.first().map(|holding| holding.hour.start())
    }

    /// Whether an hour is in files as far as the archive has any, so that it is read quickly.
    pub(crate) fn is_closed(&self, hour: span::Hour) -> bool {
        let in_files: &[Kind] = match self.config.database {
            Some(_) => &[Kind::Frame],
            None => &[Kind::Epoch, Kind::Frame],
        };
        // An archive that cannot be asked is not waited for: whoever makes a file of it tells why that failed.
        files(&self.config.folder).is_closed(hour, in_files).unwrap_or(true)
    }

    /// The stations whose ephemerides are taken.
    pub(crate) fn stations(&self) -> &[StationName] {
        &self.stations
    }

    /// What a station told of orbits in a span, in the order of arrival. What it repeats is the same ephemeris.
    pub(crate) fn orbits(
        &self,
        station: &StationName,
        of: Span,
    ) -> Result<impl Iterator<Item = Result<(GpsTime, Arc<Ephemeris>), ReadError>> + use<>, ReadError>
    {
        let mut known: HashMap<Bytes, (GpsTime, Arc<Ephemeris>)> = HashMap::new();
        let frames = self.frames(station, of, &EPHEMERIDES)?;
        Ok(frames.filter_map(move |told| {
            let (raw, frame) = match told {
                Ok(told) => told,
                Err(error) => return Some(Err(error)),
            };
            let same = known.get(&raw.frame);
            if let Some((since, ephemeris)) = same
                && raw.arrived - *since < SAME_FOR
            {
                return Some(Ok((raw.arrived, Arc::clone(ephemeris))));
            }
            let Ok(Message::Ephemeris(message)) = decode(&frame) else { return None };
            // What cannot be an orbit is a finding of the stream, and was told when it came.
            let ephemeris = Arc::new(message.resolve(raw.arrived).ok()?);
            if known.len() >= KNOWN_MAX {
                known.clear();
            }
            known.insert(raw.frame, (raw.arrived, Arc::clone(&ephemeris)));
            Some(Ok((raw.arrived, ephemeris)))
        }))
    }

    /// The store of observations and figures.
    pub(crate) fn store(&self) -> Result<Box<dyn ObservationStore>, ReadError> {
        store_of(&self.config)
    }

    /// The frames of those numbers that a station sent in a span.
    fn frames(
        &self,
        station: &StationName,
        of: Span,
        numbers: &'static [u16],
    ) -> Result<impl Iterator<Item = Result<(RawFrame, Frame), ReadError>> + use<>, ReadError> {
        let frames = files(&self.config.folder).frames(station, asked(of))?;
        Ok(frames.filter_map(move |raw| match raw {
            // Most frames are observations: their checksums need not be computed to pass over them.
            Ok(raw) if !numbers.contains(&number_of(&raw.frame)?) => None,
            Ok(raw) => whole(&raw).map(|frame| Ok((raw, frame))),
            Err(error) => Some(Err(error)),
        }))
    }

    fn multipath(&self, station: &StationName, of: Span) -> Result<Vec<(String, f64)>, ReadError> {
        let is_hour = of.end - of.start <= Interval::from_seconds(3_600);
        let filter = QualityFilter {
            station: Some(station.clone()),
            resolution: Some(if is_hour { Resolution::Hour } else { Resolution::Day }),
            metric: "multipath_m".parse::<Metric>().ok(),
        };
        let mut found = BTreeMap::new();
        for row in self.store()?.quality(&filter, asked(of))? {
            let row = row?;
            if let Some(signal) = row.signal {
                found.insert(signal.with_system(), row.value());
            }
        }
        Ok(found.into_iter().collect())
    }

    fn biases(&self, station: &StationName, of: Span) -> Result<Vec<(Signal, f64)>, ReadError> {
        let mut last = Vec::new();
        for told in self.frames(station, of, &[GLONASS_BIASES])? {
            let Ok(Message::GlonassBias(message)) = decode(&told?.1) else { continue };
            let biases = BIASED.iter().zip(message.biases).filter_map(|(code, bias)| match bias {
                CodePhaseBias::Known(metres) => {
                    Some((Signal::from_code(Constellation::Glonass, code)?, metres.0))
                }
                CodePhaseBias::NotTold | CodePhaseBias::Unknown => None,
            });
            last = biases.collect();
        }
        Ok(last)
    }
}

impl ObservationSource for ArchiveSource {
    fn epochs(&self, station: &StationName, span: Span) -> Result<Epochs<'_>, SourceError> {
        let epochs = self.store().and_then(|store| store.observations(station, asked(span)));
        let epochs = epochs.map_err(|error| SourceError(error.to_string()))?;
        let told =
            |epoch: Result<ObsEpoch, ReadError>| epoch.map_err(|e| SourceError(e.to_string()));
        Ok(Box::new(epochs.map(told)))
    }

    fn multipath_m(&self, station: &StationName, span: Span) -> Vec<(String, f64)> {
        or_nothing(station, "multipath", self.multipath(station, span))
    }

    fn glonass_biases_m(&self, station: &StationName, span: Span) -> Vec<(Signal, f64)> {
        or_nothing(station, "GLONASS biases", self.biases(station, span))
    }
}

impl EphemerisSource for ArchiveSource {
    /// Each once of each station: what it repeats adds nothing, and a day of it would not fit into memory.
    fn ephemerides(&self, span: Span) -> Result<Vec<Heard>, SourceError> {
        let fault = |error: ReadError| SourceError(error.to_string());
        let mut heard = Vec::new();
        for station in &self.stations {
            let mut last: BTreeMap<Satellite, Vec<Arc<Ephemeris>>> = BTreeMap::new();
            for told in self.orbits(station, span).map_err(fault)? {
                let (at, ephemeris) = told.map_err(fault)?;
                let last = last.entry(ephemeris.satellite()).or_default();
                if last.contains(&ephemeris) {
                    continue;
                }
                if last.len() >= LAST_OF_SATELLITE {
                    last.remove(0);
                }
                last.push(Arc::clone(&ephemeris));
                let ephemeris = Ephemeris::clone(&ephemeris);
                heard.push(Heard { ephemeris, station: station.clone(), at });
            }
        }
        heard.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.station.cmp(&b.station)));
        Ok(heard)
    }
}

fn files(folder: &Path) -> EmbeddedStore {
    EmbeddedStore::new(folder)
}

fn asked(of: Span) -> span::Span {
    span::Span { from: of.start, until: of.end }
}

/// The number of a frame's message: the twelve bits behind its head (RTCM 10403.3, section 4).
fn number_of(frame: &[u8]) -> Option<u16> {
    let [_, _, _, first, second, ..] = *frame else { return None };
    Some(u16::from(first) << 4 | u16::from(second) >> 4)
}

/// The frame, which was whole when it was archived.
fn whole(raw: &RawFrame) -> Option<Frame> {
    let mut decoder = FrameDecoder::new();
    decoder.push(&raw.frame);
    match decoder.next_found() {
        Some(Found::Frame(frame)) => Some(frame),
        _ => None,
    }
}

/// What only adorns a file does not keep it from being made.
fn or_nothing<T>(station: &StationName, what: &str, found: Result<Vec<T>, ReadError>) -> Vec<T> {
    found.unwrap_or_else(|error| {
        tracing::warn!(%station, "a file is made without {what}: {error}");
        Vec::new()
    })
}
