//! `tianshu archive`: what is kept, whether it is whole, and how to have it.

use std::io::Write;

use anyhow::{Context, bail};
use tianshu_station_monitor::archive::clickhouse::deliver::Deliverer;
use tianshu_station_monitor::archive::clickhouse::schema;
use tianshu_station_monitor::archive::copy;
use tianshu_station_monitor::archive::embedded::read::EmbeddedStore;
use tianshu_station_monitor::archive::inspection::{self, Progress as Files};
use tianshu_station_monitor::archive::keeper::ArchiveConfig;
use tianshu_station_monitor::archive::record::Kind;
use tianshu_station_monitor::archive::span::Span;
use tianshu_station_monitor::archive::status::STATUS_FILE;

use crate::archive::moment;
use crate::cli::archive::{ArchiveCommand, ArchiveOptions, SpanOptions};
use crate::commands::{export, virtual_rinex};
use crate::config::read;
use crate::network::progress::Progress;

/// Does what is asked.
pub(crate) fn run(options: ArchiveOptions) -> anyhow::Result<()> {
    let whole = read::from_file(&options.config)?;
    let config = whole.archive.clone().with_context(|| {
        format!("{} names no archive: add [archive] with a folder", options.config.display())
    })?;
    match options.command {
        ArchiveCommand::Status => status(&config),
        ArchiveCommand::Verify { span } => verify(&config, &span),
        ArchiveCommand::Export(options) => export::run(&whole, &config, &options),
        ArchiveCommand::Virtual(options) => virtual_rinex::run(&whole, &options),
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

pub(super) fn span_of(options: &SpanOptions) -> Span {
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
