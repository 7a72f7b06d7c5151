//! The command line: what may be asked of the program, as data.

pub(crate) mod archive;
pub(crate) mod load;
pub(crate) mod network;
pub(crate) mod quality;
pub(crate) mod user;
pub(crate) mod virtual_rinex;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::cli::archive::ArchiveOptions;
use crate::cli::load::LoadOptions;
use crate::cli::network::NetworkOptions;
use crate::cli::quality::QualityOptions;
use crate::cli::user::UserOptions;

/// Tianshu, a GNSS reference-station network service: station streams in, corrections for rovers out.
#[derive(Parser, Debug)]
#[command(name = "tianshu", version, about, propagate_version = true)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Run the service: take in the stations, serve the rovers.
    ///
    /// SIGTERM or Ctrl-C stops it in order; SIGHUP reads the configuration again and changes stations,
    /// mountpoints and users without dropping rovers whose mountpoint stays.
    Serve(ServeOptions),
    /// Read configuration files and tell everything that is wrong with them.
    Check(CheckOptions),
    /// Make, change and list rovers' accounts in the store that the configuration names (`[accounts]`).
    ///
    /// A running service takes changes up within seconds; sessions of accounts that may not be used any more end.
    User(UserOptions),
    /// Tell of what is archived (`[archive]`), check it, copy it, and take things out of it.
    Archive(ArchiveOptions),
    /// Print the messages of an RTCM 3 stream as readable lines, or as JSON.
    Decode(DecodeOptions),
    /// Record a station's stream into a file.
    Record(RecordOptions),
    /// Play a recording as if its station were live.
    Replay(ReplayOptions),
    /// Simulate a network with known truth: RINEX, RTCM and truth files, or live stations on TCP ports.
    Simulate(SimulateOptions),
    /// Write the site log (IGS 2.0) and the GeodesyML of every station whose `[station.site]` is configured.
    Sitelogs(SitelogsOptions),
    /// Run everything at once on a simulated network: stations, caster and rovers. Needs no configuration.
    Demo(DemoOptions),
    /// Load a caster on this machine with many rovers, and tell how it served them.
    ///
    /// Exit code 1 when a frame was torn or nobody received one.
    Load(LoadOptions),
    /// Compute a rover's positions from RINEX files, alone or against a base station.
    Solve(SolveOptions),
    /// Solve a network from its stations' RINEX files, and write virtual stations and a report of how well it did.
    Network(NetworkOptions),
    /// Print the description of the API (OpenAPI 3.1), as a running service gives it at /api/v1/openapi.json.
    Openapi,
    /// Tell the quality of recorded observations: completeness, slips, multipath, C/N0, station by station and day by day.
    Quality(QualityOptions),
}

/// Options of `serve`.
#[derive(Args, Debug)]
pub(crate) struct ServeOptions {
    /// The configuration; config/tianshu.toml states every key.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Also record everything the stations send into this folder, one file per run.
    #[arg(long, value_name = "DIR")]
    pub record: Option<PathBuf>,
}

/// Options of `sitelogs`.
#[derive(Args, Debug)]
pub(crate) struct SitelogsOptions {
    /// The configuration; config/tianshu.toml states every key.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// The folder to write into.
    #[arg(long, short, value_name = "DIR")]
    pub out: PathBuf,
}

/// Options of `check`.
#[derive(Args, Debug)]
pub(crate) struct CheckOptions {
    /// The configurations.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// Options of `decode`.
#[derive(Args, Debug)]
pub(crate) struct DecodeOptions {
    /// The stream: a file, or - for standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// One JSON object a line for each message.
    #[arg(long)]
    pub json: bool,
}

/// Options of `record`.
#[derive(Args, Debug)]
pub(crate) struct RecordOptions {
    /// Where the stream comes from: ntrip://user:password@host:port/MOUNT, ntrips:// for TLS, tcp://host:port.
    #[arg(value_name = "URL")]
    pub from: String,
    /// The file to write: the bytes as received where it ends in .rtcm3, a recording with times otherwise.
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    /// Stop after that many seconds; without it, record until Ctrl-C.
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<u64>,
    /// NTRIP protocol to speak: 1, 2, or auto to try 2 first.
    #[arg(long, value_name = "VERSION", default_value = "auto")]
    pub ntrip: String,
}

/// Options of `replay`.
#[derive(Args, Debug)]
pub(crate) struct ReplayOptions {
    /// The recording: raw RTCM 3, a recording made by `record` or `serve --record`, or a folder of files.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Times as fast as recorded; 0 for as fast as it is taken.
    #[arg(long, default_value_t = 1.0)]
    pub speed: f64,
    /// Begin again at the end, until Ctrl-C.
    #[arg(long = "loop")]
    pub repeat: bool,
    /// Serve it as a plain TCP station at this address.
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "upload")]
    pub listen: Option<String>,
    /// Upload it to a caster: ntrip://user:password@host:port/MOUNT (NTRIP 2), ntrip1://:password@... (SOURCE).
    #[arg(long, value_name = "URL")]
    pub upload: Option<String>,
    /// Only this station of a recording that holds several.
    #[arg(long, value_name = "NAME")]
    pub station: Option<String>,
}

/// Options of `solve`.
#[derive(Args, Debug)]
pub(crate) struct SolveOptions {
    /// The rover's observations: RINEX 2.10 to 4.0x, CRINEX and gzip too.
    #[arg(long, value_name = "FILE")]
    pub rover: PathBuf,
    /// The base's observations; without them every solution is a single point.
    #[arg(long, value_name = "FILE")]
    pub base: Option<PathBuf>,
    /// Navigation files.
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    pub nav: Vec<PathBuf>,
    /// The base's antenna reference point: degrees north, degrees east, metres; without it the file's header tells it.
    #[arg(long, value_name = "LAT,LON,H", allow_hyphen_values = true)]
    pub base_position: Option<String>,
    /// The rover stands still: all epochs determine one place.
    #[arg(long = "static")]
    pub stands_still: bool,
    /// Systems to use, by their RINEX letters.
    #[arg(long, value_name = "LETTERS", default_value = "GERCJ")]
    pub systems: String,
    /// Elevation below which a satellite is not used, degrees.
    #[arg(long, value_name = "DEGREES", default_value_t = 10.0)]
    pub mask: f64,
    /// How many times farther than the best the second best integers must be.
    #[arg(long, default_value_t = 3.0)]
    pub ratio: f64,
    /// Where to write the solutions, in the columns of RTKLIB's .pos files; without it to standard output.
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Options of `simulate`.
#[derive(Args, Debug)]
pub(crate) struct SimulateOptions {
    /// quiet, anomaly, tid, bubble, storm, outage, moved-antenna, drive, or a file; config/scenario.toml states every key.
    #[arg(long, value_name = "NAME|FILE", default_value = crate::config::scenario::DEFAULT)]
    pub scenario: String,
    /// How many stations, those nearest to the network's middle; without it all.
    #[arg(long, value_name = "N")]
    pub stations: Option<usize>,
    /// How many rovers; without it as many as the scenario has. Live, they have ports of their own after the stations', if this is given,
    /// and each tells its true place (1006) with every epoch.
    #[arg(long, value_name = "M")]
    pub rovers: Option<u32>,
    /// Where rovers stand: "lot", anywhere within a triangle of neighbours, or "middles" of triangles, where stations are farthest.
    #[arg(long, value_name = "WHERE", value_parser = ["lot", "middles"])]
    pub rovers_at: Option<String>,
    /// Give each of m rovers a companion 10 m to the east: ROV(m+1), ROV(m+2), and so on.
    #[arg(long)]
    pub companions: bool,
    /// How long; without it 300 s for files, and until Ctrl-C live.
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<u64>,
    /// The same seed gives the same bytes.
    #[arg(long, value_name = "K", default_value_t = 1)]
    pub seed: u64,
    /// The network; without it the one that is built in (config/guangxi.toml).
    #[arg(long, value_name = "FILE")]
    pub network: Option<PathBuf>,
    /// Between epochs.
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    pub interval: f64,
    /// Write STATION.rnx, ROVn.rnx and nav.rnx into this folder.
    #[arg(long, value_name = "DIR")]
    pub rinex: Option<PathBuf>,
    /// The version of these files: 3.04, which everything reads that reads RINEX 3, or 3.05.
    #[arg(long, value_name = "VERSION", default_value = "3.04", value_parser = ["3.04", "3.05"])]
    pub rinex_version: String,
    /// Write STATION.rtcm3 into this folder: what each station sends.
    #[arg(long, value_name = "DIR")]
    pub rtcm: Option<PathBuf>,
    /// Write positions, clocks, delays, integers and slips of every epoch into this file, as JSON.
    #[arg(long, value_name = "FILE")]
    pub truth: Option<PathBuf>,
    /// Play live instead: the first station on this port, each further one on the next; port 0 takes free ones.
    #[arg(long, value_name = "HOST:PORT", group = "live", conflicts_with_all = ["rinex", "rtcm", "truth"])]
    pub tcp_base: Option<String>,
    /// Play live into a caster: ntrip://user:password@host:port/{station} (NTRIP 2), ntrip1://:password@... (SOURCE).
    ///
    /// The name of each station takes the place of {station}.
    #[arg(long, value_name = "URL", group = "live", conflicts_with_all = ["rinex", "rtcm", "truth"])]
    pub upload: Option<String>,
    /// Live: times as fast as real time.
    #[arg(long, default_value_t = 1.0, requires = "live")]
    pub speed: f64,
}

/// Options of `demo`.
#[derive(Args, Debug)]
pub(crate) struct DemoOptions {
    /// How many stations, up to 150.
    #[arg(long, value_name = "N", default_value_t = 110)]
    pub stations: usize,
    /// quiet, anomaly, tid, bubble, storm, outage, moved-antenna, drive, or a file.
    #[arg(long, value_name = "NAME|FILE", default_value = crate::config::scenario::DEFAULT)]
    pub scenario: String,
    /// How many simulated rovers connect, solve their own positions and show their error.
    #[arg(long, value_name = "M", default_value_t = 3)]
    pub rovers: u32,
    /// The caster's port on this machine; 0 takes a free one.
    #[arg(long, default_value_t = 2101)]
    pub port: u16,
    /// The operators' page's port on this machine; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    pub page: u16,
    /// Keep what the stations send in this folder, so that the page has an archive to show; some 0.4 GB an hour for 110 stations.
    #[arg(long, value_name = "DIR")]
    pub archive: Option<PathBuf>,
    /// Another seed gives another world.
    #[arg(long, value_name = "K", default_value_t = 1)]
    pub seed: u64,
    /// Stop after that many seconds; without it, run until Ctrl-C.
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<u64>,
}
