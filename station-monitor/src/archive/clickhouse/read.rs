//! The archive in ClickHouse as it is asked: an hour of a station at a time.

use std::collections::VecDeque;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;

use crate::archive::clickhouse::connection::{ClickHouseConfig, Connection, DatabaseError};
use crate::archive::clickhouse::deliver::{gps_nanos, hour_of, posix_nanos};
use crate::archive::embedded::table::{Table, TableEpochs};
use crate::archive::figure::{QualityFilter, QualityRow, Resolution};
use crate::archive::scaled::ScaledObservation;
use crate::archive::span::{Hour, Span};
use crate::archive::store::{Arc, Epochs, Figures, Holding, ObservationStore, ReadError, arc_of};
use crate::archive::varint::Reader;

/// Figures that are held in memory at once: a metric of 150 stations by satellite and minute for a day is 10 million.
const FIGURES_MAX: usize = 20_000_000;

/// The archive in a database, for reading.
pub struct ClickHouseStore {
    connection: Connection,
    database: String,
}

impl From<DatabaseError> for ReadError {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error.to_string())
    }
}

impl ClickHouseStore {
    /// The archive of that database. Nothing is asked yet.
    pub fn new(config: &ClickHouseConfig) -> Result<Self, ReadError> {
        Ok(Self { connection: Connection::new(config)?, database: config.database.clone() })
    }

    /// Has the server read a statement without doing it.
    pub fn reads(&self, statement: &str) -> Result<(), ReadError> {
        let quoted = statement.replace('\\', "\\\\").replace('\'', "\\'");
        self.connection.rows(&format!("SELECT formatQuery('{quoted}')"))?;
        Ok(())
    }

    /// The hours of which there is something, and the observations of them hour by hour.
    fn epochs(
        &self,
        station: &StationName,
        only: Option<(Satellite, Option<Signal>)>,
        span: Span,
    ) -> Result<Epochs, ReadError> {
        let hours = self.hours(&format!("station = '{station}' AND {}", within(span)))?;
        let mut conditions = vec![format!("station = '{station}'")];
        if let Some((satellite, signal)) = only {
            conditions.push(format!("satellite = '{satellite}'"));
            conditions.extend(signal.map(|signal| format!("signal = '{signal}'")));
        }
        let condition = conditions.join(" AND ");
        let database = self.database.clone();
        let connection = self.connection.clone();
        Ok(Box::new(AskedEpochs { connection, database, condition, span, hours, current: None }))
    }

    fn hours(&self, condition: &str) -> Result<VecDeque<Hour>, ReadError> {
        let sql = format!(
            "SELECT DISTINCT toUnixTimestamp(toStartOfHour(time)) AS hour FROM {}.observations WHERE {condition} ORDER BY hour",
            self.database
        );
        let answer = self.connection.rows(&sql)?;
        let mut reader = Reader::new(&answer);
        let mut hours = VecDeque::new();
        while let Some(bytes) = reader.array() {
            hours.push_back(hour_of(u32::from_le_bytes(bytes)));
        }
        Ok(hours)
    }
}

impl ObservationStore for ClickHouseStore {
    fn observations(&self, station: &StationName, span: Span) -> Result<Epochs, ReadError> {
        self.epochs(station, None, span)
    }

    fn arc(
        &self,
        station: &StationName,
        satellite: Satellite,
        signal: Option<Signal>,
        span: Span,
    ) -> Result<Arc, ReadError> {
        let epochs = self.epochs(station, Some((satellite, signal)), span)?;
        Ok(arc_of(epochs, satellite, signal))
    }

    fn quality(&self, filter: &QualityFilter, span: Span) -> Result<Figures, ReadError> {
        let conditions = [
            Some(within(span)),
            filter.station.as_ref().map(|station| format!("station = '{station}'")),
            filter.resolution.map(|resolution| format!("resolution = '{}'", resolution.name())),
            filter.metric.as_ref().map(|metric| format!("metric = '{metric}'")),
        ];
        let condition = conditions.into_iter().flatten().collect::<Vec<_>>().join(" AND ");
        let sql = format!(
            "SELECT time, station, resolution, satellite, signal, metric, value_millionths FROM {}.quality FINAL WHERE {condition} \
             LIMIT {FIGURES_MAX}",
            self.database
        );
        let answer = self.connection.rows(&sql)?;
        let mut reader = Reader::new(&answer);
        let mut rows = Vec::new();
        while !reader.rest().is_empty() {
            let row = figure(&mut reader).ok_or(DatabaseError::Answer("a figure"))?;
            rows.push(Ok(row));
        }
        Ok(Box::new(rows.into_iter()))
    }

    fn holdings(&self, span: Span) -> Result<Vec<Holding>, ReadError> {
        let sql = format!(
            "SELECT toUnixTimestamp(toStartOfHour(time)) AS hour, toString(station) AS name, count(), uniqExact(time) \
             FROM {}.observations WHERE {} GROUP BY hour, name ORDER BY hour, name",
            self.database,
            within(span)
        );
        let answer = self.connection.rows(&sql)?;
        let mut reader = Reader::new(&answer);
        let mut holdings = Vec::new();
        while !reader.rest().is_empty() {
            let holding = holding(&mut reader).ok_or(DatabaseError::Answer("what it holds"))?;
            holdings.push(holding);
        }
        Ok(holdings)
    }
}

/// Epochs hour by hour: one hour is in memory at a time.
struct AskedEpochs {
    connection: Connection,
    database: String,
    condition: String,
    span: Span,
    hours: VecDeque<Hour>,
    current: Option<TableEpochs>,
}

impl AskedEpochs {
    fn ask(&self, hour: Hour) -> Result<Table, ReadError> {
        let part =
            Span { from: self.span.from.max(hour.start()), until: self.span.until.min(hour.end()) };
        let sql = format!(
            "SELECT time, satellite, signal, glonass_channel, code_mm, phase_millicycles, doppler_millihertz, cn0_sixteenths, \
             lock_ms, half_cycle_ambiguous FROM {}.observations WHERE {} AND {} \
             ORDER BY station, toStartOfHour(time), satellite, signal, time",
            self.database,
            self.condition,
            within(part)
        );
        let answer = self.connection.rows(&sql)?;
        let mut reader = Reader::new(&answer);
        let mut table = Table::default();
        while !reader.rest().is_empty() {
            let (time, row) =
                observation(&mut reader).ok_or(DatabaseError::Answer("an observation"))?;
            table.push(time, &row);
        }
        Ok(table)
    }
}

impl Iterator for AskedEpochs {
    type Item = Result<ObsEpoch, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(epoch) = self.current.as_mut().and_then(Iterator::next) {
                return Some(Ok(epoch));
            }
            let hour = self.hours.pop_front()?;
            match self.ask(hour) {
                Ok(table) => self.current = Some(TableEpochs::new(table)),
                Err(error) => {
                    // What is behind a hole would look like all there is.
                    self.hours.clear();
                    self.current = None;
                    return Some(Err(error));
                }
            }
        }
    }
}

/// The condition of a span. `DateTime64(9)` reaches from 1900 to 2262.
fn within(span: Span) -> String {
    let bound = |time: GpsTime| posix_nanos(time.nanos()).max(0);
    format!(
        "time >= fromUnixTimestamp64Nano({}, 'UTC') AND time < fromUnixTimestamp64Nano({}, 'UTC')",
        bound(span.from),
        bound(span.until)
    )
}

fn text<'a>(reader: &mut Reader<'a>) -> Option<&'a str> {
    let length = usize::try_from(reader.unsigned()?).ok()?;
    std::str::from_utf8(reader.bytes(length)?).ok()
}

fn time(reader: &mut Reader<'_>) -> Option<GpsTime> {
    Some(GpsTime::from_nanos(gps_nanos(i64::from_le_bytes(reader.array()?))))
}

fn observation(reader: &mut Reader<'_>) -> Option<(GpsTime, ScaledObservation)> {
    let time = time(reader)?;
    let satellite: Satellite = satellite(text(reader)?)?;
    let signal = Signal::from_code(satellite.constellation(), text(reader)?)?;
    let glonass_channel = nullable(reader).ok()?.map(i8::from_le_bytes);
    let code_mm = nullable(reader).ok()?.map(i64::from_le_bytes);
    let phase_millicycles = nullable(reader).ok()?.map(i64::from_le_bytes);
    let doppler_millihertz = nullable(reader).ok()?.map(i32::from_le_bytes);
    let cn0 = nullable(reader).ok()?.map(i16::from_le_bytes);
    let lock = nullable(reader).ok()?.map(i32::from_le_bytes);
    let half_cycle_ambiguous = reader.byte()? != 0;
    let row = ScaledObservation {
        satellite,
        signal,
        glonass_channel,
        code_mm,
        phase_millicycles,
        doppler_millihertz,
        cn0_sixteenths: cn0.and_then(|steps| u16::try_from(steps).ok()),
        lock_ms: lock.and_then(|ms| u32::try_from(ms).ok()),
        half_cycle_ambiguous,
    };
    Some((time, row))
}

/// `G07`, without the detour over a general reader of names: this is asked for every row.
fn satellite(name: &str) -> Option<Satellite> {
    let [system, tens @ b'0'..=b'9', ones @ b'0'..=b'9'] = *name.as_bytes() else { return None };
    let system = Constellation::from_letter(char::from(system))?;
    Satellite::new(system, (tens - b'0') * 10 + ones - b'0')
}

/// The answer has ended within a value.
struct Torn;

/// A value that may be none.
fn nullable<const N: usize>(reader: &mut Reader<'_>) -> Result<Option<[u8; N]>, Torn> {
    match reader.byte() {
        None => Err(Torn),
        Some(0) => reader.array().map(Some).ok_or(Torn),
        Some(_) => Ok(None),
    }
}

fn figure(reader: &mut Reader<'_>) -> Option<QualityRow> {
    let time = time(reader)?;
    let station = text(reader)?.parse().ok()?;
    let resolution = text(reader)?;
    let resolution = Resolution::ALL.into_iter().find(|known| known.name() == resolution)?;
    let satellite = match text(reader)? {
        "" => None,
        name => Some(satellite(name)?),
    };
    let signal = match text(reader)? {
        "" => None,
        name => {
            let mut letters = name.chars();
            let system = Constellation::from_letter(letters.next()?)?;
            Some(Signal::from_code(system, letters.as_str())?)
        }
    };
    let metric = text(reader)?.parse().ok()?;
    let value_millionths = i64::from_le_bytes(reader.array()?);
    Some(QualityRow { station, time, resolution, satellite, signal, metric, value_millionths })
}

fn holding(reader: &mut Reader<'_>) -> Option<Holding> {
    let hour = hour_of(u32::from_le_bytes(reader.array()?));
    let station = text(reader)?.parse().ok()?;
    let rows = u64::from_le_bytes(reader.array()?);
    let epochs = u64::from_le_bytes(reader.array()?);
    Some(Holding { station, hour, rows, epochs })
}
