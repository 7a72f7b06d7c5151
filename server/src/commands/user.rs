//! `tianshu user`: accounts in the store that the configuration names.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, bail};
use tianshu_caster::accounts::account::{Account, AccountName, BadAccount, SessionLimit, WhenFull};
use tianshu_caster::accounts::follow::posix_now;
use tianshu_caster::accounts::password::PasswordHash;
use tianshu_caster::accounts::store::{AccountStore, Existing, Missing, StorePlace};
use tianshu_gnss::time::utc::Utc;

use crate::cli::user::{Format, Limit, UserCommand, UserOptions, ValueOptions};
use crate::config::read;
use crate::users::password::{NewPassword, obtain};
use crate::users::{file, list};

/// Does what is asked.
pub(crate) fn run(options: UserOptions) -> anyhow::Result<()> {
    let config = read::from_file(&options.config)?;
    let place = config.accounts.place.with_context(|| {
        format!(
            "{} names no store of accounts: add [accounts] with sqlite or postgres",
            options.config.display()
        )
    })?;
    if let UserCommand::Add { name, .. } = &options.command
        && config.caster.offering.users.iter().any(|user| user.name == name.as_str())
    {
        bail!(
            "{name} is an account of the configuration ([[user]]), which would hide one of the store"
        );
    }
    match options.command {
        UserCommand::Add { name, password, values } => {
            let password = obtain(&password)?;
            let hash = PasswordHash::of(&password.secret)?;
            let mut account = Account::rover(name, hash, posix_now());
            set(&mut account, &values)?;
            open(&place, Missing::Make)?.save(&[account], Existing::Refuse)?;
            tell(&password)
        }
        UserCommand::Passwd { name, password } => {
            let mut store = open(&place, Missing::Fault)?;
            let password = obtain(&password)?;
            let hash = PasswordHash::of(&password.secret)?;
            store.change(&name, posix_now(), &mut |account| account.password = hash.clone())?;
            tell(&password)
        }
        UserCommand::Set { name, values } => {
            let mut fault = Ok(());
            let mut store = open(&place, Missing::Fault)?;
            // Read first, so that a fault changes nothing.
            let mut account = find(store.as_mut(), &name)?;
            set(&mut account, &values)?;
            store.change(&name, posix_now(), &mut |account| fault = set(account, &values))?;
            Ok(fault?)
        }
        UserCommand::Disable { name } => enable(&place, &name, false),
        UserCommand::Enable { name } => enable(&place, &name, true),
        UserCommand::Remove { name } => Ok(open(&place, Missing::Fault)?.remove(&name)?),
        UserCommand::List => print_list(&place),
        UserCommand::Import { file, format, replace } => import(&place, &file, format, replace),
        UserCommand::Export { file, format } => export(&place, &file, format),
    }
}

fn open(place: &StorePlace, missing: Missing) -> anyhow::Result<Box<dyn AccountStore>> {
    place.open(missing).with_context(|| format!("accounts in {place}"))
}

/// A password that was drawn is told once, to whoever asked for it.
fn tell(password: &NewPassword) -> anyhow::Result<()> {
    if password.is_generated {
        writeln!(std::io::stdout().lock(), "{}", password.secret.reveal())?;
    }
    Ok(())
}

fn find(store: &mut dyn AccountStore, name: &AccountName) -> anyhow::Result<Account> {
    let all = store.changes_since(None)?.accounts;
    let found = all.into_iter().find(|account| account.name == *name);
    found.with_context(|| format!("there is no account called {name}"))
}

fn enable(place: &StorePlace, name: &AccountName, enabled: bool) -> anyhow::Result<()> {
    let mut store = open(place, Missing::Fault)?;
    Ok(store.change(name, posix_now(), &mut |account| account.enabled = enabled)?)
}

/// Sets what is named, and leaves the rest.
fn set(account: &mut Account, values: &ValueOptions) -> Result<(), BadAccount> {
    if let Some(text) = &values.organisation {
        account.organisation.clone_from(text);
    }
    if let Some(text) = &values.note {
        account.note.clone_from(text);
    }
    account.role = values.role.unwrap_or(account.role);
    if let Some(Limit(from)) = &values.valid_from {
        account.validity.from = from.map(Utc::posix_seconds);
    }
    if let Some(Limit(until)) = &values.valid_until {
        account.validity.until = until.map(Utc::posix_seconds);
    }
    if let Some(Limit(max)) = &values.sessions {
        let when_full = account.sessions.map_or(WhenFull::RefuseNew, |limit| limit.when_full);
        account.sessions = max.map(|max| SessionLimit { max, when_full });
    }
    if let Some(when_full) = values.when_full {
        let limit = account.sessions.as_mut().ok_or(BadAccount::Sessions)?;
        limit.when_full = when_full;
    }
    if !values.mountpoints.is_empty() {
        let named: BTreeSet<_> = values
            .mountpoints
            .iter()
            .filter_map(|Limit(name)| name.as_ref().map(|name| name.0.clone()))
            .collect();
        account.mountpoints = if named.is_empty() { None } else { Some(named) };
    }
    if let Some(Limit(area)) = &values.area {
        account.area.clone_from(area);
    }
    account.check()
}

fn print_list(place: &StorePlace) -> anyhow::Result<()> {
    let changes = open(place, Missing::Fault)?.changes_since(None)?;
    let mut out = std::io::stdout().lock();
    write!(out, "{}", list::table(&changes.accounts, posix_now()))?;
    for row in &changes.unreadable {
        writeln!(out, "{}: cannot be used: {}", row.name, row.why)?;
    }
    Ok(())
}

fn import(
    place: &StorePlace,
    path: &Path,
    format: Option<Format>,
    replace: bool,
) -> anyhow::Result<()> {
    let format = format_of(path, format)?;
    let text = if is_standard(path) {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    let text = text.with_context(|| format!("cannot read {}", path.display()))?;
    let accounts =
        file::read(&text, format, posix_now()).with_context(|| path.display().to_string())?;
    let mut names = BTreeSet::new();
    for account in &accounts {
        if !names.insert(&account.name) {
            bail!("{}: {} stands in it twice", path.display(), account.name);
        }
    }
    let existing = if replace { Existing::Replace } else { Existing::Refuse };
    open(place, Missing::Make)?.save(&accounts, existing)?;
    writeln!(std::io::stdout().lock(), "{} accounts imported", accounts.len())?;
    Ok(())
}

fn export(place: &StorePlace, path: &Path, format: Option<Format>) -> anyhow::Result<()> {
    let format = format_of(path, format)?;
    let changes = open(place, Missing::Fault)?.changes_since(None)?;
    let text = file::write(&changes.accounts, format)?;
    if is_standard(path) {
        std::io::stdout().lock().write_all(text.as_bytes())?;
    } else {
        // Hashes can be tried at leisure: nobody else may read them, and no older file is lost.
        let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        made.and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(row) = changes.unreadable.first() {
        bail!("{} cannot be exported: {}", row.name, row.why);
    }
    Ok(())
}

fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn format_of(path: &Path, format: Option<Format>) -> anyhow::Result<Format> {
    match (format, path.extension().and_then(|ending| ending.to_str())) {
        (Some(format), _) => Ok(format),
        (None, Some("csv")) => Ok(Format::Csv),
        (None, Some("json")) => Ok(Format::Json),
        (None, _) => bail!("name a file that ends in .csv or .json, or give --format"),
    }
}
