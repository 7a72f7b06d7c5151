//! What every store of accounts must do: the same tests against SQLite and against PostgreSQL.
//!
//! PostgreSQL is a cluster of its own in a temporary folder. Where it is not installed, its tests say by name that they were
//! skipped.

#[cfg(test)]
mod contract;
#[cfg(test)]
mod postgres_cluster;
