//! Accounts in PostgreSQL, for services of several machines.

use std::sync::Arc;
use std::time::Duration;

use postgres::config::SslMode;
use postgres::error::SqlState;
use postgres::{Client, Config, GenericClient, NoTls, Transaction};
use rustls::{ClientConfig, RootCertStore};
use tianshu_ntrip::credentials::Secret;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::accounts::account::{Account, AccountName, PosixSeconds};
use crate::accounts::store::row::{COLUMNS, Row};
use crate::accounts::store::{
    AccountStore, Changes, Existing, Missing, Position, StoreError, check_all,
};

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes sent but not acknowledged for so long: the server is gone.
const ACKNOWLEDGE_MAX: Duration = Duration::from_secs(10);

/// How long the server may take for one statement, and wait for one lock.
const STATEMENT_TIMEOUT_SQL: &str = "SET statement_timeout = '20s'; SET lock_timeout = '10s'";

/// Our own number for the lock under which tables are made, so that two programs do not make them at once. ASCII of "TSACC".
const MIGRATION_LOCK: i64 = 0x54_53_41_43_43;

/// Each brings the tables from the version of its place (counted from 0) to the next one. What was released never changes.
const MIGRATIONS: [&str; 2] = [
    "CREATE TABLE account (
        name TEXT PRIMARY KEY,
        organisation TEXT NOT NULL,
        role TEXT NOT NULL,
        enabled BOOLEAN NOT NULL,
        valid_from BIGINT,
        valid_until BIGINT,
        sessions_max BIGINT,
        when_full TEXT NOT NULL,
        mountpoints TEXT,
        area TEXT,
        note TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        created BIGINT NOT NULL,
        changed BIGINT NOT NULL,
        revision BIGINT NOT NULL
     );
     CREATE TABLE account_removed (name TEXT PRIMARY KEY, revision BIGINT NOT NULL);
     CREATE TABLE account_store (
        one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, revision BIGINT NOT NULL
     );
     INSERT INTO account_store VALUES (1, replace(gen_random_uuid()::text, '-', ''), 0);",
    // A service asks every second for what is newer than it knows.
    "CREATE INDEX account_by_revision ON account (revision);
     CREATE INDEX account_removed_by_revision ON account_removed (revision);",
];

/// An open connection.
pub struct PostgresStore {
    client: Client,
}

impl PostgresStore {
    /// Connects. TLS is used as `sslmode` of the URL says, with the certificate authorities that this machine trusts.
    pub fn connect(
        url: &Secret,
        password: Option<&Secret>,
        missing: Missing,
    ) -> Result<Self, StoreError> {
        let mut config: Config = url.reveal().parse()?;
        if let Some(password) = password {
            config.password(password.reveal());
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        config.tcp_user_timeout(ACKNOWLEDGE_MAX).application_name("tianshu");
        let mut client = if config.get_ssl_mode() == SslMode::Disable {
            config.connect(NoTls)?
        } else {
            config.connect(MakeRustlsConnect::new(tls()?))?
        };
        client.batch_execute(STATEMENT_TIMEOUT_SQL)?;
        migrate(&mut client, &MIGRATIONS, missing)?;
        Ok(Self { client })
    }
}

fn tls() -> Result<ClientConfig, StoreError> {
    let mut roots = RootCertStore::empty();
    // Certificates of this machine that cannot be read are no reason to refuse those that can.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::Unreachable(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn migrate(client: &mut Client, migrations: &[&str], missing: Missing) -> Result<(), StoreError> {
    let mut transaction = client.transaction()?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK])?;
    let sql = "SELECT to_regclass('account_schema') IS NOT NULL";
    let exists: bool = transaction.query_one(sql, &[])?.get(0);
    if !exists {
        if missing == Missing::Fault {
            return Err(StoreError::Missing);
        }
        transaction.batch_execute(
            "CREATE TABLE account_schema (version BIGINT NOT NULL); INSERT INTO account_schema VALUES (0)",
        )?;
    }
    let found: i64 = transaction.query_one("SELECT version FROM account_schema", &[])?.get(0);
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    for migration in migrations.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.batch_execute(migration)?;
    }
    if found < known {
        transaction.execute("UPDATE account_schema SET version = $1", &[&known])?;
    }
    Ok(transaction.commit()?)
}

/// Takes the row's lock until the end of the transaction: changes become visible in the order of their revisions.
fn next_revision(transaction: &mut Transaction<'_>) -> Result<i64, StoreError> {
    let sql = "UPDATE account_store SET revision = revision + 1 RETURNING revision";
    Ok(transaction.query_one(sql, &[])?.try_get(0)?)
}

fn position(client: &mut impl GenericClient) -> Result<Position, StoreError> {
    let row = client.query_one("SELECT id, revision FROM account_store", &[])?;
    Ok(Position { store: row.try_get(0)?, revision: row.try_get(1)? })
}

fn read_row(row: &postgres::Row) -> Result<Row, postgres::Error> {
    Ok(Row {
        name: row.try_get(0)?,
        organisation: row.try_get(1)?,
        role: row.try_get(2)?,
        enabled: row.try_get(3)?,
        valid_from: row.try_get(4)?,
        valid_until: row.try_get(5)?,
        sessions_max: row.try_get(6)?,
        when_full: row.try_get(7)?,
        mountpoints: row.try_get(8)?,
        area: row.try_get(9)?,
        note: row.try_get(10)?,
        password_hash: row.try_get(11)?,
        created: row.try_get(12)?,
        changed: row.try_get(13)?,
    })
}

fn get(client: &mut impl GenericClient, name: &str) -> Result<Option<Row>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM account WHERE name = $1");
    let row = client.query_opt(&sql, &[&name])?;
    Ok(row.as_ref().map(read_row).transpose()?)
}

fn put(transaction: &mut Transaction<'_>, row: &Row, revision: i64) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO account ({COLUMNS}, revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT (name) DO UPDATE SET organisation = $2, role = $3, enabled = $4, valid_from = $5,
         valid_until = $6, sessions_max = $7, when_full = $8, mountpoints = $9, area = $10, note = $11,
         password_hash = $12, created = $13, changed = $14, revision = $15"
    );
    transaction.execute(
        &sql,
        &[
            &row.name,
            &row.organisation,
            &row.role,
            &row.enabled,
            &row.valid_from,
            &row.valid_until,
            &row.sessions_max,
            &row.when_full,
            &row.mountpoints,
            &row.area,
            &row.note,
            &row.password_hash,
            &row.created,
            &row.changed,
            &revision,
        ],
    )?;
    transaction.execute("DELETE FROM account_removed WHERE name = $1", &[&row.name])?;
    Ok(())
}

impl AccountStore for PostgresStore {
    fn position(&mut self) -> Result<Position, StoreError> {
        position(&mut self.client)
    }

    fn changes_since(&mut self, seen: Option<&Position>) -> Result<Changes, StoreError> {
        // One snapshot, so that rows and position are of one moment.
        let mut transaction = self
            .client
            .build_transaction()
            .isolation_level(postgres::IsolationLevel::RepeatableRead)
            .read_only(true)
            .start()?;
        let position = position(&mut transaction)?;
        let from = seen
            .filter(|seen| seen.store == position.store && seen.revision <= position.revision)
            .map(|seen| seen.revision);
        let sql = format!(
            "SELECT {COLUMNS} FROM account WHERE revision > $1 ORDER BY name COLLATE \"C\""
        );
        let (mut accounts, mut unreadable) = (Vec::new(), Vec::new());
        for row in transaction.query(&sql, &[&from.unwrap_or(i64::MIN)])? {
            match Account::try_from(read_row(&row)?) {
                Ok(account) => accounts.push(account),
                Err(why) => unreadable.push(why),
            }
        }
        let removed = match from {
            None => Vec::new(),
            Some(from) => {
                let sql = "SELECT name FROM account_removed WHERE revision > $1";
                let rows = transaction.query(sql, &[&from])?;
                rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?
            }
        };
        let is_everything = from.is_none();
        Ok(Changes { accounts, removed, unreadable, is_everything, position })
    }

    fn save(&mut self, accounts: &[Account], existing: Existing) -> Result<(), StoreError> {
        check_all(accounts)?;
        let mut transaction = self.client.transaction()?;
        let revision = next_revision(&mut transaction)?;
        for account in accounts {
            let mut row = Row::from(account);
            if let Some(before) = get(&mut transaction, &row.name)? {
                if existing == Existing::Refuse {
                    return Err(StoreError::Exists(row.name));
                }
                row.created = before.created;
            }
            put(&mut transaction, &row, revision)?;
        }
        Ok(transaction.commit()?)
    }

    fn change(
        &mut self,
        name: &AccountName,
        now: PosixSeconds,
        change: &mut dyn FnMut(&mut Account),
    ) -> Result<(), StoreError> {
        let mut transaction = self.client.transaction()?;
        // First, for its lock: another change of the same account waits, and then reads what this one wrote.
        let revision = next_revision(&mut transaction)?;
        let row = get(&mut transaction, name.as_str())?;
        let row = row.ok_or_else(|| StoreError::Unknown(name.to_string()))?;
        let mut account = Account::try_from(row).map_err(StoreError::Unreadable)?;
        change(&mut account);
        account.changed = now;
        account.name = name.clone();
        check_all(std::slice::from_ref(&account))?;
        put(&mut transaction, &Row::from(&account), revision)?;
        Ok(transaction.commit()?)
    }

    fn remove(&mut self, name: &AccountName) -> Result<(), StoreError> {
        let mut transaction = self.client.transaction()?;
        let revision = next_revision(&mut transaction)?;
        let gone = transaction.execute("DELETE FROM account WHERE name = $1", &[&name.as_str()])?;
        if gone == 0 {
            return Err(StoreError::Unknown(name.to_string()));
        }
        let sql = "INSERT INTO account_removed VALUES ($1, $2)
                   ON CONFLICT (name) DO UPDATE SET revision = $2";
        transaction.execute(sql, &[&name.as_str(), &revision])?;
        Ok(transaction.commit()?)
    }
}

/// What the server says, in its own words; those of a connection that failed name no password.
impl From<postgres::Error> for StoreError {
    fn from(error: postgres::Error) -> Self {
        let why = match error.as_db_error() {
            Some(said) if *said.code() == SqlState::INVALID_PASSWORD => {
                "the database refuses our own password".to_owned()
            }
            Some(said) => said.message().to_owned(),
            None => match std::error::Error::source(&error) {
                Some(cause) => format!("{error}: {cause}"),
                None => error.to_string(),
            },
        };
        Self::Unreachable(why)
    }
}
