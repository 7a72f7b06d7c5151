//! The operators' page of a demonstration: accounts of every role in a folder that goes with it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::Context;
use tianshu_caster::accounts::account::{Account, AccountName, AccountRole};
use tianshu_caster::accounts::follow::posix_now;
use tianshu_caster::accounts::password::PasswordHash;
use tianshu_caster::accounts::store::{Existing, Missing, StorePlace};
use tianshu_ntrip::credentials::Secret;
use tianshu_station_monitor::archive::keeper::ArchiveConfig;
use tianshu_station_monitor::quality::site_log::SiteLog;

use crate::config::archive::in_folder;
use crate::config::monitor::MonitorConfig;
use crate::config::web::WebConfig;
use tianshu_simulator::network::Network;

/// The password of all accounts of a demonstration, which listens on this machine only.
pub(crate) const PASSWORD: &str = "tianshu-demo";
/// The accounts, and what each may do.
pub(crate) const ACCOUNTS: [(&str, AccountRole); 5] = [
    ("operator", AccountRole::Operator),
    ("manager", AccountRole::AccountManager),
    ("auditor", AccountRole::Auditor),
    ("researcher", AccountRole::Researcher),
    ("rover", AccountRole::Rover),
];

/// Makes the accounts in a folder.
pub(crate) fn accounts(folder: &Path) -> anyhow::Result<StorePlace> {
    let place = StorePlace::Sqlite(folder.join("accounts.db"));
    let hash = PasswordHash::of(&Secret::new(PASSWORD))?;
    let mut all = Vec::new();
    for (name, role) in ACCOUNTS {
        let mut account = Account::rover(AccountName::new(name)?, hash.clone(), posix_now());
        account.role = role;
        "Demonstration".clone_into(&mut account.organisation);
        all.push(account);
    }
    let mut store = place.open(Missing::Make).context("cannot make the accounts")?;
    store.save(&all, Existing::Replace).context("cannot keep the accounts")?;
    Ok(place)
}

/// The page at a port of this machine.
pub(crate) fn web(port: u16) -> WebConfig {
    WebConfig::demonstration(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

/// Watches every station of the network.
pub(crate) fn monitor(network: &Network) -> MonitorConfig {
    let log = |station: &tianshu_simulator::network::NetworkStation| SiteLog {
        place: Some(station.ecef()),
        ..SiteLog::of(station.name.clone())
    };
    let logs = network.stations.iter().map(log).collect();
    MonitorConfig { watch: true, logs, solves: true, ..MonitorConfig::none() }
}

/// An archive of files in that folder.
pub(crate) fn archive(folder: &Path) -> ArchiveConfig {
    in_folder(folder.to_owned())
}
