//! Tables as Parquet files: scaled integers, sorted, so that neighbours differ little. Any reader of Parquet can read them.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::data_type::{DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;

use crate::archive::embedded::table::{Cell, Column, Table};

/// Level of zstd. Level 9 makes files smaller by less than two in a hundred, and takes a third longer.
const ZSTD_LEVEL: i32 = 3;
/// Rows of one read: a row group as we write it has some 600 000.
const ROWS_PER_READ: usize = 1 << 20;
/// The most rows of a file that is read into memory: an hour of a station at 10 Hz with 64 satellites of 4 signals is 9 million.
pub(in crate::archive) const ROWS_MAX: i64 = 20_000_000;

/// The columns of observations, in the order of the file.
const OBSERVATIONS: &str = "message observations {
    required int64 time_ns;
    required int32 satellite;
    required int32 signal;
    optional int32 glonass_channel;
    optional int64 code_mm;
    optional int64 phase_millicycles;
    optional int32 doppler_millihertz;
    optional int32 cn0_sixteenths;
    optional int32 lock_ms;
    required int32 half_cycle_ambiguous;
}";

/// Columns of few different values, which a dictionary holds best.
const REPEATED: [&str; 4] = ["satellite", "signal", "glonass_channel", "half_cycle_ambiguous"];

/// How columns of whole numbers are written, and those of texts.
pub(super) fn properties(
    repeated: &[&str],
    texts: &[&str],
) -> Result<WriterProperties, ParquetError> {
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_encoding(Encoding::DELTA_BINARY_PACKED)
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by("tianshu".to_owned());
    for column in repeated {
        builder = builder.set_column_dictionary_enabled(ColumnPath::from(*column), true);
    }
    for column in texts {
        builder = builder.set_column_encoding(ColumnPath::from(*column), Encoding::PLAIN);
    }
    Ok(builder.build())
}

/// Writes a table.
pub(super) fn write(table: &Table, out: &mut (impl Write + Send)) -> io::Result<()> {
    write_table(table, out).map_err(io::Error::other)
}

fn write_table(table: &Table, out: &mut (impl Write + Send)) -> Result<(), ParquetError> {
    let mut writer = begin(out)?;
    put_table(&mut writer, table)?;
    writer.close()?;
    Ok(())
}

/// Begins a file of observations.
pub(super) fn begin<W: Write + Send>(out: W) -> Result<SerializedFileWriter<W>, ParquetError> {
    let schema = Arc::new(parse_message_type(OBSERVATIONS)?);
    SerializedFileWriter::new(out, schema, Arc::new(properties(&REPEATED, &[])?))
}

/// Adds a table, as a row group of its own.
pub(super) fn put_table<W: Write + Send>(
    writer: &mut SerializedFileWriter<W>,
    table: &Table,
) -> Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    put::<Int64Type, _>(&mut group, &table.time_ns, None)?;
    put::<Int32Type, _>(&mut group, &table.satellite, None)?;
    put::<Int32Type, _>(&mut group, &table.signal, None)?;
    put_column::<Int32Type, _>(&mut group, &table.glonass_channel)?;
    put_column::<Int64Type, _>(&mut group, &table.code_mm)?;
    put_column::<Int64Type, _>(&mut group, &table.phase_millicycles)?;
    put_column::<Int32Type, _>(&mut group, &table.doppler_millihertz)?;
    put_column::<Int32Type, _>(&mut group, &table.cn0_sixteenths)?;
    put_column::<Int32Type, _>(&mut group, &table.lock_ms)?;
    put::<Int32Type, _>(&mut group, &table.half_cycle, None)?;
    group.close()?;
    Ok(())
}

fn put_column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    column: &Column<T::T>,
) -> Result<(), ParquetError>
where
    T::T: Cell,
{
    let (values, levels) = column.levels();
    put::<T, W>(group, &values, Some(&levels))
}

/// Writes the next column.
pub(super) fn put<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let missing = || ParquetError::General("the schema has no further column".to_owned());
    let mut column = group.next_column()?.ok_or_else(missing)?;
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}

/// Reads a file of observations.
pub(super) fn read(path: &Path) -> io::Result<Table> {
    let file = std::fs::File::open(path)?;
    read_table(file).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

fn read_table(file: std::fs::File) -> Result<Table, ParquetError> {
    let reader = SerializedFileReader::new(file)?;
    let mut table = Table::default();
    check_rows(&reader)?;
    // We write one group; a file of several is one of somebody else, and not read in part.
    if reader.num_row_groups() != 1 {
        return Err(ParquetError::General("not one row group".to_owned()));
    }
    let group = reader.get_row_group(0)?;
    table.time_ns = take::<Int64Type>(&*group, 0)?.0;
    table.satellite = take::<Int32Type>(&*group, 1)?.0;
    table.signal = take::<Int32Type>(&*group, 2)?.0;
    table.glonass_channel = take_column::<Int32Type>(&*group, 3)?;
    table.code_mm = take_column::<Int64Type>(&*group, 4)?;
    table.phase_millicycles = take_column::<Int64Type>(&*group, 5)?;
    table.doppler_millihertz = take_column::<Int32Type>(&*group, 6)?;
    table.cn0_sixteenths = take_column::<Int32Type>(&*group, 7)?;
    table.lock_ms = take_column::<Int32Type>(&*group, 8)?;
    table.half_cycle = take::<Int32Type>(&*group, 9)?.0;
    Ok(table)
}

/// Refuses a file that claims more rows than memory is meant for.
pub(super) fn check_rows(reader: &SerializedFileReader<std::fs::File>) -> Result<(), ParquetError> {
    let rows = reader.metadata().file_metadata().num_rows();
    if (0..=ROWS_MAX).contains(&rows) {
        return Ok(());
    }
    Err(ParquetError::General(format!("{rows} rows, more than {ROWS_MAX}")))
}

fn take_column<T: DataType>(
    group: &dyn RowGroupReader,
    at: usize,
) -> Result<Column<T::T>, ParquetError>
where
    T::T: Cell,
{
    let (values, levels) = take::<T>(group, at)?;
    Ok(Column::from_levels(values, &levels))
}

/// Reads a column: the values that are present, and for each row whether it has one.
pub(super) fn take<T: DataType>(
    group: &dyn RowGroupReader,
    at: usize,
) -> Result<(Vec<T::T>, Vec<i16>), ParquetError> {
    let kind = group.metadata().column(at).column_type();
    if kind != T::get_physical_type() {
        return Err(ParquetError::General(format!("column {at} is of type {kind}")));
    }
    let optional = group.metadata().column(at).column_descr().max_def_level() > 0;
    let mut column =
        parquet::column::reader::get_typed_column_reader::<T>(group.get_column_reader(at)?);
    let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
    let (mut values, mut levels) = (Vec::with_capacity(rows), Vec::new());
    loop {
        let told = if optional { Some(&mut levels) } else { None };
        let (read, ..) = column.read_records(ROWS_PER_READ, told, None, &mut values)?;
        if read == 0 {
            return Ok((values, levels));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::sample;
    use crate::archive::whole_file;

    #[test]
    fn a_table_comes_back_from_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let epochs: Vec<_> = (0..300).map(|s| sample::epoch(1, s)).collect();
        let table = Table::of(&epochs);
        whole_file::write_with(&path, |out| write(&table, out)).unwrap();
        assert_eq!(read(&path).unwrap(), table);
    }

    #[test]
    fn a_file_that_was_cut_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let mut bytes = Vec::new();
        write(&Table::of(&[sample::epoch(1, 1)]), &mut bytes).unwrap();
        for length in [0, 4, bytes.len() / 2, bytes.len() - 1] {
            std::fs::write(&path, &bytes[..length]).unwrap();
            assert!(read(&path).is_err(), "{length}");
        }
    }
}
