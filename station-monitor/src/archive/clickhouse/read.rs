//! The archive in ClickHouse as it is asked: an hour of a station at a time.

use std::collections::VecDeque;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;

use crate::archive::clickhouse::connection::{ClickHouseConfig, Connection, DatabaseError};
use crate::archive::clickhouse::deliver::{gps_nanos, hour_of, posix_nanos};
use crate::archive::clickhouse::native::{self, OBSERVATION_COLUMNS};
use crate::archive::embedded::table::{HourlyEpochs, Table};
use crate::archive::figure::{QualityFilter, QualityRow, Resolution};
use crate::archive::span::{Hour, Span};
use crate::archive::store::{Arc, Epochs, Figures, Holding, ObservationStore, ReadError, arc_of};
use crate::archive::varint::Reader;

/// Figures that are held in memory at once: a metric of 150 stations by satellite and minute for a day is 10 million.
const FIGURES_MAX: usize = 20_000_000;

/// Hours of a span that are all asked for, whether they have anything or not: two days. An empty answer takes some milliseconds.
const HOURS_ASKED_MAX: i64 = 48;

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
        let hours = match span.hours() {
            None => VecDeque::new(),
            // To ask an hour that has nothing costs less than to ask which have something, which reads all of a long span's times.
            Some((first, last)) if last.number() - first.number() < HOURS_ASKED_MAX => {
                (first.number()..=last.number()).map(Hour::from_number).collect()
            }
            Some(_) => self.hours(&format!("station = '{station}' AND {}", within(span)))?,
        };
        let mut conditions = vec![format!("station = '{station}'")];
        if let Some((satellite, signal)) = only {
            conditions.push(format!("satellite = '{satellite}'"));
            conditions.extend(signal.map(|signal| format!("signal = '{signal}'")));
        }
        let condition = conditions.join(" AND ");
        let database = self.database.clone();
        let connection = self.connection.clone();
        let question = HourQuestion { connection, database, condition, span };
        Ok(Box::new(HourlyEpochs::new(hours, span, move |hour| question.ask(*hour))))
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

/// How to ask for hours of a station.
struct HourQuestion {
    connection: Connection,
    database: String,
    condition: String,
    span: Span,
}

impl HourQuestion {
    fn ask(&self, hour: Hour) -> Result<Table, ReadError> {
        let part =
            Span { from: self.span.from.max(hour.start()), until: self.span.until.min(hour.end()) };
        // The table's own order, which costs the server next to nothing: of an epoch that came twice every satellite is of the same.
        let sql = format!(
            "SELECT {OBSERVATION_COLUMNS} FROM {}.observations WHERE {} AND {} \
             ORDER BY station, toStartOfHour(time), satellite, signal, time",
            self.database,
            self.condition,
            within(part)
        );
        let answer = self.connection.columns(&sql)?;
        let mut table = Table::default();
        native::observations(&answer, &mut table).ok_or(DatabaseError::Answer("observations"))?;
        for time in &mut table.time_ns {
            *time = gps_nanos(*time);
        }
        Ok(table)
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
    std::str::from_utf8(reader.counted()?).ok()
}

fn time(reader: &mut Reader<'_>) -> Option<GpsTime> {
    Some(GpsTime::from_nanos(gps_nanos(i64::from_le_bytes(reader.array()?))))
}

/// `G07`, without the detour over a general reader of names: this is asked for every figure.
fn satellite(name: &str) -> Option<Satellite> {
    let [system, tens @ b'0'..=b'9', ones @ b'0'..=b'9'] = *name.as_bytes() else { return None };
    let system = Constellation::from_letter(char::from(system))?;
    Satellite::new(system, (tens - b'0') * 10 + ones - b'0')
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
