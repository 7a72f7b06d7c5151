//! The options of `tianshu archive virtual`.

use std::path::PathBuf;

use clap::Args;

use crate::archive::moment::Moment;
use crate::archive::virtual_rinex::{STATIONS_DEFAULT, WARM_UP_DEFAULT_MIN};

/// Options of `archive virtual`.
#[derive(Args, Debug)]
pub(crate) struct VirtualOptions {
    /// Where: degrees north, degrees east, metres above the ellipsoid.
    #[arg(long, value_name = "LAT,LON,H", allow_hyphen_values = true)]
    pub at: String,
    /// From this moment of GPS time on, as in 2026-04-20T08:00:00.
    #[arg(long, value_name = "MOMENT")]
    pub from: Moment,
    /// Until before this moment of GPS time; a day later at most.
    #[arg(long, value_name = "MOMENT")]
    pub until: Moment,
    /// Between epochs: a multiple of the network's interval, which it is without this.
    #[arg(long, value_name = "SECONDS")]
    pub interval: Option<f64>,
    /// Systems to use, by their RINEX letters.
    #[arg(long, value_name = "LETTERS", default_value = "GRECJ")]
    pub systems: String,
    /// What the station is called: four letters or digits.
    #[arg(long, value_name = "XXXX", default_value = "VRS0")]
    pub name: String,
    /// For how long the network is solved before --from, as far as the archive reaches: it finds its whole cycles then.
    #[arg(long, value_name = "MINUTES", default_value_t = WARM_UP_DEFAULT_MIN)]
    pub warm_up: f64,
    /// How many stations around the place are solved.
    #[arg(long, value_name = "N", default_value_t = STATIONS_DEFAULT)]
    pub stations: usize,
    /// The folder to write into: the observations (.rnx) and a report (.report.json, docs/formats.md).
    #[arg(long, short, value_name = "DIR")]
    pub out: PathBuf,
}
