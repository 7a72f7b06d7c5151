//! The options of `tianshu load`.

use clap::Args;

/// Options of `load`.
///
/// All rovers are driven by one thread. What is measured how, and the keys of `--json`, stand in docs/formats.md.
#[derive(Args, Debug)]
pub(crate) struct LoadOptions {
    /// The caster, on this machine: 127.0.0.1, ::1 or localhost. Any other address is refused.
    #[arg(long, value_name = "HOST:PORT")]
    pub caster: String,
    /// Mountpoints to ask for; several take turns. Without it, all of the sourcetable that the rovers may read.
    #[arg(long, value_name = "NAME,NAME...", value_delimiter = ',')]
    pub mount: Vec<String>,
    /// How many rovers, the slow and silent ones included.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub rovers: u32,
    /// How many of them connect per second; a big number is a storm.
    #[arg(long, value_name = "PER_SECOND", default_value_t = 100.0)]
    pub rate: f64,
    /// How long the run takes, connecting included.
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0)]
    pub seconds: f64,
    /// The account of all rovers.
    #[arg(long, value_name = "NAME", conflicts_with = "user_prefix")]
    pub user: Option<String>,
    /// An account for each rover: this and its number, from 1.
    #[arg(long, value_name = "PREFIX")]
    pub user_prefix: Option<String>,
    /// The password of the account, or of all of them.
    #[arg(long, value_name = "PASSWORD")]
    pub password: Option<String>,
    /// NTRIP protocol to speak.
    #[arg(long, value_name = "VERSION", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub ntrip: u8,
    /// Seconds between positions (GGA) of a rover, the first directly after the answer; 0 for none.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    pub gga_interval: f64,
    /// So many of the rovers stop reading after the caster's yes, and read what is in store at the end.
    #[arg(long, value_name = "K", default_value_t = 0)]
    pub slow: u32,
    /// So many of the rovers connect and never send a request.
    #[arg(long, value_name = "K", default_value_t = 0)]
    pub silent: u32,
    /// Churn: so many rovers per second hang up and connect again; those that were refused or dropped try again too.
    #[arg(long, value_name = "PER_SECOND", default_value_t = 0.0)]
    pub reconnect: f64,
    /// Come from so many loopback addresses (127.0.0.1 and on) in turn, since casters bound connections per address.
    #[arg(long, value_name = "K", default_value_t = 1)]
    pub sources: u8,
    /// Spread the rovers around this place: degrees north, degrees east, metres.
    #[arg(
        long,
        value_name = "LAT,LON,HEIGHT",
        allow_hyphen_values = true,
        conflicts_with = "area"
    )]
    pub place: Option<String>,
    /// How far around --place.
    #[arg(long, value_name = "KM", default_value_t = 20.0)]
    pub radius_km: f64,
    /// Spread the rovers over this box, in degrees; without it and --place, over Guangxi.
    #[arg(long, value_name = "SOUTH,WEST,NORTH,EAST", allow_hyphen_values = true)]
    pub area: Option<String>,
    /// What makes the rovers' places; the same seed gives the same.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    /// How much later than they are stamped the epochs are sent, for replayed data; latency counts from there.
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, allow_hyphen_values = true)]
    pub latency_offset: f64,
    /// Measure processor time and memory of this process, the caster's.
    #[arg(long, value_name = "PID")]
    pub pid: Option<u32>,
    /// Be the station too: listen here, wait for the caster's link, and send it frames stamped with the moment of sending.
    #[arg(long, value_name = "HOST:PORT")]
    pub feed: Option<String>,
    /// Bytes of each frame of --feed.
    #[arg(long, value_name = "BYTES", default_value_t = 1000)]
    pub feed_bytes: usize,
    /// Seconds between frames of --feed.
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    pub feed_interval: f64,
    /// Report as one JSON object.
    #[arg(long)]
    pub json: bool,
}
