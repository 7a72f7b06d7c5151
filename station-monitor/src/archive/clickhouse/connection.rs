//! A ClickHouse server, asked one thing at a time by a thread that may wait.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use clickhouse::{Client, Compression};
use tianshu_ntrip::credentials::Secret;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

/// Bytes sent at once.
const SEND_BYTES: usize = 1 << 20;

/// Where the database is, and as whom to ask it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClickHouseConfig {
    /// `http://host:8123` or `https://host:8443`.
    pub url: String,
    /// The database: letters, digits and `_`.
    pub database: String,
    /// The user.
    pub user: String,
    /// The user's password, if there is one.
    pub password: Option<Secret>,
    /// The cluster, if the tables are to be replicated and distributed.
    pub cluster: Option<String>,
    /// How long an answer is waited for. After that it counts as none, and the same is sent again.
    pub timeout: Duration,
}

/// Why a server did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// It said so, or the way to it is closed.
    #[error("ClickHouse: {0}")]
    Said(#[from] clickhouse::error::Error),
    /// It did not answer in time.
    #[error("ClickHouse did not answer within {} s", .0.as_secs_f64())]
    Silent(Duration),
    /// It answered something else than was asked.
    #[error("ClickHouse answered what cannot be read as {0}")]
    Answer(&'static str),
    /// No thread could wait for it.
    #[error("cannot wait for ClickHouse: {0}")]
    Runtime(#[from] std::io::Error),
}

/// A connection. Cheap to clone; must not be used within an asynchronous task, as it waits.
#[derive(Clone)]
pub(super) struct Connection {
    client: Client,
    runtime: Arc<Runtime>,
    patience: Duration,
}

impl Connection {
    /// Prepares to ask. Nothing is sent yet.
    pub(super) fn new(config: &ClickHouseConfig) -> Result<Self, DatabaseError> {
        let mut client = Client::default()
            .with_url(&config.url)
            .with_user(&config.user)
            .with_compression(Compression::Lz4);
        if let Some(password) = &config.password {
            client = client.with_password(password.reveal());
        }
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { client, runtime: Arc::new(runtime), patience: config.timeout })
    }

    /// Has a statement done.
    pub(super) fn execute(&self, sql: &str) -> Result<(), DatabaseError> {
        self.wait(self.client.query_raw(sql).execute())
    }

    /// The answer to a question, as RowBinary.
    pub(super) fn rows(&self, sql: &str) -> Result<Bytes, DatabaseError> {
        self.answer(sql, "RowBinary")
    }

    /// The answer to a question, as blocks of columns.
    pub(super) fn columns(&self, sql: &str) -> Result<Bytes, DatabaseError> {
        self.answer(sql, "Native")
    }

    fn answer(&self, sql: &str, format: &str) -> Result<Bytes, DatabaseError> {
        self.wait(async {
            let mut answer = self.client.query_raw(sql).fetch_bytes(format)?;
            answer.collect().await
        })
    }

    /// Inserts rows that are already in the format in which `sql` ends, in pieces.
    pub(super) fn insert(&self, sql: &str, pieces: &[Bytes]) -> Result<(), DatabaseError> {
        self.wait(async {
            let mut insert = self.client.insert_formatted_with(sql);
            for piece in pieces {
                for from in (0..piece.len()).step_by(SEND_BYTES) {
                    insert.send(piece.slice(from..piece.len().min(from + SEND_BYTES))).await?;
                }
            }
            insert.end().await
        })
    }

    fn wait<T>(
        &self,
        answer: impl Future<Output = Result<T, clickhouse::error::Error>>,
    ) -> Result<T, DatabaseError> {
        // The timer is of this runtime, so it is made within.
        let answered = self.runtime.block_on(async { timeout(self.patience, answer).await });
        match answered {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(DatabaseError::Silent(self.patience)),
        }
    }
}
