//! `[web]`: the operators' page, its API, and the figures for Prometheus.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tianshu_caster::config::TlsFiles;

use crate::config::caster::{file, tls_files};
use crate::config::complaint::Complaints;
use crate::config::section::{Found, Section};

/// Whoever does nothing for so long has to log in again: what classified protection of level 3 is commonly asked for.
const IDLE_DEFAULT: Duration = Duration::from_mins(15);
/// And in any case after so long: a working day with its overtime.
const SESSION_DEFAULT: Duration = Duration::from_hours(12);
/// Hours of second-by-second history.
const HISTORY_H_DEFAULT: u64 = 24;
/// More would be a matter of the archive; each costs 33 kB a station.
const HISTORY_H_MAX: u64 = 168;

/// The table as understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WebConfig {
    /// Where people's browsers connect.
    pub listen: SocketAddr,
    /// With which certificate, if over TLS.
    pub tls: Option<TlsFiles>,
    /// Where Prometheus and whoever watches processes connect, if anywhere.
    pub management: Option<SocketAddr>,
    /// Where second factors and the audit log are kept; none keeps them in memory, for demonstrations.
    pub folder: Option<PathBuf>,
    /// Whether whoever can change things needs a second factor.
    pub second_factor: bool,
    /// Whether a browser sends the cookie over TLS alone: there is TLS here, or in a proxy before.
    pub is_secure: bool,
    /// How long a session may idle.
    pub idle: Duration,
    /// How long a session may last.
    pub session: Duration,
    /// Hours of second-by-second history that are kept in memory.
    pub history_h: u32,
    /// The map.
    pub map: MapConfig,
}

/// What the map shows beside the outline of land.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MapConfig {
    /// Boundaries, GeoJSON.
    pub boundaries: Option<PathBuf>,
    /// The number under which they were approved.
    pub licence: Option<String>,
    /// Tiles of the operator's own network.
    pub tiles: Option<String>,
}

/// Reads the table; none if there is no page. Paths begin at `folder`. Gives where it stands, too.
pub(crate) fn read(mut section: Section<'_>, folder: &Path) -> Option<Found<WebConfig>> {
    let at = section.place();
    let listen = section.parsed::<SocketAddr>("listen").map(|found| found.value);
    let management = section.parsed::<SocketAddr>("management").map(|found| found.value);
    let tls = tls_files(&mut section, folder, false);
    let own_folder = section.text("folder").map(|found| folder.join(found.value));
    let second_factor = section.flag_or("second_factor", true);
    let behind_tls = section.flag_or("behind_tls", false);
    let idle = section.seconds_or("idle_s", 10.0..=86_400.0, IDLE_DEFAULT);
    let session = section.seconds_or("session_s", 60.0..=604_800.0, SESSION_DEFAULT);
    let history_h = section.integer_or("history_h", 1..=HISTORY_H_MAX, HISTORY_H_DEFAULT);
    let boundaries = file(&mut section, "boundaries", folder);
    let licence = section.text("map_licence").map(|found| found.value.to_owned());
    let tiles = section.text("tiles");
    if let Some(found) = &tiles
        && !is_tile_address(found.value)
    {
        let text = "tiles: http:// or https:// and a path with {z}, {x} and {y} were expected";
        section.complain(&found.at, text);
    }
    if listen.is_none() && (management.is_some() || tls.is_some() || own_folder.is_some()) {
        section.complain(&at, "[web] needs `listen`: where browsers connect");
    }
    if listen.is_some() && own_folder.is_none() {
        let text = "[web] needs a `folder`, in which second factors and the audit log are kept";
        section.complain(&at, text);
    }
    section.close();
    let is_secure = tls.is_some() || behind_tls;
    let value = WebConfig {
        listen: listen?,
        tls,
        management,
        folder: own_folder,
        second_factor,
        is_secure,
        idle,
        session,
        history_h: u32::try_from(history_h).unwrap_or(u32::MAX),
        map: MapConfig { boundaries, licence, tiles: tiles.map(|t| t.value.to_owned()) },
    };
    Some(Found { value, at })
}

/// Complains about a page to which nobody could log in.
pub(crate) fn check(
    web: Option<&Found<WebConfig>>,
    has_accounts: bool,
    complaints: &mut Complaints,
) {
    if let Some(web) = web.filter(|_| !has_accounts) {
        let text = "people log in to the page with accounts of [accounts]: add `sqlite` or `postgres` there";
        complaints.add(&web.at, text);
    }
}

fn is_tile_address(text: &str) -> bool {
    let has_scheme = text.starts_with("http://") || text.starts_with("https://");
    has_scheme && ["{z}", "{x}", "{y}"].iter().all(|part| text.contains(part))
}

impl WebConfig {
    /// A page on this machine for a demonstration: nothing is kept, and no second factor asked for.
    pub(crate) fn demonstration(listen: SocketAddr) -> Self {
        Self {
            listen,
            tls: None,
            management: None,
            folder: None,
            second_factor: false,
            is_secure: false,
            idle: IDLE_DEFAULT,
            session: SESSION_DEFAULT,
            history_h: u32::try_from(HISTORY_H_DEFAULT).unwrap_or(u32::MAX),
            map: MapConfig::default(),
        }
    }
}
