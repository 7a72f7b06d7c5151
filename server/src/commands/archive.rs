//! `tianshu archive`: what is kept, whether it is whole, and how to have it.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, bail};
use tianshu_gnss::station::StationName;
use tianshu_station_monitor::archive::clickhouse::deliver::Deliverer;
use tianshu_station_monitor::archive::clickhouse::read::ClickHouseStore;
use tianshu_station_monitor::archive::clickhouse::schema;
use tianshu_station_monitor::archive::copy;
use tianshu_station_monitor::archive::embedded::read::EmbeddedStore;
use tianshu_station_monitor::archive::inspection::{self, Progress as Files};
use tianshu_station_monitor::archive::keeper::ArchiveConfig;
use tianshu_station_monitor::archive::record::Kind;
use tianshu_station_monitor::archive::span::Span;
use tianshu_station_monitor::archive::status::STATUS_FILE;
use tianshu_station_monitor::archive::store::ObservationStore;

use crate::archive::{export, moment};
use crate::cli::archive::{ArchiveCommand, ArchiveOptions, ExportFormat, SpanOptions};
use crate::config::read;
use crate::network::progress::Progress;

/// Epochs or frames between two words of how far an export is.
const TELL_EVERY: u64 = 3_600;

/// Does what is asked.
pub(crate) fn run(options: ArchiveOptions) -> anyhow::Result<()> {
    let config = read::from_file(&options.config)?.archive.with_context(|| {
        format!("{} names no archive: add [archive] with a folder", options.config.display())
    })?;
    match options.command {
        ArchiveCommand::Status => status(&config),
        ArchiveCommand::Verify { span } => verify(&config, &span),
        ArchiveCommand::Export { station, span, format, out } => {
            let format = format_of(&out, format)?;
            export(&config, &station, span_of(&span), format, &out)
        }
        ArchiveCommand::Migrate { print } => migrate(&config, print),
        ArchiveCommand::Backup { to } => {
            let files = with_progress(|tell| copy::backup(&config.folder, &to, tell))?;
            say(&format!("{files} files copied to {}", to.display()))
        }
        ArchiveCommand::Restore { from } => {
            let files = with_progress(|tell| copy::restore(&from, &config.folder, tell))?;
            say(&format!("{files} files copied to {}", config.folder.display()))
        }
    }
}

fn status(config: &ArchiveConfig) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "folder: {}", config.folder.display())?;
    let files = EmbeddedStore::new(&config.folder);
    for kind in Kind::ALL {
        let entries = files.files(kind, Span::ALWAYS)?;
        let bytes: u64 = entries.iter().map(|file| file.bytes).sum();
        let rows: u64 = entries.iter().map(|file| file.entries).sum();
        let name = kind.name();
        let count = entries.len();
        match (entries.first(), entries.last()) {
            (Some(first), Some(last)) => writeln!(
                out,
                "{name}: {count} files of {} to {}, {rows} entries, {bytes} bytes",
                first.hour, last.hour
            )?,
            _ => writeln!(out, "{name}: no files")?,
        }
    }
    if let Some(database) = &config.database {
        let deliverer = Deliverer::new(database)?;
        match deliverer.layout() {
            Ok(Some(layout)) => {
                writeln!(out, "clickhouse: {}, layout {layout}", database.url)?;
            }
            Ok(None) => writeln!(out, "clickhouse: {}, no tables yet", database.url)?,
            Err(error) => writeln!(out, "clickhouse: {}: {error}", database.url)?,
        }
    }
    match std::fs::read_to_string(config.folder.join(STATUS_FILE)) {
        Ok(told) => write!(out, "the service that writes it, as it told last:\n{told}")?,
        Err(_) => writeln!(out, "no service has written it yet")?,
    }
    Ok(())
}

fn verify(config: &ArchiveConfig, span: &SpanOptions) -> anyhow::Result<()> {
    let span = span_of(span);
    let mut checked = Files::default();
    let faults = with_progress(|mut tell| {
        inspection::inspect(&config.folder, span, |at| {
            checked = at;
            tell(at);
        })
    })?;
    for fault in &faults {
        say(&fault.to_string())?;
    }
    let Files { files, bytes, .. } = checked;
    if !faults.is_empty() {
        bail!("{} of {files} files are not what was archived", faults.len());
    }
    say(&format!("{files} files of {bytes} bytes are what was archived"))
}

fn export(
    config: &ArchiveConfig,
    station: &StationName,
    span: Span,
    format: ExportFormat,
    path: &Path,
) -> anyhow::Result<()> {
    let mut out: Box<dyn Write + Send> = if path.as_os_str() == "-" {
        Box::new(std::io::stdout())
    } else {
        let made = OpenOptions::new().write(true).create_new(true).open(path);
        Box::new(made.with_context(|| format!("cannot write {}", path.display()))?)
    };
    let done = written(config, station, span, format, &mut BufWriter::new(&mut out));
    if done.as_ref().map_or(true, |count| *count == 0) && path.as_os_str() != "-" {
        // A file that is not whole, or empty, would be taken for what was asked for.
        drop(out);
        std::fs::remove_file(path).ok();
    }
    let count = done?;
    if count == 0 {
        bail!("the archive has nothing of {station} in that span");
    }
    let what = if format == ExportFormat::Rtcm { "frames" } else { "epochs" };
    crate::network::progress::say(&format!("{count} {what} of {station}"));
    Ok(())
}

fn written(
    config: &ArchiveConfig,
    station: &StationName,
    span: Span,
    format: ExportFormat,
    out: &mut (impl Write + Send),
) -> anyhow::Result<u64> {
    let mut progress = Progress::begin();
    // How much there is to come is not known before it has come.
    let mut tell = |count: u64| {
        if count.is_multiple_of(TELL_EVERY) {
            progress.tell(0, 1, || format!("{count} so far"));
        }
    };
    let files = EmbeddedStore::new(&config.folder);
    let count = if format == ExportFormat::Rtcm {
        export::frames(files.frames(station, span)?, out, &mut tell)?
    } else {
        let epochs = match &config.database {
            Some(database) => ClickHouseStore::new(database)?.observations(station, span)?,
            None => files.observations(station, span)?,
        };
        match format {
            ExportFormat::Csv => export::lines(station.as_str(), epochs, out, &mut tell)?,
            _ => export::table(epochs, out, &mut tell)?,
        }
    };
    out.flush()?;
    progress.end();
    Ok(count)
}

fn migrate(config: &ArchiveConfig, print: bool) -> anyhow::Result<()> {
    let database = config
        .database
        .as_ref()
        .context("[archive] names no clickhouse: files need no migration")?;
    if print {
        for statement in schema::statements(database, config.retention) {
            say(&format!("{statement};"))?;
        }
        return Ok(());
    }
    Deliverer::new(database)?.migrate(database, config.retention)?;
    say(&format!(
        "{}: the tables of {} have layout {}",
        database.url,
        database.database,
        schema::LAYOUT
    ))
}

fn format_of(path: &Path, format: Option<ExportFormat>) -> anyhow::Result<ExportFormat> {
    match (format, path.extension().and_then(|ending| ending.to_str())) {
        (Some(format), _) => Ok(format),
        (None, Some("rtcm3" | "rtcm")) => Ok(ExportFormat::Rtcm),
        (None, Some("csv")) => Ok(ExportFormat::Csv),
        (None, Some("parquet")) => Ok(ExportFormat::Parquet),
        (None, _) => {
            bail!("name a file that ends in .rtcm3, .csv or .parquet, or give --format")
        }
    }
}

fn span_of(options: &SpanOptions) -> Span {
    moment::span(options.day, options.from, options.until)
}

/// Shows how many files are done while a work goes on.
fn with_progress<T, E>(
    work: impl FnOnce(Box<dyn FnMut(Files) + '_>) -> Result<T, E>,
) -> Result<T, E> {
    let mut progress = Progress::begin();
    let done = work(Box::new(|at: Files| {
        progress.tell(at.files, at.files_of, || {
            format!("{} of {} files, {} MB", at.files, at.files_of, at.bytes / 1_000_000)
        });
    }));
    progress.end();
    done
}

fn say(line: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{line}")?;
    Ok(())
}
