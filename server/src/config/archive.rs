//! `[archive]`: what the stations send is kept, and where.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tianshu_gnss::time::gps::Interval;
use tianshu_station_monitor::archive::clickhouse::connection::ClickHouseConfig;
use tianshu_station_monitor::archive::clickhouse::schema::Retention;
use tianshu_station_monitor::archive::keeper::ArchiveConfig;
use tianshu_station_monitor::archive::spool::SpoolLimits;

use crate::config::secret;
use crate::config::section::Section;

/// The most that a spool may hold where nothing else is said, GiB: six hours of 150 stations at 1 Hz while a database is away take
/// 20, and the frames of the hour that is not closed yet 1.2.
const SPOOL_GIB_DEFAULT: u64 = 32;
/// The most that may be configured, GiB.
const SPOOL_GIB_MAX: u64 = 1 << 20;
/// A segment of so many bytes is sealed: as rows for a database it takes some 60 MB of memory.
const SEGMENT_BYTES: u64 = 16 << 20;
/// A segment is sealed after that, s: a database has observations so late.
const SEGMENT_AGE_S: i64 = 10;
/// The most days that may be configured: a hundred years.
const DAYS_MAX: u64 = 36_525;
/// How long a database is waited for where nothing else is said.
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);

/// Reads the table; none if nothing is archived. Paths begin at `folder`.
pub(crate) fn read(mut section: Section<'_>, folder: &Path) -> Option<ArchiveConfig> {
    let own_folder = section.text("folder");
    let spool_gib = section.integer_or("spool_gib_max", 1..=SPOOL_GIB_MAX, SPOOL_GIB_DEFAULT);
    let database = database(&mut section, folder);
    let retention = Retention {
        observation_days: days(&mut section, "observation_days"),
        minute_days: days(&mut section, "quality_minute_days"),
        hour_days: days(&mut section, "quality_hour_days"),
    };
    if own_folder.is_none() && database.is_some() {
        let at = section.place();
        let text = "an archive in ClickHouse needs a folder too, for its spool and the raw frames: add `folder`";
        section.complain(&at, text);
    }
    if let Some(found) = &own_folder
        && found.value.is_empty()
    {
        section.complain(&found.at, "folder: an empty name is no folder");
    }
    section.close();
    let whole = in_folder(folder.join(own_folder?.value));
    let spool = SpoolLimits { bytes_max: spool_gib << 30, ..whole.spool };
    Some(ArchiveConfig { spool, database, retention, ..whole })
}

/// An archive of files in a folder, everything else as it is where nothing is said.
pub(crate) fn in_folder(folder: PathBuf) -> ArchiveConfig {
    let spool = SpoolLimits {
        bytes_max: SPOOL_GIB_DEFAULT << 30,
        segment_bytes: SEGMENT_BYTES,
        segment_age: Interval::from_seconds(SEGMENT_AGE_S),
    };
    ArchiveConfig { folder, spool, database: None, retention: Retention::default() }
}

fn database(section: &mut Section<'_>, folder: &Path) -> Option<ClickHouseConfig> {
    let url = section.text("clickhouse");
    let database = identifier(section, "database");
    let user = section.text("user");
    let cluster = identifier(section, "cluster");
    let password = secret::read(section, folder);
    let timeout = section.seconds_or("timeout_s", 1.0..=600.0, TIMEOUT_DEFAULT);
    let Some(url) = url else {
        if database.is_some() || user.is_some() || cluster.is_some() || password.is_some() {
            let at = section.place();
            section.complain(&at, "database, user, password and cluster belong to `clickhouse`");
        }
        return None;
    };
    let host = ["http://", "https://"].iter().find_map(|scheme| url.value.strip_prefix(scheme));
    if host.is_none_or(|host| host.is_empty() || host.contains(['/', '?', '@'])) {
        let text = "clickhouse: write http://host:8123 or https://host:8443, and user and password as keys of their own";
        section.complain(&url.at, text);
    }
    Some(ClickHouseConfig {
        url: url.value.to_owned(),
        database: database.unwrap_or_else(|| "tianshu".to_owned()),
        user: user.map_or("default", |found| found.value).to_owned(),
        password,
        cluster,
        timeout,
    })
}

/// A name that stands in statements as it is.
fn identifier(section: &mut Section<'_>, key: &'static str) -> Option<String> {
    let found = section.text(key)?;
    let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let starts_well = found.value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts_well || !found.value.bytes().all(legal) {
        let text = format!("{key} is a letter or '_', and then letters, digits or '_'");
        section.complain(&found.at, text);
    }
    Some(found.value.to_owned())
}

/// A number of days; 0 keeps for ever.
fn days(section: &mut Section<'_>, key: &'static str) -> Option<u32> {
    let days = section.integer_or(key, 0..=DAYS_MAX, 0);
    u32::try_from(days).ok().filter(|days| *days > 0)
}
