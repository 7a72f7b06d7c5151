//! `tianshu archive export`: what a station sent or measured, in a file.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::Interval;
use tianshu_gnss::time::utc::Utc;
use tianshu_ingest::clock::{Clock, SystemClock};
use tianshu_rinex::write::WrittenVersion;
use tianshu_station_monitor::archive::embedded::read::EmbeddedStore;
use tianshu_station_monitor::archive::keeper::ArchiveConfig;
use tianshu_station_monitor::archive::span::Span;
use tianshu_station_monitor::products::packing::Packing;

use crate::archive::{export, rinex};
use crate::cli::archive::{ExportFormat, ExportOptions};
use crate::commands::archive::span_of;
use crate::config::read::Config;
use crate::files::source::store_of;
use crate::network::progress::{Progress, say};

/// Epochs or frames between two words of how far an export is.
const TELL_EVERY: u64 = 3_600;

/// Writes what is asked.
pub(super) fn run(
    config: &Config,
    archive: &ArchiveConfig,
    options: &ExportOptions,
) -> anyhow::Result<()> {
    let path = &options.out;
    let format = format_of(path, options.format)?;
    let order = order(options)?;
    let is_file = path.as_os_str() != "-";
    let mut out: Box<dyn Write + Send> = if is_file {
        let made = OpenOptions::new().write(true).create_new(true).open(path);
        Box::new(made.with_context(|| format!("cannot write {}", path.display()))?)
    } else {
        Box::new(std::io::stdout())
    };
    let mut progress = Progress::begin();
    let station = options.station.as_ref();
    let mut to = BufWriter::new(&mut out);
    let done = match (format, station) {
        (ExportFormat::Navigation, _) => {
            let own = station.map(|station| vec![station.clone()]);
            let all = || config.monitor.logs.iter().map(|log| log.station.clone()).collect();
            let stations: Vec<StationName> = own.unwrap_or_else(all);
            rinex::navigation(archive, &stations, &order, &mut to, &mut |done, all| {
                progress.tell(done, all, || format!("{done} of {all} stations"));
            })
        }
        (_, None) => Err(anyhow::anyhow!("--station NAME is missing: whose observations?")),
        (ExportFormat::Rinex, Some(station)) => {
            rinex::observations(config, archive, station, &order, &mut to, &mut |done, all| {
                progress.tell(done, all, || format!("{done} of {all} epochs read"));
            })
        }
        (_, Some(station)) => written(archive, station, order.span, format, &mut to, &mut progress),
    };
    progress.end();
    let done = done.and_then(|count| Ok(to.flush().map(|()| count)?));
    drop(to);
    if done.as_ref().map_or(true, |count| *count == 0) && is_file {
        // A file that is not whole, or empty, would be taken for what was asked for.
        drop(out);
        std::fs::remove_file(path).ok();
    }
    told(done?, format, station)
}

/// Says how much it was; nothing is a failure.
fn told(count: u64, format: ExportFormat, station: Option<&StationName>) -> anyhow::Result<()> {
    let whose = station.map_or_else(|| "any station".to_owned(), ToString::to_string);
    if count == 0 {
        bail!("the archive has nothing of {whose} in that span");
    }
    let what = match format {
        ExportFormat::Rtcm => "frames",
        ExportFormat::Navigation => "ephemerides",
        ExportFormat::Csv | ExportFormat::Parquet | ExportFormat::Rinex => "epochs",
    };
    say(&match station {
        Some(station) => format!("{count} {what} of {station}"),
        None => format!("{count} {what} of all stations"),
    });
    Ok(())
}

fn written(
    archive: &ArchiveConfig,
    station: &StationName,
    span: Span,
    format: ExportFormat,
    out: &mut (impl Write + Send),
    progress: &mut Progress,
) -> anyhow::Result<u64> {
    // How much there is to come is not known before it has come.
    let mut tell = |count: u64| {
        if count.is_multiple_of(TELL_EVERY) {
            progress.tell(0, 1, || format!("{count} so far"));
        }
    };
    if format == ExportFormat::Rtcm {
        let frames = EmbeddedStore::new(&archive.folder).frames(station, span)?;
        return export::frames(frames, out, &mut tell);
    }
    let epochs = store_of(archive)?.observations(station, span)?;
    match format {
        ExportFormat::Csv => export::lines(station.as_str(), epochs, out, &mut tell),
        _ => export::table(epochs, out, &mut tell),
    }
}

fn order(options: &ExportOptions) -> anyhow::Result<rinex::Order> {
    let interval = options.interval.map(|seconds| {
        ensure!(
            (0.05..=86_400.0).contains(&seconds),
            "--interval {seconds} is not between 0.05 and 86400 seconds"
        );
        Ok(Interval::from_seconds_f64(seconds))
    });
    let name = options.out.to_string_lossy();
    let unpacked = name.strip_suffix(".gz");
    let ending = unpacked.unwrap_or(&name).rsplit_once('.').map(|(_, ending)| ending);
    let packing = Packing { compact: ending == Some("crx"), gzip: unpacked.is_some() };
    let version = if options.rinex_version == WrittenVersion::V402.number() {
        WrittenVersion::V402
    } else {
        WrittenVersion::V305
    };
    Ok(rinex::Order {
        span: span_of(&options.span),
        interval: interval.transpose()?,
        version,
        packing,
        made: Utc::from(SystemClock::start().gps()),
    })
}

fn format_of(path: &Path, format: Option<ExportFormat>) -> anyhow::Result<ExportFormat> {
    if let Some(format) = format {
        return Ok(format);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let unpacked = name.strip_suffix(".gz").unwrap_or(&name);
    let format = match unpacked.rsplit_once('.') {
        Some((_, "rtcm3" | "rtcm")) => ExportFormat::Rtcm,
        Some((_, "csv")) => ExportFormat::Csv,
        Some((_, "parquet")) => ExportFormat::Parquet,
        // A long name tells what is in the file: M for mixed systems, and N for navigation (RINEX 3.05, table A1).
        Some((stem, "rnx")) if stem.ends_with("_MN") => ExportFormat::Navigation,
        Some((_, "rnx" | "crx")) => ExportFormat::Rinex,
        _ => {
            bail!("name a file that ends in .rtcm3, .csv, .parquet, .rnx or .crx, or give --format")
        }
    };
    Ok(format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_says_what_is_in_it() {
        let of = |name: &str| format_of(Path::new(name), None).ok();
        assert_eq!(of("a/x.rtcm3"), Some(ExportFormat::Rtcm));
        assert_eq!(of("x.csv"), Some(ExportFormat::Csv));
        for name in ["x.rnx", "x.rnx.gz", "x.crx", "NANN00CHN_S_20260790200_01H_01S_MO.crx.gz"] {
            assert_eq!(of(name), Some(ExportFormat::Rinex), "{name}");
        }
        for name in ["BRDC00CHN_S_20260790000_01D_MN.rnx", "BRDC00CHN_S_20260790000_01D_MN.rnx.gz"]
        {
            assert_eq!(of(name), Some(ExportFormat::Navigation), "{name}");
        }
        assert_eq!((of("x"), of("x.txt"), of("x.gz")), (None, None, None));
        let told = format_of(Path::new("-"), Some(ExportFormat::Rinex)).expect("told");
        assert_eq!(told, ExportFormat::Rinex);
    }
}
