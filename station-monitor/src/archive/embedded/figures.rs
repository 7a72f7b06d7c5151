//! Figures of quality as a Parquet file: an hour of all stations.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::GpsTime;

use crate::archive::embedded::parquet::{check_rows, properties, put, take};
use crate::archive::embedded::table::{satellite_number, satellite_of, signal_number, signal_of};
use crate::archive::figure::{QualityRow, Resolution};

/// The columns, in the order of the file. A signal is its system's letter times 65536, and its number as in observations.
const FIGURES: &str = "message quality {
    required binary station (UTF8);
    required int64 time_ns;
    required int32 resolution_s;
    optional int32 satellite;
    optional int32 signal;
    required binary metric (UTF8);
    required int64 value_millionths;
}";

/// Columns of few different values.
const REPEATED: [&str; 5] = ["station", "resolution_s", "satellite", "signal", "metric"];
/// Columns of texts.
const TEXTS: [&str; 2] = ["station", "metric"];
/// The weight of a system's letter in the number of a signal.
const SYSTEM_WEIGHT: i32 = 65_536;

/// Sorts rows so that neighbours differ little, and of a figure that comes twice keeps the one that came last.
pub(super) fn sort(rows: &mut Vec<QualityRow>) {
    let same = |a: &QualityRow, b: &QualityRow| {
        (&a.station, &a.metric, a.resolution, a.satellite, a.signal, a.time).cmp(&(
            &b.station,
            &b.metric,
            b.resolution,
            b.satellite,
            b.signal,
            b.time,
        ))
    };
    rows.sort_by(same);
    rows.dedup_by(|later, kept| {
        let twice = same(later, kept).is_eq();
        if twice {
            std::mem::swap(later, kept);
        }
        twice
    });
}

/// Writes rows.
pub(super) fn write(rows: &[QualityRow], out: &mut (impl Write + Send)) -> io::Result<()> {
    write_rows(rows, out).map_err(io::Error::other)
}

fn write_rows(rows: &[QualityRow], out: &mut (impl Write + Send)) -> Result<(), ParquetError> {
    let schema = Arc::new(parse_message_type(FIGURES)?);
    let mut writer =
        SerializedFileWriter::new(out, schema, Arc::new(properties(&REPEATED, &TEXTS)?))?;
    let mut group = writer.next_row_group()?;
    let text = |name: &str| ByteArray::from(name);
    let stations: Vec<_> = rows.iter().map(|row| text(row.station.as_str())).collect();
    put::<ByteArrayType, _>(&mut group, &stations, None)?;
    let times: Vec<_> = rows.iter().map(|row| row.time.nanos()).collect();
    put::<Int64Type, _>(&mut group, &times, None)?;
    let resolutions: Vec<_> =
        rows.iter().filter_map(|row| i32::try_from(row.resolution.seconds()).ok()).collect();
    put::<Int32Type, _>(&mut group, &resolutions, None)?;
    let levels: Vec<_> = rows.iter().map(|row| i16::from(row.satellite.is_some())).collect();
    let satellites: Vec<_> =
        rows.iter().filter_map(|row| row.satellite).map(satellite_number).collect();
    put::<Int32Type, _>(&mut group, &satellites, Some(&levels))?;
    let levels: Vec<_> = rows.iter().map(|row| i16::from(row.signal.is_some())).collect();
    let signals: Vec<_> = rows.iter().filter_map(|row| row.signal).map(number_of).collect();
    put::<Int32Type, _>(&mut group, &signals, Some(&levels))?;
    let metrics: Vec<_> = rows.iter().map(|row| text(row.metric.as_str())).collect();
    put::<ByteArrayType, _>(&mut group, &metrics, None)?;
    let values: Vec<_> = rows.iter().map(|row| row.value_millionths).collect();
    put::<Int64Type, _>(&mut group, &values, None)?;
    group.close()?;
    writer.close()?;
    Ok(())
}

/// Reads a file of figures.
pub(super) fn read(path: &Path) -> io::Result<Vec<QualityRow>> {
    let file = std::fs::File::open(path)?;
    read_rows(file).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

fn read_rows(file: std::fs::File) -> Result<Vec<QualityRow>, ParquetError> {
    let reader = SerializedFileReader::new(file)?;
    check_rows(&reader)?;
    let mut rows = Vec::new();
    for at in 0..reader.num_row_groups() {
        let group = reader.get_row_group(at)?;
        let stations = take::<ByteArrayType>(&*group, 0)?.0;
        let times = take::<Int64Type>(&*group, 1)?.0;
        let resolutions = take::<Int32Type>(&*group, 2)?.0;
        let (satellites, has_satellite) = take::<Int32Type>(&*group, 3)?;
        let (signals, has_signal) = take::<Int32Type>(&*group, 4)?;
        let metrics = take::<ByteArrayType>(&*group, 5)?.0;
        let values = take::<Int64Type>(&*group, 6)?.0;
        let (mut satellites, mut signals) = (satellites.into_iter(), signals.into_iter());
        let keys = stations.into_iter().zip(times).zip(resolutions);
        let present = has_satellite.into_iter().zip(has_signal);
        let values = metrics.into_iter().zip(values);
        for ((((station, time), resolution), present), (metric, value)) in
            keys.zip(present).zip(values)
        {
            let satellite = (present.0 > 0).then(|| satellites.next()).flatten();
            let signal = (present.1 > 0).then(|| signals.next()).flatten();
            let row = row(&station, time, resolution, satellite, signal, &metric, value);
            let unknown = || ParquetError::General("a row that names nothing we know".to_owned());
            rows.push(row.ok_or_else(unknown)?);
        }
    }
    Ok(rows)
}

fn row(
    station: &ByteArray,
    time_ns: i64,
    resolution_s: i32,
    satellite: Option<i32>,
    signal: Option<i32>,
    metric: &ByteArray,
    value_millionths: i64,
) -> Option<QualityRow> {
    let satellite = match satellite {
        Some(number) => Some(satellite_of(number)?),
        None => None,
    };
    let signal = match signal {
        Some(number) => Some(of_number(number)?),
        None => None,
    };
    Some(QualityRow {
        station: station.as_utf8().ok()?.parse().ok()?,
        time: GpsTime::from_nanos(time_ns),
        resolution: Resolution::from_seconds(i64::from(resolution_s))?,
        satellite,
        signal,
        metric: metric.as_utf8().ok()?.parse().ok()?,
        value_millionths,
    })
}

fn number_of(signal: Signal) -> i32 {
    i32::from(signal.constellation().letter() as u8) * SYSTEM_WEIGHT + signal_number(signal)
}

fn of_number(number: i32) -> Option<Signal> {
    let letter = u8::try_from(number / SYSTEM_WEIGHT).ok()?;
    signal_of(Constellation::from_letter(char::from(letter))?, number % SYSTEM_WEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{sample, whole_file};

    #[test]
    fn figures_come_back_from_their_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("q.parquet");
        let mut rows = sample::figures();
        sort(&mut rows);
        whole_file::write_with(&path, |out| write(&rows, out)).unwrap();
        assert_eq!(read(&path).unwrap(), rows);
    }

    #[test]
    fn of_a_figure_that_comes_twice_the_later_is_kept() {
        let mut rows = sample::figures();
        let count = rows.len();
        let mut again = rows[3].clone();
        again.value_millionths = -5;
        rows.push(again.clone());
        sort(&mut rows);
        assert_eq!(rows.len(), count);
        assert!(rows.contains(&again));
    }
}
