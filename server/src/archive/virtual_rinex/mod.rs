//! Virtual RINEX: what a receiver would have measured at a place where none stood, computed from the archive after the fact.
//!
//! The network's solver is fed with what the archive kept as it was fed live, from some time before the span on, so that it has found its
//! whole cycles when the span begins. [`make`] knows neither command line nor HTTP: a request goes in, files and a report come out.

mod choice;
mod names;
mod orbits;
mod report;
mod run;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::{Ecef, GRS80};
use tianshu_gnss::time::gps::{GpsTime, Interval, NANOS_PER_SECOND};
use tianshu_gnss::time::utc::Civil;
use tianshu_station_monitor::archive::keeper::ArchiveConfig;
use tianshu_station_monitor::archive::store::ReadError;
use tianshu_station_monitor::products::disk::write_whole;
use tianshu_station_monitor::products::identity::NineId;
use tianshu_station_monitor::products::source::SourceError;

use crate::archive::virtual_rinex::choice::Chosen;
pub(crate) use crate::archive::virtual_rinex::report::{Levelled, Report, StationReport};
use crate::archive::virtual_rinex::run::Run;
use crate::config::read::Config;
use crate::config::solver::NetworkConfig;
use crate::network::places::{is_on_earth, rounded};

/// The solver runs for so long before the span, min: nine of ten ambiguities of two carriers are levelled after 510 to 1,790 s, median
/// 1,060 (docs/network.md).
pub(crate) const WARM_UP_DEFAULT_MIN: f64 = 30.0;
/// A longer warm-up finds nothing more.
const WARM_UP_MAX: Interval = Interval::from_seconds(6 * 3_600);
/// Stations around the place that are solved: two rings of neighbours, whose fields tell all that more would.
pub(crate) const STATIONS_DEFAULT: usize = 16;
/// With fewer stations no satellite would be told.
const STATIONS_MIN: usize = 3;
/// An hour of a station takes some 30 MB of memory while it is read.
const STATIONS_MAX: usize = 60;
/// The longest span of one file: a day, as of any other file.
const SPAN_MAX: Interval = Interval::from_seconds(86_400);
/// The longest interval of a file.
const INTERVAL_MAX: Interval = Interval::from_seconds(300);
/// The solver steps at least this often, however seldom the file has an epoch: slips are found between near epochs.
const STEP_MAX: Interval = Interval::from_seconds(5);

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    /// Where the antenna would be, in the frame of the stations' coordinates.
    pub place: Ecef,
    /// The first moment of the file.
    pub from: GpsTime,
    /// The first moment behind it.
    pub until: GpsTime,
    /// Between epochs, a multiple of the network's; none for the network's own.
    pub interval: Option<Interval>,
    /// Which systems.
    pub systems: BTreeSet<Constellation>,
    /// What the station is called: four letters or digits.
    pub name: String,
    /// For how long the solver runs before.
    pub warm_up: Interval,
    /// How many stations are solved.
    pub stations: usize,
}

/// What of the configuration a file is made with.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    /// The archive.
    pub archive: ArchiveConfig,
    /// The network.
    pub network: std::sync::Arc<NetworkConfig>,
    /// What the network is called.
    pub network_name: String,
    /// Who runs it.
    pub operator: String,
    /// Its country, three letters.
    pub country: String,
    /// In which frame its coordinates are, if that is told.
    pub frame: Option<String>,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Progress {
    /// The epoch that was solved last.
    pub time: GpsTime,
    /// What is done of warm-up and span.
    pub done: Interval,
    /// Warm-up and span.
    pub all: Interval,
    /// Whether the span has not begun.
    pub runs_in: bool,
    /// Ambiguities above the mask, and how many of them are levelled.
    pub ambiguities: (usize, usize),
}

/// What was made.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// The observation file.
    pub rinex: PathBuf,
    /// The report as JSON.
    pub report_file: PathBuf,
    /// What it says.
    pub report: Report,
}

/// Why nothing was made. No file is left behind then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotMade {
    /// There is no archive.
    #[error("the configuration names no archive: add [archive] with a folder")]
    NoArchive,
    /// There is no network.
    #[error("the configuration solves no network: add [network] with solve = true")]
    NoNetwork,
    /// The request cannot be met, whatever the archive has.
    #[error("{0}")]
    BadRequest(String),
    /// Nobody of the network was archived then.
    #[error(
        "nothing of the network's stations is archived from {} until {}",
        civil(*.from),
        civil(*.until)
    )]
    NothingArchived {
        /// The first moment.
        from: GpsTime,
        /// The first moment behind.
        until: GpsTime,
    },
    /// The network does not reach there.
    #[error(
        "the place is outside of the network: the nearest station, {nearest}, is {km:.1} km away"
    )]
    Outside {
        /// The nearest station.
        nearest: String,
        /// How far it is.
        km: f64,
    },
    /// Too few stations around it were archived then.
    #[error(
        "only {there} of the network's {all} stations are archived in that span, and they do not surround the place: {names}"
    )]
    TooFewArchived {
        /// Archived ones.
        there: usize,
        /// All.
        all: usize,
        /// The archived ones.
        names: String,
    },
    /// Without orbits nothing can be solved.
    #[error("no ephemeris is archived from {} until {}", civil(*.from), civil(*.until))]
    NoEphemerides {
        /// The first moment.
        from: GpsTime,
        /// The first moment behind.
        until: GpsTime,
    },
    /// The network could not tell enough satellites at any epoch.
    #[error("the network could not tell what would be measured there at any epoch: {0}")]
    NeverTold(String),
    /// Whoever watched wanted no more of it.
    #[error("it was called off")]
    CalledOff,
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] ReadError),
    /// The archive's frames cannot be read.
    #[error(transparent)]
    Frames(#[from] SourceError),
    /// Reading or writing failed.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl Ground {
    /// What a configuration gives.
    pub(crate) fn of(config: &Config) -> Result<Self, NotMade> {
        let identity = &config.caster.identity;
        Ok(Self {
            archive: config.archive.clone().ok_or(NotMade::NoArchive)?,
            network: config.network.clone().ok_or(NotMade::NoNetwork)?,
            network_name: identity.network.clone(),
            operator: identity.operator.clone(),
            country: identity.country.clone(),
            frame: config.frame.clone(),
        })
    }
}

/// Whether a request can be met as far as it alone tells; the archive is not looked at.
pub(crate) fn check(ground: &Ground, request: &Request) -> Result<(), NotMade> {
    Asked::of(ground, request).map(drop)
}

/// Makes the files of a request in a folder. `watch` is told of every epoch that was solved, and may call it off.
///
/// Memory stays bounded by an hour of the chosen stations, however long the span.
pub(crate) fn make(
    ground: &Ground,
    request: &Request,
    folder: &Path,
    watch: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Outcome, NotMade> {
    let asked = Asked::of(ground, request)?;
    let chosen = Chosen::of(ground, &asked)?;
    std::fs::create_dir_all(folder)
        .map_err(|error| anyhow::anyhow!("cannot make the folder {}: {error}", folder.display()))?;
    let stem = names::stem(asked.id, &asked);
    let rinex = folder.join(format!("{stem}.rnx"));
    let report = Run::begin(ground, &asked, chosen, &rinex)?.run(watch)?;
    let report_file = folder.join(format!("{stem}.report.json"));
    // Over several lines, since people read it too.
    let text = format!("{:#}\n", crate::json::virtual_rinex::report(&report));
    write_whole(report_file.clone(), text.as_bytes())
        .map_err(|error| anyhow::anyhow!("cannot write {}: {error}", report_file.display()))?;
    Ok(Outcome { rinex, report_file, report })
}

/// A request that can be met as far as it alone tells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    /// The request, its place rounded so that a header can tell it exactly.
    pub request: Request,
    /// What the station is called.
    pub id: NineId,
    /// Between epochs of the file.
    pub interval: Interval,
    /// Between epochs of the solver.
    pub step: Interval,
    /// When the solver begins, if the archive reaches as far.
    pub begins: GpsTime,
}

impl Asked {
    fn of(ground: &Ground, request: &Request) -> Result<Self, NotMade> {
        let bad = |text: String| Err(NotMade::BadRequest(text));
        let Request { place, from, until, warm_up, stations, name, .. } = request;
        if !is_on_earth(*place) {
            return bad("the place is not on the Earth".to_owned());
        }
        if until <= from {
            return bad("the span ends before it begins".to_owned());
        }
        if *until - *from > SPAN_MAX {
            return bad("a file holds a day at most: ask for several".to_owned());
        }
        if !(Interval::ZERO..=WARM_UP_MAX).contains(warm_up) {
            return bad("the warm-up is not between 0 and 6 hours".to_owned());
        }
        if !(STATIONS_MIN..=STATIONS_MAX).contains(stations) {
            return bad(format!("{STATIONS_MIN} to {STATIONS_MAX} stations can be solved"));
        }
        let Ok(id) = format!("{name}00{}", ground.country).parse::<NineId>() else {
            return bad(format!("{name:?} is no name: four letters or digits were expected"));
        };
        let own = ground.network.interval;
        let interval = request.interval.unwrap_or(own);
        let Some(step) = step(own, interval) else {
            let own_s = own.seconds();
            return bad(format!(
                "an interval is a multiple of the network's {own_s} s, 300 s at most"
            ));
        };
        let request = Request { place: rounded(*place), ..request.clone() };
        Ok(Self { id, interval, step, begins: *from - *warm_up, request })
    }

    /// The place in degrees and metres, for people.
    pub(crate) fn place_words(&self) -> String {
        let place = self.request.place.to_geodetic(GRS80);
        format!(
            "{:.9} N {:.9} E {:.3} M",
            place.latitude_deg(),
            place.longitude_deg(),
            place.height_m
        )
    }
}

/// The longest step of the solver that meets every epoch of the file; none where the file's are not among the network's.
fn step(own: Interval, interval: Interval) -> Option<Interval> {
    let (own, all) = (own.nanos(), interval.nanos());
    if own <= 0 || all < own || all % own != 0 || interval > INTERVAL_MAX {
        return None;
    }
    let longest = STEP_MAX.nanos().max(own);
    let parts =
        (1..=all / own).find(|n| all % n == 0 && (all / n) % own == 0 && all / n <= longest);
    parts.map(|n| Interval::from_nanos(all / n))
}

/// A moment on the calendar of GPS time, as command lines write it.
pub(crate) fn civil(moment: GpsTime) -> String {
    let c = Civil::in_gps_time(moment);
    let whole = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        c.year, c.month, c.day, c.hour, c.minute, c.second
    );
    let millis = moment.nanos().rem_euclid(NANOS_PER_SECOND) / 1_000_000;
    if millis == 0 { whole } else { format!("{whole}.{millis:03}") }
}
