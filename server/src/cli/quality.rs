//! Options of `quality`.

use std::path::PathBuf;

use clap::Args;
use tianshu_gnss::time::utc::Utc;

/// Options of `quality`.
#[derive(Args, Debug)]
pub(crate) struct QualityOptions {
    /// Observations: RINEX 2.10 to 4.0x (CRINEX and gzip too), raw RTCM 3, or recordings made by `record` or `serve --record`.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Navigation files: without ephemerides neither elevations nor slips nor multipath can be told. Streams bring their own.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub nav: Vec<PathBuf>,
    /// When raw RTCM was recorded (UTC, to within three days), as its messages do not name the week; without it, about now.
    #[arg(long, value_name = "TIME")]
    pub start: Option<Utc>,
    /// One JSON object a line for each station and day.
    #[arg(long)]
    pub json: bool,
}
