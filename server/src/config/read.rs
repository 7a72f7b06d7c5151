//! From a file to a configuration that needs no further checking.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tianshu_caster::config::{CasterConfig, MountKind, Offering};
use tianshu_station_monitor::archive::keeper::ArchiveConfig;
use tianshu_station_monitor::products::station::StationRecord;
use toml::de::DeTable;

use crate::config::accounts::{self, AccountsConfig};
use crate::config::alarm_channel;
use crate::config::archive;
use crate::config::complaint::{Complaints, Unusable};
use crate::config::document::{self, each, one, unique};
use crate::config::files;
use crate::config::monitor::{self, MonitorConfig};
use crate::config::monitor_rover;
use crate::config::mountpoint;
use crate::config::solver::{self, NetworkConfig};
use crate::config::station::{self, LinkConfig, Station};
use crate::config::web::{self, WebConfig};
use crate::config::{caster, service, site, user};
use crate::files::service::FilesConfig;
use crate::rover::monitor::MonitorRoverConfig;

/// A configuration as the program understands it.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// What the caster is told: listeners, limits, and what is offered to whom.
    pub caster: CasterConfig,
    /// Where accounts are kept.
    pub accounts: AccountsConfig,
    /// Where what stations send is kept, if it is.
    pub archive: Option<ArchiveConfig>,
    /// Which files are made for researchers, if any are.
    pub files: Option<FilesConfig>,
    /// The stations, and how each is heard.
    pub links: Vec<LinkConfig>,
    /// The network that is solved, if one is.
    pub network: Option<Arc<NetworkConfig>>,
    /// In which frame the stations' positions are, if that is told.
    pub frame: Option<String>,
    /// What files and site logs say of the stations that have a site.
    pub records: Vec<StationRecord>,
    /// What the station monitor watches, and whom it tells.
    pub monitor: Arc<MonitorConfig>,
    /// The operators' page, if there is one.
    pub web: Option<WebConfig>,
    /// Stations that judge the service.
    pub monitor_rovers: Vec<MonitorRoverConfig>,
}

/// Reads a configuration file. Paths in it are relative to its own folder.
pub(crate) fn from_file(path: &Path) -> anyhow::Result<Config> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the configuration {}", path.display()))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    from_text(&text, folder).map_err(|complaints| {
        let file = path.display().to_string();
        anyhow::Error::new(Unusable { file, complaints: complaints.into_sorted() })
    })
}

/// Reads the text of a configuration whose relative paths begin at `folder`.
pub(crate) fn from_text(text: &str, folder: &Path) -> Result<Config, Complaints> {
    let mut complaints = Complaints::about(text);
    // Behind a broken line the rest of the file may be read wrongly: further faults would mislead.
    let Some(document) = document::parse(text, &mut complaints) else { return Err(complaints) };
    let root = document.get_ref();
    document::only_these(root, &TABLES, &mut complaints);
    let config = understood(root, folder, &mut complaints);
    if complaints.is_empty() { Ok(config) } else { Err(complaints) }
}

/// The tables of a configuration file.
pub(crate) const TABLES: [&str; 14] = [
    "service",
    "agency",
    "caster",
    "accounts",
    "archive",
    "files",
    "network",
    "monitor",
    "web",
    "alarm_channel",
    "monitor_rover",
    "station",
    "mountpoint",
    "user",
];

fn understood(root: &DeTable<'_>, folder: &Path, complaints: &mut Complaints) -> Config {
    let identity = one(root, "service", complaints, service::read);
    let agency = one(root, "agency", complaints, site::agency);
    let caster = one(root, "caster", complaints, |section| caster::read(section, folder));
    let accounts = one(root, "accounts", complaints, |section| accounts::read(section, folder));
    let archive = one(root, "archive", complaints, |section| archive::read(section, folder));
    let files = one(root, "files", complaints, |section| files::read(section, folder));
    let table = one(root, "network", complaints, |section| solver::read(section, folder));
    let monitor = one(root, "monitor", complaints, |section| monitor::read(section, folder));
    let web = one(root, "web", complaints, |section| web::read(section, folder));
    let channels =
        each(root, "alarm_channel", complaints, |section| alarm_channel::read(section, folder));
    let stations = each(root, "station", complaints, |section| station::read(section, folder));
    let mounts = each(root, "mountpoint", complaints, |section| mountpoint::read(section, folder));
    let rovers =
        each(root, "monitor_rover", complaints, |section| monitor_rover::read(section, folder));
    let users = each(root, "user", complaints, |section| user::read(section, folder));

    unique("station", stations.iter().map(|s| (s.value.name().clone(), &s.at)), complaints);
    unique("channel", channels.iter().map(|c| (c.value.name.clone(), &c.at)), complaints);
    unique("mountpoint", mounts.iter().map(|m| (m.value.name().clone(), &m.at)), complaints);
    unique("user", users.iter().map(|u| (u.value.name.clone(), &u.at)), complaints);
    mountpoint::check_references(&mounts, &stations, complaints);
    mountpoint::check_virtual(&mounts, table.solve, complaints);
    user::check_references(&users, &mounts, complaints);
    let network = table.network(&stations, complaints).map(Arc::new);
    let monitor_rovers =
        monitor_rover::rovers(rovers, &stations, &mounts, network.as_deref(), complaints);
    let records = site::records(&stations, &agency, complaints);
    let has = (archive.is_some(), !records.is_empty(), accounts.place.is_some());
    files::check(files.as_ref(), has, complaints);
    let run_by = if agency.abbreviation.is_empty() { &agency.name } else { &agency.abbreviation };
    web::check(web.as_ref(), accounts.place.is_some(), complaints);
    let web = web.map(|found| found.value);
    let files = files.map(|found| {
        let accounts: Vec<_> = users.iter().map(|u| u.value.config.clone()).collect();
        let files = files::with_readers(found.value, &accounts, complaints);
        FilesConfig { run_by: run_by.clone(), ..files }
    });

    let channels = channels.into_iter().map(|c| c.value).collect();
    let monitor = Arc::new(monitor.of(&stations, channels, network.is_some()));

    let mountpoints: Vec<_> = mounts.into_iter().map(|m| m.value.config).collect();
    let links = stations.iter().filter(|s| !is_uploaded(&s.value, &mountpoints));
    let links = links.filter_map(|s| s.value.link.clone()).collect();
    let offering = Offering {
        stations: stations.into_iter().map(|s| s.value.settings).collect(),
        mountpoints,
        users: users.into_iter().map(|u| u.value.config).collect(),
    };
    let config =
        CasterConfig { listeners: caster.listeners, identity, limits: caster.limits, offering };
    let frame = table.frame;
    Config {
        caster: config,
        accounts,
        archive,
        files,
        links,
        network,
        frame,
        records,
        monitor,
        web,
        monitor_rovers,
    }
}

fn is_uploaded(station: &Station, mountpoints: &[tianshu_caster::config::MountConfig]) -> bool {
    mountpoints
        .iter()
        .any(|m| matches!(&m.kind, MountKind::Upload { station: by, .. } if by == station.name()))
}
