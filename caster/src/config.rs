//! The caster's configuration as the caster understands it: nothing here needs checking again.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tianshu_gnss::coords::Ecef;
use tianshu_gnss::station::StationName;
use tianshu_ntrip::credentials::Secret;
use tianshu_ntrip::mountpoint::Mountpoint;

use crate::profile::Profile;

use crate::proxy::TrustedProxies;

/// Everything the caster is told at its start. [`Offering`] can be told anew while it runs.
#[derive(Clone, Debug)]
pub struct CasterConfig {
    /// Where rovers and stations connect.
    pub listeners: Vec<ListenerConfig>,
    /// What the caster says about itself.
    pub identity: CasterIdentity,
    /// What a peer may take of us.
    pub limits: Limits,
    /// Stations, mountpoints and who may use them.
    pub offering: Offering,
}

/// One listening socket.
#[derive(Clone, Debug, PartialEq)]
pub struct ListenerConfig {
    /// Address and port; port 0 takes a free one.
    pub address: SocketAddr,
    /// Certificate and key, if this port speaks TLS.
    pub tls: Option<TlsFiles>,
    /// Whether every connection comes from one of these proxies, and begins with its PROXY header.
    pub proxies: Option<TrustedProxies>,
}

/// Where certificate chain and key lie, both PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate of this host first, then those that vouch for it.
    pub certificates: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// What the caster's own records in the sourcetable say (record types CAS and NET).
#[derive(Clone, Debug, PartialEq)]
pub struct CasterIdentity {
    /// Host name under which rovers reach the caster.
    pub host: String,
    /// Port under which rovers reach the caster.
    pub port: u16,
    /// Who runs it.
    pub operator: String,
    /// Name of the network.
    pub network: String,
    /// Country, ISO 3166 with three letters.
    pub country: String,
    /// Roughly where the caster stands, degrees north and east.
    pub place_deg: (f64, f64),
    /// Page about the network.
    pub web: Option<String>,
}

/// What a peer may take of us before it is let go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Connections at the same time, all together.
    pub connections_max: usize,
    /// Connections at the same time from one address (IPv6: one /64). A site, or a mobile network's gateway, shares one.
    pub connections_per_address_max: usize,
    /// From the connection to the end of the request's head.
    pub head_timeout: Duration,
    /// For the TLS handshake.
    pub tls_timeout: Duration,
    /// How long a rover may take none of the bytes that wait for it.
    pub slow_rover_timeout: Duration,
    /// How old whole frames may become while they wait for a slow rover; older ones are dropped.
    pub backlog_age_max: Duration,
    /// How long an upload may be silent.
    pub upload_silence_max: Duration,
    /// How long a rover of a station's stream is kept while the station sends nothing.
    pub relay_idle_max: Duration,
    /// How long a rover is kept that gets nothing because it tells no usable position.
    pub position_wait_max: Duration,
    /// How long a stop waits for sessions to finish their frame.
    pub stop_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 12_000,
            connections_per_address_max: 2_000,
            // Half-open connections are gone within 5 s, while a request in pieces over a mobile network still fits.
            head_timeout: Duration::from_millis(4_500),
            tls_timeout: Duration::from_millis(4_500),
            // Phones as hotspots deliver in lumps of 10 to 20 s (docs/ntrip-in-the-field.md, note 33).
            slow_rover_timeout: Duration::from_secs(40),
            // Ten epochs at 1 Hz: a receiver gains nothing from older ones (docs/ntrip-in-the-field.md, note 32).
            backlog_age_max: Duration::from_secs(10),
            upload_silence_max: Duration::from_secs(30),
            relay_idle_max: Duration::from_mins(1),
            // gpsd sends its first GGA after ten fixes; a cold receiver needs minutes for its first (docs/ntrip-in-the-field.md, note 29).
            position_wait_max: Duration::from_mins(5),
            stop_grace: Duration::from_secs(5),
        }
    }
}

/// What is offered to whom: the part of the configuration that a reload replaces.
#[derive(Clone, Debug, Default)]
pub struct Offering {
    /// Stations about which more is known than their stream says.
    pub stations: Vec<StationSettings>,
    /// The mountpoints.
    pub mountpoints: Vec<MountConfig>,
    /// Rovers' accounts.
    pub users: Vec<UserConfig>,
}

/// What is known of a station beside its stream.
#[derive(Clone, Debug)]
pub struct StationSettings {
    /// Which station.
    pub station: StationName,
    /// Its antenna reference point, for streams that do not tell it.
    pub reference_point: Option<Ecef>,
    /// Without observations for so long, the station counts as dead; `None` goes by the interval of its epochs
    /// ([`crate::stations::state::dead_after`]).
    pub dead_after: Option<Duration>,
    /// Words for the sourcetable, such as the place's name; empty leaves the station's name.
    pub description: String,
}

/// One mountpoint.
#[derive(Clone, Debug)]
pub struct MountConfig {
    /// Its name.
    pub mountpoint: Mountpoint,
    /// Where its bytes come from.
    pub kind: MountKind,
    /// Whether a rover needs an account.
    pub needs_account: bool,
    /// Words for the sourcetable (field "identifier"); empty takes the station's description.
    pub description: String,
}

/// Where the bytes of a mountpoint come from.
#[derive(Clone, Debug, PartialEq)]
pub enum MountKind {
    /// A station's bytes exactly as they were received.
    Station {
        /// Which station.
        station: StationName,
    },
    /// The station nearest to the rover.
    Nearest {
        /// Among which stations; empty means all.
        among: BTreeSet<StationName>,
        /// When to switch.
        policy: NearestPolicy,
    },
    /// A station made for each rover at its own place, by a source that the caster is given ([`crate::caster::Parts::sources`]).
    Virtual(VirtualMount),
    /// The station nearest to the rover, with what its neighbours tell beyond it, by a source that the caster is given.
    Network(NetworkMount),
    /// A station pushes here; rovers read what it pushes.
    Upload {
        /// Which station pushes.
        station: StationName,
        /// By what it is recognised.
        credentials: UploadCredentials,
    },
}

/// What rovers get of virtual stations.
#[derive(Clone, Debug, PartialEq)]
pub struct VirtualMount {
    /// What the stream consists of; each rover's stream has a share in it.
    pub profile: Arc<Profile>,
    /// Among which stations the nearest serves while there is no virtual one; empty means all.
    pub among: BTreeSet<StationName>,
    /// When that one switches.
    pub policy: NearestPolicy,
    /// Whether rovers that are near each other share one.
    pub grid: bool,
}

/// What rovers get of a master station and its network.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkMount {
    /// What the network adds.
    pub product: NetworkProduct,
    /// What the master's stream consists of; each rover's stream has a share in it.
    pub profile: Arc<Profile>,
    /// What DF059 says.
    pub network_id: u8,
    /// Another station must be nearer by so much before it is the master, m.
    pub margin_m: f64,
}

/// What a network adds to a master's observations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkProduct {
    /// Differences to auxiliaries (MAC).
    Mac,
    /// Gradients (FKP).
    Fkp,
}

/// By what a pushing station is recognised. NTRIP 1 sends the password alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadCredentials {
    /// The user that a NTRIP 2 upload must name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// A rover's account.
#[derive(Clone, Debug)]
pub struct UserConfig {
    /// Its name.
    pub name: String,
    /// Its password.
    pub password: Secret,
    /// The mountpoints it may use; `None` means all.
    pub mountpoints: Option<BTreeSet<Mountpoint>>,
}

/// When a rover of a nearest mountpoint changes its station.
///
/// A switch costs a rover its fix for seconds, so a candidate must be nearer by [`Self::margin_m`] and by
/// [`Self::margin_ratio`] of the present distance, and the present station must have served for [`Self::dwell_min`].
/// Users of the best open caster found its 500 m too small (docs/ntrip-in-the-field.md, note 30). A dead station is left at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NearestPolicy {
    /// A candidate must be nearer by so much, m.
    pub margin_m: f64,
    /// A candidate must be nearer by this part of the present distance.
    pub margin_ratio: f64,
    /// A station serves at least so long, unless it dies.
    pub dwell_min: Duration,
    /// No service farther from every station than this, m.
    pub radius_max_m: f64,
}

impl Default for NearestPolicy {
    fn default() -> Self {
        Self {
            margin_m: 2_000.0,
            margin_ratio: 0.1,
            dwell_min: Duration::from_secs(30),
            // Single-base RTK ends near 50 km, float solutions still gain something beyond.
            radius_max_m: 100_000.0,
        }
    }
}
