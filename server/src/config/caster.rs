//! `[caster]`: where rovers connect, and what they may take.

use std::net::SocketAddr;
use std::path::Path;
use std::str::FromStr;

use tianshu_caster::config::{Limits, ListenerConfig, TlsFiles};
use tianshu_caster::proxy::TrustedProxies;
use tianshu_ingest::listener::AddressRange;

use crate::config::section::Section;

/// The port that NTRIP has by custom.
const LISTEN_DEFAULT: &str = "0.0.0.0:2101";

/// The table as understood.
pub(crate) struct CasterTable {
    /// Plain and TLS listeners.
    pub listeners: Vec<ListenerConfig>,
    /// What a peer may take.
    pub limits: Limits,
}

/// Reads the table.
pub(crate) fn read(mut section: Section<'_>, folder: &Path) -> CasterTable {
    let faults_before = section.faults();
    let plain = addresses(&mut section, "listen");
    let plain = plain.unwrap_or_else(|| LISTEN_DEFAULT.parse().into_iter().collect());
    let over_tls = addresses(&mut section, "tls_listen").unwrap_or_default();
    let behind_proxy = addresses(&mut section, "proxy_listen").unwrap_or_default();
    let tls_behind_proxy = addresses(&mut section, "proxy_tls_listen").unwrap_or_default();
    // Where an address cannot be read, that is the fault, not that there is none.
    let all_readable = section.faults() == faults_before;
    let proxied = !behind_proxy.is_empty() || !tls_behind_proxy.is_empty();
    let proxies = Some(proxies(&mut section, proxied));
    let tls = tls_files(&mut section, folder, !over_tls.is_empty() || !tls_behind_proxy.is_empty());
    let limits = limits(&mut section);
    if all_readable && !proxied && plain.is_empty() && over_tls.is_empty() {
        let at = section.place();
        section.complain(&at, "listen and tls_listen are both empty: nobody could connect");
    }
    section.close();

    let listeners = [
        (plain, None, None),
        (behind_proxy, None, proxies.clone()),
        (over_tls, tls.clone(), None),
        (tls_behind_proxy, tls, proxies),
    ];
    let listeners = listeners.into_iter().flat_map(|(addresses, tls, proxies)| {
        addresses.into_iter().map(move |address| ListenerConfig {
            address,
            tls: tls.clone(),
            proxies: proxies.clone(),
        })
    });
    CasterTable { listeners: listeners.collect(), limits }
}

/// The proxies whose word is taken for where a peer is; named exactly when a listener needs them.
fn proxies(section: &mut Section<'_>, needed: bool) -> TrustedProxies {
    let before = section.faults();
    let ranges = section.list::<AddressRange>("trusted_proxies").unwrap_or_default();
    if section.faults() == before && ranges.is_empty() == needed {
        let at = section.place();
        let text = "proxy_listen and proxy_tls_listen need trusted_proxies, and nothing else does";
        section.complain(&at, text);
    }
    let ends = ranges.into_iter().map(|found| found.value.ends());
    TrustedProxies::new(ends.collect())
}

fn addresses(section: &mut Section<'_>, key: &'static str) -> Option<Vec<SocketAddr>> {
    let found = section.list::<Listen>(key)?;
    Some(found.into_iter().map(|f| f.value.0).collect())
}

/// An address and a port to listen at.
pub(crate) struct Listen(pub SocketAddr);

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = |_| format!("{text:?} is not an address and a port, as in 0.0.0.0:2101");
        text.parse().map(Self).map_err(bad)
    }
}

/// Certificate and key: both or neither, and both if a port speaks TLS for certain.
pub(crate) fn tls_files(
    section: &mut Section<'_>,
    folder: &Path,
    needed: bool,
) -> Option<TlsFiles> {
    let certificates = file(section, "tls_certificates", folder);
    let key = file(section, "tls_key", folder);
    match (certificates, key) {
        (Some(certificates), Some(key)) => Some(TlsFiles { certificates, key }),
        (None, None) if !needed => None,
        _ => {
            let at = section.place();
            section.complain(&at, "TLS needs both tls_certificates and tls_key (PEM files)");
            None
        }
    }
}

/// The path of a file that must be there.
pub(crate) fn file(
    section: &mut Section<'_>,
    key: &'static str,
    folder: &Path,
) -> Option<std::path::PathBuf> {
    let found = section.text(key)?;
    let path = folder.join(found.value);
    if !path.exists() {
        section.complain(&found.at, format!("{key}: there is no file {}", path.display()));
        return None;
    }
    Some(path)
}

fn limits(section: &mut Section<'_>) -> Limits {
    let default = Limits::default();
    let count = |section: &mut Section<'_>, key, default: usize| {
        let default = u64::try_from(default).unwrap_or(u64::MAX);
        usize::try_from(section.integer_or(key, 1..=1_000_000, default)).unwrap_or(usize::MAX)
    };
    let second_to_hour = 1.0..=3600.0;
    Limits {
        connections_max: count(section, "connections_max", default.connections_max),
        connections_per_address_max: count(
            section,
            "connections_per_address_max",
            default.connections_per_address_max,
        ),
        head_timeout: section.seconds_or("head_timeout_s", 0.5..=60.0, default.head_timeout),
        tls_timeout: section.seconds_or("tls_timeout_s", 0.5..=60.0, default.tls_timeout),
        slow_rover_timeout: section.seconds_or(
            "slow_rover_timeout_s",
            second_to_hour.clone(),
            default.slow_rover_timeout,
        ),
        backlog_age_max: section.seconds_or(
            "backlog_age_max_s",
            second_to_hour.clone(),
            default.backlog_age_max,
        ),
        upload_silence_max: section.seconds_or(
            "upload_silence_max_s",
            second_to_hour.clone(),
            default.upload_silence_max,
        ),
        relay_idle_max: section.seconds_or(
            "relay_idle_max_s",
            second_to_hour.clone(),
            default.relay_idle_max,
        ),
        position_wait_max: section.seconds_or(
            "position_wait_max_s",
            second_to_hour,
            default.position_wait_max,
        ),
        stop_grace: section.seconds_or("stop_grace_s", 0.0..=60.0, default.stop_grace),
    }
}
