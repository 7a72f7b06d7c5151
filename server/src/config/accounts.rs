//! `[accounts]`: where rovers' accounts are kept, beside those of `[[user]]`.

use std::path::Path;
use std::thread::available_parallelism;

use tianshu_caster::accounts::store::StorePlace;
use tianshu_ntrip::credentials::Secret;

use crate::config::secret;
use crate::config::section::Section;

/// The most threads that verify passwords: each takes a processor and 19 MiB meanwhile.
const PASSWORD_THREADS_MAX: u64 = 64;

/// The table as understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccountsConfig {
    /// Which store; `None` leaves the accounts to the configuration.
    pub place: Option<StorePlace>,
    /// How many threads verify passwords.
    pub password_threads: usize,
}

/// Half of the processors verify passwords, so that streams always find one.
pub(crate) fn password_threads_default() -> usize {
    available_parallelism().map_or(1, |all| all.get().div_ceil(2))
}

/// Reads the table. Paths begin at `folder`.
pub(crate) fn read(mut section: Section<'_>, folder: &Path) -> AccountsConfig {
    let sqlite = section.text("sqlite");
    let postgres = section.text("postgres");
    let password = secret::read(&mut section, folder);
    let default = u64::try_from(password_threads_default()).unwrap_or(1);
    let threads = section.integer_or(
        "password_threads",
        1..=PASSWORD_THREADS_MAX,
        default.min(PASSWORD_THREADS_MAX),
    );
    let place = match (sqlite, postgres) {
        (Some(_), Some(both)) => {
            section.complain(
                &both.at,
                "accounts are kept in one place: give either sqlite or postgres",
            );
            None
        }
        (Some(file), None) => {
            if password.is_some() {
                section.complain(&file.at, "a SQLite file has no password: it belongs to postgres");
            }
            Some(StorePlace::Sqlite(folder.join(file.value)))
        }
        (None, Some(url)) => {
            if let Err(why) = StorePlace::check_postgres(url.value) {
                section.complain(&url.at, format!("postgres: {why}"));
            }
            Some(StorePlace::Postgres { url: Secret::new(url.value), password })
        }
        (None, None) => {
            if password.is_some() {
                let at = section.place();
                section.complain(&at, "a password, but no postgres to which it belongs");
            }
            None
        }
    };
    section.close();
    AccountsConfig { place, password_threads: usize::try_from(threads).unwrap_or(1) }
}
