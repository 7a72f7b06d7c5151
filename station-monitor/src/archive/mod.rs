//! The archive: what every station measured, kept as scaled integers, and asked by station, satellite or figure.
//!
//! What is heard goes to a spool on disk first ([`spool`]) and from there to a store: Parquet files ([`embedded`]) or a
//! ClickHouse database. Both answer as an [`store::ObservationStore`]. Layout, promises and figures: docs/archive.md.

mod ahead;
pub mod clickhouse;
pub mod copy;
pub mod embedded;
mod expiry;
pub mod figure;
pub mod inlet;
pub mod inspection;
pub mod keeper;
pub mod record;
#[cfg(test)]
mod sample;
pub mod scaled;
pub mod span;
pub mod spool;
pub mod status;
pub mod store;
#[cfg(test)]
mod tests;
mod varint;
mod whole_file;
