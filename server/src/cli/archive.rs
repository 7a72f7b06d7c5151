//! The options of `tianshu archive`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use tianshu_gnss::station::StationName;

use crate::archive::moment::Moment;

/// Options of `archive`.
#[derive(Args, Debug)]
pub(crate) struct ArchiveOptions {
    /// The configuration whose `[archive]` is meant.
    #[arg(long, value_name = "FILE", global = true, default_value = "tianshu.toml")]
    pub config: PathBuf,
    /// What to do.
    #[command(subcommand)]
    pub command: ArchiveCommand,
}

/// What may be done with an archive. A service that writes it meanwhile is not disturbed.
#[derive(Subcommand, Debug)]
pub(crate) enum ArchiveCommand {
    /// Tell what there is, and how the service that writes it is doing.
    Status,
    /// Read every file and every record of the spool, and tell what is missing or damaged. Exit code 1 if anything is.
    Verify {
        /// When.
        #[command(flatten)]
        span: SpanOptions,
    },
    /// Write what a station sent or measured into a file.
    Export {
        /// Whose.
        #[arg(long, value_name = "NAME")]
        station: StationName,
        /// When.
        #[command(flatten)]
        span: SpanOptions,
        /// As what: rtcm, the frames as they came; csv or parquet, the observations. Without it, by the file's name.
        #[arg(long, value_enum)]
        format: Option<ExportFormat>,
        /// The file, which must not exist yet; - for standard output.
        #[arg(long, short, value_name = "FILE")]
        out: PathBuf,
    },
    /// Make the tables in ClickHouse, and give them the limits of the configuration. May be repeated.
    Migrate {
        /// Only print the statements.
        #[arg(long)]
        print: bool,
    },
    /// Copy the files of the archive that are new into another folder. What is in ClickHouse is backed up by ClickHouse.
    Backup {
        /// The folder of the copy.
        #[arg(value_name = "DIR")]
        to: PathBuf,
    },
    /// Make the archive's folder of a copy. The folder must be empty or not there.
    Restore {
        /// The folder of the copy.
        #[arg(value_name = "DIR")]
        from: PathBuf,
    },
}

/// A span of GPS time; without any of these, all there is.
#[derive(Args, Debug)]
pub(crate) struct SpanOptions {
    /// A day of GPS time, as in 2026-04-20.
    #[arg(long, value_name = "DATE", conflicts_with_all = ["from", "until"])]
    pub day: Option<Moment>,
    /// From this moment of GPS time on, as in 2026-04-20T08:00:00.
    #[arg(long, value_name = "MOMENT")]
    pub from: Option<Moment>,
    /// Until before this moment of GPS time.
    #[arg(long, value_name = "MOMENT")]
    pub until: Option<Moment>,
}

/// Forms of what is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// RTCM 3 frames, one behind the other.
    Rtcm,
    /// Comma-separated values with a line of headings.
    Csv,
    /// The columns of the archive.
    Parquet,
}
