//! Delivering segments of the spool to ClickHouse, each row once.
//!
//! A segment never changes, and is cut into inserts in one way only: by kind and day, so that an insert makes one part, and by
//! a number of rows, so that it is one block. Each insert carries a token made of the spool's identity, the segment's number
//! and its place within. Whatever became of an answer, the same insert with the same token is sent again until one arrives, and the
//! server takes it once.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::NANOS_PER_SECOND;
use tianshu_gnss::time::leap::GPS_ORIGIN_POSIX_S;

use crate::archive::clickhouse::connection::{ClickHouseConfig, Connection, DatabaseError};
use crate::archive::clickhouse::new_block::{NewBlock, NewRow, TIME};
use crate::archive::clickhouse::schema::{self, Retention};
use crate::archive::figure::QualityRow;
use crate::archive::record::{Kind, Record};
use crate::archive::scaled::{ScaledEpoch, ScaledObservation};
use crate::archive::span::Hour;
use crate::archive::spool::segment::{Next, SegmentReader, sealed_path};

/// Rows of an insert. An insert is whole or not at all only if it is one block, and it is sent as one; half of the 1 048 449 rows
/// of which ClickHouse makes blocks itself (`max_insert_block_size`), and some 30 MB in memory.
const ROWS_PER_INSERT_MAX: u64 = 500_000;

/// The columns of observations, and as what they are sent.
const OBSERVATION_COLUMNS: &[(&str, &str)] = &[
    ("time", TIME),
    ("station", "String"),
    ("satellite", "String"),
    ("signal", "String"),
    ("glonass_channel", "Nullable(Int8)"),
    ("code_mm", "Nullable(Int64)"),
    ("phase_millicycles", "Nullable(Int64)"),
    ("doppler_millihertz", "Nullable(Int32)"),
    ("cn0_sixteenths", "Nullable(Int16)"),
    ("lock_ms", "Nullable(Int32)"),
    ("half_cycle_ambiguous", "UInt8"),
];
/// The columns of figures.
const QUALITY_COLUMNS: &[(&str, &str)] = &[
    ("time", TIME),
    ("station", "String"),
    ("resolution", "String"),
    ("satellite", "String"),
    ("signal", "String"),
    ("metric", "String"),
    ("value_millionths", "Int64"),
];

/// Why a segment was not delivered in full. It is delivered again.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// The database did not take it.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The segment cannot be read.
    #[error("{}: {source}", path.display())]
    Disk {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What was delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Rows.
    pub rows: u64,
    /// Records whose checksum did not hold: the disk has changed them.
    pub damaged: u64,
}

/// Delivers to a database.
pub struct Deliverer {
    connection: Connection,
    database: String,
}

/// Rows of one insert that is still filled.
struct Batch {
    part: u32,
    block: NewBlock,
}

impl Deliverer {
    /// Prepares to deliver.
    pub fn new(config: &ClickHouseConfig) -> Result<Self, DatabaseError> {
        Ok(Self { connection: Connection::new(config)?, database: config.database.clone() })
    }

    /// Makes the tables, or does nothing where they are.
    pub fn migrate(
        &self,
        config: &ClickHouseConfig,
        retention: Retention,
    ) -> Result<(), DatabaseError> {
        for statement in schema::statements(config, retention) {
            self.connection.execute(&statement)?;
        }
        let database = &self.database;
        let layout = schema::LAYOUT;
        let sql = format!("INSERT INTO {database}.layout (version) FORMAT RowBinary");
        self.connection.insert(&sql, &[layout.to_le_bytes().to_vec().into()])
    }

    /// The layout of the tables; none if there are none, or no server.
    pub fn layout(&self) -> Result<Option<u32>, DatabaseError> {
        let sql = format!("SELECT max(version) FROM {}.layout", self.database);
        let answer = self.connection.rows(&sql)?;
        let version = answer.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
        Ok(version.filter(|version| *version > 0))
    }

    /// Delivers a segment.
    pub(in crate::archive) fn deliver(
        &self,
        spool_folder: &Path,
        spool: &str,
        number: u64,
    ) -> Result<Delivered, DeliverError> {
        let path = sealed_path(spool_folder, number);
        let fault = |source| DeliverError::Disk { path: path.clone(), source };
        let mut reader = SegmentReader::open(&path).map_err(fault)?;
        let mut delivered = Delivered::default();
        let mut batches: BTreeMap<(Kind, i64), Batch> = BTreeMap::new();
        let segment = format!("{spool}-{number}");
        loop {
            let record = match reader.next().map_err(fault)? {
                Next::Record(_, body) => Record::read(body),
                Next::Damaged => {
                    delivered.damaged += 1;
                    continue;
                }
                Next::End { torn } => {
                    delivered.damaged += u64::from(torn);
                    break;
                }
            };
            let Some(about) = record.as_ref().and_then(Record::about) else { continue };
            let place = (about.kind, about.hour.day());
            let Some(columns) = columns_of(about.kind) else { continue };
            let fresh = || Batch { part: 0, block: NewBlock::of(columns) };
            let batch = batches.entry(place).or_insert_with(fresh);
            match record {
                Some(Record::Epoch(station, epoch)) => batch.epoch(station.as_str(), &epoch),
                Some(Record::Quality(_, rows)) => rows.iter().for_each(|row| batch.figure(row)),
                Some(Record::Frame { .. }) | None => {}
            }
            if batch.block.rows() >= ROWS_PER_INSERT_MAX {
                delivered.rows += self.send(&segment, place, batch)?;
            }
        }
        for (place, batch) in &mut batches {
            delivered.rows += self.send(&segment, *place, batch)?;
        }
        Ok(delivered)
    }

    /// Sends a batch, if there is anything in it, and makes it the next one.
    fn send(
        &self,
        segment: &str,
        (kind, day): (Kind, i64),
        batch: &mut Batch,
    ) -> Result<u64, DatabaseError> {
        let Some(columns) = columns_of(kind) else { return Ok(0) };
        let block = std::mem::replace(&mut batch.block, NewBlock::of(columns));
        let (part, rows) = (batch.part, block.rows());
        batch.part += 1;
        if rows == 0 {
            return Ok(0);
        }
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        let (database, table) = (&self.database, kind.name());
        // A distributed table answers when the shards have it, not when it has put it aside for them.
        let sql = format!(
            "INSERT INTO {database}.{table} ({names}) SETTINGS insert_deduplication_token = '{segment}-{table}-{day}-{part}', \
             insert_deduplicate = 1, async_insert = 0, distributed_foreground_insert = 1 FORMAT Native"
        );
        self.connection.insert(&sql, &block.finish())?;
        Ok(rows)
    }
}

fn columns_of(kind: Kind) -> Option<&'static [(&'static str, &'static str)]> {
    match kind {
        Kind::Epoch => Some(OBSERVATION_COLUMNS),
        Kind::Quality => Some(QUALITY_COLUMNS),
        Kind::Frame => None,
    }
}

impl Batch {
    fn epoch(&mut self, station: &str, epoch: &ScaledEpoch) {
        let stamp = posix_nanos(epoch.time.nanos()).to_le_bytes();
        for o in &epoch.observations {
            let mut row = self.block.row();
            row.value(stamp);
            row.text(station.as_bytes());
            put_observation(&mut row, o);
        }
    }

    fn figure(&mut self, figure: &QualityRow) {
        let satellite = figure.satellite.map(|s| s.to_string()).unwrap_or_default();
        let signal = figure.signal.map(Signal::with_system).unwrap_or_default();
        let mut row = self.block.row();
        row.value(posix_nanos(figure.time.nanos()).to_le_bytes());
        row.text(figure.station.as_str().as_bytes());
        row.text(figure.resolution.name().as_bytes());
        row.text(satellite.as_bytes());
        row.text(signal.as_bytes());
        row.text(figure.metric.as_str().as_bytes());
        row.value(figure.value_millionths.to_le_bytes());
    }
}

/// What ClickHouse calls the same moment of GPS time: its calendar has no leap seconds either, and counts from 1970.
pub(super) fn posix_nanos(gps_nanos: i64) -> i64 {
    gps_nanos.saturating_add(GPS_ORIGIN_POSIX_S * NANOS_PER_SECOND)
}

/// The moment of GPS time, in nanoseconds, that ClickHouse calls so.
pub(super) fn gps_nanos(posix_nanos: i64) -> i64 {
    posix_nanos.saturating_sub(GPS_ORIGIN_POSIX_S * NANOS_PER_SECOND)
}

/// The hour that begins at a moment of ClickHouse's `DateTime`.
pub(super) fn hour_of(posix_s: u32) -> Hour {
    Hour::from_number((i64::from(posix_s) - GPS_ORIGIN_POSIX_S).div_euclid(3_600))
}

fn put_observation(row: &mut NewRow<'_>, o: &ScaledObservation) {
    let number = o.satellite.number();
    let system = o.satellite.constellation().letter() as u8;
    row.text(&[system, b'0' + number / 10, b'0' + number % 10]);
    row.text(&[o.signal.band() as u8, o.signal.attribute() as u8]);
    row.nullable(o.glonass_channel.map(i8::to_le_bytes));
    row.nullable(o.code_mm.map(i64::to_le_bytes));
    row.nullable(o.phase_millicycles.map(i64::to_le_bytes));
    row.nullable(o.doppler_millihertz.map(i32::to_le_bytes));
    let cn0 = o.cn0_sixteenths.and_then(|steps| i16::try_from(steps).ok());
    row.nullable(cn0.map(i16::to_le_bytes));
    row.nullable(o.lock_ms.and_then(|ms| i32::try_from(ms).ok()).map(i32::to_le_bytes));
    row.value([u8::from(o.half_cycle_ambiguous)]);
}
