//! Observations of any span as one Parquet file, with the columns of the archive's own.

use std::io::{self, Write};

use parquet::file::writer::SerializedFileWriter;
use tianshu_gnss::observation::ObsEpoch;

use crate::archive::embedded::parquet::{begin, put_table};
use crate::archive::embedded::table::Table;
use crate::archive::scaled::ScaledEpoch;
use crate::archive::span::Hour;

/// Writes epochs that come in the order of time; a row group for each hour, which is what is in memory.
pub struct ParquetExport<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    hour: Vec<ScaledEpoch>,
}

impl<W: Write + Send> ParquetExport<W> {
    /// Begins a file.
    pub fn begin(out: W) -> io::Result<Self> {
        Ok(Self { writer: begin(out)?, hour: Vec::new() })
    }

    /// Adds an epoch.
    pub fn write(&mut self, epoch: &ObsEpoch) -> io::Result<()> {
        let begins_an_hour =
            self.hour.first().is_some_and(|first| Hour::of(first.time) != Hour::of(epoch.time));
        if begins_an_hour {
            self.put_hour()?;
        }
        self.hour.push(ScaledEpoch::from(epoch));
        Ok(())
    }

    /// Ends the file; without this it is none.
    pub fn finish(mut self) -> io::Result<()> {
        self.put_hour()?;
        self.writer.close()?;
        Ok(())
    }

    fn put_hour(&mut self) -> io::Result<()> {
        if !self.hour.is_empty() {
            put_table(&mut self.writer, &Table::of(&self.hour))?;
            self.hour.clear();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader, SerializedFileReader};

    use super::*;
    use crate::archive::sample;

    #[test]
    fn an_export_has_a_group_for_each_hour() {
        let mut bytes = Vec::new();
        let mut export = ParquetExport::begin(&mut bytes).unwrap();
        for second in 3_590..3_610 {
            export.write(&ObsEpoch::from(&sample::epoch(1, second))).unwrap();
        }
        export.finish().unwrap();
        let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
        assert_eq!(reader.num_row_groups(), 2);
        assert_eq!(reader.metadata().file_metadata().num_rows(), 60);
    }
}
