//! `[files]`: files for researchers, made of the archive.

use std::net::SocketAddr;
use std::path::Path;

use tianshu_caster::config::{TlsFiles, UserConfig};
use tianshu_rinex::write::WrittenVersion;
use tianshu_station_monitor::products::identity::NineId;
use tianshu_station_monitor::products::kind::Kind;

use crate::config::caster::tls_files;
use crate::config::complaint::Complaints;
use crate::config::section::{Found, Section};
use crate::files::download::{DownloadConfig, ReadersConfig};
use crate::files::service::FilesConfig;

/// The kinds of files, by their words.
const KINDS: [(&str, Kind); 4] = [
    ("hourly-observations", Kind::HourlyObservations),
    ("daily-observations", Kind::DailyObservations),
    ("hourly-navigation", Kind::HourlyNavigation),
    ("daily-navigation", Kind::DailyNavigation),
];
/// The versions of RINEX that are written for researchers.
const VERSIONS: [(&str, WrittenVersion); 2] =
    [("3.05", WrittenVersion::V305), ("4.02", WrittenVersion::V402)];
/// Merged ephemerides stand under this name where nothing else is said.
const NAVIGATION_ID: &str = "BRDC00CHN";
/// An hour of 150 stations has two minutes, and one thread does not keep them.
const THREADS_DEFAULT: u64 = 2;
/// The most files that are made at the same time.
const THREADS_MAX: u64 = 16;

/// One kind, as it is written.
struct Word(Kind);

impl std::str::FromStr for Word {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = KINDS.iter().find(|(word, _)| *word == text);
        known.map(|(_, kind)| Self(*kind)).ok_or_else(|| {
            let all: Vec<_> = KINDS.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            format!("\"{text}\" is no kind of file: use {}", all.join(", "))
        })
    }
}

/// Reads the table; none if no files are made. Paths begin at `folder`. Gives where it stands, too.
pub(crate) fn read(
    mut section: Section<'_>,
    folder: &Path,
) -> Option<Found<(FilesConfig, Option<Wished>)>> {
    let at = section.place();
    let own_folder = section.text("folder");
    let kinds = section.list::<Word>("kinds");
    let kinds = kinds.map(|all| all.into_iter().map(|word| word.value.0).collect());
    let version = section.word("version", &VERSIONS).unwrap_or(WrittenVersion::V305);
    let id = section.parsed::<NineId>("navigation_id").map(|found| found.value);
    let threads = section.integer_or("threads", 1..=THREADS_MAX, THREADS_DEFAULT);
    let listen = section.parsed::<SocketAddr>("listen").map(|found| found.value);
    let readers = section.list::<String>("readers").unwrap_or_default();
    let researchers = section.flag_or("researchers", false);
    let is_open = section.flag_or("open", false);
    let tls = tls_files(&mut section, folder, false);
    if listen.is_some() && readers.is_empty() && !researchers && !is_open {
        let text = "files tell where stations stand: name the `readers` among [[user]], or say researchers = true or open = true";
        section.complain(&at, text);
    }
    match &own_folder {
        Some(found) if found.value.is_empty() => {
            section.complain(&found.at, "folder: an empty name is no folder");
        }
        None if id.is_some() => {
            section.complain(&at, "[files] needs a folder: where files for researchers are put");
        }
        _ => {}
    }
    section.close();
    let value = FilesConfig {
        folder: folder.join(own_folder?.value),
        kinds: kinds.unwrap_or_else(|| Kind::ALL.to_vec()),
        version,
        navigation_id: id.or_else(|| NAVIGATION_ID.parse().ok())?,
        threads: usize::try_from(threads).unwrap_or(1),
        run_by: String::new(),
        download: None,
    };
    let download = listen.map(|listen| Wished { listen, tls, readers, researchers, is_open });
    Some(Found { value: (value, download), at })
}

/// What is wished of downloads.
pub(crate) struct Wished {
    listen: SocketAddr,
    tls: Option<TlsFiles>,
    readers: Vec<Found<String>>,
    researchers: bool,
    is_open: bool,
}

/// Files with the accounts that may download them.
pub(crate) fn with_readers(
    (files, wished): (FilesConfig, Option<Wished>),
    users: &[UserConfig],
    complaints: &mut Complaints,
) -> FilesConfig {
    let Some(Wished { listen, tls, readers, researchers, is_open }) = wished else { return files };
    let known = readers.iter().filter_map(|reader| {
        let user = users.iter().find(|user| user.name == reader.value);
        if user.is_none() {
            complaints.add(&reader.at, format!("no [[user]] is called {}", reader.value));
        }
        user.map(|user| (user.name.clone(), user.password.clone()))
    });
    let users = known.collect();
    let readers = (!is_open).then_some(ReadersConfig { users, researchers });
    FilesConfig { download: Some(DownloadConfig { listen, tls, readers }), ..files }
}

/// Complains about files without an archive that they could be made of, or without a station to make them of.
pub(crate) fn check(
    files: Option<&Found<(FilesConfig, Option<Wished>)>>,
    (has_archive, has_sites, has_accounts): (bool, bool, bool),
    complaints: &mut Complaints,
) {
    let Some(files) = files else { return };
    let researchers = files.value.1.as_ref().is_some_and(|wished| wished.researchers);
    if researchers && !has_accounts {
        let text = "researchers are accounts of [accounts]: add `sqlite` or `postgres` there";
        complaints.add(&files.at, text);
    }
    if !has_archive {
        complaints.add(&files.at, "[files] are made of the archive: add [archive] with a folder");
    }
    if !has_sites {
        complaints.add(
            &files.at,
            "[files] are made of stations with a [station.site], and there is none",
        );
    }
}
