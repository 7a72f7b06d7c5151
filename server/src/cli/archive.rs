//! The options of `tianshu archive`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use tianshu_gnss::station::StationName;

use crate::archive::moment::Moment;
use crate::cli::virtual_rinex::VirtualOptions;

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
    /// Write what a station sent or measured into a file: as it came, as a table, or as RINEX.
    Export(ExportOptions),
    /// Write what a receiver would have measured at a place where none stood, as RINEX 3.05, and a report of how well that is known.
    ///
    /// The network of the configuration (`[network]`) is solved from what is archived of the stations around the place.
    Virtual(VirtualOptions),
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

/// Options of `archive export`.
#[derive(Args, Debug)]
pub(crate) struct ExportOptions {
    /// Whose. Ephemerides are those of all stations together, if nobody is named.
    #[arg(long, value_name = "NAME")]
    pub station: Option<StationName>,
    /// When.
    #[command(flatten)]
    pub span: SpanOptions,
    /// As what; without it, by the file's name: .rtcm3, .csv, .parquet, .rnx, and _MN.rnx for ephemerides.
    #[arg(long, value_enum)]
    pub format: Option<ExportFormat>,
    /// The version of RINEX files.
    #[arg(long, value_name = "VERSION", default_value = "3.05", value_parser = ["3.05", "4.02"])]
    pub rinex_version: String,
    /// RINEX: only every so many seconds an epoch; without it all.
    #[arg(long, value_name = "SECONDS")]
    pub interval: Option<f64>,
    /// The file, which must not exist yet; - for standard output. RINEX is CRINEX where it ends in .crx, and gzipped where it ends in .gz.
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
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
    /// Observations as RINEX.
    Rinex,
    /// Ephemerides as a RINEX navigation file.
    Navigation,
}
