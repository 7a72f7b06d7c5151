//! Accounts as CSV or JSON, there and back: every field, with the hash of the password.

use anyhow::{Context, bail};
use tianshu_caster::accounts::account::{Account, PosixSeconds};
use tianshu_caster::accounts::store::row::Row;
use tianshu_gnss::time::utc::Utc;

use crate::cli::user::Format;
use crate::json;
use crate::users::list::moment;

/// The fields of a record in the order of the CSV's columns.
pub(crate) const FIELDS: [&str; 14] = [
    "name",
    "organisation",
    "role",
    "enabled",
    "valid_from",
    "valid_until",
    "sessions",
    "when_full",
    "mountpoints",
    "area",
    "note",
    "password_hash",
    "created",
    "changed",
];

/// In a CSV, what stands for all mountpoints; an empty field is none of them.
const ALL_MOUNTPOINTS: &str = "*";

/// Writes accounts.
pub(crate) fn write(accounts: &[Account], format: Format) -> anyhow::Result<String> {
    let records: Vec<_> = accounts.iter().map(record).collect();
    match format {
        Format::Json => Ok(json::accounts::write(&records)),
        Format::Csv => {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(FIELDS)?;
            for record in &records {
                let mountpoints = |at: usize| FIELDS.get(at) == Some(&"mountpoints");
                writer.write_record(record.iter().enumerate().map(|(at, field)| match field {
                    Some(text) => text.as_str(),
                    None if mountpoints(at) => ALL_MOUNTPOINTS,
                    None => "",
                }))?;
            }
            Ok(String::from_utf8(writer.into_inner()?)?)
        }
    }
}

/// Reads accounts. The first fault is told with the number of its record, counted from 1.
pub(crate) fn read(text: &str, format: Format, now: PosixSeconds) -> anyhow::Result<Vec<Account>> {
    let records = match format {
        Format::Json => json::accounts::read(text)?,
        Format::Csv => from_csv(text)?,
    };
    let numbered = (1..).zip(records);
    numbered
        .map(|(number, record)| account(record, now).with_context(|| format!("record {number}")))
        .collect()
}

/// A record: each field's text, or none where it sets no limit.
pub(crate) type Record = [Option<String>; FIELDS.len()];

fn record(account: &Account) -> Record {
    let row = Row::from(account);
    let when_full = account.sessions.map(|limit| limit.when_full.to_string());
    [
        Some(row.name),
        Some(row.organisation),
        Some(row.role),
        Some(row.enabled.to_string()),
        row.valid_from.map(moment),
        row.valid_until.map(moment),
        row.sessions_max.map(|max| max.to_string()),
        when_full,
        row.mountpoints,
        row.area,
        Some(row.note),
        Some(row.password_hash),
        Some(moment(row.created)),
        Some(moment(row.changed)),
    ]
}

/// Fields that are left out have the values of a new account; the name and the hash have none.
fn account(record: Record, now: PosixSeconds) -> anyhow::Result<Account> {
    let [
        name,
        organisation,
        role,
        enabled,
        valid_from,
        valid_until,
        sessions,
        when_full,
        mountpoints,
        area,
        note,
        password_hash,
        created,
        changed,
    ] = record;
    let enabled = match enabled.as_deref() {
        None | Some("true") => true,
        Some("false") => false,
        Some(other) => bail!("enabled is true or false, not {other:?}"),
    };
    let row = Row {
        name: name.context("there is no name")?,
        organisation: organisation.unwrap_or_default(),
        role: role.unwrap_or_else(|| "rover".to_owned()),
        enabled,
        valid_from: seconds(valid_from.as_deref())?,
        valid_until: seconds(valid_until.as_deref())?,
        sessions_max: sessions.as_deref().map(str::parse).transpose().context("sessions")?,
        when_full: when_full.unwrap_or_else(|| "refuse-new".to_owned()),
        mountpoints,
        area,
        note: note.unwrap_or_default(),
        password_hash: password_hash.context("there is no password_hash")?,
        created: seconds(created.as_deref())?.unwrap_or(now),
        changed: seconds(changed.as_deref())?.unwrap_or(now),
    };
    Account::try_from(row).map_err(|bad| anyhow::anyhow!("{}: {}", bad.name, bad.why))
}

fn seconds(moment: Option<&str>) -> anyhow::Result<Option<PosixSeconds>> {
    let read =
        |text: &str| -> anyhow::Result<PosixSeconds> { Ok(text.parse::<Utc>()?.posix_seconds()) };
    moment.map(read).transpose()
}

fn from_csv(text: &str) -> anyhow::Result<Vec<Record>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let places = reader
        .headers()?
        .iter()
        .map(|heading| {
            let at = FIELDS.iter().position(|field| *field == heading);
            at.with_context(|| format!("there is no field {heading:?}: use {}", FIELDS.join(", ")))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let mut records = Vec::new();
    for line in reader.records() {
        let mut record = Record::default();
        for (text, at) in line?.iter().zip(&places) {
            let is_list = FIELDS.get(*at) == Some(&"mountpoints");
            let field = match text {
                ALL_MOUNTPOINTS if is_list => None,
                "" if !is_list => None,
                text => Some(text.to_owned()),
            };
            if let Some(slot) = record.get_mut(*at) {
                *slot = field;
            }
        }
        records.push(record);
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn accounts() -> Vec<Account> {
        let full = Row {
            name: "anna".to_owned(),
            organisation: "测绘院, \"one\"".to_owned(),
            role: "rover".to_owned(),
            enabled: false,
            valid_from: Some(1_776_643_200),
            valid_until: Some(1_800_000_000),
            sessions_max: Some(2),
            when_full: "drop-oldest".to_owned(),
            mountpoints: Some("NEAREST VRS".to_owned()),
            area: Some("box 20 104 26 112; polygon 0 0 0 1 1 0".to_owned()),
            note: "a, b".to_owned(),
            password_hash: HASH.to_owned(),
            created: 1_700_000_000,
            changed: 1_700_000_001,
        };
        let plain = Row {
            name: "bert".to_owned(),
            enabled: true,
            valid_from: None,
            valid_until: None,
            sessions_max: None,
            when_full: "refuse-new".to_owned(),
            mountpoints: None,
            area: None,
            note: String::new(),
            ..full.clone()
        };
        let nowhere =
            Row { name: "carl".to_owned(), mountpoints: Some(String::new()), ..plain.clone() };
        [full, plain, nowhere].into_iter().map(|row| Account::try_from(row).unwrap()).collect()
    }

    #[test]
    fn what_is_written_is_read_again() {
        for format in [Format::Csv, Format::Json] {
            let text = write(&accounts(), format).unwrap();
            assert_eq!(read(&text, format, 5).unwrap(), accounts(), "{text}");
        }
    }

    #[test]
    fn a_name_and_a_hash_are_enough() {
        let expected = |account: &Account| {
            assert_eq!((account.name.as_str(), account.enabled, account.created), ("a", true, 5));
            // A file that says nothing about mountpoints gives all.
            assert!(account.mountpoints.is_none() && account.area.is_none());
        };
        let csv = format!("password_hash,name\n\"{HASH}\", a \n");
        expected(&read(&csv, Format::Csv, 5).unwrap()[0]);
        let json = format!("[{{\"name\": \"a\", \"password_hash\": \"{HASH}\"}}]");
        expected(&read(&json, Format::Json, 5).unwrap()[0]);
    }

    #[test]
    fn faults_are_told_with_their_record() {
        let check = |text: &str, format, part: &str| {
            let fault = format!("{:#}", read(text, format, 5).unwrap_err());
            assert!(fault.contains(part), "{fault}");
        };
        check("name,colour\na,b\n", Format::Csv, "no field \"colour\"");
        check(
            "name,password_hash\na,secret\n",
            Format::Csv,
            "record 1: a: this is no Argon2id hash",
        );
        check(&format!("name,password_hash\na,{HASH}\n"), Format::Csv, "");
        let bad = format!("name,valid_until,password_hash\na,,\"{HASH}\"\nb,soon,\"{HASH}\"\n");
        check(&bad, Format::Csv, "record 2: \"soon\" is no moment");
        check("{}", Format::Json, "an array of objects");
        check("[{\"name\": 5}]", Format::Json, "name");
        check("[{\"nme\": \"a\"}]", Format::Json, "no field \"nme\"");
    }
}
